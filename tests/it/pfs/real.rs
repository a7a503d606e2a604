//! The real files of CMS, where they are at hand.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use coverd::engine::dollars::payments;
use coverd::engine::fold::fold;
use coverd::io::blobs::hash_of;
use coverd::model::attribute::Attribute;
use coverd::model::dollars::{Setting, Worth};
use coverd::model::fact::{Fact, Observation, Origin, Statement};
use coverd::model::money;
use coverd::model::request::Reading;
use coverd::model::topic::{Place, Stage, Subject};
use coverd::model::watch::Watch;
use coverd::parse::html::meta_refresh;
use coverd::sources::pfs::{Checks, localities};
use zip::CompressionMethod;

use super::made::{archive_with, at, day, read, said, watching, watching_all};
use crate::harness::data::real_data;

const NEEDLING: [&str; 2] = ["20560", "20561"];

const RELEASES_2020: [(&str, &str); 4] = [
    ("RVU20A", "rvu20a/PPRRVU20_JAN.csv"),
    ("RVU20B", "rvu20b/PPRRVU20_APR.csv"),
    ("RVU20C", "rvu20c/PPRRVU20_V0618.csv"),
    ("RVU20D", "rvu20d/PPRRVU20_OCT.csv"),
];

fn bytes(folder: &Path, file: &str) -> Vec<u8> {
    std::fs::read(folder.join("pfs").join(file)).unwrap()
}

/// An archive with these files of the practice data.
fn packed(folder: &Path, files: &[&str]) -> Vec<u8> {
    let members: Vec<(&str, Vec<u8>)> = files
        .iter()
        .map(|file| (file.rsplit('/').next().unwrap(), bytes(folder, file)))
        .collect();
    let members: Vec<(&str, &[u8])> = members.iter().map(|(n, b)| (*n, &b[..])).collect();
    archive_with(&members, CompressionMethod::Stored)
}

fn reading(folder: &Path, release: &str, files: &[&str], watch: &Watch, checks: Checks) -> Reading {
    let reading = read(release, &packed(folder, files), watch, checks);
    reading.unwrap_or_else(|error| panic!("{release}: {error}"))
}

fn of<'r>(reading: &'r Reading, topic: &str) -> &'r Statement {
    let mut found = reading
        .statements
        .iter()
        .filter(|statement| statement.topic.to_string() == topic);
    found.next().unwrap_or_else(|| panic!("{topic}"))
}

fn shown(statement: &Statement, attribute: Attribute) -> String {
    statement.values[&attribute].to_string()
}

#[test]
fn dry_needling_is_not_covered_in_january_2020_and_payable_from_april_on() {
    let Some(folder) = real_data() else { return };
    for ((release, file), status) in RELEASES_2020.into_iter().zip(["N", "A", "A", "A"]) {
        let reading = reading(
            &folder,
            release,
            &[file],
            &watching(&NEEDLING),
            Checks::default(),
        );
        for code in NEEDLING {
            assert_eq!(
                shown(of(&reading, code), Attribute::Status),
                status,
                "{release} {code}"
            );
        }
        assert_eq!(reading.concerns, [], "{release}");
    }
}

#[test]
fn a_practice_finds_its_locality_by_its_county() {
    let Some(folder) = real_data() else { return };
    // The text form cuts long lists of counties off, and says nothing then.
    for form in ["csv", "xlsx"] {
        let files = [
            format!("rvu25d/aux/GPCI2025.{form}"),
            format!("rvu25d/aux/25LOCCO.{form}"),
        ];
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let all = localities("RVU25D", &packed(&folder, &files), &Checks::default()).unwrap();
        assert!(all.len() > 100, "{form}: {}", all.len());
        for one in &all {
            assert_eq!(one.state.len(), 2, "{form}: {one:?}");
            assert!(
                !one.name.is_empty() && !one.counties.is_empty(),
                "{form}: {one:?}"
            );
        }
        for (state, county) in [("CA", "ALAMEDA"), ("TX", "TRAVIS"), ("FL", "BROWARD")] {
            let found = all
                .iter()
                .filter(|one| one.state == state && one.counties.to_uppercase().contains(county));
            assert_eq!(found.count(), 1, "{form}: {state} {county}");
        }
    }
}

/// Status by code and modifier, read without any of the program's code: lost zeros put back, and
/// the status counted from the right, because descriptions may hold commas.
fn independent(folder: &Path, file: &str) -> BTreeMap<String, String> {
    let text = String::from_utf8(bytes(folder, file)).unwrap();
    text.lines()
        .skip(10)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let modifier = match cells[1] {
                "" => String::new(),
                modifier => format!("-{modifier}"),
            };
            let status = cells[cells.len() - 28];
            (format!("{:0>5}{modifier}", cells[0]), status.to_owned())
        })
        .collect()
}

fn statuses(reading: &Reading) -> BTreeMap<String, String> {
    reading
        .statements
        .iter()
        .filter(|s| matches!(s.topic.subject, Subject::Service(_)))
        .map(|s| (s.topic.to_string(), shown(s, Attribute::Status)))
        .collect()
}

fn changes(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> BTreeSet<String> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    keys.into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .cloned()
        .collect()
}

#[test]
fn between_neighbours_exactly_the_rows_change_that_an_independent_count_finds() {
    let Some(folder) = real_data() else { return };
    let read: Vec<_> = RELEASES_2020
        .map(|(release, file)| {
            let reading = reading(
                &folder,
                release,
                &[file],
                &watching_all(),
                Checks::default(),
            );
            (statuses(&reading), independent(&folder, file))
        })
        .into();
    for pair in read.windows(2) {
        let found = changes(&pair[0].0, &pair[1].0);
        let counted = changes(&pair[0].1, &pair[1].1);
        assert!(!counted.is_empty());
        assert_eq!(found, counted);
    }
    let april = changes(&read[0].0, &read[1].0);
    assert!(NEEDLING.iter().all(|code| april.contains(*code)));
}

#[test]
fn the_codes_that_lost_their_zeros_in_october_2020_are_the_ones_of_july() {
    let Some(folder) = real_data() else { return };
    let october = String::from_utf8(bytes(&folder, RELEASES_2020[3].1)).unwrap();
    let short: Vec<&str> = october
        .lines()
        .skip(10)
        .filter_map(|line| line.split(',').next())
        .filter(|code| code.len() < 5)
        .collect();
    assert_eq!(short.len(), 272);
    let read = |place: usize| {
        let (release, file) = RELEASES_2020[place];
        reading(
            &folder,
            release,
            &[file],
            &watching_all(),
            Checks::default(),
        )
    };
    let (july, october) = (read(2), read(3));
    for code in short {
        let code = format!("{code:0>5}");
        let (before, after) = (of(&july, &code), of(&october, &code));
        assert_eq!(before.values, after.values, "{code}");
    }
    let (before, after) = (statuses(&july), statuses(&october));
    assert_eq!(
        after
            .keys()
            .filter(|key| !before.contains_key(*key))
            .count(),
        26
    );
    assert_eq!(
        before
            .keys()
            .filter(|key| !after.contains_key(*key))
            .count(),
        0
    );
    assert_eq!(shown(of(&october, "97110"), Attribute::Supervision), "09");
    assert_eq!(shown(of(&july, "97110"), Attribute::Supervision), "09");
    let days = |reading: &Reading| -> BTreeSet<String> {
        let services = reading
            .statements
            .iter()
            .filter(|s| matches!(s.topic.subject, Subject::Service(_)));
        services.map(|s| shown(s, Attribute::GlobalDays)).collect()
    };
    assert_eq!(days(&july), days(&october));
}

#[test]
fn the_three_forms_of_october_2025_say_the_same_of_every_row() {
    let Some(folder) = real_data() else { return };
    let read = |file: &str| {
        reading(
            &folder,
            "RVU25D",
            &[file],
            &watching_all(),
            Checks::default(),
        )
    };
    let csv = read("rvu25d/PPRRVU2025_Oct.csv");
    assert_eq!(csv.statements.len(), 19_090 + 1);
    assert_eq!(csv.published, Some(day(2025, 9, 11)));
    let csv = said(&csv);
    assert_eq!(csv, said(&read("rvu25d/PPRRVU2025_Oct.txt")));
    assert_eq!(csv, said(&read("rvu25d/PPRRVU2025_Oct.xlsx")));
}

#[test]
fn the_members_of_a_whole_release_agree() {
    let Some(folder) = real_data() else { return };
    let files = [
        "rvu25d/PPRRVU2025_Oct.txt",
        "rvu25d/PPRRVU2025_Oct.csv",
        "rvu25d/aux/25LOCCO.csv",
        "rvu25d/aux/ANES2025.csv",
        "rvu25d/aux/GPCI2025.csv",
    ];
    let watch = at(&["01112-05", "05302-99"], watching(&NEEDLING));
    let reading = reading(&folder, "RVU25D", &files, &watch, Checks::default());
    assert_eq!(reading.concerns, []);
    assert!(
        of(&reading, "20560")
            .locator
            .starts_with("PPRRVU2025_Oct.csv row ")
    );
}

/// What CMS itself spells otherwise in 25LOCCO.txt than in 25LOCCO.csv ("ORAGNGE", "CONTR COSTA").
const SPELT_OTHERWISE: [(&str, Attribute); 3] = [
    ("01182-18", Attribute::LocalityArea),
    ("01182-18", Attribute::LocalityCounties),
    ("01112-05", Attribute::LocalityArea),
];

#[test]
fn localities_are_the_same_in_every_form() {
    let Some(folder) = real_data() else { return };
    let table = "rvu25d/PPRRVU2025_Oct.csv";
    let csv = String::from_utf8(bytes(&folder, "rvu25d/aux/GPCI2025.csv")).unwrap();
    let ids: Vec<String> = csv
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
        .map(|line| line.split(',').collect::<Vec<_>>())
        .map(|cells| format!("{}-{}", cells[0], cells[2]))
        .collect();
    assert_eq!(ids.len(), 109);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let watch = at(&ids, watching(&NEEDLING));
    let read = |form: &str| {
        let files = [
            table,
            &format!("rvu25d/aux/GPCI2025.{form}"),
            &format!("rvu25d/aux/25LOCCO.{form}"),
        ];
        let reading = reading(&folder, "RVU25D", &files, &watch, Checks::default());
        assert_eq!(reading.concerns, [], "{form}");
        reading
            .statements
            .into_iter()
            .filter(|s| s.topic.to_string().contains("locality"))
            .map(|s| {
                let counties = s.values.contains_key(&Attribute::LocalityArea);
                ((s.topic.to_string(), counties), s.values)
            })
            .collect::<BTreeMap<_, _>>()
    };
    let (csv, xlsx, txt) = (read("csv"), read("xlsx"), read("txt"));
    assert_eq!(csv.len(), 218);
    assert_eq!(csv, xlsx);
    assert_eq!(
        csv.keys().collect::<Vec<_>>(),
        txt.keys().collect::<Vec<_>>()
    );
    let mut cut = 0;
    for (key, values) in &csv {
        for (attribute, value) in values.iter() {
            match txt[key].get(attribute) {
                Some(other) if other == value => {}
                Some(_) => assert!(
                    SPELT_OTHERWISE.contains(&(&key.0[14..], *attribute)),
                    "{key:?} {attribute}"
                ),
                // The fixed-width form cuts long lists of counties: better none than half of one.
                None => {
                    assert_eq!(*attribute, Attribute::LocalityCounties);
                    assert!(value.to_string().len() >= 56, "{value}");
                    cut += 1;
                }
            }
        }
    }
    assert!(cut < 20, "{cut}");
    let bay = &csv[&("PFS, locality 01112-05".to_owned(), false)];
    assert_eq!(bay[&Attribute::LocalityState], Observation::text("CA"));
    assert_eq!(
        csv[&("PFS, locality 02102-01".to_owned(), false)][&Attribute::LocalityName],
        Observation::text("ALASKA")
    );
}

#[test]
fn the_excerpts_of_2026_are_read() {
    let Some(folder) = real_data() else { return };
    let excerpts = Checks::for_excerpts;
    let watch = at(
        &["01112-05"],
        watching(&["20560", "20561", "99213", "71046-26", "27447"]),
    );
    let july = [
        "rvu26c/PPRRVU2026_Jul_nonQPP.excerpt.csv",
        "rvu26c/GPCI2026.csv",
    ];
    let read_july = reading(&folder, "RVU26C", &july, &watch, excerpts());
    assert_eq!(shown(of(&read_july, "20560"), Attribute::WorkRvu), "0.31");
    assert_eq!(
        shown(of(&read_july, "PFS"), Attribute::ConversionFactor),
        "33.4009"
    );
    assert_eq!(
        shown(of(&read_july, "PFS, locality 01112-05"), Attribute::GpciPe),
        "1.41"
    );
    assert_eq!(read_july.published, Some(day(2026, 6, 30)));

    let january = ["rvu26a/PPRRVU2026_Jan_nonQPP.worth-subset.csv"];
    let january = reading(&folder, "RVU26A", &january, &watch, excerpts());
    assert_eq!(
        shown(of(&january, "99213"), Attribute::NonFacilityPeRvu),
        "1.46"
    );

    let october = [
        "rvu26d/PPRRVU2026_Oct_QPP.worth-subset.csv",
        "rvu26d/PPRRVU2026_Oct_nonQPP.worth-subset.csv",
    ];
    let october = reading(&folder, "RVU26D", &october, &watch, excerpts());
    assert_eq!(
        shown(of(&october, "71046-26"), Attribute::NonFacilityTotal),
        "0.30"
    );
    // It is in the other table only, of which nothing but the factor counts.
    assert_eq!(
        of(&october, "27447").values[&Attribute::Status],
        Observation::Absent
    );
    let qpp = october
        .statements
        .iter()
        .find_map(|s| s.values.get(&Attribute::ConversionFactorQpp));
    assert_eq!(qpp.map(ToString::to_string).as_deref(), Some("33.5675"));
}

#[test]
fn what_is_known_of_dry_needling_holds() {
    let Some(folder) = real_data() else { return };
    let truth = String::from_utf8(bytes(&folder, "truth_20560_20561.tsv")).unwrap();
    let mut lines = truth
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let mut rows = 0;
    for cells in lines {
        let cell = |name: &str| cells[header.iter().position(|h| *h == name).unwrap()];
        let (file, checks) = match cell("release") {
            "RVU25D" => ("rvu25d/PPRRVU2025_Oct.csv", Checks::default()),
            "RVU26C" => (
                "rvu26c/PPRRVU2026_Jul_nonQPP.excerpt.csv",
                Checks::for_excerpts(),
            ),
            release => {
                let known = RELEASES_2020.iter().find(|(name, _)| *name == release);
                (known.unwrap().1, Checks::default())
            }
        };
        let reading = reading(
            &folder,
            cell("release"),
            &[file],
            &watching(&NEEDLING),
            checks,
        );
        let row = of(&reading, cell("hcpcs"));
        assert_eq!(row.from.to_string(), cell("effective_from"));
        for (name, attribute) in [
            ("status", Attribute::Status),
            ("not_used", Attribute::NotUsed),
            ("pctc", Attribute::PcTc),
        ] {
            assert_eq!(
                row.values[&attribute],
                Observation::text(cell(name)),
                "{cells:?}"
            );
        }
        for (name, attribute) in [
            ("work", Attribute::WorkRvu),
            ("nf_pe", Attribute::NonFacilityPeRvu),
            ("f_pe", Attribute::FacilityPeRvu),
            ("mp", Attribute::MpRvu),
            ("nf_total", Attribute::NonFacilityTotal),
            ("f_total", Attribute::FacilityTotal),
        ] {
            let expected = Observation::amount(money::amount(cell(name)).unwrap());
            assert_eq!(row.values[&attribute], expected, "{cells:?}");
        }
        assert_eq!(
            shown(of(&reading, "PFS"), Attribute::ConversionFactor),
            cell("cf")
        );
        rows += 1;
    }
    assert_eq!(rows, 12);
}

#[test]
fn the_redirect_that_cms_serves_in_place_of_an_archive_is_recognised() {
    let Some(folder) = real_data() else { return };
    let stub = std::fs::read(folder.join("cms_pages/redirect_files-zip_rvu25a.html")).unwrap();
    assert_eq!(
        meta_refresh(&stub).as_deref(),
        Some("https://www.cms.gov/files/zip/rvu25a-updated-01/10/2025.zip")
    );
    let error = read("RVU25A", &stub, &watching(&NEEDLING), Checks::default()).unwrap_err();
    assert!(
        error.to_string().contains("an HTML page is found"),
        "{error}"
    );
}

/// Reckoned by hand from the figures of RVU25D and its GPCI file: non-facility and facility dollars of
/// a unit of each code, in Alabama, San Francisco and Alaska.
const BY_HAND: [(&str, [&str; 6]); 5] = [
    (
        "20560",
        ["22.53", "13.81", "30.83", "16.60", "30.60", "19.76"],
    ),
    (
        "20561",
        ["32.95", "20.86", "44.86", "25.13", "44.84", "29.81"],
    ),
    (
        "20552",
        ["46.26", "32.77", "62.79", "40.76", "62.74", "45.95"],
    ),
    (
        "20553",
        ["53.29", "37.27", "72.53", "46.37", "72.19", "52.26"],
    ),
    (
        "99213",
        ["81.86", "59.93", "109.15", "73.35", "112.20", "84.92"],
    ),
];
const PLACES: [&str; 3] = ["10112-00", "01112-05", "02102-01"];

#[test]
fn dollars_from_the_real_files_are_those_reckoned_by_hand() {
    let Some(folder) = real_data() else { return };
    let codes = BY_HAND.map(|(code, _)| code);
    let watch = at(&PLACES, watching(&codes));
    let files = [
        "rvu25d/PPRRVU2025_Oct.csv",
        "rvu25d/aux/GPCI2025.csv",
        "rvu25d/aux/25LOCCO.csv",
    ];
    let reading = reading(&folder, "RVU25D", &files, &watch, Checks::default());
    let origin = std::sync::Arc::new(Origin {
        source: "pfs".to_owned(),
        edition: reading.edition.clone(),
        document: hash_of(b"RVU25D"),
        url: "https://www.cms.gov/files/zip/rvu25d.zip".to_owned(),
        published: day(2025, 9, 11),
        learned: "2025-09-11T12:00:00Z".parse().unwrap(),
    });
    let timelines = fold(reading.statements.into_iter().map(|statement| Fact {
        statement,
        origin: std::sync::Arc::clone(&origin),
    }));
    for (code, expected) in BY_HAND {
        let mut amounts = Vec::new();
        for place in PLACES {
            let place = Place::Locality(place.parse().unwrap());
            let service = code.parse().unwrap();
            let found = payments(
                &timelines,
                service,
                &place,
                &Stage::InForce,
                day(2025, 11, 3),
            );
            assert_eq!(found.len(), 1, "one conversion factor in 2025");
            assert_eq!(found[0].inputs.len(), 3, "row, factor, indices");
            amounts.extend(Setting::ALL.map(|setting| found[0].worth(setting).clone()));
        }
        let expected = expected.map(|text| Worth::Paid(text.parse().unwrap()));
        assert_eq!(amounts, expected, "{code}");
    }
}
