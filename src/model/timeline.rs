//! Belief by date of service: for each key a step function.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::attribute::Attribute;
use super::fact::{Fact, FactKey, Observation, Value};
use super::topic::{Place, Stage, Subject, Topic};

/// Days from `from` on, up to but without `until`; `None` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// First day.
    pub from: NaiveDate,
    /// First day no longer in it.
    pub until: Option<NaiveDate>,
}

impl Period {
    /// Whether the day lies in it.
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// A stretch of days for which one fact decides one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The days.
    pub period: Period,
    /// What is believed.
    pub observation: Observation,
    /// The fact that decides: its origin and evidence.
    pub fact: Arc<Fact>,
}

/// The step function of one key: segments in order, without overlap. Days before the first
/// segment are *not observed*.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// The segments, earliest first. Neighbours may say the same by different documents.
    pub segments: Vec<Segment>,
}

impl Timeline {
    /// What is believed of a day; `None` is "not observed".
    pub fn at(&self, day: NaiveDate) -> Option<&Segment> {
        let after = self
            .segments
            .partition_point(|segment| segment.period.from <= day);
        self.segments[..after]
            .last()
            .filter(|segment| segment.period.contains(day))
    }

    /// The segment from which on the observation that holds on `day` has held without a break.
    pub fn since(&self, day: NaiveDate) -> Option<&Segment> {
        let after = self
            .segments
            .partition_point(|segment| segment.period.from <= day);
        let mut held = self.segments[..after]
            .last()
            .filter(|segment| segment.period.contains(day))?;
        for earlier in self.segments[..after].iter().rev().skip(1) {
            if earlier.observation != held.observation
                || earlier.period.until != Some(held.period.from)
            {
                break;
            }
            held = earlier;
        }
        Some(held)
    }
}

/// All timelines of some topics.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timelines {
    topics: BTreeMap<Topic, BTreeMap<Attribute, Timeline>>,
}

impl Timelines {
    /// Puts a timeline in its place.
    pub fn insert(&mut self, key: FactKey, timeline: Timeline) {
        self.topics
            .entry(key.topic)
            .or_default()
            .insert(key.attribute, timeline);
    }

    /// The timeline of one attribute.
    pub fn get(&self, topic: &Topic, attribute: Attribute) -> Option<&Timeline> {
        self.topics.get(topic)?.get(&attribute)
    }

    /// What is believed of an attribute on a day; `None` is "not observed".
    pub fn observed(
        &self,
        topic: &Topic,
        attribute: Attribute,
        day: NaiveDate,
    ) -> Option<&Observation> {
        self.get(topic, attribute)?
            .at(day)
            .map(|segment| &segment.observation)
    }

    /// The value of an attribute on a day as text; `None` when it is absent or not observed.
    pub fn text(&self, topic: &Topic, attribute: Attribute, day: NaiveDate) -> Option<String> {
        match self.observed(topic, attribute, day)? {
            Observation::Value(Value::Text(text)) => Some(text.clone()),
            Observation::Value(Value::Amount(amount)) => Some(amount.to_string()),
            Observation::Value(Value::Count(count)) => Some(count.to_string()),
            Observation::Absent => None,
        }
    }

    /// All attributes of one topic.
    pub fn topic(&self, topic: &Topic) -> Option<&BTreeMap<Attribute, Timeline>> {
        self.topics.get(topic)
    }

    /// The stages at which something is believed of a subject at a place, in order.
    pub fn stages<'a, 'b>(
        &'a self,
        subject: &'b Subject,
        place: &'b Place,
    ) -> impl Iterator<Item = &'a Topic> + use<'a, 'b> {
        let first = Topic {
            subject: subject.clone(),
            place: place.clone(),
            stage: Stage::InForce,
        };
        self.topics
            .range(first..)
            .map(|(topic, _)| topic)
            .take_while(move |topic| topic.subject == *subject && topic.place == *place)
    }

    /// Every topic with its attributes, in order.
    pub fn topics(&self) -> impl Iterator<Item = (&Topic, &BTreeMap<Attribute, Timeline>)> {
        self.topics.iter()
    }
}
