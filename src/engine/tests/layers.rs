//! Which layers are said to stay, and for which codes they are looked at.

use std::collections::BTreeSet;

use super::made::{day, fact};
use super::occasion::watch;
use crate::engine::diff::diff;
use crate::engine::fold::fold;
use crate::engine::unchanged::{codes_told, unchanged};
use crate::model::answer::{Answer, AnswerLine, Layer, Question};
use crate::model::attribute::Attribute;
use crate::model::change::{Judged, Severity};
use crate::model::topic::Subject;
use crate::model::watch::{NcdLink, Watch};

fn line(layer: Layer, subject: &str, says: &str) -> AnswerLine {
    AnswerLine {
        layer,
        subject: subject.to_owned(),
        says: says.to_owned(),
        days: None,
        fact: None,
        inputs: Vec::new(),
        payment: None,
        quotes: Vec::new(),
        caveats: Vec::new(),
    }
}

fn answer(code: &str, lines: Vec<AnswerLine>) -> Answer {
    Answer {
        question: Question::of(code.parse().unwrap(), day("2020-04-01")),
        lines,
        contradictions: Vec::new(),
        summary: String::new(),
    }
}

/// The changes by which a subject comes to say something else.
fn change(subject: &Subject, attribute: Attribute) -> Vec<Judged> {
    let said = |edition: &str, begins: &str, text: &str| {
        let values = [(attribute, text)];
        fact(edition, begins, begins, subject.clone(), &values)
    };
    let old = said("first", "2020-01-01", "0");
    let new = said("second", "2020-04-01", "1");
    diff(&fold(vec![old.clone()]), &fold(vec![old, new]))
        .into_iter()
        .map(|change| Judged::new(change, Severity::Coverage))
        .collect()
}

fn stay(answers: &[(Answer, Answer)], changes: &[Judged]) -> Vec<(Layer, Vec<String>)> {
    unchanged(answers, changes)
        .into_iter()
        .map(|stays| (stays.layer, stays.subjects))
        .collect()
}

const LAYERS: [Layer; 12] = [
    Layer::PfsStatus,
    Layer::Ncd,
    Layer::PfsPayment,
    Layer::Dollars,
    Layer::Locality,
    Layer::Therapy,
    Layer::Opps,
    Layer::Units,
    Layer::Pairs,
    Layer::Local,
    Layer::Instructions,
    Layer::Pipeline,
];

fn every_layer() -> Answer {
    let lines = LAYERS.map(|layer| line(layer, "20560", "the same"));
    answer("20560", lines.into())
}

fn layers_that_stay(changes: &[Judged]) -> Vec<Layer> {
    let stay = stay(&[(every_layer(), every_layer())], changes);
    stay.into_iter().map(|(layer, _)| layer).collect()
}

#[test]
fn only_layers_in_which_coverage_is_decided_are_said_to_stay() {
    assert_eq!(
        layers_that_stay(&[]),
        [
            Layer::PfsStatus,
            Layer::Ncd,
            Layer::PfsPayment,
            Layer::Therapy,
            Layer::Opps,
            Layer::Units,
            Layer::Pairs,
            Layer::Local,
        ]
    );
}

#[test]
fn a_change_of_pairs_is_of_the_layer_of_pairs_and_of_no_other() {
    let pair = Subject::Pair("20560 with 97140".parse().unwrap());
    let found = layers_that_stay(&change(&pair, Attribute::PtpModifier));
    let expected = layers_that_stay(&[])
        .into_iter()
        .filter(|layer| *layer != Layer::Pairs);
    assert_eq!(found, expected.collect::<Vec<_>>());
}

#[test]
fn a_layer_that_says_something_else_is_not_said_to_stay() {
    let asked = |status: &str| {
        let lines = vec![
            line(Layer::PfsStatus, "20560", status),
            line(Layer::Units, "20560", "one unit a day"),
        ];
        answer("20560", lines)
    };
    let found = stay(&[(asked("status N"), asked("status A"))], &[]);
    assert_eq!(found, [(Layer::Units, vec!["20560".to_owned()])]);
}

#[test]
fn a_subject_that_stays_for_several_codes_is_named_once() {
    let of = |code: &str| {
        let lines = vec![
            line(Layer::Ncd, "NCD 30.3.3", "covers acupuncture"),
            line(Layer::Units, code, "one unit a day"),
        ];
        let answer = answer(code, lines);
        (answer.clone(), answer)
    };
    assert_eq!(
        stay(&[of("20560"), of("20561")], &[]),
        [
            (Layer::Ncd, vec!["NCD 30.3.3".to_owned()]),
            (Layer::Units, vec!["20560".to_owned(), "20561".to_owned()]),
        ]
    );
}

#[test]
fn a_determination_is_about_the_watched_codes_that_it_governs() {
    let link = |id: u32, section: &str, codes: &[&str]| {
        let codes = codes.iter().map(|code| code.parse().unwrap()).collect();
        let section = section.to_owned();
        (id, NcdLink { id, section, codes })
    };
    let watch = Watch {
        ncds: [
            link(11, "150.1", &["20561"]),
            // Nobody watches the second code.
            link(373, "30.3.3", &["20560", "98940"]),
        ]
        .into(),
        ..watch()
    };
    let codes = |name: &str| {
        let policy = Subject::Policy(name.to_owned());
        let told = codes_told(&change(&policy, Attribute::Indications), &watch);
        let (services, on) = told.unwrap();
        assert_eq!(on, day("2020-04-01"));
        services.iter().map(ToString::to_string).collect()
    };
    let named = |codes: &[&str]| -> BTreeSet<String> {
        codes.iter().map(|code| (*code).to_owned()).collect()
    };
    assert_eq!(named(&["20560"]), codes("NCD 30.3.3"));
    assert_eq!(named(&["20561"]), codes("NCD 150.1"));
    // Without a link it may be about any of them.
    assert_eq!(named(&["20560", "20561"]), codes("NCD 10.1"));
}

#[test]
fn a_pair_is_about_the_watched_code_in_it() {
    let pair = Subject::Pair("20560 with 97140".parse().unwrap());
    let told = codes_told(&change(&pair, Attribute::PtpModifier), &watch());
    let services = told.unwrap().0;
    let expected: BTreeSet<_> = ["20560".parse().unwrap()].into();
    assert_eq!(services, expected);
}
