//! The raw text of a document on the public inspection desk: typed pages, not yet printed.
//!
//! Such a text could not be seen; what is known of it is known from the PDFs of the desk: its first
//! page says `federalregister.gov/d/2020-17127`, its last `[FR Doc. 2020-17127 Filed: ...]`. A text
//! that has the first and lacks the last was cut.

use crate::model::request::ShapeError;
use crate::model::watch::Watch;
use crate::sources::mentions::{Excerpt, Named, mentions};

/// What a filed text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FiledText {
    pub(super) named: Named,
    pub(super) dockets: Vec<String>,
    pub(super) rin: Option<String>,
    /// Whether the mark of its end is there.
    pub(super) has_end: bool,
}

/// Reads a filed text.
///
/// # Errors
/// When it is too long, no text in UTF-8, no text of CMS, of another document, or cut.
pub(super) fn read(
    bytes: &[u8],
    number: &str,
    what: &str,
    watch: &Watch,
) -> Result<FiledText, ShapeError> {
    const MAX_BYTES: usize = 32 << 20;
    if bytes.len() > MAX_BYTES {
        let why = format!("{} bytes where at most {MAX_BYTES} are read", bytes.len());
        return Err(ShapeError::new(what, why));
    }
    let text =
        std::str::from_utf8(bytes).map_err(|_| ShapeError::new(what, "it is no text in UTF-8"))?;
    let plain = text.replace(['\u{2010}', '\u{2011}', '\u{2013}'], "-");
    let has_end = end_marks(&plain).any(|found| found == number);
    if !has_end {
        if let Some(other) = end_marks(&plain).last() {
            let why = format!("it ends as document {other:.20}");
            return Err(ShapeError::new(what, why));
        }
        if plain.contains(number) {
            let why = format!("it lacks its last line, '[FR Doc. {number} Filed ...]': it was cut");
            return Err(ShapeError::new(what, why));
        }
        if !plain.contains("Medicare & Medicaid Services") && !plain.contains("MEDICARE & MEDICAID")
        {
            return Err(ShapeError::new(what, "it is no text of CMS"));
        }
    }
    // What follows the last line, if anything, is no part of the document.
    let body = if has_end {
        plain
            .rsplit_once("[FR Doc")
            .map_or(plain.as_str(), |(body, _)| body)
    } else {
        &plain
    };
    Ok(FiledText {
        named: named(body, watch),
        dockets: super::docket::dockets(head(&plain)),
        rin: rin(head(&plain)),
        has_end,
    })
}

/// The numbers in the lines "[FR Doc. 2020-17127 Filed: ...]".
fn end_marks(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("[FR Doc").filter_map(|(at, _)| {
        super::full_text::number_in(text.get(at..)?.get(..60).unwrap_or(text.get(at..)?))
    })
}

/// The begin, where docket and RIN stand; further on other rules are named.
fn head(text: &str) -> &str {
    const LONG: usize = 3_000;
    let end = (0..=LONG.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end));
    text.get(..end.unwrap_or(0)).unwrap_or(text)
}

fn rin(text: &str) -> Option<String> {
    let at = text.find("RIN")?;
    let rest = text.get(at + 3..)?.trim_start_matches([' ', ':', '\u{a0}']);
    let rin = rest.get(..9)?;
    let form = rin.bytes().enumerate().all(|(i, byte)| match i {
        0..=3 => byte.is_ascii_digit(),
        4 => byte == b'-',
        _ => byte.is_ascii_alphanumeric(),
    });
    form.then(|| rin.to_owned())
}

/// What the text names. Where its paragraphs end is not known, for lines may be set apart by blank
/// ones: it is read in long pieces, and what stands close together is one passage.
fn named(text: &str, watch: &Watch) -> Named {
    const TOGETHER: usize = 400;
    const AROUND: usize = 250;
    let mut named = Named::default();
    let mut page = 1;
    let has_pages = text.contains('\u{c}');
    for piece in pieces(text) {
        let found = mentions(piece, watch);
        let mut rest = found.as_slice();
        while let Some(first) = rest.first() {
            let mut end = first.at.end;
            let mut length = 1;
            while let Some(next) = rest.get(length)
                && next.at.start < end + TOGETHER
                && next.at.start < first.at.start + 2 * TOGETHER
            {
                end = end.max(next.at.end);
                length += 1;
            }
            let (group, others) = rest.split_at(length);
            rest = others;
            let start = space_near(piece, first.at.start.saturating_sub(AROUND));
            let stop = space_near(piece, (end + AROUND).min(piece.len()));
            let turned = piece
                .get(..first.at.start)
                .unwrap_or_default()
                .matches('\u{c}')
                .count();
            let place = if has_pages {
                format!("page {} as filed", page + turned)
            } else {
                String::new()
            };
            let moved: Vec<_> = group
                .iter()
                .map(|mention| {
                    let mut mention = mention.clone();
                    mention.at = mention.at.start - start..mention.at.end - start;
                    mention
                })
                .collect();
            let excerpt = Excerpt {
                text: piece.get(start..stop.max(end)).unwrap_or_default(),
                heading: &[],
                page: &place,
            };
            named.add(excerpt, &moved);
        }
        page += piece.matches('\u{c}').count();
    }
    named
}

/// The text in pieces that end where a line does, so that no piece takes much memory.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    const LONG: usize = 64 << 10;
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut end = LONG.min(rest.len());
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let piece = rest.get(..end).unwrap_or(rest);
        // The end of a sentence at the end of a line; else of a line.
        let cut = if end == rest.len() {
            end
        } else {
            let sentence = piece.rfind(".\n").or_else(|| piece.rfind(".\r\n"));
            sentence
                .map(|at| at + 1)
                .or_else(|| piece.rfind('\n'))
                .filter(|&at| at > 0)
                .unwrap_or(end)
        };
        let (piece, others) = rest.split_at(cut);
        rest = others;
        Some(piece)
    })
}

/// A place at which a word ends, near a byte: before it.
fn space_near(text: &str, at: usize) -> usize {
    if at == 0 || at >= text.len() {
        return at.min(text.len());
    }
    let before = (at.saturating_sub(40)..=at)
        .rev()
        .filter(|&place| text.is_char_boundary(place))
        .find(|&place| {
            text.get(place..)
                .is_some_and(|rest| rest.starts_with(char::is_whitespace))
        });
    before.unwrap_or_else(|| {
        (0..=at)
            .rev()
            .find(|&place| text.is_char_boundary(place))
            .unwrap_or(0)
    })
}
