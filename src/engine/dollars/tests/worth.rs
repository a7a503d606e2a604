//! What is a price and what is none.

use rust_decimal::Decimal;

use super::made::*;
use crate::engine::dollars::*;
use crate::engine::fold::fold;
use crate::engine::tests::day;
use crate::model::attribute::Attribute as A;
use crate::model::dollars::{Clinician, Worth};
use crate::model::topic::{Place, Stage};

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
