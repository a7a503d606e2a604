//! Hospital outpatient departments beside the fee schedule.

use super::made::{ask, code, says};
use crate::engine::tests::{fact, status};
use crate::model::answer::{Answer, Layer};
use crate::model::attribute::Attribute;

fn asked(letter: &str, opps: &[(Attribute, &str)]) -> Answer {
    let facts = vec![
        status("RVU20A", "2020-01-01", "2019-12-20", letter),
        fact("OPPS 2020-01", "2020-01-01", "2019-12-28", code(), opps),
    ];
    ask(facts, &[], "2020-02-10")
}

#[test]
fn offices_and_hospitals_differ_where_the_one_is_paid_and_the_other_never() {
    let paid_in_offices = "the fee schedule makes it payable if covered (status A), hospital outpatient departments are not paid (OPPS status E1)";
    let paid_in_hospitals = "hospital outpatient departments are paid if covered (OPPS status S), the fee schedule does not pay (status N)";
    for (letter, indicator, differs) in [
        ("A", "E1", Some(paid_in_offices)),
        ("N", "S", Some(paid_in_hospitals)),
        // Paid in both, or in neither.
        ("A", "S", None),
        ("N", "E1", None),
        // Packaged, bundled and priced elsewhere are not the contrary of paid.
        ("A", "N", None),
        ("N", "N", None),
        ("A", "Y", None),
        ("N", "Y", None),
        ("B", "S", None),
        ("B", "E1", None),
        ("C", "E1", None),
        ("C", "S", None),
    ] {
        let answer = asked(letter, &[(Attribute::OppsStatus, indicator)]);
        let expected: Vec<&str> = differs.into_iter().collect();
        assert_eq!(answer.contradictions, expected, "{letter} {indicator}");
    }
}

#[test]
fn rate_and_group_are_told_where_the_row_has_them() {
    for (rate, group, told) in [
        ("88.05", "5731", "; payment rate $88.05; APC 5731"),
        ("88.05", " ", "; payment rate $88.05"),
        ("", "5731", "; APC 5731"),
        ("", "", ""),
    ] {
        let answer = asked(
            "A",
            &[
                (Attribute::OppsStatus, "S"),
                (Attribute::OppsPayment, rate),
                (Attribute::OppsApc, group),
            ],
        );
        assert_eq!(
            says(&answer, Layer::Opps).says,
            format!(
                "status S: a procedure paid separately if covered, not reduced beside others{told}"
            )
        );
    }
}
