//! Names and days of releases: `RVU20B` is the April release of 2020.

use std::fmt;

use chrono::{Datelike, Months, NaiveDate};

use crate::model::date;

/// The quarter of a release, by the letter in its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Quarter {
    A,
    B,
    C,
    D,
}

impl Quarter {
    const ALL: [Self; 4] = [Self::A, Self::B, Self::C, Self::D];

    fn of_letter(letter: u8) -> Option<Self> {
        match letter {
            b'A' => Some(Self::A),
            b'B' => Some(Self::B),
            b'C' => Some(Self::C),
            b'D' => Some(Self::D),
            _ => None,
        }
    }

    fn letter(self) -> char {
        match self {
            Self::A => 'A',
            Self::B => 'B',
            Self::C => 'C',
            Self::D => 'D',
        }
    }

    fn first_month(self) -> u32 {
        match self {
            Self::A => 1,
            Self::B => 4,
            Self::C => 7,
            Self::D => 10,
        }
    }
}

/// A release by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Release {
    pub(super) year: i32,
    pub(super) quarter: Quarter,
    /// `R`, `R1` of a corrected release, `1` of a second one; mostly empty.
    suffix: String,
}

impl Release {
    /// The first release named in a text, an address or a file name: `File Name RVU24AR`,
    /// `/files/zip/rvu25d-updated-09/11/2025.zip`.
    pub(super) fn find(text: &str) -> Option<Self> {
        Self::find_with_end(text).map(|(release, _)| release)
    }

    /// The same, and the text behind the name.
    pub(super) fn find_with_end(text: &str) -> Option<(Self, &str)> {
        let bytes = text.as_bytes();
        let mut from = 0;
        while let Some(window) = bytes.get(from..from + 3) {
            let starts_a_word = from
                .checked_sub(1)
                .and_then(|before| bytes.get(before))
                .is_none_or(|before| !before.is_ascii_alphanumeric());
            if starts_a_word
                && window.eq_ignore_ascii_case(b"RVU")
                && let Some((release, end)) = Self::at(bytes, from + 3)
            {
                return Some((release, text.get(end..).unwrap_or_default()));
            }
            from += 1;
        }
        None
    }

    /// Reads the name behind its `RVU`.
    fn at(bytes: &[u8], start: usize) -> Option<(Self, usize)> {
        let rest = bytes.get(start..)?;
        let [tens, ones, letter, ..] = rest else {
            return None;
        };
        if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
            return None;
        }
        let quarter = Quarter::of_letter(letter.to_ascii_uppercase())?;
        let suffix: String = rest
            .iter()
            .skip(3)
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .map(|byte| char::from(byte.to_ascii_uppercase()))
            .collect();
        let digits = suffix.strip_prefix('R').unwrap_or(&suffix);
        if digits.len() > 2 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let year = 2000 + i32::from(tens - b'0') * 10 + i32::from(ones - b'0');
        let end = start + 3 + suffix.len();
        Some((
            Self {
                year,
                quarter,
                suffix,
            },
            end,
        ))
    }

    /// Whether it corrects the release of its quarter (`RVU24AR`).
    pub(super) fn is_revised(&self) -> bool {
        self.suffix.starts_with('R')
    }

    /// The quarter as a release without suffix.
    pub(super) fn regular(year: i32, quarter: Quarter) -> Self {
        Self {
            year,
            quarter,
            suffix: String::new(),
        }
    }

    /// The regular release of the quarter that a day lies in.
    pub(super) fn current(day: NaiveDate) -> Self {
        let quarter = Quarter::ALL
            .into_iter()
            .rev()
            .find(|quarter| quarter.first_month() <= day.month())
            .unwrap_or(Quarter::A);
        Self::regular(day.year(), quarter)
    }

    /// The regular release of the next quarter.
    pub(super) fn following(&self) -> Self {
        match self.quarter {
            Quarter::A => Self::regular(self.year, Quarter::B),
            Quarter::B => Self::regular(self.year, Quarter::C),
            Quarter::C => Self::regular(self.year, Quarter::D),
            Quarter::D => Self::regular(self.year + 1, Quarter::A),
        }
    }

    /// First day of its quarter.
    pub(super) fn quarter_begins(&self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.quarter.first_month(), 1)
            .unwrap_or(date::MEDICARE_BEGAN)
    }

    /// First day after its quarter.
    fn quarter_ends(&self) -> NaiveDate {
        self.following().quarter_begins()
    }

    /// The month of dates of service with which its title names it; a corrected release may be
    /// named by any month of its quarter.
    pub(super) fn may_be_titled(&self, month: u32) -> bool {
        let first = self.quarter.first_month();
        month == first || (!self.suffix.is_empty() && (first..first + 3).contains(&month))
    }

    /// A day on which this release can have been posted: neither long before its quarter nor years
    /// after it. Anything else is a slip of the pen.
    pub(super) fn may_be_posted_on(&self, day: NaiveDate) -> bool {
        let begins = self.quarter_begins();
        let earliest = begins.checked_sub_months(Months::new(6)).unwrap_or(begins);
        let latest = begins.checked_add_months(Months::new(60)).unwrap_or(begins);
        (earliest..=latest).contains(&day)
    }

    /// The first day for which the description of the release page says that its rates are
    /// effective, where it says so and the day lies in the quarter. Of a release that corrects another it may say
    /// so in other words: `effective March 9, 2024`, `for dates of service on or after March 9, 2024`.
    pub(super) fn begins_by(&self, description: &str) -> Option<NaiveDate> {
        const PHRASE: &str = "rates effective ";
        let lower = description.to_ascii_lowercase();
        let is_own = |day: &NaiveDate| (self.quarter_begins()..self.quarter_ends()).contains(day);
        if let Some((before, _)) = lower.split_once(PHRASE) {
            let behind = description.get(before.len() + PHRASE.len()..)?;
            return first_date(behind).filter(is_own);
        }
        let in_other_words = |phrase: &str| {
            let at = lower.find(phrase)? + phrase.len();
            // The date itself, and no other further on.
            let behind: String = description.get(at..)?.chars().take(LONGEST_DATE).collect();
            first_date(&behind).filter(is_own)
        };
        self.is_revised().then(|| {
            ["on or after ", "effective "]
                .into_iter()
                .find_map(in_other_words)
        })?
    }

    /// The day of posting that an archive's address holds, in any of its shapes.
    pub(super) fn posted_by_address(&self, address: &str) -> Option<NaiveDate> {
        let address = address.replace("%2F", "/").replace("%2f", "/");
        let (_, behind) = Self::find_with_end(&address)?;
        let behind = behind.split(['?', '#']).next().unwrap_or(behind);
        let groups: Vec<&str> = behind
            .split(|c: char| !c.is_ascii_digit())
            .filter(|group| !group.is_empty())
            .collect();
        let whole = groups.iter().filter_map(|group| joined_date(group));
        let split = groups.windows(3).filter_map(|window| match window {
            [month, day, year] => {
                let century = if year.len() == 2 { "20" } else { "" };
                date::us_date(&format!("{month}/{day}/{century}{year}"))
            }
            _ => None,
        });
        whole.chain(split).find(|day| self.may_be_posted_on(*day))
    }

    /// The latest plausible day of posting named in a text: `RVU25D - Updated 09/11/2025`.
    pub(super) fn posted_by_text(&self, text: &str) -> Option<NaiveDate> {
        dates(text).filter(|day| self.may_be_posted_on(*day)).max()
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RVU{:02}{}{}",
            self.year.rem_euclid(100),
            self.quarter.letter(),
            self.suffix
        )
    }
}

/// Characters of `September 30, 2024`.
const LONGEST_DATE: usize = 18;

/// `05012020`, and `6302021` where the month lost its zero.
fn joined_date(digits: &str) -> Option<NaiveDate> {
    let digits = match digits.len() {
        7 => format!("0{digits}"),
        8 => digits.to_owned(),
        _ => return None,
    };
    let (month, rest) = digits.split_at_checked(2)?;
    let (day, year) = rest.split_at_checked(2)?;
    date::us_date(&format!("{month}/{day}/{year}"))
}

/// All dates in a text, as numbers or written out.
pub(super) fn dates(text: &str) -> impl Iterator<Item = NaiveDate> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        found.extend(date::us_date(bare));
        if let (Some(day), Some(year)) = (words.get(index + 1), words.get(index + 2)) {
            let year = year.trim_matches(|c: char| !c.is_ascii_digit());
            let day = day.trim_matches(|c: char| !c.is_ascii_digit());
            found.extend(date::written_date(&format!("{bare} {day}, {year}")));
        }
    }
    found.into_iter()
}

/// The first date in a text.
fn first_date(text: &str) -> Option<NaiveDate> {
    dates(text).next()
}

/// The month that a word of a title names: `January`, `OCTOBER`.
pub(super) fn month(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "JANUARY",
        "FEBRUARY",
        "MARCH",
        "APRIL",
        "MAY",
        "JUNE",
        "JULY",
        "AUGUST",
        "SEPTEMBER",
        "OCTOBER",
        "NOVEMBER",
        "DECEMBER",
    ];
    let place = MONTHS
        .iter()
        .position(|month| month.eq_ignore_ascii_case(word))?;
    u32::try_from(place + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(name: &str) -> Release {
        Release::find(name).unwrap()
    }

    fn day(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(year, month, day)
    }

    #[test]
    fn releases_are_found_in_names_texts_and_addresses() {
        for (text, name) in [
            ("RVU20B", "RVU20B"),
            ("File Name RVU24AR", "RVU24AR"),
            ("RVU08D.ZIP", "RVU08D"),
            (
                "https://www.cms.gov/files/zip/rvu25d-updated-09/11/2025.zip",
                "RVU25D",
            ),
            ("/pfs-relative-value-files-items/rvu18ar1", "RVU18AR1"),
            ("rvu18c1.zip", "RVU18C1"),
            ("RVU10C_PCT22", "RVU10C"),
        ] {
            assert_eq!(
                Release::find(text).map(|r| r.to_string()).as_deref(),
                Some(name),
                "{text}"
            );
        }
        for no in [
            "",
            "RVU",
            "RVU20",
            "RVU12M",
            "PPRRVU20_APR.csv",
            "PPRRVU2025_Oct",
            "RVU25DATA",
            "cms1192486",
            "rvu",
            "é-rvu2",
        ] {
            assert_eq!(Release::find(no), None, "{no}");
        }
    }

    #[test]
    fn the_day_of_posting_is_read_from_every_shape_of_address() {
        for (address, expected) in [
            ("/files/zip/rvu20b-updated-05012020.zip", day(2020, 5, 1)),
            ("/files/zip/rvu21c-updated-6302021.zip", day(2021, 6, 30)),
            ("/files/zip/rvu23a-updated-01/31/2023.zip", day(2023, 1, 31)),
            (
                "/files/zip/rvu23a-updated-01%2F31%2F2023.zip",
                day(2023, 1, 31),
            ),
            ("/files/zip/rvu24ar-posted-04/01/2024.zip", day(2024, 4, 1)),
            (
                "/files/zip/rvu26a-updated-12-29-2025.zip",
                day(2025, 12, 29),
            ),
            ("/files/zip/rvu26c-updated-06-30-26_0.zip", day(2026, 6, 30)),
            ("/files/zip/rvu23c.zip", None),
            ("/files/zip/rvu23c-updated-01/31/1999.zip", None),
            ("/files/zip/rvu23c-0.zip", None),
        ] {
            let release = release(address);
            assert_eq!(release.posted_by_address(address), expected, "{address}");
        }
        assert_eq!(
            release("RVU25D").posted_by_text("RVU25D - Updated 09/11/2025"),
            day(2025, 9, 11)
        );
    }

    #[test]
    fn a_description_may_name_the_first_day() {
        let first = "Medicare Physician Fee Schedule rates effective January 1, 2024, through March 8, 2024.";
        assert_eq!(release("RVU24A").begins_by(first), day(2024, 1, 1));
        let second = "Medicare Physician Fee Schedule rates effective March 9, 2024.";
        assert_eq!(release("RVU24AR").begins_by(second), day(2024, 3, 9));
        assert_eq!(release("RVU24B").begins_by(second), None);
        let not = "This file does not contain revisions effective June 1, 2010.";
        assert_eq!(release("RVU10AR1").begins_by(not), None);
        for other in [
            "Revised file. Effective March 9, 2024 through March 31, 2024.",
            "Payment files for dates of service on or after March 9, 2024, effective April 1, 2024.",
        ] {
            assert_eq!(
                release("RVU24AR").begins_by(other),
                day(2024, 3, 9),
                "{other}"
            );
            assert_eq!(release("RVU24A").begins_by(other), None, "{other}");
        }
        let elsewhere = "The effective rates are those of the law of March 9, 2024.";
        assert_eq!(release("RVU24AR").begins_by(elsewhere), None);
    }

    #[test]
    fn quarters_follow_each_other() {
        assert_eq!(release("RVU25D").following(), release("RVU26A"));
        assert_eq!(
            day(2026, 9, 30).map(|d| Release::current(d).to_string()),
            Some("RVU26C".to_owned())
        );
        assert!(release("RVU24AR").may_be_titled(3));
        assert!(!release("RVU24A").may_be_titled(3));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}", address in "rvu2[0-9][a-d][-/0-9a-z%]{0,30}") {
            for text in [&text, &address] {
                if let Some(release) = Release::find(text) {
                    let _ = (release.posted_by_address(text), release.posted_by_text(text), release.begins_by(text));
                    proptest::prop_assert_eq!(Release::find(&release.to_string()), Some(release));
                }
            }
        }
    }
}
