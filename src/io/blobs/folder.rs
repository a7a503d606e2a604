//! The bytes of documents, kept for ever under their SHA-256.
//!
//! A blob is one file, `ab/abcdef…`, compressed with zstd, by itself or against another document that is
//! like it (see [`super::delta`]), or a part of a file of many (see [`super::packs`]): pages of one site have most
//! of their bytes in common. A file appears by rename after its bytes are on disk, so one with that name is
//! whole; what a crash leaves is a hidden temporary file, or a blob that no row names, and neither does harm.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use super::delta::{self, Bases};
use super::error::{BlobError, missing_or};
use super::hash::hash_of;
use super::pack_file::LONGEST;
use super::packs::{Found, Packs};
use crate::io::disk::{make_folder, sync_folder, write_synced};
use crate::model::document::DocumentHash;

/// No document is longer than this; a damaged file must not fill the memory.
const MAX_DOCUMENT_BYTES: u64 = 1 << 30;

/// 120 MB/s and a sixth of the size on HTML; higher levels are much slower and hardly smaller.
pub(super) const LEVEL: i32 = 3;

/// The folder of the documents' bytes.
#[derive(Debug)]
pub struct Blobs {
    folder: PathBuf,
    written: AtomicU64,
    bases: Bases,
    pub(super) packs: Packs,
}

/// Where a document is, for people who want to see it without coverd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Alone in this file, as a zstd frame.
    Alone(PathBuf),
    /// In this file behind 36 bytes, as a zstd frame whose dictionary is the other document.
    Against(PathBuf, DocumentHash),
    /// In this file of many, unpacked, from this byte on, so many bytes.
    Among(PathBuf, u32, u32),
}

impl Blobs {
    /// Opens the folder, and makes it (for its owner alone) where it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: &Path) -> Result<Self, BlobError> {
        make_folder(folder).map_err(BlobError::io("create", folder))?;
        Ok(Self {
            folder: folder.to_owned(),
            written: AtomicU64::new(0),
            bases: Bases::default(),
            packs: Packs::new(folder.join("packs")),
        })
    }

    /// Keeps the bytes: on disk when this returns. Bytes that are there already cost nothing.
    ///
    /// # Errors
    /// When the file cannot be written; nothing is left under its name then.
    pub fn put(&self, bytes: &[u8]) -> Result<DocumentHash, BlobError> {
        let hash = hash_of(bytes);
        if !self.contains(&hash) {
            let path = self.path(&hash);
            let compressed =
                zstd::bulk::compress(bytes, LEVEL).map_err(BlobError::io("compress", &path))?;
            self.write(&hash, &compressed)?;
        }
        Ok(hash)
    }

    /// Keeps bytes whose hash is known, together with others: on disk when [`Blobs::flush`] returns, and
    /// to be had before. Long ones are put by themselves.
    ///
    /// # Errors
    /// As [`Blobs::put`].
    pub fn gather(&self, hash: DocumentHash, bytes: Arc<[u8]>) -> Result<(), BlobError> {
        if bytes.len() > LONGEST {
            return self.put(&bytes).map(drop);
        }
        if self.path(&hash).is_file() {
            return Ok(());
        }
        self.packs.gather(hash, bytes)
    }

    /// Puts on disk what was gathered.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn flush(&self) -> Result<(), BlobError> {
        self.packs.write()
    }

    /// Keeps the bytes, packed against a document that is probably like them. A document that cannot
    /// serve for that is no obstacle: the bytes are then kept by themselves.
    ///
    /// # Errors
    /// As [`Blobs::put`].
    pub fn put_like(&self, bytes: &[u8], like: &DocumentHash) -> Result<DocumentHash, BlobError> {
        let hash = hash_of(bytes);
        if self.contains(&hash) {
            return Ok(hash);
        }
        let base = match self.base_of(like) {
            Ok(base) if base != hash => self.bases.get(base, || self.get(&base)).ok().flatten(),
            Ok(_) | Err(_) => None,
        };
        let Some(base) = base else {
            return self.put(bytes);
        };
        let path = self.path(&hash);
        let packed = base.pack(bytes).map_err(BlobError::io("compress", &path))?;
        self.write(&hash, &packed)?;
        Ok(hash)
    }

    /// The document against which others like this one are packed: itself, or its own base.
    fn base_of(&self, hash: &DocumentHash) -> Result<DocumentHash, BlobError> {
        match self.kept(hash)? {
            Kept::Against(_, base) => Ok(base),
            Kept::Alone(_) | Kept::Among(..) => Ok(*hash),
        }
    }

    /// Where a document is.
    ///
    /// # Errors
    /// When it is nowhere, or its file cannot be read.
    pub fn kept(&self, hash: &DocumentHash) -> Result<Kept, BlobError> {
        let path = self.path(hash);
        let error = match File::open(&path) {
            Ok(file) => {
                let head = delta::head(file).map_err(BlobError::io("read", &path))?;
                return Ok(match head.base {
                    None => Kept::Alone(path),
                    Some(base) => Kept::Against(path, base),
                });
            }
            Err(source) => missing_or(hash, &path, source),
        };
        match self.packs.place(hash)? {
            Some((file, place)) => Ok(Kept::Among(file, place.offset, place.length)),
            None => Err(error),
        }
    }

    /// The bytes, proven to be those of the hash.
    ///
    /// # Errors
    /// When the file is missing, unreadable or damaged; the message names it.
    pub fn get(&self, hash: &DocumentHash) -> Result<Arc<[u8]>, BlobError> {
        let mut bytes = Vec::new();
        self.read(hash, |part| bytes.extend_from_slice(part))?;
        Ok(bytes.into())
    }

    /// Whether a file for the hash is there; [`Blobs::verify`] says whether it is whole.
    pub fn contains(&self, hash: &DocumentHash) -> bool {
        self.path(hash).is_file() || self.packs.contains(hash).unwrap_or(false)
    }

    /// Reads the whole file and compares its hash, without holding it in memory; returns the
    /// document's length in bytes.
    ///
    /// # Errors
    /// As [`Blobs::get`].
    pub fn verify(&self, hash: &DocumentHash) -> Result<u64, BlobError> {
        self.read(hash, |_| {})
    }

    /// Where the document's own file is, if it has one.
    pub fn path(&self, hash: &DocumentHash) -> PathBuf {
        let name = hash.to_string();
        let fan: String = name.chars().take(2).collect();
        self.folder.join(fan).join(name)
    }

    fn read(&self, hash: &DocumentHash, mut each: impl FnMut(&[u8])) -> Result<u64, BlobError> {
        let path = self.path(hash);
        match File::open(&path) {
            Ok(file) => self.unpack(hash, &path, file, each),
            Err(source) => {
                let missing = missing_or(hash, &path, source);
                let bytes = self.unpacked(hash, missing)?;
                each(&bytes);
                Ok(bytes.len() as u64)
            }
        }
    }

    /// The proven bytes of a document that has no file of its own; else `missing`.
    fn unpacked(&self, hash: &DocumentHash, missing: BlobError) -> Result<Arc<[u8]>, BlobError> {
        match self.packs.get(hash)? {
            None => Err(missing),
            Some(Found::Gathered(bytes)) => Ok(bytes),
            Some(Found::Packed(_, bytes)) if hash_of(&bytes) == *hash => Ok(bytes),
            Some(Found::Packed(path, _)) => Err(BlobError::Damaged {
                path,
                why: format!("its part {hash} has another SHA-256"),
            }),
        }
    }

    /// Unpacks piece by piece, and proves at the end that it was what the hash says.
    pub(super) fn unpack(
        &self,
        hash: &DocumentHash,
        path: &Path,
        compressed: impl Read,
        each: impl FnMut(&[u8]),
    ) -> Result<u64, BlobError> {
        let head = delta::head(compressed).map_err(BlobError::io("read", path))?;
        let base = match head.base {
            None => None,
            Some(base) => Some(self.base(&base).map_err(|error| BlobError::Damaged {
                path: path.to_owned(),
                why: format!("what it is packed against cannot be read: {error}"),
            })?),
        };
        let base = base.as_deref().unwrap_or_default();
        unpack(hash, path, head.frame, base, each)
    }

    /// The bytes of a base, which is packed against nothing itself.
    fn base(&self, hash: &DocumentHash) -> Result<Arc<[u8]>, BlobError> {
        self.bases.bytes(hash, || {
            let path = self.path(hash);
            let file = match File::open(&path) {
                Ok(file) => file,
                Err(source) => return self.unpacked(hash, missing_or(hash, &path, source)),
            };
            let mut bytes = Vec::new();
            unpack(hash, &path, file, &[], |part| bytes.extend_from_slice(part))?;
            Ok(bytes.into())
        })
    }

    /// Removes what processes that were killed left half-written. Only the holder of the instance
    /// lock may do it: nobody else writes then.
    pub fn sweep(&self) {
        let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
        for fan in entries(&self.folder) {
            for file in entries(&fan.path()) {
                if file.file_name().as_encoded_bytes().starts_with(b".") {
                    // What cannot be removed is in nobody's way.
                    let _ = fs::remove_file(file.path());
                }
            }
        }
    }

    pub(super) fn write(&self, hash: &DocumentHash, compressed: &[u8]) -> Result<(), BlobError> {
        let path = self.path(hash);
        let fan = path.parent().unwrap_or(&self.folder);
        if !fan.is_dir() {
            make_folder(fan).map_err(BlobError::io("create", fan))?;
            sync_folder(&self.folder).map_err(BlobError::io("sync", &self.folder))?;
        }
        // Two threads, or two processes, may keep the same bytes at the same time.
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let name = format!(".{}-{number}-{}", std::process::id(), hash.short());
        let temporary = fan.join(name);
        // A process that was killed may have had this process's id, as the first one in a container
        // always has: what it left is of no use and must not be in the way.
        let _ = fs::remove_file(&temporary);
        let kept = write_synced(&temporary, compressed)
            .and_then(|()| fs::rename(&temporary, &path))
            .map_err(BlobError::io("write", &path));
        if kept.is_err() {
            // Whatever it is that failed, the temporary file is of no use any more.
            let _ = fs::remove_file(&temporary);
        }
        kept?;
        sync_folder(fan).map_err(BlobError::io("sync", fan))
    }
}

/// Unpacks piece by piece, and proves at the end that it was what the hash says.
fn unpack(
    hash: &DocumentHash,
    path: &Path,
    compressed: impl Read,
    base: &[u8],
    mut each: impl FnMut(&[u8]),
) -> Result<u64, BlobError> {
    let damaged = |why: String| BlobError::Damaged {
        path: path.to_owned(),
        why,
    };
    let compressed = io::BufReader::with_capacity(32 * 1024, compressed);
    let mut decoder = zstd::stream::read::Decoder::with_dictionary(compressed, base)
        .map_err(BlobError::io("read", path))?;
    let mut digest = Sha256::new();
    let mut length = 0_u64;
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let read = match decoder.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(damaged(error.to_string())),
        };
        let part = buffer.get(..read).unwrap_or_default();
        length += read as u64;
        if length > MAX_DOCUMENT_BYTES {
            return Err(damaged("it unpacks to more than 1 GiB".to_owned()));
        }
        digest.update(part);
        each(part);
    }
    if DocumentHash::new(digest.finalize().into()) != *hash {
        return Err(damaged("its bytes have another SHA-256".to_owned()));
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_swept_and_documents_stay() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let hash = blobs.put(b"kept").unwrap();
        let left = blobs.path(&hash).with_file_name(".1-0-half");
        fs::write(&left, b"half").unwrap();
        blobs.sweep();
        assert!(!left.exists());
        assert_eq!(&*blobs.get(&hash).unwrap(), b"kept");
    }

    fn blobs() -> (tempfile::TempDir, Blobs) {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs")).unwrap();
        (folder, blobs)
    }

    #[test]
    fn bytes_come_back_as_they_were_put() {
        let (_folder, blobs) = blobs();
        for bytes in [vec![], b"RVU20B".to_vec(), vec![7; 400_000]] {
            let hash = blobs.put(&bytes).unwrap();
            assert_eq!(hash, hash_of(&bytes));
            assert_eq!(&blobs.get(&hash).unwrap()[..], bytes);
            assert_eq!(blobs.verify(&hash).unwrap(), bytes.len() as u64);
        }
    }

    #[test]
    fn bytes_that_are_there_are_not_written_again() {
        let (_folder, blobs) = blobs();
        let hash = blobs.put(b"once").unwrap();
        fs::write(blobs.path(&hash), b"marked").unwrap();
        assert_eq!(blobs.put(b"once").unwrap(), hash);
        assert_eq!(fs::read(blobs.path(&hash)).unwrap(), b"marked");
    }

    #[test]
    fn no_temporary_file_stays_behind() {
        let (_folder, blobs) = blobs();
        let hash = blobs.put(b"whole").unwrap();
        let fan = blobs.path(&hash).parent().unwrap().to_owned();
        assert_eq!(fs::read_dir(fan).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_process_with_the_same_id_left_is_not_in_the_way() {
        let (_folder, blobs) = blobs();
        let hash = hash_of(b"whole");
        let fan = blobs.path(&hash).parent().unwrap().to_owned();
        fs::create_dir_all(&fan).unwrap();
        let left = format!(".{}-0-{}", std::process::id(), hash.short());
        fs::write(fan.join(left), b"who").unwrap();
        assert_eq!(blobs.put(b"whole").unwrap(), hash);
        assert_eq!(fs::read_dir(fan).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_file_is_named_and_never_believed() {
        let (_folder, blobs) = blobs();
        let hash = blobs.put(b"the row that proves it").unwrap();
        let other = zstd::bulk::compress(b"another row", LEVEL).unwrap();
        for damage in [&other[..], b"", b"no zstd at all"] {
            fs::write(blobs.path(&hash), damage).unwrap();
            let error = blobs.get(&hash).unwrap_err();
            assert!(matches!(error, BlobError::Damaged { .. }), "{error}");
            assert!(error.to_string().contains(&hash.to_string()), "{error}");
        }
    }

    #[test]
    fn a_missing_file_is_said_to_be_missing() {
        let (_folder, blobs) = blobs();
        let hash = hash_of(b"never put");
        assert!(!blobs.contains(&hash));
        assert!(matches!(blobs.get(&hash), Err(BlobError::Missing { .. })));
    }

    #[test]
    fn what_is_packed_against_another_is_small_proven_and_lost_with_it() {
        let (_folder, blobs) = blobs();
        let page = |n: usize| -> Vec<u8> {
            let all =
                (0..4_000_usize).map(|line| format!("line {}", line.wrapping_mul(48_271) % 9_973));
            let mut lines: Vec<String> = all.collect();
            lines[n] = format!("other {n}");
            lines.join("\n").into_bytes()
        };
        let base = blobs.put(&page(0)).unwrap();
        let second = blobs.put_like(&page(1), &base).unwrap();
        // Never a chain: what is like the second is packed against the first.
        let third = blobs.put_like(&page(2), &second).unwrap();
        assert_eq!(blobs.base_of(&third).unwrap(), base);
        for (number, hash) in [(0, base), (1, second), (2, third)] {
            assert_eq!(&blobs.get(&hash).unwrap()[..], page(number));
        }
        assert!(fs::metadata(blobs.path(&third)).unwrap().len() < 400);
        let stranger = blobs.put_like(&[9, 7, 1].repeat(9), &base).unwrap();
        assert_eq!(&blobs.get(&stranger).unwrap()[..], [9, 7, 1].repeat(9));
        let packed = fs::read(blobs.path(&second)).unwrap();

        let again = Blobs::open(&blobs.folder).unwrap();
        fs::remove_file(again.path(&base)).unwrap();
        let error = again.get(&second).unwrap_err();
        assert!(error.to_string().contains("packed against"), "{error}");
        assert!(again.put_portable(&second, &packed).is_err());
        again.put(&page(0)).unwrap();
        fs::remove_file(again.path(&second)).unwrap();
        again.put_portable(&second, &packed).unwrap();
        assert_eq!(&again.get(&second).unwrap()[..], page(1));
    }

    #[test]
    fn what_is_gathered_is_had_at_once_and_is_a_base_and_proven() {
        let (_folder, blobs) = blobs();
        let page = |n: usize| -> Arc<[u8]> { format!("{n}").repeat(4_000 + n).into_bytes().into() };
        let hashes = [1, 2, 3].map(|n| {
            let hash = hash_of(&page(n));
            blobs.gather(hash, page(n)).unwrap();
            hash
        });
        let other = Blobs::open(&blobs.folder).unwrap();
        assert_eq!(blobs.get(&hashes[1]).unwrap(), page(2));
        assert!(blobs.contains(&hashes[2]) && !other.contains(&hashes[2]));
        blobs.flush().unwrap();
        assert_eq!(other.get(&hashes[1]).unwrap(), page(2));
        assert_eq!(other.verify(&hashes[0]).unwrap(), 4_001);
        let Kept::Among(file, offset, 4_002) = other.kept(&hashes[1]).unwrap() else {
            panic!("{:?}", other.kept(&hashes[1]))
        };
        assert_eq!(offset, 4_001);
        let mut changed = page(3).to_vec();
        changed.extend(b"news");
        let news = blobs.put_like(&changed, &hashes[2]).unwrap();
        assert_eq!(blobs.base_of(&news).unwrap(), hashes[2]);
        assert_eq!(&other.get(&news).unwrap()[..], changed);

        let mut bytes = fs::read(&file).unwrap();
        // The hash of the first document in the list.
        bytes[8] ^= 1;
        fs::write(&file, bytes).unwrap();
        let fresh = Blobs::open(&blobs.folder).unwrap();
        assert!(matches!(
            fresh.get(&hashes[0]),
            Err(BlobError::Missing { .. })
        ));
        assert_eq!(fresh.get(&hashes[1]).unwrap(), page(2));
    }

    #[test]
    fn only_the_true_bytes_are_put_back_from_a_backup() {
        let (_folder, blobs) = blobs();
        let hash = blobs.put(b"true").unwrap();
        let good = fs::read(blobs.path(&hash)).unwrap();
        fs::write(blobs.path(&hash), b"damaged").unwrap();
        assert!(blobs.put_portable(&hash, b"worse").is_err());
        blobs.put_portable(&hash, &good).unwrap();
        assert_eq!(&blobs.get(&hash).unwrap()[..], b"true");
    }
}
