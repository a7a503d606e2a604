//! The source as the daemon sees it.

use super::checks::Checks;
use super::discovery::{self, LIST_URL};
use super::extract;
use super::page::names_addendum_b;
use crate::model::quarter::Quarter;
use crate::model::request::{Discovery, Reading, ShapeError, Unit, UnitDocuments};
use crate::model::watch::Watch;
use crate::sources::cms::links::file_name;
use crate::sources::{Brief, Seen, Source, SourceMeta};

static META: SourceMeta = SourceMeta {
    id: "opps",
    title: "Addendum B of the hospital outpatient system (OPPS)",
    home: LIST_URL,
    about: "Once a day coverd asks www.cms.gov for the list of OPPS addenda (its few pages) and, when the \
            copy at hand is older than 20 hours, for the page of Addendum B of each quarter of this and \
            the last calendar year: about nine small pages. A ZIP archive (about 2 MB) is fetched when its \
            address is new, and again after 7 days, because CMS posts corrections; archives of earlier \
            years after 90 days, their pages after 30. The links lead through a page with the terms of \
            the AMA for CPT codes; they name the file, which is read itself. Nothing of its descriptors is \
            kept as a fact. All of it comes from www.cms.gov, one request after the other.",
    schedule: "41 11 * * *",
    extractor: 1,
    origins: &["https://www.cms.gov"],
    unseen: "the list page and the pages of the quarters (known from descriptions); the comma-separated form of the table",
    gathers: false,
};

/// Addendum B of the hospital outpatient prospective payment system.
#[derive(Debug, Clone, Default)]
pub struct Opps {
    checks: Checks,
}

impl Opps {
    /// With other floors than those for whole tables.
    pub fn with_checks(checks: Checks) -> Self {
        Self { checks }
    }
}

impl Source for Opps {
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

    fn recognise(&self, url: &str, brief: &Brief<'_>) -> Option<Unit> {
        let file = file_name(url);
        let ending = file.rsplit('.').next().unwrap_or_default();
        let is_file = ["zip", "xlsx"]
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known));
        if !is_file || !url.contains("://") || !names_addendum_b(file) {
            return None;
        }
        let quarter = Quarter::by_month(file)?;
        (quarter.year() >= brief.since_year)
            .then(|| discovery::unit(quarter, url.to_owned(), None, brief.today))
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
