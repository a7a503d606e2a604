//! The therapy code list: from the page of annual updates to always, sometimes, not listed.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta};
use coverd::app::check::{Mode, check_source};
use coverd::model::attribute::Attribute;
use coverd::model::document::{Document, DocumentHash};
use coverd::model::fact::Observation;
use coverd::model::request::{
    Concern, Discovery, Expect, Reading, Request, Reuse, ShapeError, Unit, UnitDocuments,
};
use coverd::model::topic::{Subject, Topic};
use coverd::sources::therapy::{Checks, PAGE_URL, Therapy};
use coverd::sources::{Brief, Seen, Source};
use proptest::prelude::*;

use super::addenda::lines;
use crate::harness::rulemaking::{
    THERAPY, csv, serve, therapy_at, therapy_page, therapy_table, therapy_zip_url, whole_list,
};
use crate::harness::run::Practice;
use crate::harness::world::{Capture, zip};
use crate::pfs::made::{day, watching, watching_all, xlsx};

const SOMETIMES: &[(&str, &str)] = &[("20560", "Sometimes therapy")];
const NAME: &str = "2026 Therapy Code List and Dispositions";

fn document(url: &str, bytes: &[u8], text: Option<&str>) -> Document {
    Document {
        url: url.to_owned(),
        final_url: url.to_owned(),
        captured: DateTime::UNIX_EPOCH,
        hash: DocumentHash::new([0; 32]),
        bytes: Arc::from(bytes),
        text: text.map(Arc::from),
    }
}

/// Units, names of the list, concerns.
type Found = (Vec<Unit>, Option<Vec<String>>, Vec<Concern>);

fn discover(captures: &[Capture], today: NaiveDate) -> Result<Found, ShapeError> {
    let watch = watching(&["20560"]);
    let brief = Brief {
        today,
        watch: &watch,
        since_year: 2020,
    };
    let (mut seen, mut failed) = (Seen::new(), Vec::new());
    for _ in 0..5 {
        match Therapy::default().discover(&seen, &failed, &brief)? {
            Discovery::Complete {
                units,
                listed,
                concerns,
            } => return Ok((units, listed, concerns)),
            Discovery::Fetch(requests) => {
                for request in requests {
                    match captures.iter().find(|capture| capture.url == request.url) {
                        Some(capture) => {
                            seen.insert(request.url, document(&capture.url, &capture.body, None));
                        }
                        None => failed.push(request.url),
                    }
                }
            }
        }
    }
    panic!("discovery does not end");
}

/// Reads a file as the list of 2026.
fn read_as(file: &str, bytes: &[u8], text: Option<&str>) -> Result<Reading, ShapeError> {
    let url = format!("https://www.cms.gov/files/{file}");
    let unit = Unit::new("Therapy code list 2026", Request::new(&url, Expect::Zip));
    let documents = UnitDocuments {
        primary: document(&url, bytes, text),
        companions: Vec::new(),
    };
    Therapy::default().extract(
        &unit,
        &documents,
        &watching(&["20560", "20561", "97110", "77080-26"]),
    )
}

fn read_member(name: &str, member: &[u8]) -> Result<Reading, ShapeError> {
    read_as("zip/list.zip", &zip(&[(name, member)]), None)
}

fn said(reading: &Reading) -> Vec<String> {
    let mut said: Vec<String> = reading
        .statements
        .iter()
        .map(|statement| {
            let value = &statement.values[&Attribute::TherapyDesignation];
            format!("{} {value}", statement.topic)
        })
        .collect();
    said.sort();
    said
}

const EXPECTED: [&str; 3] = ["20560 sometimes", "20561 not listed", "97110 always"];

#[test]
fn a_list_says_always_sometimes_and_not_listed() {
    let captures = therapy_page(2026, SOMETIMES);
    let (units, listed, concerns) = discover(&captures, day(2026, 2, 1)).unwrap();
    assert_eq!(concerns, []);
    assert_eq!(listed.unwrap(), ["Therapy code list 2026"]);
    let documents = UnitDocuments {
        primary: document(&captures[1].url, &captures[1].body, None),
        companions: Vec::new(),
    };
    let watch = watching(&["20560", "20561", "97110", "77080-26"]);
    let reading = Therapy::default()
        .extract(&units[0], &documents, &watch)
        .unwrap();
    assert_eq!(said(&reading), EXPECTED);
    insta::assert_snapshot!("therapy_list", lines(&reading));
    // All codes: every row, and what is absent is said of all others.
    let all = Therapy::default()
        .extract(&units[0], &documents, &watching_all())
        .unwrap();
    assert!(all.statements.len() > 100);
    assert_eq!(all.unlisted.unwrap().from, day(2026, 1, 1));
}

#[test]
fn lists_are_found_oldest_first_and_a_late_one_is_told() {
    let lists = [(2019, SOMETIMES), (2025, SOMETIMES), (2026, SOMETIMES)];
    let captures = therapy_at("", &lists);
    let (units, listed, concerns) = discover(&captures, day(2026, 6, 1)).unwrap();
    let names: Vec<&str> = units.iter().map(|unit| &unit.name[..]).collect();
    assert_eq!(names, ["Therapy code list 2025", "Therapy code list 2026"]);
    assert_eq!(listed.unwrap(), names);
    assert_eq!(concerns, []);
    assert_eq!(units[1].request.url, therapy_zip_url(2026));
    assert_eq!(units[1].request.expect, Expect::Zip);
    assert_eq!(units[1].request.reuse, Reuse::Within(TimeDelta::days(7)));
    assert_eq!(units[0].request.reuse, Reuse::Within(TimeDelta::days(90)));
    let keys = |today| -> Vec<String> {
        let (_, _, concerns) = discover(&captures, today).unwrap();
        concerns.into_iter().map(|concern| concern.key).collect()
    };
    assert_eq!(keys(day(2027, 1, 10)), Vec::<String>::new());
    assert_eq!(keys(day(2027, 1, 15)), ["overdue 2027"]);
    assert_eq!(PAGE_URL, THERAPY);
}

#[test]
fn a_page_without_lists_is_refused_and_a_failed_one_lists_nothing() {
    let maintenance = Capture {
        url: PAGE_URL.to_owned(),
        at: String::new(),
        content_type: "text/html",
        body: b"<title>Down</title><main>We are down.</main>".to_vec(),
    };
    assert!(discover(&[maintenance], day(2026, 2, 1)).is_err());
    let (units, listed, _) = discover(&[], day(2026, 2, 1)).unwrap();
    assert!(units.is_empty() && listed.is_none());
}

#[test]
fn two_lists_of_one_year_are_told_and_a_pdf_stands_in_for_a_workbook() {
    let page = |links: &str| {
        let body = format!("<title>Annual Therapy Update | CMS</title><main>{links}</main>");
        [Capture {
            url: PAGE_URL.to_owned(),
            at: String::new(),
            content_type: "text/html",
            body: body.into_bytes(),
        }]
    };
    let two = page(&format!(
        "<a href=/a.zip>{NAME}</a><a href=/b.zip>{NAME}</a>"
    ));
    let (units, listed, concerns) = discover(&two, day(2026, 2, 1)).unwrap();
    assert!(units.is_empty());
    assert_eq!(listed.unwrap(), ["Therapy code list 2026"]);
    assert_eq!(concerns[0].key, "list 2026");

    let both = page(&format!(
        "<a href=/a.pdf>{NAME}</a><a href=/a.xlsx>{NAME}</a>"
    ));
    let (units, ..) = discover(&both, day(2026, 2, 1)).unwrap();
    assert_eq!(units[0].request.expect, Expect::Xlsx);
    assert_eq!(units[0].fallback.as_ref().unwrap().expect, Expect::Pdf);
}

#[test]
fn a_list_is_recognised_by_its_address() {
    let watch = watching(&["20560"]);
    let brief = Brief {
        today: day(2026, 2, 1),
        watch: &watch,
        since_year: 2020,
    };
    let name = |url: &str| {
        Therapy::default()
            .recognise(url, &brief)
            .map(|unit| unit.name)
    };
    assert_eq!(
        name(&therapy_zip_url(2026)).as_deref(),
        Some("Therapy code list 2026")
    );
    assert_eq!(name(&therapy_zip_url(2019)), None);
    for other in [
        "https://www.cms.gov/files/document/mm14250-therapy-code-list-2026-annual-update.pdf",
        "https://www.cms.gov/files/zip/rvu26a.zip",
        "https://www.cms.gov/therapy-code-list-2026",
    ] {
        assert_eq!(name(other), None, "{other}");
    }
}

fn pdf_text(footer: &str) -> String {
    let mut text = format!("{NAME}\nHCPCS Code Short Descriptor Disposition\n");
    for (code, disposition) in whole_list(SOMETIMES) {
        let _ = writeln!(text, "{code} SERVICE {code} {disposition}");
    }
    text.push_str(footer);
    text
}

#[test]
fn a_pdf_says_the_same_as_a_table_or_is_refused() {
    let read = |text: Option<&str>| read_as("document/2026-list.pdf", b"%PDF-1.7 made", text);
    let whole = pdf_text("\u{c}(1) A footnote about sometimes therapy codes.\n");
    assert_eq!(said(&read(Some(&whole)).unwrap()), EXPECTED);
    assert!(
        read(None)
            .unwrap_err()
            .why
            .contains("text could not be taken")
    );
    assert!(read(Some("A picture.")).is_err());
    let unclear = whole.replace("97011 SERVICE 97011 Always therapy", "97011 SERVICE 97011");
    assert!(read(Some(&unclear)).unwrap_err().why.contains("97011"));
    for at in (0..whole.len()).step_by(97) {
        if let Ok(reading) = read(whole.get(..at)) {
            assert_eq!(said(&reading), EXPECTED, "cut at {at}");
        }
    }
}

#[test]
fn a_list_of_another_year_or_of_none_is_refused() {
    let table = |title: &str| {
        let mut table = therapy_table(2026, SOMETIMES);
        table[0] = vec![title.to_owned()];
        csv(&table)
    };
    assert!(read_member("list.csv", &table(NAME)).is_ok());
    assert!(read_member("2026 list.csv", &table("Therapy Code List")).is_ok());
    assert!(read_member("list.csv", &table("2025 Therapy Code List")).is_err());
    assert!(read_member("2025 list.csv", &table(NAME)).is_err());
    assert!(read_member("list.csv", &table("Therapy Code List")).is_err());
}

#[test]
fn guards_hold() {
    let table = || therapy_table(2026, SOMETIMES);
    let refused = |table: &[Vec<String>]| {
        let by_text = read_member("list.csv", &csv(table)).unwrap_err();
        let workbook = xlsx(table, &|_, _, _| false);
        let by_workbook = read_member("list.xlsx", &workbook).unwrap_err();
        assert_eq!(
            by_text.why.replace(".csv", ""),
            by_workbook.why.replace(".xlsx", "")
        );
        by_text.why
    };
    let without = |code: &str| -> Vec<Vec<String>> {
        table().into_iter().filter(|row| row[0] != code).collect()
    };
    assert!(refused(&without("97110")).contains("97110 must be always therapy"));
    let few: Vec<_> = table().into_iter().take(60).collect();
    assert!(refused(&few).contains("at least 70"));
    let always: Vec<_> = table()
        .into_iter()
        .map(|mut row| {
            if let Some(cell) = row.get_mut(2).filter(|cell| cell.starts_with("Sometimes")) {
                "Always".clone_into(cell);
            }
            row
        })
        .collect();
    assert!(refused(&always).contains("0 codes are sometimes therapy"));
    let mut doubled = table();
    doubled.push(doubled[5].clone());
    assert!(refused(&doubled).contains("a second time"));
    for column in [0, 2] {
        let mut missing = table();
        for row in missing.iter_mut().skip(1) {
            row.remove(column);
        }
        refused(&missing);
    }
    let mut shifted = table();
    for row in shifted.iter_mut().skip(2) {
        row.rotate_left(1);
    }
    refused(&shifted);
    let small = Therapy::with_checks(Checks::for_excerpts());
    let unit = Unit::new(
        "Therapy code list 2026",
        Request::new("https://www.cms.gov/a.csv", Expect::Text),
    );
    let documents = UnitDocuments {
        primary: document(
            "https://www.cms.gov/2026.csv",
            b"Code,Disposition\r\n20560,S\r\n",
            None,
        ),
        companions: Vec::new(),
    };
    let reading = small
        .extract(&unit, &documents, &watching(&["20560"]))
        .unwrap();
    assert_eq!(said(&reading), ["20560 sometimes"]);
}

#[test]
fn two_forms_must_say_the_same_and_other_archives_are_refused() {
    let table = therapy_table(2026, SOMETIMES);
    let other = therapy_table(2026, &[("20560", "Always therapy")]);
    let workbook = xlsx(&table, &|row, column, _| row > 1 && column == 0);
    let both = |text: &[Vec<String>]| {
        let bytes = zip(&[
            ("list.xlsx", &workbook),
            ("list.csv", &csv(text)),
            ("list.pdf", b"%PDF-1.7"),
        ]);
        read_as("zip/list.zip", &bytes, None)
    };
    assert_eq!(said(&both(&table).unwrap()), EXPECTED);
    assert!(both(&other).unwrap_err().why.contains("disagree"));
    let only_pdf = zip(&[("list.pdf", b"%PDF-1.7")]);
    assert!(
        read_as("zip/list.zip", &only_pdf, None)
            .unwrap_err()
            .why
            .contains("list.pdf")
    );
    for bytes in [&b""[..], b"<html>Access Denied</html>", b"PK\x03\x04"] {
        assert!(read_as("zip/list.zip", bytes, None).is_err());
    }
    assert!(read_member("list.xlsx", b"PK\x03\x04 cut").is_err());
}

/// How a list may differ from another that says the same.
#[derive(Debug, Clone)]
struct Variation {
    order: Vec<usize>,
    spelling: usize,
    names: usize,
    blank: Vec<usize>,
    titles: usize,
    notes: bool,
    form: usize,
}

fn variations() -> impl Strategy<Value = Variation> {
    (
        Just((0..4).collect::<Vec<usize>>()).prop_shuffle(),
        0_usize..5,
        0_usize..3,
        prop::collection::vec(0_usize..90, 0..4),
        0_usize..3,
        any::<bool>(),
        0_usize..4,
    )
        .prop_map(
            |(order, spelling, names, blank, titles, notes, form)| Variation {
                order,
                spelling,
                names,
                blank,
                titles,
                notes,
                form,
            },
        )
}

fn varied(variation: &Variation) -> Result<Reading, ShapeError> {
    const NAMES: [[&str; 4]; 3] = [
        ["HCPCS Code", "Short Descriptor", "Disposition", "Comments"],
        [
            "CPT/\nHCPCS",
            "Description",
            "Always/ Sometimes Therapy",
            "Notes",
        ],
        ["Code1", "Descriptor", "Therapy Designation 2", "Note"],
    ];
    // Always and sometimes in each spelling; the last one is explained by a legend.
    const SPELLINGS: [[&str; 2]; 5] = [
        ["Always therapy", "Sometimes therapy"],
        ["always", "SOMETIMES (1)"],
        ["A", "S"],
        ["Always*", "Sometimes therapy 1, 2"],
        ["1", "2"],
    ];
    let mut body: Vec<Vec<String>> = vec![NAMES[variation.names].map(str::to_owned).into()];
    for (code, disposition) in whole_list(SOMETIMES) {
        let spelled = SPELLINGS[variation.spelling][usize::from(disposition.starts_with('S'))];
        let mark = if variation.notes { "*" } else { "" };
        body.push(vec![
            format!("{code}{mark}"),
            format!("SERVICE {code}"),
            spelled.to_owned(),
            String::new(),
        ]);
    }
    for row in &mut body {
        *row = variation
            .order
            .iter()
            .map(|&place| row[place].clone())
            .collect();
    }
    for &at in &variation.blank {
        body.insert(at + 1, vec![String::new()]);
    }
    let mut table = vec![vec![NAME.to_owned()]];
    table.extend((0..variation.titles).map(|n| vec![format!("A remark, the {n}th")]));
    if variation.spelling == 4 {
        table.push(vec!["1 = Always therapy".to_owned()]);
        table.push(vec![
            "2 = Sometimes therapy, by whom it is furnished".to_owned(),
        ]);
    }
    table.extend(body);
    if variation.notes {
        table.push(vec![
            "* A footnote about always therapy that goes on for much longer than any heading"
                .to_owned(),
        ]);
    }
    let workbook = |numeric: bool| {
        xlsx(&table, &|row, _, text| {
            numeric && row > 6 && text.parse::<u32>().is_ok()
        })
    };
    match variation.form {
        0 => read_member("list.csv", &csv(&table)),
        1 => read_as("document/list.csv", &csv(&table), None),
        2 => read_member("list.xlsx", &workbook(true)),
        _ => read_as("document/list.xlsx", &workbook(false), None),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_form_of_the_list_says_the_same(variation in variations()) {
        let reading = varied(&variation).unwrap();
        prop_assert_eq!(said(&reading), EXPECTED);
    }

    #[test]
    fn a_list_that_is_cut_is_refused_or_says_the_same(at in any::<prop::sample::Index>(), form in 0_usize..2) {
        let table = therapy_table(2026, SOMETIMES);
        let (name, whole) = if form == 0 {
            ("list.csv", csv(&table))
        } else {
            ("list.xlsx", xlsx(&table, &|_, _, _| false))
        };
        let cut = &whole[..at.index(whole.len())];
        if let Ok(reading) = read_member(name, cut) {
            // At the end of a line the last few codes may be missing unseen; ours are not among them.
            let ends = matches!(cut.last(), Some(b'\n' | b'\r'));
            prop_assert!(form == 0 && ends, "{} of {} bytes", cut.len(), whole.len());
            prop_assert_eq!(said(&reading), EXPECTED);
        }
    }

    #[test]
    fn bytes_of_the_archive_are_refused_or_say_the_same(at in any::<prop::sample::Index>(), kind in 0_usize..4, with in any::<u8>()) {
        let mut bytes = zip(&[("2026 list.csv", &csv(&therapy_table(2026, SOMETIMES)))]);
        let at = at.index(bytes.len());
        match kind {
            0 => bytes.truncate(at),
            1 => bytes[at] = with,
            2 => { bytes.remove(at); }
            _ => bytes.insert(at, with),
        }
        if let Ok(reading) = read_as("zip/list.zip", &bytes, None) {
            prop_assert_eq!(said(&reading), EXPECTED);
        }
    }
}

/// Codes with their disposition, by year.
type Lists = &'static [(i32, &'static [(&'static str, &'static str)])];

/// Year after year: the first lists are history, a designation that changes is news of its own day.
#[tokio::test(flavor = "multi_thread")]
async fn a_designation_that_changes_is_told() {
    let mut practice = Practice::at("2026-02-03T12:00:00Z");
    let source: Arc<dyn Source> = Arc::new(Therapy::default());
    let shown: [(&str, Lists, usize); 4] = [
        ("2026-02-03T12:00:00Z", &[(2025, &[]), (2026, &[])], 0),
        ("2026-02-20T12:00:00Z", &[(2025, &[]), (2026, &[])], 0),
        (
            "2026-12-15T12:00:00Z",
            &[(2025, &[]), (2026, &[]), (2027, SOMETIMES)],
            1,
        ),
        (
            "2026-12-30T12:00:00Z",
            &[(2025, &[]), (2026, &[]), (2027, SOMETIMES)],
            0,
        ),
    ];
    for (now, lists, told) in shown {
        practice.clock.set(now.parse().unwrap());
        serve(&practice.cms, &therapy_at("", lists));
        let pass = check_source(practice.app(), &source, Mode::Watch, &|_| {})
            .await
            .unwrap();
        let round = practice.deliver().await;
        assert_eq!(pass.problems, [], "{now}");
        let news = round.news();
        assert_eq!(news.len(), told, "{now}: {:?}", round.mails);
        for mail in news {
            assert!(mail.text.contains("therapy designation"), "{}", mail.text);
        }
    }
    let topic = Topic::national(Subject::Service("20560".parse().unwrap()));
    let timelines = coverd::engine::fold::fold(
        practice
            .reader()
            .facts(std::slice::from_ref(&topic))
            .unwrap(),
    );
    let timeline = timelines
        .get(&topic, Attribute::TherapyDesignation)
        .unwrap();
    let on = |year, month| {
        timeline
            .at(day(year, month, 1))
            .map(|segment| segment.observation.clone())
    };
    assert_eq!(on(2026, 12), Some(Observation::Absent));
    assert_eq!(on(2027, 1), Some(Observation::text("sometimes")));
}
