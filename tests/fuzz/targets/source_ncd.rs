//! Source `ncd`: its lists and its documents.
#![no_main]
use coverd_fuzz::reading::read;
use libfuzzer_sys::fuzz_target;

const KNOWN: &[&str] = &[
    "https://api.coverage.cms.gov/v1/reports/national-coverage-ncd",
    "https://api.coverage.cms.gov/v1/data/ncd?ncdid=373&ncdver=1",
    "https://api.coverage.cms.gov/v1/data/ncd?ncdid=11",
];

fuzz_target!(|data: &[u8]| read("ncd", KNOWN, data));
