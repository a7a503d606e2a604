//! Texts of others, made harmless for the place where they are shown.
//!
//! A terminal must not obey what a document says: characters that control it, or that turn the
//! direction of writing, are shown instead of sent. A spreadsheet must not run it.

use std::borrow::Cow;

/// The text with everything shown that a terminal would obey. Line ends stay.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c != '\n' && is_dangerous(c)) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| match c {
        '\n' => '\n',
        '\t' => ' ',
        '\u{7f}' => '\u{2421}',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        c if is_dangerous(c) => '\u{fffd}',
        c => c,
    };
    // A carriage return before a line end belongs to it.
    Cow::Owned(text.replace("\r\n", "\n").chars().map(shown).collect())
}

/// Control characters, and the marks that turn the direction of writing.
pub(super) fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}' | '\u{2029}'
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with an apostrophe in front where a spreadsheet would take it for a formula.
pub(super) fn no_formula(text: &str) -> Cow<'_, str> {
    let number = || {
        let digits = text.trim_start_matches(['-', '+']);
        text.len() - digits.len() == 1
            && !digits.is_empty()
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    if text.starts_with(['=', '+', '-', '@']) && !number() {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text as Markdown shows it, on one line.
pub(super) fn markdown(text: &str) -> String {
    let mut escaped = String::new();
    for c in harmless(text).chars() {
        match c {
            '\n' => escaped.push_str("<br>"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_texts_and_numbers_stay_numbers() {
        for (cell, csv) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
            ("-1.50", "-1.50"),
            ("20560", "20560"),
            ("--1", "'--1"),
        ] {
            assert_eq!(no_formula(cell), csv);
        }
    }

    #[test]
    fn controls_are_shown_and_line_ends_stay() {
        assert_eq!(
            harmless("a\x1b[31mb\r\nc\td\u{9b}e\x7f"),
            "a␛[31mb\nc d\u{fffd}e␡"
        );
        assert!(matches!(harmless("plain\nétext"), Cow::Borrowed(_)));
    }
}
