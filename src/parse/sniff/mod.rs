//! Whether a body is what was asked for.
//!
//! A status 200 proves little: challenges, maintenance notices, licence and login pages and soft
//! 404s come with it, half a page may look like a page from which something was removed, and a
//! redirect stub gets saved under the name of an archive. All of these are told apart here, before
//! anybody reads facts from them.
//!
//! Content may speak of all these things too (a page about maintenance therapy, a footer that links
//! to a licence). So a marker counts only where such pages carry it: in the title or main heading,
//! as an element that only they have, or in the text of a page that has next to no text and offers
//! nothing to read or to download.

mod archive;
mod classify;
mod html;
mod markers;
mod nesting;
mod phrases;
#[cfg(test)]
mod tests;

pub use classify::{Body, Kind, Obstacle, classify};
