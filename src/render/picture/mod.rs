//! Pictures of what held when: bands and step lines over dates of service, as SVG. Pure functions.

mod draw;
mod scale;
mod shape;

pub use draw::draw;
pub use shape::{Band, Curve, Picture, Piece, Step, Tone};
