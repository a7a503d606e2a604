//! Bytes to rows, text and values. Nothing here knows CMS, codes or facts.
//!
//! *Architecture invariant:* every function is bounded in size, depth and expansion, and never
//! panics: the bytes come from outside.

pub mod csv;
pub mod fixed;
pub mod grid;
pub mod html;
pub mod json;
pub mod lines;
pub mod link;
pub mod markup;
pub mod parts;
pub mod pdf;
pub mod sniff;
pub mod text;
pub mod xlsx;
pub mod xml;
pub mod zip;
