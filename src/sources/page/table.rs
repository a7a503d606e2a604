//! Tables as lines: rows by their key, so that another order is no change.

use std::collections::BTreeMap;

use super::source::Page;
use crate::model::request::ShapeError;

/// A table with its header.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    /// Where a header names a column, however it is spaced and capitalised.
    pub(super) fn column(header: &[String], name: &str) -> Option<usize> {
        let name = normal(name);
        header.iter().position(|cell| normal(cell) == name)
    }
}

fn normal(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// `key: column value; column value`, sorted by key; without a key all rows, sorted.
pub(super) fn lines(page: &Page, table: Table) -> Result<Vec<String>, ShapeError> {
    let settings = &page.settings;
    let Table { header, rows } = table;
    let place = |name: &String| Table::column(&header, name);
    let keys: Vec<usize> = settings.key.iter().filter_map(place).collect();
    // A column that is asked for has the name by which it is asked for, however it is written today.
    let columns: Vec<(usize, String)> = if settings.columns.is_empty() {
        let all = (0..header.len()).filter(|at| !keys.contains(at));
        let named = all.filter(|&at| !blank(&header, at));
        named.map(|at| (at, cell(&header, at))).collect()
    } else {
        let asked = settings.columns.iter();
        asked
            .filter_map(|name| Some((place(name)?, name.clone())))
            .collect()
    };
    let mut by_key: BTreeMap<String, String> = BTreeMap::new();
    let mut unkeyed: Vec<String> = Vec::new();
    for row in &rows {
        let filled = columns.iter().filter(|(at, _)| !blank(row, *at));
        let values = filled.map(|(at, name)| format!("{name} {}", without(page, &cell(row, *at))));
        let values = values.collect::<Vec<_>>().join("; ");
        let filled = (0..row.len()).filter(|&at| !blank(row, at)).count();
        if filled == 0 {
            continue;
        }
        if keys.is_empty() {
            unkeyed.push(values);
            continue;
        }
        let named = keys.iter().any(|&at| !blank(row, at));
        if !named {
            // A note below the table fills one cell.
            if filled > 1 {
                let why = format!("a row has no key, but: {}", short(&values));
                return Err(ShapeError::new("table", why));
            }
            continue;
        }
        let parts: Vec<String> = keys.iter().map(|&at| cell(row, at)).collect();
        let key = parts.join(" / ");
        if filled == 1 && by_key.contains_key(&key) {
            continue;
        }
        let line = format!("{key}: {values}");
        if let Some(other) = by_key.insert(key.clone(), line.clone())
            && other != line
        {
            let why = format!(
                "two rows have the key '{}' and differ: name more columns with `key`",
                short(&key)
            );
            return Err(ShapeError::new("table", why));
        }
    }
    unkeyed.sort();
    Ok(by_key.into_values().chain(unkeyed).collect())
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
