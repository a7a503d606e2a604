//! `[sources.federal_register]`: which documents are looked through.

use super::mistake::KeyPath;
use super::raw::RawFederalRegister;
use super::resolve::{Resolver, shorten};
use crate::sources::federal_register::FederalRegisterSettings;

impl Resolver<'_> {
    /// Each term and each part is a list of its own, asked for at every check.
    pub(super) fn federal_register(&mut self, raw: &RawFederalRegister) -> FederalRegisterSettings {
        const MOST: usize = 20;
        let key = "sources.federal_register";
        let mut terms = Vec::new();
        for (index, raw) in raw.terms.iter().enumerate() {
            let at = KeyPath::of(&format!("{key}.terms")).index(index);
            let term = self.text_at(&at, raw);
            if term.chars().filter(|c| c.is_alphanumeric()).count() < 3 {
                self.wrong_at(
                    at,
                    format!(
                        "'{}' is too short: write at least three letters",
                        shorten(raw)
                    ),
                );
            }
            terms.push(term);
        }
        for (index, &part) in raw.cfr_parts.iter().enumerate() {
            if !(1..=9_999).contains(&part) {
                let at = KeyPath::of(&format!("{key}.cfr_parts")).index(index);
                self.wrong_at(
                    at,
                    format!("{part} is no part of title 42: write a number such as 410"),
                );
            }
        }
        for (name, count) in [("terms", terms.len()), ("cfr_parts", raw.cfr_parts.len())] {
            if count > MOST {
                self.wrong(
                    &format!("{key}.{name}"),
                    format!("{count} entries, each a request at every check: at most {MOST}"),
                );
            }
        }
        FederalRegisterSettings {
            terms,
            cfr_parts: raw.cfr_parts.clone(),
        }
    }
}
