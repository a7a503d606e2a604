//! Killed at any moment, coverd ends where an undisturbed run ends: the same documents, statements,
//! changes and messages; a mail may come twice, but then it is visibly the same mail.
//!
//! The real binary is killed (SIGKILL) at random moments of checks and deliveries, again and again, and
//! started again until a run ends by itself.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use coverd::io::store::DeliveryFilter;
use coverd::model::delivery::DeliveryState;
use serde_json::Value;

use crate::harness::cms::FakeCms;
use crate::harness::run::{Installation, PRACTICE, config_text, show};
use crate::harness::smtp::{Mode, Received, SmtpSink};
use crate::harness::world::{Release, default_records, made_file};

/// How many processes are killed, in all scenarios together.
const KILLS: usize = 300;

/// A process that was killed so often in one scenario is let alone: scenarios shall end.
const MOST_KILLS_IN_A_ROW: usize = 15;

/// CMS before and after the changes that are to be told: status N to A in RVU20B, and another
/// sentence in NCD 30.3.3.
fn before_and_after() -> (FakeCms, FakeCms) {
    let january = made_file(2020, "January", "N", "36.0896");
    let april = made_file(2020, "April", "A", "36.0896");
    let a = Release::new("RVU20A", "01/02/2020", &[("PPRRVU20_JAN.csv", &january)]);
    let b = Release::new("RVU20B", "05/01/2020", &[("PPRRVU20_APR.csv", &april)]);
    let mut records = default_records("01/2020 - first");
    let before = FakeCms::start();
    show(
        &before,
        std::slice::from_ref(&a),
        &records,
        "20200121120000",
    );
    records[3]["indications_limitations"] =
        "&lt;p&gt;Dry needling is covered for chronic low back pain.&lt;&sol;p&gt;".into();
    let after = FakeCms::start();
    show(&after, &[a, b], &records, "20200508120000");
    (before, after)
}

/// What must be equal whatever happened on the way. Times of this machine are no part of it.
#[derive(Debug)]
struct End {
    documents: BTreeSet<String>,
    statements: BTreeSet<String>,
    changes: BTreeSet<String>,
    history: Vec<String>,
    /// (id, Message-ID, recipient, subject) of what the practice is told.
    news: BTreeSet<[String; 4]>,
    /// Subjects of what the operator is told; their names hold the time at which they were told.
    notices: Vec<String>,
}

impl End {
    fn of(installation: &Installation) -> Self {
        let reader = installation.reader();
        let mut documents = BTreeSet::new();
        files(&installation.store().join("documents"), &mut documents);
        let mut statements = BTreeSet::new();
        for fact in reader.facts(&reader.all_topics().unwrap()).unwrap() {
            let origin = &fact.origin;
            let captured = origin.learned.date_naive();
            // Undated documents are published on the day of their capture.
            let published = (origin.published != captured).then_some(origin.published);
            let (edition, hash, url) = (&origin.edition, origin.document, &origin.url);
            let said = format!(
                "{:?} {edition:?} {hash} {url} {published:?}",
                fact.statement
            );
            assert!(statements.insert(said), "a statement is there twice");
        }
        let (mut news, mut notices) = (BTreeSet::new(), Vec::new());
        for row in reader.deliveries(&DeliveryFilter::default()).unwrap() {
            let mail = row.outgoing;
            assert_eq!(row.state, DeliveryState::Delivered, "{}", mail.subject);
            if mail.recipient == PRACTICE {
                news.insert([mail.id, mail.message_id, mail.recipient, mail.subject]);
            } else {
                notices.push(mail.subject);
            }
        }
        notices.sort();
        Self {
            documents,
            statements,
            changes: undated(installation.rows(&["changes"]))
                .into_iter()
                .collect(),
            history: undated(installation.rows(&["history", "20560"])),
            news,
            notices,
        }
    }
}

fn files(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            files(&entry.path(), names);
        } else {
            let name = entry.file_name().into_string().unwrap();
            // What a killed process was writing: hidden, under no document's name, never read.
            if !name.starts_with('.') {
                names.insert(name);
            }
        }
    }
}

impl End {
    /// Field by field: the whole is long.
    fn assert_equals(&self, expected: &Self, seed: u64) {
        assert_eq!(self.documents, expected.documents, "seed {seed}");
        let other: Vec<_> = self
            .statements
            .symmetric_difference(&expected.statements)
            .collect();
        assert!(other.is_empty(), "seed {seed}: {other:#?}");
        assert_eq!(self.changes, expected.changes, "seed {seed}");
        assert_eq!(self.history, expected.history, "seed {seed}");
        assert_eq!(self.news, expected.news, "seed {seed}");
        assert_eq!(self.notices, expected.notices, "seed {seed}");
    }
}

/// Rows without the days on which this machine read something.
fn undated(rows: Vec<Value>) -> Vec<String> {
    let without = |mut row: Value| {
        let fields = row.as_object_mut().unwrap();
        fields.remove("recorded");
        fields.remove("published");
        fields.remove("captured");
        row.to_string()
    };
    rows.into_iter().map(without).collect()
}

/// Everything in the outbox arrived; what arrived twice is the same message, byte for byte.
fn assert_all_arrived(installation: &Installation, received: &[Received]) {
    let mut arrived: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for mail in received {
        let parsed = mail_parser::MessageParser::default().parse(&mail.bytes);
        let id = format!("<{}>", parsed.unwrap().message_id().unwrap());
        let same = arrived.entry(id).or_insert_with(|| mail.bytes.clone());
        assert_eq!(*same, mail.bytes, "one Message-ID, two messages");
    }
    let outbox = installation.reader().deliveries(&DeliveryFilter::default());
    let outbox: BTreeSet<String> = outbox
        .unwrap()
        .into_iter()
        .map(|row| row.outgoing.message_id)
        .collect();
    assert_eq!(arrived.into_keys().collect::<BTreeSet<_>>(), outbox);
}

/// How far a check may get before it is killed.
#[derive(Debug, Clone, Copy)]
struct Reach {
    time: Duration,
    /// Writes to the database.
    writes: usize,
}

/// Starts checks and kills each at a random moment, until one ends by itself. Half of the moments are
/// random times; half follow closely on a write to the database, where two things that belong
/// together could be torn apart.
fn check_and_kill(
    installation: &Installation,
    reach: Reach,
    random: &mut fastrand::Rng,
    kills: &AtomicUsize,
) {
    let mut in_a_row = 0;
    loop {
        let mut child = installation.command(&["check"]).spawn().unwrap();
        if in_a_row < MOST_KILLS_IN_A_ROW {
            if random.bool() {
                pause(reach.time.mul_f64(random.f64()));
            } else {
                let log = installation.store().join("coverd.db-wal");
                await_writes(&log, random.usize(1..=reach.writes), &mut child);
                pause(Duration::from_millis(3).mul_f64(random.f64()));
            }
            // Nothing happens to a child that has ended.
            child.kill().unwrap();
        }
        let status = child.wait().unwrap();
        if status.signal().is_none() {
            assert_eq!(status.code(), Some(0), "after {in_a_row} kills");
            return;
        }
        in_a_row += 1;
        kills.fetch_add(1, Ordering::Relaxed);
    }
}

/// Waits until the log of the database was written so often, or the child has ended.
fn await_writes(log: &Path, mut writes: usize, child: &mut Child) {
    let state = || {
        let metadata = std::fs::metadata(log).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    };
    let mut last = state();
    while writes > 0 && child.try_wait().unwrap().is_none() {
        pause(Duration::from_micros(200));
        let now = state();
        if now != last {
            last = now;
            writes -= 1;
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the moment of the kill is the subject; no runtime is here"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// A check that nobody disturbs, and how long it took.
fn check(installation: &Installation) -> Duration {
    let begun = Instant::now();
    let ran = installation.run(&["check"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    begun.elapsed()
}

#[test]
fn killed_at_300_random_moments_it_ends_where_an_undisturbed_run_ends() {
    let (before, after) = before_and_after();
    let sink = SmtpSink::start(Mode::Accept);
    let january = Installation::new(&before, &sink);
    let first_check = check(&january);
    let told_in_january = sink.received();
    let undisturbed = Installation::new(&after, &sink).with_store_of(&january);
    let second_check = check(&undisturbed);
    let expected = End::of(&undisturbed);
    assert_eq!(expected.news.len(), 2, "{:?}", expected.news);
    assert_all_arrived(&undisturbed, &sink.received());

    let first = Reach {
        time: first_check.mul_f64(1.2),
        writes: 130,
    };
    let second = Reach {
        time: second_check.mul_f64(1.2),
        writes: 16,
    };
    let kills = AtomicUsize::new(0);
    let scenarios = AtomicUsize::new(0);
    let seeds = Mutex::new(fastrand::Rng::new());
    let work = || {
        while kills.load(Ordering::Relaxed) < KILLS {
            let number = scenarios.fetch_add(1, Ordering::Relaxed);
            let seed = seeds.lock().unwrap().u64(..);
            let mut random = fastrand::Rng::with_seed(seed);
            let smtp = SmtpSink::start(Mode::Accept);
            let disturbed = Installation::new(&after, &smtp);
            let mut received = Vec::new();
            let disturbed = if number % 4 == 3 {
                disturbed.configure(&config_text(&before, &smtp, ""));
                check_and_kill(&disturbed, first, &mut random, &kills);
                disturbed.configure(&config_text(&after, &smtp, ""));
                disturbed
            } else {
                received.clone_from(&told_in_january);
                disturbed.with_store_of(&january)
            };
            check_and_kill(&disturbed, second, &mut random, &kills);
            End::of(&disturbed).assert_equals(&expected, seed);
            let db = disturbed.run(&["db", "check"]);
            assert_eq!(db.code, Some(0), "seed {seed}: {db:?}");
            received.extend(smtp.received());
            assert_all_arrived(&disturbed, &received);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
}

#[test]
fn killed_between_acceptance_and_its_record_it_sends_the_same_bytes_again() {
    let (before, after) = before_and_after();
    let smtp = SmtpSink::start(Mode::Accept);
    let installation = Installation::new(&before, &smtp);
    check(&installation);
    let told = smtp.received().len();
    installation.configure(&config_text(&after, &smtp, ""));
    // The server has the message, and the client never hears of it.
    smtp.set(Mode::SilentAfterData);
    let mut child = installation.command(&["check"]).spawn().unwrap();
    let received = smtp.wait_for(told + 1, Duration::from_mins(2));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(received.len(), told + 1);
    smtp.set(Mode::Accept);
    check(&installation);
    let received = smtp.received();
    let first = &received[told];
    let copies = received[told..].iter().filter(|mail| *mail == first);
    assert_eq!(copies.count(), 2);
    assert_all_arrived(&installation, &received);
}
