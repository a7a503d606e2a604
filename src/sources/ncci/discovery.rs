//! Which tables there are: from the two pages to the archives.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::issue::{Issue, Table, Version};
use crate::model::date::dates_in_name;
use crate::model::document::Document;
use crate::model::quarter::Quarter;
use crate::model::request::{Concern, Discovery, Expect, Request, Reuse, ShapeError, Unit};
use crate::parse::html::Page;
use crate::sources::cms::links::{archives, file_name};
use crate::sources::cms::quarters::Series;
use crate::sources::{Brief, Seen};

/// The page of medically unlikely edits.
pub const MUE_URL: &str = "https://www.cms.gov/medicare/coding-billing/national-correct-coding-initiative-ncci-edits/medicare-ncci-medically-unlikely-edits-mues";
/// The page of procedure-to-procedure edits.
pub const PTP_URL: &str = "https://www.cms.gov/medicare/coding-billing/national-correct-coding-initiative-ncci-edits/medicare-ncci-procedure-procedure-ptp-edits";

/// In how many files the edits of a quarter come.
const PTP_FILES: u32 = 4;

/// What a page is expected to have.
struct Place {
    url: &'static str,
    what: &'static str,
    is: fn(Table) -> bool,
    series: Series<'static>,
}

const PLACES: [Place; 2] = [
    Place {
        url: MUE_URL,
        what: "the page of medically unlikely edits",
        is: |table| table == Table::Mue,
        series: Series {
            issue: |quarter| format!("NCCI MUE {quarter}"),
            list: "the page of medically unlikely edits",
        },
    },
    Place {
        url: PTP_URL,
        what: "the page of procedure-to-procedure edits",
        is: |table| matches!(table, Table::Ptp(_)),
        series: Series {
            issue: |quarter| format!("NCCI PTP {quarter}"),
            list: "the page of procedure-to-procedure edits",
        },
    },
];

/// One step of discovery.
///
/// # Errors
/// When a page names no table at all, and the other one none either.
pub(super) fn discover(
    seen: &Seen,
    failed: &[String],
    brief: &Brief<'_>,
) -> Result<Discovery, ShapeError> {
    let wanted: Vec<Request> = PLACES
        .iter()
        .filter(|place| !seen.contains_key(place.url) && !failed.iter().any(|url| url == place.url))
        .map(|place| Request::new(place.url, Expect::Html))
        .collect();
    if !wanted.is_empty() {
        return Ok(Discovery::Fetch(wanted));
    }
    let mut units: BTreeMap<Issue, Unit> = BTreeMap::new();
    let mut concerns = Vec::new();
    let mut unreadable: Option<ShapeError> = None;
    let mut whole = true;
    for place in PLACES {
        let Some(document) = seen.get(place.url) else {
            whole = false;
            continue;
        };
        let found = match tables(document, &place) {
            Ok(found) => found,
            // The other page is read all the same.
            Err(error) => {
                whole = false;
                concerns.push(Concern {
                    key: format!("page {}", place.url),
                    text: error.to_string(),
                    remedy: "Open the page. If it shows the files, CMS changed its form and coverd needs an update; what was read of them stands.".to_owned(),
                });
                unreadable = Some(error);
                continue;
            }
        };
        let quarters: BTreeSet<Quarter> = found.keys().map(|issue| issue.quarter).collect();
        concerns.extend(place.series.overdue(&quarters, brief.today));
        concerns.extend(incomplete(&found, brief.since_year));
        for (issue, (_, url)) in found {
            if issue.quarter.year() >= brief.since_year {
                let page = Some(document.clone());
                units.insert(issue, unit(issue, url, page, brief.today));
            }
        }
    }
    if let (Some(error), true) = (unreadable, units.is_empty()) {
        return Err(error);
    }
    let listed = whole.then(|| units.keys().map(ToString::to_string).collect());
    Ok(Discovery::Complete {
        units: units.into_values().collect(),
        listed,
        concerns,
    })
}

/// A table's archive as a unit; `page` is the page that links it, where it was seen.
pub(super) fn unit(issue: Issue, url: String, page: Option<Document>, today: NaiveDate) -> Unit {
    let days = match issue.table {
        Table::Mue if issue.quarter.year() >= today.year() - 1 => 7,
        Table::Mue => 90,
        // 80 MB a quarter: CMS gives a corrected file another name, which is another address.
        Table::Ptp(_) => 60,
    };
    let archive = Request::new(url, Expect::Zip).reuse(Reuse::Within(TimeDelta::days(days)));
    Unit {
        context: page.into_iter().collect(),
        ..Unit::new(issue.to_string(), archive)
    }
}

/// What makes one posting of a table the later one: its revision, a word for it, its date.
type Rank = (u32, bool, Option<NaiveDate>);

fn rank(file: &str, text: &str) -> Rank {
    let names = format!("{file} {text}").to_ascii_lowercase();
    let says = ["revis", "updat", "correct", "replac"];
    (
        Version::find(file).map_or(0, |version| version.revision),
        says.iter().any(|word| names.contains(word)),
        dates_in_name(file)
            .into_iter()
            .chain(dates_in_name(text))
            .max(),
    )
}

/// Each table that the page links, with the address of its archive; of several postings the last.
fn tables(
    document: &Document,
    place: &Place,
) -> Result<BTreeMap<Issue, (Rank, String)>, ShapeError> {
    let page = Page::parse(&document.bytes)
        .map_err(|cause| ShapeError::new(place.what, cause.to_string()))?;
    let mut found: BTreeMap<Issue, (Rank, String)> = BTreeMap::new();
    for link in archives(&page, "body", &document.final_url) {
        let file = file_name(&link.href);
        let Some(issue) = Issue::named(file, &link.text) else {
            continue;
        };
        if !(place.is)(issue.table) {
            continue;
        }
        let rank = rank(file, &link.text);
        let slot = found.entry(issue).or_insert((rank, String::new()));
        if slot.1.is_empty() || rank > slot.0 {
            *slot = (rank, link.href);
        }
    }
    if found.is_empty() {
        return Err(ShapeError::new(
            place.what,
            "links to ZIP archives for practitioners are expected, none is found: a maintenance page, or a new form of the page",
        ));
    }
    Ok(found)
}

/// Quarters of which a file of edits is not linked.
fn incomplete(found: &BTreeMap<Issue, (Rank, String)>, since_year: i32) -> Vec<Concern> {
    let mut parts: BTreeMap<Quarter, BTreeSet<u32>> = BTreeMap::new();
    for issue in found.keys() {
        if let Table::Ptp(part) = issue.table {
            parts.entry(issue.quarter).or_default().insert(part);
        }
    }
    parts
        .into_iter()
        .filter(|(quarter, _)| quarter.year() >= since_year)
        .filter_map(|(quarter, parts)| {
            let last = parts.last().copied().unwrap_or(0).max(PTP_FILES);
            let missing: Vec<String> = (1..=last)
                .filter(|part| !parts.contains(part))
                .map(|part| format!("f{part}"))
                .collect();
            let missing = (!missing.is_empty()).then(|| missing.join(", "))?;
            Some(Concern {
                key: format!("gap NCCI PTP {quarter}"),
                text: format!("NCCI PTP {quarter}: the page does not link the files {missing}"),
                remedy: "Look at the page. If CMS now divides the edits into fewer files, coverd needs an update; the pairs of the missing files stand as they were read last.".to_owned(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_postings_of_a_table_the_later_one_is_read() {
        for (earlier, later) in [
            ("ccipra-v322r0-f1.zip", "ccipra-v322r1-f1.zip"),
            ("mue-table.zip", "mue-table-revised.zip"),
            ("mue-table-05/01/2026.zip", "mue-table-05/04/2026.zip"),
            (
                "mue-table-updated-05/01/2026.zip",
                "mue-table-updated-05/04/2026.zip",
            ),
            ("mue-table-05/04/2026.zip", "mue-table-corrected.zip"),
        ] {
            assert!(rank(earlier, "") < rank(later, ""), "{earlier} {later}");
        }
        assert!(rank("mue.zip", "MUE table") < rank("mue-0.zip", "MUE table (updated 5/4/2026)"));
    }
}
