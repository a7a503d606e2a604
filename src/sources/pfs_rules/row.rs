//! One row of Addendum B: its key, its values, whether they add up.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::columns::{
    COLUMNS, FACILITY_NA, FACILITY_PE, FACILITY_TOTAL, GLOBAL_DAYS, Header, MP, NON_FACILITY_NA,
    NON_FACILITY_PE, NON_FACILITY_TOTAL, NOT_USED, STATUS, WORK,
};
use crate::model::attribute::Attribute;
use crate::model::code::{HcpcsCode, Service};
use crate::model::fact::{Observation, Values};
use crate::model::money;

/// Longest quote, in characters.
const MOST_QUOTE: usize = 300;

/// What a row is.
#[derive(Debug)]
pub(super) enum Read {
    /// A footnote, or nothing.
    Note,
    /// A row with its key, and its values or what is wrong with them.
    Row(Service, Result<Values, String>),
    /// A row whose key is none.
    Unreadable(String),
}

/// Whether a row below a header is a row of the table: a code, and a status of one letter.
pub(super) fn looks_like_data(header: &Header, cells: &[String]) -> bool {
    let status = cell(cells, header.cells[STATUS]);
    service(header, cells).is_some() && is_letter(status)
}

/// Reads a row.
pub(super) fn read(header: &Header, cells: &[String]) -> Read {
    let first = cell(cells, Some(header.code));
    let empty = header
        .cells
        .iter()
        .all(|place| cell(cells, *place).is_empty());
    // A code of five characters with nothing behind it is a damaged row, no footnote.
    let is_code = |cell: &str| cell.parse::<HcpcsCode>().is_ok();
    let mut filled = cells.iter().filter(|cell| !cell.is_empty());
    let alone = filled.next().filter(|_| filled.next().is_none());
    let note_elsewhere = first.is_empty() && alone.is_some_and(|cell| !is_code(cell));
    if (empty && !is_code(first)) || note_elsewhere {
        return Read::Note;
    }
    let Some(service) = service(header, cells) else {
        let code: String = first.chars().take(40).collect();
        let modifier: String = cell(cells, Some(header.modifier))
            .chars()
            .take(10)
            .collect();
        return Read::Unreadable(format!(
            "a code and a modifier of two characters or none are expected, '{code}' and '{modifier}' are found"
        ));
    };
    Read::Row(service, values(header, cells))
}

/// The row without its description.
pub(super) fn quote(header: &Header, cells: &[String]) -> String {
    let shown = cells.iter().enumerate().map(|(place, cell)| {
        if place == header.description {
            ""
        } else {
            cell.as_str()
        }
    });
    let shown: Vec<&str> = shown.collect();
    let text = shown.join(",");
    text.trim_end_matches(',')
        .chars()
        .take(MOST_QUOTE)
        .collect()
}

fn cell(cells: &[String], place: Option<usize>) -> &str {
    place
        .and_then(|place| cells.get(place))
        .map(String::as_str)
        .unwrap_or_default()
}

fn service(header: &Header, cells: &[String]) -> Option<Service> {
    let code = HcpcsCode::from_cell(cell(cells, Some(header.code))).ok()?;
    let modifier = match cell(cells, Some(header.modifier)) {
        "" => None,
        modifier => Some(modifier.parse().ok()?),
    };
    Some(Service { code, modifier })
}

fn is_letter(text: &str) -> bool {
    matches!(text.as_bytes(), [letter] if letter.is_ascii_uppercase())
}

/// A number of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    /// The table has no such column, or its cell is empty: nothing is said.
    Unsaid,
    /// `NA`: the service is typically not furnished there.
    NotApplicable,
    Value(Decimal),
}

fn values(header: &Header, cells: &[String]) -> Result<Values, String> {
    let at = |index: usize| cell(cells, header.cells.get(index).copied().flatten());
    let has = |index: usize| header.cells.get(index).is_some_and(Option::is_some);
    let wrong = |index: usize, expected: &str| {
        let name = COLUMNS.get(index).map_or("", |column| column.name);
        let found: String = at(index).chars().take(40).collect();
        format!("column {name}: {expected} expected, '{found}' found")
    };
    let mut values = BTreeMap::new();
    let status = at(STATUS);
    if !is_letter(status) {
        return Err(wrong(STATUS, "one upper-case letter"));
    }
    values.insert(Attribute::Status, Observation::text(status));

    if has(NOT_USED) {
        let mark = at(NOT_USED);
        if !matches!(mark, "" | "+") {
            return Err(wrong(NOT_USED, "'+' or nothing"));
        }
        values.insert(Attribute::NotUsed, Observation::text(mark));
    }
    let number = |index: usize, may_not_apply: bool| match at(index) {
        "" => Ok(Number::Unsaid),
        "NA" | "N/A" if may_not_apply => Ok(Number::NotApplicable),
        text => money::amount(text)
            .map(Number::Value)
            .ok_or_else(|| wrong(index, "a number")),
    };
    let work = number(WORK, false)?;
    let mp = number(MP, false)?;
    if status == "A" && (work == Number::Unsaid || mp == Number::Unsaid) {
        return Err(wrong(WORK, "RVUs of work and MP of an active code"));
    }
    for (index, value) in [(WORK, work), (MP, mp)] {
        state(&mut values, index, value);
    }
    for (pe, total, na) in [
        (NON_FACILITY_PE, NON_FACILITY_TOTAL, NON_FACILITY_NA),
        (FACILITY_PE, FACILITY_TOTAL, FACILITY_NA),
    ] {
        let pe_value = number(pe, true)?;
        let total_value = number(total, true)?;
        if let (Number::Value(work), Number::Value(part), Number::Value(mp), Number::Value(sum)) =
            (work, pe_value, mp, total_value)
            && !add_up(work, part, mp, sum)
        {
            let expected = money::written(work + part + mp);
            return Err(wrong(
                total,
                &format!("{expected}, the sum of work, PE and MP,"),
            ));
        }
        state(&mut values, pe, pe_value);
        state(&mut values, total, total_value);
        // Without a column of its own the mark stands in place of the number. Where a number stands,
        // nothing is said of the mark: the relative value files have both.
        let mark = match (has(na), pe_value) {
            (true, _) => Some(at(na)),
            (false, Number::NotApplicable) => Some("NA"),
            (false, Number::Unsaid | Number::Value(_)) => None,
        };
        if mark.is_some_and(|mark| !matches!(mark, "" | "NA")) {
            return Err(wrong(na, "'NA' or nothing"));
        }
        if let (Some(mark), Some(column)) = (mark, COLUMNS.get(na)) {
            values.insert(column.attribute, Observation::text(mark));
        }
    }
    if has(GLOBAL_DAYS) {
        let days = global_days(at(GLOBAL_DAYS))
            .ok_or_else(|| wrong(GLOBAL_DAYS, "three letters or digits, or nothing"))?;
        values.insert(Attribute::GlobalDays, Observation::text(days));
    }
    Ok(Arc::new(values))
}

fn state(values: &mut BTreeMap<Attribute, Observation>, index: usize, number: Number) {
    if let (Number::Value(value), Some(column)) = (number, COLUMNS.get(index)) {
        values.insert(column.attribute, Observation::amount(value));
    }
}

/// Whether a total is the sum of its parts. Each is rounded to two decimals by itself in some years, so
/// that the total may be off by the last digit of its parts.
fn add_up(work: Decimal, pe: Decimal, mp: Decimal, total: Decimal) -> bool {
    (work + pe + mp - total).abs() <= Decimal::new(2, 2)
}

/// `0` and `10` of a workbook are `000` and `010`.
fn global_days(text: &str) -> Option<String> {
    let plain = text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| {
        if number {
            format!("{text:0>3}")
        } else {
            text.to_ascii_uppercase()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    fn header() -> Header {
        let names = texts(&[
            "HCPCS",
            "Mod",
            "Status",
            "Not Used for Medicare Payment",
            "Description",
            "Work RVUs",
            "Non-Facility PE RVUs",
            "Facility PE RVUs",
            "MP RVUs",
            "Total Non-Facility RVUs",
            "Total Facility RVUs",
            "Global",
        ]);
        Header::find("B", &[], &names, None).unwrap().unwrap()
    }

    fn said(cells: &[&str]) -> Result<Vec<String>, String> {
        match read(&header(), &texts(cells)) {
            Read::Row(_, values) => Ok(values?
                .iter()
                .map(|(attribute, value)| format!("{}={value}", attribute.id()))
                .collect()),
            other => Err(format!("{other:?}")),
        }
    }

    const GOOD: [&str; 12] = [
        "20560", "", "A", "", "SERVICE", "0.32", "0.39", "NA", "0.03", "0.74", "NA", "0",
    ];

    #[test]
    fn a_row_says_its_columns() {
        assert_eq!(
            said(&GOOD).unwrap(),
            [
                "status=A",
                "not_used_for_payment=blank",
                "work_rvu=0.32",
                "nonfacility_pe_rvu=0.39",
                "facility_na=NA",
                "mp_rvu=0.03",
                "nonfacility_total=0.74",
                "global_days=000",
            ]
        );
        assert_eq!(
            quote(&header(), &texts(&GOOD)),
            "20560,,A,,,0.32,0.39,NA,0.03,0.74,NA,0"
        );
    }

    #[test]
    fn what_is_not_as_expected_is_refused() {
        for (place, cell) in [
            (2, ""),
            (2, "AB"),
            (2, "a"),
            (3, "x"),
            (5, ""),
            (5, "NA"),
            (5, "-1"),
            (8, "?"),
            (9, "0.99"),
            (11, "0000"),
        ] {
            let mut cells = GOOD;
            cells[place] = cell;
            assert!(said(&cells).is_err(), "{place} {cell}");
        }
    }

    #[test]
    fn notes_are_no_rows_and_broken_keys_are_not_passed_over() {
        let note = texts(&["1 Codes and descriptions are neutral.", "", ""]);
        assert!(matches!(read(&header(), &note), Read::Note));
        let mark = texts(&["1", "", "", "", "Codes are neutral."]);
        assert!(matches!(read(&header(), &mark), Read::Note));
        let elsewhere = texts(&["", "", "", "", "", "1 Codes are neutral."]);
        assert!(matches!(read(&header(), &elsewhere), Read::Note));
        let moved = texts(&["", "", "", "", "", "20560"]);
        assert!(matches!(read(&header(), &moved), Read::Unreadable(_)));
        let bare = texts(&["20560", "", ""]);
        assert!(matches!(read(&header(), &bare), Read::Row(_, Err(_))));
        let mut broken = GOOD;
        broken[0] = "2O560";
        assert!(matches!(
            read(&header(), &texts(&broken)),
            Read::Unreadable(_)
        ));
    }
}
