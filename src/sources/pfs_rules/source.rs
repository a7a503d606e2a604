//! The source as the daemon sees it.

use chrono::Datelike;

use super::checks::Checks;
use super::discovery::{self, LIST_URL};
use super::docket::{Docket, Posting};
use super::extract;
use crate::model::request::{Discovery, Reading, ShapeError, Unit, UnitDocuments};
use crate::model::watch::Watch;
use crate::sources::cms::links::file_name;
use crate::sources::{Brief, Seen, Source, SourceMeta};

static META: SourceMeta = SourceMeta {
    id: "pfs_rules",
    title: "Physician Fee Schedule rules, Addendum B",
    home: LIST_URL,
    about: "Once a day coverd asks www.cms.gov for the list of federal regulation notices of the fee \
            schedule and, when the copy at hand is older than 20 hours (30 days for earlier years), for \
            the page of each rule on it: about a dozen small pages. The archive of a rule's addenda is \
            fetched when its address is new, and again after 7 days (90 for earlier years), because CMS \
            has replaced archives under the same address. Read in it is Addendum B: status and relative \
            values of every code as proposed (-P) and as final (-F, -FC), from 1 January of the coming \
            year. A correction (-CN) posts the addenda of its rule again. All of it comes from \
            www.cms.gov, one request after the other.",
    schedule: "41 11 * * *",
    extractor: 1,
    origins: &["https://www.cms.gov"],
    unseen: "The list of notices, the pages of rules and their addenda were not seen: they are read as \
             the pages of relative value files are, and Addendum B by the columns that Addendum A \
             explains. What does not have that form is refused and told.",
    gathers: true,
};

/// The rules of the Physician Fee Schedule.
#[derive(Debug, Clone, Default)]
pub struct PfsRules {
    checks: Checks,
}

impl PfsRules {
    /// With other floors than those for whole addenda.
    pub fn with_checks(checks: Checks) -> Self {
        Self { checks }
    }
}

impl Source for PfsRules {
    fn meta(&self) -> &SourceMeta {
        &META
    }

    fn discover(
        &self,
        seen: &Seen,
        failed: &[String],
        brief: &Brief<'_>,
    ) -> Result<Discovery, ShapeError> {
        discovery::discover(seen, failed, brief)
    }

    /// Only an archive whose address names its rule; most addresses of CMS do not.
    fn recognise(&self, url: &str, brief: &Brief<'_>) -> Option<Unit> {
        let file = file_name(url).to_ascii_lowercase();
        let name = file.strip_suffix(".zip")?;
        if !name.contains("addend") {
            return None;
        }
        let rule = Docket::find(name)?;
        rule.stage()?;
        let posting = Posting {
            rule,
            correction: None,
        };
        let recent = brief.since_year <= brief.today.year();
        recent.then(|| discovery::unit(&posting, url.to_owned(), None, true))
    }

    fn extract(
        &self,
        unit: &Unit,
        documents: &UnitDocuments,
        watch: &Watch,
    ) -> Result<Reading, ShapeError> {
        extract::extract(unit, documents, watch, &self.checks)
    }
}
