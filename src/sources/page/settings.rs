//! What the configuration says of a page.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::model::change::Severity;
use crate::model::code::Service;
use crate::model::request::Expect;

/// What an address holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PageKind {
    /// An HTML page.
    Html,
    /// A JSON value.
    Json,
    /// A table in text form, separated by commas, semicolons or tabs.
    Csv,
    /// A workbook.
    Xlsx,
    /// A PDF.
    Pdf,
    /// Plain text.
    Text,
}

impl PageKind {
    /// The kind of body that its address has to answer with.
    pub(super) fn expect(self) -> Expect {
        match self {
            Self::Html => Expect::Html,
            Self::Json => Expect::Json,
            Self::Csv | Self::Text => Expect::Text,
            Self::Xlsx => Expect::Xlsx,
            Self::Pdf => Expect::Pdf,
        }
    }
}

/// One `[[page]]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageSettings {
    /// Its name for people; unique.
    pub name: String,
    /// Its address.
    pub url: String,
    /// What it holds.
    pub kind: PageKind,
    /// Which part is read: a CSS selector, a JSON pointer, the name of a sheet; empty: the main part.
    pub select: String,
    /// Columns of a table that are read; empty: all.
    pub columns: Vec<String>,
    /// Columns that name a row; empty: rows have no names.
    pub key: Vec<String>,
    /// Words of which one makes a passage count.
    pub words: BTreeSet<String>,
    /// Codes of which one makes a passage count. Without words and codes all of it counts.
    pub codes: BTreeSet<Service>,
    /// Whether a change is believed only when a second answer says it too.
    pub unstable: bool,
    /// How much a change matters; `None`: as the table of severities says.
    pub severity: Option<Severity>,
    /// Regular expressions: what they match is no content.
    pub ignore: Vec<String>,
}

impl PageSettings {
    /// What the configuration takes where a block says nothing.
    pub fn new(name: impl Into<String>, url: impl Into<String>, kind: PageKind) -> Self {
        Self {
            name: name.into(),
            url: url.into(),
            kind,
            select: String::new(),
            columns: Vec::new(),
            key: Vec::new(),
            words: BTreeSet::new(),
            codes: BTreeSet::new(),
            unstable: false,
            severity: None,
            ignore: Vec::new(),
        }
    }

    /// A short text that differs whenever the same bytes would be read differently.
    pub(super) fn digest(&self) -> String {
        let mut said = format!(
            "{}\n{:?}\n{}\n{:?}\n{:?}\n{:?}\n{:?}\n",
            self.url, self.kind, self.select, self.columns, self.key, self.words, self.ignore
        );
        for code in &self.codes {
            let _ = write!(said, "{code} ");
        }
        let digest = Sha256::digest(said.as_bytes());
        digest
            .iter()
            .take(12)
            .fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
    }
}
