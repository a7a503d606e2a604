//! The page of one rule on www.cms.gov: which year it is for, and where its addenda are.

use chrono::{Datelike, NaiveDate};

use super::archive::calendar_year;
use super::docket::{Docket, Kind};
use crate::model::date::dates_in;
use crate::parse::grid::words;
use crate::parse::html::{Link, Page};
use crate::parse::link;

/// What the page of a rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RulePage {
    /// The calendar year that its addenda are for, where the page says so.
    pub(super) year: Option<i32>,
    /// Its addenda, where they are posted.
    pub(super) addenda: Option<Addenda>,
    /// Of a correction: whether it speaks of the proposed or of the final rule, where it says so.
    pub(super) corrects: Option<Kind>,
}

/// The archive of the addenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addenda {
    /// Its address.
    pub(super) url: String,
    /// When CMS posted it, by its link.
    pub(super) posted: Option<NaiveDate>,
}

impl RulePage {
    /// Reads a page; `address` is the one that answered, to which links are relative.
    ///
    /// # Errors
    /// When the page is not that of the docket, or contradicts itself.
    pub(super) fn read(bytes: &[u8], address: &str, docket: &Docket) -> Result<Self, String> {
        let page = Page::parse(bytes).map_err(|cause| cause.to_string())?;
        let headings: Vec<String> = [
            "h1",
            "title",
            ".field--name-field-dyna-file-name .field__item",
        ]
        .into_iter()
        .flat_map(|selector| page.texts(selector))
        .collect();
        let named: Vec<Docket> = headings
            .iter()
            .filter_map(|text| Docket::find(text))
            .collect();
        if !named.contains(docket) {
            let title: String = headings.join(" / ").chars().take(80).collect();
            return Err(format!("its heading does not name {docket} ('{title}')"));
        }
        let link = addenda(&page, address)?;
        let descriptions: Vec<String> = [
            ".field--name-field-dyna-calendar-year .field__item",
            ".field--name-field-dyna-description .field__item",
        ]
        .into_iter()
        .flat_map(|selector| page.texts(selector))
        .collect();
        let texts: Vec<&String> = link
            .iter()
            .map(|link| &link.text)
            .chain(&headings)
            .chain(&descriptions)
            .collect();
        let years: Vec<i32> = texts
            .iter()
            .filter_map(|text| calendar_year(text))
            .collect();
        if let [first, rest @ ..] = &years[..]
            && let Some(other) = rest.iter().find(|year| *year != first)
        {
            return Err(format!("it names both CY {first} and CY {other}"));
        }
        let year = years.first().copied();
        let corrects = match docket.kind {
            Kind::Correction => texts.iter().find_map(|text| stage_named(text)),
            _ => None,
        };
        Ok(Self {
            year,
            addenda: link.map(|link| Addenda {
                posted: posted(&link, year),
                url: link.href,
            }),
            corrects,
        })
    }
}

/// The stage of a rule that a text names, when it names one only.
fn stage_named(text: &str) -> Option<Kind> {
    let named = format!(" {} ", words(text).join(" "));
    match (
        named.contains(" PROPOSED RULE "),
        named.contains(" FINAL RULE "),
    ) {
        (true, false) => Some(Kind::Proposed),
        (false, true) => Some(Kind::Final),
        _ => None,
    }
}

/// The link to the archive of the addenda: the latest where there are several.
fn addenda(page: &Page, address: &str) -> Result<Option<Link>, String> {
    let links = [".field--name-field-downloads", "main", "body"]
        .into_iter()
        .map(|scope| archives(page, scope, address))
        .find(|found| !found.is_empty())
        .unwrap_or_default();
    let Some(latest) = links.iter().map(|link| posted(link, None)).max() else {
        return Ok(None);
    };
    let mut last: Vec<Link> = links
        .into_iter()
        .filter(|link| posted(link, None) == latest)
        .collect();
    last.dedup_by(|a, b| a.href == b.href);
    match &last[..] {
        [only] => Ok(Some(only.clone())),
        several => {
            let texts: Vec<&str> = several.iter().map(|link| link.text.as_str()).collect();
            Err(format!(
                "{} links lead to addenda and cannot be told apart: {}",
                texts.len(),
                texts.join("; ")
            ))
        }
    }
}

fn archives(page: &Page, scope: &str, address: &str) -> Vec<Link> {
    page.links(scope)
        .into_iter()
        .filter(|link| is_of_addenda(&link.text))
        .filter_map(|link| {
            let url = link::file(address, &link.href, "cms.gov", &[".zip"])?;
            Some(Link {
                href: url.into(),
                ..link
            })
        })
        .collect()
}

/// "CY 2027 PFS Proposed Rule Addenda", or Addendum B by itself.
fn is_of_addenda(text: &str) -> bool {
    let words = words(text);
    words.iter().any(|word| word == "ADDENDA")
        || words
            .windows(2)
            .any(|pair| matches!(pair, [first, second] if first == "ADDENDUM" && second == "B"))
}

/// The day of posting that a link names. A rule is posted in the year before the one it is for, and
/// corrected till the end of that one; any other day is a slip of the pen.
fn posted(link: &Link, year: Option<i32>) -> Option<NaiveDate> {
    let plausible = |day: &NaiveDate| {
        year.is_none_or(|year| (year - 1..=year).contains(&day.year())) && day.year() >= 2000
    };
    let dates = dates_in(&link.text).into_iter().chain(dates_in(&link.href));
    dates.filter(plausible).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://www.cms.gov/medicare/federal-regulation-notices/cms-1848-p";

    fn read(docket: &str, heading: &str, downloads: &str) -> Result<RulePage, String> {
        let page = format!(
            "<title>{heading} | CMS</title><main><h1>{heading}</h1><div class=field--name-field-downloads>{downloads}</div></main>"
        );
        RulePage::read(page.as_bytes(), BASE, &Docket::find(docket).unwrap())
    }

    #[test]
    fn year_and_addenda_are_read() {
        let page = read(
            "CMS-1848-P",
            "CMS-1848-P",
            "<a href=/files/zip/x.zip>CY 2027 PFS Proposed Rule Direct PE Inputs</a>\
             <a href='/license/ama?file=/files/zip/a.zip'>CY 2027 PFS Proposed Rule Addenda (Updated 07/20/2026)</a>",
        )
        .unwrap();
        assert_eq!(page.year, Some(2027));
        assert_eq!(
            page.addenda,
            Some(Addenda {
                url: "https://www.cms.gov/files/zip/a.zip".to_owned(),
                posted: NaiveDate::from_ymd_opt(2026, 7, 20),
            })
        );
    }

    #[test]
    fn the_latest_addenda_count_and_two_of_one_day_are_told() {
        let page = read(
            "CMS-1848-F",
            "CMS-1848-F",
            "<a href=/a.zip>CY 2027 PFS Final Rule Addenda</a><a href=/b.zip>CY 2027 PFS Final Rule Addenda (Updated 12/01/2026)</a>",
        )
        .unwrap();
        assert_eq!(page.addenda.unwrap().url, "https://www.cms.gov/b.zip");
        assert!(
            read(
                "CMS-1848-F",
                "CMS-1848-F",
                "<a href=/a.zip>Addenda</a><a href=/b.zip>Addenda</a>"
            )
            .is_err()
        );
    }

    #[test]
    fn a_page_without_addenda_is_a_page_and_one_of_another_rule_is_none() {
        assert_eq!(read("CMS-1848-P", "CMS-1848-P", "").unwrap().addenda, None);
        assert!(read("CMS-1848-P", "CMS-1832-P", "").is_err());
        assert!(read("CMS-1848-P", "Access Denied", "").is_err());
        let two_years = "<a href=/a.zip>CY 2026 PFS Proposed Rule Addenda</a>";
        assert!(read("CMS-1848-P", "CMS-1848-P CY 2027", two_years).is_err());
    }

    #[test]
    fn a_correction_says_what_it_corrects() {
        let corrects = |text: &str| {
            let link = format!("<a href=/a.zip>{text}</a>");
            read("CMS-1848-CN", "CMS-1848-CN", &link).unwrap().corrects
        };
        assert_eq!(
            corrects("CY 2027 PFS Final Rule Correction Addenda"),
            Some(Kind::Final)
        );
        assert_eq!(
            corrects("CY 2027 PFS Proposed Rule Correction Addenda"),
            Some(Kind::Proposed)
        );
        assert_eq!(corrects("CY 2027 PFS Correction Addenda"), None);
    }
}
