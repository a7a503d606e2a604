//! What of the watch a text or a title touches.

use crate::model::document::Document;
use crate::model::watch::Watch;
use crate::parse::text::{find_words, words};
use crate::sources::coverage_api::{self, number};
use crate::sources::mentions::{MentionKind, mentions};

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

    /// What a text names, as it is watched, each once: codes, words, sections ("NCD 30.3.3").
    pub(super) fn named_in(&self, text: &str) -> Vec<String> {
        let mut found = mentions(text, self.watch);
        found.retain(|mention| mention.kind != MentionKind::LookAlike);
        found.sort_by(|a, b| (a.kind, &a.term).cmp(&(b.kind, &b.term)));
        found.dedup_by(|a, b| a.term == b.term);
        found.into_iter().map(|mention| mention.term).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_compared_by_its_service() {
        assert_eq!(
            service_words("Acupuncture for Chronic Low Back Pain (cLBP) - RETIRED"),
            ["acupuncture", "for", "chronic", "low", "back", "pain"]
        );
        assert!(service_words("PET").is_empty());
    }
}
