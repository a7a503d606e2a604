//! Whether the watcher can see.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

/// Why something is told to the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// No answer: DNS, connection, TLS, time-out, server error.
    Unreachable,
    /// An answer that is no content: challenge, maintenance, licence, login page, 403.
    Blocked,
    /// 404 or 410: the address is gone.
    Gone,
    /// A document in a form that is not known; nothing of it was believed.
    Shape,
    /// Two answers, some seconds apart, said different things; neither was believed.
    Unstable,
    /// The document was read, but something about it needs a look.
    Concern,
    /// A defect of this program: a source panicked or hung.
    Defect,
    /// A message that can never be delivered.
    DeliveryDead,
    /// The page is not served; what is watched is watched all the same.
    Page,
}

impl ProblemKind {
    const ALL: [Self; 9] = [
        Self::Unreachable,
        Self::Blocked,
        Self::Gone,
        Self::Shape,
        Self::Unstable,
        Self::Concern,
        Self::Defect,
        Self::DeliveryDead,
        Self::Page,
    ];

    /// The name in the database and in machine-readable output.
    pub fn id(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Blocked => "blocked",
            Self::Gone => "gone",
            Self::Shape => "shape",
            Self::Unstable => "unstable",
            Self::Concern => "concern",
            Self::Defect => "defect",
            Self::DeliveryDead => "delivery_dead",
            Self::Page => "page",
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for ProblemKind {
    type Err = UnknownProblem;

    fn from_str(text: &str) -> Result<Self, UnknownProblem> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.id() == text)
            .ok_or(UnknownProblem)
    }
}

/// A problem kind that this version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database names a kind of problem that this version of coverd does not know")]
pub struct UnknownProblem;

/// Something wrong, named so that it is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The source it concerns; `mail` for deliveries.
    pub source: String,
    /// What exactly: a unit (`RVU20B`), a concern's key, a delivery; empty for the source itself.
    pub subject: String,
    /// Why.
    pub kind: ProblemKind,
    /// What is wrong, in words.
    pub text: String,
    /// What to do.
    pub remedy: String,
}

impl Problem {
    /// Two reports with the same identity are one problem.
    pub fn identity(&self) -> (&str, &str, ProblemKind) {
        (&self.source, &self.subject, self.kind)
    }
}

/// A problem that lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenProblem {
    /// The problem as last seen.
    pub problem: Problem,
    /// First seen.
    pub since: DateTime<Utc>,
    /// How many checks in a row saw it.
    pub times: u32,
    /// When the operator was told; `None` while it may still be a passing fault.
    pub told: Option<DateTime<Utc>>,
}
