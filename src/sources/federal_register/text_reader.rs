//! Walks through the XML of a document and cuts it into paragraphs, footnotes, headings and rows.

use super::full_text::{Block, FullText, number_in};
use crate::parse::xml::{Element, Visitor};

/// Thirty times what the longest rules have.
pub(super) const MOST_HEADINGS: usize = 50_000;

/// Elements that are part of the text around them.
const INLINE: [&str; 9] = ["E", "SU", "FTREF", "PRTPAGE", "AC", "FR", "I", "B", "LI"];

/// Elements of the preamble that are kept by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Subject,
    Action,
    Summary,
    Docket,
    Rin,
    Number,
}

/// What has been read so far.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) text: FullText,
    /// Names of the open elements.
    open: Vec<String>,
    /// The block that is being read, and those that it interrupts (a footnote inside a paragraph).
    line: Line,
    interrupted: Vec<Line>,
    cells: Vec<String>,
    /// The heading path in force, with the level of each.
    path: Vec<(usize, String)>,
    /// Its place in the list.
    heading: usize,
    /// The place of the path with the title of the table that is being read.
    table: Option<usize>,
    page: String,
    /// Inside a picture, whose file name is no text.
    in_picture: usize,
    /// Raised characters: footnote marks.
    raised: usize,
    /// There were more headings than any document has.
    pub(super) headings_left_out: bool,
}

#[derive(Default)]
struct Line {
    text: String,
    pages: Vec<(usize, String)>,
}

impl Visitor for Reader {
    fn open(&mut self, element: &Element<'_>) {
        let name = element.name();
        if self.open.is_empty() {
            name.clone_into(&mut self.text.root);
            self.text.headings.push(Vec::new());
        }
        match name {
            "PRTPAGE" => self.turn(element.attribute("P")),
            "SU" => self.raised += 1,
            "E" if matches!(element.attribute("T").as_deref(), Some("51")) => self.raised += 1,
            "LI" => self.push_space(),
            "GPH" | "MATH" => {
                self.in_picture += 1;
                self.text.pictures += 1;
            }
            "FTNT" => {
                let line = std::mem::take(&mut self.line);
                self.interrupted.push(line);
            }
            "ENT" | "CHED" => {}
            _ if INLINE.contains(&name) => {}
            _ if self.in_row() => self.push_space(),
            _ => self.end_block(None),
        }
        // A heading's level is needed when it ends; it is kept with its name.
        let mark = match (name, element.attribute("SOURCE"), element.attribute("T")) {
            ("HD", Some(source), _) => format!("HD {source}"),
            ("E", _, Some(kind)) => format!("E {kind}"),
            _ => name.to_owned(),
        };
        self.open.push(mark);
    }

    fn text(&mut self, text: &str) {
        if self.in_picture > 0 {
            return;
        }
        if self.line.text.is_empty() {
            let text = text.trim_start();
            if text.is_empty() {
                return;
            }
            self.line.pages.push((0, self.page.clone()));
        }
        // A raised number is no digit of what it stands beside: 20560 with a footnote.
        if self.raised > 0
            && text
                .chars()
                .all(|c| c.is_ascii_digit() || c == ',' || c.is_whitespace())
        {
            self.line.text.extend(text.trim().chars().map(raise));
        } else {
            self.line.text.push_str(text);
        }
    }

    fn close(&mut self, name: &str) {
        let mark = self.open.pop().unwrap_or_default();
        match name {
            "SU" => self.raised = self.raised.saturating_sub(1),
            "E" if mark == "E 51" => self.raised = self.raised.saturating_sub(1),
            "GPH" | "MATH" => {
                self.in_picture = self.in_picture.saturating_sub(1);
            }
            "FTNT" => {
                self.end_block(None);
                self.line = self.interrupted.pop().unwrap_or_default();
            }
            "ENT" | "CHED" => {
                let cell = std::mem::take(&mut self.line.text);
                self.cells.push(one_line(&cell));
                // The line is to remember the page of the row's begin.
                self.line.text.clear();
            }
            "ROW" | "BOXHD" => self.end_row(),
            "TTITLE" => self.end_title(),
            "GPOTABLE" => {
                self.end_block(None);
                self.table = None;
            }
            "HD" => self.end_block(Some(level(&mark))),
            _ if INLINE.contains(&name) => {}
            _ if self.in_row() => self.push_space(),
            _ => {
                let part = match name {
                    "SUBJECT" => Some(Part::Subject),
                    "DEPDOC" => Some(Part::Docket),
                    "RIN" => Some(Part::Rin),
                    "FRDOC" => Some(Part::Number),
                    "P" => match self.open.last().map(String::as_str) {
                        Some("ACT") => Some(Part::Action),
                        Some("SUM") => Some(Part::Summary),
                        _ => None,
                    },
                    _ => None,
                };
                if let Some(part) = part {
                    self.keep(part);
                }
                self.end_block(None);
            }
        }
    }
}

impl Reader {
    fn in_row(&self) -> bool {
        self.open
            .iter()
            .rev()
            .take(6)
            .any(|name| name == "ROW" || name == "BOXHD")
    }

    fn push_space(&mut self) {
        if !self.line.text.is_empty() {
            self.line.text.push(' ');
        }
    }

    fn turn(&mut self, page: Option<String>) {
        if let Some(page) = page {
            self.page = page.chars().take(20).collect();
            let at = self.line.text.len();
            if at > 0 {
                self.line.pages.push((at, self.page.clone()));
            }
        }
    }

    fn keep(&mut self, part: Part) {
        let line = one_line(&self.line.text);
        let text = &mut self.text;
        match part {
            // The first is the document's own; sections of the regulation have subjects, too.
            Part::Subject if text.subject.is_empty() => text.subject = line,
            Part::Action if text.action.is_empty() => text.action = line,
            Part::Summary => {
                if !text.summary.is_empty() {
                    text.summary.push(' ');
                }
                text.summary.push_str(&line);
            }
            Part::Docket => {
                text.dockets.push_str(&line);
                text.dockets.push(' ');
            }
            Part::Rin => {
                let rin = line.trim_start_matches("RIN").trim();
                text.rins.push(rin.to_owned());
            }
            Part::Number => {
                text.number = number_in(&line).map(|number| number.replace('\u{2013}', "-"));
            }
            Part::Subject | Part::Action => {}
        }
    }

    /// Ends a paragraph, or a heading of a level.
    fn end_block(&mut self, heading: Option<usize>) {
        let line = std::mem::take(&mut self.line);
        let (text, pages) = normalised(&line);
        if text.is_empty() {
            return;
        }
        if let Some(level) = heading {
            self.path.retain(|(above, _)| *above < level);
            self.path.push((level, shorten(&text)));
        }
        if heading.is_some() {
            let path = self.path.iter().map(|(_, text)| text.clone()).collect();
            self.heading = self.add_heading(path);
        }
        self.text.blocks.push(Block {
            text,
            heading: self.heading,
            pages,
        });
    }

    /// Keeps a heading path and returns its place.
    fn add_heading(&mut self, path: Vec<String>) -> usize {
        if self.text.headings.len() >= MOST_HEADINGS {
            self.headings_left_out = true;
        } else {
            self.text.headings.push(path);
        }
        self.text.headings.len().saturating_sub(1)
    }

    /// The title of a table stands above its rows like a heading.
    fn end_title(&mut self) {
        let title = one_line(&self.line.text);
        self.end_block(None);
        if !title.is_empty() {
            let path = self.path.iter().map(|(_, text)| text.clone());
            let path = path.chain([shorten(&title)]).collect();
            self.table = Some(self.add_heading(path));
        }
    }

    fn end_row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        self.line = Line::default();
        if cells.iter().all(String::is_empty) {
            return;
        }
        self.text.blocks.push(Block {
            text: cells.join(" | "),
            heading: self.table.unwrap_or(self.heading),
            pages: vec![(0, self.page.clone())],
        });
    }
}

/// HED is a label of the preamble, HD1 a chapter, HD2 and so on below it.
fn level(mark: &str) -> usize {
    let source = mark.strip_prefix("HD ").unwrap_or_default();
    let digits = source.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits
        .get(..1)
        .and_then(|digit| digit.parse().ok())
        .unwrap_or(0)
}

/// Headings are quoted with every passage below them.
fn shorten(text: &str) -> String {
    const LONGEST: usize = 120;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(LONGEST).collect();
    cut.push('\u{2026}');
    cut
}

fn raise(digit: char) -> char {
    match digit {
        '0' => '\u{2070}',
        '1' => '\u{b9}',
        '2' => '\u{b2}',
        '3' => '\u{b3}',
        '4'..='9' => char::from_u32(u32::from(digit) - u32::from('4') + 0x2074).unwrap_or(digit),
        other => other,
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One line, with the places of pages where they are now.
fn normalised(line: &Line) -> (String, Vec<(usize, String)>) {
    let mut text = String::with_capacity(line.text.len());
    let mut pages = Vec::with_capacity(line.pages.len());
    let mut turns = line.pages.iter().peekable();
    let mut space = false;
    for (at, c) in line.text.char_indices() {
        while let Some((_, page)) = turns.next_if(|(turn, _)| *turn <= at) {
            pages.push((text.len(), page.clone()));
        }
        if c.is_whitespace() {
            space = !text.is_empty();
        } else {
            if std::mem::take(&mut space) {
                text.push(' ');
            }
            text.push(c);
        }
    }
    (text, pages)
}
