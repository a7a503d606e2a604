//! The members of a WARC file: each record of a compressed one is a gzip member by itself.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use flate2::bufread::GzDecoder;

/// Begin of every gzip member.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A reader that knows how far it has come.
#[derive(Debug)]
pub(super) struct Counted<R> {
    inner: R,
    at: u64,
}

impl<R> Counted<R> {
    pub(super) fn new(inner: R, at: u64) -> Self {
        Self { inner, at }
    }

    pub(super) fn at(&self) -> u64 {
        self.at
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount as u64;
        self.inner.consume(amount);
    }
}

/// The bytes of a file from a place on.
pub(super) fn from(path: &Path, at: u64) -> io::Result<Counted<BufReader<File>>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(at))?;
    Ok(Counted::new(BufReader::with_capacity(1 << 16, file), at))
}

/// Whether the file is compressed.
pub(super) fn is_gzip(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(2).read_to_end(&mut head)?;
    Ok(head == GZIP)
}

/// What a place in the file unpacks to: one member, or, where nothing is compressed, all the rest.
pub(super) type Member<'r> = Counted<BufReader<Box<dyn Read + 'r>>>;

/// Opens the member that begins where the reader stands.
pub(super) fn member<R: BufRead>(reader: &mut R, gzip: bool) -> Member<'_> {
    let plain: Box<dyn Read + '_> = if gzip {
        Box::new(GzDecoder::new(reader))
    } else {
        Box::new(reader)
    };
    Counted::new(BufReader::with_capacity(1 << 16, plain), 0)
}
