//! A rulemaking from its first sign to its first day in force, through the whole program: filed,
//! proposed, commented on, made final otherwise than proposed, corrected, in force. Told are exactly the
//! steps that a careful analyst would tell, each once, as one conversation.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, TimeDelta};
use coverd::app::check::{Mode, check_source};
use coverd::app::state::App;
use coverd::engine::fold::fold;
use coverd::io::blobs::hash_of;
use coverd::model::document::Document;
use coverd::model::health::ProblemKind;
use coverd::model::request::Discovery;
use coverd::model::topic::Subject;
use coverd::sources::{Brief, Seen};
use serde_json::{Value, json};

use crate::harness::cms::{Answer, FakeCms};
use crate::harness::rulemaking::{Row, Rule, rules_at, serve};
use crate::harness::run::{PRACTICE, Practice, Round};
use crate::harness::world::{Release, made_file, releases_at};

const SOURCES: [&str; 3] = ["federal_register", "pfs", "pfs_rules"];

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/federal_register");
    std::fs::read(folder.join(name)).unwrap()
}

/// What the Federal Register shows on a day: documents published by then, and the desk. Counters and
/// pictures move every time.
pub(crate) fn show_register(cms: &FakeCms, app: &App, today: &str, on_desk: bool, noise: u32) {
    show_register_with(cms, app, today, on_desk, noise, &|_| {});
}

/// The same, with rows of the lists that say something else.
fn show_register_with(
    cms: &FakeCms,
    app: &App,
    today: &str,
    on_desk: bool,
    noise: u32,
    edit: &dyn Fn(&mut Value),
) {
    let source = &app.sources["federal_register"].source;
    let brief = Brief {
        today: today.parse().unwrap(),
        watch: &app.watch,
        since_year: app.since_year,
    };
    let Ok(Discovery::Fetch(lists)) = source.discover(&Seen::new(), &[], &brief) else {
        panic!("no lists are asked for");
    };
    let mut listed: Value = serde_json::from_slice(&fixture("documents.json")).unwrap();
    let results = listed["results"].as_array_mut().unwrap();
    // What was there before anything of this story: a notice that names nothing.
    let is_notice = |one: &&Value| one["document_number"] == "2026-20001";
    let mut notice = results.iter().find(is_notice).unwrap().clone();
    notice["document_number"] = json!("2026-01000");
    notice["publication_date"] = json!("2026-02-02");
    let old = "https://www.federalregister.gov/documents/full_text/xml/2026/02/02/2026-01000.xml";
    notice["full_text_xml_url"] = json!(old);
    results.push(notice);
    let xml = String::from_utf8(fixture("2026-20001.xml")).unwrap();
    let xml = xml.replace("2026-20001", "2026-01000");
    cms.serve(old, Answer::xml(&xml));
    results.retain(|one| one["publication_date"].as_str().unwrap() <= today);
    for one in results.iter_mut() {
        edit(one);
        one["page_views"] =
            json!({"count": 1_000 + noise, "last_updated": format!("{today} {noise}")});
        one["images"] = json!({format!("EP16JY26.{noise:03}"): {}, "EP16JY26.001": {}});
        one["regulations_dot_gov_info"] =
            json!({"comments_count": noise, "checked_regulationsdotgov_at": noise});
    }
    listed["count"] = json!(results.len());
    let none = json!({"count": 0, "description": "none"});
    let desk = if on_desk {
        String::from_utf8(fixture("current.json")).unwrap()
    } else {
        json!({"count": 0, "results": []}).to_string()
    };
    for list in lists {
        let body = if list.url.contains("public-inspection") {
            desk.clone()
        } else if list.url.contains("part%5D=410") {
            listed.to_string()
        } else {
            none.to_string()
        };
        cms.serve(&list.url, Answer::json(&body));
    }
    let at = "https://www.federalregister.gov";
    let filed = String::from_utf8(fixture("2026-14327.txt")).unwrap();
    cms.serve(
        &format!("{at}/public-inspection/raw_text/202/614/327.txt"),
        Answer::text(&filed),
    );
    for (day, number) in [
        ("2026/07/16", "2026-14327"),
        ("2026/11/05", "2026-19787"),
        ("2026/11/24", "2026-21458"),
        ("2026/11/10", "2026-20001"),
    ] {
        let xml = String::from_utf8(fixture(&format!("{number}.xml"))).unwrap();
        cms.serve(
            &format!("{at}/documents/full_text/xml/{day}/{number}.xml"),
            Answer::xml(&xml),
        );
    }
}

pub(crate) fn of_2026() -> Rule {
    Rule::new("CMS-1832-F", 2026, "11/05/2025", &codes("N", 32))
}

pub(crate) fn proposed() -> Rule {
    Rule::new("CMS-1848-P", 2027, "07/16/2026", &codes("A", 32))
}

/// Not covered as before, but with another work RVU.
pub(crate) fn made_final() -> Rule {
    Rule::new("CMS-1848-F", 2027, "11/05/2026", &codes("N", 48))
}

fn codes(status: &'static str, work: u32) -> Vec<Row> {
    ["20560", "20561"]
        .map(|code| Row::new(code, status).work(work))
        .into()
}

/// A release in which the codes have this work RVU.
pub(crate) fn release(name: &str, year: i32, posted: &str, work: &str, totals: &str) -> Release {
    let file = String::from_utf8(made_file(year, "January", "N", "33.4009")).unwrap();
    let file = file.replace(
        "N,+,0.32,0.39,,0.12,,0.03,0.74,0.47",
        &format!("N,+,{work},0.39,,0.12,,0.03,{totals}"),
    );
    let member = format!("PPRRVU{year}_Jan.csv");
    Release::new(name, posted, &[(&member, file.as_bytes())])
}

fn show_releases(practice: &Practice, releases: &[Release]) {
    serve(&practice.cms, &releases_at("", releases));
}

/// Checks the sources one after the other, as time goes on, and empties the outbox.
async fn check(practice: &mut Practice) -> Round {
    let mut passes = Vec::new();
    for scheduled in practice.app().sources.values() {
        let source = &scheduled.source;
        let pass = check_source(practice.app(), source, Mode::Watch, &|_| {}).await;
        passes.push(pass.unwrap());
        practice.clock.advance(TimeDelta::minutes(1));
    }
    let mut round = practice.deliver().await;
    round.passes = passes;
    round
}

/// Subjects of the mails to the practice, without the tag.
fn subjects(round: &Round) -> Vec<String> {
    let blind = round.problems();
    let blind: Vec<_> = blind
        .iter()
        .filter(|(_, kind)| *kind != ProblemKind::Concern)
        .collect();
    assert!(blind.is_empty(), "{blind:?}: {:?}", round.passes);
    let news = round.news();
    news.iter()
        .map(|mail| mail.subject.trim_start_matches("[coverd] ").to_owned())
        .collect()
}

fn headers(practice: &Practice) -> Vec<(String, Option<String>, Vec<String>)> {
    let received = practice.smtp.received();
    received
        .iter()
        .filter(|mail| mail.recipients == [PRACTICE])
        .map(|mail| {
            let message = mail_parser::MessageParser::default()
                .parse(&mail.bytes)
                .unwrap();
            let list = |value: &mail_parser::HeaderValue<'_>| -> Vec<String> {
                value
                    .as_text_list()
                    .map(|list| list.iter().map(ToString::to_string).collect())
                    .unwrap_or_default()
            };
            (
                message.message_id().unwrap().to_owned(),
                list(message.in_reply_to()).pop(),
                list(message.references()),
            )
        })
        .collect()
}

/// All that is believed, as text, without who said so.
fn beliefs(practice: &Practice) -> BTreeMap<String, Vec<String>> {
    let reader = practice.reader();
    let topics = reader.all_topics().unwrap();
    let timelines = fold(reader.facts(&topics).unwrap());
    let mut beliefs = BTreeMap::new();
    for (topic, attributes) in timelines.topics() {
        for (attribute, timeline) in attributes {
            let mut steps: Vec<String> = Vec::new();
            for segment in &timeline.segments {
                let step = format!("{}", segment.observation);
                if steps
                    .last()
                    .is_none_or(|last| !last.ends_with(&format!("| {step}")))
                {
                    steps.push(format!("{} | {step}", segment.period.from));
                }
            }
            beliefs.insert(format!("{topic}: {attribute}"), steps);
        }
    }
    beliefs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_period_that_is_extended_is_told_though_the_text_is_the_same() {
    let mut practice = Practice::reading(&["federal_register"], "2026-07-01T12:00:00Z", "");
    show_register(&practice.cms, practice.app(), "2026-07-01", false, 0);
    check(&mut practice).await;
    practice.clock.set("2026-07-16T15:00:00Z".parse().unwrap());
    show_register(&practice.cms, practice.app(), "2026-07-16", false, 1);
    assert_eq!(subjects(&check(&mut practice).await).len(), 1);

    practice.clock.set("2026-08-03T15:00:00Z".parse().unwrap());
    let closes = |day: &'static str| {
        move |one: &mut Value| {
            if one["document_number"] == "2026-14327" {
                one["comments_close_on"] = json!(day);
            }
        }
    };
    show_register_with(
        &practice.cms,
        practice.app(),
        "2026-08-03",
        false,
        2,
        &closes("2026-10-01"),
    );
    let extended = check(&mut practice).await;
    let [subject] = &subjects(&extended)[..] else {
        panic!("{:?}", subjects(&extended));
    };
    assert_eq!(
        subject,
        "PROPOSED: FR 2026-14327: comments close 2026-09-14 \u{2192} 2026-10-01 (CMS-1848-P)"
    );
    let told = &extended.news()[0].text;
    assert!(
        told.contains("comments close: 2026-09-14 \u{2192} 2026-10-01"),
        "{told}"
    );
    assert!(
        told.contains("PROPOSED, comments close on 2026-10-01"),
        "{told}"
    );

    // Told once; and back again is news of its own.
    practice.clock.set("2026-08-04T15:00:00Z".parse().unwrap());
    assert_eq!(subjects(&check(&mut practice).await), [""; 0]);
    show_register(&practice.cms, practice.app(), "2026-08-05", false, 3);
    practice.clock.set("2026-08-05T15:00:00Z".parse().unwrap());
    let back = check(&mut practice).await;
    assert_eq!(back.news().len(), 1);
    assert!(
        back.news()[0]
            .text
            .contains("2026-10-01 \u{2192} 2026-09-14")
    );
    // What is not read of a row moves nothing: no mail, and no posting of its own.
    let readings = practice
        .reader()
        .readings("federal_register")
        .unwrap()
        .len();
    show_register_with(
        &practice.cms,
        practice.app(),
        "2026-08-06",
        false,
        4,
        &|one| {
            one["abstract"] = json!("Other words, which are not read.");
        },
    );
    practice.clock.set("2026-08-06T15:00:00Z".parse().unwrap());
    assert_eq!(subjects(&check(&mut practice).await), [""; 0]);
    let after = practice
        .reader()
        .readings("federal_register")
        .unwrap()
        .len();
    assert_eq!(after, readings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
async fn a_rulemaking_is_told_step_by_step_in_one_conversation() {
    let mut practice = Practice::reading(&SOURCES, "2026-07-01T12:00:00Z", "");
    let old = release("RVU25A", 2025, "12/20/2024", "0.32", "0.74,0.47");
    show_register(&practice.cms, practice.app(), "2026-07-01", false, 0);
    serve(&practice.cms, &rules_at("", &[of_2026()]));
    show_releases(&practice, std::slice::from_ref(&old));
    assert_eq!(
        subjects(&check(&mut practice).await),
        [""; 0],
        "the baseline is history"
    );

    practice.clock.set("2026-07-11T12:00:00Z".parse().unwrap());
    show_register(&practice.cms, practice.app(), "2026-07-11", true, 1);
    let filed = check(&mut practice).await;
    assert_eq!(
        subjects(&filed),
        [
            "PROPOSED: CMS-1848-P on public inspection, to be published 2026-07-16, names 20560, 20561, dry needling"
        ]
    );

    practice.clock.set("2026-07-16T15:00:00Z".parse().unwrap());
    show_register(&practice.cms, practice.app(), "2026-07-16", false, 2);
    serve(&practice.cms, &rules_at("", &[of_2026(), proposed()]));
    let published = check(&mut practice).await;
    let [rule, table] = &subjects(&published)[..] else {
        panic!("{:?}", subjects(&published));
    };
    assert!(
        rule.starts_with("PROPOSED: CMS-1848-P published (91 FR 43842), comments close 2026-09-14"),
        "{rule}"
    );
    assert_eq!(
        table,
        "PROPOSED: 20560, 20561: status N → A (payable if covered), services from 2027-01-01 (CMS-1848-P)"
    );
    let said = published.news()[1].text.clone();
    assert!(
        said.contains("PROPOSED, comments close on 2026-09-14"),
        "{said}"
    );
    assert!(
        said.contains("in force N (not covered) → proposed A (payable if covered)"),
        "{said}"
    );

    // The comment period: thousands of comments, page views, check times.
    for (day, noise) in [("2026-08-01", 3), ("2026-09-14", 4), ("2026-10-01", 5)] {
        practice
            .clock
            .set(format!("{day}T12:00:00Z").parse().unwrap());
        show_register(&practice.cms, practice.app(), day, false, noise);
        assert_eq!(subjects(&check(&mut practice).await), [""; 0], "{day}");
    }

    practice.clock.set("2026-11-05T15:00:00Z".parse().unwrap());
    show_register(&practice.cms, practice.app(), "2026-11-05", false, 6);
    serve(
        &practice.cms,
        &rules_at("", &[of_2026(), proposed(), made_final()]),
    );
    let made = check(&mut practice).await;
    let [rule, table] = &subjects(&made)[..] else {
        panic!("{:?}", subjects(&made));
    };
    assert!(
        rule.starts_with(
            "FINAL: CMS-1848-F published (91 FR 52100), effective 2027-01-01, names 20560, 20561"
        ),
        "{rule}"
    );
    assert_eq!(
        table,
        "FINAL: 20560, 20561: status stays N, the proposed A is not adopted, services from 2027-01-01 (CMS-1848-F)"
    );
    let said = made.news()[1].text.clone();
    assert!(said.contains("FINAL, effective 2027-01-01"), "{said}");
    assert!(
        said.contains("in force 0.32 → final 0.48 proposed by CMS-1848-P was 0.32"),
        "{said}"
    );

    practice.clock.set("2026-11-24T15:00:00Z".parse().unwrap());
    show_register(&practice.cms, practice.app(), "2026-11-24", false, 7);
    let corrected = check(&mut practice).await;
    let [correction] = &subjects(&corrected)[..] else {
        panic!("{:?}", subjects(&corrected));
    };
    assert!(
        correction.starts_with("CORRECTED: ") && correction.contains("2026-19787"),
        "{correction}"
    );

    practice.clock.set("2026-12-21T15:00:00Z".parse().unwrap());
    show_register(&practice.cms, practice.app(), "2026-12-21", false, 8);
    let new = release("RVU27A", 2027, "12/20/2026", "0.48", "0.90,0.63");
    show_releases(&practice, &[old.clone(), new.clone()]);
    let january = check(&mut practice).await;
    let in_force = subjects(&january);
    let about_codes: Vec<&String> = in_force
        .iter()
        .filter(|subject| subject.starts_with("20560"))
        .collect();
    let [values] = &about_codes[..] else {
        panic!("{in_force:?}");
    };
    assert_eq!(
        *values,
        "20560, 20561: payment changed (non-facility total 0.74 → 0.90), services from 2027-01-01"
    );
    let mail = january
        .news()
        .into_iter()
        .find(|mail| mail.subject.contains("20560, 20561"))
        .unwrap()
        .text
        .clone();
    assert!(mail.contains("as final by CMS-1848-F"), "{mail}");

    // Once more, and nothing is left to tell.
    assert_eq!(subjects(&check(&mut practice).await), [""; 0]);

    // One conversation: each refers to the one before it, and to the first.
    let headers = headers(&practice);
    let (first, ..) = &headers[0];
    let thread: Vec<_> = headers
        .iter()
        .filter(|(id, _, references)| id == first || references.contains(first))
        .collect();
    assert!(thread.len() >= 7, "{headers:?}");
    for pair in thread.windows(2) {
        assert_eq!(
            pair[1].1.as_ref(),
            Some(&pair[0].0),
            "each answers the one before it"
        );
    }

    let rules = practice.reader();
    let topics: Vec<_> = rules
        .document_topics()
        .unwrap()
        .into_iter()
        .filter(|topic| matches!(topic.subject, Subject::Rule(_)))
        .collect();
    let found = coverd::engine::rules::rulemakings(
        &fold(rules.facts(&topics).unwrap()),
        "2026-12-21".parse().unwrap(),
    );
    let numbers: Vec<&str> = found[0]
        .documents
        .iter()
        .map(|document| document.number.as_str())
        .collect();
    assert_eq!(
        (found[0].name.as_str(), &numbers[..]),
        ("CMS-1848", &["2026-14327", "2026-19787", "2026-21458"][..])
    );

    // Whoever comes late believes the same of the codes.
    let mut late = Practice::reading(&SOURCES, "2026-12-22T12:00:00Z", "");
    show_register(&late.cms, late.app(), "2026-12-22", false, 9);
    serve(
        &late.cms,
        &rules_at("", &[of_2026(), proposed(), made_final()]),
    );
    show_releases(&late, &[old, new]);
    assert_eq!(subjects(&check(&mut late).await), [""; 0]);
    let of_codes = |all: BTreeMap<String, Vec<String>>| -> BTreeMap<String, Vec<String>> {
        all.into_iter()
            .filter(|(key, _)| key.starts_with("2056"))
            .collect()
    };
    assert_eq!(of_codes(beliefs(&practice)), of_codes(beliefs(&late)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_whose_text_cannot_be_had_is_told_by_its_record_and_the_operator_hears_why() {
    let mut practice = Practice::reading(&["federal_register"], "2026-07-01T12:00:00Z", "");
    show_register(&practice.cms, practice.app(), "2026-07-01", false, 0);
    assert_eq!(subjects(&check(&mut practice).await), [""; 0]);

    practice.clock.set("2026-07-16T15:00:00Z".parse().unwrap());
    show_register(&practice.cms, practice.app(), "2026-07-16", false, 1);
    let text = "https://www.federalregister.gov/documents/full_text/xml/2026/07/16/2026-14327.xml";
    practice.cms.serve(text, Answer::status(404));
    let listed: Value = serde_json::from_slice(&fixture("documents.json")).unwrap();
    let record = record_url(&practice, "2026-14327");
    let is_it = |one: &&Value| one["document_number"] == "2026-14327";
    let value = listed["results"].as_array().unwrap().iter().find(is_it);
    practice
        .cms
        .serve(&record, Answer::json(&value.unwrap().to_string()));

    let round = check(&mut practice).await;
    let news = round.news();
    let [mail] = &news[..] else {
        panic!("{:?}", round.mails);
    };
    assert!(
        mail.subject.contains("PROPOSED: CMS-1848-P published"),
        "{}",
        mail.subject
    );
    assert!(
        !mail.subject.contains("names"),
        "its text was not read: {}",
        mail.subject
    );
    let blind = round.problems();
    assert!(
        blind.contains(&("FR 2026-14327", ProblemKind::Gone)),
        "{blind:?}"
    );

    // The text can be had after all: what it names is news.
    practice.clock.set("2026-07-17T15:00:00Z".parse().unwrap());
    show_register(&practice.cms, practice.app(), "2026-07-17", false, 2);
    let later = check(&mut practice).await;
    let [named] = &subjects(&later)[..] else {
        panic!("{:?}", later.mails);
    };
    assert!(
        named.starts_with("PROPOSED: ") && named.contains("20560"),
        "{named}"
    );
}

/// The address of the record that is read in the place of a document's text.
fn record_url(practice: &Practice, number: &str) -> String {
    let watch = &practice.app().watch;
    let brief = Brief {
        today: "2026-07-16".parse().unwrap(),
        watch,
        since_year: practice.app().since_year,
    };
    let source = &practice.app().sources["federal_register"].source;
    let Ok(Discovery::Fetch(lists)) = source.discover(&Seen::new(), &[], &brief) else {
        panic!("no lists are asked for");
    };
    let mut seen = Seen::new();
    for list in lists {
        let body = if list.url.contains("public-inspection") {
            br#"{"count": 0, "results": []}"#.to_vec()
        } else {
            fixture("documents.json")
        };
        let document = Document {
            url: list.url.clone(),
            final_url: list.url.clone(),
            captured: DateTime::UNIX_EPOCH,
            hash: hash_of(&body),
            bytes: body.into(),
            text: None,
        };
        seen.insert(list.url, document);
    }
    let Ok(Discovery::Complete { units, .. }) = source.discover(&seen, &[], &brief) else {
        panic!("the lists are not all");
    };
    let name = format!("FR {number}");
    let unit = units.into_iter().find(|unit| unit.name == name).unwrap();
    unit.fallback.unwrap().url
}
