//! What this installation did, in order of time, and how long news took: read from what the other tables
//! hold, which is never edited.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::connection::Reader;
use super::encode::{Form, column, optional};
use super::error::StoreError;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Happened {
    /// A server answered.
    Captured,
    /// A document was read in full.
    Read,
    /// Something moved at CMS.
    Changed,
    /// It was decided to tell something.
    Alerted,
    /// A message was handed to a channel; how that went is in the words.
    Attempted,
    /// Someone acknowledged an alert.
    Acknowledged,
    /// A problem began.
    ProblemBegan,
    /// A problem was over.
    ProblemEnded,
}

impl Happened {
    const ALL: [Self; 8] = [
        Self::Captured,
        Self::Read,
        Self::Changed,
        Self::Alerted,
        Self::Attempted,
        Self::Acknowledged,
        Self::ProblemBegan,
        Self::ProblemEnded,
    ];

    /// The name for people and programs.
    pub fn id(self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::Read => "read",
            Self::Changed => "changed",
            Self::Alerted => "alerted",
            Self::Attempted => "attempted",
            Self::Acknowledged => "acknowledged",
            Self::ProblemBegan => "problem_began",
            Self::ProblemEnded => "problem_ended",
        }
    }
}

impl std::str::FromStr for Happened {
    type Err = UnknownEvent;

    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        let mut all = Self::ALL.into_iter();
        all.find(|event| event.id() == text).ok_or(UnknownEvent)
    }
}

/// A name of no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "no such event: use captured, read, changed, alerted, attempted, acknowledged, problem_began or problem_ended"
)]
pub struct UnknownEvent;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub happened: Happened,
    /// The source; empty for messages.
    pub source: String,
    /// What it is about: an address, a unit, a topic, a recipient.
    pub subject: String,
    /// More of it, in words.
    pub words: String,
    /// The id or hash by which other commands know it; may be empty.
    pub id: String,
}

/// Which events to list; an empty filter is all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// At or after this instant.
    pub since: Option<DateTime<Utc>>,
    /// At or before this instant.
    pub until: Option<DateTime<Utc>>,
    /// Only these.
    pub happened: Option<Happened>,
    /// Only of this source.
    pub source: Option<String>,
    /// No more than these, the newest.
    pub limit: Option<u32>,
}

/// Time, kind, source, subject, words, id, and a number that keeps those of one instant in the order in
/// which they follow from each other.
const EVENTS: &str = "
    SELECT at, 'captured' AS happened, source, url AS subject,
        'status ' || status || CASE WHEN final_url <> url THEN ', from ' || final_url ELSE '' END AS words,
        coalesce(document, '') AS id, 1 AS step
    FROM captures
    UNION ALL SELECT read_at, 'read', source, unit,
        edition || ', published ' || published || ', extractor ' || extractor, document, 2
    FROM readings
    UNION ALL SELECT c.recorded, 'changed', c.source, t.subject || ', ' || t.stage,
        c.attribute || ': ' || coalesce(c.was, 'not observed') || ' -> ' || coalesce(c.now, 'not observed'),
        c.id, 3
    FROM changes c JOIN topics t ON t.id = c.topic
    UNION ALL SELECT raised, 'alerted', coalesce(problem_source, ''), coalesce(edition, problem_subject, ''),
        CASE kind WHEN 'change' THEN 'change, ' || coalesce(severity, '')
             ELSE 'notice to the operator, ' || coalesce(problem_kind, '') END, id, 4
    FROM alerts
    UNION ALL SELECT a.at, 'attempted', '', d.recipient, a.outcome || ': ' || a.words, d.id, 5
    FROM attempts a JOIN deliveries d ON d.id = a.delivery
    UNION ALL SELECT at, 'acknowledged', '', person, 'by ' || via || ': ' || note, alert, 6
    FROM acknowledgements
    UNION ALL SELECT since, 'problem_began', source, subject, kind || ': ' || text, '', 7 FROM problems
    UNION ALL SELECT closed, 'problem_ended', source, subject, kind || ': ' || text, '', 8 FROM problems
    WHERE closed IS NOT NULL";

/// An alert about changes, and when its messages were accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// The alert.
    pub alert: String,
    /// Messages written for it.
    pub messages: i64,
    /// Messages that a channel accepted.
    pub accepted: i64,
    /// When the first of them was accepted.
    pub first: Option<DateTime<Utc>>,
    /// When the last of them was accepted.
    pub last: Option<DateTime<Utc>>,
    /// When somebody first acknowledged it.
    pub acknowledged: Option<DateTime<Utc>>,
}

impl Reader {
    /// What happened, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn events(&self, filter: &EventFilter) -> Result<Vec<Event>, StoreError> {
        let sql = format!(
            "SELECT at, happened, source, subject, words, id FROM ({EVENTS})
             WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR at <= ?2)
               AND (?3 IS NULL OR happened = ?3) AND (?4 IS NULL OR source = ?4)
             ORDER BY at DESC, step DESC, id, subject LIMIT ?5"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![
            filter.since.map(|at| at.form()),
            filter.until.map(|at| at.form()),
            filter.happened.map(Happened::id),
            filter.source,
            filter.limit.map_or(i64::MAX, i64::from),
        ])?;
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            let happened: String = row.get(1)?;
            events.push(Event {
                at: column(row, 0)?,
                happened: happened
                    .parse()
                    .map_err(|_| StoreError::unreadable("an event", &happened))?,
                source: row.get(2)?,
                subject: row.get(3)?,
                words: row.get(4)?,
                id: row.get(5)?,
            });
        }
        Ok(events)
    }

    /// When the messages of each alert about changes were accepted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn tellings(&self) -> Result<Vec<Telling>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT a.id, count(d.id), count(x.at), min(x.at), max(x.at),
                 (SELECT min(k.at) FROM acknowledgements k WHERE k.alert = a.id)
             FROM alerts a
             LEFT JOIN deliveries d ON d.alert = a.id AND d.purpose = 'alert'
             LEFT JOIN (SELECT delivery, min(at) AS at FROM attempts
                        WHERE outcome = 'accepted' GROUP BY delivery) x
                 -- What was told in a digest was accepted with it.
                 ON x.delivery = coalesce(d.within, d.id)
             WHERE a.kind = 'change' GROUP BY a.id ORDER BY a.id",
        )?;
        let found = statement.query_map([], |row| {
            Ok(Telling {
                alert: row.get(0)?,
                messages: row.get(1)?,
                accepted: row.get(2)?,
                first: optional(row, 3)?,
                last: optional(row, 4)?,
                acknowledged: optional(row, 5)?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}
