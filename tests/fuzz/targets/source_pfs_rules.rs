//! Source `pfs_rules`: its lists and its documents.
#![no_main]
use coverd_fuzz::reading::read;
use libfuzzer_sys::fuzz_target;

const KNOWN: &[&str] = &[
    "https://www.cms.gov/files/zip/cms-1848-p-addenda.zip",
    "https://www.cms.gov/files/zip/cy-2026-pfs-final-rule-addenda-cms-1832-f.zip",
];

fuzz_target!(|data: &[u8]| read("pfs_rules", KNOWN, data));
