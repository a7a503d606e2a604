//! JSON as lines: rows of objects, or one line for each value with the path to it.

use serde_json::Value;

use super::noise::Noise;
use super::source::Page;
use super::table::{Table, lines as table_lines};
use crate::model::request::ShapeError;
use crate::parse::json;

/// Largest JSON that is read, and most values of it.
const MAX_BYTES: usize = 32 << 20;
const MAX_VALUES: usize = 200_000;

pub(super) fn lines(page: &Page, bytes: &[u8]) -> Result<(Vec<String>, String), ShapeError> {
    let settings = &page.settings;
    let whole =
        json::read(bytes, MAX_BYTES).map_err(|error| ShapeError::new("JSON", error.to_string()))?;
    let pointer = settings.select.trim();
    let value = whole.pointer(pointer).ok_or_else(|| {
        let why = "it leads nowhere; if the form of the answer changed, write another one";
        ShapeError::new(format!("JSON pointer '{pointer}'"), why)
    })?;
    let what = if pointer.is_empty() {
        "JSON".to_owned()
    } else {
        format!("JSON at {pointer}")
    };
    if !settings.key.is_empty() || !settings.columns.is_empty() {
        let table = table(page, value).map_err(|shape| shape.within(&what))?;
        return Ok((table_lines(page, table)?, what));
    }
    let mut noise = Noise::new(&page.ignore);
    let lines = values(value).map_err(|shape| shape.within(&what))?;
    let lines = lines.into_iter().filter_map(|line| noise.without(line));
    Ok((lines.collect(), what))
}

/// A list of objects as a table; every object must have every column that is named.
fn table(page: &Page, value: &Value) -> Result<Table, ShapeError> {
    let settings = &page.settings;
    let objects = value.as_array().ok_or_else(|| {
        ShapeError::new(
            "JSON",
            "a list of objects is expected for `key` and `columns`",
        )
    })?;
    let names: Vec<&String> = settings.key.iter().chain(&settings.columns).collect();
    let mut rows = Vec::with_capacity(objects.len());
    let mut header: Vec<String> = names.iter().map(|&name| name.clone()).collect();
    if settings.columns.is_empty() {
        let fields = objects
            .iter()
            .filter_map(Value::as_object)
            .flat_map(|object| object.keys());
        let mut others: Vec<String> = fields
            .filter(|name| !header.contains(name))
            .cloned()
            .collect();
        others.sort();
        others.dedup();
        header.extend(others);
    }
    for (number, object) in objects.iter().enumerate() {
        let object = object
            .as_object()
            .ok_or_else(|| ShapeError::new(format!("element {number}"), "an object is expected"))?;
        if let Some(missing) = names
            .iter()
            .find(|name| !object.contains_key(name.as_str()))
        {
            let why = format!("the field '{missing}' is missing");
            return Err(ShapeError::new(format!("element {number}"), why));
        }
        let cells = header
            .iter()
            .map(|name| object.get(name).map_or_else(String::new, written));
        rows.push(cells.collect());
    }
    Ok(Table { header, rows })
}

fn written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `path: value` for every value, in the order of the names. A loop: the reader bounds the depth anyway.
fn values(value: &Value) -> Result<Vec<String>, ShapeError> {
    let mut lines = Vec::new();
    let mut waiting: Vec<(String, &Value)> = vec![(String::new(), value)];
    while let Some((path, value)) = waiting.pop() {
        if lines.len() + waiting.len() > MAX_VALUES {
            return Err(ShapeError::new(
                "JSON",
                "too many values: name a part of it with `select`",
            ));
        }
        match value {
            Value::Object(members) => {
                let mut names: Vec<&String> = members.keys().collect();
                names.sort();
                for name in names.into_iter().rev() {
                    if let Some(inner) = members.get(name) {
                        waiting.push((format!("{path}/{name}"), inner));
                    }
                }
            }
            Value::Array(elements) => {
                for (number, inner) in elements.iter().enumerate().rev() {
                    waiting.push((format!("{path}/{number}"), inner));
                }
            }
            leaf => {
                let text = written(leaf);
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                lines.push(if path.is_empty() {
                    text
                } else {
                    format!("{path}: {text}")
                });
            }
        }
    }
    Ok(lines)
}
