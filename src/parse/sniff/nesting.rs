//! Whether a page is nested so deeply that parsing it would take for ever.
//!
//! An HTML parser looks through all open elements at almost every tag, and opens unclosed formatting
//! elements again in every paragraph: a few megabytes made for it take hours or all the memory.
//! Pages that people made are nested some dozens deep. So this counts, in one cheap pass and before
//! any parser sees the page.

use memchr::memchr;

const MAX_DEPTH: usize = 512;
/// Bound on (open formatting elements) × (tags): the elements that may have to be made.
const MAX_ELEMENTS: usize = 20_000_000;

const LONGEST_NAME: usize = 16;

/// Elements without an end tag.
fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
            | "path"
    )
}
/// Elements that the next of their kind closes; nested, they have others between them.
fn is_closed_by_next(name: &str) -> bool {
    matches!(
        name,
        "p" | "li"
            | "td"
            | "th"
            | "tr"
            | "dt"
            | "dd"
            | "option"
            | "thead"
            | "tbody"
            | "tfoot"
            | "optgroup"
            | "colgroup"
            | "rp"
            | "rt"
            | "html"
    )
}
fn is_formatting(name: &str) -> bool {
    matches!(
        name,
        "a" | "b"
            | "big"
            | "code"
            | "em"
            | "font"
            | "i"
            | "nobr"
            | "s"
            | "small"
            | "strike"
            | "strong"
            | "tt"
            | "u"
    )
}
/// Elements whose content is not markup.
fn is_raw(name: &str) -> bool {
    matches!(name, "script" | "style" | "textarea" | "title" | "noscript")
}

/// Why the page must not be parsed, if so.
pub(super) fn too_deep(text: &str) -> Option<&'static str> {
    let (mut depth, mut formatting, mut most_formatting, mut tags) =
        (0_usize, 0_usize, 0_usize, 0_usize);
    let mut rest = text;
    while let Some(at) = memchr(b'<', rest.as_bytes()) {
        rest = rest.get(at + 1..).unwrap_or_default();
        let (closes, name_and_on) = match rest.strip_prefix('/') {
            Some(after) => (true, after),
            None => (false, rest),
        };
        let mut lower = [0; LONGEST_NAME];
        let name = name_of(name_and_on, &mut lower);
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        tags += 1;
        if is_void(name) || is_closed_by_next(name) {
            continue;
        }
        if closes {
            depth = depth.saturating_sub(1);
            formatting = formatting.saturating_sub(usize::from(is_formatting(name)));
            continue;
        }
        if is_raw(name) {
            rest = after_raw(rest, name);
            continue;
        }
        depth += 1;
        formatting += usize::from(is_formatting(name));
        most_formatting = most_formatting.max(formatting);
        if depth > MAX_DEPTH {
            return Some("the page is nested too deeply to be read");
        }
    }
    (most_formatting.saturating_mul(tags) > MAX_ELEMENTS)
        .then_some("the page leaves too many formatting elements open to be read")
}

/// The name at the beginning of a tag, in lower case; of a longer one the beginning.
fn name_of<'b>(tag: &str, lower: &'b mut [u8; LONGEST_NAME]) -> &'b str {
    let mut length = 0;
    for (place, byte) in lower.iter_mut().zip(tag.bytes()) {
        if !byte.is_ascii_alphanumeric() {
            break;
        }
        *place = byte.to_ascii_lowercase();
        length += 1;
    }
    let name = lower.get(..length).unwrap_or_default();
    std::str::from_utf8(name).unwrap_or_default()
}

/// What follows the end tag of a raw element; all of it where there is none.
fn after_raw<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = rest.get(at + 2..).unwrap_or_default();
        if rest
            .get(..name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name))
        {
            return rest;
        }
    }
    // Unclosed: the parser takes the rest as text, but what is markup to one is text to another.
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_make_is_not_too_deep() {
        let table = "<tr><td>a<td><b>b</b></tr>".repeat(50_000);
        let list = "<ul>".to_owned() + &"<li>x<br>".repeat(50_000) + "</ul>";
        let script = "<script>var a = '<div><div>';</script>".repeat(5_000);
        for text in [
            table,
            list,
            script,
            "<p>".repeat(10_000),
            String::new(),
            "<".repeat(1000),
        ] {
            assert_eq!(too_deep(&text), None);
        }
    }

    #[test]
    fn what_is_made_against_parsers_is_too_deep() {
        assert!(too_deep(&"<div>".repeat(100_000)).is_some());
        assert!(too_deep(&"<B>".repeat(100_000)).is_some());
        let fonts = "<font size=1>".repeat(400);
        assert!(too_deep(&(fonts + &"<p>x".repeat(200_000))).is_some());
        assert!(too_deep(&("<script>".to_owned() + &"<div>".repeat(1000))).is_some());
    }
}
