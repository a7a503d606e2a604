//! Passages: a place in a long text that names what is watched, quoted with where it stands.

use std::fmt;

/// One place in a document that names watched codes, words or policies.
///
/// The attribute [`super::attribute::Attribute::Passages`] holds one a line, in the form that
/// [`fmt::Display`] writes and [`Passage::parse`] reads:
/// `20560, dry needling | II. Provisions > E. Codes | 91 FR 43850 | the paragraph or table row`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Passage {
    /// What it names, as it is watched: codes first, each once.
    pub terms: Vec<String>,
    /// The headings above it, outermost first.
    pub heading: Vec<String>,
    /// The page it stands on, as people cite it; empty where the document has none.
    pub page: String,
    /// Its words: a paragraph or a table row, cut to a few hundred characters around what it names.
    pub text: String,
}

impl Passage {
    /// Reads one line of the attribute; `None` for what is no such line.
    pub fn parse(line: &str) -> Option<Self> {
        let mut parts = line.splitn(4, " | ");
        let (terms, heading, page, text) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let list = |text: &str, separator| {
            text.split(separator)
                .filter(|part| !part.is_empty())
                .map(ToOwned::to_owned)
                .collect()
        };
        Some(Self {
            terms: list(terms, ", "),
            heading: list(heading, " > "),
            page: page.to_owned(),
            text: text.to_owned(),
        })
    }

    /// All passages of a text of that form.
    pub fn parse_all(text: &str) -> Vec<Self> {
        text.lines().filter_map(Self::parse).collect()
    }
}

impl fmt::Display for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A bar by itself separates the parts, so that none may stand in them.
        let part = |words: &[&str]| words.join(" ").replace('|', "\u{a6}");
        let words = |text: &str| -> String { part(&text.split_whitespace().collect::<Vec<_>>()) };
        // Nor may what separates terms and headings stand at the end of a word, or as one.
        let term = |text: &String| {
            let words = text
                .split_whitespace()
                .map(|word| word.trim_end_matches(','));
            part(&words.filter(|word| !word.is_empty()).collect::<Vec<_>>())
        };
        let heading = |text: &String| {
            let words = text.split_whitespace().filter(|word| *word != ">");
            part(&words.collect::<Vec<_>>())
        };
        let is_said = |text: &String| !text.is_empty();
        let terms: Vec<String> = self.terms.iter().map(term).filter(is_said).collect();
        let headings: Vec<String> = self.heading.iter().map(heading).filter(is_said).collect();
        write!(
            f,
            "{} | {} | {} | {}",
            terms.join(", "),
            headings.join(" > "),
            words(&self.page),
            words(&self.text)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_reads_back_whatever_stands_in_it() {
        let passage = Passage {
            terms: vec!["20560".to_owned(), "dry needling".to_owned()],
            heading: vec!["II. Provisions".to_owned(), "E. Codes".to_owned()],
            page: "91 FR 43850".to_owned(),
            text: "| 20560 | N | a row \n of a table |".to_owned(),
        };
        let read = Passage::parse(&passage.to_string()).unwrap();
        assert_eq!(read.terms, passage.terms);
        assert_eq!(read.heading, passage.heading);
        assert_eq!(read.page, passage.page);
        assert_eq!(
            read.text,
            "\u{a6} 20560 \u{a6} N \u{a6} a row of a table \u{a6}"
        );
        assert_eq!(Passage::parse(&read.to_string()), Some(read));
        let bare = Passage {
            terms: vec![],
            heading: vec![],
            page: String::new(),
            text: "x".to_owned(),
        };
        assert_eq!(Passage::parse(&bare.to_string()), Some(bare));
        assert_eq!(Passage::parse("a sentence"), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(line in "([a ,>|]{0,9} \\| ){3}[a ,>|]{0,9}") {
            let read = Passage::parse(&line).unwrap();
            let written = read.to_string();
            let again = Passage::parse(&written).unwrap();
            proptest::prop_assert_eq!(again.to_string(), written);
        }
    }
}
