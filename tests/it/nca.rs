//! National coverage analyses and the news of the coverage database.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as expected"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use coverd::engine::diff::diff;
use coverd::engine::fold::fold;
use coverd::model::change::Severity;
use coverd::model::document::{Document, DocumentHash};
use coverd::model::fact::{Fact, Origin};
use coverd::model::request::{Discovery, Reading, Request, Reuse, ShapeError, Unit, UnitDocuments};
use coverd::model::watch::{Codes, NcdLink, Watch};
use coverd::sources::nca::Nca;
use coverd::sources::{Brief, Seen, Source};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::cms::{Answer, FakeCms};
use crate::harness::run::{Practice, Round};

const ANALYSES: &str = "https://api.coverage.cms.gov/v1/reports/national-coverage-ncacal/";
const NEWS: &str = "https://api.coverage.cms.gov/v1/reports/whats-new/national/?timeframe=30";
const DETERMINATIONS: &str = "https://api.coverage.cms.gov/v1/reports/national-coverage-ncd/";

const LIST: &str = include_str!("../fixtures/nca/analyses.json");
const RECORD: &str = include_str!("../fixtures/nca/record-330.json");
const WHATS_NEW: &str = include_str!("../fixtures/nca/whats-new.json");

pub(crate) fn record_url(id: u32) -> String {
    format!("https://api.coverage.cms.gov/v1/data/nca/?ncaid={id}")
}

fn watch() -> Watch {
    let link = |id, section: &str| NcdLink {
        id,
        section: section.to_owned(),
        codes: BTreeSet::new(),
    };
    Watch {
        codes: Codes::Named(["20560", "20561"].map(|code| code.parse().unwrap()).into()),
        look_alikes: BTreeSet::new(),
        words: ["dry needling", "trigger point"].map(str::to_owned).into(),
        billed_with: BTreeSet::new(),
        localities: BTreeSet::new(),
        ncds: BTreeMap::from([(11, link(11, "30.3")), (373, link(373, "30.3.3"))]),
    }
}

pub(crate) fn answer(data: &Value) -> String {
    json!({"meta": {"status": {"id": 200, "message": "OK"}, "next_token": ""}, "data": data})
        .to_string()
}

fn determinations() -> String {
    answer(&json!([
        {"document_id": 373, "document_version": 1, "document_display_id": "30.3.3", "document_type": "NCD",
         "last_updated_sort": "20200508000000", "title": "Acupuncture for Chronic Lower Back Pain (cLBP)"},
        {"document_id": 380, "document_version": 1, "document_display_id": "240.9", "document_type": "NCD",
         "last_updated_sort": "20260430000000", "title": "Made Transplantation"},
    ]))
}

fn at(day: u32) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap() + TimeDelta::days(i64::from(day))
}

fn document(url: &str, text: &str, captured: DateTime<Utc>) -> Document {
    Document {
        url: url.to_owned(),
        final_url: url.to_owned(),
        captured,
        hash: DocumentHash::new([0; 32]),
        bytes: Arc::from(text.as_bytes()),
        text: None,
    }
}

fn seen(pairs: &[(&str, &str)]) -> Seen {
    pairs
        .iter()
        .map(|&(url, text)| (url.to_owned(), document(url, text, at(0))))
        .collect()
}

fn discover(seen: &Seen, failed: &[&str]) -> Discovery {
    let watch = watch();
    let brief = Brief {
        today: at(0).date_naive(),
        watch: &watch,
        since_year: 2020,
    };
    let failed: Vec<String> = failed.iter().map(|&url| url.to_owned()).collect();
    Nca.discover(seen, &failed, &brief).unwrap()
}

fn complete(discovery: Discovery) -> (Vec<Unit>, Option<Vec<String>>) {
    match discovery {
        Discovery::Complete { units, listed, .. } => (units, listed),
        Discovery::Fetch(requests) => panic!("{requests:?}"),
    }
}

fn all_units() -> Vec<Unit> {
    units_of(WHATS_NEW)
}

fn units_of(news: &str) -> Vec<Unit> {
    let lists = [
        (ANALYSES, LIST),
        (NEWS, news),
        (DETERMINATIONS, &determinations()),
    ];
    complete(discover(&seen(&lists), &[])).0
}

fn read(unit: &Unit, text: &str, captured: DateTime<Utc>) -> Result<Reading, ShapeError> {
    let documents = UnitDocuments {
        primary: document(&unit.request.url, text, captured),
        companions: Vec::new(),
    };
    Nca.extract(unit, &documents, &watch())
}

fn unit<'u>(units: &'u [Unit], name: &str) -> &'u Unit {
    units.iter().find(|unit| unit.name == name).unwrap()
}

/// What is said, as `policy attribute: value`.
fn said(reading: &Reading) -> Vec<String> {
    let statements = reading.statements.iter();
    statements
        .flat_map(|statement| {
            let topic = statement.topic.to_string();
            statement
                .values
                .iter()
                .map(move |(attribute, value)| format!("{topic} {}: {value}", attribute.id()))
        })
        .collect()
}

#[test]
fn lists_lead_to_records_and_to_one_unit_for_each_row_of_news() {
    let Discovery::Fetch(lists) = discover(&Seen::new(), &[]) else {
        panic!("nothing to ask for");
    };
    let urls: Vec<&str> = lists.iter().map(|list| list.url.as_str()).collect();
    assert_eq!(urls, [ANALYSES, NEWS, DETERMINATIONS]);

    let units = all_units();
    let names: Vec<&str> = units.iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "news NCD 373 v1 20260430120000",
            "news NCD 380 v1 20260430120000",
            "news NCD 373 v2 20260520120000",
            "news NCA 323 v2 20260521160359",
            "news NCA 330 v1 20260522090000",
            "news MEDCAC 77 v1 20260522100000",
            "list of national coverage analyses",
            "NCA 311",
        ]
    );
    let open = &unit(&units, "NCA 311").request;
    assert_eq!(
        (open.url.clone(), &open.reuse),
        (record_url(311), &Reuse::Never)
    );
}

#[test]
fn of_very_many_open_analyses_a_record_is_read_when_cms_touched_it() {
    let rows = (1..=31).map(|id| analysis(id, &format!("CAG-{id}"), "Open", "Made"));
    let ours = analysis(32, "CAG-32", "Open", "Trigger points");
    let list = answer(&rows.chain([ours]).collect());
    let titles = determinations();
    let lists = [
        (ANALYSES, list.as_str()),
        (NEWS, WHATS_NEW),
        (DETERMINATIONS, &titles),
    ];
    let (units, _) = complete(discover(&seen(&lists), &[]));
    let reuse = |name: &str| unit(&units, name).request.reuse.clone();
    assert_eq!(reuse("NCA 1"), Reuse::Tag("20261120090000".to_owned()));
    assert_eq!(reuse("NCA 32"), Reuse::Never);
}

#[test]
fn a_list_that_cannot_be_had_is_no_baseline_and_one_that_cannot_be_read_is_told() {
    let determinations = determinations();
    let lists = [(NEWS, WHATS_NEW), (DETERMINATIONS, determinations.as_str())];
    let (units, listed) = complete(discover(&seen(&lists), &[ANALYSES]));
    assert_eq!((units.len(), listed), (6, None));

    let lists = [
        (ANALYSES, "{\"data\": [{}]}"),
        (NEWS, "{\"data\": [{\"title\": 1}]}"),
        (DETERMINATIONS, &determinations),
    ];
    let (units, listed) = complete(discover(&seen(&lists), &[]));
    let names: Vec<String> = units.iter().map(|unit| unit.name.clone()).collect();
    assert_eq!(
        names,
        ["national what's new", "list of national coverage analyses"]
    );
    assert_eq!(listed, Some(names));
    for (unit, text) in units
        .iter()
        .zip(["{\"data\": [{\"title\": 1}]}", "{\"data\": [{}]}"])
    {
        let error = read(unit, text, at(0)).unwrap_err();
        assert!(error.to_string().contains("data[0]"), "{error}");
    }
}

#[test]
fn an_analysis_is_known_by_the_title_of_a_determination() {
    let units = all_units();
    let reading = read(
        unit(&units, "list of national coverage analyses"),
        LIST,
        at(0),
    )
    .unwrap();
    // "Chronic Low Back Pain" is not "Chronic Lower Back Pain": by NCD 30.3.3 it is not found here.
    assert_eq!(said(&reading), Vec::<String>::new());
    let reopened = LIST.replace("Chronic Low Back", "Chronic Lower Back");
    let reading = read(
        unit(&units, "list of national coverage analyses"),
        &reopened,
        at(0),
    )
    .unwrap();
    assert_eq!(
        said(&reading),
        [
            "NCA CAG-00452N title: Acupuncture for Chronic Lower Back Pain",
            "NCA CAG-00452N analysis_status: Closed",
        ]
    );
    assert!(reading.announces_new);
    assert_eq!(reading.statements[0].from, at(0).date_naive());
}

#[test]
fn a_record_tells_its_dates_and_where_it_names_what_is_watched() {
    let watch = watch();
    let brief = Brief {
        today: at(0).date_naive(),
        watch: &watch,
        since_year: 2020,
    };
    let unit = Nca.recognise(&record_url(330), &brief).unwrap();
    let reading = read(&unit, RECORD, at(0)).unwrap();
    assert_eq!(
        said(&reading),
        [
            "NCA CAG-00452R title: Needling Services",
            "NCA CAG-00452R mentions: 20560, 20561, NCD 30.3.3, dry needling",
            "NCA CAG-00452R passages: NCD 30.3.3 | issue |  | CMS opens section 30.3.3 of the NCD Manual again.\n\
             20560, 20561, dry needling | issue |  | The request is for dry needling (20560, 20561) of the back.",
            "NCA CAG-00452R analysis_opened: 11/20/2026",
            "NCA CAG-00452R proposed_decision: blank",
            "NCA CAG-00452R final_decision: blank",
            "NCA CAG-00452R comment_period: comment begin date: 11/20/2026; comment end date: 12/20/2026",
        ]
    );
    // What touches nothing that is watched says nothing.
    let other = RECORD
        .replace("30.3.3", "240.9")
        .replace("dry needling", "it")
        .replace("20560, 20561", "99213");
    assert_eq!(read(&unit, &other, at(0)).unwrap().statements, []);
}

#[test]
fn a_record_of_another_analysis_or_without_its_name_is_refused() {
    let watch = watch();
    let brief = Brief {
        today: at(0).date_naive(),
        watch: &watch,
        since_year: 2020,
    };
    let unit = Nca.recognise(&record_url(330), &brief).unwrap();
    for (from, to, why) in [
        ("\"330\"", "\"331\"", "the record of document_id 331"),
        ("\"document_id\"", "\"x\"", "'document_id' is missing"),
        ("\"title\"", "\"name\"", "'title' is missing"),
        ("Needling Services", "", "blank"),
        ("\"next_token\": \"\"", "\"next_token\": \"a\"", "one part"),
        ("\"id\": 200", "\"id\": 500", "status 500"),
    ] {
        let error = read(&unit, &RECORD.replace(from, to), at(0)).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn news_of_configured_determinations_are_weighed_by_their_words() {
    let units = all_units();
    let of = |name: &str| read(unit(&units, name), WHATS_NEW, at(0)).unwrap();

    let coding = of("news NCD 373 v1 20260430120000");
    assert_eq!(
        said(&coding),
        [
            "NCD 30.3.3 announcement: Updated NCD coding via a new Change Request/Transmittal, no policy changes."
        ]
    );
    assert_eq!(coding.severity, Some(Severity::Administrative));
    assert_eq!(coding.published, NaiveDate::from_ymd_opt(2026, 4, 30));

    let removed = of("news NCD 373 v2 20260520120000");
    assert_eq!(
        said(&removed),
        ["NCD 30.3.3 announcement: Effective 5/1/2026, this section of the NCD Manual is removed."]
    );
    assert_eq!(removed.severity, Some(Severity::Coverage));
    assert!(removed.announces_new);

    // Of an analysis with the title of a configured determination, and of a word.
    let opened = of("news NCA 330 v1 20260522090000");
    assert_eq!(
        said(&opened),
        ["NCA CAG-00452R announcement: Posted tracking sheet"]
    );
    assert_eq!(opened.severity, Some(Severity::Coverage));
    assert_eq!(
        said(&of("news MEDCAC 77 v1 20260522100000")),
        ["MEDCAC 77 announcement: Posted agenda"]
    );
    // Of others nothing is said.
    for other in [
        "news NCD 380 v1 20260430120000",
        "news NCA 323 v2 20260521160359",
    ] {
        assert_eq!(of(other).statements, []);
    }
}

/// The facts of one posting of the list of news: all its rows, each by its own unit.
fn posted(rows: &[Value], number: u8) -> Vec<Fact> {
    let text = answer(&Value::Array(rows.to_vec()));
    let captured = at(u32::from(number));
    let mut facts = Vec::new();
    for unit in units_of(&text) {
        if !unit.name.starts_with("news ") {
            continue;
        }
        let reading = read(&unit, &text, captured).unwrap();
        let origin = Arc::new(Origin {
            source: "nca".to_owned(),
            edition: reading.edition.clone(),
            document: DocumentHash::new([number; 32]),
            url: NEWS.to_owned(),
            published: reading.published.unwrap_or(captured.date_naive()),
            learned: captured,
        });
        let statements = reading.statements.into_iter();
        facts.extend(statements.map(|statement| Fact {
            statement,
            origin: Arc::clone(&origin),
        }));
    }
    facts
}

fn news_rows() -> Vec<Value> {
    let value: Value = serde_json::from_str(WHATS_NEW).unwrap();
    value["data"].as_array().unwrap().clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// The list is served again and again, with its rows in another order and older ones gone.
    #[test]
    fn rows_in_another_order_or_fewer_rows_change_nothing(
        orders in proptest::collection::vec(
            (Just(news_rows()).prop_shuffle(), 0_usize..=6), 1..4)
    ) {
        let mut facts = posted(&news_rows(), 1);
        let first = fold(facts.clone());
        for (number, (rows, kept)) in (2..).zip(orders) {
            facts.extend(posted(&rows[..kept], number));
        }
        prop_assert_eq!(diff(&first, &fold(facts)), vec![]);
    }
}

#[test]
fn a_document_cut_anywhere_is_refused() {
    let units = all_units();
    let watch = watch();
    let brief = Brief {
        today: at(0).date_naive(),
        watch: &watch,
        since_year: 2020,
    };
    let record = Nca.recognise(&record_url(330), &brief).unwrap();
    for (unit, text) in [
        (unit(&units, "news NCD 373 v2 20260520120000"), WHATS_NEW),
        (unit(&units, "list of national coverage analyses"), LIST),
        (&record, RECORD),
    ] {
        let whole = read(unit, text, at(0)).unwrap();
        for end in 0..text.len() {
            if let Some(cut) = text.get(..end)
                && let Ok(reading) = read(unit, cut, at(0))
            {
                assert_eq!(said(&reading), said(&whole), "{} cut at {end}", unit.name);
            }
        }
    }
}

#[test]
fn a_documented_field_that_is_missing_is_refused() {
    let units = all_units();
    for (name, text, fields) in [
        (
            "news NCD 373 v2 20260520120000",
            WHATS_NEW,
            &[
                "document_id",
                "document_version",
                "document_display_id",
                "document_type",
                "last_updated_sort",
                "title",
                "whats_new_description",
            ][..],
        ),
        (
            "list of national coverage analyses",
            LIST,
            &[
                "document_id",
                "document_display_id",
                "document_type",
                "document_status",
                "title",
            ],
        ),
    ] {
        for field in fields {
            let lost = text.replace(&format!("\"{field}\""), "\"other\"");
            // The made rows have the other name twice then; a reader must not choose.
            let error = read(unit(&units, name), &lost, at(0)).unwrap_err();
            assert!(error.to_string().contains(field), "{error}");
        }
    }
}

// ---------------------------------------------------------------- as the days go by

/// Lets the coverage database show these lists, and the record of one analysis.
pub(crate) fn serve(cms: &FakeCms, analyses: &Value, news: &Value) {
    cms.serve(ANALYSES, Answer::json(&answer(analyses)));
    cms.serve(NEWS, Answer::json(&answer(news)));
    cms.serve(DETERMINATIONS, Answer::json(&determinations()));
    cms.serve(&record_url(330), Answer::json(RECORD));
}

pub(crate) fn analysis(id: u32, number: &str, status: &str, title: &str) -> Value {
    json!({"document_id": id, "document_display_id": number, "document_type": "NCA", "document_status": status,
           "title": title, "last_updated_sort": "20261120090000"})
}

#[track_caller]
fn one_mail(round: &Round, words: &[&str]) {
    assert_eq!(round.problems(), []);
    let news = round.news();
    assert_eq!(news.len(), 1, "{:?}", round.mails);
    let mail = news[0];
    for words in words {
        assert!(
            mail.subject.contains(words) || mail.text.contains(words),
            "{words} is not in {mail:?}"
        );
    }
}

#[tokio::test]
async fn a_reopened_determination_is_heard_of_on_the_first_day_and_once() {
    let old = analysis(
        295,
        "CAG-00452N",
        "Closed",
        "Acupuncture for Chronic Lower Back Pain",
    );
    let mut practice = Practice::reading(&["nca"], "2026-11-19T12:00:00Z", "");
    practice.cms.serve(&record_url(295), Answer::json(&answer(&json!([
        {"document_id": 295, "title": "Acupuncture for Chronic Lower Back Pain", "final_decision_date": "01/21/2020"}
    ]))));
    serve(&practice.cms, &json!([old]), &json!([]));
    let first = practice.check().await;
    assert_eq!(first.mails, [], "{:?}", first.problems());

    // Opened again under a title that names nothing that is watched: its record does.
    let open = analysis(330, "CAG-00452R", "Open", "Needling Services");
    serve(&practice.cms, &json!([old, open]), &json!([]));
    let opened = practice.check_after(1).await;
    one_mail(
        &opened,
        &["CAG-00452R", "dry needling", "section 30.3.3", "12/20/2026"],
    );
    let again = practice.check_after(1).await;
    assert_eq!(again.mails, []);

    // The list in another order, and a news row that says no policy changed: no mail.
    let coding = json!({"document_id": 373, "document_version": 1, "document_display_id": "30.3.3",
        "document_type": "NCD", "last_updated_sort": "20261122090000", "title": "Acupuncture",
        "whats_new_description": "Updated NCD coding via a new Change Request/Transmittal, no policy changes."});
    serve(&practice.cms, &json!([open, old]), &json!([coding]));
    let quiet = practice.check_after(1).await;
    assert_eq!((quiet.news().len(), quiet.problems()), (0, vec![]));

    // A row that says it is removed; then all rows are gone.
    let mut removed = coding.clone();
    removed["last_updated_sort"] = "20261123090000".into();
    removed["whats_new_description"] = "This section of the NCD Manual is removed.".into();
    serve(
        &practice.cms,
        &json!([open, old]),
        &json!([removed, coding]),
    );
    let told = practice.check_after(1).await;
    one_mail(
        &told,
        &["30.3.3", "This section of the NCD Manual is removed"],
    );
    serve(&practice.cms, &json!([open, old]), &json!([]));
    assert_eq!(practice.check_after(1).await.mails, []);

    // The analysis moves on.
    let decided = RECORD.replace(
        "\"proposed_decision_date\": \"\"",
        "\"proposed_decision_date\": \"05/20/2027\"",
    );
    practice.cms.serve(&record_url(330), Answer::json(&decided));
    one_mail(&practice.check_after(1).await, &["05/20/2027"]);
}

#[tokio::test]
async fn a_new_word_is_no_news_about_old_rows() {
    let mut practice = Practice::reading(&["nca"], "2026-11-19T12:00:00Z", "");
    let open = analysis(330, "CAG-00452R", "Open", "Made Transplantation");
    let record =
        answer(&json!([{"document_id": 330, "title": "Made Transplantation", "issue": "Made."}]));
    serve(
        &practice.cms,
        &json!([open]),
        &serde_json::from_str::<Value>(WHATS_NEW).unwrap()["data"],
    );
    practice.cms.serve(&record_url(330), Answer::json(&record));
    assert_eq!(practice.check().await.mails, []);
    practice.configure("words = [\"transplantation\"]");
    let round = practice.check_after(1).await;
    assert_eq!(
        (round.mails.as_slice(), round.problems()),
        (&[][..], vec![])
    );
    assert!(round.read() > 0);
}

#[test]
fn only_addresses_of_the_api_are_recognised() {
    let watch = watch();
    let brief = Brief {
        today: at(0).date_naive(),
        watch: &watch,
        since_year: 2020,
    };
    let name = |url: &str| Nca.recognise(url, &brief).map(|unit| unit.name);
    assert_eq!(
        name(ANALYSES).as_deref(),
        Some("list of national coverage analyses")
    );
    assert_eq!(name(NEWS).as_deref(), Some("national what's new"));
    assert_eq!(
        name("https://api.coverage.cms.gov/v1/data/cal?calid=7").as_deref(),
        Some("CAL 7")
    );
    for other in [
        "https://www.cms.gov/v1/data/nca/?ncaid=1",
        "https://api.coverage.cms.gov/v1/data/nca/?ncaid=x",
        DETERMINATIONS,
    ] {
        assert_eq!(name(other), None, "{other}");
    }
    let plain = Request::new(NEWS, coverd::model::request::Expect::Json);
    assert_eq!(Nca.recognise(NEWS, &brief).unwrap().request, plain);
}
