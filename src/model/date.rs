//! Dates as CMS writes them.

use chrono::{Datelike, NaiveDate};

/// The first day of Medicare benefits. A determination without an effective date ("longstanding")
/// is taken to hold from here on: no date of service lies before it.
pub const MEDICARE_BEGAN: NaiveDate = match NaiveDate::from_ymd_opt(1966, 7, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

/// Reads `MM/DD/YYYY`, `M/D/YYYY` and `MM-DD-YYYY`; anything else, a sentence for one, is `None`.
pub fn us_date(text: &str) -> Option<NaiveDate> {
    let separator = if text.contains('/') { '/' } else { '-' };
    let mut parts = text.trim().split(separator);
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |part: &str, longest: usize| {
        (!part.is_empty() && part.len() <= longest && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let year = i32::try_from(digits(year, 4)?).ok()?;
    plausible(NaiveDate::from_ymd_opt(
        year,
        digits(month, 2)?,
        digits(day, 2)?,
    )?)
}

/// Reads `January 2, 2024`, as CMS writes dates in sentences.
pub fn written_date(text: &str) -> Option<NaiveDate> {
    plausible(NaiveDate::parse_from_str(text.trim(), "%B %d, %Y").ok()?)
}

/// All dates that a text or an address names, in order: `(Updated 11/14/2026)`, `updated-11-14-2026.zip`,
/// `posted-11142026`, `November 14, 2026`.
pub fn dates_in(text: &str) -> Vec<NaiveDate> {
    let mut found = Vec::new();
    let groups: Vec<&str> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|group| !group.is_empty())
        .collect();
    for (index, group) in groups.iter().enumerate() {
        if let (Some(day), Some(year)) = (groups.get(index + 1), groups.get(index + 2)) {
            found.extend(us_date(&format!("{group}/{day}/{year}")));
            found.extend(written_date(&format!("{group} {day}, {year}")));
        }
        if let ([month, day, year], 8) = (
            [group.get(..2), group.get(2..4), group.get(4..)].map(Option::unwrap_or_default),
            group.len(),
        ) {
            found.extend(us_date(&format!("{month}/{day}/{year}")));
        }
    }
    found
}

/// The dates in the name of a file or the text of a link, in the forms in which CMS writes them there:
/// `05042020`, `12.29.20`, `01-31-2023`, `01/31/2023`, `2024-04-25`. Unlike [`dates_in`], which reads
/// sentences too, it takes numbers for one date only where nothing but a point, dash or slash is between.
pub fn dates_in_name(name: &str) -> Vec<NaiveDate> {
    let chunks = name.split(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '/'));
    let mut dates = Vec::new();
    for chunk in chunks {
        let groups: Vec<&str> = chunk
            .split(['.', '-', '/'])
            .filter(|group| !group.is_empty() && group.len() <= 8)
            .collect();
        dates.extend(groups.iter().filter_map(|group| {
            let (month, rest) = group.split_at_checked(2)?;
            let (day, year) = rest.split_at_checked(2)?;
            us_date(&format!("{month}/{day}/{year}"))
        }));
        dates.extend(groups.windows(3).filter_map(|window| match window {
            [year, month, day] if year.len() == 4 => us_date(&format!("{month}/{day}/{year}")),
            [month, day, year] if year.len() == 4 => us_date(&format!("{month}/{day}/{year}")),
            [month, day, year] if year.len() == 2 => us_date(&format!("{month}/{day}/20{year}")),
            _ => None,
        }));
    }
    dates
}

/// A date between the beginning of Medicare and a century later; a slip of the pen is no date.
fn plausible(date: NaiveDate) -> Option<NaiveDate> {
    (date >= MEDICARE_BEGAN && date.year() < 2100).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_found_in_texts_and_addresses() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 14);
        for text in [
            "CY 2027 PFS Final Rule Addenda (Updated 11/14/2026)",
            "/files/zip/addenda-updated-11-14-2026.zip",
            "/files/zip/addenda-updated-11/14/2026.zip",
            "/files/zip/cy-2027-posted-11142026.zip",
            "Posted November 14, 2026",
        ] {
            assert_eq!(dates_in(text), Vec::from_iter(day), "{text}");
        }
        for no in ["", "CY 2027", "CMS-1848-P 2026-14327", "éééé", "13142026"] {
            assert_eq!(dates_in(no), [], "{no}");
        }
    }

    #[test]
    fn dates_of_cms_are_read_and_sentences_are_not() {
        let day = NaiveDate::from_ymd_opt(2020, 1, 21);
        assert_eq!(us_date("01/21/2020"), day);
        assert_eq!(us_date("1/21/2020 "), day);
        assert_eq!(us_date("01-21-2020"), day);
        assert_eq!(written_date("January 21, 2020"), day);
        for (name, expected) in [
            (
                "2020_april_web_addendum_b.05042020.xlsx",
                Some((2020, 5, 4)),
            ),
            (
                "2021_January_Web_Addendum_B.12.29.20.xlsx",
                Some((2020, 12, 29)),
            ),
            (
                "MCR_MUE_PractitionerServices_Eff_07-01-2026.csv",
                Some((2026, 7, 1)),
            ),
            ("Addendum B, updated 2024-04-25", Some((2024, 4, 25))),
            ("rvu23a-updated-01/31/2023.zip", Some((2023, 1, 31))),
            ("v322r0-f1", None),
            ("13452020", None),
        ] {
            let expected = expected.and_then(|(y, m, d)| NaiveDate::from_ymd_opt(y, m, d));
            assert_eq!(dates_in_name(name).first().copied(), expected, "{name}");
        }
        for no in [
            "",
            "N/A",
            "13/01/2020",
            "This is a longstanding national coverage determination",
            "01/21/0020",
            "01/21/2020/1",
        ] {
            assert_eq!(us_date(no), None, "{no}");
        }
    }
}
