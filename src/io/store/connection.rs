//! Opening the database: the one place that sets the pragmas everything relies on.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use rustix::fs::{Access, access};
use url::Url;

use super::error::StoreError;
use super::migrate;
use crate::model::fact::{Origin, Values};

/// How long a step waits for another program that holds the database.
const BUSY: Duration = Duration::from_secs(5);

/// Marks a file as a database of coverd ("covD") in SQLite's own header.
pub(super) const DATABASE_ID: i32 = 0x636f_7644;

/// Marks a file as a backup ("covB").
pub(super) const BACKUP_ID: i32 = 0x636f_7642;

/// Reads the database. Any number may be open beside the one [`Store`]; each sees what was
/// committed before its question.
pub struct Reader {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    /// What rows say, by payload number: rows repeat, and are shared.
    pub(super) payloads: RefCell<HashMap<i64, Values>>,
    /// By reading number; an origin never changes once it is written.
    pub(super) origins: RefCell<HashMap<i64, Arc<Origin>>>,
}

/// Writes the database; there is one at a time. [`Store::read`] asks questions of it.
pub struct Store {
    reader: Reader,
}

impl Reader {
    /// Opens an existing database for reading.
    ///
    /// # Errors
    /// When it is missing, not ours, newer than this program, or has to be migrated first.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = open_to_read(path)?;
        connection.pragma_update(None, "query_only", true)?;
        let version = migrate::version_of(&connection, path)?;
        let known = migrate::newest()?;
        if version > known {
            return Err(StoreError::Newer {
                path: path.to_owned(),
                found: version,
                known,
            });
        }
        if version < known {
            return Err(StoreError::NeedsMigration {
                path: path.to_owned(),
                found: version,
                known,
            });
        }
        Ok(Self::of(connection, path))
    }

    fn of(connection: Connection, path: &Path) -> Self {
        Self {
            connection,
            path: path.to_owned(),
            payloads: RefCell::default(),
            origins: RefCell::default(),
        }
    }

    /// A number that is another one after somebody else wrote to the database.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn version(&self) -> Result<i64, StoreError> {
        Ok(self
            .connection
            .pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// One unchanging view for several questions.
    pub(super) fn snapshot(&self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.connection.unchecked_transaction()?)
    }
}

impl Store {
    /// Opens the database for writing; makes it, readable by its owner and group, where it is
    /// missing, and brings it up to date.
    ///
    /// # Errors
    /// When it cannot be opened, is not ours, is newer than this program, or a migration fails.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        create_private(path, 0o640)?;
        let mut connection = open_file(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Before anything is changed: is it ours, and do we know it?
        migrate::version_of(&connection, path)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        // An outbox row must survive a power cut, not only a crash of the program.
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
        migrate::migrate(&mut connection, path)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(Self {
            reader: Reader::of(connection, path),
        })
    }

    /// Asks questions of the database.
    pub fn read(&self) -> &Reader {
        &self.reader
    }

    /// A transaction that holds the right to write from its beginning.
    pub(super) fn write(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(self
            .reader
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reader({})", self.path.display())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.reader.path.display())
    }
}

/// Opens a database file that exists, with what every connection needs.
pub(super) fn open_file(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    // SQLite says "unable to open database file" for everything; the system says why.
    OpenOptions::new()
        .read(true)
        .open(path)
        .map_err(|error| StoreError::file("open", path, error))?;
    prepared(Connection::open_with_flags(
        path,
        access | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?)
}

fn prepared(connection: Connection) -> Result<Connection, StoreError> {
    connection.busy_timeout(BUSY)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// Opens a database for somebody who may not write beside it. While nobody has it open for writing there is no index of
/// the log, which SQLite would have to make there; but then there is no log either, and the file stands still.
fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let tried = open_file(path, flags);
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let folder = path.parent().unwrap_or(Path::new("."));
    if tried.is_ok() || Path::new(&log).exists() || access(folder, Access::WRITE_OK).is_ok() {
        return tried;
    }
    let whole = std::path::absolute(path).ok();
    let Some(Ok(mut url)) = whole.map(Url::from_file_path) else {
        return tried;
    };
    url.set_query(Some("immutable=1"));
    prepared(Connection::open_with_flags(
        url.as_str(),
        flags | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?)
}

/// Makes an empty file of this mode, before anything is in it; SQLite gives its companions the same.
pub(super) fn create_private(path: &Path, mode: u32) -> Result<(), StoreError> {
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path);
    match created {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::file("create", path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::blobs::Blobs;

    fn database() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("coverd.db");
        (folder, path)
    }

    fn set(path: &Path, pragma: &str, value: i64) {
        let connection = open_file(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
        connection.pragma_update(None, pragma, value).unwrap();
    }

    #[test]
    fn damage_that_no_question_meets_is_found_whatever_is_in_its_place() {
        for (table, filling) in [
            ("acknowledgements", 0x5A),
            ("acknowledgements", 0x00),
            ("acknowledgements", 0xFF),
            ("acknowledgements", 0x0D),
            ("deliveries", 0x05),
            ("deliveries", 0x0A),
        ] {
            let (folder, path) = database();
            let store = Store::open(&path).unwrap();
            assert_eq!(store.read().quick_check().unwrap(), Vec::<String>::new());
            let connection = &store.reader.connection;
            let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
            let root: u32 = connection
                .query_row(sql, [table], |row| row.get(0))
                .unwrap();
            let size: u32 = connection
                .pragma_query_value(None, "page_size", |row| row.get(0))
                .unwrap();
            let (root, size) = (root as usize, size as usize);
            drop(store);
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[(root - 1) * size..root * size].fill(filling);
            std::fs::write(&path, bytes).unwrap();
            let reader = Reader::open(&path).unwrap();
            let said = format!("{table} {filling:#04x}");
            assert!(!reader.quick_check().unwrap().is_empty(), "{said}");
            let blobs = Blobs::open(&folder.path().join("documents")).unwrap();
            assert!(!reader.check(&blobs).unwrap().findings.is_empty(), "{said}");
        }
    }

    #[test]
    fn a_row_that_breaks_a_rule_of_its_table_is_found() {
        let (_folder, path) = database();
        let store = Store::open(&path).unwrap();
        let connection = &store.reader.connection;
        connection
            .pragma_update(None, "ignore_check_constraints", true)
            .unwrap();
        connection
            .pragma_update(None, "foreign_keys", false)
            .unwrap();
        connection
            .execute(
                "INSERT INTO acknowledgements VALUES ('a', 'p', '', '2026', 'dream')",
                [],
            )
            .unwrap();
        connection
            .pragma_update(None, "ignore_check_constraints", false)
            .unwrap();
        assert!(!store.read().quick_check().unwrap().is_empty());
    }

    #[test]
    fn every_write_is_durable_and_references_hold() {
        let (_folder, path) = database();
        let store = Store::open(&path).unwrap();
        let pragma = |name: &str| -> String {
            let connection = &store.reader.connection;
            let value = connection
                .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
            match value.unwrap() {
                rusqlite::types::Value::Text(text) => text,
                other => format!("{other:?}"),
            }
        };
        assert_eq!(pragma("journal_mode"), "wal");
        assert_eq!(pragma("synchronous"), "Integer(2)");
        assert_eq!(pragma("foreign_keys"), "Integer(1)");
        assert_eq!(pragma("trusted_schema"), "Integer(0)");
        assert_eq!(pragma("busy_timeout"), "Integer(5000)");
    }

    #[test]
    fn a_newer_database_is_refused_and_left_alone() {
        let (_folder, path) = database();
        drop(Store::open(&path).unwrap());
        set(&path, "user_version", 999);
        let before = std::fs::read(&path).unwrap();
        let known = migrate::newest().unwrap();
        for error in [
            Store::open(&path).unwrap_err(),
            Reader::open(&path).unwrap_err(),
        ] {
            assert!(matches!(error, StoreError::Newer { found: 999, .. }));
            let words = error.to_string();
            assert!(words.contains("999") && words.contains(&format!("up to {known}")));
            assert!(words.contains("install"), "{words}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_reader_waits_for_the_migration() {
        let (_folder, path) = database();
        drop(Store::open(&path).unwrap());
        set(&path, "user_version", 0);
        let error = Reader::open(&path).unwrap_err();
        assert!(matches!(error, StoreError::NeedsMigration { found: 0, .. }));
        assert!(error.to_string().contains("start the service once"));
    }

    #[test]
    fn the_database_of_another_program_is_not_touched() {
        let (_folder, path) = database();
        create_private(&path, 0o640).unwrap();
        let other = open_file(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
        other
            .execute_batch("CREATE TABLE patients (name TEXT)")
            .unwrap();
        drop(other);
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(
            Store::open(&path),
            Err(StoreError::Foreign { .. })
        ));
        assert_eq!(std::fs::read(&path).unwrap(), before);
        set(&path, "application_id", BACKUP_ID.into());
        assert!(matches!(
            Store::open(&path),
            Err(StoreError::IsBackup { .. })
        ));
    }

    #[test]
    fn a_reader_cannot_write() {
        let (_folder, path) = database();
        let _store = Store::open(&path).unwrap();
        let reader = Reader::open(&path).unwrap();
        assert!(
            reader
                .connection
                .execute("DELETE FROM attempts", [])
                .is_err()
        );
    }

    #[test]
    fn a_locked_database_is_said_to_be_locked() {
        let (_folder, path) = database();
        let mut store = Store::open(&path).unwrap();
        let mut other = Store::open(&path).unwrap();
        let _held = store.write().unwrap();
        other
            .reader
            .connection
            .busy_timeout(Duration::ZERO)
            .unwrap();
        assert!(matches!(other.write(), Err(StoreError::Busy)));
    }

    #[test]
    fn a_file_that_is_no_database_is_said_to_be_damaged() {
        let (_folder, path) = database();
        std::fs::write(&path, "not a database at all. ".repeat(400)).unwrap();
        let error = Store::open(&path).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
        assert!(error.to_string().contains("restore"), "{error}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = Store::open(Path::new("/nonexistent/coverd.db")).unwrap_err();
        assert!(
            error.to_string().contains("/nonexistent/coverd.db"),
            "{error}"
        );
    }
}
