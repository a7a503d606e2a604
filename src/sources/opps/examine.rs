//! Whether a table may be believed: floors, unique keys, sentinels, and the one conversion factor by
//! which every weight becomes a payment.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rust_decimal::Decimal;

use super::checks::{Checks, KNOWN_STATUS};
use super::columns::{Amounts, Row};
use super::factor::Factor;
use crate::model::code::{HcpcsCode, Service};
use crate::model::fact::Values;
use crate::model::request::ShapeError;
use crate::model::watch::Watch;

/// A row that is kept.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) number: u64,
    pub(super) values: Values,
    pub(super) quote: String,
    amounts: Amounts,
}

/// What the rows of a table came to.
#[derive(Debug)]
pub(super) struct Examined {
    pub(super) rows: usize,
    pub(super) kept: BTreeMap<HcpcsCode, Kept>,
    /// The odd rows that were borne: how many, and the first.
    pub(super) odd: Option<(usize, ShapeError)>,
    /// Kept codes with a status indicator that is not known, and the indicator.
    pub(super) unknown_status: Vec<(HcpcsCode, String)>,
}

/// Takes the rows of a table one by one.
#[derive(Debug)]
pub(super) struct Examiner<'a> {
    table: &'a str,
    checks: &'a Checks,
    watch: &'a Watch,
    named: BTreeSet<Service>,
    rows: usize,
    known_status: usize,
    codes: HashSet<HcpcsCode>,
    families: BTreeMap<char, usize>,
    sentinels: Vec<Option<String>>,
    weighted: Vec<(Decimal, Decimal)>,
    kept: BTreeMap<HcpcsCode, Kept>,
    odd: usize,
    first_odd: Option<ShapeError>,
    unreadable_codes: usize,
    unknown_status: Vec<(HcpcsCode, String)>,
}

impl<'a> Examiner<'a> {
    pub(super) fn new(table: &'a str, checks: &'a Checks, watch: &'a Watch) -> Self {
        Self {
            table,
            checks,
            watch,
            named: watch.named_services(),
            rows: 0,
            known_status: 0,
            codes: HashSet::new(),
            families: BTreeMap::new(),
            sentinels: vec![None; checks.sentinels.len()],
            weighted: Vec::new(),
            kept: BTreeMap::new(),
            odd: 0,
            first_odd: None,
            unreadable_codes: 0,
            unknown_status: Vec::new(),
        }
    }

    /// Takes a row; `quote` writes it out if it is kept.
    pub(super) fn row(
        &mut self,
        row: &Row<'_>,
        quote: impl FnOnce() -> String,
    ) -> Result<(), ShapeError> {
        if row.is_note() {
            // A title of a part, or a note behind the data. A code without a status would be missing
            // among the kept ones, and the file would be refused for it.
            if let Ok(code) = HcpcsCode::from_cell(row.code) {
                self.codes.insert(code);
                self.refuse_or_bear(code, self.fault(row, "SI", "a status indicator", ""))?;
                self.rows += 1;
            }
            return Ok(());
        }
        self.rows += 1;
        let Ok(code) = HcpcsCode::from_cell(row.code) else {
            self.unreadable_codes += 1;
            self.bear(self.fault(row, "HCPCS Code", "a code", row.code));
            return Ok(());
        };
        if let Some(first) = code.as_str().chars().next() {
            *self.families.entry(first).or_default() += 1;
        }
        if !self.codes.insert(code) {
            let what = format!("{} row {}", self.table, row.number);
            let why = format!("a second row for {code}; one is expected");
            self.refuse_or_bear(code, ShapeError::new(what, why))?;
            return Ok(());
        }
        let amounts = match self.sound(row) {
            Ok(amounts) => amounts,
            Err(error) => return self.refuse_or_bear(code, error),
        };
        self.known_status += usize::from(KNOWN_STATUS.contains(&row.status));
        for ((sentinel, _), seen) in self.checks.sentinels.iter().zip(&mut self.sentinels) {
            if *sentinel == code {
                *seen = Some(row.status.to_owned());
            }
        }
        if let (Some(weight), Some(payment)) = (amounts.weight, amounts.payment)
            && !weight.is_zero()
        {
            self.weighted.push((weight, payment));
        }
        if self.watch.keeps(Service::plain(code)) {
            if !KNOWN_STATUS.contains(&row.status) {
                self.unknown_status.push((code, row.status.to_owned()));
            }
            let values = BTreeMap::from(row.observations(amounts)).into();
            self.kept.insert(
                code,
                Kept {
                    number: row.number,
                    values,
                    quote: quote(),
                    amounts,
                },
            );
        }
        Ok(())
    }

    /// A row of text that is too short to be read.
    pub(super) fn short_row(&mut self, number: u64, width: usize, expected: usize) {
        self.rows += 1;
        self.unreadable_codes += 1;
        self.bear(ShapeError::new(
            format!("{} row {number}", self.table),
            format!("{width} cells; {expected} are expected"),
        ));
    }

    /// Whether the cells of a row are of their kinds and go together.
    fn sound(&self, row: &Row<'_>) -> Result<Amounts, ShapeError> {
        let mut status = row.status.bytes();
        let letter = status.next().is_some_and(|b| b.is_ascii_uppercase());
        let digit = status.next().is_none_or(|b| b.is_ascii_digit());
        if !letter || !digit || status.next().is_some() {
            let expected = "a letter and perhaps a digit";
            return Err(self.fault(row, "SI", expected, row.status));
        }
        if row.apc.len() > 5 || !row.apc.bytes().all(|b| b.is_ascii_digit()) {
            return Err(self.fault(row, "APC", "a number", row.apc));
        }
        let amounts = row
            .amounts()
            .map_err(|(column, cell)| self.fault(row, column, "an amount", &cell))?;
        let needs = |has: bool, column, of: &str| {
            let expected = format!("something beside the {of}");
            has.then_some(())
                .ok_or_else(|| self.fault(row, column, &expected, ""))
        };
        if amounts.weight.is_some() {
            needs(amounts.payment.is_some(), "Payment Rate", "weight")?;
        }
        if amounts.payment.is_some() {
            needs(!row.apc.is_empty(), "APC", "payment")?;
        }
        if amounts.minimum > amounts.payment {
            let found = amounts.minimum.unwrap_or_default().to_string();
            let expected = "at most the payment";
            return Err(self.fault(row, "Minimum Unadjusted Copayment", expected, &found));
        }
        Ok(amounts)
    }

    /// A fault of a kept row is one of the table; others are borne as long as they are few.
    fn refuse_or_bear(&mut self, code: HcpcsCode, error: ShapeError) -> Result<(), ShapeError> {
        if self.watch.keeps(Service::plain(code)) {
            return Err(error);
        }
        self.bear(error);
        Ok(())
    }

    fn bear(&mut self, error: ShapeError) {
        self.odd += 1;
        self.first_odd.get_or_insert(error);
    }

    fn fault(&self, row: &Row<'_>, column: &str, expected: &str, found: &str) -> ShapeError {
        let found: String = found.chars().take(40).collect();
        ShapeError::new(
            format!("{} row {}", self.table, row.number),
            format!("column {column}: {expected} expected, '{found}' found"),
        )
    }

    /// Judges the table as a whole.
    ///
    /// # Errors
    /// When a floor, a sentinel, or the factor behind weights and payments fails.
    pub(super) fn finish(self) -> Result<Examined, ShapeError> {
        self.count().map_err(|why| self.failed(why))?;
        self.sentinels().map_err(|why| self.failed(why))?;
        self.factor().map_err(|why| self.failed(why))?;
        if self.unreadable_codes > 0
            && let Some(service) = self.named.iter().find(|service| {
                service.modifier.is_none() && !self.kept.contains_key(&service.code)
            })
        {
            let why = format!(
                "{service} is not found, but {} rows could not be read and may be it; the first: {}",
                self.unreadable_codes,
                self.first()
            );
            return Err(self.failed(why));
        }
        Ok(Examined {
            rows: self.rows,
            odd: self.first_odd.map(|first| (self.odd, first)),
            kept: self.kept,
            unknown_status: self.unknown_status,
        })
    }

    fn failed(&self, why: String) -> ShapeError {
        ShapeError::new(self.table, why)
    }

    fn first(&self) -> String {
        let first = self.first_odd.as_ref();
        first.map(ToString::to_string).unwrap_or_default()
    }

    fn count(&self) -> Result<(), String> {
        let checks = self.checks;
        if self.rows < checks.rows.max(1) {
            return Err(format!(
                "{} rows; at least {} are expected, so the file may be cut",
                self.rows,
                checks.rows.max(1)
            ));
        }
        if self.odd * 1_000 > self.rows * checks.odd_per_mille {
            return Err(format!(
                "{} of {} rows are not as they should be; the first: {}",
                self.odd,
                self.rows,
                self.first()
            ));
        }
        for &(first, least) in &checks.families {
            let found = self.families.get(&first).copied().unwrap_or_default();
            if found < least {
                return Err(format!(
                    "{found} codes begin with {first}; at least {least} are expected, so the file may be cut"
                ));
            }
        }
        if self.known_status * 100 < self.rows * checks.known_status_percent {
            return Err(format!(
                "only {} of {} rows have a status indicator that is known; at least {} % are expected",
                self.known_status, self.rows, checks.known_status_percent
            ));
        }
        Ok(())
    }

    fn sentinels(&self) -> Result<(), String> {
        for ((code, expected), found) in self.checks.sentinels.iter().zip(&self.sentinels) {
            if found.as_deref() != Some(*expected) {
                let found = found.as_deref().unwrap_or("no such row");
                return Err(format!(
                    "{code} must have status {expected}, as in every quarter; found: {found}"
                ));
            }
        }
        Ok(())
    }

    /// Weight times conversion factor is the payment, in all rows with the same factor.
    fn factor(&self) -> Result<(), String> {
        let rows = self.weighted.len();
        if rows < self.checks.weighted {
            return Err(format!(
                "{rows} rows have a weight and a payment; at least {} are expected",
                self.checks.weighted
            ));
        }
        let Some(factor) = Factor::of(&self.weighted)? else {
            return Ok(());
        };
        let fitting = factor.fitting(&self.weighted);
        if fitting * 100 < rows * self.checks.fitting_percent {
            return Err(format!(
                "in {} of {rows} rows the payment is not the weight times {factor}, so columns may be exchanged",
                rows - fitting,
            ));
        }
        for service in &self.named {
            if let Some(kept) = self.kept.get(&service.code)
                && let (Some(weight), Some(payment)) = (kept.amounts.weight, kept.amounts.payment)
                && !factor.fits(weight, payment)
            {
                return Err(format!(
                    "row {}: the payment of {service} is {payment}, but its weight {weight} times {factor} is expected, as in {fitting} other rows",
                    kept.number
                ));
            }
        }
        Ok(())
    }
}
