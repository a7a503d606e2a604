//! What limits billing beside the fee schedule: therapy, outpatient hospitals, units, other codes.

use super::compose::{Setting, pairs, service};
use super::line::{add, layer_line, plain};
use crate::model::answer::{AnswerLine, Layer, NOT_OBSERVED, Question};
use crate::model::attribute::Attribute;
use crate::model::fact::Observation;
use crate::model::opps_status::opps_status_meaning;
use crate::model::timeline::{Segment, Timelines};
use crate::model::topic::{Pair, Subject, Topic};

pub(super) fn therapy_line(timelines: &Timelines, question: &Question) -> AnswerLine {
    let timeline = timelines.get(&service(question), Attribute::TherapyDesignation);
    let says = |segment: &Segment| match &segment.observation {
        Observation::Absent => "not on the therapy code list of the year".to_owned(),
        Observation::Value(value) => {
            let designation = value.to_string();
            let meaning = if designation.starts_with("always") {
                "therapy whoever furnishes it: under a plan of care, with the modifier of the discipline (GN, GO, GP)"
            } else if designation.starts_with("sometimes") {
                "therapy when a therapist furnishes it or it is part of a plan of care, and then with the modifier of the discipline (GN, GO, GP)"
            } else {
                "a designation whose meaning this version of coverd does not know"
            };
            let word = designation.split_whitespace().next().unwrap_or_default();
            format!("{word} therapy: {meaning}")
        }
    };
    let subject = question.service.to_string();
    layer_line(Layer::Therapy, subject, timeline, question, says)
}

pub(super) fn opps_line(timelines: &Timelines, question: &Question) -> AnswerLine {
    let topic = service(question);
    let timeline = timelines.get(&topic, Attribute::OppsStatus);
    let text = |attribute| {
        timelines
            .text(&topic, attribute, question.on)
            .filter(|text| !text.trim().is_empty())
    };
    let says = |segment: &Segment| {
        let Observation::Value(indicator) = &segment.observation else {
            return "not listed in Addendum B".to_owned();
        };
        let indicator = indicator.to_string();
        let meaning = opps_status_meaning(&indicator).map_or(
            "an indicator that this version of coverd does not know",
            |(_, words)| words,
        );
        let mut says = format!("status {indicator}: {meaning}");
        if let Some(rate) = text(Attribute::OppsPayment) {
            add(&mut says, &["; payment rate $", &rate]);
        }
        if let Some(group) = text(Attribute::OppsApc) {
            add(&mut says, &["; APC ", &group]);
        }
        says
    };
    let subject = question.service.to_string();
    layer_line(Layer::Opps, subject, timeline, question, says)
}

pub(super) fn mue_line(timelines: &Timelines, question: &Question) -> AnswerLine {
    let topic = service(question);
    let timeline = timelines.get(&topic, Attribute::MueUnits);
    let says = |segment: &Segment| {
        let Observation::Value(_) = &segment.observation else {
            return "not in the table of practitioners; the units of some codes are not published"
                .to_owned();
        };
        let units = timelines
            .text(&topic, Attribute::MueUnits, question.on)
            .unwrap_or_default();
        let how = timelines
            .text(&topic, Attribute::MueAdjudication, question.on)
            .filter(|text| !text.is_empty());
        let how = how.map(|how| format!(" (adjudication indicator {how})"));
        format!(
            "at most {units} for one patient and day{}",
            how.unwrap_or_default()
        )
    };
    let subject = question.service.to_string();
    layer_line(Layer::Units, subject, timeline, question, says)
}

/// A line for each edit with a code that the practice bills beside it, or one that says there is none.
pub(super) fn pair_lines(
    timelines: &Timelines,
    question: &Question,
    setting: &Setting<'_>,
) -> Vec<AnswerLine> {
    let subject = question.service.code.to_string();
    let are_read = setting
        .known
        .iter()
        .any(|topic| matches!(topic.subject, Subject::Pair(_)));
    if !are_read {
        return vec![plain(Layer::Pairs, subject, NOT_OBSERVED)];
    }
    let found: Vec<AnswerLine> = pairs(question, setting)
        .filter_map(|pair| pair_line(timelines, question, pair))
        .collect();
    if found.is_empty() {
        let codes: Vec<String> = setting
            .billed_with
            .iter()
            .filter(|code| **code != question.service.code)
            .map(ToString::to_string)
            .collect();
        let says = if codes.is_empty() {
            "no codes are named that the practice bills beside it (watch.billed_with)".to_owned()
        } else {
            format!("no edit of that day with {}", codes.join(", "))
        };
        return vec![plain(Layer::Pairs, subject, says)];
    }
    found
}

fn pair_line(timelines: &Timelines, question: &Question, pair: Pair) -> Option<AnswerLine> {
    let topic = Topic::national(Subject::Pair(pair));
    let timeline = timelines.get(&topic, Attribute::PtpModifier)?;
    let Observation::Value(_) = timeline.at(question.on)?.observation else {
        return None;
    };
    let says = |segment: &Segment| {
        let how = match segment.observation.to_string().as_str() {
            "0" => "never, whatever the modifier".to_owned(),
            "1" => "unless a modifier says that it was separate and the record shows it".to_owned(),
            other => format!("modifier indicator {other}"),
        };
        format!(
            "beside {} on one day {} is not paid: {how}",
            pair.column1, pair.column2
        )
    };
    let subject = pair.to_string();
    Some(layer_line(
        Layer::Pairs,
        subject,
        Some(timeline),
        question,
        says,
    ))
}
