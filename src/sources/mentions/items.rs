//! Tokens that have the form of a code and stand like one: single codes and hyphenated ranges.

use super::places;
use super::tokens::{Token, Tokens};
use super::view::View;
use crate::model::code::HcpcsCode;

/// A code, or a range written with a hyphen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// Its first and its last token.
    pub(super) first: usize,
    pub(super) last: usize,
    /// The codes of its ends, the same for a single code.
    pub(super) codes: (HcpcsCode, HcpcsCode),
    /// Where it begins and ends in the view, without a modifier.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether a word such as "CPT-" is part of it.
    pub(super) named: bool,
}

impl Item {
    pub(super) fn is_single(&self) -> bool {
        self.codes.0 == self.codes.1
    }
}

/// All items, in order. Every token is looked at in one compound only.
pub(super) fn items(view: &View, tokens: &Tokens<'_>) -> Vec<Item> {
    let mut found = Vec::new();
    let mut first = 0;
    while first < tokens.len() {
        let mut last = first;
        while is_joined(view, tokens, last) {
            last += 1;
        }
        if (first..=last).any(|i| tokens.get(i).is_some_and(|t| tokens.code(t).is_some())) {
            compound(view, tokens, first, last, &mut found);
        }
        first = last + 1;
    }
    found
}

/// Whether a token and the next are written as one: with a hyphen or short dash between them and, at
/// the end of a line, a break after it. A number or docket is broken so (`AD 2020- 16-51`), while
/// `codes- 20560` is punctuation.
fn is_joined(view: &View, tokens: &Tokens<'_>, index: usize) -> bool {
    let (Some(left), Some(right)) = (tokens.get(index), tokens.get(index + 1)) else {
        return false;
    };
    let gap = left.end..right.start;
    if !matches!(view.at(gap.start), '-' | '\u{2013}') {
        return false;
    }
    match gap.len() {
        1 => true,
        2 => {
            view.at(gap.start + 1).is_whitespace()
                && tokens.has_digit(right)
                && (tokens.has_digit(left) || places::names_a_document(&tokens.word(left)))
        }
        _ => false,
    }
}

/// What tokens that are joined by hyphens say: `20552-20561`, `20560-59`, `CPT-20560`,
/// `20560-related`; of anything else (`CMS-20560`, `2026-20560`, `20560-1234`) no token is a code.
fn compound(
    view: &View,
    tokens: &Tokens<'_>,
    mut first: usize,
    last: usize,
    found: &mut Vec<Item>,
) {
    let mut named = false;
    while first < last
        && let Some(token) = tokens.get(first)
        && matches!(
            tokens.word(token).as_str(),
            "cpt" | "hcpcs" | "code" | "codes" | "non"
        )
    {
        named = true;
        first += 1;
    }
    let code = |index| {
        let token = tokens.get(index)?;
        let code = tokens.code(token)?;
        stands_free(view, tokens, index).then_some((token, code))
    };
    let mut push = |(from, low, begin): (Token, HcpcsCode, usize),
                    (to, high, end): (Token, HcpcsCode, usize)| {
        found.push(Item {
            first: begin,
            last: end,
            codes: (low, high),
            start: from.start,
            end: to.end,
            named,
        });
    };
    let Some((token, low)) = code(first) else {
        return;
    };
    let rest: Vec<usize> = (first + 1..=last).take(MOST_PARTS).collect();
    if rest.len() == MOST_PARTS {
        return;
    }
    let range_end = match *rest.as_slice() {
        [end] => Some(end),
        [word, end] if is_word(tokens, word, &["through", "thru", "to"]) => Some(end),
        _ => None,
    };
    if let Some((to, high)) = range_end.and_then(code) {
        push((token, low, first), (to, high, last));
    } else if rest.iter().all(|&i| code(i).is_some()) {
        push((token, low, first), (token, low, first));
        for index in rest {
            if let Some((token, code)) = code(index) {
                push((token, code, index), (token, code, index));
            }
        }
    } else if rest.iter().all(|&i| is_modifier(tokens, i)) || is_phrase(tokens, &rest) {
        push((token, low, first), (token, low, last));
    }
}

/// Parts of a compound beyond which it is no name of codes.
const MOST_PARTS: usize = 40;

fn is_word(tokens: &Tokens<'_>, index: usize, words: &[&str]) -> bool {
    let word = tokens.get(index).map(|token| tokens.word(token));
    word.is_some_and(|word| words.contains(&word.as_str()))
}

fn is_modifier(tokens: &Tokens<'_>, index: usize) -> bool {
    tokens.get(index).is_some_and(|token| token.len() == 2)
}

/// `20560-related`, but no unit (`20560-hour`) and no single letter (`20560-P`).
fn is_phrase(tokens: &Tokens<'_>, rest: &[usize]) -> bool {
    let mut words = rest.iter().filter_map(|&i| tokens.get(i));
    let Some(first) = words.next() else {
        return false;
    };
    first.len() >= 3
        && !places::is_unit(&tokens.word(first))
        && std::iter::once(first)
            .chain(words)
            .all(|token| !tokens.has_digit(token))
}

/// Whether the characters that touch a token let it be a code: `20560.00`, `20560,000`, `12:20560`,
/// `1/20560`, `20560(a)`, `205_20560` are something else. Hyphens inside the compound are not looked at.
fn stands_free(view: &View, tokens: &Tokens<'_>, index: usize) -> bool {
    let Some(token) = tokens.get(index) else {
        return false;
    };
    if token.address {
        return false;
    }
    let left = tokens.back(index, 1);
    let right = tokens.get(index + 1);
    // A neighbour that is separated by one character only.
    let touches_left = left.filter(|left| left.end + 1 == token.start);
    let touches_right = right.filter(|right| token.end + 1 == right.start);
    let left_ok = match view.before(token.start) {
        ',' | '/' => touches_left.is_none_or(|t| !tokens.has_digit(t) || tokens.code(t).is_some()),
        '.' | ':' => touches_left.is_none_or(|t| !tokens.has_digit(t)),
        '\\' => false,
        _ => true,
    };
    let right_ok = match view.at(token.end) {
        ',' => touches_right.is_none_or(|t| !tokens.has_digit(t) || tokens.code(t).is_some()),
        '/' => touches_right
            .is_none_or(|t| !tokens.has_digit(t) || tokens.code(t).is_some() || t.len() <= 2),
        ':' => touches_right.is_none_or(|t| !tokens.has_digit(t)),
        '.' => touches_right.is_none_or(|t| view.at(t.start).is_uppercase()),
        // A paragraph of a section: 20560(a).
        '(' => touches_right.is_none_or(|t| t.len() > 1 || view.at(t.end) != ')'),
        '%' | '\\' => false,
        _ => true,
    };
    left_ok && right_ok
}
