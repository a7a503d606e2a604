//! Source `ncci`: its lists and its documents.
#![no_main]
use coverd_fuzz::reading::read;
use libfuzzer_sys::fuzz_target;

const KNOWN: &[&str] = &[
    "https://www.cms.gov/files/zip/medicare-ncci-2026-q3-practitioner-services-mue-table.zip",
    "https://www.cms.gov/files/zip/medicare-ncci-2026-q3-practitioner-ptp-edits-ccipra-v322r0-f1.zip",
];

fuzz_target!(|data: &[u8]| read("ncci", KNOWN, data));
