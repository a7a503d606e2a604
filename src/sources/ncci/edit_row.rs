//! A row of a file of edits, and the header above it.

use chrono::NaiveDate;

use crate::model::request::ShapeError;
use crate::parse::csv::text;
use crate::parse::fixed::Line;

/// The cells of a row: two codes, "in existence prior to 1996", two dates, modifier, rationale.
pub(super) const WIDTH: usize = 7;

/// A code as it stands in the file.
pub(super) type Code = [u8; 5];

/// What a row is made of.
pub(super) struct Row<'l> {
    pub(super) column1: Code,
    pub(super) column2: Code,
    pub(super) effective: NaiveDate,
    pub(super) deleted: Option<NaiveDate>,
    pub(super) modifier: u8,
    pub(super) rationale: &'l [u8],
}

/// The cells as a row, or the first one that is not as it should be.
pub(super) fn row<'l>(
    cells: &[&'l [u8]; WIDTH],
    width: usize,
    more: bool,
) -> Result<Row<'l>, (&'static str, &'l [u8])> {
    if width < WIDTH || more {
        return Err(("PTP Edit Rationale", cells[WIDTH - 1]));
    }
    let [
        column1,
        column2,
        existed,
        effective,
        deleted,
        modifier,
        rationale,
    ] = *cells;
    if !matches!(existed, b"" | b"*") {
        return Err(("in existence prior to 1996", existed));
    }
    let modifier = match modifier {
        [modifier @ (b'0' | b'1' | b'9')] => *modifier,
        other => return Err(("Modifier", other)),
    };
    // A table that went through a spreadsheet has quotes around a text with a comma in it.
    let rationale = match rationale {
        [b'"', inner @ .., b'"'] => inner.trim_ascii(),
        plain => plain,
    };
    if rationale.is_empty() {
        return Err(("PTP Edit Rationale", rationale));
    }
    Ok(Row {
        column1: code(column1).ok_or(("Column 1", column1))?,
        column2: code(column2).ok_or(("Column 2", column2))?,
        effective: date(effective).ok_or(("Effective Date", effective))?,
        deleted: match deleted {
            b"*" => None,
            other => Some(date(other).ok_or(("Deletion Date", other))?),
        },
        modifier,
        rationale,
    })
}

/// Five characters, digits in the middle, upper case.
fn code(cell: &[u8]) -> Option<Code> {
    let code: Code = cell.try_into().ok()?;
    let code = code.map(|byte| byte.to_ascii_uppercase());
    let [first, middle @ .., last] = code;
    let sound = first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
        && middle.iter().all(u8::is_ascii_digit);
    sound.then_some(code)
}

/// `yyyymmdd`, from the beginning of Medicare to the end of the century.
fn date(cell: &[u8]) -> Option<NaiveDate> {
    let digits: [u8; 8] = cell.try_into().ok()?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |digits: &[u8]| {
        digits
            .iter()
            .fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    let (year, rest) = digits.split_at(4);
    let (month, day) = rest.split_at(2);
    let year = i32::try_from(number(year)).ok()?;
    if !(1966..2100).contains(&year) {
        return None;
    }
    NaiveDate::from_ymd_opt(year, number(month), number(day))
}

/// Whether the line is the header. It is written over several lines; the names of the columns stand in the
/// first, what they are about in the next ones, whose first two cells are blank.
///
/// # Errors
/// When it is the header with other columns, or in another order.
pub(super) fn is_header(file: &str, line: &Line<'_>) -> Result<bool, ShapeError> {
    let cells: Vec<String> = line
        .bytes
        .split(|byte| *byte == b'\t')
        .map(|cell| text(cell.trim_ascii()).to_ascii_lowercase())
        .collect();
    let is = |at: usize, word: &str| cells.get(at).is_some_and(|cell| cell.contains(word));
    if !(is(0, "column 1") && is(1, "column 2")) {
        return Ok(false);
    }
    let expected = [
        (3, "effective"),
        (4, "deletion"),
        (5, "modifier"),
        (6, "rationale"),
    ];
    for (at, word) in expected {
        if !is(at, word) {
            return Err(ShapeError::new(
                format!("{file} line {}", line.number),
                format!("column {}: '{word}' is expected in the header", at + 1),
            ));
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_quotes_is_the_text() {
        let rationale = |text: &'static [u8]| {
            let cells: [&[u8]; WIDTH] = [b"20560", b"20561", b"", b"20200101", b"*", b"0", text];
            row(&cells, WIDTH, false).map(|row| row.rationale)
        };
        assert_eq!(
            rationale(b"\"Misuse, of a code\""),
            Ok(&b"Misuse, of a code"[..])
        );
        assert_eq!(
            rationale(b"Misuse, of a code"),
            Ok(&b"Misuse, of a code"[..])
        );
        for no in [&b"\"\""[..], b""] {
            assert!(rationale(no).is_err());
        }
    }
}
