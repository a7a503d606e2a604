//! The source as the daemon sees it.

use super::discovery;
use super::issue::Issue;
use super::read;
use crate::model::request::{Discovery, Reading, ShapeError, Unit, UnitDocuments};
use crate::model::watch::Watch;
use crate::sources::{Brief, Seen, Source, SourceMeta};

static META: SourceMeta = SourceMeta {
    id: "transmittals",
    title: "Transmittals (change requests) and MLN Matters articles",
    home: "https://www.cms.gov/medicare/regulations-guidance/transmittals",
    about: "Once a day: the newest pages of this year's list of transmittals on www.cms.gov (four pages of 25 rows; \
            in January and February the first page of last year's list too); the other pages of the lists of \
            this and last year once a month. Of the rows, only those are followed whose subject names a \
            watched code, word or NCD, or that are the usual carriers of such changes: updates of the \
            fee schedule database (MPFSDB), of the outpatient system (OPPS), of the therapy code list and of the NCCI \
            edits, and everything on national coverage determinations, ICD-10 maintenance included; perhaps fifty \
            a year. Of each the page (again after a week while it is new), the transmittal and the MLN \
            Matters article (PDFs; again after a month) are fetched, one request after the other. What a \
            transmittal does not say in a sentence or table row that cannot be misunderstood is quoted, not \
            taken for a fact.",
    schedule: "41 12 * * *",
    extractor: 1,
    origins: &["https://www.cms.gov"],
    unseen: "The list pages and the PDFs of transmittals and articles were never seen; the page of one transmittal \
             (R13924CP) was. List columns are found by their names, the PDFs by the headings that every \
             transmittal has, and what differs is refused.",
    gathers: true,
};

/// Transmittals and MLN Matters articles.
#[derive(Debug, Clone, Copy, Default)]
pub struct Transmittals;

impl Source for Transmittals {
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
        let path = url.split(['?', '#']).next()?;
        let (_, rest) = path.split_once("://")?;
        let (host, path) = rest.split_once('/')?;
        let file = path.rsplit('/').next()?;
        let stem = file
            .get(..file.len().checked_sub(4)?)
            .filter(|_| file.to_ascii_lowercase().ends_with(".pdf"))?;
        let issue = Issue::by_file(stem)?;
        (host == "www.cms.gov").then(|| discovery::unit(&issue, url, None, brief.today))
    }

    fn extract(
        &self,
        unit: &Unit,
        documents: &UnitDocuments,
        watch: &Watch,
    ) -> Result<Reading, ShapeError> {
        read::read(unit, documents, watch)
    }
}
