//! Tags and texts, one after the other.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use super::reference::decoded;
use super::scan::Scan;

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'a> {
    /// A start tag.
    Open(Tag<'a>),
    /// An end tag: the name, in lower case.
    Close(Cow<'a, str>),
    /// Text between tags, as it is written.
    Text(&'a str),
    /// The content of `script`, `style` and others that hold no markup, as it is written.
    Raw(&'a str),
}

/// A start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag<'a> {
    /// Its name in lower case.
    pub name: Cow<'a, str>,
    /// The attributes as they are written.
    pub attributes: &'a str,
    /// The value of `id`, as it is written; empty where there is none.
    pub id: &'a str,
    /// The value of `class`, as it is written; empty where there is none.
    pub class: &'a str,
    /// Whether it ends with `/>`.
    pub closed: bool,
}

impl<'a> Tag<'a> {
    /// The value of an attribute (its name in lower case), without character references.
    pub fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut scan = Scan {
            text: self.attributes,
            at: 0,
        };
        while let Some((found, value)) = scan.next_attribute() {
            if found.eq_ignore_ascii_case(name) {
                return Some(decoded(value));
            }
        }
        None
    }

    /// How many attributes it has.
    pub fn attribute_count(&self) -> usize {
        let mut scan = Scan {
            text: self.attributes,
            at: 0,
        };
        std::iter::from_fn(|| scan.next_attribute()).count()
    }
}

/// The tokens of a page, in order.
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// The element whose content is no markup, when its start tag was the last token.
    raw: Option<&'static str>,
}

/// What a `<` begins.
enum Read<'a> {
    Tag(Token<'a>),
    /// A tag that the end of the page cuts off.
    Cut,
    /// No tag.
    Nothing,
}

/// Elements whose content is no markup.
const RAW: [&str; 10] = [
    "script",
    "style",
    "textarea",
    "title",
    "noscript",
    "iframe",
    "noembed",
    "noframes",
    "xmp",
    "plaintext",
];

impl<'a> Tokens<'a> {
    /// Begins at the beginning of a page.
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            raw: None,
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Passes over as much, and hands it out.
    fn take(&mut self, length: usize) -> &'a str {
        let rest = self.rest();
        let taken = rest.get(..length).unwrap_or(rest);
        self.at += taken.len();
        taken
    }

    /// Where the end tag of an element without markup begins.
    fn end_of_raw(&self, name: &str) -> usize {
        let rest = self.rest();
        let mut from = 0;
        while let Some(at) = memmem::find(rest.as_bytes().get(from..).unwrap_or_default(), b"</") {
            let end = from + at;
            let after = rest.as_bytes().get(end + 2..).unwrap_or_default();
            let named = after
                .get(..name.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()));
            let ended = after
                .get(name.len())
                .is_some_and(|byte| matches!(byte, b'>' | b'/') || byte.is_ascii_whitespace());
            if named && ended {
                return end;
            }
            from = end + 2;
        }
        rest.len()
    }

    /// A tag, when the text goes on with one; else nothing was passed over.
    fn tag(&mut self) -> Read<'a> {
        let bytes = self.rest().as_bytes();
        let closes = bytes.get(1) == Some(&b'/');
        let first = bytes.get(1 + usize::from(closes));
        if !first.is_some_and(u8::is_ascii_alphabetic) {
            return Read::Nothing;
        }
        let mut scan = Scan {
            text: self.rest(),
            at: 1 + usize::from(closes),
        };
        let name = lower(scan.name());
        let begin = scan.at;
        let (mut id, mut class) = ("", "");
        let mut end = begin;
        while let Some((attribute, value)) = scan.next_attribute() {
            end = scan.at;
            if attribute.eq_ignore_ascii_case("id") && id.is_empty() {
                id = value;
            } else if attribute.eq_ignore_ascii_case("class") && class.is_empty() {
                class = value;
            }
        }
        let attributes = self.rest().get(begin..end).unwrap_or_default();
        let whole = scan.ends();
        let ended_itself = scan.closed(end);
        self.at += scan.at;
        if !whole {
            // A tag that the end of the page cuts off is none.
            return Read::Cut;
        }
        if closes {
            return Read::Tag(Token::Close(name));
        }
        self.raw = RAW.into_iter().find(|raw| *raw == name);
        Read::Tag(Token::Open(Tag {
            name,
            attributes,
            id,
            class,
            closed: ended_itself,
        }))
    }

    /// Passes over a comment, a doctype, an instruction; `false` when there is none.
    fn passed_other(&mut self) -> bool {
        let rest = self.rest();
        let length = if let Some(comment) = rest.strip_prefix("<!--") {
            4 + if comment.starts_with('>') {
                1
            } else if comment.starts_with("->") {
                2
            } else {
                comment_length(comment)
            }
        } else if rest.starts_with("<!") || rest.starts_with("<?") || rest.starts_with("</") {
            if rest.len() == 2 && rest.starts_with("</") {
                return false;
            }
            memchr(b'>', rest.as_bytes()).map_or(rest.len(), |at| at + 1)
        } else {
            return false;
        };
        self.at += length;
        true
    }
}

/// Up to and with the end of a comment; all of the text where it has none.
fn comment_length(comment: &str) -> usize {
    let bytes = comment.as_bytes();
    let mut from = 0;
    while let Some(at) = memmem::find(bytes.get(from..).unwrap_or_default(), b"--") {
        let dashes = from + at;
        match (bytes.get(dashes + 2), bytes.get(dashes + 3)) {
            (Some(b'>'), _) => return dashes + 3,
            (Some(b'!'), Some(b'>')) => return dashes + 4,
            _ => from = dashes + 1,
        }
    }
    bytes.len()
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(name) = self.raw.take() {
            let length = if name == "plaintext" {
                self.rest().len()
            } else {
                self.end_of_raw(name)
            };
            if length > 0 {
                let content = self.take(length);
                // The content of these two is text with character references.
                return Some(if matches!(name, "title" | "textarea") {
                    Token::Text(content)
                } else {
                    Token::Raw(content)
                });
            }
        }
        loop {
            let rest = self.rest();
            if rest.is_empty() {
                return None;
            }
            if rest.starts_with('<') {
                match self.tag() {
                    Read::Tag(token) => return Some(token),
                    Read::Cut => return None,
                    Read::Nothing if self.passed_other() => continue,
                    Read::Nothing => {}
                }
            }
            // Up to the next tag; a `<` that begins none is text.
            let skipped = usize::from(rest.starts_with('<'));
            let after = rest.as_bytes().get(skipped..).unwrap_or_default();
            let length = memchr(b'<', after).map_or(rest.len(), |at| at + skipped);
            return Some(Token::Text(self.take(length)));
        }
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> Vec<String> {
        Tokens::new(text)
            .map(|token| match token {
                Token::Open(tag) => format!("<{} {}>", tag.name, tag.attributes.trim()),
                Token::Close(name) => format!("</{name}>"),
                Token::Text(text) => text.to_owned(),
                Token::Raw(text) => format!("[{text}]"),
            })
            .collect()
    }

    #[test]
    fn tags_texts_and_raw_content_end_where_the_standard_says() {
        for (text, expected) in [
            ("a<B C=1>d</b >e", vec!["a", "<b C=1>", "d", "</b>", "e"]),
            ("<a t='>' u=\"<\">x", vec!["<a t='>' u=\"<\">", "x"]),
            ("1 < 2 <3 a<!-- <p> -->b", vec!["1 ", "< 2 ", "<3 a", "b"]),
            ("<!-->a<!--->b<!-- x --!>c", vec!["a", "b", "c"]),
            ("<!doctype html><?xml?></ x>a", vec!["a"]),
            (
                "<script>if (a<b) '</p>'</SCRIPT >z",
                vec!["<script >", "[if (a<b) '</p>']", "</script>", "z"],
            ),
            (
                "<title>a <b></title>",
                vec!["<title >", "a <b>", "</title>"],
            ),
            ("<style></style>a", vec!["<style >", "</style>", "a"]),
            ("a<p class=", vec!["a"]),
            ("<script>x", vec!["<script >", "[x]"]),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn attributes_are_read_as_browsers_read_them() {
        let text = "<input  ID = 'a b' class=x/y data-q hidden=\"\" t = u&amp;v/>";
        let Some(Token::Open(tag)) = Tokens::new(text).next() else {
            panic!("no tag");
        };
        assert_eq!((tag.id, tag.class), ("a b", "x/y"));
        assert_eq!(tag.attribute("data-q").as_deref(), Some(""));
        assert_eq!(tag.attribute("hidden").as_deref(), Some(""));
        assert_eq!(tag.attribute("t").as_deref(), Some("u&v/"));
        assert_eq!(tag.attribute("u"), None);
        assert_eq!(tag.attribute_count(), 5);
    }

    proptest! {
        #[test]
        fn any_text_is_passed_over(text in "[<>/!a-b \"'=&;-]{0,60}|\\PC{0,40}") {
            let _ = Tokens::new(&text).count();
        }
    }
}
