//! One daemon to a state folder.
//!
//! The lock is the operating system's (`flock`) on a file that stays: it ends with the process
//! however that ends, and there is nothing stale to clean up. The process id inside is for people.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Name of the file in the state folder that the one daemon holds.
pub const LOCK: &str = "coverd.lock";

/// The right to be the one daemon of a state folder; given back on drop.
#[derive(Debug)]
pub struct InstanceLock {
    folder: PathBuf,
    _file: File,
}

/// The right could not be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error(
        "coverd is already running{} on {}: stop it first, or ask it with `coverd check`",
        .process.as_ref().map(|id| format!(" (process {id})")).unwrap_or_default(),
        .folder.display()
    )]
    AlreadyRunning {
        /// The state folder.
        folder: PathBuf,
        /// The other process, where it says so.
        process: Option<u32>,
    },
    /// The lock file cannot be made or locked.
    #[error("{} cannot be locked: {error}; does the service's user own the folder?", .file.display())]
    Io {
        /// The lock file.
        file: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
}

impl InstanceLock {
    /// Takes the lock of the state folder `folder`, which must exist.
    ///
    /// # Errors
    /// When another process has it, or the file cannot be made.
    pub fn acquire(folder: &Path) -> Result<Self, LockError> {
        let path = folder.join(LOCK);
        let io = |error| LockError::Io {
            file: path.clone(),
            error,
        };
        // Not truncated when opened: it may be another's, and hold its process id.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::AlreadyRunning {
                    folder: folder.to_owned(),
                    process: holder(&mut file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        file.set_len(0).map_err(io)?;
        file.rewind().map_err(io)?;
        writeln!(file, "{}", std::process::id()).map_err(io)?;
        Ok(Self {
            folder: folder.to_owned(),
            _file: file,
        })
    }

    /// The state folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_instance_is_refused_by_name_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let first = InstanceLock::acquire(folder.path()).unwrap();
        let error = InstanceLock::acquire(folder.path()).unwrap_err();
        let own = std::process::id();
        assert!(
            matches!(&error, LockError::AlreadyRunning { process: Some(id), .. } if *id == own),
            "{error}"
        );
        assert!(error.to_string().contains(&format!("(process {own})")));
        drop(first);
        assert!(InstanceLock::acquire(folder.path()).is_ok());
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = InstanceLock::acquire(Path::new("/nonexistent/state")).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/state"), "{error}");
    }
}
