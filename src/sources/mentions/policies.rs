//! Sections of the NCD manual.

use super::mention::{Mention, MentionKind};
use super::view::View;
use crate::model::watch::Watch;

/// Characters before and after a section number in which the NCD manual has to be named.
const BEFORE: usize = 100;
const AFTER: usize = 80;

/// All mentions of configured determinations: a section number as a whole (`30.3` is none of
/// `30.3.3`), after "NCD", "section" or another section, where the words around it name the NCD manual
/// and no other manual.
pub(super) fn find(view: &View, watch: &Watch) -> Vec<Mention> {
    let mut found = Vec::new();
    if watch.ncds.is_empty() {
        return found;
    }
    let flat = flat(view);
    // Whether the number before was a section of the NCD manual, and where it ended.
    let mut last: Option<usize> = None;
    let mut at = 0;
    while at < view.len() {
        if !view.at(at).is_ascii_digit() || is_number_before(view, at) {
            at += 1;
            continue;
        }
        let end = number_end(view, at);
        if is_dotted(view, at, end) && is_section(&flat, at, end, last) {
            last = Some(end);
            let number = view.text(at..end);
            if let Some(link) = watch.ncds.values().find(|link| link.section == number) {
                found.push(Mention {
                    at: view.bytes(at..end),
                    kind: MentionKind::Policy,
                    term: format!("NCD {}", link.section),
                });
            }
        }
        at = end;
    }
    found
}

/// Stands for `\u{a7}` in a flat text.
const SECTION_SIGN: char = '\u{1}';

/// The text in lower case, one byte for each character of the view: what is no ASCII is a space.
fn flat(view: &View) -> String {
    view.shown(0..view.len())
        .map(|c| match c {
            '\u{a7}' => SECTION_SIGN,
            '\u{2013}' | '\u{2014}' => '-',
            '\n' => ' ',
            c if c.is_ascii() => c.to_ascii_lowercase(),
            _ => ' ',
        })
        .collect()
}

/// Whether the digit continues something: `A30.3`, `410.30.3`, `$30.3`, `1,30.3`, `-30.3`.
fn is_number_before(view: &View, at: usize) -> bool {
    let before = view.before(at);
    before.is_alphanumeric() || matches!(before, '.' | ',' | '$' | '/' | '_')
}

/// The end of the digits and inner points that begin here.
fn number_end(view: &View, at: usize) -> usize {
    let mut end = at;
    while view.at(end).is_ascii_digit()
        || (view.at(end) == '.' && view.at(end + 1).is_ascii_digit())
    {
        end += 1;
    }
    end.max(at + 1)
}

fn is_dotted(view: &View, at: usize, end: usize) -> bool {
    view.shown(at..end).any(|c| c == '.')
        && !view.at(end).is_alphanumeric()
        && view.at(end) != '%'
        && !(matches!(view.at(end), '-' | '/')
            && view.at(end + 1).is_ascii_digit()
            && !has_point(view, end + 1))
}

/// Whether the number that begins here is itself a section (`30.3-30.3.3`).
fn has_point(view: &View, at: usize) -> bool {
    view.shown(at..number_end(view, at)).any(|c| c == '.')
}

fn is_section(flat: &str, at: usize, end: usize, last: Option<usize>) -> bool {
    let before = flat.get(at.saturating_sub(BEFORE)..at).unwrap_or_default();
    let after = flat
        .get(end..flat.len().min(end + AFTER))
        .unwrap_or_default();
    if after.trim_start().starts_with("percent") {
        return false;
    }
    let between = last.and_then(|last| flat.get(last..at));
    let continues = between.is_some_and(|between| {
        between.len() <= 20
            && between
                .split(|c: char| !c.is_ascii_alphanumeric())
                .all(|word| {
                    matches!(
                        word,
                        "" | "and" | "or" | "through" | "to" | "ncd" | "section" | "sections"
                    )
                })
    });
    continues || (leads(before) && names_manual(before, after))
}

/// Whether what stands directly before the number announces a section.
fn leads(before: &str) -> bool {
    let text = before.trim_end_matches([' ', '#', '"', ':', '-']);
    if text.ends_with([SECTION_SIGN, '(', '[']) {
        return true;
    }
    let text = text.trim_end_matches(['.', ',']);
    let mut words = text
        .rsplit(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut word = words.next().unwrap_or_default();
    if matches!(word, "no" | "nos" | "number" | "numbers") {
        word = words.next().unwrap_or_default();
    }
    matches!(
        word,
        "ncd"
            | "ncds"
            | "section"
            | "sections"
            | "sec"
            | "secs"
            | "determination"
            | "determinations"
            | "manual"
            | "policy"
    )
}

/// Whether the nearest manual that is named is that of the NCDs.
fn names_manual(before: &str, after: &str) -> bool {
    const NCD: [&str; 5] = [
        "ncd",
        "national coverage determination",
        "national coverage policy",
        "coverage determinations manual",
        "100-03",
    ];
    const OTHERS: [&str; 9] = [
        "claims processing",
        "benefit policy",
        "program integrity",
        "state operations",
        "managed care manual",
        "100-01",
        "100-02",
        "100-04",
        "100-08",
    ];
    let behind = |marks: &[&str]| marks.iter().filter_map(|mark| before.rfind(mark)).max();
    let ahead = |marks: &[&str]| marks.iter().filter_map(|mark| after.find(mark)).min();
    // "section 30.3.3 of the ... Manual" goes before what was said earlier.
    match (ahead(&NCD), ahead(&OTHERS)) {
        (Some(ncd), other) if other.is_none_or(|other| ncd < other) => {
            behind(&OTHERS).is_none() || behind(&NCD) > behind(&OTHERS) || follows_of(after)
        }
        (_, Some(_)) if follows_of(after) => false,
        _ => behind(&NCD).is_some() && behind(&NCD) > behind(&OTHERS),
    }
}

/// "... of the", "... in the": the manual is named after the section.
fn follows_of(after: &str) -> bool {
    let after = after.trim_start_matches([' ', ',', ')']);
    after.starts_with("of ") || after.starts_with("in ")
}
