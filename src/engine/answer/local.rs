//! What contractors say, and what they are told: local policies, and instructions that name the code.

use super::line::{add, layer_line, plain};
use crate::model::answer::{AnswerLine, Layer, NOT_OBSERVED, Question};
use crate::model::attribute::Attribute;
use crate::model::code::HcpcsCode;
use crate::model::fact::{Observation, Value};
use crate::model::passage::Passage;
use crate::model::timeline::{Segment, Timelines};
use crate::model::topic::{Place, Stage, Subject, Topic};

/// Instructions named in one answer; the latest ones.
const INSTRUCTIONS: usize = 6;

/// A line for each local policy in force on the day that lists the code or names a watched word.
pub(super) fn local_lines(
    timelines: &Timelines,
    question: &Question,
    known: &[Topic],
) -> Vec<AnswerLine> {
    let of_contractors: Vec<&Topic> = known
        .iter()
        .filter(|topic| matches!(topic.place, Place::Contractor(_)))
        .filter(|topic| matches!(topic.subject, Subject::Policy(_)))
        .collect();
    if of_contractors.is_empty() {
        let says = "not observed: local policies are read only where sources.local_coverage is switched on";
        return vec![plain(Layer::Local, question.service.code.to_string(), says)];
    }
    let lines: Vec<AnswerLine> = of_contractors
        .into_iter()
        .filter(|topic| topic.stage == Stage::InForce)
        .filter(|topic| names_it(timelines, topic, question))
        .filter_map(|topic| local_line(timelines, question, topic))
        .collect();
    if lines.is_empty() {
        let says = "no local policy of that day that was read names the code";
        return vec![plain(Layer::Local, question.service.code.to_string(), says)];
    }
    lines
}

fn local_line(timelines: &Timelines, question: &Question, topic: &Topic) -> Option<AnswerLine> {
    const SAYS: [(Attribute, &str); 4] = [
        (Attribute::Contractor, "of"),
        (Attribute::EffectiveDate, "effective"),
        (Attribute::RetiredOn, "retired on"),
        (Attribute::ListedCodes, "lists"),
    ];
    let subject = format!("{}, {}", topic.subject, topic.place);
    titled(Layer::Local, subject, timelines, question, topic, &SAYS)
}

/// A document by its title, with what else it says of itself; `None` where it does not hold on the day.
fn titled(
    layer: Layer,
    subject: String,
    timelines: &Timelines,
    question: &Question,
    topic: &Topic,
    clauses: &[(Attribute, &str)],
) -> Option<AnswerLine> {
    let timeline = timelines.get(topic, Attribute::Title)?;
    let Observation::Value(_) = timeline.at(question.on)?.observation else {
        return None;
    };
    let says = |segment: &Segment| {
        let mut says = segment.observation.to_string();
        for (attribute, words) in clauses {
            let value = timelines.text(topic, *attribute, question.on);
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                add(&mut says, &["; ", words, " ", &value]);
            }
        }
        says
    };
    Some(layer_line(layer, subject, Some(timeline), question, says))
}

/// The transmittals and articles that name the code and hold on the day, latest first.
pub(super) fn instruction_lines(
    timelines: &Timelines,
    question: &Question,
    known: &[Topic],
) -> Vec<AnswerLine> {
    let is_instruction = |topic: &&Topic| {
        topic.place == Place::National
            && matches!(topic.subject, Subject::Policy(_))
            && (timelines.get(topic, Attribute::ChangeRequest).is_some()
                || timelines.get(topic, Attribute::TransmittalNumber).is_some())
    };
    let mut lines: Vec<AnswerLine> = known
        .iter()
        .filter(is_instruction)
        .filter(|topic| names_it(timelines, topic, question))
        .filter_map(|topic| instruction_line(timelines, question, topic))
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.days.map(|days| days.from)));
    lines.truncate(INSTRUCTIONS);
    if lines.is_empty() {
        let subject = question.service.code.to_string();
        lines.push(plain(Layer::Instructions, subject, NOT_OBSERVED));
    }
    lines
}

fn instruction_line(
    timelines: &Timelines,
    question: &Question,
    topic: &Topic,
) -> Option<AnswerLine> {
    const SAYS: [(Attribute, &str); 4] = [
        (Attribute::TransmittalNumber, "transmittal"),
        (Attribute::EffectiveDate, "effective"),
        (Attribute::ImplementationDate, "implementation"),
        (Attribute::ReplacedBy, "rescinded and replaced by"),
    ];
    let subject = topic.subject.to_string();
    titled(
        Layer::Instructions,
        subject,
        timelines,
        question,
        topic,
        &SAYS,
    )
}

/// Whether a document lists the code, or has a passage that names it, on any day.
pub(super) fn names_it(timelines: &Timelines, topic: &Topic, question: &Question) -> bool {
    names_code(timelines, topic, question.service.code)
}

/// As for an answer, for any code.
pub fn names_code(timelines: &Timelines, topic: &Topic, code: HcpcsCode) -> bool {
    let code = code.to_string();
    let texts = |attribute| {
        let segments = timelines
            .get(topic, attribute)
            .into_iter()
            .flat_map(|timeline| &timeline.segments);
        segments.filter_map(|segment| match &segment.observation {
            Observation::Value(Value::Text(text)) => Some(text.as_str()),
            Observation::Value(Value::Amount(_) | Value::Count(_)) | Observation::Absent => None,
        })
    };
    texts(Attribute::ListedCodes).any(|list| list.split(", ").any(|listed| listed == code))
        || [Attribute::Passages, Attribute::FiledPassages]
            .into_iter()
            .any(|attribute| {
                texts(attribute)
                    .flat_map(Passage::parse_all)
                    .any(|passage| passage.terms.contains(&code))
            })
}
