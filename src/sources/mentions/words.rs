//! Watched words and phrases.

use std::collections::BTreeMap;

use super::mention::{Mention, MentionKind};
use super::view::View;
use crate::model::watch::Watch;

/// A phrase, as letters.
struct Phrase<'a> {
    term: &'a str,
    /// Its words in lower case, in the singular.
    words: Vec<Vec<char>>,
}

/// All mentions of watched words, whatever separates or breaks them.
pub(super) fn find(view: &View, watch: &Watch) -> Vec<Mention> {
    /// As for codes: only a hostile text has so many.
    const MOST: usize = 20_000;
    let mut phrases: BTreeMap<char, Vec<Phrase<'_>>> = BTreeMap::new();
    for term in &watch.words {
        let phrase = Phrase::new(term);
        if let Some(&first) = phrase.words.first().and_then(|word| word.first()) {
            phrases.entry(first).or_default().push(phrase);
        }
    }
    let mut found = Vec::new();
    if phrases.is_empty() {
        return found;
    }
    for start in 0..view.len() {
        let first = view.at(start);
        if !first.is_alphanumeric() || view.before(start).is_alphanumeric() {
            continue;
        }
        let Some(candidates) = phrases.get(&lower(first)) else {
            continue;
        };
        for phrase in candidates {
            if let Some(end) = phrase.matches(view, start) {
                found.push(Mention {
                    at: view.bytes(start..end),
                    kind: MentionKind::Word,
                    term: phrase.term.to_owned(),
                });
            }
        }
        if found.len() >= MOST {
            break;
        }
    }
    found
}

impl<'a> Phrase<'a> {
    fn new(term: &'a str) -> Self {
        let view = View::new(term);
        let lower_case: String = view.shown(0..view.len()).map(lower).collect();
        let words = lower_case
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(|word| singular(word).chars().collect())
            .collect();
        Self { term, words }
    }

    /// Where the phrase ends that begins at `start`.
    fn matches(&self, view: &View, start: usize) -> Option<usize> {
        let mut at = start;
        for (number, word) in self.words.iter().enumerate() {
            if number > 0 {
                at = skip_between(view, at);
            }
            for (index, &letter) in word.iter().enumerate() {
                if index > 0 {
                    at = skip_inside(view, at, letter);
                }
                if lower(view.at(at)) != letter {
                    return None;
                }
                at += 1;
            }
            at = skip_plural(view, at);
        }
        (!view.at(at).is_alphanumeric()).then_some(at)
    }
}

/// Between two words: spaces, and hyphens or dashes (`dry-needling`, `dry \u{2013} needling`); also
/// nothing, for spaces get lost in the text of a PDF.
fn skip_between(view: &View, at: usize) -> usize {
    const MOST: usize = 4;
    (at..at + MOST)
        .find(|&i| !matches!(view.at(i), ' ' | '\n' | '-' | '\u{2013}' | '\u{2014}'))
        .unwrap_or(at + MOST)
}

/// Inside a word: a hyphen, a line break, or a hyphen at the end of a line; nothing else, and nothing
/// if the next letter is there already.
fn skip_inside(view: &View, at: usize, next: char) -> usize {
    let hyphen = usize::from(view.at(at) == '-');
    let after = at + hyphen;
    let space = view.at(after);
    let end = match space {
        '\n' => after + 1,
        ' ' if hyphen == 1 => after + 1,
        _ => after,
    };
    if lower(view.at(end)) == next { end } else { at }
}

/// The ending of a plural, if the word ends there.
fn skip_plural(view: &View, at: usize) -> usize {
    let s = usize::from(view.at(at) == '\'');
    if lower(view.at(at + s)) == 's' && !view.at(at + s + 1).is_alphanumeric() {
        return at + s + 1;
    }
    let es = lower(view.at(at)) == 'e' && lower(view.at(at + 1)) == 's';
    if es && !view.at(at + 2).is_alphanumeric() {
        return at + 2;
    }
    at
}

/// A word without the ending of the plural; short words and such as "pelvis" have none.
fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if stem.chars().count() >= 3 && !stem.ends_with(['s', 'u', 'i']) => stem,
        _ => word,
    }
}

/// One letter for one: enough to compare without regard to case.
fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}
