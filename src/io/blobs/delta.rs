//! Documents packed against another document that is like them.
//!
//! Such a file begins with a mark of its own and the hash of its base; a zstd frame follows, for which
//! the base's bytes are the dictionary. A base is never packed against another one, so that nothing
//! nests; what comes out is proven by its hash like every document.

use std::fmt;
use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex, PoisonError};

use zstd::bulk::Compressor;
use zstd::dict::EncoderDictionary;

use crate::model::document::DocumentHash;

/// What such a file begins with; a zstd frame begins with other bytes.
pub(super) const MARK: [u8; 4] = *b"cvd\x01";

/// Longer documents are no bases: their bytes would have to be held in memory.
const LONGEST_BASE: usize = 1 << 20;
/// How zstd marks a trained dictionary. A base that begins so would be taken for one.
const TRAINED: [u8; 4] = [0x37, 0xa4, 0x30, 0xec];
/// Bases that are held at a time: pages of several sites come in turns.
const HELD: usize = 4;
const LEVEL: i32 = 3;

/// A file whose beginning was looked at.
pub(super) struct Head<R> {
    /// The document that it is packed against.
    pub(super) base: Option<DocumentHash>,
    /// The zstd frame.
    pub(super) frame: io::Chain<Cursor<Vec<u8>>, R>,
}

/// Looks at the beginning of a file.
pub(super) fn head<R: Read>(mut file: R) -> io::Result<Head<R>> {
    let mut start = Vec::with_capacity(MARK.len() + 32);
    file.by_ref()
        .take(MARK.len() as u64)
        .read_to_end(&mut start)?;
    if start != MARK {
        return Ok(Head {
            base: None,
            frame: Cursor::new(start).chain(file),
        });
    }
    let mut base = [0; 32];
    file.read_exact(&mut base)?;
    Ok(Head {
        base: Some(DocumentHash::new(base)),
        frame: Cursor::new(Vec::new()).chain(file),
    })
}

/// A document in the form in which others are packed against it.
pub(super) struct Base {
    hash: [u8; 32],
    dictionary: EncoderDictionary<'static>,
}

impl Base {
    /// The file for these bytes.
    pub(super) fn pack(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let frame = Compressor::with_prepared_dictionary(&self.dictionary)?.compress(bytes)?;
        Ok([&MARK[..], &self.hash, &frame].concat())
    }
}

/// The bases that were used last.
#[derive(Default)]
pub(super) struct Bases {
    packing: Slots<Arc<Base>>,
    unpacking: Slots<Arc<[u8]>>,
}

type Slots<T> = Mutex<Vec<(DocumentHash, T)>>;

impl fmt::Debug for Bases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bases").finish_non_exhaustive()
    }
}

impl Bases {
    /// The base for packing; `None` where the document cannot be one.
    pub(super) fn get<E>(
        &self,
        hash: DocumentHash,
        read: impl FnOnce() -> Result<Arc<[u8]>, E>,
    ) -> Result<Option<Arc<Base>>, E> {
        if let Some(base) = held(&self.packing, &hash) {
            return Ok(Some(base));
        }
        let bytes = read()?;
        if bytes.len() > LONGEST_BASE || bytes.len() < 64 || bytes.starts_with(&TRAINED) {
            return Ok(None);
        }
        let base = Arc::new(Base {
            hash: hash.digest(),
            dictionary: EncoderDictionary::copy(&bytes, LEVEL),
        });
        hold(&self.packing, hash, Arc::clone(&base));
        Ok(Some(base))
    }

    /// The base's bytes, for unpacking.
    pub(super) fn bytes<E>(
        &self,
        hash: &DocumentHash,
        read: impl FnOnce() -> Result<Arc<[u8]>, E>,
    ) -> Result<Arc<[u8]>, E> {
        if let Some(bytes) = held(&self.unpacking, hash) {
            return Ok(bytes);
        }
        let bytes = read()?;
        if bytes.len() <= LONGEST_BASE {
            hold(&self.unpacking, *hash, Arc::clone(&bytes));
        }
        Ok(bytes)
    }
}

fn held<T: Clone>(slots: &Slots<T>, hash: &DocumentHash) -> Option<T> {
    let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
    let at = slots.iter().position(|(known, _)| known == hash)?;
    // The last place is that of the one used last.
    let used = slots.remove(at);
    let found = used.1.clone();
    slots.push(used);
    Some(found)
}

fn hold<T>(slots: &Slots<T>, hash: DocumentHash, value: T) {
    let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
    if slots.len() >= HELD {
        slots.remove(0);
    }
    slots.push((hash, value));
}
