//! An answer in a sentence or two.

use chrono::NaiveDate;

use super::compose::service;
use crate::model::answer::{AnswerLine, Layer, NOT_OBSERVED, Question};
use crate::model::attribute::Attribute;
use crate::model::fact::Observation;
use crate::model::opps_status::{OppsPayable, opps_status_meaning};
use crate::model::status::{Payable, status_meaning};
use crate::model::timeline::Timelines;
use crate::model::topic::{Subject, Topic};

/// A sentence or two, and where the layers differ. It never says "covered": status A is payable *if*
/// covered, a determination limits for whom, for what and by whom, and further layers limit how many
/// units, beside what, and under which benefit.
pub(super) fn summary(
    timelines: &Timelines,
    question: &Question,
    ncds: &[AnswerLine],
    lines: &[AnswerLine],
) -> (Vec<String>, String) {
    let on = question.on;
    let head = format!("{} on {on}: ", question.service);
    let status = match timelines.observed(&service(question), Attribute::Status, on) {
        None => {
            let text = format!("{head}not observed: no fee schedule of that day is in this store.");
            return (Vec::new(), text + &pipeline(lines));
        }
        Some(Observation::Absent) => {
            let text =
                format!("{head}not payable: the fee schedule of that day does not list the code.");
            return (Vec::new(), text + &pipeline(lines));
        }
        Some(Observation::Value(value)) => value.to_string(),
    };
    let national = national(timelines, ncds, on);
    let Some(meaning) = status_meaning(&status) else {
        let text = format!(
            "{head}status {status}, whose meaning this version of coverd does not know; read the record layout of the release."
        );
        return (Vec::new(), text);
    };
    let differing = differing(timelines, question, &status, meaning.payable);
    let first = format!("{head}{} (status {status}).", meaning.short);
    let mut parts = vec![first];
    match (meaning.payable, &national) {
        (Payable::IfCovered, None) => parts.push(
            "No national coverage determination is known to hold on that day.".to_owned(),
        ),
        (Payable::IfCovered, Some(national)) => {
            parts.push(format!("National coverage: {national}."));
        }
        (Payable::Never, Some(national)) => parts.push(format!(
            "The layers contradict each other: national coverage was in force ({national}), but the fee schedule for that day did not make the code payable."
        )),
        (Payable::Never, None)
        | (Payable::OtherPrice | Payable::Bundled | Payable::NotForPayment, _) => {}
    }
    if matches!(meaning.payable, Payable::IfCovered | Payable::OtherPrice) {
        parts.extend(limits(lines));
        parts.push(unknown(lines));
    }
    let text = parts.join(" ") + &pipeline(lines);
    (differing, text)
}

/// Limits of the other layers, each in a few words.
fn limits(lines: &[AnswerLine]) -> Option<String> {
    let of = |layer: Layer| {
        lines
            .iter()
            .filter(move |line| line.layer == layer && line.days.is_some())
    };
    let mut limits: Vec<String> = Vec::new();
    limits.extend(
        of(Layer::Therapy).map(|line| line.says.split(':').next().unwrap_or_default().to_owned()),
    );
    limits.extend(
        of(Layer::Units).map(|line| line.says.split(" (").next().unwrap_or_default().to_owned()),
    );
    limits.extend(of(Layer::Pairs).map(|line| line.says.clone()));
    limits.extend(of(Layer::Local).map(|line| format!("see {}", line.subject)));
    (!limits.is_empty()).then(|| format!("Also: {}.", limits.join("; ")))
}

/// The layers about which nothing is known.
fn unknown(lines: &[AnswerLine]) -> String {
    let layers = [
        (Layer::Therapy, "therapy designation"),
        (Layer::Units, "units of a day"),
        (Layer::Pairs, "edits with other codes"),
        (Layer::Local, "contractor articles"),
    ];
    let missing: Vec<&str> = layers
        .into_iter()
        .filter(|(layer, _)| {
            lines
                .iter()
                .any(|line| line.layer == *layer && line.says.starts_with(NOT_OBSERVED))
        })
        .map(|(_, words)| words)
        .collect();
    let mut text = missing.join(", ");
    if text.is_empty() {
        return "Who may furnish it, and what the record must show, is in the documents cited."
            .to_owned();
    }
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{text} and other limits were not observed.")
}

/// What rules say of coming days, or said of these.
fn pipeline(lines: &[AnswerLine]) -> String {
    let coming: Vec<&str> = lines
        .iter()
        .filter(|line| line.layer == Layer::Pipeline && line.days.is_some())
        .map(|line| line.says.as_str())
        .collect();
    if coming.is_empty() {
        return String::new();
    }
    format!(" In the pipeline: {}.", coming.join("; "))
}

/// Settings that are treated otherwise on the day. That national coverage and the fee schedule contradict
/// each other is in the summary itself.
fn differing(
    timelines: &Timelines,
    question: &Question,
    status: &str,
    payable: Payable,
) -> Vec<String> {
    let mut differing = Vec::new();
    let opps = timelines.text(&service(question), Attribute::OppsStatus, question.on);
    let hospital = opps.as_deref().and_then(opps_status_meaning);
    if let (Some(indicator), Some((meaning, _))) = (&opps, hospital) {
        let in_hospitals = meaning == OppsPayable::Separately;
        let in_offices = payable == Payable::IfCovered;
        if in_offices && meaning == OppsPayable::Never {
            differing.push(format!(
                "the fee schedule makes it payable if covered (status {status}), hospital outpatient departments are not paid (OPPS status {indicator})"
            ));
        }
        if in_hospitals && payable == Payable::Never {
            differing.push(format!(
                "hospital outpatient departments are paid if covered (OPPS status {indicator}), the fee schedule does not pay (status {status})"
            ));
        }
    }
    differing
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
