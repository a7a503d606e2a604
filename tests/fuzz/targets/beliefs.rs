//! The laws of belief, on facts made of bytes: the order of arrival does not matter, a posting twice is a posting
//! once, and what is compared with itself has not moved.
#![no_main]
use std::sync::Arc;

use coverd_fuzz::engine::diff::diff;
use coverd_fuzz::engine::fold::{fold, published_by};
use coverd_fuzz::made::{day, fact, topic};
use coverd_fuzz::model::attribute::Attribute;
use coverd_fuzz::model::document::DocumentHash;
use coverd_fuzz::model::fact::Fact;
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = tried(&mut Unstructured::new(data));
});

fn tried(u: &mut Unstructured<'_>) -> Result<()> {
    let topics = [topic(u)?, topic(u)?];
    let attributes = [
        Attribute::Status,
        Attribute::WorkRvu,
        Attribute::Indications,
    ];
    let mut facts: Vec<Fact> = Vec::new();
    for _ in 0..u.int_in_range(1..=8)? {
        let (topic, attribute) = (u.choose(&topics)?.clone(), *u.choose(&attributes)?);
        let mut fact = fact(u, topic, attribute)?;
        // A document says one thing of a topic and day: its readers refuse keys that come twice.
        let mut digest = [0; 32];
        digest[0] = u8::try_from(facts.len()).unwrap_or(0);
        Arc::make_mut(&mut fact.origin).document = DocumentHash::new(digest);
        facts.push(fact);
    }
    let believed = fold(facts.clone());
    let mut turned = facts.clone();
    turned.reverse();
    assert_eq!(believed, fold(turned), "the order of arrival");
    let twice = facts.iter().chain(&facts).cloned().collect::<Vec<_>>();
    assert_eq!(believed, fold(twice), "a posting twice");
    assert!(diff(&believed, &believed).is_empty());
    for timeline in believed.topics().flat_map(|(_, of)| of.values()) {
        for both in timeline.segments.windows(2) {
            assert!(
                both[0]
                    .period
                    .until
                    .is_some_and(|until| until <= both[1].period.from)
            );
        }
    }
    let by = day(u)?;
    for kept in published_by(&facts, by) {
        assert!(kept.origin.stands_from() <= by);
    }
    Ok(())
}
