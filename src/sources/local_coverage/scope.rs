//! Whose policies are read.

use super::rows::Row;
use crate::parse::text::{find_words, words};

/// What the configuration has to say, word for word, before the licence token of the coverage API is
/// asked for: asking for it accepts these terms.
pub const TERMS: &str =
    "I accept the AMA, ADA and AHA licence terms of the Medicare Coverage Database";

/// Contractors and states whose policies are read: those of any of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Contractors, by the number that the coverage database gives them or by (part of) their name.
    pub contractors: Vec<String>,
    /// States, in two letters.
    pub states: Vec<String>,
    /// Whether the configuration has the sentence [`TERMS`].
    pub terms_accepted: bool,
}

impl Scope {
    /// The contractors that are given by number: the API picks their policies out.
    pub(super) fn contractor_ids(&self) -> impl Iterator<Item = u32> {
        self.contractors.iter().filter_map(|text| text.parse().ok())
    }

    /// Whether contractors are given by name: then the whole lists are read and the rows picked out here.
    pub(super) fn has_names(&self) -> bool {
        self.names().next().is_some()
    }

    /// Whether the row is of a contractor given by name.
    pub(super) fn names_contractor(&self, row: &Row) -> bool {
        let contractor = words(&row.contractor);
        self.names()
            .any(|name| find_words(&contractor, &words(name)).is_some())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let named = self.contractors.iter().map(String::as_str);
        named.filter(|text| text.parse::<u32>().is_err())
    }
}
