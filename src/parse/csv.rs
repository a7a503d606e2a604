//! Comma-separated tables from outside: rows of cells, bounded, in whatever one-byte encoding.

use std::borrow::Cow;

use ::csv::{ByteRecord, Reader, ReaderBuilder};

/// How large a table may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most rows.
    pub max_rows: u64,
    /// Most cells of a row.
    pub max_cells: usize,
    /// Most bytes of a row; a stray quote swallows the rest of a file into one cell.
    pub max_row_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_rows: 1_000_000,
            max_cells: 500,
            max_row_bytes: 64 << 10,
        }
    }
}

/// Why a table cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    /// A limit is exceeded.
    #[error("row {row} has {what}, more than is plausible (a quotation mark without its partner?)")]
    TooLarge {
        /// The line in which the row begins.
        row: u64,
        /// What is too large.
        what: String,
    },
    /// The reader gave up.
    #[error("row {row} cannot be read ({cause})")]
    Malformed {
        /// The line in which the row begins.
        row: u64,
        /// What the reader says.
        cause: String,
    },
}

/// A row that lives until the next one is read.
#[derive(Debug, Clone, Copy)]
pub struct Row<'r> {
    /// The line in which it begins, from 1.
    pub number: u64,
    record: &'r ByteRecord,
}

/// Without blanks at either end: those of ASCII, and the one that does not break, in UTF-8 and in Windows-1252.
fn trim(mut cell: &[u8]) -> &[u8] {
    const WIDE: &[u8] = "\u{a0}".as_bytes();
    loop {
        cell = cell.trim_ascii();
        let shorter = cell
            .strip_prefix(WIDE)
            .or_else(|| cell.strip_suffix(WIDE))
            .or_else(|| match cell {
                [0xA0, rest @ ..] => Some(rest),
                // As a byte of its own, not as the end of a letter in UTF-8.
                [rest @ .., 0xA0] if rest.last().is_none_or(u8::is_ascii) => Some(rest),
                _ => None,
            });
        match shorter {
            Some(shorter) => cell = shorter,
            None => return cell,
        }
    }
}

impl<'r> Row<'r> {
    /// A cell without blanks at either end, also those that do not break; nothing where the row has no such cell.
    pub fn cell(&self, index: usize) -> Option<&'r [u8]> {
        self.record.get(index).map(trim)
    }

    /// How many cells it has.
    pub fn width(&self) -> usize {
        self.record.len()
    }

    /// Its cells as they stand.
    pub fn cells(&self) -> impl Iterator<Item = &'r [u8]> {
        self.record.iter()
    }

    /// Its cells as text, without blanks at either end.
    pub fn texts(&self) -> Vec<String> {
        self.cells()
            .map(|cell| text(trim(cell)).into_owned())
            .collect()
    }

    /// The row as it would stand in a file, one cell left out (its commas stay).
    pub fn written_without(&self, left_out: Option<usize>) -> String {
        let mut line = String::new();
        for (index, cell) in self.cells().enumerate() {
            if index > 0 {
                line.push(',');
            }
            if Some(index) == left_out {
                continue;
            }
            let cell = text(cell);
            if cell.contains([',', '"', '\n', '\r']) {
                line.push('"');
                line.push_str(&cell.replace('"', "\"\""));
                line.push('"');
            } else {
                line.push_str(&cell);
            }
        }
        line
    }
}

/// The rows of a table, one at a time, without an allocation for each.
#[derive(Debug)]
pub struct Rows<'a> {
    bytes: &'a [u8],
    reader: Reader<&'a [u8]>,
    record: ByteRecord,
    limits: Limits,
    passed: u64,
}

impl<'a> Rows<'a> {
    /// Begins with the first row; there is no header for this reader.
    pub fn new(bytes: &'a [u8], limits: Limits) -> Self {
        Self::separated_by(b',', bytes, limits)
    }

    /// The same for another separator than the comma.
    pub fn separated_by(separator: u8, bytes: &'a [u8], limits: Limits) -> Self {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .buffer_capacity(64 << 10)
            .from_reader(bytes);
        Self {
            bytes,
            reader,
            record: ByteRecord::new(),
            limits,
            passed: 0,
        }
    }

    /// Whether the file ends with a line end; that of a file that was cut seldom does.
    pub fn ends_with_line_end(&self) -> bool {
        matches!(self.bytes.last(), Some(b'\n' | b'\r'))
    }

    /// The next row; `None` at the end. Blank lines, and rows of the control-Z by which DOS marks
    /// the end of a file, are left out.
    ///
    /// # Errors
    /// When the row is beyond a limit.
    #[expect(
        clippy::should_implement_trait,
        reason = "a row borrows from the reader, which an Iterator cannot say"
    )]
    pub fn next(&mut self) -> Result<Option<Row<'_>>, CsvError> {
        loop {
            let read = self.reader.read_byte_record(&mut self.record);
            let row = self.line();
            if !read.map_err(|cause| CsvError::Malformed {
                row,
                cause: cause.to_string(),
            })? {
                return Ok(None);
            }
            self.passed += 1;
            let too_large = |what: String| CsvError::TooLarge { row, what };
            if self.passed > self.limits.max_rows {
                return Err(too_large(format!("{} rows before it", self.passed - 1)));
            }
            if self.record.len() > self.limits.max_cells {
                return Err(too_large(format!("{} cells", self.record.len())));
            }
            if self.record.as_slice().len() > self.limits.max_row_bytes {
                return Err(too_large(format!("{} bytes", self.record.as_slice().len())));
            }
            let first = self.record.get(0).unwrap_or_default();
            if first.first() != Some(&0x1A) {
                break;
            }
        }
        Ok(Some(Row {
            number: self.line(),
            record: &self.record,
        }))
    }

    /// The line in which the record begins. The reader under this one counts a row of a CRLF file
    /// to the line before it, because the LF and blank lines are still to come.
    fn line(&self) -> u64 {
        let Some(position) = self.record.position() else {
            return 1;
        };
        let begins = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let skipped = self.bytes.get(begins..).unwrap_or_default();
        let blank = skipped
            .iter()
            .take_while(|byte| matches!(byte, b'\n' | b'\r'));
        blank.fold(position.line(), |line, &byte| {
            line + u64::from(byte == b'\n')
        })
    }
}

/// All rows of a small table as text, each with the number of its line.
///
/// # Errors
/// When a row is beyond a limit.
pub fn rows(
    separator: u8,
    bytes: &[u8],
    limits: Limits,
) -> Result<Vec<(u64, Vec<String>)>, CsvError> {
    let mut reader = Rows::separated_by(separator, bytes, limits);
    let mut rows = Vec::new();
    while let Some(row) = reader.next()? {
        rows.push((row.number, row.texts()));
    }
    Ok(rows)
}

/// Bytes as text: ASCII and UTF-8 as they are, anything else as Windows-1252, which knows every
/// byte and reads Latin-1 too.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_a_cell_are_no_part_of_it() {
        for (cell, bare) in [
            (&b" 20560\xA0"[..], &b"20560"[..]),
            (b"\xA0A \xA0", b"A"),
            ("\u{a0} A\u{a0}\u{a0}".as_bytes(), b"A"),
            // The end of a letter in UTF-8, and blanks within.
            ("voil\u{e0}".as_bytes(), "voil\u{e0}".as_bytes()),
            (b"a\xA0b", b"a\xA0b"),
            (b"\xA0", b""),
            (b"", b""),
        ] {
            assert_eq!(trim(cell), bare, "{cell:?}");
        }
    }

    #[test]
    fn rows_carry_the_line_in_which_they_begin() {
        let all = rows(
            b',',
            b"a,b\r\n\r\n\"two\nlines\", x \r\nlast",
            Limits::default(),
        )
        .unwrap();
        let expected = [
            (1, vec!["a", "b"]),
            (3, vec!["two\nlines", "x"]),
            (5, vec!["last"]),
        ];
        let seen: Vec<_> = all
            .iter()
            .map(|(n, cells)| (*n, cells.iter().map(String::as_str).collect::<Vec<_>>()))
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn the_end_mark_of_dos_is_no_row() {
        let all = rows(b',', b"a,b\r\n\x1a,,,\r\n", Limits::default()).unwrap();
        assert_eq!(all.len(), 1);
    }

    #[test]
    fn a_stray_quote_cannot_swallow_the_file() {
        let mut bytes = b"a,b\n\"oh".to_vec();
        bytes.extend(std::iter::repeat_n(b'x', 100_000));
        assert!(matches!(
            rows(b',', &bytes, Limits::default()),
            Err(CsvError::TooLarge { row: 2, .. })
        ));
    }

    #[test]
    fn one_byte_encodings_are_read() {
        assert_eq!(text(b"CAF\xc9 \x92s"), "CAFÉ ’s");
        assert_eq!(text("CAFÉ".as_bytes()), "CAFÉ");
    }

    #[test]
    fn a_row_is_written_without_one_cell() {
        let mut reader = Rows::new(b"1,\"a, b\",\"c, d\",\n", Limits::default());
        let row = reader.next().unwrap().unwrap();
        assert_eq!(row.written_without(Some(1)), "1,,\"c, d\",");
        assert_eq!(row.written_without(None), "1,\"a, b\",\"c, d\",");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = rows(b',', &bytes, Limits::default());
        }

        #[test]
        fn what_is_written_reads_back(cells in proptest::collection::vec("[ -~éü]{0,12}", 1..8)) {
            let quoted: Vec<String> = cells.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
            let line = format!("{}\r\n", quoted.join(","));
            let mut reader = Rows::new(line.as_bytes(), Limits::default());
            let row = reader.next().unwrap().unwrap();
            let back: Vec<String> = row.cells().map(|c| text(c).into_owned()).collect();
            proptest::prop_assert_eq!(&back, &cells);
            let written = row.written_without(None);
            let again = rows(b',', format!("{written}\n").as_bytes(), Limits::default()).unwrap();
            let trimmed: Vec<String> = cells.iter().map(|c| c.trim_ascii().to_owned()).collect();
            if !(trimmed.len() == 1 && trimmed[0].is_empty()) {
                proptest::prop_assert_eq!(again.first().map(|(_, c)| c.clone()), Some(trimmed));
            }
        }
    }
}
