//! Character references.

use std::borrow::Cow;

use memchr::memchr;

use crate::parse::text::unescape_once;

/// The text without character references, as browsers read them.
pub fn decoded(text: &str) -> Cow<'_, str> {
    if memchr(b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        done.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let Some((character, length)) = common_reference(rest) else {
            // Anything else by the table of the standard.
            return Cow::Owned(unescape_once(text));
        };
        done.push(character);
        rest = rest.get(length..).unwrap_or_default();
    }
    done.push_str(rest);
    Cow::Owned(done)
}

/// A reference that pages use all the time, with its length; a lonely `&` is one too.
fn common_reference(text: &str) -> Option<(char, usize)> {
    const NAMED: [(&str, char); 22] = [
        ("amp;", '&'),
        ("nbsp;", '\u{a0}'),
        ("lt;", '<'),
        ("gt;", '>'),
        ("quot;", '"'),
        ("rsquo;", '\u{2019}'),
        ("lsquo;", '\u{2018}'),
        ("rdquo;", '\u{201d}'),
        ("ldquo;", '\u{201c}'),
        ("ndash;", '\u{2013}'),
        ("mdash;", '\u{2014}'),
        ("sect;", '\u{a7}'),
        ("para;", '\u{b6}'),
        ("reg;", '\u{ae}'),
        ("copy;", '\u{a9}'),
        ("trade;", '\u{2122}'),
        ("bull;", '\u{2022}'),
        ("middot;", '\u{b7}'),
        ("hellip;", '\u{2026}'),
        ("deg;", '\u{b0}'),
        ("times;", '\u{d7}'),
        ("apos;", '\''),
    ];
    let name = text.get(1..)?;
    if let Some(digits) = name.strip_prefix('#') {
        let (digits, radix, before) = match digits.strip_prefix(['x', 'X']) {
            Some(hex) => (hex, 16, 3),
            None => (digits, 10, 2),
        };
        let length = digits.find(';')?;
        let number = digits.get(..length).filter(|digits| digits.len() <= 6)?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let value = u32::from_str_radix(number, radix).ok()?;
        // Below and between lie control characters, which have rules of their own.
        let plain =
            matches!(value, 0x20..=0x7e | 0xa0..=0xd7ff | 0xe000..=0xfdcf | 0xfe00..=0xfffd);
        return Some((
            char::from_u32(value).filter(|_| plain)?,
            before + length + 1,
        ));
    }
    if name.starts_with([' ', '\n', '<', '&']) {
        return Some(('&', 1));
    }
    let (known, character) = NAMED.iter().find(|(known, _)| name.starts_with(known))?;
    Some((*character, 1 + known.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn references_are_read_as_the_parser_reads_them(
            text in "(&(amp|nbsp|lt|rsquo|notit|copy|#160|#x41|#128|#0|#xD800|foo);?|[a& ;#]){0,12}"
        ) {
            prop_assert_eq!(decoded(&text).into_owned(), unescape_once(&text));
        }
    }
}
