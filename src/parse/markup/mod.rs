//! HTML as a sequence of tags and texts, without a tree: a page is passed over at hundreds of megabytes
//! a second, and nothing is remembered of it.
//!
//! Tags, attributes, comments and the elements whose content is no markup end where the HTML standard
//! says. What a browser adds or moves (elements that were left open, text between table rows) is not
//! seen here: whoever needs that builds the tree.

mod reference;
mod scan;
mod tokens;

pub use reference::decoded;
pub use tokens::{Tag, Token, Tokens};
