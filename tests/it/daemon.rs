//! `coverd run` as a service manager sees it: the real program, its notifications, its end.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use coverd::io::store::{DeliveryFilter, OutboxCounts, Reader};
use coverd::model::delivery::DeliveryState;
use rusqlite::OpenFlags;
use serde_json::{Value, json};

use crate::harness::cms::{Answer, FakeCms};
use crate::harness::run::off;
use crate::harness::smtp::{Mode, SmtpSink};
use crate::harness::world::{
    Capture, LIST, REPORT, Release, default_records, made_file, record, records_at, releases_at,
};

/// For what comes sooner or later; no measure of anything.
const PATIENCE: Duration = Duration::from_mins(2);

/// A practice with a folder, a mail server and a CMS of its own.
struct Place {
    folder: tempfile::TempDir,
    cms: FakeCms,
    mail: SmtpSink,
}

impl Place {
    /// With one source, whose documents are small.
    fn new(mode: Mode) -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
            cms: FakeCms::start(),
            mail: SmtpSink::start(mode),
        };
        place.configure(&off(&["ncd"]));
        place.post(&records("It is covered for chronic low back pain."));
        place
    }

    fn configure(&self, more: &str) {
        let mut text = format!(
            "[store]\ndir = \"store\"\n[fetch]\nmin_interval_seconds = 0\n\
             [mail]\nchannel = \"smtp\"\nfrom = \"coverd@practice.example\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
             [[recipient]]\naddress = \"billing@practice.example\"\nstill_watching = false\n\
             [[recipient]]\naddress = \"it@practice.example\"\nrole = \"operator\"\nstill_watching = false\n\
             [fetch.origins]\n",
            self.mail.port()
        );
        for (origin, here) in self.cms.origins() {
            writeln!(text, "\"{origin}\" = \"{here}\"").unwrap();
        }
        fs::write(self.folder.path().join("coverd.toml"), text + more).unwrap();
    }

    fn post(&self, captures: &[Capture]) {
        for capture in captures {
            let text = || String::from_utf8(capture.body.clone()).unwrap();
            let answer = match capture.content_type {
                "application/zip" => Answer::zip(capture.body.clone()),
                "application/json" => Answer::json(&text()),
                _ => Answer::html(&text()),
            };
            self.cms.serve(&capture.url, answer);
        }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.store().join("coverd.db")).unwrap()
    }

    fn outbox(&self) -> OutboxCounts {
        self.reader().outbox_counts().unwrap()
    }

    fn checks_of(&self, list: &str) -> usize {
        self.cms.hits(list).len()
    }

    /// `coverd` with its configuration, not yet started.
    fn coverd(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coverd"));
        command
            .args(arguments)
            .arg("--config")
            .arg(self.folder.path().join("coverd.toml"))
            .env_remove("NOTIFY_SOCKET")
            .env_remove("WATCHDOG_USEC")
            .env_remove("WATCHDOG_PID")
            .env_remove("JOURNAL_STREAM")
            .env_remove("STATE_DIRECTORY");
        command
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        self.coverd(arguments).output().unwrap()
    }

    /// A service that has been read once, with nothing left to send.
    fn running(&self) -> Service {
        let mut service = Service::start(self);
        service.wait_for("READY=1");
        self.wait_until("the first check", || {
            self.reader().source_state("ncd").unwrap().is_some()
        });
        service
    }

    fn wait_until(&self, what: &str, mut done: impl FnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done() {
            assert!(
                Instant::now() < end,
                "{what} did not come; the log:\n{}",
                self.log()
            );
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// The four determinations; `words` are in the one of dry needling.
fn records_with(words: &str, stamp: &str) -> Vec<Capture> {
    let mut records = default_records("07/2020 - first.");
    records.pop();
    records.push(record(
        373,
        "30.3.3",
        "Acupuncture for Chronic Lower Back Pain (cLBP)",
        words,
        "07/2020 - first.",
    ));
    let mut captures = records_at("2026-01-01T00:00:00Z", &records, stamp);
    let like = captures.last().unwrap().clone();
    // The report lists filler, which is read as well.
    for id in 9001..=9110 {
        let title = "Filler determination";
        let data: Value = json!([record(
            id,
            &format!("900.{}", id - 9000),
            title,
            "Neutral.",
            ""
        )]);
        let mut body: Value = serde_json::from_slice(&like.body).unwrap();
        body["data"] = data;
        captures.push(Capture {
            url: format!("https://api.coverage.cms.gov/v1/data/ncd/?ncdid={id}"),
            body: body.to_string().into_bytes(),
            ..like.clone()
        });
    }
    captures
}

fn records(words: &str) -> Vec<Capture> {
    records_with(words, "20200701080000")
}

fn changed() -> Vec<Capture> {
    records_with("Dry needling is covered as well.", "20260901080000")
}

/// `coverd run` under a socket that plays the service manager.
struct Service {
    child: Option<Child>,
    /// What came over the socket, which is always read: a sender waits while it is full.
    words: mpsc::Receiver<Vec<String>>,
    heard: Vec<String>,
    log: PathBuf,
}

impl Service {
    fn start(place: &Place) -> Self {
        Self::start_with(place, |_| {})
    }

    fn start_with(place: &Place, more: impl FnOnce(&mut Command)) -> Self {
        let path = place.folder.path().join("notify");
        let _ = fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).unwrap();
        let (tell, words) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length) = socket.recv(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..length]);
                if tell
                    .send(text.lines().map(str::to_owned).collect())
                    .is_err()
                {
                    return;
                }
            }
        });
        let log = place.folder.path().join("log");
        let inner = place.coverd(&["run"]);
        // The process id is known to a shell that becomes the program.
        let mut command = Command::new("sh");
        command
            .args(["-c", "export WATCHDOG_PID=$$; exec \"$0\" \"$@\""])
            .arg(inner.get_program())
            .args(inner.get_args())
            .env_remove("JOURNAL_STREAM")
            .env_remove("STATE_DIRECTORY")
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "400000")
            .stderr(File::create(&log).unwrap());
        more(&mut command);
        Self {
            child: Some(command.spawn().unwrap()),
            words,
            heard: Vec::new(),
            log,
        }
    }

    /// What it says next; `None` when the patience ends.
    fn hear(&mut self, patience: Duration) -> Option<Vec<String>> {
        let lines = self.words.recv_timeout(patience).ok()?;
        self.heard.extend(lines.iter().cloned());
        Some(lines)
    }

    /// Waits for a line that begins like this, and has it.
    fn wait_for(&mut self, beginning: &str) -> String {
        self.wait_for_that(beginning, |line| line.starts_with(beginning))
    }

    fn wait_for_that(&mut self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let Some(lines) = self.hear(PATIENCE) else {
                break;
            };
            if let Some(line) = lines.into_iter().find(|line| fits(line)) {
                return line;
            }
        }
        panic!(
            "no {what} among {:?}; the log:\n{}",
            self.heard,
            fs::read_to_string(&self.log).unwrap_or_default()
        );
    }

    /// Waits for signs of life that are given from now on.
    fn lives(&mut self, signs: usize) {
        while self.hear(Duration::ZERO).is_some() {}
        for _ in 0..signs {
            self.wait_for("WATCHDOG=1");
        }
    }

    fn terminate(&self) {
        let id = self.child.as_ref().unwrap().id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
    }

    /// How it ended, which must be within this time.
    fn ended_within(&mut self, bound: Duration) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        let id = child.id().to_string();
        let (tell, told) = mpsc::channel();
        let waiter = std::thread::spawn(move || {
            let _ = tell.send(child.wait().unwrap());
        });
        let status = told.recv_timeout(bound);
        if status.is_err() {
            let _ = Command::new("kill").args(["-KILL", &id]).status();
        }
        waiter.join().unwrap();
        let Ok(status) = status else {
            panic!("it goes on: {}", fs::read_to_string(&self.log).unwrap());
        };
        // Sent before the end, so it is on its way to the reading thread at the latest.
        while self.hear(Duration::from_millis(200)).is_some() {}
        status
    }

    fn stop(mut self) {
        self.terminate();
        let status = self.ended_within(PATIENCE);
        assert_eq!(status.code(), Some(0));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn message_id(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let id = text.lines().find(|line| line.starts_with("Message-ID:"));
    id.unwrap().to_owned()
}

#[test]
fn the_service_manager_hears_that_it_is_ready_lives_works_and_stops() {
    let place = Place::new(Mode::Accept);
    let mut service = Service::start(&place);
    service.wait_for("READY=1");
    // Ready means that the store is there for others to read.
    place.reader().outbox_counts().unwrap();
    service.wait_for("WATCHDOG=1");
    service.wait_for("WATCHDOG=1");
    let status = service.wait_for_that("status of a check", |line| {
        line.starts_with("STATUS=") && line.contains("next 20")
    });
    assert!(status.starts_with("STATUS=ncd: read 20"), "{status}");
    assert!(status.ends_with("outbox empty"), "{status}");
    // It lives on after the check.
    service.wait_for("WATCHDOG=1");
    assert!(!service.heard.contains(&"STOPPING=1".to_owned()));

    service.terminate();
    let status = service.ended_within(PATIENCE);
    assert_eq!(status.code(), Some(0), "{}", place.log());
    let of = |line: &str| service.heard.iter().filter(|heard| *heard == line).count();
    assert_eq!(of("READY=1"), 1);
    assert_eq!(of("STOPPING=1"), 1);
    assert_eq!(service.heard.last().map(String::as_str), Some("STOPPING=1"));
}

#[test]
fn a_store_that_cannot_be_opened_is_never_ready() {
    let place = Place::new(Mode::Accept);
    fs::create_dir(place.store()).unwrap();
    fs::write(place.store().join("coverd.db"), vec![b'x'; 8192]).unwrap();
    let mut service = Service::start(&place);
    let status = service.ended_within(PATIENCE);
    assert_eq!(status.code(), Some(1), "{}", place.log());
    assert!(
        !service.heard.contains(&"READY=1".to_owned()),
        "{:?}",
        service.heard
    );
    assert!(place.log().contains("coverd.db"), "{}", place.log());
}

#[test]
fn a_send_in_flight_is_cut_off_in_time_and_made_again_with_the_same_message_id() {
    let place = Place::new(Mode::SilentAfterData);
    let mut service = place.running();
    place.post(&changed());
    let asked = place.ask(&["check"]);
    assert_eq!(asked.status.code(), Some(0), "{asked:?}");
    let first = place.mail.wait_for(1, PATIENCE);
    assert_eq!(first.len(), 1, "{}", place.log());

    service.terminate();
    // The bound of the promise to the service manager, not a measure of work.
    let status = service.ended_within(Duration::from_secs(5));
    assert_eq!(status.code(), Some(0), "{}", place.log());
    assert!(service.heard.contains(&"STOPPING=1".to_owned()));
    assert_eq!(
        (place.outbox().pending, place.outbox().delivered),
        (1, 0),
        "nothing is lost and nothing is taken for delivered"
    );

    place.mail.set(Mode::Accept);
    let mut again = Service::start(&place);
    again.wait_for("READY=1");
    let both = place.mail.wait_for(2, PATIENCE);
    assert_eq!(both.len(), 2, "{}", place.log());
    assert_eq!(message_id(&both[0].bytes), message_id(&both[1].bytes));
    assert_eq!(both[0].bytes, both[1].bytes);
    place.wait_until("the delivery", || place.outbox().delivered == 1);
    again.stop();
    assert_eq!(place.mail.received().len(), 2);
    let delivered = DeliveryFilter {
        state: Some(DeliveryState::Delivered),
        ..DeliveryFilter::default()
    };
    assert_eq!(place.reader().deliveries(&delivered).unwrap().len(), 1);
}

#[test]
fn a_stop_in_the_middle_of_a_fetch_is_obeyed_and_the_next_start_reads_on() {
    let place = Place::new(Mode::Accept);
    place.cms.serve(REPORT, Answer::silence());
    let mut service = Service::start(&place);
    service.wait_for("READY=1");
    place.wait_until("the request", || place.checks_of(REPORT) == 1);
    service.terminate();
    let status = service.ended_within(Duration::from_secs(5));
    assert_eq!(status.code(), Some(0), "{}", place.log());
    assert!(place.reader().source_state("ncd").unwrap().is_none());

    place.post(&records("It is covered for chronic low back pain."));
    place.running().stop();
    assert!(place.checks_of(REPORT) >= 2);
}

#[test]
fn a_second_instance_is_turned_away_and_the_first_goes_on() {
    let place = Place::new(Mode::Accept);
    let mut service = place.running();
    let second = place.ask(&["run"]);
    assert_eq!(second.status.code(), Some(6), "{second:?}");
    let words = String::from_utf8_lossy(&second.stderr).into_owned();
    let id = service.child.as_ref().unwrap().id();
    assert!(
        words.contains(&format!("already running (process {id})")),
        "{words}"
    );
    service.lives(2);
    let asked = place.ask(&["check"]);
    assert_eq!(asked.status.code(), Some(0), "{asked:?}");
    service.stop();
}

#[test]
fn a_check_beside_the_service_is_made_by_it_and_answers_for_the_result() {
    let place = Place::new(Mode::Accept);
    let mut service = place.running();
    let before = place.checks_of(REPORT);
    let asked = place.ask(&["check", "ncd"]);
    assert_eq!(asked.status.code(), Some(0), "{asked:?}");
    let words = String::from_utf8_lossy(&asked.stdout).into_owned();
    assert!(words.contains("The running coverd looked"), "{words}");
    assert!(
        words.contains("documents listed, 0 read anew, 0 alerts"),
        "{words}"
    );
    assert_eq!(place.checks_of(REPORT), before + 1);

    place.cms.forget(REPORT);
    let blind = place.ask(&["check"]);
    assert_eq!(blind.status.code(), Some(4), "{blind:?}");
    let words = String::from_utf8_lossy(&blind.stdout).into_owned();
    assert!(words.contains(REPORT), "{words}");
    let told = place.mail.wait_for(1, PATIENCE);
    assert_eq!(told[0].recipients, ["it@practice.example"]);

    // The next good check says that it is over, and the service never noticed any of it.
    place.post(&changed());
    let well = place.ask(&["check"]);
    assert_eq!(well.status.code(), Some(0), "{well:?}");
    assert_eq!(place.mail.wait_for(3, PATIENCE).len(), 3);
    service.lives(2);
    service.stop();
}

#[test]
fn a_store_held_by_another_command_is_not_taken_for_a_service_that_does_not_run() {
    let place = Place::new(Mode::Accept);
    fs::create_dir(place.store()).unwrap();
    let lock = coverd::io::lock::InstanceLock::acquire(&place.store()).unwrap();
    let asked = place.ask(&["check"]);
    assert_eq!(asked.status.code(), Some(6), "{asked:?}");
    let words = String::from_utf8_lossy(&asked.stderr).into_owned();
    assert!(words.contains("already running (process"), "{words}");
    drop(lock);
}

/// Puts the time at which the source is due.
fn due(store: &Path, at: &str) {
    let path = store.join("coverd.db");
    let database =
        rusqlite::Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let changed = database
        .execute("UPDATE sources SET next_due = ?1 WHERE id = 'ncd'", [at])
        .unwrap();
    assert_eq!(changed, 1);
}

#[test]
fn missed_checks_are_made_up_at_once_and_once() {
    let place = Place::new(Mode::Accept);
    place.running().stop();
    let before = place.checks_of(REPORT);
    // Hundreds of ticks ago.
    due(&place.store(), "2025-01-01T00:00:00.000000000Z");
    let mut service = Service::start(&place);
    place.wait_until("the check", || {
        let state = place.reader().source_state("ncd").unwrap().unwrap();
        state.next_due > state.last_checked
    });
    // Long enough for the loop to look again and again, were it due.
    service.lives(5);
    assert_eq!(place.checks_of(REPORT), before + 1, "{}", place.log());
    service.stop();
}

#[test]
fn a_source_that_is_not_due_is_left_alone_after_a_restart() {
    let place = Place::new(Mode::Accept);
    place.running().stop();
    let before = place.checks_of(REPORT);
    let mut service = Service::start(&place);
    service.lives(5);
    assert_eq!(place.checks_of(REPORT), before, "{}", place.log());
    service.stop();
}

#[test]
fn one_source_without_a_server_does_not_hold_up_the_other() {
    let place = Place::new(Mode::Accept);
    place.configure("");
    let file = made_file(2020, "January", "N", "36.0896");
    let release = Release::new("RVU20A", "01/01/2020", &[("PPRRVU20_JAN.csv", &file)]);
    place.post(&releases_at("2026-01-01T00:00:00Z", &[release]));
    // It takes the request and never answers.
    place.cms.serve(LIST, Answer::silence());
    let mut service = Service::start(&place);
    service.wait_for("READY=1");
    place.wait_until("the check of the other", || {
        place.reader().source_state("ncd").unwrap().is_some()
    });
    assert_eq!(place.checks_of(LIST), 1);
    assert!(place.reader().source_state("pfs").unwrap().is_none());
    // A check under way is a sign of life.
    service.lives(2);
    let asked = place.ask(&["check", "ncd"]);
    assert_eq!(asked.status.code(), Some(0), "{asked:?}");
    service.stop();
}

#[test]
fn the_folders_that_the_unit_provides_are_used() {
    let place = Place::new(Mode::Accept);
    let file = place.folder.path().join("coverd.toml");
    let text = fs::read_to_string(&file).unwrap();
    let text = text.replace("dir = \"store\"", "");
    fs::write(
        &file,
        text.replace("tls = \"none\"", "tls = \"none\"\nuser = \"coverd\""),
    )
    .unwrap();
    let (state, secrets) = (
        place.folder.path().join("state"),
        place.folder.path().join("secrets"),
    );
    fs::create_dir(&secrets).unwrap();
    let environment = |command: &mut Command| {
        command
            .env("STATE_DIRECTORY", &state)
            .env("CREDENTIALS_DIRECTORY", &secrets);
    };
    // What SetCredential= of the unit puts there while nobody wrote a password.
    fs::write(secrets.join("smtp-password"), "\n").unwrap();
    let mut without = Service::start_with(&place, environment);
    let status = without.ended_within(PATIENCE);
    assert_eq!(status.code(), Some(3), "{}", place.log());
    assert!(place.log().contains("smtp-password"), "{}", place.log());

    fs::write(secrets.join("smtp-password"), "secret\n").unwrap();
    let mut service = Service::start_with(&place, environment);
    service.wait_for("READY=1");
    Reader::open(&state.join("coverd.db")).unwrap();
    service.stop();
    assert!(!place.log().contains("secret\n"));
}

#[test]
fn where_the_journal_cannot_be_reached_its_stream_is_written() {
    use std::os::unix::fs::MetadataExt as _;
    let place = Place::new(Mode::Accept);
    let mut service = Service::start_with(&place, |command| {
        let stream = fs::metadata(place.folder.path().join("log")).unwrap();
        let named = format!("{}:{}", stream.dev(), stream.ino());
        command.env("JOURNAL_STREAM", named);
    });
    service.wait_for("READY=1");
    service.stop();
    let has_journal = Path::new("/run/systemd/journal/socket").exists();
    assert_eq!(place.log().contains("ready"), !has_journal);
}

/// What a server on this machine answers to `GET /healthz`; `None` when there is none.
fn page_says(address: &str) -> Option<String> {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn the_page_is_served_and_ends_with_the_service() {
    let place = Place::new(Mode::Accept);
    let address = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().to_string()
    };
    place.configure(&format!("{}[web]\nlisten = \"{address}\"\n", off(&["ncd"])));
    let mut service = Service::start(&place);
    service.wait_for("READY=1");
    place.wait_until("the page", || {
        page_says(&address).is_some_and(|answer| answer.ends_with("\r\n\r\nok\n"))
    });
    service.stop();
    assert_eq!(page_says(&address), None);
}

#[test]
fn a_page_that_cannot_be_served_is_told_and_stops_nothing() {
    let place = Place::new(Mode::Accept);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    place.configure(&format!("{}[web]\nlisten = \"{address}\"\n", off(&["ncd"])));
    let mut service = Service::start(&place);
    service.wait_for("READY=1");
    place.wait_until("a notice", || {
        let told = place.reader().deliveries(&DeliveryFilter::default());
        told.unwrap().iter().any(|one| {
            one.outgoing.recipient == "it@practice.example"
                && one.outgoing.subject == format!("[coverd] the page is not served: {address}")
        })
    });
    // The checks go on.
    place.wait_until("the first check", || {
        let state = place.reader().source_state("ncd").unwrap();
        state.is_some_and(|state| state.last_good.is_some())
    });
    service.lives(2);
    service.stop();
}
