//! Contradictions are named, and no summary promises too much.

use std::sync::Arc;

use proptest::prelude::*;

use super::made::{ask, ncd, store};
use crate::engine::tests::{day, fact, status};
use crate::model::attribute::Attribute;
use crate::model::topic::Subject;

#[test]
fn a_document_that_reaches_back_contradicts_what_was_public_on_the_day() {
    let mut order = status("CR 11661", "2020-01-21", "2020-02-14", "A");
    let origin = Arc::make_mut(&mut order.origin);
    origin.edition.begins = day("2020-02-14");
    "transmittals".clone_into(&mut origin.source);
    let facts = || {
        let mut facts = store();
        facts.push(order.clone());
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

proptest! {
    #[test]
    fn no_summary_says_covered_without_if_or_not(
        letter in prop::sample::select(vec!["A", "N", "B", "C", "R", "I", "X", "?"]),
        therapy in prop::option::of(prop::sample::select(vec!["always", "sometimes"])),
        opps in prop::option::of(prop::sample::select(vec!["S", "E1", "N"])),
        with_ncd in any::<bool>(),
    ) {
        let code = || Subject::Service("20560".parse().unwrap());
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
