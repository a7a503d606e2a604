//! Which table of which quarter a file is, by its name.

use std::fmt;

use crate::model::date::dates_in_name;
use crate::model::quarter::Quarter;

/// A table of NCCI for practitioners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Table {
    /// Medically unlikely edits.
    Mue,
    /// A file of procedure-to-procedure edits, by its number: the pairs are divided by their first code.
    Ptp(u32),
}

/// A table for a quarter. Written `NCCI MUE 2026-Q3`, `NCCI PTP 2026-Q3 f1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Issue {
    pub(super) quarter: Quarter,
    pub(super) table: Table,
}

impl Issue {
    /// Which issue a file is that is named, or linked, so:
    /// `medicare-ncci-2026q3-practitioner-ptp-edits-ccipra-v322r0-f1.zip`,
    /// `medicare-ncci-2026-q3-practitioner-services-mue-table.zip`. Files of hospitals and suppliers, of
    /// Medicaid, and lists of what changed are none.
    pub(super) fn named(file: &str, text: &str) -> Option<Self> {
        let names = format!("{file} {text}").to_ascii_lowercase();
        let others = [
            "medicaid",
            "hospital",
            "supplier",
            "dme-",
            "ccioph",
            "additions",
            "deletions",
        ];
        if others.iter().any(|other| names.contains(other)) {
            return None;
        }
        let version = Version::find(file).or_else(|| Version::find(text));
        let quarter = Quarter::by_number(file)
            .or(version.map(|version| version.quarter))
            .or_else(|| Quarter::by_number(text))
            .or_else(|| Quarter::by_month(text))
            .or_else(|| dates_in_name(text).first().map(|&day| Quarter::of(day)))?;
        if names.contains("ptp") || names.contains("ccipra") {
            let part = version.and_then(|version| version.part)?;
            return Some(Self {
                quarter,
                table: Table::Ptp(part),
            });
        }
        (names.contains("mue") && names.contains("practitioner")).then_some(Self {
            quarter,
            table: Table::Mue,
        })
    }

    /// The issue of that name.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let mut words = name.strip_prefix("NCCI ")?.split(' ');
        let (table, quarter, part) = (words.next()?, words.next()?, words.next());
        let quarter = Quarter::by_number(quarter)?;
        let table = match (table, part) {
            ("MUE", None) => Table::Mue,
            ("PTP", Some(part)) => Table::Ptp(part.strip_prefix('f')?.parse().ok()?),
            _ => return None,
        };
        Some(Self { quarter, table })
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.table {
            Table::Mue => write!(f, "NCCI MUE {}", self.quarter),
            Table::Ptp(part) => write!(f, "NCCI PTP {} f{part}", self.quarter),
        }
    }
}

/// The version in the name of a PTP file: `ccipra-v322r0-f1` is version 32.2, revision 0, file 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    /// Version 32.0 is of the first quarter of 2026.
    pub(super) quarter: Quarter,
    pub(super) revision: u32,
    pub(super) part: Option<u32>,
}

impl Version {
    pub(super) fn find(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let (_, rest) = lower.split_once("cci")?;
        rest.match_indices('v').find_map(|(at, _)| {
            let rest = rest.get(at + 1..)?;
            Self::at(rest)
        })
    }

    /// Reads what stands behind the `v`.
    fn at(text: &str) -> Option<Self> {
        let number = |text: &str| -> Option<(u32, usize)> {
            let length = text.bytes().take_while(u8::is_ascii_digit).count();
            Some((text.get(..length)?.parse().ok()?, length))
        };
        let (version, length) = number(text)?;
        if length != 3 {
            return None;
        }
        let rest = text.get(length..)?.strip_prefix('r')?;
        let (revision, length) = number(rest)?;
        let part = rest
            .get(length..)
            .and_then(|rest| rest.trim_start_matches(['-', '_', ' ']).strip_prefix('f'))
            .and_then(number)
            .map(|(part, _)| part)
            .filter(|part| (1..=99).contains(part));
        let year = i32::try_from(version / 10).ok()? + 1994;
        Some(Self {
            quarter: Quarter::new(year, version % 10 + 1)?,
            revision,
            part,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_practitioners_are_known_by_their_names() {
        for (file, expected) in [
            (
                "medicare-ncci-2026q3-practitioner-ptp-edits-ccipra-v322r0-f1.zip",
                Some("NCCI PTP 2026-Q3 f1"),
            ),
            (
                "medicare-ncci-2026-q4-practitioner-ptp-edits-ccipra-v323r0-f4.zip",
                Some("NCCI PTP 2026-Q4 f4"),
            ),
            ("ccipra-v313r1-f2.zip", Some("NCCI PTP 2025-Q4 f2")),
            (
                "medicare-ncci-2026-q3-practitioner-services-mue-table.zip",
                Some("NCCI MUE 2026-Q3"),
            ),
            (
                "medicare-ncci-2026-q3-facility-outpatient-hospital-services-mue-table.zip",
                None,
            ),
            (
                "medicare-ncci-2026-q3-dme-supplier-services-mue-table.zip",
                None,
            ),
            (
                "medicare-ncci-2026q2-hospital-ptp-edits-ccioph-v321r0-f1.zip",
                None,
            ),
            (
                "medicare-ncci-2026q2-practitioner-quarterly-additions-deletions-revisions-ptp.zip",
                None,
            ),
            (
                "medicaid-ncci-2026-q3-ptp-edits-practitioner-services.zip",
                None,
            ),
            ("medicare-ncci-2026q3-practitioner-ptp-edits.zip", None),
            ("rvu26c.zip", None),
        ] {
            let issue = Issue::named(file, "");
            assert_eq!(issue.map(|i| i.to_string()).as_deref(), expected, "{file}");
            if let Some(issue) = issue {
                assert_eq!(Issue::of_name(&issue.to_string()), Some(issue));
            }
        }
        let by_text = Issue::named(
            "mue-practitioner.zip",
            "Practitioner Services MUE Table - Effective 07-01-2026",
        );
        assert_eq!(
            by_text.map(|i| i.to_string()).as_deref(),
            Some("NCCI MUE 2026-Q3")
        );
        for no in [
            "NCCI PTP 2026-Q3",
            "NCCI MUE 2026-Q3 f1",
            "PTP 2026-Q3 f1",
            "NCCI XYZ 2026-Q3",
        ] {
            assert_eq!(Issue::of_name(no), None, "{no}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_name_makes_it_panic(name in ".{0,60}", tail in "cciv?[0-9]{0,12}r?[0-9]{0,12}-?f?[0-9]{0,12}") {
            let _ = Issue::named(&name, &tail);
            let _ = Issue::named(&tail, &name);
            let _ = Issue::of_name(&name);
        }
    }
}
