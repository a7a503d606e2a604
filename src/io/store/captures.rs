//! Documents and the captures of them.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::connection::Reader;
use super::encode::{Form, column, optional, unreadable};
use super::error::StoreError;
use super::sql::insert_unless_there;
use crate::model::document::{Capture, DocumentHash, Validators};
use crate::model::record::CaptureRecord;

/// The last successful answer of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCapture {
    /// When.
    pub at: DateTime<Utc>,
    /// 200, or 304 where the server confirmed what was known.
    pub status: u16,
    /// The tag under which it was asked for.
    pub tag: Option<String>,
    /// The bytes.
    pub document: DocumentHash,
    /// The address that answered.
    pub final_url: String,
}

/// A document, and how often it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// The bytes.
    pub hash: DocumentHash,
    /// How many bytes; `None` where no answer with a body was recorded.
    pub length: Option<i64>,
    /// First and last capture.
    pub first: DateTime<Utc>,
    /// The last capture, an answer that confirmed it included.
    pub last: DateTime<Utc>,
    /// How many captures.
    pub captures: i64,
    /// The source that asked first.
    pub source: String,
    /// The address that it asked.
    pub url: String,
}

pub(super) fn record(
    transaction: &Transaction<'_>,
    source: &str,
    captures: &[CaptureRecord],
) -> Result<(), StoreError> {
    for record in captures {
        let capture = &record.capture;
        if let Some(document) = &capture.document {
            record_document(transaction, document, record.length)?;
        }
        let headers = serde_json::to_string(&capture.headers)
            .map_err(|error| StoreError::Other(error.to_string()))?;
        let validators = record.validators.as_ref();
        insert_unless_there(
            transaction,
            "captures",
            &[
                ("url", &capture.url),
                ("at", &capture.at.form()),
                ("source", &source),
                ("final_url", &capture.final_url),
                ("status", &capture.status),
                ("headers", &headers),
                ("document", &capture.document.map(|hash| hash.form())),
                ("tag", &record.tag),
                ("etag", &validators.and_then(|v| v.etag.as_ref())),
                (
                    "last_modified",
                    &validators.and_then(|v| v.last_modified.as_ref()),
                ),
            ],
        )?;
    }
    Ok(())
}

fn record_document(
    transaction: &Transaction<'_>,
    document: &DocumentHash,
    length: Option<u64>,
) -> Result<(), StoreError> {
    let length = length.and_then(|length| i64::try_from(length).ok());
    transaction
        .prepare_cached(
            "INSERT INTO documents (hash, length) VALUES (?1, ?2)
             ON CONFLICT (hash) DO UPDATE SET length = coalesce(documents.length, excluded.length)",
        )?
        .execute(params![document.form(), length])?;
    Ok(())
}

impl Reader {
    /// The latest capture that anything was learned from; `None` while nothing was read.
    pub fn latest_learned(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT max(learned) FROM readings")?;
        Ok(statement.query_row([], |row| optional(row, 0))?)
    }

    /// The last answer of an address with status 200 or 304 and a document.
    pub fn latest_capture(&self, url: &str) -> Result<Option<KnownCapture>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT at, status, tag, document, final_url FROM captures
             WHERE url = ?1 AND status IN (200, 304) AND document IS NOT NULL
             ORDER BY at DESC, id DESC LIMIT 1",
        )?;
        let found = statement.query_row([url], |row| {
            Ok(KnownCapture {
                at: column(row, 0)?,
                status: row.get(1)?,
                tag: row.get(2)?,
                document: column(row, 3)?,
                final_url: row.get(4)?,
            })
        });
        Ok(found.optional()?)
    }

    /// What to send with the next request for an address: what its last good answer (200 or 304)
    /// was recorded with. An answer that could not be read was recorded with none, so that it is
    /// fetched again in full.
    pub fn validators(&self, url: &str) -> Result<Option<Validators>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT etag, last_modified FROM captures
             WHERE url = ?1 AND status IN (200, 304)
             ORDER BY at DESC, id DESC LIMIT 1",
        )?;
        let found = statement.query_row([url], |row| {
            Ok(Validators {
                etag: row.get(0)?,
                last_modified: row.get(1)?,
            })
        });
        Ok(found
            .optional()?
            .filter(|known| *known != Validators::default()))
    }

    /// When these bytes were first captured here.
    pub fn first_capture(
        &self,
        document: &DocumentHash,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT min(at) FROM captures WHERE document = ?1")?;
        Ok(statement.query_row([document.form()], |row| optional(row, 0))?)
    }

    /// Every capture of these bytes, oldest first: the proof of when and whence they came.
    pub fn captures_of(&self, document: &DocumentHash) -> Result<Vec<Capture>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT url, final_url, at, status, headers, document FROM captures
             WHERE document = ?1 ORDER BY at, id",
        )?;
        let found = statement.query_map([document.form()], capture)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Every capture since an instant, oldest first, one after the other; `each` ends it early by an error
    /// of its own.
    ///
    /// # Errors
    /// When the store cannot be read; the inner error is that of `each`.
    pub fn each_capture<E>(
        &self,
        since: Option<DateTime<Utc>>,
        mut each: impl FnMut(Capture) -> Result<(), E>,
    ) -> Result<Result<(), E>, StoreError> {
        let snapshot = self.snapshot()?;
        let mut statement = snapshot.prepare_cached(
            "SELECT url, final_url, at, status, headers, document FROM captures
             WHERE ?1 IS NULL OR at >= ?1 ORDER BY at, id",
        )?;
        let mut rows = statement.query([since.map(|at| at.form())])?;
        while let Some(row) = rows.next()? {
            if let Err(error) = each(capture(row)?) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    /// Every document, in the order in which they were first captured.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn stored_documents(&self) -> Result<Vec<StoredDocument>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT d.hash, d.length, min(c.at), max(c.at), count(c.id),
                 (SELECT f.source FROM captures f WHERE f.document = d.hash ORDER BY f.at, f.id LIMIT 1),
                 (SELECT f.url FROM captures f WHERE f.document = d.hash ORDER BY f.at, f.id LIMIT 1)
             FROM documents d JOIN captures c ON c.document = d.hash
             GROUP BY d.hash, d.length ORDER BY min(c.at), d.hash",
        )?;
        let found = statement.query_map([], |row| {
            Ok(StoredDocument {
                hash: column(row, 0)?,
                length: row.get(1)?,
                first: column(row, 2)?,
                last: column(row, 3)?,
                captures: row.get(4)?,
                source: row.get(5)?,
                url: row.get(6)?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

fn capture(row: &Row<'_>) -> rusqlite::Result<Capture> {
    let headers = row.get_ref(4)?.as_str()?;
    Ok(Capture {
        url: row.get(0)?,
        final_url: row.get(1)?,
        at: column(row, 2)?,
        status: row.get(3)?,
        headers: serde_json::from_str(headers)
            .map_err(|_| unreadable(4, "answer headers", headers))?,
        document: optional(row, 5)?,
    })
}
