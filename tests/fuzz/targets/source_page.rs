//! Source `page`: its lists and its documents.
#![no_main]
use coverd_fuzz::reading::read;
use libfuzzer_sys::fuzz_target;

const KNOWN: &[&str] = &[
    "https://www.cms.gov/Html",
    "https://www.cms.gov/Json",
    "https://www.cms.gov/Csv",
    "https://www.cms.gov/Xlsx",
    "https://www.cms.gov/Pdf",
    "https://www.cms.gov/Text",
];

fuzz_target!(|data: &[u8]| read("page", KNOWN, data));
