//! The source as the daemon sees it.

use super::checks::Checks;
use super::discovery::{self, PAGE_URL};
use super::extract;
use super::page::{Form, Offer, list_year};
use crate::model::request::{Discovery, Reading, ShapeError, Unit, UnitDocuments};
use crate::model::watch::Watch;
use crate::sources::cms::links::file_name;
use crate::sources::{Brief, Seen, Source, SourceMeta};

static META: SourceMeta = SourceMeta {
    id: "therapy",
    title: "Therapy code list",
    home: PAGE_URL,
    about: "Once a week coverd asks www.cms.gov for the page of annual therapy updates, one page, and \
            fetches the list of a year when its address is new, and again when the copy at hand is \
            older than 7 days (90 for earlier years): a small file each. Read in it is which codes are \
            always and which are sometimes therapy; a watched code that the list of a year does not \
            name is said to be not listed in that year. All of it comes from www.cms.gov, one request \
            after the other.",
    schedule: "17 12 * * TUE",
    extractor: 1,
    origins: &["https://www.cms.gov"],
    unseen: "The page of annual therapy updates and the lists of the years were not seen: a list is \
             read by the words of its header (code, disposition), in a workbook, text or PDF. What \
             does not have that form is refused and told.",
    gathers: false,
};

/// The annual therapy code list.
#[derive(Debug, Clone, Default)]
pub struct Therapy {
    checks: Checks,
}

impl Therapy {
    /// With other floors than those for whole lists.
    pub fn with_checks(checks: Checks) -> Self {
        Self { checks }
    }
}

impl Source for Therapy {
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

    /// A file whose name says that it is the therapy code list of a year.
    fn recognise(&self, url: &str, brief: &Brief<'_>) -> Option<Unit> {
        let path = url.split(['?', '#']).next()?;
        let form = Form::of(path)?;
        let year = list_year(file_name(path))?;
        let offer = Offer {
            url: url.to_owned(),
            form,
            posted: None,
        };
        (year >= brief.since_year)
            .then(|| discovery::unit(year, &[offer], None, brief.today))
            .flatten()
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
