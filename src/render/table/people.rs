//! Lists as people read them: aligned columns on a terminal, Markdown on a page.

use comfy_table::{
    Attribute, Cell as BoxCell, CellAlignment, Color, ColumnConstraint, ContentArrangement,
    LineStyle, Width, presets,
};

use super::cell::Tone;
use super::column::{Column, Readers};
use super::list::Table;
use crate::render::escape::{harmless, markdown};

/// Longest word that a column is made wide enough for; hashes and addresses are cut.
const WORD: usize = 16;

/// Blanks on both sides of a cell.
const PADDING: u16 = 2;

/// Width and colour of a table for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Characters in a line; cells are wrapped to fit.
    pub width: u16,
    /// Whether colour is sent.
    pub color: bool,
}

impl Table {
    /// Aligned columns with the notes below. Ends with a line end, unless there is nothing to say.
    pub fn to_text(&self, style: Style) -> String {
        let mut text = String::new();
        if !self.rows.is_empty() {
            for line in self.boxed(style).lines() {
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        for note in &self.notes {
            text.push_str(&harmless(note));
            text.push('\n');
        }
        text
    }

    fn boxed(&self, style: Style) -> comfy_table::Table {
        let line = |fill| LineStyle::none().fill(fill).junction(fill);
        let look = presets::NOTHING.header_separator(line('─'));
        let mut table = comfy_table::Table::new();
        table
            .load_style(look)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(style.width)
            .force_no_tty();
        if style.color {
            table.enforce_styling();
        }
        table.set_header(self.shown(Readers::People).map(|column| {
            let cell = BoxCell::new(column.title).set_alignment(alignment(column));
            if style.color {
                cell.add_attribute(Attribute::Bold)
            } else {
                cell
            }
        }));
        for row in &self.rows {
            table.add_row(self.cells(row, Readers::People).map(|(column, cell)| {
                let text = harmless(&cell.joined("\n")).into_owned();
                toned(
                    BoxCell::new(text).set_alignment(alignment(column)),
                    cell.tone,
                )
            }));
        }
        for (column, drawn) in self.shown(Readers::People).zip(table.column_iter_mut()) {
            drawn.set_constraint(if column.whole {
                ColumnConstraint::ContentWidth
            } else {
                ColumnConstraint::LowerBoundary(Width::Fixed(self.longest_word(column)))
            });
        }
        table
    }

    /// Width that a column needs so that none of its words is cut in two, as far as words are words.
    fn longest_word(&self, column: &Column) -> u16 {
        let cells = self
            .rows
            .iter()
            .flat_map(|row| self.columns.iter().zip(row))
            .filter(|(of, _)| of.key == column.key)
            .map(|(_, cell)| cell.joined("\n"));
        let words = |text: &str| {
            text.split_whitespace()
                .map(|word| word.chars().count())
                .max()
        };
        let longest = cells
            .filter_map(|text| words(&text))
            .chain(words(column.title))
            .max()
            .unwrap_or_default();
        u16::try_from(longest.min(WORD)).unwrap_or_default() + PADDING
    }

    /// A table of Markdown with the notes below.
    pub fn to_markdown(&self) -> String {
        let line = |cells: &mut dyn Iterator<Item = String>| {
            format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
        };
        let mut text = line(
            &mut self
                .shown(Readers::People)
                .map(|column| markdown(column.title)),
        );
        text.push_str(&line(
            &mut self
                .shown(Readers::People)
                .map(|column| if column.right { "---:" } else { "---" }.to_owned()),
        ));
        for row in &self.rows {
            text.push_str(&line(
                &mut self
                    .cells(row, Readers::People)
                    .map(|(_, cell)| markdown(&cell.joined("\n"))),
            ));
        }
        for note in &self.notes {
            text.push('\n');
            text.push_str(&markdown(note));
            text.push('\n');
        }
        text
    }
}

fn alignment(column: &Column) -> CellAlignment {
    if column.right {
        CellAlignment::Right
    } else {
        CellAlignment::Left
    }
}

fn toned(cell: BoxCell, tone: Tone) -> BoxCell {
    match tone {
        Tone::Plain => cell,
        Tone::Good => cell.fg(Color::Green),
        Tone::Warning => cell.fg(Color::Yellow),
        Tone::Bad => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        Tone::Faint => cell.add_attribute(Attribute::Dim),
        Tone::Strong => cell.add_attribute(Attribute::Bold),
    }
}
