//! Source `opps`: its lists and its documents.
#![no_main]
use coverd_fuzz::reading::read;
use libfuzzer_sys::fuzz_target;

const KNOWN: &[&str] = &[
    "https://www.cms.gov/files/zip/january-2026-opps-addendum-b.zip",
    "https://www.cms.gov/files/document/october-2025-addendum-b.xlsx",
];

fuzz_target!(|data: &[u8]| read("opps", KNOWN, data));
