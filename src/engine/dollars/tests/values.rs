//! Relative values that make a price, and what is not taken off it.

use super::made::*;
use crate::engine::dollars::*;
use crate::engine::fold::fold;
use crate::engine::tests::{day, fact};
use crate::model::attribute::Attribute as A;
use crate::model::dollars::Worth;
use crate::model::fact::Fact;
use crate::model::topic::{Place, Stage, Subject};

const ON: &str = "2020-02-10";

fn worth(row: Fact) -> Worth {
    let [outside, _] = both(&fold([factor_2020(), row]), "20560", &Place::National, ON);
    outside
}

#[test]
fn a_row_with_any_value_has_a_price() {
    for (work, pe, mp, price) in [
        ("0.32", "0.39", "0.03", "26.71"),
        ("0.32", "0", "0", "11.55"),
        ("0", "0.39", "0", "14.07"),
        ("0", "0", "0.03", "1.08"),
        // What one part has may be as much as the others have together.
        ("0", "0.03", "0.03", "2.17"),
        ("0.36", "0.39", "0.03", "28.15"),
    ] {
        let row = row("RVU20A", "2020-01-01", "20560", "A", [work, pe, "0", mp]);
        assert_eq!(worth(row), Worth::Paid(number(price)), "{work} {pe} {mp}");
    }
    let nothing = row("RVU20A", "2020-01-01", "20560", "A", ["0"; 4]);
    assert_eq!(worth(nothing), Worth::NoValues);
}

#[test]
fn a_row_of_which_a_value_was_not_read_is_not_said_to_be_priced_by_others() {
    let values = [
        (A::Status, "A"),
        (A::WorkRvu, "0.32"),
        (A::NonFacilityPeRvu, "0.39"),
        (A::MpRvu, "0.03"),
    ];
    for (missing, _) in &values[1..] {
        let mut read = values.to_vec();
        read.retain(|(attribute, _)| attribute != missing);
        let subject = Subject::Service(service("20560"));
        let row = fact("RVU20A", "2020-01-01", "2020-01-01", subject, &read);
        assert_eq!(worth(row), Worth::Unknown("relative values"), "{missing}");
    }
}

#[test]
fn a_reduction_beside_other_procedures_is_said_not_to_be_applied_where_there_is_one() {
    let therapy = "the therapy reduction (half of the practice expense of all but the first unit of a day) is not applied";
    let several = "the reduction for several procedures on one day is not applied";
    for (indicator, expected) in [
        ("", None),
        ("0", None),
        ("9", None),
        ("2", Some(several)),
        ("3", Some(several)),
        ("5", Some(therapy)),
    ] {
        let row = with(
            row("RVU20A", "2020-01-01", "20560", "A", DRY_NEEDLING),
            &[(A::MultipleProcedure, indicator)],
        );
        let found = payments(
            &fold([factor_2020(), row]),
            service("20560"),
            &Place::National,
            &Stage::InForce,
            day(ON),
        );
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(found[0].caveats, expected, "{indicator:?}");
    }
}
