//! Answers and histories, from the default store and from one a hundred times larger.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use coverd::ask::answered;
use coverd::engine::answer::{Setting, topics};
use coverd::engine::fold::fold;
use coverd::io::blobs::hash_of;
use coverd::io::store::{Reader, Store};
use coverd::model::answer::Question;
use coverd::model::attribute::Attribute;
use coverd::model::code::Service;
use coverd::model::document::Capture;
use coverd::model::fact::{Edition, Observation, Origin, Repost, Statement};
use coverd::model::record::{CaptureRecord, CheckRecord, ReadingRecord};
use coverd::model::topic::{Subject, Topic};
use coverd::model::watch::{Codes, NcdLink, Watch};
use coverd::sources::Source as _;
use coverd::sources::pfs::Pfs;

use crate::config;
use crate::measure::{Report, Runs, megabytes, milliseconds, size};
use crate::releases::{Material, documents, moment};

/// Releases of eight years.
const RELEASES: usize = 32;
/// Postings of every determination.
const POSTINGS: usize = 8;
const QUESTIONS: usize = 4_000;

pub(crate) fn run(material: &Material) {
    let mut report = Report::new(
        "Answers and histories",
        "Time on the wall of one question in process: facts, fold, answer (half of the questions `as published on` some day, every code governed by four \
         determinations); of a history facts and fold. 4000 questions about random codes and days on one open reader, 400 with a reader opened for each. \
         32 releases, 8 postings of each determination, recorded through `Store::record_check`; the larger store holds a hundred times as many codes and \
         determinations, the third every row of the fee schedule.",
        &[
            "store",
            "statements",
            "database",
            "answer p50",
            "p99",
            "new reader p50",
            "p99",
            "history p50",
            "p99",
            "`coverd answer` CPU",
            "wall",
        ],
    );
    let zip = material.posted().only("csv").zip();
    let (unit, documents) = documents("RVU25D", zip);
    let everything = Watch {
        codes: Codes::All,
        ..config::watch()
    };
    let reading = Pfs::default()
        .extract(&unit, &documents, &everything)
        .unwrap();
    let (services, factor): (Vec<Statement>, Vec<Statement>) = reading
        .statements
        .into_iter()
        .partition(|statement| matches!(statement.topic.subject, Subject::Service(_)));
    for (name, codes, policies) in [
        ("default", 8, 4),
        ("100 times", 800, 400),
        ("all codes", services.len(), 4),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        std::fs::create_dir(&store).unwrap();
        // Around the default codes, so that these are in every store.
        let first = services
            .iter()
            .position(|statement| statement.topic.to_string() == "20560");
        let first = first.unwrap_or(0).min(services.len() - codes);
        let rows = &services[first..first + codes];
        let recorded = record(&store.join("coverd.db"), rows, &factor, policies);
        let asked = Asked::of(rows);
        let database = store.join("coverd.db");
        let reader = Reader::open(&database).unwrap();
        let answers = asked.timed(QUESTIONS, |question| {
            drop(answered(&reader, question, &asked.watch).unwrap());
        });
        let cold = asked.timed(QUESTIONS / 10, |question| {
            let reader = Reader::open(&database).unwrap();
            drop(answered(&reader, question, &asked.watch).unwrap());
        });
        let histories = asked.timed(QUESTIONS, |question| {
            let links: Vec<NcdLink> = asked.watch.ncds.values().cloned().collect();
            let setting = Setting {
                links: &links,
                billed_with: &asked.watch.billed_with,
                localities: &asked.watch.localities,
                known: &reader.topics_about(question.service).unwrap(),
            };
            let facts = reader.facts(&topics(question, &setting)).unwrap();
            drop(fold(facts));
        });
        let config = config::write(folder.path(), "");
        let ask = || command(&config);
        report.row(&[
            name.to_owned(),
            recorded.to_string(),
            format!("{:.1} MB", megabytes(size(&store))),
            milliseconds(answers.median()),
            milliseconds(answers.at(99)),
            milliseconds(cold.median()),
            milliseconds(cold.at(99)),
            milliseconds(histories.median()),
            milliseconds(histories.at(99)),
            milliseconds(Runs::children(3, 20, ask).best()),
            milliseconds(Runs::wall(20, ask).median()),
        ]);
    }
    report.print();
}

/// The whole program, once.
fn command(config: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_coverd"))
        .arg("--config")
        .arg(config)
        .args(["answer", "20560", "--on", "2021-05-12"])
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

/// Who asks what.
struct Asked {
    services: Vec<Service>,
    watch: Watch,
}

impl Asked {
    fn of(rows: &[Statement]) -> Self {
        let services: Vec<Service> = rows
            .iter()
            .filter_map(|statement| match statement.topic.subject {
                Subject::Service(service) => Some(service),
                _ => None,
            })
            .collect();
        let mut watch = config::watch();
        for link in watch.ncds.values_mut() {
            link.codes = services.iter().map(|service| service.code).collect();
        }
        Self { services, watch }
    }

    fn timed(&self, questions: usize, mut ask: impl FnMut(&Question)) -> Runs {
        let mut random = fastrand::Rng::with_seed(20_560);
        let start = moment(0).date_naive();
        let mut day = || start + Days::new(random.u64(..8 * 365));
        let days: Vec<(NaiveDate, NaiveDate)> = (0..questions).map(|_| (day(), day())).collect();
        let time = |(number, (on, published)): (usize, (NaiveDate, NaiveDate))| -> Duration {
            let question = Question {
                service: self.services[random.usize(..self.services.len())],
                on,
                place: None,
                as_published_on: (number % 2 == 0).then_some(published),
                as_known_on: None,
            };
            let begin = Instant::now();
            ask(&question);
            begin.elapsed()
        };
        Runs::of(days.into_iter().enumerate().map(time).collect())
    }
}

/// Fills a store with the releases of eight years and the postings of determinations; returns how
/// many statements it holds.
fn record(database: &Path, rows: &[Statement], factor: &[Statement], policies: usize) -> usize {
    let mut store = Store::open(database).unwrap();
    let mut statements = 0;
    for release in 0..RELEASES {
        let year = 2019 + i64::try_from(release / 4).unwrap();
        let at = moment(release);
        let begins = at.date_naive() + Days::new(13);
        let mut said: Vec<Statement> = rows.iter().chain(factor).cloned().collect();
        for statement in &mut said {
            statement.from = begins;
            // What a row says moves every January.
            let mut values = BTreeMap::clone(&statement.values);
            if let Some(work) = values.get_mut(&Attribute::WorkRvu) {
                *work = Observation::amount(rust_decimal::Decimal::new(year, 2));
            }
            statement.values = Arc::new(values);
        }
        let name = format!("RVU{}{}", year % 100, ["A", "B", "C", "D"][release % 4]);
        statements += said.len();
        keep(&mut store, "pfs", &name, Repost::Replaces, release, said);
    }
    let sections: Vec<String> = config::watch()
        .ncds
        .into_values()
        .map(|link| link.section)
        .collect();
    for policy in 0..policies {
        let section = sections
            .get(policy)
            .cloned()
            .unwrap_or_else(|| format!("900.{policy}"));
        for posting in 0..POSTINGS {
            let text = format!(
                "Posting {posting}. {}",
                "A limit of some length holds. ".repeat(200)
            );
            let values = BTreeMap::from([
                (Attribute::Title, Observation::text("A determination")),
                (Attribute::EffectiveDate, Observation::text("01/21/2020")),
                (Attribute::Indications, Observation::text(text)),
                (
                    Attribute::Limits,
                    Observation::text("A limit of some length holds."),
                ),
            ]);
            let statement = Statement {
                topic: Topic::national(Subject::Policy(format!("NCD {section}"))),
                from: moment(0).date_naive(),
                values: Arc::new(values),
                locator: "field indications_limitations".to_owned(),
                quote: "A limit of some length holds.".to_owned(),
            };
            let name = format!("NCD {section}");
            keep(
                &mut store,
                "ncd",
                &name,
                Repost::Amends,
                2 * posting,
                vec![statement],
            );
            statements += 1;
        }
    }
    statements
}

fn keep(
    store: &mut Store,
    source: &str,
    name: &str,
    repost: Repost,
    release: usize,
    statements: Vec<Statement>,
) {
    let at = moment(release);
    let url = format!("https://www.cms.gov/files/{name}");
    let document = hash_of(format!("{name} {release}").as_bytes());
    let mut record = CheckRecord::new(source, at);
    record.captures.push(CaptureRecord {
        capture: Capture {
            url: url.clone(),
            final_url: url.clone(),
            at,
            status: 200,
            headers: vec![],
            document: Some(document),
        },
        length: None,
        tag: None,
        validators: None,
    });
    let origin = Origin {
        source: source.to_owned(),
        edition: Edition {
            name: name.to_owned(),
            begins: at.date_naive() + Days::new(13),
            repost,
        },
        document,
        url,
        published: at.date_naive(),
        learned: at,
    };
    record.readings.push(ReadingRecord {
        unit: name.to_owned(),
        origin: Arc::new(origin),
        extractor: 1,
        watch: "bench".to_owned(),
        statements,
        unlisted: None,
    });
    store.record_check(&record).unwrap();
}
