//! A file of procedure-to-procedure edits: 650,000 lines, of which a few hundred are kept.

use std::collections::BTreeMap;

use super::checks::Checks;
use super::edit_row::{Code, Row, WIDTH, is_header, row};
use super::history::Edit;
use super::wanted::{Wanted, bytes_of};
use crate::model::attribute::Attribute;
use crate::model::code::HcpcsCode;
use crate::model::request::ShapeError;
use crate::model::topic::Pair;
use crate::parse::csv::text;
use crate::parse::fixed::Line;
use crate::parse::lines::{Lines, LinesError};
use crate::parse::zip::Member;

/// What a row says of a pair.
pub(super) const ATTRIBUTES: [Attribute; 2] = [Attribute::PtpModifier, Attribute::PtpRationale];

/// Lines above the header in which it is looked for.
const MOST_TITLE_LINES: u64 = 40;
/// Most rows that are kept: a thousand codes with all their pairs.
const MOST_KEPT: usize = 1_000_000;

/// A file of edits that was read to its end and passed its checks.
#[derive(Debug)]
pub(super) struct Edits {
    pub(super) file: String,
    pub(super) rows: u64,
    /// The rows of the pairs that are kept.
    pub(super) kept: BTreeMap<Pair, Vec<Edit>>,
    /// The odd rows that were borne: how many, and the first.
    pub(super) odd: Option<(u64, ShapeError)>,
    /// The first codes of the first and the last pair, where the pairs are in the order of their first
    /// codes.
    range: Option<(Code, Code)>,
}

impl Edits {
    /// Whether all pairs with this first code would be in this file. The files of a quarter divide the
    /// pairs by their first code; at the borders a code may be in two of them.
    pub(super) fn would_have(&self, column1: HcpcsCode) -> bool {
        let (Some(code), Some((first, last))) = (bytes_of(column1), self.range) else {
            return false;
        };
        first < code && code < last
    }
}

/// Reads a file of edits; `None` when it has no such header.
///
/// # Errors
/// When the member is damaged, the header is another one, or a check fails.
pub(super) fn read(
    file: &str,
    lines: &mut Lines<Member<'_, '_>>,
    wanted: &Wanted,
    checks: &Checks,
) -> Result<Option<Edits>, ShapeError> {
    let mut reading = Reading::new(file, wanted);
    let mut headed = false;
    loop {
        match lines.next() {
            Ok(None) => break,
            Ok(Some(line)) if headed => reading.line(&line)?,
            Ok(Some(line)) if line.number > MOST_TITLE_LINES => return Ok(None),
            Ok(Some(line)) => headed = is_header(file, &line)?,
            Err(cause) => {
                let why = match cause {
                    LinesError::Stream(cause) => lines.stream().failed(&cause).to_string(),
                    other @ LinesError::TooLong { .. } => other.to_string(),
                };
                return Err(ShapeError::new(file, why));
            }
        }
    }
    if !headed {
        return Ok(None);
    }
    reading.finish(checks).map(Some)
}

struct Reading<'a> {
    file: &'a str,
    wanted: &'a Wanted,
    rows: u64,
    deleted: u64,
    kept: BTreeMap<Pair, Vec<Edit>>,
    kept_rows: usize,
    odd: u64,
    first_odd: Option<ShapeError>,
    first: Option<Code>,
    last: Code,
    /// How often the first code changes from row to row.
    runs: u64,
    in_order: bool,
    last_line_ended: bool,
}

impl<'a> Reading<'a> {
    fn new(file: &'a str, wanted: &'a Wanted) -> Self {
        Self {
            file,
            wanted,
            rows: 0,
            deleted: 0,
            kept: BTreeMap::new(),
            kept_rows: 0,
            odd: 0,
            first_odd: None,
            first: None,
            last: Code::default(),
            runs: 0,
            in_order: true,
            last_line_ended: true,
        }
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), ShapeError> {
        self.last_line_ended = line.ended;
        let mut cells: [&[u8]; WIDTH] = [b""; WIDTH];
        let mut split = line.bytes.split(|byte| *byte == b'\t');
        let mut width = 0;
        for (place, cell) in cells.iter_mut().zip(&mut split) {
            *place = cell.trim_ascii();
            width += 1;
        }
        // The header goes on, or a note stands behind the data.
        let only = |from: usize| cells.iter().skip(from).all(|cell| cell.is_empty());
        if (cells[0].is_empty() && cells[1].is_empty() && self.rows == 0) || only(1) {
            return Ok(());
        }
        self.rows += 1;
        let row = match row(&cells, width, split.next().is_some()) {
            Ok(row) => row,
            Err((column, found)) => return self.odd(line.number, &cells, column, found),
        };
        if self.first.is_none() {
            self.first = Some(row.column1);
        }
        self.in_order &= self.last <= row.column1;
        self.runs += u64::from(self.last != row.column1);
        self.last = row.column1;
        self.deleted += u64::from(row.deleted.is_some());
        if self.wanted.keeps(row.column1, row.column2) {
            self.keep(line, &row)?;
        }
        Ok(())
    }

    fn keep(&mut self, line: &Line<'_>, row: &Row<'_>) -> Result<(), ShapeError> {
        self.kept_rows += 1;
        if self.kept_rows > MOST_KEPT {
            let why = format!("more than {MOST_KEPT} edits of watched codes; watch fewer codes");
            return Err(ShapeError::new(self.file, why));
        }
        let code = |code: Code| std::str::from_utf8(&code).ok()?.parse::<HcpcsCode>().ok();
        let (Some(column1), Some(column2)) = (code(row.column1), code(row.column2)) else {
            return Ok(());
        };
        let rationale = text(row.rationale);
        let edit = Edit {
            effective: row.effective,
            deleted: row.deleted,
            modifier: char::from(row.modifier),
            rationale: rationale.split_whitespace().collect::<Vec<_>>().join(" "),
            line: line.number,
            quote: text(line.bytes.trim_ascii()).into_owned(),
        };
        let pair = Pair { column1, column2 };
        self.kept.entry(pair).or_default().push(edit);
        Ok(())
    }

    /// A row that cannot be read: of a watched code it is a fault of the file; others are borne as long
    /// as they are few.
    fn odd(
        &mut self,
        number: u64,
        cells: &[&[u8]; WIDTH],
        column: &str,
        found: &[u8],
    ) -> Result<(), ShapeError> {
        let found: String = text(found).chars().take(40).collect();
        let error = ShapeError::new(
            format!("{} line {number}", self.file),
            format!("column {column}: '{found}' found, which is not as expected"),
        );
        let code = |cell: &[u8]| cell.to_ascii_uppercase().try_into().unwrap_or_default();
        if self.wanted.keeps(code(cells[0]), code(cells[1])) {
            return Err(error);
        }
        self.odd += 1;
        self.first_odd.get_or_insert(error);
        Ok(())
    }

    fn finish(self, checks: &Checks) -> Result<Edits, ShapeError> {
        let failed = |why: String| Err(ShapeError::new(self.file, why));
        let least = checks.ptp_rows.max(1);
        if self.rows < least {
            return failed(format!(
                "{} rows; at least {least} are expected, so the file may be cut",
                self.rows
            ));
        }
        if !self.last_line_ended {
            return failed("the last line has no end, so the file may be cut".to_owned());
        }
        if self.odd * 1_000 > self.rows * checks.odd_per_mille {
            let first = self.first_odd.map(|odd| odd.to_string());
            return failed(format!(
                "{} of {} rows are not as they should be; the first: {}",
                self.odd,
                self.rows,
                first.unwrap_or_default()
            ));
        }
        let share = self.rows * checks.ptp_share_percent;
        let holding = self.rows - self.odd - self.deleted;
        if holding * 100 < share || self.deleted * 100 < share {
            return failed(format!(
                "{holding} edits hold and {} were deleted; each should be at least {} %",
                self.deleted, checks.ptp_share_percent
            ));
        }
        // A first code stands with all its second codes in a row, hundreds of them.
        if self.runs * 100 > self.rows * checks.ptp_runs_percent {
            return failed(format!(
                "the first code changes {} times in {} rows, so columns may be exchanged",
                self.runs, self.rows
            ));
        }
        Ok(Edits {
            file: self.file.to_owned(),
            rows: self.rows,
            range: self
                .first
                .filter(|_| self.in_order && self.odd == 0)
                .map(|first| (first, self.last)),
            odd: self.first_odd.map(|first| (self.odd, first)),
            kept: self.kept,
        })
    }
}
