//! Values, days and changes in a few words, as the commands and the page write them.

use chrono::{DateTime, Utc};

use super::clean;
use super::wording::status_short;
use crate::model::attribute::{Attribute, Kind};
use crate::model::change::Change;
use crate::model::fact::{Fact, Observation};
use crate::model::health::OpenProblem;
use crate::model::timeline::Period;

/// Characters of a long text in a cell.
const CELL: usize = 120;

/// Digits of an id that people see; any that tell it apart are enough for `coverd show`.
const ID: usize = 8;

/// A value in a cell for people: texts by their first words, the letter of a status with its meaning.
pub fn cell(attribute: Attribute, observation: &Observation) -> String {
    let text = clean::line(&observation.to_string(), CELL);
    match (attribute, status_short(&text)) {
        (Attribute::Status, Some(meaning)) => format!("{text} ({meaning})"),
        _ => text,
    }
}

/// What moved, from what to what, in a cell.
pub fn step(change: &Change) -> String {
    let attribute = change.key.attribute;
    let label = attribute.label();
    if attribute.kind() == Kind::Passage && change.was.is_some() && change.now.is_some() {
        return format!("{label} changed");
    }
    let side = |observation: &Option<Observation>| {
        observation
            .as_ref()
            .map_or_else(|| "not observed".to_owned(), |seen| cell(attribute, seen))
    };
    format!(
        "{label}: {} \u{2192} {}",
        side(&change.was),
        side(&change.now)
    )
}

/// The first digits of an id.
pub fn short_id(id: &str) -> &str {
    id.get(..ID).unwrap_or(id)
}

/// From when to when, for people: both days belong to it.
pub fn held(days: Period) -> String {
    match days.until {
        Some(until) => format!("{} to {}", days.from, until.pred_opt().unwrap_or(until)),
        None => format!("since {}", days.from),
    }
}

/// An instant, to the minute.
pub fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A problem that lasts, in words.
pub fn trouble(open: &OpenProblem) -> String {
    format!(
        "{}: {} (since {})",
        open.problem.kind,
        open.problem.text,
        minute(open.since)
    )
}

/// The document of a fact and the place in it.
pub fn place(fact: &Fact) -> String {
    let origin = &fact.origin;
    format!(
        "{}, published {}, {}",
        origin.edition.name, origin.published, fact.statement.locator
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shortened_and_short_ones_stay() {
        assert_eq!(short_id("3f9a1c00ffee"), "3f9a1c00");
        assert_eq!(short_id("3f9a"), "3f9a");
    }

    #[test]
    fn a_status_has_its_meaning_and_a_long_text_only_its_beginning() {
        let status = cell(Attribute::Status, &Observation::text("A"));
        assert_eq!(status, "A (payable if covered)");
        let text = cell(
            Attribute::Indications,
            &Observation::text("word ".repeat(90)),
        );
        assert!(text.chars().count() < 160, "{text}");
        assert!(text.contains("characters in all"), "{text}");
    }
}
