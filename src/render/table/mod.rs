//! Lists, for people (aligned columns) and for programs (csv, json) and for pages (markdown).
//!
//! What is in the cells comes from documents of others, so that every form makes it harmless first.

mod cell;
mod column;
mod list;
mod people;
mod programs;
#[cfg(test)]
mod tests;

pub use cell::{Cell, Tone};
pub use column::Column;
pub use list::Table;
pub use people::Style;
