//! From the lists of two years over the pages of the transmittals to the PDFs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::issue::Issue;
use super::list::{ListPage, Row, page_number};
use super::page::TransmittalPage;
use super::wanted::is_wanted;
use crate::model::document::Document;
use crate::model::request::{Concern, Discovery, Expect, Request, Reuse, ShapeError, Unit};
use crate::sources::{Brief, Seen};

/// Most pages of the list of one year; at 25 rows each it has about forty.
const MOST_LIST_PAGES: u32 = 80;
/// Pages of this year's list that are read every day: some weeks of transmittals.
const FRESH_PAGES: u32 = 4;
/// The list of a new year is expected from this day of January on.
const NEW_LIST: u32 = 10;

/// The list of the transmittals of one year.
pub(super) fn list_url(year: i32) -> String {
    format!("https://www.cms.gov/medicare/regulations-guidance/transmittals/{year}-transmittals")
}

/// One step of discovery.
///
/// # Errors
/// When a list does not have the form that is known.
pub(super) fn discover(
    seen: &Seen,
    failed: &[String],
    brief: &Brief<'_>,
) -> Result<Discovery, ShapeError> {
    let has_failed = |url: &str| failed.iter().any(|failed| failed == url);
    let unknown = |url: &str| !seen.contains_key(url) && !has_failed(url);
    let mut lists = Lists::default();
    let mut wanted = Vec::new();
    for year in years(brief) {
        let list = list_url(year);
        let mut read = BTreeSet::new();
        let mut unread = BTreeSet::from([list.clone()]);
        while let Some(url) = unread.pop_first() {
            read.insert(url.clone());
            if let Some(document) = seen.get(&url) {
                let page = ListPage::read(document, &list)?;
                let few = page
                    .more
                    .iter()
                    .filter(|url| page_number(url).is_some_and(|number| number < MOST_LIST_PAGES))
                    .filter(|url| !read.contains(*url));
                unread.extend(few.cloned());
                lists.take(page);
            } else if has_failed(&url) {
                lists.whole = false;
            } else {
                wanted.push(list_request(&url, year, brief.today));
            }
        }
    }
    if !wanted.is_empty() {
        return Ok(Discovery::Fetch(wanted));
    }
    let mut rows: Vec<&Row> = lists
        .rows
        .values()
        .filter(|row| is_wanted(&row.subject, brief.watch))
        .collect();
    rows.sort_by_key(|row| row.issued);
    let pages: Vec<Request> = rows
        .iter()
        .filter(|row| unknown(&row.page))
        .map(|row| {
            let days = if is_new(row.issued, brief.today) {
                7
            } else {
                90
            };
            Request::new(&row.page, Expect::Html).reuse(Reuse::Within(TimeDelta::days(days)))
        })
        .collect();
    if !pages.is_empty() {
        return Ok(Discovery::Fetch(pages));
    }
    let listed = lists.whole.then(|| lists.names());
    let mut concerns = lists.concerns();
    let mut units = Units::default();
    for row in rows {
        if let Some(page) = seen.get(&row.page) {
            concerns.extend(units.add(row, page, brief.today));
        }
    }
    Ok(Discovery::Complete {
        units: units.oldest_first,
        listed,
        concerns,
    })
}

/// A PDF as a unit; `page` is the page of its transmittal, where it was seen.
pub(super) fn unit(
    issue: &Issue,
    url: &str,
    page: Option<(&Document, NaiveDate)>,
    today: NaiveDate,
) -> Unit {
    let days = match page {
        Some((_, issued)) if is_new(issued, today) => 30,
        _ => 180,
    };
    let pdf = Request::new(url, Expect::Pdf).reuse(Reuse::Within(TimeDelta::days(days)));
    Unit {
        context: page.map(|(page, _)| page.clone()).into_iter().collect(),
        ..Unit::new(issue.to_string(), pdf)
    }
}

/// The years whose lists are read, the older first.
fn years(brief: &Brief<'_>) -> Vec<i32> {
    let this = brief.today.year();
    // The list of a new year is made when its first transmittals are out.
    let newest = if brief.today.ordinal() < NEW_LIST {
        this - 1
    } else {
        this
    };
    [this - 1, this]
        .into_iter()
        .filter(|&year| year <= newest && (year >= brief.since_year || year == newest))
        .collect()
}

fn list_request(url: &str, year: i32, today: NaiveDate) -> Request {
    let number = page_number(url).unwrap_or(0);
    let this_year = year == today.year();
    let late_posts = year + 1 == today.year() && today.month() <= 2;
    let fresh = (this_year && number < FRESH_PAGES) || (late_posts && number == 0);
    let request = Request::new(url, Expect::Html);
    if fresh {
        request
    } else {
        request.reuse(Reuse::Within(TimeDelta::days(30)))
    }
}

fn is_new(issued: NaiveDate, today: NaiveDate) -> bool {
    today - issued < TimeDelta::days(90)
}

/// What the pages of the lists name.
#[derive(Debug)]
struct Lists {
    rows: BTreeMap<Issue, Row>,
    odd: BTreeSet<String>,
    /// Every page of them could be read.
    whole: bool,
}

impl Default for Lists {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            odd: BTreeSet::new(),
            whole: true,
        }
    }
}

impl Lists {
    fn take(&mut self, page: ListPage) {
        for row in page.rows {
            self.rows.insert(row.issue.clone(), row);
        }
        self.odd.extend(page.odd);
    }

    /// Every unit that there is or may be: the article of a change request bears its number, and may be
    /// posted later.
    fn names(&self) -> Vec<String> {
        let articles = self
            .rows
            .values()
            .filter(|row| !row.change_request.is_empty())
            .map(|row| format!("MM{}", row.change_request));
        let names: BTreeSet<String> = self
            .rows
            .keys()
            .map(ToString::to_string)
            .chain(articles)
            .collect();
        names.into_iter().collect()
    }

    fn concerns(&self) -> Vec<Concern> {
        let Some(first) = self.odd.first() else {
            return Vec::new();
        };
        vec![Concern {
            key: "odd rows".to_owned(),
            text: format!(
                "{} rows of the lists of transmittals are not understood, the first of them {first}",
                self.odd.len()
            ),
            remedy: "The others are read. Look at the list; where it shows a number, a date and a subject there, coverd needs an update.".to_owned(),
        }]
    }
}

/// The PDFs, each once.
#[derive(Debug, Default)]
struct Units {
    oldest_first: Vec<Unit>,
    names: BTreeSet<String>,
}

impl Units {
    /// Takes what the page of a transmittal leads to; says what is wrong with it.
    fn add(&mut self, row: &Row, document: &Document, today: NaiveDate) -> Option<Concern> {
        let page = match TransmittalPage::read(document, &row.issue) {
            Ok(page) => page,
            Err(why) => return Some(unreadable(row, &why)),
        };
        let context = Some((document, row.issued));
        let concern = match &page.transmittal {
            Some(url) => {
                self.push(unit(&row.issue, url, context, today));
                None
            }
            None => Some(unreadable(
                row,
                "it has no link to the PDF of the transmittal",
            )),
        };
        for (article, url) in &page.articles {
            self.push(unit(article, url, context, today));
        }
        concern
    }

    /// An article that two transmittals of one change request link to is one unit.
    fn push(&mut self, unit: Unit) {
        if self.names.insert(unit.name.clone()) {
            self.oldest_first.push(unit);
        }
    }
}

fn unreadable(row: &Row, why: &str) -> Concern {
    Concern {
        key: format!("page {}", row.issue),
        text: format!(
            "the page of {} ({}) could not be used: {why}",
            row.issue, row.page
        ),
        remedy: "The other transmittals are read. Open the page and read the transmittal there."
            .to_owned(),
    }
}
