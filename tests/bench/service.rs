//! The service: how soon it is ready, and what memory it holds.

use std::fmt::Write as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::cms::{Answer, FakeCms};
use crate::config;
use crate::measure::{Report, Runs, kilobytes, megabytes, milliseconds};
use crate::releases::{Material, moment};
use crate::world::{self, Capture, Release, default_records, records_at};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) fn run(material: &Material) {
    let cms = FakeCms::start();
    let mut releases = material.twenty_releases();
    releases.truncate(8);
    let place = Place::new(&cms, "");
    serve(&cms, &releases);

    let mut memory = Report::new(
        "Memory of `coverd run`",
        "Resident memory of the service on a server on loopback, read when nothing is under way any more; the peak is since its start.",
        &["when", "at rest", "peak"],
    );
    let mut row = |what: &str, service: &Service| {
        let megabytes = |name| {
            format!(
                "{:.1} MB",
                megabytes(kilobytes(service.0.id(), name) * 1024)
            )
        };
        memory.row(&[what.to_owned(), megabytes("VmRSS"), megabytes("VmHWM")]);
    };
    let (service, _) = place.start();
    service.settle(&cms);
    row(
        "first check: 8 releases and 4 determinations read (8 codes)",
        &service,
    );
    drop(service);
    let (service, _) = place.start();
    service.settle(&cms);
    row("started again, nothing due", &service);
    drop(service);

    let posted = material.posted();
    let members: Vec<(&str, &[u8])> = posted
        .0
        .iter()
        .map(|(name, bytes)| (&name[..], &bytes[..]))
        .collect();
    let new = Release::new("RVU25D", "09/11/2025", &members);
    for (codes, settings) in [
        ("8 codes", ""),
        ("all codes", "[watch]\ncodes = \"all\"\nlook_alikes = []\n"),
    ] {
        let place = Place::new(&cms, settings);
        serve(&cms, std::slice::from_ref(&new));
        let (service, _) = place.start();
        service.settle(&cms);
        row(
            &format!("first check: RVU25D as posted ({codes})"),
            &service,
        );
    }
    memory.print();

    let mut start = Report::new(
        "Start",
        "From the start of the process to `READY=1` on the notify socket, with the store of the first check above; `coverd --version` beside it.",
        &["what", "best", "median"],
    );
    let ready: Vec<Duration> = (0..15).map(|_| place.start().1).collect();
    let version = Runs::wall(15, || {
        let version = Command::new(env!("CARGO_BIN_EXE_coverd"))
            .arg("--version")
            .output();
        assert!(version.unwrap().status.success());
    });
    for (what, runs) in [
        ("`coverd run` to READY", Runs::of(ready)),
        ("`coverd --version`", version),
    ] {
        start.row(&[
            what.to_owned(),
            milliseconds(runs.best()),
            milliseconds(runs.median()),
        ]);
    }
    start.print();
}

fn serve(cms: &FakeCms, releases: &[Release]) {
    let at = moment(releases.len()).to_rfc3339();
    let mut captures = world::releases_at(&at, releases);
    captures.extend(records_at(
        &at,
        &default_records("07/2020"),
        "20200701080000",
    ));
    for Capture {
        url,
        content_type,
        body,
        ..
    } in captures
    {
        let answer = match content_type {
            "application/zip" => Answer::zip(body),
            "application/json" => Answer::json(&String::from_utf8(body).unwrap()),
            _ => Answer::html(&String::from_utf8(body).unwrap()),
        };
        cms.serve(&url, answer);
    }
}

/// A folder with a configuration.
struct Place {
    folder: TempDir,
    config: PathBuf,
}

impl Place {
    fn new(cms: &FakeCms, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut text = format!("{settings}\n[fetch]\nmin_interval_seconds = 0\n[fetch.origins]\n");
        for (origin, target) in cms.origins() {
            let _ = writeln!(text, "\"{origin}\" = \"{target}\"");
        }
        let config = config::write(folder.path(), &text);
        Self { folder, config }
    }

    /// Starts the service and waits until it says that it is ready.
    fn start(&self) -> (Service, Duration) {
        let socket = self.folder.path().join("notify");
        let _ = std::fs::remove_file(&socket);
        let listener = UnixDatagram::bind(&socket).unwrap();
        listener.set_read_timeout(Some(PATIENCE)).unwrap();
        let begin = Instant::now();
        let service = Service::spawn(&self.config, &socket);
        let mut message = [0; 4096];
        loop {
            let length = listener.recv(&mut message).unwrap();
            if message[..length].starts_with(b"READY=1") {
                return (service, begin.elapsed());
            }
        }
    }
}

/// A running service; killed when this is dropped.
struct Service(Child);

impl Service {
    fn spawn(config: &Path, socket: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_coverd"))
            .arg("--config")
            .arg(config)
            .arg("run")
            .env("NOTIFY_SOCKET", socket)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }

    /// Waits until it uses no CPU time and asks nothing.
    fn settle(&self, cms: &FakeCms) {
        let begin = Instant::now();
        let state = || (self.used(), cms.all_hits().len());
        let mut last = state();
        let mut quiet = 0;
        while quiet < 10 {
            assert!(
                begin.elapsed() < PATIENCE,
                "the service does not come to rest"
            );
            pause();
            let now = state();
            quiet = if now == last { quiet + 1 } else { 0 };
            last = now;
        }
    }

    fn used(&self) -> String {
        let line = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap();
        let (_, behind_name) = line.rsplit_once(')').unwrap();
        behind_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "no runtime is held up here")]
fn pause() {
    std::thread::sleep(Duration::from_millis(200));
}
