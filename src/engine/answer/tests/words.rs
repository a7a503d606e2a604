//! Contradictions are named, and no summary promises too much.

use std::sync::Arc;

use proptest::prelude::*;

use super::made::{ask, code, ncd, store};
use crate::engine::tests::{day, fact, status};
use crate::model::attribute::Attribute;
use crate::model::fact::Fact;

/// An instruction of 14 February that moves the status from 21 January on.
fn order() -> Fact {
    let mut order = status("CR 11661", "2020-01-21", "2020-02-14", "A");
    let origin = Arc::make_mut(&mut order.origin);
    origin.edition.begins = day("2020-02-14");
    "transmittals".clone_into(&mut origin.source);
    order
}

#[test]
fn a_document_that_reaches_back_contradicts_what_was_public_on_the_day() {
    let facts = || {
        let mut facts = store();
        facts.push(order());
        facts
    };
    let told = |on: &str| ask(facts(), &[], on).contradictions;
    let [named] = &told("2020-02-10")[..] else {
        panic!("{:?}", told("2020-02-10"));
    };
    assert!(
        named.starts_with("RVU20A (published 2020-01-31) says status N for this day; CR 11661, published later (2020-02-14), moved it to A"),
        "{named}"
    );
    for on in ["2020-01-15", "2020-03-01", "2021-01-01"] {
        assert_eq!(told(on), Vec::<String>::new(), "{on}");
    }
}

#[test]
fn a_source_that_is_silent_on_the_status_contradicts_nothing() {
    let opps = [(Attribute::OppsStatus, "S")];
    let mut beside = fact("OPPS 2020-01", "2020-01-01", "2019-12-28", code(), &opps);
    "opps".clone_into(&mut Arc::make_mut(&mut beside.origin).source);
    let told = |facts| ask(facts, &[], "2020-02-10").contradictions;
    assert_eq!(told(vec![beside.clone(), order()]), Vec::<String>::new());
    let mut facts = store();
    facts.extend([beside, order()]);
    let [named] = &told(facts)[..] else {
        panic!("the two that differ, and nothing else");
    };
    assert!(named.starts_with("RVU20A "), "{named}");
}

proptest! {
    #[test]
    fn no_summary_says_covered_without_if_or_not(
        letter in prop::sample::select(vec!["A", "N", "B", "C", "R", "I", "X", "?"]),
        therapy in prop::option::of(prop::sample::select(vec!["always", "sometimes"])),
        opps in prop::option::of(prop::sample::select(vec!["S", "E1", "N"])),
        with_ncd in any::<bool>(),
    ) {
        let mut facts = vec![status("RVU20B", "2020-04-01", "2020-05-01", letter)];
        facts.extend(therapy.map(|word| fact("T", "2020-01-01", "2019-12-01", code(), &[(Attribute::TherapyDesignation, word)])));
        facts.extend(opps.map(|word| fact("O", "2020-01-01", "2019-12-01", code(), &[(Attribute::OppsStatus, word)])));
        facts.extend(with_ncd.then(ncd));
        let summary = ask(facts, &[], "2020-06-01").summary;
        let bare = summary
            .replace("if covered", "")
            .replace("not covered", "")
            .replace("non-covered", "");
        prop_assert!(!bare.contains("covered"), "{}", summary);
    }
}
