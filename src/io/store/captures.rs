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
