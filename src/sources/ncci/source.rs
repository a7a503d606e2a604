//! The source as the daemon sees it.

use super::checks::Checks;
use super::discovery::{self, MUE_URL};
use super::extract;
use super::issue::Issue;
use crate::model::request::{Discovery, Reading, ShapeError, Unit, UnitDocuments};
use crate::model::watch::Watch;
use crate::sources::cms::links::file_name;
use crate::sources::{Brief, Seen, Source, SourceMeta};

static META: SourceMeta = SourceMeta {
    id: "ncci",
    title: "National Correct Coding Initiative for practitioners (NCCI: MUE, PTP)",
    home: MUE_URL,
    about: "Once a day coverd asks www.cms.gov for two pages: that of medically unlikely edits (MUE) and that \
            of procedure-to-procedure edits (PTP). The table of units (under 1 MB) is fetched when its \
            address is new and again after 7 days; the four files of edits (about 20 MB each) when their \
            addresses are new, which is once a quarter, and again after 60 days. The links lead \
            through a page with the terms of the AMA for CPT codes; they name the file, which is read \
            itself. Only the tables for practitioners are read, and of the edits only those with a watched \
            code or look-alike are kept. All of it comes from www.cms.gov, one request after the other.",
    schedule: "53 11 * * *",
    extractor: 1,
    origins: &["https://www.cms.gov"],
    unseen: "the two pages (known from descriptions); whole files of edits (read after excerpts)",
    gathers: true,
};

/// The tables of NCCI for practitioners.
#[derive(Debug, Clone, Default)]
pub struct Ncci {
    checks: Checks,
}

impl Ncci {
    /// With other floors than those for whole tables.
    pub fn with_checks(checks: Checks) -> Self {
        Self { checks }
    }
}

impl Source for Ncci {
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
        if !url.contains("://") || !file.to_ascii_lowercase().ends_with(".zip") {
            return None;
        }
        let issue = Issue::named(file, "")?;
        (issue.quarter.year() >= brief.since_year)
            .then(|| discovery::unit(issue, url.to_owned(), None, brief.today))
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
