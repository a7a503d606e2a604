//! The page of annual therapy updates on www.cms.gov: which year's list is where.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::model::date::dates_in;
use crate::model::request::Expect;
use crate::parse::grid::words;
use crate::parse::html::{Link, Page};
use crate::parse::link;

/// The list of one year, as the page offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    /// Absolute address.
    pub(super) url: String,
    pub(super) form: Form,
    /// When CMS posted it, by its link.
    pub(super) posted: Option<NaiveDate>,
}

/// In which form a list is offered, the preferred ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    Archive,
    Workbook,
    Text,
    Pdf,
}

impl Form {
    const ENDINGS: [(&'static str, Self); 4] = [
        (".zip", Self::Archive),
        (".xlsx", Self::Workbook),
        (".csv", Self::Text),
        (".pdf", Self::Pdf),
    ];

    /// By the end of an address.
    pub(super) fn of(path: &str) -> Option<Self> {
        let path = path.to_ascii_lowercase();
        Self::ENDINGS
            .into_iter()
            .find(|(ending, _)| path.ends_with(ending))
            .map(|(_, form)| form)
    }

    /// What a server should answer with.
    pub(super) fn expect(self) -> Expect {
        match self {
            Self::Archive => Expect::Zip,
            Self::Workbook => Expect::Xlsx,
            Self::Text => Expect::Text,
            Self::Pdf => Expect::Pdf,
        }
    }
}

/// The lists that a page offers, by year: of each year the latest in the preferred form first, then the
/// other forms. The inner error is a year whose links cannot be told apart.
///
/// # Errors
/// When the page has no list of any year.
pub(super) fn offers(
    bytes: &[u8],
    address: &str,
) -> Result<BTreeMap<i32, Result<Vec<Offer>, String>>, String> {
    let page = Page::parse(bytes).map_err(|cause| cause.to_string())?;
    let mut by_year: BTreeMap<i32, Vec<(Offer, String)>> = BTreeMap::new();
    for link in page.links("main") {
        if let Some((year, offer)) = offer(&link, address) {
            let offers = by_year.entry(year).or_default();
            if !offers.iter().any(|(other, _)| other.url == offer.url) {
                offers.push((offer, link.text));
            }
        }
    }
    if by_year.is_empty() {
        let title: String = page.title().unwrap_or_default().chars().take(80).collect();
        return Err(format!(
            "links such as '2026 Therapy Code List and Dispositions' are expected, none is found (title '{title}')"
        ));
    }
    Ok(by_year
        .into_iter()
        .map(|(year, offers)| (year, best(offers)))
        .collect())
}

fn best(mut offers: Vec<(Offer, String)>) -> Result<Vec<Offer>, String> {
    offers.sort_by(|(a, _), (b, _)| a.form.cmp(&b.form).then(b.posted.cmp(&a.posted)));
    let mut of_each: Vec<(Offer, String)> = Vec::new();
    for (offer, text) in offers {
        match of_each.iter().find(|(other, _)| other.form == offer.form) {
            Some((other, first)) if other.posted == offer.posted => {
                return Err(format!(
                    "two links cannot be told apart: '{first}' and '{text}'"
                ));
            }
            Some(_) => {}
            None => of_each.push((offer, text)),
        }
    }
    Ok(of_each.into_iter().map(|(offer, _)| offer).collect())
}

fn offer(link: &Link, address: &str) -> Option<(i32, Offer)> {
    let year = list_year(&link.text)?;
    let endings = Form::ENDINGS.map(|(ending, _)| ending);
    let url = link::file(address, &link.href, "cms.gov", &endings)?;
    let form = Form::of(url.path())?;
    let plausible = |day: &NaiveDate| (year - 1..=year + 1).contains(&day.year());
    let dates = dates_in(&link.text).into_iter().chain(dates_in(&link.href));
    let posted = dates.filter(plausible).max();
    let url = url.into();
    Some((year, Offer { url, form, posted }))
}

/// The year of the list that a text names: "2026 Therapy Code List and Dispositions". Articles and
/// transmittals about it are not the list.
pub(super) fn list_year(text: &str) -> Option<i32> {
    let words = words(text);
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    let about = words.iter().any(|word| {
        let number = word.strip_prefix("MM").or_else(|| word.strip_prefix("CR"));
        matches!(word.as_str(), "MLN" | "TRANSMITTAL" | "ARTICLE" | "CR")
            || number
                .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    });
    let is_list = has("THERAPY") && (has("CODE") && has("LIST") || has("DISPOSITIONS"));
    let years = years_in(text);
    match years[..] {
        [year, ..] if is_list && !about => Some(year),
        _ => None,
    }
}

/// The calendar years that a text names, days of posting left aside.
pub(super) fn years_in(text: &str) -> Vec<i32> {
    let mut years: Vec<i32> = Vec::new();
    let pieces = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '/'));
    for word in pieces {
        if word.len() == 4 && word.starts_with("20") {
            years.extend(
                word.parse::<i32>()
                    .ok()
                    .filter(|year| !years.contains(year)),
            );
        }
    }
    years
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str =
        "https://www.cms.gov/medicare/coding-billing/therapy-services/annual-therapy-update";

    fn read(links: &str) -> BTreeMap<i32, Result<Vec<Offer>, String>> {
        offers(format!("<main>{links}</main>").as_bytes(), BASE).unwrap()
    }

    #[test]
    fn lists_are_found_by_year_the_preferred_form_first() {
        let found = read(
            "<a href=/files/document/2026-therapy.pdf>2026 Therapy Code List and Dispositions (PDF)</a>\
             <a href='/files/zip/2026-therapy.zip'>2026 Therapy Code List and Dispositions (ZIP)</a>\
             <a href='/license/ama?file=/files/zip/2025.zip'>2025 Therapy Code List and Dispositions</a>\
             <a href=/files/document/mm14250.pdf>MM14250 Therapy Code List: 2026 Annual Update</a>\
             <a href=/files/zip/other.zip>2026 KX modifier thresholds</a>",
        );
        let urls = |year: i32| -> Vec<String> {
            let offers = found[&year].as_ref().unwrap();
            offers.iter().map(|offer| offer.url.clone()).collect()
        };
        assert_eq!(found.len(), 2);
        assert_eq!(
            urls(2026),
            [
                "https://www.cms.gov/files/zip/2026-therapy.zip",
                "https://www.cms.gov/files/document/2026-therapy.pdf"
            ]
        );
        assert_eq!(urls(2025), ["https://www.cms.gov/files/zip/2025.zip"]);
    }

    #[test]
    fn the_latest_posting_counts_and_two_of_one_day_are_told() {
        let text = "2026 Therapy Code List and Dispositions";
        let found = read(&format!(
            "<a href=/a.zip>{text}</a><a href=/b.zip>{text} (Updated 03/02/2026)</a>"
        ));
        let offers = found[&2026].as_ref().unwrap();
        assert_eq!(offers[0].url, "https://www.cms.gov/b.zip");
        assert_eq!(offers[0].posted, NaiveDate::from_ymd_opt(2026, 3, 2));
        let found = read(&format!(
            "<a href=/a.zip>{text}</a><a href=/b.zip>{text}</a>"
        ));
        assert!(found[&2026].is_err());
    }

    #[test]
    fn a_page_without_lists_is_refused() {
        assert!(offers(b"<title>Access Denied</title>", BASE).is_err());
    }

    #[test]
    fn years_are_words_of_their_own() {
        assert_eq!(
            years_in("2026_therapy-2025, updated 03/02/2024"),
            [2026, 2025]
        );
        assert_eq!(years_in("97110 20560 202"), Vec::<i32>::new());
    }
}
