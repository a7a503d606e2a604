//! What has to be looked up for an answer.

use super::layers::all_layers;
use super::made::{links, question};
use crate::engine::answer::compose::{PFS, Setting, answer, topics};
use crate::engine::tests::fact;
use crate::model::attribute::Attribute;
use crate::model::fact::Fact;
use crate::model::topic::{Place, Subject, Topic};

/// Facts that nobody names beforehand: the factor, and the indices of a locality.
fn of_the_schedule() -> Vec<Fact> {
    let of = |values: &[_]| {
        let subject = Subject::Schedule(PFS.to_owned());
        fact("RVU27A", "2027-01-01", "2026-12-20", subject, values)
    };
    let mut local = of(&[
        (Attribute::GpciWork, "1.1"),
        (Attribute::GpciPe, "1.4"),
        (Attribute::GpciMp, "0.4"),
    ]);
    local.statement.topic.place = Place::Locality("01112-05".parse().unwrap());
    vec![of(&[(Attribute::ConversionFactor, "33.4")]), local]
}

#[test]
fn the_topics_of_a_question_are_all_that_its_answer_needs() {
    let (mut facts, known) = all_layers();
    facts.extend(of_the_schedule());
    facts.push(fact(
        "RVU27A",
        "2027-01-01",
        "2026-12-20",
        Subject::Service("99999".parse().unwrap()),
        &[(Attribute::Status, "A")],
    ));
    // What the store has to be asked for beforehand; the rest is named by the question itself.
    let staged_and_documents: Vec<Topic> = known
        .into_iter()
        .filter(|topic| match topic.subject {
            Subject::Service(_) => *topic != Topic::national(topic.subject.clone()),
            Subject::Policy(_) => topic.subject != Subject::Policy("NCD 30.3.3".to_owned()),
            Subject::Schedule(_) | Subject::Pair(_) | Subject::Rule(_) | Subject::Page(_) => true,
        })
        .collect();
    let setting = Setting {
        links: &links(),
        billed_with: &["97140".parse().unwrap()].into(),
        localities: &["01112-05".parse().unwrap()].into(),
        known: &staged_and_documents,
    };
    let question = question("2027-08-01", None);
    let needed = topics(&question, &setting);
    let (looked_up, others): (Vec<Fact>, Vec<Fact>) = facts
        .iter()
        .cloned()
        .partition(|fact| needed.contains(&fact.statement.topic));
    assert_eq!(others.len(), 1, "{others:?}");
    assert_eq!(
        answer(looked_up, &question, &setting),
        answer(facts, &question, &setting)
    );
}

#[test]
fn no_topic_is_looked_up_twice() {
    let (_, known) = all_layers();
    let setting = Setting {
        links: &links(),
        billed_with: &["97140".parse().unwrap()].into(),
        localities: &[].into(),
        known: &known,
    };
    let needed = topics(&question("2027-08-01", None), &setting);
    assert!(needed.is_sorted_by(|one, next| one < next), "{needed:?}");
}
