//! Addendum B as a workbook and as text: rows to the examiner.

use std::ops::ControlFlow;

use super::checks::Checks;
use super::columns::Header;
use super::examine::{Examined, Examiner};
use crate::model::quarter::Quarter;
use crate::model::request::ShapeError;
use crate::model::watch::Watch;
use crate::parse::{csv, xlsx};

/// Rows above the header in which it is looked for.
const MOST_TITLE_ROWS: usize = 40;

/// A table that was read and passed its checks.
#[derive(Debug)]
pub(super) struct Table {
    /// Its file, for people.
    pub(super) file: String,
    pub(super) examined: Examined,
    pub(super) unknown_columns: Vec<String>,
}

/// What a table is read for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) quarter: Quarter,
    pub(super) checks: &'a Checks,
    pub(super) watch: &'a Watch,
}

/// Reads the first sheet of a workbook that has the header; `None` when none has.
///
/// # Errors
/// When the workbook cannot be read, or the table is of another quarter or fails a check.
pub(super) fn read_xlsx(
    file: &str,
    bytes: &[u8],
    task: Task<'_>,
) -> Result<Option<Table>, ShapeError> {
    let malformed = |cause: xlsx::XlsxError| ShapeError::new(file, cause.to_string());
    let mut workbook = xlsx::Workbook::open(bytes, xlsx::Limits::default()).map_err(malformed)?;
    for sheet in workbook.sheets() {
        let mut reading = Rows::new(file, &[file, &sheet], task);
        let mut outcome = Ok(());
        workbook
            .rows(&sheet, |number, cells| {
                match reading.row(u64::from(number), cells) {
                    Ok(flow) => flow,
                    Err(error) => {
                        outcome = Err(error);
                        ControlFlow::Break(())
                    }
                }
            })
            .map_err(malformed)?;
        outcome?;
        if let Some(table) = reading.finish()? {
            return Ok(Some(table));
        }
    }
    Ok(None)
}

/// Reads text whose cells are separated by commas or TABs; `None` when it has no such header.
///
/// # Errors
/// When a row is beyond what is plausible, or the table is of another quarter or fails a check.
pub(super) fn read_text(
    file: &str,
    bytes: &[u8],
    task: Task<'_>,
) -> Result<Option<Table>, ShapeError> {
    let malformed = |cause: csv::CsvError| ShapeError::new(file, cause.to_string());
    for separator in [b',', b'\t'] {
        let mut rows = csv::Rows::separated_by(separator, bytes, csv::Limits::default());
        let mut reading = Rows::new(file, &[file], task);
        let mut last = (0, 0);
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => break,
                // Text of another kind, a PDF for one, is no table with a fault.
                Err(_) if reading.header.is_none() => break,
                Err(cause) => return Err(malformed(cause)),
            };
            let cells = row.texts();
            if let Some(header) = &reading.header {
                let needed = header.least_width();
                last = (row.number, cells.len());
                if cells.len() < needed && cells.iter().filter(|cell| !cell.is_empty()).count() > 1
                {
                    reading.examiner.short_row(row.number, cells.len(), needed);
                    continue;
                }
            }
            if reading.row(row.number, &cells)?.is_break() {
                break;
            }
        }
        let cut = reading
            .header
            .as_ref()
            .is_some_and(|header| !rows.ends_with_line_end() && last.1 < header.least_width());
        if cut {
            return Err(ShapeError::new(
                format!("{file} row {}", last.0),
                "the file ends in the middle of this row, so it may be cut",
            ));
        }
        if let Some(table) = reading.finish()? {
            return Ok(Some(table));
        }
    }
    Ok(None)
}

/// The rows of one table, first the titles, then the header, then the data.
struct Rows<'a> {
    file: &'a str,
    /// Names under which the table goes.
    names: Vec<String>,
    task: Task<'a>,
    above: Vec<String>,
    header: Option<Header>,
    examiner: Examiner<'a>,
}

impl<'a> Rows<'a> {
    fn new(file: &'a str, names: &[&str], task: Task<'a>) -> Self {
        Self {
            file,
            names: names.iter().map(|&name| name.to_owned()).collect(),
            task,
            above: Vec::new(),
            header: None,
            examiner: Examiner::new(file, task.checks, task.watch),
        }
    }

    fn row(&mut self, number: u64, cells: &[String]) -> Result<ControlFlow<()>, ShapeError> {
        let Some(header) = &self.header else {
            if let Some(found) = Header::find(cells) {
                let header = found
                    .map_err(|why| ShapeError::new(format!("{} row {number}", self.file), why))?;
                self.check_quarter()?;
                self.header = Some(header);
            } else if self.above.len() >= MOST_TITLE_ROWS {
                return Ok(ControlFlow::Break(()));
            } else {
                self.above.push(cells.join(" "));
            }
            return Ok(ControlFlow::Continue(()));
        };
        let row = header.row(number, cells);
        self.examiner.row(&row, || header.quote(cells))?;
        Ok(ControlFlow::Continue(()))
    }

    /// The names of file and sheet say of which quarter the table is; where neither does, its title names
    /// the year. A file of another quarter under this link is the wrong file.
    fn check_quarter(&self) -> Result<(), ShapeError> {
        let quarter = self.task.quarter;
        let named: Vec<Quarter> = self
            .names
            .iter()
            .filter_map(|name| Quarter::by_month(name))
            .collect();
        let other = |found: String| {
            Err(ShapeError::new(
                self.file,
                format!("it is the table of {found}; that of {quarter} is expected"),
            ))
        };
        if let Some(first) = named.first() {
            if named.contains(&quarter) {
                return Ok(());
            }
            return other(first.to_string());
        }
        let year = self.above.iter().find_map(|title| title_year(title));
        match year {
            Some(year) if year != quarter.year() => other(year.to_string()),
            _ => Ok(()),
        }
    }

    fn finish(self) -> Result<Option<Table>, ShapeError> {
        let Some(header) = self.header else {
            return Ok(None);
        };
        Ok(Some(Table {
            file: self.file.to_owned(),
            examined: self.examiner.finish()?,
            unknown_columns: header.unknown,
        }))
    }
}

/// The year in "Addendum B.-Final OPPS Payment by HCPCS Code for CY 2020".
fn title_year(title: &str) -> Option<i32> {
    let mut words = title.split(|c: char| !c.is_alphanumeric());
    words.find(|word| *word == "CY")?;
    let year = words.find(|word| !word.is_empty())?;
    (year.len() == 4).then(|| year.parse().ok()).flatten()
}
