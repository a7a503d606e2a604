//! Is everything there, and whole? SQLite's own checks, the laws that no constraint can hold, and
//! every document's bytes.

use std::collections::HashMap;

use rusqlite::types::ValueRef;

use super::connection::Reader;
use super::encode::{Form, column};
use super::error::StoreError;
use super::intern::payload_digest;
use super::pack;
use crate::io::blobs::{BlobError, Blobs};
use crate::model::document::DocumentHash;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// Documents whose bytes were compared with their hash.
    pub documents: u64,
    /// Bytes of all documents, unpacked.
    pub bytes: u64,
    /// What is wrong; empty when all is well.
    pub findings: Vec<Finding>,
}

const RESTORE: &str = "stop the service, keep the damaged files, and restore the last backup with 'coverd db restore'";
const REPORT: &str = "no constraint of the database allows it: this is a defect, report it";

/// Laws as questions that count the exceptions.
const LAWS: [(&str, &str); 7] = [
    (
        "postings do not have exactly one current reading",
        "SELECT count(*) FROM (SELECT 1 FROM readings GROUP BY document, source, unit, learned
         HAVING sum(current) <> 1) exceptions",
    ),
    (
        "current readings are not those of the highest extractor version",
        "SELECT count(*) FROM readings r WHERE r.current = 1 AND EXISTS (SELECT 1 FROM readings h
         WHERE h.document = r.document AND h.source = r.source AND h.unit = r.unit
           AND h.learned = r.learned AND h.extractor > r.extractor)",
    ),
    (
        "readings were made for no watch",
        "SELECT count(*) FROM readings r WHERE NOT EXISTS
         (SELECT 1 FROM reading_watches w WHERE w.reading = r.id)",
    ),
    (
        "readings say of unlisted services only half",
        "SELECT count(*) FROM readings WHERE (unlisted_from IS NULL) <> (unlisted_payload IS NULL)
         OR (unlisted_from IS NULL) <> (unlisted_locator IS NULL)",
    ),
    (
        "delivered messages have no attempt that was accepted",
        "SELECT count(*) FROM deliveries d WHERE d.state = 'delivered' AND NOT EXISTS
         (SELECT 1 FROM attempts a WHERE a.delivery = d.id AND a.outcome = 'accepted')",
    ),
    (
        "messages were accepted but do not count as delivered",
        "SELECT count(*) FROM deliveries d WHERE d.state <> 'delivered' AND EXISTS
         (SELECT 1 FROM attempts a WHERE a.delivery = d.id AND a.outcome = 'accepted')",
    ),
    (
        "alerts of changes tell no change",
        "SELECT count(*) FROM alerts l WHERE l.kind = 'change' AND NOT EXISTS
         (SELECT 1 FROM alert_changes a WHERE a.alert = l.id)",
    ),
];

fn damaged(detail: &str) -> String {
    format!("the database file is damaged: {detail}")
}

impl Reader {
    /// Checks the database and every document's bytes. It reads everything, so it takes a while;
    /// the daemon may run meanwhile.
    ///
    /// # Errors
    /// When the database cannot be read at all; what is merely wrong is a finding.
    pub fn check(&self, blobs: &Blobs) -> Result<CheckReport, StoreError> {
        let mut report = CheckReport::default();
        match self.check_into(blobs, &mut report) {
            // Damage that a question stops at is a finding, and those before it count.
            Err(StoreError::Corrupt { detail }) => report.add(damaged(&detail), RESTORE),
            checked => checked?,
        }
        Ok(report)
    }

    fn check_into(&self, blobs: &Blobs, report: &mut CheckReport) -> Result<(), StoreError> {
        for line in self.damage("PRAGMA integrity_check")? {
            report.add(damaged(&line), RESTORE);
        }
        self.check_references(report)?;
        // The same view for all laws: the daemon may be writing.
        let snapshot = self.snapshot()?;
        for (what, sql) in LAWS {
            let exceptions: i64 = snapshot.query_row(sql, [], |row| row.get(0))?;
            if exceptions > 0 {
                report.add(format!("{exceptions} {what}"), REPORT);
            }
        }
        self.check_payloads(report)?;
        let lengths: HashMap<DocumentHash, Option<u64>> = self.documents()?.into_iter().collect();
        // Reading gigabytes must not hold the view.
        drop(snapshot);
        let mut hashes: Vec<DocumentHash> = lengths.keys().copied().collect();
        blobs.in_order(&mut hashes);
        for hash in hashes {
            let length = lengths.get(&hash).copied().flatten();
            check_document(blobs, &hash, length, report);
        }
        Ok(())
    }

    /// What is wrong in the form of the database file, without reading all of it against its indexes: seconds where
    /// [`Reader::check`] takes minutes.
    ///
    /// # Errors
    /// When the database cannot be read at all.
    pub fn quick_check(&self) -> Result<Vec<String>, StoreError> {
        self.damage("PRAGMA quick_check(5)")
    }

    /// What SQLite finds wrong in its file. Some damage it lists, at some it stops: both are findings.
    fn damage(&self, pragma: &str) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        let mut look = || {
            let mut statement = self.connection.prepare(pragma)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let line: String = row.get(0)?;
                if line != "ok" {
                    found.push(line);
                }
            }
            Ok(())
        };
        match look() {
            Err(StoreError::Corrupt { detail }) => found.push(detail),
            looked => looked?,
        }
        Ok(found)
    }

    /// No statement without document, no delivery without alert, and so on.
    fn check_references(&self, report: &mut CheckReport) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare("PRAGMA foreign_key_check")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            let number = match row.get_ref(1)? {
                ValueRef::Integer(number) => number.to_string(),
                _ => "?".to_owned(),
            };
            report.add(
                format!("row {number} of {table} refers to nothing in {parent}"),
                RESTORE,
            );
        }
        Ok(())
    }

    fn check_payloads(&self, report: &mut CheckReport) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare("SELECT id, digest FROM payloads")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, digest): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let content = pack::content(&self.connection, id);
            let proven = content.is_ok_and(|content| {
                content.is_some_and(|content| payload_digest(&content)[..] == digest[..])
            });
            if !proven {
                report.add(format!("the values of payload {id} were altered"), RESTORE);
            }
        }
        Ok(())
    }

    /// Every document, with its length where it is known.
    pub(super) fn documents(&self) -> Result<Vec<(DocumentHash, Option<u64>)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT hash, length FROM documents ORDER BY hash")?;
        let found = statement.query_map([], |row| {
            let length: Option<i64> = row.get(1)?;
            Ok((column(row, 0)?, length.map(i64::unsigned_abs)))
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

impl CheckReport {
    fn add(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.findings.push(Finding {
            what: what.into(),
            remedy: remedy.into(),
        });
    }
}

fn check_document(
    blobs: &Blobs,
    hash: &DocumentHash,
    length: Option<u64>,
    report: &mut CheckReport,
) {
    report.documents += 1;
    match blobs.verify(hash) {
        Ok(bytes) => {
            report.bytes += bytes;
            if length.is_some_and(|length| length != bytes) {
                report.add(
                    format!(
                        "document {} has {bytes} bytes, not as recorded",
                        hash.form()
                    ),
                    REPORT,
                );
            }
        }
        Err(error @ (BlobError::Missing { .. } | BlobError::Damaged { .. })) => report.add(
            error.to_string(),
            format!(
                "move the file away if it is there, then unpack a backup beside it with \
                 'coverd db restore' and copy {} back; if CMS still serves these bytes, the next \
                 full fetch of their address puts them back too",
                blobs.path(hash).display()
            ),
        ),
        Err(error @ BlobError::Io { .. }) => report.add(
            error.to_string(),
            "run as the user of the service; if that does not help, look at the disk",
        ),
    }
}
