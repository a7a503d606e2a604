//! The answer as a whole.

use std::collections::BTreeSet;

use super::billing::{mue_line, opps_line, pair_lines, therapy_line};
use super::contradictions::contradictions;
use super::dollars::dollar_lines;
use super::fee_schedule::{locality_line, payment_line, status_line};
use super::line::plain;
use super::local::{instruction_lines, local_lines};
use super::ncd::ncd_line;
use super::pipeline::pipeline_lines;
use super::summary::summary;
use crate::engine::dollars;
use crate::engine::fold::fold;
use crate::model::answer::{Answer, AnswerLine, Layer, Question};
use crate::model::code::HcpcsCode;
use crate::model::fact::Fact;
use crate::model::timeline::Timelines;
use crate::model::topic::{LocalityId, Pair, Place, Stage, Subject, Topic};
use crate::model::watch::NcdLink;

/// The schedule that holds the conversion factor.
pub const PFS: &str = "PFS";

/// What an answer depends on beside the facts.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The determinations that govern codes, as configured.
    pub links: &'a [NcdLink],
    /// Codes that the practice bills on the same day.
    pub billed_with: &'a BTreeSet<HcpcsCode>,
    /// Localities of the practice, for amounts in dollars where the question names none.
    pub localities: &'a BTreeSet<LocalityId>,
    /// Topics that the store knows beside those that every question needs: the code at the stages of
    /// rules, policies, rules, and a pair with the code if pairs were ever read.
    pub known: &'a [Topic],
}

/// The topics that a question needs.
pub fn topics(question: &Question, setting: &Setting<'_>) -> Vec<Topic> {
    let mut topics = vec![
        service(question),
        Topic::national(Subject::Schedule(PFS.to_owned())),
    ];
    topics.extend(places(question, setting).into_iter().map(|place| Topic {
        subject: Subject::Schedule(PFS.to_owned()),
        place,
        stage: Stage::InForce,
    }));
    topics.extend(governing(question, setting.links).map(policy));
    topics.extend(pairs(question, setting).map(|pair| Topic::national(Subject::Pair(pair))));
    topics.extend(setting.known.iter().cloned());
    topics.sort();
    topics.dedup();
    topics
}

/// What each layer says of the date of service, and a summary that claims no more than the weakest.
///
/// `facts` are those that the question admits (published by, known by), about [`topics`].
pub fn answer(facts: Vec<Fact>, question: &Question, setting: &Setting<'_>) -> Answer {
    examine(facts, question, setting).0
}

/// The answer, and the timelines that it was read from.
pub fn examine(
    facts: Vec<Fact>,
    question: &Question,
    setting: &Setting<'_>,
) -> (Answer, Timelines) {
    let contradicted = contradictions(&facts, question);
    let timelines = fold(facts);
    let ncds: Vec<AnswerLine> = governing(question, setting.links)
        .map(|link| ncd_line(&timelines, question, link))
        .collect();
    let mut lines = vec![status_line(&timelines, question)];
    if ncds.is_empty() {
        lines.push(plain(
            Layer::Ncd,
            question.service.code.to_string(),
            "no national coverage determination is linked to this code in the configuration",
        ));
    }
    lines.extend(ncds.iter().cloned());
    lines.push(therapy_line(&timelines, question));
    lines.push(payment_line(&timelines, question));
    lines.extend(locality_line(&timelines, question));
    lines.extend(dollar_lines(
        &timelines,
        question,
        &places(question, setting),
    ));
    lines.push(opps_line(&timelines, question));
    lines.push(mue_line(&timelines, question));
    lines.extend(pair_lines(&timelines, question, setting));
    lines.extend(local_lines(&timelines, question, setting.known));
    lines.extend(instruction_lines(&timelines, question, setting.known));
    lines.extend(pipeline_lines(&timelines, question, setting.known));
    let (differing, summary) = summary(&timelines, question, &ncds, &lines);
    let answer = Answer {
        question: question.clone(),
        contradictions: contradicted.into_iter().chain(differing).collect(),
        lines,
        summary,
    };
    (answer, timelines)
}

/// Where an amount in dollars is wanted: in the locality asked for, else in those of the practice.
fn places(question: &Question, setting: &Setting<'_>) -> Vec<Place> {
    match &question.place {
        Some(place) => vec![Place::Locality(place.clone())],
        None => dollars::places(setting.localities),
    }
}

pub(super) fn service(question: &Question) -> Topic {
    Topic::national(Subject::Service(question.service))
}

pub(super) fn policy(link: &NcdLink) -> Topic {
    Topic::national(Subject::Policy(format!("NCD {}", link.section)))
}

/// The pairs of the code with what the practice bills beside it, either way round.
pub(super) fn pairs<'a>(
    question: &Question,
    setting: &Setting<'a>,
) -> impl Iterator<Item = Pair> + use<'a> {
    let own = question.service.code;
    setting
        .billed_with
        .iter()
        .filter(move |other| **other != own)
        .flat_map(move |&other| {
            [(own, other), (other, own)].map(|(column1, column2)| Pair { column1, column2 })
        })
}

fn governing<'a>(
    question: &'a Question,
    links: &'a [NcdLink],
) -> impl Iterator<Item = &'a NcdLink> {
    links
        .iter()
        .filter(|link| link.codes.contains(&question.service.code))
}
