use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rust_decimal::Decimal;

use super::*;
use crate::engine::answer::PFS;
use crate::engine::diff::diff;
use crate::engine::fold::fold;
use crate::engine::tests::{day, fact};
use crate::model::attribute::Attribute as A;
use crate::model::change::{Judged, Severity};
use crate::model::code::Service;
use crate::model::dollars::{Clinician, Setting, Worth};
use crate::model::fact::Fact;
use crate::model::timeline::Timelines;
use crate::model::topic::{Place, Stage, Subject};

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn service(code: &str) -> Service {
    code.parse().unwrap()
}

fn locality(id: &str) -> Place {
    Place::Locality(id.parse().unwrap())
}

fn schedule(edition: &str, begins: &str, values: &[(A, &str)]) -> Fact {
    fact(
        edition,
        begins,
        begins,
        Subject::Schedule(PFS.to_owned()),
        values,
    )
}

fn indices(edition: &str, begins: &str, id: &str, [work, pe, mp]: [&str; 3]) -> Fact {
    let values = [(A::GpciWork, work), (A::GpciPe, pe), (A::GpciMp, mp)];
    let mut fact = schedule(edition, begins, &values);
    fact.statement.topic.place = locality(id);
    fact
}

/// A row: status, work, non-facility PE, facility PE, MP.
fn row(edition: &str, begins: &str, code: &str, status: &str, values: [&str; 4]) -> Fact {
    let [work, outside, inside, mp] = values;
    let values = [
        (A::Status, status),
        (A::WorkRvu, work),
        (A::NonFacilityPeRvu, outside),
        (A::FacilityPeRvu, inside),
        (A::MpRvu, mp),
        (A::MultipleProcedure, "0"),
    ];
    fact(
        edition,
        begins,
        begins,
        Subject::Service(service(code)),
        &values,
    )
}

fn with(mut fact: Fact, more: &[(A, &str)]) -> Fact {
    let values = Arc::make_mut(&mut fact.statement.values);
    for (attribute, text) in more {
        let made = crate::engine::tests::fact(
            "x",
            "2020-01-01",
            "2020-01-01",
            Subject::Schedule(PFS.to_owned()),
            &[(*attribute, text)],
        );
        values.extend(made.statement.values.iter().map(|(a, o)| (*a, o.clone())));
    }
    fact
}

fn both(timelines: &Timelines, code: &str, place: &Place, on: &str) -> [Worth; 2] {
    let found = payments(timelines, service(code), place, &Stage::InForce, day(on));
    let standard = found
        .iter()
        .find(|payment| payment.clinician == Clinician::Standard)
        .unwrap();
    Setting::ALL.map(|setting| standard.worth(setting).clone())
}

const ALABAMA: (&str, [&str; 3]) = ("10112-00", ["1", "0.869", "0.575"]);
const SAN_FRANCISCO: (&str, [&str; 3]) = ("01112-05", ["1.088", "1.419", "0.445"]);
const ALASKA: (&str, [&str; 3]) = ("02102-01", ["1.5", "1.081", "0.592"]);

/// Relative values of RVU25D: work, non-facility PE, facility PE, MP.
const RVU25D: [(&str, [&str; 4]); 5] = [
    ("20560", ["0.32", "0.42", "0.11", "0.02"]),
    ("20561", ["0.48", "0.60", "0.17", "0.03"]),
    ("20552", ["0.66", "0.84", "0.36", "0.07"]),
    ("20553", ["0.75", "0.98", "0.41", "0.08"]),
    ("99213", ["1.30", "1.35", "0.57", "0.10"]),
];

/// Reckoned by hand from the figures above and the conversion factor 32.3465: non-facility, facility.
const BY_HAND: [(&str, [[&str; 2]; 5]); 3] = [
    (
        "10112-00",
        [
            ["22.53", "13.81"],
            ["32.95", "20.86"],
            ["46.26", "32.77"],
            ["53.29", "37.27"],
            ["81.86", "59.93"],
        ],
    ),
    (
        "01112-05",
        [
            ["30.83", "16.60"],
            ["44.86", "25.13"],
            ["62.79", "40.76"],
            ["72.53", "46.37"],
            ["109.15", "73.35"],
        ],
    ),
    (
        "02102-01",
        [
            ["30.60", "19.76"],
            ["44.84", "29.81"],
            ["62.74", "45.95"],
            ["72.19", "52.26"],
            ["112.20", "84.92"],
        ],
    ),
];

#[test]
fn thirty_amounts_are_those_reckoned_by_hand() {
    let begins = "2025-10-01";
    let mut facts = vec![schedule(
        "RVU25D",
        begins,
        &[(A::ConversionFactor, "32.3465")],
    )];
    facts.extend(
        [ALABAMA, SAN_FRANCISCO, ALASKA].map(|(id, values)| indices("RVU25D", begins, id, values)),
    );
    facts.extend(RVU25D.map(|(code, values)| row("RVU25D", begins, code, "A", values)));
    let timelines = fold(facts);
    let mut compared = 0;
    for (id, amounts) in BY_HAND {
        for ((code, _), expected) in RVU25D.iter().zip(amounts) {
            let found = both(&timelines, code, &locality(id), "2025-11-03");
            assert_eq!(
                found,
                expected.map(|text| Worth::Paid(number(text))),
                "{code} {id}"
            );
            compared += 2;
        }
    }
    assert_eq!(compared, 30);
}

/// What CMS itself published for 2026 in its payment amount file (PFALL26, "2026","01112","05","99213"...).
#[test]
fn amounts_are_those_of_the_payment_amount_file() {
    for (indices, outside, inside) in [
        (["1.095", "1.410", "0.425"], "117.58", "64.37"),
        (["1.110", "1.442", "0.397"], "119.71", "65.29"),
    ] {
        let [work, pe, mp] = indices.map(number);
        let indices = Indices { work, pe, mp };
        let of = |pe: &str| {
            let values = RelativeValues {
                work: number("1.30"),
                pe: number(pe),
                mp: number("0.09"),
            };
            payment(values, indices, number("33.4009"))
        };
        assert_eq!(of("1.46"), Some(number(outside)));
        assert_eq!(of("0.33"), Some(number(inside)));
    }
}

/// What CMS itself published in RVU25D as the most that is paid (OPPSCAP: 0633T, TC).
#[test]
fn the_cap_of_imaging_is_that_of_the_oppscap_file() {
    for (pe, mp, published) in [
        ("1.419", "0.445", "150.69"),
        ("1.435", "0.42", "152.38"),
        ("1.31", "0.521", "139.15"),
    ] {
        let values = RelativeValues {
            work: Decimal::ZERO,
            pe: number("3.28"),
            mp: number("0.01"),
        };
        let indices = Indices {
            work: number("1.088"),
            pe: number(pe),
            mp: number(mp),
        };
        assert_eq!(
            payment(values, indices, number("32.3465")),
            Some(number(published))
        );
    }
}

#[test]
fn half_a_cent_is_rounded_up_once_and_absurd_numbers_are_no_amount() {
    let values = |work: &str| RelativeValues {
        work: number(work),
        pe: Decimal::ZERO,
        mp: Decimal::ZERO,
    };
    let amount = |work, factor| payment(values(work), Indices::NATIONAL, number(factor));
    assert_eq!(amount("0.005", "1"), Some(number("0.01")));
    assert_eq!(amount("0.0049", "1"), Some(number("0.00")));
    assert_eq!(amount("79228162514264337593543950335", "36"), None);
}

fn factor_2020() -> Fact {
    schedule("RVU20A", "2020-01-01", &[(A::ConversionFactor, "36.0896")])
}

const DRY_NEEDLING: [&str; 4] = ["0.32", "0.39", "0.12", "0.03"];

#[test]
fn what_is_not_payable_has_no_dollars_without_saying_so() {
    for (status, expected) in [
        ("N", "26.71"),
        ("B", "26.71"),
        ("I", "26.71"),
        ("X", "26.71"),
    ] {
        let timelines = fold([
            factor_2020(),
            row("RVU20A", "2020-01-01", "20560", status, DRY_NEEDLING),
        ]);
        let [outside, _] = both(&timelines, "20560", &Place::National, "2020-02-10");
        assert_eq!(outside.paid(), None);
        assert_eq!(outside.brings(), Some(Decimal::ZERO));
        assert_eq!(
            outside,
            Worth::NotPaid {
                status: status.to_owned(),
                would_be: Some(number(expected)),
            }
        );
    }
}

#[test]
fn a_row_without_values_is_priced_by_others_and_na_is_no_price() {
    let on = "2020-02-10";
    let timelines = fold([
        factor_2020(),
        row("RVU20A", "2020-01-01", "20560", "R", ["0.00"; 4]),
        row("RVU20A", "2020-01-01", "20561", "C", DRY_NEEDLING),
        with(
            row(
                "RVU20A",
                "2020-01-01",
                "97110",
                "A",
                ["0.45", "0.40", "0.40", "0.02"],
            ),
            &[(A::FacilityNa, "NA"), (A::MultipleProcedure, "5")],
        ),
        row("RVU20A", "2020-01-01", "36591", "T", DRY_NEEDLING),
    ]);
    let of = |code| both(&timelines, code, &Place::National, on);
    assert_eq!(of("20560"), [Worth::NoValues, Worth::NoValues]);
    assert_eq!(of("20561"), [Worth::NoValues, Worth::NoValues]);
    assert_eq!(
        of("97110"),
        [Worth::Paid(number("31.40")), Worth::NotFurnished]
    );
    assert_eq!(of("36591")[0], Worth::Paid(number("26.71")));
    let caveats = |code| {
        let found = payments(
            &timelines,
            service(code),
            &Place::National,
            &Stage::InForce,
            day(on),
        );
        found[0].caveats.join(";")
    };
    assert!(
        caveats("97110").contains("therapy reduction"),
        "{}",
        caveats("97110")
    );
    assert!(caveats("36591").contains("only if nothing else"));
    assert_eq!(caveats("20560"), "");
}

#[test]
fn imaging_is_paid_no_more_than_the_cap() {
    let capped = |pe: &str| {
        let timelines = fold([
            factor_2020(),
            with(
                row(
                    "RVU20A",
                    "2020-01-01",
                    "70551-TC",
                    "A",
                    ["0.00", "9.00", "9.00", "0.05"],
                ),
                &[
                    (A::OppsNonFacilityPe, pe),
                    (A::OppsFacilityPe, pe),
                    (A::OppsMp, "0.02"),
                    (A::FacilityNa, "NA"),
                ],
            ),
        ]);
        both(&timelines, "70551-TC", &Place::National, "2020-02-10")[0].clone()
    };
    assert_eq!(capped("5.00"), Worth::Paid(number("181.17")));
    assert_eq!(capped("20.00"), Worth::Paid(number("326.61")));
    assert_eq!(capped("0.00"), Worth::Paid(number("326.61")));
}

#[test]
fn what_is_not_known_is_said_and_never_guessed() {
    let row_only = fold([row("RVU20A", "2020-01-01", "20560", "A", DRY_NEEDLING)]);
    let [outside, _] = both(&row_only, "20560", &Place::National, "2020-02-10");
    assert_eq!(outside, Worth::Unknown("the conversion factor of that day"));
    let known = fold([
        factor_2020(),
        row("RVU20A", "2020-01-01", "20560", "A", DRY_NEEDLING),
    ]);
    let [outside, _] = both(&known, "20560", &locality("01112-05"), "2020-02-10");
    assert_eq!(
        outside,
        Worth::Unknown("the locality's indices (GPCI) of that day")
    );
    assert!(
        payments(
            &known,
            service("20561"),
            &Place::National,
            &Stage::InForce,
            day("2020-02-10")
        )
        .is_empty()
    );
    assert!(
        payments(
            &known,
            service("20560"),
            &Place::National,
            &Stage::InForce,
            day("2019-02-10")
        )
        .is_empty()
    );
}

#[test]
fn from_2026_on_there_are_two_amounts_each_with_its_inputs() {
    let factors = [
        (A::ConversionFactor, "33.4009"),
        (A::ConversionFactorQpp, "33.5675"),
    ];
    let timelines = fold([
        schedule("RVU26A", "2026-01-01", &factors),
        row(
            "RVU26A",
            "2026-01-01",
            "20560",
            "A",
            ["0.31", "0.42", "0.05", "0.01"],
        ),
        indices(
            "RVU26A",
            "2026-01-01",
            "01112-05",
            ["1.095", "1.410", "0.425"],
        ),
    ]);
    let found = payments(
        &timelines,
        service("20560"),
        &locality("01112-05"),
        &Stage::InForce,
        day("2026-03-01"),
    );
    let amounts: Vec<_> = found
        .iter()
        .map(|payment| {
            (
                payment.clinician,
                payment.nonfacility.paid().unwrap(),
                payment.inputs.len(),
            )
        })
        .collect();
    assert_eq!(
        amounts,
        [
            (Clinician::Standard, number("31.26"), 3),
            (Clinician::QualifyingApm, number("31.42"), 3)
        ]
    );
}

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
