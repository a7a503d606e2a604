//! One door, many made bodies. The real pages are in `tests/it/fetch.rs`.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Body, Kind, Obstacle, classify};

fn html(bytes: &str) -> Body {
    classify(Kind::Html, "text/html", bytes.as_bytes())
}

fn page(title: &str, body: &str) -> String {
    format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>")
}

/// A page with the menus, words and footer of a real one.
fn full_page(title: &str, heading: &str, body: &str) -> String {
    let menu = "<li><a href='/m'>An entry of the menu of the site</a></li>".repeat(60);
    let footer = "<footer><a href='/license'>License</a> <a href='/login'>Log in</a></footer>";
    let body = format!("<nav><ul>{menu}</ul></nav><main><h1>{heading}</h1>{body}</main>{footer}");
    page(title, &body)
}

#[track_caller]
fn blocked(body: &Body, expected: Obstacle) {
    assert!(
        matches!(body, Body::Blocked(found, _) if *found == expected),
        "{expected:?} expected, found {body:?}"
    );
}

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
fn challenges_are_no_content_whatever_they_replace() {
    let challenges = [
        page("Just a moment...", "<h1>www.cms.gov</h1><p>Verifying you are human.</p>"),
        page("Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1>"),
        "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n You don't have permission to access \"http&#58;&#47;&#47;www.cms.gov\" on this server.<P>\nReference&#32;&#35;18&#46;abc\n</BODY>\n</HTML>\n".to_owned(),
        page("", "<iframe id='main-iframe' src='/_Incapsula_Resource?CWUDNSAI=1'>Request unsuccessful. Incapsula incident ID: 1</iframe>"),
        page("", "<p>Request unsuccessful. Incapsula incident ID: 123</p>"),
        "<html><head><META NAME='ROBOTS'></head><iframe src='//content.incapsula.com/jsTest.html' id='gaIframe'></iframe><body>Request unsuccessful. Incapsula incident ID: 12</body></html>".to_owned(),
        "<html><head><meta http-equiv=\"refresh\" content=\"5; URL='/x?bm-verify=AAQ'\" /></head><body>&nbsp;</body></html>".to_owned(),
        page("Challenge Validation", "<div id='sec-if-cpt-container'></div>"),
        page("CMS", "<div class='g-recaptcha'></div><p>Please continue</p>"),
        page("CMS", "<script src='https://geo.captcha-delivery.com/c.js'></script><p>Please wait</p>"),
        page("Federal Register :: Request Access", "<h1>Request Access</h1><p>Due to aggressive automated scraping of the site, access is limited.</p>"),
        page("Request Rejected", "The requested URL was rejected. Please consult with your administrator. Your support ID is: 1"),
        page("403 Forbidden", "<center><h1>403 Forbidden</h1></center><hr><center>nginx</center>"),
        full_page("Access Denied | CMS", "Access Denied", "<p>x</p>"),
        full_page("CMS", "Files", "<form id='challenge-form' action='/x'></form>"),
    ];
    for challenge in &challenges {
        for kind in [Kind::Html, Kind::Zip, Kind::Json] {
            blocked(
                &classify(kind, "application/zip", challenge.as_bytes()),
                Obstacle::Challenge,
            );
        }
    }
    let json = br#"{"sec-cp-challenge": "true","provider":"crypto"}"#;
    blocked(
        &classify(Kind::Json, "application/json", json),
        Obstacle::Challenge,
    );
    let text = b"Request unsuccessful. Incapsula incident ID: 123-456";
    blocked(
        &classify(Kind::Json, "text/plain", text),
        Obstacle::Challenge,
    );
    let xml = b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    blocked(
        &classify(Kind::Zip, "application/xml", xml),
        Obstacle::Challenge,
    );
}

#[test]
fn maintenance_and_error_pages_are_no_content() {
    for outage in [
        page(
            "Scheduled Maintenance",
            "<p>CMS.gov will be back on Monday.</p>",
        ),
        page(
            "CMS.gov",
            "<p>The site is temporarily unavailable. Please try again later.</p>",
        ),
        page("CMS", "<h2>We are undergoing scheduled maintenance</h2>"),
        page("Maintenance | CMS", "<p>Hello</p>"),
        page("503 Service Unavailable", "<h1>503</h1>"),
        page(
            "Error | CMS",
            "The website encountered an unexpected error. Please try again later.",
        ),
        full_page(
            "CMS",
            "This application is currently unavailable",
            "<p>x</p>",
        ),
        full_page(
            "Site Under Maintenance - Site under maintenance | CMS",
            "We\u{2019}ll be right back",
            "",
        ),
    ] {
        blocked(&html(&outage), Obstacle::Outage);
    }
}

#[test]
fn licence_login_and_missing_pages_are_no_content() {
    let terms = "CPT codes are copyright. ".repeat(200);
    for licence in [
        page(
            "License for Use of Current Procedural Terminology",
            &format!("<p>{terms}</p><form><input type=submit value='Accept'></form>"),
        ),
        page(
            "CMS",
            &format!(
                "<h2>AMA License Agreement</h2><p>{terms}</p><a href='/files/zip/a.zip'>I Accept</a>"
            ),
        ),
        full_page(
            "Article",
            "Billing",
            &format!("<p>{terms}</p><button id='btnAcceptLicense'>Accept</button>"),
        ),
        full_page(
            "Article",
            "Billing",
            "<a id='btnAcceptLicense' href='#'>OK</a>",
        ),
        page(
            "CMS",
            &format!("<p>Point and Click License Agreement. {terms}</p><button>I agree</button>"),
        ),
    ] {
        blocked(&html(&licence), Obstacle::Licence);
        blocked(
            &classify(Kind::Zip, "", licence.as_bytes()),
            Obstacle::Licence,
        );
    }
    for login in [
        page(
            "Portal",
            "<form><input name=u><input type='PassWord' name=p></form>",
        ),
        full_page("Sign In | CMS", "Sign in", "<p>x</p>"),
        page(
            "CMS",
            "<p>Your session has expired. Please log in again.</p>",
        ),
    ] {
        blocked(&html(&login), Obstacle::Login);
    }
    for missing in [
        full_page(
            "Page not found | CMS",
            "Page Not Found",
            "<p>The page may have moved.</p>",
        ),
        full_page("CMS", "Sorry, that page can\u{2019}t be found", ""),
        full_page("CMS", "<span>Page</span> <em>not</em> found", ""),
        full_page("CMS", "<a href='/'>404</a>", ""),
        page(
            "404 Not Found",
            "<h1>Not Found</h1><p>The requested URL was not found on this server.</p>",
        ),
    ] {
        blocked(&html(&missing), Obstacle::NotFound);
    }
}

#[test]
fn content_that_speaks_of_such_things_is_content() {
    for content in [
        full_page("Skilled Maintenance Therapy | CMS", "Maintenance Programs", "<p>Coverage of maintenance therapy is described.</p>"),
        full_page("Therapy under maintenance programs", "Therapy under maintenance programs", "<p>x</p>"),
        full_page("RVU26A | CMS", "RVU26A", "<p>The site will be down for scheduled maintenance on Saturday.</p>"),
        full_page("Licensed Clinical Social Workers", "Licensed practitioners", "<button>Accept</button><p>Cookies</p>"),
        full_page("CMS", "Claims denied for access", "<p>access denied, captcha, page not found, log in</p>"),
        full_page("CMS", "Login.gov and your account: what changes", "<p>x</p>"),
        full_page("CMS", "Files", "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>"),
        full_page("CMS", "Files", "<script src='/_Incapsula_Resource?SWJIYLWA=1'></script>"),
        full_page("CMS", "Files", "<noscript>Please enable JavaScript and cookies</noscript>"),
        page("RVU26A", "<h1>RVU26A</h1><p>During scheduled maintenance use <a href='/files/zip/rvu26a-updated-12-29-2025.zip'>the file</a>.</p>"),
        page("List", "<table><tr><td>2026</td><td>try again later</td></tr></table>"),
        "<p>a fragment without html</p>".to_owned(),
        "\u{feff}<html><body><p>text</p></body></html>".to_owned(),
        "<html><head><meta http-equiv=refresh content='1200;url=/timeout'></head><body>text</body></html>".to_owned(),
    ] {
        assert_eq!(html(&content), Body::Content, "{content}");
    }
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
