//! What stands around a list of codes, and whether it makes it one.

use super::places;
use super::tokens::{Token, Tokens};
use super::view::View;

/// What the surroundings say of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// A word such as "code", "CPT" or "HCPCS" stands before it.
    Code,
    /// Nothing; a cell of a table has nothing around it.
    Open,
    /// It is a page, an amount, an address, a number of something.
    Other,
}

/// What stands before the token at `first`: the first of a list.
pub(super) fn before(view: &View, tokens: &Tokens<'_>, first: usize) -> Context {
    let Some(token) = tokens.get(first) else {
        return Context::Open;
    };
    let left = tokens.back(first, 1);
    let begin = left.map_or(0, |left| left.end);
    let code_word = left.is_some_and(|left| is_code_word(view, tokens, first - 1, left));
    let sign = view
        .shown(begin..token.start)
        .rev()
        .find(|c| !matches!(c, ' ' | '\n' | '-' | '\u{2013}' | '('));
    match sign {
        Some('$' | '\u{20ac}' | '\u{a3}' | '\u{a7}') => return Context::Other,
        Some('<' | '>' | '=' | '\u{2264}' | '\u{2265}' | '~' | '\u{2248}' | '#') if !code_word => {
            return Context::Other;
        }
        _ => {}
    }
    let Some(left) = left else {
        return Context::Open;
    };
    if code_word {
        return Context::Code;
    }
    if is_area_code(view, tokens, left, token) {
        return Context::Other;
    }
    if !leads_to(view, tokens, first - 1, left, token) {
        return Context::Open;
    }
    if counts(view, tokens, first - 1, left) || is_address(view, tokens, first - 1, left, token) {
        Context::Other
    } else {
        Context::Open
    }
}

/// What follows the token at `last`: whether the numbers before are counted, or a page or a house.
pub(super) fn after(view: &View, tokens: &Tokens<'_>, last: usize) -> Context {
    let (Some(token), Some(next)) = (tokens.get(last), tokens.get(last + 1)) else {
        return Context::Open;
    };
    if view.at(token.end) == '%' || (view.at(token.end) == ' ' && view.at(token.end + 1) == '%') {
        return Context::Other;
    }
    if !is_space(view, token.end, next.start) {
        return Context::Open;
    }
    let word = tokens.word(next);
    let second = tokens.get(last + 2);
    let second_word = second
        .filter(|second| is_space(view, next.end, second.start) || view.at(next.end) == '.')
        .map(|second| tokens.word(second))
        .unwrap_or_default();
    let register = (word == "federal" && second_word == "register")
        || (word == "fed" && second_word == "reg")
        || (word == "et" && second_word == "seq")
        || tokens.written(next) == "FR";
    let street = view.at(next.start).is_uppercase()
        && (places::is_street(&second_word)
            || (places::is_street(&word) && word != "plaza")
            || third(view, tokens, last, second).is_some_and(|word| places::is_street(&word)));
    if register || street || places::is_unit(&word) {
        Context::Other
    } else {
        Context::Open
    }
}

fn third(view: &View, tokens: &Tokens<'_>, last: usize, second: Option<Token>) -> Option<String> {
    let (second, third) = (second?, tokens.get(last + 3)?);
    is_space(view, second.end, third.start).then(|| tokens.word(third))
}

fn is_space(view: &View, from: usize, to: usize) -> bool {
    to == from + 1 && view.at(from).is_whitespace()
}

/// "code", "CPT", "HCPCS", "code(s)", "CPT code No."; not "ZIP code".
fn is_code_word(view: &View, tokens: &Tokens<'_>, index: usize, token: Token) -> bool {
    let mut index = index;
    let mut word = tokens.word(token);
    // "code(s)", "code numbers", "CPT No."
    for _ in 0..2 {
        let plural = word == "s" && view.before(token.start) == '(';
        let number = matches!(
            word.as_str(),
            "number" | "numbers" | "no" | "nos" | "range" | "ranges" | "series"
        );
        if !(plural || number) {
            break;
        }
        let Some(left) = tokens.back(index, 1) else {
            return false;
        };
        index -= 1;
        word = tokens.word(left);
    }
    match word.as_str() {
        "cpt" | "hcpcs" => true,
        "code" | "codes" => tokens
            .back(index, 1)
            .is_none_or(|left| !places::is_another_code(&tokens.word(left))),
        _ => false,
    }
}

/// Whether a word is still the context of a number after it: a comma, a bracket, a new sentence or a
/// new cell comes between otherwise.
fn leads_to(view: &View, tokens: &Tokens<'_>, index: usize, left: Token, number: Token) -> bool {
    let mut plain = true;
    let mut point = false;
    for c in view.shown(left.end..number.start) {
        match c {
            ' ' | '\n' | ':' | '#' | '\u{a7}' | '"' | '\'' | '\u{ae}' | '[' => {}
            '.' => point = true,
            _ => plain = false,
        }
    }
    plain && (!point || is_abbreviation(view, tokens, index, left))
}

/// Whether a point after a word belongs to it.
fn is_abbreviation(view: &View, tokens: &Tokens<'_>, index: usize, token: Token) -> bool {
    let word = tokens.word(token);
    matches!(
        word.as_str(),
        "p" | "pp"
            | "pg"
            | "no"
            | "nos"
            | "doc"
            | "docs"
            | "sec"
            | "secs"
            | "sect"
            | "para"
            | "ext"
            | "approx"
            | "tel"
            | "vol"
            | "reg"
            | "stat"
            | "ste"
            | "rm"
            | "ave"
            | "blvd"
    ) || acronym(view, tokens, index, token).len() > 1
}

/// Whether the word says what the number is.
fn counts(view: &View, tokens: &Tokens<'_>, index: usize, token: Token) -> bool {
    let word = tokens.word(token);
    let previous = || {
        tokens
            .back(index, 1)
            .map(|left| tokens.word(left))
            .unwrap_or_default()
    };
    match word.as_str() {
        "fr" => tokens.written(token) == "FR",
        "register" => previous() == "federal",
        "reg" => previous() == "fed",
        // Numbers of something that is not a code, for that was asked before.
        "number" | "numbers" | "nos" | "code" | "codes" => true,
        "no" => view.at(token.end) == '.' || tokens.written(token) == "No",
        _ => {
            places::counts_something_else(&word)
                || matches!(
                    acronym(view, tokens, index, token).as_str(),
                    "usc" | "cfr" | "fr"
                )
        }
    }
}

/// The letters of an abbreviation with points, of which this is the last: `usc` for `U.S.C`.
fn acronym(view: &View, tokens: &Tokens<'_>, index: usize, token: Token) -> String {
    const LONGEST: usize = 4;
    let mut letters = String::new();
    let mut right = token;
    for step in 0..LONGEST {
        let one = if step == 0 {
            Some(token)
        } else {
            tokens
                .back(index, step)
                .filter(|left| left.end + 1 == right.start && view.at(left.end) == '.')
        };
        match one {
            Some(one) if one.len() == 1 => {
                letters.insert_str(0, &tokens.word(one));
                right = one;
            }
            _ => break,
        }
    }
    letters
}

/// `Baltimore, MD 20560`, `Washington, D.C. 20560`, `Baltimore, Maryland 20560`.
fn is_address(view: &View, tokens: &Tokens<'_>, index: usize, token: Token, number: Token) -> bool {
    if !tokens.is_number(number) {
        return false;
    }
    if acronym(view, tokens, index, token) == "dc" {
        return true;
    }
    let after_comma = view
        .shown(token.start.saturating_sub(2)..token.start)
        .rev()
        .find(|c| !c.is_whitespace())
        == Some(',');
    if places::ends_a_state(&tokens.word(token)) {
        return view.at(token.start).is_uppercase() && after_comma
            || tokens.word(token) == "columbia";
    }
    if !places::is_state(&tokens.written(token)) {
        return false;
    }
    // Capital letters all around: "CODES 20552 OR 20560" is no address in Oregon.
    let city = tokens.back(index, 1).is_some_and(|left| {
        is_space(view, left.end, token.start)
            && !tokens.has_digit(left)
            && view.at(left.start).is_uppercase()
            && !view.at(left.start + 1).is_uppercase()
    });
    after_comma || city
}

/// `(410) 20560`: what follows an area code is a telephone number.
fn is_area_code(view: &View, tokens: &Tokens<'_>, left: Token, number: Token) -> bool {
    left.len() == 3
        && tokens.is_number(left)
        && view.before(left.start) == '('
        && view.at(left.end) == ')'
        && number.start <= left.end + 2
}
