//! HTML and prose to comparable text: paragraphs, sentences, words.

mod blocks;
mod language;
mod selected;
mod stream;

pub use blocks::{headlines, paragraphs, unescape_once};
pub use language::{find_words, mentions, sentences, words};
pub use selected::{Wanted, selected};
