//! What a page says, as lines.

use std::ops::ControlFlow;

use super::csv_rows::CsvRows;
use super::json;
use super::lines::{Found, Tally};
use super::noise::Noise;
use super::settings::PageKind;
use super::source::Page;
use super::table::{Header, Rows};
use super::text::{decoded, plain_lines, sound};
use super::weight::bearable;
use crate::model::document::Document;
use crate::model::request::ShapeError;
use crate::parse::text::{Wanted, selected};
use crate::parse::{html, parts, xlsx};

/// Where the main text of a page is: of www.cms.gov, and of everyone else.
const MAIN: [&str; 2] = ["#block-cms-evo-content", "main"];

/// Most bytes of a row of a workbook: as much as all content may have.
const MAX_ROW: usize = 2 << 20;

/// What counts of a page.
#[derive(Debug)]
pub(super) struct Content {
    /// Paragraphs or rows, one a line.
    pub(super) text: String,
    /// Where it stands.
    pub(super) locator: String,
}

pub(super) fn content(page: &Page, document: &Document) -> Result<Content, ShapeError> {
    let found = match page.settings.kind {
        PageKind::Html if page.settings.key.is_empty() => html_text(page, &document.bytes)?,
        PageKind::Html => html_table(page, &document.bytes)?,
        PageKind::Csv => csv_table(page, &document.bytes)?,
        PageKind::Xlsx => sheet(page, &document.bytes)?,
        PageKind::Json => json::lines(page, &document.bytes)?,
        PageKind::Text => plain(page, &decoded(&document.bytes)?, "text")?,
        PageKind::Pdf => {
            let text = document
                .text
                .as_deref()
                .ok_or_else(|| ShapeError::new("PDF", "it has no text that could be read"))?;
            plain(page, text, "text of the PDF")?
        }
    };
    let Found { lines, all, what } = found;
    if all == 0 {
        return Err(ShapeError::new(
            what,
            "there is no text in it; if the page was redesigned, name another part with `select`",
        ));
    }
    let settings = &page.settings;
    let locator = if settings.words.is_empty() && settings.codes.is_empty() {
        format!("{what}, {all} lines")
    } else {
        format!(
            "{what}, {} of {all} lines that name what is watched",
            lines.len()
        )
    };
    let text = lines.join("\n");
    Ok(Content { text, locator })
}

fn html_text(page: &Page, bytes: &[u8]) -> Result<Found, ShapeError> {
    let select = page.settings.select.trim();
    let own = [select];
    let wanted = Wanted {
        selectors: if select.is_empty() { &MAIN } else { &own },
        else_body: select.is_empty(),
    };
    let paragraphs = paragraphs(bytes, wanted)?.ok_or_else(|| nothing(select))?;
    let mut noise = Noise::new(&page.ignore);
    let lines = paragraphs
        .into_iter()
        .filter_map(|paragraph| noise.without(paragraph));
    let what = if select.is_empty() {
        "main text".to_owned()
    } else {
        format!("text of {select}")
    };
    Tally::new(page, what).gathered(lines)
}

/// The paragraphs of a part of an HTML page; `None` where there is no such part.
pub(super) fn paragraphs(
    bytes: &[u8],
    wanted: Wanted<'_>,
) -> Result<Option<Vec<String>>, ShapeError> {
    let text = decoded(bytes)?;
    bearable(&text)?;
    selected(&text, wanted).map_err(|error| ShapeError::new("page", error.to_string()))
}

fn nothing(select: &str) -> ShapeError {
    let why = "it finds nothing on the page; if the page was redesigned, write another one";
    ShapeError::new(format!("selector '{select}'"), why)
}

fn html_table(page: &Page, bytes: &[u8]) -> Result<Found, ShapeError> {
    bearable(&decoded(bytes)?)?;
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
    let texts =
        |row: Vec<html::Cell>| -> Vec<String> { row.into_iter().map(|cell| cell.text).collect() };
    let mut missing = None;
    for table in tables {
        let mut rows = table.into_iter().map(texts);
        match headed(page, "table", &mut rows) {
            Ok(mut lines) => {
                rows.try_for_each(|row| lines.row(&row))?;
                return Ok(lines.done());
            }
            Err(why) => missing = missing.or(Some(why)),
        }
    }
    Err(missing.unwrap_or_else(|| nothing(select)))
}

/// Reads a table up to the row that names the columns.
fn headed<'p>(
    page: &'p Page,
    what: &str,
    rows: &mut impl Iterator<Item = Vec<String>>,
) -> Result<Rows<'p>, ShapeError> {
    let mut header = Header::new(page);
    for row in rows {
        if header.is(&row)? {
            return Ok(Rows::new(page, &row, Tally::new(page, what)));
        }
    }
    Err(header.missing())
}

fn csv_table(page: &Page, bytes: &[u8]) -> Result<Found, ShapeError> {
    sound(bytes)?;
    let mut table = CsvRows::open(page, bytes)?;
    let mut lines = Rows::new(page, table.header(), Tally::new(page, "table"));
    while let Some(row) = table.next()? {
        lines.row(&row)?;
    }
    Ok(lines.done())
}

fn sheet(page: &Page, bytes: &[u8]) -> Result<Found, ShapeError> {
    let malformed = |error: xlsx::XlsxError| ShapeError::new("workbook", error.to_string());
    let limits = xlsx::Limits {
        max_row_bytes: MAX_ROW,
        parts: Some(parts::Limits::default()),
        ..xlsx::Limits::default()
    };
    let mut workbook = xlsx::Workbook::open(bytes, limits).map_err(malformed)?;
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
    let mut header = Header::new(page);
    let mut lines: Option<Rows<'_>> = None;
    let mut failed = None;
    let mut take = |row: &[String]| {
        if let Some(lines) = &mut lines {
            lines.row(row)?;
        } else if header.is(row)? {
            let tally = Tally::new(page, format!("sheet {name}"));
            lines = Some(Rows::new(page, row, tally));
        }
        Ok(())
    };
    workbook
        .rows(&name, |_, row| match take(row) {
            Ok(()) => ControlFlow::Continue(()),
            Err(shape) => {
                failed = Some(shape);
                ControlFlow::Break(())
            }
        })
        .map_err(malformed)?;
    let shape = match (failed, lines) {
        (None, Some(lines)) => return Ok(lines.done()),
        (Some(shape), _) => shape,
        (None, None) => header.missing(),
    };
    Err(shape.within(&name))
}

fn plain(page: &Page, text: &str, what: &str) -> Result<Found, ShapeError> {
    let mut noise = Noise::new(&page.ignore);
    let lines = plain_lines(text).filter_map(|line| noise.without(line));
    Tally::new(page, what).gathered(lines)
}
