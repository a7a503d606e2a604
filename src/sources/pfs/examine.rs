//! Whether a table may be believed: floors, unique keys, sums, sentinels.
//!
//! A table that fails is not read at all. One exception keeps a slip of CMS from blinding the
//! watcher for ever: a few odd rows are borne (and told) as long as no watched row is among them.

use std::collections::{BTreeMap, HashSet};

use rust_decimal::Decimal;

use super::cells::{key, numbers};
use super::checks::Checks;
use super::columns::{COLUMNS, CONVERSION_FACTOR, MP, Row, STATUS, WORK};
use crate::model::attribute::Attribute;
use crate::model::code::Service;
use crate::model::fact::Values;
use crate::model::money;
use crate::model::request::ShapeError;
use crate::model::watch::Watch;
use crate::parse::csv;

/// The status indicators that CMS has defined (Attachment A of the record layout), and some that
/// were used in earlier years.
const KNOWN_STATUS: &[u8] = b"ABCDEFGHIJLMNPQRTX";

/// A row that is kept.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) number: u64,
    pub(super) values: Values,
    pub(super) quote: String,
}

/// What the rows of a table came to.
#[derive(Debug)]
pub(super) struct Examined {
    pub(super) rows: usize,
    pub(super) conversion_factor: Decimal,
    pub(super) factor_row: u64,
    pub(super) factor_quote: String,
    pub(super) kept: BTreeMap<Service, Kept>,
    /// The odd rows that were borne: how many, and the first.
    pub(super) odd: Option<(usize, ShapeError)>,
    /// The price indicator, where all rows have the same.
    pub(super) price_indicator: Option<u8>,
    /// Kept rows with a status indicator that is not known.
    pub(super) unknown_status: Vec<Service>,
}

/// The conversion factor as first met.
#[derive(Debug)]
struct Factor {
    text: Vec<u8>,
    units: i64,
    row: u64,
    quote: String,
}

/// Takes the rows of a table one by one, without allocating for those that are not kept.
#[derive(Debug)]
pub(super) struct Examiner<'a> {
    member: &'a str,
    checks: &'a Checks,
    watch: &'a Watch,
    rows: usize,
    known_status: usize,
    keys: HashSet<[u8; 7]>,
    families: [usize; 256],
    sentinels: Vec<Option<u8>>,
    factor: Option<Factor>,
    kept: BTreeMap<Service, Kept>,
    odd: usize,
    first_odd: Option<ShapeError>,
    unreadable_keys: usize,
    price_indicator: Option<u8>,
    mixed_prices: bool,
    unknown_status: Vec<Service>,
    work: i64,
    malpractice: i64,
}

impl<'a> Examiner<'a> {
    pub(super) fn new(member: &'a str, checks: &'a Checks, watch: &'a Watch) -> Self {
        Self {
            member,
            checks,
            watch,
            rows: 0,
            known_status: 0,
            keys: HashSet::with_capacity(checks.rows.min(20_000) * 2),
            families: [0; 256],
            sentinels: vec![None; checks.sentinels.len()],
            factor: None,
            kept: BTreeMap::new(),
            odd: 0,
            first_odd: None,
            unreadable_keys: 0,
            price_indicator: None,
            mixed_prices: false,
            unknown_status: Vec::new(),
            work: 0,
            malpractice: 0,
        }
    }

    /// Takes a row; `quote` writes it out if it is kept. Tells whether it is kept.
    pub(super) fn row(
        &mut self,
        row: &Row<'_>,
        quote: impl FnOnce() -> String,
    ) -> Result<bool, ShapeError> {
        let found = key(row);
        if found.is_none() && row.cells.iter().all(|cell| cell.is_empty()) {
            // A note behind the data, no row.
            return Ok(false);
        }
        self.rows += 1;
        let Some((key, service)) = found else {
            self.unreadable_keys += 1;
            let found = [row.code, b" ", row.modifier].concat();
            self.odd(self.fault(row.number, "HCPCS", "a code", &found));
            return Ok(false);
        };
        let kept = self.watch.keeps(service);
        if let Some(family) = self.families.get_mut(usize::from(key[0])) {
            *family += 1;
        }
        if !self.keys.insert(key) {
            let error = ShapeError::new(
                format!("{} row {}", self.member, row.number),
                format!("a second row for {service}; one is expected"),
            );
            if kept {
                return Err(error);
            }
            self.odd(error);
        }
        let numbers = match numbers(row) {
            Ok(numbers) => numbers,
            Err((name, expected, found)) => {
                let error = self.fault(row.number, name, &expected, &found);
                if kept {
                    return Err(error);
                }
                self.odd(error);
                return Ok(false);
            }
        };
        self.work = self.work.saturating_add(numbers[WORK]);
        self.malpractice = self.malpractice.saturating_add(numbers[MP]);
        self.take_factor(row, numbers[CONVERSION_FACTOR])?;
        self.take_status(row, key);
        if kept {
            self.keep(service, row, quote())?;
        }
        Ok(kept)
    }

    /// A row that is too short to be read.
    pub(super) fn short_row(&mut self, number: u64, width: usize, expected: usize) {
        self.rows += 1;
        self.unreadable_keys += 1;
        self.odd(ShapeError::new(
            format!("{} row {number}", self.member),
            format!("{width} cells; {expected} are expected"),
        ));
    }

    fn odd(&mut self, error: ShapeError) {
        self.odd += 1;
        self.first_odd.get_or_insert(error);
    }

    fn fault(&self, number: u64, column: &str, expected: &str, found: &[u8]) -> ShapeError {
        let found: String = csv::text(found).chars().take(40).collect();
        ShapeError::new(
            format!("{} row {number}", self.member),
            format!("column {column}: {expected} expected, '{found}' found"),
        )
    }

    fn take_factor(&mut self, row: &Row<'_>, units: i64) -> Result<(), ShapeError> {
        let cell = row.cells[CONVERSION_FACTOR];
        match &self.factor {
            Some(factor) if factor.units == units => Ok(()),
            Some(factor) => {
                let expected = format!(
                    "{} as in row {}",
                    String::from_utf8_lossy(&factor.text),
                    factor.row
                );
                let name = COLUMNS[CONVERSION_FACTOR].name;
                Err(self.fault(row.number, name, &expected, cell))
            }
            None => {
                self.factor = Some(Factor {
                    text: cell.to_vec(),
                    units,
                    row: row.number,
                    quote: String::new(),
                });
                Ok(())
            }
        }
    }

    /// The row in which the conversion factor was first met, written out; asked for once.
    pub(super) fn wants_factor_quote(&self) -> bool {
        self.factor
            .as_ref()
            .is_some_and(|factor| factor.quote.is_empty())
    }

    pub(super) fn quote_factor(&mut self, quote: String) {
        if let Some(factor) = &mut self.factor {
            factor.quote = quote;
        }
    }

    fn take_status(&mut self, row: &Row<'_>, key: [u8; 7]) {
        let status = row.cells[STATUS].first().copied().unwrap_or_default();
        if KNOWN_STATUS.contains(&status) {
            self.known_status += 1;
        }
        for ((code, _), seen) in self.checks.sentinels.iter().zip(&mut self.sentinels) {
            if code.as_str().as_bytes() == &key[..5] && key[5] == b' ' {
                *seen = Some(status);
            }
        }
        if let [indicator] = row.price_indicator {
            let first = *self.price_indicator.get_or_insert(*indicator);
            self.mixed_prices |= first != *indicator;
        }
    }

    fn keep(&mut self, service: Service, row: &Row<'_>, quote: String) -> Result<(), ShapeError> {
        let mut values = BTreeMap::new();
        for (column, cell) in COLUMNS.iter().zip(row.cells) {
            if column.attribute == Attribute::ConversionFactor {
                continue;
            }
            let observation = column.form.observe(cell).ok_or_else(|| {
                self.fault(row.number, column.name, &column.form.expected(), cell)
            })?;
            values.insert(column.attribute, observation);
        }
        if !KNOWN_STATUS.contains(row.cells[STATUS].first().unwrap_or(&0)) {
            self.unknown_status.push(service);
        }
        let number = row.number;
        self.kept.insert(
            service,
            Kept {
                number,
                values: values.into(),
                quote,
            },
        );
        Ok(())
    }

    /// Judges the table as a whole.
    ///
    /// # Errors
    /// When a floor, a sentinel or a sum over the table fails.
    pub(super) fn finish(self) -> Result<Examined, ShapeError> {
        let failed = |why: String| Err(ShapeError::new(self.member, why));
        let checks = self.checks;
        if self.rows < checks.rows.max(1) {
            return failed(format!(
                "{} rows; at least {} are expected, so the file may be cut",
                self.rows,
                checks.rows.max(1)
            ));
        }
        if self.odd * 1_000 > self.rows * checks.odd_per_mille {
            let first = self.first_odd.map(|e| e.to_string()).unwrap_or_default();
            return failed(format!(
                "{} of {} rows are not as they should be; the first: {first}",
                self.odd, self.rows
            ));
        }
        for &(letter, least) in &checks.families {
            let found = u8::try_from(letter)
                .ok()
                .and_then(|byte| self.families.get(usize::from(byte)))
                .copied()
                .unwrap_or_default();
            if found < least {
                return failed(format!(
                    "{found} codes begin with {letter}; at least {least} are expected, so the file may be cut"
                ));
            }
        }
        for ((code, expected), found) in checks.sentinels.iter().zip(&self.sentinels) {
            if found.map(char::from) != Some(*expected) {
                let found = found.map_or("no such row".to_owned(), |f| char::from(f).to_string());
                return failed(format!(
                    "{code} must have status {expected}, as in every release; found: {found}"
                ));
            }
        }
        if self.known_status * 100 < self.rows * checks.known_status_percent {
            return failed(format!(
                "only {} of {} rows have a status indicator that is known; at least {} % are expected",
                self.known_status, self.rows, checks.known_status_percent
            ));
        }
        if checks.rows > 1_000 && self.work <= self.malpractice {
            return failed(
                "the malpractice RVUs outweigh the work RVUs, so the columns may be exchanged"
                    .to_owned(),
            );
        }
        if self.unreadable_keys > 0
            && let Some(service) = self
                .watch
                .named_services()
                .into_iter()
                .find(|service| !self.kept.contains_key(service))
        {
            let first = self.first_odd.map(|e| e.to_string()).unwrap_or_default();
            return failed(format!(
                "{service} is not found, but {} rows could not be read and may be it; the first: {first}",
                self.unreadable_keys
            ));
        }
        let factor = self.factor.as_ref();
        let Some((factor, value)) =
            factor.and_then(|f| Some((f, money::amount(std::str::from_utf8(&f.text).ok()?)?)))
        else {
            return failed("no row has a conversion factor".to_owned());
        };
        let (least, greatest) = checks.conversion_factor;
        if value < least || value > greatest {
            return failed(format!(
                "the conversion factor is {value}; {least} to {greatest} dollars are plausible"
            ));
        }
        Ok(Examined {
            rows: self.rows,
            conversion_factor: value,
            factor_row: factor.row,
            factor_quote: factor.quote.clone(),
            odd: self.first_odd.map(|first| (self.odd, first)),
            price_indicator: self.price_indicator.filter(|_| !self.mixed_prices),
            kept: self.kept,
            unknown_status: self.unknown_status,
        })
    }
}
