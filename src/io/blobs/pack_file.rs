//! The form of a file of many documents.
//!
//! It is a list (a skippable frame of zstd: the hash and length of each document) and one zstd frame of
//! their bytes, one after the other. So `zstd -d` unpacks it, and what lies where the list says has the hash
//! that the list says. Like every document, each is proven by its hash.

use std::io::{self, Read, Write as _};
use std::path::Path;
use std::sync::Arc;

use super::error::BlobError;
use super::hash::hash_of;
use crate::model::document::DocumentHash;

/// Bytes of documents in one pack: they are held until it is written, and unpacked to read one of them.
pub(super) const FULL: usize = 2 << 20;
/// Longer documents get a file of their own.
pub(super) const LONGEST: usize = 512 << 10;
/// Most documents in one: an empty one has no bytes.
pub(super) const MANY: usize = 4_096;
/// No pack is longer than this, unpacked.
const MOST: u64 = (FULL + LONGEST) as u64;
/// How zstd marks frames that hold no data.
const SKIPPED: [u8; 4] = [0x50, 0x2a, 0x4d, 0x18];
/// Hash and length of a document in the list.
const ENTRY: usize = 36;
const LEVEL: i32 = 3;

/// Where a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The number of the file among those that are known.
    pub(super) file: u32,
    /// First byte of the document in the unpacked pack.
    pub(super) offset: u32,
    /// How many bytes it has.
    pub(super) length: u32,
}

/// A pack of these documents, with its list.
pub(super) fn pack(documents: &[(DocumentHash, Arc<[u8]>)]) -> io::Result<(List, Vec<u8>)> {
    let mut list = Vec::with_capacity(documents.len());
    let mut offset = 0_u32;
    let too_long = || io::Error::new(io::ErrorKind::InvalidInput, "documents are too long");
    for (hash, bytes) in documents {
        let length = u32::try_from(bytes.len()).map_err(|_| too_long())?;
        let place = Place {
            file: 0,
            offset,
            length,
        };
        list.push((*hash, place));
        offset = offset.checked_add(length).ok_or_else(too_long)?;
    }
    let entries = list.len() * ENTRY;
    let mut file = Vec::with_capacity(entries + 64 * 1024);
    file.extend(SKIPPED);
    let size = u32::try_from(entries).map_err(|_| too_long())?;
    file.extend(size.to_le_bytes());
    for (hash, place) in &list {
        file.extend(hash.digest());
        file.extend(place.length.to_le_bytes());
    }
    let mut encoder = zstd::stream::write::Encoder::new(file, LEVEL)?;
    encoder.set_pledged_src_size(Some(u64::from(offset)))?;
    encoder.include_checksum(true)?;
    for (_, bytes) in documents {
        encoder.write_all(bytes)?;
    }
    Ok((list, encoder.finish()?))
}

/// The list at the beginning of a pack; nothing where there is none.
pub(super) fn list(file: &mut impl Read) -> io::Result<Option<List>> {
    let mut head = Vec::with_capacity(8);
    file.by_ref().take(8).read_to_end(&mut head)?;
    let Some((mark, size)) = head.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let size = <[u8; 4]>::try_from(size).map_or(0, u32::from_le_bytes);
    let entries = usize::try_from(size).unwrap_or(usize::MAX);
    if *mark != SKIPPED || !entries.is_multiple_of(ENTRY) || entries > MANY * ENTRY {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(entries);
    file.by_ref().take(entries as u64).read_to_end(&mut bytes)?;
    if bytes.len() != entries {
        return Ok(None);
    }
    let mut offset = 0_u32;
    let mut list = Vec::with_capacity(entries / ENTRY);
    for entry in bytes.chunks_exact(ENTRY) {
        let Some((hash, length)) = entry.split_first_chunk::<32>() else {
            return Ok(None);
        };
        let length = <[u8; 4]>::try_from(length).map_or(0, u32::from_le_bytes);
        let place = Place {
            file: 0,
            offset,
            length,
        };
        list.push((DocumentHash::new(*hash), place));
        let Some(next) = offset.checked_add(length) else {
            return Ok(None);
        };
        offset = next;
    }
    Ok(Some(list))
}

/// What is in a pack, in order.
pub(super) type List = Vec<(DocumentHash, Place)>;

type Unpacked = (List, Vec<u8>);

/// The list and the bytes of all documents.
pub(super) fn unpack(path: &Path, file: &[u8]) -> Result<Unpacked, BlobError> {
    let mut rest = file;
    let list = list(&mut rest).map_err(BlobError::io("read", path))?;
    let list = list.ok_or_else(|| damaged(path, "it has no list of its documents"))?;
    let malformed = |error: io::Error| damaged(path, &error.to_string());
    let decoder = zstd::stream::read::Decoder::with_buffer(rest).map_err(malformed)?;
    let mut whole = Vec::new();
    decoder
        .take(MOST + 1)
        .read_to_end(&mut whole)
        .map_err(malformed)?;
    let length: u64 = list.iter().map(|(_, place)| u64::from(place.length)).sum();
    if whole.len() as u64 != length {
        return Err(damaged(path, "it is not as long as its list says"));
    }
    Ok((list, whole))
}

pub(super) fn part(whole: &[u8], place: Place) -> &[u8] {
    let start = usize::try_from(place.offset).unwrap_or(usize::MAX);
    let length = usize::try_from(place.length).unwrap_or(usize::MAX);
    let end = start.saturating_add(length);
    whole.get(start..end).unwrap_or_default()
}

/// Derived from what is in it, so that the same documents are the same file.
pub(super) fn file_name(list: &[(DocumentHash, Place)]) -> String {
    let hashes: Vec<u8> = list.iter().flat_map(|(hash, _)| hash.digest()).collect();
    format!("{}.zst", hash_of(&hashes))
}

pub(super) fn damaged(path: &Path, why: &str) -> BlobError {
    BlobError::Damaged {
        path: path.to_owned(),
        why: why.to_owned(),
    }
}
