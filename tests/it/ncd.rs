//! The NCD source on the real records of the Medicare Coverage Database and on made ones.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as expected"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use coverd::model::attribute::Attribute;
use coverd::model::date::MEDICARE_BEGAN;
use coverd::model::document::{Document, DocumentHash};
use coverd::model::fact::{Observation, Statement};
use coverd::model::request::{Discovery, Reading, Reuse, ShapeError, Unit, UnitDocuments};
use coverd::model::topic::{Subject, Topic};
use coverd::model::watch::{Codes, NcdLink, Watch};
use coverd::sources::ncd::{Ncd, PageVerdict, page_against_last};
use coverd::sources::{Brief, Seen, Source};
use serde_json::{Value, json};

use crate::harness::data::real_data;

const REPORT: &str = "https://api.coverage.cms.gov/v1/reports/national-coverage-ncd/";
const PAGE: &str = "https://www.cms.gov/medicare-coverage-database/view/ncd.aspx?ncdid=373";

fn detail(id: u32) -> String {
    format!("https://api.coverage.cms.gov/v1/data/ncd/?ncdid={id}")
}

fn watch() -> Watch {
    let links = [
        (11, "30.3"),
        (283, "30.3.1"),
        (284, "30.3.2"),
        (373, "30.3.3"),
    ];
    Watch {
        codes: Codes::Named(BTreeSet::new()),
        look_alikes: BTreeSet::new(),
        words: ["dry needling", "trigger point"].map(str::to_owned).into(),
        billed_with: [].into(),
        localities: BTreeSet::new(),
        ncds: links
            .map(|(id, section)| {
                let link = NcdLink {
                    id,
                    section: section.to_owned(),
                    codes: BTreeSet::new(),
                };
                (id, link)
            })
            .into(),
    }
}

fn brief(watch: &Watch) -> Brief<'_> {
    Brief {
        today: day(2026, 8, 1),
        watch,
        since_year: 2020,
    }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn document(url: &str, bytes: impl Into<Vec<u8>>) -> Document {
    Document {
        url: url.to_owned(),
        final_url: url.to_owned(),
        captured: DateTime::UNIX_EPOCH,
        hash: DocumentHash::new([0; 32]),
        bytes: Arc::from(bytes.into()),
        text: None,
    }
}

/// Reads bytes as the answer for a record, with the list and the page where there are some.
fn read_with(
    id: u32,
    bytes: &[u8],
    list: Option<&Document>,
    page: Option<Document>,
    watch: &Watch,
) -> Result<Reading, ShapeError> {
    let source = Ncd::default();
    let mut unit = source.recognise(&detail(id), &brief(watch)).unwrap();
    unit.context = list.cloned().into_iter().collect();
    let documents = UnitDocuments {
        primary: document(&detail(id), bytes),
        companions: vec![page],
    };
    source.extract(&unit, &documents, watch)
}

fn read(id: u32, bytes: &[u8]) -> Result<Reading, ShapeError> {
    read_with(id, bytes, None, None, &watch())
}

fn read_value(id: u32, record: &Value) -> Reading {
    read(id, record.to_string().as_bytes()).unwrap()
}

fn texts(statement: &Statement) -> BTreeMap<Attribute, String> {
    statement
        .values
        .iter()
        .map(|(&attribute, value)| (attribute, value.to_string()))
        .collect()
}

/// The attributes in which two readings of one statement each differ.
fn moved(before: &Reading, after: &Reading) -> Vec<Attribute> {
    let (before, after) = (&before.statements[0].values, &after.statements[0].values);
    before
        .iter()
        .filter(|&(attribute, value)| after.get(attribute) != Some(value))
        .map(|(&attribute, _)| attribute)
        .collect()
}

/// A record in the form of the API, made for tests.
fn made() -> Value {
    json!({
        "document_id": "373",
        "document_version": 1,
        "document_display_id": "30.3.3",
        "title": "Service for Long Lasting Itch (LLI)",
        "publication_number": "100-3",
        "effective_date": "01/21/2020",
        "effective_end_date": "N/A",
        "implementation_date": "06/24/2020",
        "qr_modifier_date": "",
        "benefit_category": "Physicians&#39; Services",
        "item_service_description": "&lt;p&gt;&lt;strong&gt;A. General&lt;&sol;p&gt;&lt;&sol;strong&gt;\n&lt;p&gt;The service is made for tests &amp;amp; nothing else.&lt;&sol;p&gt;",
        "indications_limitations": "&lt;p&gt;B. Covered Indications&lt;&sol;p&gt;\n&lt;p&gt;Medicare will cover the service.&lt;&sol;p&gt;\n&lt;ul&gt;&lt;li&gt;Lasting 12&amp;nbsp;weeks;&lt;li&gt;No more than 20 a year.&lt;&sol;ul&gt;\n&lt;p&gt;The service with dry needling for any condition other than LLI is non-covered.&lt;&sol;p&gt;",
        "cross_reference": "",
        "transmittal_number": "10001",
        "transmittal_url": "https://www.cms.gov/files/document/r10001NCD.pdf",
        "revision_history": "&lt;p&gt;05&sol;2020 - First text. (&lt;a href=&quot;https:&sol;&sol;www.cms.gov&sol;x.pdf&quot;&gt;TN 10001&lt;&sol;a&gt;)&lt;&sol;p&gt;",
        "other_text": "",
        "ama_statement": "",
        "reasons_for_denial": ""
    })
}

fn with(mut record: Value, key: &str, value: impl Into<Value>) -> Value {
    record[key] = value.into();
    record
}

fn in_envelope(data: &Value) -> Value {
    json!({"meta": {"status": {"id": 200, "message": "OK"}, "notes": "", "next_token": ""}, "data": data})
}

/// A list in the form of the API: the configured determinations and others up to `rows`.
fn made_list(rows: u32) -> Value {
    let configured = watch();
    let others = (1..).filter(|id| !configured.ncds.contains_key(id));
    let rows = configured
        .ncds
        .values()
        .map(|link| (link.id, link.section.clone()))
        .chain(others.map(|id| (id, format!("500.{id}"))))
        .take(rows as usize)
        .map(|(id, section)| {
            json!({
                "document_id": id,
                "document_version": 1,
                "document_display_id": section,
                "last_updated": "10/28/2024",
                "last_updated_sort": format!("202410281424{:02}", id % 60),
                "document_type": "NCD",
                "title": format!("Service {id}"),
                "chapter": "30",
                "is_lab": 0,
                "url": format!("/data/ncd?ncdid={id}&ncdver=1")
            })
        });
    in_envelope(&rows.collect())
}

fn list(value: &Value) -> Document {
    document(REPORT, value.to_string())
}

fn read_list(bytes: &[u8]) -> Result<Reading, ShapeError> {
    let (source, watch) = (Ncd::default(), watch());
    let unit = source.recognise(REPORT, &brief(&watch)).unwrap();
    let documents = UnitDocuments {
        primary: document(REPORT, bytes),
        companions: Vec::new(),
    };
    source.extract(&unit, &documents, &watch)
}

fn units(discovery: Result<Discovery, ShapeError>) -> Vec<Unit> {
    match discovery.unwrap() {
        Discovery::Complete {
            units, concerns, ..
        } => {
            assert_eq!(concerns, []);
            units
        }
        Discovery::Fetch(requests) => panic!("{requests:?}"),
    }
}

/// The page for people, made for tests in the form that its visible labels suggest.
fn page(indications: &str) -> String {
    format!(
        "<!DOCTYPE html>\r\n<html><head><title>NCD - Service for Long Lasting Itch (LLI) (30.3.3)</title>\
         <script nonce=\"abc\">var x = 'Indications';</script></head><body><nav><ul><li>Home</ul></nav>\
         <h1><span id=\"lblPageTitle\">Service for Long Lasting Itch (LLI)</span></h1>\
         <h2>Tracking Information</h2><table><tr><th>Publication Number<td>100-3</table>\
         <h2>Description Information</h2><div><h3>Benefit Category</h3>Physicians' Services</div>\
         <div><h3>Item/Service Description</h3><p><b>A. General</b></p>\
         <p>The service is made for tests &amp; nothing else.</p></div>\
         <div><h3>Indications and Limitations of Coverage</h3>{indications}</div>\
         <div><h3>Cross Reference</h3></div></body></html>"
    )
}

const INDICATIONS: &str = "<p>B. Covered Indications</p><p>Medicare will cover the service.</p>\
    <div>Lasting 12 weeks;</div><div>No more than 20 a year.</div>\
    <p>The service with dry&#8209;needling for any condition other than LLI is non&ndash;covered.</p>";

#[test]
fn a_record_says_all_its_fields() {
    let reading = read_value(373, &in_envelope(&json!([made()])));
    assert_eq!(reading.edition.name, "NCD 373");
    assert_eq!(reading.edition.begins, day(2020, 1, 21));
    assert!(!reading.announces_new);
    let [statement] = reading.statements.as_slice() else {
        panic!("{:?}", reading.statements);
    };
    assert_eq!(
        statement.topic,
        Topic::national(Subject::Policy("NCD 30.3.3".to_owned()))
    );
    assert_eq!(statement.from, day(2020, 1, 21));
    assert_eq!(statement.locator, "record of NCD 30.3.3 (API)");
    assert!(statement.quote.starts_with("The service with dry needling"));
    let said: Vec<_> = texts(statement)
        .into_iter()
        .map(|(attribute, text)| format!("{}={text}", attribute.id()))
        .collect();
    assert_eq!(
        said,
        [
            "title=Service for Long Lasting Itch (LLI)",
            "effective_date=01/21/2020",
            "end_date=N/A",
            "indications_limitations=B. Covered Indications\nMedicare will cover the service.\n- Lasting 12 weeks;\n- No more than 20 a year.\nThe service with dry needling for any condition other than LLI is non-covered.",
            "limits=only for long lasting itch (LLI)\nThe service with dry needling for any condition other than LLI is non-covered.\nMedicare will cover the service.\nNo more than 20 a year.",
            "item_service_description=A. General\nThe service is made for tests & nothing else.",
            "benefit_category=Physicians' Services",
            "cross_reference=blank",
            "other_text=blank",
            "reasons_for_denial=blank",
            "implementation_date=06/24/2020",
            "mentions=dry needling",
            "revision_history=05/2020 - First text. (TN 10001)",
            "transmittal=10001 https://www.cms.gov/files/document/r10001NCD.pdf",
            "bookkeeping=publication 100-3; version 1; quarterly update date ''; AMA statement ''",
        ]
    );
}

#[test]
fn the_form_of_an_answer_does_not_matter() {
    for (id, record) in real_records().into_iter().chain([(373, made())]) {
        let reading = read_value(id, &record);
        let mut reescaped = record.clone();
        for value in reescaped.as_object_mut().unwrap().values_mut() {
            if let Value::String(text) = value {
                let (lines, break_) = (text.replace("\r\n", "\n"), ["\r\n", "\n"][id as usize % 2]);
                *text = lines
                    .replace('\n', break_)
                    .replace("&sol;", "/")
                    .replace("&lt;", "&#60;")
                    .replace("&gt;", "&#x3E;");
            }
        }
        let fields: Vec<_> = record.as_object().unwrap().iter().rev().collect();
        let reversed: Vec<_> = fields
            .iter()
            .map(|(key, value)| format!("{}\r\n: {value}", json!(key)))
            .collect();
        for variant in [
            record.to_string(),
            format!("\u{feff}{{{}}}", reversed.join(",\t")),
            serde_json::to_string_pretty(&in_envelope(&json!([record]))).unwrap(),
            json!([with(reescaped, "document_id", id)]).to_string(),
            with(record.clone(), "a_new_field", "x").to_string(),
        ] {
            assert_eq!(
                read(id, variant.as_bytes()).as_ref(),
                Ok(&reading),
                "{variant}"
            );
        }
    }
}

#[test]
fn record_keeping_moves_nothing_else() {
    let before = read_value(373, &made());
    let history = "&lt;p&gt;10&sol;2024 - Coding.&lt;&sol;p&gt;&lt;p&gt;05&sol;2020 - First text.&lt;&sol;p&gt;";
    for (key, value, attribute) in [
        (
            "revision_history",
            json!(history),
            Attribute::RevisionHistory,
        ),
        ("document_version", json!(2), Attribute::Bookkeeping),
        ("transmittal_number", json!("10002"), Attribute::Transmittal),
        (
            "implementation_date",
            json!(""),
            Attribute::ImplementationDate,
        ),
        (
            "cross_reference",
            json!("See 30.3."),
            Attribute::CrossReference,
        ),
    ] {
        let after = read_value(373, &with(made(), key, value));
        assert_eq!(moved(&before, &after), [attribute]);
        assert_eq!(before.statements[0].quote, after.statements[0].quote);
    }
}

#[test]
fn a_changed_sentence_is_seen_and_quoted() {
    let before = read_value(373, &made());
    let text = made()["indications_limitations"]
        .as_str()
        .unwrap()
        .replace("20 a year", "12 a year");
    let after = read_value(373, &with(made(), "indications_limitations", text));
    assert_eq!(
        moved(&before, &after),
        [Attribute::Indications, Attribute::Limits]
    );
    assert!(
        after.statements[0]
            .quote
            .contains("No more than 12 a year.")
    );
}

#[test]
fn a_retired_title_is_a_title() {
    let before = read_value(373, &made());
    let after = read_value(
        373,
        &with(
            made(),
            "title",
            "Service for Long Lasting Itch (LLI) - RETIRED",
        ),
    );
    assert_eq!(moved(&before, &after), [Attribute::Title]);
}

#[test]
fn a_date_in_words_holds_from_the_beginning() {
    let longstanding = "This is a longstanding national coverage determination. The effective date of this version has not been posted.";
    let reading = read_value(373, &with(made(), "effective_date", longstanding));
    assert_eq!(reading.edition.begins, MEDICARE_BEGAN);
    assert_eq!(reading.statements[0].from, MEDICARE_BEGAN);
    assert_eq!(
        texts(&reading.statements[0])[&Attribute::EffectiveDate],
        longstanding
    );
}

#[test]
fn an_end_date_ends_all_but_the_title() {
    let reading = read_value(373, &with(made(), "effective_end_date", "02/25/2026"));
    let [held, ended] = reading.statements.as_slice() else {
        panic!("{:?}", reading.statements);
    };
    assert_eq!(
        (held.from, ended.from),
        (day(2020, 1, 21), day(2026, 2, 25))
    );
    assert_eq!(held.values.len(), ended.values.len());
    for (attribute, value) in ended.values.iter() {
        match attribute {
            Attribute::Title => assert_eq!(value, &held.values[attribute]),
            Attribute::EndDate => assert_eq!(value, &Observation::text("02/25/2026")),
            _ => assert_eq!(value, &Observation::Absent),
        }
    }
    let never_held = read_value(373, &with(made(), "effective_end_date", "12/31/2019"));
    assert_eq!(never_held.statements.len(), 1);
    assert_eq!(never_held.edition.begins, day(2019, 12, 31));
    assert_eq!(
        never_held.statements[0].values[&Attribute::Indications],
        Observation::Absent
    );
}

#[test]
fn other_determinations_speak_when_they_mention_a_watched_word() {
    let other = with(
        with(made(), "document_id", 999),
        "document_display_id",
        "500.1",
    );
    let reading = read_value(999, &other);
    assert!(reading.announces_new);
    let said: Vec<_> = reading.statements[0].values.keys().copied().collect();
    assert_eq!(
        said,
        [
            Attribute::Title,
            Attribute::EffectiveDate,
            Attribute::EndDate,
            Attribute::Indications,
            Attribute::ItemDescription,
            Attribute::Mentions,
        ]
    );
    let silent = read_value(
        999,
        &with(other, "indications_limitations", "Dry land. Needling."),
    );
    assert_eq!(silent.statements, []);
    assert_eq!(silent.edition.name, "NCD 999");
}

#[test]
fn a_record_must_be_the_one_that_was_asked_for() {
    let listed = list(&made_list(120));
    let refuse = |id: u32, record: Value, why: &str| {
        let error = read_with(
            id,
            record.to_string().as_bytes(),
            Some(&listed),
            None,
            &watch(),
        )
        .expect_err(why)
        .to_string();
        assert!(error.contains(why), "{error}");
    };
    refuse(11, made(), "the record of document_id 373");
    refuse(
        373,
        with(made(), "document_display_id", "30.3.4"),
        "it is configured as 30.3.3",
    );
    refuse(
        999,
        with(made(), "document_id", 999),
        "which is configured as document_id 373",
    );
    refuse(373, with(made(), "document_version", 0), "an old answer");
    let other = with(
        with(made(), "document_id", 5),
        "document_display_id",
        "500.6",
    );
    refuse(5, other, "the list says 500.5");
}

#[test]
fn the_list_dates_the_record() {
    let record = made().to_string();
    let listed = list(&made_list(120));
    let reading = read_with(373, record.as_bytes(), Some(&listed), None, &watch()).unwrap();
    assert_eq!(reading.published, Some(day(2024, 10, 28)));
    let broken = document(REPORT, "<html>Maintenance</html>");
    let reading = read_with(373, record.as_bytes(), Some(&broken), None, &watch()).unwrap();
    assert_eq!(reading.published, None);
}

#[test]
fn the_list_says_which_configured_determinations_it_names() {
    let mut value = made_list(120);
    let said = |reading: &Reading| -> Vec<String> {
        let one = |statement: &Statement| {
            format!(
                "{} {}",
                statement.topic,
                statement.values[&Attribute::Listed]
            )
        };
        reading.statements.iter().map(one).collect()
    };
    let reading = read_list(value.to_string().as_bytes()).unwrap();
    assert_eq!(reading.published, None);
    assert_eq!(reading.edition.begins, MEDICARE_BEGAN);
    assert_eq!(
        said(&reading),
        [
            "NCD 30.3 listed",
            "NCD 30.3.1 listed",
            "NCD 30.3.2 listed",
            "NCD 30.3.3 listed"
        ]
    );
    assert_eq!(reading.statements[3].quote, "30.3.3 Service 373");

    value["data"]
        .as_array_mut()
        .unwrap()
        .retain(|row| row["document_id"] != 373);
    let reading = read_list(value.to_string().as_bytes()).unwrap();
    assert_eq!(said(&reading)[3], "NCD 30.3.3 not listed");
    assert_eq!(
        reading.statements[3].locator,
        "NCD report, all 119 rows, document_id 373"
    );
}

#[test]
fn a_list_that_may_be_half_a_list_is_refused() {
    let refuse = |value: &Value, why: &str| {
        let error = read_list(value.to_string().as_bytes())
            .expect_err(why)
            .to_string();
        assert!(error.contains(why), "{error}");
    };
    let whole = made_list(120);
    let row = |key: &str, value: Value| {
        let mut changed = whole.clone();
        changed["data"][7][key] = value;
        changed
    };
    refuse(&made_list(99), "99 rows where at least 100");
    refuse(&row("document_id", json!(373)), "listed twice");
    refuse(
        &row("document_id", json!("x")),
        "data[7].document_id: no number",
    );
    refuse(
        &row("last_updated_sort", Value::Null),
        "data[7].last_updated_sort: null",
    );
    refuse(&row("document_type", json!("LCD")), "no NCD");
    let mut half = whole.clone();
    half["meta"]["next_token"] = json!("page-2");
    refuse(&half, "meta.next_token");
    let mut other_section = whole.clone();
    other_section["data"][3]["document_display_id"] = json!("30.3.4");
    refuse(&other_section, "it is configured as 30.3.3");
}

#[test]
fn discovery_asks_for_the_list_then_names_watched_records_then_all_others() {
    let (source, watch) = (Ncd::default(), watch());
    let asked = source.discover(&Seen::new(), &[], &brief(&watch)).unwrap();
    let Discovery::Fetch(requests) = asked else {
        panic!("{asked:?}");
    };
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].url, REPORT);

    let seen = Seen::from([(REPORT.to_owned(), list(&made_list(120)))]);
    let units = units(source.discover(&seen, &[], &brief(&watch)));
    let names: Vec<_> = units.iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(
        names[..5],
        ["NCD report", "NCD 11", "NCD 283", "NCD 284", "NCD 373"]
    );
    assert_eq!(units.len(), 1 + 120);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), units.len());
    assert_eq!(units[4].request.url, detail(373));
    assert_eq!(units[4].request.reuse, Reuse::Never);
    assert_eq!(units[4].companions[0].url, PAGE);
    assert_eq!(units[4].context.len(), 1);
    // The scan goes by the time of the last update: 60 before 1 before 61.
    let scanned = |name: &str| names.iter().position(|other| *other == name).unwrap();
    assert!(scanned("NCD 60") < scanned("NCD 1") && scanned("NCD 1") < scanned("NCD 61"));
    let first = &units[scanned("NCD 1")];
    assert_eq!(
        first.request.reuse,
        Reuse::Tag("1 20241028142401".to_owned())
    );
    assert!(first.companions.is_empty());
}

#[test]
fn watched_records_are_read_without_the_list() {
    let (source, watch) = (Ncd::default(), watch());
    let names =
        |units: Vec<Unit>| -> Vec<String> { units.into_iter().map(|unit| unit.name).collect() };
    let watched = ["NCD 11", "NCD 283", "NCD 284", "NCD 373"];
    let failed = [REPORT.to_owned()];
    assert_eq!(
        names(units(source.discover(
            &Seen::new(),
            &failed,
            &brief(&watch)
        ))),
        watched
    );

    // A list that came but cannot be read stays a unit, so that its error is told.
    let seen = Seen::from([(REPORT.to_owned(), list(&made_list(7)))]);
    let found = names(units(source.discover(&seen, &[], &brief(&watch))));
    assert_eq!(found[0], "NCD report");
    assert_eq!(found[1..], watched);
}

#[test]
fn nothing_is_scanned_when_no_words_are_watched() {
    let mut watch = watch();
    watch.words.clear();
    let seen = Seen::from([(REPORT.to_owned(), list(&made_list(120)))]);
    assert_eq!(
        units(Ncd::default().discover(&seen, &[], &brief(&watch))).len(),
        5
    );
}

#[test]
fn addresses_of_the_source_are_recognised() {
    let (source, watch) = (Ncd::default(), watch());
    let name = |url: &str| source.recognise(url, &brief(&watch)).map(|unit| unit.name);
    let api = "https://api.coverage.cms.gov/v1";
    assert_eq!(name(REPORT), Some("NCD report".to_owned()));
    assert_eq!(
        name(&format!("{api}/data/ncd?ncdver=1&ncdid=373")),
        Some("NCD 373".to_owned())
    );
    assert_eq!(name(&detail(5)), Some("NCD 5".to_owned()));
    for no in [
        &format!("{api}/data/ncd/?ncdid=x"),
        &format!("{api}/data/ncd/"),
        &format!("{api}/data/nca/?ncaid=295"),
        "https://example.org/v1/data/ncd/?ncdid=373",
        PAGE,
        "no address",
    ] {
        assert_eq!(name(no), None, "{no}");
    }
}

#[test]
fn a_page_that_agrees_or_cannot_be_recognised_raises_no_concern() {
    for html in [
        page(INDICATIONS),
        page("").replace("Indications and Limitations of Coverage", "x"),
        page(INDICATIONS)
            .replace("Long Lasting Itch", "Something")
            .replace("30.3.3", "30.3"),
        "Access Denied".to_owned(),
        "<html><title>Maintenance</title>Please come back".to_owned(),
    ] {
        let record = made().to_string();
        let page = document(PAGE, html.as_bytes());
        let reading = read_with(373, record.as_bytes(), None, Some(page), &watch()).unwrap();
        assert_eq!(reading.concerns, [], "{html}");
    }
}

#[test]
fn a_page_with_other_words_raises_a_concern_that_shows_both() {
    let other = INDICATIONS.replace("20 a year", "30 a year");
    let page = document(PAGE, page(&other));
    let record = made().to_string();
    let reading = read_with(373, record.as_bytes(), None, Some(page), &watch()).unwrap();
    let [concern] = reading.concerns.as_slice() else {
        panic!("{:?}", reading.concerns);
    };
    assert_eq!(concern.key, "witness NCD 373");
    assert!(
        concern.text.contains("no more than 30 a year"),
        "{concern:?}"
    );
    assert!(
        concern.text.contains("no more than 20 a year"),
        "{concern:?}"
    );
    assert!(concern.remedy.contains(PAGE));
    assert_eq!(reading.statements, read_value(373, &made()).statements);
}

#[test]
fn the_page_answers_for_the_api_while_that_is_down() {
    let reading = read_value(373, &made());
    let last = texts(&reading.statements[0]);
    let ask = |html: String| {
        page_against_last(
            &document(PAGE, html),
            &last[&Attribute::Title],
            "30.3.3",
            &last[&Attribute::Indications],
        )
    };
    assert_eq!(ask(page(INDICATIONS)), PageVerdict::Agrees);
    let PageVerdict::Differs {
        page: shown, text, ..
    } = ask(page(&INDICATIONS.replace("other than", "except")))
    else {
        panic!("the difference was not seen");
    };
    assert!(shown.contains("any condition except lli"), "{shown}");
    assert!(text.contains("any condition other than lli"), "{text}");
    assert!(matches!(
        ask("<p>".to_owned()),
        PageVerdict::NotRecognised { .. }
    ));
}

/// Two thousand damaged answers: each is refused or read as if whole.
///
/// What no reader can know as damage is left out: a byte changed inside a text, or a number, into
/// another that is as good. Transport (TLS, content encoding) and the comparison with the page
/// guard against that. Everything that transport errors leave visible is in: structure, names of
/// fields, characters and escapes that JSON forbids, missing and exchanged fields, other documents.
#[test]
fn a_damaged_record_is_refused_or_read_as_if_whole() {
    let records: Vec<(u32, Value)> = real_records()
        .into_iter()
        .filter(|(id, _)| *id == 373)
        .chain([(373, made())])
        .collect();
    for (id, record) in records {
        let whole = read_value(id, &record);
        let mut random = fastrand::Rng::with_seed(373);
        for round in 0..2_000 {
            let (damage, bytes) = damaged(&record, &mut random);
            match read(id, &bytes) {
                Ok(reading) => assert_eq!(
                    reading,
                    whole,
                    "{damage}, round {round}: {}",
                    String::from_utf8_lossy(&bytes)
                ),
                Err(error) => assert!(error.what.starts_with("NCD 373"), "{error}"),
            }
        }
    }
}

/// Fields whose values have forms of their own, so that an exchange shows.
const FORMED: &[&str] = &[
    "document_id",
    "document_version",
    "document_display_id",
    "title",
    "effective_date",
    "indications_limitations",
];

fn damaged(record: &Value, random: &mut fastrand::Rng) -> (&'static str, Vec<u8>) {
    let answer = in_envelope(&json!([record]));
    let mut bytes = answer.to_string().into_bytes();
    let fields = record.as_object().unwrap();
    let keys: Vec<&String> = fields.keys().collect();
    let key = keys[random.usize(..keys.len())];
    let again = |record: Value| in_envelope(&json!([record])).to_string().into_bytes();
    match random.u8(..12) {
        0 => {
            bytes.truncate(random.usize(..bytes.len()));
            ("cut", bytes)
        }
        1 => {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(0x80..);
            // Inside a character of several bytes another byte may be as good.
            let text = String::from_utf8(bytes.clone()).is_ok();
            ("no UTF-8", if text { Vec::new() } else { bytes })
        }
        2 => {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..0x20);
            ("control character", bytes)
        }
        3 => {
            let structure = structure(&bytes);
            let at = structure[random.usize(..structure.len())];
            bytes[at] = random.u8(b' '..=b'~');
            ("structure", bytes)
        }
        4 => {
            let mut less = record.clone();
            less.as_object_mut().unwrap().remove(key);
            ("field removed", again(less))
        }
        5 => {
            let (one, other) = (FORMED[random.usize(..6)], FORMED[random.usize(..6)]);
            let mut exchanged = record.clone();
            exchanged[one] = record[other].clone();
            exchanged[other] = record[one].clone();
            ("fields exchanged", again(exchanged))
        }
        6 => {
            let value = [Value::Null, json!([]), json!({}), json!(true), json!(1.5)];
            let value = value[random.usize(..5)].clone();
            ("other type", again(with(record.clone(), key, value)))
        }
        7 => {
            let escape = ["\\x41", "\\u12", "\\ud800", "\\"][random.usize(..4)];
            let text = answer.to_string().replace("N/A", escape);
            ("broken escape", text.into_bytes())
        }
        8 => {
            let html = "<!DOCTYPE html><html><head><title>Request Rejected</title></head></html>";
            (
                "another document",
                html.as_bytes()[..random.usize(..html.len())].to_vec(),
            )
        }
        9 => {
            let twice = [&bytes[..], &bytes[..]].concat();
            let rows = in_envelope(&json!([record, record]))
                .to_string()
                .into_bytes();
            let none = in_envelope(&json!([])).to_string().into_bytes();
            (
                "doubled or empty",
                [twice, rows, none][random.usize(..3)].clone(),
            )
        }
        10 => {
            let field = format!("{}:{},", json!(key), json!("x"));
            let text = record.to_string().replacen('{', &format!("{{{field}"), 1);
            ("field twice", text.into_bytes())
        }
        _ => {
            let blank = FORMED[random.usize(..FORMED.len())];
            // A blank effective date is one of the ways to say that it is not posted.
            let blank = if blank == "effective_date" {
                "title"
            } else {
                blank
            };
            ("blank", again(with(record.clone(), blank, "")))
        }
    }
}

/// Positions of everything outside texts and numbers: brackets, separators, quotes, field names.
fn structure(bytes: &[u8]) -> Vec<usize> {
    let mut positions = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'"' {
            if !bytes[at].is_ascii_digit() {
                positions.push(at);
            }
            at += 1;
            continue;
        }
        let begin = at;
        at += 1;
        while bytes[at] != b'"' {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        at += 1;
        positions.extend([begin, at - 1]);
        if bytes.get(at) == Some(&b':') {
            positions.extend(begin + 1..at - 1);
        }
    }
    positions
}

#[test]
fn any_flipped_bit_is_survived() {
    let bytes = in_envelope(&json!([made()])).to_string().into_bytes();
    let list = made_list(120).to_string().into_bytes();
    let mut random = fastrand::Rng::with_seed(20560);
    for _ in 0..500 {
        for (whole, is_list) in [(&bytes, false), (&list, true)] {
            let mut flipped = whole.clone();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..flipped.len());
                flipped[at] ^= 1 << random.u8(..8);
            }
            let _ = if is_list {
                read_list(&flipped)
            } else {
                read(373, &flipped)
            };
        }
    }
}

// ---- the real records ----

/// The real records with their ids; empty where they are not at hand.
fn real_records() -> Vec<(u32, Value)> {
    let Some(folder) = real_snapshot() else {
        return Vec::new();
    };
    let mut files: Vec<_> = std::fs::read_dir(Path::new(&folder).join("ncd"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|path| {
            let record: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            let id = record["document_id"].as_str().unwrap().parse().unwrap();
            (id, record)
        })
        .collect()
}

fn real_snapshot() -> Option<std::path::PathBuf> {
    real_data().map(|folder| folder.join("ncd/snapshot-2026-08-01"))
}

fn real_list() -> Option<Document> {
    let bytes = std::fs::read(real_snapshot()?.join("report.json")).unwrap();
    Some(document(REPORT, bytes))
}

#[test]
fn every_real_record_is_read() {
    let Some(list) = real_list() else { return };
    let watch = watch();
    let mut mentioning = BTreeSet::new();
    for (id, record) in real_records() {
        let what = record["document_display_id"].as_str().unwrap();
        let bytes = record.to_string().into_bytes();
        let reading = read_with(id, &bytes, Some(&list), None, &watch).unwrap();
        assert!(reading.published.is_some(), "{what}");
        let dated = record["effective_date"]
            .as_str()
            .unwrap()
            .starts_with(|c: char| c.is_ascii_digit());
        assert_eq!(dated, reading.edition.begins != MEDICARE_BEGAN, "{what}");
        for statement in &reading.statements {
            mentioning.insert(statement.topic.to_string());
            assert!(
                !statement.quote.is_empty() && statement.quote.chars().count() <= 600,
                "{what}"
            );
            for (attribute, text) in texts(statement) {
                let leftover = ["&lt;", "&gt;", "&sol;", "&#", "<p", "</", "\r", "\u{a0}"]
                    .into_iter()
                    .find(|markup| text.contains(markup));
                assert_eq!(leftover, None, "{what} {attribute}");
            }
        }
    }
    assert_eq!(
        mentioning.iter().map(String::as_str).collect::<Vec<_>>(),
        ["NCD 30.3", "NCD 30.3.1", "NCD 30.3.2", "NCD 30.3.3"]
    );
}

#[test]
fn the_real_list_names_all_determinations() {
    let Some(list) = real_list() else { return };
    let (source, watch) = (Ncd::default(), watch());
    let reading = read_list(&list.bytes).unwrap();
    let listed = Observation::text("listed");
    assert!(
        reading
            .statements
            .iter()
            .all(|one| one.values[&Attribute::Listed] == listed)
    );
    let seen = Seen::from([(REPORT.to_owned(), list)]);
    let units = units(source.discover(&seen, &[], &brief(&watch)));
    assert_eq!(units.len(), 1 + 345);
}

#[test]
fn the_real_acupuncture_records_say_what_they_limit() {
    let limits: BTreeMap<u32, String> = real_records()
        .into_iter()
        .filter(|(id, _)| watch().ncds.contains_key(id))
        .map(|(id, record)| {
            let limits = texts(&read_value(id, &record).statements[0])[&Attribute::Limits].clone();
            (id, limits)
        })
        .collect();
    if limits.is_empty() {
        return;
    }
    let begins = |id: u32, phrase: &str| assert_eq!(limits[&id].lines().next(), Some(phrase));
    begins(373, "only for chronic lower back pain (cLBP)");
    begins(11, "only for chronic low back pain");
    for id in [283, 284] {
        assert!(
            limits[&id].contains("not considered reasonable and necessary"),
            "{limits:?}"
        );
        assert!(!limits[&id].starts_with("only for"), "{limits:?}");
    }
}
