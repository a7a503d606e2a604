//! Calendar quarters: most tables of CMS are issued for one.

use std::fmt;

use chrono::{Datelike, NaiveDate};

use super::date::MEDICARE_BEGAN;

/// A calendar quarter. Written `2026-Q3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter {
    year: i32,
    /// From 1 to 4.
    number: u32,
}

/// How many words may stand between a month and its year: `January 1, 2020`.
const NEAR: usize = 2;

impl Quarter {
    /// The quarter of that number, from 1 to 4, in a year from 1990 to 2099.
    pub fn new(year: i32, number: u32) -> Option<Self> {
        ((1990..2100).contains(&year) && (1..=4).contains(&number)).then_some(Self { year, number })
    }

    /// The quarter in which a day lies.
    pub fn of(day: NaiveDate) -> Self {
        Self {
            year: day.year(),
            number: day.month0() / 3 + 1,
        }
    }

    /// The first quarter that a text names by its first month and a year near it, in any of the ways in
    /// which CMS names pages and files: `April 2020 Addendum B`, `cy-2026-april-opps`,
    /// `2021_January_Web_Addendum_B.12.29.20.xlsx`.
    pub fn by_month(text: &str) -> Option<Self> {
        let words = words(text);
        let year = |at: Option<usize>| year_of(words.get(at?)?);
        (0..words.len()).find_map(|at| {
            let number = match &words.get(at)?.to_ascii_lowercase()[..] {
                "january" | "jan" => 1,
                "april" | "apr" => 2,
                "july" | "jul" => 3,
                "october" | "oct" => 4,
                _ => return None,
            };
            let year = (1..=NEAR)
                .find_map(|away| year(at.checked_add(away)).or_else(|| year(at.checked_sub(away))));
            Self::new(year?, number)
        })
    }

    /// The first quarter that a text names by its number: `2026q3`, `2026-q3`, `Q3 2026`.
    pub fn by_number(text: &str) -> Option<Self> {
        words(text).windows(3).find_map(|window| {
            let [first, middle, last] = window else {
                return None;
            };
            if middle.eq_ignore_ascii_case("q") {
                return Self::new(year_of(first)?, last.parse().ok()?);
            }
            if first.eq_ignore_ascii_case("q") {
                return Self::new(year_of(last)?, middle.parse().ok()?);
            }
            None
        })
    }

    /// Its year.
    pub fn year(self) -> i32 {
        self.year
    }

    /// Its number, from 1 to 4.
    pub fn number(self) -> u32 {
        self.number
    }

    /// Its first day.
    pub fn begins(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.number * 3 - 2, 1).unwrap_or(MEDICARE_BEGAN)
    }

    /// The next one.
    #[must_use]
    pub fn following(self) -> Self {
        if self.number < 4 {
            Self {
                number: self.number + 1,
                ..self
            }
        } else {
            Self {
                year: self.year + 1,
                number: 1,
            }
        }
    }

    /// Whether a day lies in it.
    pub fn contains(self, day: NaiveDate) -> bool {
        Self::of(day) == self
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-Q{}", self.year, self.number)
    }
}

fn year_of(word: &str) -> Option<i32> {
    if word.len() != 4 {
        return None;
    }
    word.parse().ok().filter(|year| (1990..2100).contains(year))
}

/// Runs of letters and runs of digits: names of files have no other order.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let kind = |c: char| (c.is_ascii_alphabetic(), c.is_ascii_digit());
    let mut last = (false, false);
    for (at, c) in text.char_indices() {
        if kind(c) != last {
            if last != (false, false) {
                words.extend(text.get(start..at));
            }
            (start, last) = (at, kind(c));
        }
    }
    if last != (false, false) {
        words.extend(text.get(start..));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_are_named_by_month_in_every_order() {
        for (text, expected) in [
            ("April 2020 Addendum B", Some("2020-Q2")),
            ("2021_January_Web_Addendum_B.12.29.20.xlsx", Some("2021-Q1")),
            (
                "January_2020_Addendum_B_CORRECTION.02042020",
                Some("2020-Q1"),
            ),
            ("cy-2026-april-opps-addendum-b.zip", Some("2026-Q2")),
            ("July2026_Addendum_B", Some("2026-Q3")),
            ("effective October 1, 2026", Some("2026-Q4")),
            (
                "January 2024 Addendum B, updated 2024-04-25",
                Some("2024-Q1"),
            ),
            ("posted March 2020", None),
            ("april", None),
            ("Addendum B for CY 2020", None),
            ("", None),
        ] {
            assert_eq!(
                Quarter::by_month(text).map(|q| q.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn quarters_are_named_by_number_in_every_spelling() {
        for (text, expected) in [
            (
                "medicare-ncci-2026q3-practitioner-ptp-edits",
                Some("2026-Q3"),
            ),
            (
                "medicare-ncci-2026-q4-practitioner-services",
                Some("2026-Q4"),
            ),
            ("medicaid-ncci-q2-2026-ptp-edits", Some("2026-Q2")),
            ("2026 Q5", None),
            ("q3", None),
        ] {
            assert_eq!(
                Quarter::by_number(text).map(|q| q.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn quarters_follow_each_other() {
        let last = Quarter::new(2025, 4).unwrap();
        assert_eq!(last.following(), Quarter::new(2026, 1).unwrap());
        let day = last.following().begins();
        assert_eq!(day, NaiveDate::from_ymd_opt(2026, 1, 1).unwrap());
        assert!(last.following().contains(day) && !last.contains(day));
        assert_eq!(Quarter::new(2026, 5), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}") {
            let _ = (Quarter::by_month(&text), Quarter::by_number(&text));
        }
    }
}
