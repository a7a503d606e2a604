//! One line of an answer.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::model::answer::{AnswerLine, Layer, NOT_OBSERVED, Question};
use crate::model::fact::Fact;
use crate::model::timeline::{Period, Segment, Timeline};

/// Adds the pieces to what a line says.
pub(super) fn add(says: &mut String, pieces: &[&str]) {
    says.push_str(&pieces.concat());
}

/// A line without a fact.
pub(super) fn plain(
    layer: Layer,
    subject: impl Into<String>,
    says: impl Into<String>,
) -> AnswerLine {
    AnswerLine {
        layer,
        subject: subject.into(),
        says: says.into(),
        days: None,
        fact: None,
        inputs: vec![],
        payment: None,
        quotes: vec![],
        caveats: vec![],
    }
}

/// One layer, from the timeline that decides it.
pub(super) fn layer_line(
    layer: Layer,
    subject: String,
    timeline: Option<&Timeline>,
    question: &Question,
    says: impl Fn(&Segment) -> String,
) -> AnswerLine {
    let segment = timeline.and_then(|timeline| timeline.at(question.on));
    let mut line = plain(layer, subject, NOT_OBSERVED);
    line.fact = segment.map(|segment| Arc::clone(&segment.fact));
    if let (Some(timeline), Some(segment)) = (timeline, segment) {
        line.says = says(segment);
        line.days = held(timeline, question.on);
        line.caveats = caveats(&segment.fact, question);
    }
    line
}

/// The days around `on` without a change.
fn held(timeline: &Timeline, on: NaiveDate) -> Option<Period> {
    let from = timeline.since(on)?.period.from;
    let observation = &timeline.at(on)?.observation;
    let until = timeline
        .segments
        .iter()
        .skip_while(|segment| !segment.period.contains(on))
        .find(|segment| segment.observation != *observation)
        .map(|segment| segment.period.from);
    Some(Period { from, until })
}

fn caveats(fact: &Fact, question: &Question) -> Vec<String> {
    let origin = &fact.origin;
    let shown = question
        .as_published_on
        .filter(|&day| origin.is_later_posting_on(day));
    shown
        .map(|_| {
            format!(
                "shown by the posting of {}; the posting of {} that was public on the day asked for is not in this store",
                origin.published, origin.edition.name
            )
        })
        .into_iter()
        .collect()
}
