//! What was believed of a code, from when to when.

use chrono::NaiveDate;

use super::answer::{PFS, names_code};
use crate::model::attribute::{Attribute, Kind};
use crate::model::code::Service;
use crate::model::fact::{Fact, Observation};
use crate::model::timeline::{Period, Timeline, Timelines};
use crate::model::topic::{Subject, Topic};
use crate::model::watch::NcdLink;

/// Days for which one value held, by whichever documents.
#[derive(Debug, Clone)]
pub struct Stretch<'a> {
    /// The days.
    pub days: Period,
    /// What is believed of them.
    pub observation: &'a Observation,
    /// The first fact that said so.
    pub fact: &'a Fact,
}

/// The stretches of one attribute, earliest first.
#[derive(Debug, Clone)]
pub struct Line<'a> {
    /// The attribute.
    pub attribute: Attribute,
    /// Its stretches.
    pub stretches: Vec<Stretch<'a>>,
}

/// What is known about a code and of what governs or names it: the code first, then what is paid for
/// everything, then the policies. Empty when nothing is known of the code itself.
pub fn subjects<'a>(
    timelines: &'a Timelines,
    service: Service,
    links: &[NcdLink],
    since: Option<NaiveDate>,
) -> Vec<(&'a Topic, Vec<Line<'a>>)> {
    let mut subjects = lines(timelines, since);
    // Of policies and rules only those that govern the code or name it.
    subjects.retain(|(topic, _)| match &topic.subject {
        Subject::Policy(name) => {
            let governs = |link: &NcdLink| {
                format!("NCD {}", link.section) == *name && link.codes.contains(&service.code)
            };
            links.iter().any(governs) || names_code(timelines, topic, service.code)
        }
        Subject::Rule(_) => names_code(timelines, topic, service.code),
        Subject::Service(_) | Subject::Schedule(_) | Subject::Pair(_) | Subject::Page(_) => true,
    });
    // The conversion factor alone says nothing about a code.
    let is_schedule = |(topic, _): &(&Topic, _)| matches!(topic.subject, Subject::Schedule(_));
    if subjects.iter().all(is_schedule) {
        subjects.clear();
    }
    subjects
}

/// The code first, then what is paid for everything, then the policies.
pub fn lines(timelines: &Timelines, since: Option<NaiveDate>) -> Vec<(&Topic, Vec<Line<'_>>)> {
    let schedule = Topic::national(Subject::Schedule(PFS.to_owned()));
    let mut subjects: Vec<(&Topic, Vec<Line<'_>>)> = timelines
        .topics()
        .map(|(topic, attributes)| {
            let lines = attributes
                .iter()
                .filter(|(attribute, _)| *topic != schedule || attribute.kind() == Kind::Amount)
                .map(|(&attribute, timeline)| Line {
                    attribute,
                    stretches: stretches(timeline, since),
                })
                .filter(|line| !line.stretches.is_empty())
                .collect();
            (topic, lines)
        })
        .filter(|(_, lines): &(_, Vec<Line<'_>>)| !lines.is_empty())
        .collect();
    subjects.sort_by_key(|(topic, _)| match topic.subject {
        Subject::Service(_) => 0,
        Subject::Schedule(_) => 1,
        Subject::Pair(_) => 2,
        Subject::Policy(_) | Subject::Page(_) => 3,
        Subject::Rule(_) => 4,
    });
    subjects
}

/// The days for which one value held, neighbours that say the same joined.
pub fn stretches(timeline: &Timeline, since: Option<NaiveDate>) -> Vec<Stretch<'_>> {
    let mut found: Vec<Stretch<'_>> = Vec::new();
    for segment in &timeline.segments {
        match found.last_mut() {
            Some(last)
                if *last.observation == segment.observation
                    && last.days.until == Some(segment.period.from) =>
            {
                last.days.until = segment.period.until;
            }
            _ => found.push(Stretch {
                days: segment.period,
                observation: &segment.observation,
                fact: &segment.fact,
            }),
        }
    }
    let before = |day: NaiveDate| since.is_some_and(|since| day <= since);
    found.retain(|stretch| !stretch.days.until.is_some_and(before));
    found
}
