//! Lists as programs read them: json and csv.

use std::fmt::Write;

use super::cell::{Cell, Content};
use super::column::{Column, Readers};
use super::list::Table;
use crate::render::escape::{harmless, is_dangerous, no_formula};

impl Table {
    /// An array of objects with the columns' keys, one object a line.
    pub fn to_json(&self) -> String {
        let mut text = String::from("[");
        for (index, row) in self.rows.iter().enumerate() {
            text.push_str(if index == 0 { "\n  " } else { ",\n  " });
            text.push_str(&object_text(self.cells(row, Readers::Programs)));
        }
        text.push_str(if self.rows.is_empty() { "]\n" } else { "\n]\n" });
        text
    }

    /// Comma-separated values (RFC 4180, UTF-8) with the columns' keys as header.
    pub fn to_csv(&self) -> String {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        // Writing to memory cannot fail, and every row has as many cells as there are columns.
        let _ = writer.write_record(self.shown(Readers::Programs).map(|column| column.key));
        for row in &self.rows {
            let cells = self.cells(row, Readers::Programs).map(|(_, cell)| {
                let joined = cell.joined("; ");
                let shown = harmless(&joined);
                match &cell.content {
                    Content::Text(_) | Content::List(_) => no_formula(&shown).into_owned(),
                    Content::Nothing | Content::Count(_) | Content::Flag(_) => shown.into_owned(),
                }
            });
            let _ = writer.write_record(cells);
        }
        writer
            .into_inner()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }
}

/// One row as a json object, in the order of the columns. What serde leaves as it is but a terminal
/// would obey becomes an escape, which every reader of json turns back.
fn object_text<'a>(cells: impl Iterator<Item = (&'a Column, &'a Cell)>) -> String {
    let members: Vec<_> = cells
        .map(|(column, cell)| format!("\"{}\": {}", column.key, cell.json()))
        .collect();
    let mut text = String::from("{");
    for c in members.join(", ").chars() {
        if is_dangerous(c) {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    text.push('}');
    text
}
