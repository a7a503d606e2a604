//! HTML: limits, links, tables, the wanted part, paragraphs, head lines, references.
#![no_main]
use coverd_fuzz::parse::{html, markup, text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = html::meta_refresh(data);
    let written = String::from_utf8_lossy(data);
    let _ = markup::decoded(&written);
    assert!(markup::Tokens::new(&written).count() <= data.len() + 1);
    if html::readable(data).is_err() {
        return;
    }
    let Ok(page) = html::Page::parse(data) else {
        return;
    };
    let _ = (
        page.title(),
        page.links("a"),
        page.tables("table"),
        page.texts("p"),
    );
    let _ = (text::paragraphs(&written), text::headlines(&written));
    let wanted = text::Wanted {
        selectors: &["main", ".content", "#a"],
        else_body: true,
    };
    for paragraph in text::selected(&written, wanted)
        .ok()
        .flatten()
        .unwrap_or_default()
    {
        assert!(!paragraph.contains('\n'), "a paragraph is a line");
        let _ = (text::sentences(&paragraph), text::words(&paragraph));
    }
});
