//! Words and forms for people: mails, tables, meanings of CMS's letters. Pure functions.

pub mod clean;
pub mod escape;
pub mod hook;
pub mod mail;
pub mod page;
pub mod picture;
pub mod redline;
pub mod report;
pub mod sheet;
pub mod signed;
pub mod table;
pub mod wording;
pub mod words;
