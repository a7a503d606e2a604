//! A recording in hand, and what it answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use include_dir::Dir;
use url::Url;

use super::bodies::{Bodies, MAX_BODY};
use super::manifest::{self, Capture, Captures, RecordingError, key};
use super::warc;
use crate::io::fetch::{FailureKind, FetchError, Fetched, FetchedBody, Verdict, verdict};

/// Most redirects of one request, as on the network.
const MAX_REDIRECTS: usize = 10;

/// What the web showed, and when. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Recording {
    bodies: Bodies,
    captures: Arc<Captures>,
    /// The addresses that were asked for, in the form in which they are compared.
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Recording {
    /// Opens the recording in `folder` and checks its manifest and that every body is there; or a WARC file, of
    /// which every record is looked at.
    ///
    /// # Errors
    /// When anything about it is not as described in [the module](super); the error names the
    /// capture and the key.
    pub fn open(folder: &Path) -> Result<Self, RecordingError> {
        let real = fs::canonicalize(folder).map_err(|error| RecordingError::Open {
            place: folder.display().to_string(),
            why: error.to_string(),
        })?;
        if real.is_file() {
            let (warc, captures) = warc::open(&real)?;
            return Ok(Self::of(Bodies::Warc(Arc::new(warc)), captures));
        }
        Self::read(Bodies::Folder(real))
    }

    /// A recording that was compiled into the program.
    ///
    /// # Errors
    /// As [`Recording::open`].
    pub fn embedded(folder: &'static Dir<'static>) -> Result<Self, RecordingError> {
        Self::read(Bodies::Embedded(folder))
    }

    fn read(bodies: Bodies) -> Result<Self, RecordingError> {
        let captures = manifest::read(&bodies)?;
        Ok(Self::of(bodies, captures))
    }

    fn of(bodies: Bodies, captures: Captures) -> Self {
        Self {
            bodies,
            captures: Arc::new(captures),
            asked: Arc::default(),
        }
    }

    /// Notes that an address was asked for, also where the answer that is at hand serves.
    pub fn note_asked(&self, url: &str) {
        if let Ok(url) = Url::parse(url) {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.insert(key(&url));
        }
    }

    /// The addresses for which nobody asked, in order: captures that had no part in what was found.
    pub fn unasked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        self.captures
            .iter()
            .filter(|(key, _)| !asked.contains(*key))
            .filter_map(|(_, captures)| captures.first())
            .map(|capture| capture.url.to_string())
            .collect()
    }

    /// The times at which something was captured, each once, oldest first.
    pub fn moments(&self) -> Vec<DateTime<Utc>> {
        let captures = self.captures.values().flatten();
        let moments: BTreeSet<_> = captures.map(|capture| capture.at).collect();
        moments.into_iter().collect()
    }

    /// Every address captured up to `at`, in order.
    pub fn urls_at(&self, at: DateTime<Utc>) -> Vec<String> {
        self.captures
            .values()
            .filter_map(|captures| newest(captures, at))
            .map(|capture| capture.url.to_string())
            .collect()
    }

    /// The same times, each with the addresses captured then, in the form in which addresses are
    /// compared.
    pub fn captured(&self) -> BTreeMap<DateTime<Utc>, BTreeSet<&str>> {
        let mut captured: BTreeMap<DateTime<Utc>, BTreeSet<&str>> = BTreeMap::new();
        for (key, captures) in self.captures.iter() {
            for capture in captures {
                captured.entry(capture.at).or_default().insert(key);
            }
        }
        captured
    }

    /// When `url` was captured for the first time.
    pub fn first_captured(&self, url: &str) -> Option<DateTime<Utc>> {
        let captures = self.captures.get(&key(&Url::parse(url).ok()?))?;
        captures.first().map(|capture| capture.at)
    }

    /// When what `url` answers at `at` was captured: the newest capture on the way through
    /// redirects. `None` where [`Recording::fetch`] says that it is not recorded.
    pub fn last_captured(&self, url: &str, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut place = Url::parse(url).ok()?;
        let mut last = None;
        for _ in 0..=MAX_REDIRECTS {
            let capture = newest(self.captures.get(&key(&place))?, at)?;
            last = last.max(Some(capture.at));
            match verdict(capture.status) {
                Verdict::Redirect => place = place.join(capture.header("location")?.trim()).ok()?,
                Verdict::Content | Verdict::NotModified | Verdict::Failure(..) => break,
            }
        }
        last
    }

    /// What `url` answered at `at`: its newest capture up to then. Redirects are followed inside the
    /// recording.
    ///
    /// # Errors
    /// [`FailureKind::NotRecorded`] where there is no capture; the failure that was captured where it
    /// was one.
    pub fn fetch(&self, url: &str, at: DateTime<Utc>) -> Result<Fetched, FetchError> {
        let missing = |why: String| FetchError::new(FailureKind::NotRecorded, url, why);
        let mut place = Url::parse(url)
            .map_err(|error| missing(format!("this is not an address ({error})")))?;
        for hop in 0..=MAX_REDIRECTS {
            self.note_asked(place.as_str());
            let captures = self.captures.get(&key(&place));
            let Some(capture) = captures.and_then(|captures| newest(captures, at)) else {
                let day = at.to_rfc3339_opts(SecondsFormat::Secs, true);
                let what = if hop == 0 { "it" } else { place.as_str() };
                return Err(missing(format!(
                    "the recording holds no capture of {what} up to {day}"
                )));
            };
            match verdict(capture.status) {
                // A 304 has become what it confirms when the manifest was read.
                Verdict::Content | Verdict::NotModified => {
                    return self.content(url, &place, capture);
                }
                Verdict::Redirect => {
                    place = capture
                        .header("location")
                        .and_then(|location| place.join(location.trim()).ok())
                        .ok_or_else(|| missing("its location is not an address".to_owned()))?;
                }
                Verdict::Failure(kind, _) => {
                    let why = format!("the server answered {} at that time", capture.status);
                    return Err(FetchError::new(kind, url, why).with_status(capture.status));
                }
            }
        }
        let why = format!("it was redirected more than {MAX_REDIRECTS} times");
        Err(FetchError::new(FailureKind::Blocked, url, why))
    }

    fn content(&self, url: &str, place: &Url, capture: &Capture) -> Result<Fetched, FetchError> {
        let name = capture.body.as_deref().unwrap_or_default();
        let bytes = self.bodies.read(name, MAX_BODY).map_err(|error| {
            let why = format!(
                "its body {name:?} in {} cannot be read ({error})",
                self.bodies.place()
            );
            FetchError::new(FailureKind::NotRecorded, url, why)
        })?;
        let answered = capture.final_url.clone();
        Ok(Fetched {
            url: url.to_owned(),
            final_url: answered.unwrap_or_else(|| place.to_string()),
            at: capture.at,
            status: capture.status,
            headers: capture.headers.clone(),
            body: FetchedBody::Bytes(bytes),
        })
    }
}

/// The newest of `captures` (oldest first) up to `at`.
fn newest(captures: &[Capture], at: DateTime<Utc>) -> Option<&Capture> {
    let after = captures.partition_point(|capture| capture.at <= at);
    captures.get(after.checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use include_dir::{DirEntry, File};

    const MANIFEST: &str = r#"{"captures":[
        {"url":"https://www.cms.gov/a","at":"2020-01-01T00:00:00Z","body":"a1"},
        {"url":"https://www.cms.gov/old","at":"2020-01-01T00:00:00Z","status":301,"headers":{"Location":"/a/"}},
        {"url":"https://www.cms.gov/a/","at":"2020-02-01T00:00:00.0005Z","body":"sub/a2","headers":{"ETag":"\"2\""},"final_url":"https://www.cms.gov/b"},
        {"url":"https://WWW.cms.gov:443/a#part","at":"2020-03-01T01:00:00+01:00","status":304},
        {"url":"https://www.cms.gov/a","at":"2020-04-01T00:00:00Z","status":404},
        {"url":"https://www.cms.gov/loop","at":"2020-01-01T00:00:00Z","status":302,"headers":{"location":"https://www.cms.gov/loop"}},
        {"url":"https://www.cms.gov/lost","at":"2020-01-01T00:00:00Z","status":302,"headers":{"location":"/nowhere"}}
    ]}"#;

    fn folder(manifest: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("manifest.json"), manifest).unwrap();
        fs::write(folder.path().join("a1"), "first").unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("sub/a2"), "second").unwrap();
        folder
    }

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}T00:00:00Z").parse().unwrap()
    }

    fn check_answers(recording: &Recording) {
        let ask = |url: &str, day| recording.fetch(url, at(day));
        let kind = |url: &str, day| ask(url, day).unwrap_err().kind();
        let body = |text: &str| FetchedBody::Bytes(text.as_bytes().to_vec());
        let a = "https://www.cms.gov/a";
        assert_eq!(kind(a, "2019-12-31"), FailureKind::NotRecorded);
        assert_eq!(ask(a, "2020-01-01").unwrap().body, body("first"));
        assert_eq!(ask(a, "2020-01-31").unwrap().body, body("first"));
        let second = ask("https://www.cms.gov/a/#x", "2020-02-02").unwrap();
        assert_eq!(second.body, body("second"));
        assert_eq!(second.final_url, "https://www.cms.gov/b");
        assert_eq!(second.header("etag"), Some("\"2\""));
        let confirmed = ask(a, "2020-03-01").unwrap();
        assert_eq!(
            (confirmed.body, confirmed.at),
            (body("second"), at("2020-03-01"))
        );
        assert_eq!(kind(a, "2020-05-01"), FailureKind::Gone);
        let moved = ask("https://www.cms.gov/old", "2020-01-05").unwrap();
        assert_eq!(moved.body, body("first"));
        assert_eq!(moved.final_url, "https://www.cms.gov/a/");
        assert_eq!(moved.url, "https://www.cms.gov/old");
        assert_eq!(
            kind("https://www.cms.gov/loop", "2020-01-05"),
            FailureKind::Blocked
        );
        let lost = ask("https://www.cms.gov/lost", "2020-01-05").unwrap_err();
        assert_eq!(lost.kind(), FailureKind::NotRecorded);
        assert!(
            lost.to_string().contains("https://www.cms.gov/nowhere"),
            "{lost}"
        );
        assert_eq!(recording.moments().len(), 4);
        assert!(recording.moments().is_sorted());
        assert_eq!(recording.urls_at(at("2019-12-31")), [""; 0]);
        assert_eq!(recording.urls_at(at("2020-01-01")).len(), 4);
        let newest = |url, day| recording.last_captured(url, at(day));
        assert_eq!(newest(a, "2019-12-31"), None);
        assert_eq!(newest(a, "2020-01-31"), Some(at("2020-01-01")));
        let target_is_newer = newest("https://www.cms.gov/old", "2020-03-05");
        assert_eq!(target_is_newer, Some(at("2020-03-01")));
        assert_eq!(newest("https://www.cms.gov/lost", "2020-01-05"), None);
        assert_eq!(recording.first_captured(a), Some(at("2020-01-01")));
        assert_eq!(recording.captured().len(), 4);
        let first: Vec<usize> = recording.captured().values().map(BTreeSet::len).collect();
        assert_eq!(first, [4, 1, 1, 1]);
    }

    #[test]
    fn a_folder_answers_with_the_newest_capture_up_to_the_time() {
        let folder = folder(MANIFEST);
        check_answers(&Recording::open(folder.path()).unwrap());
    }

    #[test]
    fn a_recording_in_the_program_answers_the_same() {
        static ENTRIES: [DirEntry<'_>; 3] = [
            DirEntry::File(File::new("demo/manifest.json", MANIFEST.as_bytes())),
            DirEntry::File(File::new("demo/a1", b"first")),
            DirEntry::Dir(Dir::new(
                "demo/sub",
                &[DirEntry::File(File::new("demo/sub/a2", b"second"))],
            )),
        ];
        static DIR: Dir<'_> = Dir::new("demo", &ENTRIES);
        check_answers(&Recording::embedded(&DIR).unwrap());
    }

    #[test]
    fn the_example_in_the_documentation_is_a_recording() {
        let documented = include_str!("mod.rs");
        let json: String = documented
            .lines()
            .map(|line| line.trim_start_matches("//!"))
            .skip_while(|line| line.trim() != "```json")
            .skip(1)
            .take_while(|line| line.trim() != "```")
            .collect();
        let folder = folder(&json);
        fs::create_dir(folder.path().join("bodies")).unwrap();
        for name in ["rvu20a", "rvu20b"] {
            fs::write(folder.path().join(format!("bodies/{name}.zip")), "PK").unwrap();
        }
        let recording = Recording::open(folder.path()).unwrap();
        assert_eq!(recording.moments().len(), 2);
    }

    #[track_caller]
    fn refused(captures: &str, parts: &[&str]) {
        let folder = folder(captures);
        let error = Recording::open(folder.path()).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_refused_by_entry_and_key() {
        let one = |rest: &str| {
            format!(
                r#"{{"captures":[{{"url":"https://x.gov/a","at":"2020-01-01T00:00:00Z",{rest}}}]}}"#
            )
        };
        refused("", &["manifest.json", "EOF"]);
        refused("{}", &["captures"]);
        refused(
            r#"{"captures":[],"capture":1}"#,
            &["capture", "unknown field"],
        );
        refused(r#"{"captures":[]} x"#, &["trailing characters"]);
        refused(&one(r#""bdy":"a1""#), &["captures[0].bdy", "unknown field"]);
        refused(
            &one(r#""status":"200""#),
            &["captures[0].status", "expected u16"],
        );
        refused(&one(r#""status":42"#), &["captures[0].status", "42"]);
        refused(&one(r#""status":200"#), &["captures[0].body", "needs one"]);
        refused(
            &one(r#""status":301"#),
            &["captures[0].headers", "location"],
        );
        refused(&one(r#""status":304"#), &["captures[0].status", "none"]);
        refused(
            &one(r#""body":"nothing""#),
            &["captures[0].body", "nothing"],
        );
        refused(&one(r#""body":"sub""#), &["captures[0].body", "not a file"]);
        refused(
            &one(r#""body":"a1","final_url":"b""#),
            &["captures[0].final_url"],
        );
        refused(
            &one(r#""body":"a1","headers":{"A":"1","a":"2"}"#),
            &["captures[0].headers", "twice"],
        );
        refused(
            &one(r#""body":"a1","headers":{"A":1}"#),
            &["captures[0].headers.A"],
        );
        refused(
            r#"{"captures":[{"url":"x","at":"2020-01-01T00:00:00Z","body":"a1"}]}"#,
            &["captures[0].url"],
        );
        refused(
            r#"{"captures":[{"url":"ftp://x/","at":"2020-01-01T00:00:00Z","body":"a1"}]}"#,
            &["captures[0].url", "http"],
        );
        refused(
            r#"{"captures":[{"url":"https://x.gov/","at":"2020-01-01","body":"a1"}]}"#,
            &["captures[0].at", "2020-01-01"],
        );
        refused(
            r#"{"captures":[{"url":"https://x.gov/","at":"2020-01-01T00:00:00Z","body":"a1"},{"url":"https://x.gov","at":"2020-01-01T01:00:00+01:00","body":"a1"}]}"#,
            &["captures[1].at", "captures[0]"],
        );
    }

    #[test]
    fn a_body_cannot_lie_outside_the_folder() {
        for path in [
            "../a1",
            "/etc/hostname",
            "sub/../a1",
            "",
            "sub\\\\a2",
            "./../x",
        ] {
            let manifest = format!(
                r#"{{"captures":[{{"url":"https://x.gov/a","at":"2020-01-01T00:00:00Z","body":"{path}"}}]}}"#
            );
            refused(&manifest, &["captures[0].body", "not a path inside"]);
        }
        let outside = tempfile::NamedTempFile::new().unwrap();
        let folder = folder(
            r#"{"captures":[{"url":"https://x.gov/a","at":"2020-01-01T00:00:00Z","body":"link"}]}"#,
        );
        std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();
        let error = Recording::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("outside"), "{error}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = Recording::open(Path::new("/nonexistent/recording")).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/recording"));
    }
}
