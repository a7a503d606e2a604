//! Small and middling tables from outside as rows of text, whichever form they come in, and the names
//! of columns whose header is wrapped over several rows.

use std::ops::ControlFlow;

use super::{csv, xlsx};

/// Most cells of all sheets of a file together.
const MAX_CELLS: usize = 1_000_000;
/// How far into a text the separator is looked for.
const SEPARATOR_HEAD: usize = 16 << 10;
/// Rows of a header above its lowest one; what is further up is a title.
const MOST_HEADER_ROWS: usize = 6;

/// Why a file is no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    /// It is text, and cannot be cut into rows.
    #[error(transparent)]
    Text(#[from] csv::CsvError),
    /// It is a workbook, and cannot be read.
    #[error(transparent)]
    Workbook(#[from] xlsx::XlsxError),
    /// It is larger than any table that is read this way.
    #[error("more than {MAX_CELLS} cells, more than is plausible")]
    TooLarge,
    /// It is neither text nor a workbook.
    #[error("neither a workbook (xlsx) nor text in columns")]
    OtherKind,
}

/// One sheet of a workbook, or a whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The name of the sheet; empty for a text.
    pub name: String,
    /// Rows of cells without blanks around them, each with its number from 1. Blank rows are left out.
    pub rows: Vec<(u64, Vec<String>)>,
    /// Whether the last line ends: that of a text that was cut seldom does. Always so in a workbook.
    pub ended: bool,
}

/// In which form a file holds its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// A workbook (xlsx).
    Workbook,
    /// Text, separated by commas or tabs.
    Text,
}

/// What a file is by its first bytes; `None` is neither workbook nor text.
pub fn form(head: &[u8]) -> Option<Form> {
    if head.starts_with(b"PK\x03\x04") {
        return Some(Form::Workbook);
    }
    let binary = head.contains(&0) || head.starts_with(b"%PDF") || head.starts_with(b"\xD0\xCF");
    let markup = head.trim_ascii_start().starts_with(b"<");
    (!binary && !markup && !head.trim_ascii().is_empty()).then_some(Form::Text)
}

/// The sheets of a workbook, or a text as one sheet; separated by tabs where its beginning has more
/// tabs than commas.
///
/// # Errors
/// When it is neither, cannot be read, or is larger than plausible.
pub fn sheets(bytes: &[u8]) -> Result<Vec<Sheet>, GridError> {
    match form(bytes).ok_or(GridError::OtherKind)? {
        Form::Workbook => of_workbook(bytes),
        Form::Text => Ok(vec![of_text(bytes)?]),
    }
}

fn of_workbook(bytes: &[u8]) -> Result<Vec<Sheet>, GridError> {
    let mut workbook = xlsx::Workbook::open(bytes, xlsx::Limits::default())?;
    let mut left = MAX_CELLS;
    let mut sheets = Vec::new();
    for name in workbook.sheets() {
        let mut rows = Vec::new();
        let mut fits = true;
        workbook.rows(&name, |number, cells| {
            fits = spend(&mut left, cells.len());
            if !fits {
                return ControlFlow::Break(());
            }
            if !is_end_mark(cells) {
                rows.push((
                    u64::from(number),
                    cells.iter().map(|c| trimmed(c)).collect(),
                ));
            }
            ControlFlow::Continue(())
        })?;
        if !fits {
            return Err(GridError::TooLarge);
        }
        let ended = true;
        sheets.push(Sheet { name, rows, ended });
    }
    Ok(sheets)
}

fn of_text(bytes: &[u8]) -> Result<Sheet, GridError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let head = bytes.get(..SEPARATOR_HEAD).unwrap_or(bytes);
    let balance = head.iter().fold(0_i64, |balance, byte| match byte {
        b'\t' => balance + 1,
        b',' => balance - 1,
        _ => balance,
    });
    let separator = if balance > 0 { b'\t' } else { b',' };
    let mut reader = csv::Rows::separated_by(separator, bytes, csv::Limits::default());
    let mut left = MAX_CELLS;
    let mut rows = Vec::new();
    while let Some(row) = reader.next()? {
        if !spend(&mut left, row.width()) {
            return Err(GridError::TooLarge);
        }
        let cells: Vec<String> = row.texts().iter().map(|cell| trimmed(cell)).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            rows.push((row.number, cells));
        }
    }
    Ok(Sheet {
        name: String::new(),
        rows,
        ended: matches!(bytes.last(), Some(b'\n' | b'\r' | 0x1A)),
    })
}

fn spend(left: &mut usize, cells: usize) -> bool {
    match left.checked_sub(cells) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    }
}

/// The mark by which DOS ended a file, as workbooks write it.
fn is_end_mark(cells: &[String]) -> bool {
    cells
        .first()
        .is_some_and(|cell| cell.starts_with('\u{1A}') || cell == "_x001A_")
}

/// Without blanks around it, the unbreakable one included.
fn trimmed(cell: &str) -> String {
    cell.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}')
        .to_owned()
}

/// The names that a column may have: its lowest cell, then with one row above it, with two, and so on.
/// Rows whose cell is empty add nothing.
pub fn joined_names<'a>(
    above: impl DoubleEndedIterator<Item = &'a [String]>,
    lowest: &[String],
    column: usize,
) -> Vec<String> {
    let mut name = lowest.get(column).cloned().unwrap_or_default();
    let mut names = vec![name.clone()];
    for row in above.rev().take(MOST_HEADER_ROWS) {
        let Some(upper) = row.get(column).filter(|cell| !cell.is_empty()) else {
            continue;
        };
        name = format!("{upper} {name}");
        names.push(name.clone());
    }
    names
}

/// Upper-case words and numbers, in order; everything else parts them.
pub fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
        sheets(bytes).unwrap().remove(0).rows
    }

    #[test]
    fn commas_and_tabs_part_cells_and_blank_rows_are_left_out() {
        let expected = vec![
            (1, vec!["a".to_owned(), "b c".to_owned()]),
            (3, vec!["1".to_owned(), "x".to_owned()]),
        ];
        assert_eq!(rows(b"\xEF\xBB\xBFa,b c\r\n , \r\n1,x\r\n"), expected);
        assert_eq!(rows(b"a\tb c\n\t\n1\tx\n"), expected);
    }

    #[test]
    fn a_text_that_does_not_end_is_told() {
        assert!(sheets(b"a,b\n1,2\n").unwrap()[0].ended);
        assert!(!sheets(b"a,b\n1,2").unwrap()[0].ended);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for other in [
            &b""[..],
            b"%PDF-1.7\n",
            b"<html>",
            b"a\0b",
            b"\xD0\xCF\x11\xE0",
        ] {
            assert_eq!(sheets(other), Err(GridError::OtherKind));
        }
        assert!(matches!(
            sheets(b"PK\x03\x04 and nothing"),
            Err(GridError::Workbook(_))
        ));
    }

    #[test]
    fn a_table_of_nothing_but_commas_ends_early() {
        let line = format!("{}\n", ",".repeat(499));
        let bytes = line.repeat(MAX_CELLS / 500 + 2);
        assert_eq!(sheets(bytes.as_bytes()), Err(GridError::TooLarge));
    }

    #[test]
    fn a_wrapped_header_is_joined_from_below() {
        let above = [
            vec!["Title".to_owned()],
            vec![String::new(), "Non-".to_owned()],
            vec!["CPT/".to_owned(), "Facility".to_owned()],
        ];
        let lowest = ["HCPCS".to_owned(), "PE RVUs".to_owned()];
        let names = |column| joined_names(above.iter().map(Vec::as_slice), &lowest, column);
        assert_eq!(names(0), ["HCPCS", "CPT/ HCPCS", "Title CPT/ HCPCS"]);
        assert_eq!(
            names(1),
            ["PE RVUs", "Facility PE RVUs", "Non- Facility PE RVUs"]
        );
        assert_eq!(
            words("Non-\nFacility PE RVUs"),
            ["NON", "FACILITY", "PE", "RVUS"]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = sheets(&bytes);
        }
    }
}
