//! The source: what is asked for, in which order.

use chrono::TimeDelta;
use url::Url;

use super::record::Record;
use super::report::{self, Rows};
use super::statements::{Interest, statements};
use super::witness;
use crate::model::document::Document;
use crate::model::fact::{Edition, Fact, Repost};
use crate::model::request::{
    Discovery, Expect, Reading, Request, Reuse, ShapeError, Unit, UnitDocuments,
};
use crate::model::watch::Watch;
use crate::sources::{Brief, Seen, Source, SourceMeta};

/// The list of all national coverage determinations.
const REPORT_URL: &str = "https://api.coverage.cms.gov/v1/reports/national-coverage-ncd/";

static META: SourceMeta = SourceMeta {
    id: "ncd",
    title: "National coverage determinations (Medicare Coverage Database)",
    home: "https://www.cms.gov/medicare-coverage-database/reports/national-coverage-ncd-report.aspx",
    about: "Once a day: the list of all determinations, and for each configured determination its \
            record in the API and its page on www.cms.gov (one small request and two per \
            determination; with four of them, nine requests). The records of all other \
            determinations (about 340) are read once, after installation, and then only when the \
            list says that CMS touched them, a few each week, to find the watched words in them. \
            The API is made for programs, is public, and needs no key; the page is only compared \
            with the record, word for word.",
    schedule: "30 10 * * *",
    extractor: 1,
    origins: &["https://api.coverage.cms.gov", "https://www.cms.gov"],
    unseen: "",
    gathers: false,
};

/// National coverage determinations.
#[derive(Debug, Clone)]
pub struct Ncd {
    floor: usize,
}

impl Ncd {
    /// A source that refuses a list of fewer than `floor` determinations: what a list that was cut
    /// short lacks would be told as delisted. CMS lists 345; the program uses 100.
    pub fn new(floor: usize) -> Self {
        Self { floor }
    }
}

impl Default for Ncd {
    fn default() -> Self {
        const FLOOR: usize = 100;
        Self::new(FLOOR)
    }
}

impl Source for Ncd {
    fn meta(&self) -> &SourceMeta {
        &META
    }

    /// Never fails: a list that cannot be read costs the scan of the other determinations, not the
    /// records of the configured ones. It is named as a unit all the same, and reading that unit
    /// says what is wrong with it.
    fn discover(
        &self,
        seen: &Seen,
        failed: &[String],
        brief: &Brief<'_>,
    ) -> Result<Discovery, ShapeError> {
        let list = seen.get(REPORT_URL);
        if list.is_none() && !failed.iter().any(|url| url == REPORT_URL) {
            return Ok(Discovery::Fetch(vec![Request::new(
                REPORT_URL,
                Expect::Json,
            )]));
        }
        let mut units = Vec::new();
        if list.is_some() {
            units.push(report_unit());
        }
        for &id in brief.watch.ncds.keys() {
            units.push(configured_unit(id, detail_url(id), list));
        }
        // Without the list nobody knows which other determinations there are: no baseline yet.
        let mut listed = None;
        if let Some(list) = list
            && let Ok(rows) = report::read(list, self.floor)
        {
            units.extend(scan_units(&rows, list, brief.watch));
            listed = Some(units.iter().map(|unit| unit.name.clone()).collect());
        }
        Ok(Discovery::Complete {
            units,
            listed,
            concerns: Vec::new(),
        })
    }

    fn recognise(&self, url: &str, brief: &Brief<'_>) -> Option<Unit> {
        let parsed = Url::parse(url).ok()?;
        if parsed.host_str() != Some("api.coverage.cms.gov") {
            return None;
        }
        match parsed.path().trim_end_matches('/') {
            "/v1/reports/national-coverage-ncd" => {
                let mut unit = report_unit();
                url.clone_into(&mut unit.request.url);
                Some(unit)
            }
            "/v1/data/ncd" => {
                let (_, id) = parsed.query_pairs().find(|(key, _)| key == "ncdid")?;
                let id = id.parse().ok()?;
                Some(if brief.watch.ncds.contains_key(&id) {
                    configured_unit(id, url.to_owned(), None)
                } else {
                    detail_unit(id, url.to_owned(), Reuse::Never, None)
                })
            }
            _ => None,
        }
    }

    fn extract(
        &self,
        unit: &Unit,
        documents: &UnitDocuments,
        watch: &Watch,
    ) -> Result<Reading, ShapeError> {
        if unit.name == report::NAME {
            return report::reading(&documents.primary, self.floor, watch);
        }
        let id = unit
            .name
            .strip_prefix("NCD ")
            .and_then(|id| id.parse::<u32>().ok())
            .ok_or_else(|| ShapeError::new(&unit.name, "no unit of this source"))?;
        let rows = unit
            .context
            .first()
            .map(|list| report::read(list, self.floor))
            .transpose()
            // A list that cannot be read is told once, by its own unit.
            .unwrap_or_default();
        record_reading(id, unit, documents, watch, rows.as_ref())
    }

    fn witness(&self, _unit: &Unit, companion: &Document, believed: &[Fact]) -> Option<String> {
        witness::while_unreachable(companion, believed)
    }
}

fn record_reading(
    id: u32,
    unit: &Unit,
    documents: &UnitDocuments,
    watch: &Watch,
    rows: Option<&Rows>,
) -> Result<Reading, ShapeError> {
    let record = Record::read(&documents.primary.bytes, &unit.name)?;
    let row = rows.and_then(|rows| rows.get(&id));
    let interest = check_identity(id, &record, watch, &unit.name)?;
    if let Some(row) = row {
        if row.section != record.section {
            return Err(ShapeError::new(
                &unit.name,
                format!(
                    "the record is section {}, the list says {}",
                    record.section, row.section
                ),
            ));
        }
        if row.version > record.version {
            return Err(ShapeError::new(
                &unit.name,
                format!(
                    "the record is version {}, the list has version {}: an old answer",
                    record.version, row.version
                ),
            ));
        }
    }
    let said = statements(&record, watch, interest, &unit.name)?;
    let page = documents.companions.first().and_then(Option::as_ref);
    let edition = Edition {
        name: unit.name.clone(),
        begins: said.begins,
        repost: Repost::Amends,
    };
    Ok(Reading {
        published: row.and_then(report::Row::last_updated),
        statements: said.statements,
        announces_new: interest == Interest::Scanned,
        concerns: page
            .and_then(|page| witness::concern(page, &record))
            .into_iter()
            .collect(),
        ..Reading::new(edition)
    })
}

/// Whether the record is the one that was asked for, and how much of it is kept.
fn check_identity(
    id: u32,
    record: &Record,
    watch: &Watch,
    what: &str,
) -> Result<Interest, ShapeError> {
    if record.id != id {
        return Err(ShapeError::new(
            what,
            format!("the answer is the record of document_id {}", record.id),
        ));
    }
    if let Some(link) = watch.ncds.get(&id) {
        if link.section != record.section {
            return Err(ShapeError::new(
                what,
                format!(
                    "document_id {id} is section {}, but it is configured as {}: correct the section or the id in the configuration",
                    record.section, link.section
                ),
            ));
        }
        return Ok(Interest::Configured);
    }
    let taken = watch
        .ncds
        .values()
        .find(|link| link.section == record.section);
    match taken {
        Some(link) => Err(ShapeError::new(
            what,
            format!(
                "it is section {}, which is configured as document_id {}: correct the id in the configuration",
                record.section, link.id
            ),
        )),
        None => Ok(Interest::Scanned),
    }
}

fn report_unit() -> Unit {
    // Discovery has asked for it a moment ago.
    let reuse = Reuse::Within(TimeDelta::hours(1));
    Unit::new(
        report::NAME,
        Request::new(REPORT_URL, Expect::Json).reuse(reuse),
    )
}

fn configured_unit(id: u32, url: String, list: Option<&Document>) -> Unit {
    let mut unit = detail_unit(id, url, Reuse::Never, list);
    let page = format!("https://www.cms.gov/medicare-coverage-database/view/ncd.aspx?ncdid={id}");
    unit.companions
        .push(Request::new(page, Expect::Html).reuse(Reuse::Within(TimeDelta::hours(20))));
    unit
}

/// The records of all determinations that are not configured, in the order in which CMS touched
/// them; none when no words are watched.
fn scan_units(rows: &Rows, list: &Document, watch: &Watch) -> Vec<Unit> {
    if watch.words.is_empty() {
        return Vec::new();
    }
    let mut others: Vec<_> = rows
        .iter()
        .filter(|(id, _)| !watch.ncds.contains_key(id))
        .collect();
    others.sort_by_key(|&(&id, row)| (row.last_updated_sort.as_str(), id));
    others
        .into_iter()
        .map(|(&id, row)| detail_unit(id, detail_url(id), Reuse::Tag(row.tag()), Some(list)))
        .collect()
}

fn detail_unit(id: u32, url: String, reuse: Reuse, list: Option<&Document>) -> Unit {
    let record = Request::new(url, Expect::Json).reuse(reuse);
    Unit {
        context: list.cloned().into_iter().collect(),
        ..Unit::new(format!("NCD {id}"), record)
    }
}

/// The address of the latest version of a record.
fn detail_url(id: u32) -> String {
    format!("https://api.coverage.cms.gov/v1/data/ncd/?ncdid={id}")
}
