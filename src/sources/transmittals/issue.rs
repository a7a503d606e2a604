//! The names of what CMS issues: transmittals `R10128NCD`, articles `MM11755`.

use std::fmt;

/// A transmittal or an article, by its number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Issue {
    /// Number and series (`CP` of manual 100-04, `NCD` of 100-03, `OTN` one-time notification, ...).
    Transmittal {
        /// `10128`
        number: String,
        /// `NCD`; some old ones have digits in it (`P240I`).
        series: String,
    },
    /// MLN Matters article, by the number of its change request: `MM11755`; special editions are `SE`.
    Article(String),
}

impl Issue {
    /// Reads a name as CMS writes it in lists: `R10128NCD`, `R 10128 NCD`, `MM11755`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let name: String = text
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .collect();
        if name.len() > 20 || !name.is_ascii() {
            return None;
        }
        let name = name.to_ascii_uppercase();
        if let Some(rest) = name.strip_prefix('R') {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, series) = rest.split_at_checked(digits)?;
            let is_series = series.starts_with(|c: char| c.is_ascii_alphabetic())
                && series.bytes().all(|b| b.is_ascii_alphanumeric());
            return (!number.is_empty() && is_series).then(|| Self::Transmittal {
                number: number.to_owned(),
                series: series.to_owned(),
            });
        }
        let digits = name.strip_prefix("MM").or(name.strip_prefix("SE"))?;
        let plausible =
            (4..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        plausible.then_some(Self::Article(name))
    }

    /// By the name of a file without its ending: `r10128ncd`, `R10128NCD`, `r10128ncd-0`,
    /// `mm11755-claims-processing`.
    pub(super) fn by_file(stem: &str) -> Option<Self> {
        Self::parse(stem.split(['-', '_', '.']).next()?)
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transmittal { number, series } => write!(f, "R{number}{series}"),
            Self::Article(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for (text, name) in [
            ("R10128NCD", "R10128NCD"),
            (" r 13924 cp ", "R13924CP"),
            ("R26P240I", "R26P240I"),
            ("MM11755", "MM11755"),
            ("se20011", "SE20011"),
        ] {
            assert_eq!(
                Issue::parse(text).map(|i| i.to_string()).as_deref(),
                Some(name)
            );
        }
        for text in [
            "", "R", "R10128", "RVU20A", "MM", "MM1", "10128CP", "R1-2CP", "MMx1755",
        ] {
            assert_eq!(Issue::parse(text), None, "{text}");
        }
        assert_eq!(
            Issue::by_file("mm14557-hospice-payments").map(|i| i.to_string()),
            Some("MM14557".to_owned())
        );
        assert_eq!(
            Issue::by_file("R10128NCD-0").map(|i| i.to_string()),
            Some("R10128NCD".to_owned())
        );
        assert_eq!(Issue::by_file("revised-product"), None);
    }
}
