//! The Federal Register: what its documents say, how they are found, and what is noise.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use chrono::{DateTime, NaiveDate};
use coverd::app::config::{Config, Environment};
use coverd::model::attribute::Attribute;
use coverd::model::document::{Document, DocumentHash};
use coverd::model::fact::{Observation, Statement};
use coverd::model::passage::Passage;
use coverd::model::request::{Discovery, Expect, Reading, Reuse, ShapeError, Unit, UnitDocuments};
use coverd::model::topic::{Stage, Subject};
use coverd::model::watch::Watch;
use coverd::sources::federal_register::{
    FederalRegister, FederalRegisterSettings, dockets, full_text,
};
use coverd::sources::{Brief, Seen, Source};
use serde_json::{Value, json};

use crate::harness::data::real_data;
use crate::harness::watch::dry_needling;

const PROPOSED: &str = "FR 2026-14327";
const FILED: &str = "FR 2026-14327 filed";
const FINAL: &str = "FR 2026-19787";
const CORRECTION: &str = "FR 2026-21458";
const NOTICE: &str = "FR 2026-20001";

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/federal_register");
    fs::read(folder.join(name)).expect("a fixture")
}

fn value(name: &str) -> Value {
    serde_json::from_slice(&fixture(name)).expect("JSON")
}

fn document(url: &str, bytes: impl Into<Vec<u8>>) -> Document {
    Document {
        url: url.to_owned(),
        final_url: url.to_owned(),
        captured: DateTime::UNIX_EPOCH,
        hash: DocumentHash::new([0; 32]),
        bytes: bytes.into().into(),
        text: None,
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn source() -> FederalRegister {
    FederalRegister::new(FederalRegisterSettings {
        terms: vec!["acupuncture".to_owned()],
        cfr_parts: vec![410],
    })
}

fn brief(watch: &Watch) -> Brief<'_> {
    Brief {
        today: day("2026-11-25"),
        watch,
        since_year: 2019,
    }
}

fn no_documents() -> Vec<u8> {
    br#"{"count":0,"description":"none"}"#.to_vec()
}

/// Units, the baseline, and what was asked for.
type Found = (Vec<Unit>, Option<Vec<String>>, Vec<String>);

/// Answers every request of discovery until it is complete.
fn discover(answer: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Found, ShapeError> {
    let watch = dry_needling();
    let mut seen = Seen::new();
    let mut failed = Vec::new();
    let mut asked = Vec::new();
    for _ in 0..20 {
        match source().discover(&seen, &failed, &brief(&watch))? {
            Discovery::Complete { units, listed, .. } => return Ok((units, listed, asked)),
            Discovery::Fetch(requests) => {
                assert!(!requests.is_empty());
                for request in requests {
                    assert_eq!(request.expect, Expect::Json);
                    assert!(!asked.contains(&request.url), "{} twice", request.url);
                    asked.push(request.url.clone());
                    match answer(&request.url) {
                        Some(bytes) => {
                            seen.insert(request.url.clone(), document(&request.url, bytes));
                        }
                        None => failed.push(request.url),
                    }
                }
            }
        }
    }
    panic!("discovery has no end");
}

#[expect(clippy::unnecessary_wraps, reason = "other servers have no answer")]
fn answer(url: &str) -> Option<Vec<u8>> {
    Some(if url.contains("public-inspection-documents/current") {
        fixture("current.json")
    } else if url.contains("part%5D=410") {
        fixture("documents.json")
    } else {
        no_documents()
    })
}

fn units() -> BTreeMap<String, Unit> {
    let (units, ..) = discover(&answer).expect("lists");
    units
        .into_iter()
        .map(|unit| (unit.name.clone(), unit))
        .collect()
}

fn body_of(name: &str) -> Vec<u8> {
    let file = match name {
        FILED => "2026-14327.txt".to_owned(),
        _ => format!("{}.xml", name.trim_start_matches("FR ")),
    };
    fixture(&file)
}

fn extract(unit: &Unit, url: &str, bytes: impl Into<Vec<u8>>) -> Result<Reading, ShapeError> {
    let documents = UnitDocuments {
        primary: document(url, bytes),
        companions: Vec::new(),
    };
    source().extract(unit, &documents, &dry_needling())
}

fn read(name: &str) -> Reading {
    read_as(name, body_of(name)).expect("a sound document")
}

fn read_as(name: &str, bytes: impl Into<Vec<u8>>) -> Result<Reading, ShapeError> {
    let units = units();
    let unit = &units[name];
    extract(unit, &unit.request.url.clone(), bytes)
}

fn only(reading: &Reading) -> &Statement {
    assert_eq!(reading.statements.len(), 1);
    &reading.statements[0]
}

fn text(statement: &Statement, attribute: Attribute) -> String {
    statement
        .values
        .get(&attribute)
        .map_or_else(String::new, Observation::to_string)
}

fn terms(statement: &Statement, attribute: Attribute) -> Vec<String> {
    Passage::parse_all(&text(statement, attribute))
        .into_iter()
        .map(|passage| {
            format!(
                "{} @ {} > {}",
                passage.terms.join("+"),
                passage.page,
                passage.heading.last().cloned().unwrap_or_default()
            )
        })
        .collect()
}

#[test]
fn a_proposed_rule_says_what_it_is_and_what_it_names() {
    let reading = read(PROPOSED);
    let statement = only(&reading);
    assert_eq!(
        statement.topic.subject,
        Subject::Rule("2026-14327".to_owned())
    );
    assert_eq!(
        statement.topic.stage,
        Stage::ProposedBy("CMS-1848-P".to_owned())
    );
    assert_eq!(reading.thread.as_deref(), Some("CMS-1848"));
    assert_eq!(reading.published, Some(day("2026-07-16")));
    assert!(reading.announces_new);
    for (attribute, expected) in [
        (Attribute::RuleKind, "proposed rule"),
        (Attribute::RuleAction, "Proposed rule."),
        (Attribute::Docket, "CMS-1848-P"),
        (Attribute::Rin, "0938-AV82"),
        (Attribute::Citation, "91 FR 43842"),
        (Attribute::PublishedOn, "2026-07-16"),
        (Attribute::CommentsClose, "2026-09-14"),
        (Attribute::EffectiveDate, ""),
        (Attribute::CfrParts, "42 CFR 410, 414"),
        (
            Attribute::Mentions,
            "20560, 20561, NCD 30.3.3, dry needling, trigger point",
        ),
    ] {
        assert_eq!(text(statement, attribute), expected, "{attribute}");
    }
    assert_eq!(
        terms(statement, Attribute::Passages),
        [
            "20560+20561+dry needling @ 91 FR 43842 > E. Valuation of Specific Codes",
            "20560+NCD 30.3.3 @ 91 FR 43850 > E. Valuation of Specific Codes",
            "trigger point @ 91 FR 43850 > E. Valuation of Specific Codes",
            "20560 @ 91 FR 43850 > Table 12\u{2014}Proposed Values",
            "20560+20561 @ 91 FR 43850 > F. Therapy Services",
        ]
    );
    assert_eq!(
        terms(statement, Attribute::LookAlikePassages),
        [
            "20552+97810 @ 91 FR 43850 > E. Valuation of Specific Codes",
            "97810 @ 91 FR 43850 > Table 12\u{2014}Proposed Values",
        ]
    );
    let passages = Passage::parse_all(&text(statement, Attribute::Passages));
    assert_eq!(passages[3].text, "20560 \u{a6} A \u{a6} 0.32");
    assert!(
        statement.locator.contains("1 pictures"),
        "{}",
        statement.locator
    );
}

#[test]
fn a_final_rule_is_final_and_of_the_same_thread() {
    let reading = read(FINAL);
    let statement = only(&reading);
    assert_eq!(
        statement.topic.stage,
        Stage::FinalBy("CMS-1848-F".to_owned())
    );
    assert_eq!(reading.thread.as_deref(), Some("CMS-1848"));
    assert_eq!(text(statement, Attribute::RuleKind), "final rule");
    assert_eq!(text(statement, Attribute::EffectiveDate), "2027-01-01");
    assert_eq!(text(statement, Attribute::Mentions), "20560, 20561");
}

#[test]
fn a_correction_is_linked_to_what_it_corrects() {
    let reading = read(CORRECTION);
    let statement = only(&reading);
    assert_eq!(text(statement, Attribute::RuleKind), "correction");
    assert_eq!(text(statement, Attribute::Corrects), "2026-19787");
    assert_eq!(
        statement.topic.stage,
        Stage::FinalBy("CMS-1848-F".to_owned())
    );
    assert_eq!(reading.thread.as_deref(), Some("CMS-1848"));
    assert_eq!(text(statement, Attribute::Mentions), "20561");
}

/// Reads the correction with another record or text, and returns what it is said to correct.
fn corrects(change: &dyn Fn(&mut Value), xml: &dyn Fn(String) -> String) -> (String, Stage) {
    let mut list = value("documents.json");
    change(&mut list["results"][3]);
    let (units, ..) = discover(&|url| {
        if url.contains("part%5D=410") {
            return Some(list.to_string().into_bytes());
        }
        answer(url)
    })
    .expect("lists");
    let unit = units
        .iter()
        .find(|unit| unit.name == CORRECTION)
        .expect("it");
    let bytes = xml(String::from_utf8(body_of(CORRECTION)).expect("text"));
    let reading = extract(unit, &unit.request.url, bytes).expect("sound");
    let statement = only(&reading);
    (
        text(statement, Attribute::Corrects),
        statement.topic.stage.clone(),
    )
}

#[test]
fn each_way_of_naming_the_corrected_document_is_understood() {
    let without_number = |text: String| text.replace("In FR Doc. 2026-19787 of", "In the rule of");
    let plain = |text: String| {
        without_number(text)
            .replace(" (91 FR 52100)", "")
            .replace("91 FR 52100", "")
    };
    let summary = |words: &'static str| move |row: &mut Value| row["abstract"] = json!(words);
    let made_final = || {
        (
            "2026-19787".to_owned(),
            Stage::FinalBy("CMS-1848-F".to_owned()),
        )
    };
    // The Register's own link, as an address and as an object.
    for link in [
        json!("https://www.federalregister.gov/api/v1/documents/2026-14327"),
        json!(
            "https://www.federalregister.gov/api/v1/documents/2026-14327.json?publication_date=2026-07-16"
        ),
        json!({"document_number": "2026-14327"}),
    ] {
        let (number, _) = corrects(&|row| row["correction_of"] = link.clone(), &plain);
        assert_eq!(number, "2026-14327");
    }
    assert_eq!(
        corrects(&|_| {}, &without_number),
        made_final(),
        "by its place in print"
    );
    assert_eq!(
        corrects(
            &summary("It appeared in the November 5, 2026, Federal Register."),
            &plain
        ),
        made_final(),
        "by the day of the issue"
    );
    assert_eq!(
        corrects(&summary("This document corrects errors."), &|text| plain(
            text
        )
        .replace("November 5, 2026", "some day")),
        made_final(),
        "by docket: the last rule before it"
    );
    let (elsewhere, _) = corrects(
        &summary("It appeared on July 16, 2025 (90 FR 32352)."),
        &plain,
    );
    assert_eq!(
        elsewhere, "90 FR 32352",
        "a rule that no list has is not taken for another"
    );
    let (_, stage) = corrects(
        &|row| {
            row["type"] = json!("Proposed Rule");
            row["abstract"] =
                json!("It appeared in the July 16, 2026 Federal Register (91 FR 43842).");
        },
        &|text| {
            plain(text)
                .replace("<RULE>", "<PRORULE>")
                .replace("</RULE>", "</PRORULE>")
        },
    );
    assert_eq!(
        stage,
        Stage::ProposedBy("CMS-1848-P".to_owned()),
        "a corrected proposal stays one"
    );
}

#[test]
fn a_withdrawal_is_one_and_keeps_the_stage_of_the_proposal() {
    let mut list = value("documents.json");
    list["results"][0]["action"] = json!("Proposed rule; withdrawal.");
    let (units, ..) = discover(&|url| {
        if url.contains("part%5D=410") {
            return Some(list.to_string().into_bytes());
        }
        answer(url)
    })
    .expect("lists");
    let unit = units.iter().find(|unit| unit.name == PROPOSED).expect("it");
    let reading = extract(unit, &unit.request.url, body_of(PROPOSED)).expect("sound");
    let statement = only(&reading);
    assert_eq!(text(statement, Attribute::RuleKind), "withdrawal");
    assert_eq!(
        statement.topic.stage,
        Stage::ProposedBy("CMS-1848-P".to_owned())
    );
}

#[test]
fn a_document_that_does_not_matter_says_nothing() {
    let reading = read(NOTICE);
    assert_eq!(reading.statements, []);
    // The same notice with a code in it does.
    let names = String::from_utf8(body_of(NOTICE)).expect("text");
    let names = names.replace("Baltimore, MD 20560.", "Baltimore, MD 21244. Code 20560.");
    let reading = read_as(NOTICE, names).expect("sound");
    let statement = only(&reading);
    assert_eq!(statement.topic.stage, Stage::InForce);
    assert_eq!(text(statement, Attribute::RuleKind), "notice");
}

#[test]
fn a_filed_rule_is_heard_of_before_it_is_published() {
    let reading = read(FILED);
    let statement = only(&reading);
    assert_eq!(
        statement.topic,
        only(&read(PROPOSED)).topic,
        "one rule, one topic"
    );
    assert_eq!(statement.from, day("2026-07-10"));
    assert_eq!(reading.published, Some(day("2026-07-10")));
    assert_eq!(reading.thread.as_deref(), Some("CMS-1848"));
    assert_eq!(text(statement, Attribute::FiledOn), "2026-07-10 16:15");
    assert_eq!(text(statement, Attribute::PublishedOn), "2026-07-16");
    assert_eq!(
        text(statement, Attribute::Mentions),
        "20560, 20561, dry needling"
    );
    assert_eq!(
        terms(statement, Attribute::FiledPassages),
        ["20560+20561+dry needling @ page 2 as filed > "]
    );
    assert!(reading.concerns.is_empty());
}

#[test]
fn a_filed_text_that_is_cut_or_of_another_document_is_refused() {
    let text = String::from_utf8(body_of(FILED)).expect("text");
    for (bytes, why) in [
        (
            text.replace("[FR Doc. 2026-14327", "[FR Doc. 2026-14328"),
            "2026-14328",
        ),
        (text.replace("[FR Doc. 2026-14327 Filed", "Filed"), "cut"),
        ("Some page".to_owned(), "no text of CMS"),
        (String::new(), "no text of CMS"),
    ] {
        let error = read_as(FILED, bytes).expect_err(why).to_string();
        assert!(error.contains(why), "{error}");
    }
    // A form that was never seen: told, and read.
    let plain = text
        .replace(
            "[FR Doc. 2026-14327 Filed: 7/10/2026 4:15 pm; Publication Date: 7/16/2026]",
            "",
        )
        .replace("2026-14327", "");
    let reading = read_as(FILED, plain).expect("read");
    assert_eq!(reading.concerns.len(), 1);
    let statement = only(&reading);
    assert_eq!(text_of_mentions(statement), "20560, 20561, dry needling");
}

fn text_of_mentions(statement: &Statement) -> String {
    text(statement, Attribute::Mentions)
}

#[test]
fn a_fallback_says_less_and_nothing_of_the_text() {
    let units = units();
    let record = value("documents.json")["results"][0].to_string();
    let url = units[PROPOSED].fallback.clone().expect("a fallback").url;
    assert!(url.contains("fields%5B%5D="), "{url}");
    let reading = extract(&units[PROPOSED], &url, record).expect("a record");
    let statement = only(&reading);
    assert_eq!(text(statement, Attribute::RuleKind), "proposed rule");
    assert!(!statement.values.contains_key(&Attribute::Passages));
    assert!(!statement.values.contains_key(&Attribute::Mentions));
    let other = value("documents.json")["results"][1].to_string();
    assert!(
        extract(&units[PROPOSED], &url, other).is_err(),
        "of another document"
    );

    let desk = value("current.json")["results"][0].to_string();
    let url = units[FILED].fallback.clone().expect("a fallback").url;
    let reading = extract(&units[FILED], &url, desk).expect("a record");
    let statement = only(&reading);
    assert_eq!(text(statement, Attribute::FiledOn), "2026-07-10 16:15");
    assert!(!statement.values.contains_key(&Attribute::FiledPassages));
}

#[test]
fn discovery_asks_for_lists_with_fields_and_names_every_document() {
    let (units, listed, asked) = discover(&answer).expect("lists");
    assert_eq!(
        asked.len(),
        5,
        "a part, two words, a term, the desk: {asked:?}"
    );
    for url in &asked {
        assert!(url.starts_with("https://www.federalregister.gov/api/v1/"));
        assert!(url.contains("fields%5B%5D=document_number"), "{url}");
        for noise in [
            "page_views",
            "images",
            "regulations_dot_gov",
            "pdf_url",
            "corrections",
        ] {
            assert!(!url.contains(noise), "{url}");
        }
    }
    let names: Vec<_> = units.iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(
        names,
        [FILED, PROPOSED, FINAL, NOTICE, CORRECTION],
        "oldest first"
    );
    assert_eq!(listed.expect("a whole list"), names);
    let kinds: Vec<_> = units.iter().map(|unit| unit.request.expect).collect();
    assert_eq!(
        kinds,
        [
            Expect::Text,
            Expect::Xml,
            Expect::Xml,
            Expect::Xml,
            Expect::Xml
        ]
    );
    assert!(
        units
            .iter()
            .all(|unit| matches!(unit.request.reuse, Reuse::Tag(_)))
    );
}

#[test]
fn lists_are_followed_page_by_page_on_this_host_only() {
    let all = value("documents.json");
    let next = "https://www.federalregister.gov/api/v1/documents?format=json&page=2";
    let page = |from: usize, to: usize, next: Option<&str>| {
        let rows = &all["results"].as_array().expect("rows")[from..to];
        json!({"count": 4, "total_pages": 2, "results": rows, "next_page_url": next})
            .to_string()
            .into_bytes()
    };
    let paged = |url: &str| {
        if url == next {
            return Some(page(2, 4, None));
        }
        if url.contains("part%5D=410") {
            return Some(page(0, 2, Some(next)));
        }
        answer(url)
    };
    let (units, listed, asked) = discover(&paged).expect("lists");
    assert_eq!((units.len(), asked.len()), (5, 6));
    assert!(listed.is_some());

    let one_page_fails = |url: &str| (url != next).then(|| paged(url)).flatten();
    let (units, listed, _) = discover(&one_page_fails).expect("lists");
    assert_eq!(
        (units.len(), listed),
        (3, None),
        "what is there, but no baseline"
    );

    let cut_short = |url: &str| {
        if url.contains("part%5D=410") {
            return Some(page(0, 2, None));
        }
        answer(url)
    };
    let (_, listed, _) = discover(&cut_short).expect("lists");
    assert_eq!(listed, None, "two of four are no whole list");

    let in_a_circle = |url: &str| {
        if url == next || url.contains("part%5D=410") {
            return Some(page(0, 2, Some(next)));
        }
        answer(url)
    };
    assert_eq!(discover(&in_a_circle).expect("lists").1, None);

    for elsewhere in [
        "https://evil.example/api/v1/documents?page=2",
        "http://www.federalregister.gov/api/v1/documents?page=2",
        "https://user@www.federalregister.gov/api/v1/documents?page=2",
        "https://www.federalregister.gov/elsewhere",
    ] {
        let leads = |url: &str| {
            if url.contains("part%5D=410") {
                return Some(page(0, 2, Some(elsewhere)));
            }
            answer(url)
        };
        assert!(discover(&leads).is_err(), "{elsewhere}");
    }
}

#[test]
fn what_cannot_be_had_costs_only_itself() {
    let no_desk = |url: &str| {
        (!url.contains("public-inspection"))
            .then(|| answer(url))
            .flatten()
    };
    let (units, listed, _) = discover(&no_desk).expect("lists");
    assert_eq!((units.len(), listed), (4, None));
    let nothing = |_: &str| None;
    let (units, listed, _) = discover(&nothing).expect("lists");
    assert_eq!((units.len(), listed), (0, None));
    let mut short = value("current.json");
    short["results"].as_array_mut().expect("rows").pop();
    let cut = |url: &str| {
        if url.contains("public-inspection") {
            return Some(short.to_string().into_bytes());
        }
        answer(url)
    };
    let error = discover(&cut).expect_err("a list cut short").to_string();
    assert!(error.contains("says 2"), "{error}");
}

/// Adds everything that changes daily, in another order.
fn noisy(list: &str) -> Vec<u8> {
    let mut list = value(list);
    for (number, row) in list["results"]
        .as_array_mut()
        .expect("rows")
        .iter_mut()
        .enumerate()
    {
        row["page_views"] =
            json!({"count": 79_929 + number, "last_updated": "2026-09-06 20:15:03 -0400"});
        row["images"] = json!({"EP16JY26.002": {}, "EP16JY26.001": {}});
        row["public_inspection_pdf_url"] =
            json!("https://public-inspection.federalregister.gov/x.pdf?1784060110");
        row["dockets"] =
            json!([{"documents": [{"comment_count": 42_111, "updated_at": "2026-09-06"}]}]);
        row["regulations_dot_gov_info"] =
            json!({"checked_regulationsdotgov_at": "2026-09-06T23:55:04Z"});
        row["pdf_updated_at"] = json!("2026-09-06");
    }
    list["special_filings_updated_at"] = json!("2026-09-06");
    serde_json::to_vec_pretty(&list).expect("JSON")
}

#[test]
fn counters_pictures_and_check_times_are_noise() {
    let (quiet, ..) = discover(&answer).expect("lists");
    let (loud, ..) = discover(&|url| {
        Some(if url.contains("current") {
            noisy("current.json")
        } else if url.contains("part%5D=410") {
            noisy("documents.json")
        } else {
            no_documents()
        })
    })
    .expect("lists");
    let asked = |units: &[Unit]| {
        units
            .iter()
            .map(|unit| unit.request.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        asked(&quiet),
        asked(&loud),
        "no tag moves, so nothing is fetched again"
    );
    for (one, other) in quiet.iter().zip(&loud) {
        let url = &one.request.url;
        let body = body_of(&one.name);
        assert_eq!(
            extract(one, url, body.clone()).expect("sound"),
            extract(other, url, body).expect("sound")
        );
    }
    // What does matter moves the tag.
    let mut changed = value("documents.json");
    changed["results"][0]["comments_close_on"] = json!("2026-09-28");
    let (changed, ..) = discover(&|url| {
        if url.contains("part%5D=410") {
            return Some(changed.to_string().into_bytes());
        }
        answer(url)
    })
    .expect("lists");
    assert_ne!(asked(&quiet)[1], asked(&changed)[1]);
}

#[test]
fn the_same_rule_served_with_other_markup_says_the_same() {
    let sound = read(PROPOSED);
    let plain = String::from_utf8(body_of(PROPOSED)).expect("text");
    for other in [
        plain.replace('\n', "\r\n"),
        plain.replace("\n      ", " "),
        plain.replace("<P>", "<P >\n  "),
        plain.replace("<E T=\"03\">", "<E T='03' X=\"new\">"),
        plain.replace(
            "<PRTPAGE P=\"43842\"/>",
            "<PRTPAGE P=\"43842\"></PRTPAGE><!-- served again -->",
        ),
        plain.replace("&#xAD;", ""),
        plain.replace(" CPT codes", "\u{a0}CPT  codes"),
    ] {
        let reading = read_as(PROPOSED, other).expect("sound");
        let (one, two) = (only(&sound), only(&reading));
        for (attribute, value) in one.values.iter() {
            let plain = |value: &Observation| value.to_string().replace('\u{a0}', " ");
            assert_eq!(
                two.values.get(attribute).map(plain),
                Some(plain(value)),
                "{attribute}"
            );
        }
        assert_eq!(two.values.len(), one.values.len());
    }
}

#[test]
fn a_document_cut_anywhere_is_refused_or_says_the_same() {
    for name in [PROPOSED, CORRECTION, FILED] {
        let sound = read(name);
        let whole = body_of(name);
        let units = units();
        let unit = &units[name];
        let (mut refused, mut equal) = (0, 0);
        for cut in (0..whole.len())
            .step_by(7)
            .chain(whole.len() - 120..whole.len())
        {
            match extract(unit, &unit.request.url, &whole[..cut]) {
                Err(_) => refused += 1,
                Ok(reading) => {
                    assert_eq!(reading, sound, "{name} cut at {cut}");
                    equal += 1;
                }
            }
        }
        assert!(
            refused > 150 && equal < 130,
            "{name}: {refused} refused, {equal} equal"
        );
    }
    for list in ["documents.json", "current.json"] {
        let whole = fixture(list);
        let end = whole
            .iter()
            .rposition(|&byte| byte == b'}')
            .expect("an end");
        for cut in (0..end).step_by(11) {
            let shortened = |url: &str| {
                let is_it = url.contains("part%5D=410") == (list == "documents.json")
                    && url.contains("current") == (list == "current.json");
                if is_it {
                    return Some(whole[..cut].to_vec());
                }
                answer(url)
            };
            assert!(discover(&shortened).is_err(), "{list} cut at {cut}");
        }
    }
}

#[test]
fn damaged_documents_are_refused() {
    let plain = String::from_utf8(body_of(PROPOSED)).expect("text");
    for (what, damaged) in [
        ("doubled", format!("{plain}{plain}")),
        (
            "another document",
            plain.replace("2026-14327", "2026-14328"),
        ),
        (
            "no end line",
            plain.replace(
                "<FRDOC>[FR Doc. 2026-14327 Filed 7-10-26; 4:15 pm]</FRDOC>",
                "",
            ),
        ),
        ("no subject", plain.replace("SUBJECT>", "OTHER>")),
        ("another type", plain.replace("PRORULE>", "RULE>")),
        ("another root", plain.replace("PRORULE>", "FEDREG>")),
        (
            "a page",
            "<!DOCTYPE html><html><title>Not found</title></html>".to_owned(),
        ),
        ("an unknown entity", plain.replace("&amp;", "&nbsp;")),
        (
            "entities that expand",
            plain.replace("<PRORULE>", "<!DOCTYPE a [<!ENTITY b \"bb\">]><PRORULE>"),
        ),
        ("nothing", String::new()),
    ] {
        assert!(read_as(PROPOSED, damaged).is_err(), "{what}");
    }
    // A field that was asked for and is not there is no empty field.
    let list = value("documents.json");
    let fields: Vec<String> = list["results"][0]
        .as_object()
        .expect("a row")
        .keys()
        .cloned()
        .collect();
    for field in fields {
        if ["html_url", "agencies", "dates"].contains(&field.as_str()) {
            continue;
        }
        let mut list = list.clone();
        list["results"][0]
            .as_object_mut()
            .expect("a row")
            .remove(&field);
        let without = |url: &str| {
            if url.contains("part%5D=410") {
                return Some(list.to_string().into_bytes());
            }
            answer(url)
        };
        assert!(discover(&without).is_err(), "{field}");
    }
}

#[test]
fn a_hostile_text_is_read_once_or_refused() {
    let wrap = |inside: &str| {
        format!(
            "<RULE><SUBJECT>s</SUBJECT>{inside}<FRDOC>[FR Doc. 2026-14327 Filed]</FRDOC></RULE>"
        )
    };
    for piece in [
        "<P>20560</P>",
        "<PRTPAGE P=\"1\"/>20560 ",
        "<E>20560</E>-",
        "<SU>1</SU>",
        "<ENT>20560</ENT>",
        "<ROW><ENT>20560</ENT></ROW>",
        "<FTNT><P>x</P></FTNT>y",
        "CMS-1848-P ",
        "91 FR 1 ",
    ] {
        let inside = piece.repeat(100_000 / piece.len());
        for inside in [wrap(&inside), wrap(&format!("<P>{inside}</P>"))] {
            full_text(inside.as_bytes(), "hostile").expect("read");
        }
    }
    let headings = wrap(&"<HD SOURCE=\"HD1\">x</HD>".repeat(50_001));
    let error = full_text(headings.as_bytes(), "hostile").expect_err("too many");
    assert!(error.to_string().contains("headings"), "{error}");
}

#[test]
fn terms_and_parts_are_configured_and_checked() {
    let read = |text: &str| Config::from_text(None, text, &Environment::default(), |_| Ok(()));
    let config = read("").expect("the defaults");
    assert_eq!(
        config.sources.settings.federal_register,
        FederalRegisterSettings::default(),
        "config/coverd.toml says what the source would do without it"
    );
    let text = "[sources.federal_register]\nterms = [\"acupuncture\"]\ncfr_parts = [410]\n";
    let config = read(text).expect("sound");
    let expected = FederalRegisterSettings {
        terms: vec!["acupuncture".to_owned()],
        cfr_parts: vec![410],
    };
    assert_eq!(config.sources.settings.federal_register, expected);
    for (text, why) in [
        ("terms = [\"ab\"]", "too short"),
        ("cfr_parts = [0]", "no part of title 42"),
        (
            "cfr_parts = [42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]",
            "at most 20",
        ),
    ] {
        let error = read(&format!("[sources.federal_register]\n{text}\n")).expect_err(why);
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn a_recording_without_lists_is_read_as_far_as_it_goes() {
    let watch = dry_needling();
    let url = "https://www.federalregister.gov/documents/full_text/xml/2026/07/16/2026-14327.xml";
    let unit = source().recognise(url, &brief(&watch)).expect("a unit");
    assert_eq!(unit.name, PROPOSED);
    let reading = extract(&unit, url, body_of(PROPOSED)).expect("sound");
    let statement = only(&reading);
    assert_eq!(statement.topic, only(&read(PROPOSED)).topic);
    assert_eq!(statement.from, day("2026-07-16"));
    for other in [
        "https://www.cms.gov/documents/full_text/xml/2026/07/16/2026-14327.xml",
        "https://www.federalregister.gov/documents/2026/07/16/2026-14327/title",
        "https://www.federalregister.gov/api/v1/documents/facets.json",
    ] {
        assert!(
            source().recognise(other, &brief(&watch)).is_none(),
            "{other}"
        );
    }
}

// ---------------------------------------------------------------- real documents

#[test]
fn every_document_of_a_real_issue_is_read() {
    let Some(data) = real_data() else {
        return;
    };
    let file = fs::File::open(data.join("fr/FR-2016-04-15.xml.gz")).expect("the issue");
    let mut issue = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut issue)
        .expect("gzip");
    let mut read = BTreeMap::new();
    let mut numbers = Vec::new();
    let watch = dry_needling();
    for root in ["RULE", "PRORULE", "NOTICE"] {
        let (open, close) = (format!("<{root}>"), format!("</{root}>"));
        for (at, _) in issue.match_indices(&open) {
            let end = issue[at..].find(&close).expect("an end") + at + close.len();
            let text = full_text(&issue.as_bytes()[at..end], "issue")
                .unwrap_or_else(|error| panic!("{error}: {}", &issue[at..(at + 600).min(end)]));
            assert_eq!(text.root, root);
            assert!(!text.blocks.is_empty() && !text.subject.is_empty());
            numbers.extend(text.number.clone());
            for block in &text.blocks {
                // Nothing of 2016 can name codes of 2020.
                let found = coverd::sources::mentions::mentions(&block.text, &watch);
                assert_eq!(found, [], "{}", block.text);
            }
            *read.entry(root).or_insert(0) += 1;
        }
    }
    assert_eq!(
        read,
        BTreeMap::from([("RULE", 9), ("PRORULE", 4), ("NOTICE", 132)])
    );
    // The table of contents names each of them.
    let contents = &issue[..issue.find("</CNTNTS>").expect("contents")];
    for number in &numbers {
        assert!(
            contents.contains(number.as_str()),
            "{number} is not in the contents"
        );
    }
    assert_eq!(numbers.len(), 145);
}

/// The samples bear comments in front of some values' lines.
fn sample(folder: &Path, name: &str) -> Vec<u8> {
    let path = folder.join("fr/api_samples_2020").join(name);
    let bytes = fs::read(&path).unwrap_or_else(|_| {
        let file = fs::File::open(path.with_extension("jsonc.gz")).expect("a sample");
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(file)
            .read_to_end(&mut bytes)
            .expect("gzip");
        bytes
    });
    let text = String::from_utf8(bytes).expect("text");
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}

#[test]
fn recorded_answers_of_the_api_are_read() {
    let Some(data) = real_data() else {
        return;
    };
    for (list, documents) in [("documents.jsonc", 2), ("documents_search.jsonc", 0)] {
        let bytes = sample(&data, list);
        let (units, listed, _) = discover(&|url| {
            if url.contains("part%5D=410") {
                return Some(bytes.clone());
            }
            answer(url)
        })
        .expect(list);
        let published = units.iter().filter(|unit| !unit.name.ends_with("filed"));
        assert_eq!(published.count(), documents, "{list}");
        assert!(listed.is_some());
    }
    for (list, expected) in [
        ("public_documents.jsonc", vec!["2020-17127"]),
        (
            "public_documents_current.jsonc",
            vec!["2020-17086", "2020-17127", "2020-17553", "2020-17577"],
        ),
        (
            "public_documents_search.jsonc",
            vec!["2020-17086", "2020-17127", "2020-17553"],
        ),
    ] {
        let bytes = sample(&data, list);
        let (units, ..) = discover(&|url| {
            if url.contains("public-inspection") {
                return Some(bytes.clone());
            }
            Some(no_documents())
        })
        .expect(list);
        let names: Vec<String> = units.iter().map(|unit| unit.name.clone()).collect();
        let expected: Vec<String> = expected
            .iter()
            .map(|number| format!("FR {number} filed"))
            .collect();
        assert_eq!(names, expected, "{list}");
    }
    // The desk's own record, and a record of the proposed rule of the fee schedule for 2027.
    let filed = Unit::new("FR 2020-17127 filed", units()[FILED].request.clone());
    let reading = extract(&filed, "x", sample(&data, "public_document.jsonc")).expect("a record");
    assert_eq!(text(only(&reading), Attribute::RuleKind), "proposed rule");
    assert_eq!(text(only(&reading), Attribute::FiledOn), "2020-08-04 08:45");
    let path = data.join("fr/2026-14327_CY2027-PFS-proposed.api.TRANSCRIBED-PARTIAL.json");
    let reading = extract(
        &Unit::new(PROPOSED, filed.request),
        "x",
        fs::read(path).expect("it"),
    )
    .expect("a record");
    let statement = only(&reading);
    assert_eq!(
        statement.topic.stage,
        Stage::ProposedBy("CMS-1848-P".to_owned())
    );
    assert_eq!(text(statement, Attribute::CommentsClose), "2026-09-14");
    assert_eq!(text(statement, Attribute::Citation), "91 FR 43842");
    assert!(text(statement, Attribute::CfrParts).contains("410"));
}

#[test]
fn real_titles_of_corrections_are_corrections() {
    let Some(data) = real_data() else {
        return;
    };
    let mut rows: Vec<Value> = Vec::new();
    for entry in fs::read_dir(data.join("fr/pfs_doc_metadata")).expect("metadata") {
        let page = fs::read_to_string(entry.expect("a file").path()).expect("text");
        let line = |begin: &str| {
            let line = page.lines().find_map(|line| line.strip_prefix(begin));
            line.unwrap_or_default().trim().trim_matches('"').to_owned()
        };
        let summary = page
            .split("## Summary")
            .nth(1)
            .and_then(|rest| rest.split("## ").next());
        let title = line("title:");
        let is_proposal = page.contains("in the proposed rule")
            || page.contains("This proposed rule")
            || page.contains("This major proposed rule");
        let mut row = value("documents.json")["results"][0].clone();
        let published = line("original_published:");
        row["document_number"] = json!(line("**Document Number:**"));
        row["title"] = json!(title);
        row["action"] = json!("");
        row["abstract"] = json!(summary.unwrap_or_default().trim());
        row["publication_date"] = json!(published.get(..10));
        row["type"] = json!(if is_proposal { "Proposed Rule" } else { "Rule" });
        row["docket_ids"] = json!([]);
        row["regulation_id_numbers"] = json!([]);
        row["citation"] = json!("");
        rows.push(row);
    }
    let list = json!({"count": rows.len(), "results": rows}).to_string();
    let (units, ..) = discover(&|url| {
        Some(if url.contains("part%5D=410") {
            list.clone().into_bytes()
        } else {
            no_documents()
        })
        .filter(|_| !url.contains("public-inspection"))
    })
    .expect("lists");
    assert_eq!(units.len(), 15);
    let mut corrections = 0;
    for unit in &units {
        let number = unit.name.trim_start_matches("FR ");
        let row = rows
            .iter()
            .find(|row| row["document_number"] == number)
            .expect("it");
        let reading = extract(unit, "x", row.to_string()).expect("a record");
        let kind = text(only(&reading), Attribute::RuleKind);
        let title = row["title"].as_str().unwrap_or_default();
        let ends = ["Correction", "Corrections", "Correcting Amendment"];
        let is_correction = ends.iter().any(|end| title.ends_with(end));
        assert_eq!(kind == "correction", is_correction, "{title}");
        corrections += usize::from(is_correction);
        if number == "2025-15492" {
            // "appeared in the July 16, 2025 Federal Register (90 FR 32352)"
            assert_eq!(text(only(&reading), Attribute::Corrects), "90 FR 32352");
        }
    }
    assert_eq!(corrections, 9);
    assert_eq!(dockets("CMS-1832-P"), ["CMS-1832-P"]);
}
