//! Plain text: readable in any reader, wrapped where it is prose, never where it is quoted.

use super::bodies::{ACKNOWLEDGE, NO_ADVICE, PLEASE, UNCHANGED};
use super::content::{Content, Passage, Row, Section};
use super::notice::Notice;
use super::records::Shown;
use crate::render::redline::{Fate, Piece};

/// What parts the foot from the text, as mail programs know it.
pub(super) const FOOT: &str = "-- ";

/// Columns of wrapped prose.
const WIDTH: usize = 74;

/// The plain text of a mail about a change.
pub(super) fn change(content: &Content, practice: &str) -> String {
    let mut text = Text::default();
    text.prose("", &content.headline);
    text.gap();
    text.pairs(&content.facts);
    content
        .records
        .iter()
        .for_each(|one| record(&mut text, one));
    text.note(&content.records_left_out);
    for section in &content.sections {
        part(&mut text, section);
    }
    if !content.left_out.is_empty() {
        text.gap();
        text.prose("", &content.left_out);
    }
    let (words, layers) = &content.unchanged;
    if !layers.is_empty() {
        text.heading(UNCHANGED);
        text.prose("", words);
        for layer in layers {
            text.item(layer);
        }
    }
    if !content.meanings.is_empty() {
        text.heading("What the words mean");
        content.meanings.iter().for_each(|one| text.item(one));
    }
    if !content.look_alikes.is_empty() {
        text.heading("Other services in the same file: not your codes");
        content
            .look_alikes
            .iter()
            .for_each(|one| row(&mut text, one));
        text.note(&content.look_alikes_left_out);
    }
    text.heading("The proof");
    for quote in &content.quotes {
        text.prose("", &quote.title);
        text.prose("  ", &quote.locator);
        text.line(&format!("  | {}", quote.text));
        text.gap();
    }
    text.note(&content.quotes_left_out);
    for proof in &content.proofs {
        text.gap();
        text.prose("", &proof.title);
        text.line(&format!("  {}", proof.url));
        proof
            .details
            .iter()
            .for_each(|detail| text.line(&format!("  {detail}")));
    }
    text.heading("See it again");
    if !content.page.is_empty() {
        text.line(&format!("  {}", content.page));
    }
    content
        .commands
        .iter()
        .for_each(|command| text.line(&format!("  {command}")));
    if !content.acknowledge.is_empty() {
        text.heading(PLEASE);
        text.prose("", ACKNOWLEDGE);
        if !content.acknowledge_link.is_empty() {
            text.line(&format!("  {}", content.acknowledge_link));
        }
        text.line(&format!("  {}", content.acknowledge));
    }
    text.end(practice, NO_ADVICE)
}

/// The plain text of a mail to the operator.
pub(super) fn notice(content: &Notice, practice: &str) -> String {
    let mut text = Text::default();
    text.prose("", &content.headline);
    text.gap();
    text.pairs(&content.facts);
    for (heading, paragraph) in &content.paragraphs {
        text.heading(heading);
        text.prose("", paragraph);
    }
    text.heading("See how it stands");
    content
        .commands
        .iter()
        .for_each(|command| text.line(&format!("  {command}")));
    text.end(practice, "")
}

fn part(text: &mut Text, section: &Section) {
    text.heading(&section.title);
    text.prose("", &section.claims);
    text.gap();
    let mut codes = "";
    for one in &section.rows {
        if one.codes != codes {
            text.prose("  ", &one.codes);
            codes = &one.codes;
        }
        text.prose("    ", &format!("{}: {}", one.what, sides(section, one)));
        if !one.note.is_empty() {
            text.prose("      ", &one.note);
        }
    }
    section.passages.iter().for_each(|one| passage(text, one));
}

/// Both values; what they are is said where it is not simply before and after.
fn sides(section: &Section, row: &Row) -> String {
    match section.sides {
        ("Before", _) => format!("{} → {}", row.before, row.after),
        (first, second) => format!(
            "{} {} → {} {}",
            first.to_lowercase(),
            row.before,
            second.to_lowercase(),
            row.after
        ),
    }
}

fn record(text: &mut Text, record: &Shown) {
    text.heading(&record.title);
    text.pairs(&record.fields);
    for passage in &record.passages {
        text.gap();
        text.prose("  ", &passage.terms);
        if !passage.place.is_empty() {
            text.prose("  ", &passage.place);
        }
        text.line(&format!("  | {}", passage.text));
    }
    text.note(&record.left_out);
}

fn row(text: &mut Text, row: &Row) {
    text.item(&format!(
        "{}: {} {} → {}",
        row.codes, row.what, row.before, row.after
    ));
}

fn passage(text: &mut Text, passage: &Passage) {
    text.gap();
    text.prose("  ", &passage.title);
    text.prose(
        "  ",
        "[-words that are gone-] {+words that are new+}; unchanged paragraphs are left out",
    );
    if !passage.note.is_empty() {
        text.prose("  ", &passage.note);
    }
    for paragraph in &passage.paragraphs {
        text.gap();
        let marked: Vec<String> = paragraph.iter().map(marked).collect();
        text.prose("    ", &marked.join(" "));
    }
    if !passage.left_out.is_empty() {
        text.gap();
        text.prose("    ", &passage.left_out);
    }
}

fn marked(piece: &Piece) -> String {
    match piece.fate {
        Fate::Same => piece.text.clone(),
        Fate::Gone => format!("[-{}-]", piece.text),
        Fate::New => format!("{{+{}+}}", piece.text),
    }
}

/// A text under construction.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    pub(super) fn line(&mut self, line: &str) {
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }

    /// One empty line, and not two.
    pub(super) fn gap(&mut self) {
        if !self.0.is_empty() && !self.0.ends_with("\n\n") {
            self.0.push('\n');
        }
    }

    pub(super) fn heading(&mut self, heading: &str) {
        self.gap();
        self.line(&heading.to_uppercase());
        self.gap();
    }

    pub(super) fn prose(&mut self, indent: &str, prose: &str) {
        self.wrapped(indent, indent, prose);
    }

    pub(super) fn item(&mut self, item: &str) {
        self.wrapped("- ", "  ", item);
    }

    fn note(&mut self, note: &str) {
        if !note.is_empty() {
            self.prose("", note);
        }
    }

    fn wrapped(&mut self, first: &str, next: &str, prose: &str) {
        let mut line = first.to_owned();
        let mut width = first.chars().count();
        let mut is_empty = true;
        for word in prose.split(' ').filter(|word| !word.is_empty()) {
            let length = word.chars().count();
            if !is_empty && width + 1 + length > WIDTH {
                self.line(&line);
                next.clone_into(&mut line);
                width = next.chars().count();
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
                width += 1;
            }
            line.push_str(word);
            width += length;
            is_empty = false;
        }
        self.line(&line);
    }

    fn pairs(&mut self, pairs: &[(&'static str, String)]) {
        // One column for all values; a long label has its value below it.
        const WIDEST: usize = 24;
        let widths = pairs.iter().map(|(label, _)| label.chars().count() + 2);
        let width = widths
            .filter(|&width| width <= WIDEST)
            .max()
            .unwrap_or(WIDEST);
        for (label, value) in pairs {
            let first = format!("{:<width$}", format!("{label}:"));
            if first.chars().count() > width {
                self.line(&first);
                self.wrapped(&" ".repeat(width), &" ".repeat(width), value);
            } else {
                self.wrapped(&first, &" ".repeat(width), value);
            }
        }
    }

    pub(super) fn end(mut self, practice: &str, advice: &str) -> String {
        self.gap();
        self.line(FOOT);
        if !practice.is_empty() {
            self.prose("", &format!("coverd for {practice}"));
        }
        if !advice.is_empty() {
            self.prose("", advice);
        }
        self.0
    }
}
