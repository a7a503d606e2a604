//! Reading made releases: members, forms, checks, days.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use coverd::model::attribute::Attribute;
use coverd::model::fact::Observation;
use coverd::model::request::Reading;
use coverd::sources::Source;
use coverd::sources::pfs::{Checks, Pfs, service_attributes};

use super::made::{
    self, Table, archive, brief, day, document, read, read_unit, said, unit, watching, watching_all,
};

fn excerpts() -> Checks {
    Checks::for_excerpts()
}

fn value(reading: &Reading, topic: &str, attribute: Attribute) -> Option<Observation> {
    reading
        .statements
        .iter()
        .filter(|s| s.topic.to_string() == topic)
        .find_map(|s| s.values.get(&attribute).cloned())
}

fn why(name: &str, bytes: &[u8], checks: Checks) -> String {
    read(name, bytes, &watching(&made::WATCHED), checks)
        .unwrap_err()
        .to_string()
}

#[test]
fn the_three_forms_of_a_table_say_the_same() {
    let table = Table::april(120);
    let from_csv = read(
        "RVU20B",
        &archive(&[("a.csv", &table.csv())]),
        &watching_all(),
        excerpts(),
    )
    .unwrap();
    let from_xlsx = read(
        "RVU20B",
        &archive(&[("a.xlsx", &table.xlsx())]),
        &watching_all(),
        excerpts(),
    )
    .unwrap();
    let from_txt = read(
        "RVU20B",
        &archive(&[("a.txt", &table.txt())]),
        &watching_all(),
        excerpts(),
    )
    .unwrap();
    assert_eq!(from_csv.statements.len(), table.rows.len() + 1);
    assert_eq!(said(&from_csv), said(&from_xlsx));
    assert_eq!(said(&from_csv), said(&from_txt));
}

#[test]
fn a_statement_has_every_attribute_its_row_and_no_description() {
    let table = Table::april(60);
    let bytes = archive(&[("RVU20B/PPRRVU20_APR.csv", &table.csv())]);
    let reading = read("RVU20B", &bytes, &watching(&["20560"]), excerpts()).unwrap();
    let statement = &reading.statements[0];
    let place = table.rows.iter().position(|row| row[0] == "20560").unwrap();
    assert_eq!(
        statement.locator,
        format!("PPRRVU20_APR.csv row {}", place + 11)
    );
    assert!(
        statement.quote.starts_with("20560,,,A,"),
        "{}",
        statement.quote
    );
    assert!(!statement.quote.contains("MADE"));
    let attributes: Vec<Attribute> = statement.values.keys().copied().collect();
    let mut expected = service_attributes();
    expected.sort();
    assert_eq!(attributes, expected);
    assert_eq!(
        value(&reading, "PFS", Attribute::ConversionFactor).map(|o| o.to_string()),
        Some("36.0896".to_owned())
    );
    assert_eq!(reading.edition.name, "RVU20B");
    assert_eq!(reading.edition.begins, day(2020, 4, 1));
}

#[test]
fn a_named_code_that_is_not_in_the_list_is_absent() {
    let mut table = Table::april(60);
    table.remove("20561");
    let bytes = archive(&[("a.csv", &table.csv()), ("a.txt", &table.txt())]);
    let reading = read("RVU20B", &bytes, &watching(&["20560", "20561"]), excerpts()).unwrap();
    assert_eq!(
        value(&reading, "20561", Attribute::Status),
        Some(Observation::Absent)
    );
    assert_eq!(
        value(&reading, "20560", Attribute::Status),
        Some(Observation::text("A"))
    );
    let rows = format!("a.csv, all {} rows", table.rows.len());
    let unlisted = reading.unlisted.unwrap();
    assert_eq!(unlisted.locator, rows);
    assert_eq!(unlisted.values.len(), service_attributes().len());
}

#[test]
fn columns_are_known_by_their_names_wherever_they_stand() {
    let mut table = Table::april(60);
    let before = read(
        "RVU20B",
        &archive(&[("a.csv", &table.csv())]),
        &watching_all(),
        excerpts(),
    )
    .unwrap();
    table.header[3..].reverse();
    for row in &mut table.rows {
        row[3..].reverse();
    }
    let after = read(
        "RVU20B",
        &archive(&[("a.csv", &table.csv())]),
        &watching_all(),
        excerpts(),
    )
    .unwrap();
    assert_eq!(said(&before), said(&after));
}

#[test]
fn a_new_column_is_borne_and_told() {
    let mut table = Table::april(60);
    table
        .header
        .push(["", "", "", "EFFICIENCY", "ADJUSTMENT"].map(str::to_owned));
    for row in &mut table.rows {
        row.push("0.975".to_owned());
    }
    let reading = read(
        "RVU20B",
        &archive(&[("a.csv", &table.csv())]),
        &watching(&["20560"]),
        excerpts(),
    )
    .unwrap();
    assert_eq!(reading.concerns.len(), 1);
    assert!(reading.concerns[0].text.contains("EFFICIENCY ADJUSTMENT"));
}

#[test]
fn zeros_that_a_workbook_lost_are_put_back() {
    let mut padded = Table::april(60);
    padded.rows.insert(
        0,
        padded
            .rows
            .iter()
            .find(|r| r[0] == "20560")
            .unwrap()
            .clone(),
    );
    padded.rows[0][0] = "00100".to_owned();
    for (column, value) in [(14, "010"), (25, "09"), (23, "00810"), (27, "08")] {
        padded.set("20560", column, value);
        padded.rows[0][column] = value.to_owned();
    }
    let mut bare = padded.clone();
    for row in &mut bare.rows {
        for column in [0, 14, 25, 23, 27] {
            let trimmed = row[column].trim_start_matches('0').to_owned();
            let number = row[column].bytes().all(|b| b.is_ascii_digit()) && !row[column].is_empty();
            if number {
                row[column] = if trimmed.is_empty() {
                    "0".to_owned()
                } else {
                    trimmed
                };
            }
        }
    }
    let read = |table: &Table| {
        read(
            "RVU20B",
            &archive(&[("a.csv", &table.csv())]),
            &watching_all(),
            excerpts(),
        )
        .unwrap()
    };
    assert_ne!(padded.csv(), bare.csv());
    assert_eq!(said(&read(&padded)), said(&read(&bare)));
}

#[test]
fn end_marks_latin_letters_and_blank_rows_do_not_matter() {
    let table = Table::april(60);
    let plain = read(
        "RVU20B",
        &archive(&[("a.csv", &table.csv())]),
        &watching_all(),
        excerpts(),
    )
    .unwrap();
    let mut bytes = table.csv();
    bytes.extend(b",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\r\n\x1a,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\r\n");
    bytes.extend(format!("A note behind the data.{}\r\n", ",".repeat(30)).into_bytes());
    // In one cell, and the last one without an end.
    bytes.extend(b"A notice of copyright\r\nand another");
    let text = String::from_utf8(bytes)
        .unwrap()
        .replace("\"SERVICE 20560, MADE\"", "SERVICE #20560");
    let latin: Vec<u8> = text
        .bytes()
        .map(|b| if b == b'#' { 0xE9 } else { b })
        .collect();
    let read = read(
        "RVU20B",
        &archive(&[("a.csv", &latin)]),
        &watching_all(),
        excerpts(),
    )
    .unwrap();
    assert_eq!(said(&plain), said(&read));
}

#[test]
fn a_row_that_is_cut_is_no_note() {
    let whole = Table::april(60).csv();
    for rest in ["20560", "20560,\"A note", "A note,20560\r\n", "A note, 1"] {
        let mut bytes = whole.clone();
        bytes.extend(rest.as_bytes());
        let read = read(
            "RVU20B",
            &archive(&[("a.csv", &bytes)]),
            &watching_all(),
            excerpts(),
        );
        assert!(read.is_err(), "{rest}");
    }
}

#[test]
fn members_are_chosen_by_content_and_names_do_not_matter() {
    let table = Table::april(60);
    let opps = b"HCPCS,MOD,PROCSTAT,CARRIER,LOCALITY,FACILITY PRICE,NON-FACILTY PRICE\r\n20560,,A,1,1,1,1\r\n";
    let bytes = archive(&[
        ("docs/RVU20B.pdf", b"%PDF-1.4"),
        ("PPRRVU20_APR.csv", opps),
        ("__MACOSX/._x.csv", b"\0\0"),
        ("folder/deep/readme", &table.csv()),
        ("OPPSCAP.xlsx", &table.xlsx()),
    ]);
    let reading = read("RVU20B", &bytes, &watching(&["20560"]), excerpts()).unwrap();
    assert!(reading.statements[0].locator.starts_with("readme row "));
    let none = archive(&[("PPRRVU20_APR.csv", opps), ("a.pdf", b"%PDF")]);
    assert!(why("RVU20B", &none, excerpts()).contains("members: PPRRVU20_APR.csv, a.pdf"));
    let two = archive(&[("a.csv", &table.csv()), ("b.csv", &table.csv())]);
    assert!(why("RVU20B", &two, excerpts()).contains("cannot be told apart"));
}

#[test]
fn the_two_tables_of_2026_are_told_apart_by_content() {
    let of = |indicator, factor| {
        Table::of(2026, "July", 60)
            .with_price_indicator(indicator, factor)
            .csv()
    };
    let (plain, qualifying) = (of("9", "33.4009"), of("1", "33.5675"));
    // The names are exchanged: the content decides.
    let bytes = archive(&[("x_nonQPP.csv", &qualifying), ("x_QPP.csv", &plain)]);
    let reading = read("RVU26C", &bytes, &watching(&["20560"]), excerpts()).unwrap();
    let factor = |attribute| value(&reading, "PFS", attribute).map(|o| o.to_string());
    assert_eq!(
        factor(Attribute::ConversionFactor),
        Some("33.4009".to_owned())
    );
    assert_eq!(
        factor(Attribute::ConversionFactorQpp),
        Some("33.5675".to_owned())
    );
    assert!(reading.statements[0].locator.starts_with("x_QPP.csv"));
    assert_eq!(reading.concerns, []);

    let alone = read(
        "RVU26C",
        &archive(&[("a.csv", &plain)]),
        &watching(&["20560"]),
        excerpts(),
    )
    .unwrap();
    assert_eq!(alone.concerns.len(), 1);
    assert_eq!(alone.concerns[0].key, "QPP RVU26C");
    let error = why("RVU26C", &archive(&[("a.csv", &qualifying)]), excerpts());
    assert!(error.contains("only the table for qualifying"), "{error}");
    let error = why(
        "RVU26C",
        &archive(&[("a.csv", &plain), ("b.csv", &plain)]),
        excerpts(),
    );
    assert!(error.contains("cannot be told apart"), "{error}");
}

#[test]
fn a_second_table_that_is_not_understood_costs_only_its_factor() {
    let plain = Table::of(2026, "July", 60).with_price_indicator("9", "33.4009");
    let mut odd = Table::of(2026, "July", 60).with_price_indicator("1", "33.5675");
    odd.set("20560", 25, "34.0000");
    let bytes = archive(&[("a.csv", &plain.csv()), ("b.csv", &odd.csv())]);
    let reading = read("RVU26C", &bytes, &watching(&["20560"]), excerpts()).unwrap();
    assert_eq!(value(&reading, "PFS", Attribute::ConversionFactorQpp), None);
    assert!(
        reading.concerns[0].text.contains("b.csv row"),
        "{:?}",
        reading.concerns
    );
}

#[test]
fn the_fixed_width_form_is_a_second_witness() {
    let table = Table::april(60);
    let watch = watching(&made::WATCHED);
    let with = |other: &[u8]| {
        let bytes = archive(&[("a.csv", &table.csv()), ("a.txt", other)]);
        read("RVU20B", &bytes, &watch, excerpts())
    };
    assert_eq!(with(&table.txt()).unwrap().concerns, []);
    // One status, one number that adds up otherwise, a watched row that is missing on either side.
    let mut other = table.clone();
    other.set("20560", 3, "N");
    assert!(
        with(&other.txt()).unwrap_err().to_string().contains(
            "two members disagree: column STATUS CODE of 20560 is 'N' here and 'A' in row"
        )
    );
    let mut other = table.clone();
    other.remove("20560");
    assert!(
        with(&other.txt())
            .unwrap_err()
            .to_string()
            .contains("two members disagree")
    );
    let mut fewer = table.clone();
    fewer.remove("20560");
    let bytes = archive(&[("a.csv", &fewer.csv()), ("a.txt", &table.txt())]);
    let error = read("RVU20B", &bytes, &watch, excerpts()).unwrap_err();
    assert!(
        error.to_string().contains("20560 is listed here"),
        "{error}"
    );
    // A file of another layout or another factor is no witness.
    assert!(with(b"HDR\r\n20560 some other layout\r\n").is_ok());
    let mut other = table.clone();
    for row in &mut other.rows {
        row[24] = "35.0000".to_owned();
    }
    assert!(with(&other.txt()).is_ok());
}

#[test]
fn what_is_no_archive_says_what_it_is() {
    let html = b"<!DOCTYPE html><title>Access Denied</title>";
    let error = why("RVU20B", html, excerpts());
    assert_eq!(
        error,
        "RVU20B: the archive: a ZIP archive is expected, an HTML page is found (title 'Access Denied')"
    );
    assert!(why("RVU20B", b"", excerpts()).contains("an empty answer"));
    let whole = archive(&[("a.csv", &Table::april(60).csv())]);
    assert!(
        why("RVU20B", &whole[..whole.len() / 2], excerpts()).contains("not a complete ZIP archive")
    );
}

#[test]
fn another_release_under_this_name_is_refused() {
    let bytes = archive(&[("a.csv", &Table::april(60).csv())]);
    for name in ["RVU20A", "RVU21B", "RVU20C"] {
        assert!(why(name, &bytes, excerpts()).contains("another release under this name?"));
    }
    let mut untitled = Table::april(60);
    untitled.title = "A table".to_owned();
    let bytes = archive(&[("a.csv", &untitled.csv())]);
    assert!(why("RVU20B", &bytes, excerpts()).contains("a.csv title"));
    // The year with its usual mark.
    let mut marked = Table::april(60);
    marked.title = marked.title.replace("2020", "CY2020");
    let bytes = archive(&[("a.csv", &marked.csv())]);
    assert!(read("RVU20B", &bytes, &watching_all(), excerpts()).is_ok());
}

#[test]
fn errors_name_row_column_expected_and_found() {
    let table = Table::april(60);
    let row = table.rows.iter().position(|row| row[0] == "20560").unwrap() + 11;
    let broken = |column, value| {
        let mut table = table.clone();
        table.set("20560", column, value);
        why("RVU20B", &archive(&[("a.csv", &table.csv())]), excerpts())
    };
    for (column, value, expected) in [
        (
            3,
            "",
            "column STATUS CODE: one upper-case letter expected, '' found",
        ),
        (5, "x", "column WORK RVU: a number expected, 'x' found"),
        (
            9,
            "NO",
            "column FACILITY NA INDICATOR: 'NA' or nothing expected, 'NO' found",
        ),
        (24, "", "column CONV FACTOR: a number expected, '' found"),
    ] {
        let expected = format!("RVU20B: a.csv row {row}: {expected}");
        assert_eq!(broken(column, value), expected);
    }
    let error = broken(11, "9.99");
    assert!(
        error.contains("column NON FACILITY TOTAL: ") && error.contains("'9.99' found"),
        "{error}"
    );
    let error = broken(24, "36.0000");
    assert!(
        error.contains("column CONV FACTOR: 36.0896 as in row 11 expected"),
        "{error}"
    );
}

#[test]
fn a_few_odd_rows_are_borne_but_never_a_watched_one() {
    let mut table = Table::april(300);
    let checks = || Checks {
        odd_per_mille: 10,
        ..excerpts()
    };
    table.rows[2][11] = "9.99".to_owned();
    let odd = format!("a.csv row {}", 13);
    let bytes = archive(&[("a.csv", &table.csv())]);
    let reading = read("RVU20B", &bytes, &watching(&made::WATCHED), checks()).unwrap();
    assert_eq!(reading.concerns.len(), 1);
    assert!(
        reading.concerns[0].text.contains(&odd),
        "{:?}",
        reading.concerns
    );
    assert!(why("RVU20B", &bytes, excerpts()).contains(&odd));
    assert!(read("RVU20B", &bytes, &watching_all(), checks()).is_err());

    // A row whose code cannot be read may be the one that is missed.
    table.set("20561", 0, "2O561");
    let bytes = archive(&[("a.csv", &table.csv())]);
    let error = why("RVU20B", &bytes, checks());
    assert!(
        error.contains("20561 is not found, but 1 rows could not be read"),
        "{error}"
    );
    assert!(read("RVU20B", &bytes, &watching(&["20560"]), checks()).is_ok());
}

#[test]
fn a_second_row_of_a_watched_code_is_refused() {
    let mut table = Table::april(60);
    let twin = table
        .rows
        .iter()
        .find(|row| row[0] == "20560")
        .unwrap()
        .clone();
    table.rows.push(twin);
    let bytes = archive(&[("a.csv", &table.csv())]);
    assert!(why("RVU20B", &bytes, excerpts()).contains("a second row for 20560"));
}

#[test]
fn floors_and_sentinels_guard_a_whole_release() {
    let table = Table::april(60);
    let bytes = archive(&[("a.csv", &table.csv())]);
    assert!(why("RVU20B", &bytes, Checks::default()).contains("at least 12000 are expected"));
    let sentinels = || Checks {
        sentinels: Checks::default().sentinels,
        ..excerpts()
    };
    assert!(read("RVU20B", &bytes, &watching(&["20560"]), sentinels()).is_ok());
    let mut changed = table.clone();
    changed.set("97110", 3, "X");
    let error = why(
        "RVU20B",
        &archive(&[("a.csv", &changed.csv())]),
        sentinels(),
    );
    assert!(
        error.contains("97110 must have status A") && error.contains("found: X"),
        "{error}"
    );
    changed.remove("97110");
    let error = why(
        "RVU20B",
        &archive(&[("a.csv", &changed.csv())]),
        sentinels(),
    );
    assert!(error.contains("no such row"), "{error}");
    let mut poor = table.clone();
    for row in &mut poor.rows {
        row[24] = "3.6089".to_owned();
    }
    assert!(
        why("RVU20B", &archive(&[("a.csv", &poor.csv())]), excerpts()).contains("20 to 60 dollars")
    );
    let mut strange = table;
    for row in strange.rows.iter_mut().skip(10) {
        row[3] = "Z".to_owned();
    }
    assert!(
        why("RVU20B", &archive(&[("a.csv", &strange.csv())]), excerpts())
            .contains("status indicator that is known")
    );
}

#[test]
fn a_new_status_letter_of_a_watched_code_is_recorded_and_told() {
    let mut table = Table::april(60);
    table.set("20560", 3, "Z");
    let bytes = archive(&[("a.csv", &table.csv())]);
    let reading = read("RVU20B", &bytes, &watching(&["20560"]), excerpts()).unwrap();
    assert_eq!(
        value(&reading, "20560", Attribute::Status),
        Some(Observation::text("Z"))
    );
    assert_eq!(reading.concerns[0].key, "status 20560 RVU20B");
}

#[test]
fn the_day_of_publication_is_the_later_of_stamp_and_posting() {
    let stamped = archive(&[("a.csv", &Table::april(60).csv())]);
    let mut unstamped = Table::april(60);
    unstamped.stamp = String::new();
    let unstamped = archive(&[("a.csv", &unstamped.csv())]);
    let published = |file: &str, bytes: &[u8]| {
        let unit = unit(
            "RVU20B",
            &format!("https://www.cms.gov/files/zip/{file}.zip"),
        );
        read_unit(&unit, bytes, &watching(&["20560"]), excerpts())
            .unwrap()
            .published
    };
    assert_eq!(published("rvu20b", &stamped), Some(day(2020, 3, 5)));
    assert_eq!(
        published("rvu20b-updated-05012020", &stamped),
        Some(day(2020, 5, 1))
    );
    assert_eq!(
        published("rvu20b-updated-02/01/2020", &stamped),
        Some(day(2020, 3, 5))
    );
    assert_eq!(published("rvu20b", &unstamped), None);

    let mut with_page = unit("RVU20B", "https://www.cms.gov/files/zip/rvu20b.zip");
    with_page.context.push(document(
        "https://www.cms.gov/x/rvu20b",
        b"<main><h1>RVU20B</h1><a href='/files/zip/rvu20b.zip'>RVU20B - Updated 05/04/2020</a></main>",
    ));
    let reading = read_unit(&with_page, &unstamped, &watching(&["20560"]), excerpts()).unwrap();
    assert_eq!(reading.published, Some(day(2020, 5, 4)));
}

#[test]
fn a_revised_release_begins_on_the_day_that_its_page_names() {
    let bytes = archive(&[("PPRRVU24_JAN.csv", &Table::of(2024, "January", 60).csv())]);
    let address = "https://www.cms.gov/files/zip/rvu24ar-posted-04/01/2024.zip";
    let mut revised = unit("RVU24AR", address);
    let without = read_unit(&revised, &bytes, &watching(&["20560"]), excerpts()).unwrap();
    assert_eq!(without.edition.begins, day(2024, 1, 1));
    assert_eq!(without.concerns[0].key, "first day RVU24AR");

    let page = |name: &str, text: &str| {
        let page = format!(
            "<main><h1>{name}</h1><div class='field--name-field-dyna-description'><div class='field__item'>{text}</div></div></main>"
        );
        document("https://www.cms.gov/x", page.as_bytes())
    };
    revised.context.push(page(
        "RVU24A",
        "rates effective January 1, 2024, through March 8, 2024.",
    ));
    revised.context.push(page(
        "RVU24AR",
        "Medicare Physician Fee Schedule rates effective March 9, 2024.",
    ));
    let with = read_unit(&revised, &bytes, &watching(&["20560"]), excerpts()).unwrap();
    assert_eq!(with.edition.name, "RVU24AR");
    assert_eq!(with.edition.begins, day(2024, 3, 9));
    assert!(with.statements.iter().all(|s| s.from == day(2024, 3, 9)));
    assert_eq!(with.published, Some(day(2024, 4, 1)));
    assert_eq!(with.concerns, []);
}

#[test]
fn addresses_of_archives_are_recognised_without_a_list() {
    let watch = watching(&["20560"]);
    let brief = brief(&watch, day(2026, 11, 20));
    let recognise = |url: &str| Pfs::default().recognise(url, &brief).map(|unit| unit.name);
    for (url, name) in [
        (
            "https://www.cms.gov/files/zip/rvu20b-updated-05012020.zip",
            "RVU20B",
        ),
        (
            "https://www.cms.gov/files/zip/rvu25d-updated-09/11/2025.zip",
            "RVU25D",
        ),
        ("https://www.cms.gov/files/zip/RVU24AR.ZIP?x=1", "RVU24AR"),
    ] {
        assert_eq!(recognise(url).as_deref(), Some(name), "{url}");
    }
    for url in [
        "https://www.cms.gov/files/zip/rvu19a.zip",
        "https://www.cms.gov/files/zip/pprrvu20b.zip",
        "https://www.cms.gov/rvu20b",
        "https://www.cms.gov/files/zip/2020-april-addendum-b.zip",
        "",
    ] {
        assert_eq!(recognise(url), None, "{url}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    #[test]
    fn no_bytes_in_an_archive_make_it_panic(noise in proptest::collection::vec(proptest::num::u8::ANY, 0..600), keep in 0_usize..12_000) {
        let mut bytes = Table::april(30).csv();
        bytes.truncate(keep);
        bytes.extend(&noise);
        let watch = made::at(&["01112-05"], watching(&made::WATCHED));
        for name in ["a.csv", "a.txt", "a.xlsx"] {
            let _ = read("RVU20B", &archive(&[(name, &bytes), ("b", &noise)]), &watch, excerpts());
        }
        let _ = read("RVU20B", &bytes, &watch, excerpts());
    }

    #[test]
    fn a_table_written_in_the_layout_reads_back(work in 0_u32..9999, pe in 0_u32..40_000, mp in 0_u32..999, status in "[A-Z]", days in "[0-9]{3}|[X-Z]{3}", flag in "\\+?") {
        let hundredths = |n: u32| format!("{}.{:02}", n / 100, n % 100);
        let mut table = Table::april(30);
        let total = hundredths(work + pe + mp);
        for (column, text) in [(3, status.clone()), (4, flag.clone()), (5, hundredths(work)), (6, hundredths(pe)), (8, hundredths(pe)), (10, hundredths(mp)), (11, total.clone()), (12, total), (14, days.clone())] {
            table.set("20560", column, &text);
        }
        for (name, bytes) in [("a.csv", table.csv()), ("a.txt", table.txt()), ("a.xlsx", table.xlsx())] {
            let reading = read("RVU20B", &archive(&[(name, &bytes)]), &watching(&["20560"]), excerpts()).unwrap();
            let number = |attribute| value(&reading, "20560", attribute);
            let amount = |n: u32| Some(Observation::amount(rust_decimal::Decimal::new(i64::from(n), 2)));
            proptest::prop_assert_eq!(number(Attribute::Status), Some(Observation::text(&status[..])));
            proptest::prop_assert_eq!(number(Attribute::NotUsed), Some(Observation::text(&flag[..])));
            proptest::prop_assert_eq!(number(Attribute::GlobalDays), Some(Observation::text(&days[..])));
            proptest::prop_assert_eq!(number(Attribute::WorkRvu), amount(work));
            proptest::prop_assert_eq!(number(Attribute::FacilityPeRvu), amount(pe));
            proptest::prop_assert_eq!(number(Attribute::MpRvu), amount(mp));
            proptest::prop_assert_eq!(number(Attribute::NonFacilityTotal), amount(work + pe + mp));
        }
    }
}
