//! Files that are there whole or not at all: written under another name, then given theirs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

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
        Ok(())
    }
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
    use std::io::Write as _;

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
