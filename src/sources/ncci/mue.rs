//! The table of medically unlikely edits: most units of a service for one patient on one day.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use super::checks::Checks;
use super::mue_columns::{Columns, values};
use crate::model::code::{HcpcsCode, Service};
use crate::model::fact::Values;
use crate::model::request::ShapeError;
use crate::model::watch::Watch;
use crate::parse::{csv, xlsx};

/// Rows above the header in which it is looked for; the notice is one row of seven lines.
const MOST_TITLE_ROWS: usize = 40;

/// A table that was read and passed its checks.
#[derive(Debug)]
pub(super) struct Units {
    pub(super) file: String,
    pub(super) rows: usize,
    pub(super) kept: BTreeMap<HcpcsCode, Kept>,
    /// The odd rows that were borne: how many, and the first.
    pub(super) odd: Option<(u64, ShapeError)>,
}

/// A row that is kept.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) number: u64,
    pub(super) values: Values,
    pub(super) quote: String,
}

/// Reads the table as comma-separated text or as a workbook; `None` when it has no such header.
///
/// # Errors
/// When it is a table for others than practitioners, or a check fails.
pub(super) fn read(
    file: &str,
    bytes: &[u8],
    watch: &Watch,
    checks: &Checks,
) -> Result<Option<Units>, ShapeError> {
    let mut reading = Reading::new(file, watch, checks);
    if bytes.starts_with(b"PK") {
        let malformed = |cause: xlsx::XlsxError| ShapeError::new(file, cause.to_string());
        let mut workbook =
            xlsx::Workbook::open(bytes, xlsx::Limits::default()).map_err(malformed)?;
        for sheet in workbook.sheets() {
            let mut outcome = Ok(ControlFlow::Continue(()));
            workbook
                .rows(&sheet, |number, cells| {
                    outcome = reading.row(u64::from(number), cells);
                    match outcome {
                        Ok(ControlFlow::Continue(())) => ControlFlow::Continue(()),
                        _ => ControlFlow::Break(()),
                    }
                })
                .map_err(malformed)?;
            let _ = outcome?;
            if reading.columns.is_some() {
                break;
            }
        }
        return reading.finish();
    }
    let mut rows = csv::Rows::new(bytes, csv::Limits::default());
    loop {
        match rows.next() {
            Ok(Some(row)) => {
                if reading.row(row.number, &row.texts())?.is_break() {
                    break;
                }
            }
            Ok(None) => break,
            // Text of another kind is no table with a fault.
            Err(_) if reading.columns.is_none() => return Ok(None),
            Err(cause) => return Err(ShapeError::new(file, cause.to_string())),
        }
    }
    if reading.columns.is_some() && !rows.ends_with_line_end() {
        let why = "the last line has no end, so the file may be cut";
        return Err(ShapeError::new(file, why));
    }
    reading.finish()
}

struct Reading<'a> {
    file: &'a str,
    watch: &'a Watch,
    checks: &'a Checks,
    titles: usize,
    columns: Option<Columns>,
    rows: usize,
    codes: HashSet<HcpcsCode>,
    families: BTreeMap<char, usize>,
    sentinels: usize,
    kept: BTreeMap<HcpcsCode, Kept>,
    odd: u64,
    first_odd: Option<ShapeError>,
    unreadable_codes: usize,
}

impl<'a> Reading<'a> {
    fn new(file: &'a str, watch: &'a Watch, checks: &'a Checks) -> Self {
        Self {
            file,
            watch,
            checks,
            titles: 0,
            columns: None,
            rows: 0,
            codes: HashSet::new(),
            families: BTreeMap::new(),
            sentinels: 0,
            kept: BTreeMap::new(),
            odd: 0,
            first_odd: None,
            unreadable_codes: 0,
        }
    }

    fn row(&mut self, number: u64, cells: &[String]) -> Result<ControlFlow<()>, ShapeError> {
        let place = || format!("{} row {number}", self.file);
        let Some(columns) = self.columns else {
            match Columns::find(cells) {
                Some(found) => {
                    let found = found.map_err(|why| ShapeError::new(place(), why))?;
                    self.columns = Some(found);
                }
                None if self.titles >= MOST_TITLE_ROWS => return Ok(ControlFlow::Break(())),
                None => self.titles += 1,
            }
            return Ok(ControlFlow::Continue(()));
        };
        let cell = |at: usize| cells.get(at).map(|cell| cell.trim()).unwrap_or_default();
        let (units, adjudication, rationale) = (
            cell(columns.units),
            cell(columns.adjudication),
            cell(columns.rationale),
        );
        if [units, adjudication, rationale]
            .iter()
            .all(|cell| cell.is_empty())
            && HcpcsCode::from_cell(cell(columns.code)).is_err()
        {
            // A note behind the data.
            return Ok(ControlFlow::Continue(()));
        }
        self.rows += 1;
        let fault = |column: &str, found: &str| {
            let found: String = found.chars().take(40).collect();
            let why = format!("column {column}: '{found}' found, which is not as expected");
            ShapeError::new(place(), why)
        };
        let Ok(code) = HcpcsCode::from_cell(cell(columns.code)) else {
            let error = fault("HCPCS/CPT Code", cell(columns.code));
            self.unreadable_codes += 1;
            self.bear(error);
            return Ok(ControlFlow::Continue(()));
        };
        let read = if self.codes.insert(code) {
            values(units, adjudication, rationale).map_err(|(column, found)| fault(column, found))
        } else {
            let why = format!("a second row for {code}; one is expected");
            Err(ShapeError::new(place(), why))
        };
        let kept = self.watch.keeps(Service::plain(code));
        match read {
            Ok((count, values)) => {
                if let Some(first) = code.as_str().chars().next() {
                    *self.families.entry(first).or_default() += 1;
                }
                if count > 0 && self.checks.mue_sentinels.contains(&code) {
                    self.sentinels += 1;
                }
                if kept {
                    let quote = cells.iter().map(|cell| cell.trim()).collect::<Vec<_>>();
                    let quote = quote.join(",");
                    self.kept.insert(
                        code,
                        Kept {
                            number,
                            values: values.into(),
                            quote,
                        },
                    );
                }
            }
            Err(error) if kept => return Err(error),
            Err(error) => self.bear(error),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn bear(&mut self, error: ShapeError) {
        self.odd += 1;
        self.first_odd.get_or_insert(error);
    }

    fn finish(self) -> Result<Option<Units>, ShapeError> {
        if self.columns.is_none() {
            return Ok(None);
        }
        let failed = |why: String| Err(ShapeError::new(self.file, why));
        let checks = self.checks;
        let first = self.first_odd.as_ref().map(ToString::to_string);
        let first = first.unwrap_or_default();
        if self.rows < checks.mue_rows.max(1) {
            return failed(format!(
                "{} rows; at least {} are expected, so the file may be cut",
                self.rows,
                checks.mue_rows.max(1)
            ));
        }
        let rows = u64::try_from(self.rows).unwrap_or(u64::MAX);
        if self.odd.saturating_mul(1_000) > rows.saturating_mul(checks.odd_per_mille) {
            return failed(format!(
                "{} of {rows} rows are not as they should be; the first: {first}",
                self.odd
            ));
        }
        for &(letter, least) in &checks.mue_families {
            let found = self.families.get(&letter).copied().unwrap_or_default();
            if found < least {
                return failed(format!(
                    "{found} codes begin with {letter}; at least {least} are expected, so the file may be cut"
                ));
            }
        }
        if self.sentinels < checks.mue_sentinels.len() {
            let codes: Vec<&str> = checks.mue_sentinels.iter().map(HcpcsCode::as_str).collect();
            return failed(format!(
                "{} must all be there with at least one unit, as in every quarter",
                codes.join(", ")
            ));
        }
        let missing =
            self.watch.named_services().into_iter().find(|service| {
                service.modifier.is_none() && !self.kept.contains_key(&service.code)
            });
        if let (Some(service), true) = (missing, self.unreadable_codes > 0) {
            return failed(format!(
                "{service} is not found, but {} rows could not be read and may be it; the first: {first}",
                self.unreadable_codes
            ));
        }
        Ok(Some(Units {
            file: self.file.to_owned(),
            rows: self.rows,
            kept: self.kept,
            odd: self.first_odd.map(|first| (self.odd, first)),
        }))
    }
}
