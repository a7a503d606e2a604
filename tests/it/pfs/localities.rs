//! Geographic indices and counties: careless files that never stop a release.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use coverd::model::attribute::Attribute;
use coverd::model::fact::Observation;
use coverd::model::request::Reading;
use coverd::sources::pfs::Checks;

use super::made::{Table, archive, at, counties, csv, fixed, gpci, read, watching, xlsx};

const BAY: &str = "01112-05";

fn checks() -> Checks {
    let whole = Checks::default();
    Checks {
        localities: whole.localities,
        locality_sentinels: whole.locality_sentinels,
        ..Checks::for_excerpts()
    }
}

fn read_with(localities: &[&str], members: &[(&str, &[u8])]) -> Reading {
    let table = Table::april(30).csv();
    let mut all: Vec<(&str, &[u8])> = vec![("table.csv", &table)];
    all.extend(members);
    let watch = at(localities, watching(&["20560"]));
    read("RVU20B", &archive(&all), &watch, checks()).unwrap()
}

/// What is said of a locality: attribute id and value.
fn of(reading: &Reading, locality: &str) -> Vec<String> {
    reading
        .statements
        .iter()
        .filter(|s| s.topic.to_string() == format!("PFS, locality {locality}"))
        .flat_map(|s| s.values.iter().map(|(a, o)| format!("{}={o}", a.id())))
        .collect()
}

const BAY_SAID: [&str; 7] = [
    "gpci_work=1.095",
    "gpci_pe=1.41",
    "gpci_mp=0.425",
    "locality_name=SAN FRANCISCO, BAY",
    "locality_state=CA",
    "locality_area=SAN FRANCISCO, BAY",
    "locality_counties=SAN FRANCISCO/ALAMEDA",
];

#[test]
fn every_form_of_the_two_files_says_the_same() {
    let (gpci, counties) = (gpci(2020), counties());
    let numeric = |_: usize, column: usize, text: &str| {
        (column >= 4 || (column == 2 && !text.starts_with('0'))) && text.parse::<f64>().is_ok()
    };
    let tabs = |rows: &[Vec<String>]| -> Vec<u8> {
        rows.iter()
            .flat_map(|row| format!("{}\r\n", row.join("\t")).into_bytes())
            .collect()
    };
    let mut cut = gpci.clone();
    for (name, short) in cut[2].iter_mut().zip([
        "Medicare Admi",
        "State",
        "Locality",
        "Locality Name",
        "2020 PW GPCI",
        "2020 PE GPCI",
        "2020 MP GPCI",
    ]) {
        short.clone_into(name);
    }
    let fixed_gpci = fixed(&cut, &[1, 17, 25, 30, 122, 134, 146]);
    let fixed_counties = fixed(&counties, &[5, 17, 23, 46, 144]);
    for (form, indices, areas) in [
        ("csv", csv(&gpci), csv(&counties)),
        (
            "xlsx",
            xlsx(&gpci, &numeric),
            xlsx(&counties, &|_, _, _| false),
        ),
        ("tabs", tabs(&gpci), tabs(&counties)),
        ("fixed", fixed_gpci, fixed_counties),
    ] {
        let reading = read_with(&[BAY], &[("g", &indices), ("l", &areas)]);
        assert_eq!(of(&reading, BAY), BAY_SAID, "{form}");
        assert_eq!(reading.concerns, [], "{form}");
    }
}

#[test]
fn lost_zeros_bare_ones_and_footnote_stars_do_not_matter() {
    let (mut gpci, mut counties) = (gpci(2020), counties());
    for row in gpci.iter_mut().chain(&mut counties) {
        for cell in row.iter_mut().take(3) {
            if !cell.is_empty() && cell.bytes().all(|b| b.is_ascii_digit()) {
                *cell = cell.parse::<u32>().unwrap().to_string();
            }
        }
        for cell in row.iter_mut().filter(|cell| *cell == "1.000") {
            "1".clone_into(cell);
        }
    }
    let reading = read_with(
        &[BAY, "02102-01"],
        &[("g", &csv(&gpci)), ("l", &csv(&counties))],
    );
    assert_eq!(of(&reading, BAY), BAY_SAID);
    assert!(of(&reading, "02102-01").contains(&"locality_name=ALASKA".to_owned()));
}

#[test]
fn the_index_without_floor_is_told_apart_from_the_one_in_force() {
    let mut gpci = gpci(2020);
    for row in &mut gpci {
        let cell = match &row[4][..] {
            name if name.contains("GPCI") => "2020 PW GPCI (without 1.0 Floor)",
            "" => "",
            _ => "0.955",
        };
        row.insert(4, cell.to_owned());
    }
    let reading = read_with(&[BAY], &[("g", &csv(&gpci))]);
    let said = of(&reading, BAY);
    assert!(said.contains(&"gpci_work=1.095".to_owned()), "{said:?}");
    assert!(
        said.contains(&"gpci_work_no_floor=0.955".to_owned()),
        "{said:?}"
    );
}

#[test]
fn a_file_without_states_is_read() {
    let mut gpci = gpci(2020);
    for row in &mut gpci {
        row.remove(1);
    }
    let reading = read_with(&[BAY], &[("g", &csv(&gpci))]);
    assert_eq!(of(&reading, BAY), &BAY_SAID[..4]);
}

#[test]
fn a_locality_that_no_file_has_is_absent() {
    let reading = read_with(
        &["01112-99"],
        &[("g", &csv(&gpci(2020))), ("l", &csv(&counties()))],
    );
    let absent = reading
        .statements
        .iter()
        .filter(|s| s.topic.to_string().contains("locality"))
        .flat_map(|s| s.values.iter());
    let absent: Vec<Attribute> = absent
        .map(|(attribute, observation)| {
            assert_eq!(*observation, Observation::Absent);
            *attribute
        })
        .collect();
    assert_eq!(absent.len(), 7);
    assert_eq!(reading.concerns, []);
}

#[test]
fn one_file_alone_does_not_prove_that_a_locality_is_gone() {
    let mut fewer = gpci(2020);
    fewer.retain(|row| row[3] != "SAN FRANCISCO, BAY");
    let reading = read_with(&[BAY], &[("g", &csv(&fewer)), ("l", &csv(&counties()))]);
    assert_eq!(of(&reading, BAY), &BAY_SAID[5..]);
    assert_eq!(reading.concerns.len(), 1);
    assert!(
        reading.concerns[0]
            .text
            .contains("another file of the release has it")
    );
}

#[test]
fn what_is_wrong_with_these_files_is_told_and_stops_nothing() {
    let whole = gpci(2020);
    let mut no_pe = whole.clone();
    for row in &mut no_pe {
        row.remove(5);
    }
    let mut odd = whole.clone();
    odd[5][6] = "n/a".to_owned();
    let cut = csv(&whole[..whole.len() - 3]);
    let mut short = whole.clone();
    short.truncate(40);
    for (bytes, expected) in [
        (csv(&no_pe), "PE GPCI is not found"),
        (
            csv(&odd),
            "row 6: MP GPCI: an index is expected, 'n/a' found",
        ),
        (csv(&gpci(2019)), "its header is of 2019, not of 2020"),
        (csv(&short), "at least 80 are expected"),
        (cut, "WYOMING is not in it, so it may be cut"),
    ] {
        let reading = read_with(&[BAY], &[("GPCI.csv", &bytes), ("l", &csv(&counties()))]);
        assert_eq!(reading.concerns.len(), 1, "{expected}");
        let concern = &reading.concerns[0];
        assert_eq!(concern.key, "gpci RVU20B");
        assert!(concern.text.contains(expected), "{}", concern.text);
        assert_eq!(of(&reading, BAY), &BAY_SAID[5..]);
        assert!(
            reading
                .statements
                .iter()
                .any(|s| s.topic.to_string() == "20560")
        );
    }
    let without = read_with(&[BAY], &[]);
    let keys: Vec<&str> = without.concerns.iter().map(|c| &c.key[..]).collect();
    assert_eq!(keys, ["gpci RVU20B", "counties RVU20B"]);
    assert_eq!(read_with(&[], &[]).concerns, []);
}

#[test]
fn two_different_rows_of_a_locality_are_told_and_not_believed() {
    let mut twice = gpci(2020);
    let mut again = twice[5].clone();
    twice.insert(6, again.clone());
    let same = read_with(&[BAY], &[("g", &csv(&twice)), ("l", &csv(&counties()))]);
    assert_eq!(of(&same, BAY), BAY_SAID);
    again[5] = "1.500".to_owned();
    twice[6] = again;
    let different = read_with(&[BAY], &[("g", &csv(&twice)), ("l", &csv(&counties()))]);
    assert_eq!(of(&different, BAY), &BAY_SAID[5..]);
    assert!(different.concerns[0].text.contains("two different rows"));
}

#[test]
fn a_list_of_counties_that_the_fixed_form_cut_is_not_taken_for_the_whole() {
    // The second is cut at a blank, which is then lost.
    for whole in [
        "ALAMEDA, CONTRA COSTA, MARIN, NAPA, SAN FRANCISCO, SAN MATEO",
        "BUTTS, CHEROKEE, CLAYTON, COBB, DEKALB, DOUGLAS, FAYETTE, FORSYTH",
    ] {
        let mut long = counties();
        let bay = long.iter_mut().find(|row| row[1] == "05").unwrap();
        bay[4] = whole.chars().take(58).collect();
        let bytes = fixed(&long, &[5, 17, 23, 46, 144]);
        let reading = read_with(&[BAY], &[("l.txt", &bytes), ("g", &csv(&gpci(2020)))]);
        assert_eq!(of(&reading, BAY), &BAY_SAID[..6], "{whole}");
    }
}
