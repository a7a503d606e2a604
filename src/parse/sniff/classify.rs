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
    /// An XML document.
    Xml,
    /// A workbook.
    Xlsx,
    /// A PDF.
    Pdf,
    /// Plain text, or a table in text form.
    Text,
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
            Self::Xml => "an XML document",
            Self::Xlsx => "a workbook",
            Self::Pdf => "a PDF",
            Self::Text => "plain text",
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
    if expect != Kind::Html
        && let Some(text) = html::utf16(bytes)
    {
        return in_utf16(expect, &text);
    }
    // Markup may follow a line of text, as after a warning that a script printed.
    let says_html = content_type.to_ascii_lowercase().contains("html");
    if expect == Kind::Xml && is_xml(trimmed) {
        return xml(trimmed);
    }
    if html::looks_like(body)
        || (says_html && expect == Kind::Html && trimmed.contains(&b'<') && known(body).is_none())
    {
        return page(expect, body);
    }
    match expect {
        Kind::Zip | Kind::Xlsx if body.starts_with(b"PK") => archive::whole(bytes),
        Kind::Pdf if body.starts_with(b"%PDF-") => pdf(body),
        Kind::Text if known(body).is_none() => text(body),
        Kind::Json if matches!(trimmed.first(), Some(b'{' | b'[')) => json(trimmed),
        Kind::Zip | Kind::Html | Kind::Json | Kind::Xml | Kind::Xlsx | Kind::Pdf | Kind::Text => {
            other(expect, body)
        }
    }
}

/// Whether markup is XML for programs and not a page for people, nor the note of an object store that
/// access is denied.
fn is_xml(text: &[u8]) -> bool {
    let head = text.get(..2_000).unwrap_or(text).to_ascii_lowercase();
    let has = |needle: &[u8]| head.windows(needle.len()).any(|window| window == needle);
    text.starts_with(b"<") && !has(b"<html") && !has(b"<!doctype html") && !has(b"<error>")
}

/// An XML document ends with the end of its root element.
fn xml(text: &[u8]) -> Body {
    let root = root_name(text);
    let ends = root.is_some_and(|name| {
        let end = [b"</", name, b">"].concat();
        let tail = text.get(text.len().saturating_sub(2_000)..).unwrap_or(text);
        tail.windows(end.len()).any(|window| window == end) || text.ends_with(b"/>")
    });
    if ends {
        Body::Content
    } else {
        Body::Damaged("the XML breaks off: its root element does not end".to_owned())
    }
}

/// The name of the first element.
fn root_name(text: &[u8]) -> Option<&[u8]> {
    let start = text
        .windows(2)
        .position(|pair| matches!(pair, [b'<', b'a'..=b'z' | b'A'..=b'Z']))?;
    let name = text.get(start + 1..)?;
    let end = name
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'))?;
    name.get(..end)
}

/// A PDF ends with its end mark, perhaps followed by some bytes of a careless program. One that was
/// changed has an end mark for each time, and one made for the web has its first near the beginning: then
/// nothing that follows the last may be a part of a PDF, and it is as long as it says.
fn pdf(body: &[u8]) -> Body {
    let breaks_off = |why: &str| Body::Damaged(format!("the PDF breaks off: {why}"));
    let start = body.len().saturating_sub(2_048);
    let tail = body.get(start..).unwrap_or(body);
    let Some(end) = memchr::memmem::rfind(tail, b"%%EOF") else {
        return breaks_off("it has no end mark");
    };
    let after = tail.get(end + 5..).unwrap_or_default();
    if [&b" obj"[..], b"xref", b"trailer"]
        .iter()
        .any(|part| memchr::memmem::find(after, part).is_some())
    {
        return breaks_off("more of it begins after its end mark");
    }
    match announced_length(body) {
        Some(length) if body.len() < length => {
            breaks_off(&format!("{} of {length} bytes are there", body.len()))
        }
        Some(_) | None => Body::Content,
    }
}

/// How long a PDF that is made for the web says that it is.
fn announced_length(body: &[u8]) -> Option<usize> {
    let head = body.get(..1_024).unwrap_or(body);
    let at = memchr::memmem::find(head, b"/Linearized")?;
    let end = at + memchr::memmem::find(head.get(at..)?, b">>")?;
    let entries = head.get(at..end)?;
    let value = entries.get(memchr::memmem::find(entries, b"/L ")? + 3..)?;
    let digits = value.trim_ascii_start();
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit());
    std::str::from_utf8(digits.get(..length.count())?)
        .ok()?
        .parse()
        .ok()
}

/// Text has no zero bytes, and is not the apology of a server.
fn text(body: &[u8]) -> Body {
    let head = html::decode(body.get(..400).unwrap_or(body)).into_owned();
    if body.len() < 2_000
        && let Some((obstacle, by)) = markers::in_plain_text(&head)
    {
        return Body::Blocked(obstacle, by);
    }
    if body.iter().take(8_192).any(|&byte| byte == 0) {
        let why = "a file with zero bytes came where plain text was expected".to_owned();
        return Body::Blocked(Obstacle::WrongKind, why);
    }
    Body::Content
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

/// Text in an encoding that is read of HTML pages only.
fn in_utf16(expect: Kind, text: &str) -> Body {
    if html::looks_like(text.as_bytes()) {
        return page(expect, text.as_bytes());
    }
    let start: String = text.chars().take(400).collect();
    if let Some((obstacle, by)) = markers::in_plain_text(&start) {
        return Body::Blocked(obstacle, by);
    }
    let why = format!(
        "text in UTF-16 came where {expect} was expected: it is not read, only UTF-8 and Windows-1252 are"
    );
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
