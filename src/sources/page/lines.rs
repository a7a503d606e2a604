//! The lines of a page, counted while they come: what is too much is refused before it is held.

use super::source::Page;
use crate::model::request::ShapeError;
use crate::sources::mentions::mentions;

/// Longest content that is kept; what is longer needs a narrower selector.
const MAX_CONTENT: usize = 2 << 20;

/// What was found on a page.
#[derive(Debug)]
pub(super) struct Found {
    /// The lines that count.
    pub(super) lines: Vec<String>,
    /// How many lines there are, with those that do not count.
    pub(super) all: usize,
    /// What was read.
    pub(super) what: String,
}

/// Which lines count, and how long they are together.
#[derive(Debug)]
pub(super) struct Tally<'p> {
    page: &'p Page,
    what: String,
    all: usize,
    kept: usize,
    length: usize,
}

impl<'p> Tally<'p> {
    /// `what` is named in errors, and where the content stands.
    pub(super) fn new(page: &'p Page, what: impl Into<String>) -> Self {
        Self {
            page,
            what: what.into(),
            all: 0,
            kept: 0,
            length: 0,
        }
    }

    /// Counts a line; whether it names what is watched, where something is.
    pub(super) fn keeps(&mut self, line: &str) -> Result<bool, ShapeError> {
        self.all += 1;
        if !counts(self.page, line) {
            return Ok(false);
        }
        if self.length + line.len() > MAX_CONTENT {
            let why =
                format!("more than {MAX_CONTENT} bytes of text: name a part of it with `select`");
            return Err(ShapeError::new(self.what.clone(), why));
        }
        // With the line end before it.
        self.length += line.len() + usize::from(self.kept > 0);
        self.kept += 1;
        Ok(true)
    }

    /// Keeps of lines in their order those that count.
    pub(super) fn gathered(
        mut self,
        lines: impl Iterator<Item = String>,
    ) -> Result<Found, ShapeError> {
        let mut kept = Vec::new();
        for line in lines {
            if self.keeps(&line)? {
                kept.push(line);
            }
        }
        Ok(self.with(kept))
    }

    /// The end: the lines that were kept, in the order in which they are to stand.
    pub(super) fn with(self, lines: Vec<String>) -> Found {
        Found {
            lines,
            all: self.all,
            what: self.what,
        }
    }
}

fn counts(page: &Page, line: &str) -> bool {
    let settings = &page.settings;
    if settings.words.is_empty() && settings.codes.is_empty() {
        return true;
    }
    !mentions(line, &page.names).is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::settings::{PageKind, PageSettings};
    use super::*;

    #[test]
    fn what_is_too_long_is_refused_before_its_end_is_asked_for() {
        let settings = PageSettings::new("a", "https://a.example/", PageKind::Text);
        let page = Page::new(&settings);
        let endless = std::iter::repeat_with(|| "line".to_owned());
        let error = Tally::new(&page, "text").gathered(endless).unwrap_err();
        assert!(error.why.contains("name a part of it"), "{error:?}");
        let lines = ["one", "two"].map(str::to_owned).into_iter();
        let found = Tally::new(&page, "text").gathered(lines).unwrap();
        assert_eq!((found.lines.len(), found.all), (2, 2));
    }

    #[test]
    fn what_does_not_count_is_not_held_and_no_content() {
        let settings = PageSettings {
            words: ["needling".to_owned()].into(),
            ..PageSettings::new("a", "https://a.example/", PageKind::Text)
        };
        let page = Page::new(&settings);
        let other = "x".repeat(MAX_CONTENT / 2);
        let lines = [&other[..], &other, &other, "dry needling"].map(str::to_owned);
        let found = Tally::new(&page, "text")
            .gathered(lines.into_iter())
            .unwrap();
        assert_eq!(
            (found.lines, found.all),
            (vec!["dry needling".to_owned()], 4)
        );
    }
}
