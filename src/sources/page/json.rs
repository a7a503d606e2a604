//! JSON as lines: rows of objects, or one line for each value with the path to it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::lines::{Found, Tally};
use super::noise::Noise;
use super::source::Page;
use super::table::Rows;
use crate::model::request::ShapeError;
use crate::parse::json;

/// Largest JSON that is read, and most values of the part that is watched without `key` and `columns`.
const MAX_BYTES: usize = 32 << 20;
const MAX_VALUES: usize = 200_000;
/// Most memory that the values of a whole answer may take.
const MAX_MEMORY: usize = 160_000_000;
/// Most cells of a table of objects.
const MAX_CELLS: usize = 20_000_000;
/// Most bytes of the paths that wait to be followed: a long name stands in the path of all that is under it.
const MAX_PATHS: usize = 32 << 20;

pub(super) fn lines(page: &Page, bytes: &[u8]) -> Result<Found, ShapeError> {
    let settings = &page.settings;
    bearable(bytes)?;
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
    let mut tally = Tally::new(page, what.clone());
    if !settings.key.is_empty() || !settings.columns.is_empty() {
        return table(page, value, tally).map_err(|shape| shape.within(&what));
    }
    let mut noise = Noise::new(&page.ignore);
    let mut lines = Vec::new();
    values(value, |line| {
        if let Some(line) = noise.without(line)
            && tally.keeps(&line)?
        {
            lines.push(line);
        }
        Ok(())
    })
    .map_err(|shape| shape.within(&what))?;
    Ok(tally.with(lines))
}

/// Refuses JSON whose values would take too much memory: an object of nine bytes takes some seven hundred.
/// They are counted by the marks between them, for the bytes are known to be JSON.
fn bearable(bytes: &[u8]) -> Result<(), ShapeError> {
    let (mut objects, mut arrays, mut members, mut commas) = (0_usize, 0, 0, 0);
    let mut memory = bytes.len();
    // How many members those objects have that are open.
    let mut open: Vec<usize> = Vec::new();
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'{' => {
                objects += 1;
                open.push(0);
            }
            b'}' => memory += open.pop().map_or(0, memory_of_object),
            b'[' => arrays += 1,
            b',' => commas += 1,
            b':' => {
                members += 1;
                if let Some(count) = open.last_mut() {
                    *count += 1;
                }
            }
            b'"' => {
                // The smallest piece of memory that there is.
                memory += 32;
                rest = after_text(rest);
            }
            _ => {}
        }
        if open.len() > json::MAX_DEPTH {
            // The reader refuses it, and says why.
            return Ok(());
        }
    }
    let values: usize = 1 + commas + objects + arrays;
    // An array grows by doubling, and has four places at first.
    memory += 128 * arrays + 64 * values.saturating_sub(members);
    if memory > MAX_MEMORY {
        let why = format!(
            "its {values} values, {objects} of them objects, would take some {} MB of memory, and at most {} are given to one page: ask its address for a part of it",
            memory / 1_000_000,
            MAX_MEMORY / 1_000_000
        );
        return Err(ShapeError::new("JSON", why));
    }
    Ok(())
}

/// An object is a tree whose nodes have room for eleven members, and are half full where there are more.
fn memory_of_object(members: usize) -> usize {
    const NODE: usize = 640;
    match members {
        0 => 0,
        1..=11 => NODE,
        more => NODE * more / 5,
    }
}

/// What follows a text whose quotation mark was passed.
fn after_text(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        let escaped = rest.get(at) == Some(&b'\\');
        rest = rest
            .get(at + 1 + usize::from(escaped)..)
            .unwrap_or_default();
        if !escaped {
            return rest;
        }
    }
    &[]
}

/// A list of objects as a table; every object must have every column that is named.
fn table(page: &Page, value: &Value, tally: Tally<'_>) -> Result<Found, ShapeError> {
    let settings = &page.settings;
    let objects = value.as_array().ok_or_else(|| {
        ShapeError::new(
            "JSON",
            "a list of objects is expected for `key` and `columns`",
        )
    })?;
    let names: Vec<&String> = settings.key.iter().chain(&settings.columns).collect();
    let mut header: Vec<String> = names.iter().map(|&name| name.clone()).collect();
    if settings.columns.is_empty() {
        let fields = objects
            .iter()
            .filter_map(Value::as_object)
            .flat_map(|object| object.keys());
        let others: BTreeSet<&String> = fields.filter(|name| !names.contains(name)).collect();
        header.extend(others.into_iter().cloned());
    }
    // Objects that have nothing in common make a table of nothing but gaps.
    if header.len().saturating_mul(objects.len()) > MAX_CELLS {
        let why = format!(
            "{} objects with {} different fields are too large a table: name the fields with `columns`",
            objects.len(),
            header.len()
        );
        return Err(ShapeError::new("JSON", why));
    }
    let mut rows = Rows::new(page, &header, tally);
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
        rows.row(&cells.collect::<Vec<_>>())?;
    }
    Ok(rows.done())
}

fn written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Hands out `path: value` for every value, in the order of the names. A loop: the reader bounds the depth
/// anyway.
fn values(
    value: &Value,
    mut take: impl FnMut(String) -> Result<(), ShapeError>,
) -> Result<(), ShapeError> {
    let mut seen = 0_usize;
    let mut waiting: Vec<(String, &Value)> = vec![(String::new(), value)];
    let mut held = 0_usize;
    while let Some((path, value)) = waiting.pop() {
        held -= path.len();
        let mut follow = |waiting: &mut Vec<(String, _)>, path: String, inner| {
            held += path.len();
            waiting.push((path, inner));
            if seen + waiting.len() > MAX_VALUES {
                let why = format!(
                    "more than {MAX_VALUES} values are too many: name a part of it with `select`"
                );
                return Err(ShapeError::new("JSON", why));
            }
            if held > MAX_PATHS {
                let why = format!(
                    "the names in it are so long that the paths to its values take more than {MAX_PATHS} bytes: name a part of it with `select`"
                );
                return Err(ShapeError::new("JSON", why));
            }
            Ok(())
        };
        match value {
            Value::Object(members) => {
                let mut names: Vec<&String> = members.keys().collect();
                names.sort();
                for name in names.into_iter().rev() {
                    if let Some(inner) = members.get(name) {
                        follow(&mut waiting, format!("{path}/{name}"), inner)?;
                    }
                }
            }
            Value::Array(elements) => {
                for (number, inner) in elements.iter().enumerate().rev() {
                    follow(&mut waiting, format!("{path}/{number}"), inner)?;
                }
            }
            leaf => {
                let text = written(leaf);
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let line = if path.is_empty() {
                    text
                } else {
                    format!("{path}: {text}")
                };
                seen += 1;
                take(line)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::settings::{PageKind, PageSettings};
    use super::*;

    #[track_caller]
    fn refuses(settings: &PageSettings, text: &str, why: &str) {
        let error = lines(&Page::new(settings), text.as_bytes()).unwrap_err();
        assert!(error.why.contains(why), "{error:?}");
    }

    fn settings(select: &str, key: &[&str]) -> PageSettings {
        PageSettings {
            select: select.to_owned(),
            key: key.iter().map(|&name| name.to_owned()).collect(),
            ..PageSettings::new("a", "https://a.example/", PageKind::Json)
        }
    }

    #[test]
    fn values_that_would_take_too_much_memory_are_refused_before_they_are_read() {
        refuses(
            &settings("", &[]),
            &format!("[{}0]", "0,".repeat(300_000)),
            "200000 values",
        );
        // What is selected does not matter: all of it would be in memory.
        let small = settings("/0", &[]);
        for (part, times) in [
            ("0,", 3_000_000),
            ("{\"a\":0},", 300_000),
            ("[0],", 900_000),
        ] {
            let text = format!("[{}0]", part.repeat(times));
            refuses(&small, &text, "MB of memory");
        }
    }

    #[test]
    fn marks_in_texts_are_no_values() {
        let text = format!("[\"{}\"]", "{\\\"[,:".repeat(1_000_000));
        assert_eq!(bearable(text.as_bytes()), Ok(()));
        assert_eq!(bearable(b"[\"never ends\\"), Ok(()));
    }

    #[test]
    fn a_large_table_is_read() {
        let row =
            r#"{"code":"20560","name":"SERVICE 20560","limit":12,"from":"2026-01-01","to":null}"#;
        let text = format!("[{}]", vec![row; 80_000].join(","));
        let page = Page::new(&settings("", &["code"]));
        assert_eq!(lines(&page, text.as_bytes()).unwrap().all, 1);
    }

    #[test]
    fn objects_with_nothing_in_common_are_no_table() {
        let objects = (0..5_000).map(|number| format!("{{\"k\":{number},\"n{number}\":0}}"));
        let text = format!("[{}]", objects.collect::<Vec<_>>().join(","));
        refuses(
            &settings("", &["k"]),
            &text,
            "5000 objects with 5001 different fields",
        );
    }

    #[test]
    fn a_long_name_is_not_repeated_without_end() {
        let text = format!("{{\"{}\":[{}0]}}", "n".repeat(1 << 20), "0,".repeat(100));
        refuses(&settings("", &[]), &text, "the names in it are so long");
    }
}
