//! How each source stands, and which units its lists have named.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction, params};

use super::connection::Reader;
use super::encode::{Form, column, optional};
use super::error::StoreError;
use crate::model::document::DocumentHash;
use crate::model::record::SourceRecord;

/// How a source stood after its last check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceState {
    /// The last check.
    pub last_checked: DateTime<Utc>,
    /// The last check in which everything could be read.
    pub last_good: Option<DateTime<Utc>>,
    /// When it is due again.
    pub next_due: DateTime<Utc>,
    /// The first complete discovery; `None` while there was none.
    pub first_listed: Option<DateTime<Utc>>,
    /// Units that the last complete discovery named, by name.
    pub listed: Vec<String>,
}

/// What is known of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitState {
    /// Whether the first complete discovery named it: then it is history, no news.
    pub baseline: bool,
    /// The document captured last among those that were read.
    pub last_document: Option<DocumentHash>,
    /// When that document was read last.
    pub last_read_at: Option<DateTime<Utc>>,
}

pub(super) fn record(
    transaction: &Transaction<'_>,
    source: &str,
    at: DateTime<Utc>,
    state: &SourceRecord,
) -> Result<(), StoreError> {
    // The last record wins whatever its time: after a clock was set back, a source must not stay
    // due for ever.
    transaction
        .prepare_cached(
            "INSERT INTO sources (id, last_checked, last_good, next_due) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET last_checked = excluded.last_checked,
                 last_good = coalesce(excluded.last_good, sources.last_good),
                 next_due = excluded.next_due",
        )?
        .execute(params![
            source,
            at.form(),
            state.good.then(|| at.form()),
            state.next_due.form()
        ])?;
    match &state.listed {
        // An empty list is no baseline: with it, all of history would be news the next day.
        Some(units) if !units.is_empty() => record_units(transaction, source, at, units),
        Some(_) | None => Ok(()),
    }
}

fn record_units(
    transaction: &Transaction<'_>,
    source: &str,
    at: DateTime<Utc>,
    units: &[String],
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE sources SET first_listed = coalesce(first_listed, ?2), last_listed = ?2
             WHERE id = ?1",
        )?
        .execute(params![source, at.form()])?;
    let mut add = transaction.prepare_cached(
        "INSERT INTO units (source, name, baseline, first_listed, last_listed)
         SELECT ?1, ?2, CASE WHEN s.first_listed = ?3 THEN 1 ELSE 0 END, ?3, ?3
         FROM sources s WHERE s.id = ?1
         ON CONFLICT (source, name) DO UPDATE SET last_listed = excluded.last_listed",
    )?;
    for unit in units {
        add.execute(params![source, unit, at.form()])?;
    }
    Ok(())
}

impl Reader {
    /// How a source stands; `None` before its first recorded check.
    pub fn source_state(&self, source: &str) -> Result<Option<SourceState>, StoreError> {
        let snapshot = self.snapshot()?;
        let found = snapshot
            .prepare_cached(
                "SELECT last_checked, last_good, next_due, first_listed FROM sources
                 WHERE id = ?1",
            )?
            .query_row([source], |row| {
                Ok(SourceState {
                    last_checked: column(row, 0)?,
                    last_good: optional(row, 1)?,
                    next_due: column(row, 2)?,
                    first_listed: optional(row, 3)?,
                    listed: Vec::new(),
                })
            })
            .optional()?;
        let Some(mut state) = found else {
            return Ok(None);
        };
        let mut units = snapshot.prepare_cached(
            "SELECT u.name FROM units u JOIN sources s ON s.id = u.source
             WHERE u.source = ?1 AND u.last_listed = s.last_listed ORDER BY u.name",
        )?;
        let units = units.query_map([source], |row| row.get(0))?;
        state.listed = units.collect::<Result<_, _>>()?;
        Ok(Some(state))
    }

    /// What is known of a unit; `None` when it was neither listed nor read.
    pub fn unit_state(&self, source: &str, unit: &str) -> Result<Option<UnitState>, StoreError> {
        let snapshot = self.snapshot()?;
        let listed: Option<bool> = snapshot
            .prepare_cached("SELECT baseline FROM units WHERE source = ?1 AND name = ?2")?
            .query_row([source, unit], |row| row.get(0))
            .optional()?;
        let last = last_of_unit(self, source, unit)?;
        if listed.is_none() && last.is_none() {
            return Ok(None);
        }
        let (last_document, last_read_at) = last.unzip();
        Ok(Some(UnitState {
            baseline: listed.unwrap_or(false),
            last_document,
            last_read_at,
        }))
    }
}

/// The document of a unit that was captured last, among those read, and when it was read last.
fn last_of_unit(
    reader: &Reader,
    source: &str,
    unit: &str,
) -> Result<Option<(DocumentHash, DateTime<Utc>)>, StoreError> {
    let mut statement = reader.connection.prepare_cached(
        "SELECT r.document, max(w.read_at) FROM readings r
         JOIN reading_watches w ON w.reading = r.id
         WHERE r.source = ?1 AND r.unit = ?2 AND r.current = 1
         GROUP BY r.id, r.document, r.learned
         ORDER BY r.learned DESC, r.id DESC LIMIT 1",
    )?;
    let found = statement.query_row([source, unit], |row| Ok((column(row, 0)?, column(row, 1)?)));
    Ok(found.optional()?)
}
