//! How much a change of a pair of codes matters to a practice.

use super::made::fact;
use super::occasion::{told, verdict_for, watch};
use crate::engine::severity::rule;
use crate::model::attribute::Attribute;
use crate::model::change::Severity;
use crate::model::topic::Subject;
use crate::model::watch::{Codes, Watch};

/// The weight of an edit that denies the second code of a pair beside the first.
fn weight(pair: &str, watch: &Watch) -> Severity {
    let said = |edition: &str, begins: &str, modifier: &str| {
        let subject = Subject::Pair(pair.parse().unwrap());
        let values = [(Attribute::PtpModifier, modifier)];
        fact(edition, begins, begins, subject, &values)
    };
    let old = [said("2020Q1", "2020-01-01", "1")];
    let new = [said("2020Q2", "2020-04-01", "0")];
    told(&verdict_for(watch, &old, &new, false, false)).severity
}

#[test]
fn a_pair_matters_where_the_practice_bills_both_of_its_codes() {
    let grave = rule(Attribute::PtpModifier).0;
    assert_ne!(grave, Severity::Administrative);
    let practice = Watch {
        billed_with: ["97140".parse().unwrap()].into(),
        ..watch()
    };
    for (pair, expected) in [
        ("20560 with 20561", grave),
        ("20560 with 97140", grave),
        ("97140 with 20560", grave),
        ("20560 with 64400", Severity::Administrative),
        ("64400 with 20560", Severity::Administrative),
    ] {
        assert_eq!(weight(pair, &practice), expected, "{pair}");
    }
    let everything = Watch {
        codes: Codes::All,
        ..watch()
    };
    assert_eq!(weight("20560 with 64400", &everything), grave);
}
