//! A text as its reader sees it, with the way back to its bytes.

use std::ops::Range;

/// One visible character.
#[derive(Debug, Clone, Copy)]
struct Cell {
    shown: char,
    /// Where its original begins, and how long that is.
    at: usize,
    length: usize,
}

/// The visible characters of a text: invisible ones are gone, a run of whitespace is one space (a
/// line break if it has one), hyphens are `-`, dashes `–` or `—`, ligatures are letters.
pub(super) struct View {
    cells: Vec<Cell>,
}

impl View {
    pub(super) fn new(text: &str) -> Self {
        let mut cells: Vec<Cell> = Vec::with_capacity(text.len());
        for (at, c) in text.char_indices() {
            let length = c.len_utf8();
            if c.is_whitespace() {
                let breaks = is_line_break(c);
                match cells.last_mut() {
                    Some(last) if last.shown == ' ' || last.shown == '\n' => {
                        if breaks {
                            last.shown = '\n';
                        }
                        last.length = at + length - last.at;
                    }
                    _ => cells.push(Cell {
                        shown: if breaks { '\n' } else { ' ' },
                        at,
                        length,
                    }),
                }
                continue;
            }
            let mut push = |shown| cells.push(Cell { shown, at, length });
            match c {
                _ if c.is_control() || is_invisible(c) => {}
                '\u{2010}' | '\u{2011}' | '\u{2043}' | '\u{fe63}' | '\u{ff0d}' => push('-'),
                '\u{2012}' | '\u{2212}' => push('\u{2013}'),
                '\u{2015}' => push('\u{2014}'),
                '\u{2018}' | '\u{2019}' => push('\''),
                '\u{fb00}' => "ff".chars().for_each(push),
                '\u{fb01}' => "fi".chars().for_each(push),
                '\u{fb02}' => "fl".chars().for_each(push),
                '\u{fb03}' => "ffi".chars().for_each(push),
                '\u{fb04}' => "ffl".chars().for_each(push),
                // Full-width forms of ASCII.
                '\u{ff01}'..='\u{ff5e}' => {
                    push(char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c));
                }
                _ => push(c),
            }
        }
        Self { cells }
    }

    /// Number of visible characters.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The character at a place; a space beyond either end.
    pub(super) fn at(&self, index: usize) -> char {
        self.cells.get(index).map_or(' ', |cell| cell.shown)
    }

    /// The character before a place; a space at the begin.
    pub(super) fn before(&self, index: usize) -> char {
        index.checked_sub(1).map_or(' ', |index| self.at(index))
    }

    /// The characters of a stretch; fewer at the end of the text.
    pub(super) fn text(&self, stretch: Range<usize>) -> String {
        self.shown(stretch).collect()
    }

    /// The same without a copy.
    pub(super) fn shown(&self, stretch: Range<usize>) -> impl DoubleEndedIterator<Item = char> {
        let end = stretch.end.min(self.cells.len());
        let cells = self.cells.get(stretch.start..end).unwrap_or_default();
        cells.iter().map(|cell| cell.shown)
    }

    /// The bytes of the original under a stretch that is not empty.
    pub(super) fn bytes(&self, stretch: Range<usize>) -> Range<usize> {
        let first = self.cells.get(stretch.start);
        let last = stretch.end.checked_sub(1).and_then(|i| self.cells.get(i));
        match (first, last) {
            (Some(first), Some(last)) => first.at..last.at + last.length,
            _ => 0..0,
        }
    }
}

fn is_line_break(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Soft hyphen, zero-width characters, direction marks, byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
    )
}
