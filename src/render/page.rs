//! Text for a terminal that is no list: headings, paragraphs, and lines under one another.
//!
//! What is shown comes from documents of others, so that it is made harmless first. Nothing is wider
//! than the terminal, except a line that is to be copied, and a word that is wider by itself.

use anstyle::{AnsiColor, Style as Look};

use super::escape::harmless;
use super::table::{Style, Table, Tone};

/// Characters for the labels of lines under one another.
const LABEL: usize = 10;

/// A text under construction.
#[derive(Debug)]
pub struct Page {
    style: Style,
    text: String,
}

impl Page {
    /// An empty page.
    pub fn new(style: Style) -> Self {
        Self {
            style,
            text: String::new(),
        }
    }

    /// The text so far; ends with a line end unless it is empty.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// One empty line, and not two.
    pub fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A heading with an empty line above it.
    pub fn heading(&mut self, heading: &str) {
        self.gap();
        self.toned(0, heading, Tone::Strong);
    }

    /// Prose, wrapped; its line ends stay.
    pub fn prose(&mut self, indent: usize, prose: &str) {
        self.toned(indent, prose, Tone::Plain);
    }

    /// Prose with a look.
    pub fn toned(&mut self, indent: usize, prose: &str, tone: Tone) {
        let indent = " ".repeat(indent);
        self.wrapped(&indent, &indent, prose, tone);
    }

    /// A label and what belongs to it, wrapped beside the label; nothing when there is nothing to say.
    pub fn pair(&mut self, indent: usize, label: &str, value: &str) {
        self.labelled(indent, LABEL, label, value);
    }

    /// As [`Page::pair`], for labels of another width.
    pub fn labelled(&mut self, indent: usize, width: usize, label: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let first = format!("{}{label:<width$} ", " ".repeat(indent));
        let next = " ".repeat(indent + width + 1);
        self.wrapped(&first, &next, value, Tone::Plain);
    }

    /// A line that is to be copied or compared: never wrapped.
    pub fn verbatim(&mut self, indent: usize, text: &str) {
        for line in harmless(text).lines() {
            self.text.push_str(&" ".repeat(indent));
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    /// A list.
    pub fn table(&mut self, table: &Table) {
        self.text.push_str(&table.to_text(self.style));
    }

    fn wrapped(&mut self, first: &str, next: &str, prose: &str, tone: Tone) {
        let width = usize::from(self.style.width);
        let mut lead = first;
        for paragraph in harmless(prose).lines() {
            for line in fill(paragraph, lead, next, width) {
                self.line(&line, tone);
            }
            lead = next;
        }
    }

    fn line(&mut self, line: &str, tone: Tone) {
        let line = line.trim_end();
        let look = look(tone).filter(|_| self.style.color && !line.is_empty());
        if let Some(look) = look {
            let text = format!("{look}{line}{look:#}\n");
            self.text.push_str(&text);
        } else {
            self.text.push_str(line);
            self.text.push('\n');
        }
    }
}

fn look(tone: Tone) -> Option<Look> {
    let plain = Look::new();
    match tone {
        Tone::Plain => None,
        Tone::Good => Some(plain.fg_color(Some(AnsiColor::Green.into()))),
        Tone::Warning => Some(plain.fg_color(Some(AnsiColor::Yellow.into()))),
        Tone::Bad => Some(plain.fg_color(Some(AnsiColor::Red.into())).bold()),
        Tone::Faint => Some(plain.dimmed()),
        Tone::Strong => Some(plain.bold()),
    }
}

/// One paragraph in lines of at most `width` characters, the first after `first`, the others after
/// `next`. A word that is wider stands by itself.
fn fill(paragraph: &str, first: &str, next: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut length = first.chars().count();
    let mut fresh = true;
    for word in paragraph.split_whitespace() {
        let wide = word.chars().count();
        if !fresh && length + 1 + wide > width {
            lines.push(std::mem::replace(&mut line, next.to_owned()));
            length = next.chars().count();
            fresh = true;
        }
        if !fresh {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += wide;
        fresh = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: u16) -> Page {
        Page::new(Style {
            width,
            color: false,
        })
    }

    #[test]
    fn prose_is_wrapped_and_stands_beside_its_label() {
        let mut page = page(30);
        page.heading("PFS status");
        page.pair(2, "Proof", "RVU20B, PPRRVU20.csv row 3121");
        page.pair(2, "Note", "");
        page.gap();
        page.gap();
        page.prose(0, "two\nlines");
        assert_eq!(
            page.text(),
            "PFS status\n  Proof      RVU20B,\n             PPRRVU20.csv row\n             3121\n\ntwo\nlines\n"
        );
    }

    #[test]
    fn what_is_to_be_copied_is_never_wrapped() {
        let mut page = page(20);
        page.verbatim(2, "a command that is longer than the terminal is wide");
        assert_eq!(page.text().lines().count(), 1);
    }

    proptest::proptest! {
        #[test]
        fn lines_are_never_wider_than_asked_unless_one_word_is(text in "([a-zé]{1,9} ){0,40}", width in 20_u16..90) {
            let mut page = page(width);
            page.pair(2, "Label", &text);
            for line in page.text().lines() {
                let wide = line.chars().count();
                proptest::prop_assert!(wide <= usize::from(width).max(13 + 9), "{wide}: {line}");
            }
        }

        #[test]
        fn nothing_on_a_page_can_control_a_terminal(text in ".{0,20}[\\x00-\\x1f\\x7f-\\u{9f}\u{202e}]{1,4}.{0,20}") {
            let mut page = page(40);
            page.pair(0, "Says", &text);
            page.heading(&text);
            page.verbatim(0, &text);
            let obeyed = page.text().chars().find(|c| *c != '\n' && c.is_control());
            proptest::prop_assert!(obeyed.is_none(), "{obeyed:?}");
        }
    }
}
