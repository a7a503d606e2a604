//! What was believed of a code, from when to when.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};

use crate::engine::answer::{Setting, topics};
use crate::engine::fold::{fold, known_by};
use crate::io::store::{Reader, StoreError};
use crate::model::answer::Question;
use crate::model::code::Service;
use crate::model::timeline::Timelines;
use crate::model::watch::{NcdLink, Watch};

/// The timelines of everything that an answer about the code may need; with `known` only what this
/// installation had read by then.
///
/// # Errors
/// When the store cannot be read.
pub fn everything(
    reader: &Reader,
    service: Service,
    watch: &Watch,
    known: Option<DateTime<Utc>>,
) -> Result<Timelines, StoreError> {
    let links: Vec<NcdLink> = watch.ncds.values().cloned().collect();
    let setting = Setting {
        links: &links,
        billed_with: &watch.billed_with,
        // The history of a code is the same everywhere.
        localities: &BTreeSet::new(),
        known: &reader.topics_about(service)?,
    };
    believed(reader, service, &setting, known)
}

/// The timelines of what this setting asks for.
///
/// # Errors
/// When the store cannot be read.
pub fn believed(
    reader: &Reader,
    service: Service,
    setting: &Setting<'_>,
    known: Option<DateTime<Utc>>,
) -> Result<Timelines, StoreError> {
    let question = Question {
        as_known_on: known,
        ..Question::of(service, NaiveDate::MAX)
    };
    let facts = reader.facts(&topics(&question, setting))?;
    Ok(fold(match known {
        Some(instant) => known_by(facts, instant),
        None => facts,
    }))
}
