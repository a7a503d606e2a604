//! Whether a document may be the beginning of one whose end was lost.
//!
//! An HTML page that opens `html`, a JSON value, a workbook and a PDF show where they end. A text, a table
//! in text form and a piece of HTML do not: cut at the end of a line they are as sound as before. What
//! is known then is what the page said the last time.

use std::borrow::Cow;

use super::content::paragraphs;
use super::csv_rows::CsvRows;
use super::noise::Noise;
use super::settings::PageKind;
use super::source::Page;
use super::table::column;
use super::text::{decoded, plain_lines, sound};
use crate::model::document::Document;
use crate::model::request::ShapeError;
use crate::parse::text::Wanted;

/// A line as it stands, and without noise; `None` where it is nothing else.
type Line = (String, Option<String>);

/// Lines as they come, for two long documents are not to be held as lines.
type Lines<'a> = Box<dyn Iterator<Item = Result<Line, ShapeError>> + 'a>;

/// Whether all lines but the last are those with which the earlier document begins, and the end of that is
/// missing.
pub(super) fn may_be_cut(page: &Page, document: &Document, earlier: &Document) -> bool {
    if shows_its_end(page, &document.bytes) {
        return false;
    }
    let compared = || {
        let (now, was) = (text(page, document)?, text(page, earlier)?);
        let now = in_order(page, &document.bytes, &now)?;
        is_beginning(now, in_order(page, &earlier.bytes, &was)?)
    };
    compared().unwrap_or(false)
}

/// A text; nothing for what is no text.
fn text<'a>(page: &Page, document: &'a Document) -> Result<Cow<'a, str>, ShapeError> {
    match page.settings.kind {
        PageKind::Text => decoded(&document.bytes),
        PageKind::Csv | PageKind::Html | PageKind::Json | PageKind::Xlsx | PageKind::Pdf => {
            Ok(Cow::Borrowed(""))
        }
    }
}

fn is_beginning(mut now: Lines<'_>, mut was: Lines<'_>) -> Result<bool, ShapeError> {
    let Some(mut last) = now.next().transpose()? else {
        return Ok(false);
    };
    while let Some((line, kept)) = was.next().transpose()? {
        let Some(next) = now.next().transpose()? else {
            // Noise that was cut may not be known as noise any more.
            let noisy = kept.as_ref() != Some(&line);
            let cut = line.starts_with(&last.0) || noisy;
            return Ok(cut && (line != last.0 || was.next().is_some()));
        };
        if last.1 != kept {
            return Ok(false);
        }
        last = next;
    }
    Ok(false)
}

fn shows_its_end(page: &Page, bytes: &[u8]) -> bool {
    match page.settings.kind {
        PageKind::Text | PageKind::Csv => false,
        // One that opens `html` without closing it never gets here.
        PageKind::Html => memchr::memchr_iter(b'<', bytes).any(|at| {
            let tag = bytes.get(at..at + 6);
            tag.is_some_and(|tag| tag.eq_ignore_ascii_case(b"</html"))
        }),
        PageKind::Json | PageKind::Xlsx | PageKind::Pdf => true,
    }
}

/// The lines of a document in its own order.
fn in_order<'a>(page: &'a Page, bytes: &'a [u8], text: &'a str) -> Result<Lines<'a>, ShapeError> {
    match page.settings.kind {
        PageKind::Csv => {
            sound(bytes)?;
            let mut table = CsvRows::open(page, bytes)?;
            let places = places(page, table.header());
            let next = move || {
                let row = table.next().transpose()?;
                Some(row.map(|row| row_line(page, places.as_deref(), &row)))
            };
            Ok(Box::new(std::iter::from_fn(next)))
        }
        PageKind::Html => {
            let wanted = Wanted {
                selectors: &[],
                else_body: true,
            };
            let lines = paragraphs(bytes, wanted)?.unwrap_or_default();
            Ok(without_noise(page, lines.into_iter()))
        }
        PageKind::Json | PageKind::Xlsx | PageKind::Pdf | PageKind::Text => {
            Ok(without_noise(page, plain_lines(text)))
        }
    }
}

fn without_noise<'a>(page: &'a Page, lines: impl Iterator<Item = String> + 'a) -> Lines<'a> {
    let mut noise = Noise::new(&page.ignore);
    Box::new(lines.map(move |line| {
        let kept = noise.without(line.clone());
        Ok((line, kept))
    }))
}

/// Where the columns are that count; `None` is all.
fn places(page: &Page, header: &[String]) -> Option<Vec<usize>> {
    let settings = &page.settings;
    if settings.columns.is_empty() {
        return None;
    }
    let named = settings.key.iter().chain(&settings.columns);
    let mut places: Vec<usize> = named.filter_map(|name| column(header, name)).collect();
    places.sort_unstable();
    Some(places)
}

/// The cells that count, in their order.
fn row_line(page: &Page, places: Option<&[usize]>, row: &[String]) -> Line {
    let cells: Vec<&str> = match places {
        None => row.iter().map(|cell| cell.trim()).collect(),
        Some(places) => {
            let cells = places.iter().filter_map(|&at| row.get(at));
            cells.map(|cell| cell.trim()).collect()
        }
    };
    let line = cells.join("\u{1f}");
    let line = line.trim_end_matches('\u{1f}').to_owned();
    let mut kept = line.clone();
    for expression in &page.ignore {
        kept = expression.replace_all(&kept, "").into_owned();
    }
    (line, Some(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        let all = text.split('|').filter(|line| !line.is_empty());
        all.map(|line| (line.to_owned(), Some(line.to_owned())))
            .collect()
    }

    fn begins(now: &[Line], was: &[Line]) -> bool {
        let all =
            |lines: &[Line]| -> Lines<'static> { Box::new(Vec::from(lines).into_iter().map(Ok)) };
        is_beginning(all(now), all(was)).unwrap()
    }

    #[test]
    fn lines_are_compared_one_by_one() {
        let endless = || -> Lines<'static> {
            let line = || Ok(("a".to_owned(), Some("a".to_owned())));
            Box::new(std::iter::repeat_with(line))
        };
        let was: Lines<'static> = Box::new(lines("a|a|b").into_iter().map(Ok));
        assert_eq!(is_beginning(endless(), was), Ok(false));
    }

    #[test]
    fn noise_that_is_cut_is_no_other_end() {
        let mut was = lines("one|Generated at 12:00|three");
        was[1].1 = None;
        assert!(begins(&lines("one|Generated at 1"), &was));
        assert!(begins(&lines("one|Gene"), &was[..2]));
    }

    #[test]
    fn only_what_lacks_its_end_may_be_cut() {
        let was = lines("one|two|three");
        for cut in ["one", "one|two", "one|two|thr", "one|t", "o", "one|two|t"] {
            assert!(begins(&lines(cut), &was), "{cut}");
        }
        for other in [
            "",
            "one|two|three",
            "one|three",
            "two|three",
            "one|two|four",
            "zero",
            "one|six",
            "one|two|three|four",
            "zero|one|two|three",
        ] {
            assert!(!begins(&lines(other), &was), "{other}");
        }
    }
}
