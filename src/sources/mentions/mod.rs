//! Where a text names what is watched: codes, ranges of codes, words, NCD sections, look-alikes.
//!
//! Shared by all sources that read prose. A number that is wrongly taken for a code is a false alarm,
//! one that is overlooked a missed change; so the rules are written down where they are applied: for
//! numbers in `codes` and `context`, for phrases in `words`, for NCD sections in `policies`.

mod codes;
mod context;
mod excerpt;
mod items;
mod mention;
mod places;
mod policies;
mod tokens;
mod view;
mod words;

pub use excerpt::{Excerpt, Named, passage};
pub use mention::{Mention, MentionKind, mentions};
