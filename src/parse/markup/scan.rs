//! The inside of a tag.

use memchr::memchr;

/// Reads the inside of a tag.
pub(super) struct Scan<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl<'a> Scan<'a> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn until(&mut self, ends: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|&byte| ends(byte))
            .unwrap_or(rest.len());
        let found = self.text.get(self.at..self.at + length);
        self.at += length;
        found.unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.until(|byte| !byte.is_ascii_whitespace());
    }

    pub(super) fn name(&mut self) -> &'a str {
        self.until(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))
    }

    /// The next attribute: name and value as written. `None` at the end of the tag.
    pub(super) fn next_attribute(&mut self) -> Option<(&'a str, &'a str)> {
        self.until(|byte| !(byte.is_ascii_whitespace() || byte == b'/'));
        if matches!(self.byte(), None | Some(b'>')) {
            return None;
        }
        let start = self.at;
        // An equals sign at the beginning is part of the name.
        self.at += usize::from(self.byte() == Some(b'='));
        self.until(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'='));
        let name = self.text.get(start..self.at).unwrap_or_default();
        let after_name = self.at;
        self.blanks();
        if self.byte() != Some(b'=') {
            self.at = after_name;
            return Some((name, ""));
        }
        self.at += 1;
        self.blanks();
        match self.byte() {
            Some(quote @ (b'"' | b'\'')) => {
                self.at += 1;
                let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
                let length = memchr(quote, rest).unwrap_or(rest.len());
                let value = self.text.get(self.at..self.at + length).unwrap_or_default();
                self.at = (self.at + length + 1).min(self.text.len());
                Some((name, value))
            }
            Some(b'>') | None => Some((name, "")),
            Some(_) => {
                let value = self.until(|byte| byte.is_ascii_whitespace() || byte == b'>');
                Some((name, value))
            }
        }
    }

    /// Passes over the end of the tag; `false` where the page ends first.
    pub(super) fn ends(&mut self) -> bool {
        let ends = self.byte() == Some(b'>');
        self.at += usize::from(ends);
        ends
    }

    /// Whether a slash stands before the end, after the last attribute, which ends at `from`.
    pub(super) fn closed(&self, from: usize) -> bool {
        let end = self.at.saturating_sub(1);
        let between = self.text.get(from..end).unwrap_or_default();
        between.ends_with('/')
    }
}
