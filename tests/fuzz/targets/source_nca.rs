//! Source `nca`: its lists and its documents.
#![no_main]
use coverd_fuzz::reading::read;
use libfuzzer_sys::fuzz_target;

const KNOWN: &[&str] = &[
    "https://api.coverage.cms.gov/v1/reports/national-coverage-ncacal",
    "https://api.coverage.cms.gov/v1/reports/whats-new/national",
    "https://api.coverage.cms.gov/v1/data/nca?ncaid=330",
];

fuzz_target!(|data: &[u8]| read("nca", KNOWN, data));
