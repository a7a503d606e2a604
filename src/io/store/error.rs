//! What can go wrong with the database, and what to do about it.

use std::io;
use std::path::PathBuf;

use rusqlite::{ErrorCode, ffi};

use crate::io::blobs::BlobError;

/// A failure of the store. Every write is one transaction, so what failed wrote nothing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database was written by a later version of the program.
    #[error(
        "{} was written by a newer coverd (database version {found}, this program knows up to {known}): install the newer program again, or restore a backup that was made before the upgrade",
        path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The last version that this program knows.
        known: i64,
    },
    /// The database has to be migrated before it can be read.
    #[error(
        "{} has database version {found} and this program needs version {known}: start the service once, it brings the database up to date",
        path.display()
    )]
    NeedsMigration {
        /// The database file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version that this program reads.
        known: i64,
    },
    /// A file that is a database, but of another program.
    #[error(
        "{} is not a database of coverd: name another file, nothing in it was changed",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A backup where a database was expected.
    #[error(
        "{} is a backup: unpack it with 'coverd db restore', it cannot be used in place",
        path.display()
    )]
    IsBackup {
        /// The file.
        path: PathBuf,
    },
    /// A database, or what is left of a backup that was interrupted, where a backup was expected.
    #[error(
        "{} is not a whole backup: name a file that 'coverd db backup' has finished",
        path.display()
    )]
    NoBackup {
        /// The file.
        path: PathBuf,
    },
    /// A file that was named as a backup and is damaged, or no database at all.
    #[error(
        "{} cannot be restored, it is no backup or a damaged one ({detail}): name another one",
        path.display()
    )]
    DamagedBackup {
        /// The file.
        path: PathBuf,
        /// What the engine says.
        detail: String,
    },
    /// A file that cannot be opened, written or renamed.
    #[error("cannot {verb} {}: {source}", path.display())]
    File {
        /// What was tried: `open`, `create`, `rename`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that would have to be overwritten.
    #[error("{} exists already: move it away first, nothing is overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Another program holds the database.
    #[error(
        "the database is locked by another program: close what else has it open (a copy job, a database browser) and try again"
    )]
    Busy,
    /// No space is left.
    #[error(
        "no space is left for the database: free space on its file system; nothing was lost, the step is repeated"
    )]
    DiskFull,
    /// A file beside the database cannot be made or opened.
    #[error(
        "a file of the database cannot be made or opened: no space or no inodes are left on its file system (`df -h`, `df -i`), this user may not write in its folder, or too many files are open; mend that and try again, nothing was lost"
    )]
    CannotOpen,
    /// The system could not read or write.
    #[error(
        "the database cannot be read or written ({detail}): look at its disk, the room that is left there, the log of the system, and limits of the size of files (`ulimit -f`); mend that and try again, nothing was lost"
    )]
    Io {
        /// What the engine says, with its name for it.
        detail: String,
    },
    /// The user may not write.
    #[error(
        "the database cannot be written: run as the user of the service, and look at the owner of the file and its folder"
    )]
    ReadOnly,
    /// The file is damaged.
    #[error(
        "the database is damaged ({detail}): stop the service, keep the file, and restore the last backup with 'coverd db restore'"
    )]
    Corrupt {
        /// What the engine says.
        detail: String,
    },
    /// Something in the database that this version cannot read.
    #[error(
        "the database holds '{text}' as {what}, which this version of coverd does not know: install the version that wrote it"
    )]
    Unreadable {
        /// What was expected there.
        what: &'static str,
        /// What is there, shortened.
        text: String,
    },
    /// Something is there already under the same key, and says something else.
    #[error("{what} '{key}' is stored already with another content: this is a defect, report it")]
    Conflict {
        /// The kind of thing.
        what: &'static str,
        /// Its key.
        key: String,
    },
    /// A record that contradicts itself or refers to what is not there.
    #[error("a record cannot be stored: {why}; this is a defect, report it")]
    Invalid {
        /// What is wrong with it.
        why: String,
    },
    /// A prefix that stands for more than one thing.
    #[error("'{prefix}' is the beginning of several {what}: give more of it")]
    Ambiguous {
        /// The kind of thing.
        what: &'static str,
        /// What was asked for.
        prefix: String,
    },
    /// Work for the writer thread panicked; a transaction that was not committed is rolled back.
    #[error(
        "a defect ended work on the database ({message}); what was not finished is undone, report it"
    )]
    Panicked {
        /// The panic's words.
        message: String,
    },
    /// The writer thread is gone.
    #[error("the database is closed: the program is stopping")]
    Stopped,
    /// A document's bytes cannot be read or written.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// Anything else the engine says.
    #[error("the database failed: {0}")]
    Other(String),
}

impl StoreError {
    /// Whether the same step may succeed later without anybody changing the data.
    pub fn retryable(&self) -> bool {
        matches!(
            self,
            Self::Busy | Self::DiskFull | Self::CannotOpen | Self::Io { .. }
        )
    }

    pub(super) fn unreadable(what: &'static str, text: &str) -> Self {
        Self::Unreadable {
            what,
            text: text.chars().take(60).collect(),
        }
    }

    pub(super) fn file(verb: &'static str, path: &std::path::Path, source: io::Error) -> Self {
        Self::File {
            verb,
            path: path.to_owned(),
            source,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // What `encode::column` could not read travels through the engine's error type.
        let error = match error {
            rusqlite::Error::FromSqlConversionFailure(column, kind, inner) => {
                match inner.downcast::<Self>() {
                    Ok(ours) => return *ours,
                    Err(inner) => rusqlite::Error::FromSqlConversionFailure(column, kind, inner),
                }
            }
            other => other,
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::CannotOpen) => Self::CannotOpen,
            Some(ErrorCode::SystemIoFailure) => io_failure(&error),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt {
                detail: error.to_string(),
            },
            Some(ErrorCode::ConstraintViolation) => Self::Invalid {
                why: error.to_string(),
            },
            _ => Self::Other(error.to_string()),
        }
    }
}

/// What failed, by the engine's number for it. Without room for the memory that is shared between those who have the
/// database open it says nothing of room.
fn io_failure(error: &rusqlite::Error) -> StoreError {
    let code = error.sqlite_error().map_or(0, |error| error.extended_code);
    let named = match code {
        ffi::SQLITE_IOERR_SHMSIZE => return StoreError::DiskFull,
        ffi::SQLITE_IOERR_READ => "read",
        ffi::SQLITE_IOERR_SHORT_READ => "short read",
        ffi::SQLITE_IOERR_WRITE => "write",
        ffi::SQLITE_IOERR_FSYNC => "sync of a file",
        ffi::SQLITE_IOERR_DIR_FSYNC => "sync of a folder",
        ffi::SQLITE_IOERR_TRUNCATE => "truncation",
        ffi::SQLITE_IOERR_FSTAT => "size of a file",
        ffi::SQLITE_IOERR_DELETE => "removal of a file",
        ffi::SQLITE_IOERR_ACCESS => "access to a file",
        ffi::SQLITE_IOERR_CLOSE => "closing of a file",
        ffi::SQLITE_IOERR_LOCK | ffi::SQLITE_IOERR_UNLOCK | ffi::SQLITE_IOERR_RDLOCK => "lock",
        ffi::SQLITE_IOERR_SHMOPEN => "opening of the shared memory",
        ffi::SQLITE_IOERR_SHMMAP | ffi::SQLITE_IOERR_MMAP => "mapping of memory",
        ffi::SQLITE_IOERR_SHMLOCK => "lock of the shared memory",
        ffi::SQLITE_IOERR_NOMEM => "no memory",
        ffi::SQLITE_IOERR_GETTEMPPATH => "folder for temporary files",
        _ => "of another kind",
    };
    StoreError::Io {
        detail: format!("{error}: {named}, SQLite's error {code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: i32) -> (StoreError, String) {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        let error = StoreError::from(error);
        let words = error.to_string();
        (error, words)
    }

    #[test]
    fn what_the_system_refused_is_said_with_what_to_look_at() {
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_SHMSIZE] {
            let (error, words) = said(code);
            assert!(matches!(error, StoreError::DiskFull), "{words}");
            assert!(error.retryable());
        }
        let (_, words) = said(ffi::SQLITE_IOERR_WRITE);
        assert!(
            words.contains("disk I/O error: write, SQLite's error 778"),
            "{words}"
        );
        assert!(words.contains("ulimit -f"), "{words}");
        let (_, words) = said(ffi::SQLITE_CANTOPEN);
        assert!(
            words.contains("no inodes") && words.contains("df -i"),
            "{words}"
        );
    }
}
