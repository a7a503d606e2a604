//! The columns of Addendum B, known by the words of their headers and never by their places.
//!
//! Over the years the same column was "Work RVUs", "Physician Work RVUs2,3" and "Work RVU"; "Mal-
//! Practice RVUs" and "MP RVUs"; headers are wrapped over rows. So a header is the *set* of its words
//! after footnote marks, the word RVU and the year are taken away.

use std::collections::BTreeSet;

use crate::model::attribute::Attribute;
use crate::model::request::ShapeError;
use crate::parse::grid::{joined_names, words};

/// A column that is kept beside code, modifier and description.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) attribute: Attribute,
    /// Its header for people.
    pub(super) name: &'static str,
    /// Sets of words by which its header is known.
    headers: &'static [&'static [&'static str]],
}

/// How many columns are kept.
pub(super) const COUNT: usize = 11;
pub(super) const STATUS: usize = 0;
pub(super) const NOT_USED: usize = 1;
pub(super) const WORK: usize = 2;
pub(super) const NON_FACILITY_PE: usize = 3;
pub(super) const FACILITY_PE: usize = 4;
pub(super) const MP: usize = 5;
pub(super) const NON_FACILITY_TOTAL: usize = 6;
pub(super) const FACILITY_TOTAL: usize = 7;
pub(super) const GLOBAL_DAYS: usize = 8;
pub(super) const NON_FACILITY_NA: usize = 9;
pub(super) const FACILITY_NA: usize = 10;

/// The columns.
#[rustfmt::skip]
pub(super) static COLUMNS: [Column; COUNT] = [
    column(Attribute::Status, "Status", &[&["STATUS"], &["STATUS", "CODE"], &["STATUS", "INDICATOR"], &["PROC", "STATUS"]]),
    column(Attribute::NotUsed, "Not Used for Medicare Payment", &[&["NOT", "USED", "FOR", "MEDICARE", "PAYMENT"]]),
    column(Attribute::WorkRvu, "Work RVUs", &[&["WORK"]]),
    column(Attribute::NonFacilityPeRvu, "Non-Facility PE RVUs", &[&["NONFACILITY", "PE"]]),
    column(Attribute::FacilityPeRvu, "Facility PE RVUs", &[&["FACILITY", "PE"]]),
    column(Attribute::MpRvu, "MP RVUs", &[&["MP"]]),
    column(Attribute::NonFacilityTotal, "Total Non-Facility RVUs", &[&["NONFACILITY", "TOTAL"]]),
    column(Attribute::FacilityTotal, "Total Facility RVUs", &[&["FACILITY", "TOTAL"]]),
    column(Attribute::GlobalDays, "Global", &[&["GLOBAL"], &["GLOBAL", "DAYS"], &["GLOBAL", "PERIOD"], &["GLOB", "DAYS"]]),
    column(Attribute::NonFacilityNa, "Non-Facility NA Indicator", &[&["NONFACILITY", "NA", "INDICATOR"]]),
    column(Attribute::FacilityNa, "Facility NA Indicator", &[&["FACILITY", "NA", "INDICATOR"]]),
];

/// Those that Addendum A explains in every year; without one of them it is another table, or a damaged
/// one. The rest came and went.
const REQUIRED: [usize; 5] = [STATUS, WORK, NON_FACILITY_PE, FACILITY_PE, MP];

const CODE_HEADERS: &[&[&str]] = &[
    &["HCPCS"],
    &["CPT", "HCPCS"],
    &["HCPCS", "CODE"],
    &["CPT", "HCPCS", "CODE"],
];
const MODIFIER_HEADERS: &[&[&str]] = &[&["MOD"]];
const DESCRIPTION_HEADERS: &[&[&str]] =
    &[&["DESCRIPTION"], &["DESCRIPTOR"], &["SHORT", "DESCRIPTOR"]];

const fn column(
    attribute: Attribute,
    name: &'static str,
    headers: &'static [&'static [&'static str]],
) -> Column {
    Column {
        attribute,
        name,
        headers,
    }
}

/// Where the columns stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) code: usize,
    pub(super) modifier: usize,
    pub(super) description: usize,
    /// In the order of [`COLUMNS`]; `None` where the table has no such column.
    pub(super) cells: [Option<usize>; COUNT],
    /// Columns that are not known, by name.
    pub(super) unknown: Vec<String>,
}

impl Header {
    /// Finds the columns in a header whose lowest row is given. `Ok(None)`: it is no header of this table.
    ///
    /// # Errors
    /// When two columns have one name, or it is the table's header and a column that every form of it
    /// has is missing.
    pub(super) fn find(
        member: &str,
        above: &[&[String]],
        lowest: &[String],
        year: Option<i32>,
    ) -> Result<Option<Self>, ShapeError> {
        let mut cells: [Option<usize>; COUNT] = [None; COUNT];
        let (mut code, mut modifier, mut description) = (None, None, None);
        let mut unknown = Vec::new();
        let width = above
            .iter()
            .copied()
            .chain([lowest])
            .map(<[String]>::len)
            .max()
            .unwrap_or(0);
        for place in 0..width {
            let names = joined_names(above.iter().copied(), lowest, place);
            // The longest name that is known: "Facility PE RVUs" is the end of "Non-Facility PE RVUs".
            let Some(slot) = names.iter().rev().find_map(|name| slot(name, year)) else {
                let name = names.first().filter(|name| !name.is_empty());
                unknown.extend(name.cloned());
                continue;
            };
            let taken = match slot {
                Slot::Code => code.replace(place),
                Slot::Modifier => modifier.replace(place),
                Slot::Description => description.replace(place),
                Slot::Kept(index) => cells.get_mut(index).and_then(|cell| cell.replace(place)),
            };
            if let Some(earlier) = taken {
                return Err(ShapeError::new(
                    format!("{member} header"),
                    format!(
                        "columns {} and {} have the same name '{}'",
                        earlier + 1,
                        place + 1,
                        names.last().cloned().unwrap_or_default()
                    ),
                ));
            }
        }
        let (Some(code), Some(_)) = (code, cells[STATUS]) else {
            return Ok(None);
        };
        let missing: Vec<&str> = REQUIRED
            .iter()
            .filter(|index| cells.get(**index).is_none_or(Option::is_none))
            .filter_map(|index| COLUMNS.get(*index).map(|column| column.name))
            .chain(modifier.is_none().then_some("Mod"))
            .chain(description.is_none().then_some("Description"))
            .collect();
        let (Some(modifier), Some(description), []) = (modifier, description, &missing[..]) else {
            return Err(ShapeError::new(
                format!("{member} header"),
                format!(
                    "columns for code, modifier, status, description and the RVUs of work, PE and MP are expected by name; not found: {}{}",
                    missing.join(", "),
                    if unknown.is_empty() {
                        String::new()
                    } else {
                        format!("; not known: {}", unknown.join(", "))
                    }
                ),
            ));
        };
        Ok(Some(Self {
            code,
            modifier,
            description,
            cells,
            unknown,
        }))
    }

    /// The attributes that the table has columns for.
    pub(super) fn attributes(&self) -> Vec<Attribute> {
        COLUMNS
            .iter()
            .zip(self.cells)
            .filter(|(_, place)| place.is_some())
            .map(|(column, _)| column.attribute)
            .collect()
    }
}

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Code,
    Modifier,
    Description,
    /// The column of that place in [`COLUMNS`].
    Kept(usize),
}

fn slot(name: &str, year: Option<i32>) -> Option<Slot> {
    let named = canonical(name, year);
    let is = |headers: &[&[&str]]| {
        headers.iter().any(|header| {
            header.len() == named.len() && header.iter().all(|word| named.contains(*word))
        })
    };
    if is(CODE_HEADERS) {
        Some(Slot::Code)
    } else if is(MODIFIER_HEADERS) {
        Some(Slot::Modifier)
    } else if is(DESCRIPTION_HEADERS) {
        Some(Slot::Description)
    } else {
        let index = COLUMNS.iter().position(|column| is(column.headers))?;
        Some(Slot::Kept(index))
    }
}

/// The words of a header in one spelling, without footnote marks, the word RVU and the year that the
/// table is for.
fn canonical(name: &str, year: Option<i32>) -> BTreeSet<String> {
    let mut spelled = String::from(" ");
    for word in words(name) {
        let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_year = year.is_some_and(|year| word == year.to_string());
        if bare.is_empty() && !is_year && word.len() > 2 {
            // Another year, or some other number: it is part of the name.
            spelled.push_str(&word);
        } else {
            spelled.push_str(bare);
        }
        spelled.push(' ');
    }
    for (written, word) in [
        (" NON FACILITY ", " NONFACILITY "),
        (" NON FAC ", " NONFACILITY "),
        (" NONFAC ", " NONFACILITY "),
        (" FAC ", " FACILITY "),
        (" MAL PRACTICE ", " MP "),
        (" MALPRACTICE ", " MP "),
        (" PLI ", " MP "),
        (" PRACTICE EXPENSE ", " PE "),
        (" PHYSICIAN WORK ", " WORK "),
        (" MODIFIER ", " MOD "),
    ] {
        spelled = spelled.replace(written, word);
    }
    spelled
        .split(' ')
        .filter(|word| !matches!(*word, "" | "RVU" | "RVUS" | "CY"))
        .map(ToOwned::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(name: &str) -> Option<Attribute> {
        match slot(name, Some(2027)) {
            Some(Slot::Kept(index)) => Some(COLUMNS[index].attribute),
            _ => None,
        }
    }

    #[test]
    fn headers_are_known_in_every_spelling() {
        for (name, expected) in [
            ("Status", Attribute::Status),
            ("Not Used for\nMedicare Payment", Attribute::NotUsed),
            ("Physician Work RVUs2,3", Attribute::WorkRvu),
            ("CY 2027 Work RVU", Attribute::WorkRvu),
            ("Non- Facility PE RVUs2", Attribute::NonFacilityPeRvu),
            ("Non-Fac PE RVUs", Attribute::NonFacilityPeRvu),
            ("Facility Practice Expense RVUs", Attribute::FacilityPeRvu),
            ("Mal- Practice RVUs 2, 3", Attribute::MpRvu),
            ("Total Non-Facility RVUs", Attribute::NonFacilityTotal),
            ("Facility Total", Attribute::FacilityTotal),
            ("Global Days", Attribute::GlobalDays),
        ] {
            assert_eq!(attribute(name), Some(expected), "{name}");
        }
        for other in [
            "",
            "RVUs",
            "Total",
            "CY 2026 Work RVU",
            "Fully Implemented Facility PE RVUs",
            "Status 2026",
            "Facility",
        ] {
            assert_eq!(slot(other, Some(2027)), None, "{other}");
        }
        assert_eq!(slot("CPT1/ HCPCS", None), Some(Slot::Code));
        assert_eq!(slot("Mod", None), Some(Slot::Modifier));
    }

    fn texts(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn the_longest_name_of_a_wrapped_header_counts() {
        let above = [
            texts(&["Addendum B", "", "", "", "Non-", "", ""]),
            texts(&["CPT/", "", "", "Work", "Facility", "Facility", ""]),
        ];
        let above: Vec<&[String]> = above.iter().map(Vec::as_slice).collect();
        let mut lowest = texts(&[
            "HCPCS",
            "Mod",
            "Status",
            "RVUs",
            "PE RVUs",
            "PE RVUs",
            "Description",
            "MP RVUs",
        ]);
        let header = Header::find("B", &above, &lowest, None).unwrap().unwrap();
        assert_eq!(header.cells[NON_FACILITY_PE], Some(4));
        assert_eq!(header.cells[FACILITY_PE], Some(5));
        assert_eq!(header.cells[WORK], Some(3));
        lowest.pop();
        assert!(Header::find("B", &above, &lowest, None).is_err());
    }

    #[test]
    fn a_header_without_status_is_none_and_one_named_twice_is_refused() {
        let none = texts(&["HCPCS", "Mod", "Description", "Work RVUs"]);
        assert_eq!(Header::find("B", &[], &none, None), Ok(None));
        let twice = texts(&[
            "HCPCS",
            "Mod",
            "Status",
            "Description",
            "Work RVUs",
            "Work RVU",
        ]);
        assert!(Header::find("B", &[], &twice, None).is_err());
        let no_work = texts(&["HCPCS", "Mod", "Status", "Description"]);
        assert!(Header::find("B", &[], &no_work, None).is_err());
    }
}
