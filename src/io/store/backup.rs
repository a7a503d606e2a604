//! A backup is one file: a snapshot of the database with the documents inside.
//!
//! It is taken while the daemon runs, and it is consistent: the documents are those that the
//! snapshot names, and documents never change. The file is an SQLite database of its own kind; it
//! cannot be mistaken for the one in use, and [`restore`] takes it apart again.

use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, params};

use super::connection::{BACKUP_ID, DATABASE_ID, Reader, open_file};
use super::encode::{Form, column};
use super::error::StoreError;
use super::migrate;
use super::temporary::{Temporary, beside};
use crate::io::blobs::{Blobs, Portable};
use crate::model::document::DocumentHash;

/// All pages in one step: in a write-ahead log that holds one snapshot and stops no writer.
const ALL_PAGES: i32 = -1;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// Documents in it.
    pub documents: u64,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Documents that are missing or damaged, in words; the backup was made without them.
    pub unreadable: Vec<String>,
}

/// What was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestoreReport {
    /// Documents put back.
    pub documents: u64,
}

impl Reader {
    /// Writes a backup, which takes the place of `to` when it is whole and on disk.
    ///
    /// # Errors
    /// When the file cannot be written or the database not read. Documents that cannot be read are
    /// in the report.
    pub fn backup(&self, blobs: &Blobs, to: &Path) -> Result<BackupReport, StoreError> {
        let temporary = Temporary::beside(to)?;
        let mut copy = open_file(temporary.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        copy_pages(&self.connection, &mut copy)?;
        let (documents, unreadable) = add_documents(&mut copy, blobs)?;
        copy.pragma_update(None, "application_id", BACKUP_ID)?;
        close(copy)?;
        let bytes = temporary.keep_as(to)?;
        Ok(BackupReport {
            documents,
            bytes,
            unreadable,
        })
    }
}

/// Takes a backup apart: the documents into `blobs`, the database to `database`, which must not be
/// there yet. The database appears last, so that what was interrupted can be repeated.
///
/// # Errors
/// When `from` is no backup, is damaged, or is newer than this program; when `database` is there.
pub fn restore(from: &Path, database: &Path, blobs: &Blobs) -> Result<RestoreReport, StoreError> {
    for part in [
        database.to_owned(),
        beside(database, "-wal"),
        beside(database, "-shm"),
    ] {
        // The log of another database would be played into the restored one.
        if part.exists() {
            return Err(StoreError::Exists { path: part });
        }
    }
    // What a killed backup leaves has such a journal, by which SQLite would want to undo what was half written.
    if beside(from, "-journal").exists() {
        return Err(StoreError::NoBackup {
            path: from.to_owned(),
        });
    }
    // It is the backup that is damaged, not the database in use.
    let of_backup = |error| match error {
        StoreError::Corrupt { detail } => StoreError::DamagedBackup {
            path: from.to_owned(),
            detail,
        },
        other => other,
    };
    let backup = open_file(from, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(of_backup)?;
    check_backup(&backup, from).map_err(of_backup)?;
    let documents = put_back(&backup, blobs).map_err(of_backup)?;

    let temporary = Temporary::beside(database)?;
    let mut copy = open_file(temporary.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    copy_pages(&backup, &mut copy)?;
    copy.execute_batch("DROP TABLE backup_documents; DROP TABLE IF EXISTS backup_packs; VACUUM;")?;
    copy.pragma_update(None, "application_id", DATABASE_ID)?;
    close(copy)?;
    temporary.keep_as(database)?;
    Ok(RestoreReport { documents })
}

fn check_backup(backup: &Connection, from: &Path) -> Result<(), StoreError> {
    let id: i32 = backup.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id != BACKUP_ID {
        // A backup gets its mark last: until then it is a copy of a database.
        let path = from.to_owned();
        return Err(if id == DATABASE_ID {
            StoreError::NoBackup { path }
        } else {
            StoreError::Foreign { path }
        });
    }
    let found = backup.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = migrate::newest()?;
    if found > known {
        return Err(StoreError::Newer {
            path: from.to_owned(),
            found,
            known,
        });
    }
    let health: String = backup.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if health == "ok" {
        Ok(())
    } else {
        Err(StoreError::Corrupt { detail: health })
    }
}

fn put_back(backup: &Connection, blobs: &Blobs) -> Result<u64, StoreError> {
    let mut documents = 0;
    // Documents may be packed against one that lies among others. Older backups have no such files.
    let has_packs: bool = backup.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name = 'backup_packs'",
        [],
        |row| row.get(0),
    )?;
    if has_packs {
        let mut statement = backup.prepare("SELECT name, content FROM backup_packs")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            let content = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            documents += blobs.put_pack(&name, content)?;
        }
    }
    // Those that are packed against another come after it.
    let mut statement = backup.prepare(
        "SELECT hash, content FROM backup_documents ORDER BY substr(content, 1, 4) = x'63766401'",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let content = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        blobs.put_portable(&column(row, 0)?, content)?;
        documents += 1;
    }
    Ok(documents)
}

fn copy_pages(from: &Connection, to: &mut Connection) -> Result<(), StoreError> {
    match Backup::new(from, to)?.step(ALL_PAGES)? {
        StepResult::Done => {}
        StepResult::Busy | StepResult::Locked => return Err(StoreError::Busy),
        other => {
            return Err(StoreError::Other(format!("the copy stopped: {other:?}")));
        }
    }
    // One file, without a log beside it.
    to.pragma_update(None, "journal_mode", "delete")?;
    Ok(())
}

/// Puts the bytes of every document that the copy names into the copy.
fn add_documents(copy: &mut Connection, blobs: &Blobs) -> Result<(u64, Vec<String>), StoreError> {
    let transaction = copy.transaction()?;
    transaction.execute_batch(
        "CREATE TABLE backup_documents (hash TEXT PRIMARY KEY NOT NULL, content BLOB NOT NULL) STRICT;
         CREATE TABLE backup_packs (name TEXT PRIMARY KEY NOT NULL, content BLOB NOT NULL) STRICT;",
    )?;
    let mut unreadable = Vec::new();
    let mut documents = 0;
    {
        let mut named = transaction.prepare("SELECT hash FROM documents")?;
        let named = named.query_map([], |row| column(row, 0))?;
        let mut named: Vec<DocumentHash> = named.collect::<Result<_, _>>()?;
        blobs.in_order(&mut named);
        let mut add =
            transaction.prepare("INSERT INTO backup_documents (hash, content) VALUES (?1, ?2)")?;
        let mut add_pack = transaction
            .prepare("INSERT OR IGNORE INTO backup_packs (name, content) VALUES (?1, ?2)")?;
        let mut last = None;
        for hash in named {
            // Proven first: a backup must not carry on what is damaged as if it were proof.
            match blobs
                .verify(&hash)
                .and_then(|_| blobs.portable(&hash, &mut last))
            {
                Ok(Portable::Document(content)) => add.execute(params![hash.form(), content])?,
                Ok(Portable::Pack(name, content)) => add_pack.execute(params![name, content])?,
                Ok(Portable::Among) => 0,
                Err(error) => {
                    unreadable.push(error.to_string());
                    continue;
                }
            };
            documents += 1;
        }
    }
    transaction.commit()?;
    Ok((documents, unreadable))
}

fn close(connection: Connection) -> Result<(), StoreError> {
    connection.close().map_err(|(_, error)| error.into())
}
