//! The PPRRVU table with a header: as comma-separated text and as a workbook.

use std::ops::ControlFlow;

use chrono::NaiveDate;

use super::checks::Checks;
use super::columns::{Header, Row};
use super::examine::{Examined, Examiner};
use super::names::{names_codes, words};
use super::release::{self, Release};
use crate::model::request::ShapeError;
use crate::model::watch::Watch;
use crate::parse::{csv, xlsx};

/// Rows above the header in which it is looked for.
const MOST_TITLE_ROWS: usize = 40;

/// A table that was read and passed its checks.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) member: String,
    pub(super) examined: Examined,
    /// The release stamp inside.
    pub(super) released: Option<NaiveDate>,
    pub(super) unknown_columns: Vec<String>,
}

/// What a table is read for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) release: &'a Release,
    pub(super) checks: &'a Checks,
    pub(super) watch: &'a Watch,
}

/// Reads the comma-separated form.
///
/// # Errors
/// When it is not the table of this release, or fails a check.
pub(super) fn read_csv(member: &str, bytes: &[u8], task: Task<'_>) -> Result<Table, ShapeError> {
    let malformed = |cause: csv::CsvError| ShapeError::new(member, cause.to_string());
    let mut rows = csv::Rows::new(bytes, csv::Limits::default());
    let mut above = Vec::new();
    let header = loop {
        let Some(row) = rows.next().map_err(malformed)? else {
            return Err(no_header(member));
        };
        if is_header(row.cell(0).unwrap_or_default()) {
            break Header::find(member, &above, &row.texts())?;
        }
        if above.len() >= MOST_TITLE_ROWS {
            return Err(no_header(member));
        }
        above.push(row.texts());
    };
    let released = check_title(member, &above, task.release)?;

    let mut examiner = Examiner::new(member, task.checks, task.watch);
    let mut last = (0, false);
    while let Some(row) = rows.next().map_err(malformed)? {
        let cell = |index: usize| row.cell(index).unwrap_or_default();
        let code = cell(header.code);
        if code.is_empty() && row.cells().all(|cell| cell.trim_ascii().is_empty()) {
            continue;
        }
        if row.width() < header.width {
            if is_note(&row.texts()) {
                last = (row.number, false);
                continue;
            }
            examiner.short_row(row.number, row.width(), header.width);
            last = (row.number, true);
            continue;
        }
        let read = Row {
            number: row.number,
            code,
            modifier: cell(header.modifier),
            price_indicator: header.price_indicator.map(cell).unwrap_or_default(),
            cells: header.cells.map(cell),
        };
        let quote = || row.written_without(Some(header.description));
        let kept = examiner.row(&read, quote)?;
        if examiner.wants_factor_quote() {
            examiner.quote_factor(quote());
        }
        last = (row.number, kept && !rows_ended(bytes));
    }
    if last.1 {
        return Err(ShapeError::new(
            format!("{member} row {}", last.0),
            "the file ends in the middle of this row, so it may be cut",
        ));
    }
    Ok(Table {
        member: member.to_owned(),
        examined: examiner.finish()?,
        released,
        unknown_columns: header.unknown,
    })
}

/// Whether a row that is too short is a sentence, as a notice of copyright, and not a row that is cut: words in its
/// first cell alone.
fn is_note(cells: &[String]) -> bool {
    cells
        .split_first()
        .is_some_and(|(first, others)| first.contains(' ') && others.iter().all(String::is_empty))
}

fn rows_ended(bytes: &[u8]) -> bool {
    matches!(bytes.last(), Some(b'\n' | b'\r' | 0x1A))
}

/// Reads the workbook form: the first sheet that has the header.
///
/// # Errors
/// When it is not the table of this release, or fails a check.
pub(super) fn read_xlsx(member: &str, bytes: &[u8], task: Task<'_>) -> Result<Table, ShapeError> {
    let malformed = |cause: xlsx::XlsxError| ShapeError::new(member, cause.to_string());
    let mut workbook = xlsx::Workbook::open(bytes, xlsx::Limits::default()).map_err(malformed)?;
    for sheet in workbook.sheets() {
        let mut reading = SheetReading {
            member,
            task,
            above: Vec::new(),
            header: None,
            released: None,
            examiner: Examiner::new(member, task.checks, task.watch),
        };
        let mut outcome = Ok(());
        workbook
            .rows(&sheet, |number, cells| match reading.row(number, cells) {
                Ok(flow) => flow,
                Err(error) => {
                    outcome = Err(error);
                    ControlFlow::Break(())
                }
            })
            .map_err(malformed)?;
        outcome?;
        if let Some(header) = reading.header {
            return Ok(Table {
                member: member.to_owned(),
                examined: reading.examiner.finish()?,
                released: reading.released,
                unknown_columns: header.unknown,
            });
        }
    }
    Err(no_header(member))
}

struct SheetReading<'a> {
    member: &'a str,
    task: Task<'a>,
    above: Vec<Vec<String>>,
    header: Option<Header>,
    released: Option<NaiveDate>,
    examiner: Examiner<'a>,
}

impl SheetReading<'_> {
    fn row(&mut self, number: u32, cells: &[String]) -> Result<ControlFlow<()>, ShapeError> {
        let first = cells.first().map(String::as_str).unwrap_or_default();
        let Some(header) = &self.header else {
            if is_header(first.as_bytes()) {
                self.header = Some(Header::find(self.member, &self.above, cells)?);
                self.released = check_title(self.member, &self.above, self.task.release)?;
            } else if self.above.len() >= MOST_TITLE_ROWS {
                return Ok(ControlFlow::Break(()));
            } else {
                self.above.push(cells.to_vec());
            }
            return Ok(ControlFlow::Continue(()));
        };
        // The end mark of DOS, as it is and as workbooks write it.
        if first.starts_with('\u{1A}') || first == "_x001A_" {
            return Ok(ControlFlow::Continue(()));
        }
        let cell = |index: usize| {
            let text = cells.get(index).map(String::as_str).unwrap_or_default();
            text.as_bytes().trim_ascii()
        };
        let row = Row {
            number: u64::from(number),
            code: cell(header.code),
            modifier: cell(header.modifier),
            price_indicator: header.price_indicator.map(cell).unwrap_or_default(),
            cells: header.cells.map(cell),
        };
        let quote = || {
            let shown = cells.iter().enumerate().map(|(index, cell)| {
                if index == header.description {
                    ""
                } else {
                    cell.as_str()
                }
            });
            shown.collect::<Vec<_>>().join(",")
        };
        self.examiner.row(&row, quote)?;
        if self.examiner.wants_factor_quote() {
            self.examiner.quote_factor(quote());
        }
        Ok(ControlFlow::Continue(()))
    }
}

fn is_header(first_cell: &[u8]) -> bool {
    names_codes(&csv::text(first_cell))
}

fn no_header(member: &str) -> ShapeError {
    ShapeError::new(
        member,
        format!("no header row: none of the first {MOST_TITLE_ROWS} rows begins with HCPCS"),
    )
}

/// Compares the year and the month in the title ("2020 National Physician Fee Schedule Relative
/// Value File April Release") with the release; gives the release stamp below it.
fn check_title(
    member: &str,
    above: &[Vec<String>],
    release: &Release,
) -> Result<Option<NaiveDate>, ShapeError> {
    let cells = || above.iter().flatten().filter(|cell| !cell.is_empty());
    let title = cells()
        .find(|cell| words(cell).contains("RELATIVE VALUE FILE"))
        .ok_or_else(|| {
            ShapeError::new(
                format!("{member} title"),
                "a row such as '2020 National Physician Fee Schedule Relative Value File April Release' is expected above the header",
            )
        })?;
    let named = words(title);
    let year = named
        .split(' ')
        .map(|word| word.strip_prefix("CY").unwrap_or(word))
        .find(|word| word.len() == 4 && word.starts_with("20"))
        .and_then(|word| word.parse::<i32>().ok());
    let month = named.split(' ').find_map(release::month);
    if year != Some(release.year) || !month.is_some_and(|month| release.may_be_titled(month)) {
        let shown: String = title.chars().take(120).collect();
        return Err(ShapeError::new(
            format!("{member} title"),
            format!(
                "the title of {release} is expected, '{shown}' is found: another release under this name?"
            ),
        ));
    }
    Ok(cells()
        .filter(|cell| words(cell).contains("RELEASED"))
        .find_map(|cell| release.posted_by_text(cell)))
}
