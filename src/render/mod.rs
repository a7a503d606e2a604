//! Words and forms for people: mails, tables, meanings of CMS's letters. Pure functions.

pub mod escape;
pub mod mail;
pub mod table;
pub mod wording;
