//! What is on its way: rules that are proposed, or final and not yet in force, and coverage analyses.

use chrono::{Days, Months, NaiveDate};

use super::line::{add, plain};
use super::local::names_it;
use crate::model::answer::{AnswerLine, Layer, NOT_OBSERVED, Question};
use crate::model::attribute::Attribute;
use crate::model::fact::{Observation, Value};
use crate::model::timeline::Timelines;
use crate::model::topic::{Stage, Subject, Topic};

/// How long before the day asked for a rule may have been published to be on its way on that day.
const RECENT: Days = Days::new(400);
/// Lines about rule documents; the latest ones.
const DOCUMENTS: usize = 4;

/// What rules say of the code from a coming day on, which rule documents name it, and which analyses
/// are open.
pub(super) fn pipeline_lines(
    timelines: &Timelines,
    question: &Question,
    known: &[Topic],
) -> Vec<AnswerLine> {
    let mut lines = staged(timelines, question, known);
    let mut documents: Vec<(NaiveDate, AnswerLine)> = known
        .iter()
        .filter_map(|topic| match topic.subject {
            Subject::Rule(_) => rule_line(timelines, question, topic),
            Subject::Policy(_) => analysis_line(timelines, question, topic),
            Subject::Service(_) | Subject::Schedule(_) | Subject::Pair(_) | Subject::Page(_) => {
                None
            }
        })
        .collect();
    documents.sort_by_key(|(day, _)| std::cmp::Reverse(*day));
    lines.extend(documents.into_iter().take(DOCUMENTS).map(|(_, line)| line));
    if lines.is_empty() {
        lines.push(plain(
            Layer::Pipeline,
            question.service.code.to_string(),
            NOT_OBSERVED,
        ));
    }
    lines
}

/// What rules say of the status of the code for days that begin around the day asked for.
fn staged(timelines: &Timelines, question: &Question, known: &[Topic]) -> Vec<AnswerLine> {
    let own = Subject::Service(question.service);
    let mut lines = Vec::new();
    for topic in known
        .iter()
        .filter(|topic| topic.subject == own && topic.stage != Stage::InForce)
    {
        let Some(first) = timelines
            .get(topic, Attribute::Status)
            .and_then(|timeline| timeline.segments.first())
        else {
            continue;
        };
        let (begins, published) = (first.period.from, first.fact.origin.published);
        // From the day on which it was public, or in force if that was earlier, through its first year.
        if question.on < published.min(begins) || question.on >= next_year(begins) {
            continue;
        }
        if is_decided(timelines, question, topic, known) {
            continue;
        }
        let verb = match topic.stage {
            Stage::ProposedBy(_) => "proposes",
            Stage::FinalBy(_) | Stage::InForce => "makes final",
        };
        let name = match &topic.stage {
            Stage::ProposedBy(docket) | Stage::FinalBy(docket) => docket.as_str(),
            Stage::InForce => "",
        };
        let mut line = plain(
            Layer::Pipeline,
            question.service.to_string(),
            format!("{name} {verb} status {} from {begins}", first.observation),
        );
        line.fact = Some(std::sync::Arc::clone(&first.fact));
        line.days = Some(first.period);
        lines.push(line);
    }
    lines
}

/// Whether the topic is a proposal whose rulemaking had its final rule, about the same code, by the day asked for:
/// then that is what is on its way, whether it adopts the proposal or not.
fn is_decided(
    timelines: &Timelines,
    question: &Question,
    proposed: &Topic,
    known: &[Topic],
) -> bool {
    matches!(proposed.stage, Stage::ProposedBy(_))
        && known
            .iter()
            .filter(|topic| matches!(topic.stage, Stage::FinalBy(_)))
            .filter(|topic| (&topic.subject, &topic.place) == (&proposed.subject, &proposed.place))
            .filter(|topic| topic.stage.rulemaking() == proposed.stage.rulemaking())
            .filter_map(|topic| timelines.get(topic, Attribute::Status)?.segments.first())
            .any(|decided| decided.fact.origin.published <= question.on)
}

fn next_year(day: NaiveDate) -> NaiveDate {
    day.checked_add_months(Months::new(12)).unwrap_or(day)
}

/// A rule document that names the code and was public, and recent, on the day.
fn rule_line(
    timelines: &Timelines,
    question: &Question,
    topic: &Topic,
) -> Option<(NaiveDate, AnswerLine)> {
    if !names_it(timelines, topic, question) {
        return None;
    }
    let last = |attribute| timelines.get(topic, attribute)?.segments.last();
    let text = |attribute| match &last(attribute)?.observation {
        Observation::Value(Value::Text(text)) if !text.is_empty() => Some(text),
        Observation::Value(_) | Observation::Absent => None,
    };
    let segment = last(Attribute::RuleKind)?;
    let published = segment.fact.origin.published;
    if published > question.on || question.on > published.checked_add_days(RECENT)? {
        return None;
    }
    let mut says = segment.observation.to_string();
    for (attribute, words) in [
        (Attribute::Docket, ""),
        (Attribute::Citation, ""),
        (Attribute::PublishedOn, "published "),
        (Attribute::CommentsClose, "comments close "),
        (Attribute::EffectiveDate, "effective "),
    ] {
        if let Some(value) = text(attribute) {
            add(&mut says, &[", ", words, value]);
        }
    }
    says.push_str(": it names the code");
    let mut line = plain(Layer::Pipeline, topic.subject.to_string(), says);
    line.fact = Some(std::sync::Arc::clone(&segment.fact));
    Some((published, line))
}

/// A national coverage analysis that is not closed on the day.
fn analysis_line(
    timelines: &Timelines,
    question: &Question,
    topic: &Topic,
) -> Option<(NaiveDate, AnswerLine)> {
    let segment = timelines
        .get(topic, Attribute::AnalysisStatus)?
        .at(question.on)?;
    let Observation::Value(status) = &segment.observation else {
        return None;
    };
    let status = status.to_string();
    // CMS's own words, of which not all were seen: what does not say that it is over goes on.
    let words = status.to_lowercase();
    let is_over = ["clos", "complete", "final", "removed", "withdrawn"];
    if is_over.iter().any(|word| words.contains(word)) {
        return None;
    }
    let title = timelines
        .text(topic, Attribute::Title, question.on)
        .unwrap_or_default();
    let mut line = plain(
        Layer::Pipeline,
        topic.subject.to_string(),
        format!("coverage analysis, {status}: {title}"),
    );
    line.fact = Some(std::sync::Arc::clone(&segment.fact));
    Some((segment.fact.origin.published, line))
}
