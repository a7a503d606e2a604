//! Damaged releases: the outcome is a refusal or an equal reading, never a panic and never a wrong
//! fact.
//!
//! What a reader can know. A release is served as a ZIP archive, and every member has a CRC-32
//! there; so whatever happens to bytes between CMS and here (flipped, lost, exchanged) is found by
//! the archive, whichever cell it hits: that is what [`bytes_of_the_archive`] tries. Damage *inside*
//! a member can only come from CMS itself, when an archive is made of a bad file; it has a right
//! checksum. Such a file is bad in its structure: cut, doubled, with columns or rows missing, with
//! columns exchanged. That is tried on every form. Not tried, because no reader could know without
//! another witness, are files that are well formed and merely say something else: one letter of one
//! status cell changed, one row left out, two columns of one-digit indicators exchanged *without*
//! their header. Numbers do not fall under this: work, PE and MP must add up to the totals. And
//! where the archive holds the fixed-width form too, that is the other witness: then one letter and
//! one row are found as well ([`a_second_witness_finds_what_a_single_file_cannot_show`]).
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::BTreeMap;

use coverd::model::attribute::Attribute;
use coverd::model::fact::Observation;
use coverd::model::request::{Reading, ShapeError};
use coverd::model::watch::Watch;
use coverd::sources::pfs::Checks;
use zip::CompressionMethod;

use crate::harness::data::real_data;
use crate::pfs::made::{
    self, Table, archive_with, at, counties, csv, fixed, gpci, read, watching, xlsx,
};

/// A small generator of numbers: the same ones in every run, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }
}

const ROWS: usize = 130;

/// Floors in the proportion of the real ones to a made table.
fn checks(table: &Table) -> Checks {
    let family = |letter: char| {
        let rows = table.rows.iter().filter(|row| row[0].starts_with(letter));
        (letter, rows.count() * 2 / 3)
    };
    let whole = Checks::default();
    Checks {
        rows: table.rows.len() * 2 / 3,
        families: "0123456789GV".chars().map(family).collect(),
        sentinels: whole.sentinels,
        localities: whole.localities,
        locality_sentinels: whole.locality_sentinels,
        ..Checks::for_excerpts()
    }
}

fn watch() -> Watch {
    let mut codes = made::WATCHED.to_vec();
    // One that is absent: damage must not make it appear, nor make another one absent.
    codes.push("20999");
    at(&["01112-05", "03602-21"], watching(&codes))
}

/// Everything that is said: topic, attribute, value.
type Said = BTreeMap<(String, Attribute), Observation>;

fn facts(reading: &Reading) -> Said {
    reading
        .statements
        .iter()
        .flat_map(|s| {
            s.values
                .iter()
                .map(|(attribute, value)| ((s.topic.to_string(), *attribute), value.clone()))
        })
        .collect()
}

/// Whether nothing that is said differs from what the sound archive says, and nothing of the codes
/// is missing. Facts about localities may be missing if that is told.
fn agrees(sound: &Said, reading: &Reading) -> Result<(), String> {
    let said = facts(reading);
    for (key, value) in &said {
        if sound.get(key) != Some(value) {
            return Err(format!("{key:?} is {value}, was {:?}", sound.get(key)));
        }
    }
    for key in sound.keys().filter(|key| !said.contains_key(*key)) {
        // In 2020 the GPCI file had no states: their column may be missing, and nothing is said.
        if key.1 == Attribute::LocalityState {
            continue;
        }
        if !key.0.contains("locality") || reading.concerns.is_empty() {
            return Err(format!("{key:?} is silently missing"));
        }
    }
    Ok(())
}

struct Tally {
    refused: usize,
    equal: usize,
}

/// Reads each damaged archive, and counts how it ended.
fn try_all(
    name: &str,
    sound: &[u8],
    checks: &Checks,
    damaged: impl IntoIterator<Item = (String, Vec<u8>)>,
) -> Tally {
    let read = |bytes: &[u8]| -> Result<Reading, ShapeError> {
        read(name, bytes, &watch(), checks.clone())
    };
    let expected = facts(&read(sound).unwrap());
    let mut tally = Tally {
        refused: 0,
        equal: 0,
    };
    for (what, bytes) in damaged {
        match read(&bytes) {
            Err(_) => tally.refused += 1,
            Ok(reading) => {
                agrees(&expected, &reading).unwrap_or_else(|why| panic!("{what}: {why}"));
                tally.equal += 1;
            }
        }
    }
    tally
}

/// An archive around one table in one form, with the localities beside it.
fn packed(table_name: &str, table: &[u8]) -> Vec<u8> {
    packed_with(table_name, table, &csv(&gpci(2020)), &csv(&counties()))
}

fn packed_with(table_name: &str, table: &[u8], gpci: &[u8], counties: &[u8]) -> Vec<u8> {
    let members: [(&str, &[u8]); 3] = [
        (table_name, table),
        ("GPCI2020.csv", gpci),
        ("20LOCCO.csv", counties),
    ];
    archive_with(&members, CompressionMethod::Stored)
}

/// Damage of the bytes of a file, with a name for the report.
fn damage(bytes: &[u8], dice: &mut Dice) -> (String, Vec<u8>) {
    let mut out = bytes.to_vec();
    let at = dice.roll(bytes.len());
    let what = match dice.roll(6) {
        0 => {
            out.truncate(at);
            format!("cut at {at}")
        }
        1 => {
            out[at] ^= 1 << dice.roll(8);
            format!("a bit at {at}")
        }
        2 => {
            out[at] = u8::try_from(dice.roll(256)).unwrap();
            format!("a byte at {at}")
        }
        3 => {
            let end = (at + 1 + dice.roll(200)).min(out.len());
            out.drain(at..end);
            format!("lost {at} to {end}")
        }
        4 => {
            let end = (at + 1 + dice.roll(200)).min(out.len());
            let copy = out[at..end].to_vec();
            out.splice(at..at, copy);
            format!("doubled {at} to {end}")
        }
        _ => {
            let end = (at + 1 + dice.roll(50)).min(out.len());
            out[at..end].fill(0);
            format!("zeros {at} to {end}")
        }
    };
    (what, out)
}

fn many(
    count: usize,
    seed: u64,
    make: impl Fn(&mut Dice) -> (String, Vec<u8>),
) -> Vec<(String, Vec<u8>)> {
    (0..count)
        .map(|number| {
            let mut dice = Dice(seed + u64::try_from(number).unwrap());
            let (what, bytes) = make(&mut dice);
            (format!("seed {seed}+{number}: {what}"), bytes)
        })
        .collect()
}

#[test]
fn bytes_of_the_archive() {
    let table = Table::april(ROWS);
    let checks = checks(&table);
    for (form, bytes, method) in [
        ("a.csv", table.csv(), CompressionMethod::Stored),
        ("a.csv", table.csv(), CompressionMethod::Deflated),
        ("a.txt", table.txt(), CompressionMethod::Stored),
        ("a.xlsx", table.xlsx(), CompressionMethod::Stored),
    ] {
        let (gpci, counties) = (csv(&gpci(2020)), csv(&counties()));
        let members: [(&str, &[u8]); 3] = [(form, &bytes), ("g.csv", &gpci), ("l.csv", &counties)];
        let sound = archive_with(&members, method);
        let damaged = many(250, 1_000, |dice| damage(&sound, dice));
        let tally = try_all("RVU20B", &sound, &checks, damaged);
        assert!(tally.refused > 150, "{form}: {}", tally.refused);
    }
}

#[test]
fn bytes_of_the_archive_of_the_smaller_files() {
    let table = Table::april(30);
    let checks = checks(&table);
    let (gpci, counties) = (gpci(2020), counties());
    let fixed_gpci = fixed(&gpci, &[1, 17, 25, 30, 122, 134, 146]);
    let fixed_counties = fixed(&counties, &[5, 17, 23, 46, 144]);
    let text = |_: usize, _: usize, _: &str| false;
    for (gpci, counties) in [
        (csv(&gpci), csv(&counties)),
        (fixed_gpci, fixed_counties),
        (xlsx(&gpci, &text), xlsx(&counties, &text)),
    ] {
        let sound = packed_with("a.csv", &table.csv(), &gpci, &counties);
        // Behind the table, where the smaller files are.
        let start = table.csv().len();
        let damaged = many(150, 2_000, |dice| {
            let (what, tail) = damage(&sound[start..], dice);
            (what, [&sound[..start], &tail].concat())
        });
        let tally = try_all("RVU20B", &sound, &checks, damaged);
        assert!(tally.refused > 80, "{}", tally.refused);
    }
}

#[test]
fn a_table_that_is_cut_anywhere_is_refused_or_says_the_same() {
    let digits_first = Table::april(ROWS);
    let mut letters_first = digits_first.clone();
    letters_first
        .rows
        .sort_by_key(|row| (row[0].as_bytes()[0].is_ascii_digit(), row[0].clone()));
    for table in [digits_first, letters_first] {
        let checks = checks(&table);
        for (name, bytes) in [
            ("a.csv", table.csv()),
            ("a.txt", table.txt()),
            ("a.xlsx", table.xlsx()),
        ] {
            let sound = packed(name, &bytes);
            let damaged = many(60, 3_000, |dice| {
                let at = dice.roll(bytes.len());
                (format!("{name} cut at {at}"), packed(name, &bytes[..at]))
            });
            let tally = try_all("RVU20B", &sound, &checks, damaged);
            assert!(tally.refused > 40, "{name}: {}", tally.refused);
        }
    }
}

#[test]
fn a_table_with_columns_missing_or_exchanged_is_refused_or_says_the_same() {
    let table = Table::april(ROWS);
    let checks = checks(&table);
    let forms = |table: &Table| [("a.csv", table.csv()), ("a.xlsx", table.xlsx())];
    for (place, (name, bytes)) in forms(&table).into_iter().enumerate() {
        let sound = packed(name, &bytes);
        let pack = |what: String, table: &Table| (what, packed(name, &forms(table)[place].1));
        let mut damaged = Vec::new();
        for column in 0..31 {
            // With its header: then a name is missing.
            let mut without = table.clone();
            without.header.remove(column);
            for row in &mut without.rows {
                row.remove(column);
            }
            // xlsx() writes 31 columns with their kinds of cells; text is enough here.
            damaged.push(pack(format!("{name} without column {column}"), &without));
            // In the rows only: then everything behind it is shifted.
            let mut shifted = table.clone();
            for row in &mut shifted.rows {
                row.remove(column);
                row.push(String::new());
            }
            if column != 2 {
                damaged.push(pack(format!("{name} shifted at {column}"), &shifted));
            }
            // Exchanged with the next one, header and rows.
            let mut exchanged = table.clone();
            let other = (column + 1) % 31;
            exchanged.header.swap(column, other);
            for row in &mut exchanged.rows {
                row.swap(column, other);
            }
            damaged.push(pack(format!("{name} exchanged {column}"), &exchanged));
            // A header row missing.
            if column < 5 {
                let mut bare = table.clone();
                for name in &mut bare.header {
                    name[column].clear();
                }
                damaged.push(pack(format!("{name} without header row {column}"), &bare));
            }
        }
        let tally = try_all("RVU20B", &sound, &checks, damaged);
        assert!(tally.refused > 60, "{name}: {}", tally.refused);
        // Columns that moved with their names are the same table.
        assert!(tally.equal > 20, "{name}: {}", tally.equal);
    }
}

#[test]
fn columns_of_different_kinds_exchanged_without_their_header_are_refused() {
    let table = Table::april(ROWS);
    let checks = checks(&table);
    let sound = packed("a.csv", &table.csv());
    let kinds = |column: usize| match column {
        3 => "letter",
        4 | 7 | 9 => "mark",
        5 | 6 | 8 | 10..=12 | 15..=17 | 28..=30 => "number",
        24 => "factor",
        0 => "code",
        _ => "indicator",
    };
    let mut damaged = Vec::new();
    for one in 0..31 {
        for other in one + 1..31 {
            let kinds = (kinds(one), kinds(other));
            // An indicator may look like a number or a letter of another column; the description
            // and the modifier are no facts.
            if kinds.0 == kinds.1 || kinds.0 == "indicator" || kinds.1 == "indicator" {
                continue;
            }
            let mut table = table.clone();
            for row in &mut table.rows {
                row.swap(one, other);
            }
            damaged.push((format!("{one} and {other}"), packed("a.csv", &table.csv())));
        }
    }
    let all = damaged.len();
    let tally = try_all("RVU20B", &sound, &checks, damaged);
    assert!(all > 70, "{all}");
    assert_eq!(tally.refused, all);
}

#[test]
fn numbers_of_a_watched_row_that_do_not_add_up_are_refused() {
    let table = Table::april(ROWS);
    let checks = checks(&table);
    let sound = packed("a.csv", &table.csv());
    let mut damaged = Vec::new();
    for column in [5, 6, 8, 10, 11, 12] {
        for add in 1..10_u8 {
            for place in [0, 2, 3] {
                let mut table = table.clone();
                let row = table.rows.iter().position(|row| row[0] == "20560").unwrap();
                let mut digits = table.rows[row][column].clone().into_bytes();
                digits[place] = b'0' + (digits[place] - b'0' + add) % 10;
                table.rows[row][column] = String::from_utf8(digits).unwrap();
                damaged.push((format!("column {column}"), packed("a.csv", &table.csv())));
            }
        }
    }
    let all = damaged.len();
    assert_eq!(try_all("RVU20B", &sound, &checks, damaged).refused, all);
}

#[test]
fn a_doubled_shortened_or_replaced_table_is_refused_or_says_the_same() {
    let table = Table::april(ROWS);
    let checks = checks(&table);
    for (name, bytes) in [
        ("a.csv", table.csv()),
        ("a.txt", table.txt()),
        ("a.xlsx", table.xlsx()),
    ] {
        let sound = packed(name, &bytes);
        let mut damaged = vec![
            (
                "doubled".to_owned(),
                packed(name, &[&bytes[..], &bytes].concat()),
            ),
            ("empty".to_owned(), packed(name, b"")),
            (
                "a page".to_owned(),
                packed(name, b"<!DOCTYPE html><title>Access Denied</title>"),
            ),
            (
                "only a page".to_owned(),
                b"<!DOCTYPE html><title>x</title>".to_vec(),
            ),
            ("nothing".to_owned(), Vec::new()),
            ("archives".to_owned(), [&sound[..], &sound].concat()),
            (
                "an archive in an archive".to_owned(),
                packed("a.zip", &sound),
            ),
        ];
        for keep in [0, 1, 10, table.rows.len() / 2] {
            let mut fewer = table.clone();
            fewer.rows.truncate(keep);
            let bytes = match name {
                "a.csv" => fewer.csv(),
                "a.txt" => fewer.txt(),
                _ => fewer.xlsx(),
            };
            damaged.push((format!("{keep} rows"), packed(name, &bytes)));
        }
        let all = damaged.len();
        let tally = try_all("RVU20B", &sound, &checks, damaged);
        // Two archives in a row are still the second one, and a workbook doubled is itself.
        assert!(
            tally.refused >= all - 2,
            "{name}: {} of {all}",
            tally.refused
        );
    }
}

#[test]
fn damaged_localities_are_told_or_say_the_same() {
    let table = Table::april(30);
    let checks = checks(&table);
    let (rows, areas) = (gpci(2020), counties());
    let (gpci, counties) = (csv(&rows), csv(&areas));
    let table = table.csv();
    let sound = packed_with("a.csv", &table, &gpci, &counties);
    let mut damaged = many(120, 4_000, |dice| {
        let at = dice.roll(gpci.len());
        (
            format!("GPCI cut at {at}"),
            packed_with("a.csv", &table, &gpci[..at], &counties),
        )
    });
    damaged.extend(many(120, 5_000, |dice| {
        let at = dice.roll(counties.len());
        (
            format!("counties cut at {at}"),
            packed_with("a.csv", &table, &gpci, &counties[..at]),
        )
    }));
    for column in 0..7 {
        let mut without = rows.clone();
        let mut exchanged = rows.clone();
        for (one, other) in without.iter_mut().zip(&mut exchanged) {
            one.remove(column);
            other.swap(column, (column + 1) % 7);
        }
        for (what, rows) in [("without", without), ("exchanged", exchanged)] {
            let what = format!("GPCI {what} column {column}");
            damaged.push((what, packed_with("a.csv", &table, &csv(&rows), &counties)));
        }
    }
    for column in 0..5 {
        let mut without = areas.clone();
        for row in &mut without {
            row.remove(column);
        }
        let what = format!("counties without column {column}");
        damaged.push((what, packed_with("a.csv", &table, &gpci, &csv(&without))));
    }
    for (what, gpci, counties) in [
        (
            "doubled",
            [&gpci[..], &gpci].concat(),
            [&counties[..], &counties].concat(),
        ),
        ("empty", Vec::new(), Vec::new()),
        ("pages", b"<html>".to_vec(), b"<html>".to_vec()),
    ] {
        damaged.push((
            what.to_owned(),
            packed_with("a.csv", &table, &gpci, &counties),
        ));
    }
    let tally = try_all("RVU20B", &sound, &checks, damaged);
    // The codes are read all the same.
    assert_eq!(tally.refused, 0);
}

#[test]
fn a_second_witness_finds_what_a_single_file_cannot_show() {
    let table = Table::april(ROWS);
    let checks = checks(&table);
    let pack = |csv: &Table, txt: &Table| {
        let (csv, txt) = (csv.csv(), txt.txt());
        archive_with(
            &[("a.csv", &csv), ("a.txt", &txt)],
            CompressionMethod::Stored,
        )
    };
    let sound = pack(&table, &table);
    let mut damaged = Vec::new();
    for code in made::WATCHED {
        let mut other = table.clone();
        other.set(code, 3, "N");
        let mut fewer = table.clone();
        fewer.remove(code);
        for bad in [other, fewer] {
            damaged.push((format!("csv {code}"), pack(&bad, &table)));
            damaged.push((format!("txt {code}"), pack(&table, &bad)));
        }
    }
    let all = damaged.len();
    let tally = try_all("RVU20B", &sound, &checks, damaged);
    assert_eq!(tally.refused, all);
}

#[test]
fn a_real_release_that_is_damaged_is_refused_or_says_the_same() {
    let Some(folder) = real_data() else { return };
    let file = |name: &str| std::fs::read(folder.join("pfs/rvu25d").join(name)).unwrap();
    let (table, gpci, counties) = (
        file("PPRRVU2025_Oct.csv"),
        file("aux/GPCI2025.csv"),
        file("aux/25LOCCO.csv"),
    );
    let checks = Checks::default();
    let sound = packed_with("PPRRVU2025_Oct.csv", &table, &gpci, &counties);
    let mut damaged = many(15, 6_000, |dice| damage(&sound, dice));
    damaged.extend(many(15, 7_000, |dice| {
        let at = dice.roll(table.len());
        let cut = packed_with("a.csv", &table[..at], &gpci, &counties);
        (format!("cut at {at}"), cut)
    }));
    damaged.push((
        "doubled".to_owned(),
        packed_with("a.csv", &[&table[..], &table].concat(), &gpci, &counties),
    ));
    let tally = try_all("RVU25D", &sound, &checks, damaged);
    assert!(tally.refused > 20, "{}", tally.refused);
}
