//! One check of a new release, a check of nothing new, the replay of years.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use coverd::app::check::{Mode, Pass, check_source};
use coverd::app::state::App;
use coverd::app::wiring;
use coverd::io::clock::{Clock, SetClock};
use coverd::io::recording::{Recording, Web};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::config;
use crate::measure::{Report, Runs, cpu, megabytes, milliseconds, ratio, size};
use crate::reading::inflate;
use crate::releases::{Files, Material, captures, moment};
use crate::world::{self, Capture, Release, default_records, records_at};

/// What a check is configured with.
const EIGHT: &str = "[sources.ncd]\nenabled = false\n";
const ALL: &str = "[watch]\ncodes = \"all\"\nlook_alikes = []\n[sources.ncd]\nenabled = false\n";

/// Releases in the store before the new ones.
const KNOWN: usize = 16;

pub(crate) fn run(material: &Material) {
    let releases = material.twenty_releases();
    one_check(material, &releases);
    replay(material, &releases);
}

/// The program in this process, on a recording, with a clock that is set.
struct Running {
    app: Arc<App>,
    clock: Arc<SetClock>,
    runtime: Runtime,
    _folder: TempDir,
}

impl Running {
    fn new(settings: &str, captures: &[Capture], start: DateTime<Utc>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let recording = folder.path().join("recording");
        world::write_recording(&recording, captures);
        let config = config::load(&config::write(folder.path(), settings));
        let clock = Arc::new(SetClock::new(start));
        let shown: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let web = Web::Recorded(Recording::open(&recording).unwrap(), Arc::clone(&shown));
        // Threads that end take the record of their time with them.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_keep_alive(Duration::from_hours(1))
            .build()
            .unwrap();
        let app = wiring::app(&config, shown, web).unwrap();
        Self {
            app,
            clock,
            runtime,
            _folder: folder,
        }
    }

    fn check(&self, at: DateTime<Utc>) -> (Pass, Duration) {
        self.clock.set(at);
        let source = Arc::clone(&self.app.sources["pfs"].source);
        let before = cpu();
        let pass = self
            .runtime
            .block_on(check_source(&self.app, &source, Mode::Watch, &|_| {}))
            .unwrap();
        let used = cpu().saturating_sub(before);
        assert!(
            pass.problems.iter().all(|p| !p.text.contains("malformed")),
            "{pass:?}"
        );
        (pass, used)
    }
}

fn one_check(material: &Material, releases: &[Release]) {
    let mut report = Report::new(
        "One check",
        "CPU time of one check of the source `pfs`, all threads, in a store that knows 16 releases: recorded answers, sniffing, hashing, archiving, \
         reading, comparing, one transaction for each unit. The floor inflates the new archive and adds up its bytes.",
        &["check", "codes", "best", "median", "floor", "ratio"],
    );
    for (codes, settings) in [("8", EIGHT), ("all", ALL)] {
        let begin = moment(KNOWN);
        let mut recorded = world::releases_at(&stamp(begin), &releases[..KNOWN]);
        let news: Vec<DateTime<Utc>> = (1..=4)
            .map(|number| begin + TimeDelta::days(2 * number))
            .collect();
        for (number, &at) in news.iter().enumerate() {
            recorded.extend(captures(&releases[..=KNOWN + number], at));
        }
        let running = Running::new(settings, &recorded, begin);
        let (first, used) = running.check(begin);
        assert_eq!(first.read, KNOWN, "{first:?}");
        let each = used / u32::try_from(KNOWN).unwrap();
        let zip = &releases[KNOWN].zip;
        let floor = Runs::cpu(9, || inflate(zip, false));
        let mut row = |what: &str, runs: &Runs, floor: Option<&Runs>| {
            report.row(&[
                what.to_owned(),
                codes.to_owned(),
                milliseconds(runs.best()),
                milliseconds(runs.median()),
                floor.map_or_else(String::new, |floor| milliseconds(floor.best())),
                floor.map_or_else(String::new, |floor| ratio(runs.best(), floor.best())),
            ]);
        };
        row(
            "first check, for each of 16 releases",
            &Runs::of(vec![each]),
            Some(&floor),
        );
        let mut new = Vec::new();
        for &at in &news {
            let (pass, used) = running.check(at);
            assert_eq!(pass.read, 1, "{pass:?}");
            new.push(used);
        }
        row("a new release (csv)", &Runs::of(new), Some(&floor));

        let mut at = news[3];
        let mut pages = Vec::new();
        for _ in 0..2 {
            at += TimeDelta::days(1);
            pages.push(unchanged(&running, at));
        }
        row("nothing new, pages asked only", &Runs::of(pages), None);
        let mut archives = Vec::new();
        for _ in 0..3 {
            at += TimeDelta::days(8);
            archives.push(unchanged(&running, at));
        }
        row(
            "nothing new, archives of two years asked",
            &Runs::of(archives),
            None,
        );

        let posted = material.posted();
        let zip = posted.zip();
        let floor = Runs::cpu(9, || inflate(&zip, false));
        row(
            "a new release as posted (csv, txt, xlsx)",
            &as_posted(settings, releases, &posted),
            Some(&floor),
        );
    }
    report.print();
}

fn unchanged(running: &Running, at: DateTime<Utc>) -> Duration {
    let (pass, used) = running.check(at);
    assert_eq!((pass.read, pass.alerts), (0, 0), "{pass:?}");
    used
}

/// RVU25D with all its forms, where a year of releases is known.
fn as_posted(settings: &str, releases: &[Release], posted: &Files) -> Runs {
    let members: Vec<(&str, &[u8])> = posted
        .0
        .iter()
        .map(|(name, bytes)| (&name[..], &bytes[..]))
        .collect();
    let new = Release::new("RVU25D", "09/11/2025", &members);
    let begin: DateTime<Utc> = "2025-09-10T12:00:00Z".parse().unwrap();
    let at = begin + TimeDelta::days(2);
    let mut listed = releases[KNOWN..].to_vec();
    let mut recorded = world::releases_at(&stamp(begin), &listed);
    listed.push(new);
    recorded.extend(captures(&listed, at));
    let once = |_| {
        let running = Running::new(settings, &recorded, begin);
        running.check(begin);
        let (pass, used) = running.check(at);
        assert_eq!(pass.read, 1, "{pass:?}");
        used
    };
    Runs::of((0..3).map(once).collect())
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn replay(material: &Material, releases: &[Release]) {
    let mut report = Report::new(
        "Replay of twenty releases",
        "`coverd replay`, default configuration, 2019 to 2023 by quarters, four determinations beside the releases; CPU seconds of the process. \
         Archives that the recording holds are asked again as on the network. The floor inflates the twenty archives and adds up their bytes.",
        &[
            "releases",
            "archives",
            "CPU",
            "wall",
            "floor",
            "store",
            "of it documents",
        ],
    );
    let mut row = |what: &str, releases: &[Release], runs: usize| {
        let folder = tempfile::tempdir().unwrap();
        let config = config::write(folder.path(), "");
        let recording = folder.path().join("recording");
        let mut recorded = Vec::new();
        for number in 0..releases.len() {
            let at = moment(number);
            recorded.extend(captures(&releases[..=number], at));
            recorded.extend(records_at(
                &stamp(at),
                &default_records("07/2020"),
                "20200701080000",
            ));
        }
        world::write_recording(&recording, &recorded);
        let mut number = 0;
        let mut walls = Vec::new();
        let used = Runs::children(runs, 1, || {
            number += 1;
            let into = folder.path().join(format!("into{number}"));
            let begin = std::time::Instant::now();
            replayed(&config, &recording, &into);
            walls.push(begin.elapsed());
        });
        let floor = Runs::cpu(3, || {
            releases
                .iter()
                .map(|release| inflate(&release.zip, false))
                .sum::<u64>()
        });
        let archives: u64 = releases
            .iter()
            .map(|release| release.zip.len() as u64)
            .sum();
        let into = folder.path().join("into1");
        report.row(&[
            what.to_owned(),
            format!("{:.1} MB", megabytes(archives)),
            format!("{:.2} s", used.best().as_secs_f64()),
            format!("{:.2} s", Runs::of(walls).best().as_secs_f64()),
            milliseconds(floor.best()),
            format!("{:.1} MB", megabytes(size(&into))),
            format!("{:.1} MB", megabytes(size(&into.join("documents")))),
        ]);
    };
    row("csv only (the files of 2020)", releases, 3);
    row(
        "as posted (csv, txt, xlsx of RVU25D)",
        &material.twenty_whole_releases(),
        2,
    );
    report.print();
}

fn replayed(config: &Path, recording: &Path, into: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_coverd"))
        .arg("--config")
        .arg(config)
        .arg("replay")
        .arg(recording)
        .arg("--into")
        .arg(into)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
}
