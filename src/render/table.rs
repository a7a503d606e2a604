//! Lists, for people (aligned columns) and for programs (csv, json) and for pages (markdown).
//!
//! What is in the cells comes from documents of others, so that every form makes it harmless first.

use std::borrow::Cow;
use std::fmt::Write;

use comfy_table::{
    Attribute, Cell as BoxCell, CellAlignment, Color, ColumnConstraint, ContentArrangement,
    LineStyle, Width, presets,
};

use super::escape::{harmless, is_dangerous, markdown, no_formula};

/// Longest word that a column is made wide enough for; hashes and addresses are cut.
const WORD: usize = 16;

/// Blanks on both sides of a cell.
const PADDING: u16 = 2;

/// A list with named columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    notes: Vec<String>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name for programs: `snake_case`, never changed lightly.
    pub key: &'static str,
    /// Its heading for people.
    pub title: &'static str,
    /// Whether its cells are numbers, aligned on the right.
    pub right: bool,
    readers: Readers,
    whole: bool,
}

/// Who sees a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    All,
    People,
    Programs,
}

impl Column {
    /// A column of texts.
    pub fn left(key: &'static str, title: &'static str) -> Self {
        Self {
            key,
            title,
            right: false,
            readers: Readers::All,
            whole: false,
        }
    }

    /// A column of numbers.
    pub fn right(key: &'static str, title: &'static str) -> Self {
        Self {
            right: true,
            ..Self::left(key, title)
        }
    }

    /// What only programs need: hashes, addresses, whole texts. People do not see it.
    #[must_use]
    pub fn for_programs(self) -> Self {
        Self {
            readers: Readers::Programs,
            ..self
        }
    }

    /// What programs have in other columns, put together for people. It is not in json or csv.
    #[must_use]
    pub fn for_people(self) -> Self {
        Self {
            readers: Readers::People,
            ..self
        }
    }

    /// Never wrapped: dates, ids.
    #[must_use]
    pub fn whole(self) -> Self {
        Self {
            whole: true,
            ..self
        }
    }

    fn is_for(&self, readers: Readers) -> bool {
        self.readers == Readers::All || self.readers == readers
    }
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    content: Content,
    tone: Tone,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Nothing,
    Text(String),
    Count(i64),
    Flag(bool),
    List(Vec<String>),
}

/// How a cell looks where colour is wanted. Colour never carries meaning alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// As everything.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Wrong.
    Bad,
    /// Of lesser interest.
    Faint,
    /// What the row is about.
    Strong,
}

impl Cell {
    /// Nothing: empty for people, `null` in json.
    pub fn nothing() -> Self {
        Self::of(Content::Nothing)
    }

    /// A text, a decimal number or a date: text in json, so that no digit is lost.
    pub fn text(text: impl Into<String>) -> Self {
        Self::of(Content::Text(text.into()))
    }

    /// A text, or nothing.
    pub fn maybe(text: Option<impl ToString>) -> Self {
        text.map_or_else(Self::nothing, |text| Self::text(text.to_string()))
    }

    /// A count: a number in json.
    pub fn count(count: impl Into<i64>) -> Self {
        Self::of(Content::Count(count.into()))
    }

    /// Yes or no: `true` or `false` in json.
    pub fn flag(flag: bool) -> Self {
        Self::of(Content::Flag(flag))
    }

    /// Several texts: lines for people, joined with `; ` in csv, an array in json.
    pub fn list(texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::of(Content::List(texts.into_iter().map(Into::into).collect()))
    }

    /// Gives it a look.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    fn of(content: Content) -> Self {
        Self {
            content,
            tone: Tone::Plain,
        }
    }

    fn joined(&self, separator: &str) -> Cow<'_, str> {
        match &self.content {
            Content::Nothing => Cow::Borrowed(""),
            Content::Text(text) => Cow::Borrowed(text),
            Content::Count(count) => Cow::Owned(count.to_string()),
            Content::Flag(flag) => Cow::Borrowed(if *flag { "yes" } else { "no" }),
            Content::List(texts) => Cow::Owned(texts.join(separator)),
        }
    }

    fn json(&self) -> serde_json::Value {
        match &self.content {
            Content::Nothing => serde_json::Value::Null,
            Content::Text(text) => text.as_str().into(),
            Content::Count(count) => (*count).into(),
            Content::Flag(flag) => (*flag).into(),
            Content::List(texts) => texts.iter().map(String::as_str).collect(),
        }
    }
}

/// Width and colour of a table for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Characters in a line; cells are wrapped to fit.
    pub width: u16,
    /// Whether colour is sent.
    pub color: bool,
}

impl Table {
    /// An empty list.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Adds a row. One with too few cells is filled up with nothing; cells beyond the last column are
    /// left out.
    pub fn push(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let width = self.columns.len();
        let mut row: Vec<_> = cells.into_iter().take(width).collect();
        row.resize_with(width, Cell::nothing);
        self.rows.push(row);
    }

    /// Adds a line below the table, for people only.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

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

    fn shown(&self, readers: Readers) -> impl Iterator<Item = &Column> {
        self.columns
            .iter()
            .filter(move |column| column.is_for(readers))
    }

    fn cells<'a>(
        &'a self,
        row: &'a [Cell],
        readers: Readers,
    ) -> impl Iterator<Item = (&'a Column, &'a Cell)> {
        self.columns
            .iter()
            .zip(row)
            .filter(move |(column, _)| column.is_for(readers))
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

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style {
        width: 60,
        color: false,
    };

    fn table() -> Table {
        let mut table = Table::new([
            Column::left("code", "Code"),
            Column::right("work_rvu", "Work RVU"),
            Column::left("says", "Says"),
        ]);
        table.push([
            Cell::text("20560").tone(Tone::Strong),
            Cell::text("0.32"),
            Cell::list(["active", "payable if covered"]),
        ]);
        table.push([Cell::text("20561"), Cell::nothing(), Cell::count(3)]);
        table.note("2 codes");
        table
    }

    #[test]
    fn a_table_for_people_is_aligned_and_has_its_notes() {
        let lines = [
            " Code    Work RVU   Says",
            "───────────────────────────────────────",
            " 20560       0.32   active",
            "                    payable if covered",
            " 20561              3",
            "2 codes",
            "",
        ];
        assert_eq!(table().to_text(PLAIN), lines.join("\n"));
    }

    #[test]
    fn a_table_is_wrapped_to_the_width_that_it_is_given() {
        let mut table = table();
        table.push([
            Cell::text("20552"),
            Cell::nothing(),
            Cell::text("word ".repeat(40)),
        ]);
        for width in [40, 60, 100] {
            let text = table.to_text(Style { width, ..PLAIN });
            let longest = text.lines().map(|line| line.chars().count()).max();
            assert!(
                longest <= Some(usize::from(width)),
                "{width}: {longest:?}\n{text}"
            );
        }
    }

    #[test]
    fn people_and_programs_each_see_their_columns() {
        let mut table = Table::new([
            Column::left("id", "Id").for_programs(),
            Column::left("says", "Says").for_people(),
            Column::left("day", "Day").whole(),
        ]);
        let says = "word ".repeat(30);
        table.push([Cell::text("a1"), Cell::text(says), Cell::text("2020-04-01")]);
        let text = table.to_text(Style { width: 40, ..PLAIN });
        assert!(
            text.contains("Says") && text.contains("2020-04-01"),
            "{text}"
        );
        assert!(!text.contains("Id") && !text.contains("a1"), "{text}");
        assert_eq!(table.to_csv(), "id,day\r\na1,2020-04-01\r\n");
        assert!(
            table
                .to_json()
                .contains(r#"{"id": "a1", "day": "2020-04-01"}"#)
        );
        assert!(table.to_markdown().starts_with("| Says | Day |"));
    }

    #[test]
    fn colour_is_sent_only_when_told() {
        assert!(!table().to_text(PLAIN).contains('\u{1b}'));
        let color = Style {
            color: true,
            ..PLAIN
        };
        assert!(table().to_text(color).contains("\u{1b}["));
    }

    #[test]
    fn an_empty_table_says_only_its_notes() {
        let mut table = Table::new([Column::left("code", "Code")]);
        table.note("nothing changed");
        assert_eq!(table.to_text(PLAIN), "nothing changed\n");
        assert_eq!(table.to_json(), "[]\n");
        assert_eq!(table.to_csv(), "code\r\n");
    }

    #[test]
    fn json_keeps_kinds_and_the_order_of_columns() {
        insta::assert_snapshot!(table().to_json(), @r#"
        [
          {"code": "20560", "work_rvu": "0.32", "says": ["active","payable if covered"]},
          {"code": "20561", "work_rvu": null, "says": 3}
        ]
        "#);
        let parsed: serde_json::Value = serde_json::from_str(&table().to_json()).unwrap();
        assert_eq!(parsed[1]["work_rvu"], serde_json::Value::Null);
        assert_eq!(parsed[0]["says"][1], "payable if covered");
    }

    #[test]
    fn csv_has_keys_and_every_row() {
        assert_eq!(
            table().to_csv(),
            "code,work_rvu,says\r\n20560,0.32,active; payable if covered\r\n20561,,3\r\n"
        );
    }

    #[test]
    fn markdown_is_escaped() {
        let mut table = Table::new([Column::right("says", "Says")]);
        table.push([Cell::text("a|b <i>\n*c*")]);
        assert_eq!(
            table.to_markdown(),
            "| Says |\n| ---: |\n| a\\|b &lt;i&gt;<br>\\*c\\* |\n"
        );
    }

    #[test]
    fn rows_always_have_as_many_cells_as_columns() {
        let mut table = Table::new([Column::left("a", "A"), Column::left("b", "B")]);
        table.push([Cell::flag(true)]);
        table.push([Cell::text("1"), Cell::text("2"), Cell::text("3")]);
        assert_eq!(table.to_csv(), "a,b\r\nyes,\r\n1,2\r\n");
    }

    proptest::proptest! {
        #[test]
        fn nothing_in_a_cell_can_control_a_terminal(text in "\\PC{0,20}[\\x00-\\x1f\\x7f-\\u{9f}\u{202e}\u{2066}]{1,4}.{0,20}") {
            let mut table = Table::new([Column::left("says", "Says")]);
            table.push([Cell::text(&text)]);
            table.note(&text);
            for out in [table.to_text(PLAIN), table.to_json(), table.to_csv().replace("\r\n", "\n"), table.to_markdown()] {
                let obeyed = out.chars().find(|&c| c != '\n' && is_dangerous(c));
                proptest::prop_assert!(obeyed.is_none(), "{obeyed:?} in {out:?}");
            }
            let parsed: serde_json::Value = serde_json::from_str(&table.to_json()).unwrap();
            proptest::prop_assert_eq!(parsed[0]["says"].as_str(), Some(text.as_str()));
        }
    }
}
