//! Files that are there whole or not at all: written under another name, then given theirs.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use super::disk::{folder_of, sync_folder};

/// A file under construction; gone unless it is [kept](NewFile::keep).
#[derive(Debug)]
pub(super) struct NewFile {
    target: PathBuf,
    partial: PathBuf,
    kept: bool,
}

impl NewFile {
    /// Begins a file.
    ///
    /// # Errors
    /// When `target` is there already, or its folder cannot be written.
    pub(super) fn begin(target: &Path) -> io::Result<(Self, BufWriter<File>)> {
        if target.exists() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "it is there already",
            ));
        }
        let name = target
            .file_name()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?;
        let mut partial = name.to_os_string();
        partial.push(".partial");
        let partial = target.with_file_name(partial);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&partial)?;
        let new = Self {
            target: target.to_owned(),
            partial,
            kept: false,
        };
        Ok((new, BufWriter::new(file)))
    }

    /// Gives the finished file its name.
    ///
    /// # Errors
    /// When it cannot be written out or renamed.
    pub(super) fn keep(mut self, file: BufWriter<File>) -> io::Result<()> {
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        fs::rename(&self.partial, &self.target)?;
        self.kept = true;
        // The rename is on disk only when the folder is.
        sync_folder(folder_of(&self.target))
    }
}

/// Puts a file in the place of another, whole and on disk, with this mode. Where its group may read it, that is the
/// group of the folder: what root writes into /etc/coverd is for the service.
///
/// # Errors
/// When it cannot be written. What was there stands then.
pub fn replace(target: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut partial = target.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let folder = folder_of(target);
    let written = || -> io::Result<()> {
        match fs::remove_file(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        // New, and nobody else's from the first byte on.
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&partial)?;
        file.write_all(bytes)?;
        if mode & 0o070 != 0 {
            // Who may not give it to the group leaves it to itself.
            let _ = fchown(&file, None, Some(fs::metadata(folder)?.gid()));
        }
        file.set_permissions(Permissions::from_mode(mode))?;
        file.sync_all()?;
        fs::rename(&partial, target)?;
        sync_folder(folder)
    };
    written().inspect_err(|_| {
        let _ = fs::remove_file(&partial);
    })
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.partial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_with_its_mode_and_an_impossible_one_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("password");
        fs::write(&target, "old and longer").unwrap();
        replace(&target, b"new", 0o600).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        let mode = fs::metadata(&target).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let blocked = folder.path().join("a folder");
        fs::create_dir(&blocked).unwrap();
        assert!(replace(&blocked, b"new", 0o600).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x.zip");
        let (new, mut file) = NewFile::begin(&target).unwrap();
        file.write_all(b"half").unwrap();
        drop((new, file));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let (new, mut file) = NewFile::begin(&target).unwrap();
        file.write_all(b"whole").unwrap();
        new.keep(file).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"whole");
        let again = NewFile::begin(&target).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    }
}
