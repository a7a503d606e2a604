//! Rulemakings: the documents of the Federal Register that belong together, and how far they have come.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::model::alert::Phase;
use crate::model::attribute::Attribute;
use crate::model::date::us_date;
use crate::model::fact::Fact;
use crate::model::passage::Passage;
use crate::model::timeline::Timelines;
use crate::model::topic::{Stage, Subject, Topic, rulemaking};

/// A document of a rulemaking, as it is believed last. Texts that are not observed are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDocument {
    /// Number in the Federal Register: `2026-14327`.
    pub number: String,
    /// `proposed rule`, `final rule`, `correction`, ...
    pub kind: String,
    /// Docket with suffix: `CMS-1848-P`.
    pub docket: String,
    /// Its title.
    pub title: String,
    /// Its place in the Federal Register.
    pub citation: String,
    /// When it was filed for public inspection.
    pub filed: String,
    /// When it was or will be published.
    pub published: String,
    /// Last day for comments.
    pub comments_close: String,
    /// From when it holds.
    pub effective: String,
    /// The documents that it corrects or withdraws.
    pub corrects: String,
    /// Watched codes and words that it names.
    pub names: BTreeSet<String>,
    /// The fact behind it.
    pub fact: std::sync::Arc<Fact>,
}

/// The documents of one rulemaking, earliest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rulemaking {
    /// Its docket without suffix, else its number: `CMS-1848`.
    pub name: String,
    /// How far it has come.
    pub standing: Phase,
    /// Its documents.
    pub documents: Vec<RuleDocument>,
}

/// All rulemakings, the one with the latest document first.
///
/// Documents belong together by docket, by RIN, and by what they correct; the order in which they were
/// read does not matter.
pub fn rulemakings(timelines: &Timelines, today: NaiveDate) -> Vec<Rulemaking> {
    let topics: Vec<&Topic> = timelines
        .topics()
        .map(|(topic, _)| topic)
        .filter(|topic| matches!(topic.subject, Subject::Rule(_)))
        .collect();
    let mut groups: BTreeMap<usize, Vec<RuleDocument>> = BTreeMap::new();
    let leaders = leaders(timelines, &topics);
    for (topic, leader) in topics.iter().zip(leaders) {
        if let Some(document) = document(timelines, topic) {
            groups.entry(leader).or_default().push(document);
        }
    }
    let mut found: Vec<Rulemaking> = groups
        .into_values()
        .map(|mut documents| {
            documents.sort_by(|a, b| (&a.published, &a.number).cmp(&(&b.published, &b.number)));
            Rulemaking {
                name: name(&documents),
                standing: standing(&documents, today),
                documents,
            }
        })
        .collect();
    let last = |rulemaking: &Rulemaking| {
        rulemaking
            .documents
            .last()
            .map(|document| document.published.clone())
    };
    found.sort_by(|a, b| last(b).cmp(&last(a)).then_with(|| a.name.cmp(&b.name)));
    found
}

/// For each topic the number of the first one that it belongs together with.
fn leaders(timelines: &Timelines, topics: &[&Topic]) -> Vec<usize> {
    let mut leaders: Vec<usize> = (0..topics.len()).collect();
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for (index, topic) in topics.iter().enumerate() {
        for mark in marks(timelines, topic) {
            let other = *first.entry(mark).or_insert(index);
            let (a, b) = (root(&leaders, other), root(&leaders, index));
            if let Some(slot) = leaders.get_mut(a.max(b)) {
                *slot = a.min(b);
            }
        }
    }
    (0..topics.len())
        .map(|index| root(&leaders, index))
        .collect()
}

fn root(leaders: &[usize], mut index: usize) -> usize {
    while let Some(&leader) = leaders.get(index)
        && leader != index
    {
        index = leader;
    }
    index
}

/// What documents that belong together have in common.
fn marks(timelines: &Timelines, topic: &Topic) -> Vec<String> {
    let mut marks = Vec::new();
    if let Subject::Rule(number) = &topic.subject {
        marks.push(format!("number {number}"));
    }
    let list = |attribute| last(timelines, topic, attribute);
    let dockets = list(Attribute::Docket);
    let own = match &topic.stage {
        Stage::ProposedBy(docket) | Stage::FinalBy(docket) => docket.as_str(),
        Stage::InForce => "",
    };
    let dockets = dockets.split(", ").chain([own]);
    marks.extend(
        dockets
            .filter(|docket| !docket.is_empty())
            .map(|docket| format!("docket {}", rulemaking(docket))),
    );
    for (attribute, word) in [(Attribute::Rin, "rin"), (Attribute::Corrects, "number")] {
        let texts = list(attribute);
        let texts = texts.split(", ").filter(|text| !text.is_empty());
        marks.extend(texts.map(|text| format!("{word} {text}")));
    }
    marks
}

/// The last belief about an attribute as text; empty when it is not observed or blank.
fn last(timelines: &Timelines, topic: &Topic, attribute: Attribute) -> String {
    use crate::model::fact::{Observation, Value};
    let segment = timelines
        .get(topic, attribute)
        .and_then(|timeline| timeline.segments.last());
    match segment.map(|segment| &segment.observation) {
        Some(Observation::Value(Value::Text(text))) => text.clone(),
        Some(Observation::Value(Value::Amount(_) | Value::Count(_)) | Observation::Absent)
        | None => String::new(),
    }
}

fn document(timelines: &Timelines, topic: &Topic) -> Option<RuleDocument> {
    let Subject::Rule(number) = &topic.subject else {
        return None;
    };
    let text = |attribute| last(timelines, topic, attribute);
    let newest = timelines
        .topic(topic)?
        .values()
        .filter_map(|timeline| timeline.segments.last())
        .max_by_key(|segment| (segment.fact.origin.published, segment.fact.origin.learned))?;
    let passages = [Attribute::Passages, Attribute::FiledPassages]
        .map(text)
        .join("\n");
    let docket = match &topic.stage {
        Stage::ProposedBy(docket) | Stage::FinalBy(docket) => docket.clone(),
        Stage::InForce => text(Attribute::Docket),
    };
    Some(RuleDocument {
        number: number.clone(),
        kind: text(Attribute::RuleKind),
        docket,
        title: text(Attribute::Title),
        citation: text(Attribute::Citation),
        filed: text(Attribute::FiledOn),
        published: text(Attribute::PublishedOn),
        comments_close: text(Attribute::CommentsClose),
        effective: text(Attribute::EffectiveDate),
        corrects: text(Attribute::Corrects),
        names: Passage::parse_all(&passages)
            .into_iter()
            .flat_map(|passage| passage.terms)
            .collect(),
        fact: std::sync::Arc::clone(&newest.fact),
    })
}

fn name(documents: &[RuleDocument]) -> String {
    let dockets = documents
        .iter()
        .map(|document| rulemaking(&document.docket))
        .filter(|name| !name.is_empty());
    let number = documents.first().map(|document| document.number.as_str());
    dockets.min().or(number).unwrap_or_default().to_owned()
}

/// A withdrawal ends a proposal; a final rule holds from its day.
fn standing(documents: &[RuleDocument], today: NaiveDate) -> Phase {
    let of = |word: &str| {
        documents
            .iter()
            .filter(move |one| one.kind.contains(word))
            .collect::<Vec<_>>()
    };
    let finals: Vec<&RuleDocument> = [of("final rule"), of("interim")].concat();
    if let Some(rule) = finals.last() {
        let day = |text: &str| text.parse::<NaiveDate>().ok().or_else(|| us_date(text));
        return match day(&rule.effective) {
            Some(day) if day <= today => Phase::InForce,
            Some(_) | None => Phase::Final,
        };
    }
    if !of("withdrawal").is_empty() {
        return Phase::Withdrawn;
    }
    if of("proposed").is_empty() && !of("correction").is_empty() {
        return Phase::Corrected;
    }
    if of("proposed").is_empty() {
        return Phase::InForce;
    }
    Phase::Proposed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::fold::fold;
    use crate::engine::tests::{day, fact};

    fn rule(number: &str, stage: Stage, published: &str, values: &[(Attribute, &str)]) -> Fact {
        let mut all = vec![(Attribute::PublishedOn, published)];
        all.extend(values);
        let subject = Subject::Rule(number.to_owned());
        let mut fact = fact(&format!("FR {number}"), published, published, subject, &all);
        fact.statement.topic.stage = stage;
        fact
    }

    fn documents() -> Vec<Fact> {
        let proposed = |docket: &str| Stage::ProposedBy(docket.to_owned());
        let made_final = |docket: &str| Stage::FinalBy(docket.to_owned());
        vec![
            rule(
                "2025-13271",
                proposed("CMS-1832-P"),
                "2025-07-16",
                &[
                    (Attribute::RuleKind, "proposed rule"),
                    (Attribute::Rin, "0938-AV50"),
                    (Attribute::CommentsClose, "2025-09-12"),
                ],
            ),
            rule(
                "2025-15492",
                proposed("CMS-1832-CN"),
                "2025-08-14",
                &[
                    (Attribute::RuleKind, "correction"),
                    (Attribute::Corrects, "2025-13271"),
                ],
            ),
            // A final rule with another docket: the RIN tells.
            rule(
                "2025-19787",
                made_final("CMS-1833-F"),
                "2025-11-05",
                &[
                    (Attribute::RuleKind, "final rule"),
                    (Attribute::Rin, "0938-AV50"),
                    (Attribute::EffectiveDate, "2026-01-01"),
                    (Attribute::Passages, "20560, dry needling | A | p. 1 | text"),
                ],
            ),
            rule(
                "2026-14327",
                proposed("CMS-1848-P"),
                "2026-07-16",
                &[
                    (Attribute::RuleKind, "proposed rule"),
                    (Attribute::Rin, "0938-AV82"),
                ],
            ),
            rule(
                "2026-20000",
                proposed("CMS-9999-P"),
                "2026-03-01",
                &[(Attribute::RuleKind, "proposed rule")],
            ),
            rule(
                "2026-21000",
                proposed("CMS-9999-WN"),
                "2026-05-01",
                &[(Attribute::RuleKind, "withdrawal")],
            ),
        ]
    }

    fn listed(facts: Vec<Fact>, today: &str) -> Vec<(String, Phase, Vec<String>)> {
        rulemakings(&fold(facts), day(today))
            .into_iter()
            .map(|one| {
                let numbers = one.documents.iter().map(|document| document.number.clone());
                (one.name.clone(), one.standing, numbers.collect())
            })
            .collect()
    }

    #[test]
    fn documents_belong_together_by_docket_rin_and_what_they_correct() {
        let row = |name: &str, phase, numbers: &[&str]| {
            (
                name.to_owned(),
                phase,
                numbers.iter().map(|&n| n.to_owned()).collect::<Vec<_>>(),
            )
        };
        let expected = |of_2026| {
            vec![
                row("CMS-1848", Phase::Proposed, &["2026-14327"]),
                row("CMS-9999", Phase::Withdrawn, &["2026-20000", "2026-21000"]),
                row(
                    "CMS-1832",
                    of_2026,
                    &["2025-13271", "2025-15492", "2025-19787"],
                ),
            ]
        };
        assert_eq!(listed(documents(), "2025-12-01"), expected(Phase::Final));
        assert_eq!(listed(documents(), "2026-01-01"), expected(Phase::InForce));
        let named = &rulemakings(&fold(documents()), day("2026-01-01"))[2].documents[2].names;
        assert_eq!(named.iter().collect::<Vec<_>>(), ["20560", "dry needling"]);
    }

    #[test]
    fn a_correction_alone_is_a_correction_and_beside_its_proposal_it_is_none() {
        let of = |number: &str, kind: &str| {
            let stage = Stage::ProposedBy("CMS-1848-P".to_owned());
            rule(number, stage, "2026-07-16", &[(Attribute::RuleKind, kind)])
        };
        let standing = |kinds: &[&str]| {
            let numbers = ["2026-14327", "2026-16001"];
            let facts = numbers
                .iter()
                .zip(kinds)
                .map(|(number, kind)| of(number, kind));
            let found = rulemakings(&fold(facts.collect::<Vec<_>>()), day("2026-08-01"));
            found.iter().map(|one| one.standing).collect::<Vec<_>>()
        };
        assert_eq!(standing(&["proposed rule"]), [Phase::Proposed]);
        assert_eq!(
            standing(&["proposed rule", "correction"]),
            [Phase::Proposed]
        );
        assert_eq!(standing(&["correction"]), [Phase::Corrected]);
        assert_eq!(standing(&["notice"]), [Phase::InForce]);
    }

    proptest! {
        #[test]
        fn the_order_in_which_documents_are_read_does_not_matter(seed in any::<u64>()) {
            let mut shuffled = documents();
            fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
            prop_assert_eq!(listed(shuffled, "2026-01-01"), listed(documents(), "2026-01-01"));
        }
    }
}
