//! What moved, from when.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::fact::{Fact, FactKey, Observation};
use super::timeline::Period;
use super::topic::Stage;

/// How much a change matters to a practice; ordered, greatest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Record keeping at CMS: no rule moved.
    Administrative,
    /// How a claim is coded or processed.
    Coding,
    /// What is paid.
    Payment,
    /// Whether it is paid at all.
    Coverage,
}

impl Severity {
    /// The name in the database, in configuration and for people.
    pub fn id(self) -> &'static str {
        match self {
            Self::Administrative => "administrative",
            Self::Coding => "coding",
            Self::Payment => "payment",
            Self::Coverage => "coverage",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(text: &str) -> Result<Self, UnknownSeverity> {
        [
            Self::Administrative,
            Self::Coding,
            Self::Payment,
            Self::Coverage,
        ]
        .into_iter()
        .find(|severity| severity.id() == text)
        .ok_or_else(|| UnknownSeverity {
            text: text.chars().take(40).collect(),
        })
    }
}

/// Text that names no severity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no severity: use coverage, payment, coding or administrative")]
pub struct UnknownSeverity {
    text: String,
}

/// The difference between what was believed and what is believed of some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The belief that moved.
    pub key: FactKey,
    /// The dates of service affected.
    pub days: Period,
    /// What was believed; `None` is "not observed".
    pub was: Option<Observation>,
    /// What is believed now.
    pub now: Option<Observation>,
    /// The fact behind the old belief.
    pub before: Option<Arc<Fact>>,
    /// The fact behind the new belief.
    pub after: Option<Arc<Fact>>,
}

impl Change {
    /// The affected days that lie before the new document was published: claims of these days were
    /// filed under another rule.
    pub fn retroactive_days(&self) -> Option<Period> {
        let published = self.after.as_ref()?.origin.published;
        (self.days.from < published).then(|| Period {
            from: self.days.from,
            until: Some(
                self.days
                    .until
                    .map_or(published, |until| until.min(published)),
            ),
        })
    }
}

/// A change with its weight.
///
/// A belief at the stage of a rule that begins is compared with what holds without the rule: `was` is
/// then what is in force, or, where that stays, what had been proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What moved.
    pub change: Change,
    /// How much it matters.
    pub severity: Severity,
    /// What is believed of the first of these days at the other stages. It is not kept in the store.
    pub beside: Vec<Beside>,
}

impl Judged {
    /// A change of this weight, with nothing beside it.
    pub fn new(change: Change, severity: Severity) -> Self {
        Self {
            change,
            severity,
            beside: Vec::new(),
        }
    }

    /// Whether a final rule leaves what is in force and does not do what had been proposed.
    pub fn stays(&self) -> bool {
        self.beside
            .iter()
            .any(|beside| beside.stage == Stage::InForce && beside.observation == self.change.now)
    }
}

/// The belief about the same attribute and day at another stage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Beside {
    /// In force, or proposed or made final by a rule.
    pub stage: Stage,
    /// The belief; `None` is "not observed".
    pub observation: Option<Observation>,
}
