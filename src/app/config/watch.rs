//! The section `[watch]`: codes, look-alikes, words, localities and NCDs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::str::FromStr;

use super::mistake::KeyPath;
use super::raw::{RawCodes, RawNcd, RawWatch};
use super::resolve::{Resolver, shorten};
use crate::model::code::HcpcsCode;
use crate::model::watch::{Codes, NcdLink, Watch};

/// Shortest watched word, in letters: shorter ones are in every document.
const SHORTEST_WORD: usize = 3;
/// Most units of a code in a year.
const MOST_UNITS: u32 = 100_000_000;

impl Resolver<'_> {
    /// What is watched. What is wrong is left out of it and remembered.
    pub(super) fn watch(&mut self, raw: &RawWatch) -> Watch {
        let codes = match &raw.codes {
            RawCodes::All => Codes::All,
            RawCodes::Named(list) => {
                if list.is_empty() {
                    self.wrong(
                        "watch.codes",
                        "is empty: name at least one code, or write \"all\"",
                    );
                }
                Codes::Named(self.parse_list(&KeyPath::of("watch.codes"), list))
            }
        };
        let look_alikes: BTreeSet<_> =
            self.parse_list(&KeyPath::of("watch.look_alikes"), &raw.look_alikes);
        if let Codes::Named(own) = &codes {
            for both in own.intersection(&look_alikes) {
                self.wrong(
                    "watch.look_alikes",
                    format!("{both} is in watch.codes too: a code is either yours or a look-alike"),
                );
            }
        }
        Watch {
            billed_with: self.parse_list(&KeyPath::of("watch.billed_with"), &raw.billed_with),
            codes,
            look_alikes,
            words: self.words_at(&KeyPath::of("watch.words"), &raw.words),
            localities: self.parse_list(&KeyPath::of("watch.localities"), &raw.localities),
            ncds: self.ncds(&raw.ncd),
        }
    }

    /// The words in lower case with single spaces, so that the same watch has one digest.
    pub(super) fn words_at(&mut self, key: &KeyPath, raw: &[String]) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for (index, word) in raw.iter().enumerate() {
            let word = self.text_at(&key.index(index), word).to_lowercase();
            let word = word.split_whitespace().collect::<Vec<_>>().join(" ");
            if word
                .chars()
                .filter(|letter| letter.is_alphanumeric())
                .count()
                < SHORTEST_WORD
            {
                self.wrong_at(
                    key.index(index),
                    format!("needs at least {SHORTEST_WORD} letters: shorter words are everywhere"),
                );
                continue;
            }
            words.insert(word);
        }
        words
    }

    /// Units of a year, by code.
    pub(super) fn yearly_units(&mut self, raw: &BTreeMap<String, i64>) -> BTreeMap<HcpcsCode, u32> {
        let mut units = BTreeMap::new();
        for (code, number) in raw {
            let key = KeyPath::of("practice.yearly_units").key(code);
            let code = match code.trim().parse::<HcpcsCode>() {
                Ok(code) => code,
                Err(error) => {
                    self.wrong_at(key, error.to_string());
                    continue;
                }
            };
            match u32::try_from(*number) {
                Ok(number) if (1..=MOST_UNITS).contains(&number) => {
                    units.insert(code, number);
                }
                _ => self.wrong_at(
                    key,
                    format!("{number} is not between 1 and {MOST_UNITS}: write the units that you bill in a year"),
                ),
            }
        }
        units
    }

    fn ncds(&mut self, raw: &[RawNcd]) -> BTreeMap<u32, NcdLink> {
        let mut ncds = BTreeMap::new();
        for (index, ncd) in raw.iter().enumerate() {
            let key = KeyPath::of("watch.ncd").index(index);
            let section = ncd.section.trim();
            if !is_section(section) {
                self.wrong_at(
                    key.key("section"),
                    format!(
                        "'{}' is no section of the NCD manual: write it as \"30.3.3\"",
                        shorten(section)
                    ),
                );
            }
            if ncd.codes.is_empty() {
                self.wrong_at(
                    key.key("codes"),
                    "is empty: name the codes that the determination governs",
                );
            }
            let link = NcdLink {
                id: ncd.id,
                section: section.to_owned(),
                codes: self.parse_list(&key.key("codes"), &ncd.codes),
            };
            if ncds.insert(ncd.id, link).is_some() {
                self.wrong_at(
                    key.key("id"),
                    format!(
                        "NCD {} is listed twice: put all its codes into one block",
                        ncd.id
                    ),
                );
            }
        }
        ncds
    }

    pub(super) fn parse_list<T>(&mut self, key: &KeyPath, raw: &[String]) -> BTreeSet<T>
    where
        T: FromStr<Err: Display> + Ord,
    {
        let mut parsed = BTreeSet::new();
        for (index, text) in raw.iter().enumerate() {
            match text.trim().parse::<T>() {
                Ok(value) => {
                    parsed.insert(value);
                }
                Err(error) => self.wrong_at(key.index(index), error.to_string()),
            }
        }
        parsed
    }
}

fn is_section(text: &str) -> bool {
    text.len() <= 20
        && text.split('.').all(|part| {
            part.starts_with(|first: char| first.is_ascii_digit())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}
