//! The bytes of documents, kept for ever under their SHA-256.
//!
//! A blob is one file, `ab/abcdef…`, compressed with zstd, by itself or against another document that is
//! like it (see [`super::delta`]): pages of one site have most of their bytes in common. It appears by rename after its bytes
//! are on disk, so a file with that name is whole; what a crash leaves is a hidden temporary file,
//! or a blob that no row names, and neither does harm.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use super::delta::{self, Bases};
use super::disk::{make_folder, sync_folder, write_synced};
use crate::model::document::DocumentHash;

/// No document is longer than this; a damaged file must not fill the memory.
const MAX_DOCUMENT_BYTES: u64 = 1 << 30;

/// 120 MB/s and a sixth of the size on HTML; higher levels are much slower and hardly smaller.
const LEVEL: i32 = 3;

/// A page that is packed this small has most of its bytes in common with its base; alone, a page is
/// packed to a fifth or a sixth.
const WELL_PACKED: usize = 8;

/// The folder of the documents' bytes.
#[derive(Debug)]
pub struct Blobs {
    folder: PathBuf,
    written: AtomicU64,
    bases: Bases,
}

/// How bytes were kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The document.
    pub hash: DocumentHash,
    /// Whether it had little that the other document had not.
    pub alike: bool,
}

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
    fn io(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { verb, path, source }
    }
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

    /// Keeps the bytes, packed against a document that is probably like them. A document that cannot
    /// serve for that is no obstacle: the bytes are then kept by themselves.
    ///
    /// # Errors
    /// As [`Blobs::put`].
    pub fn put_like(&self, bytes: &[u8], like: &DocumentHash) -> Result<Kept, BlobError> {
        let hash = hash_of(bytes);
        if self.contains(&hash) {
            return Ok(Kept { hash, alike: true });
        }
        let base = match self.base_of(like) {
            Ok(base) if base != hash => self.bases.get(base, || self.get(&base)).ok().flatten(),
            Ok(_) | Err(_) => None,
        };
        let Some(base) = base else {
            self.put(bytes)?;
            return Ok(Kept { hash, alike: false });
        };
        let path = self.path(&hash);
        let packed = base.pack(bytes).map_err(BlobError::io("compress", &path))?;
        self.write(&hash, &packed)?;
        let alike = packed.len() < bytes.len() / WELL_PACKED;
        Ok(Kept { hash, alike })
    }

    /// The document against which others like this one are packed: itself, or its own base.
    fn base_of(&self, hash: &DocumentHash) -> Result<DocumentHash, BlobError> {
        let path = self.path(hash);
        let file = File::open(&path).map_err(|source| missing_or(hash, &path, source))?;
        let head = delta::head(file).map_err(BlobError::io("read", &path))?;
        Ok(head.base.unwrap_or(*hash))
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
        self.path(hash).is_file()
    }

    /// Reads the whole file and compares its hash, without holding it in memory; returns the
    /// document's length in bytes.
    ///
    /// # Errors
    /// As [`Blobs::get`].
    pub fn verify(&self, hash: &DocumentHash) -> Result<u64, BlobError> {
        self.read(hash, |_| {})
    }

    /// Where the document's file is.
    pub fn path(&self, hash: &DocumentHash) -> PathBuf {
        let name = hash.to_string();
        let fan: String = name.chars().take(2).collect();
        self.folder.join(fan).join(name)
    }

    /// The file as it stands, for backups.
    pub(in crate::io) fn compressed(&self, hash: &DocumentHash) -> Result<Vec<u8>, BlobError> {
        let path = self.path(hash);
        fs::read(&path).map_err(|source| missing_or(hash, &path, source))
    }

    /// Puts a file back as a backup has it, after proving that it is what it should be.
    pub(in crate::io) fn put_compressed(
        &self,
        hash: &DocumentHash,
        compressed: &[u8],
    ) -> Result<(), BlobError> {
        if self.verify(hash).is_ok() {
            return Ok(());
        }
        self.unpack(hash, &self.path(hash), compressed, |_| {})?;
        self.write(hash, compressed)
    }

    fn read(&self, hash: &DocumentHash, each: impl FnMut(&[u8])) -> Result<u64, BlobError> {
        let path = self.path(hash);
        let file = File::open(&path).map_err(|source| missing_or(hash, &path, source))?;
        self.unpack(hash, &path, file, each)
    }

    /// Unpacks piece by piece, and proves at the end that it was what the hash says.
    fn unpack(
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
            let file = File::open(&path).map_err(|source| missing_or(hash, &path, source))?;
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

    fn write(&self, hash: &DocumentHash, compressed: &[u8]) -> Result<(), BlobError> {
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

/// SHA-256 of a document's bytes.
pub fn hash_of(bytes: &[u8]) -> DocumentHash {
    DocumentHash::new(Sha256::digest(bytes).into())
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

fn missing_or(hash: &DocumentHash, path: &Path, source: io::Error) -> BlobError {
    if source.kind() == io::ErrorKind::NotFound {
        BlobError::Missing {
            hash: *hash,
            path: path.to_owned(),
        }
    } else {
        BlobError::io("open", path)(source)
    }
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
        let third = blobs.put_like(&page(2), &second.hash).unwrap();
        assert!(second.alike && third.alike);
        assert_eq!(blobs.base_of(&third.hash).unwrap(), base);
        for (number, hash) in [(0, base), (1, second.hash), (2, third.hash)] {
            assert_eq!(&blobs.get(&hash).unwrap()[..], page(number));
        }
        assert!(fs::metadata(blobs.path(&third.hash)).unwrap().len() < 400);
        let stranger = blobs.put_like(&[9, 7, 1].repeat(9), &base).unwrap();
        assert!(!stranger.alike);
        assert_eq!(&blobs.get(&stranger.hash).unwrap()[..], [9, 7, 1].repeat(9));
        let packed = blobs.compressed(&second.hash).unwrap();

        let again = Blobs::open(&blobs.folder).unwrap();
        fs::remove_file(again.path(&base)).unwrap();
        let error = again.get(&second.hash).unwrap_err();
        assert!(error.to_string().contains("packed against"), "{error}");
        assert!(again.put_compressed(&second.hash, &packed).is_err());
        again.put(&page(0)).unwrap();
        fs::remove_file(again.path(&second.hash)).unwrap();
        again.put_compressed(&second.hash, &packed).unwrap();
        assert_eq!(&again.get(&second.hash).unwrap()[..], page(1));
    }

    #[test]
    fn only_the_true_bytes_are_put_back_from_a_backup() {
        let (_folder, blobs) = blobs();
        let hash = blobs.put(b"true").unwrap();
        let good = blobs.compressed(&hash).unwrap();
        fs::write(blobs.path(&hash), b"damaged").unwrap();
        assert!(blobs.put_compressed(&hash, b"worse").is_err());
        blobs.put_compressed(&hash, &good).unwrap();
        assert_eq!(&blobs.get(&hash).unwrap()[..], b"true");
    }
}
