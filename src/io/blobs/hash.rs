//! What identifies a document.

use sha2::{Digest, Sha256};

use crate::model::document::DocumentHash;

/// SHA-256 of a document's bytes.
pub fn hash_of(bytes: &[u8]) -> DocumentHash {
    DocumentHash::new(Sha256::digest(bytes).into())
}
