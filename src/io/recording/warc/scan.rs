//! What is where in a WARC file.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use url::Url;

use super::members::{from, is_gzip, member};
use super::record::{self, Fields};
use super::{http, members};
use crate::io::blobs::hash_of;
use crate::io::clock::whole_milliseconds;
use crate::io::fetch::{Verdict, verdict};
use crate::io::recording::manifest::{
    Capture, Captures, MAX_CAPTURES, RecordingError, confirmed, key,
};
use crate::io::warc::FINAL;

/// Most records of all kinds.
const MAX_RECORDS: usize = 1_000_000;
/// Most bytes that a file may unpack to.
const MAX_UNPACKED: u64 = 16 << 30;
/// Most bytes of a record: a body and its headers.
const MAX_BLOCK: u64 = crate::io::recording::bodies::MAX_BODY + (1 << 20);

/// A file whose records are known.
#[derive(Debug)]
pub(in crate::io::recording) struct Warc {
    path: PathBuf,
    gzip: bool,
    entries: Vec<Entry>,
}

/// Where the block of a record is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// Place of its member in the file.
    member: u64,
    /// Bytes of the member, unpacked, before the block.
    skip: u64,
    length: u64,
    /// Whether the block is an answer with headers, or a body alone.
    is_answer: bool,
    /// SHA-256 of the body, where the record has it.
    digest: Option<String>,
}

/// Reads the file from its begin to its end.
///
/// # Errors
/// When it is no WARC file, is cut, or has a record that cannot be understood.
pub(in crate::io::recording) fn open(path: &Path) -> Result<(Warc, Captures), RecordingError> {
    let place = path.display().to_string();
    let opened = |error: io::Error| RecordingError::Open {
        place: place.clone(),
        why: error.to_string(),
    };
    let gzip = is_gzip(path).map_err(opened)?;
    let mut scan = Scan {
        place: place.clone(),
        entries: Vec::new(),
        captures: BTreeMap::new(),
        by_digest: HashMap::new(),
        records: 0,
    };
    let mut reader = from(path, 0).map_err(opened)?;
    let mut unpacked = 0;
    while !reader.fill_buf().map_err(opened)?.is_empty() {
        let begin = reader.at();
        let mut member = member(&mut reader, gzip);
        while scan
            .record(&mut member, begin)
            .map_err(|why| scan.wrong(&why))?
        {
            if unpacked + member.at() > MAX_UNPACKED {
                return Err(scan.wrong(&format!(
                    "the file unpacks to more than {MAX_UNPACKED} bytes"
                )));
            }
        }
        unpacked += member.at();
    }
    if scan.records == 0 {
        return Err(scan.wrong("there is no record in it"));
    }
    let captures = scan
        .captures
        .into_iter()
        .map(|(key, by_time)| Ok((key, confirmed(by_time, &place)?)))
        .collect::<Result<Captures, RecordingError>>()?;
    let warc = Warc {
        path: path.to_owned(),
        gzip,
        entries: scan.entries,
    };
    Ok((warc, captures))
}

struct Scan {
    place: String,
    entries: Vec<Entry>,
    captures: BTreeMap<String, BTreeMap<DateTime<Utc>, (usize, Capture)>>,
    /// Which capture had a body of this digest first.
    by_digest: HashMap<String, Capture>,
    records: usize,
}

impl Scan {
    fn wrong(&self, why: &str) -> RecordingError {
        RecordingError::Record {
            place: self.place.clone(),
            record: self.records,
            why: why.to_owned(),
        }
    }

    /// Reads one record; false at the end of the member. An error is in words.
    fn record(&mut self, member: &mut members::Member<'_>, begin: u64) -> Result<bool, String> {
        let said = |error: io::Error| error.to_string();
        let Some(fields) = record::next(member).map_err(said)? else {
            return Ok(false);
        };
        self.records += 1;
        if self.records > MAX_RECORDS {
            return Err(format!("there are more than {MAX_RECORDS} records"));
        }
        let length: u64 = fields
            .get("content-length")
            .and_then(|length| length.parse().ok())
            .ok_or("it has no Content-Length")?;
        let kind = fields.get("warc-type").unwrap_or_default().to_owned();
        let is_answer = fields
            .get("content-type")
            .is_some_and(|of| of.to_ascii_lowercase().starts_with("application/http"));
        let wanted = match kind.as_str() {
            "response" | "revisit" => is_answer,
            "resource" => true,
            _ => false,
        };
        let skip = member.at();
        let mut block = BufReader::new(member.by_ref().take(length));
        if wanted {
            if length > MAX_BLOCK {
                return Err(format!("it is larger than {MAX_BLOCK} bytes"));
            }
            let entry = Entry {
                member: begin,
                skip,
                length,
                is_answer,
                digest: fields
                    .get("warc-payload-digest")
                    .and_then(|digest| digest.strip_prefix("sha256:"))
                    .filter(|digest| digest.len() == 64)
                    .map(str::to_ascii_lowercase),
            };
            let (status, headers) = if is_answer {
                http::head(&mut block).map_err(said)?
            } else {
                (200, Fields::default())
            };
            self.capture(&kind, &fields, entry, status, headers)?;
        }
        io::copy(&mut block, &mut io::sink()).map_err(said)?;
        drop(block);
        if member.at() - skip != length {
            return Err("it ends before its Content-Length".to_owned());
        }
        Ok(true)
    }

    fn capture(
        &mut self,
        kind: &str,
        fields: &Fields,
        entry: Entry,
        status: u16,
        headers: Fields,
    ) -> Result<(), String> {
        let target = fields
            .get("warc-target-uri")
            .ok_or("it has no WARC-Target-URI")?
            .trim_matches(['<', '>']);
        let Ok(url) = Url::parse(target) else {
            return Err(format!("{target:.80?} is not an address"));
        };
        if !matches!(url.scheme(), "http" | "https") || !(200..=599).contains(&status) {
            return Ok(());
        }
        let date = fields.get("warc-date").ok_or("it has no WARC-Date")?;
        let at = DateTime::parse_from_rfc3339(date)
            .map_err(|error| format!("its WARC-Date {date:.40?} is no time ({error})"))?;
        let digest = fields.get("warc-payload-digest").map(str::to_owned);
        let mut capture = Capture {
            url: url.clone(),
            at: whole_milliseconds(at.to_utc()),
            status,
            headers: headers.into_vec(),
            body: None,
            final_url: fields.get(&FINAL.to_ascii_lowercase()).map(str::to_owned),
        };
        if kind == "revisit" {
            let before = digest
                .as_ref()
                .and_then(|digest| self.by_digest.get(digest));
            match before {
                Some(before) => {
                    capture.status = before.status;
                    capture.body.clone_from(&before.body);
                    if status == 304 {
                        capture.headers.clone_from(&before.headers);
                    }
                }
                // What it confirms is the capture before it of its address.
                None => capture.status = 304,
            }
        } else {
            if verdict(status) == Verdict::Redirect && capture.header("location").is_none() {
                return Ok(());
            }
            capture.body = Some(self.entries.len().to_string());
            self.entries.push(entry);
            if let Some(digest) = digest {
                self.by_digest
                    .entry(digest)
                    .or_insert_with(|| capture.clone());
            }
        }
        if self.records > MAX_CAPTURES && self.entries.len() > MAX_CAPTURES {
            return Err(format!("there are more than {MAX_CAPTURES} captures"));
        }
        // Of two captures of one address at one time the later record stands.
        self.captures
            .entry(key(&url))
            .or_default()
            .insert(capture.at, (self.records, capture));
        Ok(())
    }
}

impl Warc {
    /// For error texts.
    pub(in crate::io::recording) fn place(&self) -> String {
        self.path.display().to_string()
    }

    /// The body of a record, by the number that its capture has.
    ///
    /// # Errors
    /// When it cannot be read, is too large, or is another one than the record says.
    pub(in crate::io::recording) fn read(&self, number: &str, most: u64) -> io::Result<Vec<u8>> {
        let entry = number.parse().ok().and_then(|n: usize| self.entries.get(n));
        let entry = entry.ok_or(io::ErrorKind::NotFound)?;
        let (place, skip) = if self.gzip {
            (entry.member, entry.skip)
        } else {
            (entry.member + entry.skip, 0)
        };
        let mut reader = from(&self.path, place)?;
        let mut member = member(&mut reader, self.gzip);
        io::copy(&mut member.by_ref().take(skip), &mut io::sink())?;
        let mut block = BufReader::new(member.take(entry.length));
        let (body, is_wrapped) = if entry.is_answer {
            let (_, headers) = http::head(&mut block)?;
            let wraps = ["content-encoding", "transfer-encoding"];
            let is_wrapped = wraps.iter().any(|name| headers.get(name).is_some());
            (http::body(block, &headers, most)?, is_wrapped)
        } else {
            (http::bounded(block, most)?, false)
        };
        // The digest of others may be of the body as it was sent.
        match &entry.digest {
            Some(digest) if !is_wrapped && hash_of(&body).to_string() != *digest => {
                Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "its SHA-256 is not the one of its record",
                ))
            }
            _ => Ok(body),
        }
    }
}
