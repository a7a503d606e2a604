//! The source: what is asked for, in which order.

use chrono::TimeDelta;
use url::Url;

use super::analyses::{self, Analysis, Kind};
use super::interest::Interest;
use super::{analysis, announcements};
use crate::model::document::Document;
use crate::model::request::{
    Discovery, Expect, Reading, Request, Reuse, ShapeError, Unit, UnitDocuments,
};
use crate::model::watch::Watch;
use crate::sources::coverage_api::ORIGIN;
use crate::sources::{Brief, Seen, Source, SourceMeta};

/// The list of all national coverage analyses, open and finished.
const ANALYSES: &str = "https://api.coverage.cms.gov/v1/reports/national-coverage-ncacal/";
/// What was new in the last thirty days, so that a pause of the program loses nothing.
const NEWS: &str = "https://api.coverage.cms.gov/v1/reports/whats-new/national/?timeframe=30";
/// The list of all determinations, for the titles of the configured ones.
const DETERMINATIONS: &str = "https://api.coverage.cms.gov/v1/reports/national-coverage-ncd/";

static META: SourceMeta = SourceMeta {
    id: "nca",
    title: "National coverage analyses and news (Medicare Coverage Database)",
    home: "https://www.cms.gov/medicare-coverage-database/reports/national-coverage-ncacal-status-report.aspx",
    about: "Once a day: the list of national coverage analyses, what the coverage database says was new \
            in the last thirty days, and the list of determinations where the last one is older than a \
            day (three small requests); then the record of each analysis that is open or concerns a \
            configured determination, a watched word or code (seldom more \
            than ten). An analysis is the first sign that a \
            determination may change: CMS opens it, proposes a decision, takes comments for thirty days \
            and decides. The API is made for programs, is public, and needs no key.",
    schedule: "45 10 * * *",
    extractor: 1,
    origins: &[ORIGIN],
    unseen: "the list of analyses and their records: the names of their fields are known from programs \
             that read them and from the news of the same database, not from an answer of CMS",
    gathers: true,
};

/// National coverage analyses, and the news of the coverage database.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nca;

impl Source for Nca {
    fn meta(&self) -> &SourceMeta {
        &META
    }

    /// Never fails: a list that cannot be read is named as a unit, and reading that unit says what is
    /// wrong with it. The other list is read all the same.
    fn discover(
        &self,
        seen: &Seen,
        failed: &[String],
        brief: &Brief<'_>,
    ) -> Result<Discovery, ShapeError> {
        let lists: Vec<Request> = [list(ANALYSES), list(NEWS), determinations()]
            .into_iter()
            .filter(|request| !seen.contains_key(&request.url) && !failed.contains(&request.url))
            .collect();
        if !lists.is_empty() {
            return Ok(Discovery::Fetch(lists));
        }
        let titles = seen.get(DETERMINATIONS);
        let mut units = Vec::new();
        if let Some(list) = seen.get(NEWS) {
            units.extend(news_units(list, titles));
        }
        if let Some(list) = seen.get(ANALYSES) {
            units.push(analyses_unit(titles));
            let interest = Interest::new(brief.watch, titles);
            if let Ok(analyses) = analyses::read(list) {
                let wanted: Vec<_> = analyses
                    .iter()
                    .filter(|one| one.is_read(&interest))
                    .collect();
                let few = wanted.len() <= FEW;
                let always = |one: &Analysis| few || one.concerns(&interest);
                let records = wanted
                    .into_iter()
                    .filter_map(|one| record_unit(one, always(one), list, titles));
                units.extend(records);
            }
        }
        // What could not be fetched today is not known: no baseline yet. What was fetched and cannot be
        // read will not be readable tomorrow either, and the rest must not wait for it.
        let whole = seen.contains_key(ANALYSES) && seen.contains_key(NEWS);
        let listed = whole.then(|| units.iter().map(|unit| unit.name.clone()).collect());
        Ok(Discovery::Complete {
            units,
            listed,
            concerns: Vec::new(),
        })
    }

    fn recognise(&self, url: &str, _brief: &Brief<'_>) -> Option<Unit> {
        let parsed = Url::parse(url).ok()?;
        if parsed.origin().ascii_serialization() != ORIGIN {
            return None;
        }
        let id = |name: &str| {
            let (_, id) = parsed.query_pairs().find(|(key, _)| key == name)?;
            id.parse::<u32>().ok()
        };
        let unit = |name: String| Unit::new(name, Request::new(url, Expect::Json));
        match parsed.path().trim_end_matches('/') {
            "/v1/reports/national-coverage-ncacal" => Some(unit(analyses::NAME.to_owned())),
            "/v1/reports/whats-new/national" => Some(unit(announcements::NAME.to_owned())),
            "/v1/data/nca" => Some(unit(format!("{} {}", Kind::Nca.id(), id("ncaid")?))),
            "/v1/data/cal" => Some(unit(format!("{} {}", Kind::Cal.id(), id("calid")?))),
            _ => None,
        }
    }

    fn extract(
        &self,
        unit: &Unit,
        documents: &UnitDocuments,
        watch: &Watch,
    ) -> Result<Reading, ShapeError> {
        let context = |url: &str| unit.context.iter().find(|document| document.url == url);
        let interest = Interest::new(watch, context(DETERMINATIONS));
        let document = &documents.primary;
        if unit.name == analyses::NAME {
            return analyses::reading(document, &interest);
        }
        if announcements::is_of(&unit.name) {
            return announcements::reading(document, &unit.name, &interest);
        }
        let (kind, id) = analysis::named(&unit.name)
            .ok_or_else(|| ShapeError::new(&unit.name, "no unit of this source"))?;
        // A list that cannot be read is told once, by its own unit.
        let row = context(ANALYSES)
            .and_then(|list| analyses::read(list).ok())
            .and_then(|rows| rows.into_iter().find(|row| row.is(kind, id)));
        analysis::reading(document, kind, id, row.as_ref(), &interest)
    }
}

fn list(url: &str) -> Request {
    Request::new(url, Expect::Json)
}

fn determinations() -> Request {
    list(DETERMINATIONS).reuse(Reuse::Within(TimeDelta::hours(20)))
}

/// The list itself as a unit: discovery has asked for it a moment ago.
fn listed_unit(name: String, url: &str, titles: Option<&Document>) -> Unit {
    let request = list(url).reuse(Reuse::Within(TimeDelta::hours(1)));
    Unit {
        context: titles.cloned().into_iter().collect(),
        ..Unit::new(name, request)
    }
}

fn analyses_unit(titles: Option<&Document>) -> Unit {
    listed_unit(analyses::NAME.to_owned(), ANALYSES, titles)
}

/// One unit for each row, so that a row is one edition: it says the same however often it is served,
/// in whatever order, and nothing when it is served no more.
fn news_units(list: &Document, titles: Option<&Document>) -> Vec<Unit> {
    let names = match announcements::read(list) {
        Ok(rows) => announcements::names(&rows),
        // Reading it says what is wrong.
        Err(_) => vec![announcements::NAME.to_owned()],
    };
    names
        .into_iter()
        .map(|name| listed_unit(name, NEWS, titles))
        .collect()
}

/// As many records are read every day. If more analyses are open than ever were, those that concern
/// nothing by their title are read when the list says that CMS touched them.
const FEW: usize = 30;

fn record_unit(
    analysis: &Analysis,
    always: bool,
    list: &Document,
    titles: Option<&Document>,
) -> Option<Unit> {
    let url = analysis.record_url()?;
    let reuse = match &analysis.updated {
        _ if always => Reuse::Never,
        Some(updated) => Reuse::Tag(updated.clone()),
        None => Reuse::Within(TimeDelta::days(6)),
    };
    Some(Unit {
        context: titles.into_iter().chain([list]).cloned().collect(),
        ..Unit::new(
            format!("{} {}", analysis.kind.id(), analysis.id),
            Request::new(url, Expect::Json).reuse(reuse),
        )
    })
}
