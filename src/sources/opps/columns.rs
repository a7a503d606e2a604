//! The columns of Addendum B, found by their names: there are ten or eleven of them, and the header
//! stands in row 3 or 4.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::model::attribute::Attribute;
use crate::model::fact::Observation;
use crate::model::money;

/// What a row says of a code: every attribute that Addendum B has.
pub const ATTRIBUTES: [Attribute; 6] = [
    Attribute::OppsStatus,
    Attribute::OppsApc,
    Attribute::OppsWeight,
    Attribute::OppsPayment,
    Attribute::OppsNationalCopay,
    Attribute::OppsMinimumCopay,
];

/// Where the columns are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    code: usize,
    status: usize,
    apc: usize,
    weight: usize,
    payment: usize,
    national: usize,
    minimum: usize,
    /// The descriptor, which is no fact and is never quoted.
    descriptor: Option<usize>,
    /// Names that are not known.
    pub(super) unknown: Vec<String>,
}

impl Header {
    /// Reads a row as the header; `None` when it is none.
    ///
    /// # Errors
    /// When it is the header, and a column is missing or there twice.
    pub(super) fn find(cells: &[String]) -> Option<Result<Self, String>> {
        let names: Vec<String> = cells.iter().map(|cell| words(cell)).collect();
        let is_code = |name: &str| {
            matches!(
                name,
                "HCPCS CODE" | "HCPCS" | "CPT HCPCS CODE" | "HCPCS CPT CODE" | "CPT HCPCS"
            )
        };
        if !names.iter().any(|name| is_code(name)) {
            return None;
        }
        Some(Self::of(&names, is_code))
    }

    fn of(names: &[String], is_code: impl Fn(&str) -> bool) -> Result<Self, String> {
        let one = |what: &str, is: &dyn Fn(&str) -> bool| {
            let mut found = names.iter().enumerate().filter(|(_, name)| is(name));
            match (found.next(), found.next()) {
                (Some((at, _)), None) => Ok(at),
                (None, _) => Err(format!("the column '{what}' is missing")),
                (Some(_), Some(_)) => Err(format!("two columns are named '{what}'")),
            }
        };
        // By its own name, else by one that has more before it: `Final CY 2020 SI`.
        let by_name = |what: &str, own: &[&str]| {
            one(what, &|name| own.contains(&name)).or_else(|why| {
                let longer = |name: &str| {
                    let ends = |own: &&str| {
                        name.strip_suffix(own)
                            .is_some_and(|rest| rest.ends_with(' '))
                    };
                    own.iter().any(ends)
                };
                one(what, &longer).map_err(|_| why)
            })
        };
        let mut header = Self {
            code: one("HCPCS Code", &|name| is_code(name))?,
            status: by_name("SI", &["SI", "STATUS INDICATOR"])?,
            apc: by_name("APC", &["APC"])?,
            weight: by_name("Relative Weight", &["RELATIVE WEIGHT", "RELATIVE WEIGHTS"])?,
            payment: by_name("Payment Rate", &["PAYMENT RATE", "PAYMENT RATES"])?,
            national: one("National Unadjusted Copayment", &|name| {
                name.starts_with("NATIONAL UNADJUSTED CO")
            })?,
            minimum: one("Minimum Unadjusted Copayment", &|name| {
                name.starts_with("MINIMUM UNADJUSTED CO")
            })?,
            descriptor: names.iter().position(|name| name.contains("DESCRIPT")),
            unknown: Vec::new(),
        };
        let read = header.read();
        let known = |at: usize, name: &str| {
            read.contains(&at)
                || header.descriptor == Some(at)
                || name.is_empty()
                || name.starts_with("NOTE ")
                || name.contains("INDICATES A CHANGE")
                || name.contains("PASS THROUGH")
        };
        let unknown = names
            .iter()
            .enumerate()
            .filter(|(at, name)| !known(*at, name))
            .map(|(_, name)| name.chars().take(60).collect())
            .collect();
        header.unknown = unknown;
        Ok(header)
    }

    fn read(&self) -> [usize; 7] {
        [
            self.code,
            self.status,
            self.apc,
            self.weight,
            self.payment,
            self.national,
            self.minimum,
        ]
    }

    /// How many cells a row of text must have.
    pub(super) fn least_width(&self) -> usize {
        self.read().into_iter().max().unwrap_or(0) + 1
    }

    /// The cells of a row, without blanks (also those that do not break, and TABs) around them.
    pub(super) fn row<'r>(&self, number: u64, cells: &'r [String]) -> Row<'r> {
        let cell = |at: usize| cells.get(at).map(|cell| cell.trim()).unwrap_or_default();
        Row {
            number,
            code: cell(self.code),
            status: cell(self.status),
            apc: cell(self.apc),
            weight: cell(self.weight),
            payment: cell(self.payment),
            national: cell(self.national),
            minimum: cell(self.minimum),
        }
    }

    /// The row as it would stand in a file, without its descriptor.
    pub(super) fn quote(&self, cells: &[String]) -> String {
        let shown = cells.iter().enumerate().map(|(at, cell)| {
            if Some(at) == self.descriptor {
                ""
            } else {
                cell.trim()
            }
        });
        shown.collect::<Vec<_>>().join(",")
    }
}

/// The cells that are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'r> {
    pub(super) number: u64,
    pub(super) code: &'r str,
    pub(super) status: &'r str,
    pub(super) apc: &'r str,
    weight: &'r str,
    payment: &'r str,
    national: &'r str,
    minimum: &'r str,
}

/// The amounts of a row; `None` where the cell is blank, or holds the point that stands for "none".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amounts {
    pub(super) weight: Option<Decimal>,
    pub(super) payment: Option<Decimal>,
    pub(super) national: Option<Decimal>,
    pub(super) minimum: Option<Decimal>,
}

impl Row<'_> {
    /// Whether nothing of it is filled in but, perhaps, one cell: a note, or nothing.
    pub(super) fn is_note(&self) -> bool {
        [
            self.status,
            self.apc,
            self.weight,
            self.payment,
            self.national,
            self.minimum,
        ]
        .iter()
        .all(|cell| cell.is_empty())
    }

    /// Its amounts: dollars in cents, weights in ten-thousandths, as the table shows them.
    ///
    /// # Errors
    /// With the column and the cell that is no amount.
    pub(super) fn amounts(&self) -> Result<Amounts, (&'static str, String)> {
        let read = |column, cell: &str, decimals| {
            amount(cell, decimals).ok_or_else(|| (column, cell.chars().take(40).collect()))
        };
        Ok(Amounts {
            weight: read("Relative Weight", self.weight, 4)?,
            payment: read("Payment Rate", self.payment, 2)?,
            national: read("National Unadjusted Copayment", self.national, 2)?,
            minimum: read("Minimum Unadjusted Copayment", self.minimum, 2)?,
        })
    }

    /// What it says, in the order of [`ATTRIBUTES`]; a blank is a value.
    pub(super) fn observations(&self, amounts: Amounts) -> [(Attribute, Observation); 6] {
        let number = |amount: Option<Decimal>| {
            amount.map_or_else(|| Observation::text(""), Observation::amount)
        };
        // Workbooks hold the group as text or as a number, which has lost its zeros.
        let apc = if self.apc.is_empty() {
            String::new()
        } else {
            format!("{:0>4}", self.apc)
        };
        [
            (Attribute::OppsStatus, Observation::text(self.status)),
            (Attribute::OppsApc, Observation::text(apc)),
            (Attribute::OppsWeight, number(amounts.weight)),
            (Attribute::OppsPayment, number(amounts.payment)),
            (Attribute::OppsNationalCopay, number(amounts.national)),
            (Attribute::OppsMinimumCopay, number(amounts.minimum)),
        ]
    }
}

/// An amount as workbooks and text show it: `22.99`, `$1,234.50`; blank and `.` are none.
#[expect(
    clippy::option_option,
    reason = "a cell that is no amount is something else than a blank one"
)]
fn amount(cell: &str, decimals: u32) -> Option<Option<Decimal>> {
    let cell = cell.trim_start_matches('$').trim();
    if cell.is_empty() || cell == "." {
        return Some(None);
    }
    let found = if cell.contains(',') {
        let (whole, fraction) = cell.split_once('.').unwrap_or((cell, "0"));
        let mut groups = whole.split(',');
        let first = groups.next().unwrap_or_default();
        if !(1..=3).contains(&first.len()) || !groups.all(|group| group.len() == 3) {
            return None;
        }
        money::amount(&format!("{}.{fraction}", whole.replace(',', "")))
    } else {
        money::amount(cell)
    };
    let rounded = found?
        .round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
        .normalize();
    Some(Some(rounded))
}

/// The words of a name in capitals, with single blanks.
fn words(cell: &str) -> String {
    cell.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_uppercase)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Option<Result<Header, String>> {
        let cells: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        Header::find(&cells)
    }

    const TEN: [&str; 10] = [
        "HCPCS Code",
        "Short Descriptor",
        " SI",
        "APC ",
        "Relative Weight",
        "Payment Rate ",
        "National Unadjusted Copayment ",
        "Minimum Unadjusted Copayment ",
        "Note: Actual copayments would be lower due to the cap",
        "* Indicates a Change ",
    ];

    #[test]
    fn columns_are_found_by_their_names_wherever_they_stand() {
        let ten = header(&TEN).unwrap().unwrap();
        assert_eq!(ten.unknown, [""; 0]);
        assert_eq!(ten.least_width(), 8);
        let mut eleven = TEN.to_vec();
        eleven.insert(
            0,
            "Drug and Device Pass-Through Expiration during Calendar Year",
        );
        let eleven = header(&eleven).unwrap().unwrap();
        assert_eq!((eleven.code, eleven.minimum), (1, 8));
        assert_eq!(eleven.unknown, [""; 0]);
        let mut new = TEN.to_vec();
        new.push("Something New");
        assert_eq!(header(&new).unwrap().unwrap().unknown, ["SOMETHING NEW"]);
    }

    #[test]
    fn columns_are_found_by_longer_names_where_there_is_no_other() {
        let own = header(&TEN).unwrap().unwrap();
        for (at, other) in [
            (0, "CPT/HCPCS Code"),
            (2, "Final CY 2026 SI"),
            (2, "OPPS Status Indicator"),
            (3, "Final APC"),
            (4, "Relative Weights"),
            (5, "CY 2026 Payment Rate"),
            (6, "National Unadjusted Coinsurance"),
            (7, "Minimum Unadjusted Coinsurance"),
        ] {
            let mut names = TEN.to_vec();
            names[at] = other;
            let found = header(&names).unwrap().unwrap();
            assert_eq!(found.read(), own.read(), "{other}");
            // Two of them, and none that is simply named so.
            names.push(other);
            assert!(header(&names).unwrap().is_err(), "{other}");
        }
    }

    #[test]
    fn a_missing_or_doubled_column_is_named() {
        for at in [2, 3, 4, 5, 6, 7] {
            let mut names = TEN.to_vec();
            let gone = names.remove(at).trim();
            let error = header(&names).unwrap().unwrap_err();
            assert!(error.contains(gone), "{error}");
            let mut names = TEN.to_vec();
            names.push(gone);
            assert!(header(&names).unwrap().is_err());
        }
        assert!(header(&["Addendum B.-Final OPPS Payment by HCPCS Code for CY 2020"]).is_none());
    }

    #[test]
    fn amounts_are_read_as_they_are_shown() {
        let of = |cell, decimals| amount(cell, decimals).map(|a| a.map(|a| a.to_string()));
        assert_eq!(of("22.99", 2), Some(Some("22.99".to_owned())));
        assert_eq!(of("$1,234.50 ", 2), Some(Some("1234.5".to_owned())));
        assert_eq!(of("22.985613", 2), Some(Some("22.99".to_owned())));
        assert_eq!(of("0.28449999", 4), Some(Some("0.2845".to_owned())));
        assert_eq!(of("", 2), Some(None));
        assert_eq!(of(".", 2), Some(None));
        for no in ["x", "-1", "1,23", "1,2345", "1.2.3", "N/A", ",100"] {
            assert_eq!(of(no, 2), None, "{no}");
        }
    }
}
