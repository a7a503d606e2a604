//! What a page says, as lines.

use std::borrow::Cow;

use super::json;
use super::noise::Noise;
use super::settings::PageKind;
use super::source::Page;
use super::table::{Table, lines};
use crate::model::document::Document;
use crate::model::request::ShapeError;
use crate::parse::text::{Wanted, selected};
use crate::parse::{csv, html, xlsx};
use crate::sources::mentions::mentions;

/// Longest content that is kept; what is longer needs a narrower selector.
const MAX_CONTENT: usize = 2 << 20;
/// Where the main text of a page is: of www.cms.gov, and of everyone else.
const MAIN: [&str; 2] = ["#block-cms-evo-content", "main"];
/// A header of a table is looked for in so many rows.
const HEADER_WITHIN: usize = 40;

/// What counts of a page.
#[derive(Debug)]
pub(super) struct Content {
    /// Paragraphs or rows, one a line.
    pub(super) text: String,
    /// Where it stands.
    pub(super) locator: String,
}

pub(super) fn content(page: &Page, document: &Document) -> Result<Content, ShapeError> {
    let (lines, what) = match page.settings.kind {
        PageKind::Html if page.settings.key.is_empty() => html_text(page, &document.bytes)?,
        PageKind::Html => html_table(page, &document.bytes)?,
        PageKind::Csv => csv_table(page, &document.bytes)?,
        PageKind::Xlsx => sheet(page, &document.bytes)?,
        PageKind::Json => json::lines(page, &document.bytes)?,
        PageKind::Text => (plain(page, &decoded(&document.bytes)?), "text".to_owned()),
        PageKind::Pdf => {
            let text = document
                .text
                .as_deref()
                .ok_or_else(|| ShapeError::new("PDF", "it has no text that could be read"))?;
            (plain(page, text), "text of the PDF".to_owned())
        }
    };
    if lines.is_empty() {
        return Err(ShapeError::new(
            what,
            "there is no text in it; if the page was redesigned, name another part with `select`",
        ));
    }
    let settings = &page.settings;
    let (mut text, mut passages) = (String::new(), 0_usize);
    for line in lines.iter().filter(|line| counts(page, line)) {
        if text.len() + line.len() > MAX_CONTENT {
            let why =
                format!("more than {MAX_CONTENT} bytes of text: name a part of it with `select`");
            return Err(ShapeError::new(what, why));
        }
        if passages > 0 {
            text.push('\n');
        }
        text.push_str(line);
        passages += 1;
    }
    let locator = if settings.words.is_empty() && settings.codes.is_empty() {
        format!("{what}, {passages} lines")
    } else {
        format!(
            "{what}, {passages} of {} lines that name what is watched",
            lines.len()
        )
    };
    Ok(Content { text, locator })
}

/// Whether a line names what is watched, where something is.
fn counts(page: &Page, line: &str) -> bool {
    let settings = &page.settings;
    if settings.words.is_empty() && settings.codes.is_empty() {
        return true;
    }
    !mentions(line, &page.names).is_empty()
}

type Lines = (Vec<String>, String);

fn html_text(page: &Page, bytes: &[u8]) -> Result<Lines, ShapeError> {
    let select = page.settings.select.trim();
    let own = [select];
    let wanted = Wanted {
        selectors: if select.is_empty() { &MAIN } else { &own },
        else_body: select.is_empty(),
    };
    let text = decoded(bytes)?;
    let found =
        selected(&text, wanted).map_err(|error| ShapeError::new("page", error.to_string()))?;
    let paragraphs = found.ok_or_else(|| nothing(select))?;
    let mut noise = Noise::new(&page.ignore);
    let lines = paragraphs
        .into_iter()
        .filter_map(|paragraph| noise.without(paragraph));
    let what = if select.is_empty() {
        "main text".to_owned()
    } else {
        format!("text of {select}")
    };
    Ok((lines.collect(), what))
}

fn nothing(select: &str) -> ShapeError {
    let why = "it finds nothing on the page; if the page was redesigned, write another one";
    ShapeError::new(format!("selector '{select}'"), why)
}

fn html_table(page: &Page, bytes: &[u8]) -> Result<Lines, ShapeError> {
    decoded(bytes)?;
    let parsed =
        html::Page::parse(bytes).map_err(|error| ShapeError::new("page", error.to_string()))?;
    let select = page.settings.select.trim();
    let scopes: &[&str] = if select.is_empty() {
        &["main", "body"]
    } else {
        &[select]
    };
    let tables = scopes
        .iter()
        .map(|scope| parsed.tables(scope))
        .find(|tables| !tables.is_empty());
    let tables = tables.ok_or_else(|| match select {
        "" => ShapeError::new("page", "there is no table on it"),
        select => nothing(select),
    })?;
    let texts = |table: Vec<Vec<html::Cell>>| -> Vec<Vec<String>> {
        let rows = table.into_iter();
        rows.map(|row| row.into_iter().map(|cell| cell.text).collect())
            .collect()
    };
    let mut missing = None;
    for rows in tables.into_iter().map(texts) {
        match headed(page, rows) {
            Ok(table) => return Ok((lines(page, table)?, "table".to_owned())),
            Err(why) => missing = missing.or(Some(why)),
        }
    }
    Err(missing.unwrap_or_else(|| nothing(select)))
}

fn csv_table(page: &Page, bytes: &[u8]) -> Result<Lines, ShapeError> {
    Ok((lines(page, csv_rows(page, bytes)?)?, "table".to_owned()))
}

/// The rows of a table in text form, in their order.
pub(super) fn csv_rows(page: &Page, bytes: &[u8]) -> Result<Table, ShapeError> {
    decoded(bytes)?;
    let mut rows = Vec::new();
    let mut all = csv::Rows::separated_by(separator(bytes), bytes, csv::Limits::default());
    while let Some(row) = all
        .next()
        .map_err(|error| ShapeError::new("table", error.to_string()))?
    {
        rows.push(row.texts());
    }
    headed(page, rows)
}

/// Which of the usual separators the first line has most of.
fn separator(bytes: &[u8]) -> u8 {
    let first = bytes
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    let count = |separator: u8| memchr::memchr_iter(separator, first).count();
    [b',', b';', b'\t', b'|']
        .into_iter()
        .rev()
        .max_by_key(|&separator| count(separator))
        .unwrap_or(b',')
}

fn sheet(page: &Page, bytes: &[u8]) -> Result<Lines, ShapeError> {
    let malformed = |error: xlsx::XlsxError| ShapeError::new("workbook", error.to_string());
    let mut workbook = xlsx::Workbook::open(bytes, xlsx::Limits::default()).map_err(malformed)?;
    let sheets = workbook.sheets();
    let select = page.settings.select.trim();
    let name = sheets
        .iter()
        .find(|name| select.is_empty() || name.trim().eq_ignore_ascii_case(select))
        .cloned()
        .ok_or_else(|| {
            let why = format!("there is no such sheet; there are: {}", sheets.join(", "));
            ShapeError::new(format!("sheet '{select}'"), why)
        })?;
    let mut rows = Vec::new();
    workbook
        .rows(&name, |_, row| {
            rows.push(row.to_vec());
            std::ops::ControlFlow::Continue(())
        })
        .map_err(malformed)?;
    let table = headed(page, rows).map_err(|shape| shape.within(&name))?;
    Ok((lines(page, table)?, format!("sheet {name}")))
}

/// Finds the row that names the columns.
fn headed(page: &Page, rows: Vec<Vec<String>>) -> Result<Table, ShapeError> {
    let settings = &page.settings;
    let wanted: Vec<&String> = settings.key.iter().chain(&settings.columns).collect();
    let mut fewest: Option<Vec<&str>> = None;
    for (number, row) in rows.iter().take(HEADER_WITHIN).enumerate() {
        let missing: Vec<&str> = wanted
            .iter()
            .filter(|name| Table::column(row, name).is_none())
            .map(|name| name.as_str())
            .collect();
        let filled = row.iter().filter(|cell| !cell.trim().is_empty()).count();
        if missing.is_empty() && filled > 0 {
            let mut rows = rows;
            let body = rows.split_off(number + 1);
            let header = rows.pop().unwrap_or_default();
            return Ok(Table { header, rows: body });
        }
        if fewest
            .as_ref()
            .is_none_or(|known| missing.len() < known.len())
        {
            fewest = Some(missing);
        }
    }
    let missing = fewest.unwrap_or_default().join("', '");
    Err(ShapeError::new(
        "table",
        format!("no row in its beginning names the column '{missing}'"),
    ))
}

fn plain(page: &Page, text: &str) -> Vec<String> {
    let mut noise = Noise::new(&page.ignore);
    plain_lines(text)
        .filter_map(|line| noise.without(line))
        .collect()
}

/// The lines of a text that are not empty, with single spaces.
pub(super) fn plain_lines(text: &str) -> impl Iterator<Item = String> {
    let lines = text.split(['\n', '\r', '\u{c}']);
    let joined = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    joined.filter(|line| !line.is_empty())
}

/// Bytes as text, unless they show that they are damaged: zero bytes, a character that breaks off at the
/// end, or UTF-8 that is whole elsewhere. Taken for Windows-1252, every letter of such a text beyond
/// ASCII would seem to have changed.
pub(super) fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, ShapeError> {
    if let Some(at) = memchr::memchr(0, bytes) {
        let why = format!("byte {at} is zero: the answer is damaged, or in another encoding");
        return Err(ShapeError::new("text", why));
    }
    let Err(first) = std::str::from_utf8(bytes) else {
        return Ok(csv::text(bytes));
    };
    let (mut sound, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        sound += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    // The first fault is its end.
    let breaks_off = first.error_len().is_none();
    if breaks_off || (sound > 0 && sound * 4 >= broken) {
        let why = if breaks_off {
            "it breaks off in the middle of a character"
        } else {
            "parts of it are UTF-8 and others are not: the answer is damaged"
        };
        return Err(ShapeError::new("text", why));
    }
    Ok(csv::text(bytes))
}
