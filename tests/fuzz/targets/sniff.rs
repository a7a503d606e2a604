//! What a body is, whatever was expected; PDFs and archives are looked into.
#![no_main]
use coverd_fuzz::parse::sniff::{Kind, classify};
use coverd_fuzz::parse::{link, pdf};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for kind in [
        Kind::Zip,
        Kind::Html,
        Kind::Json,
        Kind::Xml,
        Kind::Xlsx,
        Kind::Pdf,
        Kind::Text,
    ] {
        for content_type in ["", "text/html; charset=utf-8", "application/octet-stream"] {
            let _ = classify(kind, content_type, data);
        }
    }
    let text = String::from_utf8_lossy(data);
    assert!(
        !pdf::normalised(&text).contains('\u{1b}'),
        "a control character"
    );
    for base in ["https://www.cms.gov/a/b", &text] {
        if let Some(url) = link::resolve(base, &text, "cms.gov") {
            assert_eq!(url.scheme(), "https");
            let host = url.host_str().unwrap_or_default();
            assert!(host == "cms.gov" || host.ends_with(".cms.gov"), "{url}");
        }
    }
});
