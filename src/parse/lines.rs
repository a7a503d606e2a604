//! The lines of a file that is too large to be held: one at a time, from a stream, in bounded memory.

use std::io::{self, Read};

use super::fixed::Line;

/// How much is asked of the stream at a time.
const PIECE: usize = 256 << 10;

/// Why the lines of a stream cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LinesError {
    /// The stream broke off.
    #[error(transparent)]
    Stream(#[from] io::Error),
    /// A line is longer than allowed.
    #[error("line {number} is longer than {longest} bytes")]
    TooLong {
        /// Its number, from 1.
        number: u64,
        /// The limit.
        longest: usize,
    },
}

/// The lines of a stream.
#[derive(Debug)]
pub struct Lines<R> {
    stream: R,
    buffer: Vec<u8>,
    /// What of the buffer is not yet handed out.
    start: usize,
    end: usize,
    longest: usize,
    number: u64,
    ended: bool,
}

impl<R: Read> Lines<R> {
    /// Begins with the first line; none may be longer than `longest` bytes.
    pub fn new(stream: R, longest: usize) -> Self {
        Self {
            stream,
            buffer: vec![0; longest.saturating_add(PIECE)],
            start: 0,
            end: 0,
            longest,
            number: 0,
            ended: false,
        }
    }

    /// The stream under it, for what an error means.
    pub fn stream(&self) -> &R {
        &self.stream
    }

    /// The next line; `None` at the end. Blank lines and the control-Z by which DOS marks the end of a
    /// file are left out.
    ///
    /// # Errors
    /// When the stream breaks off, or the line is too long.
    #[expect(
        clippy::should_implement_trait,
        reason = "a line borrows from the reader, which an Iterator cannot say"
    )]
    pub fn next(&mut self) -> Result<Option<Line<'_>>, LinesError> {
        let (from, to, ended) = loop {
            let Some((from, to, ended)) = self.cut()? else {
                return Ok(None);
            };
            let line = self.buffer.get(from..to).unwrap_or_default();
            let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x1A;
            if !line.iter().all(blank) {
                break (from, to, ended);
            }
        };
        let bytes = self.buffer.get(from..to).unwrap_or_default();
        Ok(Some(Line {
            number: self.number,
            bytes: bytes.strip_suffix(b"\r").unwrap_or(bytes),
            ended,
        }))
    }

    /// The place of the next line in the buffer, and whether a line end follows it.
    fn cut(&mut self) -> Result<Option<(usize, usize, bool)>, LinesError> {
        let mut searched = 0;
        loop {
            let held = self.buffer.get(self.start..self.end).unwrap_or_default();
            let rest = held.get(searched..).unwrap_or_default();
            let line_end = memchr::memchr(b'\n', rest).map(|at| searched + at);
            if line_end.unwrap_or(held.len()) > self.longest {
                return Err(LinesError::TooLong {
                    number: self.number + 1,
                    longest: self.longest,
                });
            }
            if let Some(length) = line_end {
                let from = self.start;
                self.start += length + 1;
                self.number += 1;
                return Ok(Some((from, from + length, true)));
            }
            if self.ended {
                if held.is_empty() {
                    return Ok(None);
                }
                let (from, to) = (self.start, self.end);
                self.start = self.end;
                self.number += 1;
                return Ok(Some((from, to, false)));
            }
            searched = held.len();
            self.fill()?;
        }
    }

    fn fill(&mut self) -> Result<(), LinesError> {
        // What is left is shorter than the longest line, so that there is room for a piece behind it.
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        let read = loop {
            match self.stream.read(room) {
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.end += read;
        self.ended = read == 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixed;
    use super::*;

    /// Hands out so many bytes at a time.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            let (now, later) = self.0.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn all(
        bytes: &[u8],
        drip: usize,
        longest: usize,
    ) -> Result<Vec<(u64, Vec<u8>, bool)>, LinesError> {
        let mut lines = Lines::new(Drip(bytes, drip), longest);
        let mut all = Vec::new();
        while let Some(line) = lines.next()? {
            all.push((line.number, line.bytes.to_vec(), line.ended));
        }
        Ok(all)
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_and_one_that_just_fits_is_read() {
        assert_eq!(all(b"12345\n1\n", 3, 5).unwrap().len(), 2);
        assert_eq!(all(b"12345", 3, 5).unwrap().len(), 1);
        for bytes in [&b"1\n123456\n"[..], b"1\n123456", &b"x".repeat(400_000)] {
            assert!(matches!(
                all(bytes, 100_000, 5),
                Err(LinesError::TooLong {
                    number: 1 | 2,
                    longest: 5
                })
            ));
        }
    }

    #[test]
    fn an_error_of_the_stream_is_no_end() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        assert!(matches!(
            Lines::new(Broken, 9).next(),
            Err(LinesError::Stream(_))
        ));
    }

    proptest::proptest! {
        #[test]
        fn the_lines_are_those_of_the_whole_file(
            bytes in proptest::collection::vec(proptest::sample::select(b"ab \r\n\x1a".to_vec()), 0..80),
            drip in 1_usize..9,
        ) {
            let expected: Vec<_> = fixed::lines(&bytes)
                .map(|line| (line.number, line.bytes.to_vec(), line.ended))
                .collect();
            proptest::prop_assert_eq!(all(&bytes, drip, 100).unwrap(), expected);
        }
    }
}
