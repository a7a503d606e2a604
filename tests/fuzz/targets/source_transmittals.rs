//! Source `transmittals`: its lists and its documents.
#![no_main]
use coverd_fuzz::reading::read;
use libfuzzer_sys::fuzz_target;

const KNOWN: &[&str] = &[
    "https://www.cms.gov/files/document/r10128ncd.pdf",
    "https://www.cms.gov/files/document/mm11691.pdf",
];

fuzz_target!(|data: &[u8]| read("transmittals", KNOWN, data));
