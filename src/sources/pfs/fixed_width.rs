//! The PPRRVU table in fixed columns: read when there is no other form, and heard as a second
//! witness when there is.

use std::collections::BTreeSet;

use super::cells::key;
use super::columns::{
    COLUMNS, CONVERSION_FACTOR, FACILITY_PE, FACILITY_TOTAL, MP, NON_FACILITY_PE,
    NON_FACILITY_TOTAL, Row, STATUS, WORK, units,
};
use super::examine::Examiner;
use super::table::{Table, Task};
use crate::model::code::Service;
use crate::model::request::ShapeError;
use crate::parse::csv;
use crate::parse::fixed::{Line, cut, lines};

/// The columns whose places never moved.
const WITNESSED: [usize; 7] = [
    STATUS,
    WORK,
    NON_FACILITY_PE,
    FACILITY_PE,
    MP,
    NON_FACILITY_TOTAL,
    FACILITY_TOTAL,
];

/// Whether the beginning of a file looks like this form: most of its data lines add up.
pub(super) fn looks_like(head: &[u8]) -> bool {
    let (mut data, mut good) = (0, 0);
    // The last line of a head is cut.
    for line in lines(head).filter(|line| line.ended && !is_notice(line)) {
        data += 1;
        let row = row(&line);
        let adds_up = [
            (NON_FACILITY_PE, NON_FACILITY_TOTAL),
            (FACILITY_PE, FACILITY_TOTAL),
        ]
        .into_iter()
        .all(|(pe, total)| {
            let sum: Option<i64> = [WORK, pe, MP]
                .into_iter()
                .map(|index| row.cells.get(index).copied().and_then(units))
                .sum();
            sum.is_some() && sum == row.cells.get(total).copied().and_then(units)
        });
        if key(&row).is_some() && adds_up {
            good += 1;
        }
    }
    data > 0 && good * 10 >= data * 9
}

/// Reads the whole table.
///
/// # Errors
/// When a line is not as expected, or the table fails a check.
pub(super) fn read(member: &str, bytes: &[u8], task: Task<'_>) -> Result<Table, ShapeError> {
    let mut examiner = Examiner::new(member, task.checks, task.watch);
    let mut last = None;
    for line in lines(bytes).filter(|line| !is_notice(line)) {
        let row = row(&line);
        let kept = examiner.row(&row, || quote(&line))?;
        if examiner.wants_factor_quote() {
            examiner.quote_factor(quote(&line));
        }
        last = Some((line, kept));
    }
    if let Some((line, true)) = last
        && !line.ended
    {
        return Err(ShapeError::new(
            format!("{member} row {}", line.number),
            "the file ends in the middle of this row, so it may be cut",
        ));
    }
    Ok(Table {
        member: member.to_owned(),
        examined: examiner.finish()?,
        released: None,
        unknown_columns: Vec::new(),
    })
}

/// What a second witness says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Testimony {
    /// It is of another kind, or of the other file of the release.
    NotUnderstood,
    /// It has the same watched rows.
    Agrees,
    /// It has the same watched rows but not the same number of rows.
    OtherLength(usize),
}

/// Compares the watched rows of a table with this form of it.
///
/// # Errors
/// When both can be read and say different things: then neither is believed.
pub(super) fn testify(
    member: &str,
    bytes: &[u8],
    table: &Table,
    named: &BTreeSet<Service>,
) -> Result<Testimony, ShapeError> {
    let disagree = |row: u64, why: String| {
        ShapeError::new(
            format!("{member} row {row}"),
            format!("two members disagree: {why} ({})", table.member),
        )
    };
    let watched: Vec<&[u8]> = table
        .examined
        .kept
        .keys()
        .chain(named)
        .map(|service| service.code.as_str().as_bytes())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let mut rows = 0_usize;
    let mut met = BTreeSet::new();
    for line in lines(bytes).filter(|line| !is_notice(line)) {
        rows += 1;
        if rows == 1 {
            let factor = cut_column(&line, CONVERSION_FACTOR);
            let same = crate::model::money::amount(&csv::text(factor))
                == Some(table.examined.conversion_factor);
            if !same {
                return Ok(Testimony::NotUnderstood);
            }
        }
        let code = line.bytes.get(..5).unwrap_or_default();
        if watched.binary_search(&code).is_err() {
            continue;
        }
        let row = row(&line);
        let Some((_, service)) = key(&row) else {
            continue;
        };
        let Some(kept) = table.examined.kept.get(&service) else {
            if named.contains(&service) {
                return Err(disagree(
                    line.number,
                    format!("{service} is listed here and is not in the other"),
                ));
            }
            continue;
        };
        met.insert(service);
        for index in WITNESSED {
            let (Some(column), Some(cell)) = (COLUMNS.get(index), row.cells.get(index)) else {
                continue;
            };
            let here = column.form.observe(cell);
            let there = kept.values.get(&column.attribute);
            if here.as_ref() != there {
                return Err(disagree(
                    line.number,
                    format!(
                        "column {} of {service} is '{}' here and '{}' in row {} of the other",
                        column.name,
                        csv::text(cell),
                        there.map(ToString::to_string).unwrap_or_default(),
                        kept.number
                    ),
                ));
            }
        }
    }
    if met.len() < table.examined.kept.len() {
        return Err(ShapeError::new(
            member,
            format!(
                "two members disagree: {} of the watched rows are in {} and not here",
                table.examined.kept.len() - met.len(),
                table.member
            ),
        ));
    }
    if rows == table.examined.rows {
        Ok(Testimony::Agrees)
    } else if rows.abs_diff(table.examined.rows) * 100 > table.examined.rows {
        Err(ShapeError::new(
            member,
            format!(
                "two members disagree: {rows} rows here, {} in {}, so one may be cut",
                table.examined.rows, table.member
            ),
        ))
    } else {
        Ok(Testimony::OtherLength(rows))
    }
}

fn is_notice(line: &Line<'_>) -> bool {
    line.bytes.starts_with(b"HDR")
}

fn cut_column<'a>(line: &Line<'a>, index: usize) -> &'a [u8] {
    COLUMNS.get(index).map_or(&[][..], |column| {
        cut(line.bytes, column.positions.0, column.positions.1)
    })
}

fn row<'a>(line: &Line<'a>) -> Row<'a> {
    Row {
        number: line.number,
        code: cut(line.bytes, 1, 5),
        modifier: cut(line.bytes, 6, 7),
        // Where the price indicator of 2026 stands in this form is not published; it is looked for
        // in the filler behind the team surgery indicator.
        price_indicator: cut(line.bytes, 121, 127),
        cells: std::array::from_fn(|index| cut_column(line, index)),
    }
}

/// The line without its description.
fn quote(line: &Line<'_>) -> String {
    let before = csv::text(line.bytes.get(..7).unwrap_or(line.bytes));
    let behind = csv::text(line.bytes.get(57..).unwrap_or_default());
    format!("{before}{behind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_kind_is_not_taken_for_the_table() {
        for other in [
            &b""[..],
            b"HDR CPT CODES\r\n",
            b"10112       00    ALABAMA                                                1931\r\n",
            b"<html>\n<body>\n",
        ] {
            assert!(!looks_like(other));
        }
    }
}
