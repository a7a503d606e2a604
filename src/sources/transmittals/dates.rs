//! Days in the prose of CMS: `January 21, 2020`, `1/21/2020`, and `2020-01-21` in lists.

use std::sync::LazyLock;

use chrono::NaiveDate;
use regex::Regex;

use crate::model::date::{us_date, written_date};

#[expect(clippy::unwrap_used, reason = "the pattern is constant and tested")]
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)
        \b(?: (?:January|February|March|April|May|June|July|August|September|October|November|December)
              \s+ \d{1,2} ,? \s+ \d{4}
            | \d{1,2}/\d{1,2}/\d{4} )\b",
    )
    .unwrap()
});

/// The days that a text names, in order, with the byte after each.
pub(super) fn dates(text: &str) -> Vec<(NaiveDate, usize)> {
    DATE.find_iter(text)
        .filter_map(|found| Some((date(found.as_str())?, found.end())))
        .collect()
}

/// One day, however it is written.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    let plain: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    NaiveDate::parse_from_str(&plain, "%Y-%m-%d")
        .ok()
        .or_else(|| us_date(&plain))
        .or_else(|| written_date(&plain))
        .or_else(|| NaiveDate::parse_from_str(&plain, "%B %d %Y").ok())
}

/// The days that a text names, each once.
pub(super) fn distinct(text: &str) -> Vec<NaiveDate> {
    let mut days: Vec<NaiveDate> = dates(text).into_iter().map(|(day, _)| day).collect();
    days.sort_unstable();
    days.dedup();
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_found_in_prose() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let found = distinct(
            "on or after January 21, 2020 (not 13/45/2020), again 1/21/2020, and May  8,\n2020; may 20 is none",
        );
        assert_eq!(found, [day("2020-01-21"), day("2020-05-08")]);
        assert_eq!(date("2026-08-18"), Some(day("2026-08-18")));
        assert_eq!(date("N/A"), None);
    }
}
