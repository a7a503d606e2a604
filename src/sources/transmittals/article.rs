//! The head of an MLN Matters article: which change request it explains, and its dates.

use std::sync::LazyLock;

use chrono::NaiveDate;
use regex::Regex;

use super::dates::date;
use crate::model::request::ShapeError;

/// Bytes in which the head stands.
const HEAD: usize = 10_000;
/// One of these ends every article.
const ENDS: [&str; 2] = ["Document History", "Content Disclaimer"];

/// What the head says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Article {
    /// "MLN Matters Number: MM11755"
    pub(super) number: String,
    /// "Related Change Request (CR) Number"; empty where there is none.
    pub(super) change_request: String,
    /// "Related CR Release Date"
    pub(super) released: NaiveDate,
    /// "Related CR Transmittal Number"; may be empty.
    pub(super) transmittals: String,
    /// "Related CR Title"; may be empty: older articles have none.
    pub(super) title: String,
    /// "Effective Date"
    pub(super) effective: String,
    /// "Implementation Date"
    pub(super) implementation: String,
    /// CMS says that it maintains coding and changes no policy.
    pub(super) maintenance: bool,
}

#[expect(clippy::unwrap_used, reason = "the patterns are constant and tested")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

/// A day, or several with words between them, up to the next field.
const DAYS: &str = r"((?:[A-Z][a-z]+ \d{1,2}, \d{4}|\d{1,2}/\d{1,2}/\d{4}|N/A)(?:\s*(?:,|;|and|-|for|\([^)]{0,80}\))?\s*(?:[A-Z][a-z]+ \d{1,2}, \d{4}))*)";

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\bMLN Matters(?:\s*®)?(?:\s+Article)?\s+Number:\s+((?:MM|SE)\d{4,6})\b")
});
static CHANGE_REQUEST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\bRelated (?:Change Request \(CR\)|CR) Number:\s+(?:CR\s*)?(\d{3,6}|N/A)\b")
});
static RELEASED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:Related CR|Article) Release Date:\s+([A-Z][a-z]+ \d{1,2}, \d{4}|\d{1,2}/\d{1,2}/\d{4})",
    )
});
static TRANSMITTALS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bRelated CR Transmittal Numbers?:\s+(R\d{1,6}[A-Z]{2,5}(?:\s*(?:,|and|&)\s*R\d{1,6}[A-Z]{2,5})*)",
    )
});
static TITLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bRelated CR Title:\s+(.{3,400}?)\s+(?:Affected Providers|Provider Types? Affected|What you need to know|Action Needed)\b",
    )
});
static EFFECTIVE: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"\bEffective Dates?:\s+{DAYS}")));
static IMPLEMENTATION: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"\bImplementation Dates?:\s+{DAYS}")));
static MAINTENANCE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\bno\s+(?:new\s+)?policy(?:[- ]related)?\s+changes\b"));

impl Article {
    /// Reads the text of a PDF.
    ///
    /// # Errors
    /// When a field that every article has is missing.
    pub(super) fn read(text: &str) -> Result<Self, ShapeError> {
        let shape = |why: String| ShapeError::new("the article", why);
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let head = flat
            .get(..flat.floor_char_boundary(HEAD))
            .unwrap_or_default();
        if !ENDS.iter().any(|end| flat.contains(end)) {
            return Err(shape(
                "it has neither a document history nor a disclaimer, one of which ends every article: it is not whole, or something else"
                    .to_owned(),
            ));
        }
        let optional = |pattern: &Regex| {
            let found = pattern.captures(head)?;
            Some(found.get(1)?.as_str().trim().to_owned())
        };
        let field = |pattern: &Regex, name: &str| {
            optional(pattern)
                .ok_or_else(|| shape(format!("its head has no {name} in the known form")))
        };
        let change_request = field(&CHANGE_REQUEST, "number of its change request")?;
        let released = field(&RELEASED, "release date")?;
        Ok(Self {
            number: field(&NUMBER, "number")?.to_ascii_uppercase(),
            change_request: if change_request == "N/A" {
                String::new()
            } else {
                change_request
            },
            released: date(&released)
                .ok_or_else(|| shape(format!("'{released}' is no release date")))?,
            transmittals: optional(&TRANSMITTALS).unwrap_or_default(),
            title: optional(&TITLE).unwrap_or_default(),
            effective: field(&EFFECTIVE, "effective date")?,
            implementation: field(&IMPLEMENTATION, "implementation date")?,
            maintenance: MAINTENANCE.is_match(&flat),
        })
    }
}
