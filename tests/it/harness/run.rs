//! An installation of coverd in a folder of its own, between a [`FakeCms`] and a [`SmtpSink`]: as the
//! real binary, or as the program itself with a clock that a test sets.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use coverd::app::check::{Mode, Pass, check_source};
use coverd::app::commands::check_schedule;
use coverd::app::config::{Config, Environment};
use coverd::app::deliver::{Delivered, deliver_due};
use coverd::app::state::App;
use coverd::app::wiring;
use coverd::io::clock::{Clock, SetClock};
use coverd::io::fetch::{FetchConfig, Fetcher};
use coverd::io::recording::Web;
use coverd::io::store::Reader;
use coverd::model::health::ProblemKind;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::cms::{Answer, FakeCms};
use super::smtp::{Received, SmtpSink};
use super::world::{Release, record, records_at, releases_at};

/// Who hears of changes, and who of trouble.
pub(crate) const PRACTICE: &str = "billing@practice.example";
pub(crate) const OPERATOR: &str = "it@practice.example";

/// Lets CMS show these releases and records, as of a stamp such as `20200401120000`. The records
/// beside them, which nobody watches, are served as well.
pub(crate) fn show(cms: &FakeCms, releases: &[Release], records: &[Value], stamp: &str) {
    let filler: Vec<Value> = (1..=110)
        .map(|number| {
            let (id, section) = (9_000 + number, format!("900.{number}"));
            record(id, &section, "Filler determination", "Of nothing.", "")
        })
        .collect();
    let filler = records_at("", &filler, stamp);
    // The list of the filler lists everything twice; the one of the true records comes last.
    let captures = filler
        .into_iter()
        .chain(releases_at("", releases))
        .chain(records_at("", records, stamp));
    for capture in captures {
        let text = || String::from_utf8(capture.body.clone()).unwrap();
        let answer = match capture.content_type {
            "application/zip" => Answer::zip(capture.body.clone()),
            "application/json" => Answer::json(&text()),
            _ => Answer::html(&text()),
        };
        cms.serve(&capture.url, answer);
    }
}

/// A configuration for servers on this machine. `more` goes before the recipients; keys before its
/// first table belong to `[watch]`.
pub(crate) fn config_text(cms: &FakeCms, smtp: &SmtpSink, more: &str) -> String {
    config_reading(&["pfs", "ncd"], cms, smtp, more)
}

/// The same for these sources. One that is off by default is switched on by `more`.
pub(crate) fn config_reading(
    sources: &[&str],
    cms: &FakeCms,
    smtp: &SmtpSink,
    more: &str,
) -> String {
    let mut origins = String::new();
    for (from, to) in cms.origins() {
        let _ = writeln!(origins, "\"{from}\" = \"{to}\"");
    }
    format!(
        "[practice]\nname = \"Elm Street\"\n\
         [store]\ndir = \"store\"\n\
         [sources]\nsince_year = 2020\n{}\
         [mail]\nchannel = \"smtp\"\nfrom = \"coverd@practice.example\"\nhost = \"127.0.0.1\"\n\
         port = {}\ntls = \"none\"\ntimeout_seconds = 20\n\
         [fetch]\ncontact = \"it@practice.example\"\nmin_interval_seconds = 0\n[fetch.origins]\n{origins}\
         [watch]\n{more}\n\
         [[recipient]]\naddress = \"{PRACTICE}\"\nstill_watching = false\n\
         [[recipient]]\naddress = \"{OPERATOR}\"\nrole = \"operator\"\nstill_watching = false\n",
        off(sources),
        smtp.port()
    )
}

/// Lines that switch off every source but these.
pub(crate) fn off(but: &[&str]) -> String {
    let mut text = String::new();
    for source in coverd::sources::all(&coverd::sources::Settings::default()) {
        let id = source.meta().id;
        if !but.contains(&id) {
            let _ = writeln!(text, "[sources.{id}]\nenabled = false");
        }
    }
    text
}

/// How a run of the real binary ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The real binary with a configuration and a store of its own.
#[derive(Debug)]
pub(crate) struct Installation {
    folder: tempfile::TempDir,
}

impl Installation {
    pub(crate) fn new(cms: &FakeCms, smtp: &SmtpSink) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let installation = Self { folder };
        installation.configure(&config_text(cms, smtp, ""));
        installation
    }

    pub(crate) fn configure(&self, text: &str) {
        std::fs::write(self.folder.path().join("coverd.toml"), text).unwrap();
    }

    /// The same store as another installation has now; nothing may be writing there.
    pub(crate) fn with_store_of(self, other: &Self) -> Self {
        copy_folder(&other.store(), &self.store());
        self
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.store().join(wiring::DATABASE)).unwrap()
    }

    /// The command with nothing on its input and its output unread.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coverd"));
        command
            .arg("--config")
            .arg(self.folder.path().join("coverd.toml"))
            .args(args)
            .env_remove("JOURNAL_STREAM")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let mut command = self.command(args);
        let output = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        Ran {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The rows that a command prints with `--format json`.
    pub(crate) fn rows(&self, args: &[&str]) -> Vec<Value> {
        let ran = self.run(&[&["--format", "json"], args].concat());
        match serde_json::from_str(&ran.out) {
            Ok(Value::Array(rows)) => rows,
            other => panic!("{args:?} printed no list: {other:?}; {}", ran.err),
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A mail as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl Mail {
    fn read(received: &Received) -> Self {
        let message = mail_parser::MessageParser::default()
            .parse(&received.bytes)
            .unwrap();
        let text = message.body_text(0).unwrap().into_owned();
        Self {
            to: received.recipients.join(" "),
            subject: message.subject().unwrap().to_owned(),
            // As one line, so that a test can look for sentences.
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

/// What one check and the delivery after it did.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) passes: Vec<Pass>,
    pub(crate) delivered: Delivered,
    pub(crate) mails: Vec<Mail>,
}

impl Round {
    /// Mails to the practice.
    pub(crate) fn news(&self) -> Vec<&Mail> {
        self.mails.iter().filter(|m| m.to == PRACTICE).collect()
    }

    /// Mails to the operator.
    pub(crate) fn notices(&self) -> Vec<&Mail> {
        self.mails.iter().filter(|m| m.to == OPERATOR).collect()
    }

    /// Documents that were read anew.
    pub(crate) fn read(&self) -> usize {
        self.passes.iter().map(|pass| pass.read).sum()
    }

    /// What was wrong, as (subject, kind).
    pub(crate) fn problems(&self) -> Vec<(&str, ProblemKind)> {
        let problems = self.passes.iter().flat_map(|pass| &pass.problems);
        problems.map(|p| (p.subject.as_str(), p.kind)).collect()
    }
}

/// The program itself, on a clock that a test sets.
#[derive(Debug)]
pub(crate) struct Practice {
    folder: tempfile::TempDir,
    pub(crate) cms: FakeCms,
    pub(crate) smtp: SmtpSink,
    pub(crate) clock: Arc<SetClock>,
    app: Option<Arc<App>>,
    sources: Vec<&'static str>,
    read_mails: usize,
}

impl Practice {
    /// With the default watch; it is `now`, as `2020-04-06T12:00:00Z`.
    pub(crate) fn at(now: &str) -> Self {
        Self::watching(now, "")
    }

    /// With `more` in the configuration, as in [`config_text`].
    pub(crate) fn watching(now: &str, more: &str) -> Self {
        Self::reading(&["pfs", "ncd"], now, more)
    }

    /// That reads these sources, as in [`config_reading`].
    pub(crate) fn reading(sources: &[&'static str], now: &str, more: &str) -> Self {
        let mut practice = Self {
            folder: tempfile::tempdir().unwrap(),
            cms: FakeCms::start(),
            smtp: SmtpSink::start(super::smtp::Mode::Accept),
            clock: Arc::new(SetClock::new(instant(now))),
            app: None,
            sources: sources.to_vec(),
            read_mails: 0,
        };
        practice.configure(more);
        practice
    }

    /// Starts anew with another configuration on the same store.
    pub(crate) fn configure(&mut self, more: &str) {
        self.app = None;
        let path = self.folder.path().join("coverd.toml");
        let text = config_reading(&self.sources, &self.cms, &self.smtp, more);
        let nothing = Environment::from_lookup(|_| None);
        let mut config = Config::from_text(Some(&path), &text, &nothing, check_schedule).unwrap();
        config.store = self.folder.path().join("store");
        config.fetch.pdf_program = env!("CARGO_BIN_EXE_coverd").into();
        let mut fetch = FetchConfig::new("it@practice.example");
        fetch.host_interval = Duration::ZERO;
        fetch.read_timeout = Duration::from_secs(5);
        fetch.retry.attempts = 1;
        fetch.origins = self.cms.origins();
        fetch.coverage_licence = config.sources.settings.local_coverage.terms_accepted;
        wiring::admit_pages(&mut fetch, &config);
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        let fetcher = Fetcher::new(fetch, Arc::clone(&clock)).unwrap();
        let mut app = wiring::app(&config, clock, Web::Network(fetcher)).unwrap();
        Arc::get_mut(&mut app).unwrap().limits.confirm = Duration::ZERO;
        self.app = Some(app);
    }

    pub(crate) fn show(&self, releases: &[Release], records: &[Value], stamp: &str) {
        show(&self.cms, releases, records, stamp);
    }

    /// Changes the program before it runs.
    pub(crate) fn change_app(&mut self, change: impl FnOnce(&mut App)) {
        change(Arc::get_mut(self.app.as_mut().unwrap()).unwrap());
    }

    pub(crate) fn app(&self) -> &Arc<App> {
        self.app.as_ref().unwrap()
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.app().database).unwrap()
    }

    /// Checks all sources and empties the outbox.
    pub(crate) async fn check(&mut self) -> Round {
        let mut passes = Vec::new();
        for scheduled in self.app().sources.values() {
            let source = &scheduled.source;
            let pass = check_source(self.app(), source, Mode::Watch, &|_| {}).await;
            passes.push(pass.unwrap());
        }
        let mut round = self.deliver().await;
        round.passes = passes;
        round
    }

    /// Empties the outbox alone.
    pub(crate) async fn deliver(&mut self) -> Round {
        let delivered = deliver_due(self.app(), &CancellationToken::new()).await;
        let received = self.smtp.received();
        let mails = received[self.read_mails..].iter().map(Mail::read).collect();
        self.read_mails = received.len();
        Round {
            passes: Vec::new(),
            delivered: delivered.unwrap(),
            mails,
        }
    }

    /// Checks at a later time.
    pub(crate) async fn check_at(&mut self, now: &str) -> Round {
        self.clock.set(instant(now));
        self.check().await
    }

    /// Checks some days later.
    pub(crate) async fn check_after(&mut self, days: i64) -> Round {
        self.clock.advance(TimeDelta::days(days));
        self.check().await
    }
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}
