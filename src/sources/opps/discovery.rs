//! Which quarters there are: from the list page over the pages of the quarters to the archives.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::page::{QuarterPage, Rank, names_addendum_b};
use crate::model::date::dates_in_name;
use crate::model::document::Document;
use crate::model::quarter::Quarter;
use crate::model::request::{Concern, Discovery, Expect, Request, Reuse, ShapeError, Unit};
use crate::parse::html::{Link, Page};
use crate::sources::cms::links::{archive_address, file_name, join, leads_further};
use crate::sources::cms::quarters::Series;
use crate::sources::{Brief, Seen};

/// The list of all quarters: "Quarterly Addenda Updates".
pub const LIST_URL: &str = "https://www.cms.gov/medicare/payment/prospective-payment-systems/hospital-outpatient-pps/quarterly-addenda-updates";

/// Most pages of the list.
const MOST_LIST_PAGES: usize = 30;

const SERIES: Series<'_> = Series {
    issue,
    list: "the list of OPPS addenda",
};

/// The name of a quarter's issue, by its first month: `OPPS 2020-04`.
pub(super) fn issue(quarter: Quarter) -> String {
    let begins = quarter.begins();
    format!("OPPS {}-{:02}", begins.year(), begins.month())
}

/// The quarter of an issue.
pub(super) fn quarter_of(issue: &str) -> Option<Quarter> {
    let (year, month) = issue.strip_prefix("OPPS ")?.split_once('-')?;
    let day = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)?;
    let quarter = Quarter::of(day);
    (quarter.begins() == day).then_some(quarter)
}

/// One step of discovery.
///
/// # Errors
/// When the list names no quarter at all.
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
    if list.quarters.is_empty() {
        return Err(ShapeError::new(
            "the list of OPPS addenda",
            "links to Addendum B of quarters such as April 2020 are expected, none is found: a maintenance page, or a new form of the list",
        ));
    }
    // Later pages of the list name still later ones.
    let mut whole = true;
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
            match seen.get(&url) {
                Some(document) => list.take(document)?,
                None => whole = false,
            }
            read.insert(url);
        }
    }
    list.quarters
        .retain(|quarter, _| quarter.year() >= brief.since_year);

    let wanted: Vec<Request> = list
        .quarters
        .iter()
        .flat_map(|(quarter, places)| places.pages.iter().map(move |url| (quarter, url)))
        .filter(|(_, url)| !seen.contains_key(*url) && !has_failed(url))
        .map(|(quarter, url)| {
            let age = if is_recent(*quarter, brief.today) {
                TimeDelta::hours(20)
            } else {
                TimeDelta::days(30)
            };
            Request::new(url, Expect::Html).reuse(Reuse::Within(age))
        })
        .collect();
    if !wanted.is_empty() {
        return Ok(Discovery::Fetch(wanted));
    }
    Ok(complete(&list, seen, whole, brief))
}

fn complete(list: &List, seen: &Seen, whole: bool, brief: &Brief<'_>) -> Discovery {
    let mut concerns = Vec::new();
    let mut units = Vec::new();
    for (&quarter, places) in &list.quarters {
        match archive_of(quarter, places, seen) {
            Ok(Some((url, page))) => units.push(unit(quarter, url, page.cloned(), brief.today)),
            // Its pages could not be had, which is told elsewhere.
            Ok(None) => {}
            Err(why) => concerns.push(unreadable_page(quarter, places, &why)),
        }
    }
    concerns.extend(strange(list, brief.since_year));
    if whole {
        let listed = list.quarters.keys().copied().collect();
        concerns.extend(SERIES.missing(&listed, brief.today));
    }
    // Also those whose page cannot be read today: they are old all the same.
    Discovery::Complete {
        units,
        listed: Some(
            list.quarters
                .keys()
                .map(|&quarter| issue(quarter))
                .collect(),
        ),
        concerns,
    }
}

/// A quarter's archive as a unit; `page` is the page of the quarter, where it was seen.
pub(super) fn unit(
    quarter: Quarter,
    url: String,
    page: Option<Document>,
    today: NaiveDate,
) -> Unit {
    let days = if is_recent(quarter, today) { 7 } else { 90 };
    let expect = if file_name(&url).to_ascii_lowercase().ends_with(".xlsx") {
        Expect::Xlsx
    } else {
        Expect::Zip
    };
    let archive = Request::new(url, expect).reuse(Reuse::Within(TimeDelta::days(days)));
    Unit {
        context: page.into_iter().collect(),
        ..Unit::new(issue(quarter), archive)
    }
}

/// The archive of a quarter and the page that leads to it; nothing when no page could be had.
fn archive_of<'s>(
    quarter: Quarter,
    places: &Places,
    seen: &'s Seen,
) -> Result<Option<(String, Option<&'s Document>)>, String> {
    let mut best: Option<(Rank, String, Option<&Document>)> = None;
    let mut problem = None;
    let mut take = |rank: Rank, url: String, page| {
        if best.as_ref().is_none_or(|(other, _, _)| rank > *other) {
            best = Some((rank, url, page));
        }
    };
    for (rank, url) in &places.archives {
        take(*rank, url.clone(), None);
    }
    for document in places.pages.iter().filter_map(|url| seen.get(url)) {
        let page = QuarterPage::read(&document.bytes, &document.final_url);
        match page {
            Ok(page) if !page.is_of(quarter) => {
                problem = Some(format!("it is the page of {}", page.names()));
            }
            Ok(page) => match page.archive(quarter) {
                Some((rank, link)) => take(rank, link.href.clone(), Some(document)),
                None => {
                    problem = Some("it has no link to a ZIP archive of Addendum B".to_owned());
                }
            },
            Err(why) => problem = Some(why),
        }
    }
    match (best, problem) {
        (Some((_, url, page)), _) => Ok(Some((url, page))),
        (None, Some(why)) => Err(why),
        (None, None) => Ok(None),
    }
}

fn unreadable_page(quarter: Quarter, places: &Places, why: &str) -> Concern {
    let issue = issue(quarter);
    let urls: Vec<&str> = places.pages.iter().map(String::as_str).collect();
    Concern {
        key: format!("page {issue}"),
        text: format!("the page of {issue} ({}) could not be read: {why}", urls.join(", ")),
        remedy: "The other quarters are read. Open the page; if it shows Addendum B, CMS changed its form and coverd needs an update.".to_owned(),
    }
}

/// Links to Addendum B of a year that is read, of which no quarter can be told.
fn strange(list: &List, since_year: i32) -> Option<Concern> {
    // The menu of the page names the list, without a year.
    let is_recent = |name: &str| {
        name.split(|c: char| !c.is_ascii_digit())
            .filter(|part| part.len() == 4)
            .filter_map(|year| year.parse().ok())
            .any(|year: i32| (since_year..3000).contains(&year))
    };
    let names: BTreeSet<&str> = list
        .strange
        .iter()
        .filter(|(url, name)| !list.known.contains(*url) && (is_recent(name) || is_recent(url)))
        .map(|(_, name)| &name[..])
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    (!names.is_empty()).then(|| Concern {
        key: format!("strange addenda {}", names.join(", ")),
        text: format!("the list of OPPS addenda links Addendum B of no quarter that is known: {}", names.join(", ")),
        remedy: "The quarters are read. Open the list and look what is new; it may be a correction of a quarter that coverd does not know how to read.".to_owned(),
    })
}

/// Of this or the last calendar year: those are posted again now and then.
fn is_recent(quarter: Quarter, today: NaiveDate) -> bool {
    quarter.year() >= today.year() - 1
}

/// Links of no known quarter that are told of.
const MOST_STRANGE: usize = 20;

/// Where Addendum B of a quarter may be.
#[derive(Debug, Default)]
struct Places {
    /// Pages of the quarter; seldom more than one, a correction may have its own.
    pages: BTreeSet<String>,
    /// Archives that the list links itself.
    archives: BTreeSet<(Rank, String)>,
}

/// What the pages of the list name.
#[derive(Debug, Default)]
struct List {
    quarters: BTreeMap<Quarter, Places>,
    /// Addresses of further pages of the list.
    more: BTreeSet<String>,
    /// Links to Addendum B of no quarter that is known, by address, with what they are called.
    strange: BTreeMap<String, String>,
    /// Links of which the quarter is known: the row around a link may say what its text does not.
    known: BTreeSet<String>,
}

impl List {
    fn take(&mut self, document: &Document) -> Result<(), ShapeError> {
        let page = Page::parse(&document.bytes)
            .map_err(|cause| ShapeError::new("the list of OPPS addenda", cause.to_string()))?;
        for row in page.tables("body").into_iter().flatten() {
            let around: Vec<&str> = row.iter().map(|cell| &cell.text[..]).collect();
            let around = around.join(" ");
            for link in row.iter().flat_map(|cell| &cell.links) {
                self.link(link, &around);
            }
        }
        for link in page.links("body") {
            self.link(&link, "");
            if let Some(url) = leads_further(LIST_URL, &link.href)
                && self.more.len() < MOST_LIST_PAGES
            {
                self.more.insert(url.into());
            }
        }
        Ok(())
    }

    /// Takes a link to Addendum B of a quarter: by its text, else by its address, else by the row of the
    /// table around it.
    fn link(&mut self, link: &Link, around: &str) {
        let archive = archive_address(LIST_URL, &link.href);
        let Some(url) = archive.clone().or_else(|| {
            let url = join(LIST_URL, &link.href)?;
            url.query().is_none().then(|| url.into())
        }) else {
            return;
        };
        let last = file_name(&url);
        let own = [&link.text[..], last];
        let of_others = |name: &&str| name.to_ascii_lowercase().contains("addend");
        if !own.iter().any(|name| names_addendum_b(name))
            && (own.iter().any(of_others) || !names_addendum_b(around))
        {
            return;
        }
        let names = [&link.text[..], last, around];
        let Some(quarter) = names.iter().find_map(|name| Quarter::by_month(name)) else {
            if self.strange.len() < MOST_STRANGE {
                let name = [link.text.trim(), last]
                    .into_iter()
                    .find(|name| !name.is_empty());
                let name = name.unwrap_or_default().chars().take(120).collect();
                self.strange.entry(url).or_insert(name);
            }
            return;
        };
        self.known.insert(url.clone());
        let places = self.quarters.entry(quarter).or_default();
        if archive.is_some() {
            let days = dates_in_name(last).into_iter().max();
            let corrects = url.to_ascii_lowercase().contains("correct");
            places.archives.insert(((corrects, days), url));
        } else {
            places.pages.insert(url);
        }
    }
}
