//! Local coverage: off until the terms are accepted, then lists, records and code lists.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as expected"
)]

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use coverd::app::commands::check_schedule;
use coverd::app::config::{Config, Environment};
use coverd::model::document::{Document, DocumentHash};
use coverd::model::request::{Access, Discovery, Reading, Reuse, ShapeError, Unit, UnitDocuments};
use coverd::sources::local_coverage::{LocalCoverage, Scope, TERMS};
use coverd::sources::{Brief, Seen, Source};

use crate::harness::cms::{Answer, FakeCms};
use crate::harness::run::Practice;
use crate::harness::watch::dry_needling;

const API: &str = "https://api.coverage.cms.gov/v1";
const STATES: &str = "https://api.coverage.cms.gov/v1/metadata/states/";
const LCDS: &str = include_str!("../fixtures/local_coverage/lcds.json");
const ARTICLES: &str = include_str!("../fixtures/local_coverage/articles.json");
const LCD: &str = include_str!("../fixtures/local_coverage/lcd-33622.json");
const ARTICLE: &str = include_str!("../fixtures/local_coverage/article-57201.json");
const CODES: &str = include_str!("../fixtures/local_coverage/article-57201-codes.json");
const NOTHING: &str = r#"{"meta": {"status": {"id": 200}, "next_token": ""}, "data": []}"#;
const STATE_ROWS: &str = r#"{"data": [{"state_id": 6, "description": "California - Entire State"},
    {"state_id": 7, "description": "California - Northern"}, {"state_id": 40, "description": "Ohio"}]}"#;

fn now() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn document(url: &str, text: &str) -> Document {
    Document {
        url: url.to_owned(),
        final_url: url.to_owned(),
        captured: now(),
        hash: DocumentHash::new([0; 32]),
        bytes: Arc::from(text.as_bytes()),
        text: None,
    }
}

fn source(contractors: &[&str], states: &[&str]) -> LocalCoverage {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    LocalCoverage::new(Scope {
        contractors: owned(contractors),
        states: owned(states),
        terms_accepted: true,
    })
}

fn discover(source: &LocalCoverage, pairs: &[(String, &str)]) -> Result<Discovery, ShapeError> {
    let watch = dry_needling();
    let brief = Brief {
        today: now().date_naive(),
        watch: &watch,
        since_year: 2020,
    };
    let pairs = pairs.iter();
    let seen: Seen = pairs
        .map(|(url, text)| (url.clone(), document(url, text)))
        .collect();
    source.discover(&seen, &[], &brief)
}

fn lists(pick: &str) -> Vec<(String, &'static str)> {
    vec![
        (
            format!("{API}/reports/local-coverage-final-lcds/{pick}"),
            LCDS,
        ),
        (
            format!("{API}/reports/local-coverage-proposed-lcds/{pick}"),
            NOTHING,
        ),
        (
            format!("{API}/reports/local-coverage-articles/{pick}"),
            ARTICLES,
        ),
    ]
}

fn units(source: &LocalCoverage, pairs: &[(String, &str)]) -> Vec<Unit> {
    match discover(source, pairs).unwrap() {
        Discovery::Complete { units, .. } => units,
        Discovery::Fetch(requests) => panic!("{requests:?}"),
    }
}

fn read(name: &str, text: &str) -> Result<Reading, ShapeError> {
    let source = source(&["made contractor"], &[]);
    let units = units(&source, &lists(""));
    let unit = units.iter().find(|unit| unit.name == name).unwrap();
    let documents = UnitDocuments {
        primary: document(&unit.request.url, text),
        companions: Vec::new(),
    };
    source.extract(unit, &documents, &dry_needling())
}

fn said(reading: &Reading) -> Vec<String> {
    let statements = reading.statements.iter();
    statements
        .flat_map(|statement| {
            let topic = statement.topic.to_string();
            let values = statement.values.iter();
            values.map(move |(attribute, value)| format!("{topic} {}: {value}", attribute.id()))
        })
        .collect()
}

#[test]
fn states_and_contractors_pick_the_lists_and_rows_lead_to_records() {
    let by_state = source(&["28"], &["CA"]);
    let Discovery::Fetch(first) = discover(&by_state, &[]).unwrap() else {
        panic!("states are looked up first");
    };
    assert_eq!(first[0].url, STATES);
    let states = (STATES.to_owned(), STATE_ROWS);
    let Discovery::Fetch(wanted) = discover(&by_state, std::slice::from_ref(&states)).unwrap()
    else {
        panic!("then the lists");
    };
    assert_eq!(wanted.len(), 6);
    assert!(wanted.iter().all(|list| list.access == Access::Open));
    assert!(
        wanted[0].url.ends_with("final-lcds/?contractor_id=28"),
        "{wanted:?}"
    );
    assert!(wanted[1].url.ends_with("final-lcds/?state_id=6"));
    let error = discover(&source(&[], &["NV"]), &[states]).unwrap_err();
    assert!(error.to_string().contains("NV"), "{error}");

    let ours = source(&["made contractor"], &[]);
    let units = units(&ours, &lists(""));
    let names: Vec<&str> = units.iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "list local-coverage-final-lcds",
            "list local-coverage-proposed-lcds",
            "list local-coverage-articles",
            "LCD L33622",
            "Article A57201",
            "Article A57201 codes",
        ]
    );
    let lcd = &units[3].request;
    assert_eq!(lcd.url, format!("{API}/data/lcd/?lcdid=33622&ver=5"));
    assert_eq!(lcd.access, Access::CoverageLicence);
    assert_eq!(lcd.reuse, Reuse::Tag("5 20261001090000".to_owned()));
    assert_eq!(
        units[5].request.url,
        format!("{API}/data/article/hcpc-code?articleid=57201&ver=12")
    );
}

#[test]
fn a_determination_tells_where_it_names_what_is_watched() {
    let reading = read("LCD L33622", LCD).unwrap();
    let place = "LCD L33622, contractor Made Contractor, LLC";
    assert_eq!(
        said(&reading),
        [
            format!("{place} title: Pain Management"),
            format!("{place} effective_date: 10/01/2026"),
            format!(
                "{place} indications_limitations: Dry needling is reasonable for a made condition.\nOther text."
            ),
            format!("{place} mentions: dry needling"),
            format!(
                "{place} passages: dry needling | indication |  | Dry needling is reasonable for a made condition."
            ),
            format!("{place} contractor: Made Contractor, LLC (MAC - Part A, MAC - Part B)"),
            format!("{place} retired_on: N/A"),
        ]
    );
    assert_eq!(
        (reading.statements[0].from, reading.announces_new),
        (NaiveDate::from_ymd_opt(2026, 10, 1).unwrap(), true)
    );
    // One that names nothing says just that, and is no news.
    let other = read("Article A57201", ARTICLE).unwrap();
    let place = "Article A57201, contractor Made Contractor, LLC";
    assert_eq!(
        (said(&other), other.announces_new),
        (
            vec![
                format!("{place} mentions: blank"),
                format!("{place} passages: blank")
            ],
            false
        )
    );
}

#[test]
fn an_article_lists_our_codes_or_does_not() {
    let place = "Article A57201, contractor Made Contractor, LLC";
    let reading = read("Article A57201 codes", CODES).unwrap();
    assert!(said(&reading).contains(&format!("{place} listed_codes: 20560, 20561")));
    assert!(reading.announces_new);
    let without = CODES
        .replace("\"20560\"", "\"99213\"")
        .replace("\"20561\"", "\"99214\"");
    let reading = read("Article A57201 codes", &without).unwrap();
    assert_eq!(
        said(&reading),
        [format!("{place} listed_codes: not listed")]
    );
    assert!(!reading.announces_new);
    // A part of a longer list says nothing.
    let part = CODES.replace("\"next_token\": \"\"", "\"next_token\": \"x\"");
    assert!(read("Article A57201 codes", &part).is_err());
}

#[test]
fn a_retired_policy_whose_title_names_it_is_told_by_the_list() {
    let list = LCDS
        .replace("Made Imaging", "Trigger Point Injections and Dry Needling")
        .replace("Other Contractor", "Made Contractor, LLC");
    let reading = read("list local-coverage-final-lcds", &list).unwrap();
    let place = "LCD L33700, contractor Made Contractor, LLC";
    assert!(said(&reading).contains(&format!("{place} retired_on: 03/01/2024")));
    let proposed = list.replace("\"L33700\"", "\"DL33700\"");
    let reading = read("list local-coverage-proposed-lcds", &proposed).unwrap();
    let topic = reading.statements[0].topic.to_string();
    assert_eq!(topic, format!("{place}, proposed by DL33700"));
}

#[test]
fn what_is_cut_or_lacks_a_documented_field_is_refused() {
    for (name, text, fields) in [
        (
            "list local-coverage-final-lcds",
            LCDS,
            &[
                "document_id",
                "document_version",
                "document_display_id",
                "title",
                "contractor_name_type",
                "updated_on_sort",
                "effective_date",
                "retirement_date",
            ][..],
        ),
        (
            "LCD L33622",
            LCD,
            &["lcd_id", "lcd_version", "title", "indication"],
        ),
        (
            "Article A57201",
            ARTICLE,
            &["article_id", "article_version", "title", "description"],
        ),
        (
            "Article A57201 codes",
            CODES,
            &["article_id", "article_version", "hcpc_code_id"],
        ),
    ] {
        let whole = said(&read(name, text).unwrap());
        for field in fields {
            let lost = text.replace(&format!("\"{field}\""), &format!("\"no_{field}\""));
            let error = read(name, &lost).unwrap_err();
            assert!(error.to_string().contains(field), "{error}");
        }
        for end in (0..text.len()).step_by(7) {
            if let Ok(reading) = read(name, &text[..end]) {
                assert_eq!(said(&reading), whole, "{name} cut at {end}");
            }
        }
    }
    for (from, to) in [
        ("33622", "33623"),
        ("\"lcd_version\": 5", "\"lcd_version\": 4"),
    ] {
        assert!(read("LCD L33622", &LCD.replace(from, to)).is_err(), "{to}");
    }
}

fn configured(section: &str) -> Result<Config, String> {
    let text = format!("[sources.local_coverage]\n{section}");
    let nothing = Environment::from_lookup(|_| None);
    Config::from_text(None, &text, &nothing, check_schedule).map_err(|error| error.to_string())
}

#[test]
fn it_is_switched_on_only_with_the_terms_accepted_in_words() {
    assert!(
        !configured("")
            .unwrap()
            .sources
            .settings
            .local_coverage
            .terms_accepted
    );
    let error = configured("enabled = true\nstates = [\"CA\"]").unwrap_err();
    assert!(
        error.contains("accept_terms") && error.contains(TERMS),
        "{error}"
    );
    let error = configured("accept_terms = \"yes\"").unwrap_err();
    assert!(error.contains(TERMS), "{error}");
    let accepted = format!("enabled = true\naccept_terms = \"{TERMS}\"\n");
    let error = configured(&accepted).unwrap_err();
    assert!(error.contains("name the states"), "{error}");
    for wrong in ["states = [\"California\"]", "contractors = [\"x\"]"] {
        let error = configured(&format!("{accepted}{wrong}")).unwrap_err();
        assert!(
            error.contains("two letters") || error.contains("number"),
            "{error}"
        );
    }
    let config = configured(&format!(
        "{accepted}states = [\"ca\"]\ncontractors = [\"28\"]"
    ))
    .unwrap();
    let scope = &config.sources.settings.local_coverage;
    assert_eq!(
        (scope.states.as_slice(), scope.terms_accepted),
        (&["CA".to_owned()][..], true)
    );
}

/// Lets the coverage database show a policy and an article that lists 20560.
pub(crate) fn show(cms: &FakeCms) {
    let serve = |url: &str, text: &str| cms.serve(url, Answer::json(text));
    for (url, text) in lists("") {
        serve(&url, text);
    }
    serve(
        &format!("{API}/metadata/license-agreement/"),
        r#"{"data":[{"Token":"t"}]}"#,
    );
    serve(&format!("{API}/data/lcd/?lcdid=33622&ver=5"), LCD);
    serve(
        &format!("{API}/data/article/?articleid=57201&ver=12"),
        ARTICLE,
    );
    serve(
        &format!("{API}/data/article/hcpc-code?articleid=57201&ver=12"),
        CODES,
    );
}

/// The next version of the article, without 20560.
pub(crate) fn drop_code(cms: &FakeCms) {
    let next = |text: &str| {
        text.replace("\"document_version\": 12", "\"document_version\": 13")
            .replace("\"article_version\": 12", "\"article_version\": 13")
            .replace("20261001090000", "20261121090000")
    };
    let serve = |url: &str, text: &str| cms.serve(url, Answer::json(text));
    serve(
        &format!("{API}/reports/local-coverage-articles/"),
        &next(ARTICLES),
    );
    serve(
        &format!("{API}/data/article/?articleid=57201&ver=13"),
        &next(ARTICLE),
    );
    let dropped = next(CODES).replace("\"20560\"", "\"99213\"");
    serve(
        &format!("{API}/data/article/hcpc-code?articleid=57201&ver=13"),
        &dropped,
    );
}

#[tokio::test]
async fn an_article_that_drops_our_code_is_told_and_nothing_else() {
    let more = format!(
        "[sources.local_coverage]\nenabled = true\naccept_terms = \"{TERMS}\"\ncontractors = [\"Made Contractor\"]\n"
    );
    let mut practice = Practice::reading(&["local_coverage"], "2026-11-20T12:00:00Z", &more);
    show(&practice.cms);
    let first = practice.check().await;
    assert_eq!(
        (first.mails.as_slice(), first.problems()),
        (&[][..], vec![])
    );
    let asked = practice.cms.all_hits().len();
    assert_eq!(practice.check_after(1).await.mails, []);
    assert_eq!(
        practice.cms.all_hits().len(),
        asked + 3,
        "the lists alone are asked for again"
    );

    drop_code(&practice.cms);
    let told = practice.check_after(1).await;
    assert_eq!(
        (told.news().len(), told.problems()),
        (1, vec![]),
        "{:?}",
        told.mails
    );
    let mail = told.news()[0];
    assert!(
        mail.text.contains("20560") && mail.text.contains("A57201"),
        "{mail:?}"
    );
    assert_eq!(practice.check_after(1).await.mails, []);
}
