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

/// A date between the beginning of Medicare and a century later; a slip of the pen is no date.
fn plausible(date: NaiveDate) -> Option<NaiveDate> {
    (date >= MEDICARE_BEGAN && date.year() < 2100).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_cms_are_read_and_sentences_are_not() {
        let day = NaiveDate::from_ymd_opt(2020, 1, 21);
        assert_eq!(us_date("01/21/2020"), day);
        assert_eq!(us_date("1/21/2020 "), day);
        assert_eq!(us_date("01-21-2020"), day);
        assert_eq!(written_date("January 21, 2020"), day);
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
