//! The file of ZIP codes and the page that leads to it: a locality is said only where a row of that ZIP code says it.
#![no_main]
use coverd_fuzz::model::topic::LocalityId;
use coverd_fuzz::reading::archive;
use coverd_fuzz::sources::pfs::{FEE_SCHEDULES_URL, ZipPlace, locality_of, zip_codes_archive};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(address) = zip_codes_archive(data, FEE_SCHEDULES_URL) {
        assert!(address.starts_with("https://") && address.contains("cms.gov/"));
    }
    let Ok(zip) = "94110".parse() else { return };
    let _ = locality_of(data, &zip);
    if let Ok(ZipPlace::In(locality)) = locality_of(&archive(data), &zip) {
        let says = |line: &[u8]| {
            let cell = |from, to| line.get(from..to).and_then(|cell| std::str::from_utf8(cell).ok());
            Some(cell(2, 7)? == "94110" && LocalityId::new(cell(7, 12)?, cell(12, 14)?).ok()? == locality)
        };
        assert!(data.split(|&byte| byte == b'\n').any(|line| says(line) == Some(true)));
    }
});
