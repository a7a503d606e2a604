//! HTML and prose to comparable text: paragraphs, sentences, words.

mod blocks;
mod language;

pub use blocks::{headlines, paragraphs, unescape_once};
pub use language::{find_words, mentions, sentences, words};
