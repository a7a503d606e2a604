//! Addendum B in variations that mean the same, and in damage that must be refused or say the same.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::sync::Arc;

use chrono::DateTime;
use coverd::model::document::{Document, DocumentHash};
use coverd::model::fact::Values;
use coverd::model::request::{Expect, Reading, Request, ShapeError, Unit, UnitDocuments};
use coverd::model::topic::Topic;
use coverd::sources::Source;
use coverd::sources::pfs_rules::{Checks, PfsRules};
use proptest::prelude::*;

use crate::harness::rulemaking::{HEADER, Row, csv, head};
use crate::harness::world::zip;
use crate::pfs::made::{watching, xlsx};

const TITLE: &str = "Addendum B for the CY 2027 Proposed Rule";
/// The last one is not in the table.
const WATCHED: [&str; 4] = ["20560", "77080-26", "97110", "20999"];

fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = (0..60)
        .map(|n| Row::new(&format!("{}", 20_000 + n), "A").work(n + 1))
        .collect();
    rows.push(Row::new("20560", "N"));
    rows.push(Row {
        modifier: "26",
        ..Row::new("77080", "A")
    });
    rows.push(Row::new("97110", "A"));
    rows.push(Row::new("99213", "A"));
    rows.extend((0..40).map(|n| Row::new(&format!("G{n:04}"), "A")));
    rows
}

fn checks() -> Checks {
    Checks {
        rows: 80,
        families: vec![("2", 45), ("G", 30)],
        odd_per_mille: 0,
        ..Checks::default()
    }
}

fn table() -> Vec<Vec<String>> {
    let mut table = head(TITLE);
    table.extend(rows().iter().map(Row::cells));
    table
}

fn read_zip(bytes: &[u8]) -> Result<Reading, ShapeError> {
    let url = "https://www.cms.gov/files/zip/a.zip";
    let documents = UnitDocuments {
        primary: Document {
            url: url.to_owned(),
            final_url: url.to_owned(),
            captured: DateTime::UNIX_EPOCH,
            hash: DocumentHash::new([0; 32]),
            bytes: Arc::from(bytes),
            text: None,
        },
        companions: Vec::new(),
    };
    let unit = Unit::new("CMS-1848-P", Request::new(url, Expect::Zip));
    PfsRules::with_checks(checks()).extract(&unit, &documents, &watching(&WATCHED))
}

fn read(name: &str, member: &[u8]) -> Result<Reading, ShapeError> {
    read_zip(&zip(&[(name, member)]))
}

type Said = Vec<(Topic, Values)>;

fn said(reading: &Reading) -> Said {
    let mut said: Said = reading
        .statements
        .iter()
        .map(|statement| (statement.topic.clone(), statement.values.clone()))
        .collect();
    said.sort();
    said
}

fn sound() -> Said {
    let said = said(&read("Addendum B.csv", &csv(&table())).unwrap());
    assert_eq!(said.len(), WATCHED.len());
    said
}

/// How a table may differ from another that says the same.
#[derive(Debug, Clone)]
struct Variation {
    order: Vec<usize>,
    extra: Option<usize>,
    blank: Vec<usize>,
    titles: usize,
    header: usize,
    notes: bool,
    form: usize,
    zeros: bool,
}

fn variations() -> impl Strategy<Value = Variation> {
    (
        Just((0..12).collect::<Vec<usize>>()).prop_shuffle(),
        prop::option::of(0_usize..12),
        prop::collection::vec(5_usize..100, 0..4),
        0_usize..4,
        0_usize..3,
        any::<bool>(),
        0_usize..4,
        any::<bool>(),
    )
        .prop_map(
            |(order, extra, blank, titles, header, notes, form, zeros)| Variation {
                order,
                extra,
                blank,
                titles,
                header,
                notes,
                form,
                zeros,
            },
        )
}

/// Names of the columns in one cell, in two spellings.
const SINGLE: [[&str; 2]; 12] = [
    ["CPT/HCPCS", "HCPCS Code"],
    ["Mod", "Modifier"],
    ["Status", "Status Code"],
    [
        "Not Used for Medicare Payment",
        "NOT USED FOR\nMEDICARE PAYMENT",
    ],
    ["Description", "Short Descriptor"],
    ["Physician Work RVUs2,3", "CY 2027 Work RVU"],
    ["Non-Facility PE RVUs", "NonFacility Practice Expense RVU"],
    ["Facility PE RVUs", "Fac PE RVUs (2)"],
    ["Mal-Practice RVUs", "MP RVU"],
    ["Total Non-Facility RVUs", "Non-Fac Total"],
    ["Total Facility RVUs", "Facility Total RVUs"],
    ["Global", "Global Period"],
];

/// The member that a variation makes of the table.
fn varied(variation: &Variation) -> (&'static str, Vec<u8>) {
    let header: Vec<Vec<String>> = match variation.header {
        0 => (0..3)
            .map(|line| HEADER.iter().map(|names| names[line].to_owned()).collect())
            .collect(),
        spelling => vec![
            SINGLE
                .iter()
                .map(|names| names[spelling - 1].to_owned())
                .collect(),
        ],
    };
    let data = rows().into_iter().map(|row| {
        let mut cells = row.cells();
        if variation.zeros {
            for cell in &mut cells[5..11] {
                *cell = format!("{cell}0");
            }
        }
        cells
    });
    let mut body: Vec<Vec<String>> = header.into_iter().chain(data).collect();
    let lowest = body
        .iter()
        .position(|row| row[0].parse::<u32>().is_ok())
        .unwrap();
    for row in &mut body {
        let mut cells: Vec<String> = variation
            .order
            .iter()
            .map(|&place| row[place].clone())
            .collect();
        if let Some(at) = variation.extra {
            let filled = if row[0].contains("HCPCS") {
                "A New Column"
            } else {
                "7"
            };
            cells.insert(at, filled.to_owned());
        }
        *row = cells;
    }
    if let Some(at) = variation.extra {
        // Only the lowest row of the header names the new column.
        for row in body.iter_mut().take(lowest.saturating_sub(1)) {
            row[at] = String::new();
        }
    }
    for &at in &variation.blank {
        body.insert((at + lowest).min(body.len()), vec![String::new(); 3]);
    }
    let mut table = vec![vec![TITLE.to_owned()]];
    table.extend((0..variation.titles).map(|n| vec![format!("A remark, the {n}th")]));
    table.extend(body);
    if variation.notes {
        table.push(vec!["1 Codes are neutral; they mean nothing.".to_owned()]);
        table.push(vec!["2 Neither do values.".to_owned()]);
    }
    match variation.form {
        0 => ("CMS-1848-P_Addendum B.csv", csv(&table)),
        1 => (
            "Addendum B.txt",
            csv(&table)
                .into_iter()
                .map(|byte| if byte == b',' { b'\t' } else { byte })
                .collect(),
        ),
        form => (
            "folder/CMS-1848-P_Addendum B_508.xlsx",
            xlsx(&table, &|row, _, text| {
                form == 2 && row > variation.titles + lowest && text.parse::<f64>().is_ok()
            }),
        ),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_form_of_the_table_says_the_same(variation in variations()) {
        let (name, member) = varied(&variation);
        let reading = read(name, &member).unwrap();
        prop_assert_eq!(said(&reading), sound());
    }

    #[test]
    fn a_table_that_is_cut_is_refused_or_says_the_same(at in any::<prop::sample::Index>(), form in 0_usize..2) {
        let (name, whole) = if form == 0 {
            ("Addendum B.csv", csv(&table()))
        } else {
            ("Addendum B.xlsx", xlsx(&table(), &|_, _, _| false))
        };
        let cut = &whole[..at.index(whole.len())];
        if let Ok(reading) = read(name, cut) {
            prop_assert_eq!(said(&reading), sound());
        }
    }

    #[test]
    fn bytes_of_the_archive_are_refused_or_say_the_same(at in any::<prop::sample::Index>(), kind in 0_usize..4, with in any::<u8>()) {
        let mut bytes = zip(&[("Addendum B.csv", &csv(&table()))]);
        let at = at.index(bytes.len());
        match kind {
            0 => bytes.truncate(at),
            1 => bytes[at] = with,
            2 => { bytes.remove(at); }
            _ => bytes.insert(at, with),
        }
        if let Ok(reading) = read_zip(&bytes) {
            prop_assert_eq!(said(&reading), sound());
        }
    }
}

fn refused(table: &[Vec<String>]) -> ShapeError {
    let by_text = read("Addendum B.csv", &csv(table)).unwrap_err();
    let workbook = xlsx(table, &|_, _, _| false);
    let by_workbook = read("Addendum B.xlsx", &workbook).unwrap_err();
    assert_eq!(
        by_text.why.replace(".csv", ""),
        by_workbook.why.replace(".xlsx", "")
    );
    by_text
}

#[test]
fn a_column_that_is_missing_is_refused_and_optional_ones_are_not_stated() {
    for column in 0..12 {
        let mut without = table();
        for row in without.iter_mut().skip(1) {
            row.remove(column);
        }
        let outcome = read("Addendum B.csv", &csv(&without));
        let optional = [3, 9, 10, 11].contains(&column);
        assert_eq!(outcome.is_ok(), optional, "{column}: {outcome:?}");
        if let Ok(reading) = outcome {
            let all = sound();
            for ((topic, values), (_, whole)) in said(&reading).iter().zip(&all) {
                assert_eq!(values.len() + 1, whole.len(), "{topic}");
            }
        }
    }
}

#[test]
fn columns_that_moved_without_their_header_are_refused() {
    for column in 0..12 {
        let mut shifted = table();
        for row in shifted.iter_mut().skip(4) {
            row.remove(column);
            row.push(String::new());
        }
        // Behind the last column and in place of the description nothing moves.
        if column == 11 {
            continue;
        }
        let outcome = read("Addendum B.csv", &csv(&shifted));
        assert!(outcome.is_err(), "{column}");
    }
}

#[test]
fn rows_that_are_missing_or_doubled_are_refused() {
    let whole = table();
    let mut doubled = whole.clone();
    doubled.push(whole[20].clone());
    assert!(refused(&doubled).why.contains("two rows"));
    let few: Vec<Vec<String>> = whole.iter().take(50).cloned().collect();
    assert!(refused(&few).why.contains("at least 80"));
    let without_letters: Vec<Vec<String>> = whole
        .iter()
        .filter(|row| !row[0].starts_with('G'))
        .cloned()
        .chain((0..40).map(|n| Row::new(&(30_000 + n).to_string(), "A").cells()))
        .collect();
    assert!(
        refused(&without_letters)
            .why
            .contains("begin with one of G")
    );
}

#[test]
fn sentinels_sums_and_keys_hold() {
    let with = |code: &str, column: usize, cell: &str| {
        let mut table = table();
        let row = table.iter_mut().find(|row| row[0] == code).unwrap();
        row[column] = cell.to_owned();
        table
    };
    assert!(
        refused(&with("97110", 2, "N"))
            .why
            .contains("97110 must have status A")
    );
    assert!(
        refused(&with("99213", 0, "99214"))
            .why
            .contains("99213 must have status A")
    );
    assert!(
        refused(&with("20560", 9, "0.99"))
            .why
            .contains("the sum of work, PE and MP")
    );
    assert!(
        refused(&with("20560", 2, ""))
            .why
            .contains("one upper-case letter")
    );
    assert!(refused(&with("20560", 5, "?")).why.contains("a number"));
    // A key that cannot be read may be any code that is not found.
    let broken = refused(&with("20010", 0, "2001O1"));
    assert!(broken.why.contains("not as they should be"), "{broken}");
    // Bytes that would be a footnote are not taken for one when they begin with a code.
    let mut bare = table();
    let row = bare.iter_mut().find(|row| row[0] == "20560").unwrap();
    row.truncate(1);
    assert!(refused(&bare).why.contains("one upper-case letter"));
}

#[test]
fn a_few_odd_rows_are_borne_and_told_unless_they_are_watched() {
    let odd = |code: &str| {
        let mut table = table();
        let row = table.iter_mut().find(|row| row[0] == code).unwrap();
        row[11] = "?".to_owned();
        zip(&[("Addendum B.csv", &csv(&table))])
    };
    let source = PfsRules::with_checks(Checks {
        odd_per_mille: 20,
        ..checks()
    });
    let url = "https://www.cms.gov/a.zip";
    let read = |bytes: &[u8]| {
        let documents = UnitDocuments {
            primary: Document {
                url: url.to_owned(),
                final_url: url.to_owned(),
                captured: DateTime::UNIX_EPOCH,
                hash: DocumentHash::new([0; 32]),
                bytes: Arc::from(bytes),
                text: None,
            },
            companions: Vec::new(),
        };
        let unit = Unit::new("CMS-1848-P", Request::new(url, Expect::Zip));
        source.extract(&unit, &documents, &watching(&WATCHED))
    };
    let borne = read(&odd("20010")).unwrap();
    assert_eq!(borne.concerns.len(), 1);
    assert_eq!(said(&borne), sound());
    assert!(read(&odd("20560")).is_err());
}

#[test]
fn an_archive_of_something_else_is_refused() {
    for (name, member) in [
        ("Addendum C.csv", csv(&table())),
        ("Addendum B.docx", csv(&table())),
        ("Addendum B.csv", b"HCPCS,Status\r\n20560,A\r\n".to_vec()),
        ("README.txt", b"Nothing.\r\n".to_vec()),
        ("Addendum B.xlsx", b"PK\x03\x04 cut".to_vec()),
    ] {
        assert!(read(name, &member).is_err(), "{name}");
    }
    for bytes in [&b""[..], b"<html>Access Denied</html>", b"PK\x05\x06"] {
        assert!(read_zip(bytes).is_err());
    }
    let member = csv(&table());
    let two = zip(&[
        ("a/Addendum B.csv", &member),
        ("b/Addendum B v2.csv", &member),
    ]);
    assert!(
        read_zip(&two)
            .unwrap_err()
            .why
            .contains("cannot be told apart")
    );
}
