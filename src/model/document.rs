//! Documents: bytes as served, and the captures of them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Utc};

/// SHA-256 of a document's bytes, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentHash([u8; 32]);

impl DocumentHash {
    /// Wraps a digest.
    pub fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest.
    pub fn digest(&self) -> [u8; 32] {
        self.0
    }

    /// The first twelve digits: enough for people to tell documents apart.
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

impl FromStr for DocumentHash {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        let mut digest = [0; 32];
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(InvalidHash);
        }
        for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| InvalidHash)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| InvalidHash)?;
        }
        Ok(Self(digest))
    }
}

/// Text that is no SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256: 64 hex digits are expected")]
pub struct InvalidHash;

/// A document in hand: bytes, and the capture by which they came.
#[derive(Clone)]
pub struct Document {
    /// The address asked for.
    pub url: String,
    /// The address that answered, after redirects.
    pub final_url: String,
    /// First capture of these bytes by this installation.
    pub captured: DateTime<Utc>,
    /// SHA-256 of the bytes.
    pub hash: DocumentHash,
    /// The bytes as served, after transfer decoding.
    pub bytes: Arc<[u8]>,
    /// Of a PDF: its text, a form feed between pages, made from the bytes in a process of its own.
    pub text: Option<Arc<str>>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Document({} {:?} {} bytes)",
            self.url,
            self.hash,
            self.bytes.len()
        )
    }
}

/// One answer of a server, kept for ever: the proof of when and whence a document came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The address asked for.
    pub url: String,
    /// The address that answered, after redirects.
    pub final_url: String,
    /// When the answer was complete.
    pub at: DateTime<Utc>,
    /// HTTP status.
    pub status: u16,
    /// Answer headers as served, lower-case names, in order.
    pub headers: Vec<(String, String)>,
    /// The bytes; for a 304 those that it confirmed; `None` where the body was not kept.
    pub document: Option<DocumentHash>,
}

/// What a server said that lets the next request be conditional: sent back as it came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    /// `ETag` as the server sent it.
    pub etag: Option<String>,
    /// `Last-Modified` as the server sent it.
    pub last_modified: Option<String>,
}
