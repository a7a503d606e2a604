//! The history of a code as tables.

use crate::engine::history::Line;
use crate::model::attribute::{Attribute, Kind};
use crate::model::fact::Observation;
use crate::model::topic::{Subject, Topic};
use crate::render::words::{cell, held};

/// One subject.
pub(super) struct Section {
    pub(super) title: String,
    /// Whether it is the code itself, which is shown unfolded.
    pub(super) is_open: bool,
    pub(super) rows: Vec<Row>,
    /// What was blank all the time, by name.
    pub(super) blank: String,
}

/// One value and the days on which it held.
pub(super) struct Row {
    /// Empty where it goes on from the row above.
    pub(super) label: &'static str,
    pub(super) days: String,
    pub(super) text: String,
    pub(super) edition: String,
    pub(super) published: String,
}

/// What is known, the record keeping of CMS left out.
pub(super) fn sections(subjects: &[(&Topic, Vec<Line<'_>>)]) -> Vec<Section> {
    subjects
        .iter()
        .map(|(topic, lines)| section(topic, lines))
        .collect()
}

fn section(topic: &Topic, lines: &[Line<'_>]) -> Section {
    let nothing = Observation::text("");
    let is_blank = |line: &&Line<'_>| {
        let mut stretches = line.stretches.iter();
        stretches.all(|stretch| *stretch.observation == nothing)
    };
    let told = lines
        .iter()
        .filter(|line| line.attribute != Attribute::Bookkeeping);
    let (blank, told): (Vec<&Line<'_>>, Vec<&Line<'_>>) = told.partition(is_blank);
    // Values first, texts below them.
    let (passages, values): (Vec<&Line<'_>>, Vec<&Line<'_>>) = told
        .into_iter()
        .partition(|line| line.attribute.kind() == Kind::Passage);
    let mut rows = Vec::new();
    for line in values.into_iter().chain(passages) {
        for (index, stretch) in line.stretches.iter().enumerate().rev() {
            let is_first = index + 1 == line.stretches.len();
            let origin = &stretch.fact.origin;
            rows.push(Row {
                label: if is_first { line.attribute.label() } else { "" },
                days: held(stretch.days),
                text: cell(line.attribute, stretch.observation),
                edition: origin.edition.name.clone(),
                published: origin.published.to_string(),
            });
        }
    }
    let labels: Vec<&str> = blank.iter().map(|line| line.attribute.label()).collect();
    Section {
        title: topic.to_string(),
        is_open: matches!(topic.subject, Subject::Service(_)) && topic.stage.rulemaking().is_none(),
        rows,
        blank: labels.join(", "),
    }
}
