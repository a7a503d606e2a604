//! The tables of NCCI for practitioners: units of service and pairs of codes, made, real, damaged, and
//! the pages that lead to them.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Datelike, Days, NaiveDate};
use coverd::engine::diff::diff;
use coverd::engine::fold::fold;
use coverd::model::document::DocumentHash;
use coverd::model::fact::{Fact, Origin};
use coverd::model::request::{
    Concern, Discovery, Expect, Reading, Request, Reuse, ShapeError, Unit, UnitDocuments,
};
use coverd::model::watch::Watch;
use coverd::sources::ncci::{Checks, MUE_URL, Ncci, PTP_URL};
use coverd::sources::{Seen, Source};

use crate::harness::cms::{Answer, FakeCms};
use crate::harness::data::real_data;
use crate::harness::run::Practice;
use crate::pfs::made::{archive, archive_with, brief, day, document, watching, watching_all, xlsx};

fn read_as(
    unit: &Unit,
    bytes: &[u8],
    watch: &Watch,
    checks: Checks,
) -> Result<Reading, ShapeError> {
    let documents = UnitDocuments {
        primary: document(&unit.request.url, bytes),
        companions: Vec::new(),
    };
    Ncci::with_checks(checks).extract(unit, &documents, watch)
}

fn unit(name: &str) -> Unit {
    Unit::new(
        name,
        Request::new("https://www.cms.gov/files/zip/a.zip", Expect::Zip),
    )
}

fn read(name: &str, bytes: &[u8]) -> Result<Reading, ShapeError> {
    read_as(&unit(name), bytes, &watch(), checks())
}

fn watch() -> Watch {
    Watch {
        look_alikes: ["20552".parse().unwrap()].into(),
        billed_with: ["97110", "97140", "20700"]
            .map(|code| code.parse().unwrap())
            .into(),
        ..watching(&["20560", "20561-59"])
    }
}

/// Floors in proportion to the made tables.
fn checks() -> Checks {
    Checks {
        mue_rows: 120,
        mue_families: "0123456789AGJLV".chars().map(|first| (first, 6)).collect(),
        ptp_rows: 150,
        odd_per_mille: 0,
        ..Checks::default()
    }
}

/// All that is said: `topic from day: attribute=value, ...`, in order.
fn said(reading: &Reading) -> Vec<String> {
    let mut said: Vec<String> = reading
        .statements
        .iter()
        .map(|s| {
            let values: Vec<String> = s
                .values
                .iter()
                .map(|(a, o)| format!("{}={o}", a.id()))
                .collect();
            format!("{} from {}: {}", s.topic, s.from, values.join(", "))
        })
        .collect();
    said.sort();
    said
}

// ---------------------------------------------------------------- pairs

const HEAD: &str = "CPT only copyright 2025.  All rights reserved.\t\t\t\t\t\t\r\n\
Column1/Column2 Edits\t\t\t\t\t\t\r\n\
Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n\
\t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n\
\t\t\t\t*=no data\t1=allowed\t\r\n\
\t\t\t\t\t9=not applicable\t\r\n";

const MISUSE: &str = "Misuse of Column Two code with Column One code";

/// A row: `column1 column2 effective deleted modifier`.
fn row(cells: &str) -> String {
    let cells: Vec<&str> = cells.split(' ').collect();
    let [column1, column2, effective, deleted, modifier] = cells[..] else {
        panic!("{cells:?}")
    };
    format!("{column1}\t{column2}\t\t{effective}\t{deleted}\t{modifier}\t{MISUSE}")
}

/// The rows of file 1 of a quarter: pairs of others, among them those of ours.
fn rows(ours: &[&str]) -> Vec<String> {
    let mut rows: Vec<String> = (0..200_u32)
        .map(|number| {
            let deleted = if number % 3 == 0 { "20191231" } else { "*" };
            row(&format!(
                "{:05} {:05} 20180101 {deleted} {}",
                10_000 + 770 * (number / 10),
                64_400 + number,
                number % 2
            ))
        })
        .collect();
    rows.extend(ours.iter().map(|ours| row(ours)));
    rows.sort();
    rows
}

const OURS: [&str; 8] = [
    "20560 97810 20200101 * 0",
    "20560 64405 20200101 20221231 1",
    "20552 20560 20200101 * 1",
    "20560 92012 20200101 20200101 9",
    "20560 92012 20200101 * 1",
    "20560 99213 20180101 20191231 0",
    "20560 99213 20200101 * 1",
    "20552 64999 20100101 * 1",
];

fn text(rows: &[String]) -> Vec<u8> {
    let lines: Vec<String> = rows.iter().map(|row| format!("{row}\r\n")).collect();
    format!("{HEAD}{}", lines.concat()).into_bytes()
}

fn packed(file: &str, text: &[u8]) -> Vec<u8> {
    archive(&[
        (file, text),
        ("ccipra-v322r0-f1.xlsx", b"PK\x03\x04 not looked at"),
    ])
}

const FIRST: &str = "NCCI PTP 2026-Q3 f1";
const FILE: &str = "ccipra-v322r0-f1.TXT";

fn first(ours: &[&str]) -> Vec<u8> {
    packed(FILE, &text(&rows(ours)))
}

#[test]
fn edits_hold_from_their_first_to_their_last_day() {
    let reading = read(FIRST, &first(&OURS)).unwrap();
    let held = |modifier| format!("ptp_modifier={modifier}, ptp_rationale={MISUSE}");
    let none = "ptp_modifier=not listed, ptp_rationale=not listed";
    assert_eq!(
        said(&reading),
        [
            format!("20552 with 20560 from 2020-01-01: {}", held(1)),
            format!("20552 with 64999 from 2010-01-01: {}", held(1)),
            format!("20560 with 20700 from 2026-07-01: {none}"),
            format!("20560 with 64405 from 2020-01-01: {}", held(1)),
            format!("20560 with 64405 from 2023-01-01: {none}"),
            format!("20560 with 92012 from 2020-01-01: {}", held(1)),
            format!("20560 with 97110 from 2026-07-01: {none}"),
            format!("20560 with 97140 from 2026-07-01: {none}"),
            format!("20560 with 97810 from 2020-01-01: {}", held(0)),
            format!("20560 with 99213 from 2018-01-01: {}", held(0)),
            format!("20560 with 99213 from 2020-01-01: {}", held(1)),
            format!("20561 with 20700 from 2026-07-01: {none}"),
            format!("20561 with 97110 from 2026-07-01: {none}"),
            format!("20561 with 97140 from 2026-07-01: {none}"),
            format!("20700 with 20560 from 2026-07-01: {none}"),
            format!("20700 with 20561 from 2026-07-01: {none}"),
        ]
    );
    // Pairs that begin with 97110 are in another file: nothing is said of them.
    assert_eq!(reading.edition.name, FIRST);
    assert_eq!(reading.edition.begins, day(2026, 7, 1));
    assert!(reading.announces_new && reading.unlisted.is_none());
    assert_eq!(reading.concerns, []);
    let ended = reading
        .statements
        .iter()
        .find(|s| s.from == day(2023, 1, 1))
        .unwrap();
    assert_eq!(
        ended.quote,
        format!("20560\t64405\t\t20200101\t20221231\t1\t{MISUSE}")
    );
    assert!(
        ended.locator.starts_with("ccipra-v322r0-f1.TXT line "),
        "{}",
        ended.locator
    );
}

#[test]
fn at_the_border_of_two_files_and_out_of_order_nothing_is_declared_absent() {
    let absent = |rows: &[String]| {
        let reading = read(FIRST, &packed(FILE, &text(rows))).unwrap();
        said(&reading)
            .iter()
            .filter(|said| said.contains("20560 with 97110"))
            .count()
    };
    let mut rows = rows(&OURS);
    assert_eq!(absent(&rows), 1);
    rows.retain(|row| row[..5] <= *"20560");
    while rows.len() < 150 {
        rows.insert(
            0,
            row(&format!("00100 {:05} 20180101 20181231 1", rows.len())),
        );
    }
    assert_eq!(absent(&rows), 0);
    rows.push(row("30000 64400 20180101 * 1"));
    assert_eq!(absent(&rows), 1);
    rows.push(row("10000 64400 20180101 * 1"));
    assert_eq!(absent(&rows), 0);
}

#[test]
fn with_all_codes_watched_only_pairs_of_the_practice_and_look_alikes_are_kept() {
    let watch = Watch {
        look_alikes: watch().look_alikes,
        billed_with: ["20560", "97810"].map(|code| code.parse().unwrap()).into(),
        ..watching_all()
    };
    let reading = read_as(&unit(FIRST), &first(&OURS), &watch, checks()).unwrap();
    let topics: BTreeSet<String> = reading
        .statements
        .iter()
        .map(|s| s.topic.to_string())
        .collect();
    assert_eq!(
        Vec::from_iter(topics),
        ["20552 with 20560", "20560 with 97810"]
    );
}

#[test]
fn a_file_of_another_quarter_part_or_provider_is_the_wrong_one() {
    let text = text(&rows(&OURS));
    for (file, fits) in [
        ("ccipra-v322r0-f1.TXT", true),
        ("ccipra-v322r1-f1.txt", true),
        ("edits.txt", true),
        ("ccipra-v322r0-f2.txt", false),
        ("ccipra-v321r0-f1.txt", false),
        ("ccioph-v322r0-f1.txt", false),
    ] {
        let read = read(FIRST, &archive(&[(file, &text)]));
        assert_eq!(read.is_ok(), fits, "{file}: {read:?}");
    }
}

#[test]
fn the_number_of_records_that_the_page_names_is_compared() {
    let whole = rows(&OURS).len();
    let read = |records: usize| {
        let page = format!(
            "<a href='/license/ama?file=/files/zip/a.zip'>Practitioner PTP Edits v322r0 ({},{:03} Records) 0001A/0591T</a>",
            records / 1000,
            records % 1000
        );
        let unit = Unit {
            context: vec![document(PTP_URL, page.as_bytes())],
            ..unit(FIRST)
        };
        read_as(&unit, &first(&OURS), &watch(), checks())
    };
    assert_eq!(read(whole).unwrap().concerns, []);
    let near = read(whole + 1).unwrap().concerns;
    assert!(near[0].text.contains("209 records"), "{near:?}");
    assert!(read(whole * 2).is_err());
}

/// What is wrong, and the file with it.
fn broken_edits() -> Vec<(String, Vec<u8>)> {
    let sound = rows(&OURS);
    let with = |change: &dyn Fn(&mut Vec<Vec<String>>)| {
        let mut cells: Vec<Vec<String>> = sound
            .iter()
            .map(|row| row.split('\t').map(str::to_owned).collect())
            .collect();
        change(&mut cells);
        let rows: Vec<String> = cells.iter().map(|cells| cells.join("\t")).collect();
        text(&rows)
    };
    let ours = |cells: &&mut Vec<String>| cells[0] == "20560" && cells[1] == "97810";
    let mut broken = Vec::new();
    for (column, value) in [
        (1, "9781"),
        (2, "x"),
        (3, "2020"),
        (3, "20201301"),
        (4, ""),
        (4, "n/a"),
        (5, "2"),
        (5, ""),
        (6, ""),
    ] {
        let bytes =
            with(&|cells| value.clone_into(&mut cells.iter_mut().find(ours).unwrap()[column]));
        broken.push((format!("column {column} is '{value}'"), bytes));
    }
    for column in 0..7 {
        broken.push((
            format!("column {column} is missing"),
            with(&|cells| {
                for row in cells.iter_mut() {
                    row.remove(column);
                }
            }),
        ));
        if column < 6 {
            broken.push((
                format!("column {column} is exchanged with the next"),
                with(&|cells| {
                    for row in cells.iter_mut() {
                        row.swap(column, column + 1);
                    }
                }),
            ));
        }
    }
    broken.push(("half of it".to_owned(), with(&|cells| cells.truncate(100))));
    broken.push((
        "none deleted".to_owned(),
        with(&|cells| cells.retain(|row| row[4] == "*")),
    ));
    broken.push((
        "all deleted".to_owned(),
        with(&|cells| {
            for row in cells.iter_mut() {
                "20191231".clone_into(&mut row[4]);
            }
        }),
    ));
    broken.push((
        "a contradiction".to_owned(),
        with(&|cells| {
            let mut other = cells.iter_mut().find(ours).unwrap().clone();
            "1".clone_into(&mut other[5]);
            cells.push(other);
        }),
    ));
    broken.push(("a line without end".to_owned(), {
        let mut bytes = text(&sound);
        bytes.extend(std::iter::repeat_n(b'x', 100_000));
        bytes
    }));
    let header = |from: &str, to: &str| {
        let text = String::from_utf8(text(&sound)).unwrap();
        text.replacen(from, to, 1).into_bytes()
    };
    broken.push((
        "no header".to_owned(),
        header("Column 1\tColumn 2", "One\tTwo"),
    ));
    broken.push((
        "dates exchanged in the header".to_owned(),
        header("Effective\tDeletion", "Deletion\tEffective"),
    ));
    broken.push((
        "another column".to_owned(),
        header("\tModifier\t", "\tFlag\tModifier\t"),
    ));
    broken
}

#[test]
fn a_file_of_edits_with_anything_wrong_is_refused() {
    for (what, bytes) in broken_edits() {
        let read = read(FIRST, &packed(FILE, &bytes));
        assert!(read.is_err(), "{what}");
    }
    for bytes in [
        &b""[..],
        b"<!DOCTYPE html><title>License</title>",
        &packed("readme.pdf", b"%PDF"),
    ] {
        assert!(read(FIRST, bytes).is_err());
    }
}

#[test]
fn a_file_of_edits_that_is_cut_or_damaged_says_nothing_else() {
    let whole = text(&rows(&OURS));
    let expected = said(&read(FIRST, &packed(FILE, &whole)).unwrap());
    let mut refused = 0;
    for at in (0..whole.len()).step_by(11) {
        let cut = archive_with(&[(FILE, &whole[..at])], zip::CompressionMethod::Stored);
        match read(FIRST, &cut) {
            // Cut between two lines, near its end: less is said, nothing else.
            Ok(reading) => assert!(
                said(&reading).iter().all(|said| expected.contains(said)),
                "cut at {at}"
            ),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > whole.len() / 11 * 9 / 10, "{refused}");
    let sound = first(&OURS);
    for at in (0..sound.len()).step_by(7) {
        let mut flipped = sound.clone();
        flipped[at] ^= 0x21;
        for bytes in [&sound[..at], &flipped] {
            if let Ok(reading) = read(FIRST, bytes) {
                assert_eq!(said(&reading), expected, "at {at}");
            }
        }
    }
}

/// The facts of a reading, published on the day its quarter begins.
fn facts(reading: &Reading) -> Vec<Fact> {
    let origin = Arc::new(Origin {
        source: "ncci".to_owned(),
        edition: reading.edition.clone(),
        document: DocumentHash::new([reading.edition.begins.month().to_le_bytes()[0]; 32]),
        url: "https://www.cms.gov/a.zip".to_owned(),
        published: reading.edition.begins,
        learned: reading
            .edition
            .begins
            .and_hms_opt(12, 0, 0)
            .unwrap()
            .and_utc(),
    });
    let fact = |statement| Fact {
        statement,
        origin: Arc::clone(&origin),
    };
    reading.statements.iter().cloned().map(fact).collect()
}

#[test]
fn from_quarter_to_quarter_only_what_cms_changed_has_moved() {
    let next: Vec<&str> = OURS
        .iter()
        .map(|row| match *row {
            "20560 97810 20200101 * 0" => "20560 97810 20200101 20260930 0",
            other => other,
        })
        .chain(["20560 97140 20261001 * 1", "20560 64415 20261001 * 1"])
        .collect();
    let before = facts(&read(FIRST, &first(&OURS)).unwrap());
    let file = packed("ccipra-v323r0-f1.TXT", &text(&rows(&next)));
    let after = read("NCCI PTP 2026-Q4 f1", &file).unwrap();
    let all: Vec<Fact> = before.iter().cloned().chain(facts(&after)).collect();
    let moved = diff(&fold(before), &fold(all));
    let moved: Vec<String> = moved
        .iter()
        .filter(|change| change.key.attribute.id() == "ptp_modifier")
        .map(|change| {
            let side = |side: &Option<_>| {
                side.as_ref()
                    .map_or("nothing known".to_owned(), ToString::to_string)
            };
            format!(
                "{} from {}: {} -> {}",
                change.key.topic,
                change.days.from,
                side(&change.was),
                side(&change.now)
            )
        })
        .collect();
    assert_eq!(
        moved,
        [
            "20560 with 64415 from 2026-10-01: nothing known -> 1",
            "20560 with 97140 from 2026-10-01: not listed -> 1",
            "20560 with 97810 from 2026-10-01: 0 -> not listed",
        ]
    );
}

// ---------------------------------------------------------------- units

const NOTICE: &str = "Codes are copyright 2025. All rights reserved. \n\nA trademark.\n\nRestrictions apply. \n\nNo liability.";
const UNITS: &str = "NCCI MUE 2026-Q3";
const UNITS_FILE: &str = "MCR_MUE_PractitionerServices_Eff_07-01-2026.csv";

fn units() -> Vec<Vec<String>> {
    let line = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
    let mut rows = Vec::new();
    for number in 0..150_usize {
        let family = b"0123456789AGJLV"[number % 15] as char;
        let adjudication = [
            "1 Line Edit",
            "2 Date of Service Edit: Policy",
            "3 Date of Service Edit: Clinical",
        ][number % 3];
        let code = format!("{family}{:04}", 7 * number + 11);
        rows.push(line([
            &code,
            &(number % 5).to_string(),
            adjudication,
            "CMS Policy",
        ]));
    }
    for (code, units) in [
        ("20552", "1"),
        ("20560", "1"),
        ("97110", "6"),
        ("99213", "2"),
        ("20610", "2"),
    ] {
        rows.push(line([
            code,
            units,
            "2 Date of Service Edit: Policy",
            "Code Descriptor / CPT Instruction",
        ]));
    }
    rows.sort();
    let mut all = vec![
        line([NOTICE, "", "", ""]),
        line([
            "HCPCS/\nCPT Code",
            "Practitioner Services MUE Values",
            "MUE Adjudication Indicator",
            "MUE Rationale",
        ]),
    ];
    all.extend(rows);
    all
}

fn units_csv(rows: &[Vec<String>]) -> Vec<u8> {
    let quoted = |cell: &String| {
        if cell.contains(['\n', ',']) {
            format!("\"{cell}\"")
        } else {
            cell.clone()
        }
    };
    let line = |row: &Vec<String>| {
        format!(
            "{}\r\n",
            row.iter().map(quoted).collect::<Vec<_>>().join(",")
        )
    };
    rows.iter().map(line).collect::<String>().into_bytes()
}

#[test]
fn units_are_read_from_text_and_from_a_workbook() {
    let rows = units();
    let workbook = xlsx(&rows, &|row, column, text| {
        row > 1 && column < 2 && text.parse::<f64>().is_ok() && !text.starts_with('0')
    });
    let expected = [
        "20552 from 2026-07-01: mue_units=1, mue_adjudication=2 Date of Service Edit: Policy, mue_rationale=Code Descriptor / CPT Instruction",
        "20560 from 2026-07-01: mue_units=1, mue_adjudication=2 Date of Service Edit: Policy, mue_rationale=Code Descriptor / CPT Instruction",
    ];
    for members in [
        vec![(UNITS_FILE, units_csv(&rows))],
        vec![(
            "MCR_MUE_PractitionerServices_Eff_07-01-2026.xlsx",
            workbook.clone(),
        )],
        vec![
            ("a.xlsx", workbook),
            ("notes.txt", b"notes".to_vec()),
            (UNITS_FILE, units_csv(&rows)),
        ],
    ] {
        let members: Vec<(&str, &[u8])> = members
            .iter()
            .map(|(name, bytes)| (*name, &bytes[..]))
            .collect();
        let reading = read(UNITS, &archive(&members)).unwrap();
        assert_eq!(said(&reading), expected);
        assert_eq!(reading.edition.begins, day(2026, 7, 1));
        assert_eq!(reading.concerns, []);
        assert_eq!(reading.unlisted.unwrap().values.len(), 3);
    }
    let mut without = rows.clone();
    without.retain(|row| row[0] != "20560");
    let reading = read(UNITS, &archive(&[(UNITS_FILE, &units_csv(&without))])).unwrap();
    assert_eq!(
        said(&reading)[1],
        "20560 from 2026-07-01: mue_units=not listed, mue_adjudication=not listed, mue_rationale=not listed"
    );
}

#[test]
fn a_table_that_is_replaced_within_its_quarter_leaves_the_days_before_it() {
    let bytes = units_csv(&units());
    let replaced = archive(&[("MCR_MUE_PractitionerServices_Eff_08-15-2026.csv", &bytes)]);
    let reading = read(UNITS, &replaced).unwrap();
    assert_eq!(reading.edition.name, "NCCI MUE 2026-Q3 (from 2026-08-15)");
    assert!(
        reading
            .statements
            .iter()
            .all(|statement| statement.from == day(2026, 8, 15))
    );
    let other = archive(&[("MCR_MUE_PractitionerServices_Eff_04-01-2026.csv", &bytes)]);
    assert!(read(UNITS, &other).is_err());
}

#[test]
fn a_table_of_units_with_anything_wrong_is_refused() {
    let with = |change: &dyn Fn(&mut Vec<Vec<String>>)| {
        let mut rows = units();
        change(&mut rows);
        rows
    };
    let set = |code: &'static str, column: usize, value: &'static str| {
        with(&move |rows| {
            let row = rows.iter_mut().find(|row| row[0] == code).unwrap();
            value.clone_into(&mut row[column]);
        })
    };
    let mut broken = vec![
        (
            "of hospitals",
            set(
                "HCPCS/\nCPT Code",
                1,
                "Outpatient Hospital Services MUE Values",
            ),
        ),
        ("no name", set("HCPCS/\nCPT Code", 2, "")),
        ("no header", with(&|rows| drop(rows.remove(1)))),
        ("units that are none", set("20560", 1, "one")),
        ("no units", set("20560", 1, "")),
        ("an indicator that is none", set("20560", 2, "4 Other")),
        ("no rationale", set("20560", 3, "")),
        ("a code that is none", set("20560", 0, "2O560")),
        ("a sentinel without units", set("99213", 1, "0")),
        (
            "no sentinel",
            with(&|rows| rows.retain(|row| row[0] != "97110")),
        ),
        ("half of it", with(&|rows| rows.truncate(80))),
        ("its second half", with(&|rows| drop(rows.drain(2..90)))),
        (
            "a doubled row",
            with(&|rows| {
                let row = rows.iter().find(|row| row[0] == "20560").unwrap().clone();
                rows.push(row);
            }),
        ),
    ];
    for column in 0..4 {
        broken.push((
            "a column missing",
            with(&|rows| {
                for row in rows.iter_mut() {
                    row.remove(column);
                }
            }),
        ));
        broken.push((
            "a column exchanged",
            with(&|rows| {
                for row in rows.iter_mut().skip(2) {
                    row.swap(column, (column + 1) % 4);
                }
            }),
        ));
    }
    for (what, rows) in broken {
        let read = read(UNITS, &archive(&[(UNITS_FILE, &units_csv(&rows))]));
        assert!(read.is_err(), "{what}: {read:?}");
    }
    let whole = units_csv(&units());
    let expected = said(&read(UNITS, &archive(&[(UNITS_FILE, &whole)])).unwrap());
    for at in (0..whole.len()).step_by(13) {
        let cut = archive_with(
            &[(UNITS_FILE, &whole[..at])],
            zip::CompressionMethod::Stored,
        );
        if let Ok(reading) = read(UNITS, &cut) {
            assert_eq!(said(&reading), expected, "cut at {at}");
        }
    }
}

// ---------------------------------------------------------------- the real tables

/// The rows of a simple quoted table, without its header.
fn table(folder: &std::path::Path, file: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(folder.join("ncci").join(file)).unwrap();
    let cells = |line: &str| {
        let mut cells = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                other => cells.last_mut().unwrap().push(other),
            }
        }
        cells
    };
    text.lines().skip(1).map(cells).collect()
}

#[test]
fn the_practice_table_gives_one_unit_for_both_codes() {
    let Some(folder) = real_data() else { return };
    let table = table(&folder, "mue_practitioner_2024-07-01.csv");
    let mut raw = units();
    raw.truncate(2);
    for row in &table {
        let adjudication = match &row[2][..] {
            "1" => "1 Line Edit",
            "2" => "2 Date of Service Edit: Policy",
            "3" => "3 Date of Service Edit: Clinical",
            other => panic!("{other}"),
        };
        raw.push(vec![
            row[0].clone(),
            row[1].clone(),
            adjudication.to_owned(),
            row[3].clone(),
        ]);
    }
    let file = "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv";
    let bytes = archive(&[(file, &units_csv(&raw))]);
    let watch = watching(&["20560", "20561", "20999"]);
    let reading = read_as(&unit("NCCI MUE 2024-Q3"), &bytes, &watch, Checks::default()).unwrap();
    let one = "mue_units=1, mue_adjudication=2 Date of Service Edit: Policy, mue_rationale=Code Descriptor / CPT Instruction";
    assert_eq!(
        said(&reading)[..2],
        [
            format!("20560 from 2024-07-01: {one}"),
            format!("20561 from 2024-07-01: {one}")
        ]
    );
    assert_eq!(reading.concerns, []);
    let all = read_as(
        &unit("NCCI MUE 2024-Q3"),
        &bytes,
        &watching_all(),
        Checks::default(),
    )
    .unwrap();
    assert_eq!(all.statements.len(), table.len());
}

#[test]
fn the_pairs_of_the_practice_subset_are_found_as_they_stand() {
    let Some(folder) = real_data() else { return };
    // Both sides of a pair are in the subset; it has no effective dates, which are made: each row begins
    // when the one before it ends.
    let mut pairs: BTreeMap<(String, String), BTreeSet<[String; 3]>> = BTreeMap::new();
    for row in table(&folder, "ptp_practitioner_2024-07-01.subset.csv") {
        let [code, kind, other, deleted, modifier, rationale] = &row[..] else {
            panic!("{row:?}")
        };
        let pair = if kind == "Comprehensive" {
            (code, other)
        } else {
            (other, code)
        };
        let pair = (pair.0.clone(), pair.1.clone());
        pairs.entry(pair).or_default().insert([
            deleted.replace('-', ""),
            modifier.clone(),
            rationale.clone(),
        ]);
    }
    let compact = |day: NaiveDate| day.format("%Y%m%d").to_string();
    let mut raw = Vec::new();
    let mut expected: BTreeMap<String, String> = BTreeMap::new();
    for ((column1, column2), rows) in &pairs {
        let mut begins = day(1996, 1, 1);
        let topic = format!("{column1} with {column2}");
        expected.insert(topic.clone(), "not listed".to_owned());
        for [deleted, modifier, rationale] in rows {
            let (effective, end) = if modifier == "9" {
                (deleted.clone(), deleted.clone())
            } else if deleted == "99991231" {
                expected.insert(topic.clone(), modifier.clone());
                (compact(begins), "*".to_owned())
            } else {
                let effective = compact(begins);
                begins = NaiveDate::parse_from_str(deleted, "%Y%m%d").unwrap() + Days::new(1);
                (effective, deleted.clone())
            };
            raw.push(format!(
                "{column1}\t{column2}\t\t{effective}\t{end}\t{modifier}\t{rationale}"
            ));
        }
    }
    let bytes = packed("ccipra-v302r0-f1.TXT", &text(&raw));
    let watch = Watch {
        look_alikes: ["20552", "20553", "97810", "97811", "97813", "97814"]
            .map(|code| code.parse().unwrap())
            .into(),
        ..watching(&["20560", "20561"])
    };
    let reading = read_as(
        &unit("NCCI PTP 2024-Q3 f1"),
        &bytes,
        &watch,
        Checks::for_excerpts(),
    )
    .unwrap();
    let beliefs = fold(facts(&reading));
    let believed: BTreeMap<String, String> = beliefs
        .topics()
        .map(|(topic, attributes)| {
            let timeline = &attributes[&coverd::model::attribute::Attribute::PtpModifier];
            (
                topic.to_string(),
                timeline
                    .at(day(2024, 7, 1))
                    .unwrap()
                    .observation
                    .to_string(),
            )
        })
        .collect();
    assert_eq!(believed.len(), pairs.len());
    assert_eq!(believed, expected);
    assert_eq!(believed["20560 with 97810"], "0");
    assert_eq!(believed["20552 with 20560"], "1");
    assert_eq!(believed["20561 with 20560"], "0");
}

#[test]
fn the_raw_excerpts_are_read_as_cms_wrote_them() {
    let Some(folder) = real_data() else { return };
    let bytes = |file: &str| std::fs::read(folder.join("ncci").join(file)).unwrap();
    let edits = archive(&[(FILE, &bytes("ccipra-v322r0-f1.excerpt.txt"))]);
    let watch = watching(&["0001A", "0001U"]);
    let reading = read_as(&unit(FIRST), &edits, &watch, Checks::for_excerpts()).unwrap();
    let said: Vec<String> = said(&reading)
        .iter()
        .map(|said| said.split(", ptp").next().unwrap().to_owned())
        .collect();
    assert_eq!(
        said,
        [
            "0001A with 0591T from 2022-01-01: ptp_modifier=1",
            "0001A with 0591T from 2024-01-01: ptp_modifier=not listed",
            "0001A with 36591 from 2022-01-01: ptp_modifier=0",
            "0001A with 36591 from 2024-01-01: ptp_modifier=not listed",
            "0001A with 90473 from 2022-01-01: ptp_modifier=not listed",
            "0001A with G0008 from 2022-01-01: ptp_modifier=not listed",
            "0001U with 0029U from 2018-07-01: ptp_modifier=1",
            "0001U with 0029U from 2026-07-01: ptp_modifier=not listed",
            "0001U with 0030U from 2018-07-01: ptp_modifier=1",
            "0001U with 0417U from 2025-01-01: ptp_modifier=1",
            "0001U with 81105 from 2018-01-01: ptp_modifier=1",
        ]
    );
    let units = archive(&[(
        UNITS_FILE,
        &bytes("MCR_MUE_PractitionerServices_Eff_07-01-2026.excerpt.csv"),
    )]);
    let reading = read_as(
        &unit(UNITS),
        &units,
        &watching(&["0009U"]),
        Checks::for_excerpts(),
    )
    .unwrap();
    assert!(
        reading.statements[0]
            .quote
            .starts_with("0009U,2,3 Date of Service Edit: Clinical"),
        "{reading:?}"
    );
    assert!(
        reading.statements[0].locator.ends_with("row 16"),
        "{reading:?}"
    );
}

// ---------------------------------------------------------------- discovery

/// Units, concerns, and the names that the pages list.
type Found = (Vec<Unit>, Vec<Concern>, Option<Vec<String>>);

fn discover(pages: &[(&str, String)], today: NaiveDate) -> Result<Found, ShapeError> {
    let watch = watching(&["20560"]);
    let (mut seen, mut failed) = (Seen::new(), Vec::new());
    loop {
        match Ncci::default().discover(&seen, &failed, &brief(&watch, today))? {
            Discovery::Complete {
                units,
                listed,
                concerns,
            } => return Ok((units, concerns, listed)),
            Discovery::Fetch(requests) => {
                assert!(!requests.is_empty());
                for request in requests {
                    assert!(!seen.contains_key(&request.url) && !failed.contains(&request.url));
                    match pages.iter().find(|(url, _)| *url == request.url) {
                        Some((url, page)) => {
                            seen.insert(request.url, document(url, page.as_bytes()));
                        }
                        None => failed.push(request.url),
                    }
                }
            }
        }
    }
}

fn links(hrefs: &[&str]) -> String {
    let links: Vec<String> = hrefs
        .iter()
        .map(|href| format!("<li><a href='{href}'>a file (ZIP)</a></li>"))
        .collect();
    format!("<main><h1>NCCI</h1><ul>{}</ul></main>", links.concat())
}

const MUE_LINKS: [&str; 4] = [
    "/files/zip/medicare-ncci-2026-q3-practitioner-services-mue-table.zip",
    "/files/zip/medicare-ncci-2026-q4-practitioner-services-mue-table.zip",
    "/files/zip/medicare-ncci-2026-q4-facility-outpatient-hospital-services-mue-table.zip",
    "/files/zip/medicare-ncci-2026-q4-dme-supplier-services-mue-table.zip",
];
const PTP_LINKS: [&str; 7] = [
    "/files/zip/medicare-ncci-2026q4-practitioner-quarterly-additions-deletions-revisions-ptp.zip",
    "/license/ama?file=/files/zip/medicare-ncci-2026q4-practitioner-ptp-edits-ccipra-v323r0-f1.zip",
    "/license/ama?file=/files/zip/medicare-ncci-2026q4-practitioner-ptp-edits-ccipra-v323r1-f1.zip",
    "/license/ama?file=/files/zip/medicare-ncci-2026-q4-practitioner-ptp-edits-ccipra-v323r0-f2.zip",
    "/license/ama?file=/files/zip//medicare-ncci-2026q4-practitioner-ptp-edits-ccipra-v323r0-f3.zip",
    "/license/ama?file=/files/zip/medicare-ncci-2026q4-practitioner-ptp-edits-ccipra-v323r0-f4.zip",
    "/license/ama?file=/files/zip/medicare-ncci-2026q4-hospital-ptp-edits-ccioph-v323r0-f1.zip",
];

#[test]
fn the_tables_of_practitioners_are_found_through_the_licence_page() {
    let pages = [(MUE_URL, links(&MUE_LINKS)), (PTP_URL, links(&PTP_LINKS))];
    let (units, concerns, listed) = discover(&pages, day(2026, 11, 25)).unwrap();
    let found: Vec<(&str, &str)> = units
        .iter()
        .map(|unit| (&unit.name[..], unit.request.url.rsplit('-').next().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            ("NCCI MUE 2026-Q3", "table.zip"),
            ("NCCI MUE 2026-Q4", "table.zip"),
            ("NCCI PTP 2026-Q4 f1", "f1.zip"),
            ("NCCI PTP 2026-Q4 f2", "f2.zip"),
            ("NCCI PTP 2026-Q4 f3", "f3.zip"),
            ("NCCI PTP 2026-Q4 f4", "f4.zip"),
        ]
    );
    assert_eq!(listed.unwrap().len(), 6);
    assert_eq!(concerns, []);
    assert_eq!(
        units[2].request.url,
        "https://www.cms.gov/files/zip/medicare-ncci-2026q4-practitioner-ptp-edits-ccipra-v323r1-f1.zip"
    );
    assert_eq!(
        units[1].request.reuse,
        Reuse::Within(chrono::TimeDelta::days(7))
    );
    assert!(!units[4].request.url.contains("zip//"));
}

#[test]
fn what_is_missing_is_told_and_one_page_does_not_cost_the_other() {
    let keys = |pages: &[(&str, String)], today| {
        let (units, concerns, listed) = discover(pages, today).unwrap();
        let keys: Vec<String> = concerns.into_iter().map(|concern| concern.key).collect();
        (units.len(), keys, listed.is_some())
    };
    let (mue, ptp) = (links(&MUE_LINKS), links(&PTP_LINKS));
    assert_eq!(
        keys(
            &[(MUE_URL, mue.clone()), (PTP_URL, links(&PTP_LINKS[..4]))],
            day(2027, 1, 16)
        ),
        (
            4,
            vec![
                "overdue NCCI MUE 2027-Q1".to_owned(),
                "overdue NCCI PTP 2027-Q1".to_owned(),
                "gap NCCI PTP 2026-Q4".to_owned()
            ],
            true
        )
    );
    assert_eq!(
        keys(&[(PTP_URL, ptp.clone())], day(2026, 11, 1)),
        (4, vec![], false)
    );
    assert_eq!(
        keys(
            &[
                (MUE_URL, "<title>We will be back soon</title>".to_owned()),
                (PTP_URL, ptp)
            ],
            day(2026, 11, 1)
        ),
        (4, vec![format!("page {MUE_URL}")], false)
    );
    let nothing = "<title>We will be back soon</title>".to_owned();
    assert!(
        discover(
            &[(MUE_URL, nothing.clone()), (PTP_URL, nothing)],
            day(2026, 11, 1)
        )
        .is_err()
    );
    assert_eq!(keys(&[], day(2026, 11, 1)), (0, vec![], false));
}

#[test]
fn an_archive_is_known_by_its_address() {
    let watch = watching(&["20560"]);
    let brief = brief(&watch, day(2026, 11, 20));
    let name = |url: &str| Ncci::default().recognise(url, &brief).map(|unit| unit.name);
    for (url, expected) in [
        (
            "https://www.cms.gov/files/zip/medicare-ncci-2026q3-practitioner-ptp-edits-ccipra-v322r0-f1.zip",
            Some(FIRST),
        ),
        (
            "https://www.cms.gov/files/zip/medicare-ncci-2026-q3-practitioner-services-mue-table.zip",
            Some(UNITS),
        ),
        (
            "https://www.cms.gov/files/zip/medicare-ncci-2026-q3-dme-supplier-services-mue-table.zip",
            None,
        ),
        (
            "https://www.cms.gov/files/zip/medicare-ncci-2019-q3-practitioner-services-mue-table.zip",
            None,
        ),
        ("https://www.cms.gov/files/zip/rvu26c.zip", None),
    ] {
        assert_eq!(name(url).as_deref(), expected, "{url}");
    }
}

// ---------------------------------------------------------------- from the pages to the mail

/// The table of units with as many rows of each family as a real one has at least.
fn whole_units(of_20560: &str) -> Vec<Vec<String>> {
    let mut rows = units();
    let row = rows.iter_mut().find(|row| row[0] == "20560").unwrap();
    of_20560.clone_into(&mut row[1]);
    for (family, least) in Checks::default().mue_families {
        for number in 0..least * 2 {
            let cells = [
                &format!("{family}{:04}", 5_000 + number)[..],
                "1",
                "3 Date of Service Edit: Clinical",
                "CMS Policy",
            ];
            rows.push(cells.map(str::to_owned).to_vec());
        }
    }
    rows
}

/// A file of edits with as many rows as a real one has at least, those of ours among them. Each of the four
/// files has column one codes of its own.
fn whole_edits(part: usize, ours: &[&str]) -> Vec<u8> {
    let (first, step) = [(100, 20), (30_000, 20), (60_000, 10), (80_000, 10)][part - 1];
    let mut rows: Vec<String> = (0..Checks::default().ptp_rows)
        .map(|number| {
            let deleted = if number % 3 == 0 { "20191231" } else { "*" };
            row(&format!(
                "{:05} {:05} 20180101 {deleted} 1",
                first + number / 200 * step,
                30_001 + number % 200
            ))
        })
        .collect();
    rows.extend(ours.iter().map(|ours| row(ours)));
    rows.sort();
    text(&rows)
}

/// Lets CMS show the tables of a quarter: the units of 20560, and so many files of edits, with these in
/// the first.
pub(crate) fn post(
    cms: &FakeCms,
    (year, quarter): (i32, i32),
    units: &str,
    parts: usize,
    ours: &[&str],
) {
    let version = (year - 1994) * 10 + quarter - 1;
    let table =
        format!("/files/zip/medicare-ncci-{year}-q{quarter}-practitioner-services-mue-table.zip");
    let month = quarter * 3 - 2;
    let file = format!("MCR_MUE_PractitionerServices_Eff_{month:02}-01-{year}.csv");
    let zip = archive(&[(&file, &units_csv(&whole_units(units)))]);
    cms.serve(&format!("https://www.cms.gov{table}"), Answer::zip(zip));
    cms.serve(MUE_URL, Answer::html(&links(&[&table])));
    let mut through = Vec::new();
    for part in 1..=parts {
        let edits = format!(
            "/files/zip/medicare-ncci-{year}q{quarter}-practitioner-ptp-edits-ccipra-v{version}r0-f{part}.zip"
        );
        let rows = whole_edits(part, if part == 1 { ours } else { &[] });
        let zip = archive(&[(&format!("ccipra-v{version}r0-f{part}.TXT"), &rows)]);
        cms.serve(&format!("https://www.cms.gov{edits}"), Answer::zip(zip));
        through.push(format!("/license/ama?file={edits}"));
    }
    let through: Vec<&str> = through.iter().map(String::as_str).collect();
    cms.serve(PTP_URL, Answer::html(&links(&through)));
}

#[tokio::test]
async fn what_a_quarter_changes_is_told_once() {
    let mut practice = Practice::reading(&["ncci"], "2026-07-20T12:00:00Z", "");
    let ours = ["20560 64405 20200101 * 1", "20552 64405 20200101 * 1"];
    post(&practice.cms, (2026, 3), "1", 1, &ours);
    let first = practice.check().await;
    assert_eq!(
        (first.news().len(), first.read()),
        (0, 2),
        "{:?}",
        first.problems()
    );
    // A pair of ours is new, one with a look-alike too, and one that never applied.
    let next = [
        "20560 64405 20200101 * 1",
        "20552 64405 20200101 * 1",
        "20560 97140 20261001 * 0",
        "20560 64415 20261001 * 1",
        "20552 64415 20261001 * 1",
        "20560 64418 20261001 20261001 9",
    ];
    post(&practice.cms, (2026, 4), "2", 1, &next);
    let changed = practice.check_at("2026-10-02T12:00:00Z").await;
    let news = changed.news();
    assert_eq!(changed.read(), 2, "{:?}", changed.problems());
    // Units and pairs come on one day, from one office, for one quarter: one mail.
    assert_eq!(news.len(), 1, "{news:?}");
    assert!(news[0].text.contains("MUE units: 1 \u{2192} 2"), "{news:?}");
    for expected in ["MUE units", "20560 with 97140", "20560 with 64415"] {
        let told = news.iter().filter(|mail| mail.text.contains(expected));
        assert_eq!(told.count(), 1, "{expected}: {news:?}");
    }
    assert!(
        news.iter().all(|mail| !mail.text.contains("64418")),
        "{news:?}"
    );
    let after = practice.check_after(7).await;
    assert_eq!(after.news().len(), 0);
}
