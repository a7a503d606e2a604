//! JSON: read within limits, then walked.
#![no_main]
use coverd_fuzz::parse::json::{Field, read};
use libfuzzer_sys::fuzz_target;

fn walk(field: &Field<'_>) {
    let _ = (
        field.path(),
        field.text(),
        field.text_or_integer(),
        field.is_null(),
    );
    for (_, member) in field.members().unwrap_or_default() {
        walk(&member);
    }
    for element in field.elements().unwrap_or_default() {
        walk(&element);
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(value) = read(data, 64 << 10) {
        walk(&Field::root(&value));
    }
});
