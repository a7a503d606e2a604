//! The laws of belief, through the real store: whatever came in whichever order, what the store gives
//! back is what was put in, and nothing happens twice.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use coverd::engine::diff::diff;
use coverd::engine::fold::{fold, known_by, published_by};
use coverd::io::blobs::hash_of;
use coverd::io::store::{ChangeFilter, Store};
use coverd::model::attribute::Attribute;
use coverd::model::document::Capture;
use coverd::model::fact::{Edition, Fact, Observation, Origin, Repost, Statement};
use coverd::model::record::{CaptureRecord, CheckRecord, ReadingRecord};
use coverd::model::topic::{Subject, Topic};
use proptest::prelude::*;
use rust_decimal::Decimal;

/// One row of a made document.
#[derive(Debug, Clone)]
struct Row {
    code: &'static str,
    from: u16,
    status: Option<char>,
    work: Option<u8>,
}

/// One made document: a posting of an edition.
#[derive(Debug, Clone)]
struct Posting {
    edition: u8,
    published: u16,
    learned: u16,
    rows: Vec<Row>,
}

fn start() -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 1, 1).unwrap()
}

fn instant(day: u16) -> DateTime<Utc> {
    let noon = start().and_hms_opt(12, 0, 0).unwrap().and_utc();
    noon + TimeDelta::days(day.into())
}

fn rows() -> impl Strategy<Value = Row> {
    (
        prop::sample::select(vec!["20560", "20561", "97810"]),
        0_u16..500,
        prop::option::of(prop::sample::select(vec!['A', 'N', 'B'])),
        prop::option::of(0_u8..3),
    )
        .prop_map(|(code, from, status, work)| Row {
            code,
            from,
            status,
            work,
        })
}

fn postings() -> impl Strategy<Value = Vec<Posting>> {
    let one = (
        0_u8..4,
        0_u16..500,
        0_u16..500,
        prop::collection::vec(rows(), 1..4),
    );
    let one = one.prop_map(|(edition, published, learned, rows)| Posting {
        edition,
        published,
        learned,
        rows,
    });
    prop::collection::vec(one, 1..8)
}

fn topic(code: &str) -> Topic {
    Topic::national(Subject::Service(code.parse().unwrap()))
}

/// What the rows of a document say; of a topic from a day on, it says one thing.
fn statements(number: usize, rows: &[Row]) -> Vec<Statement> {
    let mut said: BTreeMap<(&str, u16), Statement> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        let status = row.status.map_or(Observation::Absent, Observation::text);
        let work = row.work.map_or(Observation::Absent, |work| {
            Observation::amount(Decimal::new(work.into(), 2))
        });
        let values = BTreeMap::from([(Attribute::Status, status), (Attribute::WorkRvu, work)]);
        let statement = Statement {
            topic: topic(row.code),
            from: start() + TimeDelta::days(row.from.into()),
            values: Arc::new(values),
            locator: format!("document {number} row {place}"),
            quote: format!("{},{:?}", row.code, row.status),
        };
        said.insert((row.code, row.from), statement);
    }
    said.into_values().collect()
}

/// The record of a check that read the posting; `number` makes its document its own.
fn record(number: usize, posting: &Posting) -> CheckRecord {
    let document = hash_of(format!("document {number}").as_bytes());
    let name = format!("edition {}", posting.edition);
    let url = format!("https://www.cms.gov/files/zip/{number}.zip");
    let at = instant(posting.learned);
    let edition = Edition {
        name: name.clone(),
        begins: start() + TimeDelta::days(i64::from(posting.edition) * 120),
        repost: if posting.edition == 3 {
            Repost::Amends
        } else {
            Repost::Replaces
        },
    };
    let origin = Arc::new(Origin {
        source: "made".to_owned(),
        edition,
        document,
        url: url.clone(),
        published: start() + TimeDelta::days(posting.published.into()),
        learned: at,
    });
    let mut record = CheckRecord::new("made", at);
    record.captures = vec![CaptureRecord {
        capture: Capture {
            url: url.clone(),
            final_url: url,
            at,
            status: 200,
            headers: Vec::new(),
            document: Some(document),
        },
        length: None,
        tag: None,
        validators: None,
    }];
    record.readings.push(ReadingRecord {
        unit: name,
        origin,
        extractor: 1,
        watch: "first".to_owned(),
        statements: statements(number, &posting.rows),
        unlisted: None,
    });
    record
}

fn facts_of(records: &[CheckRecord]) -> Vec<Fact> {
    let readings = records.iter().flat_map(|record| &record.readings);
    readings
        .flat_map(|reading| {
            reading.statements.iter().map(|statement| Fact {
                statement: statement.clone(),
                origin: Arc::clone(&reading.origin),
            })
        })
        .collect()
}

fn stored(store: &Store) -> Vec<Fact> {
    let reader = store.read();
    reader.facts(&reader.topics("made").unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_the_store_gives_back_folds_to_what_was_put_in(
        (postings, order) in postings().prop_flat_map(|postings| {
            let order: Vec<usize> = (0..postings.len()).collect();
            (Just(postings), Just(order).prop_shuffle())
        }),
        day in 0_u16..500,
    ) {
        let records: Vec<CheckRecord> = postings
            .iter()
            .enumerate()
            .map(|(number, posting)| record(number, posting))
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("coverd.db")).unwrap();
        for &number in &order {
            store.record_check(&records[number]).unwrap();
        }
        let facts = facts_of(&records);
        let believed = fold(stored(&store));
        prop_assert_eq!(&believed, &fold(facts.clone()));
        // Also as it was published, or known, on any day.
        let public = start() + TimeDelta::days(day.into());
        prop_assert_eq!(
            fold(published_by(&stored(&store), public)),
            fold(published_by(&facts, public))
        );
        prop_assert_eq!(
            fold(known_by(stored(&store), instant(day))),
            fold(known_by(facts, instant(day)))
        );

        // Whatever is recorded again, in any order, changes nothing.
        let before = stored(&store).len();
        for record in &records {
            store.record_check(record).unwrap();
        }
        prop_assert_eq!(stored(&store).len(), before);
        let again = fold(stored(&store));
        prop_assert!(diff(&believed, &again).is_empty());
        prop_assert_eq!(&believed, &again);

        // Read again for another watch: what was said stays, and nothing is told.
        for record in &records {
            let mut rebase = record.clone();
            for reading in &mut rebase.readings {
                reading.watch = "second".to_owned();
            }
            store.record_check(&rebase).unwrap();
        }
        prop_assert!(diff(&believed, &fold(stored(&store))).is_empty());
        prop_assert!(store.read().changes(&ChangeFilter::default()).unwrap().is_empty());
    }
}
