//! What has to be looked up for a payment.

use std::collections::BTreeMap;

use super::made::*;
use crate::engine::diff::diff;
use crate::engine::dollars::*;
use crate::engine::fold::fold;
use crate::engine::tests::day;
use crate::model::attribute::Attribute as A;
use crate::model::change::{Judged, Severity};
use crate::model::fact::Fact;
use crate::model::topic::{Stage, Topic};

const RELEASED: &str = "2026-01-01";
const ON: &str = "2027-01-01";

fn rule() -> Stage {
    Stage::ProposedBy("CMS-1848-P".to_owned())
}

fn in_force() -> Vec<Fact> {
    let (alabama, of_alabama) = ALABAMA;
    let (san_francisco, of_san_francisco) = SAN_FRANCISCO;
    vec![
        schedule("RVU26A", RELEASED, &[(A::ConversionFactor, "33.4009")]),
        row("RVU26A", RELEASED, "20560", "A", DRY_NEEDLING),
        row(
            "RVU26A",
            RELEASED,
            "99213",
            "A",
            ["1.30", "1.35", "0.57", "0.10"],
        ),
        indices("RVU26A", RELEASED, alabama, of_alabama),
        indices("RVU26A", RELEASED, san_francisco, of_san_francisco),
    ]
}

/// What the rule proposes: a factor, an index and a row.
fn proposed() -> Vec<Fact> {
    let (id, [_, pe, mp]) = SAN_FRANCISCO;
    let mut facts = vec![
        schedule("CY2027 P", ON, &[(A::ConversionFactor, "34")]),
        row(
            "CY2027 P",
            ON,
            "20560",
            "A",
            ["0.40", "0.40", "0.10", "0.03"],
        ),
        indices("CY2027 P", ON, id, ["1.2", pe, mp]),
    ];
    for fact in &mut facts {
        fact.statement.topic.stage = rule();
    }
    facts
}

fn all() -> Vec<Fact> {
    let mut facts = in_force();
    facts.extend(proposed());
    facts
}

fn about(facts: &[Fact], topics: &[Topic]) -> Vec<Fact> {
    facts
        .iter()
        .filter(|fact| topics.contains(&fact.statement.topic))
        .cloned()
        .collect()
}

#[test]
fn a_payment_needs_its_row_its_factor_and_its_indices_and_nothing_else() {
    let place = locality("01112-05");
    let service = service("20560");
    for (stage, count) in [(Stage::InForce, 3), (rule(), 6)] {
        let looked_up = about(&all(), &topics(service, &place, &stage));
        assert_eq!(looked_up.len(), count, "{stage}");
        let of = |facts: Vec<Fact>| payments(&fold(facts), service, &place, &stage, day(ON));
        let found = of(looked_up);
        assert_eq!(found, of(all()), "{stage}");
        assert!(found[0].nonfacility.paid().is_some(), "{found:?}");
    }
}

#[test]
fn no_topic_of_a_payment_is_looked_up_twice() {
    for stage in [Stage::InForce, rule()] {
        let mut topics = topics(service("20560"), &locality("01112-05"), &stage);
        let count = topics.len();
        topics.sort();
        topics.dedup();
        assert_eq!(topics.len(), count, "{stage}");
    }
}

#[test]
fn the_topics_of_a_measure_are_all_that_its_moves_need() {
    let measure = Measure {
        services: &[service("20560")].into(),
        localities: &["01112-05".parse().unwrap()].into(),
        yearly_units: &BTreeMap::new(),
    };
    let changes: Vec<Judged> = diff(&fold(in_force()), &fold(all()))
        .into_iter()
        .map(|change| Judged::new(change, Severity::Payment))
        .collect();
    let topics: Vec<Topic> = measure.topics(&changes).into_iter().collect();
    let moves = |before: &[Fact], after: &[Fact]| {
        let (before, after) = (fold(before.to_vec()), fold(after.to_vec()));
        payment_moves(&before, &after, &changes, measure)
    };
    let found = moves(&about(&in_force(), &topics), &about(&all(), &topics));
    assert_eq!(found, moves(&in_force(), &all()));
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(measure.topics(&[]).len(), 0);
}
