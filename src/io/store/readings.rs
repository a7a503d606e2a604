//! Documents read in full, and what they state.
//!
//! A reading is never edited. The same document read again by the same extractor only gains
//! statements of topics that it did not speak of (newly watched codes); read by a higher extractor
//! it becomes a new reading, and the old one is kept but no longer current.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::connection::Reader;
use super::encode::{Form, column};
use super::error::StoreError;
use super::intern::Interner;
use super::search;
use crate::model::document::DocumentHash;
use crate::model::fact::{Edition, Origin, Statement};
use crate::model::record::{ReadingId, ReadingRecord};
use crate::model::request::Unlisted;
use crate::model::topic::Subject;

/// A reading that counts: by the highest extractor version of its posting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReading {
    /// Its number.
    pub id: ReadingId,
    /// The unit that was read.
    pub unit: String,
    /// Edition, document, dates.
    pub origin: Arc<Origin>,
    /// Version of the extractor.
    pub extractor: u32,
    /// Digests of the watches it was read for, earliest first.
    pub watches: Vec<String>,
    /// When it was read first.
    pub read_at: DateTime<Utc>,
}

/// A reading of a full list: it also says which services are not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullReading {
    /// Its number.
    pub id: ReadingId,
    /// Edition, document, dates.
    pub origin: Arc<Origin>,
    /// What it says of national services that it does not name.
    pub unlisted: Unlisted,
}

pub(super) fn record(
    transaction: &Transaction<'_>,
    at: DateTime<Utc>,
    readings: &[ReadingRecord],
) -> Result<(), StoreError> {
    if readings.is_empty() {
        return Ok(());
    }
    let mut interner = Interner::new(transaction)?;
    readings
        .iter()
        .try_for_each(|reading| record_one(transaction, &mut interner, at, reading))
}

fn record_one(
    transaction: &Transaction<'_>,
    interner: &mut Interner<'_>,
    at: DateTime<Utc>,
    reading: &ReadingRecord,
) -> Result<(), StoreError> {
    let (id, is_new) = match same_reading(transaction, reading)? {
        Some(id) => (id, false),
        None => (add_reading(transaction, interner, at, reading)?, true),
    };
    transaction
        .prepare_cached(
            "INSERT INTO reading_watches (reading, watch, read_at) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![id, reading.watch, at.form()])?;
    let known = if is_new {
        HashSet::new()
    } else {
        topics_of(transaction, id)?
    };
    add_statements(transaction, interner, id, &known, &reading.statements)
}

/// The reading of this document by this extractor, when it is there.
fn same_reading(
    transaction: &Transaction<'_>,
    reading: &ReadingRecord,
) -> Result<Option<i64>, StoreError> {
    let origin = &reading.origin;
    let found = transaction
        .prepare_cached(
            "SELECT id, edition, begins, repost FROM readings
             WHERE document = ?1 AND source = ?2 AND unit = ?3 AND extractor = ?4 AND learned = ?5",
        )?
        .query_row(
            params![
                origin.document.form(),
                origin.source,
                reading.unit,
                reading.extractor,
                origin.learned.form(),
            ],
            |row| Ok((row.get(0)?, edition(row, 1)?)),
        )
        .optional()?;
    match found {
        Some((_, stored)) if stored != origin.edition => Err(StoreError::Conflict {
            what: "reading",
            key: format!("{} of {}", reading.unit, origin.document),
        }),
        Some((id, _)) => Ok(Some(id)),
        None => Ok(None),
    }
}

fn add_reading(
    transaction: &Transaction<'_>,
    interner: &mut Interner<'_>,
    at: DateTime<Utc>,
    reading: &ReadingRecord,
) -> Result<i64, StoreError> {
    let origin = &reading.origin;
    let document = origin.document.form();
    let is_captured = transaction
        .prepare_cached("SELECT 1 FROM documents WHERE hash = ?1")?
        .exists([&document])?;
    if !is_captured {
        return Err(StoreError::Invalid {
            why: format!("document {document} was read, but no capture of it is recorded"),
        });
    }
    let learned = origin.learned.form();
    let key = params![document, origin.source, reading.unit, learned];
    let highest: Option<u32> = transaction
        .prepare_cached(
            "SELECT max(extractor) FROM readings
             WHERE document = ?1 AND source = ?2 AND unit = ?3 AND learned = ?4",
        )?
        .query_row(key, |row| row.get(0))?;
    // What an older program reads (it was installed again) is kept, but does not count.
    let current = highest.is_none_or(|highest| reading.extractor > highest);
    if current {
        transaction
            .prepare_cached(
                "UPDATE readings SET current = 0
                 WHERE document = ?1 AND source = ?2 AND unit = ?3 AND learned = ?4
                   AND current = 1",
            )?
            .execute(key)?;
    }
    let unlisted = reading.unlisted.as_ref();
    let payload = unlisted
        .map(|unlisted| interner.payload(&unlisted.values))
        .transpose()?;
    let id = transaction
        .prepare_cached(
            "INSERT INTO readings (document, source, unit, edition, begins, repost, url, published,
                 learned, extractor, current, read_at, unlisted_from, unlisted_payload,
                 unlisted_locator)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
             RETURNING id",
        )?
        .query_row(
            params![
                document,
                origin.source,
                reading.unit,
                origin.edition.name,
                origin.edition.begins.form(),
                origin.edition.repost.form(),
                origin.url,
                origin.published.form(),
                learned,
                reading.extractor,
                current,
                at.form(),
                unlisted.map(|unlisted| unlisted.from.form()),
                payload,
                unlisted.map(|unlisted| &unlisted.locator),
            ],
            |row| row.get(0),
        )?;
    Ok(id)
}

fn topics_of(transaction: &Transaction<'_>, reading: i64) -> Result<HashSet<i64>, StoreError> {
    let mut statement =
        transaction.prepare_cached("SELECT topic FROM statements WHERE reading = ?1")?;
    let topics = statement.query_map([reading], |row| row.get(0))?;
    Ok(topics.collect::<Result<_, _>>()?)
}

pub(super) fn add_statements(
    transaction: &Transaction<'_>,
    interner: &mut Interner<'_>,
    reading: i64,
    known: &HashSet<i64>,
    statements: &[Statement],
) -> Result<(), StoreError> {
    let mut add = transaction.prepare_cached(
        "INSERT INTO statements (reading, topic, from_day, payload, locator, quote)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for statement in statements {
        let topic = interner.topic(&statement.topic)?;
        if known.contains(&topic) {
            continue;
        }
        add.execute(params![
            reading,
            topic,
            statement.from.form(),
            interner.payload(&statement.values)?,
            statement.locator,
            statement.quote,
        ])?;
        // Rows of code lists have no text to search.
        if matches!(
            statement.topic.subject,
            Subject::Policy(_) | Subject::Rule(_)
        ) {
            search::index(transaction, topic, reading, &statement.values)?;
        }
    }
    Ok(())
}

impl Reader {
    /// The readings of a source that count, oldest first.
    pub fn readings(&self, source: &str) -> Result<Vec<StoredReading>, StoreError> {
        let snapshot = self.snapshot()?;
        let mut statement = snapshot.prepare_cached(
            "SELECT id, unit, extractor, read_at FROM readings
             WHERE source = ?1 AND current = 1 ORDER BY learned, id",
        )?;
        let mut rows = statement.query([source])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(self.stored_reading(row)?);
        }
        Ok(found)
    }

    /// The reading of a document for a unit that counts, of its last posting.
    pub fn reading_of(
        &self,
        document: &DocumentHash,
        source: &str,
        unit: &str,
    ) -> Result<Option<StoredReading>, StoreError> {
        let snapshot = self.snapshot()?;
        let mut statement = snapshot.prepare_cached(
            "SELECT id, unit, extractor, read_at FROM readings
             WHERE document = ?1 AND source = ?2 AND unit = ?3 AND current = 1
             ORDER BY learned DESC LIMIT 1",
        )?;
        let mut rows = statement.query(params![document.form(), source, unit])?;
        rows.next()?.map(|row| self.stored_reading(row)).transpose()
    }

    /// The readings of full lists that count, for what they say of topics met later.
    pub fn full_readings(&self, source: &str) -> Result<Vec<FullReading>, StoreError> {
        let snapshot = self.snapshot()?;
        let mut statement = snapshot.prepare_cached(
            "SELECT id, unlisted_from, unlisted_payload, unlisted_locator FROM readings
             WHERE source = ?1 AND current = 1 AND unlisted_from IS NOT NULL
             ORDER BY learned, id",
        )?;
        let mut rows = statement.query([source])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            found.push(FullReading {
                id: ReadingId(id),
                origin: self.origin(id)?,
                unlisted: Unlisted {
                    from: column(row, 1)?,
                    values: self.payload(row.get(2)?)?,
                    locator: row.get(3)?,
                },
            });
        }
        Ok(found)
    }

    /// Reads `id, unit, extractor, read_at`.
    fn stored_reading(&self, row: &Row<'_>) -> Result<StoredReading, StoreError> {
        let id = row.get(0)?;
        let mut watches = self.connection.prepare_cached(
            "SELECT watch FROM reading_watches WHERE reading = ?1 ORDER BY read_at, watch",
        )?;
        let watches = watches.query_map([id], |row| row.get(0))?;
        Ok(StoredReading {
            id: ReadingId(id),
            unit: row.get(1)?,
            origin: self.origin(id)?,
            extractor: row.get(2)?,
            watches: watches.collect::<Result<_, _>>()?,
            read_at: column(row, 3)?,
        })
    }

    /// The origin of a reading, shared by all its facts.
    pub(super) fn origin(&self, reading: i64) -> Result<Arc<Origin>, StoreError> {
        if let Some(origin) = self.origins.borrow().get(&reading) {
            return Ok(Arc::clone(origin));
        }
        let mut statement = self.connection.prepare_cached(
            "SELECT source, edition, begins, repost, document, url, published, learned
             FROM readings WHERE id = ?1",
        )?;
        let origin = Arc::new(statement.query_row([reading], |row| origin_of(row, 0))?);
        self.origins
            .borrow_mut()
            .insert(reading, Arc::clone(&origin));
        Ok(origin)
    }
}

/// Reads `source, edition, begins, repost, document, url, published, learned` from `first` on.
pub(super) fn origin_of(row: &Row<'_>, first: usize) -> rusqlite::Result<Origin> {
    Ok(Origin {
        source: row.get(first)?,
        edition: edition(row, first + 1)?,
        document: column(row, first + 4)?,
        url: row.get(first + 5)?,
        published: column(row, first + 6)?,
        learned: column(row, first + 7)?,
    })
}

/// Reads `edition, begins, repost` from `first` on.
fn edition(row: &Row<'_>, first: usize) -> rusqlite::Result<Edition> {
    Ok(Edition {
        name: row.get(first)?,
        begins: column(row, first + 1)?,
        repost: column(row, first + 2)?,
    })
}
