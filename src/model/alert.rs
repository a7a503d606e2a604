//! What people are told.

use chrono::{DateTime, NaiveDate, Utc};

use super::change::{Judged, Severity};
use super::document::DocumentHash;
use super::health::Problem;

/// One message to the people of a practice or to its operator; rendered once for each recipient
/// and channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Derived from its content: the same change twice is the same alert.
    pub id: String,
    /// When it was raised.
    pub raised: DateTime<Utc>,
    /// What it says.
    pub body: AlertBody,
}

/// The two kinds of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertBody {
    /// CMS changed something.
    Change(ChangeAlert),
    /// The watcher is blind or sees again.
    Operator(OperatorNotice),
}

/// Everything one document changed for one group of subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeAlert {
    /// The greatest severity among the changes.
    pub severity: Severity,
    /// Title of the source: "Physician Fee Schedule relative value files".
    pub source_title: String,
    /// The edition that brought it: `RVU20B`.
    pub edition: String,
    /// The document that proves it.
    pub document: DocumentHash,
    /// Where it was read.
    pub url: String,
    /// When CMS published it.
    pub published: NaiveDate,
    /// When it was captured here.
    pub captured: DateTime<Utc>,
    /// What changed, gravest first.
    pub changes: Vec<Judged>,
    /// What the same document changed for look-alike codes: other services, named so that nobody
    /// confuses them.
    pub look_alikes: Vec<Judged>,
}

/// A problem that began or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorNotice {
    /// The problem.
    pub problem: Problem,
    /// Since when it lasts.
    pub since: DateTime<Utc>,
    /// Whether it is over.
    pub recovered: bool,
}
