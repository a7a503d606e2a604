//! What moved, with the evidence of before and after.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, ToSql, Transaction, params};

use super::connection::Reader;
use super::encode::{Form, column, optional, subject_form, topic};
use super::error::StoreError;
use super::intern::Interner;
use super::payload::{read_observation, write_observation};
use super::readings::origin_of;
use super::search;
use super::sql::Once;
use crate::model::attribute::Attribute;
use crate::model::change::{Change, Judged, Severity};
use crate::model::code::HcpcsCode;
use crate::model::fact::{Fact, FactKey, Observation, Statement};
use crate::model::record::{ChangeRecord, CheckRecord};
use crate::model::timeline::Period;
use crate::model::topic::Subject;

/// A change as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredChange {
    /// Its id.
    pub id: String,
    /// When it was recorded.
    pub recorded: DateTime<Utc>,
    /// The source that brought it.
    pub source: String,
    /// What moved. The values of its facts are those of the changed attribute alone.
    pub judged: Judged,
    /// The alert that told it.
    pub alert: Option<String>,
}

/// Which changes to list; an empty filter is all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangeFilter {
    /// Recorded at or after this instant.
    pub since: Option<DateTime<Utc>>,
    /// Recorded at or before this instant.
    pub until: Option<DateTime<Utc>>,
    /// Brought by this source.
    pub source: Option<String>,
    /// Of this code, with any modifier and without.
    pub code: Option<HcpcsCode>,
    /// Of exactly this subject.
    pub subject: Option<Subject>,
    /// At least this grave.
    pub least: Option<Severity>,
    /// Told by this alert.
    pub alert: Option<String>,
    /// Of topics with a paragraph that has all these words ([`Reader::search`]).
    pub words: Option<String>,
    /// No more than these.
    pub limit: Option<u32>,
    /// After this many.
    pub skip: u32,
}

/// Ends in the condition and the order.
pub(super) const SELECT: &str =
    "SELECT c.id, c.recorded, c.source, t.subject_kind, t.subject, t.place, t.stage,
        c.attribute, c.from_day, c.until_day, c.was, c.now, c.severity, c.alert
     FROM changes c JOIN topics t ON t.id = c.topic";

pub(super) fn record(
    transaction: &Transaction<'_>,
    record: &CheckRecord,
) -> Result<(), StoreError> {
    let mut interner = Interner::new(transaction)?;
    for change in &record.changes {
        record_one(transaction, &mut interner, record, change)?;
    }
    Ok(())
}

fn record_one(
    transaction: &Transaction<'_>,
    interner: &mut Interner<'_>,
    record: &CheckRecord,
    ChangeRecord { id, judged, alert }: &ChangeRecord,
) -> Result<(), StoreError> {
    let change = &judged.change;
    let attribute = change.key.attribute;
    let topic = interner.topic(&change.key.topic)?;
    let written =
        |seen: &Option<Observation>| seen.as_ref().map(|seen| write_observation(attribute, seen));
    let row = Once {
        table: "changes",
        what: "change",
        id,
        key: &[("id", id)],
        content: &[
            ("source", &record.source),
            ("topic", &topic),
            ("attribute", &attribute.form()),
            ("from_day", &change.days.from.form()),
            ("until_day", &change.days.until.map(|day| day.form())),
            ("was", &written(&change.was)),
            ("now", &written(&change.now)),
            ("severity", &judged.severity.form()),
        ],
        first: &[("recorded", &record.at.form()), ("alert", alert)],
    };
    if !row.insert(transaction)? {
        // What was kept as history may be told after all; the first alert that tells it stands.
        transaction
            .prepare_cached("UPDATE changes SET alert = ?2 WHERE id = ?1 AND alert IS NULL")?
            .execute(params![id, alert])?;
    }
    for (side, fact) in [("before", &change.before), ("after", &change.after)] {
        if let Some(fact) = fact {
            record_evidence(transaction, id, side, fact)?;
        }
    }
    Ok(())
}

fn record_evidence(
    transaction: &Transaction<'_>,
    change: &str,
    side: &str,
    fact: &Fact,
) -> Result<(), StoreError> {
    let (origin, statement) = (&fact.origin, &fact.statement);
    let row = Once {
        table: "change_evidence",
        what: "evidence of change",
        id: change,
        key: &[("change", &change), ("side", &side)],
        content: &[("document", &origin.document.form())],
        first: &[
            ("source", &origin.source),
            ("edition", &origin.edition.name),
            ("begins", &origin.edition.begins.form()),
            ("repost", &origin.edition.repost.form()),
            ("url", &origin.url),
            ("published", &origin.published.form()),
            ("learned", &origin.learned.form()),
            ("from_day", &statement.from.form()),
            ("locator", &statement.locator),
            ("quote", &statement.quote),
        ],
    };
    row.insert(transaction).map(|_| ())
}

impl Reader {
    /// Changes, newest first; within one record the gravest first.
    pub fn changes(&self, filter: &ChangeFilter) -> Result<Vec<StoredChange>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE (?1 IS NULL OR c.recorded >= ?1)
               AND (?2 IS NULL OR (t.subject_kind = 'service' AND substr(t.subject, 1, 5) = ?2))
               AND (?3 IS NULL OR (t.subject_kind = ?3 AND t.subject = ?4))
               AND {RANK} >= ?5
               AND (?6 IS NULL OR c.alert = ?6)
               AND (?11 IS NULL OR c.source = ?11)
               AND (?8 IS NULL OR c.recorded <= ?8)
               AND (?10 IS NULL OR c.topic IN (
                   SELECT p.topic FROM passage_words w JOIN passages p ON p.id = w.rowid
                   WHERE passage_words MATCH ?10))
             ORDER BY c.recorded DESC, {RANK} DESC, c.id LIMIT ?7 OFFSET ?9"
        );
        let subject = filter.subject.as_ref().map(subject_form);
        let (kind, subject) = subject.unzip();
        let least = filter.least.unwrap_or(Severity::Administrative);
        let code = filter.code.map(|code| code.to_string());
        let words = filter.words.as_deref().map(search::query);
        // A question without a word finds nothing.
        if words == Some(None) {
            return Ok(Vec::new());
        }
        self.changes_where(
            &sql,
            params![
                filter.since.map(|at| at.form()),
                code,
                kind,
                subject,
                rank(least),
                filter.alert,
                filter.limit.map_or(i64::MAX, i64::from),
                filter.until.map(|at| at.form()),
                filter.skip,
                words.flatten(),
                filter.source,
            ],
        )
    }

    /// The change with this id, or the only one whose id begins so.
    ///
    /// # Errors
    /// [`StoreError::Ambiguous`] when several begin so.
    pub fn change(&self, id: &str) -> Result<Option<StoredChange>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE substr(c.id, 1, length(?1)) = ?1
             ORDER BY c.id = ?1 DESC LIMIT 2"
        );
        let found = self.changes_where(&sql, params![id])?;
        only(found, id, "changes", |change| &change.id)
    }

    /// Runs a statement that begins with [`SELECT`].
    pub(super) fn changes_where(
        &self,
        sql: &str,
        params: &[&dyn ToSql],
    ) -> Result<Vec<StoredChange>, StoreError> {
        let snapshot = self.snapshot()?;
        let mut statement = snapshot.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(self.stored_change(row)?);
        }
        Ok(found)
    }

    /// The changes that an alert tells, or those of look-alikes that it names, in its order.
    pub(super) fn changes_of_alert(
        &self,
        alert: &str,
        look_alikes: bool,
    ) -> Result<Vec<Judged>, StoreError> {
        let sql = format!(
            "{SELECT} JOIN alert_changes a ON a.change = c.id
             WHERE a.alert = ?1 AND a.look_alike = ?2 ORDER BY a.position"
        );
        let found = self.changes_where(&sql, params![alert, i64::from(look_alikes)])?;
        Ok(found.into_iter().map(|stored| stored.judged).collect())
    }

    fn stored_change(&self, row: &Row<'_>) -> Result<StoredChange, StoreError> {
        let id: String = row.get(0)?;
        let attribute: Attribute = column(row, 7)?;
        let key = FactKey {
            topic: topic(row, 3)?,
            attribute,
        };
        let seen = |index| {
            let text: Option<String> = row.get(index)?;
            text.map(|text| read_observation(attribute, &text))
                .transpose()
        };
        let (was, now) = (seen(10)?, seen(11)?);
        let change = Change {
            days: Period {
                from: column(row, 8)?,
                until: optional(row, 9)?,
            },
            before: self.evidence(&id, "before", &key, was.as_ref())?,
            after: self.evidence(&id, "after", &key, now.as_ref())?,
            key,
            was,
            now,
        };
        Ok(StoredChange {
            id,
            recorded: column(row, 1)?,
            source: row.get(2)?,
            judged: Judged {
                beside: Vec::new(),
                change,
                severity: column(row, 12)?,
            },
            alert: row.get(13)?,
        })
    }

    fn evidence(
        &self,
        change: &str,
        side: &str,
        key: &FactKey,
        seen: Option<&Observation>,
    ) -> Result<Option<Arc<Fact>>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT source, edition, begins, repost, document, url, published, learned,
                 from_day, locator, quote
             FROM change_evidence WHERE change = ?1 AND side = ?2",
        )?;
        let values = seen.map(|seen| (key.attribute, seen.clone()));
        let fact = statement.query_row([change, side], |row| {
            Ok(Fact {
                statement: Statement {
                    topic: key.topic.clone(),
                    from: column(row, 8)?,
                    values: Arc::new(BTreeMap::from_iter(values)),
                    locator: row.get(9)?,
                    quote: row.get(10)?,
                },
                origin: Arc::new(origin_of(row, 0)?),
            })
        });
        Ok(fact.optional()?.map(Arc::new))
    }
}

/// The order of severities in SQL.
pub(super) const RANK: &str = "CASE c.severity WHEN 'coverage' THEN 3 WHEN 'payment' THEN 2
     WHEN 'coding' THEN 1 ELSE 0 END";

fn rank(severity: Severity) -> i64 {
    match severity {
        Severity::Administrative => 0,
        Severity::Coding => 1,
        Severity::Payment => 2,
        Severity::Coverage => 3,
    }
}

/// Of at most two things found by the beginning of their id: the only one, or the one with exactly
/// this id, which comes first.
pub(super) fn only<T>(
    found: Vec<T>,
    prefix: &str,
    what: &'static str,
    id: impl Fn(&T) -> &String,
) -> Result<Option<T>, StoreError> {
    let several = found.len() > 1;
    let Some(first) = found.into_iter().next() else {
        return Ok(None);
    };
    if several && id(&first) != prefix {
        return Err(StoreError::Ambiguous {
            what,
            prefix: prefix.to_owned(),
        });
    }
    Ok(Some(first))
}
