//! Amounts to the cent: by hand, and by CMS's own files.

use rust_decimal::Decimal;

use super::made::*;
use crate::engine::dollars::*;
use crate::engine::fold::fold;
use crate::model::attribute::Attribute as A;
use crate::model::dollars::Worth;

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
