//! Mentions as people read them: quoted, with heading path and page.

use std::collections::BTreeSet;

use super::mention::{Mention, MentionKind, mentions};
use crate::model::passage::Passage;
use crate::model::watch::Watch;

/// A paragraph or table row of a long document, with where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excerpt<'a> {
    /// Its words; the cells of a table row separated by ` | `.
    pub text: &'a str,
    /// The headings above it, outermost first.
    pub heading: &'a [String],
    /// The page on which it begins, as people cite it; empty where the document has none.
    pub page: &'a str,
}

/// What the excerpts of one document name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// Passages that name a watched code, word or policy.
    pub passages: Vec<Passage>,
    /// Passages that name look-alikes and nothing that is watched.
    pub look_alikes: Vec<Passage>,
    /// The watched terms that are named, codes first, then policies, then words.
    terms: BTreeSet<(u8, String)>,
    unshown: usize,
}

/// Passages kept of one document; what is beyond is counted.
const MOST: usize = 400;

impl Named {
    /// Reads one excerpt after another.
    pub fn read(&mut self, excerpt: Excerpt<'_>, watch: &Watch) {
        self.add(excerpt, &mentions(excerpt.text, watch));
    }

    /// The same for an excerpt whose mentions are known, as places in its text.
    pub fn add(&mut self, excerpt: Excerpt<'_>, found: &[Mention]) {
        if found.is_empty() {
            return;
        }
        let watched = found
            .iter()
            .filter(|one| one.kind != MentionKind::LookAlike);
        self.terms.extend(
            watched
                .clone()
                .map(|one| (rank(one.kind), one.term.clone())),
        );
        let is_watched = watched.count() > 0;
        let list = if is_watched {
            &mut self.passages
        } else {
            &mut self.look_alikes
        };
        if list.len() < MOST {
            list.push(passage(excerpt, found));
        } else if is_watched {
            self.unshown += 1;
        }
    }

    /// Whether a watched code, word or policy is named.
    pub fn is_any(&self) -> bool {
        !self.terms.is_empty()
    }

    /// The watched terms that are named, separated by `, `, codes first.
    pub fn terms(&self) -> String {
        let terms: Vec<&str> = self.terms.iter().map(|(_, term)| term.as_str()).collect();
        terms.join(", ")
    }

    /// The value of an attribute of passages: one a line. What is too much to keep is said in the
    /// last line.
    pub fn passages_value(&self) -> String {
        let mut value = lines(&self.passages);
        if self.unshown > 0 {
            let text = format!("{} more passages name what is watched", self.unshown);
            let more = Passage {
                terms: Vec::new(),
                heading: Vec::new(),
                page: String::new(),
                text,
            };
            value.push('\n');
            value.push_str(&more.to_string());
        }
        value
    }

    /// The same for passages that name look-alikes only.
    pub fn look_alikes_value(&self) -> String {
        lines(&self.look_alikes)
    }
}

fn lines(passages: &[Passage]) -> String {
    let lines: Vec<String> = passages.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// An excerpt as a passage: its terms (of what is watched; look-alikes only where nothing else is
/// named), and its words, cut to some 600 characters around them.
pub fn passage(excerpt: Excerpt<'_>, mentions: &[Mention]) -> Passage {
    let is_watched = mentions
        .iter()
        .any(|one| one.kind != MentionKind::LookAlike);
    let kept: Vec<&Mention> = mentions
        .iter()
        .filter(|one| (one.kind != MentionKind::LookAlike) == is_watched)
        .collect();
    let terms: BTreeSet<(u8, &str)> = kept
        .iter()
        .map(|one| (rank(one.kind), one.term.as_str()))
        .collect();
    Passage {
        terms: terms.into_iter().map(|(_, term)| term.to_owned()).collect(),
        heading: excerpt.heading.to_vec(),
        page: excerpt.page.to_owned(),
        text: cut(excerpt.text, &kept),
    }
}

fn rank(kind: MentionKind) -> u8 {
    match kind {
        MentionKind::Code => 0,
        MentionKind::Policy => 1,
        MentionKind::Word => 2,
        MentionKind::LookAlike => 3,
    }
}

/// The text around the mentions, with `\u{2026}` for what is left out.
fn cut(text: &str, mentions: &[&Mention]) -> String {
    /// Bytes of a quote, about; and those on either side of a mention when it is too long.
    const LONGEST: usize = 600;
    const AROUND: usize = 160;
    if text.len() <= LONGEST {
        return tidy(text);
    }
    let mut windows: Vec<(usize, usize)> = Vec::new();
    let mut total = 0;
    for mention in mentions {
        let start = word_start(text, mention.at.start.saturating_sub(AROUND));
        let longest_name = mention.at.start + LONGEST;
        let end = word_end(text, mention.at.end.min(longest_name) + AROUND);
        match windows.last_mut() {
            Some(last) if start <= last.1 => {
                if end > last.1 {
                    total += end - last.1;
                    last.1 = end;
                }
            }
            _ => {
                total += end - start;
                windows.push((start, end));
            }
        }
        if total >= LONGEST {
            break;
        }
    }
    let mut quote = String::new();
    for &(start, end) in &windows {
        if start > 0 {
            quote.push_str("\u{2026} ");
        }
        quote.push_str(&tidy(text.get(start..end).unwrap_or_default()));
        quote.push(' ');
    }
    let is_cut = windows.last().is_some_and(|&(_, end)| end < text.len());
    if is_cut {
        quote.push('\u{2026}');
    }
    quote.trim_end().to_owned()
}

/// One line without invisible characters.
fn tidy(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|&c| c.is_whitespace() || !(c.is_control() || c == '\u{ad}' || c == '\u{feff}'))
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The begin of a word near a place, going on at most a few dozen bytes.
fn word_start(text: &str, at: usize) -> usize {
    if at == 0 {
        return 0;
    }
    let at = boundary(text, at);
    let rest = text.get(at..).unwrap_or_default();
    let step = rest
        .char_indices()
        .take(40)
        .find(|(_, c)| c.is_whitespace())
        .map_or(0, |(offset, space)| offset + space.len_utf8());
    at + step
}

/// The end of a word near a place.
fn word_end(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    let at = boundary(text, at);
    let rest = text.get(at..).unwrap_or_default();
    let step = rest
        .char_indices()
        .take(40)
        .find(|(_, c)| c.is_whitespace())
        .map_or(0, |(offset, _)| offset);
    at + step
}

/// The next place at which a character begins.
fn boundary(text: &str, at: usize) -> usize {
    (at..text.len())
        .find(|&place| text.is_char_boundary(place))
        .unwrap_or(text.len())
}
