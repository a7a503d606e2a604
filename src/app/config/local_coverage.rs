//! `[sources.local_coverage]`: whose policies are read, and that the terms of their codes are accepted.

use super::mistake::KeyPath;
use super::raw::RawLocalCoverage;
use super::resolve::{Resolver, shorten};
use crate::sources::local_coverage::{Scope, TERMS, state_name};

const SECTION: &str = "sources.local_coverage";

impl Resolver<'_> {
    /// The scope. A source that is switched on without the words that accept the terms is a mistake, and
    /// so is one that would read nothing.
    pub(super) fn local_coverage(&mut self, raw: &RawLocalCoverage) -> Scope {
        let said = raw.accept_terms.trim();
        let terms_accepted = said == TERMS;
        if !terms_accepted && (raw.enabled || !said.is_empty()) {
            let why = format!(
                "the records of contractors need a licence token, and asking for it accepts the terms of AMA, ADA and AHA (config/coverd.toml names them): read them, and if you accept them, write accept_terms = \"{TERMS}\""
            );
            self.wrong(&format!("{SECTION}.accept_terms"), why);
        }
        if raw.enabled && raw.contractors.is_empty() && raw.states.is_empty() {
            self.wrong(
                &format!("{SECTION}.states"),
                "name the states of your practice, or the contractors: with neither, no policy is read",
            );
        }
        let key = |list: &str, index| KeyPath::of(&format!("{SECTION}.{list}")).index(index);
        let mut contractors = Vec::new();
        for (index, text) in raw.contractors.iter().enumerate() {
            let text = self.text_at(&key("contractors", index), text);
            if text.parse::<u32>().is_err()
                && text.chars().filter(|c| c.is_alphabetic()).count() < 3
            {
                self.wrong_at(
                    key("contractors", index),
                    "write a contractor's number in the coverage database, or its name (\"Noridian\")",
                );
            }
            contractors.push(text);
        }
        let mut states = Vec::new();
        for (index, text) in raw.states.iter().enumerate() {
            let letters = text.trim().to_uppercase();
            if state_name(&letters).is_none() {
                let why = format!(
                    "'{}' is no state: write two letters as \"CA\"",
                    shorten(text)
                );
                self.wrong_at(key("states", index), why);
            }
            states.push(letters);
        }
        Scope {
            contractors,
            states,
            terms_accepted,
        }
    }
}
