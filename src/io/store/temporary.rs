//! Large files that appear when they are whole: a backup, a restored database.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::connection::create_private;
use super::error::StoreError;
use crate::io::disk::{folder_of, sync_folder};

const SUFFIX: &str = ".part";
/// What was not written to for so long is left over from somebody who was killed: a backup takes minutes.
const FORGOTTEN: Duration = Duration::from_hours(24);

/// A file that becomes another one when it is whole, and is removed when it never does.
#[derive(Debug)]
pub(super) struct Temporary {
    path: PathBuf,
}

impl Temporary {
    /// An empty file beside the one that it is to become. What others left there long ago goes.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub(super) fn beside(target: &Path) -> Result<Self, StoreError> {
        let path = beside(target, &format!(".{}{SUFFIX}", std::process::id()));
        let temporary = Self { path };
        remove(&temporary.path);
        create_private(&temporary.path, 0o600)?;
        temporary.remove_forgotten(target);
        Ok(temporary)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the place of `target`, on disk. Returns the size of the file in bytes.
    ///
    /// # Errors
    /// When the file or its folder cannot be written.
    pub(super) fn keep_as(self, target: &Path) -> Result<u64, StoreError> {
        let file = |verb| move |error| StoreError::file(verb, target, error);
        let whole = File::open(&self.path).map_err(file("open"))?;
        whole.sync_all().map_err(file("write"))?;
        let bytes = whole.metadata().map_err(file("read"))?.len();
        fs::rename(&self.path, target).map_err(file("rename"))?;
        sync_folder(folder_of(target)).map_err(file("write"))?;
        Ok(bytes)
    }

    /// Files of the same target and kind that somebody else began long before this one. That they cannot be seen or
    /// removed is no reason to make no backup.
    fn remove_forgotten(&self, target: &Path) {
        let written = |path: &Path| fs::metadata(path).and_then(|file| file.modified());
        let (Some(name), Ok(now), Ok(entries)) = (
            target.file_name().and_then(|name| name.to_str()),
            written(&self.path),
            fs::read_dir(folder_of(target)),
        ) else {
            return;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            let is_other = path
                .file_name()
                .and_then(|other| other.to_str())
                .and_then(|other| other.strip_prefix(name)?.strip_prefix('.'))
                .and_then(|other| other.strip_suffix(SUFFIX))
                .is_some_and(|process| process.parse::<u32>().is_ok());
            let is_forgotten = || {
                let age = written(&path)
                    .ok()
                    .and_then(|then| now.duration_since(then).ok());
                age.is_some_and(|age| age > FORGOTTEN)
            };
            if is_other && is_forgotten() {
                remove(&path);
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// The path with something after its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Removes a database with what SQLite keeps beside it.
fn remove(path: &Path) {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        // It may not be there, and it is of no use to anybody if it is.
        let _ = fs::remove_file(beside(path, suffix));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_long_ago_goes_and_what_others_write_now_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, hours| {
            let path = folder.path().join(name);
            let file = File::create(&path).unwrap();
            let then = file.metadata().unwrap().modified().unwrap();
            file.set_modified(then - Duration::from_hours(hours))
                .unwrap();
            path
        };
        let target = file("nightly", 48);
        let forgotten = [
            file("nightly.12.part", 25),
            file("nightly.12.part-journal", 25),
        ];
        let stay = [
            file("nightly.13.part", 23),
            file("nightly.14.part", 0),
            file("nightly.old.part", 48),
            file("weekly.12.part", 48),
            file("nightly.12.part.xz", 48),
        ];
        let temporary = Temporary::beside(&target).unwrap();
        for path in forgotten {
            assert!(!path.exists(), "{}", path.display());
        }
        for path in stay.iter().chain([&target]) {
            assert!(path.exists(), "{}", path.display());
        }
        let own = temporary.path().to_owned();
        assert!(own.exists());
        drop(temporary);
        assert!(!own.exists() && target.exists());
    }
}
