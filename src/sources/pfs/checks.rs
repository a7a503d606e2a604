//! Whether a table may be believed: floors, unique keys, sums, sentinels.
//!
//! A table that fails is not read at all. One exception keeps a slip of CMS from blinding the
//! watcher for ever: a few odd rows are borne (and told) as long as no watched row is among them.

use std::collections::{BTreeMap, HashSet};

use rust_decimal::Decimal;

use super::columns::{
    COLUMNS, CONVERSION_FACTOR, FACILITY_PE, FACILITY_TOTAL, Form, MP, NON_FACILITY_PE,
    NON_FACILITY_TOTAL, Row, STATUS, WORK, units,
};
use crate::model::attribute::Attribute;
use crate::model::code::{HcpcsCode, Service};
use crate::model::fact::Values;
use crate::model::money;
use crate::model::request::ShapeError;
use crate::model::watch::Watch;
use crate::parse::csv;

/// The status indicators that CMS has defined (Attachment A of the record layout), and some that
/// were used in earlier years.
const KNOWN_STATUS: &[u8] = b"ABCDEFGHIJLMNPQRTX";

/// What a release must have to be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// Fewest rows of the table.
    pub rows: usize,
    /// Fewest rows whose code begins with a character: a file that was cut lacks its end, whether
    /// it is sorted letters first (2020 to 2024) or digits first.
    pub families: Vec<(char, usize)>,
    /// Rows without modifier that must be there with this status indicator.
    pub sentinels: Vec<(HcpcsCode, char)>,
    /// Least share of rows with a status indicator that is known, in percent.
    pub known_status_percent: usize,
    /// Most odd rows in a thousand; never a watched one.
    pub odd_per_mille: usize,
    /// Least and greatest plausible conversion factor, in dollars.
    pub conversion_factor: (Decimal, Decimal),
    /// Fewest localities of the GPCI file and of the locality/county file.
    pub localities: usize,
    /// Names of localities that the two must have: the first and the last of the alphabet.
    pub locality_sentinels: Vec<String>,
}

impl Default for Checks {
    fn default() -> Self {
        let sentinels = ["97110", "99213"]
            .into_iter()
            .filter_map(|code| Some((code.parse().ok()?, 'A')))
            .collect();
        Self {
            rows: 12_000,
            families: vec![
                ('0', 300),
                ('1', 300),
                ('2', 1_000),
                ('3', 800),
                ('4', 600),
                ('5', 500),
                ('6', 600),
                ('7', 1_200),
                ('8', 1_000),
                ('9', 1_200),
                ('G', 600),
                ('V', 100),
            ],
            sentinels,
            known_status_percent: 60,
            odd_per_mille: 1,
            conversion_factor: (Decimal::from(20), Decimal::from(60)),
            localities: 80,
            locality_sentinels: vec!["ALABAMA".to_owned(), "WYOMING".to_owned()],
        }
    }
}

impl Checks {
    /// For excerpts of a few rows: everything about a row is still checked, nothing about how many
    /// there are.
    pub fn for_excerpts() -> Self {
        Self {
            rows: 1,
            families: Vec::new(),
            sentinels: Vec::new(),
            odd_per_mille: 0,
            localities: 1,
            locality_sentinels: Vec::new(),
            ..Self::default()
        }
    }

    /// For the file of which only the conversion factor is taken; CMS leaves codes out of it.
    pub(super) fn for_factor(&self) -> Self {
        Self {
            rows: self.rows / 2,
            families: Vec::new(),
            sentinels: Vec::new(),
            ..self.clone()
        }
    }
}

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
        self.rows += 1;
        let Some((key, service)) = key(row) else {
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
        if let Some((name, expected, found)) = fault(row) {
            let error = self.fault(row.number, name, &expected, &found);
            if kept {
                return Err(error);
            }
            self.odd(error);
            return Ok(false);
        }
        self.take_factor(row)?;
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

    fn take_factor(&mut self, row: &Row<'_>) -> Result<(), ShapeError> {
        let cell = row.cells[CONVERSION_FACTOR];
        let same = |factor: &Factor| factor.text == cell || Some(factor.units) == units(cell);
        match &self.factor {
            Some(factor) if same(factor) => Ok(()),
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
                    units: units(cell).unwrap_or_default(),
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
        self.work += units(row.cells[WORK]).unwrap_or_default();
        self.malpractice += units(row.cells[MP]).unwrap_or_default();
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

/// The key of a row: code (lost leading zeros put back) and modifier, as bytes and as a service.
pub(super) fn key(row: &Row<'_>) -> Option<([u8; 7], Service)> {
    let mut key = *b"00000  ";
    let pad = 5_usize.checked_sub(row.code.len())?;
    if row.code.is_empty() {
        return None;
    }
    key.get_mut(pad..5)?.copy_from_slice(row.code);
    match row.modifier {
        [] => {}
        [first, second] => {
            key[5] = *first;
            key[6] = *second;
        }
        _ => return None,
    }
    let text = std::str::from_utf8(&key).ok()?;
    let (code, modifier) = text.split_at_checked(5)?;
    let modifier = if row.modifier.is_empty() {
        None
    } else {
        Some(modifier.parse().ok()?)
    };
    let service = Service {
        code: code.parse().ok()?,
        modifier,
    };
    key.make_ascii_uppercase();
    Some((key, service))
}

/// The first cell of a row that is not as it should be: its column, what is expected, what is found.
fn fault(row: &Row<'_>) -> Option<(&'static str, String, Vec<u8>)> {
    for (column, cell) in COLUMNS.iter().zip(row.cells) {
        if !column.form.fits(cell) {
            return Some((column.name, column.form.expected(), cell.to_vec()));
        }
    }
    let sum = |cells: [usize; 3]| -> Option<i64> {
        cells
            .into_iter()
            .map(|index| row.cells.get(index).copied().and_then(units))
            .sum()
    };
    for (parts, total) in [
        ([WORK, NON_FACILITY_PE, MP], NON_FACILITY_TOTAL),
        ([WORK, FACILITY_PE, MP], FACILITY_TOTAL),
    ] {
        let column = COLUMNS.get(total)?;
        let cell = row.cells.get(total).copied()?;
        let expected = sum(parts)?;
        if units(cell) != Some(expected) {
            let expected = money::written(Decimal::new(expected, 4));
            return Some((
                column.name,
                format!("{expected}, the sum of work, PE and MP,"),
                cell.to_vec(),
            ));
        }
    }
    debug_assert!(matches!(COLUMNS[WORK].form, Form::Amount));
    None
}
