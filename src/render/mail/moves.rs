//! Changes brought into the form in which people read them: identical moves of several codes are
//! one line, a row that came or went is one line, and lines about the same days stand together.

use std::collections::{BTreeMap, BTreeSet};

use super::records::is_new;
use crate::model::attribute::{Attribute, Kind};
use crate::model::change::{Beside, Change, Judged, Severity};
use crate::model::fact::{Observation, Value};
use crate::model::timeline::Period;
use crate::model::topic::{Place, Stage, Subject, Topic};
use crate::render::{clean, wording};

/// A topic that came or went with at least this many attributes is told as one move.
const WHOLE_RECORD: usize = 3;
/// Texts longer than this are shown as a redline, whatever their kind.
const LONG_TEXT: usize = 140;

/// What moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// The whole row or record came or went.
    Whole,
    /// One attribute.
    One(Attribute),
}

/// Where, how firmly and for which days; moves that share it stand in one section.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Scope<'a> {
    pub(super) stage: &'a Stage,
    pub(super) place: &'a Place,
    pub(super) days: Period,
}

/// One line: the same step of one or several subjects.
#[derive(Debug)]
pub(super) struct Move<'a> {
    pub(super) scope: Scope<'a>,
    pub(super) what: What,
    pub(super) severity: Severity,
    pub(super) subjects: BTreeSet<&'a Subject>,
    pub(super) was: Option<&'a Observation>,
    pub(super) now: Option<&'a Observation>,
    /// The changes behind it.
    pub(super) changes: Vec<&'a Change>,
    /// What is believed at the other stages.
    pub(super) beside: &'a [Beside],
    /// For a whole record that came or went: what it says or said.
    pub(super) summary: String,
}

impl Move<'_> {
    /// The value before, for a cell.
    pub(super) fn before(&self) -> String {
        self.side(self.was)
    }

    /// The value after, for a cell.
    pub(super) fn after(&self) -> String {
        self.side(self.now)
    }

    fn side(&self, observation: Option<&Observation>) -> String {
        match (self.what, observation) {
            (What::Whole, Some(Observation::Value(_))) => format!("listed: {}", self.summary),
            (What::Whole, other) => plain(other, 40),
            (What::One(attribute), other) => value(attribute, other),
        }
    }

    /// What moved, in words.
    pub(super) fn label(&self) -> &'static str {
        match (self.what, self.subjects.first()) {
            (What::One(attribute), _) => attribute.label(),
            (What::Whole, Some(Subject::Service(_))) => "the whole row",
            (What::Whole, _) => "the whole record",
        }
    }

    /// Whether a final rule leaves what is in force, against what had been proposed.
    pub(super) fn stays(&self) -> bool {
        matches!(self.scope.stage, Stage::FinalBy(_))
            && self.beside.iter().any(|beside| {
                beside.stage == Stage::InForce && beside.observation.as_ref() == self.now
            })
    }

    /// What the other stages say, in words: as proposed, or otherwise.
    pub(super) fn note(&self) -> String {
        let of_rules = self
            .beside
            .iter()
            .filter(|beside| beside.stage != Stage::InForce);
        if self.stays() {
            let proposed = plain(self.was, 60);
            return format!("it stays as it is in force; the proposed {proposed} is not adopted");
        }
        let notes: Vec<String> = of_rules
            .map(|beside| {
                let stage = clean::line(&beside.stage.to_string(), 60);
                if beside.observation.as_ref() == self.now {
                    format!("as {stage}")
                } else {
                    format!("{stage} was {}", plain(beside.observation.as_ref(), 60))
                }
            })
            .collect();
        notes.join("; ")
    }

    /// Whether it is shown as a redline rather than in a cell.
    pub(super) fn is_passage(&self) -> bool {
        let long = |observation: Option<&Observation>| match observation {
            Some(Observation::Value(Value::Text(text))) => text.chars().count() > LONG_TEXT,
            _ => false,
        };
        match self.what {
            What::Whole => false,
            What::One(attribute) => {
                (attribute.kind() == Kind::Passage && (self.was.is_some() || self.now.is_some()))
                    || long(self.was)
                    || long(self.now)
            }
        }
    }
}

/// A value for a cell, with the few words that say what a status means.
fn value(attribute: Attribute, observation: Option<&Observation>) -> String {
    let text = plain(observation, LONG_TEXT);
    match (attribute, wording::status_short(&text)) {
        (Attribute::Status, Some(short)) => format!("{text} ({short})"),
        _ => text,
    }
}

/// A value by itself.
pub(super) fn plain(observation: Option<&Observation>, longest: usize) -> String {
    match observation {
        Some(observation) => clean::line(&observation.to_string(), longest),
        None => "not observed".to_owned(),
    }
}

/// The text of an observation, for a redline; empty where there is none.
pub(super) fn text(observation: Option<&Observation>) -> &str {
    match observation {
        Some(Observation::Value(Value::Text(text))) => text,
        _ => "",
    }
}

/// Subjects in one line; of many, the first ones and how many there are beside them.
pub(super) fn names(subjects: &BTreeSet<&Subject>, most: usize) -> String {
    let shown = if subjects.len() <= most + 1 {
        subjects.len()
    } else {
        most
    };
    let mut text = subjects
        .iter()
        .take(shown)
        .map(|subject| clean::line(&subject.to_string(), 40))
        .collect::<Vec<_>>()
        .join(", ");
    if subjects.len() > shown {
        text.push_str(" and ");
        text.push_str(&count(subjects.len() - shown));
        text.push_str(" more");
    }
    text
}

/// A number with commas: `1,204`.
pub(super) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

type Group<'a> = (
    Scope<'a>,
    What,
    Option<&'a Observation>,
    Option<&'a Observation>,
    &'a [Beside],
    String,
);

/// All moves, gravest first, then by code, then in the order in which attributes are read.
pub(super) fn moves(changes: &[Judged]) -> Vec<Move<'_>> {
    let whole = whole_records(changes);
    let mut groups: BTreeMap<Group<'_>, Move<'_>> = BTreeMap::new();
    for judged in changes.iter().filter(|judged| !is_new(&judged.change)) {
        let change = &judged.change;
        let beside = judged.beside.as_slice();
        let topic = &change.key.topic;
        let scope = Scope {
            stage: &topic.stage,
            place: &topic.place,
            days: change.days,
        };
        let (what, summary) = match whole.get(&(topic, change.days)) {
            Some(record) if turns(change) => (What::Whole, record.summary()),
            _ => (What::One(change.key.attribute), String::new()),
        };
        let (was, now) = (change.was.as_ref(), change.now.as_ref());
        // the values of a whole record are in its summary: only its direction is compared
        let absent = |side: Option<&'_ Observation>| side == Some(&Observation::Absent);
        let key = match what {
            What::Whole => (
                scope.clone(),
                what,
                was.filter(|_| absent(was)),
                now.filter(|_| absent(now)),
                // each attribute has its own, and the row is told as one
                &[][..],
                summary.clone(),
            ),
            What::One(_) => (scope.clone(), what, was, now, beside, String::new()),
        };
        let group = groups.entry(key).or_insert_with(|| Move {
            scope,
            what,
            severity: judged.severity,
            subjects: BTreeSet::new(),
            was: change.was.as_ref(),
            now: change.now.as_ref(),
            changes: Vec::new(),
            beside,
            summary,
        });
        group.severity = group.severity.max(judged.severity);
        group.subjects.insert(&topic.subject);
        group.changes.push(change);
    }
    let mut moves: Vec<Move<'_>> = groups.into_values().collect();
    moves.sort_by(|a, b| {
        (b.severity.cmp(&a.severity))
            .then_with(|| a.subjects.first().cmp(&b.subjects.first()))
            .then_with(|| a.what.cmp(&b.what))
            .then_with(|| a.scope.cmp(&b.scope))
    });
    moves
}

/// A topic of which many attributes came or went at once.
#[derive(Default)]
struct Record<'a> {
    values: BTreeMap<Attribute, &'a Observation>,
}

impl Record<'_> {
    /// The few values that tell most about it.
    fn summary(&self) -> String {
        const TELLING: [Attribute; 6] = [
            Attribute::Status,
            Attribute::WorkRvu,
            Attribute::NonFacilityTotal,
            Attribute::FacilityTotal,
            Attribute::Title,
            Attribute::EffectiveDate,
        ];
        let said: Vec<String> = TELLING
            .iter()
            .filter_map(|attribute| {
                let label = match attribute {
                    Attribute::Status => "status",
                    other => other.label(),
                };
                let observation = self.values.get(attribute)?;
                Some(format!("{label} {}", value(*attribute, Some(observation))))
            })
            .collect();
        if said.is_empty() {
            return format!("{} fields", self.values.len());
        }
        said.join(", ")
    }
}

fn whole_records(changes: &[Judged]) -> BTreeMap<(&Topic, Period), Record<'_>> {
    let mut records: BTreeMap<(&Topic, Period), Record<'_>> = BTreeMap::new();
    for Judged { change, .. } in changes.iter().filter(|judged| turns(&judged.change)) {
        let ((Some(value), Some(Observation::Absent)) | (_, Some(value))) =
            (&change.was, &change.now)
        else {
            continue;
        };
        records
            .entry((&change.key.topic, change.days))
            .or_default()
            .values
            .insert(change.key.attribute, value);
    }
    records.retain(|_, record| record.values.len() >= WHOLE_RECORD);
    records
}

/// Whether the change is a step between "listed" and "not listed".
fn turns(change: &Change) -> bool {
    let is_value = |side: &Option<Observation>| matches!(side, Some(Observation::Value(_)));
    let is_absent = |side: &Option<Observation>| matches!(side, Some(Observation::Absent));
    (is_value(&change.was) && is_absent(&change.now))
        || (is_absent(&change.was) && is_value(&change.now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_204, "1,204"),
            (1_000_000, "1,000,000"),
        ] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn many_codes_are_counted_and_one_more_is_not_worth_a_count() {
        let subjects: Vec<Subject> = (20_560..20_579)
            .map(|code| Subject::Service(code.to_string().parse().unwrap()))
            .collect();
        let names_of = |n: usize| names(&subjects.iter().take(n).collect(), 2);
        assert_eq!(names_of(1), "20560");
        assert_eq!(names_of(3), "20560, 20561, 20562");
        assert_eq!(names_of(19), "20560, 20561 and 17 more");
    }
}
