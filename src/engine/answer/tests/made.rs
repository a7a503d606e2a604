//! What the store holds, and how it is asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::answer::compose::{Setting, answer};
use crate::engine::tests::{day, fact, status};
use crate::model::answer::{Answer, AnswerLine, Layer, Question};
use crate::model::attribute::Attribute;
use crate::model::fact::{Fact, Repost};
use crate::model::topic::{Subject, Topic};
use crate::model::watch::NcdLink;

pub(super) fn links() -> Vec<NcdLink> {
    vec![NcdLink {
        id: 373,
        section: "30.3.3".into(),
        codes: ["20560".parse().unwrap()].into(),
    }]
}

pub(super) fn question(on: &str, published: Option<&str>) -> Question {
    Question {
        service: "20560".parse().unwrap(),
        on: day(on),
        place: None,
        as_published_on: published.map(day),
        as_known_on: None,
    }
}

pub(super) fn ncd() -> Fact {
    let values = [
        (
            Attribute::Title,
            "Acupuncture for Chronic Lower Back Pain (cLBP)",
        ),
        (Attribute::EffectiveDate, "01/21/2020"),
        (Attribute::Indications, "CMS will cover acupuncture."),
        (
            Attribute::Limits,
            "only for chronic lower back pain (cLBP)\nAll types of acupuncture including dry needling for any condition other than cLBP are non-covered.",
        ),
    ];
    let mut fact = fact(
        "NCD 373",
        "2020-01-21",
        "2024-10-28",
        Subject::Policy("NCD 30.3.3".into()),
        &values,
    );
    Arc::make_mut(&mut fact.origin).edition.repost = Repost::Amends;
    fact
}

pub(super) fn store() -> Vec<Fact> {
    vec![
        status("RVU20A", "2020-01-01", "2020-01-31", "N"),
        status("RVU20B", "2020-04-01", "2020-05-01", "A"),
        ncd(),
    ]
}

pub(super) fn says(answer: &Answer, layer: Layer) -> &AnswerLine {
    answer
        .lines
        .iter()
        .find(|line| line.layer == layer)
        .unwrap()
}

pub(super) fn ask(facts: Vec<Fact>, known: &[Topic], on: &str) -> Answer {
    answer(
        facts,
        &question(on, None),
        &Setting {
            links: &links(),
            billed_with: &["97110", "97140"].map(|code| code.parse().unwrap()).into(),
            localities: &BTreeSet::new(),
            known,
        },
    )
}

/// What the lines of a layer say.
pub(super) fn all_say(answer: &Answer, layer: Layer) -> Vec<&str> {
    answer
        .lines
        .iter()
        .filter(|line| line.layer == layer)
        .map(|line| line.says.as_str())
        .collect()
}

pub(super) fn code() -> Subject {
    Subject::Service("20560".parse().unwrap())
}
