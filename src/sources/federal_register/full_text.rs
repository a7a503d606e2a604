//! The full text of a document (XML of the Government Publishing Office): its paragraphs, footnotes and
//! table rows in order, each with the headings above it and the pages on which it stands.

use super::text_reader::{MOST_HEADINGS, Reader};
use crate::model::request::ShapeError;
use crate::parse::xml;

/// The longest rules have 12 MB of XML.
const MAX_BYTES: usize = 64 << 20;

/// One paragraph, footnote, heading or table row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its words; the cells of a row separated by ` | `.
    pub text: String,
    /// The headings above it, outermost first: an index into [`FullText::headings`].
    pub heading: usize,
    /// Where in the text a page begins, and its number; the first entry holds from the begin on.
    pub pages: Vec<(usize, String)>,
}

impl Block {
    /// The page on which a byte of the text stands; empty where the document names none.
    pub fn page_at(&self, at: usize) -> &str {
        let begun = self.pages.iter().rev().find(|(begin, _)| *begin <= at);
        begun
            .or(self.pages.first())
            .map_or("", |(_, page)| page.as_str())
    }
}

/// What the XML of one document holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FullText {
    /// Name of the outermost element: `RULE`, `PRORULE`, `NOTICE`.
    pub root: String,
    /// Number in the line "[FR Doc. 2016-08679 Filed ...]".
    pub number: Option<String>,
    /// The subject, as printed.
    pub subject: String,
    /// The action, as printed.
    pub action: String,
    /// The summary, as printed.
    pub summary: String,
    /// Dockets as printed, in one text.
    pub dockets: String,
    /// RIN as printed.
    pub rins: Vec<String>,
    /// Everything that can be read, in order.
    pub blocks: Vec<Block>,
    /// The heading paths, each once.
    pub headings: Vec<Vec<String>>,
    /// Pictures, whose words cannot be read; tables are printed as pictures, too.
    pub pictures: usize,
}

/// Reads the XML of one document.
///
/// # Errors
/// When it is not whole and well-formed XML of a rule, proposed rule or notice; when it lacks its
/// subject or its "FR Doc." line (corrections numbered `C1-...` have none).
pub fn full_text(bytes: &[u8], what: &str) -> Result<FullText, ShapeError> {
    let mut reader = Reader::default();
    xml::read(bytes, MAX_BYTES, &mut reader)
        .map_err(|error| ShapeError::new(what, error.to_string()))?;
    let text = reader.text;
    if !matches!(
        text.root.as_str(),
        "RULE" | "PRORULE" | "NOTICE" | "CORRECT"
    ) {
        let why = format!(
            "the element <{:.40}> where a rule, proposed rule or notice is expected",
            text.root
        );
        return Err(ShapeError::new(what, why));
    }
    if reader.headings_left_out {
        let why = format!("it has more than {MOST_HEADINGS} headings");
        return Err(ShapeError::new(what, why));
    }
    // What is printed to correct a slip of the printer has no preamble.
    if text.subject.is_empty() && text.root != "CORRECT" {
        return Err(ShapeError::new(what, "it has no subject"));
    }
    Ok(text)
}

/// The number in "[FR Doc. 2016-08679 Filed 4-14-16; 8:45 am]".
pub(super) fn number_in(text: &str) -> Option<&str> {
    let at = text.find("FR Doc")?;
    let rest = text.get(at + "FR Doc".len()..)?;
    let number = rest.trim_start_matches(['.', ' ', '\u{a0}', ':']);
    let end = number
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '\u{2013}'))
        .unwrap_or(number.len());
    number
        .get(..end)
        .filter(|number| number.contains(['-', '\u{2013}']))
}
