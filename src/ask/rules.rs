//! The rulemakings that are known.

use chrono::{DateTime, NaiveDate, Utc};

use crate::engine::fold::{fold, known_by};
use crate::engine::rules::{Rulemaking, rulemakings};
use crate::io::store::{Reader, StoreError};
use crate::model::topic::{Subject, Topic};

/// Rulemakings, the one with the latest document first, as they stand on `today`; with `known` only
/// what this installation had read by then.
///
/// # Errors
/// When the store cannot be read.
pub fn rules(
    reader: &Reader,
    today: NaiveDate,
    known: Option<DateTime<Utc>>,
) -> Result<Vec<Rulemaking>, StoreError> {
    let topics: Vec<Topic> = reader
        .document_topics()?
        .into_iter()
        .filter(|topic| matches!(topic.subject, Subject::Rule(_)))
        .collect();
    let facts = reader.facts(&topics)?;
    let facts = match known {
        Some(instant) => known_by(facts, instant),
        None => facts,
    };
    Ok(rulemakings(&fold(facts), today))
}
