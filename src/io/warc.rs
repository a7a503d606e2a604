//! Captures leave as WARC (ISO 28500, version 1.1), the standard of web archives: one record for each, by
//! itself compressed where the name ends in `.gz`.
//!
//! The first capture of some bytes is a response with the headers as served. A later one of the same bytes is a
//! revisit without them, and so is an answer 304. What the bodies went through on their way (content and
//! transfer encoding) was undone when they were captured: such headers are kept as `X-Archive-Orig-...`, as other
//! archives do. Answers whose bodies were not kept are left out and counted.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::blobs::hash_of;
use super::newfile::NewFile;
use crate::model::document::{Capture, DocumentHash};

const REVISIT: &str = "http://netpreserve.org/warc/1.1/revisit";
/// The address that answered, where it is not the one that was asked.
pub(super) const FINAL: &str = "X-Coverd-Final-URI";

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Records with bodies.
    pub responses: u64,
    /// Records that refer to them.
    pub revisits: u64,
    /// Captures without bodies.
    pub left_out: u64,
}

/// A file under construction; there is none until it is [finished](WarcWriter::finish).
#[derive(Debug)]
pub struct WarcWriter {
    new: NewFile,
    file: BufWriter<File>,
    gzip: bool,
    /// Where bytes are that were written already.
    seen: HashMap<DocumentHash, (String, DateTime<Utc>)>,
    written: Written,
}

impl WarcWriter {
    /// Begins a file with a record about itself.
    ///
    /// # Errors
    /// When it is there already or cannot be written.
    pub fn begin(path: &Path, now: DateTime<Utc>) -> io::Result<Self> {
        let (new, file) = NewFile::begin(path)?;
        let gzip = path.extension().is_some_and(|end| end == "gz");
        let mut writer = Self {
            new,
            file,
            gzip,
            seen: HashMap::new(),
            written: Written::default(),
        };
        let about = format!(
            "software: coverd/{}\r\nformat: WARC File Format 1.1\r\n\
             conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n",
            env!("CARGO_PKG_VERSION")
        );
        let head = [
            ("WARC-Type", "warcinfo".to_owned()),
            ("WARC-Date", instant(now)),
            ("Content-Type", "application/warc-fields".to_owned()),
        ];
        writer.record(&head, about.as_bytes(), &[])?;
        Ok(writer)
    }

    /// Writes a capture; `bytes` is asked for its body when it is needed.
    ///
    /// # Errors
    /// When it cannot be written; or what `bytes` says.
    pub fn capture<E: From<io::Error>>(
        &mut self,
        capture: &Capture,
        bytes: impl FnOnce(&DocumentHash) -> Result<Arc<[u8]>, E>,
    ) -> Result<(), E> {
        let Some(hash) = capture.document else {
            self.written.left_out += 1;
            return Ok(());
        };
        let digest = format!("sha256:{hash}");
        let mut head = vec![
            ("WARC-Date", instant(capture.at)),
            ("WARC-Target-URI", one_line(&capture.url)),
            ("WARC-Payload-Digest", digest),
        ];
        if capture.final_url != capture.url {
            head.push((FINAL, one_line(&capture.final_url)));
        }
        let http = "application/http;msgtype=response".to_owned();
        if let Some((url, at)) = self.seen.get(&hash) {
            let profile = if capture.status == 304 {
                "server-not-modified"
            } else {
                "identical-payload-digest"
            };
            head.push(("WARC-Type", "revisit".to_owned()));
            head.push(("WARC-Profile", format!("{REVISIT}/{profile}")));
            head.push(("WARC-Refers-To-Target-URI", url.clone()));
            head.push(("WARC-Refers-To-Date", instant(*at)));
            head.push(("Content-Type", http));
            self.record(&head, &answer(capture, None), &[])?;
            self.written.revisits += 1;
            return Ok(());
        }
        let body = bytes(&hash)?;
        self.seen.insert(hash, (one_line(&capture.url), capture.at));
        if capture.status == 304 {
            // The answer that it confirms is not in this file: what it stands for is.
            let of = header(capture, "content-type").unwrap_or("application/octet-stream");
            head.push(("WARC-Type", "resource".to_owned()));
            head.push(("Content-Type", one_line(of)));
            self.record(&head, &[], &body)?;
        } else {
            head.push(("WARC-Type", "response".to_owned()));
            head.push(("Content-Type", http));
            self.record(&head, &answer(capture, Some(body.len())), &body)?;
        }
        self.written.responses += 1;
        Ok(())
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> io::Result<Written> {
        self.new.keep(self.file)?;
        Ok(self.written)
    }

    fn record(&mut self, head: &[(&str, String)], first: &[u8], rest: &[u8]) -> io::Result<()> {
        let block = hash_of(&[first, rest].concat());
        let mut text = String::from("WARC/1.1\r\n");
        for (name, value) in head {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let id = uuid(&text, &block);
        let length = first.len() + rest.len();
        let _ = write!(
            text,
            "WARC-Record-ID: <urn:uuid:{id}>\r\nWARC-Block-Digest: sha256:{block}\r\nContent-Length: {length}\r\n\r\n"
        );
        let parts = [text.as_bytes(), first, rest, b"\r\n\r\n"];
        if self.gzip {
            let mut member = GzEncoder::new(&mut self.file, Compression::default());
            parts.iter().try_for_each(|part| member.write_all(part))?;
            member.finish()?;
        } else {
            parts
                .iter()
                .try_for_each(|part| self.file.write_all(part))?;
        }
        Ok(())
    }
}

/// A name made from the record itself: the same store makes the same names (UUID version 8).
fn uuid(head: &str, block: &DocumentHash) -> String {
    let digest = hash_of(format!("{head}{block}").as_bytes()).to_string();
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default().to_owned();
    format!(
        "{}-{}-8{}-a{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Nothing that would end a header.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn header<'c>(capture: &'c Capture, name: &str) -> Option<&'c str> {
    let mut headers = capture.headers.iter();
    headers
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// Status line and headers; `length` of the body that follows, where one does.
fn answer(capture: &Capture, length: Option<usize>) -> Vec<u8> {
    let reason = match capture.status {
        200 => "OK",
        304 => "Not Modified",
        _ => "Answer",
    };
    let mut text = format!("HTTP/1.1 {} {reason}\r\n", capture.status);
    for (name, value) in &capture.headers {
        let undone = ["content-encoding", "transfer-encoding", "content-length"]
            .contains(&name.to_ascii_lowercase().as_str());
        let prefix = if undone { "X-Archive-Orig-" } else { "" };
        let (name, value) = (one_line(name), one_line(value));
        let _ = write!(text, "{prefix}{name}: {value}\r\n");
    }
    if let Some(length) = length {
        let _ = write!(text, "Content-Length: {length}\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}
