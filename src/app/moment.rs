//! A day or an instant, as people write it.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};

/// A day or an instant on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A day; its end in the practice's time zone is meant.
    Day(NaiveDate),
    /// An instant.
    Instant(DateTime<Utc>),
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(day) = text.parse() {
            return Ok(Self::Day(day));
        }
        DateTime::parse_from_rfc3339(text)
            .map(|instant| Self::Instant(instant.to_utc()))
            .map_err(|_| {
                "write a day as 2026-03-01 or an instant as 2026-03-01T14:00:00Z".to_owned()
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_instants_are_told_apart() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        assert_eq!("2026-03-01".parse(), Ok(Moment::Day(day)));
        let instant = "2026-03-01T17:00:00Z".parse().unwrap();
        assert_eq!(
            "2026-03-01T12:00:00-05:00".parse(),
            Ok(Moment::Instant(instant))
        );
        for bad in ["", "soon", "2026-02-30", "2026-03-01T12:00:00"] {
            assert!(bad.parse::<Moment>().is_err(), "{bad}");
        }
    }
}
