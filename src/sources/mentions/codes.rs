//! Codes and ranges of codes.
//!
//! Numbers are taken in lists (`20552, 20560 and 20561`, `20550 through 20570`): what stands before or
//! after a list holds for all of it, so that `pages 20552, 20560` has two pages and no code.

use std::collections::BTreeSet;

use super::context::{self, Context};
use super::items::{self, Item};
use super::mention::{Mention, MentionKind};
use super::tokens::Tokens;
use super::view::View;
use crate::model::code::HcpcsCode;
use crate::model::watch::{Codes, Watch};

/// Mentions after which a text is read no further: a thousand times what a paragraph has. Only a
/// text made to exhaust memory gets here, and it is known by then to name what is watched.
const MOST: usize = 20_000;

/// All mentions of watched codes and of look-alikes.
pub(super) fn find(view: &View, tokens: &Tokens<'_>, watch: &Watch) -> Vec<Mention> {
    let wanted = Wanted::new(watch);
    let items = items::items(view, tokens);
    let mut found = Vec::new();
    let mut rest = items.as_slice();
    while let Some(first) = rest.first() {
        let mut length = 1;
        while let (Some(left), Some(right)) = (rest.get(length - 1), rest.get(length))
            && link(view, tokens, left, right).is_some()
        {
            length += 1;
        }
        let (list, after) = rest.split_at(length);
        rest = after;
        let end = list.last().unwrap_or(first);
        let before = match context::before(view, tokens, first.first) {
            Context::Open if first.named => Context::Code,
            context => context,
        };
        let is_something_else = match before {
            Context::Other => true,
            Context::Code => false,
            Context::Open => context::after(view, tokens, end.last) == Context::Other,
        };
        if !is_something_else {
            read_list(view, tokens, list, before, &wanted, &mut found);
        }
        if found.len() >= MOST {
            break;
        }
    }
    found
}

/// How two items follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// The one and the other.
    And,
    /// From the one to the other.
    Through,
}

/// Whether two neighbours belong to one list or range.
fn link(view: &View, tokens: &Tokens<'_>, left: &Item, right: &Item) -> Option<Link> {
    /// Words between two codes of a list: "through CPT codes".
    const MOST_WORDS: usize = 4;
    let between = right.first.checked_sub(left.last + 1)?;
    if between > MOST_WORDS {
        return None;
    }
    let mut through = false;
    let mut and = false;
    let mut named = false;
    for index in left.last + 1..right.first {
        match tokens.word(tokens.get(index)?).as_str() {
            "through" | "thru" | "to" => through = true,
            "and" | "or" | "plus" => and = true,
            "cpt" | "hcpcs" | "code" | "codes" => named = true,
            _ => return None,
        }
    }
    let begin = tokens.get(left.last)?.end;
    let mut dash = false;
    for c in view.shown(begin..right.start) {
        match c {
            ' ' | '\n' | '\'' | '"' | '*' | '+' | '\u{ae}' | '\u{201c}' | '\u{201d}' => {}
            ',' | ';' | '/' | '&' => and = true,
            '-' | '\u{2013}' | '\u{2014}' => dash = true,
            c if c.is_alphabetic() => {}
            _ => return None,
        }
    }
    let from_between = and && is_between(tokens, left);
    if (through || (dash && !and) || from_between) && left.is_single() && right.is_single() {
        Some(Link::Through)
    } else {
        // "MD 20561, code 20560": a word of its own begins a list of its own.
        (!named).then_some(Link::And)
    }
}

/// "between 20552 and 20561", "between codes 20552 and 20561".
fn is_between(tokens: &Tokens<'_>, left: &Item) -> bool {
    (1..=3)
        .map_while(|steps| tokens.back(left.first, steps))
        .map(|token| tokens.word(token))
        .find(|word| !matches!(word.as_str(), "cpt" | "hcpcs" | "code" | "codes"))
        .is_some_and(|word| word == "between")
}

fn read_list(
    view: &View,
    tokens: &Tokens<'_>,
    list: &[Item],
    before: Context,
    wanted: &Wanted,
    found: &mut Vec<Mention>,
) {
    let mut rest = list;
    while let [one, others @ ..] = rest {
        rest = others;
        if found.len() >= MOST {
            return;
        }
        let to_next = others
            .first()
            .and_then(|next| link(view, tokens, one, next).map(|link| (next, link)));
        let (low, high, end) = match to_next {
            Some((next, Link::Through)) => {
                rest = others.get(1..).unwrap_or_default();
                (one.codes.0, next.codes.1, next.end)
            }
            _ => (one.codes.0, one.codes.1, one.end),
        };
        let named: Vec<(MentionKind, HcpcsCode)> = if low == high {
            wanted.single(low, before)
        } else {
            wanted.range(low, high, before)
        };
        let at = view.bytes(one.start..end);
        found.extend(named.into_iter().map(|(kind, code)| Mention {
            at: at.clone(),
            kind,
            term: code.to_string(),
        }));
    }
}

/// Which codes are looked for.
struct Wanted {
    /// `None`: all.
    codes: Option<BTreeSet<HcpcsCode>>,
    look_alikes: BTreeSet<HcpcsCode>,
}

impl Wanted {
    fn new(watch: &Watch) -> Self {
        let codes = match &watch.codes {
            Codes::All => None,
            Codes::Named(services) => Some(services.iter().map(|service| service.code).collect()),
        };
        let look_alikes = watch.look_alikes.iter().map(|service| service.code);
        Self {
            codes,
            look_alikes: look_alikes.collect(),
        }
    }

    /// What a code by itself names. A code that is watched is never a look-alike.
    fn single(&self, code: HcpcsCode, context: Context) -> Vec<(MentionKind, HcpcsCode)> {
        let is_watched = match &self.codes {
            Some(codes) => codes.contains(&code),
            None => context == Context::Code && !self.look_alikes.contains(&code),
        };
        if is_watched {
            return vec![(MentionKind::Code, code)];
        }
        if self.look_alikes.contains(&code) {
            return vec![(MentionKind::LookAlike, code)];
        }
        // "codes 2056X": all that begin so. No code ends in X.
        match code.as_str().strip_suffix('X') {
            Some(digits) if context == Context::Code => {
                self.those(|code| code.as_str().starts_with(digits))
            }
            _ => Vec::new(),
        }
    }

    /// What a range of codes names. Ends of different form, or the wrong way round, are no range; nor are
    /// ends of different sections, unless something says that they are codes: `02121 thru 21211` are
    /// buildings.
    fn range(
        &self,
        low: HcpcsCode,
        high: HcpcsCode,
        context: Context,
    ) -> Vec<(MentionKind, HcpcsCode)> {
        let is_wide = context != Context::Code && section(low) != section(high);
        if low > high || form(low) != form(high) || is_wide {
            let mut both = self.single(low, context);
            both.extend(self.single(high, context));
            return both;
        }
        let mut inside = self.those(|code| (low..=high).contains(&code) && form(code) == form(low));
        if self.codes.is_none() {
            inside.extend(self.single(low, context));
            inside.extend(self.single(high, context));
        }
        inside
    }

    fn those(&self, matches: impl Fn(HcpcsCode) -> bool) -> Vec<(MentionKind, HcpcsCode)> {
        let codes = self.codes.iter().flatten();
        let look_alikes = self.look_alikes.iter().filter(|code| {
            !self
                .codes
                .as_ref()
                .is_some_and(|codes| codes.contains(code))
        });
        codes
            .map(|&code| (MentionKind::Code, code))
            .chain(look_alikes.map(|&code| (MentionKind::LookAlike, code)))
            .filter(|&(_, code)| matches(code))
            .collect()
    }
}

/// The first two characters of a code: the 20000s begin the musculoskeletal system.
fn section(code: HcpcsCode) -> String {
    code.as_str().chars().take(2).collect()
}

/// The letters of a code: `G0283` and `G0290` are of one series, `20560` and `G0283` are not.
fn form(code: HcpcsCode) -> (Option<char>, Option<char>) {
    let letter = |c: Option<char>| c.filter(char::is_ascii_alphabetic);
    let mut characters = code.as_str().chars();
    (letter(characters.next()), letter(characters.next_back()))
}
