//! The source: what is asked for, in which order.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use url::Url;

use super::rows::{self, Kind, Row};
use super::scope::Scope;
use super::states::{STATES, state_ids};
use super::{codes, record};
use crate::model::document::Document;
use crate::model::request::{
    Access, Concern, Discovery, Expect, Reading, Request, Reuse, ShapeError, Unit, UnitDocuments,
};
use crate::model::watch::Watch;
use crate::sources::coverage_api::ORIGIN;
use crate::sources::{Brief, Seen, Source, SourceMeta};

static META: SourceMeta = SourceMeta {
    id: "local_coverage",
    title: "Local coverage determinations and articles (Medicare Coverage Database)",
    home: "https://www.cms.gov/medicare-coverage-database/reports/local-coverage-final-lcds-alphabetical-report.aspx",
    about: "Off until it is switched on, because the records need a licence token, and asking for it accepts \
            the terms of the American Medical Association (AMA), the American Dental Association (ADA) and \
            the American Hospital Association (AHA). Once a day: the lists of final and proposed \
            determinations and of articles, for each configured contractor or state (three small \
            requests each); then the records and the code lists that were touched since (several hundred \
            once, after installation, with the usual pause between them; then a few each week).",
    schedule: "15 11 * * *",
    extractor: 1,
    origins: &[ORIGIN],
    unseen: "all of it: lists, records and code lists are read by the field names that programs which read \
             them use; no answer of CMS was seen",
    gathers: true,
};

/// Local coverage determinations and articles.
#[derive(Debug, Clone, Default)]
pub struct LocalCoverage {
    scope: Scope,
}

impl LocalCoverage {
    /// For these contractors and states.
    pub fn new(scope: Scope) -> Self {
        Self { scope }
    }

    /// The query of each list that is read: whole (for contractors by name), or picked out by the API.
    fn picks(&self, seen: &Seen) -> Result<Vec<String>, ShapeError> {
        let mut picks = Vec::new();
        if self.scope.has_names() {
            picks.push(String::new());
        }
        let contractors = self.scope.contractor_ids();
        picks.extend(contractors.map(|id| format!("?contractor_id={id}")));
        if let Some(list) = seen.get(STATES) {
            for letters in &self.scope.states {
                let ids = state_ids(list, letters)?;
                picks.extend(ids.into_iter().map(|id| format!("?state_id={id}")));
            }
        }
        picks.sort();
        picks.dedup();
        Ok(picks)
    }

    /// The contractors' names matter only where a list is whole.
    fn names_for(&self, query: &str) -> Option<&Scope> {
        query.is_empty().then_some(&self.scope)
    }
}

impl Source for LocalCoverage {
    fn meta(&self) -> &SourceMeta {
        &META
    }

    /// # Errors
    /// When the list of states has another form or lacks a configured state.
    fn discover(
        &self,
        seen: &Seen,
        failed: &[String],
        brief: &Brief<'_>,
    ) -> Result<Discovery, ShapeError> {
        let missing = |url: &str| !seen.contains_key(url) && !failed.iter().any(|one| one == url);
        if !self.scope.states.is_empty() && missing(STATES) {
            let month = Reuse::Within(TimeDelta::days(30));
            let states = Request::new(STATES, Expect::Json).reuse(month);
            return Ok(Discovery::Fetch(vec![states]));
        }
        let picks = self.picks(seen)?;
        let lists: Vec<(Kind, &String, String)> = Kind::ALL
            .into_iter()
            .flat_map(|kind| {
                let url = move |pick: &String| list_url(kind, pick);
                picks.iter().map(move |pick| (kind, pick, url(pick)))
            })
            .collect();
        let wanted: Vec<Request> = lists
            .iter()
            .filter(|(_, _, url)| missing(url))
            .map(|(_, _, url)| Request::new(url, Expect::Json))
            .collect();
        if !wanted.is_empty() {
            return Ok(Discovery::Fetch(wanted));
        }
        let mut units = Vec::new();
        let mut records: BTreeMap<(Kind, u32), (Row, &Document)> = BTreeMap::new();
        for (kind, pick, url) in &lists {
            let Some(list) = seen.get(url) else { continue };
            units.push(list_unit(*kind, pick, url));
            // A list that cannot be read is told by its own unit.
            for row in rows::read(list, *kind).unwrap_or_default() {
                let ours = self
                    .names_for(pick)
                    .is_none_or(|scope| scope.names_contractor(&row));
                if ours && (!row.is_retired() || row.names_watched(brief.watch)) {
                    records.insert((row.kind, row.id), (row, list));
                }
            }
        }
        units.extend(
            records
                .values()
                .flat_map(|(row, list)| row_units(row, list)),
        );
        let whole = failed.is_empty();
        let listed = whole.then(|| units.iter().map(|unit| unit.name.clone()).collect());
        let concerns = picks.is_empty().then(|| Concern {
            key: "scope".to_owned(),
            text: "no contractor and no state of the configuration could be looked up, so that no policy of a contractor is read".to_owned(),
            remedy: "name contractors or states under [sources.local_coverage]".to_owned(),
        });
        Ok(Discovery::Complete {
            units,
            listed,
            concerns: concerns.into_iter().collect(),
        })
    }

    fn recognise(&self, url: &str, _brief: &Brief<'_>) -> Option<Unit> {
        let parsed = Url::parse(url).ok()?;
        if parsed.origin().ascii_serialization() != ORIGIN {
            return None;
        }
        let path = parsed.path().trim_end_matches('/');
        let report = path.strip_prefix("/v1/reports/")?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.report() == report)?;
        let pick = parsed
            .query()
            .map_or_else(String::new, |query| format!("?{query}"));
        Some(list_unit(kind, &pick, url))
    }

    fn extract(
        &self,
        unit: &Unit,
        documents: &UnitDocuments,
        watch: &Watch,
    ) -> Result<Reading, ShapeError> {
        let document = &documents.primary;
        let name = &unit.name;
        if let Some((kind, pick)) = list_of(name) {
            return rows::reading(document, kind, name, self.names_for(pick), watch);
        }
        let list = unit.context.first();
        let row = list.and_then(|list| {
            let found = Kind::ALL.into_iter().flat_map(|kind| {
                let reads = list.url.contains(kind.report());
                let rows = reads.then(|| rows::read(list, kind).unwrap_or_default());
                rows.unwrap_or_default()
            });
            found
                .into_iter()
                .find(|row| name.split_whitespace().nth(1) == Some(&row.number))
        });
        let row = row.ok_or_else(|| {
            ShapeError::new(name, "the list that names its contractor is not at hand")
        })?;
        if name.ends_with(CODES) {
            codes::reading(document, &row, name, watch)
        } else {
            record::reading(document, &row, name, watch)
        }
    }
}

/// Ends the name of the unit of an article's codes.
const CODES: &str = " codes";

fn list_url(kind: Kind, pick: &str) -> String {
    format!("{ORIGIN}/v1/reports/{}/{pick}", kind.report())
}

fn list_unit(kind: Kind, pick: &str, url: &str) -> Unit {
    // Discovery has asked for it a moment ago.
    let reuse = Reuse::Within(TimeDelta::hours(1));
    let request = Request::new(url, Expect::Json).reuse(reuse);
    Unit::new(format!("list {}{pick}", kind.report()), request)
}

/// The list in the name of a list's unit, and its query.
fn list_of(unit: &str) -> Option<(Kind, &str)> {
    let list = unit.strip_prefix("list ")?;
    Kind::ALL
        .into_iter()
        .find_map(|kind| Some((kind, list.strip_prefix(kind.report())?)))
}

/// The record of a policy, and for an article its code list.
fn row_units(row: &Row, list: &Document) -> Vec<Unit> {
    let what = if row.kind == Kind::Article {
        "Article"
    } else {
        "LCD"
    };
    let unit = |name: String, url: String| {
        let request = Request::new(url, Expect::Json)
            .reuse(Reuse::Tag(row.tag()))
            .access(Access::CoverageLicence);
        Unit {
            context: vec![list.clone()],
            ..Unit::new(name, request)
        }
    };
    let name = format!("{what} {}", row.number);
    let record = row.record_url().map(|url| unit(name.clone(), url));
    let codes = row
        .codes_url()
        .map(|url| unit(format!("{name}{CODES}"), url));
    record.into_iter().chain(codes).collect()
}
