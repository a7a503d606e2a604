//! The page of one quarter on www.cms.gov: of which quarter it is, and its archive.

use chrono::NaiveDate;

use crate::model::date::dates_in_name;
use crate::model::quarter::Quarter;
use crate::parse::html::{Link, Page};
use crate::sources::cms::links::{downloads, file_name};

/// What a page of a quarter says.
#[derive(Debug)]
pub(super) struct QuarterPage {
    /// The quarters that its headings name; one, unless CMS erred.
    quarters: Vec<Quarter>,
    /// Links to ZIP archives, absolute.
    archives: Vec<Link>,
}

impl QuarterPage {
    /// Reads a page; `address` is the one that answered, to which links are relative.
    ///
    /// # Errors
    /// When no heading names a quarter.
    pub(super) fn read(bytes: &[u8], address: &str) -> Result<Self, String> {
        let page = Page::parse(bytes).map_err(|cause| cause.to_string())?;
        let mut quarters: Vec<Quarter> = Vec::new();
        for selector in [
            ".field--name-field-dyna-file-name .field__item",
            ".field--name-field-dyna-title .field__item",
            "h1",
            "title",
        ] {
            for text in page.texts(selector) {
                quarters.extend(Quarter::by_month(&text).filter(|q| !quarters.contains(q)));
            }
        }
        if quarters.is_empty() {
            let title: String = page.title().unwrap_or_default().chars().take(80).collect();
            return Err(format!(
                "its heading names no quarter such as April 2020 (title '{title}')"
            ));
        }
        let archives = downloads(&page, address);
        Ok(Self { quarters, archives })
    }

    /// Whether it is the page of this quarter.
    pub(super) fn is_of(&self, quarter: Quarter) -> bool {
        self.quarters.contains(&quarter)
    }

    /// The quarters on it, for people.
    pub(super) fn names(&self) -> String {
        let names: Vec<String> = self.quarters.iter().map(ToString::to_string).collect();
        names.join(", ")
    }

    /// The archive of Addendum B for a quarter: not one that names another quarter, the one that names
    /// Addendum B if any does, a correction before what it corrects, the latest if there are several.
    pub(super) fn archive(&self, quarter: Quarter) -> Option<(Rank, &Link)> {
        let of_quarter = |link: &&Link| {
            let named =
                Quarter::by_month(file_name(&link.href)).or_else(|| Quarter::by_month(&link.text));
            named.is_none_or(|named| named == quarter)
        };
        let of_quarter: Vec<&Link> = self.archives.iter().filter(of_quarter).collect();
        let named: Vec<&Link> = of_quarter
            .iter()
            .copied()
            .filter(|link| names_addendum_b(file_name(&link.href)) || names_addendum_b(&link.text))
            .collect();
        let candidates = match (&named[..], &of_quarter[..]) {
            ([], [only]) => vec![*only],
            _ => named,
        };
        candidates
            .into_iter()
            .map(|link| (rank(link), link))
            .max_by_key(|(rank, _)| *rank)
    }
}

/// Which of several postings counts: whether it is a correction, and the day it bears.
pub(super) type Rank = (bool, Option<NaiveDate>);

fn rank(link: &Link) -> Rank {
    let file = file_name(&link.href);
    let corrects = [file, &link.text]
        .iter()
        .any(|name| name.to_ascii_lowercase().contains("correct"));
    let days = dates_in_name(file).into_iter();
    (corrects, days.chain(dates_in_name(&link.text)).max())
}

/// Whether a name is one of Addendum B: `april-2020-opps-addendum-b.zip`, `Addendum A and Addendum B`.
pub(super) fn names_addendum_b(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let mut addend = words.by_ref().filter(|word| word.starts_with("addend"));
    addend.next().is_some_and(|word| word == "addendumb") || words.any(|word| word == "b")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://www.cms.gov/list/april-2020-addendum-b";

    #[test]
    fn addendum_b_is_known_by_its_name() {
        for name in [
            "april-2020-opps-addendum-b.zip",
            "2020-april-addendumb.zip",
            "Addenda A and B",
        ] {
            assert!(names_addendum_b(name), "{name}");
        }
        for name in [
            "b-addendum-a.zip",
            "addendum-a.zip",
            "section-b",
            "addenduma-b1",
        ] {
            assert!(!names_addendum_b(name), "{name}");
        }
    }

    fn archive(downloads: &str) -> Option<String> {
        let page = format!(
            "<title>April 2020 Addendum B | CMS</title><main><h1>April 2020 Addendum B</h1>{downloads}</main>"
        );
        let page = QuarterPage::read(page.as_bytes(), BASE).unwrap();
        assert!(page.is_of(Quarter::new(2020, 2).unwrap()));
        let (_, link) = page.archive(Quarter::new(2020, 2).unwrap())?;
        Some(link.href.clone())
    }

    #[test]
    fn the_archive_of_addendum_b_is_taken_the_correction_first() {
        let zip = |name: &str| Some(format!("https://www.cms.gov/files/zip/{name}"));
        let link = |name: &str| format!("<a href='/license/ama?file=/files/zip/{name}'>x</a>");
        for (names, expected) in [
            (
                &["april-2020-opps-addendum-b.zip"][..],
                zip("april-2020-opps-addendum-b.zip"),
            ),
            (&["2020-files.zip"], zip("2020-files.zip")),
            (
                &["april-2020-addendum-a.zip", "april-2020-addendum-b.zip"],
                zip("april-2020-addendum-b.zip"),
            ),
            (
                &[
                    "addendum-b-correction.zip",
                    "april-2020-addendum-b.05042020.zip",
                ],
                zip("addendum-b-correction.zip"),
            ),
            (
                &[
                    "addendum-b-05042020.zip",
                    "addendum-b.zip",
                    "addendum-b-04012020.zip",
                ],
                zip("addendum-b-05042020.zip"),
            ),
            (&["january-2020-addendum-b.zip"], None),
            (&["a.zip", "c.zip"], None),
            (&[], None),
        ] {
            let links: Vec<String> = names.iter().map(|name| link(name)).collect();
            assert_eq!(archive(&links.concat()), expected, "{names:?}");
        }
    }

    #[test]
    fn names_of_addendum_b_are_told_from_others() {
        for yes in [
            "April 2020 Addendum B",
            "2020_april_web_addendum_b.05042020.xlsx",
            "Addendum A and Addendum B Updates",
            "addenda-a-b.zip",
        ] {
            assert!(names_addendum_b(yes), "{yes}");
        }
        for no in [
            "April 2020 Addendum A",
            "Part B",
            "B addendum",
            "addendum-bb.zip",
            "",
        ] {
            assert!(!names_addendum_b(no), "{no}");
        }
    }

    #[test]
    fn a_page_of_something_else_is_refused() {
        assert!(QuarterPage::read(b"<title>Access Denied</title>", BASE).is_err());
        assert!(QuarterPage::read(b"", BASE).is_err());
    }
}
