//! Which codes a document moves, and what is compared with what.

use std::collections::{BTreeMap, BTreeSet};

use super::made::*;
use crate::engine::diff::diff;
use crate::engine::dollars::*;
use crate::engine::fold::fold;
use crate::model::attribute::Attribute as A;
use crate::model::change::{Judged, Severity};
use crate::model::dollars::{Clinician, Setting};
use crate::model::fact::Fact;
use crate::model::watch::{Codes, Watch};

/// What changes when the later documents come to the first.
fn changes(first: &[Fact], later: &[Fact]) -> Vec<Judged> {
    let both = first.iter().chain(later).cloned();
    diff(&fold(first.to_vec()), &fold(both))
        .into_iter()
        .map(|change| Judged::new(change, Severity::Payment))
        .collect()
}

fn watch(codes: Codes) -> Watch {
    Watch {
        codes,
        look_alikes: BTreeSet::new(),
        words: BTreeSet::new(),
        billed_with: BTreeSet::new(),
        localities: BTreeSet::new(),
        ncds: BTreeMap::new(),
    }
}

fn first() -> [Fact; 4] {
    [
        factor_2020(),
        row("RVU20A", "2020-01-01", "20560", "N", DRY_NEEDLING),
        row("RVU20A", "2020-01-01", "20561", "N", DRY_NEEDLING),
        named("RVU20A", "2020-01-01", "1.1", "Marin"),
    ]
}

fn named(edition: &str, begins: &str, work: &str, name: &str) -> Fact {
    let fact = indices(edition, begins, "01112-05", [work, "1.4", "0.4"]);
    with(fact, &[(A::LocalityName, name)])
}

fn second(code: &str, letter: &str, multiple: &str) -> Fact {
    let row = row("RVU20B", "2020-04-01", code, letter, DRY_NEEDLING);
    with(row, &[(A::MultipleProcedure, multiple)])
}

fn second_factor() -> Fact {
    schedule("RVU20B", "2020-04-01", &[(A::ConversionFactor, "36.1")])
}

#[test]
fn a_row_moves_its_own_code_and_what_all_depend_on_moves_all_that_are_named() {
    let all = ["20560", "20561"].map(service);
    let by_name = watch(Codes::Named(all.into()));
    let of_place = |work, name| named("RVU20B", "2020-04-01", work, name);
    for (what, later, named_move, any_move) in [
        (
            "a status",
            vec![second("20560", "A", "0")],
            &all[..1],
            &all[..1],
        ),
        ("the factor", vec![second_factor()], &all, &[]),
        ("an index", vec![of_place("1.2", "Marin")], &all, &[]),
        (
            "a status and the factor",
            vec![second("20560", "A", "0"), second_factor()],
            &all,
            &all[..1],
        ),
        // No payment is reckoned from these.
        (
            "the name of a locality",
            vec![of_place("1.1", "Marin County")],
            &[],
            &[],
        ),
        ("an indicator", vec![second("20560", "N", "5")], &[], &[]),
    ] {
        let changes = changes(&first(), &later);
        assert!(!changes.is_empty(), "{what}");
        for (watch, moved) in [(&by_name, named_move), (&watch(Codes::All), any_move)] {
            let expected = moved.iter().copied().collect();
            assert_eq!(services_moved(&changes, watch), expected, "{what}");
        }
    }
}

#[test]
fn a_move_has_the_name_of_its_locality() {
    let later = [second("20560", "A", "0")];
    let both = first().into_iter().chain(later.clone());
    let measure = Measure {
        services: &[service("20560")].into(),
        localities: &["01112-05".parse().unwrap()].into(),
        yearly_units: &BTreeMap::new(),
    };
    let changes = changes(&first(), &later);
    let moves = payment_moves(&fold(first()), &fold(both), &changes, measure);
    let places: Vec<_> = moves
        .iter()
        .map(|one| (one.place.clone(), one.place_name.as_str()))
        .collect();
    assert_eq!(places, vec![(locality("01112-05"), "Marin"); 2]);
}

#[test]
fn each_clinician_is_compared_with_the_own_factor_of_before() {
    let factors = |edition, begins, standard, apm| {
        let values = [
            (A::ConversionFactor, standard),
            (A::ConversionFactorQpp, apm),
        ];
        schedule(edition, begins, &values)
    };
    let old = vec![
        factors("RVU26A", "2026-01-01", "30", "40"),
        row("RVU26A", "2026-01-01", "20560", "A", ["1", "1", "1", "0"]),
    ];
    let later = [factors("RVU27A", "2027-01-01", "31", "42")];
    let new = old.iter().chain(&later).cloned();
    let measure = Measure {
        services: &[service("20560")].into(),
        localities: &BTreeSet::new(),
        yearly_units: &BTreeMap::new(),
    };
    let changes = changes(&old, &later);
    let moves = payment_moves(&fold(old.clone()), &fold(new), &changes, measure);
    let told: Vec<_> = moves
        .iter()
        .filter(|one| one.setting == Setting::NonFacility)
        .map(|one| (one.clinician, one.was.to_string(), one.now.to_string()))
        .collect();
    assert_eq!(
        told,
        [
            (
                Clinician::Standard,
                "$60.00".to_owned(),
                "$62.00".to_owned()
            ),
            (
                Clinician::QualifyingApm,
                "$80.00".to_owned(),
                "$84.00".to_owned()
            ),
        ]
    );
}
