//! What any store must do, asked through its public door alone, so that another database engine
//! could be put behind it.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail their test as the tests themselves do"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use coverd::io::blobs::{Blobs, hash_of};
use coverd::io::store::{
    AlertFilter, ChangeFilter, DeliveryFilter, Reader, Store, StoreError, StoreHandle, restore,
};
use coverd::model::alert::{Alert, AlertBody, ChangeAlert, OperatorNotice};
use coverd::model::attribute::Attribute;
use coverd::model::change::{Change, Judged, Severity};
use coverd::model::delivery::{Attempt, DeliveryState, Letter, Outcome, Outgoing, Purpose};
use coverd::model::document::{Capture, DocumentHash, Validators};
use coverd::model::fact::{
    Edition, Fact, FactKey, Observation, Origin, Repost, Statement, Value, Values,
};
use coverd::model::health::{OpenProblem, Problem, ProblemKind};
use coverd::model::record::{
    AbsenceRecord, CaptureRecord, ChangeRecord, CheckRecord, ProblemRecord, ReadingRecord,
    SourceRecord,
};
use coverd::model::request::{Unlisted, absent};
use coverd::model::timeline::Period;
use coverd::model::topic::{Place, Stage, Subject, Topic};
use proptest::prelude::*;
use rust_decimal::Decimal;
use tempfile::TempDir;

/// A folder with a database and documents in it.
struct Bench {
    folder: TempDir,
    store: Store,
    blobs: Blobs,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("coverd.db")).unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs")).unwrap();
        Self {
            folder,
            store,
            blobs,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn record(&mut self, record: &CheckRecord) {
        self.store.record_check(record).unwrap();
    }

    fn facts(&self, code: &str) -> Vec<Fact> {
        self.store.read().facts(&[service(code)]).unwrap()
    }
}

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_577_836_800, 0).unwrap() + TimeDelta::minutes(minute)
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn service(code: &str) -> Topic {
    Topic::national(Subject::Service(code.parse().unwrap()))
}

fn status(letter: &str) -> Values {
    Arc::new(BTreeMap::from([
        (Attribute::Status, Observation::text(letter)),
        (
            Attribute::WorkRvu,
            Observation::amount(Decimal::new(320, 3)),
        ),
        (Attribute::NonFacilityNa, Observation::text("")),
    ]))
}

fn statement(code: &str, letter: &str) -> Statement {
    Statement {
        topic: service(code),
        from: day("2020-04-01"),
        values: status(letter),
        locator: format!("PPRRVU20_APR.csv row of {code}"),
        quote: format!("{code},,SERVICE {code},{letter},0.32"),
    }
}

fn origin(document: DocumentHash) -> Arc<Origin> {
    Arc::new(Origin {
        source: "pfs".to_owned(),
        edition: Edition {
            name: "RVU20B".to_owned(),
            begins: day("2020-04-01"),
            repost: Repost::Replaces,
        },
        document,
        url: "https://www.cms.gov/files/zip/rvu20b.zip".to_owned(),
        published: day("2020-03-15"),
        learned: at(1),
    })
}

fn capture(url: &str, minute: i64, document: Option<DocumentHash>) -> CaptureRecord {
    CaptureRecord {
        capture: Capture {
            url: url.to_owned(),
            final_url: format!("{url}?final"),
            at: at(minute),
            status: 200,
            headers: vec![
                ("content-type".to_owned(), "application/zip".to_owned()),
                ("set-cookie".to_owned(), "a=\"1\"".to_owned()),
                ("set-cookie".to_owned(), "b=2".to_owned()),
            ],
            document,
        },
        length: None,
        tag: None,
        validators: None,
    }
}

fn reading(document: DocumentHash, extractor: u32, statements: Vec<Statement>) -> ReadingRecord {
    ReadingRecord {
        unit: "RVU20B".to_owned(),
        origin: origin(document),
        extractor,
        watch: "watch-1".to_owned(),
        statements,
        unlisted: None,
    }
}

/// A record of a captured and read document.
fn read(bytes: &[u8], extractor: u32, statements: Vec<Statement>) -> CheckRecord {
    let hash = hash_of(bytes);
    let mut record = CheckRecord::new("pfs", at(1));
    record.captures = vec![capture(&origin(hash).url, 1, Some(hash))];
    record.readings = vec![reading(hash, extractor, statements)];
    record
}

fn unlisted() -> Unlisted {
    Unlisted {
        from: day("2020-04-01"),
        values: absent(&[Attribute::Status, Attribute::WorkRvu]),
        locator: "PPRRVU20_APR.csv, all 17250 rows".to_owned(),
    }
}

fn judged(document: DocumentHash, code: &str, was: &str, now: &str) -> Judged {
    let fact = |letter: &str| {
        let mut fact = Fact {
            statement: statement(code, letter),
            origin: origin(document),
        };
        // A stored change keeps the changed attribute alone.
        fact.statement.values = Arc::new(BTreeMap::from([(
            Attribute::Status,
            Observation::text(letter),
        )]));
        Arc::new(fact)
    };
    Judged {
        beside: Vec::new(),
        change: Change {
            key: FactKey {
                topic: service(code),
                attribute: Attribute::Status,
            },
            days: Period {
                from: day("2020-01-21"),
                until: None,
            },
            was: Some(Observation::text(was)),
            now: Some(Observation::text(now)),
            before: Some(fact(was)),
            after: Some(fact(now)),
        },
        severity: Severity::Coverage,
    }
}

fn outgoing(id: &str, minute: i64) -> Outgoing {
    Outgoing {
        id: id.to_owned(),
        purpose: Purpose::Alert,
        alert: Some("alert-1".to_owned()),
        channel: "smtp".to_owned(),
        recipient: "billing@practice.example".to_owned(),
        sender: "coverd@practice.example".to_owned(),
        message_id: format!("<{id}@practice.example>"),
        subject: "20560: N to A".to_owned(),
        message: b"Subject: 20560\r\n\r\nN to A \xff\x00\r\n".to_vec(),
        created: at(minute),
        not_before: at(minute),
        gathers: false,
    }
}

fn problem(subject: &str) -> Problem {
    Problem {
        source: "pfs".to_owned(),
        subject: subject.to_owned(),
        kind: ProblemKind::Shape,
        text: "row 12 has 30 cells".to_owned(),
        remedy: "report it".to_owned(),
    }
}

fn open_problem(subject: &str, since: i64, times: u32) -> OpenProblem {
    OpenProblem {
        problem: problem(subject),
        since: at(since),
        times,
        told: (times > 1).then(|| at(since + 1)),
    }
}

fn change_alert(document: DocumentHash, changes: Vec<Judged>, look_alikes: Vec<Judged>) -> Alert {
    Alert {
        id: "alert-1".to_owned(),
        raised: at(2),
        body: AlertBody::Change(ChangeAlert {
            phase: coverd::model::alert::Phase::InForce,
            thread: None,
            rule: None,
            severity: Severity::Coverage,
            source_title: "Physician Fee Schedule relative value files".to_owned(),
            edition: "RVU20B".to_owned(),
            document,
            url: origin(document).url.clone(),
            published: day("2020-03-15"),
            captured: at(1),
            changes,
            look_alikes,
            dollars: Vec::new(),
            unchanged: Vec::new(),
        }),
    }
}

/// Everything that one check can leave behind.
fn full_record() -> CheckRecord {
    let hash = hash_of(b"release");
    let mut record = read(
        b"release",
        1,
        vec![statement("20560", "A"), statement("20561", "A")],
    );
    record.readings.first_mut().unwrap().unlisted = Some(unlisted());
    record.captures[0].length = Some(7);
    record.captures[0].tag = Some("updated 2020-03-15".to_owned());
    record.captures[0].validators = Some(Validators {
        etag: Some("\"x\"".to_owned()),
        last_modified: None,
    });
    let (told, named) = (
        judged(hash, "20560", "N", "A"),
        judged(hash, "20552", "A", "N"),
    );
    record.changes = vec![
        ChangeRecord {
            id: "change-1".to_owned(),
            judged: told.clone(),
            alert: Some("alert-1".to_owned()),
        },
        ChangeRecord {
            id: "change-2".to_owned(),
            judged: named.clone(),
            alert: None,
        },
    ];
    record.alerts = vec![
        change_alert(hash, vec![told], vec![named]),
        Alert {
            id: "alert-2".to_owned(),
            raised: at(2),
            body: AlertBody::Operator(OperatorNotice {
                problem: problem("RVU20C"),
                since: at(0),
                recovered: true,
            }),
        },
    ];
    record.deliveries = vec![outgoing("delivery-1", 2), outgoing("delivery-2", 3)];
    record.problems = ProblemRecord {
        open: vec![open_problem("RVU20D", 2, 2)],
        closed: vec![open_problem("RVU20C", 0, 3)],
    };
    record.source_state = Some(SourceRecord {
        good: true,
        next_due: at(1440),
        listed: Some(vec!["RVU20A".to_owned(), "RVU20B".to_owned()]),
    });
    record
}

/// All that the store can be asked, as text.
fn dump(reader: &Reader) -> String {
    let mut text = String::new();
    let mut say = |answer: &dyn std::fmt::Debug| writeln!(text, "{answer:#?}").unwrap();
    let topics = reader.all_topics().unwrap();
    say(&topics);
    say(&reader.facts(&topics).unwrap());
    say(&reader.topics("pfs").unwrap());
    let readings = reader.readings("pfs").unwrap();
    for reading in &readings {
        let document = &reading.origin.document;
        say(&reader.captures_of(document).unwrap());
        say(&reader.first_capture(document).unwrap());
        say(&reader.latest_capture(&reading.origin.url).unwrap());
        say(&reader.validators(&reading.origin.url).unwrap());
        say(&reader.unit_state("pfs", &reading.unit).unwrap());
    }
    say(&readings);
    say(&reader.full_readings("pfs").unwrap());
    say(&reader.source_state("pfs").unwrap());
    say(&reader.all_open_problems().unwrap());
    say(&reader.changes(&ChangeFilter::default()).unwrap());
    say(&reader.alerts(&AlertFilter::default()).unwrap());
    let deliveries = reader.deliveries(&DeliveryFilter::default()).unwrap();
    for delivery in &deliveries {
        say(&reader.attempts(&delivery.outgoing.id).unwrap());
    }
    say(&deliveries);
    say(&reader.outbox_counts().unwrap());
    text
}

#[test]
fn a_new_database_is_readable_by_its_owner_alone() {
    let mut bench = Bench::new();
    bench.record(&full_record());
    for name in ["coverd.db", "coverd.db-wal"] {
        let mode = fs::metadata(bench.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640, "{name}");
    }
}

#[test]
fn what_was_recorded_is_still_there_after_a_restart() {
    let mut bench = Bench::new();
    bench.record(&full_record());
    let before = dump(bench.store.read());
    let Bench { folder, store, .. } = bench;
    drop(store);
    let path = folder.path().join("coverd.db");
    assert_eq!(dump(&Reader::open(&path).unwrap()), before);
    assert_eq!(dump(Store::open(&path).unwrap().read()), before);
}

#[test]
fn recording_twice_changes_nothing() {
    let mut bench = Bench::new();
    bench.record(&full_record());
    let once = dump(bench.store.read());
    bench.record(&full_record());
    assert_eq!(dump(bench.store.read()), once);
}

#[test]
fn a_record_that_fails_at_its_end_leaves_nothing_behind() {
    let mut bench = Bench::new();
    let empty = dump(bench.store.read());
    let mut record = full_record();
    record.deliveries[1].alert = Some("no such alert".to_owned());
    let error = bench.store.record_check(&record).unwrap_err();
    assert!(matches!(error, StoreError::Invalid { .. }), "{error}");
    assert_eq!(dump(bench.store.read()), empty);
    // The store is whole: the repaired record goes in.
    bench.record(&full_record());
}

#[test]
fn a_reading_needs_a_captured_document() {
    let mut bench = Bench::new();
    let mut record = read(b"release", 1, vec![]);
    record.captures.clear();
    let error = bench.store.record_check(&record).unwrap_err();
    assert!(error.to_string().contains("no capture"), "{error}");
}

#[test]
fn the_same_key_with_another_content_is_refused() {
    let mut bench = Bench::new();
    bench.record(&full_record());
    let stored = dump(bench.store.read());
    let mut changed: Vec<CheckRecord> = (0..4).map(|_| full_record()).collect();
    changed[0].changes[1].judged.severity = Severity::Coding;
    changed[1].deliveries[0].recipient = "someone@else.example".to_owned();
    changed[2].alerts[1].body = AlertBody::Operator(OperatorNotice {
        problem: problem("RVU20C"),
        since: at(0),
        recovered: false,
    });
    let reading = changed[3].readings.first_mut().unwrap();
    Arc::make_mut(&mut reading.origin).edition.name = "RVU20AR".to_owned();
    for (number, record) in changed.iter_mut().enumerate() {
        if number == 0 {
            // Its alert would not find its change any more: another error.
            record.alerts.clear();
            record.deliveries.clear();
        }
        let error = bench.store.record_check(record).unwrap_err();
        assert!(
            matches!(error, StoreError::Conflict { .. }),
            "{number}: {error}"
        );
    }
    assert_eq!(dump(bench.store.read()), stored);
}

#[test]
fn facts_come_back_as_they_were_stated_and_share_their_origin() {
    let mut bench = Bench::new();
    let statements = vec![statement("20560", "A"), statement("20561", "A")];
    bench.record(&read(b"release", 1, statements.clone()));
    let topics = [service("20560"), service("20561"), service("97110")];
    let facts = bench.store.read().facts(&topics).unwrap();
    let said: Vec<_> = facts.iter().map(|fact| fact.statement.clone()).collect();
    assert_eq!(said, statements);
    let [first, second] = &facts[..] else {
        panic!("two facts")
    };
    assert_eq!(*first.origin, *origin(hash_of(b"release")));
    assert!(Arc::ptr_eq(&first.origin, &second.origin));
    assert!(Arc::ptr_eq(
        &first.statement.values,
        &second.statement.values
    ));
}

#[test]
fn reading_again_for_a_new_watch_adds_only_new_topics() {
    let mut bench = Bench::new();
    bench.record(&read(b"release", 1, vec![statement("20560", "A")]));
    let mut again = read(
        b"release",
        1,
        vec![statement("20560", "N"), statement("20561", "A")],
    );
    again.at = at(5);
    again.readings.first_mut().unwrap().watch = "watch-2".to_owned();
    bench.record(&again);
    assert_eq!(bench.facts("20560")[0].statement, statement("20560", "A"));
    assert_eq!(bench.facts("20560").len(), 1);
    assert_eq!(bench.facts("20561").len(), 1);
    let readings = bench.store.read().readings("pfs").unwrap();
    assert_eq!(readings.len(), 1);
    assert_eq!(readings[0].watches, ["watch-1", "watch-2"]);
    assert_eq!(readings[0].read_at, at(1));
    let unit = bench.store.read().unit_state("pfs", "RVU20B").unwrap();
    assert_eq!(unit.unwrap().last_read_at, Some(at(5)));
}

#[test]
fn a_topic_may_be_stated_in_several_statements_of_one_reading() {
    let mut bench = Bench::new();
    let mut second = statement("20560", "A");
    second.locator = "ANES2020.csv row 3".to_owned();
    let record = read(b"release", 1, vec![statement("20560", "A"), second]);
    bench.record(&record);
    bench.record(&record);
    assert_eq!(bench.facts("20560").len(), 2);
}

#[test]
fn a_higher_extractor_replaces_what_a_lower_one_read() {
    let mut bench = Bench::new();
    let hash = hash_of(b"release");
    bench.record(&read(
        b"release",
        1,
        vec![statement("20560", "N"), statement("97110", "A")],
    ));
    bench.record(&read(b"release", 2, vec![statement("20560", "A")]));
    assert_eq!(bench.facts("20560").len(), 1);
    assert_eq!(bench.facts("20560")[0].statement.values, status("A"));
    assert!(bench.facts("97110").is_empty());
    assert_eq!(
        bench.store.read().topics("pfs").unwrap(),
        [service("20560")]
    );
    // An older program that is installed again changes nothing that counts.
    let newest = dump(bench.store.read());
    bench.record(&read(b"release", 1, vec![statement("20560", "N")]));
    assert_eq!(dump(bench.store.read()), newest);
    let current = bench
        .store
        .read()
        .reading_of(&hash, "pfs", "RVU20B")
        .unwrap()
        .unwrap();
    assert_eq!(current.extractor, 2);
    assert_eq!(
        bench
            .store
            .read()
            .reading_of(&hash, "pfs", "RVU20C")
            .unwrap(),
        None
    );
}

#[test]
fn a_topic_met_later_can_be_absent_from_an_older_full_reading() {
    let mut bench = Bench::new();
    let mut record = read(b"release", 1, vec![statement("20560", "A")]);
    record.readings.first_mut().unwrap().unlisted = Some(unlisted());
    bench.record(&record);
    let full = bench.store.read().full_readings("pfs").unwrap();
    assert_eq!(full.len(), 1);
    assert_eq!(full[0].unlisted, unlisted());
    assert_eq!(*full[0].origin, *origin(hash_of(b"release")));

    let absence = |topic: Topic| AbsenceRecord {
        reading: full[0].id,
        statement: Statement {
            topic,
            from: unlisted().from,
            values: unlisted().values,
            locator: unlisted().locator,
            quote: String::new(),
        },
    };
    let mut later = CheckRecord::new("pfs", at(9));
    // The second is named in the list: the absence is not believed.
    later.absences = vec![absence(service("20561")), absence(service("20560"))];
    bench.record(&later);
    bench.record(&later);
    let facts = bench.facts("20561");
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].statement.values, unlisted().values);
    assert_eq!(facts[0].origin, full[0].origin);
    assert_eq!(bench.facts("20560").len(), 1);

    let policy = Topic::national(Subject::Policy("NCD 30.3.3".to_owned()));
    let mut wrong = CheckRecord::new("pfs", at(9));
    wrong.absences = vec![absence(policy)];
    assert!(bench.store.record_check(&wrong).is_err());
}

#[test]
fn an_absence_needs_a_reading_of_a_full_list() {
    let mut bench = Bench::new();
    bench.record(&read(b"release", 1, vec![statement("20560", "A")]));
    let reading = bench.store.read().readings("pfs").unwrap()[0].id;
    let mut record = CheckRecord::new("pfs", at(2));
    record.absences = vec![AbsenceRecord {
        reading,
        statement: statement("20561", "A"),
    }];
    assert!(bench.store.record_check(&record).is_err());
}

#[test]
fn the_last_good_answer_decides_what_the_next_request_sends() {
    let mut bench = Bench::new();
    let url = "https://www.cms.gov/list";
    let hash = hash_of(b"list");
    let mut record = CheckRecord::new("pfs", at(3));
    let mut first = capture(url, 1, Some(hash));
    first.tag = Some("t1".to_owned());
    first.validators = Some(Validators {
        etag: Some("W/\"1\"".to_owned()),
        last_modified: Some("Tue, 01 Sep 2026 10:00:00 GMT".to_owned()),
    });
    let validators = first.validators.clone();
    let mut failed = capture(url, 2, None);
    failed.capture.status = 503;
    record.captures = vec![first, failed];
    bench.record(&record);
    let reader = bench.store.read();
    assert_eq!(reader.validators(url).unwrap(), validators);
    let known = reader.latest_capture(url).unwrap().unwrap();
    assert_eq!((known.at, known.status, known.document), (at(1), 200, hash));
    assert_eq!(known.tag.as_deref(), Some("t1"));
    assert_eq!(known.final_url, format!("{url}?final"));
    assert_eq!(
        reader.latest_capture("https://www.cms.gov/other").unwrap(),
        None
    );

    // An unreadable answer keeps no validators: the next request asks for all of it.
    let mut unreadable = CheckRecord::new("pfs", at(5));
    unreadable.captures = vec![capture(url, 4, Some(hash_of(b"odd")))];
    bench.record(&unreadable);
    assert_eq!(bench.store.read().validators(url).unwrap(), None);

    let mut confirmed = capture(url, 6, Some(hash));
    confirmed.capture.status = 304;
    let mut record = CheckRecord::new("pfs", at(6));
    record.captures = vec![confirmed];
    bench.record(&record);
    let reader = bench.store.read();
    let known = reader.latest_capture(url).unwrap().unwrap();
    assert_eq!((known.at, known.status, known.document), (at(6), 304, hash));
    assert_eq!(reader.first_capture(&hash).unwrap(), Some(at(1)));
    assert_eq!(reader.first_capture(&hash_of(b"unseen")).unwrap(), None);
    let captures = reader.captures_of(&hash).unwrap();
    assert_eq!(captures[0], capture(url, 1, Some(hash)).capture);
    assert_eq!(captures.len(), 2);
}

#[test]
fn two_answers_at_the_same_instant_are_both_kept() {
    let mut bench = Bench::new();
    let url = "https://www.cms.gov/list";
    let hash = hash_of(b"list");
    let mut confirmed = capture(url, 1, Some(hash));
    confirmed.capture.status = 304;
    let mut record = CheckRecord::new("pfs", at(1));
    record.captures = vec![capture(url, 1, Some(hash)), confirmed];
    bench.record(&record);
    let reader = bench.store.read();
    assert_eq!(reader.captures_of(&hash).unwrap().len(), 2);
    assert_eq!(reader.latest_capture(url).unwrap().unwrap().status, 304);
}

#[test]
fn the_first_complete_discovery_is_the_baseline() {
    let mut bench = Bench::new();
    let mut check = |minute: i64, good: bool, listed: Option<&[&str]>| {
        let mut record = CheckRecord::new("pfs", at(minute));
        record.source_state = Some(SourceRecord {
            good,
            next_due: at(minute + 1440),
            listed: listed.map(|units| units.iter().map(|&unit| unit.to_owned()).collect()),
        });
        bench.record(&record);
        bench.record(&record);
        bench.store.read().source_state("pfs").unwrap().unwrap()
    };
    let failed = check(1, false, None);
    assert_eq!((failed.last_good, failed.first_listed), (None, None));
    // A list without a unit is no discovery.
    assert_eq!(check(2, true, Some(&[])).first_listed, None);
    let first = check(3, true, Some(&["RVU20A", "RVU20B"]));
    assert_eq!(first.first_listed, Some(at(3)));
    let later = check(4, true, Some(&["RVU20B", "RVU20C"]));
    assert_eq!(later.first_listed, Some(at(3)));
    assert_eq!(later.listed, ["RVU20B", "RVU20C"]);
    let blind = check(5, false, None);
    assert_eq!(blind.last_checked, at(5));
    assert_eq!(blind.last_good, Some(at(4)));
    assert_eq!(blind.next_due, at(1445));
    assert_eq!(blind.listed, later.listed);

    let reader = bench.store.read();
    let baseline = |unit| {
        reader
            .unit_state("pfs", unit)
            .unwrap()
            .map(|state| state.baseline)
    };
    assert_eq!(baseline("RVU20A"), Some(true));
    assert_eq!(baseline("RVU20B"), Some(true));
    assert_eq!(baseline("RVU20C"), Some(false));
    assert_eq!(baseline("RVU20D"), None);
    assert_eq!(reader.source_state("ncd").unwrap(), None);
}

#[test]
fn the_last_document_of_a_unit_is_the_one_captured_last() {
    let mut bench = Bench::new();
    for (bytes, minute) in [(&b"second"[..], 20), (b"first", 10)] {
        let mut record = read(bytes, 1, vec![]);
        let reading = record.readings.first_mut().unwrap();
        Arc::make_mut(&mut reading.origin).learned = at(minute);
        record.at = at(30 + minute);
        bench.record(&record);
    }
    let unit = bench
        .store
        .read()
        .unit_state("pfs", "RVU20B")
        .unwrap()
        .unwrap();
    assert_eq!(unit.last_document, Some(hash_of(b"second")));
    assert_eq!(unit.last_read_at, Some(at(50)));
}

#[test]
fn problems_begin_last_and_end() {
    let mut bench = Bench::new();
    let mut record = |open: Vec<OpenProblem>, closed: Vec<OpenProblem>, minute| {
        let mut record = CheckRecord::new("pfs", at(minute));
        record.problems = ProblemRecord { open, closed };
        bench.record(&record);
        bench.record(&record);
        bench.store.read().open_problems("pfs").unwrap()
    };
    let first = vec![open_problem("RVU20B", 1, 1)];
    assert_eq!(record(first.clone(), vec![], 1), first);
    let mut lasting = open_problem("RVU20B", 1, 2);
    lasting.problem.text = "row 13 has 30 cells".to_owned();
    let open = record(vec![lasting.clone()], vec![], 2);
    assert_eq!(open, std::slice::from_ref(&lasting));
    assert!(record(vec![], vec![lasting.clone()], 3).is_empty());
    // An old record that is repeated does not open it again.
    assert!(record(vec![lasting.clone()], vec![], 3).is_empty());
    let anew = open_problem("RVU20B", 4, 1);
    let open = record(vec![anew.clone()], vec![], 4);
    assert_eq!(open, std::slice::from_ref(&anew));
    assert_eq!(bench.store.read().open_problems("ncd").unwrap(), []);
    assert_eq!(bench.store.read().all_open_problems().unwrap(), [anew]);
}

#[test]
fn changes_are_listed_newest_first_and_found_by_what_people_ask() {
    let mut bench = Bench::new();
    let hash = hash_of(b"release");
    bench.record(&full_record());
    let mut later = CheckRecord::new("pfs", at(60));
    let mut payment = judged(hash, "20560", "A", "A");
    payment.severity = Severity::Payment;
    payment.change.days.until = Some(day("2020-07-01"));
    payment.change.was = None;
    payment.change.before = None;
    let mut modified = judged(hash, "20560-26", "A", "N");
    modified.severity = Severity::Administrative;
    for (id, judged) in [("change-3", &payment), ("another", &modified)] {
        later.changes.push(ChangeRecord {
            id: id.to_owned(),
            judged: judged.clone(),
            alert: None,
        });
    }
    bench.record(&later);

    let reader = bench.store.read();
    let ids = |filter: ChangeFilter| {
        let found = reader.changes(&filter).unwrap();
        let ids: Vec<_> = found.into_iter().map(|change| change.id).collect();
        ids.join(" ")
    };
    let all = ChangeFilter::default;
    assert_eq!(ids(all()), "change-3 another change-1 change-2");
    assert_eq!(
        ids(ChangeFilter {
            since: Some(at(2)),
            ..all()
        }),
        "change-3 another"
    );
    assert_eq!(
        ids(ChangeFilter {
            code: Some("20560".parse().unwrap()),
            ..all()
        }),
        "change-3 another change-1"
    );
    assert_eq!(
        ids(ChangeFilter {
            subject: Some(service("20560").subject),
            ..all()
        }),
        "change-3 change-1"
    );
    assert_eq!(
        ids(ChangeFilter {
            least: Some(Severity::Payment),
            limit: Some(2),
            ..all()
        }),
        "change-3 change-1"
    );
    assert_eq!(
        ids(ChangeFilter {
            alert: Some("alert-1".to_owned()),
            ..all()
        }),
        "change-1"
    );

    let found = reader.change("change-3").unwrap().unwrap();
    assert_eq!(found.judged, payment);
    assert_eq!((found.recorded, found.alert), (at(60), None));
    assert_eq!(reader.change("an").unwrap().unwrap().judged, modified);
    assert!(matches!(
        reader.change("change"),
        Err(StoreError::Ambiguous { .. })
    ));
    assert_eq!(reader.change("change-9").unwrap(), None);
}

#[test]
fn a_whole_id_is_no_ambiguous_beginning_of_another() {
    let mut bench = Bench::new();
    let mut record = full_record();
    record.changes[1].id = "change-10".to_owned();
    bench.record(&record);
    let found = bench.store.read().change("change-1").unwrap().unwrap();
    assert_eq!(found.id, "change-1");
}

#[test]
fn history_that_is_told_after_all_names_its_alert() {
    let mut bench = Bench::new();
    let full = full_record();
    let mut history = full.clone();
    history.alerts.clear();
    history.deliveries.clear();
    history.changes[0].alert = None;
    bench.record(&history);
    bench.record(&full);
    let stored = bench.store.read().change("change-1").unwrap().unwrap();
    assert_eq!(stored.alert.as_deref(), Some("alert-1"));
    // And it stays told.
    bench.record(&history);
    let stored = bench.store.read().change("change-1").unwrap().unwrap();
    assert_eq!(stored.alert.as_deref(), Some("alert-1"));
}

#[test]
fn alerts_come_back_as_they_were_raised() {
    let mut bench = Bench::new();
    let record = full_record();
    bench.record(&record);
    let reader = bench.store.read();
    assert_eq!(
        reader.alerts(&AlertFilter::default()).unwrap(),
        record.alerts
    );
    assert_eq!(
        reader.alert("alert-2").unwrap().as_ref(),
        record.alerts.get(1)
    );
    assert!(matches!(
        reader.alert("alert"),
        Err(StoreError::Ambiguous { .. })
    ));
    let none = AlertFilter {
        since: Some(at(3)),
        limit: Some(5),
    };
    assert_eq!(reader.alerts(&none).unwrap(), []);
}

#[test]
fn an_alert_cannot_tell_a_change_that_is_not_recorded() {
    let mut bench = Bench::new();
    let mut record = full_record();
    record.changes.pop();
    assert!(matches!(
        bench.store.record_check(&record),
        Err(StoreError::Invalid { .. })
    ));
}

fn attempt(delivery: &str, minute: i64, outcome: Outcome, next: Option<i64>) -> Attempt {
    Attempt {
        delivery: delivery.to_owned(),
        at: at(minute),
        outcome,
        next: next.map(at),
    }
}

#[test]
fn a_message_lives_from_the_outbox_to_its_delivery() {
    let mut bench = Bench::new();
    bench.record(&full_record());
    let ids = |bench: &Bench, minute| {
        let due = bench.store.read().pending(at(minute), 10).unwrap();
        let ids: Vec<_> = due.into_iter().map(|due| due.outgoing.id).collect();
        ids.join(" ")
    };
    let next = |bench: &Bench| bench.store.read().next_attempt_at().unwrap();
    assert_eq!(next(&bench), Some(at(2)));
    assert_eq!(ids(&bench, 1), "");
    assert_eq!(ids(&bench, 2), "delivery-1");
    assert_eq!(ids(&bench, 3), "delivery-1 delivery-2");
    let due = bench.store.read().pending(at(3), 1).unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].outgoing, outgoing("delivery-1", 2));
    assert_eq!((due[0].attempts, due[0].first_attempt), (0, None));

    let deferred = attempt(
        "delivery-1",
        4,
        Outcome::Deferred("busy".to_owned()),
        Some(9),
    );
    bench.store.record_attempt(&deferred).unwrap();
    bench.store.record_attempt(&deferred).unwrap();
    assert_eq!(ids(&bench, 8), "delivery-2");
    let due = bench.store.read().pending(at(9), 10).unwrap();
    assert_eq!((due[0].attempts, due[0].first_attempt), (1, Some(at(4))));

    let refused = attempt("delivery-2", 5, Outcome::Refused("no".to_owned()), None);
    bench.store.record_attempt(&refused).unwrap();
    let accepted = attempt(
        "delivery-1",
        9,
        Outcome::Accepted("250 ok".to_owned()),
        None,
    );
    bench.store.record_attempt(&accepted).unwrap();
    assert_eq!(next(&bench), None);
    let reader = bench.store.read();
    assert_eq!(
        reader.attempts("delivery-1").unwrap(),
        [deferred.clone(), accepted]
    );
    let counts = reader.outbox_counts().unwrap();
    assert_eq!((counts.pending, counts.delivered, counts.dead), (0, 1, 1));
    let dead = DeliveryFilter {
        state: Some(DeliveryState::Dead),
        alert: Some("alert-1".to_owned()),
        limit: Some(9),
        ..DeliveryFilter::default()
    };
    let dead = reader.deliveries(&dead).unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].attempts, dead[0].next), (1, None));

    // Recording the check again resurrects nothing; what was delivered stays delivered.
    bench.record(&full_record());
    let late = attempt(
        "delivery-1",
        12,
        Outcome::Deferred("?".to_owned()),
        Some(20),
    );
    bench.store.record_attempt(&late).unwrap();
    assert_eq!(next(&bench), None);

    let contradiction = attempt("delivery-1", 4, Outcome::Accepted("250".to_owned()), None);
    assert!(matches!(
        bench.store.record_attempt(&contradiction),
        Err(StoreError::Conflict { .. })
    ));
    let unknown = attempt("nobody", 4, Outcome::Accepted("250".to_owned()), None);
    assert!(bench.store.record_attempt(&unknown).is_err());
}

/// Killed before it, between it and the sending, after it: the step is repeated and adds nothing, and a
/// message that went out meanwhile is not told twice.
#[test]
fn a_digest_takes_the_place_of_what_waits_once_or_not_at_all() {
    let mut bench = Bench::new();
    let mut record = full_record();
    record.deliveries[0].gathers = true;
    bench.record(&record);
    let state = |bench: &Bench, id: &str| bench.store.read().delivery(id).unwrap().unwrap().state;
    let letter = |id: &str, tells: &[&str]| Letter {
        outgoing: Outgoing {
            purpose: Purpose::Digest,
            alert: None,
            ..outgoing(id, 9)
        },
        tells: tells.iter().map(|&id| id.to_owned()).collect(),
    };
    // One that was handed to its channel may have been accepted: it goes by itself from then on.
    let gathered = |bench: &Bench| bench.store.read().gathering(at(20)).unwrap().len();
    let before = gathered(&bench);
    bench.store.goes_by_itself("delivery-1").unwrap();
    assert_eq!((before, gathered(&bench)), (1, 0));

    let sent = attempt("delivery-2", 5, Outcome::Accepted("ok".to_owned()), None);
    bench.store.record_attempt(&sent).unwrap();
    // One of them is sent already: nothing of the digest is there.
    let late = letter("late", &["delivery-1", "delivery-2"]);
    assert!(bench.store.record_letter(&late).is_err());
    assert_eq!(bench.store.read().delivery("late").unwrap(), None);
    assert_eq!(state(&bench, "delivery-1"), DeliveryState::Pending);

    let digest = letter("digest", &["delivery-1"]);
    bench.store.record_letter(&digest).unwrap();
    bench.store.record_letter(&digest).unwrap();
    assert_eq!(state(&bench, "delivery-1"), DeliveryState::Gathered);
    assert_eq!(state(&bench, "digest"), DeliveryState::Pending);
    let due = bench.store.read().pending(at(20), 10).unwrap();
    let due: Vec<_> = due.iter().map(|due| due.outgoing.id.as_str()).collect();
    assert_eq!(due, ["digest"]);
    // An attempt whose end was heard of too late changes nothing of a gathered one.
    let deferred = attempt(
        "delivery-1",
        6,
        Outcome::Deferred("busy".to_owned()),
        Some(8),
    );
    bench.store.record_attempt(&deferred).unwrap();
    assert_eq!(state(&bench, "delivery-1"), DeliveryState::Gathered);
}

/// Else a message that was given up by a clock that was ahead would be tried every minute until that time.
#[test]
fn attempts_after_the_clock_was_set_back_are_counted() {
    let mut bench = Bench::new();
    bench.record(&full_record());
    let busy = || Outcome::Deferred("busy".to_owned());
    let ahead = attempt("delivery-1", 50, busy(), None);
    bench.store.record_attempt(&ahead).unwrap();
    bench.store.revive("delivery-1", at(5)).unwrap();
    for (number, minute) in [(1, 5), (2, 6)] {
        let deferred = attempt("delivery-1", minute, busy(), Some(minute + 1));
        bench.store.record_attempt(&deferred).unwrap();
        let due = bench.store.read().pending(at(minute + 1), 10).unwrap();
        let mine = due.iter().find(|due| due.outgoing.id == "delivery-1");
        assert_eq!(mine.map(|due| due.attempts), Some(number));
        let waiting = bench.store.read().waiting(at(minute)).unwrap();
        let mine = waiting.iter().find(|row| row.id == "delivery-1").unwrap();
        assert_eq!((mine.attempts, mine.is_tried), (number, true));
        assert_eq!(mine.next, at(minute + 1));
    }
}

#[test]
fn a_message_that_was_given_up_begins_a_new_series_when_it_is_revived() {
    let mut bench = Bench::new();
    bench.record(&full_record());
    let deferred = attempt(
        "delivery-1",
        4,
        Outcome::Deferred("busy".to_owned()),
        Some(5),
    );
    let given_up = attempt("delivery-1", 5, Outcome::Deferred("busy".to_owned()), None);
    bench.store.record_attempt(&deferred).unwrap();
    assert!(bench.store.revive("delivery-1", at(5)).is_err(), "pending");
    bench.store.record_attempt(&given_up).unwrap();
    bench.store.revive("delivery-1", at(7)).unwrap();
    assert!(bench.store.revive("delivery-1", at(7)).is_err(), "pending");
    assert!(bench.store.revive("nobody", at(7)).is_err());

    let mine = |bench: &Bench, minute| {
        let due = bench.store.read().pending(at(minute), 10).unwrap();
        due.into_iter().find(|due| due.outgoing.id == "delivery-1")
    };
    assert_eq!(mine(&bench, 6), None);
    let due = mine(&bench, 7).unwrap();
    assert_eq!((due.attempts, due.first_attempt), (0, Some(at(4))));
    let revived = Outgoing {
        not_before: at(7),
        ..outgoing("delivery-1", 2)
    };
    assert_eq!(due.outgoing, revived);

    // Told again how it ended before, it stays pending; the new series counts from its beginning.
    bench.store.record_attempt(&given_up).unwrap();
    let again = attempt(
        "delivery-1",
        8,
        Outcome::Deferred("busy".to_owned()),
        Some(9),
    );
    bench.store.record_attempt(&again).unwrap();
    assert_eq!(mine(&bench, 9).map(|due| due.attempts), Some(1));
    let reader = bench.store.read();
    let found = reader.delivery("delivery-1").unwrap().unwrap();
    assert_eq!((found.state, found.attempts), (DeliveryState::Pending, 3));
    assert!(matches!(
        reader.delivery("delivery-"),
        Err(StoreError::Ambiguous { .. })
    ));
    assert_eq!(reader.delivery("x").unwrap(), None);
}

/// Ends the other threads of a test even when it fails.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn readers_see_whole_records_while_the_writer_works() {
    let mut bench = Bench::new();
    bench.record(&read(b"0", 1, vec![statement("20560", "A")]));
    let path = bench.path("coverd.db");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let reader = Reader::open(&path).unwrap();
                    let mut most = 0;
                    while !done.load(Ordering::Relaxed) {
                        let pair = reader.facts(&[service("20560"), service("20561")]).unwrap();
                        // Each record after the first states both codes.
                        assert_eq!(pair.len() % 2, 1, "half a record is visible");
                        assert!(pair.len() >= most, "what was visible is gone");
                        most = pair.len();
                    }
                    reader.facts(&[service("20561")]).unwrap().len()
                })
            })
            .collect();
        let stop = StopAtEnd(&done);
        for number in 1..=20 {
            let statements = vec![statement("20560", "A"), statement("20561", "A")];
            bench.record(&read(format!("{number}").as_bytes(), 1, statements));
        }
        drop(stop);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), 20);
        }
    });
}

#[tokio::test]
async fn the_writer_thread_outlives_a_panic_and_finishes_its_work() {
    let bench = Bench::new();
    let path = bench.path("coverd.db");
    let handle = StoreHandle::start(bench.store).unwrap();
    let panicked = handle
        .run(|store| {
            store.record_check(&read(b"release", 1, vec![]))?;
            assert!(store.read().readings("pfs")?.is_empty(), "a defect");
            Ok(())
        })
        .await;
    let Err(StoreError::Panicked { message }) = panicked else {
        panic!("{panicked:?}")
    };
    assert_eq!(message, "a defect");
    let error = handle
        .run(|store| {
            let mut record = full_record();
            record.deliveries[0].alert = Some("nobody".to_owned());
            store.record_check(&record)
        })
        .await;
    assert!(matches!(error, Err(StoreError::Invalid { .. })));
    // Nobody waits for this work; dropping the last handle does.
    let unattended = handle.run(|store| store.record_check(&full_record()));
    let _ = futures_util::FutureExt::now_or_never(unattended);
    drop(handle);
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.facts(&[service("20561")]).unwrap().len(), 1);
}

fn findings(bench: &Bench) -> Vec<String> {
    let report = bench.store.read().check(&bench.blobs).unwrap();
    assert!(report.findings.iter().all(|found| !found.remedy.is_empty()));
    report
        .findings
        .into_iter()
        .map(|found| found.what)
        .collect()
}

#[test]
fn a_check_finds_what_happened_to_the_documents() {
    let mut bench = Bench::new();
    let hash = bench.blobs.put(b"release").unwrap();
    bench.record(&full_record());
    assert_eq!(findings(&bench), Vec::<String>::new());

    let file = bench.blobs.path(&hash);
    let good = fs::read(&file).unwrap();
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    fs::write(&file, &flipped).unwrap();
    let found = findings(&bench);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("damaged") && found[0].contains(&hash.to_string()));

    fs::remove_file(&file).unwrap();
    let found = findings(&bench);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("missing") && found[0].contains(&hash.to_string()));

    fs::write(&file, &good).unwrap();
    assert_eq!(findings(&bench), Vec::<String>::new());
}

#[test]
fn a_check_finds_a_length_that_is_not_that_of_the_bytes() {
    let mut bench = Bench::new();
    bench.blobs.put(b"release").unwrap();
    let mut record = full_record();
    record.captures[0].length = Some(8);
    bench.record(&record);
    let found = findings(&bench);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("7 bytes"), "{found:?}");
}

#[test]
fn a_damaged_database_file_does_not_pass_the_check() {
    let mut bench = Bench::new();
    bench.blobs.put(b"release").unwrap();
    let mut record = full_record();
    let statements = (10_000..12_000).map(|code| statement(&code.to_string(), "A"));
    record.readings.first_mut().unwrap().statements = statements.collect();
    bench.record(&record);
    let path = bench.path("coverd.db");
    let Bench {
        folder: _folder,
        store,
        blobs,
    } = bench;
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0xff);
    fs::write(&path, &bytes).unwrap();
    let reader = Reader::open(&path).unwrap();
    match reader.check(&blobs) {
        Ok(report) => assert_ne!(report.findings, []),
        Err(error) => assert!(matches!(error, StoreError::Corrupt { .. }), "{error}"),
    }
}

#[test]
fn a_backup_taken_while_the_daemon_writes_can_be_restored() {
    let mut bench = Bench::new();
    bench.blobs.put(b"release").unwrap();
    bench.record(&full_record());
    let backup = bench.path("backup.coverd");
    let path = bench.path("coverd.db");
    let started = AtomicBool::new(false);
    let done = AtomicBool::new(false);
    let Bench {
        folder,
        mut store,
        blobs,
    } = bench;
    let report = thread::scope(|scope| {
        let stop = StopAtEnd(&done);
        let writer = scope.spawn(|| {
            let mut number = 0;
            while !done.load(Ordering::Relaxed) {
                number += 1;
                let bytes = format!("{number}");
                blobs.put(bytes.as_bytes()).unwrap();
                let statements = vec![statement("20560", "A")];
                store
                    .record_check(&read(bytes.as_bytes(), 1, statements))
                    .unwrap();
                started.store(true, Ordering::Relaxed);
            }
            number
        });
        while !started.load(Ordering::Relaxed) && !writer.is_finished() {
            thread::yield_now();
        }
        let reader = Reader::open(&path).unwrap();
        let report = reader.backup(&blobs, &backup).unwrap();
        // Over an older one, too.
        let second = reader.backup(&blobs, &backup).unwrap();
        drop(stop);
        assert!(second.documents >= report.documents);
        assert!(writer.join().unwrap() + 1 >= second.documents);
        second
    });
    assert!(report.documents >= 2 && report.unreadable.is_empty());
    let mode = fs::metadata(&backup).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let new = folder.path().join("restored.db");
    let new_blobs = Blobs::open(&folder.path().join("restored-blobs")).unwrap();
    let restored = restore(&backup, &new, &new_blobs).unwrap();
    assert_eq!(restored.documents, report.documents);
    let restored = Store::open(&new).unwrap();
    let checked = restored.read().check(&new_blobs).unwrap();
    assert_eq!(checked.findings, []);
    assert_eq!(checked.documents, report.documents);
    let facts = |reader: &Reader| reader.facts(&[service("20560")]).unwrap();
    let (kept, all) = (facts(restored.read()), facts(store.read()));
    assert_eq!(kept[..], all[..kept.len()]);
    let leftovers: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("part") || name.contains("journal"))
        .collect();
    assert_eq!(leftovers, Vec::<String>::new());
}

#[test]
fn a_restored_database_answers_as_the_old_one_did() {
    let mut bench = Bench::new();
    bench.blobs.put(b"release").unwrap();
    bench.record(&full_record());
    let backup = bench.path("backup.coverd");
    bench.store.read().backup(&bench.blobs, &backup).unwrap();
    let new = bench.path("restored.db");
    let blobs = Blobs::open(&bench.path("restored-blobs")).unwrap();
    restore(&backup, &new, &blobs).unwrap();
    let restored = Store::open(&new).unwrap();
    assert_eq!(dump(restored.read()), dump(bench.store.read()));
}

#[test]
fn a_restore_overwrites_nothing_and_believes_nothing() {
    let mut bench = Bench::new();
    let hash = bench.blobs.put(b"release").unwrap();
    bench.record(&full_record());
    let backup = bench.path("backup.coverd");
    bench.store.read().backup(&bench.blobs, &backup).unwrap();

    let blobs = Blobs::open(&bench.path("restored-blobs")).unwrap();
    let before = dump(bench.store.read());
    assert!(matches!(
        restore(&backup, &bench.path("coverd.db"), &blobs),
        Err(StoreError::Exists { .. })
    ));
    let stale = bench.path("new.db-wal");
    fs::write(&stale, "left behind").unwrap();
    assert!(matches!(
        restore(&backup, &bench.path("new.db"), &blobs),
        Err(StoreError::Exists { .. })
    ));
    assert!(!blobs.contains(&hash));
    assert_eq!(dump(bench.store.read()), before);
    assert!(matches!(
        restore(&bench.path("coverd.db"), &bench.path("x.db"), &blobs),
        Err(StoreError::NoBackup { .. })
    ));
    // What a backup leaves that was killed: not marked yet, or with a journal to be undone.
    let killed = bench.path("backup.coverd.1.part");
    fs::copy(&backup, &killed).unwrap();
    fs::write(bench.path("backup.coverd.1.part-journal"), [0_u8; 512]).unwrap();
    assert!(matches!(
        restore(&killed, &bench.path("x.db"), &blobs),
        Err(StoreError::NoBackup { .. })
    ));
    let other = bench.path("other.db");
    let mut of_another = fs::read(&backup).unwrap();
    // Where SQLite keeps the mark of the program.
    of_another[68..72].fill(7);
    fs::write(&other, of_another).unwrap();
    assert!(matches!(
        restore(&other, &bench.path("x.db"), &blobs),
        Err(StoreError::Foreign { .. })
    ));
    let broken = bench.path("broken.coverd");
    let whole = fs::read(&backup).unwrap();
    for content in [b"root:x:0:0".as_slice(), &whole[..whole.len() / 2]] {
        fs::write(&broken, content).unwrap();
        assert!(matches!(
            restore(&broken, &bench.path("x.db"), &blobs),
            Err(StoreError::DamagedBackup { .. })
        ));
    }
    assert!(!bench.path("x.db").exists());
    // And a backup is not used in place.
    assert!(matches!(
        Store::open(&backup),
        Err(StoreError::IsBackup { .. })
    ));
    assert!(matches!(
        Reader::open(&backup),
        Err(StoreError::IsBackup { .. })
    ));
}

#[test]
fn a_backup_says_which_documents_it_lacks() {
    let mut bench = Bench::new();
    bench.record(&full_record());
    let backup = bench.path("backup.coverd");
    let report = bench.store.read().backup(&bench.blobs, &backup).unwrap();
    assert_eq!(report.documents, 0);
    assert_eq!(report.unreadable.len(), 1);
    assert!(report.unreadable[0].contains(&hash_of(b"release").to_string()));
}

fn observations() -> impl Strategy<Value = Observation> {
    prop_oneof![
        Just(Observation::Absent),
        any::<String>().prop_map(Observation::text),
        (any::<i64>(), 0_u32..=28).prop_map(|(number, scale)| Observation::Value(Value::Amount(
            Decimal::new(number, scale)
        ))),
    ]
}

fn topics() -> impl Strategy<Value = Topic> {
    let subject = prop_oneof![
        "[A-Z0-9][0-9]{3}[A-Z0-9](-[A-Z0-9]{2})?"
            .prop_map(|text| Subject::Service(text.parse().unwrap())),
        any::<String>().prop_map(Subject::Policy),
        any::<String>().prop_map(Subject::Schedule),
    ];
    let place = prop_oneof![
        Just(Place::National),
        "[0-9]{5}-[0-9]{2}".prop_map(|text| Place::Locality(text.parse().unwrap())),
        any::<String>().prop_map(Place::Contractor),
    ];
    let stage = prop_oneof![
        Just(Stage::InForce),
        any::<String>().prop_map(Stage::ProposedBy),
        any::<String>().prop_map(Stage::FinalBy),
    ];
    (subject, place, stage).prop_map(|(subject, place, stage)| Topic {
        subject,
        place,
        stage,
    })
}

fn statements() -> impl Strategy<Value = Statement> {
    let values = proptest::collection::btree_map(
        proptest::sample::select(Attribute::ALL),
        observations(),
        0..6,
    );
    let from = (0_u64..50_000).prop_map(|days| day("1966-07-01") + Days::new(days));
    (topics(), from, values, any::<String>(), any::<String>()).prop_map(
        |(topic, from, values, locator, quote)| Statement {
            topic,
            from,
            values: Arc::new(values),
            locator,
            quote,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_statement_reads_back(said in proptest::collection::vec(statements(), 1..12)) {
        let mut bench = Bench::new();
        bench.record(&read(b"release", 1, said.clone()));
        let reader = bench.store.read();
        let topics = reader.topics("pfs").unwrap();
        let facts = reader.facts(&topics).unwrap();
        let key = |said: &Statement| (said.topic.clone(), said.from, said.locator.clone());
        let mut read: Vec<_> = facts.into_iter().map(|fact| fact.statement).collect();
        let mut said = said;
        said.sort_by_key(key);
        read.sort_by_key(key);
        prop_assert_eq!(read, said);
    }
}
