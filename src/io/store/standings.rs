//! How units stand of which only news is kept: one row each, however often they are asked.

use rusqlite::{Transaction, params};

use super::connection::Reader;
use super::encode::{Form, column, subject_form};
use super::error::StoreError;
use super::intern::payload_digest;
use super::payload::write_values;
use crate::model::document::{DocumentHash, Validators};
use crate::model::fact::Statement;
use crate::model::record::Standing;

/// Digest of what statements say, whatever document says it from whatever day on.
pub fn said(statements: &[Statement]) -> String {
    let mut lines: Vec<String> = statements
        .iter()
        .map(|statement| {
            let topic = &statement.topic;
            let (kind, subject) = subject_form(&topic.subject);
            let values = DocumentHash::new(payload_digest(&write_values(&statement.values)));
            let (place, stage) = (topic.place.form(), topic.stage.form());
            format!("{kind}\u{1f}{subject}\u{1f}{place}\u{1f}{stage}\u{1f}{values}\n")
        })
        .collect();
    lines.sort_unstable();
    DocumentHash::new(payload_digest(&lines.concat())).to_string()
}

pub(super) fn record(
    transaction: &Transaction<'_>,
    source: &str,
    standings: &[Standing],
) -> Result<(), StoreError> {
    if standings.is_empty() {
        return Ok(());
    }
    let mut set = transaction.prepare_cached(
        "INSERT INTO standings (source, unit, url, document, said, extractor, watch, since, at,
             full_at, times, etag, last_modified)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         ON CONFLICT (source, unit) DO UPDATE SET url = excluded.url, document = excluded.document,
             said = excluded.said, extractor = excluded.extractor, watch = excluded.watch,
             since = excluded.since, at = excluded.at, full_at = excluded.full_at,
             times = excluded.times, etag = excluded.etag, last_modified = excluded.last_modified",
    )?;
    for standing in standings {
        set.execute(params![
            source,
            standing.unit,
            standing.url,
            standing.document.form(),
            standing.said,
            standing.extractor,
            standing.watch,
            standing.since.form(),
            standing.at.form(),
            standing.full_at.form(),
            standing.times,
            standing.validators.etag,
            standing.validators.last_modified,
        ])?;
    }
    Ok(())
}

impl Reader {
    /// How the units of a source stand of which only news is kept.
    pub fn standings(&self, source: &str) -> Result<Vec<Standing>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT unit, url, document, said, extractor, watch, since, at, full_at, times, etag,
                 last_modified
             FROM standings WHERE source = ?1",
        )?;
        let found = statement.query_map([source], |row| {
            Ok(Standing {
                unit: row.get(0)?,
                url: row.get(1)?,
                document: column(row, 2)?,
                said: row.get(3)?,
                extractor: row.get(4)?,
                watch: row.get(5)?,
                since: column(row, 6)?,
                at: column(row, 7)?,
                full_at: column(row, 8)?,
                times: row.get(9)?,
                validators: Validators {
                    etag: row.get(10)?,
                    last_modified: row.get(11)?,
                },
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}
