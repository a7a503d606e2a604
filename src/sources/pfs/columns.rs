//! The columns of the PPRRVU table: which attribute each one is, how its header reads, where it
//! stands in the fixed-width form, and what its cells look like.

use super::names::{usual, words};
use crate::model::attribute::Attribute;
use crate::model::fact::Observation;
use crate::model::money;
use crate::model::request::ShapeError;
use crate::parse::csv;

/// What the cells of a column look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One upper-case letter.
    Letter,
    /// Blank, or this mark.
    Mark(&'static str),
    /// A number without sign.
    Amount,
    /// Blank, or letters and digits of this width; where a workbook took a number for a number,
    /// its lost leading zeros are put back.
    Code(usize),
}

/// A column that is kept.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) attribute: Attribute,
    /// The words of its header, from the top row to the bottom one, without punctuation.
    pub(super) name: &'static str,
    /// First and last position in the fixed-width form, from 1.
    pub(super) positions: (usize, usize),
    pub(super) form: Form,
}

/// How many columns are kept.
pub(super) const COUNT: usize = 28;
pub(super) const STATUS: usize = 0;
pub(super) const WORK: usize = 2;
pub(super) const NON_FACILITY_PE: usize = 3;
pub(super) const FACILITY_PE: usize = 5;
pub(super) const MP: usize = 7;
pub(super) const NON_FACILITY_TOTAL: usize = 8;
pub(super) const FACILITY_TOTAL: usize = 9;
pub(super) const CONVERSION_FACTOR: usize = 21;

/// The columns in the order of the files.
#[rustfmt::skip]
pub(super) static COLUMNS: [Column; COUNT] = [
    column(Attribute::Status, "STATUS CODE", (58, 58), Form::Letter),
    column(Attribute::NotUsed, "NOT USED FOR MEDICARE PAYMENT", (59, 59), Form::Mark("+")),
    column(Attribute::WorkRvu, "WORK RVU", (60, 65), Form::Amount),
    column(Attribute::NonFacilityPeRvu, "NON FAC PE RVU", (67, 72), Form::Amount),
    column(Attribute::NonFacilityNa, "NON FAC NA INDICATOR", (73, 74), Form::Mark("NA")),
    column(Attribute::FacilityPeRvu, "FACILITY PE RVU", (76, 81), Form::Amount),
    column(Attribute::FacilityNa, "FACILITY NA INDICATOR", (82, 83), Form::Mark("NA")),
    column(Attribute::MpRvu, "MP RVU", (85, 89), Form::Amount),
    column(Attribute::NonFacilityTotal, "NON FACILITY TOTAL", (91, 96), Form::Amount),
    column(Attribute::FacilityTotal, "FACILITY TOTAL", (97, 102), Form::Amount),
    column(Attribute::PcTc, "PCTC IND", (103, 103), Form::Code(1)),
    column(Attribute::GlobalDays, "GLOB DAYS", (104, 106), Form::Code(3)),
    column(Attribute::PreOperative, "PRE OP", (107, 109), Form::Amount),
    column(Attribute::IntraOperative, "INTRA OP", (110, 112), Form::Amount),
    column(Attribute::PostOperative, "POST OP", (113, 115), Form::Amount),
    column(Attribute::MultipleProcedure, "MULT PROC", (116, 116), Form::Code(1)),
    column(Attribute::BilateralSurgery, "BILAT SURG", (117, 117), Form::Code(1)),
    column(Attribute::AssistantSurgery, "ASST SURG", (118, 118), Form::Code(1)),
    column(Attribute::CoSurgeons, "CO SURG", (119, 119), Form::Code(1)),
    column(Attribute::TeamSurgery, "TEAM SURG", (120, 120), Form::Code(1)),
    column(Attribute::EndoscopicBase, "ENDO BASE", (128, 132), Form::Code(5)),
    column(Attribute::ConversionFactor, "CONV FACTOR", (133, 140), Form::Amount),
    column(Attribute::Supervision, "PHYSICIAN SUPERVISION OF DIAGNOSTIC PROCEDURES", (142, 143), Form::Code(2)),
    column(Attribute::CalculationFlag, "CALCULATION FLAG", (144, 144), Form::Code(1)),
    column(Attribute::ImagingFamily, "DIAGNOSTIC IMAGING FAMILY INDICATOR", (146, 147), Form::Code(2)),
    column(Attribute::OppsNonFacilityPe, "NON FACILITY PE USED FOR OPPS PAYMENT AMOUNT", (152, 157), Form::Amount),
    column(Attribute::OppsFacilityPe, "FACILITY PE USED FOR OPPS PAYMENT AMOUNT", (159, 164), Form::Amount),
    column(Attribute::OppsMp, "MP USED FOR OPPS PAYMENT AMOUNT", (167, 171), Form::Amount),
];

const fn column(
    attribute: Attribute,
    name: &'static str,
    positions: (usize, usize),
    form: Form,
) -> Column {
    Column {
        attribute,
        name,
        positions,
        form,
    }
}

/// The attributes of a row of the schedule; the conversion factor belongs to the schedule itself.
pub fn service_attributes() -> Vec<Attribute> {
    COLUMNS
        .iter()
        .map(|column| column.attribute)
        .filter(|attribute| *attribute != Attribute::ConversionFactor)
        .collect()
}

/// The cells of one row, in the order of [`COLUMNS`], without blanks at either end.
pub(super) type Cells<'a> = [&'a [u8]; COUNT];

/// One row of the table, whichever form it came in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    /// Its line or row in the file, from 1.
    pub(super) number: u64,
    pub(super) code: &'a [u8],
    pub(super) modifier: &'a [u8],
    /// The price indicator that tells the two files of a release apart, from 2026 on.
    pub(super) price_indicator: &'a [u8],
    pub(super) cells: Cells<'a>,
}

impl Form {
    /// Whether a cell looks as it should.
    pub(super) fn fits(self, cell: &[u8]) -> bool {
        match self {
            Self::Letter => matches!(cell, [letter] if letter.is_ascii_uppercase()),
            Self::Mark(mark) => cell.is_empty() || cell == mark.as_bytes(),
            Self::Amount => units(cell).is_some(),
            Self::Code(width) => cell.len() <= width && cell.iter().all(u8::is_ascii_alphanumeric),
        }
    }

    /// What a cell should look like, for people.
    pub(super) fn expected(self) -> String {
        match self {
            Self::Letter => "one upper-case letter".to_owned(),
            Self::Mark(mark) => format!("'{mark}' or nothing"),
            Self::Amount => "a number".to_owned(),
            Self::Code(width) => format!("at most {width} letters or digits"),
        }
    }

    /// The observation in a cell that fits.
    pub(super) fn observe(self, cell: &[u8]) -> Option<Observation> {
        let text = csv::text(cell);
        match self {
            Self::Amount => money::amount(&text).map(Observation::amount),
            Self::Code(width) => {
                let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                Some(Observation::text(if number {
                    format!("{text:0>width$}")
                } else {
                    text.into_owned()
                }))
            }
            Self::Letter | Self::Mark(_) => Some(Observation::text(text)),
        }
    }
}

/// A number as ten-thousandths, for comparing and adding without an allocation; `None` for anything
/// but digits with at most four decimals.
pub(super) fn units(cell: &[u8]) -> Option<i64> {
    // Nearly every cell is of this form.
    if let [
        ones @ b'0'..=b'9',
        b'.',
        tenths @ b'0'..=b'9',
        hundredths @ b'0'..=b'9',
    ] = cell
    {
        let digit = |byte: &u8| i64::from(byte - b'0');
        return Some(digit(ones) * 10_000 + digit(tenths) * 1_000 + digit(hundredths) * 100);
    }
    let mut number = 0_i64;
    let mut decimals: Option<u32> = None;
    let mut digits = 0;
    for &byte in cell {
        match byte {
            b'0'..=b'9' => {
                number = number
                    .checked_mul(10)?
                    .checked_add(i64::from(byte - b'0'))?;
                digits += 1;
                if let Some(decimals) = decimals.as_mut() {
                    *decimals += 1;
                }
            }
            b'.' if decimals.is_none() => decimals = Some(0),
            _ => return None,
        }
    }
    let missing = 4_u32.checked_sub(decimals.unwrap_or(0))?;
    if digits == 0 {
        return None;
    }
    number.checked_mul(10_i64.pow(missing))
}

/// Where the columns stand in a table with a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) code: usize,
    pub(super) modifier: usize,
    pub(super) description: usize,
    pub(super) price_indicator: Option<usize>,
    pub(super) cells: [usize; COUNT],
    /// Cells that a row must have.
    pub(super) width: usize,
    /// Columns that are not known, by name.
    pub(super) unknown: Vec<String>,
}

impl Header {
    /// Finds the columns by their names, which are split over the rows above the one that begins
    /// with `HCPCS`; never by their places.
    ///
    /// # Errors
    /// When a column is missing or named twice.
    pub(super) fn find(
        member: &str,
        above: &[Vec<String>],
        bottom: &[String],
    ) -> Result<Self, ShapeError> {
        let mut places: [Option<usize>; COUNT] = [None; COUNT];
        let (mut code, mut modifier, mut description, mut price) = (None, None, None, None);
        let mut unknown = Vec::new();
        for index in 0..bottom.len() {
            let names = joined_names(above, bottom, index);
            let known = |name: &str| names.iter().any(|joined| usual(joined) == name);
            let place = if let Some(kept) = COLUMNS.iter().position(|column| known(column.name)) {
                places.get_mut(kept)
            } else if known("HCPCS") {
                Some(&mut code)
            } else if known("MOD") {
                Some(&mut modifier)
            } else if known("DESCRIPTION") {
                Some(&mut description)
            } else if known("PRIC IND") {
                Some(&mut price)
            } else {
                let name = names.first().cloned().unwrap_or_default();
                if !name.is_empty() {
                    unknown.push(names.last().cloned().unwrap_or(name));
                }
                None
            };
            if let Some(place) = place
                && let Some(earlier) = place.replace(index)
            {
                return Err(ShapeError::new(
                    format!("{member} header"),
                    format!(
                        "columns {} and {} have the same name '{}'",
                        earlier + 1,
                        index + 1,
                        names.last().cloned().unwrap_or_default()
                    ),
                ));
            }
        }
        let missing: Vec<&str> = COLUMNS
            .iter()
            .zip(&places)
            .filter(|(_, place)| place.is_none())
            .map(|(column, _)| column.name)
            .chain(code.is_none().then_some("HCPCS"))
            .chain(modifier.is_none().then_some("MOD"))
            .chain(description.is_none().then_some("DESCRIPTION"))
            .collect();
        let (Some(code), Some(modifier), Some(description), []) =
            (code, modifier, description, &missing[..])
        else {
            return Err(ShapeError::new(
                format!("{member} header"),
                format!(
                    "{} columns are expected by name; not found: {}{}",
                    COUNT + 3,
                    missing.join(", "),
                    if unknown.is_empty() {
                        String::new()
                    } else {
                        format!("; not known: {}", unknown.join(", "))
                    }
                ),
            ));
        };
        let cells = places.map(Option::unwrap_or_default);
        let width = cells
            .iter()
            .chain([&code, &modifier, &description])
            .chain(&price)
            .max()
            .map_or(0, |last| last + 1);
        Ok(Self {
            code,
            modifier,
            description,
            price_indicator: price,
            cells,
            width,
            unknown,
        })
    }
}

/// The names that a column has when one, two, three ... rows of the header are joined.
fn joined_names(above: &[Vec<String>], bottom: &[String], index: usize) -> Vec<String> {
    /// Header rows above the bottom one; more would be title rows.
    const MOST_ROWS: usize = 6;
    let mut names = vec![bottom.get(index).map(|c| words(c)).unwrap_or_default()];
    for row in above.iter().rev().take(MOST_ROWS) {
        let upper = row.get(index).map(|cell| words(cell)).unwrap_or_default();
        if upper.is_empty() {
            continue;
        }
        let below = names.last().cloned().unwrap_or_default();
        names.push(format!("{upper} {below}").trim_end().to_owned());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::names::{OTHER_NAMES, names_codes};
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|&cell| cell.to_owned()).collect()
    }

    #[test]
    fn numbers_are_compared_as_ten_thousandths() {
        assert_eq!(units(b"0.32"), Some(3_200));
        assert_eq!(units(b".00"), Some(0));
        assert_eq!(units(b"36.0896"), Some(360_896));
        assert_eq!(units(b"7"), Some(70_000));
        for no in [
            &b""[..],
            b".",
            b"-1",
            b"1e3",
            b"NA",
            b"0.00001",
            b"1.2.3",
            b"99999999999999999999",
        ] {
            assert_eq!(units(no), None);
        }
    }

    #[test]
    fn zeros_lost_in_a_workbook_are_put_back() {
        let text = |width: usize, cell: &[u8]| Form::Code(width).observe(cell);
        assert_eq!(text(3, b"0"), Some(Observation::text("000")));
        assert_eq!(text(3, b"XXX"), Some(Observation::text("XXX")));
        assert_eq!(text(2, b"9"), Some(Observation::text("09")));
        assert_eq!(text(2, b"6A"), Some(Observation::text("6A")));
        assert_eq!(text(5, b""), Some(Observation::text("")));
    }

    #[test]
    fn columns_are_found_by_the_names_that_they_have_elsewhere() {
        let mut names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        names.extend(["HCPCS", "MOD", "DESCRIPTION"]);
        let own = Header::find("x.csv", &[], &row(&names)).unwrap();
        for (usual, others) in OTHER_NAMES {
            let at = names.iter().position(|name| *name == usual).unwrap();
            for other in others {
                let mut names = names.clone();
                names[at] = other;
                assert_eq!(
                    Header::find("x.csv", &[], &row(&names)).unwrap(),
                    own,
                    "{other}"
                );
                names.push(usual);
                assert!(Header::find("x.csv", &[], &row(&names)).is_err(), "{other}");
            }
        }
        assert!(
            names_codes("CPT/HCPCS code")
                && names_codes(" hcpcs")
                && !names_codes("HCPCS codes of 2026")
        );
    }

    #[test]
    fn columns_are_found_by_joined_names_in_any_order() {
        let mut names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        names.extend(["HCPCS", "MOD", "DESCRIPTION", "PRIC IND", "NEW THING"]);
        names.reverse();
        let tops: Vec<String> = names
            .iter()
            .map(|name| name.rsplit_once(' ').map_or("", |(top, _)| top).to_owned())
            .collect();
        let bottoms: Vec<String> = names
            .iter()
            .map(|name| format!(" {} ", name.rsplit(' ').next().unwrap_or(name)))
            .collect();
        let header = Header::find("x.csv", &[tops, row(&["", " "])], &bottoms).unwrap();
        assert_eq!(
            header.code,
            names.iter().position(|n| *n == "HCPCS").unwrap()
        );
        assert_eq!(header.cells[STATUS], names.len() - 1);
        assert_eq!(header.unknown, ["NEW THING"]);
    }

    #[test]
    fn a_missing_column_is_named() {
        let names: Vec<String> = COLUMNS
            .iter()
            .map(|column| column.name.to_owned())
            .filter(|name| name != "MP RVU")
            .chain(row(&["HCPCS", "MOD", "DESCRIPTION"]))
            .collect();
        let error = Header::find("x.csv", &[], &names).unwrap_err();
        assert!(error.to_string().contains("not found: MP RVU"), "{error}");
    }
}
