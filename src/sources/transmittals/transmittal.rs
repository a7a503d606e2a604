//! The cover of a transmittal: numbers, dates, subject, and what it takes the place of.

use std::sync::LazyLock;

use chrono::NaiveDate;
use regex::Regex;

use super::dates::date;
use crate::model::request::ShapeError;

/// Bytes in which the cover stands: its text may be a page long.
const COVER: usize = 30_000;
/// Headings that every transmittal has, from its first page to its last part: a text without them is not the
/// whole of one, or no transmittal.
const HEADINGS: [&str; 3] = ["SUMMARY OF CHANGES", "BUSINESS REQUIREMENTS", "FUNDING"];

/// What the cover says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transmittal {
    /// "Transmittal 10128"
    pub(super) number: String,
    /// "Change Request 11755"; empty where there is none.
    pub(super) change_request: String,
    /// "Date: May 8, 2020"
    pub(super) issued: NaiveDate,
    /// "SUBJECT"
    pub(super) subject: String,
    /// "EFFECTIVE DATE", as written.
    pub(super) effective: String,
    /// "IMPLEMENTATION DATE", as written.
    pub(super) implementation: String,
    /// Numbers of transmittals, the old one and the one by which it is rescinded and replaced.
    pub(super) replaced: Vec<(String, String)>,
    /// CMS says that it maintains coding and changes no policy.
    pub(super) maintenance: bool,
}

#[expect(clippy::unwrap_used, reason = "the patterns are constant and tested")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bTransmittal:?\s+R?(\d{1,6})[A-Z]{0,5}\s+Date:\s+([A-Z][a-z]+ \d{1,2}, ?\d{4}|\d{1,2}/\d{1,2}/\d{4})",
    )
});
static CHANGE_REQUEST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\bChange Request:?\s+#?(\d{3,6}|N/A)\b"));
static SUBJECT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\bSUBJECT:\s+(.{3,1000}?)\s+(?:I\.\s+SUMMARY OF CHANGES|EFFECTIVE DATE)\b")
});
static EFFECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\bEFFECTIVE DATE:\s+(.{3,800}?)\s*(?:\*\s*Unless\b|IMPLEMENTATION DATE:)")
});
static IMPLEMENTATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bIMPLEMENTATION DATE:\s+(.{3,800}?)\s*(?:Disclaimer for manual\b|II\.\s+CHANGES IN\b|I\.\s+GENERAL INFORMATION\b)",
    )
});
static REPLACED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\bTransmittal\s+R?(\d{1,6})[A-Z]{0,5}(?:,?\s+dated,?\s+[A-Z]+\s+\d{1,2},\s+\d{4})?,?\s+(?:is\s+being|has\s+been|is|was)\s+rescinded\s+and\s+replaced\s+by\s+Transmittal\s+R?(\d{1,6})\b",
    )
});
static MAINTENANCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\bno\s+(?:new\s+)?policy(?:[- ]related)?\s+changes\b|\bno\s+changes\s+(?:to|in)\s+(?:ncd\s+)?policy\b",
    )
});

impl Transmittal {
    /// Reads the text of a PDF.
    ///
    /// # Errors
    /// When a field or heading that every transmittal has is missing.
    pub(super) fn read(text: &str) -> Result<Self, ShapeError> {
        let shape = |why: String| ShapeError::new("the transmittal", why);
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let cover = flat
            .get(..flat.floor_char_boundary(COVER))
            .unwrap_or_default();
        for heading in HEADINGS {
            if !flat.contains(heading) {
                return Err(shape(format!(
                    "it lacks the heading {heading}, which every transmittal has: it is not whole, or something else"
                )));
            }
        }
        let field = |pattern: &Regex, name: &str| {
            pattern
                .captures(cover)
                .and_then(|found| Some(found.get(1)?.as_str().trim().to_owned()))
                .ok_or_else(|| shape(format!("its cover has no {name} in the known form")))
        };
        let numbers = NUMBER.captures(cover);
        let part = |at: usize| {
            numbers
                .as_ref()
                .and_then(|found| Some(found.get(at)?.as_str()))
        };
        let number = part(1)
            .ok_or_else(|| shape("its cover has no \"Transmittal N Date: ...\"".to_owned()))?
            .to_owned();
        let issued = part(2)
            .and_then(|text| date(&text.replace(",2", ", 2")))
            .ok_or_else(|| shape("its cover has no date of issue".to_owned()))?;
        let change_request = field(&CHANGE_REQUEST, "change request")?;
        let replaced = REPLACED.captures_iter(&flat).take(20).filter_map(|found| {
            let number = |at| Some(found.get(at)?.as_str().to_owned());
            Some((number(1)?, number(2)?))
        });
        let mut replaced: Vec<_> = replaced.filter(|(old, new)| old != new).collect();
        replaced.sort();
        replaced.dedup();
        Ok(Self {
            number,
            change_request: if change_request == "N/A" {
                String::new()
            } else {
                change_request
            },
            issued,
            subject: field(&SUBJECT, "subject")?,
            effective: field(&EFFECTIVE, "effective date")?,
            implementation: field(&IMPLEMENTATION, "implementation date")?,
            replaced,
            maintenance: MAINTENANCE.is_match(&flat),
        })
    }
}
