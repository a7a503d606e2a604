//! What one step of a check leaves behind, to be committed as one transaction.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::alert::Alert;
use super::change::Judged;
use super::delivery::Outgoing;
use super::document::{Capture, DocumentHash, Validators};
use super::fact::{Origin, Statement};
use super::health::OpenProblem;
use super::request::Unlisted;

/// A capture with what the next request needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureRecord {
    /// The answer.
    pub capture: Capture,
    /// Length of the document in bytes, where the answer had a body that was kept.
    pub length: Option<u64>,
    /// The tag under which it was asked for ([`super::request::Reuse::Tag`]).
    pub tag: Option<String>,
    /// What to send with the next request; `None` keeps none.
    pub validators: Option<Validators>,
}

/// A document read: all it says, by which extractor, for which watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingRecord {
    /// The unit that was read.
    pub unit: String,
    /// Edition, document, dates.
    pub origin: Arc<Origin>,
    /// Version of the extractor.
    pub extractor: u32,
    /// Digest of the watch it was read for.
    pub watch: String,
    /// What it says.
    pub statements: Vec<Statement>,
    /// What it says of national services that it does not name.
    pub unlisted: Option<Unlisted>,
}

/// The number of a stored reading; it has a meaning only in the database that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReadingId(pub i64);

/// What a document read earlier, as a full list, says of a topic first met later: it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsenceRecord {
    /// The earlier reading; it has an [`Unlisted`].
    pub reading: ReadingId,
    /// What it says, built from its [`Unlisted`]. Ignored when the reading names the topic already.
    pub statement: Statement,
}

/// A change as it is kept: with the alert that told it, or as history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRecord {
    /// Derived from its content.
    pub id: String,
    /// What moved, how much it matters.
    pub judged: Judged,
    /// The alert that tells it; `None` for what is kept as history only.
    pub alert: Option<String>,
}

/// How a unit stands of which only news is kept ([`super::request::Keep::News`]): what it said last,
/// and how often it has said the same since. There is one for each unit, and each answer takes the
/// place of the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The unit.
    pub unit: String,
    /// The address that was asked.
    pub url: String,
    /// The archived document that first said what the unit says.
    pub document: DocumentHash,
    /// Digest of what it says.
    pub said: String,
    /// Version of the extractor that read it.
    pub extractor: u32,
    /// What it was read for (as [`ReadingRecord::watch`]).
    pub watch: String,
    /// When the document was captured.
    pub since: DateTime<Utc>,
    /// The last answer that said it: 200 with whatever noise, or 304.
    pub at: DateTime<Utc>,
    /// The last one that was no 304.
    pub full_at: DateTime<Utc>,
    /// How many answers have said it, the first one included.
    pub times: u32,
    /// What to send with the next request; they belong to the last answer that was no 304.
    pub validators: Validators,
}

/// Problems that began, went on or ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProblemRecord {
    /// Open problems of the check, new and old, as they stand now.
    pub open: Vec<OpenProblem>,
    /// Problems that are over.
    pub closed: Vec<OpenProblem>,
}

/// How a source stands after a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRecord {
    /// Whether every list and every unit could be read.
    pub good: bool,
    /// When the source is due again.
    pub next_due: DateTime<Utc>,
    /// Units that discovery named, when it got that far; on the first time they become the
    /// baseline.
    pub listed: Option<Vec<String>>,
}

/// One transaction: everything that one unit, or one whole check of a source, leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRecord {
    /// The source.
    pub source: String,
    /// The clock at the time.
    pub at: DateTime<Utc>,
    /// Answers of servers.
    pub captures: Vec<CaptureRecord>,
    /// Documents read.
    pub readings: Vec<ReadingRecord>,
    /// How units stand of which only news is kept.
    pub standings: Vec<Standing>,
    /// What earlier full readings say of topics that they did not name.
    pub absences: Vec<AbsenceRecord>,
    /// What moved.
    pub changes: Vec<ChangeRecord>,
    /// What is told.
    pub alerts: Vec<Alert>,
    /// To whom.
    pub deliveries: Vec<Outgoing>,
    /// What is wrong.
    pub problems: ProblemRecord,
    /// Set by the last transaction of a check.
    pub source_state: Option<SourceRecord>,
}

impl CheckRecord {
    /// An empty record.
    pub fn new(source: &str, at: DateTime<Utc>) -> Self {
        Self {
            source: source.to_owned(),
            at,
            captures: Vec::new(),
            readings: Vec::new(),
            standings: Vec::new(),
            absences: Vec::new(),
            changes: Vec::new(),
            alerts: Vec::new(),
            deliveries: Vec::new(),
            problems: ProblemRecord::default(),
            source_state: None,
        }
    }
}
