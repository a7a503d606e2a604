//! How much memory a page takes as a tree, by a pass over its tags: some hundred times as much as its
//! bytes, where it was made for that.

use std::borrow::Cow;

use crate::model::request::ShapeError;
use crate::parse::html::MAX_ELEMENTS;
use crate::parse::markup::{Tag, Token, Tokens};

/// Most attributes of all of them.
const MAX_ATTRIBUTES: usize = 1_000_000;

/// Elements that a browser opens again in every paragraph in which they were left open.
const FORMATTING: [&str; 14] = [
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];

/// Refuses a page of which a tree would take too much memory.
pub(super) fn bearable(html: &str) -> Result<(), ShapeError> {
    let mut weight = Weight {
        elements: comments(html),
        ..Weight::default()
    };
    for token in Tokens::new(html) {
        weight.add(token);
        for (count, most, of) in [
            (weight.elements, MAX_ELEMENTS, "elements"),
            (weight.attributes, MAX_ATTRIBUTES, "attributes"),
        ] {
            if count > most {
                let why = format!(
                    "a page of more than {most} {of}, more than is plausible: watch a smaller page in its place"
                );
                return Err(ShapeError::new("page", why));
            }
        }
    }
    Ok(())
}

/// What a page has, counted while it is passed over.
#[derive(Default)]
struct Weight<'a> {
    elements: usize,
    attributes: usize,
    /// Formatting elements that were left open.
    open: Vec<(Cow<'a, str>, &'a str)>,
    /// Whether a paragraph was begun and not ended.
    in_paragraph: bool,
    /// Open drawings, in which scripts and titles are markup like any other.
    drawings: usize,
}

impl<'a> Weight<'a> {
    fn add(&mut self, token: Token<'a>) {
        match token {
            Token::Open(tag) => {
                self.elements += 1;
                self.attributes += tag.attribute_count();
                self.in_paragraph |= tag.name == "p";
                self.drawings += usize::from(is_drawing(&tag.name) && !tag.closed);
                if FORMATTING.contains(&&*tag.name) {
                    self.leave_open(tag);
                } else {
                    self.elements += self.open.len();
                }
            }
            Token::Close(name) => {
                self.drawings = self.drawings.saturating_sub(usize::from(is_drawing(&name)));
                // These two make an element where they end none.
                let ends_none = name == "br" || (name == "p" && !self.in_paragraph);
                self.elements += usize::from(ends_none);
                self.in_paragraph &= name != "p";
                if let Some(at) = self.open.iter().rposition(|(known, _)| *known == name) {
                    self.open.remove(at);
                }
            }
            Token::Text(text) | Token::Raw(text) if self.drawings > 0 => {
                self.elements += memchr::memchr_iter(b'<', text.as_bytes()).count();
                let words = text.split(|c: char| c.is_whitespace() || c == '/');
                self.attributes += words.filter(|word| !word.is_empty()).count();
            }
            Token::Text(_) | Token::Raw(_) => {}
        }
    }

    /// Of those that are the same a browser opens three again.
    fn leave_open(&mut self, tag: Tag<'a>) {
        let same = |one: &&(Cow<'a, str>, &str)| one.0 == tag.name && one.1 == tag.attributes;
        if self.open.iter().filter(same).count() < 3 {
            self.open.push((tag.name, tag.attributes));
        }
    }
}

fn is_drawing(name: &str) -> bool {
    matches!(name, "svg" | "math")
}

/// Comments, and what becomes one.
fn comments(html: &str) -> usize {
    let bytes = html.as_bytes();
    let begins = |at: &usize| match bytes.get(at + 1..).unwrap_or_default() {
        [b'!' | b'?', ..] => true,
        [b'/', name, ..] => !name.is_ascii_alphabetic(),
        _ => false,
    };
    memchr::memchr_iter(b'<', bytes).filter(begins).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(begin: &str, part: &str, times: usize, of: &str) {
        let html = format!("<html><body>{begin}{}</body></html>", part.repeat(times));
        let error = bearable(&html).unwrap_err();
        assert!(error.why.contains(of), "{error:?}");
    }

    #[test]
    fn what_would_be_too_many_elements_is_refused() {
        for part in ["<p>a", "<td>a", "</p>", "<!---->", "</ >", "<BR>"] {
            refuses("<table><tr>", part, MAX_ELEMENTS, "elements");
        }
        refuses("<svg><script>", "<p>", MAX_ELEMENTS, "elements");
        let fonts = (0..100).map(|size| format!("<font size={size}>"));
        let open = fonts.collect::<Vec<_>>().concat();
        refuses(&open, "<p>x", MAX_ELEMENTS / 100, "elements");
    }

    #[test]
    fn what_would_be_too_many_attributes_is_refused() {
        let many = format!("<p {}>", "a b c d e f g h i j ".repeat(10));
        refuses("", &many, MAX_ATTRIBUTES / 100 + 1, "attributes");
        refuses(
            "<svg><style>",
            &many,
            MAX_ATTRIBUTES / 100 + 1,
            "attributes",
        );
        refuses(
            "",
            "<p a=\"\"b=\"\"c=\"\"d=\"\">",
            MAX_ATTRIBUTES / 4 + 1,
            "attributes",
        );
    }

    #[test]
    fn a_large_page_is_read() {
        let row =
            "<tr class=\"odd row\"><td>20560</td><td><b>Twelve</b> visits</td><td>0.32</td></tr>";
        let table = format!("<font size=2><table>{}</table></font>", row.repeat(20_000));
        assert_eq!(bearable(&table), Ok(()));
        let bold = "<p>a <b>b</b> <a href=/x>c</a></p>".repeat(MAX_ELEMENTS / 4);
        assert_eq!(bearable(&bold), Ok(()));
        assert_eq!(bearable(&"<b>not closed<p>".repeat(10_000)), Ok(()));
        let script = format!(
            "<script>{}</script>",
            "if (a < b) { c('<p>'); } ".repeat(MAX_ATTRIBUTES / 4)
        );
        assert_eq!(bearable(&script), Ok(()));
    }
}
