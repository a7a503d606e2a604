//! The cells of a row by themselves: its key, and its numbers with their sums.

use rust_decimal::Decimal;

use super::columns::{
    COLUMNS, COUNT, FACILITY_PE, FACILITY_TOTAL, Form, MP, NON_FACILITY_PE, NON_FACILITY_TOTAL,
    Row, WORK, units,
};
use crate::model::code::Service;
use crate::model::money;

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

/// A cell that is not as it should be: its column, what is expected, what is found.
pub(super) type Fault = (&'static str, String, Vec<u8>);

/// The numbers of a row as ten-thousandths, in the places of their columns; or the first cell that
/// is not as it should be.
pub(super) fn numbers(row: &Row<'_>) -> Result<[i64; COUNT], Fault> {
    let mut numbers = [0; COUNT];
    for ((column, cell), number) in COLUMNS.iter().zip(row.cells).zip(&mut numbers) {
        let fits = if column.form == Form::Amount {
            let units = units(cell);
            *number = units.unwrap_or_default();
            units.is_some()
        } else {
            column.form.fits(cell)
        };
        if !fits {
            return Err((column.name, column.form.expected(), cell.to_vec()));
        }
    }
    for (pe, total) in [
        (NON_FACILITY_PE, NON_FACILITY_TOTAL),
        (FACILITY_PE, FACILITY_TOTAL),
    ] {
        let (column, cell) = (&COLUMNS[total], row.cells[total]);
        let expected = [numbers[WORK], numbers[pe], numbers[MP]]
            .into_iter()
            .fold(0_i64, i64::saturating_add);
        if numbers[total] != expected {
            let expected = money::written(Decimal::new(expected, 4));
            return Err((
                column.name,
                format!("{expected}, the sum of work, PE and MP,"),
                cell.to_vec(),
            ));
        }
    }
    Ok(numbers)
}
