//! From the list of notices over the pages of rules to Addendum B: discovery, facts, alerts.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta};
use coverd::app::check::{Mode, Pass, check_source};
use coverd::engine::fold::fold;
use coverd::model::attribute::Attribute;
use coverd::model::document::{Document, DocumentHash};
use coverd::model::fact::{Fact, Observation, Origin};
use coverd::model::request::{
    Concern, Discovery, Expect, Reading, Reuse, ShapeError, Unit, UnitDocuments,
};
use coverd::model::topic::{Stage, Subject, Topic};
use coverd::sources::pfs_rules::{LIST_URL, PfsRules};
use coverd::sources::{Brief, Seen, Source};

use crate::harness::rulemaking::{RULES, Row, Rule, csv, head, rule_page, rules_at, serve, whole};
use crate::harness::run::{Practice, Round};
use crate::harness::world::{Capture, zip};
use crate::pfs::made::{day, watching, watching_all, xlsx};

fn document(url: &str, bytes: &[u8]) -> Document {
    Document {
        url: url.to_owned(),
        final_url: url.to_owned(),
        captured: DateTime::UNIX_EPOCH,
        hash: DocumentHash::new([0; 32]),
        bytes: Arc::from(bytes),
        text: None,
    }
}

struct Discovered {
    units: Vec<Unit>,
    listed: Option<Vec<String>>,
    concerns: Vec<Concern>,
    asked: Vec<String>,
}

/// Serves pages by address until discovery is complete; addresses without a page fail.
fn discover(captures: &[Capture], today: NaiveDate) -> Result<Discovered, ShapeError> {
    let watch = watching(&["20560"]);
    let brief = Brief {
        today,
        watch: &watch,
        since_year: 2020,
    };
    let (mut seen, mut failed, mut asked) = (Seen::new(), Vec::new(), Vec::new());
    for _ in 0..10 {
        match PfsRules::default().discover(&seen, &failed, &brief)? {
            Discovery::Complete {
                units,
                listed,
                concerns,
            } => {
                return Ok(Discovered {
                    units,
                    listed,
                    concerns,
                    asked,
                });
            }
            Discovery::Fetch(requests) => {
                for request in requests {
                    assert_eq!(request.expect, Expect::Html);
                    assert!(!asked.contains(&request.url), "twice: {}", request.url);
                    asked.push(request.url.clone());
                    match captures.iter().find(|capture| capture.url == request.url) {
                        Some(capture) => {
                            seen.insert(request.url, document(&capture.url, &capture.body));
                        }
                        None => failed.push(request.url),
                    }
                }
            }
        }
    }
    panic!("discovery does not end");
}

/// Reads the units that are discovered, with whole floors.
fn read_all(captures: &[Capture], codes: &[&str]) -> Vec<Reading> {
    let watch = watching(codes);
    let discovered = discover(captures, day(2026, 11, 25)).unwrap();
    assert_eq!(discovered.concerns, []);
    let units = discovered.units.iter();
    units
        .map(|unit| {
            let capture = captures.iter().find(|c| c.url == unit.request.url).unwrap();
            let documents = UnitDocuments {
                primary: document(&capture.url, &capture.body),
                companions: Vec::new(),
            };
            PfsRules::default()
                .extract(unit, &documents, &watch)
                .unwrap()
        })
        .collect()
}

pub(super) fn lines(reading: &Reading) -> String {
    let mut text = format!(
        "edition {} from {} {:?}, published {:?}, thread {:?}, news {}\n",
        reading.edition.name,
        reading.edition.begins,
        reading.edition.repost,
        reading.published,
        reading.thread,
        reading.announces_new
    );
    for statement in &reading.statements {
        let _ = writeln!(
            text,
            "{} from {} [{}] {}",
            statement.topic, statement.from, statement.locator, statement.quote
        );
        for (attribute, value) in statement.values.iter() {
            let _ = writeln!(text, "  {}: {value}", attribute.id());
        }
    }
    text
}

fn proposed(status: &'static str) -> Rule {
    Rule::new(
        "CMS-1848-P",
        2027,
        "07/14/2026",
        &[Row::new("20560", status)],
    )
}

fn finalised(status: &'static str) -> Rule {
    Rule::new(
        "CMS-1848-F",
        2027,
        "11/02/2026",
        &[Row::new("20560", status)],
    )
}

fn status(reading: &Reading, code: &str) -> Option<Observation> {
    let subject = Subject::Service(code.parse().unwrap());
    let statement = reading
        .statements
        .iter()
        .find(|s| s.topic.subject == subject)?;
    statement.values.get(&Attribute::Status).cloned()
}

#[test]
fn a_rule_says_what_its_addendum_says() {
    let readings = read_all(
        &rules_at("", &[proposed("A"), finalised("N")]),
        &["20560", "29999"],
    );
    assert_eq!(readings.len(), 2);
    let all: Vec<String> = readings.iter().map(lines).collect();
    insta::assert_snapshot!("addendum_b", all.join("\n"));
}

#[test]
fn units_are_found_with_their_pages_and_asked_for_now_and_then() {
    let old = Rule::new("CMS-1832-F", 2026, "11/05/2025", &[]);
    let ancient = Rule::new("CMS-1590-FC", 2013, "", &[]);
    let rules = [ancient, old, proposed("A")];
    let found = discover(&rules_at("", &rules), day(2027, 2, 1)).unwrap();
    let names: Vec<&str> = found.units.iter().map(|unit| &unit.name[..]).collect();
    assert_eq!(names, ["CMS-1832-F", "CMS-1848-P"]);
    assert_eq!(found.listed.unwrap(), names);
    assert_eq!(found.asked.len(), 3);
    let request = &found.units[1].request;
    assert_eq!(request.url, proposed("A").zip_url());
    assert_eq!(request.expect, Expect::Zip);
    assert_eq!(request.reuse, Reuse::Within(TimeDelta::days(7)));
    assert_eq!(
        found.units[0].request.reuse,
        Reuse::Within(TimeDelta::days(90))
    );
    assert_eq!(found.units[1].context.len(), 1);
    assert_eq!(LIST_URL, RULES);
}

#[test]
fn a_list_without_rules_is_refused_and_a_failed_list_lists_nothing() {
    let maintenance = Capture {
        url: LIST_URL.to_owned(),
        at: String::new(),
        content_type: "text/html",
        body: b"<title>Down</title><main>We are down.</main>".to_vec(),
    };
    assert!(discover(&[maintenance], day(2026, 11, 25)).is_err());
    let failed = discover(&[], day(2026, 11, 25)).unwrap();
    assert_eq!(failed.listed, None);
    assert!(failed.units.is_empty());
}

#[test]
fn a_page_that_fails_is_listed_and_one_that_has_no_addenda_yet_is_not() {
    let mut captures = rules_at("", &[proposed("A"), finalised("N")]);
    captures.retain(|capture| capture.url != finalised("N").page_url());
    let found = discover(&captures, day(2026, 11, 25)).unwrap();
    assert_eq!(found.listed.unwrap(), ["CMS-1848-P", "CMS-1848-F"]);
    assert_eq!(found.units.len(), 1);

    // Its addenda come a day later: they are news then.
    let mut captures = rules_at("", &[proposed("A"), finalised("N")]);
    for capture in &mut captures {
        if capture.url == finalised("N").page_url() {
            let text = String::from_utf8(capture.body.clone()).unwrap();
            capture.body = text.replace("Addenda", "Fact Sheet").into_bytes();
        }
    }
    let found = discover(&captures, day(2026, 11, 25)).unwrap();
    assert_eq!(found.listed.unwrap(), ["CMS-1848-P"]);
    assert_eq!(found.concerns, []);
}

#[test]
fn a_correction_posts_the_edition_of_its_rule_again() {
    let correction = Rule::new("CMS-1848-CN", 2027, "12/20/2026", &[Row::new("20560", "A")]);
    let rules = [proposed("A"), finalised("N"), correction];
    let readings = read_all(&rules_at("", &rules), &["20560"]);
    let editions: Vec<&str> = readings.iter().map(|r| &r.edition.name[..]).collect();
    assert_eq!(editions, ["CMS-1848-P", "CMS-1848-F", "CMS-1848-F"]);
    assert_eq!(readings[2].published, Some(day(2026, 12, 20)));
    // Whichever comes first, the correction holds.
    let facts = facts(&readings);
    let final_topic = Topic::staged(
        Subject::Service("20560".parse().unwrap()),
        Stage::FinalBy("CMS-1848-F".to_owned()),
    );
    for turned in [facts.clone(), facts.into_iter().rev().collect::<Vec<_>>()] {
        let timelines = fold(turned);
        let timeline = timelines.get(&final_topic, Attribute::Status).unwrap();
        let [segment] = &timeline.segments[..] else {
            panic!("{timeline:?}");
        };
        assert_eq!(segment.observation, Observation::text("A"));
        assert_eq!(segment.period.from, day(2027, 1, 1));
    }
}

fn facts(readings: &[Reading]) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (number, reading) in (1_u8..).zip(readings) {
        let origin = Arc::new(Origin {
            source: "pfs_rules".to_owned(),
            edition: reading.edition.clone(),
            document: DocumentHash::new([number; 32]),
            url: String::new(),
            published: reading.published.unwrap(),
            learned: DateTime::UNIX_EPOCH + TimeDelta::days(number.into()),
        });
        facts.extend(reading.statements.iter().map(|statement| Fact {
            statement: statement.clone(),
            origin: Arc::clone(&origin),
        }));
    }
    facts
}

#[test]
fn a_correction_that_does_not_say_of_what_is_told_and_not_read() {
    let mut captures = rules_at(
        "",
        &[
            proposed("A"),
            finalised("N"),
            Rule::new("CMS-1848-CN", 2027, "12/20/2026", &[]),
        ],
    );
    for capture in &mut captures {
        if capture.url.ends_with("/cms-1848-cn") {
            let text = String::from_utf8(capture.body.clone()).unwrap();
            capture.body = text
                .replace("Final Rule Correction", "Correction")
                .into_bytes();
        }
    }
    let found = discover(&captures, day(2026, 12, 25)).unwrap();
    assert_eq!(found.units.len(), 2);
    let keys: Vec<&str> = found.concerns.iter().map(|c| &c.key[..]).collect();
    assert_eq!(keys, ["page CMS-1848-CN"]);
    // It may be of either: read later, it is history either way.
    assert_eq!(
        found.listed.unwrap(),
        [
            "CMS-1848-P",
            "CMS-1848-F",
            "CMS-1848-CN of CMS-1848-P",
            "CMS-1848-CN of CMS-1848-F"
        ]
    );
}

#[test]
fn addenda_of_another_stage_year_or_rule_are_refused() {
    let captures = rules_at("", &[finalised("N")]);
    let watch = watching(&["20560"]);
    let found = discover(&captures, day(2026, 11, 25)).unwrap();
    for wrong in [
        proposed("A"),
        Rule::new("CMS-1848-F", 2026, "", &[]),
        Rule::new("CMS-1832-F", 2027, "", &[]),
    ] {
        let documents = UnitDocuments {
            primary: document(&found.units[0].request.url, &wrong.zip()),
            companions: Vec::new(),
        };
        let refused = PfsRules::default().extract(&found.units[0], &documents, &watch);
        assert!(refused.is_err(), "{}: {refused:?}", wrong.docket);
    }
}

#[test]
fn an_archive_is_recognised_by_its_address_and_read_without_its_page() {
    let [_, archive] = &rule_page("CMS-1848-P", 2027, &[Row::new("20560", "B")])[..] else {
        panic!();
    };
    let watch = watching(&["20560"]);
    let brief = Brief {
        today: day(2026, 11, 25),
        watch: &watch,
        since_year: 2020,
    };
    let source = PfsRules::default();
    let unit = source.recognise(&archive.url, &brief).unwrap();
    assert_eq!(unit.name, "CMS-1848-P");
    for other in [
        "https://www.cms.gov/files/zip/rvu20b.zip",
        "https://www.cms.gov/files/zip/cms-1848-p-pe-inputs.zip",
        "https://www.cms.gov/files/zip/cms-1848-cn-addenda.zip",
    ] {
        assert!(source.recognise(other, &brief).is_none(), "{other}");
    }
    let documents = UnitDocuments {
        primary: document(&archive.url, &archive.body),
        companions: Vec::new(),
    };
    let reading = source.extract(&unit, &documents, &watch).unwrap();
    assert_eq!(status(&reading, "20560"), Some(Observation::text("B")));
    assert_eq!(reading.edition.begins, day(2027, 1, 1));
    // All codes: every row is kept.
    let all = source.extract(&unit, &documents, &watching_all()).unwrap();
    assert!(all.statements.len() > 6_000);
}

#[test]
fn two_forms_of_the_table_must_say_the_same() {
    let mut table = head("Addendum B for the CY 2027 Proposed Rule");
    table.extend(whole(&[Row::new("20560", "A")]).iter().map(Row::cells));
    let workbook = xlsx(&table, &|row, column, text| {
        row > 3 && column > 4 && text.parse::<f64>().is_ok()
    });
    let mut other = head("Addendum B for the CY 2027 Proposed Rule");
    other.extend(whole(&[Row::new("20560", "N")]).iter().map(Row::cells));
    let read = |text: &[u8]| {
        let bytes = zip(&[("Addendum B.xlsx", &workbook), ("Addendum B.csv", text)]);
        let documents = UnitDocuments {
            primary: document("https://www.cms.gov/a.zip", &bytes),
            companions: Vec::new(),
        };
        let request =
            coverd::model::request::Request::new("https://www.cms.gov/a.zip", Expect::Zip);
        PfsRules::default().extract(
            &Unit::new("CMS-1848-P", request),
            &documents,
            &watching(&["20560"]),
        )
    };
    let agreed = read(&csv(&table)).unwrap();
    assert_eq!(status(&agreed, "20560"), Some(Observation::text("A")));
    let refused = read(&csv(&other)).unwrap_err();
    assert!(refused.why.contains("disagree"), "{refused}");
}

async fn check(practice: &mut Practice, rules: &[Rule], now: &str) -> (Pass, Round) {
    practice.clock.set(now.parse().unwrap());
    serve(&practice.cms, &rules_at("", rules));
    let source: Arc<dyn Source> = Arc::new(PfsRules::default());
    let pass = check_source(practice.app(), &source, Mode::Watch, &|_| {})
        .await
        .unwrap();
    let round = practice.deliver().await;
    (pass, round)
}

/// From one installation to the correction: each posting is read once, at its own stage, and what was
/// there at the beginning is no news.
#[tokio::test(flavor = "multi_thread")]
async fn a_rulemaking_is_read_as_it_goes_on() {
    let mut practice = Practice::at("2026-07-01T12:00:00Z");
    let old = Rule::new("CMS-1832-F", 2026, "11/05/2025", &[Row::new("20560", "A")]);
    let (pass, round) = check(
        &mut practice,
        std::slice::from_ref(&old),
        "2026-07-01T12:00:00Z",
    )
    .await;
    assert_eq!(
        (pass.read, round.mails.len()),
        (1, 0),
        "{:?}",
        pass.problems
    );

    let mut rules = vec![old, proposed("N")];
    let (pass, round) = check(&mut practice, &rules, "2026-07-15T12:00:00Z").await;
    assert_eq!((pass.read, pass.problems), (1, Vec::new()));
    let news = round.news();
    assert_eq!(news.len(), 1, "{:?}", round.mails);
    assert!(news[0].text.contains("CMS-1848-P"), "{}", news[0].text);

    // The same again, days later: nothing.
    let (pass, round) = check(&mut practice, &rules, "2026-07-30T12:00:00Z").await;
    assert_eq!((pass.read, round.mails.len()), (0, 0));

    rules.push(finalised("N"));
    let (pass, _) = check(&mut practice, &rules, "2026-11-03T12:00:00Z").await;
    assert_eq!((pass.read, pass.problems), (1, Vec::new()));

    rules.push(Rule::new(
        "CMS-1848-CN",
        2027,
        "12/20/2026",
        &[Row::new("20560", "A").work(40)],
    ));
    let (pass, round) = check(&mut practice, &rules, "2026-12-21T12:00:00Z").await;
    assert_eq!((pass.read, pass.problems), (1, Vec::new()));
    let news = round.news();
    assert_eq!(news.len(), 1, "{:?}", round.mails);
    assert!(news[0].text.contains("CMS-1848-F"), "{}", news[0].text);

    let topics: BTreeMap<Stage, usize> = {
        let subject = Subject::Service("20560".parse().unwrap());
        let stages = [
            Stage::FinalBy("CMS-1832-F".to_owned()),
            Stage::ProposedBy("CMS-1848-P".to_owned()),
            Stage::FinalBy("CMS-1848-F".to_owned()),
        ];
        let reader = practice.reader();
        stages
            .map(|stage| {
                let topic = Topic::staged(subject.clone(), stage.clone());
                (stage, reader.facts(&[topic]).unwrap().len())
            })
            .into()
    };
    assert_eq!(
        topics.values().copied().collect::<Vec<_>>(),
        [1, 1, 2],
        "{topics:?}"
    );
}
