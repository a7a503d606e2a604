//! A text cut into words and numbers.

use std::ops::Range;

use super::view::View;
use crate::model::code::HcpcsCode;

/// A run of letters, digits and underscores, as places in the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether it is part of an address (web, mail, file).
    pub(super) address: bool,
}

impl Token {
    pub(super) fn len(self) -> usize {
        self.end - self.start
    }
}

/// All tokens of a text.
pub(super) struct Tokens<'a> {
    view: &'a View,
    list: Vec<Token>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(view: &'a View) -> Self {
        let mut list: Vec<Token> = Vec::new();
        let mut chunk_begins = 0;
        let mut first_of_chunk = 0;
        let mut wrapped = false;
        let mut open: Option<usize> = None;
        for index in 0..=view.len() {
            let c = view.at(index);
            if is_token(c) {
                open.get_or_insert(index);
                continue;
            }
            if let Some(start) = open.take() {
                list.push(Token {
                    start,
                    end: index,
                    address: false,
                });
            }
            if c.is_whitespace() {
                // The whole stretch between two spaces decides, once for all tokens in it.
                let chunk = chunk_begins..index;
                let address = wrapped || is_address(view, chunk.clone());
                if address {
                    let tokens = list.get_mut(first_of_chunk..).unwrap_or_default();
                    for token in tokens {
                        token.address = true;
                    }
                }
                // An address that was broken at the end of a line goes on in the next.
                wrapped = address
                    && c == '\n'
                    && matches!(view.before(index), '/' | '-' | '_' | '=' | '&');
                chunk_begins = index + 1;
                first_of_chunk = list.len();
            }
        }
        Self { view, list }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<Token> {
        self.list.get(index).copied()
    }

    /// The token a number of places before another.
    pub(super) fn back(&self, index: usize, steps: usize) -> Option<Token> {
        index.checked_sub(steps).and_then(|index| self.get(index))
    }

    /// Its letters in lower case; empty for one that is longer than any word that matters here.
    pub(super) fn word(&self, token: Token) -> String {
        const LONGEST: usize = 16;
        if token.len() > LONGEST {
            return String::new();
        }
        let shown = self.view.shown(token.start..token.end);
        shown.flat_map(char::to_lowercase).collect()
    }

    /// Its letters as they stand, under the same limit.
    pub(super) fn written(&self, token: Token) -> String {
        const LONGEST: usize = 16;
        if token.len() > LONGEST {
            return String::new();
        }
        self.view.text(token.start..token.end)
    }

    /// The code that it has the form of. `CPT20560` is written so in tables whose spaces were lost.
    pub(super) fn code(&self, token: Token) -> Option<HcpcsCode> {
        const LENGTH: usize = 5;
        let written = match token.len() {
            LENGTH => self.view.text(token.start..token.end),
            8 | 10 => {
                let text = self.view.text(token.start..token.end).to_ascii_lowercase();
                let rest = text
                    .strip_prefix("cpt")
                    .or_else(|| text.strip_prefix("hcpcs"));
                rest.filter(|rest| rest.len() == LENGTH)?.to_owned()
            }
            _ => return None,
        };
        written.parse().ok()
    }

    pub(super) fn is_number(&self, token: Token) -> bool {
        self.view
            .shown(token.start..token.end)
            .all(|c| c.is_ascii_digit())
    }

    pub(super) fn has_digit(&self, token: Token) -> bool {
        self.view
            .shown(token.start..token.end)
            .any(|c| c.is_ascii_digit())
    }
}

/// Raised digits and fractions are none: `20560\u{b9}` is a code with a footnote.
pub(super) fn is_token(c: char) -> bool {
    c.is_alphabetic() || c.is_ascii_digit() || c == '_'
}

/// Whether a stretch without spaces is an address of the web, of mail or of a file.
fn is_address(view: &View, chunk: Range<usize>) -> bool {
    /// Longer than any address in print; a longer stretch is looked at in part.
    const LONGEST: usize = 500;
    const MARKS: [&str; 14] = [
        "://", "www.", "@", "\\", ".gov", ".com", ".org", ".net", ".edu", ".htm", ".pdf", ".zip",
        ".aspx", ".xls",
    ];
    if chunk.len() < 4 {
        return false;
    }
    let end = chunk.end.min(chunk.start + LONGEST);
    let text = view.text(chunk.start..end).to_ascii_lowercase();
    let is_path = text.starts_with('/') && text.matches('/').count() > 1;
    is_path || MARKS.iter().any(|mark| text.contains(mark))
}
