//! Addendum B of the outpatient system: real workbooks, made ones, damaged ones, and the pages that lead
//! to them.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;
use coverd::model::attribute::Attribute;
use coverd::model::request::{
    Concern, Discovery, Reading, Request, ShapeError, Unit, UnitDocuments,
};
use coverd::model::watch::Watch;
use coverd::sources::opps::{Checks, LIST_URL, Opps};
use coverd::sources::{Seen, Source};

use crate::harness::cms::{Answer, FakeCms};
use crate::harness::data::real_data;
use crate::harness::run::Practice;
use crate::pfs::made::{
    archive, archive_with, brief, csv, day, document, watching, watching_all, xlsx,
};

const NAMES: [&str; 10] = [
    "HCPCS Code",
    "Short Descriptor",
    " SI",
    "APC ",
    "Relative Weight",
    "Payment Rate ",
    "National Unadjusted Copayment ",
    "Minimum Unadjusted Copayment ",
    "Note: Actual copayments would be lower due to the cap at a deductible of $1,408.00",
    "* Indicates a Change ",
];
const NEEDLING: [&str; 2] = ["20560", "20561"];

/// Cents as dollars.
fn dollars(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// A row of a service that is paid: payment is the weight (in ten-thousandths) times 80.793.
fn paid(code: &str, status: &str, apc: &str, weight: u64) -> Vec<String> {
    let cents = (weight * 80_793 + 50_000) / 100_000;
    let least = cents.div_ceil(5);
    [
        code,
        &format!("\tSERVICE {code}"),
        status,
        apc,
        &format!("{}.{:04}", weight / 10_000, weight % 10_000),
        &dollars(cents),
        ".",
        &dollars(least),
        "",
        "",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn unpaid(code: &str, status: &str) -> Vec<String> {
    let mut row = vec![String::new(); 10];
    (row[0], row[1], row[2]) = (
        code.to_owned(),
        format!("SERVICE {code}"),
        status.to_owned(),
    );
    row
}

/// Addendum B with some rows of each family; `needling` are the rows of 20560 and 20561.
fn table(needling: [Vec<String>; 2]) -> Vec<Vec<String>> {
    let line = |text: &str| {
        let mut row = vec![String::new(); 10];
        text.clone_into(&mut row[1]);
        row
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    for number in 0..150_u64 {
        let family = b"0123456789AGJLV"[usize::try_from(number).unwrap() % 15] as char;
        let code = format!("{family}{:04}", 7 * number + 11);
        rows.push(match number % 3 {
            0 => paid(&code, "T", "5441", 30_000 + 571 * number),
            1 => unpaid(&code, "N "),
            _ => unpaid(&code, "E1"),
        });
    }
    rows.extend(needling);
    rows.push(paid("20552", "T", "5441", 32_400));
    rows.push(unpaid("97110", "A  "));
    rows.push(unpaid("99213", "B"));
    rows.push(paid("G0463", "J2", "5012", 14_349));
    rows.sort();
    let mut all = vec![
        line("Addendum B.-Final OPPS Payment by HCPCS Code for CY 2020"),
        line("CPT codes and descriptions only are copyright.\u{a0} All Rights Reserved."),
        NAMES.map(str::to_owned).to_vec(),
    ];
    all.extend(rows);
    all
}

fn april() -> Vec<Vec<String>> {
    let needling = |code| {
        let mut row = paid(code, "S", "5731", 2_845);
        "*".clone_into(&mut row[9]);
        row
    };
    table([needling("20560"), needling("20561")])
}

fn january() -> Vec<Vec<String>> {
    table([unpaid("20560", "E1"), unpaid("20561", "E1")])
}

fn workbook(rows: &[Vec<String>]) -> Vec<u8> {
    xlsx(rows, &|row, column, text| {
        row >= 3 && column >= 4 && text.parse::<f64>().is_ok()
    })
}

/// Floors in proportion to the made table.
fn checks() -> Checks {
    Checks {
        rows: 120,
        families: "0123456789AGJLV".chars().map(|first| (first, 7)).collect(),
        weighted: 40,
        odd_per_mille: 0,
        ..Checks::default()
    }
}

fn read_as(
    name: &str,
    url: &str,
    bytes: &[u8],
    watch: &Watch,
    checks: Checks,
) -> Result<Reading, ShapeError> {
    let unit = Unit::new(name, Request::new(url, coverd::model::request::Expect::Zip));
    let documents = UnitDocuments {
        primary: document(url, bytes),
        companions: Vec::new(),
    };
    Opps::with_checks(checks).extract(&unit, &documents, watch)
}

fn read(name: &str, bytes: &[u8]) -> Result<Reading, ShapeError> {
    let url = "https://www.cms.gov/files/zip/opps-addendum-b.zip";
    read_as(name, url, bytes, &watch(), checks())
}

fn watch() -> Watch {
    Watch {
        look_alikes: ["20552".parse().unwrap()].into(),
        ..watching(&["20560", "20561", "20999", "20560-59"])
    }
}

/// All that is said, by topic and attribute.
fn said(reading: &Reading) -> BTreeMap<String, String> {
    let statements = reading.statements.iter();
    statements
        .flat_map(|s| {
            s.values.iter().map(|(a, o)| {
                (
                    format!("{} {} from {}", s.topic, a.id(), s.from),
                    o.to_string(),
                )
            })
        })
        .collect()
}

fn of(reading: &Reading, code: &str) -> Vec<String> {
    let statement = reading
        .statements
        .iter()
        .find(|statement| statement.topic.to_string() == code)
        .unwrap();
    let values = statement.values.iter();
    values.map(|(a, o)| format!("{}={o}", a.id())).collect()
}

const PAID: [&str; 6] = [
    "opps_status=S",
    "opps_apc=5731",
    "opps_weight=0.2845",
    "opps_payment=22.99",
    "opps_national_copay=blank",
    "opps_minimum_copay=4.60",
];

#[test]
fn every_form_of_the_table_says_the_same() {
    let rows = april();
    let mut eleven = rows.clone();
    for (number, row) in eleven.iter_mut().enumerate() {
        let name = "Drug and Device Pass-Through Expiration during Calendar Year";
        row.insert(9, if number == 2 { name } else { "" }.to_owned());
    }
    // From 2022 on a disclaimer stands above the header, which is row 4 then.
    eleven.insert(2, vec!["A disclaimer".to_owned()]);
    let mut priced = rows.clone();
    for row in priced.iter_mut().skip(3) {
        for cell in [5, 7] {
            if !row[cell].is_empty() {
                row[cell] = format!("${} ", row[cell]);
            }
        }
    }
    let book = workbook(&rows);
    let expected = read(
        "OPPS 2020-04",
        &archive(&[("2020_april_web_addendum_b.05042020.xlsx", &book)]),
    );
    let expected = expected.unwrap();
    assert_eq!(of(&expected, "20560"), PAID);
    assert_eq!(of(&expected, "20561"), PAID);
    assert_eq!(of(&expected, "20552")[3], "opps_payment=261.77");
    assert_eq!(of(&expected, "20999")[0], "opps_status=not listed");
    // Of a code with a modifier the table says nothing.
    assert_eq!(expected.statements.len(), 4);
    assert_eq!(expected.published, Some(day(2020, 5, 4)));
    assert_eq!(expected.edition.name, "OPPS 2020-04");
    assert_eq!(expected.edition.begins, day(2020, 4, 1));
    assert_eq!(expected.concerns, []);
    let statement = &expected.statements[1];
    assert_eq!(statement.quote, "20560,,S,5731,0.2845,22.99,.,4.6,,*");
    assert!(
        statement
            .locator
            .starts_with("2020_april_web_addendum_b.05042020.xlsx row ")
    );

    let tabs: Vec<u8> = rows
        .iter()
        .flat_map(|row| {
            format!("{}\r\n", row.join("\t").replace("\t\tSERVICE", "\tSERVICE")).into_bytes()
        })
        .collect();
    let forms = [
        (
            "eleven columns",
            archive(&[("Addendum B.xlsx", &workbook(&eleven))]),
        ),
        (
            "csv",
            archive(&[("508 Version/April 2020 Addendum B.csv", &csv(&priced))]),
        ),
        ("txt", archive(&[("addendum_b.txt", &tabs)])),
        ("the workbook itself", book.clone()),
        (
            "beside Addendum A and a text",
            archive(&[
                ("readme.pdf", b"%PDF-1.4"),
                (
                    "Addendum A.xlsx",
                    &workbook(&[vec!["APC".to_owned(), "Group Title".to_owned()]]),
                ),
                ("__MACOSX/._Addendum B.xlsx", b"x"),
                ("Addendum B.xlsx", &book),
                ("508/Addendum B.csv", &csv(&january())),
            ]),
        ),
    ];
    for (what, bytes) in forms {
        let reading =
            read("OPPS 2020-04", &bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(said(&reading), said(&expected), "{what}");
    }
}

#[test]
fn a_correction_beside_what_it_corrects_is_the_one_that_counts() {
    let (old, new) = (workbook(&january()), workbook(&april()));
    let both = archive(&[
        ("2020_april_web_addendum_b.04012020.xlsx", &old),
        ("April_2020_Addendum_B_CORRECTION.05042020.xlsx", &new),
    ]);
    assert_eq!(of(&read("OPPS 2020-04", &both).unwrap(), "20560"), PAID);
    let twins = archive(&[("a/addendum_b.xlsx", &old), ("b/addendum_b.xlsx", &new)]);
    let error = read("OPPS 2020-04", &twins).unwrap_err().to_string();
    assert!(error.contains("cannot be told apart"), "{error}");
}

#[test]
fn with_all_codes_watched_every_row_is_kept_and_the_rest_is_not_listed() {
    let bytes = archive(&[("addendum_b.xlsx", &workbook(&april()))]);
    let reading = read_as(
        "OPPS 2020-04",
        "https://www.cms.gov/a.zip",
        &bytes,
        &watching_all(),
        checks(),
    );
    let reading = reading.unwrap();
    assert_eq!(reading.statements.len(), 156);
    let unlisted = reading.unlisted.unwrap();
    assert_eq!(unlisted.from, day(2020, 4, 1));
    assert_eq!(unlisted.values.len(), 6);
    assert_eq!(unlisted.locator, "addendum_b.xlsx, all 156 rows");
}

#[test]
fn a_table_of_another_quarter_is_the_wrong_file() {
    let book = workbook(&april());
    for (file, fits) in [
        ("2020_april_web_addendum_b.xlsx", true),
        ("2020_january_web_addendum_b.xlsx", false),
        ("addendum_b.xlsx", true),
    ] {
        let read = read("OPPS 2020-04", &archive(&[(file, &book)]));
        assert_eq!(read.is_ok(), fits, "{file}");
    }
    // Without a name that says so, the year in the title decides.
    let error = read("OPPS 2021-04", &archive(&[("addendum_b.xlsx", &book)])).unwrap_err();
    assert!(
        error.to_string().contains("it is the table of 2020"),
        "{error}"
    );
}

/// What is wrong, and the rows with it.
fn broken() -> Vec<(&'static str, Vec<Vec<String>>)> {
    let with = |change: &dyn Fn(&mut Vec<Vec<String>>)| {
        let mut rows = april();
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
            "a doubled row",
            with(&|rows| rows.push(paid("20560", "S", "5731", 2_845))),
        ),
        ("a sentinel", set("97110", 2, "B")),
        (
            "no clinic visit",
            with(&|rows| rows.retain(|row| row[0] != "G0463")),
        ),
        ("no status", set("20560", 2, "")),
        ("a status that is none", set("20560", 2, "PAID")),
        ("a payment that is none", set("20560", 5, "N/A")),
        ("another payment than its weight", set("20560", 5, "23.99")),
        ("another weight than its payment", set("20560", 4, "0.3845")),
        ("a weight without payment", set("20560", 5, "")),
        ("a payment without group", set("20560", 3, "")),
        ("a copayment beyond the payment", set("20560", 7, "46.00")),
        ("a group that is none", set("20560", 3, "S")),
        ("a code that is none", set("20560", 0, "205600")),
        ("half of it", with(&|rows| rows.truncate(80))),
        ("its second half", with(&|rows| drop(rows.drain(3..80)))),
        ("its header only", with(&|rows| rows.truncate(3))),
        ("no header", with(&|rows| drop(rows.remove(2)))),
    ];
    for column in [0, 2, 3, 4, 5, 6, 7] {
        broken.push((
            "a column missing",
            with(&|rows| {
                for row in rows.iter_mut() {
                    row.remove(column);
                }
            }),
        ));
        broken.push(("a name missing", with(&|rows| rows[2][column].clear())));
    }
    for (one, other) in [
        (0, 2),
        (2, 3),
        (3, 4),
        (4, 5),
        (5, 7),
        (4, 7),
        (0, 1),
        (2, 5),
    ] {
        broken.push((
            "columns exchanged without their names",
            with(&|rows| {
                for row in rows.iter_mut().skip(3) {
                    row.swap(one, other);
                }
            }),
        ));
    }
    broken
}

#[test]
fn a_table_with_anything_wrong_is_refused_in_every_form() {
    for (what, rows) in broken() {
        for (file, bytes) in [
            ("addendum_b.xlsx", workbook(&rows)),
            ("addendum_b.csv", csv(&rows)),
        ] {
            let read = read("OPPS 2020-04", &archive(&[(file, &bytes)]));
            assert!(read.is_err(), "{what} in {file}: {read:?}");
        }
    }
}

#[test]
fn odd_rows_of_other_codes_are_borne_while_they_are_few() {
    let mut rows = april();
    let row = rows.iter_mut().find(|row| row[0] == "20552").unwrap();
    "?".clone_into(&mut row[3]);
    let bytes = archive(&[("addendum_b.xlsx", &workbook(&rows))]);
    let watch = watching(&NEEDLING);
    let bearing = Checks {
        odd_per_mille: 10,
        ..checks()
    };
    let reading = read_as(
        "OPPS 2020-04",
        "https://www.cms.gov/a.zip",
        &bytes,
        &watch,
        bearing,
    )
    .unwrap();
    assert_eq!(of(&reading, "20560"), PAID);
    assert!(
        reading.concerns[0].text.contains("1 rows are odd"),
        "{:?}",
        reading.concerns
    );
    let strict = read_as(
        "OPPS 2020-04",
        "https://www.cms.gov/a.zip",
        &bytes,
        &watch,
        checks(),
    );
    assert!(strict.is_err());
}

#[test]
fn a_table_that_is_cut_anywhere_is_refused_or_says_the_same() {
    let rows = april();
    let whole = archive(&[("addendum_b.xlsx", &workbook(&rows))]);
    let expected = said(&read("OPPS 2020-04", &whole).unwrap());
    let text = csv(&rows);
    let mut refused = 0;
    for at in (0..text.len()).step_by(37) {
        let cut = archive_with(
            &[("addendum_b.csv", &text[..at])],
            zip::CompressionMethod::Stored,
        );
        match read("OPPS 2020-04", &cut) {
            Ok(reading) => assert_eq!(said(&reading), expected, "cut at {at}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > text.len() / 37 * 9 / 10, "{refused}");
    for at in (0..whole.len()).step_by(97) {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x55;
        for bytes in [&whole[..at], &flipped] {
            if let Ok(reading) = read("OPPS 2020-04", bytes) {
                assert_eq!(said(&reading), expected, "at {at}");
            }
        }
    }
    for other in [
        &b""[..],
        b"<!DOCTYPE html><title>Access Denied</title>",
        b"PK\x05\x06",
    ] {
        assert!(read("OPPS 2020-04", other).is_err());
    }
}

// ---------------------------------------------------------------- the real workbooks

const REAL: [(&str, &str); 3] = [
    ("OPPS 2020-01", "2020_january_web_addendum_b.12312019.xlsx"),
    (
        "OPPS 2020-01",
        "January_2020_Addendum_B_CORRECTION.02042020.xlsx",
    ),
    ("OPPS 2020-04", "2020_april_web_addendum_b.05042020.xlsx"),
];

#[test]
fn the_real_workbooks_say_e1_then_s_and_the_correction_changes_nothing_for_our_codes() {
    let Some(folder) = real_data() else { return };
    let mut all = Vec::new();
    for (quarter, file) in REAL {
        let bytes = std::fs::read(folder.join("opps").join(file)).unwrap();
        let url = format!("https://www.cms.gov/files/zip/{file}");
        let reading = read_as(
            quarter,
            &url,
            &bytes,
            &watching(&NEEDLING),
            Checks::default(),
        );
        let reading = reading.unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(reading.concerns, [], "{file}");
        all.push(reading);
    }
    let [january, correction, april] = &all[..] else {
        panic!("three workbooks")
    };
    for code in NEEDLING {
        assert_eq!(
            of(january, code)[..4],
            [
                "opps_status=E1",
                "opps_apc=blank",
                "opps_weight=blank",
                "opps_payment=blank"
            ]
        );
        assert_eq!(of(april, code), PAID);
    }
    assert_eq!(said(january), said(correction));
    assert_eq!(january.edition, correction.edition);
    let published: Vec<_> = all.iter().map(|reading| reading.published).collect();
    assert_eq!(
        published,
        [
            Some(day(2019, 12, 31)),
            Some(day(2020, 2, 4)),
            Some(day(2020, 5, 4))
        ]
    );
}

#[test]
fn the_real_workbooks_are_sound_for_every_code() {
    let Some(folder) = real_data() else { return };
    for ((quarter, file), codes) in REAL.into_iter().zip([16_628, 16_628, 16_661]) {
        let bytes = std::fs::read(folder.join("opps").join(file)).unwrap();
        let zip = archive_with(&[(file, &bytes)], zip::CompressionMethod::Stored);
        let reading = read_as(
            quarter,
            "https://www.cms.gov/a.zip",
            &zip,
            &watching_all(),
            Checks::default(),
        );
        let reading = reading.unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(
            (reading.statements.len(), reading.concerns),
            (codes, vec![]),
            "{file}"
        );
        let text = |attribute| {
            let values = reading
                .statements
                .iter()
                .map(|s| s.values[&attribute].to_string());
            values
                .filter(|value| value.ends_with(' ') || value.is_empty())
                .count()
        };
        assert_eq!(text(Attribute::OppsStatus), 0, "{file}");
    }
}

// ---------------------------------------------------------------- discovery

const ITEMS: &str = "/medicare/payment/prospective-payment-systems/hospital-outpatient-pps/quarterly-addenda-updates";

fn absolute(path: &str) -> String {
    if path.starts_with("https:") {
        path.to_owned()
    } else {
        format!("https://www.cms.gov{path}")
    }
}

/// Serves pages by address until discovery is complete; addresses without a page fail.
fn discover(pages: &[(&str, String)], today: NaiveDate) -> (Vec<Unit>, Vec<Concern>, Vec<String>) {
    let watch = watching(&NEEDLING);
    let (mut seen, mut failed) = (Seen::new(), Vec::new());
    for _ in 0..10 {
        match Opps::default()
            .discover(&seen, &failed, &brief(&watch, today))
            .unwrap()
        {
            Discovery::Complete {
                units,
                listed,
                concerns,
            } => {
                return (units, concerns, listed.unwrap_or_default());
            }
            Discovery::Fetch(requests) => {
                assert!(!requests.is_empty());
                for request in requests {
                    assert!(!seen.contains_key(&request.url) && !failed.contains(&request.url));
                    match pages.iter().find(|(url, _)| absolute(url) == request.url) {
                        Some((url, page)) => {
                            seen.insert(request.url, document(&absolute(url), page.as_bytes()));
                        }
                        None => failed.push(request.url),
                    }
                }
            }
        }
    }
    panic!("discovery does not end");
}

fn quarter_page(heading: &str, links: &[&str]) -> String {
    let links: Vec<String> = links
        .iter()
        .map(|href| format!("<li><a href='{href}'>{heading} (ZIP)</a></li>"))
        .collect();
    format!(
        "<title>{heading} | CMS</title><main><h1 class=page-title>{heading}</h1><div class=field--name-field-downloads><ul>{}</ul></div></main>",
        links.concat()
    )
}

#[test]
fn quarters_are_found_over_their_pages_through_the_licence_page() {
    let row = |text: &str, href: &str| {
        format!("<tr><td>Calendar Year 2020</td><td><a href='{href}'>{text}</a></td></tr>")
    };
    let old = "/medicaremedicare-fee-service-paymenthospitaloutpatientppsaddendum-and-addendum-b-updates/april-2020-addendum-b";
    let item = |name: &str| format!("{ITEMS}/{name}");
    let list = format!(
        "<nav><a href='{ITEMS}'>Addendum A and Addendum B Updates</a></nav><main><table>{}{}{}{}{}{}{}</table><a href='?page=1'>2</a></main>",
        row("July 2020 Addendum B", &item("july-2020-addendum-b")),
        row("July 2020 Addendum A", &item("july-2020-addendum-a")),
        row(
            "July 2020 ASC Addenda",
            "/medicare/asc/july-2020-asc-addenda"
        ),
        row("April 2020 Addendum B", old),
        row(
            "January 2020 Addendum B Correction",
            &item("january-2020-addendum-b-correction")
        ),
        row("January 2020 Addendum B", &item("january-2020-addendum-b")),
        row("October 2019 Addendum B", &item("october-2019-addendum-b")),
    );
    let second = format!("{LIST_URL}?page=1");
    let more = row("October 2020", &item("october-2020-addendum-b"));
    let pages = [
        (LIST_URL, list),
        (&second[..], format!("<main><table>{more}</table></main>")),
        (
            &item("july-2020-addendum-b")[..],
            quarter_page(
                "July 2020 Addendum B",
                &["/license/ama?file=/files/zip/july-2020-opps-addendum-b.zip"],
            ),
        ),
        (
            old,
            quarter_page(
                "April 2020 Addendum B",
                &["/apps/ama/license.asp?file=/files/zip/april-2020-addendum-b.zip"],
            ),
        ),
        (
            &item("january-2020-addendum-b"),
            quarter_page(
                "January 2020 Addendum B",
                &["/license/ama?file=/files/zip/january-2020-addendum-b.zip"],
            ),
        ),
        (
            &item("january-2020-addendum-b-correction"),
            quarter_page(
                "January 2020 Addendum B Correction",
                &["/license/ama?file=/files/zip/january-2020-addendum-b-correction.zip"],
            ),
        ),
        (
            &item("october-2020-addendum-b"),
            quarter_page(
                "October 2020 Addendum B",
                &["/files/document/october-2020.pdf"],
            ),
        ),
    ];
    let (units, concerns, listed) = discover(&pages, day(2020, 10, 2));
    let found: Vec<(&str, &str)> = units
        .iter()
        .map(|unit| (&unit.name[..], unit.request.url.rsplit('/').next().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            ("OPPS 2020-01", "january-2020-addendum-b-correction.zip"),
            ("OPPS 2020-04", "april-2020-addendum-b.zip"),
            ("OPPS 2020-07", "july-2020-opps-addendum-b.zip"),
        ]
    );
    assert_eq!(
        listed,
        [
            "OPPS 2020-01",
            "OPPS 2020-04",
            "OPPS 2020-07",
            "OPPS 2020-10"
        ]
    );
    let keys: Vec<&str> = concerns.iter().map(|concern| &concern.key[..]).collect();
    assert_eq!(keys, ["page OPPS 2020-10"]);
    assert_eq!(units[0].context.len(), 1);
}

#[test]
fn gaps_and_overdue_quarters_are_told() {
    let link = |name: &str| {
        format!(
            "<a href='/license/ama?file=/files/zip/{name}-opps-addendum-b.zip'>{name} Addendum B</a>"
        )
    };
    let list = format!(
        "<main>{}{}</main>",
        link("april-2025"),
        link("october-2025")
    );
    let keys = |today| {
        let (_, concerns, _) = discover(&[(LIST_URL, list.clone())], today);
        concerns
            .into_iter()
            .map(|concern| concern.key)
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(day(2025, 11, 2)), ["gap OPPS 2025-07"]);
    assert_eq!(
        keys(day(2026, 1, 16)),
        ["gap OPPS 2025-07", "overdue OPPS 2026-01"]
    );
}

#[test]
fn an_addendum_of_no_known_quarter_is_told() {
    let row = |text: &str, href: &str| {
        format!("<tr><td>2020</td><td><a href='{href}'>{text}</a></td></tr>")
    };
    let april = format!("{ITEMS}/april-2020-addendum-b");
    let told = |more: &str| {
        let list = format!(
            "<nav><a href='{ITEMS}'>Addendum A and Addendum B Updates</a></nav><main><table>{}{more}</table></main>",
            row(
                "April 2020 Addendum B",
                "/files/zip/april-2020-addendum-b.zip"
            )
        );
        let (units, concerns, _) = discover(&[(LIST_URL, list)], day(2020, 6, 1));
        assert_eq!(units.len(), 1);
        let strange = concerns
            .into_iter()
            .filter(|one| one.key.starts_with("strange"));
        strange.map(|one| one.text).collect::<Vec<_>>()
    };
    let other = row("May 2020 Addendum B", &april.replace("april", "may"));
    let said = told(&other);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].ends_with("known: May 2020 Addendum B"), "{said:?}");
    for quiet in [
        String::new(),
        row("Addendum B", "/files/zip/addendum-b.zip"),
        row("2008 Addendum B", "/files/zip/2008-addendum-b.zip"),
        row("May 2020 Addendum A", "/files/zip/may-2020-addendum-a.zip"),
        // The row says what the link does not.
        "<tr><td>April 2020 Addendum B</td><td><a href='/files/zip/2020-addendum-b.zip'>Addendum B</a></td></tr>".to_owned(),
    ] {
        assert_eq!(told(&quiet), [""; 0], "{quiet}");
    }
}

#[test]
fn a_list_without_quarters_is_a_new_form_and_a_failed_one_is_silent() {
    let watch = watching(&NEEDLING);
    let brief = brief(&watch, day(2026, 11, 20));
    let failed = vec![LIST_URL.to_owned()];
    let outcome = Opps::default()
        .discover(&Seen::new(), &failed, &brief)
        .unwrap();
    assert!(matches!(outcome, Discovery::Complete { units, listed: None, .. } if units.is_empty()));
    let page = document(LIST_URL, b"<title>We will be back soon</title>");
    let seen = Seen::from([(LIST_URL.to_owned(), page)]);
    assert!(Opps::default().discover(&seen, &[], &brief).is_err());
}

#[test]
fn an_archive_is_known_by_its_address() {
    let watch = watching(&NEEDLING);
    let brief = brief(&watch, day(2020, 11, 20));
    let name = |url: &str| Opps::default().recognise(url, &brief).map(|unit| unit.name);
    for (url, expected) in [
        (
            "https://www.cms.gov/files/zip/april-2020-opps-addendum-b.zip",
            Some("OPPS 2020-04"),
        ),
        (
            "https://x.example/2020_april_web_addendum_b.05042020.xlsx",
            Some("OPPS 2020-04"),
        ),
        (
            "https://www.cms.gov/files/zip/april-2020-opps-addendum-a.zip",
            None,
        ),
        (
            "https://www.cms.gov/files/zip/april-2018-opps-addendum-b.zip",
            None,
        ),
        ("https://www.cms.gov/files/zip/rvu20b.zip", None),
        ("https://www.cms.gov/april-2020-addendum-b", None),
    ] {
        assert_eq!(name(url).as_deref(), expected, "{url}");
    }
}

// ---------------------------------------------------------------- from the page to the mail

/// A table with as many rows of each family as a real one has at least; `needling` are the rows of ours.
fn whole(needling: [Vec<String>; 2]) -> Vec<Vec<String>> {
    let mut rows = table(needling);
    for (family, least) in Checks::default().families {
        for number in 0..u64::try_from(least).unwrap() * 2 {
            let code = format!("{family}{:04}", 5_000 + number);
            rows.push(match number % 3 {
                0 => paid(&code, "T", "5441", 20_000 + 571 * number),
                1 => unpaid(&code, "N"),
                _ => unpaid(&code, "E1"),
            });
        }
    }
    rows
}

/// A quarter's table: `January 2020`, the name of its file, the rows.
pub(crate) type Quarter = (String, String, Vec<Vec<String>>);

/// Lets CMS show the tables of these quarters.
pub(crate) fn post(cms: &FakeCms, quarters: &[Quarter]) {
    let mut list = String::new();
    for (heading, file, rows) in quarters {
        let page = format!("{ITEMS}/{file}");
        write!(list, "<li><a href='{page}'>{heading} Addendum B</a></li>").unwrap();
        let href = format!("/license/ama?file=/files/zip/{file}.zip");
        cms.serve(
            &absolute(&page),
            Answer::html(&quarter_page(&format!("{heading} Addendum B"), &[&href])),
        );
        let bytes = archive(&[(&format!("{heading} Addendum B.csv"), &csv(rows))]);
        let zip = format!("https://www.cms.gov/files/zip/{file}.zip");
        cms.serve(&zip, Answer::zip(bytes));
    }
    cms.serve(
        LIST_URL,
        Answer::html(&format!("<main><ul>{list}</ul></main>")),
    );
}

/// Payable in neither hospital: E1 for both codes.
pub(crate) fn not_paid() -> Vec<Vec<String>> {
    whole([unpaid("20560", "E1"), unpaid("20561", "E1")])
}

/// Payable: S for both codes.
pub(crate) fn payable() -> Vec<Vec<String>> {
    let row = |code| paid(code, "S", "5731", 2_845);
    whole([row("20560"), row("20561")])
}

#[tokio::test]
async fn a_code_that_becomes_payable_in_hospitals_is_one_mail() {
    let mut practice = Practice::reading(&["opps"], "2020-02-10T12:00:00Z", "");
    let january = not_paid();
    let quarter = |month: &str, rows: &[Vec<String>]| {
        let file = format!("{}-2020-addendum-b", month.to_lowercase());
        (format!("{month} 2020"), file, rows.to_vec())
    };
    let mut corrected = january.clone();
    let row = corrected.iter_mut().find(|row| row[0] == "20552").unwrap();
    *row = paid("20552", "T", "5441", 33_000);
    post(&practice.cms, &[quarter("January", &january)]);
    let first = practice.check().await;
    assert_eq!(
        (first.mails.len(), first.problems(), first.read()),
        (0, vec![], 1)
    );
    // The correction moves a look-alike only: nothing is told.
    post(&practice.cms, &[quarter("January", &corrected)]);
    let correction = practice.check_after(8).await;
    assert_eq!((correction.mails.len(), correction.read()), (0, 1));
    let april = payable();
    let both = [quarter("January", &corrected), quarter("April", &april)];
    post(&practice.cms, &both);
    let changed = practice.check_at("2020-04-02T12:00:00Z").await;
    let news = changed.news();
    assert_eq!(news.len(), 1, "{:?}", changed.problems());
    for expected in ["20560", "20561", "E1", "OPPS 2020-04", "22.99", "5731"] {
        assert!(
            news[0].text.contains(expected),
            "{expected}: {}",
            news[0].text
        );
    }
    let after = practice.check_after(30).await;
    assert_eq!((after.mails.len(), after.problems()), (0, vec![]));
}
