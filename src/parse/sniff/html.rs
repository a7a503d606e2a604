//! What the verdict needs to know about a page, gathered in one walk.

use std::borrow::Cow;

use encoding_rs::Encoding;
use memchr::memrchr;

use super::markers;
use crate::parse::markup::{Tag, Token, Tokens, decoded};

/// Text beyond this is counted, not kept.
const MAX_TEXT: usize = 4000;
/// Text of one heading or control beyond this is not looked at.
const MAX_LABEL: usize = 300;
/// Open headings and controls beyond these are not looked at.
const MAX_LABELS: usize = 32;
/// Words beyond this are not waited for when the text is nearly full.
const MAX_WORD: usize = 12;
/// A page with less text than this is a notice, unless it offers something.
const SMALL: usize = 1500;
/// A refresh later than this, in seconds, ends a session; it does not lead to the document.
const MAX_REFRESH_DELAY: u32 = 30;

/// A page, as far as the verdict needs it. All texts are lower case with single spaces.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent observations, not the states of one thing"
)]
pub(super) struct Page {
    pub(super) title: String,
    /// Headings of the first level.
    pub(super) headings: Vec<String>,
    /// Headings of the second and third level.
    pub(super) subheadings: Vec<String>,
    /// The beginning of the visible text.
    pub(super) text: String,
    /// Whether it has a table, or a link to a document.
    offers: bool,
    pub(super) password: bool,
    /// Whether it has a button that accepts something.
    pub(super) accepts: bool,
    /// Whether it has a control that names a licence.
    pub(super) licence_control: bool,
    /// An element that only challenge pages have.
    pub(super) challenge: Option<&'static str>,
    /// An element that challenge pages have, and other pages may.
    pub(super) perhaps_challenge: Option<&'static str>,
    refresh: Option<String>,
}

impl Page {
    /// Reads a page.
    pub(super) fn read(text: &str) -> Self {
        let mut page = Self::default();
        let mut unseen = 0_usize;
        // The open elements whose text is wanted as a whole, and that text.
        let mut labels: Vec<(Cow<'_, str>, String)> = Vec::new();
        for token in Tokens::new(text) {
            match token {
                Token::Open(tag) => {
                    page.element(&tag);
                    unseen += usize::from(is_unseen(&tag.name));
                    if is_label(&tag.name) {
                        if tag.name == "a" {
                            // A link ends where the next one begins.
                            page.end_label("a", &mut labels);
                        }
                        if labels.len() < MAX_LABELS {
                            labels.push((tag.name, String::new()));
                        }
                    }
                }
                Token::Close(name) => {
                    unseen = unseen.saturating_sub(usize::from(is_unseen(&name)));
                    if is_label(&name) {
                        page.end_label(&name, &mut labels);
                    }
                }
                Token::Text(words) => {
                    let titled = labels.last().is_some_and(|(name, _)| name == "title");
                    if unseen > 0 && !titled {
                        continue;
                    }
                    let full = page.text.len() >= MAX_TEXT - MAX_WORD;
                    if labels.is_empty() && full {
                        continue;
                    }
                    let words = decoded(words);
                    for (name, label) in &mut labels {
                        if !titled || *name == "title" {
                            append(label, &words, MAX_LABEL);
                        }
                    }
                    if !titled && !full {
                        append(&mut page.text, &words, MAX_TEXT);
                    }
                }
                Token::Raw(_) => {}
            }
        }
        while let Some((name, words)) = labels.pop() {
            page.label(&name, words);
        }
        page
    }

    /// Ends the innermost open element of that name, and what was left open in it.
    fn end_label(&mut self, name: &str, labels: &mut Vec<(Cow<'_, str>, String)>) {
        if let Some(at) = labels.iter().rposition(|(open, _)| open == name) {
            for (name, words) in labels.drain(at..).rev() {
                self.label(&name, words);
            }
        }
    }

    /// Whether there is so little on it that it can only be a notice.
    pub(super) fn is_notice(&self) -> bool {
        self.text.len() < SMALL && !self.offers
    }

    /// The address that the page refers to, when that is all it does.
    pub(super) fn stub(&self) -> Option<&str> {
        self.refresh.as_deref().filter(|_| self.text.len() < SMALL)
    }

    pub(super) fn refresh(&self) -> Option<&str> {
        self.refresh.as_deref()
    }

    fn element(&mut self, tag: &Tag<'_>) {
        let attribute = |name| tag.attribute(name).unwrap_or_default();
        let lower = |name| attribute(name).to_ascii_lowercase();
        self.challenge = self.challenge.or_else(|| markers::challenge_element(tag));
        self.perhaps_challenge = self
            .perhaps_challenge
            .or_else(|| markers::perhaps_challenge_element(tag));
        match &*tag.name {
            "input" => {
                let kind = lower("type");
                self.password |= kind == "password";
                if matches!(kind.as_str(), "submit" | "button" | "image") {
                    self.control(&format!("{} {}", attribute("value"), attribute("alt")));
                }
            }
            "td" => self.offers = true,
            "a" if !self.offers => self.offers = markers::names_document(&attribute("href")),
            "meta" if lower("http-equiv") == "refresh" && self.refresh.is_none() => {
                self.refresh = refresh_target(&attribute("content"));
            }
            _ => {}
        }
        if matches!(&*tag.name, "form" | "input" | "button" | "a")
            && speaks_of_licence(tag.attributes)
        {
            self.licence_control |= ["id", "name", "action"]
                .iter()
                .any(|name| markers::names_licence(&lower(name)));
            let id = lower("id");
            self.accepts |= id.contains("accept") && markers::names_licence(&id);
        }
    }

    fn label(&mut self, name: &str, words: String) {
        match name {
            "title" if self.title.is_empty() => self.title = words,
            "h1" => self.headings.push(words),
            "h2" | "h3" => self.subheadings.push(words),
            "button" | "a" => self.control(&words),
            _ => {}
        }
    }

    fn control(&mut self, words: &str) {
        self.accepts |= markers::accepts(words);
    }
}

/// A glance before attributes are looked at one by one.
fn speaks_of_licence(attributes: &str) -> bool {
    markers::contains_in_any_case(attributes, "licen") || attributes.contains('&')
}

/// Elements whose text is not shown; what `script`, `style` and their like hold is no text anyway.
fn is_unseen(name: &str) -> bool {
    matches!(name, "template" | "svg")
}

fn is_label(name: &str) -> bool {
    matches!(name, "title" | "h1" | "h2" | "h3" | "button" | "a")
}

/// Adds words in lower case, with single spaces between them and straight apostrophes, up to `most`
/// bytes.
fn append(text: &mut String, words: &str, most: usize) {
    for word in words.split_whitespace() {
        if text.len() + word.len() >= most {
            return;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        if word.is_ascii() {
            let start = text.len();
            text.push_str(word);
            if let Some(added) = text.get_mut(start..) {
                added.make_ascii_lowercase();
            }
            continue;
        }
        text.extend(word.chars().flat_map(char::to_lowercase).map(|c| match c {
            '\u{2019}' => '\'',
            '\u{2013}' | '\u{2014}' => '-',
            c => c,
        }));
    }
}

/// The address in the `content` of a meta refresh: `0;url='https://…'`. `None` where there is none,
/// or only after a long time.
fn refresh_target(content: &str) -> Option<String> {
    let content = content.trim_start();
    let digits = content.len()
        - content
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .len();
    let (delay, rest) = content.split_at(digits);
    if !delay.is_empty()
        && delay
            .parse()
            .map_or(true, |delay: u32| delay > MAX_REFRESH_DELAY)
    {
        return None;
    }
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ';' | ','));
    let target = match rest.get(..3) {
        Some(key) if key.eq_ignore_ascii_case("url") => {
            let after = rest.get(3..).unwrap_or_default().trim_start();
            after.strip_prefix('=').map_or(rest, str::trim_start)
        }
        _ => rest,
    };
    let target = match target.chars().next() {
        Some(quote @ ('\'' | '"')) => target.get(1..)?.split(quote).next()?,
        _ => target,
    };
    let target = target.trim();
    (!target.is_empty()).then(|| target.to_owned())
}

/// Whether the bytes begin as markup for a browser does.
pub(super) fn looks_like(bytes: &[u8]) -> bool {
    if Encoding::for_bom(bytes).is_some_and(|(encoding, _)| encoding != encoding_rs::UTF_8) {
        return true;
    }
    match bytes.trim_ascii_start() {
        // With `?`: XHTML, and the XML in which object stores say that access is denied.
        [b'<', b'!' | b'/' | b'?' | b'a'..=b'z' | b'A'..=b'Z', ..] => true,
        _ => false,
    }
}

/// Text in UTF-16, which is known by its mark, or by the zero byte of each of its first letters.
pub(super) fn utf16(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n');
    let encoding = match *bytes {
        [0xFF, 0xFE, ..] => encoding_rs::UTF_16LE,
        [0xFE, 0xFF, ..] => encoding_rs::UTF_16BE,
        [a, 0, b, 0, ..] if plain(a) && plain(b) => encoding_rs::UTF_16LE,
        [0, a, 0, b, ..] if plain(a) && plain(b) => encoding_rs::UTF_16BE,
        _ => return None,
    };
    Some(encoding.decode(bytes).0)
}

/// The text of a page; what cannot be decoded becomes U+FFFD, for the markers are ASCII.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding.decode(bytes).0,
        // Nearly every page is whole UTF-8, and the check alone is much faster.
        None => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(bytes),
        },
    }
}

/// Why the page cannot be whole, if so. A page that opens `html` must close it: browsers do not mind,
/// but it is how the end of a page is known.
pub(super) fn cut(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    if opens_html(bytes) {
        let mut end = bytes.len();
        while let Some(at) = memrchr(b'<', bytes.get(..end).unwrap_or_default()) {
            let tag = bytes.get(at..).unwrap_or_default();
            if tag
                .get(..6)
                .is_some_and(|start| start.eq_ignore_ascii_case(b"</html"))
            {
                let closed = tag.contains(&b'>');
                return (!closed).then_some("the page breaks off: it has no </html>");
            }
            end = at;
        }
        return Some("the page breaks off: it has no </html>");
    }
    let cut_tag = memrchr(b'<', bytes) > memrchr(b'>', bytes);
    cut_tag.then_some("the page breaks off in the middle of a tag")
}

fn opens_html(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'<', bytes).any(|at| {
        let tag = bytes.get(at + 1..at + 5);
        tag.is_some_and(|name| name.eq_ignore_ascii_case(b"html"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_is_read_as_browsers_read_it() {
        let target = |content| refresh_target(content);
        for content in [
            "0;url='/a'",
            "0; URL=\"/a\"",
            "5,url = /a",
            "0 ; /a",
            ";url=/a",
            "0.5;url=/a ",
            "0;'/a'rest",
        ] {
            assert_eq!(target(content).as_deref(), Some("/a"), "{content}");
        }
        for content in [
            "",
            "0",
            "30",
            "0;",
            "0;url=",
            "0;url=''",
            "600;url=/a",
            "99999999999;url=/a",
        ] {
            assert_eq!(target(content), None, "{content}");
        }
    }
}
