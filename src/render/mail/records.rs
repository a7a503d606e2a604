//! Records that are new: a rule that was published, an instruction, an analysis that was opened. There
//! is nothing before them to compare with, so that they are told field by field.

use std::collections::BTreeMap;

use crate::model::alert::Phase;
use crate::model::attribute::{Attribute, Kind};
use crate::model::change::{Change, Judged, Severity};
use crate::model::fact::{Observation, Value};
use crate::model::passage::Passage;
use crate::model::topic::{Stage, Subject, Topic};
use crate::render::clean;

/// Passages shown of one record.
const PASSAGES: usize = 12;
/// Longest passage, in characters.
const LONGEST_PASSAGE: usize = 700;
/// Longest value of a field.
const LONGEST_VALUE: usize = 300;
/// What a record is named by beside its number.
const NAMED: usize = 4;

/// A record, as far as it is new.
pub(super) struct Record<'a> {
    pub(super) topic: &'a Topic,
    pub(super) severity: Severity,
    pub(super) values: BTreeMap<Attribute, &'a str>,
    pub(super) changes: Vec<&'a Change>,
}

/// A record as it is written.
pub(super) struct Shown {
    pub(super) title: String,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) passages: Vec<Quoted>,
    pub(super) left_out: String,
}

/// A passage of a record.
pub(super) struct Quoted {
    /// What it names.
    pub(super) terms: String,
    /// Headings and page.
    pub(super) place: String,
    pub(super) text: String,
}

/// Whether the change is a field of a record that begins, rather than a step of one.
pub(super) fn is_new(change: &Change) -> bool {
    let is_record = match change.key.topic.subject {
        Subject::Rule(_) | Subject::Policy(_) | Subject::Page(_) => true,
        Subject::Service(_) | Subject::Schedule(_) | Subject::Pair(_) => false,
    };
    is_record && change.was.is_none() && matches!(change.now, Some(Observation::Value(_)))
}

/// The records among the changes, gravest first.
pub(super) fn records(changes: &[Judged]) -> Vec<Record<'_>> {
    let mut records: BTreeMap<&Topic, Record<'_>> = BTreeMap::new();
    for judged in changes.iter().filter(|judged| is_new(&judged.change)) {
        let change = &judged.change;
        let record = records.entry(&change.key.topic).or_insert_with(|| Record {
            topic: &change.key.topic,
            severity: judged.severity,
            values: BTreeMap::new(),
            changes: Vec::new(),
        });
        record.severity = record.severity.max(judged.severity);
        record.changes.push(change);
        if let Some(Observation::Value(Value::Text(text))) = &change.now
            && !text.is_empty()
        {
            record.values.insert(change.key.attribute, text);
        }
    }
    let mut records: Vec<Record<'_>> = records.into_values().collect();
    records.sort_by_key(|record| std::cmp::Reverse(record.severity));
    records
}

impl Record<'_> {
    fn value(&self, attribute: Attribute) -> Option<&str> {
        self.values.get(&attribute).copied()
    }

    fn passages(&self) -> Vec<Passage> {
        let texts = [Attribute::Passages, Attribute::FiledPassages];
        texts
            .into_iter()
            .filter_map(|attribute| self.value(attribute))
            .flat_map(Passage::parse_all)
            .collect()
    }

    /// What people call it: the docket of a rule, the name of a policy.
    pub(super) fn name(&self) -> String {
        let name = match (&self.topic.subject, &self.topic.stage) {
            (Subject::Rule(_), Stage::ProposedBy(docket) | Stage::FinalBy(docket)) => {
                docket.clone()
            }
            (subject, _) => subject.to_string(),
        };
        clean::line(&name, 60)
    }

    /// What it is and what it names, for a subject line.
    pub(super) fn headline(&self) -> String {
        let mut parts = vec![self.happened()];
        if let Some(close) = self.value(Attribute::CommentsClose) {
            parts.push(format!("comments close {}", clean::line(close, 20)));
        }
        if let Some(day) = self.value(Attribute::EffectiveDate) {
            parts.push(format!("effective {}", clean::line(day, 20)));
        }
        let has_read_text = [Attribute::Passages, Attribute::FiledPassages]
            .iter()
            .any(|attribute| self.values.contains_key(attribute));
        if has_read_text {
            parts.push(format!("names {}", self.named()));
        }
        // A rule does something; a policy is called something.
        let is_rule = matches!(self.topic.subject, Subject::Rule(_));
        let between = if is_rule { " " } else { ": " };
        format!("{}{between}{}", self.name(), parts.join(", "))
    }

    fn happened(&self) -> String {
        if !matches!(self.topic.subject, Subject::Rule(_)) {
            let title = self
                .value(Attribute::Title)
                .or_else(|| self.value(Attribute::Announcement));
            return title.map_or_else(|| "new".to_owned(), |title| clean::line(title, 70));
        }
        if let Some(corrected) = self.value(Attribute::Corrects) {
            return format!("about {}", clean::line(corrected, 40));
        }
        if let Some(citation) = self.value(Attribute::Citation) {
            return format!("published ({})", clean::line(citation, 20));
        }
        if self.values.contains_key(&Attribute::FiledOn) {
            let day = self
                .value(Attribute::PublishedOn)
                .unwrap_or("a day to come");
            return format!(
                "on public inspection, to be published {}",
                clean::line(day, 20)
            );
        }
        "new".to_owned()
    }

    /// The watched codes and words that it names.
    fn named(&self) -> String {
        let mut terms: Vec<String> = Vec::new();
        for term in self
            .passages()
            .into_iter()
            .flat_map(|passage| passage.terms)
        {
            if !terms.contains(&term) {
                terms.push(term);
            }
        }
        terms.sort_by_key(|term| !term.starts_with(|c: char| c.is_ascii_digit()));
        let more = terms.len().saturating_sub(NAMED);
        terms.truncate(NAMED);
        let shown = clean::line(&terms.join(", "), 80);
        if more > 0 {
            format!("{shown} and {more} more")
        } else {
            shown
        }
    }

    /// The whole record for the body of the mail.
    pub(super) fn shown(&self) -> Shown {
        let fields = self
            .values
            .iter()
            .filter(|(attribute, _)| attribute.kind() != Kind::Passage)
            .map(|(attribute, value)| (attribute.label(), clean::line(value, LONGEST_VALUE)));
        let passages = self.passages();
        let left_out = passages.len().saturating_sub(PASSAGES);
        let quoted = passages.into_iter().take(PASSAGES).map(quoted);
        let others = self
            .values
            .iter()
            .filter(|(attribute, _)| attribute.kind() == Kind::Passage)
            .filter(|(attribute, _)| {
                !matches!(
                    attribute,
                    Attribute::Passages | Attribute::FiledPassages | Attribute::LookAlikePassages
                )
            })
            .map(|(attribute, text)| Quoted {
                terms: attribute.label().to_owned(),
                place: String::new(),
                text: clean::line(text, LONGEST_PASSAGE),
            });
        Shown {
            title: clean::line(&self.topic.to_string(), 120),
            fields: fields.collect(),
            passages: quoted.chain(others).collect(),
            left_out: match left_out {
                0 => String::new(),
                number => format!("and {number} more passages"),
            },
        }
    }
}

fn quoted(passage: Passage) -> Quoted {
    let place: Vec<String> = [passage.heading.join(" \u{203a} "), passage.page]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    Quoted {
        terms: clean::line(&passage.terms.join(", "), 120),
        place: clean::line(&place.join(", "), 240),
        text: clean::line(&passage.text, LONGEST_PASSAGE),
    }
}

/// What a phase means for the reader, in a sentence.
pub(super) fn meaning(phase: Phase) -> &'static str {
    match phase {
        Phase::Proposed => {
            "This is a proposal. Nothing changes for claims unless a final rule says so."
        }
        Phase::Final => "This is a final rule. It holds from the day it names, not before.",
        Phase::InForce => "It is in force.",
        Phase::Corrected => {
            "A rule that was published before is corrected. What is not named here stands as it was."
        }
        Phase::Withdrawn => "What was proposed is withdrawn: nothing comes of it.",
    }
}
