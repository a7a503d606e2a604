//! What a rule would change, and what it did: one stage compared with the others.
//!
//! A belief at the stage of a rule begins with that rule, so that comparing it with itself before
//! says nothing. It is compared with what holds without the rule, and a final rule also with what
//! had been proposed.

use std::sync::Arc;

use crate::model::alert::{Phase, RuleBrief};
use crate::model::attribute::Attribute;
use crate::model::change::{Beside, Change};
use crate::model::fact::FactKey;
use crate::model::timeline::{Segment, Timelines};
use crate::model::topic::{Stage, Subject, Topic};

/// The rule of a rulemaking that a phase is about: the proposal while it is proposed, the latest rule
/// otherwise. Corrections and notices are not the rule.
pub(super) fn brief(
    beliefs: &Timelines,
    rulemaking: Option<&str>,
    phase: Phase,
) -> Option<RuleBrief> {
    let rulemaking = rulemaking?;
    let last = |topic: &Topic, attribute| {
        let segments = &beliefs.get(topic, attribute)?.segments;
        Some(segments.last()?.observation.to_string())
    };
    let text = |topic: &Topic, attribute| last(topic, attribute).unwrap_or_default();
    let is_rule = |topic: &&Topic| {
        matches!(topic.subject, Subject::Rule(_))
            && topic.stage.rulemaking() == Some(rulemaking)
            && text(topic, Attribute::RuleKind).contains("rule")
    };
    let is_proposal = |topic: &Topic| matches!(topic.stage, Stage::ProposedBy(_));
    let rules = beliefs.topics().map(|(topic, _)| topic).filter(is_rule);
    let topic = rules
        .filter(|topic| match phase {
            Phase::Proposed | Phase::Withdrawn => is_proposal(topic),
            Phase::Final => !is_proposal(topic),
            Phase::InForce | Phase::Corrected => true,
        })
        .max_by_key(|topic| (text(topic, Attribute::PublishedOn), topic.to_string()))?;
    let (Stage::ProposedBy(docket) | Stage::FinalBy(docket)) = &topic.stage else {
        return None;
    };
    let Subject::Rule(number) = &topic.subject else {
        return None;
    };
    Some(RuleBrief {
        docket: docket.clone(),
        number: number.clone(),
        citation: text(topic, Attribute::Citation),
        title: text(topic, Attribute::Title),
        comments_close: text(topic, Attribute::CommentsClose),
        effective: text(topic, Attribute::EffectiveDate),
    })
}

/// A change as it is told.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) change: Change,
    pub(super) beside: Vec<Beside>,
    /// The rulemaking that brought it about.
    pub(super) thread: Option<String>,
}

/// Compares a change with the beliefs at other stages; `None` when a rule leaves things as they are
/// and as they were proposed, which is no news.
pub(super) fn compared(change: Change, beliefs: &Timelines) -> Option<Compared> {
    let FactKey { topic, attribute } = &change.key;
    if matches!(topic.subject, Subject::Rule(_)) {
        return Some(alone(change));
    }
    match &topic.stage {
        Stage::InForce => Some(with_rules(change, beliefs)),
        Stage::ProposedBy(_) => {
            let in_force = at_stage(beliefs, &change, Stage::InForce);
            staged(change, in_force, None)
        }
        Stage::FinalBy(_) => {
            let in_force = at_stage(beliefs, &change, Stage::InForce);
            let proposal = proposal(beliefs, topic, *attribute, &change);
            staged(change, in_force, proposal)
        }
    }
}

fn alone(change: Change) -> Compared {
    Compared {
        change,
        beside: Vec::new(),
        thread: None,
    }
}

/// What came into force, beside the rules that said so for the same first day.
fn with_rules(change: Change, beliefs: &Timelines) -> Compared {
    let FactKey { topic, attribute } = &change.key;
    let mut beside = Vec::new();
    let mut thread = None;
    for rule in beliefs
        .stages(&topic.subject, &topic.place)
        .filter(|other| other.stage != Stage::InForce)
    {
        let begins_then = |segment: &&Segment| segment.period.from == change.days.from;
        let said = beliefs
            .get(rule, *attribute)
            .and_then(|timeline| timeline.at(change.days.from))
            .filter(begins_then);
        if let Some(said) = said {
            beside.push(Beside {
                stage: rule.stage.clone(),
                observation: Some(said.observation.clone()),
            });
            // Stages are in order: a final rule comes after a proposal, and counts.
            thread = rule.stage.rulemaking().map(ToOwned::to_owned);
        }
    }
    Compared {
        change,
        beside,
        thread,
    }
}

fn staged(
    mut change: Change,
    in_force: Option<&Segment>,
    proposal: Option<(&Topic, &Segment)>,
) -> Option<Compared> {
    let stage_of = |segment: Option<&Segment>| segment.map(|segment| segment.observation.clone());
    let mut beside = vec![Beside {
        stage: Stage::InForce,
        observation: stage_of(in_force),
    }];
    beside.extend(proposal.map(|(topic, segment)| Beside {
        stage: topic.stage.clone(),
        observation: Some(segment.observation.clone()),
    }));
    let thread = change.key.topic.stage.rulemaking().map(ToOwned::to_owned);
    if change.was.is_none() {
        let differs = |segment: &&Segment| Some(&segment.observation) != change.now.as_ref();
        let proposed = proposal.map(|(_, segment)| segment).filter(differs);
        let reference = match in_force {
            // What the rule leaves as it is, against what had been proposed.
            Some(segment) if !differs(&segment) => Some(proposed?),
            Some(segment) => Some(segment),
            None => proposed,
        };
        change.was = stage_of(reference);
        change.before = reference.map(|segment| Arc::clone(&segment.fact));
    }
    Some(Compared {
        change,
        beside,
        thread,
    })
}

/// The belief of the first of these days at another stage.
fn at_stage<'t>(beliefs: &'t Timelines, change: &Change, stage: Stage) -> Option<&'t Segment> {
    let topic = Topic {
        stage,
        ..change.key.topic.clone()
    };
    beliefs
        .get(&topic, change.key.attribute)?
        .at(change.days.from)
}

/// What the same rulemaking had proposed for that day.
fn proposal<'t>(
    beliefs: &'t Timelines,
    topic: &Topic,
    attribute: Attribute,
    change: &Change,
) -> Option<(&'t Topic, &'t Segment)> {
    let rulemaking = topic.stage.rulemaking();
    beliefs
        .stages(&topic.subject, &topic.place)
        .filter(|other| matches!(other.stage, Stage::ProposedBy(_)))
        .filter(|other| other.stage.rulemaking() == rulemaking)
        .find_map(|other| {
            let segment = beliefs.get(other, attribute)?.at(change.days.from)?;
            Some((other, segment))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::diff::diff;
    use crate::engine::fold::fold;
    use crate::engine::tests::{day, fact};
    use crate::model::fact::{Fact, Observation};

    const PROPOSED: &str = "CMS-1848-P";
    const FINAL: &str = "CMS-1848-F";

    fn status(edition: &str, published: &str, stage: Stage, letter: &str) -> Fact {
        let subject = Subject::Service("20560".parse().unwrap());
        let begins = if stage == Stage::InForce && edition == "RVU26A" {
            "2026-01-01"
        } else {
            "2027-01-01"
        };
        let values = [(Attribute::Status, letter)];
        let mut fact = fact(edition, begins, published, subject, &values);
        fact.statement.topic.stage = stage;
        fact
    }

    fn in_force(letter: &str) -> Fact {
        status("RVU26A", "2025-12-20", Stage::InForce, letter)
    }

    fn proposed(letter: &str) -> Fact {
        let stage = Stage::ProposedBy(PROPOSED.to_owned());
        status(PROPOSED, "2026-07-16", stage, letter)
    }

    fn made_final(letter: &str) -> Fact {
        let stage = Stage::FinalBy(FINAL.to_owned());
        status(FINAL, "2026-11-05", stage, letter)
    }

    /// The only change that the last fact brings, as it is told.
    fn told(facts: &[Fact]) -> Option<Compared> {
        let before = fold(facts[..facts.len() - 1].to_vec());
        let beliefs = fold(facts.to_vec());
        let mut changes = diff(&before, &beliefs);
        assert_eq!(changes.len(), 1);
        compared(changes.remove(0), &beliefs)
    }

    fn sides(compared: &Compared) -> (Option<String>, Option<String>) {
        let text = |side: &Option<Observation>| side.as_ref().map(ToString::to_string);
        (text(&compared.change.was), text(&compared.change.now))
    }

    fn letters(was: &str, now: &str) -> (Option<String>, Option<String>) {
        (Some(was.to_owned()), Some(now.to_owned()))
    }

    fn beside(compared: &Compared) -> Vec<String> {
        let text = |one: &Beside| match &one.observation {
            Some(observation) => format!("{}: {observation}", one.stage),
            None => format!("{}: ?", one.stage),
        };
        compared.beside.iter().map(text).collect()
    }

    #[test]
    fn a_proposal_is_compared_with_what_is_in_force() {
        let compared = told(&[in_force("N"), proposed("A")]).unwrap();
        assert_eq!(sides(&compared), letters("N", "A"));
        assert_eq!(compared.thread.as_deref(), Some("CMS-1848"));
        let before = compared.change.before.unwrap();
        assert_eq!(before.origin.edition.name, "RVU26A", "with its proof");
        assert!(told(&[in_force("N"), proposed("N")]).is_none());
        let of_a_new_code = told(&[proposed("A")]).unwrap();
        assert_eq!(of_a_new_code.change.was, None);
    }

    #[test]
    fn a_final_rule_is_compared_with_the_proposal_and_with_what_is_in_force() {
        for (force, proposal, last, expected) in [
            ("N", "A", "A", Some(("N", "A"))),
            // What was proposed does not come: in force nothing changes, and that is news.
            ("N", "A", "N", Some(("A", "N"))),
            ("N", "A", "R", Some(("N", "R"))),
            ("N", "N", "A", Some(("N", "A"))),
            ("N", "N", "N", None),
        ] {
            let facts = [in_force(force), proposed(proposal), made_final(last)];
            let compared = told(&facts);
            let found = compared.as_ref().map(sides);
            let expected = expected.map(|(was, now)| letters(was, now));
            assert_eq!(found, expected, "{force} {proposal} {last}");
            if let Some(compared) = compared {
                assert_eq!(
                    beside(&compared),
                    [
                        format!("in force: {force}"),
                        format!("proposed by CMS-1848-P: {proposal}")
                    ]
                );
            }
        }
    }

    #[test]
    fn another_rulemakings_proposal_is_not_compared_with() {
        let mut other = proposed("A");
        other.statement.topic.stage = Stage::ProposedBy("CMS-1832-P".to_owned());
        assert!(told(&[in_force("N"), other, made_final("N")]).is_none());
    }

    #[test]
    fn what_comes_into_force_knows_the_rule_that_said_so() {
        let release = status("RVU27A", "2026-12-20", Stage::InForce, "A");
        let compared = told(&[in_force("N"), proposed("N"), made_final("A"), release]).unwrap();
        assert_eq!(sides(&compared), letters("N", "A"));
        assert_eq!(compared.thread.as_deref(), Some("CMS-1848"));
        assert_eq!(
            beside(&compared),
            ["proposed by CMS-1848-P: N", "final by CMS-1848-F: A"]
        );
        assert_eq!(compared.change.days.from, day("2027-01-01"));
    }

    #[test]
    fn a_release_later_in_the_year_belongs_to_no_rulemaking() {
        let mut release = status("RVU27B", "2027-03-20", Stage::InForce, "A");
        release.statement.from = day("2027-04-01");
        let compared = told(&[in_force("N"), made_final("N"), release]).unwrap();
        assert_eq!((compared.thread, compared.beside.len()), (None, 0));
    }
}
