//! Reading `manifest.json`, strictly: a recording that is not understood is not replayed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use url::Url;

use super::bodies::Bodies;
use crate::io::clock::whole_milliseconds;
use crate::io::fetch::{Verdict, verdict};

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const MAX_MANIFEST: u64 = 16 * 1024 * 1024;
pub(super) const MAX_CAPTURES: usize = 100_000;

/// A recording that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The folder or its manifest cannot be opened.
    #[error(
        "the recording {place} cannot be opened: {why}; a recording is a folder with a {MANIFEST}"
    )]
    Open {
        /// The folder.
        place: String,
        /// The system's reason.
        why: String,
    },
    /// The manifest is not JSON of the expected form.
    #[error("{place}, {MANIFEST}, {key}: {why}")]
    Form {
        /// The folder.
        place: String,
        /// Where: `captures[3].at`.
        key: String,
        /// What is wrong, with line and column.
        why: String,
    },
    /// A capture says something that cannot be.
    #[error("{place}, {MANIFEST}, captures[{index}].{key} ({url}): {why}")]
    Capture {
        /// The folder.
        place: String,
        /// Which capture, from 0.
        index: usize,
        /// Which key of it.
        key: &'static str,
        /// Its address.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// A record of a WARC file cannot be understood.
    #[error("{place}, record {record}: {why}")]
    Record {
        /// The file.
        place: String,
        /// Which record, from 1.
        record: usize,
        /// What is wrong.
        why: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    #[serde(default, rename = "about")]
    _about: Option<String>,
    captures: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    url: String,
    at: String,
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    final_url: Option<String>,
}

fn ok() -> u16 {
    200
}

/// One capture, checked.
#[derive(Debug, Clone)]
pub(super) struct Capture {
    pub(super) url: Url,
    pub(super) at: DateTime<Utc>,
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<String>,
    pub(super) final_url: Option<String>,
}

impl Capture {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The captures of each address, oldest first, by [`key`].
pub(super) type Captures = BTreeMap<String, Vec<Capture>>;

/// The form in which addresses are compared.
pub(super) fn key(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    url.into()
}

/// Reads the manifest of `bodies`.
pub(super) fn read(bodies: &Bodies) -> Result<Captures, RecordingError> {
    let place = bodies.place();
    let text = bodies
        .read(MANIFEST, MAX_MANIFEST)
        .map_err(|error| RecordingError::Open {
            place: place.clone(),
            why: format!("{MANIFEST}: {error}"),
        })?;
    let mut reader = serde_json::Deserializer::from_slice(&text);
    let form = |key: String, why: String| RecordingError::Form {
        place: place.clone(),
        key,
        why,
    };
    let manifest: Manifest = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| form(error.path().to_string(), error.inner().to_string()))?;
    reader
        .end()
        .map_err(|error| form("at its end".to_owned(), error.to_string()))?;
    if manifest.captures.len() > MAX_CAPTURES {
        let why = format!("there are more than {MAX_CAPTURES}");
        return Err(form("captures".to_owned(), why));
    }
    // Where each came from, for the errors that are found when they are put in order.
    let mut captures: BTreeMap<String, BTreeMap<DateTime<Utc>, (usize, Capture)>> = BTreeMap::new();
    for (index, entry) in manifest.captures.into_iter().enumerate() {
        let url = entry.url.clone();
        let wrong = |(key, why): (&'static str, String)| RecordingError::Capture {
            place: place.clone(),
            index,
            key,
            url: url.clone(),
            why,
        };
        let capture = check(entry, bodies).map_err(wrong)?;
        let at = capture.at;
        let earlier = captures
            .entry(key(&capture.url))
            .or_default()
            .insert(at, (index, capture));
        if let Some((earlier, _)) = earlier {
            let why = format!("captures[{earlier}] is of the same address and time");
            return Err(wrong(("at", why)));
        }
    }
    captures
        .into_iter()
        .map(|(key, by_time)| Ok((key, confirmed(by_time, &place)?)))
        .collect()
}

/// Gives each 304 what it confirms.
pub(super) fn confirmed(
    by_time: BTreeMap<DateTime<Utc>, (usize, Capture)>,
    place: &str,
) -> Result<Vec<Capture>, RecordingError> {
    let mut content: Option<Capture> = None;
    let mut captures = Vec::with_capacity(by_time.len());
    for (index, mut capture) in by_time.into_values() {
        match verdict(capture.status) {
            Verdict::Content => content = Some(capture.clone()),
            Verdict::NotModified => {
                let Some(before) = &content else {
                    return Err(RecordingError::Capture {
                        place: place.to_owned(),
                        index,
                        key: "status",
                        url: capture.url.into(),
                        why: "304 confirms an earlier capture of the address, and there is none"
                            .to_owned(),
                    });
                };
                capture = Capture {
                    at: capture.at,
                    ..before.clone()
                };
            }
            Verdict::Redirect | Verdict::Failure(..) => {}
        }
        captures.push(capture);
    }
    Ok(captures)
}

/// Checks one capture on its own; the error names the key.
fn check(entry: Entry, bodies: &Bodies) -> Result<Capture, (&'static str, String)> {
    let url = absolute(&entry.url).map_err(|why| ("url", why))?;
    let at = DateTime::parse_from_rfc3339(&entry.at).map_err(|error| {
        let why = format!(
            "{:?} is no time ({error}): write 2020-04-01T12:00:00Z",
            entry.at
        );
        ("at", why)
    })?;
    if !(200..=599).contains(&entry.status) {
        return Err((
            "status",
            format!("{} is no status of an answer", entry.status),
        ));
    }
    if let Some(final_url) = &entry.final_url {
        absolute(final_url).map_err(|why| ("final_url", why))?;
    }
    if let Some(name) = &entry.body {
        bodies.check(name).map_err(|why| ("body", why))?;
    }
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in entry.headers {
        let name = name.to_ascii_lowercase();
        if headers.insert(name.clone(), value).is_some() {
            return Err(("headers", format!("{name} is there twice")));
        }
    }
    let capture = Capture {
        url,
        at: whole_milliseconds(at.to_utc()),
        status: entry.status,
        headers: headers.into_iter().collect(),
        body: entry.body,
        final_url: entry.final_url,
    };
    match verdict(capture.status) {
        Verdict::Content if capture.body.is_none() => {
            Err(("body", format!("an answer {} needs one", capture.status)))
        }
        Verdict::Redirect if capture.header("location").is_none() => {
            let why = format!("an answer {} needs a location", capture.status);
            Err(("headers", why))
        }
        Verdict::Content | Verdict::Redirect | Verdict::NotModified | Verdict::Failure(..) => {
            Ok(capture)
        }
    }
}

fn absolute(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{text:?} is not an address ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{text:?} is neither http nor https"));
    }
    Ok(url)
}
