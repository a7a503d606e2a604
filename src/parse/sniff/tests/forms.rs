//! Other kinds, stubs, and what is cut or made to hurt.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::made::{blocked, full_page, html, page};
use crate::parse::sniff::{Body, Kind, Obstacle, classify};

fn archive() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for name in ["a.txt", "b.csv"] {
        writer
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(&b"some text ".repeat(300)).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_page_that_only_refers_to_another_address_is_a_stub() {
    let stub = |target: &str| {
        page("Redirecting", "Redirecting to <a href='/b.zip'>/b.zip</a>.").replace(
            "<title>",
            &format!("<meta http-equiv=\"Refresh\" content=\"{target}\" /><title>"),
        )
    };
    for kind in [Kind::Zip, Kind::Html, Kind::Json] {
        let text = stub("0;url='https://www.cms.gov/files/zip/b-01/10/2025.zip'");
        let expected = Body::Stub("https://www.cms.gov/files/zip/b-01/10/2025.zip".to_owned());
        assert_eq!(classify(kind, "application/zip", text.as_bytes()), expected);
    }
    let cut = stub("0;url=/b.zip").replace("</html>", "");
    assert!(matches!(html(&cut), Body::Damaged(_)));
    assert_eq!(
        html(&stub("0;url=?a=1&amp;b=2")),
        Body::Stub("?a=1&b=2".to_owned())
    );
}

#[test]
fn another_kind_and_nothing_are_no_content() {
    let ordinary = full_page("Files", "Files", "<p>x</p>");
    blocked(
        &classify(Kind::Zip, "application/zip", ordinary.as_bytes()),
        Obstacle::WrongKind,
    );
    blocked(
        &classify(Kind::Json, "application/json", ordinary.as_bytes()),
        Obstacle::WrongKind,
    );
    for (kind, bytes) in [
        (Kind::Html, &b"%PDF-1.7 <html>"[..]),
        (Kind::Html, b"PK\x03\x04<html></html>"),
        (Kind::Html, b"{\"a\": \"<p>\"}"),
        (Kind::Html, b"just words"),
        (
            Kind::Html,
            b"<?xml version='1.0'?><rss><channel>x</channel></rss>",
        ),
        (Kind::Json, b"PK\x03\x04"),
        (Kind::Json, b"\"text\""),
        (Kind::Json, b"12"),
        (Kind::Zip, b"{\"error\": 1}"),
        (Kind::Zip, b"%PDF-1.7"),
        (Kind::Zip, b"\xff\x00\x01"),
    ] {
        blocked(&classify(kind, "text/html", bytes), Obstacle::WrongKind);
    }
    for kind in [Kind::Zip, Kind::Html, Kind::Json] {
        for nothing in [&b""[..], b"  \r\n", b"\xef\xbb\xbf"] {
            blocked(&classify(kind, "", nothing), Obstacle::Empty);
        }
    }
    let shell = page("CMS", "<div id=root></div><script>app()</script>");
    blocked(&html(&shell), Obstacle::Empty);
}

#[test]
fn text_in_utf16_is_named() {
    let little =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let big = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
    for (kind, text) in [
        (Kind::Text, "Code,Limit\r\n20560,<12"),
        (Kind::Json, "{\"a\": 1}"),
        (Kind::Xlsx, "Code\t"),
    ] {
        let marked = format!("\u{feff}{text}");
        for bytes in [little(text), big(text), little(&marked), big(&marked)] {
            let Body::Blocked(Obstacle::WrongKind, why) = classify(kind, "", &bytes) else {
                panic!("{text}");
            };
            assert!(why.starts_with("text in UTF-16 came"), "{why}");
        }
    }
    // A page in the place of something else is still known by what it says.
    let denied = little(&format!("\u{feff}{}", page("Access Denied", "")));
    blocked(&classify(Kind::Json, "", &denied), Obstacle::Challenge);
    let content = little(&format!("\u{feff}{}", full_page("a", "b", "c")));
    assert_eq!(classify(Kind::Html, "text/html", &content), Body::Content);
}

#[test]
fn markup_after_stray_text_is_judged_as_a_page() {
    let text = "Warning: x on line 3\n<html><head><title>Page not found</title></head><body>a</body></html>";
    blocked(&html(text), Obstacle::NotFound);
}

#[test]
fn json_is_content_when_it_is_whole() {
    let json = |text: &str| classify(Kind::Json, "application/json", text.as_bytes());
    assert_eq!(
        json(r#" {"data": [1, "scheduled maintenance, license, Access Denied"]} "#),
        Body::Content
    );
    assert_eq!(json("\u{feff}[]"), Body::Content);
    for cut in [
        "{",
        r#"{"a": "b"#,
        "[1, 2",
        r#"{"a": 1}}"#,
        "{a: 1}",
        "{} {}",
    ] {
        assert!(matches!(json(cut), Body::Damaged(_)), "{cut}");
    }
    let deep = "[".repeat(2_000_000);
    assert!(matches!(json(&deep), Body::Damaged(_)));
}

#[test]
fn an_archive_is_content_only_when_it_is_whole() {
    let whole = archive();
    let zip = |bytes: &[u8]| classify(Kind::Zip, "application/zip", bytes);
    assert_eq!(zip(&whole), Body::Content);
    for length in 2..whole.len() {
        let cut = zip(&whole[..length]);
        assert!(matches!(cut, Body::Damaged(_)), "{length}: {cut:?}");
    }
    let empty = ZipWriter::new(Cursor::new(Vec::new())).finish().unwrap();
    assert!(matches!(zip(empty.get_ref()), Body::Damaged(_)));
    let mut without_middle = whole.clone();
    without_middle.drain(100..200);
    assert!(matches!(zip(&without_middle), Body::Damaged(_)));
    let mut commented = ZipWriter::new(Cursor::new(Vec::new()));
    commented
        .start_file("a", SimpleFileOptions::default())
        .unwrap();
    commented.set_comment("PK\u{5}\u{6} a comment").unwrap();
    assert_eq!(zip(commented.finish().unwrap().get_ref()), Body::Content);
}

#[test]
fn a_page_cut_anywhere_is_never_content() {
    let whole = full_page(
        "RVU26A | CMS",
        "RVU26A",
        "<p>1 &lt; 2</p><script>if (a < b) {}</script>",
    );
    assert_eq!(html(&whole), Body::Content);
    for length in (0..whole.len()).step_by(3) {
        let cut = html(&whole[..length]);
        assert!(
            !matches!(cut, Body::Content | Body::Stub(_)),
            "{length}: {cut:?}"
        );
    }
}

#[test]
fn a_page_made_to_choke_parsers_is_refused_unread() {
    let deep = "<html>".to_owned() + &"<div>".repeat(500_000) + "</html>";
    assert!(matches!(html(&deep), Body::Damaged(_)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..300), prefix in 0_usize..6) {
        let prefixes: [&[u8]; 6] = [b"", b"PK\x03\x04", b"<", b"{", b"\xff\xfe<", b"<html><meta http-equiv=refresh content="];
        let mut body = prefixes[prefix].to_vec();
        body.extend(bytes);
        for kind in [Kind::Zip, Kind::Html, Kind::Json] {
            let _ = classify(kind, "text/html", &body);
        }
    }

    #[test]
    fn no_soup_of_tags_breaks_it(words in proptest::collection::vec(
        proptest::sample::select(vec!["<h1>", "</h1>", "<a href=x.zip>", "</a>", "<title>", "</title>", "<svg>", "</svg>", "<table>", "<td>", "<script>", "</script>", "<noscript>", "</noscript>", "<template>", "</template>", "<b>", "<p>", "</html>", "<html>", "text ", "<button>", "<form>", "<select>", "<frameset>", "<!--", "-->", "<math>", "<mi>"]), 0..60)) {
        let _ = html(&words.concat());
    }
}
