//! The story of 2020 from real files: what held of 20560 on every day from January to July, layer by
//! layer, as it is known now and as it was known on the day itself.
//!
//! The releases, the record of NCD 30.3.3 and the workbooks of OPPS are CMS's; the transmittal is made
//! here from what is known of change request 11661.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};
use coverd::engine::answer::{Setting, answer, topics};
use coverd::engine::fold::known_by;
use coverd::io::blobs::hash_of;
use coverd::model::answer::{Answer, Layer, Question};
use coverd::model::document::Document;
use coverd::model::fact::{Fact, Origin};
use coverd::model::request::UnitDocuments;
use coverd::model::topic::Topic;
use coverd::model::watch::{NcdLink, Watch};
use coverd::sources::ncd::Ncd;
use coverd::sources::opps::Opps;
use coverd::sources::pfs::Pfs;
use coverd::sources::transmittals::Transmittals;
use coverd::sources::{Brief, Source};
use serde_json::{Value, json};

use crate::harness::data::real_data;
use crate::harness::world::zip;
use crate::pfs::made::watching;

/// A document of the story, and when it was published and captured.
struct Chapter<'a> {
    source: &'a dyn Source,
    url: String,
    bytes: Vec<u8>,
    text: Option<String>,
    published: &'static str,
    learned: &'static str,
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn noon(text: &str) -> DateTime<Utc> {
    day(text).and_hms_opt(12, 0, 0).unwrap().and_utc()
}

fn watch() -> Watch {
    let link = NcdLink {
        id: 373,
        section: "30.3.3".to_owned(),
        codes: ["20560", "20561"].map(|code| code.parse().unwrap()).into(),
    };
    Watch {
        words: ["dry needling".to_owned()].into(),
        ncds: [(373, link)].into(),
        ..watching(&["20560", "20561"])
    }
}

fn release(folder: &Path, file: &str) -> Vec<u8> {
    let bytes = std::fs::read(folder.join("pfs").join(file)).unwrap();
    zip(&[(file.rsplit('/').next().unwrap(), &bytes)])
}

fn record(folder: &Path) -> Vec<u8> {
    let path = folder.join("ncd/snapshot-2026-08-01/ncd/30.3.3_v1.json");
    let value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let envelope = json!({"meta": {"status": {"id": 200, "message": "OK"}, "next_token": ""}, "data": [value]});
    envelope.to_string().into_bytes()
}

fn transmittal() -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/transmittals/r4999cp.txt");
    // Columns, as the reader of PDFs parts them.
    std::fs::read_to_string(path).unwrap().replace(" | ", "  ")
}

/// What the documents say, each as its source reads it.
fn facts(folder: &Path) -> Vec<Fact> {
    let (pfs, ncd, opps, orders) = (
        Pfs::default(),
        Ncd::default(),
        Opps::default(),
        Transmittals,
    );
    let site = "https://www.cms.gov/files";
    let workbook = |file: &str| std::fs::read(folder.join("opps").join(file)).unwrap();
    let chapter = |source, url: String, bytes, published, learned| Chapter {
        source,
        url,
        bytes,
        text: None,
        published,
        learned,
    };
    let chapters = [
        chapter(
            &pfs as &dyn Source,
            format!("{site}/zip/rvu20a.zip"),
            release(folder, "rvu20a/PPRRVU20_JAN.csv"),
            "2019-12-20",
            "2019-12-21",
        ),
        chapter(
            &opps,
            format!("{site}/zip/2020-january-opps-addendum-b.zip"),
            zip(&[(
                "2020_january_web_addendum_b.12312019.xlsx",
                &workbook("2020_january_web_addendum_b.12312019.xlsx"),
            )]),
            "2019-12-31",
            "2019-12-31",
        ),
        chapter(
            &ncd,
            "https://api.coverage.cms.gov/v1/data/ncd/?ncdid=373".to_owned(),
            record(folder),
            "2020-01-21",
            "2020-01-21",
        ),
        chapter(
            &opps,
            format!("{site}/zip/january-2020-opps-addendum-b-correction.zip"),
            zip(&[(
                "January_2020_Addendum_B_CORRECTION.02042020.xlsx",
                &workbook("January_2020_Addendum_B_CORRECTION.02042020.xlsx"),
            )]),
            "2020-02-04",
            "2020-02-05",
        ),
        Chapter {
            text: Some(transmittal()),
            ..chapter(
                &orders,
                format!("{site}/document/r4999cp.pdf"),
                b"%PDF-".to_vec(),
                "2020-02-14",
                "2020-02-14",
            )
        },
        chapter(
            &pfs,
            format!("{site}/zip/rvu20b.zip"),
            release(folder, "rvu20b/PPRRVU20_APR.csv"),
            "2020-03-30",
            "2020-03-31",
        ),
        chapter(
            &opps,
            format!("{site}/zip/2020-april-opps-addendum-b.zip"),
            zip(&[(
                "2020_april_web_addendum_b.05042020.xlsx",
                &workbook("2020_april_web_addendum_b.05042020.xlsx"),
            )]),
            "2020-05-04",
            "2020-05-05",
        ),
    ];
    chapters.into_iter().flat_map(read).collect()
}

fn read(chapter: Chapter<'_>) -> Vec<Fact> {
    let watch = watch();
    let brief = Brief {
        today: day("2020-08-01"),
        watch: &watch,
        since_year: 2020,
    };
    let unit = chapter.source.recognise(&chapter.url, &brief);
    let unit = unit.unwrap_or_else(|| panic!("{} is not recognised", chapter.url));
    let hash = hash_of(&chapter.bytes);
    let primary = Document {
        url: chapter.url.clone(),
        final_url: chapter.url.clone(),
        captured: noon(chapter.learned),
        hash,
        bytes: chapter.bytes.into(),
        text: chapter.text.map(Arc::from),
    };
    let companions = unit.companions.iter().map(|_| None).collect();
    let documents = UnitDocuments {
        primary,
        companions,
    };
    let reading = chapter.source.extract(&unit, &documents, &watch);
    let reading = reading.unwrap_or_else(|shape| panic!("{}: {shape}", chapter.url));
    let origin = Arc::new(Origin {
        source: chapter.source.meta().id.to_owned(),
        edition: reading.edition,
        document: hash,
        url: chapter.url,
        published: day(chapter.published),
        learned: noon(chapter.learned),
    });
    let statements = reading.statements.into_iter();
    statements
        .map(|statement| Fact {
            statement,
            origin: Arc::clone(&origin),
        })
        .collect()
}

fn ask(facts: &[Fact], on: NaiveDate, known_on: Option<DateTime<Utc>>) -> Answer {
    let question = Question {
        service: "20560".parse().unwrap(),
        on,
        place: None,
        as_published_on: None,
        as_known_on: known_on,
    };
    let links: Vec<NcdLink> = watch().ncds.into_values().collect();
    let known: BTreeSet<Topic> = facts
        .iter()
        .map(|fact| fact.statement.topic.clone())
        .collect();
    let known: Vec<Topic> = known.into_iter().collect();
    let setting = Setting {
        links: &links,
        billed_with: &BTreeSet::new(),
        localities: &BTreeSet::new(),
        known: &known,
    };
    let wanted = topics(&question, &setting);
    let mut admitted: Vec<Fact> = facts
        .iter()
        .filter(|fact| wanted.contains(&fact.statement.topic))
        .cloned()
        .collect();
    if let Some(instant) = known_on {
        admitted = known_by(admitted, instant);
    }
    answer(admitted, &question, &setting)
}

/// The beginning of what a layer says.
fn says(answer: &Answer, layer: Layer) -> &str {
    let line = answer.lines.iter().find(|line| line.layer == layer);
    let says = line.map_or("", |line| line.says.as_str());
    says.split(':').next().unwrap_or_default()
}

#[test]
fn every_day_from_january_to_july_2020_is_answered_as_known_then_and_as_known_now() {
    let Some(folder) = real_data() else { return };
    let facts = facts(&folder);
    let mut on = day("2020-01-01");
    while on < day("2020-08-01") {
        let since = |first: &str| on >= day(first);
        let now = ask(&facts, on, None);
        let status = if since("2020-01-21") {
            "status A"
        } else {
            "status N"
        };
        assert_eq!(says(&now, Layer::PfsStatus), status, "{on}");
        let outpatient = if since("2020-04-01") {
            "status S"
        } else {
            "status E1"
        };
        assert_eq!(says(&now, Layer::Opps), outpatient, "{on}");
        assert_eq!(
            says(&now, Layer::Ncd).starts_with("Acupuncture"),
            since("2020-01-21"),
            "{on}"
        );
        assert_eq!(says(&now, Layer::Units), "not observed", "{on}");
        assert_eq!(says(&now, Layer::Pipeline), "not observed", "{on}");
        // Between the day from which it was payable and the order that said so, what was public on the
        // day said otherwise.
        let contradicted = since("2020-01-21") && !since("2020-02-14");
        let named = now
            .contradictions
            .iter()
            .any(|one| one.contains("RVU20A") && one.contains("R4999CP"));
        assert_eq!(named, contradicted, "{on}: {:?}", now.contradictions);
        assert_eq!(
            now.summary.contains("payable if covered"),
            since("2020-01-21"),
            "{on}: {}",
            now.summary
        );

        let end_of_day = on.and_hms_opt(23, 0, 0).unwrap().and_utc();
        let then = ask(&facts, on, Some(end_of_day));
        let status = if since("2020-02-14") {
            "status A"
        } else {
            "status N"
        };
        assert_eq!(says(&then, Layer::PfsStatus), status, "{on}");
        let outpatient = if since("2020-05-05") {
            "status S"
        } else {
            "status E1"
        };
        assert_eq!(says(&then, Layer::Opps), outpatient, "{on}");
        let ncd = if since("2020-01-21") {
            "Acupuncture"
        } else {
            "not observed"
        };
        assert!(says(&then, Layer::Ncd).starts_with(ncd), "{on}");
        let orders = says(&then, Layer::Instructions) != "not observed";
        assert_eq!(orders, since("2020-02-14"), "{on}");
        on = on.checked_add_days(Days::new(1)).unwrap();
    }
}

#[test]
fn the_story_does_not_depend_on_the_order_in_which_it_is_read() {
    let Some(folder) = real_data() else { return };
    let facts = facts(&folder);
    let mut reversed = facts.clone();
    reversed.reverse();
    for on in [
        "2020-01-20",
        "2020-01-21",
        "2020-02-14",
        "2020-04-01",
        "2020-05-05",
    ] {
        assert_eq!(
            ask(&facts, day(on), None),
            ask(&reversed, day(on), None),
            "{on}"
        );
    }
}
