//! Source `federal_register`: its lists and its documents.
#![no_main]
use coverd_fuzz::reading::read;
use libfuzzer_sys::fuzz_target;

const KNOWN: &[&str] = &[
    "https://www.federalregister.gov/documents/full_text/xml/2026/07/16/2026-14327.xml",
    "https://www.federalregister.gov/api/v1/documents/2026-14327.json",
];

fuzz_target!(|data: &[u8]| read("federal_register", KNOWN, data));
