//! Source `pfs`: its lists and its documents.
#![no_main]
use coverd_fuzz::reading::read;
use libfuzzer_sys::fuzz_target;

const KNOWN: &[&str] = &[
    "https://www.cms.gov/files/zip/rvu26a.zip",
    "https://www.cms.gov/files/zip/rvu20b-updated-05012020.zip",
];

fuzz_target!(|data: &[u8]| read("pfs", KNOWN, data));
