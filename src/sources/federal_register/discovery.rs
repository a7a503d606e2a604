//! From lists and the desk to the documents in them.

use std::collections::{BTreeMap, BTreeSet};

use super::address::{self, Search};
use super::desk::{self, Filed};
use super::list;
use super::record::Record;
use super::settings::FederalRegisterSettings;
use crate::model::document::Document;
use crate::model::request::{Discovery, Expect, Request, Reuse, ShapeError, Unit};
use crate::sources::{Brief, Seen};

/// Pages of one list that are followed: ten thousand documents.
const MOST_PAGES: usize = 50;

/// The name of the unit of a published document.
pub(super) fn name(number: &str) -> String {
    format!("FR {number}")
}

/// The name of the unit of a document on the desk.
pub(super) fn filed_name(number: &str) -> String {
    format!("FR {number} filed")
}

pub(super) fn discover(
    settings: &FederalRegisterSettings,
    seen: &Seen,
    failed: &[String],
    brief: &Brief<'_>,
) -> Result<Discovery, ShapeError> {
    let mut lists = Lists::default();
    for search in searches(settings, brief) {
        lists.follow(&address::list(&search, brief.since_year), seen, failed)?;
    }
    let desk_url = address::desk();
    let desk = seen.get(&desk_url);
    if desk.is_none() {
        if failed.contains(&desk_url) {
            lists.is_whole = false;
        } else {
            lists.wanted.push(desk_url);
        }
    }
    if !lists.wanted.is_empty() {
        let requests = lists.wanted.into_iter();
        let requests = requests.map(|url| Request::new(url, Expect::Json));
        return Ok(Discovery::Fetch(requests.collect()));
    }
    let on_desk = desk.map(|desk| desk::read(&desk.bytes)).transpose()?;

    let mut context: Vec<Document> = lists.pages;
    let mut units: Vec<((chrono::NaiveDate, bool), Unit)> = Vec::new();
    for record in lists.records.values() {
        let unit = published_unit(record, &context);
        units.push(((record.published, true), unit));
    }
    context.extend(desk.cloned());
    for one in on_desk.iter().flatten() {
        units.push(((one.day, false), filed_unit(one, &context)));
    }
    units.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| a.name.cmp(&b.name)));
    let units: Vec<Unit> = units.into_iter().map(|(_, unit)| unit).collect();
    let listed = lists
        .is_whole
        .then(|| units.iter().map(|unit| unit.name.clone()).collect());
    Ok(Discovery::Complete {
        units,
        listed,
        concerns: Vec::new(),
    })
}

/// Each part, each watched word and each configured term once.
fn searches(settings: &FederalRegisterSettings, brief: &Brief<'_>) -> Vec<Search> {
    let parts: BTreeSet<u32> = settings.cfr_parts.iter().copied().collect();
    let terms: BTreeSet<String> = settings
        .terms
        .iter()
        .chain(&brief.watch.words)
        .map(|term| term.trim().to_lowercase())
        .filter(|term| !term.is_empty())
        .collect();
    let parts = parts.into_iter().map(Search::Part);
    parts.chain(terms.into_iter().map(Search::Term)).collect()
}

/// What the lists have told so far.
struct Lists {
    /// By number: a document that several lists name is one.
    records: BTreeMap<String, Record>,
    pages: Vec<Document>,
    /// Addresses that are to be read next.
    wanted: Vec<String>,
    /// Whether every list was read to its end.
    is_whole: bool,
}

impl Default for Lists {
    fn default() -> Self {
        Self {
            records: BTreeMap::new(),
            pages: Vec::new(),
            wanted: Vec::new(),
            is_whole: true,
        }
    }
}

impl Lists {
    /// Reads a list as far as its pages are there.
    fn follow(&mut self, first: &str, seen: &Seen, failed: &[String]) -> Result<(), ShapeError> {
        let mut url = first.to_owned();
        let mut read: BTreeSet<String> = BTreeSet::new();
        let mut rows = 0;
        loop {
            let Some(document) = seen.get(&url) else {
                if failed.contains(&url) {
                    self.is_whole = false;
                } else if !self.wanted.contains(&url) {
                    self.wanted.push(url);
                }
                return Ok(());
            };
            read.insert(url);
            let page = list::read(&document.bytes)?;
            rows += page.rows;
            for record in page.records {
                self.records.entry(record.number.clone()).or_insert(record);
            }
            self.pages.push(document.clone());
            match page.next {
                Some(next) if !read.contains(&next) && read.len() < MOST_PAGES => url = next,
                Some(_) => {
                    self.is_whole = false;
                    return Ok(());
                }
                None => {
                    // A list cut short is no list of everything.
                    self.is_whole &= rows >= page.count;
                    return Ok(());
                }
            }
        }
    }
}

fn published_unit(record: &Record, context: &[Document]) -> Unit {
    let own = address::document(&record.number);
    let tag = || Reuse::Tag(record.tag.clone());
    let own = Request::new(own, Expect::Json).reuse(tag());
    let (request, fallback) = match &record.full_text {
        Some(url) => (Request::new(url, Expect::Xml).reuse(tag()), Some(own)),
        None => (own, None),
    };
    Unit {
        fallback,
        context: context.to_vec(),
        row_counts: true,
        ..Unit::new(name(&record.number), request)
    }
}

fn filed_unit(filed: &Filed, context: &[Document]) -> Unit {
    let own = address::desk_document(&filed.number);
    let tag = || Reuse::Tag(filed.tag.clone());
    let own = Request::new(own, Expect::Json).reuse(tag());
    let (request, fallback) = match &filed.raw_text {
        Some(url) => (Request::new(url, Expect::Text).reuse(tag()), Some(own)),
        None => (own, None),
    };
    Unit {
        fallback,
        context: context.to_vec(),
        row_counts: true,
        ..Unit::new(filed_name(&filed.number), request)
    }
}
