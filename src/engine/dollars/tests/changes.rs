//! What a change does to the dollars of a unit and of a year.

use std::collections::{BTreeMap, BTreeSet};

use super::made::*;
use crate::engine::diff::diff;
use crate::engine::dollars::*;
use crate::engine::fold::fold;
use crate::engine::tests::day;
use crate::model::attribute::Attribute as A;
use crate::model::change::{Judged, Severity};
use crate::model::dollars::{Clinician, Setting, Worth};
use crate::model::timeline::Timelines;
use crate::model::topic::Stage;

fn judged(before: &Timelines, after: &Timelines) -> Vec<Judged> {
    diff(before, after)
        .into_iter()
        .map(|change| Judged::new(change, Severity::Payment))
        .collect()
}

#[test]
fn a_change_is_told_for_a_unit_and_for_the_units_of_a_year() {
    let old = vec![
        factor_2020(),
        row("RVU20A", "2020-01-01", "20560", "N", DRY_NEEDLING),
    ];
    let mut new = old.clone();
    new.push(row("RVU20B", "2020-04-01", "20560", "A", DRY_NEEDLING));
    let (before, after) = (fold(old), fold(new));
    let measure = Measure {
        services: &BTreeSet::from([service("20560")]),
        localities: &BTreeSet::new(),
        yearly_units: &BTreeMap::from([("20560".parse().unwrap(), 240)]),
    };
    let moves = payment_moves(&before, &after, &judged(&before, &after), measure);
    let told: Vec<_> = moves
        .iter()
        .map(|one| {
            (
                one.setting,
                one.on,
                one.now.to_string(),
                one.per_unit(),
                one.per_year(),
            )
        })
        .collect();
    let on = day("2020-04-01");
    let amount = |text| Some(number(text));
    assert_eq!(
        told,
        [
            (
                Setting::NonFacility,
                on,
                "$26.71".to_owned(),
                amount("26.71"),
                amount("6410.40")
            ),
            (
                Setting::Facility,
                on,
                "$16.96".to_owned(),
                amount("16.96"),
                amount("4070.40")
            ),
        ]
    );
}

#[test]
fn a_new_year_with_two_factors_is_compared_with_the_one_before() {
    let old = vec![
        schedule("RVU25D", "2025-10-01", &[(A::ConversionFactor, "32.3465")]),
        row(
            "RVU25D",
            "2025-10-01",
            "20560",
            "A",
            ["0.32", "0.42", "0.11", "0.02"],
        ),
    ];
    let mut new = old.clone();
    let factors = [
        (A::ConversionFactor, "33.4009"),
        (A::ConversionFactorQpp, "33.5675"),
    ];
    new.push(schedule("RVU26A", "2026-01-01", &factors));
    new.push(row(
        "RVU26A",
        "2026-01-01",
        "20560",
        "A",
        ["0.31", "0.42", "0.05", "0.01"],
    ));
    let (before, after) = (fold(old), fold(new));
    let measure = Measure {
        services: &BTreeSet::from([service("20560")]),
        localities: &BTreeSet::new(),
        yearly_units: &BTreeMap::new(),
    };
    let moves = payment_moves(&before, &after, &judged(&before, &after), measure);
    let told: Vec<_> = moves
        .iter()
        .filter(|one| one.setting == Setting::NonFacility)
        .map(|one| {
            (
                one.clinician,
                one.was.to_string(),
                one.now.to_string(),
                one.per_year(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                Clinician::Standard,
                "$24.58".to_owned(),
                "$24.72".to_owned(),
                None
            ),
            (
                Clinician::QualifyingApm,
                "$24.58".to_owned(),
                "$24.84".to_owned(),
                None
            ),
        ]
    );
}

#[test]
fn a_proposal_is_compared_with_what_is_in_force_and_says_what_it_borrows() {
    let mut proposed = row(
        "CY2027 P",
        "2027-01-01",
        "20560",
        "A",
        ["0.30", "0.42", "0.05", "0.01"],
    );
    proposed.statement.topic.stage = Stage::ProposedBy("CMS-1848-P".to_owned());
    let old = vec![
        schedule("RVU26A", "2026-01-01", &[(A::ConversionFactor, "33.4009")]),
        row(
            "RVU26A",
            "2026-01-01",
            "20560",
            "A",
            ["0.31", "0.42", "0.05", "0.01"],
        ),
    ];
    let mut new = old.clone();
    new.push(proposed);
    let (before, after) = (fold(old), fold(new));
    let measure = Measure {
        services: &BTreeSet::from([service("20560")]),
        localities: &BTreeSet::new(),
        yearly_units: &BTreeMap::new(),
    };
    let moves = payment_moves(&before, &after, &judged(&before, &after), measure);
    assert_eq!(moves.len(), 2, "{moves:?}");
    assert_eq!(moves[0].was, Worth::Paid(number("24.72")));
    assert_eq!(moves[0].now, Worth::Paid(number("24.38")));
    assert!(
        moves[0].caveats.iter().any(|caveat| caveat
            .contains("the conversion factor not in the table as proposed by CMS-1848-P")),
        "{:?}",
        moves[0].caveats
    );
}
