//! The header of one record.

use std::io::{self, BufRead, Read as _};

/// Most bytes of a header, and of one line of it.
const MAX_HEADER: usize = 64 << 10;
/// Empty lines between two records; the standard has two.
const MAX_GAP: usize = 64;

/// The named fields of a record, names in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first field of a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.0.iter();
        fields
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All of them, as they stand.
    pub(super) fn into_vec(self) -> Vec<(String, String)> {
        self.0
    }
}

/// One line without its end; `None` at the end of everything.
fn line(reader: &mut impl BufRead, left: &mut usize) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let most = *left as u64;
    let read = reader.by_ref().take(most).read_until(b'\n', &mut bytes)?;
    *left -= read;
    if read == 0 && *left > 0 {
        return Ok(None);
    }
    if bytes.last() != Some(&b'\n') {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            if *left == 0 {
                "its header is longer than 64 KiB"
            } else {
                "it ends in the middle of a header"
            },
        ));
    }
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// The fields up to an empty line.
pub(super) fn fields(reader: &mut impl BufRead) -> io::Result<Fields> {
    let mut left = MAX_HEADER;
    let mut fields: Vec<(String, String)> = Vec::new();
    loop {
        let Some(text) = line(reader, &mut left)? else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it ends in the middle of a header",
            ));
        };
        if text.is_empty() {
            return Ok(Fields(fields));
        }
        // A value may go on in the next line.
        if let (true, Some((_, value))) = (text.starts_with([' ', '\t']), fields.last_mut()) {
            value.push(' ');
            value.push_str(text.trim());
            continue;
        }
        let (name, value) = text.split_once(':').ok_or_else(|| {
            let shown: String = text.chars().take(60).collect();
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{shown:?} is no field of a header"),
            )
        })?;
        fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
}

/// The header of the next record; `None` where there is none.
pub(super) fn next(reader: &mut impl BufRead) -> io::Result<Option<Fields>> {
    let mut left = MAX_HEADER;
    let mut gap = 0;
    let version = loop {
        match line(reader, &mut left)? {
            None => return Ok(None),
            Some(text) if text.is_empty() && gap < MAX_GAP => gap += 1,
            Some(text) => break text,
        }
    };
    if !matches!(
        version.as_str(),
        "WARC/1.0" | "WARC/1.1" | "WARC/0.18" | "WARC/0.17"
    ) {
        let shown: String = version.chars().take(40).collect();
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a record begins with {shown:?}, where WARC/1.0 or WARC/1.1 is expected"),
        ));
    }
    fields(reader).map(Some)
}
