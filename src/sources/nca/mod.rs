//! What surrounds the national coverage determinations: the analyses that precede them, and what the
//! coverage database says is new.

mod analyses;
mod analysis;
mod announcements;
mod discovery;
mod interest;
mod weight;

pub use discovery::Nca;
