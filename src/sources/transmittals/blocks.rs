//! The text of a PDF as paragraphs and table rows, each with its page and the headings above it.

/// A paragraph, or a row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Its words on one line; the cells of a row separated by ` | `.
    pub(super) text: String,
    /// Its page, from 1.
    pub(super) page: usize,
    /// The headings above it, outermost first.
    pub(super) heading: Vec<String>,
    /// The cells, where it is a row of a table.
    pub(super) cells: Vec<String>,
}

impl Block {
    /// Whether it is a row of a table.
    pub(super) fn is_row(&self) -> bool {
        !self.cells.is_empty()
    }
}

/// Cuts a text with form feeds between pages into blocks.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    for (number, page) in text.split('\x0c').enumerate() {
        reader.page = number + 1;
        for line in page.lines() {
            reader.line(line.trim());
        }
        reader.end_paragraph();
    }
    reader.done
}

#[derive(Default)]
struct Reader {
    done: Vec<Block>,
    page: usize,
    heading: Vec<String>,
    paragraph: Vec<String>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if line.is_empty() {
            self.end_paragraph();
            return;
        }
        if let Some((depth, heading)) = heading(line) {
            self.end_paragraph();
            self.heading.truncate(depth);
            self.heading.push(heading);
        }
        let cells = cells(line);
        if cells.len() > 1 {
            self.end_paragraph();
            self.push(cells.join(" | "), cells);
        } else {
            self.paragraph.push(line.to_owned());
        }
    }

    fn end_paragraph(&mut self) {
        if !self.paragraph.is_empty() {
            let lines = std::mem::take(&mut self.paragraph);
            let words: Vec<&str> = lines
                .iter()
                .flat_map(|line| line.split_whitespace())
                .collect();
            self.push(words.join(" "), Vec::new());
        }
    }

    fn push(&mut self, text: String, cells: Vec<String>) {
        self.done.push(Block {
            text,
            page: self.page,
            heading: self.heading.clone(),
            cells,
        });
    }
}

/// The columns of a line: two spaces part them, but not after the end of a sentence.
fn cells(line: &str) -> Vec<String> {
    let mut cells: Vec<String> = Vec::new();
    for part in line
        .split("  ")
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        match cells.last_mut() {
            Some(last) if last.ends_with(['.', ':', ';', '?', '!']) => {
                last.push(' ');
                last.push_str(part);
            }
            _ => cells.push(part.to_owned()),
        }
    }
    cells
}

/// `I. SUMMARY OF CHANGES: ...` and `Attachment 1` are headings of the first order, `B. Policy:` of the second.
fn heading(line: &str) -> Option<(usize, String)> {
    const LONGEST: usize = 80;
    if line.starts_with("Attachment") && line.len() <= LONGEST {
        return Some((0, line.to_owned()));
    }
    let (mark, rest) = line.split_once(". ")?;
    let title = rest.split(':').next().unwrap_or(rest).trim();
    if title.is_empty() || title.len() > LONGEST || mark.is_empty() {
        return None;
    }
    let has_letters = title.chars().any(char::is_alphabetic);
    let roman = mark.chars().all(|c| matches!(c, 'I' | 'V' | 'X'));
    if roman && has_letters && !title.chars().any(char::is_lowercase) {
        return Some((0, format!("{mark}. {title}")));
    }
    let lettered = mark.len() == 1 && mark.chars().all(|c| c.is_ascii_uppercase());
    (lettered && rest.contains(':') && title.starts_with(char::is_uppercase))
        .then(|| (1, format!("{mark}. {title}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_rows_headings_and_pages_are_known() {
        let text = "I. SUMMARY OF CHANGES: One\nsentence.  Another.\n\nB. Policy: Nothing\x0cAttachment 1\n\nCode  Status\n20560  A";
        let found: Vec<_> = blocks(text)
            .into_iter()
            .map(|block| {
                (
                    block.page,
                    block.heading.join(" > "),
                    block.text,
                    block.cells.len(),
                )
            })
            .collect();
        let own = |page, heading: &str, text: &str, cells| {
            (page, heading.to_owned(), text.to_owned(), cells)
        };
        assert_eq!(
            found,
            [
                own(
                    1,
                    "I. SUMMARY OF CHANGES",
                    "I. SUMMARY OF CHANGES: One sentence. Another.",
                    0
                ),
                own(
                    1,
                    "I. SUMMARY OF CHANGES > B. Policy",
                    "B. Policy: Nothing",
                    0
                ),
                own(2, "Attachment 1", "Attachment 1", 0),
                own(2, "Attachment 1", "Code | Status", 2),
                own(2, "Attachment 1", "20560 | A", 2),
            ]
        );
    }
}
