//! The bytes of documents, kept for ever under their SHA-256.

mod backup;
mod delta;
mod error;
mod folder;
mod hash;
mod pack_file;
mod packs;

pub(in crate::io) use backup::Portable;
pub use error::BlobError;
pub use folder::{Blobs, Kept};
pub use hash::hash_of;
