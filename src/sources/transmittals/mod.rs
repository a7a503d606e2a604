//! Transmittals (change requests, by which CMS instructs its contractors) and the MLN Matters articles that
//! explain them.

mod article;
mod blocks;
mod dates;
mod discovery;
mod issue;
mod list;
mod page;
mod read;
mod source;
mod statements;
mod status;
mod transmittal;
mod wanted;

pub use source::Transmittals;
