//! Source `therapy`: its lists and its documents.
#![no_main]
use coverd_fuzz::reading::read;
use libfuzzer_sys::fuzz_target;

const KNOWN: &[&str] = &[
    "https://www.cms.gov/files/zip/2026-therapy-code-list-and-dispositions.zip",
    "https://www.cms.gov/files/document/2026-therapy-code-list.xlsx",
    "https://www.cms.gov/files/document/2026-therapy-code-list.pdf",
];

fuzz_target!(|data: &[u8]| read("therapy", KNOWN, data));
