//! Which releases there are: from the list page over the release pages to the archives.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::page::ReleasePage;
use super::release::Release;
use crate::model::document::Document;
use crate::model::request::{Concern, Discovery, Expect, Request, Reuse, ShapeError, Unit};
use crate::parse::html::{Link, Page};
use crate::sources::cms::links::{join, leads_further};
use crate::sources::{Brief, Seen};

/// The list of all releases.
pub const LIST_URL: &str =
    "https://www.cms.gov/medicare/payment/fee-schedules/physician/pfs-relative-value-files";

/// Most pages of the list; it has about four.
const MOST_LIST_PAGES: usize = 30;
/// More missing quarters than this are told as one.
const MOST_GAPS: usize = 4;
/// When a release of a quarter that has begun is overdue, in days.
const OVERDUE_AFTER: i64 = 14;

/// One step of discovery.
///
/// # Errors
/// When the list names no release at all.
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
        return Ok(Discovery::Fetch(vec![list_request(LIST_URL)]));
    };
    let mut list = List::default();
    list.take(first)?;
    if list.pages.is_empty() {
        return Err(ShapeError::new(
            "the list of RVU releases",
            "links to pages of releases such as RVU20B are expected, none is found: a maintenance page, or a new form of the list",
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
            .map(|url| list_request(url))
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
    list.pages
        .retain(|release, _| release.year >= brief.since_year);

    let wanted: Vec<Request> = list
        .pages
        .iter()
        .flat_map(|(release, urls)| urls.iter().map(move |url| (release, url)))
        .filter(|(_, url)| !seen.contains_key(*url) && !has_failed(url))
        .map(|(release, url)| {
            Request::new(url, Expect::Html).reuse(Reuse::Within(
                if is_recent(release, brief.today) {
                    TimeDelta::hours(20)
                } else {
                    TimeDelta::days(30)
                },
            ))
        })
        .collect();
    if !wanted.is_empty() {
        return Ok(Discovery::Fetch(wanted));
    }

    let mut concerns = Vec::new();
    let mut units = Vec::new();
    for (release, urls) in &list.pages {
        let pages: Vec<&Document> = urls.iter().filter_map(|url| seen.get(url)).collect();
        if pages.is_empty() {
            continue;
        }
        match unit_of(release, &pages, brief.today) {
            Ok(unit) => units.push(unit),
            Err(why) => concerns.push(unreadable_page(release, urls, &why)),
        }
    }
    concerns.extend(list.strange(brief.since_year));
    if whole {
        concerns.extend(missing(&list.pages, brief));
    }
    // Also those whose page cannot be read today: they are old all the same.
    let listed = Some(list.pages.keys().map(ToString::to_string).collect());
    Ok(Discovery::Complete {
        units,
        listed,
        concerns,
    })
}

/// A release's archive as a unit; `page` is the release page, where it was seen.
pub(super) fn unit(
    release: &Release,
    url: String,
    page: Option<Document>,
    today: NaiveDate,
) -> Unit {
    let days = if is_recent(release, today) { 7 } else { 90 };
    let archive = Request::new(url, Expect::Zip).reuse(Reuse::Within(TimeDelta::days(days)));
    Unit {
        context: page.into_iter().collect(),
        ..Unit::new(release.to_string(), archive)
    }
}

fn unit_of(release: &Release, pages: &[&Document], today: NaiveDate) -> Result<Unit, String> {
    let mut best: Option<(Option<NaiveDate>, String, &Document)> = None;
    let mut problem = None;
    for document in pages {
        let found = ReleasePage::read(&document.bytes, &document.final_url).and_then(|page| {
            if !page.is_of(release) {
                return Err(format!("it is the page of {}", page.names()));
            }
            let link = page
                .archive(release)
                .ok_or("it has no link to a ZIP archive of that release")?;
            Ok((page.posted(release), link.href.clone()))
        });
        match found {
            // Two pages for one release: the one with the latest posting counts.
            Ok((posted, url)) => {
                if best
                    .as_ref()
                    .is_none_or(|(earlier, _, _)| posted > *earlier)
                {
                    best = Some((posted, url, document));
                }
            }
            Err(why) => problem = Some(why),
        }
    }
    match best {
        Some((_, url, document)) => Ok(unit(release, url, Some(document.clone()), today)),
        None => Err(problem.unwrap_or_default()),
    }
}

fn unreadable_page(release: &Release, urls: &[String], why: &str) -> Concern {
    Concern {
        key: format!("page {release}"),
        text: format!(
            "the page of {release} ({}) could not be read: {why}",
            urls.join(", ")
        ),
        remedy: "The other releases are read. Open the page; if it shows the release, CMS changed its form and coverd needs an update.".to_owned(),
    }
}

fn list_request(url: &str) -> Request {
    Request::new(url, Expect::Html)
}

/// Of this or the last calendar year: those are posted again now and then.
fn is_recent(release: &Release, today: NaiveDate) -> bool {
    release.year >= today.year() - 1
}

/// What the pages of the list name.
#[derive(Debug, Default)]
struct List {
    /// Addresses of the release pages; seldom more than one.
    pages: BTreeMap<Release, Vec<String>>,
    /// Addresses of further pages of the list.
    more: BTreeSet<String>,
    /// Names that look like releases and are none that is known.
    unknown: BTreeSet<String>,
}

impl List {
    fn take(&mut self, document: &Document) -> Result<(), ShapeError> {
        let page = Page::parse(&document.bytes)
            .map_err(|cause| ShapeError::new("the list of RVU releases", cause.to_string()))?;
        for row in page.tables("body").into_iter().flatten() {
            for cell in row {
                for link in &cell.links {
                    self.link(link, &cell.text);
                }
            }
        }
        for link in page.links("body") {
            self.link(&link, "");
            self.pager(&link);
        }
        Ok(())
    }

    /// Takes a link to a release page: by its text, else by the cell around it, else by its
    /// address. The paths of all years have one word in common.
    fn link(&mut self, link: &Link, around: &str) {
        let Some(url) = join(LIST_URL, &link.href) else {
            return;
        };
        if !url.path().contains("pfs-relative-value-files") || url.query().is_some() {
            return;
        }
        let last = url.path().rsplit('/').next().unwrap_or_default();
        let release = Release::find(&link.text)
            .or_else(|| Release::find(around))
            .or_else(|| Release::find(last));
        if let Some(release) = release {
            let urls = self.pages.entry(release).or_default();
            let url = String::from(url);
            if !urls.contains(&url) {
                urls.push(url);
            }
        } else {
            let name = link.text.trim();
            if name.to_uppercase().starts_with("RVU") && name.len() <= 20 {
                self.unknown.insert(name.to_owned());
            }
        }
    }

    fn pager(&mut self, link: &Link) {
        if let Some(url) = leads_further(LIST_URL, &link.href)
            && self.more.len() < MOST_LIST_PAGES
        {
            self.more.insert(url.into());
        }
    }

    /// Releases of the years that are read whose names are not understood.
    fn strange(&self, since_year: i32) -> Vec<Concern> {
        let year = |name: &str| {
            let digits = name.get(3..5)?.parse::<i32>().ok()?;
            Some(2000 + digits)
        };
        self.unknown
            .iter()
            .filter(|name| year(name).is_none_or(|year| year >= since_year))
            .map(|name| Concern {
                key: format!("name {name}"),
                text: format!("the list of RVU releases has '{name}', a name that coverd does not know"),
                remedy: "It is not read. Open it on the list page and see what it is and from when it holds.".to_owned(),
            })
            .collect()
    }
}

/// Quarters that should have a release and have none.
fn missing(pages: &BTreeMap<Release, Vec<String>>, brief: &Brief<'_>) -> Vec<Concern> {
    let current = Release::current(brief.today);
    let Some(first) = pages.keys().next() else {
        return Vec::new();
    };
    let listed = |release: &Release| {
        pages
            .keys()
            .any(|l| (l.year, l.quarter) == (release.year, release.quarter))
    };
    let mut gaps = Vec::new();
    let mut quarter = Release::regular(first.year, first.quarter);
    while (quarter.year, quarter.quarter) < (current.year, current.quarter) {
        let next = quarter.following();
        if !listed(&quarter) {
            gaps.push(quarter);
        }
        quarter = next;
    }
    let remedy = "Look at the list page. If the release is there, coverd needs an update; if not, CMS took it away, and what was read of it stands.";
    let mut concerns: Vec<Concern> = match (gaps.first(), gaps.last()) {
        (Some(from), Some(to)) if gaps.len() > MOST_GAPS => vec![Concern {
            key: format!("gap {from} to {to}"),
            text: format!(
                "{} quarters from {from} to {to} have no release in the list",
                gaps.len()
            ),
            remedy: remedy.to_owned(),
        }],
        _ => gaps
            .iter()
            .map(|gap| Concern {
                key: format!("gap {gap}"),
                text: format!("{gap}: not seen in the list of RVU releases"),
                remedy: remedy.to_owned(),
            })
            .collect(),
    };
    let began = current.quarter_begins();
    if !listed(&current) && brief.today > began + TimeDelta::days(OVERDUE_AFTER) {
        concerns.push(Concern {
            key: format!("overdue {current}"),
            text: format!(
                "{current}: the quarter began on {began}, and the list of RVU releases does not name it yet"
            ),
            remedy: "Look at the list page. Until the release is posted, the values of the last one are shown.".to_owned(),
        });
    }
    concerns
}
