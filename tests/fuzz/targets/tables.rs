//! Tables: CSV, fixed width, the form that a file has, and whole sheets.
#![no_main]
use coverd_fuzz::parse::{csv, fixed, grid};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = csv::Limits {
        max_rows: 500,
        max_cells: 50,
        max_row_bytes: 4 << 10,
    };
    for separator in [b',', b';', b'\t'] {
        let mut rows = csv::Rows::separated_by(separator, data, limits);
        let mut count = 0;
        while let Ok(Some(row)) = rows.next() {
            count += 1;
            assert!(count <= 500 && row.width() <= 50);
            assert_eq!(row.texts().len(), row.width());
        }
    }
    for line in fixed::lines(data) {
        let _ = format!("{line:?}");
    }
    assert!(fixed::cut(data, 3, 9).len() <= 7);
    let _ = grid::form(data);
    let _ = grid::sheets(data);
});
