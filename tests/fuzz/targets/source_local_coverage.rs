//! Source `local_coverage`: its lists and its documents.
#![no_main]
use coverd_fuzz::reading::read;
use libfuzzer_sys::fuzz_target;

const KNOWN: &[&str] = &[
    "https://api.coverage.cms.gov/v1/reports/local-coverage-final-lcds",
    "https://api.coverage.cms.gov/v1/reports/local-coverage-articles",
];

fuzz_target!(|data: &[u8]| read("local_coverage", KNOWN, data));
