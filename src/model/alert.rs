//! What people are told.

use chrono::{DateTime, NaiveDate, Utc};

use super::answer::Layer;
use super::change::{Judged, Severity};
use super::document::DocumentHash;
use super::dollars::PaymentMove;
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

/// How far what an alert tells has come. One is never told as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// A rule would make it so; it may be commented on.
    Proposed,
    /// A final rule makes it so from a coming day.
    Final,
    /// It holds.
    InForce,
    /// A rule that was published, proposed or final, was corrected.
    Corrected,
    /// A proposal was withdrawn.
    Withdrawn,
}

impl Phase {
    const ALL: [Self; 5] = [
        Self::Proposed,
        Self::Final,
        Self::InForce,
        Self::Corrected,
        Self::Withdrawn,
    ];

    /// The name in the database and in machine-readable output.
    pub fn id(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Final => "final",
            Self::InForce => "in_force",
            Self::Corrected => "corrected",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The name for people, as a subject line begins with it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Final => "FINAL",
            Self::InForce => "IN FORCE",
            Self::Corrected => "CORRECTED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }
}

impl std::str::FromStr for Phase {
    type Err = UnknownPhase;

    fn from_str(id: &str) -> Result<Self, UnknownPhase> {
        Self::ALL
            .into_iter()
            .find(|phase| phase.id() == id)
            .ok_or(UnknownPhase)
    }
}

/// A phase that this version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such phase: use proposed, final, in_force, corrected or withdrawn")]
pub struct UnknownPhase;

/// A rule, as far as its documents in the Federal Register are known. Dates are as CMS wrote them;
/// empty text is "not observed".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleBrief {
    /// Its docket with suffix: `CMS-1848-P`.
    pub docket: String,
    /// Number in the Federal Register: `2026-14327`.
    pub number: String,
    /// Its place there: `91 FR 43842`.
    pub citation: String,
    /// Its title.
    pub title: String,
    /// Last day for comments.
    pub comments_close: String,
    /// The day from which it holds.
    pub effective: String,
}

/// Everything one document changed for one group of subjects; where a source gathers, everything
/// that one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeAlert {
    /// The greatest severity among the changes.
    pub severity: Severity,
    /// How far it has come.
    pub phase: Phase,
    /// The rulemaking it belongs to (`CMS-1848`): a later mail refers to the earlier ones.
    pub thread: Option<String>,
    /// What is known of the rule that it is about. It is not kept in the store.
    pub rule: Option<Box<RuleBrief>>,
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
    /// What it does to the payment of one unit. It is not kept in the store: the facts are.
    pub dollars: Vec<PaymentMove>,
    /// The layers of coverage that it leaves as they were. Not kept in the store, either.
    pub unchanged: Vec<Unchanged>,
}

/// A layer of coverage of which a document changed nothing for the codes that it moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchanged {
    /// The layer.
    pub layer: Layer,
    /// What it speaks of: `20560`, `NCD 30.3.3`.
    pub subjects: Vec<String>,
    /// What it says before and after; "not observed" where nothing is known.
    pub says: String,
    /// The date of service of which it says so: the first that the change affects.
    pub on: NaiveDate,
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
