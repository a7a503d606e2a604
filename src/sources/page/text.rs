//! Bytes as text, unless they show that they are damaged.

use std::borrow::Cow;

use crate::model::request::ShapeError;
use crate::parse::csv;

/// So many characters that no text has are believed to be an accident.
const STRAY: usize = 8;
/// And one in so many, in a long text.
const STRAY_OF: usize = 1_000;
/// Most bytes as which a text that is not UTF-8 is held: each of it may become three.
const MAX_DECODED: usize = 96 << 20;

/// The lines of a text that are not empty, with single spaces.
pub(super) fn plain_lines(text: &str) -> impl Iterator<Item = String> {
    let lines = text.split(['\n', '\r', '\u{c}']);
    let joined = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    joined.filter(|line| !line.is_empty())
}

/// Bytes as text, unless they are damaged.
pub(super) fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, ShapeError> {
    sound(bytes)?;
    if std::str::from_utf8(bytes).is_err() {
        // The euro sign, dashes and quotation marks become three bytes, letters two.
        let high = bytes.iter().filter(|byte| !byte.is_ascii()).count();
        let long = bytes.len().saturating_add(high.saturating_mul(2));
        if long > MAX_DECODED {
            let why = format!(
                "{} bytes that are not UTF-8, {high} of them beyond ASCII: too much to be read as Windows-1252",
                bytes.len()
            );
            return Err(ShapeError::new("text", why));
        }
    }
    Ok(csv::text(bytes))
}

/// Whether bytes are text: zero bytes, a character that breaks off at the end, or UTF-8 that is whole
/// elsewhere show damage. Taken for Windows-1252, every letter of such a text beyond ASCII would seem to
/// have changed. So would a program, a picture or noise, which have characters that no text has.
pub(super) fn sound(bytes: &[u8]) -> Result<(), ShapeError> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        let why = "it is UTF-16, which is not read: only UTF-8 and Windows-1252 are";
        return Err(ShapeError::new("text", why));
    }
    if let Some(at) = memchr::memchr(0, bytes) {
        let why = format!("byte {at} is zero: the answer is damaged, or in another encoding");
        return Err(ShapeError::new("text", why));
    }
    let broken = std::str::from_utf8(bytes).err();
    let strange = strangers(bytes, broken.is_some());
    if strange > STRAY && strange.saturating_mul(STRAY_OF) > bytes.len() {
        let why = format!(
            "{strange} of its {} bytes are control characters, which no text has: the answer is damaged, or no text",
            bytes.len()
        );
        return Err(ShapeError::new("text", why));
    }
    let Some(first) = broken else {
        return Ok(());
    };
    let (mut sound, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        sound += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    // The first fault is its end.
    let breaks_off = first.error_len().is_none();
    if breaks_off || (sound > 0 && sound * 4 >= broken) {
        let why = if breaks_off {
            "it breaks off in the middle of a character"
        } else {
            "parts of it are UTF-8 and others are not: the answer is damaged"
        };
        return Err(ShapeError::new("text", why));
    }
    Ok(())
}

/// How many bytes are no character of a text: controls but blanks and line ends (Word has one of its own
/// between lines), and in Windows-1252 the five bytes that it does not have. With the mark by which DOS ended a
/// file, old programs fill up its last block.
fn strangers(bytes: &[u8], one_byte: bool) -> usize {
    let end = bytes.iter().rposition(|&byte| byte != 0x1A);
    let text = bytes.get(..end.map_or(0, |at| at + 1)).unwrap_or(bytes);
    let strange = |byte: u8| match byte {
        b'\t' | b'\n' | 0x0B | b'\r' | 0x0C => false,
        0x00..=0x1F => true,
        0x81 | 0x8D | 0x8F | 0x90 | 0x9D => one_byte,
        _ => false,
    };
    text.iter().filter(|&&byte| strange(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(bytes: &[u8], why: &str) {
        let error = decoded(bytes).unwrap_err();
        assert!(error.why.contains(why), "{error:?}");
    }

    /// Bytes that look random, and are always the same.
    fn noise(without: &[u8]) -> Vec<u8> {
        let mut state = 1_u32;
        let bytes = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        });
        bytes
            .filter(|byte| !without.contains(byte))
            .take(20_000)
            .collect()
    }

    #[test]
    fn noise_is_no_text() {
        refuses(&noise(b""), "zero");
        refuses(&noise(b"\0"), "control characters");
        refuses(&noise(b"\0<>&"), "control characters");
        // Without the control characters of ASCII, those that Windows-1252 does not have are left.
        let controls: Vec<u8> = (0..0x20).collect();
        refuses(&noise(&controls), "control characters");
        refuses(&b"\x01\x02 ".repeat(10), "20 of its 30 bytes");
    }

    #[test]
    fn a_stray_control_character_makes_no_page_unreadable() {
        let page = "Twelve visits a year.\r\n\t\x0b\x0c".repeat(500);
        for stray in [&b"\x01"[..], b"\x81", b"\x1a", &[0x1f; 8], &[0x1a; 120]] {
            let bytes = [page.as_bytes(), stray].concat();
            assert!(decoded(&bytes).is_ok(), "{stray:?}");
        }
        let many = [page.as_bytes(), &[0x1f; 9]].concat();
        assert!(decoded(&many).is_ok(), "less than one in a thousand");
        let more = [page.as_bytes(), &[0x1f; 20]].concat();
        refuses(&more, "control characters");
        // In UTF-8 those five bytes are parts of characters.
        assert!(decoded("Á\u{201d}".repeat(100).as_bytes()).is_ok());
    }

    #[test]
    fn another_encoding_is_named() {
        refuses(b"\xff\xfea\0b\0", "UTF-16");
        refuses(b"\xfe\xff\0a\0b", "UTF-16");
    }

    #[test]
    fn a_text_that_would_grow_too_much_is_refused() {
        refuses(&vec![0x80; MAX_DECODED / 3 + 1], "beyond ASCII");
        assert!(decoded(b"caf\xe9 \x93x\x94").is_ok());
    }
}
