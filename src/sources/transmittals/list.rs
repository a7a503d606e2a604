//! A page of the list of one year: which transmittals there are, and the other pages of the list.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use url::Url;

use super::dates::date;
use super::issue::Issue;
use crate::model::document::Document;
use crate::model::request::ShapeError;
use crate::parse::html::{Cell, Page};

/// One transmittal in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// "Transmittal #", a link to its page.
    pub(super) issue: Issue,
    /// The address of its page.
    pub(super) page: String,
    /// "Issue Date"
    pub(super) issued: NaiveDate,
    /// "Subject"
    pub(super) subject: String,
    /// "CR #"; empty for a transmittal without change request.
    pub(super) change_request: String,
}

/// What one page of the list says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ListPage {
    pub(super) rows: Vec<Row>,
    /// Rows that could not be understood, in words.
    pub(super) odd: Vec<String>,
    /// Addresses of other pages of the list.
    pub(super) more: BTreeSet<String>,
}

impl ListPage {
    /// Reads a page of the list at `list` (without its query).
    ///
    /// # Errors
    /// When it has no table with the known columns, or when most of its rows are not understood.
    pub(super) fn read(document: &Document, list: &str) -> Result<Self, ShapeError> {
        let shape = |why: String| ShapeError::new(format!("the list {}", document.url), why);
        let page = Page::parse(&document.bytes).map_err(|cause| shape(cause.to_string()))?;
        let tables = page.tables("body");
        let (columns, rows) = tables
            .iter()
            .find_map(|rows| {
                let at = rows.iter().position(|row| Columns::of(row).is_some())?;
                Some((Columns::of(rows.get(at)?)?, rows.get(at + 1..)?))
            })
            .ok_or_else(|| {
                shape("a table with the columns Transmittal #, Issue Date, Subject and CR # is expected, none is found: a maintenance page, or a new form of the list".to_owned())
            })?;
        let mut read = Self::default();
        for (number, row) in rows.iter().enumerate() {
            match columns.row(row, &document.final_url) {
                Ok(row) => read.rows.push(row),
                Err(why) => read.odd.push(format!("row {}: {why}", number + 1)),
            }
        }
        if read.odd.len() > read.rows.len() {
            let first = read.odd.first().cloned().unwrap_or_default();
            return Err(shape(format!(
                "most of its rows are not understood ({first})"
            )));
        }
        for link in page.links("body") {
            read.more.extend(further(&link.href, list));
        }
        Ok(read)
    }
}

/// Where the columns are.
struct Columns {
    number: usize,
    issued: usize,
    subject: usize,
    change_request: usize,
}

impl Columns {
    fn of(header: &[Cell]) -> Option<Self> {
        let at = |names: &[&str]| {
            let mut found = header.iter().enumerate().filter(|(_, cell)| {
                let name: String = cell
                    .text
                    .chars()
                    .filter(|c| c.is_alphanumeric())
                    .collect::<String>()
                    .to_lowercase();
                names.contains(&name.as_str())
            });
            match (found.next(), found.next()) {
                (Some((at, _)), None) => Some(at),
                _ => None,
            }
        };
        Some(Self {
            number: at(&["transmittal", "transmittalnumber"])?,
            issued: at(&["issuedate"])?,
            subject: at(&["subject"])?,
            change_request: at(&["cr", "crnumber"])?,
        })
    }

    fn row(&self, row: &[Cell], base: &str) -> Result<Row, String> {
        let cell = |at: usize| row.get(at).ok_or("it lacks cells");
        let number = cell(self.number)?;
        let issue = Issue::parse(&number.text)
            .filter(|issue| matches!(issue, Issue::Transmittal { .. }))
            .ok_or_else(|| format!("'{}' is no number of a transmittal", short(&number.text)))?;
        let page = number
            .links
            .iter()
            .find_map(|link| on_cms(base, &link.href))
            .ok_or_else(|| format!("{issue} has no link to its page"))?;
        let issued = &cell(self.issued)?.text;
        let issued =
            date(issued).ok_or_else(|| format!("{issue}: '{}' is no issue date", short(issued)))?;
        let subject = cell(self.subject)?.text.clone();
        if subject.is_empty() {
            return Err(format!("{issue} has no subject"));
        }
        Ok(Row {
            issue,
            page,
            issued,
            subject,
            change_request: number_of(&cell(self.change_request)?.text),
        })
    }
}

/// The digits of a change request; empty for "N/A".
pub(super) fn number_of(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if (3..=6).contains(&digits.len()) {
        digits
    } else {
        String::new()
    }
}

/// Resolves a link; only addresses of www.cms.gov are followed, and only by https.
pub(super) fn on_cms(base: &str, href: &str) -> Option<String> {
    let mut url = Url::parse(base).ok()?.join(href.trim()).ok()?;
    if url.host_str() != Some("www.cms.gov") {
        return None;
    }
    if url.scheme() == "http" {
        url.set_scheme("https").ok()?;
    }
    url.set_fragment(None);
    (url.scheme() == "https").then(|| url.into())
}

/// The number of a page of the list, from 0; `0,3` where a page has two pagers.
pub(super) fn page_number(url: &str) -> Option<u32> {
    let url = Url::parse(url).ok()?;
    let (_, number) = url.query_pairs().find(|(name, _)| name == "page")?;
    number.rsplit(',').next()?.parse().ok()
}

fn further(href: &str, list: &str) -> Option<String> {
    let address = on_cms(list, href)?;
    let (path, query) = address.split_once('?')?;
    // Filters of the list are links too.
    let only_page = query.strip_prefix("page=")?;
    let plain = only_page
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b',' | b'%' | b'C'));
    (path == list && plain && page_number(&address)? > 0).then_some(address)
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
