//! WARC files (ISO 28500, versions 0.18 to 1.1) as recordings.
//!
//! The file is read once from its begin to its end to learn what is where; bodies stay in it and are read when
//! they are asked for. Nothing of it is trusted: headers, records, their number and what they unpack to are
//! bounded, and what cannot be understood is an error that names the record. The crates for WARC that there are
//! read headers and records of any length into memory, which a file from elsewhere must not be able to ask for.

mod http;
mod members;
mod record;
mod scan;
#[cfg(test)]
mod tests;

pub(super) use scan::{Warc, open};
