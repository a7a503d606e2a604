//! What sources ask for, and what they make of the answers.

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};

use super::change::Severity;
use super::document::Document;
use super::fact::{Edition, Statement, Values};

/// What kind of body an address should answer with; anything else is a soft failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expect {
    /// A ZIP archive. An HTML page with a meta refresh in its place is followed.
    Zip,
    /// An HTML page.
    Html,
    /// A JSON value.
    Json,
    /// An XML document.
    Xml,
    /// A workbook (xlsx), which is a ZIP archive too.
    Xlsx,
    /// A PDF. Its text comes with the document ([`Document::text`]).
    Pdf,
    /// Plain text, or a table in text form (csv).
    Text,
}

/// What a request needs beside an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Nothing.
    #[default]
    Open,
    /// The licence token of the coverage API, whose request accepts the terms of AMA, ADA and AHA. It
    /// is obtained, renewed and kept to itself by the fetcher, and only when the configuration says in
    /// words that the terms are accepted.
    CoverageLicence,
}

/// When an archived capture of the address may stand for a new fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reuse {
    /// Never: ask the server at every check.
    Never,
    /// While the last successful capture is younger than this.
    Within(TimeDelta),
    /// While the last successful capture was made under the same tag (the "last updated" mark of a
    /// list that names the document).
    Tag(String),
}

/// An address that a source wants to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Absolute https address.
    pub url: String,
    /// The kind of body that is expected.
    pub expect: Expect,
    /// When an archived capture will do.
    pub reuse: Reuse,
    /// What it takes to be answered.
    pub access: Access,
}

impl Request {
    /// A request that is made at every check and needs nothing but its address.
    pub fn new(url: impl Into<String>, expect: Expect) -> Self {
        Self {
            url: url.into(),
            expect,
            reuse: Reuse::Never,
            access: Access::Open,
        }
    }

    /// The same, for which an archived capture may do.
    #[must_use]
    pub fn reuse(self, reuse: Reuse) -> Self {
        Self { reuse, ..self }
    }

    /// The same, for what is not open to everyone.
    #[must_use]
    pub fn access(self, access: Access) -> Self {
        Self { access, ..self }
    }
}

/// One document that a source can read on its own: a release, a record. Each is fetched, read and
/// committed by itself, so that a backfill can stop and go on anywhere.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Its name, unique in the source and stable: `RVU20B`, `NCD 373`.
    pub name: String,
    /// The document that is read.
    pub request: Request,
    /// Read in its place when the document cannot be had: less, but better than silence. The problem
    /// is told all the same.
    pub fallback: Option<Request>,
    /// Documents that are captured beside it; each may be missing.
    pub companions: Vec<Request>,
    /// Documents already seen in discovery that reading needs (the release page).
    pub context: Vec<Document>,
    /// Whether a change is believed only when a second fetch, some seconds later, says the same.
    pub confirm: bool,
    /// Whether what the list says of the document is part of what is read: when that moves (the tag of the
    /// request) under the same bytes, it is another posting, and news.
    pub row_counts: bool,
    /// Which of its answers are kept.
    pub keep: Keep,
    /// What a reading depends on beside the watch, as a short text (the settings of a configured page).
    /// When it changes, stored documents are read again, as history. `None`: it depends on the watch.
    pub settings: Option<String>,
}

/// Which answers to the request of a unit are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Keep {
    /// Every one, with its bytes.
    #[default]
    Everything,
    /// Those that say something else than the one before. Of the others it is kept how many there were,
    /// and when the last one came: a page with another token in every answer must not fill the disk.
    /// Such a unit has neither companions, nor context, nor a fallback, nor a PDF.
    News,
}

impl Unit {
    /// A unit of one document.
    pub fn new(name: impl Into<String>, request: Request) -> Self {
        Self {
            name: name.into(),
            request,
            fallback: None,
            companions: Vec::new(),
            context: Vec::new(),
            confirm: false,
            row_counts: false,
            keep: Keep::Everything,
            settings: None,
        }
    }
}

/// The documents of one unit, in hand.
#[derive(Debug, Clone)]
pub struct UnitDocuments {
    /// The document to read.
    pub primary: Document,
    /// One for each companion request; `None` where it could not be had.
    pub companions: Vec<Option<Document>>,
}

/// What discovery leads to.
#[derive(Debug, Clone)]
pub enum Discovery {
    /// These have to be read before more is known.
    Fetch(Vec<Request>),
    /// Everything is known.
    Complete {
        /// What can be read, oldest first.
        units: Vec<Unit>,
        /// Every unit that the lists name, also those that cannot be read today (their page failed);
        /// `None` when the list itself could not be read. The first such list is the baseline: what
        /// it names is history when it is read for the first time, however late.
        listed: Option<Vec<String>>,
        /// What looks wrong although the lists could be read: gaps, overdue releases.
        concerns: Vec<Concern>,
    },
}

/// Something that a person should look at, although the facts stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    /// Stable name, so that it is told once: `gap RVU24D`.
    pub key: String,
    /// What is the matter.
    pub text: String,
    /// What to do.
    pub remedy: String,
}

/// What the list says of every topic that it does not name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlisted {
    /// First date of service for which the list speaks.
    pub from: NaiveDate,
    /// Every attribute of a row, absent.
    pub values: Values,
    /// What was read in full: `PPRRVU20_APR.csv, all 17250 rows`.
    pub locator: String,
}

/// All that one document says about what is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The edition that the document is a posting of.
    pub edition: Edition,
    /// The document's own date; `None` where it has none.
    pub published: Option<NaiveDate>,
    /// What it says.
    pub statements: Vec<Statement>,
    /// For a full list: what it says of national services that it does not name.
    pub unlisted: Option<Unlisted>,
    /// Whether a topic never seen before is news (a new NCD), not merely history that begins.
    pub announces_new: bool,
    /// Oddities that do not touch the facts (a second witness that disagrees).
    pub concerns: Vec<Concern>,
    /// The rulemaking that the document belongs to, by its docket without suffix (`CMS-1848`): mails
    /// about one are one thread.
    pub thread: Option<String>,
    /// The weight of every change in it, where the document's reader was told one (a configured
    /// page); `None`: by the table of severities.
    pub severity: Option<Severity>,
}

impl Reading {
    /// A reading that says nothing yet: no date of its own, no full list, and topics that begin are
    /// history.
    pub fn new(edition: Edition) -> Self {
        Self {
            edition,
            published: None,
            statements: Vec::new(),
            unlisted: None,
            announces_new: false,
            concerns: Vec::new(),
            thread: None,
            severity: None,
        }
    }
}

/// A document that does not have the form this program knows: nothing of it is believed, the old
/// facts stand, and the operator is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct ShapeError {
    /// Which document or part: `PPRRVU20_APR.csv row 12`.
    pub what: String,
    /// What was expected and what is there.
    pub why: String,
}

impl ShapeError {
    /// Says what is malformed, and how.
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
        }
    }

    /// Puts the enclosing document in front: `RVU20B.zip: PPRRVU20_APR.csv row 12: ...`.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        Self {
            what: format!("{outer}: {}", self.what),
            why: self.why,
        }
    }
}

/// Shares the values of an absent row.
pub fn absent(attributes: &[super::attribute::Attribute]) -> Values {
    Arc::new(
        attributes
            .iter()
            .map(|&attribute| (attribute, super::fact::Observation::Absent))
            .collect(),
    )
}
