//! What every source is: its name and schedule, discovery, extraction.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::model::document::Document;
use crate::model::fact::Fact;
use crate::model::request::{Discovery, Reading, ShapeError, Unit, UnitDocuments};
use crate::model::watch::Watch;

/// What is constant about a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceMeta {
    /// Short stable name: `pfs`.
    pub id: &'static str,
    /// For people: "Physician Fee Schedule relative value files".
    pub title: &'static str,
    /// Where a person would look.
    pub home: &'static str,
    /// What is read and how often, and why that is polite; a paragraph.
    pub about: &'static str,
    /// Default schedule, five cron fields, UTC.
    pub schedule: &'static str,
    /// Raised whenever the same bytes may be read differently; stored documents are then read again.
    pub extractor: u32,
    /// The origins that it asks: requests to them must say who makes them.
    pub origins: &'static [&'static str],
    /// What of it was built from descriptions, because no real document of that kind could be seen;
    /// empty when all were seen. Such a reader is strict: what it does not know, it refuses.
    pub unseen: &'static str,
    /// Whether all that one check finds is told in one message (for each rulemaking), rather than each
    /// document in its own.
    pub gathers: bool,
}

/// What discovery may depend on beside the documents.
#[derive(Debug, Clone)]
pub struct Brief<'a> {
    /// The day of the check (UTC).
    pub today: NaiveDate,
    /// What is watched.
    pub watch: &'a Watch,
    /// First calendar year whose releases are read.
    pub since_year: i32,
}

/// The documents seen in this check so far, by the address that was asked for.
pub type Seen = BTreeMap<String, Document>;

/// A source of CMS documents.
pub trait Source: Send + Sync {
    /// What is constant about it.
    fn meta(&self) -> &SourceMeta;

    /// Whether there is anything for it to read: the configured pages may be none.
    fn is_configured(&self) -> bool {
        true
    }

    /// Which addresses to read next, or, when all lists are read, the units that can be read.
    ///
    /// Called again with more documents until it is [`Discovery::Complete`]; it never asks only for
    /// addresses that are already in `seen`. Documents that could not be fetched are not in `seen` but
    /// in `failed`: a source leaves out what depends on them, and is `Complete` about the rest.
    ///
    /// # Errors
    /// When a list does not have the form that is known.
    fn discover(
        &self,
        seen: &Seen,
        failed: &[String],
        brief: &Brief<'_>,
    ) -> Result<Discovery, ShapeError>;

    /// A unit for an address met outside discovery, in a recording that holds only the files; `None`
    /// when the address is not of this source.
    fn recognise(&self, url: &str, brief: &Brief<'_>) -> Option<Unit>;

    /// The unit of that name, for a stored document of it that came from `url`; `None` when it can no
    /// longer be read. Overridden where the name says more than the address.
    fn recognise_unit(&self, _name: &str, url: &str, brief: &Brief<'_>) -> Option<Unit> {
        self.recognise(url, brief)
    }

    /// What the documents of one unit say about what is watched.
    ///
    /// # Errors
    /// When the document does not have the form that is known, or fails a check that guards the
    /// reading (row floor, unique keys, sums, sentinels). Nothing of it is believed then.
    fn extract(
        &self,
        unit: &Unit,
        documents: &UnitDocuments,
        watch: &Watch,
    ) -> Result<Reading, ShapeError>;

    /// Whether `document` says the beginning of what `earlier`, a document of the same unit, said, and its
    /// form does not show where it ends: then it may be cut, and is believed only when it says so
    /// again in a later check. Asked only of units of which news alone is kept.
    fn may_be_cut(&self, _unit: &Unit, _document: &Document, _earlier: &Document) -> bool {
        false
    }

    /// What a second witness says while the unit's own document cannot be had: words for the
    /// operator, never a fact. `believed` is what stands about the unit.
    fn witness(&self, _unit: &Unit, _companion: &Document, _believed: &[Fact]) -> Option<String> {
        None
    }
}
