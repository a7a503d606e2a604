//! The form of the database: numbered migrations, each applied whole or not at all.

use std::path::Path;

use include_dir::{Dir, include_dir};
use rusqlite::{Connection, TransactionBehavior};

use super::connection::{BACKUP_ID, DATABASE_ID};
use super::error::StoreError;
use super::search;

/// The version from which on paragraphs can be searched. What was read before it may be compressed, which
/// SQL cannot read.
const SEARCHABLE: i64 = 6;

static MIGRATIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/migrations");

/// One step of the form: `0001_initial.sql` leads to version 1.
#[derive(Debug, Clone, Copy)]
struct Migration {
    version: i64,
    sql: &'static str,
}

/// The version that this program reads and writes.
pub(super) fn newest() -> Result<i64, StoreError> {
    Ok(migrations()?.last().map_or(0, |last| last.version))
}

/// The version of a database, which must be ours; 0 is an empty file.
pub(super) fn version_of(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if id == BACKUP_ID {
        return Err(StoreError::IsBackup {
            path: path.to_owned(),
        });
    }
    if id != DATABASE_ID && (id != 0 || tables != 0) {
        return Err(StoreError::Foreign {
            path: path.to_owned(),
        });
    }
    user_version(connection)
}

/// Brings the database to the newest version.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    apply(connection, path, &migrations()?)
}

fn apply(
    connection: &mut Connection,
    path: &Path,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    let known = migrations.last().map_or(0, |last| last.version);
    let found = user_version(connection)?;
    if found > known {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    // A migration may rebuild a table that others refer to; the references are proven at its end.
    connection.pragma_update(None, "foreign_keys", false)?;
    for migration in migrations {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
        // Asked again inside: another process may have been faster.
        if user_version(&transaction)? >= migration.version {
            continue;
        }
        transaction.execute_batch(migration.sql)?;
        if migration.version == SEARCHABLE {
            search::backfill(&transaction)?;
        }
        let dangling: i64 =
            transaction.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
                row.get(0)
            })?;
        if dangling > 0 {
            return Err(StoreError::Corrupt {
                detail: format!(
                    "{dangling} rows refer to nothing after migration {}",
                    migration.version
                ),
            });
        }
        transaction.pragma_update(None, "application_id", DATABASE_ID)?;
        transaction.pragma_update(None, "user_version", migration.version)?;
        transaction.commit()?;
    }
    Ok(())
}

fn user_version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// The embedded migrations in order; a file whose name has no number is a defect.
fn migrations() -> Result<Vec<Migration>, StoreError> {
    let mut found = Vec::new();
    for file in MIGRATIONS.files() {
        let name = file.path().display().to_string();
        let version = name
            .split('_')
            .next()
            .and_then(|number| number.parse().ok());
        let (Some(version), Some(sql)) = (version, file.contents_utf8()) else {
            return Err(StoreError::Other(format!(
                "migration '{name}' is not named NNNN_name.sql"
            )));
        };
        found.push(Migration { version, sql });
    }
    found.sort_by_key(|migration| migration.version);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Connection {
        Connection::open_in_memory().unwrap()
    }

    fn tables(connection: &Connection) -> i64 {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table'";
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn migrations_are_numbered_without_a_gap() {
        let numbers: Vec<i64> = migrations().unwrap().iter().map(|m| m.version).collect();
        let expected: Vec<i64> = (1..).take(numbers.len()).collect();
        assert!(!numbers.is_empty());
        assert_eq!(numbers, expected);
    }

    #[test]
    fn every_table_is_strict() {
        let mut connection = memory();
        migrate(&mut connection, Path::new("test")).unwrap();
        let sql = "SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'";
        let lax: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(lax, 0);
    }

    #[test]
    fn migrating_twice_does_nothing_more() {
        let mut connection = memory();
        migrate(&mut connection, Path::new("test")).unwrap();
        let before = tables(&connection);
        migrate(&mut connection, Path::new("test")).unwrap();
        assert_eq!(tables(&connection), before);
    }

    /// The table of messages was built anew: what an older version wrote is still to be sent.
    #[test]
    fn messages_and_attempts_of_an_older_database_are_carried_over() {
        let mut connection = memory();
        let all = migrations().unwrap();
        let (old, _) = all.split_at(3);
        apply(&mut connection, Path::new("test"), old).unwrap();
        connection
            .execute_batch(
                "INSERT INTO alerts (id, raised, kind) VALUES ('a', '2026-01-01T00:00:00.000000000Z', 'operator');
                 INSERT INTO deliveries VALUES ('pending', 'a', 'smtp', 'to@x.example', 'from@x.example', '<1@x.example>', 'One', x'31',
                    '2026-01-01T00:00:00.000000000Z', 'pending', '2026-01-02T00:00:00.000000000Z');
                 INSERT INTO deliveries VALUES ('dead', 'a', 'smtp', 'no@x.example', 'from@x.example', '<2@x.example>', 'Two', x'32',
                    '2026-01-01T00:00:00.000000000Z', 'dead', NULL);
                 INSERT INTO attempts VALUES ('dead', '2026-01-01T00:00:00.000000000Z', 'refused', 'no such user', NULL);",
            )
            .unwrap();
        migrate(&mut connection, Path::new("test")).unwrap();
        let rows: Vec<String> = connection
            .prepare(
                "SELECT d.id || ' ' || d.alert || ' ' || d.purpose || ' ' || d.state || ' ' || coalesce(d.next_at, '-') || ' ' || hex(d.message)
                    || ' ' || (SELECT count(*) FROM attempts t WHERE t.delivery = d.id)
                 FROM deliveries d ORDER BY d.id DESC",
            )
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(
            rows,
            [
                "pending a alert pending 2026-01-02T00:00:00.000000000Z 31 0",
                "dead a alert dead - 32 1"
            ]
        );
    }

    #[test]
    fn a_migration_that_fails_leaves_nothing_behind() {
        let mut connection = memory();
        let good = Migration {
            version: 1,
            sql: "CREATE TABLE a (x INTEGER) STRICT;",
        };
        let bad = Migration {
            version: 2,
            sql: "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO b VALUES ('no number');",
        };
        assert!(apply(&mut connection, Path::new("test"), &[good, bad]).is_err());
        assert_eq!(user_version(&connection).unwrap(), 1);
        assert_eq!(tables(&connection), 1);
    }

    #[test]
    fn a_migration_that_breaks_references_is_rolled_back() {
        let mut connection = memory();
        let bad = Migration {
            version: 1,
            sql: "CREATE TABLE a (id INTEGER PRIMARY KEY) STRICT; CREATE TABLE b (a INTEGER REFERENCES a (id)) STRICT; INSERT INTO b VALUES (7);",
        };
        assert!(apply(&mut connection, Path::new("test"), &[bad]).is_err());
        assert_eq!(tables(&connection), 0);
    }
}
