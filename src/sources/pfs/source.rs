//! The source as the daemon sees it.

use super::checks::Checks;
use super::discovery::{self, LIST_URL};
use super::extract;
use super::release::Release;
use crate::model::request::{Discovery, Reading, ShapeError, Unit, UnitDocuments};
use crate::model::watch::Watch;
use crate::sources::{Brief, Seen, Source, SourceMeta};

static META: SourceMeta = SourceMeta {
    id: "pfs",
    title: "Physician Fee Schedule relative value files",
    home: LIST_URL,
    about: "Once a day coverd asks www.cms.gov for the list of RVU releases (its few pages) and, when \
            the copy at hand is older than 20 hours, for the page of each release of this and the \
            last calendar year: about a dozen small pages. A ZIP archive (about 5 MB) is fetched \
            when its address is new, and again after 7 days, because CMS has replaced archives \
            under the same address; archives of earlier years after 90 days, their pages after 30. \
            All of it comes from www.cms.gov, one request after the other.",
    schedule: "23 11 * * *",
    extractor: 1,
    origins: &["https://www.cms.gov"],
    unseen: "",
    gathers: false,
};

/// The relative value files of the Physician Fee Schedule.
#[derive(Debug, Clone, Default)]
pub struct Pfs {
    checks: Checks,
}

impl Pfs {
    /// With other floors than those for whole releases.
    pub fn with_checks(checks: Checks) -> Self {
        Self { checks }
    }
}

impl Source for Pfs {
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
        let path = url.split(['?', '#']).next().unwrap_or(url);
        let (_, file) = path.split_once("://").unwrap_or(("", path));
        if !file.to_ascii_lowercase().ends_with(".zip") {
            return None;
        }
        let release = file.split('/').skip(1).find_map(|segment| {
            let starts = segment.get(..3)?.eq_ignore_ascii_case("rvu");
            starts.then(|| Release::find(segment)).flatten()
        })?;
        (release.year >= brief.since_year)
            .then(|| discovery::unit(&release, url.to_owned(), None, brief.today))
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
