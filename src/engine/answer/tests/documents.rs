//! Which documents of contractors, and to them, speak of the code.

use super::made::{ask, code};
use crate::engine::tests::fact;
use crate::model::answer::Layer;
use crate::model::attribute::Attribute;
use crate::model::fact::Fact;
use crate::model::topic::{Place, Subject};

const NAMES_IT: &str = "20560 | E. Codes |  | the status of 20560";

fn document(subject: Subject, values: &[(Attribute, &str)]) -> Fact {
    let mut all = vec![(Attribute::Title, "A title")];
    all.extend_from_slice(values);
    let name = subject.to_string();
    fact(&name, "2020-01-21", "2020-02-14", subject, &all)
}

fn policy(name: &str, values: &[(Attribute, &str)]) -> Fact {
    document(Subject::Policy(name.to_owned()), values)
}

fn local(name: &str, values: &[(Attribute, &str)]) -> Fact {
    let mut fact = policy(name, values);
    fact.statement.topic.place = Place::Contractor("01112".to_owned());
    fact
}

/// The documents that a layer tells of.
fn told(facts: Vec<Fact>, layer: Layer) -> Vec<String> {
    let known: Vec<_> = facts
        .iter()
        .map(|fact| fact.statement.topic.clone())
        .collect();
    ask(facts, &known, "2020-06-01")
        .lines
        .into_iter()
        .filter(|line| line.layer == layer && line.fact.is_some())
        .map(|line| line.subject)
        .collect()
}

#[test]
fn a_document_speaks_of_a_code_that_it_lists_or_that_a_passage_names() {
    for (attribute, text, speaks) in [
        (Attribute::ListedCodes, "20560", true),
        (Attribute::ListedCodes, "20552, 20560, 20561", true),
        (Attribute::ListedCodes, "20552, 20561", false),
        (Attribute::ListedCodes, "", false),
        (Attribute::Passages, NAMES_IT, true),
        (Attribute::FiledPassages, NAMES_IT, true),
        (
            Attribute::Passages,
            "20561 | E. Codes |  | beside 20560",
            false,
        ),
        (Attribute::LookAlikePassages, NAMES_IT, false),
    ] {
        let article = local("Article A57201", &[(attribute, text)]);
        let lines = told(vec![article], Layer::Local);
        assert_eq!(!lines.is_empty(), speaks, "{attribute} {text}: {lines:?}");
    }
}

#[test]
fn an_instruction_is_a_national_policy_with_a_change_request_or_a_transmittal_that_names_the_code()
{
    let names_it = (Attribute::Passages, NAMES_IT);
    let names_another = (Attribute::Passages, "20561 | E. Codes |  | of 20561");
    let request = (Attribute::ChangeRequest, "11661");
    let transmittal = (Attribute::TransmittalNumber, "R10128NCD");
    let facts = vec![
        policy("CR 11661", &[request, names_it]),
        policy("R10128NCD", &[transmittal, names_it]),
        policy("CR 11662", &[request, names_another]),
        policy("NCD 30.3.3", &[names_it]),
        local("Article A57201", &[request, names_it]),
        document(Subject::Rule("2020-1".to_owned()), &[request, names_it]),
        document(code(), &[request, names_it]),
    ];
    assert_eq!(told(facts, Layer::Instructions), ["CR 11661", "R10128NCD"]);
}
