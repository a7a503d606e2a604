//! An answer in a sentence or two.

use chrono::NaiveDate;

use super::answer::service;
use crate::model::answer::{AnswerLine, Question};
use crate::model::attribute::Attribute;
use crate::model::fact::Observation;
use crate::model::status::{Payable, status_meaning};
use crate::model::timeline::Timelines;
use crate::model::topic::{Subject, Topic};

/// A sentence or two. It never says "covered": status A is payable *if* covered, and a
/// determination limits for whom, for what and by whom.
pub(super) fn summary(timelines: &Timelines, question: &Question, ncds: &[AnswerLine]) -> String {
    let on = question.on;
    let head = format!("{} on {on}: ", question.service);
    let status = match timelines.observed(&service(question), Attribute::Status, on) {
        None => {
            return format!("{head}not observed: no fee schedule of that day is in this store.");
        }
        Some(Observation::Absent) => {
            return format!(
                "{head}not payable: the fee schedule of that day does not list the code."
            );
        }
        Some(Observation::Value(value)) => value.to_string(),
    };
    let national = national(timelines, ncds, on);
    let Some(meaning) = status_meaning(&status) else {
        return format!(
            "{head}status {status}, whose meaning this version of coverd does not know; read the record layout of the release."
        );
    };
    let first = format!("{head}{} (status {status}). ", meaning.short);
    match (meaning.payable, national) {
        (Payable::IfCovered, None) => format!(
            "{first}No national coverage determination is known to hold on that day; contractor articles and other limits were not observed."
        ),
        (Payable::IfCovered, Some(national)) => format!(
            "{first}National coverage: {national}. Contractor articles and other limits were not observed."
        ),
        (Payable::Never, Some(national)) => format!(
            "{first}The layers differ: national coverage was in force ({national}), but the fee schedule for that day did not make the code payable."
        ),
        (Payable::Never, None)
        | (Payable::OtherPrice | Payable::Bundled | Payable::NotForPayment, _) => {
            first.trim_end().to_owned()
        }
    }
}

/// The determinations in force on the day, each with the phrase that limits it; those that name a
/// watched word come first, those without a phrase are only named.
fn national(timelines: &Timelines, ncds: &[AnswerLine], on: NaiveDate) -> Option<String> {
    let in_force: Vec<&AnswerLine> = ncds.iter().filter(|line| holds(line)).collect();
    let names_a_word = |line: &AnswerLine| {
        let topic = Topic::national(Subject::Policy(line.subject.clone()));
        timelines
            .text(&topic, Attribute::Mentions, on)
            .is_some_and(|words| !words.is_empty())
    };
    let phrase = |line: &AnswerLine| {
        line.quotes
            .first()
            .filter(|first| first.starts_with(char::is_lowercase))
            .cloned()
    };
    let (words_first, others): (Vec<&AnswerLine>, Vec<&AnswerLine>) =
        in_force.iter().partition(|line| names_a_word(line));
    let ordered: Vec<&AnswerLine> = words_first.into_iter().chain(others).collect();
    let mut parts: Vec<String> = ordered
        .iter()
        .filter_map(|line| Some(format!("{} ({})", phrase(line)?, line.subject)))
        .collect();
    let named: Vec<&str> = ordered
        .iter()
        .filter(|line| phrase(line).is_none())
        .map(|line| line.subject.as_str())
        .collect();
    if !named.is_empty() {
        let read = if parts.is_empty() { "read" } else { "see also" };
        parts.push(format!("{read} {}", named.join(", ")));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Whether the determination is in force on the day, and not ended or still to come.
fn holds(line: &AnswerLine) -> bool {
    let text = line
        .fact
        .as_ref()
        .and_then(|fact| fact.statement.values.get(&Attribute::Indications));
    line.days.is_some() && matches!(text, Some(Observation::Value(_)))
}
