//! What the national coverage determinations say that are linked to the code.

use std::sync::Arc;

use chrono::NaiveDate;

use super::compose::policy;
use super::line::layer_line;
use crate::model::answer::{AnswerLine, Layer, Question};
use crate::model::attribute::Attribute;
use crate::model::fact::Observation;
use crate::model::timeline::{Segment, Timelines};
use crate::model::topic::Topic;
use crate::model::watch::NcdLink;

pub(super) fn ncd_line(timelines: &Timelines, question: &Question, link: &NcdLink) -> AnswerLine {
    let topic = policy(link);
    let text = |attribute| timelines.text(&topic, attribute, question.on);
    let title = text(Attribute::Title).unwrap_or_default();
    let timeline = timelines.get(&topic, Attribute::Indications);
    let says = |_: &Segment| {
        let mut says = title.clone();
        if let Some(effective) = text(Attribute::EffectiveDate).filter(|text| !text.is_empty()) {
            let dated = effective.bytes().next().is_some_and(|b| b.is_ascii_digit());
            if dated {
                says.push_str("; effective ");
                says.push_str(&effective);
            } else {
                says.push_str("; longstanding");
            }
        }
        if let Some(limit) = limits(timelines, &topic, question.on).first() {
            says.push_str("; ");
            says.push_str(limit);
        }
        says
    };
    let mut answered = layer_line(
        Layer::Ncd,
        topic.subject.to_string(),
        timeline,
        question,
        says,
    );
    let segment = timeline.and_then(|timeline| timeline.at(question.on));
    match segment.map(|segment| &segment.observation) {
        Some(Observation::Absent) => {
            "ended: the determination no longer holds".clone_into(&mut answered.says);
        }
        Some(Observation::Value(_)) => answered.quotes = limits(timelines, &topic, question.on),
        None => {
            if let Some(first) = timeline.and_then(|timeline| timeline.segments.first()) {
                answered.says = format!(
                    "not in force on this day; it begins on {}",
                    first.period.from
                );
                answered.fact = Some(Arc::clone(&first.fact));
            }
        }
    }
    let listed = timelines.observed(&topic, Attribute::Listed, question.on);
    if listed == Some(&Observation::Absent) {
        answered
            .caveats
            .push("CMS no longer lists this determination".to_owned());
    }
    answered
}

/// The passages that limit a policy; the derived phrase, where there is one, comes first.
fn limits(timelines: &Timelines, topic: &Topic, on: NaiveDate) -> Vec<String> {
    let limits = timelines
        .text(topic, Attribute::Limits, on)
        .unwrap_or_default();
    limits
        .lines()
        .filter(|line| !line.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}
