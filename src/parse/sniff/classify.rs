//! The verdict on a body.

use std::fmt;

use serde::de::IgnoredAny;

use super::archive;
use super::html::{self, Page};
use super::markers;
use super::nesting;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A ZIP archive.
    Zip,
    /// An HTML page.
    Html,
    /// A JSON object or array.
    Json,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// What was asked for, and whole.
    Content,
    /// A page that only names another address, by meta refresh: as written, perhaps relative.
    Stub(String),
    /// A whole answer that is something else; the text says by what it was known.
    Blocked(Obstacle, String),
    /// Part of an answer, or one that cannot be read; the text says why.
    Damaged(String),
}

/// What stands in the place of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// A page that wants proof of a human, or that refuses.
    Challenge,
    /// A maintenance or error page.
    Outage,
    /// A licence that wants to be accepted first.
    Licence,
    /// A page that wants a login.
    Login,
    /// A page that says that there is no page.
    NotFound,
    /// Something of another kind.
    WrongKind,
    /// Nothing.
    Empty,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Challenge => "a challenge or refusal",
            Self::Outage => "a maintenance or error page",
            Self::Licence => "a licence page",
            Self::Login => "a login page",
            Self::NotFound => "a page that says that there is no such page",
            Self::WrongKind => "something of another kind",
            Self::Empty => "an empty answer",
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zip => "a ZIP archive",
            Self::Html => "an HTML page",
            Self::Json => "a JSON value",
        })
    }
}

/// Whether `bytes`, served as `content_type`, are what was asked for. The bytes decide; the content
/// type is believed only where they leave a doubt.
pub fn classify(expect: Kind, content_type: &str, bytes: &[u8]) -> Body {
    let body = without_bom(bytes);
    let trimmed = body.trim_ascii();
    if trimmed.is_empty() {
        return Body::Blocked(Obstacle::Empty, "the body is empty".to_owned());
    }
    // Markup may follow a line of text, as after a warning that a script printed.
    let says_html = content_type.to_ascii_lowercase().contains("html");
    if html::looks_like(body)
        || (says_html && expect == Kind::Html && trimmed.contains(&b'<') && known(body).is_none())
    {
        return page(expect, body);
    }
    match expect {
        Kind::Zip if body.starts_with(b"PK") => archive::whole(bytes),
        Kind::Json if matches!(trimmed.first(), Some(b'{' | b'[')) => json(trimmed),
        Kind::Zip | Kind::Html | Kind::Json => other(expect, body),
    }
}

fn json(text: &[u8]) -> Body {
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(text) {
        let what = if error.is_eof() {
            "the JSON breaks off"
        } else {
            "this is not JSON"
        };
        return Body::Damaged(format!("{what} ({error})"));
    }
    match markers::in_json(text) {
        Some(marker) => Body::Blocked(Obstacle::Challenge, marker.to_owned()),
        None => Body::Content,
    }
}

fn page(expect: Kind, bytes: &[u8]) -> Body {
    let text = html::decode(bytes);
    if let Some(why) = nesting::too_deep(&text) {
        return Body::Damaged(why.to_owned());
    }
    let page = Page::read(&text);
    if let Some((obstacle, by)) = markers::obstacle(&page) {
        return Body::Blocked(obstacle, by);
    }
    if let Some(why) = html::cut(&text) {
        return Body::Damaged(why.to_owned());
    }
    if let Some(target) = page.stub() {
        return Body::Stub(target.to_owned());
    }
    let is_xml = text.trim_start().starts_with("<?xml") && !text.contains("<html");
    if expect == Kind::Html && is_xml {
        let why = format!("an XML document came where {expect} was expected");
        return Body::Blocked(Obstacle::WrongKind, why);
    }
    if expect != Kind::Html {
        let title = &page.title;
        let why = format!("an HTML page ({title:?}) came where {expect} was expected");
        return Body::Blocked(Obstacle::WrongKind, why);
    }
    if page.text.is_empty() {
        let why = "the page holds no text".to_owned();
        return Body::Blocked(Obstacle::Empty, why);
    }
    Body::Content
}

/// Neither markup nor what was expected.
fn other(expect: Kind, body: &[u8]) -> Body {
    if let Some(what) = known(body) {
        let why = format!("{what} came where {expect} was expected");
        return Body::Blocked(Obstacle::WrongKind, why);
    }
    let start: String = html::decode(body.get(..400).unwrap_or(body)).into_owned();
    if let Some((obstacle, by)) = markers::in_plain_text(&start) {
        return Body::Blocked(obstacle, by);
    }
    let start: String = start.chars().filter(|c| !c.is_control()).take(40).collect();
    let why = format!("{start:?}... came where {expect} was expected");
    Body::Blocked(Obstacle::WrongKind, why)
}

/// Formats that are known by their first bytes.
fn known(body: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 7] = [
        (b"PK\x03\x04", "a ZIP archive"),
        (b"PK\x05\x06", "an empty ZIP archive"),
        (b"%PDF-", "a PDF"),
        (b"\x1f\x8b", "a gzip stream"),
        (b"\xd0\xcf\x11\xe0", "an old Office document"),
        (b"\x89PNG", "a picture"),
        (b"GIF8", "a picture"),
    ];
    let magic = MAGIC.iter().find(|(magic, _)| body.starts_with(magic));
    let json = matches!(body.trim_ascii().first(), Some(b'{' | b'['));
    magic
        .map(|&(_, what)| what)
        .or(json.then_some("a JSON value"))
}

fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}
