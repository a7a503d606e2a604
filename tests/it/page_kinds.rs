//! Configured pages of every kind: what is told of each, what is not, and what becomes of damage.
//!
//! What a reader can know of a damaged document: an HTML page must close what it opens, JSON must end,
//! parts of a workbook and packed parts of a PDF have checksums. A text and a table in text form show
//! nothing of that: of them it is known what they said before, and one that lacks only its end is believed when a
//! later check finds it again. Not tried, because nobody could know: documents that are well formed and
//! say something else.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use chrono::{TimeZone as _, Utc};
use coverd::io::pdf::{PdfConfig, PdfReader};
use coverd::io::store::ChangeFilter;
use coverd::model::document::{Document, DocumentHash};
use coverd::model::fact::Observation;
use coverd::model::health::ProblemKind;
use coverd::model::request::{Reading, ShapeError, Unit, UnitDocuments};
use coverd::model::watch::{Codes, Watch};
use coverd::parse::pdf::normalised;
use coverd::parse::sniff::{self, Body, classify};
use coverd::sources::page::{PageKind, PageSettings, Pages};
use coverd::sources::{Brief, Source};
use proptest::prelude::*;

use crate::harness::cms::Answer;
use crate::harness::pdf::pdf;
use crate::harness::run::{Practice, Round};
use crate::pfs::made::{sheet, workbook};

const DAY: &str = "2026-03-02T12:00:00Z";
const URL: &str = "https://www.payer.example/rates";

const KINDS: [PageKind; 6] = [
    PageKind::Html,
    PageKind::Json,
    PageKind::Csv,
    PageKind::Xlsx,
    PageKind::Text,
    PageKind::Pdf,
];

// ---------------------------------------------------------------- documents

/// A row of the payer's table: code, modifier, rate, note.
type Row = [&'static str; 4];

const ROWS: [Row; 4] = [
    ["20560", "", "25.00", "first’s"],
    ["20561", "", "35.00", "second"],
    ["97110", "GP", "30.00", "third é"],
    ["97140", "GP", "28.50", "fourth"],
];
const NAMES: Row = ["Code", "Modifier", "Rate", "Note"];

fn csv(names: &Row, rows: &[Row]) -> Vec<u8> {
    let mut text = format!("Fee schedule – 2026\n\n{}\n", names.join(","));
    for row in rows {
        let _ = writeln!(text, "{}", row.join(","));
    }
    text.into_bytes()
}

fn json(names: &Row, rows: &[Row]) -> Vec<u8> {
    let rows: Vec<String> = rows
        .iter()
        .map(|row| {
            let fields = names.iter().zip(row);
            let fields = fields.map(|(name, cell)| format!("\"{name}\":\"{cell}\""));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        })
        .collect();
    format!(
        "{{\"generated\":\"2026-03-02T12:00:00Z\",\"data\":{{\"rows\":[{}]}}}}",
        rows.join(",")
    )
    .into_bytes()
}

fn html_table(names: &Row, rows: &[Row]) -> Vec<u8> {
    let line = |cells: &Row, tag: &str| {
        let cells = cells.iter().map(|cell| format!("<{tag}>{cell}</{tag}>"));
        format!("<tr>{}</tr>", cells.collect::<String>())
    };
    let body: String = rows.iter().map(|row| line(row, "td")).collect();
    format!(
        "<!DOCTYPE html><html><head><title>Rates</title></head><body><main><h1>Rates</h1><table>{}{body}</table></main></body></html>",
        line(names, "th")
    )
    .into_bytes()
}

/// A workbook with these sheets; of the second one only the first `bytes` of its part.
fn book(sheets: &[(&str, Vec<Row>)], bytes: usize) -> Vec<u8> {
    let parts = (1..).zip(sheets).map(|(number, (name, rows))| {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.map(str::to_owned).into())
            .collect();
        let mut part = sheet(&rows, &|_, _, _| false);
        if number == 2 {
            part.truncate(bytes);
        }
        (*name, part)
    });
    workbook(&parts.collect::<Vec<_>>())
}

fn xlsx(names: &Row, rows: &[Row]) -> Vec<u8> {
    let notes = vec![["About", "", "", ""], ["Nothing", "", "", ""]];
    let table = [&[["Fee schedule", "", "", ""], *names][..], rows].concat();
    book(&[("About", notes), ("Rates", table)], usize::MAX)
}

const PARAGRAPHS: [&str; 4] = [
    "Massage is limited to four visits a year.",
    "Dry needling is covered for twelve visits a year.",
    "Prior authorization is needed for 20561 after the sixth visit – the form is PT’s own.",
    "Café visits are never covered.",
];

fn text(paragraphs: &[&str]) -> Vec<u8> {
    let mut text = paragraphs.join("\n\n");
    text.push('\n');
    text.into_bytes()
}

fn paper(paragraphs: &[&str]) -> Vec<u8> {
    // The one font of these PDFs has no other letters.
    let plain: Vec<String> = paragraphs
        .iter()
        .map(|one| one.replace('–', "-").replace('’', "'").replace('é', "e"))
        .collect();
    let (first, second) = plain.split_at(plain.len() / 2);
    pdf(&[&first.join("\n\n"), &second.join("\n\n")], true)
}

fn html(paragraphs: &[&str]) -> Vec<u8> {
    let body = format!("<p>{}</p>", paragraphs.join("</p><p>"));
    format!("<!DOCTYPE html><html><head><title>Policy</title></head><body><nav>Menu</nav><main><h1>Policy</h1>{body}</main></body></html>")
        .into_bytes()
}

/// The document of a kind that is sound, and the same with one sentence or rate changed.
fn sound_and_changed(kind: PageKind) -> (Vec<u8>, Vec<u8>) {
    let mut rows = ROWS;
    rows[1][2] = "36.10";
    let mut paragraphs = PARAGRAPHS;
    paragraphs[1] = "Dry needling is covered for six visits a year.";
    match kind {
        PageKind::Html => (html(&PARAGRAPHS), html(&paragraphs)),
        PageKind::Json => (json(&NAMES, &ROWS), json(&NAMES, &rows)),
        PageKind::Csv => (csv(&NAMES, &ROWS), csv(&NAMES, &rows)),
        PageKind::Xlsx => (xlsx(&NAMES, &ROWS), xlsx(&NAMES, &rows)),
        PageKind::Text => (text(&PARAGRAPHS), text(&paragraphs)),
        PageKind::Pdf => (paper(&PARAGRAPHS), paper(&paragraphs)),
    }
}

fn answer(kind: PageKind, bytes: &[u8]) -> Answer {
    let text = || String::from_utf8(bytes.to_vec()).unwrap();
    match kind {
        PageKind::Html => Answer::html(&text()),
        PageKind::Json => Answer::json(&text()),
        PageKind::Csv | PageKind::Text => Answer::text(&text()),
        PageKind::Xlsx => Answer::zip(bytes),
        PageKind::Pdf => Answer::pdf(bytes),
    }
}

fn word(kind: PageKind) -> String {
    format!("{kind:?}").to_lowercase()
}

/// What the configuration says of such a page beside its kind.
fn keys(kind: PageKind) -> &'static str {
    match kind {
        PageKind::Html => "",
        PageKind::Json => {
            "select = \"/data/rows\"\nkey = [\"Code\", \"Modifier\"]\ncolumns = [\"Rate\"]"
        }
        PageKind::Csv => "key = [\"code\", \"Modifier\"]\ncolumns = [\"Rate\"]",
        PageKind::Xlsx => {
            "select = \"Rates\"\nkey = [\"Code\", \"Modifier\"]\ncolumns = [\"Rate\"]"
        }
        PageKind::Text | PageKind::Pdf => "words = [\"dry needling\"]\ncodes = [\"20561\"]",
    }
}

fn practice(kind: PageKind, more: &str) -> Practice {
    let block = format!(
        "[[page]]\nname = \"rates\"\nurl = \"{URL}\"\nkind = \"{}\"\n{more}\n",
        word(kind)
    );
    Practice::reading(&["page"], DAY, &block)
}

/// What was told so far, old and new.
fn told(practice: &Practice) -> Vec<(String, String)> {
    let side = |seen: Option<Observation>| seen.map_or_else(String::new, |seen| seen.to_string());
    let changes = practice.reader().changes(&ChangeFilter::default()).unwrap();
    let told = changes.into_iter().filter(|one| one.alert.is_some());
    told.map(|one| (side(one.judged.change.was), side(one.judged.change.now)))
        .collect()
}

/// Nothing was told, and nothing was wrong.
fn is_quiet(round: &Round) -> bool {
    round.read() == 0 && round.mails.is_empty() && round.problems().is_empty()
}

async fn next(practice: &mut Practice, kind: PageKind, bytes: &[u8]) -> Round {
    practice.cms.serve(URL, answer(kind, bytes));
    practice.check_after(1).await
}

// ---------------------------------------------------------------- what is told

#[tokio::test]
async fn a_changed_row_is_one_mail_and_another_order_is_none() {
    for (kind, made) in [
        (PageKind::Json, json as fn(&Row, &[Row]) -> Vec<u8>),
        (PageKind::Csv, csv),
        (PageKind::Xlsx, xlsx),
        (PageKind::Html, html_table),
    ] {
        let by_key = "key = [\"Code\", \"Modifier\"]\ncolumns = [\"Rate\"]";
        let more = if kind == PageKind::Html {
            by_key
        } else {
            keys(kind)
        };
        let mut practice = practice(kind, more);
        practice.cms.serve(URL, answer(kind, &made(&NAMES, &ROWS)));
        let first = practice.check().await;
        assert_eq!(
            (first.read(), first.mails.len()),
            (1, 0),
            "{kind:?}: {first:?}"
        );
        // Another order, another note.
        let mut rows = ROWS;
        rows.reverse();
        rows[0][3] = "another note";
        let round = next(&mut practice, kind, &made(&NAMES, &rows)).await;
        assert!(is_quiet(&round), "{kind:?}: {round:?}");
        // Another order of the columns, written otherwise.
        let turned = |row: &Row| [row[2], row[0], row[3], row[1]];
        let rows: Vec<Row> = rows.iter().map(turned).collect();
        let names = match kind {
            PageKind::Json => turned(&NAMES),
            _ => ["RATE", " code ", "Note", "modifier"],
        };
        let round = next(&mut practice, kind, &made(&names, &rows)).await;
        assert!(is_quiet(&round), "{kind:?}: {round:?}");

        let mut rows = ROWS;
        rows[1][2] = "36.10";
        let round = next(&mut practice, kind, &made(&NAMES, &rows)).await;
        let [mail] = round.news()[..] else {
            panic!("{kind:?}: {round:?}")
        };
        for words in ["35.00", "36.10", "20561", "rates"] {
            assert!(
                mail.text.contains(words),
                "{kind:?}, {words}: {}",
                mail.text
            );
        }
        let [(was, now)] = &told(&practice)[..] else {
            panic!("{kind:?}: {:?}", told(&practice))
        };
        assert!(was.contains("20561 / : Rate 35.00"), "{was}");
        assert!(now.contains("20561 / : Rate 36.10"), "{now}");
        assert_eq!(was.lines().count(), ROWS.len());

        // A column or key that is not there any more, and a key that is there twice.
        let no_rate = ["Code", "Modifier", "Fee", "Note"];
        let no_key = ["Service", "Modifier", "Rate", "Note"];
        let twice = [ROWS[0], ROWS[1], ["20561", "", "99.00", "x"]];
        for (what, bytes) in [
            ("rate", made(&no_rate, &ROWS)),
            ("code", made(&no_key, &ROWS)),
            ("20561", made(&NAMES, &twice)),
        ] {
            let round = next(&mut practice, kind, &bytes).await;
            assert_eq!(
                round.problems(),
                [("rates", ProblemKind::Shape)],
                "{kind:?}"
            );
            let text = round.passes[0].problems[0].text.to_lowercase();
            assert!(text.contains(what), "{kind:?}: {text}");
            assert!(round.news().is_empty(), "{kind:?}: {round:?}");
        }
        assert_eq!(told(&practice).len(), 1);
    }
}

#[tokio::test]
async fn a_part_that_is_gone_is_told_to_the_operator_and_is_no_change() {
    let moved = json(&NAMES, &ROWS);
    let moved = String::from_utf8(moved)
        .unwrap()
        .replace("\"rows\"", "\"items\"");
    let no_list = "{\"data\":{\"rows\":{\"Code\":\"20560\"}}}";
    let other_sheet = book(
        &[("About", vec![NAMES]), ("Fees", ROWS.to_vec())],
        usize::MAX,
    );
    for (kind, bytes, names) in [
        (PageKind::Json, moved.into_bytes(), "/data/rows"),
        (PageKind::Json, no_list.into(), "a list of objects"),
        (PageKind::Xlsx, other_sheet, "there are: About, Fees"),
        (PageKind::Pdf, pdf(&["", ""], true), "no text"),
        (PageKind::Text, b" \n\t\n".to_vec(), "empty"),
        (PageKind::Csv, csv(&NAMES, &[]), "no text"),
    ] {
        let mut practice = practice(kind, keys(kind));
        let sound = sound_and_changed(kind).0;
        practice.cms.serve(URL, answer(kind, &sound));
        assert_eq!(practice.check().await.read(), 1, "{kind:?}");
        let round = next(&mut practice, kind, &bytes).await;
        let [problem] = &round.passes[0].problems[..] else {
            panic!("{kind:?}: {round:?}")
        };
        assert!(problem.text.contains(names), "{kind:?}: {}", problem.text);
        assert_eq!(
            (round.news().len(), round.notices().len()),
            (0, 1),
            "{round:?}"
        );
        // It is over, and nothing happened.
        let round = next(&mut practice, kind, &sound).await;
        assert_eq!(
            (round.news().len(), round.notices().len()),
            (0, 1),
            "{round:?}"
        );
        assert_eq!(told(&practice), [], "{kind:?}");
    }
}

#[tokio::test]
async fn of_a_text_and_a_pdf_the_paragraph_that_names_it_is_told() {
    for kind in [PageKind::Text, PageKind::Pdf, PageKind::Html] {
        let named = "words = [\"dry needling\"]\ncodes = [\"20561\"]";
        let mut practice = practice(kind, named);
        let made = |paragraphs: &[&str]| match kind {
            PageKind::Text => text(paragraphs),
            PageKind::Html => html(paragraphs),
            _ => paper(paragraphs),
        };
        practice.cms.serve(URL, answer(kind, &made(&PARAGRAPHS)));
        assert_eq!(practice.check().await.read(), 1, "{kind:?}");
        // What nobody asked for, and when the document was made.
        let mut paragraphs = PARAGRAPHS;
        paragraphs[0] = "Massage is limited to nine visits a year.";
        paragraphs[3] = "Generated at 2026-03-02 12:00:10";
        let round = next(&mut practice, kind, &made(&paragraphs)).await;
        assert!(
            round.mails.is_empty() && round.problems().is_empty(),
            "{kind:?}: {round:?}"
        );
        paragraphs[1] = "Dry needling is covered for six visits a year.";
        let round = next(&mut practice, kind, &made(&paragraphs)).await;
        let [mail] = round.news()[..] else {
            panic!("{kind:?}: {round:?}")
        };
        assert!(
            mail.text.contains("twelve visits") && mail.text.contains("six visits"),
            "{kind:?}: {}",
            mail.text
        );
        let [(was, now)] = &told(&practice)[..] else {
            panic!("{kind:?}: {:?}", told(&practice))
        };
        for (side, visits) in [(was, "twelve"), (now, "six")] {
            assert!(side.contains(visits) && side.contains("20561"), "{side}");
            assert!(!side.contains("Massage"), "{side}");
        }
    }
}

#[tokio::test]
async fn an_unstable_page_of_any_kind_is_believed_when_it_says_it_twice() {
    for kind in KINDS {
        let mut practice = practice(kind, &format!("{}\nunstable = true", keys(kind)));
        let (old, new) = sound_and_changed(kind);
        let (old, new) = (answer(kind, &old), answer(kind, &new));
        practice.cms.serve(URL, old.clone());
        assert_eq!(practice.check().await.read(), 1, "{kind:?}");
        practice.cms.serve_in_turn(URL, [new.clone(), old]);
        let round = practice.check_after(1).await;
        assert_eq!(
            round.problems(),
            [("rates", ProblemKind::Unstable)],
            "{kind:?}"
        );
        assert!(round.mails.is_empty(), "{kind:?}: {round:?}");
        practice.cms.serve(URL, new);
        let round = practice.check_after(1).await;
        assert_eq!(round.news().len(), 1, "{kind:?}: {round:?}");
        assert_eq!(told(&practice).len(), 1, "{kind:?}");
    }
}

// ---------------------------------------------------------------- what is cut

#[tokio::test]
async fn a_cut_document_of_any_kind_is_never_a_change_at_the_payer() {
    for kind in KINDS {
        let mut practice = practice(kind, keys(kind));
        let sound = sound_and_changed(kind).0;
        practice.cms.serve(URL, answer(kind, &sound));
        assert_eq!(practice.check().await.read(), 1, "{kind:?}");
        let ends = [sound.len() / 2, sound.len() - 12, sound.len() / 3];
        for end in ends {
            // As a server serves a file that is not whole, and as a connection breaks.
            let whole = answer(kind, &sound);
            for (cut, must_fail) in [
                (whole.clone().cut_to(end), false),
                (whole.clone().cut_to(end).announcing(sound.len()), true),
            ] {
                practice.cms.serve(URL, cut);
                let round = practice.check_after(1).await;
                assert!(round.news().is_empty(), "{kind:?} at {end}: {round:?}");
                // Where what is watched comes before the end, the same is said.
                assert!(round.read() == 0, "{kind:?} at {end}: {round:?}");
                let failed = round.problems().len();
                assert!(failed == 1 || !must_fail, "{kind:?} at {end}: {round:?}");
                practice.cms.serve(URL, whole.clone());
                let round = practice.check_after(1).await;
                assert!(
                    round.news().is_empty() && round.problems().is_empty(),
                    "{kind:?} at {end}: {round:?}"
                );
            }
        }
        assert_eq!(told(&practice), [], "{kind:?}");
    }
}

#[tokio::test]
async fn the_end_of_a_text_that_stays_away_is_a_change_a_check_later() {
    for (kind, shorter) in [
        (PageKind::Text, text(&PARAGRAPHS[..2])),
        (PageKind::Csv, csv(&NAMES, &ROWS[..3])),
    ] {
        let mut practice = practice(kind, keys(kind));
        let (sound, changed) = sound_and_changed(kind);
        practice.cms.serve(URL, answer(kind, &sound));
        practice.check().await;
        let round = next(&mut practice, kind, &shorter).await;
        assert_eq!(
            round.problems(),
            [("rates", ProblemKind::Unstable)],
            "{round:?}"
        );
        assert!(round.mails.is_empty(), "{round:?}");
        let round = next(&mut practice, kind, &shorter).await;
        assert_eq!(
            (round.news().len(), round.problems().len()),
            (1, 0),
            "{round:?}"
        );
        assert_eq!(told(&practice).len(), 1);
        // What is added or changed is told at once.
        let round = next(&mut practice, kind, &sound).await;
        assert_eq!(round.news().len(), 1, "{round:?}");
        let round = next(&mut practice, kind, &changed).await;
        assert_eq!(round.news().len(), 1, "{round:?}");
    }
}

// ---------------------------------------------------------------- reading alone

fn settings(kind: PageKind) -> PageSettings {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let mut page = PageSettings::new("rates", URL, kind);
    match kind {
        PageKind::Json => "/data/rows".clone_into(&mut page.select),
        PageKind::Xlsx => "Rates".clone_into(&mut page.select),
        PageKind::Csv | PageKind::Html | PageKind::Text | PageKind::Pdf => {}
    }
    if matches!(kind, PageKind::Json | PageKind::Xlsx | PageKind::Csv) {
        page.key = names(&["Code", "Modifier"]);
        page.columns = names(&["Rate"]);
    }
    page
}

static NOTHING: LazyLock<Watch> = LazyLock::new(|| Watch {
    codes: Codes::Named([].into()),
    look_alikes: [].into(),
    words: [].into(),
    billed_with: [].into(),
    localities: [].into(),
    ncds: [].into(),
});

struct Reader {
    pages: Pages,
    unit: Unit,
    kind: PageKind,
}

impl Reader {
    fn new(settings: PageSettings) -> Self {
        let kind = settings.kind;
        let pages = Pages::new(&[settings]);
        let brief = Brief {
            today: "2026-03-02".parse().unwrap(),
            watch: &NOTHING,
            since_year: 2026,
        };
        let unit = pages.recognise(URL, &brief).unwrap();
        Self { pages, unit, kind }
    }

    fn document(bytes: &[u8], text: Option<&str>) -> Document {
        Document {
            url: URL.to_owned(),
            final_url: URL.to_owned(),
            captured: Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap(),
            hash: DocumentHash::new([0; 32]),
            bytes: Arc::from(bytes),
            text: text.map(Arc::from),
        }
    }

    fn extract(&self, document: Document) -> Result<Reading, ShapeError> {
        let documents = UnitDocuments {
            primary: document,
            companions: Vec::new(),
        };
        self.pages.extract(&self.unit, &documents, &NOTHING)
    }

    /// As a check does: sniffed, then read.
    async fn read(&self, bytes: &[u8]) -> Result<Reading, String> {
        let (expected, content_type) = match self.kind {
            PageKind::Html => (sniff::Kind::Html, "text/html; charset=utf-8"),
            PageKind::Json => (sniff::Kind::Json, "application/json"),
            PageKind::Csv | PageKind::Text => (sniff::Kind::Text, "text/plain"),
            PageKind::Xlsx => (sniff::Kind::Xlsx, "application/zip"),
            PageKind::Pdf => (sniff::Kind::Pdf, "application/pdf"),
        };
        match classify(expected, content_type, bytes) {
            Body::Content => {}
            other => return Err(format!("{other:?}")),
        }
        let mut text = None;
        if self.kind == PageKind::Pdf {
            let program = PathBuf::from(env!("CARGO_BIN_EXE_coverd"));
            let reader = PdfReader::new(PdfConfig::new(program, Vec::new()));
            let read = reader
                .text(bytes)
                .await
                .map_err(|error| error.to_string())?;
            text = Some(normalised(&read));
        }
        let document = Self::document(bytes, text.as_deref());
        self.extract(document).map_err(|shape| shape.to_string())
    }
}

fn said(reading: &Reading) -> String {
    let mut all = String::new();
    for statement in &reading.statements {
        let _ = writeln!(all, "{}, from {}", statement.topic, statement.from);
        for (attribute, value) in statement.values.iter() {
            let _ = writeln!(all, "{} = {value}", attribute.id());
        }
    }
    all
}

#[tokio::test]
async fn what_a_document_of_each_kind_says() {
    let mut all = String::new();
    for kind in KINDS {
        let reader = Reader::new(settings(kind));
        let reading = reader.read(&sound_and_changed(kind).0).await.unwrap();
        let [statement] = &reading.statements[..] else {
            panic!("{kind:?}: {reading:?}")
        };
        let _ = writeln!(
            all,
            "== {kind:?}, edition {}\n{}-- {}\n-- {}\n",
            reading.edition.name,
            said(&reading),
            statement.locator,
            statement.quote
        );
    }
    insta::assert_snapshot!(all);
}

/// A reading of damaged bytes is a refusal, says the same, or is known to lack its end; returns whether it
/// was refused.
async fn harmless(reader: &Reader, sound: &[u8], bytes: &[u8], what: &str) -> bool {
    let expected = said(&reader.read(sound).await.unwrap());
    let Ok(reading) = reader.read(bytes).await else {
        return true;
    };
    let known = || {
        let (now, was) = (Reader::document(bytes, None), Reader::document(sound, None));
        reader.pages.may_be_cut(&reader.unit, &now, &was)
    };
    if said(&reading) != expected {
        assert!(known(), "{:?}, {what}: {}", reader.kind, said(&reading));
    }
    false
}

#[tokio::test]
async fn a_document_that_is_cut_anywhere_is_refused_or_says_the_same() {
    for kind in KINDS {
        let reader = Reader::new(settings(kind));
        let sound = sound_and_changed(kind).0;
        // A child process for each PDF: fewer of them.
        let step = if kind == PageKind::Pdf { 29 } else { 1 };
        let (mut refused, mut all) = (0, 0);
        for end in (0..sound.len()).step_by(step) {
            let what = format!("cut at {end}");
            refused += usize::from(harmless(&reader, &sound, &sound[..end], &what).await);
            all += 1;
        }
        let shows_its_end = !matches!(kind, PageKind::Text | PageKind::Csv);
        assert!(
            !shows_its_end || refused > all * 9 / 10,
            "{kind:?}: {refused} of {all}"
        );
    }
    // A piece of a page, which opens nothing that it would have to close.
    let reader = Reader::new(settings(PageKind::Html));
    let sound: String = PARAGRAPHS.map(|one| format!("<p>{one}</p>\n")).concat();
    for end in 0..sound.len() {
        let what = format!("piece cut at {end}");
        harmless(&reader, sound.as_bytes(), &sound.as_bytes()[..end], &what).await;
    }
    // A table by its key.
    let mut page = settings(PageKind::Html);
    page.key = vec!["Code".to_owned(), "Modifier".to_owned()];
    let reader = Reader::new(page);
    let sound = html_table(&NAMES, &ROWS);
    for end in 0..sound.len() {
        let what = format!("table cut at {end}");
        harmless(&reader, &sound, &sound[..end], &what).await;
    }
}

#[tokio::test]
async fn what_a_whole_archive_holds_in_part_is_refused() {
    let reader = Reader::new(settings(PageKind::Xlsx));
    let table = [&[NAMES][..], &ROWS].concat();
    let made = |bytes| book(&[("About", vec![NAMES]), ("Rates", table.clone())], bytes);
    let sound = made(usize::MAX);
    let length = (0..100_000).find(|&length| made(length) == sound).unwrap();
    for end in 0..length {
        harmless(
            &reader,
            &sound,
            &made(end),
            &format!("the sheet cut at {end}"),
        )
        .await;
    }
}

#[tokio::test]
async fn damaged_bytes_are_refused_or_say_the_same() {
    for kind in KINDS {
        let reader = Reader::new(settings(kind));
        let sound = sound_and_changed(kind).0;
        let step = if kind == PageKind::Pdf { 31 } else { 3 };
        let mut refused = 0;
        for at in (0..sound.len()).step_by(step) {
            let with = |change: &dyn Fn(&mut [u8])| {
                let mut bytes = sound.clone();
                let end = (at + 8).min(bytes.len());
                change(&mut bytes[at..end]);
                bytes
            };
            let mut all = vec![
                ("zeros", with(&|part| part.fill(0))),
                ("no letters", with(&|part| part[0] = 0xff)),
            ];
            // Only these two have checksums: of the others, a letter that became another is what they say.
            if matches!(kind, PageKind::Xlsx) {
                all.push(("a bit", with(&|part| part[0] ^= 0x04)));
                all.push(("turned", with(&|part| part.reverse())));
            }
            for (what, bytes) in all {
                let what = format!("{what} at {at}");
                refused += usize::from(harmless(&reader, &sound, &bytes, &what).await);
            }
        }
        assert!(refused > 20, "{kind:?}: {refused}");
    }
}

#[tokio::test]
async fn the_packed_parts_of_a_pdf_are_proven_by_their_checksums() {
    let reader = Reader::new(settings(PageKind::Pdf));
    let sound = paper(&PARAGRAPHS);
    let start = memchr::memmem::find(&sound, b"stream\n").unwrap() + 7;
    let end = memchr::memmem::find(&sound, b"endstream").unwrap() - 1;
    let mut refused = 0;
    for at in (start..end).step_by(7) {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x10;
        refused += usize::from(harmless(&reader, &sound, &bytes, &format!("bit at {at}")).await);
    }
    assert!(refused * 7 > (end - start) * 9 / 10, "{refused}");
    // Written again at its end, as programs do that change a PDF: what was added must be whole.
    let more = [&sound[..], b"\n4 0 obj\n<< /Type /Page >>\nendobj\n"].concat();
    let refusal = reader.read(&more).await.unwrap_err();
    assert!(refusal.contains("more of it begins"), "{refusal}");
    // Made for the web, it says how long it is.
    let head = b"%PDF-1.5\n9 0 obj\n<< /Linearized 1 /L 90000 /N 2 >>\nendobj\n";
    let refusal = reader.read(&[head, &sound[..]].concat()).await.unwrap_err();
    assert!(refusal.contains("of 90000 bytes are there"), "{refusal}");
}

// ---------------------------------------------------------------- hostile bytes

fn every_way(kind: PageKind) -> Vec<Reader> {
    let plain = PageSettings::new("rates", URL, kind);
    let mut picky = settings(kind);
    picky.words = ["dry needling".to_owned()].into();
    picky.codes = ["20560".parse().unwrap()].into();
    picky.ignore = vec!["[0-9]+ views?".to_owned()];
    let mut keyed = plain.clone();
    keyed.key = vec!["Code".to_owned()];
    [plain, settings(kind), picky, keyed]
        .into_iter()
        .map(Reader::new)
        .collect()
}

/// Reads it every way; what comes of it does not matter.
fn survives(kind: PageKind, bytes: &[u8], earlier: &[u8]) {
    for expected in [
        sniff::Kind::Html,
        sniff::Kind::Text,
        sniff::Kind::Json,
        sniff::Kind::Xlsx,
        sniff::Kind::Pdf,
    ] {
        let _ = classify(expected, "text/html", bytes);
    }
    for reader in every_way(kind) {
        let text = String::from_utf8_lossy(bytes);
        let text = (kind == PageKind::Pdf).then_some(&*text);
        let now = Reader::document(bytes, text);
        if let Ok(reading) = reader.extract(now.clone()) {
            assert_eq!(reading.statements.len(), 1);
        }
        let was = Reader::document(earlier, None);
        let _ = reader.pages.may_be_cut(&reader.unit, &now, &was);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn no_bytes_make_a_reader_of_pages_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        number in 0..KINDS.len(),
    ) {
        survives(KINDS[number], &bytes, b"Code,Modifier\n1,2\n");
    }

    #[test]
    fn no_damage_makes_a_reader_of_pages_panic(
        number in 0..KINDS.len(),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..40, proptest::collection::vec(any::<u8>(), 0..12)), 1..6),
    ) {
        let sound = sound_and_changed(KINDS[number]).0;
        let mut bytes = sound.clone();
        for (at, gone, put) in edits {
            let at = at.index(bytes.len() + 1);
            let end = (at + gone).min(bytes.len());
            bytes.splice(at..end, put);
        }
        survives(KINDS[number], &bytes, &sound);
    }

    #[test]
    fn no_text_makes_a_reader_of_pages_panic(
        text in "(\\PC|[\\n\\r\\t,;|\"<>{}\\[\\]/]|Code|Rate|<p>|</main>|<table>|<tr>|<td>){0,60}",
        number in 0..KINDS.len(),
    ) {
        survives(KINDS[number], text.as_bytes(), text.as_bytes());
    }
}
