//! Whether a document may be the beginning of one whose end was lost.
//!
//! An HTML page that opens `html`, a JSON value, a workbook and a PDF show where they end. A text, a table
//! in text form and a piece of HTML do not: cut at the end of a line they are as sound as before. What
//! is known then is what the page said the last time.

use super::content::{csv_rows, decoded, plain_lines};
use super::noise::Noise;
use super::settings::PageKind;
use super::source::Page;
use super::table::Table;
use crate::model::document::Document;
use crate::model::request::ShapeError;
use crate::parse::text::{Wanted, selected};

/// A line as it stands, and without noise; `None` where it is nothing else.
type Line = (String, Option<String>);

/// Whether all lines but the last are those with which the earlier document begins, and the end of that is
/// missing.
pub(super) fn may_be_cut(page: &Page, document: &Document, earlier: &Document) -> bool {
    if shows_its_end(page, &document.bytes) {
        return false;
    }
    let (Ok(now), Ok(was)) = (
        in_order(page, &document.bytes),
        in_order(page, &earlier.bytes),
    ) else {
        return false;
    };
    is_beginning(&now, &was)
}

fn is_beginning(now: &[Line], was: &[Line]) -> bool {
    let Some(((last, _), before)) = now.split_last() else {
        return false;
    };
    let Some((line, kept)) = was.get(before.len()) else {
        return false;
    };
    let same = before
        .iter()
        .zip(was)
        .all(|((_, now), (_, was))| now == was);
    // Noise that was cut may not be known as noise any more.
    let noisy = kept.as_ref() != Some(line);
    let cut = line.starts_with(last) || noisy;
    same && cut && (line != last || now.len() < was.len())
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
fn in_order(page: &Page, bytes: &[u8]) -> Result<Vec<Line>, ShapeError> {
    let lines: Vec<String> = match page.settings.kind {
        PageKind::Csv => {
            let Table { header, rows } = csv_rows(page, bytes)?;
            return Ok(rows
                .iter()
                .map(|row| row_line(page, &header, row))
                .collect());
        }
        PageKind::Html => {
            let wanted = Wanted {
                selectors: &[],
                else_body: true,
            };
            let text = decoded(bytes)?;
            let found = selected(&text, wanted);
            let malformed =
                |error: crate::parse::html::HtmlError| ShapeError::new("page", error.to_string());
            found.map_err(malformed)?.unwrap_or_default()
        }
        PageKind::Json | PageKind::Xlsx | PageKind::Pdf | PageKind::Text => {
            plain_lines(&decoded(bytes)?).collect()
        }
    };
    let mut noise = Noise::new(&page.ignore);
    let both = lines.into_iter().map(|line| {
        let kept = noise.without(line.clone());
        (line, kept)
    });
    Ok(both.collect())
}

/// The cells that count, in their order.
fn row_line(page: &Page, header: &[String], row: &[String]) -> Line {
    let settings = &page.settings;
    let named = settings.key.iter().chain(&settings.columns);
    let mut places: Vec<usize> = if settings.columns.is_empty() {
        (0..row.len()).collect()
    } else {
        named
            .filter_map(|name| Table::column(header, name))
            .collect()
    };
    places.sort_unstable();
    let cells = places
        .iter()
        .filter_map(|&at| row.get(at))
        .map(|cell| cell.trim());
    let line = cells.collect::<Vec<_>>().join("\u{1f}");
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

    #[test]
    fn noise_that_is_cut_is_no_other_end() {
        let mut was = lines("one|Generated at 12:00|three");
        was[1].1 = None;
        assert!(is_beginning(&lines("one|Generated at 1"), &was));
        assert!(is_beginning(&lines("one|Gene"), &was[..2]));
    }

    #[test]
    fn only_what_lacks_its_end_may_be_cut() {
        let was = lines("one|two|three");
        for cut in ["one", "one|two", "one|two|thr", "one|t", "o", "one|two|t"] {
            assert!(is_beginning(&lines(cut), &was), "{cut}");
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
            assert!(!is_beginning(&lines(other), &was), "{other}");
        }
    }
}
