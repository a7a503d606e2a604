//! What of the watch a text or a title touches.

use crate::model::document::Document;
use crate::model::watch::{Codes, Watch};
use crate::parse::text::{find_words, mentions, words};
use crate::sources::coverage_api::{self, number};

/// What makes an analysis or a piece of news interesting.
#[derive(Debug)]
pub(super) struct Interest<'a> {
    watch: &'a Watch,
    /// Section and title of each configured determination, as far as the list of them is at hand. An
    /// analysis is named for its service, as the determination is, and does not name the section.
    titles: Vec<(&'a str, Vec<String>)>,
}

impl<'a> Interest<'a> {
    /// `determinations` is CMS's list of national coverage determinations.
    pub(super) fn new(watch: &'a Watch, determinations: Option<&Document>) -> Self {
        Self {
            watch,
            titles: determinations.map_or_else(Vec::new, |list| titles(watch, list)),
        }
    }

    /// What a text names, as it is watched: codes, words, sections ("NCD 30.3.3"), each once.
    pub(super) fn named_in(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        if let Codes::Named(services) = &self.watch.codes {
            let tokens = tokens(text);
            let named = |code: &str| tokens.iter().any(|token| token.eq_ignore_ascii_case(code));
            let codes = services.iter().map(|service| service.code.to_string());
            found.extend(codes.filter(|code| named(code)));
            found.dedup();
        }
        let phrases = self.watch.words.iter().map(String::as_str);
        found.extend(mentions(text, phrases).into_iter().map(str::to_owned));
        let sections = self.watch.ncds.values().map(|link| &link.section);
        let sections = sections.filter(|section| names_section(text, section));
        found.extend(sections.map(|section| format!("NCD {section}")));
        found
    }

    /// The configured determinations that have the name of the service in `title`: one title has all
    /// the words of the other, in their order.
    pub(super) fn determinations_titled(&self, title: &str) -> Vec<String> {
        let title = service_words(title);
        let same = |other: &[String]| {
            find_words(&title, other).is_some() || find_words(other, &title).is_some()
        };
        let found = self.titles.iter().filter(|(_, other)| same(other));
        found.map(|(section, _)| format!("NCD {section}")).collect()
    }

    /// What a title touches: what it names, and the determinations of that title.
    pub(super) fn touched_by(&self, title: &str) -> Vec<String> {
        let mut found = self.named_in(title);
        for policy in self.determinations_titled(title) {
            if !found.contains(&policy) {
                found.push(policy);
            }
        }
        found
    }

    /// The configured determination of this document id or section, as a policy is named.
    pub(super) fn determination(&self, id: u32, section: &str) -> Option<String> {
        let mut links = self.watch.ncds.values();
        let link = links.find(|link| link.id == id || link.section == section)?;
        Some(format!("NCD {}", link.section))
    }
}

/// The titles of the configured determinations. What is wrong with the list is told by the source whose
/// list it is.
fn titles<'a>(watch: &'a Watch, list: &Document) -> Vec<(&'a str, Vec<String>)> {
    let Ok(value) = coverage_api::value(&list.bytes, "the list of determinations") else {
        return Vec::new();
    };
    let rows = coverage_api::data(&value, "the list of determinations").unwrap_or_default();
    let title = |row| {
        let link = watch.ncds.get(&number(row, "document_id").ok()?)?;
        let words = service_words(&coverage_api::title(row).ok()?);
        Some((link.section.as_str(), words))
    };
    let found = rows.iter().filter_map(title);
    found.filter(|(_, words)| !words.is_empty()).collect()
}

/// The words of a title that name the service: without what is in brackets (abbreviations) and without
/// the remark that it was retired. Nothing when they are too few to name anything.
fn service_words(title: &str) -> Vec<String> {
    const FEWEST_LETTERS: usize = 6;
    let mut plain = String::with_capacity(title.len());
    let mut depth = 0_usize;
    for c in title.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let mut words = words(&plain);
    words.retain(|word| word != "retired");
    let letters: usize = words.iter().map(String::len).sum();
    if letters < FEWEST_LETTERS {
        words.clear();
    }
    words
}

/// Pieces of letters, digits and dots, without dots at their ends.
fn tokens(text: &str) -> Vec<&str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '.'))
        .map(|token| token.trim_matches('.'))
        .filter(|token| !token.is_empty())
        .collect()
}

/// Whether a text names a section of the NCD manual. A section of two numbers may also be an amount of
/// money or a percentage, so that it counts only behind a word for it: "NCD 30.3", "section 30.3".
fn names_section(text: &str, section: &str) -> bool {
    const BEFORE: [&str; 6] = ["ncd", "ncds", "section", "sections", "manual", "sect"];
    let alone = section.matches('.').count() >= 2;
    let sign = |at: usize| {
        let before = text.get(..at).unwrap_or_default().trim_end();
        before.ends_with('§')
    };
    let spelled = |at: usize| {
        let before = text.get(..at).unwrap_or_default();
        let last = before.split(|c: char| !c.is_alphanumeric());
        let last = last.rev().find(|word| !word.is_empty()).unwrap_or_default();
        BEFORE.iter().any(|word| last.eq_ignore_ascii_case(word))
    };
    let whole = |at: usize| {
        let (before, after) = (text.get(..at), text.get(at + section.len()..));
        let before = before.unwrap_or_default().chars().next_back();
        let mut after = after.unwrap_or_default().chars();
        let follows = match after.next() {
            Some('.') => after.next(),
            other => other,
        };
        !before.is_some_and(|c| c.is_alphanumeric() || c == '.' || c == '$')
            && !follows.is_some_and(char::is_alphanumeric)
    };
    text.match_indices(section)
        .any(|(at, _)| whole(at) && (alone || sign(at) || spelled(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_named_as_a_whole_and_short_ones_behind_a_word() {
        for (text, section) in [
            ("NCD 30.3.3 is reopened", "30.3.3"),
            ("acupuncture (30.3.3).", "30.3.3"),
            ("under section 30.3.", "30.3"),
            ("NCDs 30.3", "30.3"),
            ("§ 30.3, and", "30.3"),
            ("the NCD Manual (30.3)", "30.3"),
        ] {
            assert!(names_section(text, section), "{text}");
        }
        for (text, section) in [
            ("NCD 30.3.3", "30.3"),
            ("NCD 130.3.3", "30.3.3"),
            ("NCD 30.3.31", "30.3.3"),
            ("NCD 30.3.3.1", "30.3.3"),
            ("$30.3 million", "30.3"),
            ("by 30.3 percent", "30.3"),
        ] {
            assert!(!names_section(text, section), "{text}");
        }
    }

    #[test]
    fn a_title_is_compared_by_its_service() {
        assert_eq!(
            service_words("Acupuncture for Chronic Low Back Pain (cLBP) - RETIRED"),
            ["acupuncture", "for", "chronic", "low", "back", "pain"]
        );
        assert!(service_words("PET").is_empty());
    }
}
