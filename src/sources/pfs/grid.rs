//! The small tables of a release (GPCIs, counties) as rows of text, whichever form they come in.

use std::collections::BTreeSet;

use super::members::{Form, Kind};
use super::names::words;
use crate::parse::fixed::{cut, lines};
use crate::parse::{csv, xlsx};

/// Rows of cells.
#[derive(Debug)]
pub(super) struct Grid {
    /// Each with its line or row in the file.
    pub(super) rows: Vec<(u64, Vec<String>)>,
    /// Rows whose last cell CMS cut in the fixed-width form.
    pub(super) cut: BTreeSet<u64>,
    /// Whether the last line ends; that of a file that was cut seldom does.
    pub(super) ended: bool,
}

/// Positions of the columns in the fixed-width form, from 1, under the names that they have in the
/// other forms (there the header is cut).
const GPCI_TEXT: [(&str, usize, usize); 7] = [
    ("MAC", 1, 5),
    ("State", 17, 18),
    ("Locality Number", 25, 26),
    ("Locality Name", 30, 111),
    ("PW GPCI", 122, 126),
    ("PE GPCI", 134, 138),
    ("MP GPCI", 146, 150),
];
const COUNTIES_TEXT: [(&str, usize, usize); 5] = [
    ("MAC", 5, 9),
    ("Locality Number", 17, 18),
    ("State", 23, 45),
    ("Fee Schedule Area", 46, 143),
    ("Counties", 144, 201),
];

/// Reads a member.
///
/// # Errors
/// When it has not the form that it is said to have.
pub(super) fn read(bytes: &[u8], kind: Kind, form: Form) -> Result<Grid, String> {
    let whole = |rows| Grid {
        rows,
        cut: BTreeSet::new(),
        ended: matches!(bytes.last(), Some(b'\n' | b'\r' | 0x1A)),
    };
    let separated = |separator| {
        csv::rows(separator, bytes, csv::Limits::default())
            .map(whole)
            .map_err(|cause| cause.to_string())
    };
    match form {
        Form::Csv => separated(b','),
        Form::Text if bytes.contains(&b'\t') => separated(b'\t'),
        Form::Text => Ok(fixed(bytes, kind)),
        Form::Workbook => {
            let rows = xlsx::rows(bytes, xlsx::Limits::default()).map_err(|c| c.to_string())?;
            Ok(Grid {
                ended: true,
                ..whole(rows)
            })
        }
    }
}

fn fixed(bytes: &[u8], kind: Kind) -> Grid {
    let columns: &[(&str, usize, usize)] = match kind {
        Kind::Gpci => &GPCI_TEXT,
        Kind::Counties => &COUNTIES_TEXT,
        Kind::Table => &[],
    };
    let mut grid = Grid {
        rows: Vec::new(),
        cut: BTreeSet::new(),
        ended: matches!(bytes.last(), Some(b'\n' | b'\r' | 0x1A)),
    };
    for line in lines(bytes) {
        let text = words(&csv::text(line.bytes));
        let header = match kind {
            Kind::Gpci => text.matches("GPCI").count() >= 2,
            Kind::Counties => text.contains("FEE SCHEDULE AREA") && text.contains("COUNTIES"),
            Kind::Table => false,
        };
        let cells = columns
            .iter()
            .map(|&(name, first, last)| {
                if header {
                    return name.to_owned();
                }
                let cell = cut(line.bytes, first, last);
                // A cell that fills its field, but for blanks at the cut, goes on behind it.
                let width = last + 1 - first;
                if name == "Counties" && (cell.len() + 2 >= width || cell.ends_with(b",")) {
                    grid.cut.insert(line.number);
                }
                csv::text(cell).into_owned()
            })
            .collect();
        grid.rows.push((line.number, cells));
    }
    grid
}
