//! Documents that contradict each other about the same day.

use std::collections::BTreeMap;

use super::compose::service;
use crate::engine::fold::fold;
use crate::model::answer::Question;
use crate::model::attribute::Attribute;
use crate::model::fact::Fact;

/// Where what was public on that day says another status than a document that reached back to it: both
/// are named, and which of them is believed. That a later document changed what an earlier one had
/// said of the future is no contradiction.
pub(super) fn contradictions(facts: &[Fact], question: &Question) -> Vec<String> {
    let topic = service(question);
    let mut by_source: BTreeMap<&str, Vec<Fact>> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.statement.topic == topic) {
        by_source
            .entry(&fact.origin.source)
            .or_default()
            .push(fact.clone());
    }
    let all: Vec<Fact> = by_source.values().flatten().cloned().collect();
    let believed = fold(all);
    let Some(decides) = believed
        .get(&topic, Attribute::Status)
        .and_then(|timeline| timeline.at(question.on))
    else {
        return Vec::new();
    };
    if decides.fact.origin.published <= question.on {
        return Vec::new();
    }
    let others = by_source
        .iter()
        .filter(|(source, _)| **source != decides.fact.origin.source);
    others
        .filter_map(|(_, facts)| {
            let alone = fold(facts.clone());
            let said = alone.get(&topic, Attribute::Status)?.at(question.on)?;
            (said.observation != decides.observation).then(|| {
                format!(
                    "{} (published {}) says status {} for this day; {}, published later ({}), moved it to {}, which is believed",
                    said.fact.origin.edition.name,
                    said.fact.origin.published,
                    said.observation,
                    decides.fact.origin.edition.name,
                    decides.fact.origin.published,
                    decides.observation,
                )
            })
        })
        .collect()
}
