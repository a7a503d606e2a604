//! ZIP archives from outside: names and members, with every expansion bounded while it happens.
//!
//! Declared sizes are never believed: the limits are applied to the bytes that really come out.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use ::zip::ZipArchive;
use ::zip::read::ZipFile;
use ::zip::result::ZipError as Cause;

/// How much an archive may hold and grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most members.
    pub max_entries: usize,
    /// Most bytes of one member, inflated.
    pub max_entry_bytes: u64,
    /// Most bytes of all members that are read from one archive, inflated.
    pub max_total_bytes: u64,
    /// Most bytes that come out of one byte that goes in; the first mebibyte of a member is free.
    pub max_ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_entries: 1_000,
            max_entry_bytes: 256 << 20,
            max_total_bytes: 1 << 30,
            max_ratio: 200,
        }
    }
}

/// Why an archive or a member cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZipError {
    /// No archive, or the end of it is missing.
    #[error("not a complete ZIP archive ({0})")]
    NotAnArchive(String),
    /// More members than allowed.
    #[error("{found} members where at most {allowed} are expected")]
    TooManyEntries {
        /// Members in the directory.
        found: usize,
        /// The limit.
        allowed: usize,
    },
    /// Two members have one name, so that a name says nothing.
    #[error("two members have the same name")]
    DuplicateNames,
    /// A member is encrypted.
    #[error("member '{0}' is encrypted")]
    Encrypted(String),
    /// A member grows beyond a limit.
    #[error("member '{name}' grows beyond {limit}")]
    TooLarge {
        /// The member.
        name: String,
        /// Which limit.
        limit: &'static str,
    },
    /// A member is damaged, or packed in a way that is not known.
    #[error("member '{name}' cannot be unpacked ({cause})")]
    Damaged {
        /// The member.
        name: String,
        /// What the decoder says.
        cause: String,
    },
    /// There is no member of that number.
    #[error("no member number {0}")]
    NoSuchEntry(usize),
}

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the directory, by which it is read.
    pub index: usize,
    /// Its name as stored, with folders.
    pub name: String,
    /// Its size as declared; not to be relied on.
    pub declared_bytes: u64,
}

impl Entry {
    /// The name without folders.
    pub fn file_name(&self) -> &str {
        self.name.rsplit(['/', '\\']).next().unwrap_or(&self.name)
    }
}

/// An open archive.
#[derive(Debug)]
pub struct Archive<'a> {
    inner: ZipArchive<Cursor<&'a [u8]>>,
    entries: Vec<Entry>,
    limits: Limits,
    spent: u64,
}

impl<'a> Archive<'a> {
    /// Reads the directory.
    ///
    /// # Errors
    /// When the bytes are no complete archive, or its directory is beyond the limits.
    pub fn open(bytes: &'a [u8], limits: Limits) -> Result<Self, ZipError> {
        let mut inner = ZipArchive::new(Cursor::new(bytes))
            .map_err(|cause| ZipError::NotAnArchive(cause.to_string()))?;
        if inner.len() > limits.max_entries {
            return Err(ZipError::TooManyEntries {
                found: inner.len(),
                allowed: limits.max_entries,
            });
        }
        if inner.has_duplicate_names() {
            return Err(ZipError::DuplicateNames);
        }
        let mut entries = Vec::with_capacity(inner.len());
        for index in 0..inner.len() {
            let file = inner
                .by_index_raw(index)
                .map_err(|cause| ZipError::NotAnArchive(cause.to_string()))?;
            if file.is_dir() {
                continue;
            }
            let name = file.name().map_or_else(
                |_| String::from_utf8_lossy(file.name_raw()).into_owned(),
                Cow::into_owned,
            );
            let declared_bytes = file.size();
            entries.push(Entry {
                index,
                name,
                declared_bytes,
            });
        }
        Ok(Self {
            inner,
            entries,
            limits,
            spent: 0,
        })
    }

    /// The files, in the order of the directory; folders are left out.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The first bytes of a member, at most `longest`. Its checksum is not verified.
    ///
    /// # Errors
    /// When the member is encrypted or cannot be unpacked that far.
    pub fn head(&mut self, index: usize, longest: u64) -> Result<Vec<u8>, ZipError> {
        self.inflate(index, Some(longest))
    }

    /// A whole member, its checksum verified.
    ///
    /// # Errors
    /// When the member is encrypted, damaged, or grows beyond a limit.
    pub fn read(&mut self, index: usize) -> Result<Vec<u8>, ZipError> {
        self.inflate(index, None)
    }

    /// A member as a stream, its checksum verified when its end is reached.
    ///
    /// # Errors
    /// When the member is encrypted or packed in a way that is not known.
    pub fn member(&mut self, index: usize) -> Result<Member<'_, 'a>, ZipError> {
        let entry = self.entries.iter().find(|entry| entry.index == index);
        let name = entry
            .map(|entry| entry.name.clone())
            .ok_or(ZipError::NoSuchEntry(index))?;
        let file = match self.inner.by_index(index) {
            Ok(file) => file,
            Err(Cause::UnsupportedArchive(Cause::PASSWORD_REQUIRED)) => {
                return Err(ZipError::Encrypted(name));
            }
            Err(cause) => return Err(damaged(name, &cause)),
        };
        let by_ratio = file
            .compressed_size()
            .saturating_mul(self.limits.max_ratio)
            .saturating_add(1 << 20);
        let left = self.limits.max_total_bytes.saturating_sub(self.spent);
        let (left, limit) = [
            (self.limits.max_entry_bytes, "the limit of a member"),
            (left, "the limit of the archive"),
            (by_ratio, "what can honestly be packed into its size"),
        ]
        .into_iter()
        .min_by_key(|(bytes, _)| *bytes)
        .unwrap_or((0, "its limit"));
        Ok(Member {
            file,
            name,
            left,
            limit,
            beyond: false,
            spent: &mut self.spent,
        })
    }

    fn inflate(&mut self, index: usize, longest: Option<u64>) -> Result<Vec<u8>, ZipError> {
        let mut member = self.member(index)?;
        let wanted = longest.unwrap_or(u64::MAX);
        let expected = member.file.size().min(member.left).min(wanted);
        let mut bytes = Vec::with_capacity(usize::try_from(expected.min(64 << 20)).unwrap_or(0));
        let read = match longest {
            Some(longest) => {
                let longest = longest.min(member.left);
                (&mut member).take(longest).read_to_end(&mut bytes)
            }
            None => member.read_to_end(&mut bytes),
        };
        read.map_err(|cause| member.failed(&cause))?;
        Ok(bytes)
    }
}

/// A member of an archive while it is unpacked: bytes come as they are asked for, within the limits.
pub struct Member<'m, 'a> {
    file: ZipFile<'m, Cursor<&'a [u8]>>,
    name: String,
    left: u64,
    limit: &'static str,
    beyond: bool,
    spent: &'m mut u64,
}

impl std::fmt::Debug for Member<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Member({}, {} bytes left)", self.name, self.left)
    }
}

impl Member<'_, '_> {
    /// What an error of reading it means.
    pub fn failed(&self, cause: &std::io::Error) -> ZipError {
        if self.beyond {
            return ZipError::TooLarge {
                name: self.name.clone(),
                limit: self.limit,
            };
        }
        damaged(self.name.clone(), cause)
    }
}

impl Read for Member<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        let came = u64::try_from(read).unwrap_or(u64::MAX);
        *self.spent = self.spent.saturating_add(came);
        // "Exactly full" and "too much" differ: the end of a member, where its checksum is compared, is
        // always asked for.
        let Some(left) = self.left.checked_sub(came) else {
            self.beyond = true;
            return Err(std::io::Error::other("it grows beyond a limit"));
        };
        self.left = left;
        Ok(read)
    }
}

fn damaged(name: String, cause: &dyn std::error::Error) -> ZipError {
    ZipError::Damaged {
        name,
        cause: cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::zip::write::{SimpleFileOptions, ZipWriter};
    use std::io::Write;

    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn members_are_read_by_their_place_and_folders_are_part_of_the_name() {
        let bytes = archive(&[("a.txt", b"one"), ("folder/b.txt", b"two")]);
        let mut archive = Archive::open(&bytes, Limits::default()).unwrap();
        let names: Vec<_> = archive.entries().iter().map(Entry::file_name).collect();
        assert_eq!(names, ["a.txt", "b.txt"]);
        assert_eq!(archive.read(1).unwrap(), b"two");
        assert_eq!(archive.head(0, 2).unwrap(), b"on");
        assert_eq!(archive.read(9), Err(ZipError::NoSuchEntry(9)));
    }

    #[test]
    fn a_bomb_is_stopped_while_it_inflates() {
        let bytes = archive(&[("bomb", &vec![0; 8 << 20])]);
        let mut by_ratio = Archive::open(&bytes, Limits::default()).unwrap();
        assert!(matches!(by_ratio.read(0), Err(ZipError::TooLarge { .. })));

        let few = Limits {
            max_entry_bytes: 100,
            ..Limits::default()
        };
        let mut by_size = Archive::open(&bytes, few).unwrap();
        assert!(matches!(by_size.read(0), Err(ZipError::TooLarge { .. })));

        let bytes = archive(&[("a", &[1; 60]), ("b", &[2; 60])]);
        let total = Limits {
            max_total_bytes: 100,
            ..Limits::default()
        };
        let mut by_total = Archive::open(&bytes, total).unwrap();
        assert!(by_total.read(0).is_ok());
        assert!(matches!(by_total.read(1), Err(ZipError::TooLarge { .. })));
    }

    #[test]
    fn a_member_comes_as_a_stream_within_the_same_limits() {
        let bytes = archive(&[("a", b"one two"), ("bomb", &vec![0; 8 << 20])]);
        let mut archive = Archive::open(&bytes, Limits::default()).unwrap();
        let mut text = String::new();
        archive
            .member(0)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "one two");
        let mut bomb = archive.member(1).unwrap();
        let cause = bomb.read_to_end(&mut Vec::new()).unwrap_err();
        assert!(matches!(bomb.failed(&cause), ZipError::TooLarge { .. }));
        drop(bomb);
        assert!(matches!(archive.member(2), Err(ZipError::NoSuchEntry(2))));
    }

    #[test]
    fn a_member_exactly_at_its_limit_is_read() {
        let bytes = archive(&[("a", &[7; 100])]);
        let limits = Limits {
            max_entry_bytes: 100,
            ..Limits::default()
        };
        let mut archive = Archive::open(&bytes, limits).unwrap();
        assert_eq!(archive.read(0).map(|b| b.len()), Ok(100));
    }

    #[test]
    fn too_many_members_are_refused() {
        let bytes = archive(&[("a", b""), ("b", b""), ("c", b"")]);
        let limits = Limits {
            max_entries: 2,
            ..Limits::default()
        };
        assert!(matches!(
            Archive::open(&bytes, limits),
            Err(ZipError::TooManyEntries { found: 3, .. })
        ));
    }

    #[test]
    fn an_encrypted_member_is_named() {
        let mut bytes = archive(&[("secret.csv", b"x")]);
        // The flag "encrypted" of the local header and of the directory.
        let directory = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        bytes[6] |= 1;
        bytes[directory + 8] |= 1;
        let mut archive = Archive::open(&bytes, Limits::default()).unwrap();
        assert_eq!(
            archive.read(0),
            Err(ZipError::Encrypted("secret.csv".to_owned()))
        );
    }

    #[test]
    fn a_changed_byte_is_found_by_the_checksum() {
        let mut bytes = archive(&[("a", b"status,A,0.32")]);
        let at = bytes.len() / 4;
        for byte in &mut bytes[at..at + 12] {
            *byte ^= 0x40;
        }
        let read = Archive::open(&bytes, Limits::default()).and_then(|mut a| a.read(0));
        assert!(read.is_err(), "{read:?}");
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let whole = archive(&[("a", b"x")]);
        for bytes in [&b""[..], b"<!DOCTYPE html>", &whole[..whole.len() - 30]] {
            assert!(matches!(
                Archive::open(bytes, Limits::default()),
                Err(ZipError::NotAnArchive(_))
            ));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(noise in proptest::collection::vec(proptest::num::u8::ANY, 0..400), at in 0_usize..150) {
            let mut bytes = archive(&[("a", b"status,A,0.32"), ("b", b"x")]);
            let start = at.min(bytes.len());
            let end = (start + noise.len() / 40).min(bytes.len());
            bytes.splice(start..end, noise.iter().copied());
            for input in [&bytes[..], &noise[..]] {
                if let Ok(mut archive) = Archive::open(input, Limits::default()) {
                    for index in 0..archive.entries().len() {
                        let _ = archive.read(index);
                    }
                }
            }
        }
    }
}
