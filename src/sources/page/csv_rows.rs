//! The rows of a table in text form, one after the other.

use super::source::Page;
use super::table::Header;
use crate::model::request::ShapeError;
use crate::parse::csv;

/// The rows below the one that names the columns.
#[derive(Debug)]
pub(super) struct CsvRows<'a> {
    header: Vec<String>,
    rows: csv::Rows<'a>,
}

impl<'a> CsvRows<'a> {
    /// Reads up to the row that names the columns.
    pub(super) fn open(page: &Page, bytes: &'a [u8]) -> Result<Self, ShapeError> {
        let mut rows = csv::Rows::separated_by(separator(bytes), bytes, csv::Limits::default());
        let mut header = Header::new(page);
        while let Some(row) = rows.next().map_err(|error| malformed(&error))? {
            let texts = row.texts();
            if header.is(&texts)? {
                return Ok(Self {
                    header: texts,
                    rows,
                });
            }
        }
        Err(header.missing())
    }

    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// The next row; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Vec<String>>, ShapeError> {
        let row = self.rows.next().map_err(|error| malformed(&error))?;
        Ok(row.map(|row| row.texts()))
    }
}

fn malformed(error: &csv::CsvError) -> ShapeError {
    ShapeError::new("table", error.to_string())
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

#[cfg(test)]
mod tests {
    use super::super::settings::{PageKind, PageSettings};
    use super::*;

    #[test]
    fn rows_come_one_by_one_and_what_follows_them_is_not_read_before() {
        let settings = PageSettings {
            key: vec!["Code".to_owned()],
            ..PageSettings::new("a", "https://a.example/", PageKind::Csv)
        };
        let page = Page::new(&settings);
        let table = [&b";\nCode;Limit\n20560;a\n"[..], &b";".repeat(600)].concat();
        let mut rows = CsvRows::open(&page, &table).unwrap();
        assert_eq!(rows.header(), ["Code", "Limit"]);
        assert_eq!(rows.next().unwrap().unwrap(), ["20560", "a"]);
        assert!(rows.next().is_err(), "600 cells");
        assert!(CsvRows::open(&page, b",\n").is_err());
    }
}
