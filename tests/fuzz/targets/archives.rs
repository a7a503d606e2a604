//! ZIP archives and workbooks: never more comes out than the limits say.
#![no_main]
use coverd_fuzz::parse::{parts, xlsx, zip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = zip::Limits {
        max_entries: 20,
        max_entry_bytes: 1 << 20,
        max_total_bytes: 2 << 20,
        max_ratio: 100,
    };
    if let Ok(mut archive) = zip::Archive::open(data, limits.clone()) {
        let entries = archive.entries().len();
        assert!(entries <= 20);
        let mut total = 0;
        for index in 0..entries {
            let head = archive.head(index, 100).unwrap_or_default();
            assert!(head.len() <= 100);
            let body = archive.read(index).unwrap_or_default();
            assert!(body.len() <= 1 << 20);
            total += body.len();
        }
        assert!(total <= 4 << 20, "heads and bodies");
    }
    let limits = xlsx::Limits {
        zip: limits,
        max_rows: 200,
        max_columns: 50,
        max_row_bytes: 1 << 20,
        parts: Some(parts::Limits::default()),
    };
    for (_, cells) in xlsx::rows(data, limits).unwrap_or_default() {
        assert!(cells.len() <= 50);
    }
});
