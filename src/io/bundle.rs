//! A ZIP file of evidence: whatever is put into it is listed in `SHA256SUMS`, so that nobody needs coverd to
//! see that nothing was altered since.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::blobs::hash_of;
use super::newfile::NewFile;

/// Name of the list of hashes, in the form that `sha256sum -c` takes.
pub const SUMS: &str = "SHA256SUMS";

/// A bundle under construction; there is no file until it is [finished](Bundle::finish).
#[derive(Debug)]
pub struct Bundle {
    new: NewFile,
    zip: ZipWriter<BufWriter<File>>,
    sums: String,
}

impl Bundle {
    /// Begins a bundle.
    ///
    /// # Errors
    /// When the file is there already or cannot be written.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let (new, file) = NewFile::begin(path)?;
        Ok(Self {
            new,
            zip: ZipWriter::new(file),
            sums: String::new(),
        })
    }

    /// Puts a file into it. The same files make the same bundle: nothing in it is of the time at which it
    /// was made.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.put(name, bytes)?;
        let _ = writeln!(self.sums, "{}  {name}", hash_of(bytes));
        Ok(())
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .large_file(bytes.len() > 0xF000_0000)
            .unix_permissions(0o644);
        self.zip.start_file(name, options)?;
        self.zip.write_all(bytes)
    }

    /// Writes the list of hashes and gives the file its name.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        let sums = std::mem::take(&mut self.sums);
        self.put(SUMS, sums.as_bytes())?;
        self.new.keep(self.zip.finish()?)
    }
}
