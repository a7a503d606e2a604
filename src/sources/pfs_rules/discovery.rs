//! Which rules there are: from the list of federal regulation notices over their pages to the addenda.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, TimeDelta};

use super::docket::{Docket, Kind, Posting};
use super::page::RulePage;
use crate::model::document::Document;
use crate::model::request::{Concern, Discovery, Expect, Request, Reuse, ShapeError, Unit};
use crate::parse::html::{Link, Page};
use crate::parse::link;
use crate::sources::{Brief, Seen};

/// The list of all rules and notices of the fee schedule.
pub const LIST_URL: &str =
    "https://www.cms.gov/medicare/payment/fee-schedules/physician/federal-regulation-notices";

/// Most pages of the list.
const MOST_LIST_PAGES: usize = 30;
/// Most rules whose pages are read; there are about four a year.
const MOST_RULES: usize = 150;

/// One step of discovery.
///
/// # Errors
/// When the list names no rule at all.
pub(super) fn discover(
    seen: &Seen,
    failed: &[String],
    brief: &Brief<'_>,
) -> Result<Discovery, ShapeError> {
    let has_failed = |url: &str| failed.iter().any(|failed| failed == url);
    if has_failed(LIST_URL) {
        return Ok(Discovery::Complete {
            units: Vec::new(),
            listed: None,
            concerns: Vec::new(),
        });
    }
    let Some(first) = seen.get(LIST_URL) else {
        return Ok(Discovery::Fetch(vec![Request::new(LIST_URL, Expect::Html)]));
    };
    let mut list = List::default();
    list.take(first)?;
    if list.pages.is_empty() {
        return Err(ShapeError::new(
            "the list of federal regulation notices",
            "links to pages of rules such as CMS-1848-P are expected, none is found: a maintenance page, or a new form of the list",
        ));
    }
    let mut read = BTreeSet::new();
    loop {
        let unread: Vec<String> = list.more.difference(&read).cloned().collect();
        if unread.is_empty() {
            break;
        }
        let wanted: Vec<Request> = unread
            .iter()
            .filter(|url| !seen.contains_key(*url) && !has_failed(url))
            .map(|url| Request::new(url, Expect::Html))
            .collect();
        if !wanted.is_empty() {
            return Ok(Discovery::Fetch(wanted));
        }
        for url in unread {
            if let Some(document) = seen.get(&url) {
                list.take(document)?;
            }
            read.insert(url);
        }
    }
    let pages = list.recent(brief);
    let wanted: Vec<Request> = pages
        .values()
        .filter(|page| !seen.contains_key(&page.url) && !has_failed(&page.url))
        .map(|page| {
            let recent = page.year.is_none_or(|year| year >= brief.today.year());
            let hours = if recent { 20 } else { 30 * 24 };
            Request::new(&page.url, Expect::Html).reuse(Reuse::Within(TimeDelta::hours(hours)))
        })
        .collect();
    if !wanted.is_empty() {
        return Ok(Discovery::Fetch(wanted));
    }
    Ok(complete(&pages, seen, brief))
}

/// A rule's addenda as a unit; `page` is the rule's page, where it was seen.
pub(super) fn unit(posting: &Posting, url: String, page: Option<Document>, recent: bool) -> Unit {
    let days = if recent { 7 } else { 90 };
    let archive = Request::new(url, Expect::Zip).reuse(Reuse::Within(TimeDelta::days(days)));
    Unit {
        context: page.into_iter().collect(),
        ..Unit::new(posting.to_string(), archive)
    }
}

fn complete(pages: &BTreeMap<Docket, Listed>, seen: &Seen, brief: &Brief<'_>) -> Discovery {
    let mut units = Vec::new();
    let mut listed = Vec::new();
    let mut concerns = Vec::new();
    for (docket, page) in pages {
        let Some(document) = seen.get(&page.url) else {
            // It could not be read today. What it leads to is as old as the list all the same.
            listed.extend(possible(docket, pages));
            continue;
        };
        let read = RulePage::read(&document.bytes, &document.final_url, docket);
        let found = read.and_then(|read| {
            let Some(addenda) = &read.addenda else {
                return Ok(None);
            };
            let posting = posting(docket, &read, pages)?;
            Ok(Some((posting, addenda.url.clone(), read.year)))
        });
        match found {
            Ok(None) => {}
            Ok(Some((_, _, Some(year)))) if year < brief.since_year => {}
            Ok(Some((posting, url, year))) => {
                let recent = year.is_none_or(|year| year >= brief.today.year());
                listed.push(posting.to_string());
                units.push((year, unit(&posting, url, Some(document.clone()), recent)));
            }
            Err(why) => {
                listed.extend(possible(docket, pages));
                concerns.push(Concern {
                    key: format!("page {docket}"),
                    text: format!("the page of {docket} ({}) could not be read: {why}", page.url),
                    remedy: "The other rules are read. Open the page; if it offers addenda, CMS changed its form and coverd needs an update.".to_owned(),
                });
            }
        }
    }
    // A rule before its correction, so that the correction is learned after it.
    units.sort_by_key(|(year, _)| year.unwrap_or(i32::MAX));
    Discovery::Complete {
        units: units.into_iter().map(|(_, unit)| unit).collect(),
        listed: Some(listed),
        concerns,
    }
}

/// The names of the postings that a page may lead to.
fn possible(docket: &Docket, pages: &BTreeMap<Docket, Listed>) -> Vec<String> {
    if docket.stage().is_some() {
        return vec![docket.to_string()];
    }
    pages
        .keys()
        .filter(|other| other.is_akin(docket) && other.stage().is_some())
        .map(|rule| {
            let correction = Some(docket.clone());
            let rule = rule.clone();
            Posting { rule, correction }.to_string()
        })
        .collect()
}

/// Whose addenda a page posts: its own, or those of the rule that it corrects.
fn posting(
    docket: &Docket,
    page: &RulePage,
    pages: &BTreeMap<Docket, Listed>,
) -> Result<Posting, String> {
    if docket.kind != Kind::Correction {
        return Ok(Posting {
            rule: docket.clone(),
            correction: None,
        });
    }
    let akin: Vec<&Docket> = pages
        .keys()
        .filter(|other| other.is_akin(docket) && other.stage().is_some())
        .filter(|other| page.corrects.is_none_or(|kind| other.kind == kind))
        .collect();
    match &akin[..] {
        [rule] => Ok(Posting {
            rule: (*rule).clone(),
            correction: Some(docket.clone()),
        }),
        [] => Err("the list does not name the rule that it corrects".to_owned()),
        several => Err(format!(
            "it does not say which of {} it corrects",
            several
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" and ")
        )),
    }
}

/// A rule as the list names it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Listed {
    url: String,
    /// The latest year in its row, which may be the one it is for or the one it was published in.
    year: Option<i32>,
}

/// What the pages of the list name.
#[derive(Debug, Default)]
struct List {
    pages: BTreeMap<Docket, Listed>,
    /// Addresses of further pages of the list.
    more: BTreeSet<String>,
}

impl List {
    fn take(&mut self, document: &Document) -> Result<(), ShapeError> {
        let page = Page::parse(&document.bytes).map_err(|cause| {
            ShapeError::new("the list of federal regulation notices", cause.to_string())
        })?;
        for row in page.tables("body").into_iter().flatten() {
            let year = row.iter().filter_map(|cell| year_in(&cell.text)).max();
            for cell in &row {
                for link in &cell.links {
                    self.link(link, &cell.text, year);
                }
            }
        }
        for link in page.links("main") {
            self.link(&link, "", None);
        }
        for link in page.links("body") {
            self.pager(&link);
        }
        Ok(())
    }

    /// Takes a link to a rule's page, named by its text, else by the cell around it, else by its
    /// address. The paths of all years have one word in common.
    fn link(&mut self, link: &Link, around: &str, year: Option<i32>) {
        let Some(url) = link::resolve(LIST_URL, &link.href, "cms.gov") else {
            return;
        };
        if !url.path().contains("federal-regulation-notices") || url.query().is_some() {
            return;
        }
        let last = url.path().rsplit('/').next().unwrap_or_default();
        let docket = Docket::find(&link.text)
            .or_else(|| Docket::find(last))
            .or_else(|| Docket::find(around));
        if let Some(docket) = docket.filter(|docket| docket.kind != Kind::Other) {
            self.pages.entry(docket).or_insert_with(|| Listed {
                url: url.into(),
                year,
            });
        }
    }

    fn pager(&mut self, link: &Link) {
        let (Some(url), Some(list)) = (
            link::resolve(LIST_URL, &link.href, "cms.gov"),
            link::resolve(LIST_URL, "", "cms.gov"),
        ) else {
            return;
        };
        let further = url.query_pairs().any(|(name, number)| {
            name == "page"
                && number.bytes().all(|b| b.is_ascii_digit() || b == b',')
                && number.bytes().any(|b| (b'1'..=b'9').contains(&b))
        });
        if url.path() == list.path() && further && self.more.len() < MOST_LIST_PAGES {
            self.more.insert(url.into());
        }
    }

    /// The rules of the years that are read, and those of which the list says no year: at most so many,
    /// the highest numbers first.
    fn recent(self, brief: &Brief<'_>) -> BTreeMap<Docket, Listed> {
        // A rule is published in the year before the one that it is for.
        let earliest = brief.since_year - 1;
        self.pages
            .into_iter()
            .rev()
            .filter(|(_, page)| page.year.is_none_or(|year| year >= earliest))
            .take(MOST_RULES)
            .collect()
    }
}

fn year_in(text: &str) -> Option<i32> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() == 4 && word.starts_with("20"))
        .filter_map(|word| word.parse().ok())
        .max()
}
