//! Tables as lines: rows by their key, so that another order is no change. A row is read and forgotten,
//! so that a table takes no more memory than what counts of it.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};

use super::lines::{Found, Tally};
use super::source::Page;
use crate::model::request::ShapeError;

/// A header of a table is looked for in so many rows.
const HEADER_WITHIN: usize = 40;

/// Where a header names a column, however it is spaced and capitalised.
pub(super) fn column(header: &[String], name: &str) -> Option<usize> {
    let name = normal(name);
    header.iter().position(|cell| normal(cell) == name)
}

fn normal(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Looks for the row that names the columns.
#[derive(Debug)]
pub(super) struct Header<'p> {
    page: &'p Page,
    looked: usize,
    /// What is missing in the row that comes nearest.
    fewest: Option<Vec<&'p str>>,
}

impl<'p> Header<'p> {
    pub(super) fn new(page: &'p Page) -> Self {
        Self {
            page,
            looked: 0,
            fewest: None,
        }
    }

    /// Whether the next row of the table is it. The error says that it was looked for far enough.
    pub(super) fn is(&mut self, row: &[String]) -> Result<bool, ShapeError> {
        if self.looked == HEADER_WITHIN {
            return Err(self.missing());
        }
        self.looked += 1;
        let settings = &self.page.settings;
        let wanted = settings.key.iter().chain(&settings.columns);
        let missing: Vec<&'p str> = wanted
            .filter(|name| column(row, name).is_none())
            .map(String::as_str)
            .collect();
        if missing.is_empty() && row.iter().any(|cell| !cell.trim().is_empty()) {
            return Ok(true);
        }
        let known = self.fewest.as_ref();
        if known.is_none_or(|known| missing.len() < known.len()) {
            self.fewest = Some(missing);
        }
        Ok(false)
    }

    /// That no row was it.
    pub(super) fn missing(&self) -> ShapeError {
        let missing = self.fewest.clone().unwrap_or_default().join("', '");
        let why = format!("no row in its beginning names the column '{missing}'");
        ShapeError::new("table", why)
    }
}

/// The rows of a table below its header, one after the other, as lines:
/// `key: column value; column value`, sorted by key; without a key all rows, sorted.
#[derive(Debug)]
pub(super) struct Rows<'p> {
    page: &'p Page,
    keys: Vec<usize>,
    columns: Vec<(usize, String)>,
    tally: Tally<'p>,
    /// Of every key a hash, and with it that of its line: most rows of a long table do not count, and only
    /// two rows with the same key need to be told from each other.
    known: HashMap<u64, u64>,
    hashes: RandomState,
    by_key: BTreeMap<String, String>,
    unkeyed: Vec<String>,
}

impl<'p> Rows<'p> {
    pub(super) fn new(page: &'p Page, header: &[String], tally: Tally<'p>) -> Self {
        let settings = &page.settings;
        let place = |name: &String| column(header, name);
        let keys: Vec<usize> = settings.key.iter().filter_map(place).collect();
        // A column that is asked for has the name by which it is asked for, however it is written today.
        let columns: Vec<(usize, String)> = if settings.columns.is_empty() {
            let all = (0..header.len()).filter(|at| !keys.contains(at));
            let named = all.filter(|&at| !blank(header, at));
            named.map(|at| (at, cell(header, at))).collect()
        } else {
            let asked = settings.columns.iter();
            asked
                .filter_map(|name| Some((place(name)?, name.clone())))
                .collect()
        };
        Self {
            page,
            keys,
            columns,
            tally,
            known: HashMap::new(),
            hashes: RandomState::new(),
            by_key: BTreeMap::new(),
            unkeyed: Vec::new(),
        }
    }

    /// Reads the next row.
    pub(super) fn row(&mut self, row: &[String]) -> Result<(), ShapeError> {
        let filled = (0..row.len()).filter(|&at| !blank(row, at)).count();
        if filled == 0 {
            return Ok(());
        }
        let values = self.columns.iter().filter(|(at, _)| !blank(row, *at));
        let values =
            values.map(|(at, name)| format!("{name} {}", without(self.page, &cell(row, *at))));
        let values = values.collect::<Vec<_>>().join("; ");
        if self.keys.is_empty() {
            if self.tally.keeps(&values)? {
                self.unkeyed.push(values);
            }
            return Ok(());
        }
        let named = self.keys.iter().any(|&at| !blank(row, at));
        if !named {
            // A note below the table fills one cell.
            if filled > 1 {
                let why = format!("a row has no key, but: {}", short(&values));
                return Err(ShapeError::new("table", why));
            }
            return Ok(());
        }
        let parts: Vec<String> = self.keys.iter().map(|&at| cell(row, at)).collect();
        let key = parts.join(" / ");
        let line = format!("{key}: {values}");
        let said = self.hashes.hash_one(&line);
        match self.known.get(&self.hashes.hash_one(&key)) {
            Some(other) if filled > 1 && *other != said => {
                let why = format!(
                    "two rows have the key '{}' and differ: name more columns with `key`",
                    short(&key)
                );
                Err(ShapeError::new("table", why))
            }
            Some(_) => Ok(()),
            None => {
                self.known.insert(self.hashes.hash_one(&key), said);
                if self.tally.keeps(&line)? {
                    self.by_key.insert(key, line);
                }
                Ok(())
            }
        }
    }

    /// The end of the table.
    pub(super) fn done(mut self) -> Found {
        self.unkeyed.sort();
        let lines = self.by_key.into_values().chain(self.unkeyed);
        self.tally.with(lines.collect())
    }
}

fn blank(row: &[String], at: usize) -> bool {
    row.get(at).is_none_or(|cell| cell.trim().is_empty())
}

fn cell(row: &[String], at: usize) -> String {
    let text = row.get(at).map(String::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without(page: &Page, text: &str) -> String {
    let mut text = text.to_owned();
    for expression in &page.ignore {
        text = expression.replace_all(&text, "").into_owned();
    }
    text.trim().to_owned()
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::super::settings::{PageKind, PageSettings};
    use super::*;

    fn settings(key: &[&str]) -> PageSettings {
        PageSettings {
            key: key.iter().map(|&name| name.to_owned()).collect(),
            words: ["needling".to_owned()].into(),
            ..PageSettings::new("a", "https://a.example/", PageKind::Csv)
        }
    }

    fn cells(row: &str) -> Vec<String> {
        row.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn rows_that_do_not_count_are_not_held_but_their_keys_are_known() {
        let page = Page::new(&settings(&["Code"]));
        let mut rows = Rows::new(&page, &cells("Code,Rule"), Tally::new(&page, "table"));
        for row in ["2,dry needling", "1,needling", "3,other", "3,other", "3,"] {
            rows.row(&cells(row)).unwrap();
        }
        assert!(rows.row(&cells("3,another")).is_err());
        assert_eq!(rows.by_key.len(), 2);
        let found = rows.done();
        assert_eq!(found.lines, ["1: Rule needling", "2: Rule dry needling"]);
        assert_eq!(found.all, 3);
    }

    #[test]
    fn a_header_is_not_looked_for_without_end() {
        let page = Page::new(&settings(&["Code"]));
        let mut header = Header::new(&page);
        for _ in 0..HEADER_WITHIN {
            assert_eq!(header.is(&cells("a,b")), Ok(false));
        }
        let error = header.is(&cells("Code,b")).unwrap_err();
        assert!(error.why.contains("'Code'"), "{error:?}");
        assert_eq!(Header::new(&page).is(&cells(" CODE ,b")), Ok(true));
    }
}
