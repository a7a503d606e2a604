//! What can be wrong with the bytes of a document.

use std::io;
use std::path::{Path, PathBuf};

use crate::model::document::DocumentHash;

/// A document's bytes cannot be kept or given back.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is no file for the hash.
    #[error(
        "the document {hash} is missing: {} is not there; put it back from a backup",
        path.display()
    )]
    Missing {
        /// The document.
        hash: DocumentHash,
        /// Where its file should be.
        path: PathBuf,
    },
    /// The file does not hold what its name says.
    #[error(
        "the document in {} is damaged ({why}): put the file back from a backup",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The system refuses.
    #[error("cannot {verb} {}: {source}", path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl BlobError {
    pub(super) fn io(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { verb, path, source }
    }
}

/// What it means that a document's file cannot be opened.
pub(super) fn missing_or(hash: &DocumentHash, path: &Path, source: io::Error) -> BlobError {
    if source.kind() == io::ErrorKind::NotFound {
        BlobError::Missing {
            hash: *hash,
            path: path.to_owned(),
        }
    } else {
        BlobError::io("open", path)(source)
    }
}
