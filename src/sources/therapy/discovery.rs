//! Which lists there are: all of them are named on one page.

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::page::{self, Offer};
use crate::model::document::Document;
use crate::model::request::{Concern, Discovery, Expect, Request, Reuse, ShapeError, Unit};
use crate::sources::{Brief, Seen};

/// The page that names the lists of all years.
pub const PAGE_URL: &str =
    "https://www.cms.gov/medicare/coding-billing/therapy-services/annual-therapy-update";

/// From this day of a year on (of January) the list of the year should be there.
const OVERDUE_FROM: u32 = 15;

/// One step of discovery.
///
/// # Errors
/// When the page names no list at all.
pub(super) fn discover(
    seen: &Seen,
    failed: &[String],
    brief: &Brief<'_>,
) -> Result<Discovery, ShapeError> {
    if failed.iter().any(|url| url == PAGE_URL) {
        return Ok(Discovery::Complete {
            units: Vec::new(),
            listed: None,
            concerns: Vec::new(),
        });
    }
    let Some(document) = seen.get(PAGE_URL) else {
        return Ok(Discovery::Fetch(vec![Request::new(PAGE_URL, Expect::Html)]));
    };
    let by_year = page::offers(&document.bytes, &document.final_url)
        .map_err(|why| ShapeError::new("the page of annual therapy updates", why))?;
    let latest = by_year.keys().next_back().copied();
    let mut units = Vec::new();
    let mut listed = Vec::new();
    let mut concerns = Vec::new();
    for (year, offers) in by_year {
        if year < brief.since_year {
            continue;
        }
        listed.push(name(year));
        match offers {
            Ok(offers) => units.extend(unit(year, &offers, Some(document), brief.today)),
            Err(why) => concerns.push(Concern {
                key: format!("list {year}"),
                text: format!("the therapy code list of {year} is not read: {why}"),
                remedy: "Open the page of annual therapy updates. If it offers one list for the year, coverd needs an update.".to_owned(),
            }),
        }
    }
    concerns.extend(overdue(latest, brief.today));
    Ok(Discovery::Complete {
        units,
        listed: Some(listed),
        concerns,
    })
}

/// The name of a year's list, as a unit and as an edition.
pub(super) fn name(year: i32) -> String {
    format!("Therapy code list {year}")
}

/// The year in such a name.
pub(super) fn year_of(name: &str) -> Option<i32> {
    name.strip_prefix("Therapy code list ")?.parse().ok()
}

/// A year's list as a unit: the first offer, and the next form of it where that cannot be had.
pub(super) fn unit(
    year: i32,
    offers: &[Offer],
    page: Option<&Document>,
    today: NaiveDate,
) -> Option<Unit> {
    let days = if year >= today.year() { 7 } else { 90 };
    let request = |offer: &Offer| {
        Request::new(&offer.url, offer.form.expect()).reuse(Reuse::Within(TimeDelta::days(days)))
    };
    Some(Unit {
        fallback: offers.get(1).map(request),
        context: page.into_iter().cloned().collect(),
        ..Unit::new(name(year), request(offers.first()?))
    })
}

fn overdue(latest: Option<i32>, today: NaiveDate) -> Option<Concern> {
    let year = today.year();
    let late = today.month() > 1 || today.day() >= OVERDUE_FROM;
    (late && latest.is_none_or(|latest| latest < year)).then(|| Concern {
        key: format!("overdue {year}"),
        text: format!("the page of annual therapy updates has no list for {year}"),
        remedy: "Look at the page. If the list is there, coverd needs an update; if not, CMS is late, and the list of the last year stands.".to_owned(),
    })
}
