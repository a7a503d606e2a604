//! Small helpers for statements that can be repeated.

use rusqlite::{OptionalExtension, ToSql, Transaction, params_from_iter};

use super::error::StoreError;

/// Columns and what goes into them.
pub(super) type Columns<'a> = [(&'static str, &'a dyn ToSql)];

/// A row whose key is derived from its content.
pub(super) struct Once<'a> {
    /// The table.
    pub(super) table: &'static str,
    /// What a row is called in messages.
    pub(super) what: &'static str,
    /// Its key, for messages.
    pub(super) id: &'a str,
    /// The key columns.
    pub(super) key: &'a Columns<'a>,
    /// Columns that must be equal when the row is there already.
    pub(super) content: &'a Columns<'a>,
    /// Columns of which the first recording stands.
    pub(super) first: &'a Columns<'a>,
}

impl Once<'_> {
    /// Inserts the row, or proves that it is there; says whether it is new.
    pub(super) fn insert(&self, transaction: &Transaction<'_>) -> Result<bool, StoreError> {
        let all: Vec<_> = [self.key, self.content, self.first].concat();
        let sql = format!("{} ON CONFLICT DO NOTHING", insert_sql(self.table, &all));
        let mut statement = transaction.prepare_cached(&sql)?;
        if statement.execute(params_from_iter(all.iter().map(|&(_, value)| value)))? > 0 {
            return Ok(true);
        }
        if exists(transaction, self.table, &[self.key, self.content].concat())? {
            return Ok(false);
        }
        Err(StoreError::Conflict {
            what: self.what,
            key: self.id.to_owned(),
        })
    }
}

/// Inserts a row unless one that is equal in every column is there; for rows without a key of
/// their own.
pub(super) fn insert_unless_there(
    transaction: &Transaction<'_>,
    table: &'static str,
    columns: &Columns<'_>,
) -> Result<(), StoreError> {
    if !exists(transaction, table, columns)? {
        let mut statement = transaction.prepare_cached(&insert_sql(table, columns))?;
        statement.execute(params_from_iter(columns.iter().map(|&(_, value)| value)))?;
    }
    Ok(())
}

fn insert_sql(table: &str, columns: &Columns<'_>) -> String {
    let names: Vec<_> = columns.iter().map(|&(name, _)| name).collect();
    let numbers: Vec<_> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    format!(
        "INSERT INTO {table} ({}) VALUES ({})",
        names.join(", "),
        numbers.join(", ")
    )
}

fn exists(
    transaction: &Transaction<'_>,
    table: &str,
    columns: &Columns<'_>,
) -> Result<bool, StoreError> {
    let equal: Vec<_> = columns
        .iter()
        .zip(1..)
        .map(|(&(name, _), n)| format!("{name} IS NOT DISTINCT FROM ?{n}"))
        .collect();
    let sql = format!("SELECT 1 FROM {table} WHERE {}", equal.join(" AND "));
    let found = transaction
        .prepare_cached(&sql)?
        .query_row(
            params_from_iter(columns.iter().map(|&(_, value)| value)),
            |_| Ok(()),
        )
        .optional()?;
    Ok(found.is_some())
}
