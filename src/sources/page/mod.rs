//! Any page: addresses that the configuration names, of payers, Medicaid agencies, contractors.
//!
//! What is watched of a page is its words, not its bytes: the main text, or what a selector finds, without
//! what differs from answer to answer; of tables the rows by their key. With words or codes, only the
//! passages that name them.

mod content;
mod csv_rows;
mod cut;
mod json;
mod lines;
mod noise;
mod settings;
mod source;
mod table;
mod text;
mod weight;

pub use settings::{PageKind, PageSettings};
pub use source::Pages;
