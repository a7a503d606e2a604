//! Text in fixed columns, counted from 1 as record layouts do.

/// The bytes from position `first` to `last` (both from 1, both included), without blanks at
/// either end. Beyond the end of the line there is nothing.
pub fn cut(line: &[u8], first: usize, last: usize) -> &[u8] {
    let end = last.min(line.len());
    let start = first.saturating_sub(1).min(end);
    line.get(start..end).unwrap_or_default().trim_ascii()
}

/// A line and its number, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes without line end.
    pub bytes: &'a [u8],
    /// Whether a line end follows; the last line of a file that was cut has none.
    pub ended: bool,
}

/// The lines of a file; blank lines and the control-Z by which DOS marks the end are left out.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut number = 0;
    bytes
        .split_inclusive(|&byte| byte == b'\n')
        .filter_map(move |raw| {
            number += 1;
            let ended = raw.last() == Some(&b'\n');
            let line = raw.strip_suffix(b"\n").unwrap_or(raw);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let blank = line
                .iter()
                .all(|byte| byte.is_ascii_whitespace() || *byte == 0x1A);
            (!blank).then_some(Line {
                number,
                bytes: line,
                ended,
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_one_and_end_with_the_line() {
        let line = b"20560  A  0.32";
        assert_eq!(cut(line, 1, 5), b"20560");
        assert_eq!(cut(line, 6, 7), b"");
        assert_eq!(cut(line, 8, 8), b"A");
        assert_eq!(cut(line, 9, 99), b"0.32");
        assert_eq!(cut(line, 50, 60), b"");
        assert_eq!(cut(line, 9, 3), b"");
        assert_eq!(cut(line, 0, 2), b"20");
    }

    #[test]
    fn lines_keep_their_numbers_and_say_whether_they_end() {
        let all: Vec<_> = lines(b"a\r\n\r\nb\n\x1a\r\nc").collect();
        let seen: Vec<_> = all.iter().map(|l| (l.number, l.bytes, l.ended)).collect();
        assert_eq!(
            seen,
            [
                (1, &b"a"[..], true),
                (3, &b"b"[..], true),
                (5, &b"c"[..], false)
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_cut_panics(line in proptest::collection::vec(proptest::num::u8::ANY, 0..50), first in 0_usize..60, last in 0_usize..60) {
            let _ = cut(&line, first, last);
            let _ = lines(&line).count();
        }
    }
}
