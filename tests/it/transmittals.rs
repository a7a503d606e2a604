//! Transmittals and MLN Matters articles: from the lists to the PDFs, and what those say. The PDFs are made
//! of the texts in `tests/fixtures/transmittals` and read as the daemon reads them, by a child.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use coverd::engine::fold::{fold, published_by};
use coverd::io::pdf::{PdfConfig, PdfError, PdfReader};
use coverd::model::attribute::Attribute;
use coverd::model::change::Severity;
use coverd::model::document::{Document, DocumentHash};
use coverd::model::fact::{Fact, Observation, Origin};
use coverd::model::health::ProblemKind;
use coverd::model::request::{Discovery, Expect, Reading, Reuse, ShapeError, Unit, UnitDocuments};
use coverd::model::timeline::Timelines;
use coverd::model::topic::{Subject, Topic};
use coverd::model::watch::{Codes, NcdLink, Watch};
use coverd::parse::pdf::normalised;
use coverd::sources::transmittals::Transmittals;
use coverd::sources::{Brief, Seen, Source};

use crate::harness::cms::{Answer, FakeCms};
use crate::harness::pdf::pdf;
use crate::harness::run::Practice;
use crate::harness::world::{Release, default_records, made_file};

const SITE: &str = "https://www.cms.gov";
const LISTS: &str = "https://www.cms.gov/medicare/regulations-guidance/transmittals";

fn watch() -> Watch {
    let services = |codes: &[&str]| codes.iter().map(|code| code.parse().unwrap()).collect();
    let link = NcdLink {
        id: 373,
        section: "30.3.3".to_owned(),
        codes: BTreeSet::new(),
    };
    Watch {
        codes: Codes::Named(services(&["20560", "20561"])),
        look_alikes: services(&["97810", "97811", "97813", "97814"]),
        words: ["dry needling".to_owned()].into(),
        billed_with: [].into(),
        localities: [].into(),
        ncds: [(373, link)].into(),
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn document(url: &str, bytes: impl Into<Vec<u8>>) -> Document {
    let bytes: Vec<u8> = bytes.into();
    Document {
        url: url.to_owned(),
        final_url: url.to_owned(),
        captured: DateTime::UNIX_EPOCH,
        hash: DocumentHash::new([0; 32]),
        bytes: Arc::from(bytes),
        text: None,
    }
}

// ---------------------------------------------------------------- PDFs

fn words_of(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/transmittals");
    std::fs::read_to_string(path.join(format!("{name}.txt"))).unwrap()
}

/// The PDF of the change request that moves our status, with other words; of one that names nothing,
/// without any.
pub(crate) fn moved_pdf(words: &[(&str, &str)]) -> Vec<u8> {
    let name = if words.is_empty() {
        "r10900cp"
    } else {
        "r4999cp"
    };
    let moved = words
        .iter()
        .fold(words_of(name), |text, (from, to)| text.replace(from, to));
    pdf_with(&moved)
}

/// The PDF of a fixture, two pages.
fn pdf_of(name: &str) -> Vec<u8> {
    pdf_with(&words_of(name))
}

fn pdf_with(words: &str) -> Vec<u8> {
    let lines: Vec<&str> = words.lines().collect();
    // Between two paragraphs: a paragraph that goes over a page is another matter.
    let middle = lines.len() / 2;
    let half = (middle..lines.len())
        .find(|&at| lines[at].is_empty())
        .unwrap_or(lines.len());
    pdf(
        &[&lines[..half].join("\n"), &lines[half..].join("\n")],
        true,
    )
}

async fn text_of(bytes: &[u8]) -> Result<String, PdfError> {
    let config = PdfConfig::new(PathBuf::from(env!("CARGO_BIN_EXE_coverd")), Vec::new());
    let text = PdfReader::new(config).text(bytes).await?;
    Ok(normalised(&text))
}

fn read_text(name: &str, text: &str) -> Result<Reading, ShapeError> {
    let watch = watch();
    let brief = Brief {
        today: day("2020-03-01"),
        watch: &watch,
        since_year: 2020,
    };
    let url = format!("{SITE}/files/document/{name}.pdf");
    let unit = Transmittals.recognise(&url, &brief).unwrap();
    let primary = Document {
        text: Some(Arc::from(text)),
        ..document(&url, *b"%PDF-")
    };
    let documents = UnitDocuments {
        primary,
        companions: Vec::new(),
    };
    Transmittals.extract(&unit, &documents, &watch)
}

async fn read(name: &str) -> Reading {
    let text = text_of(&pdf_of(name)).await.unwrap();
    read_text(name, &text).unwrap_or_else(|shape| panic!("{shape}"))
}

/// Every value, a line each: `subject from: attribute = value`.
fn lines(reading: &Reading) -> String {
    let mut lines = format!(
        "{} of {:?}, begins {}, new topics are news: {}, {:?}\n",
        reading.edition.name,
        reading.published.map(|day| day.to_string()),
        reading.edition.begins,
        reading.announces_new,
        reading.severity
    );
    for statement in &reading.statements {
        let _ = writeln!(
            lines,
            "{} from {} ({}: {})",
            statement.topic, statement.from, statement.locator, statement.quote
        );
        for (attribute, value) in statement.values.iter() {
            let value = value.to_string().replace('\n', "\n      ");
            let _ = writeln!(lines, "  {}: {value}", attribute.id());
        }
    }
    lines
}

fn statuses(reading: &Reading) -> Vec<String> {
    let of_codes = reading.statements.iter().filter_map(|statement| {
        let status = statement.values.get(&Attribute::Status)?;
        Some(format!("{} {status} {}", statement.topic, statement.from))
    });
    of_codes.collect()
}

fn values(reading: &Reading, policy: &str) -> BTreeMap<Attribute, String> {
    let topic = Topic::national(Subject::Policy(policy.to_owned()));
    let statement = reading.statements.iter().find(|one| one.topic == topic);
    let values = statement.map(|one| {
        one.values
            .iter()
            .map(|(&a, v)| (a, v.to_string()))
            .collect()
    });
    values.unwrap_or_default()
}

#[tokio::test]
async fn what_each_document_says() {
    let mut all = String::new();
    for name in [
        "r4999cp",
        "r10128ncd",
        "r10337ncd",
        "r10817otn",
        "r10900cp",
        "mm11691",
    ] {
        all.push_str(&lines(&read(name).await));
        all.push('\n');
    }
    insta::assert_snapshot!(all);
}

#[tokio::test]
async fn a_change_request_moves_a_status_retroactively_and_is_no_earlier_than_it_was_published() {
    let reading = read("r4999cp").await;
    let moved = ["20560", "20561", "97810", "97811", "97813", "97814"];
    assert_eq!(
        statuses(&reading),
        moved.map(|code| format!("{code} A 2020-01-21"))
    );
    assert_eq!(reading.edition.begins, day("2020-02-14"));
    assert_eq!(reading.published, Some(day("2020-02-14")));
    assert_eq!(reading.severity, None);

    // As the day before it was published, January says what RVU20A said.
    let release = |status: &str| {
        let mut fact = facts(&reading, 1).remove(0);
        fact.statement.from = day("2020-01-01");
        let values = BTreeMap::from([(Attribute::Status, Observation::text(status))]);
        fact.statement.values = Arc::new(values);
        let origin = Arc::make_mut(&mut fact.origin);
        "RVU20A".clone_into(&mut origin.edition.name);
        origin.edition.begins = day("2020-01-01");
        origin.published = day("2019-12-20");
        fact
    };
    let mut all = facts(&reading, 1);
    all.push(release("N"));
    let code = Topic::national(Subject::Service("20560".parse().unwrap()));
    let on = |facts: Vec<Fact>, at: &str| {
        let status = fold(facts).text(&code, Attribute::Status, day(at));
        status.unwrap_or_default()
    };
    assert_eq!(on(all.clone(), "2020-01-20"), "N");
    assert_eq!(on(all.clone(), "2020-01-21"), "A");
    assert_eq!(on(published_by(&all, day("2020-02-13")), "2020-01-25"), "N");
    assert_eq!(on(published_by(&all, day("2020-02-14")), "2020-01-25"), "A");
}

#[tokio::test]
async fn coding_maintenance_is_administrative_and_what_names_nothing_says_nothing() {
    let maintenance = read("r10817otn").await;
    assert_eq!(maintenance.severity, Some(Severity::Administrative));
    assert!(maintenance.announces_new);
    let values = values(&maintenance, "CR 12279 (R10817OTN)");
    assert_eq!(values[&Attribute::Mentions], "NCD 30.3.3");
    let other = read("r10900cp").await;
    assert_eq!(other.statements, []);
    assert!(!other.announces_new);
}

#[tokio::test]
async fn an_article_is_quoted_and_its_status_of_another_system_is_no_fact() {
    let reading = read("mm11691").await;
    assert_eq!(statuses(&reading), [""; 0]);
    let values = values(&reading, "MM11691");
    assert_eq!(values[&Attribute::ChangeRequest], "11691");
    assert_eq!(values[&Attribute::TransmittalNumber], "R4997CP");
    assert_eq!(values[&Attribute::EffectiveDate], "April 1, 2020");
    assert_eq!(values[&Attribute::Mentions], "20560, 20561, dry needling");
}

// ---------------------------------------------------------------- rescinded and replaced

/// The facts of a reading, known since a moment that a number stands for.
fn facts(reading: &Reading, number: u8) -> Vec<Fact> {
    let origin = Arc::new(Origin {
        source: "transmittals".to_owned(),
        edition: reading.edition.clone(),
        document: DocumentHash::new([number; 32]),
        url: String::new(),
        published: reading.published.unwrap(),
        learned: DateTime::UNIX_EPOCH,
    });
    let statements = reading.statements.iter().cloned();
    statements
        .map(|statement| Fact {
            statement,
            origin: Arc::clone(&origin),
        })
        .collect()
}

fn said(timelines: &Timelines, policy: &str, attribute: Attribute) -> Vec<String> {
    let topic = Topic::national(Subject::Policy(policy.to_owned()));
    timelines
        .get(&topic, attribute)
        .into_iter()
        .flat_map(|timeline| &timeline.segments)
        .map(|segment| format!("{} {}", segment.period.from, segment.observation))
        .collect()
}

#[tokio::test]
async fn a_replaced_transmittal_is_linked_both_ways_in_whatever_order_the_two_are_read() {
    let (first, second) = (read("r10128ncd").await, read("r10337ncd").await);
    let one = facts(&first, 1);
    let other = facts(&second, 2);
    let timelines = fold([one.clone(), other.clone()].concat());
    assert_eq!(timelines, fold([other.clone(), one].concat()));
    let (old, new) = ("CR 11755 (R10128NCD)", "CR 11755 (R10337NCD)");
    assert_eq!(
        said(&timelines, old, Attribute::ReplacedBy),
        ["2020-08-27 R10337NCD"]
    );
    assert_eq!(
        said(&timelines, new, Attribute::Replaces),
        ["2020-08-27 R10128NCD"]
    );
    assert_eq!(said(&timelines, old, Attribute::Title).len(), 1);
    // Without the first, its replacement still says what became of it.
    assert_eq!(
        said(&fold(other), old, Attribute::ReplacedBy),
        ["2020-08-27 R10337NCD"]
    );
}

#[test]
fn a_transmittal_that_says_itself_that_it_was_rescinded_is_linked_too() {
    let text = words_of("r10128ncd").replace(" | ", "  ");
    let notice =
        "Transmittal 10128 has been rescinded and replaced by Transmittal 10337.\n\nSUBJECT:";
    let reading = read_text("r10128ncd", &text.replacen("SUBJECT:", notice, 1)).unwrap();
    let own = values(&reading, "CR 11755 (R10128NCD)");
    assert_eq!(own[&Attribute::ReplacedBy], "R10337NCD");
    let other = values(&reading, "CR 11755 (R10337NCD)");
    assert_eq!(other[&Attribute::Replaces], "R10128NCD");
}

// ---------------------------------------------------------------- damage

#[tokio::test]
async fn a_pdf_cut_anywhere_says_all_or_nothing() {
    let whole = pdf_of("r4999cp");
    let expected = read("r4999cp").await;
    let mut refused = 0;
    for end in (0..whole.len()).step_by(whole.len() / 40) {
        match text_of(&whole[..end]).await {
            Err(_) => refused += 1,
            Ok(text) => match read_text("r4999cp", &text) {
                Err(_) => refused += 1,
                Ok(reading) => assert_eq!(reading, expected, "cut at {end}"),
            },
        }
    }
    assert!(refused > 30, "{refused}");
}

#[test]
fn a_text_that_lacks_what_every_document_has_is_refused() {
    for (name, needles) in [
        (
            "r4999cp",
            &[
                "4999",
                "February 14, 2020",
                "11661",
                "SUBJECT:",
                "SUMMARY OF CHANGES",
                "EFFECTIVE DATE:",
                "IMPLEMENTATION DATE:",
                "BUSINESS REQUIREMENTS",
                "FUNDING",
            ][..],
        ),
        (
            "mm11691",
            &[
                "MLN Matters Number",
                "(CR) Number",
                "Release Date",
                "Effective Date",
                "Implementation Date",
                "Document History",
            ],
        ),
    ] {
        let text = words_of(name);
        let plain = |text: &str| text.replace(" | ", "  ");
        assert!(read_text(name, &plain(&text)).is_ok(), "{name}");
        for needle in needles {
            assert!(text.contains(needle), "{needle}");
            let without = text.replace(needle, "");
            let read = read_text(name, &plain(&without));
            assert!(read.is_err(), "{name} without {needle}: {read:?}");
        }
        for end in 0..text.len() / 2 {
            let Some(cut) = text.get(..end) else { continue };
            assert!(read_text(name, &plain(cut)).is_err(), "{name} cut at {end}");
        }
    }
}

#[test]
fn another_document_under_the_name_is_refused() {
    let text = words_of("r4999cp").replace(" | ", "  ");
    let error = read_text("r4998cp", &text).unwrap_err().to_string();
    assert!(
        error.contains("Transmittal 4999, expected is 4998"),
        "{error}"
    );
    let text = words_of("mm11691").replace(" | ", "  ");
    assert!(read_text("mm11755", &text).is_err());
    assert!(read_text("mm11755", "").is_err());
}

#[test]
fn hostile_texts_end() {
    let text = words_of("r4999cp").replace(" | ", "  ");
    for (what, piece) in [
        ("dates", "effective January 21, 2020 "),
        ("codes", "20560, "),
        ("ranges", "20552-20561 "),
        ("keys", "status indicator from N to "),
        ("rows", "Code  New Status\n20560  A\n"),
        ("headings", "I. A\nA. Policy: x\n"),
        (
            "replacements",
            "Transmittal 1 is being rescinded and replaced by Transmittal 2 ",
        ),
        ("spaces", "  "),
        ("pages", "\u{c}"),
        ("subjects", "SUBJECT: EFFECTIVE DATE: IMPLEMENTATION DATE: "),
    ] {
        let flood = piece.repeat(400_000 / piece.len());
        for hostile in [format!("{flood}{text}"), format!("{text}{flood}")] {
            // Whatever it makes of it, it comes to an end.
            if let Ok(reading) = read_text("r4999cp", &hostile) {
                assert!(reading.statements.len() < 50, "{what}");
            }
        }
    }
}

// ---------------------------------------------------------------- discovery

/// Transmittal number, issue date, subject, change request.
pub(crate) type ListRow = (&'static str, &'static str, &'static str, &'static str);

const ROWS: [ListRow; 4] = [
    (
        "R4999CP",
        "2020-02-14",
        "Quarterly Update to the Medicare Physician Fee Schedule Database (MPFSDB) - April 2020 Update",
        "11661",
    ),
    (
        "R4998CP",
        "2020-02-13",
        "Update to Hospice Payment Rates",
        "11600",
    ),
    (
        "R231BP",
        "2020-02-12",
        "Manual update on dry needling",
        "N/A",
    ),
    (
        "R4997CP",
        "2020-02-11",
        "April 2020 Update of the Hospital Outpatient Prospective Payment System (OPPS)",
        "11691",
    ),
];

fn list(year: i32, rows: &[ListRow], pages: &[u32]) -> String {
    let mut table = String::new();
    for (number, issued, subject, request) in rows {
        let _ = write!(
            table,
            "<tr><td><a href=\"/medicare/regulations-guidance/transmittals/{year}-transmittals/{}\">{number}</a></td><td>{issued}</td><td>{subject}</td><td>2020-04-06</td><td>{request}</td></tr>",
            number.to_lowercase()
        );
    }
    let mut nav = String::new();
    for page in pages {
        let _ = write!(nav, "<a href=\"?page={page}\">{}</a>", page + 1);
    }
    format!(
        "<!DOCTYPE html><html><head><title>{year} Transmittals | CMS</title></head><body><main><h1>{year} Transmittals</h1><table><thead><tr><th>Transmittal #</th><th>Issue Date</th><th>Subject</th><th>Implementation Date</th><th>CR #</th></tr></thead><tbody>{table}</tbody></table><nav>{nav}<a href=\"?order=title&amp;page=1\">Sort</a></nav></main></body></html>"
    )
}

fn page(number: &str, request: &str, files: &[&str]) -> String {
    let field = |name: &str, text: &str| {
        format!(
            "<div class=\"field field--name-field-dyna-{name}\"><div class=\"field__label\">{name}</div><div class=\"field__item\">{text}</div></div>"
        )
    };
    let mut links = String::new();
    for file in files {
        let _ = write!(
            links,
            "<li><a href=\"/files/document/{file}\">{file}</a></li>"
        );
    }
    format!(
        "<!DOCTYPE html><html><head><title>{number} | CMS</title></head><body><main><h1>{number}</h1>{}{}<div class=\"field field--name-field-downloads\"><ul>{links}</ul></div></main></body></html>",
        field("transmittal-number", number),
        field("cr-number", request)
    )
}

fn address(number: &str) -> String {
    format!("{LISTS}/2020-transmittals/{}", number.to_lowercase())
}

/// The web that the lists show, by address.
fn web() -> BTreeMap<String, String> {
    let [first, second, third, fourth] = ROWS;
    let this = format!("{LISTS}/2020-transmittals");
    BTreeMap::from([
        (format!("{LISTS}/2019-transmittals"), list(2020, &[], &[])),
        (this.clone(), list(2020, &[first, second], &[1])),
        (
            format!("{this}?page=1"),
            list(2020, &[third, fourth], &[0, 1]),
        ),
        (
            address("R4999CP"),
            page(
                "R4999CP",
                "11661",
                &["r4999cp.pdf", "mm11661-april-update.pdf"],
            ),
        ),
        (address("R231BP"), page("R231BP", "", &["R231BP-0.pdf"])),
        (
            address("R4997CP"),
            page("R4997CP", "11691", &["r4997cp.pdf", "mm11691.pdf"]),
        ),
    ])
}

struct Found {
    asked: Vec<(String, Reuse)>,
    units: Vec<Unit>,
    listed: Option<Vec<String>>,
    concerns: Vec<String>,
}

/// Plays the framework, on a day, with a web that lacks some addresses.
fn discover(today: &str, web: &BTreeMap<String, String>) -> Result<Found, ShapeError> {
    let watch = watch();
    let brief = Brief {
        today: day(today),
        watch: &watch,
        since_year: 2019,
    };
    let (mut seen, mut failed, mut asked) = (Seen::new(), Vec::new(), Vec::new());
    for _ in 0..20 {
        match Transmittals.discover(&seen, &failed, &brief)? {
            Discovery::Fetch(requests) => {
                assert!(!requests.is_empty());
                for request in requests {
                    assert_eq!(request.expect, Expect::Html);
                    assert!(
                        !seen.contains_key(&request.url) && !failed.contains(&request.url),
                        "{} twice",
                        request.url
                    );
                    match web.get(&request.url) {
                        Some(body) => {
                            let answer = document(&request.url, body.as_bytes());
                            seen.insert(request.url.clone(), answer);
                        }
                        None => failed.push(request.url.clone()),
                    }
                    asked.push((request.url, request.reuse));
                }
            }
            Discovery::Complete {
                units,
                listed,
                concerns,
            } => {
                return Ok(Found {
                    asked,
                    units,
                    listed,
                    concerns: concerns.into_iter().map(|concern| concern.text).collect(),
                });
            }
        }
    }
    panic!("discovery does not end");
}

#[test]
fn lists_lead_to_the_pages_of_what_is_wanted_and_these_to_the_pdfs() {
    let found = discover("2020-03-01", &web()).unwrap();
    let units: Vec<_> = found
        .units
        .iter()
        .map(|unit| {
            (
                unit.name.as_str(),
                unit.request.url.trim_start_matches(SITE),
                unit.request.expect,
            )
        })
        .collect();
    assert_eq!(
        units,
        [
            ("R4997CP", "/files/document/r4997cp.pdf", Expect::Pdf),
            ("MM11691", "/files/document/mm11691.pdf", Expect::Pdf),
            ("R231BP", "/files/document/R231BP-0.pdf", Expect::Pdf),
            ("R4999CP", "/files/document/r4999cp.pdf", Expect::Pdf),
            (
                "MM11661",
                "/files/document/mm11661-april-update.pdf",
                Expect::Pdf
            ),
        ]
    );
    let listed = [
        "MM11600", "MM11661", "MM11691", "R231BP", "R4997CP", "R4998CP", "R4999CP",
    ];
    assert_eq!(found.listed.unwrap(), listed);
    assert_eq!(found.concerns, [""; 0]);
    let hospice = address("R4998CP");
    assert!(found.asked.iter().all(|(url, _)| *url != hospice));
    // The list of today is asked for every day, last year's seldom.
    let reuse = |url: &str| {
        &found
            .asked
            .iter()
            .find(|(asked, _)| asked == url)
            .unwrap()
            .1
    };
    assert_eq!(*reuse(&format!("{LISTS}/2020-transmittals")), Reuse::Never);
    assert!(matches!(
        reuse(&format!("{LISTS}/2019-transmittals")),
        Reuse::Within(_)
    ));
}

#[test]
fn what_cannot_be_had_is_left_out_and_no_baseline_is_made_without_all_lists() {
    let mut web = web();
    web.remove(&address("R4997CP"));
    let found = discover("2020-03-01", &web).unwrap();
    assert_eq!(found.units.len(), 3);
    assert!(found.listed.unwrap().contains(&"R4997CP".to_owned()));
    web.remove(&format!("{LISTS}/2020-transmittals?page=1"));
    let found = discover("2020-03-01", &web).unwrap();
    assert_eq!(found.units.len(), 2);
    assert_eq!(found.listed, None);
    assert_eq!(
        discover("2020-03-01", &BTreeMap::new()).unwrap().listed,
        None
    );
}

#[test]
fn in_the_first_days_of_a_year_its_list_is_not_asked_for() {
    let asked = |today: &str| -> Vec<String> {
        let found = discover(today, &web()).unwrap();
        let urls = found.asked.into_iter().map(|(url, _)| url);
        urls.filter(|url| url.ends_with("-transmittals")).collect()
    };
    let list = |year: i32| format!("{LISTS}/{year}-transmittals");
    assert_eq!(asked("2020-01-05"), [list(2019)]);
    assert_eq!(asked("2020-01-10"), [list(2019), list(2020)]);
}

#[test]
fn a_list_of_another_form_is_refused_and_an_odd_row_is_told() {
    let this = format!("{LISTS}/2020-transmittals");
    for broken in [
        "<html><body><main>We are down for maintenance</main></body></html>".to_owned(),
        list(2020, &ROWS, &[]).replace("Transmittal #", "Number"),
        list(2020, &ROWS, &[]).replace("Issue Date", "Date"),
        list(2020, &ROWS, &[]).replace("CR #", "Request"),
        list(2020, &ROWS, &[]).replace("2020-02-1", "soon "),
        list(2020, &ROWS, &[]).replace("<td><a", "<td><b"),
    ] {
        let mut web = web();
        web.insert(this.clone(), broken);
        assert!(discover("2020-03-01", &web).is_err());
    }
    let mut odd = web();
    let text = odd[&this].replace("2020-02-13", "soon");
    odd.insert(this, text);
    let found = discover("2020-03-01", &odd).unwrap();
    assert_eq!(found.units.len(), 5);
    assert!(
        found.concerns[0].contains("R4998CP: 'soon' is no issue date"),
        "{:?}",
        found.concerns
    );
}

#[test]
fn a_page_of_another_transmittal_or_without_a_pdf_is_told_and_not_used() {
    let mut web = web();
    web.insert(address("R231BP"), page("R232BP", "", &["r232bp.pdf"]));
    web.insert(
        address("R4999CP"),
        page(
            "R4999CP",
            "11661",
            &["https://example.org/r4999cp.pdf", "notice.pdf"],
        )
        .replace("/files/document/https", "https"),
    );
    let found = discover("2020-03-01", &web).unwrap();
    let names: Vec<_> = found.units.iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(names, ["R4997CP", "MM11691"]);
    assert_eq!(found.concerns.len(), 2, "{:?}", found.concerns);
}

#[test]
fn pdfs_are_known_by_their_addresses() {
    let watch = watch();
    let brief = Brief {
        today: day("2026-11-25"),
        watch: &watch,
        since_year: 2019,
    };
    let name = |url: &str| Transmittals.recognise(url, &brief).map(|unit| unit.name);
    assert_eq!(
        name(&format!("{SITE}/files/document/R10128NCD.pdf")).as_deref(),
        Some("R10128NCD")
    );
    assert_eq!(
        name(&format!("{SITE}/files/document/mm14361-x.pdf?v=1")).as_deref(),
        Some("MM14361")
    );
    for url in [
        "https://example.org/files/document/r10128ncd.pdf",
        "https://www.cms.gov/files/document/guide.pdf",
        "https://www.cms.gov/files/zip/rvu20a.zip",
        "r10128ncd.pdf",
        "https://www.cms.gov/.pdf",
        "",
    ] {
        assert_eq!(name(url), None, "{url}");
    }
}

// ---------------------------------------------------------------- with the whole program

/// Lets CMS show a list of these rows, newest first, with the page and the PDF of each.
fn serve(practice: &Practice, rows: &[ListRow]) {
    serve_year(&practice.cms, 2020, rows, |number| {
        let file = number.to_lowercase();
        let known = ["r4999cp", "r10128ncd", "r10337ncd"].contains(&file.as_str());
        // What names nothing of ours has the cover of another.
        pdf_of(if known { &file } else { "r10900cp" })
    });
}

/// The same for the list of a year, beside the empty one of the year before.
pub(crate) fn serve_year(
    cms: &FakeCms,
    year: i32,
    rows: &[ListRow],
    pdf: impl Fn(&str) -> Vec<u8>,
) {
    let empty = list(year - 1, &[], &[]);
    cms.serve(&lists(year - 1), Answer::html(&empty));
    cms.serve(&lists(year), Answer::html(&list(year, rows, &[])));
    for (number, _, _, request) in rows {
        let shown = page(
            number,
            request,
            &[&format!("{}.pdf", number.to_lowercase())],
        );
        let address = format!("{}/{}", lists(year), number.to_lowercase());
        cms.serve(&address, Answer::html(&shown));
        cms.serve(&pdf_address(number), Answer::pdf(pdf(number)));
    }
}

fn lists(year: i32) -> String {
    format!("{LISTS}/{year}-transmittals")
}

fn pdf_address(number: &str) -> String {
    format!("{SITE}/files/document/{}.pdf", number.to_lowercase())
}

fn release(name: &str, posted: &str, month: &str, status: &str) -> Release {
    let table = made_file(2020, month, status, "36.0896");
    Release::new(name, posted, &[("PPRRVU20.csv", &table)])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retroactive_change_request_is_told_once_and_the_release_that_follows_is_no_news() {
    let sources = ["pfs", "ncd", "transmittals"];
    let mut practice = Practice::reading(&sources, "2020-02-13T15:00:00Z", "");
    let records = default_records("01/2020 - first");
    let january = || release("RVU20A", "01/02/2020", "January", "N");
    practice.show(&[january()], &records, "20200121120000");
    serve(&practice, &ROWS[1..2]);
    let round = practice.check().await;
    assert_eq!(round.problems(), []);
    assert_eq!(round.mails, [], "an installation is no news");

    serve(&practice, &ROWS[..2]);
    let round = practice.check_at("2020-02-15T15:00:00Z").await;
    assert_eq!(round.problems(), []);
    let [mail] = round.news()[..] else {
        panic!("{:?}", round.mails);
    };
    assert_eq!(round.notices().len(), 0);
    for words in [
        "20560",
        "20561",
        "R4999CP",
        "2020-01-21",
        "11661",
        "r4999cp.pdf",
    ] {
        assert!(mail.text.contains(words), "{words} in {}", mail.text);
    }
    let service = Topic::national(Subject::Service("20560".parse().unwrap()));
    let facts = practice
        .reader()
        .facts(std::slice::from_ref(&service))
        .unwrap();
    let believed = |on: &str| fold(facts.clone()).text(&service, Attribute::Status, day(on));
    assert_eq!(believed("2020-01-20").as_deref(), Some("N"));
    assert_eq!(believed("2020-01-21").as_deref(), Some("A"));

    // The archive serves what was read; only the list is asked for again.
    let asked = practice.cms.hits(&pdf_address("R4999CP")).len();
    let round = practice.check_after(1).await;
    assert_eq!((round.read(), round.mails.len()), (0, 0));
    assert_eq!(practice.cms.hits(&pdf_address("R4999CP")).len(), asked);
    assert_eq!(practice.cms.hits(&address("R4998CP")).len(), 0);

    let april = release("RVU20B", "04/03/2020", "April", "A");
    practice.show(&[january(), april], &records, "20200121120000");
    let round = practice.check_at("2020-04-06T15:00:00Z").await;
    assert!(round.read() > 0);
    // What only the release says is news; that the status is A was told in February.
    let [mail] = round.news()[..] else {
        panic!("{:?}", round.mails);
    };
    assert!(
        mail.text.contains("not used for Medicare payment: +"),
        "{}",
        mail.text
    );
    assert!(!mail.text.contains("status indicator: N"), "{}", mail.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pdf_that_cannot_be_read_is_told_to_the_operator_and_the_facts_stand() {
    let mut practice = Practice::reading(&["transmittals"], "2020-02-13T15:00:00Z", "");
    serve(&practice, &ROWS[1..2]);
    assert_eq!(practice.check().await.mails, []);
    serve(&practice, &ROWS[..2]);
    let hostile = [
        b"%PDF-1.5\n".as_slice(),
        &b"[".repeat(100_000),
        b"\n%%EOF\n",
    ]
    .concat();
    practice
        .cms
        .serve(&pdf_address("R4999CP"), Answer::pdf(hostile));
    let round = practice.check_at("2020-02-15T15:00:00Z").await;
    assert_eq!(round.problems(), [("R4999CP", ProblemKind::Shape)]);
    assert_eq!(round.news().len(), 0);
    let [notice] = round.notices()[..] else {
        panic!("{:?}", round.mails);
    };
    assert!(notice.text.contains("r4999cp.pdf"), "{}", notice.text);

    // When it is whole, it is news, and the trouble is over.
    practice
        .cms
        .serve(&pdf_address("R4999CP"), Answer::pdf(pdf_of("r4999cp")));
    let round = practice.check_at("2020-03-25T15:00:00Z").await;
    assert_eq!(round.problems(), []);
    assert_eq!(
        (round.news().len(), round.notices().len()),
        (1, 1),
        "{:?}",
        round.mails
    );
}
