//! What a document says, as one statement about the rule that it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::corrections::{self, Reference};
use super::desk::Filed;
use super::docket::{self, Kind, Type};
use super::filed::FiledText;
use super::full_text::FullText;
use super::naming::{introduction, named, of_record, one, quote};
use super::record::{Record, names_schedule};
use crate::model::attribute::Attribute;
use crate::model::fact::{Edition, Observation, Repost, Statement};
use crate::model::request::{Concern, Reading, ShapeError};
use crate::model::topic::{Place, Stage, Subject, Topic, rulemaking};
use crate::model::watch::Watch;

/// What a published document says. `text`: its full text; `None` when only its record could be had.
///
/// A document that names nothing watched, and is no rule of the fee schedule or the outpatient system
/// nor belongs to one, says nothing.
///
/// # Errors
/// When record and text are of two documents.
pub(super) fn published(
    record: &Record,
    text: Option<&FullText>,
    known: &[Record],
    watch: &Watch,
    what: &str,
) -> Result<Reading, ShapeError> {
    if let Some(text) = text {
        check_identity(record, text, what)?;
    }
    let named = match text {
        Some(text) => named(record, text, watch),
        None => of_record(record, watch),
    };
    let mut reading = reading(what, record.published);
    let kind = record.kind();
    let is_about = matches!(kind, Kind::Correction | Kind::Withdrawal);
    let reference = if is_about {
        corrections::corrected(record, &introduction(record, text), known)
    } else {
        Reference::default()
    };
    let stage = stage(
        kind,
        record.of,
        record.docket(),
        reference.docket.as_deref(),
    );
    let belongs = |other: &Record| other.is_schedule() && corrections::is_related(record, other);
    let is_relevant = named.is_any() || record.is_schedule() || known.iter().any(belongs);
    if !is_relevant {
        return Ok(reading);
    }

    let mut values = BTreeMap::new();
    let mut put = |attribute, text: String| {
        if !text.is_empty() {
            values.insert(attribute, Observation::text(text));
        }
    };
    put(Attribute::RuleKind, kind.to_string());
    put(Attribute::RuleAction, record.action.clone());
    put(Attribute::Title, record.title.clone());
    put(Attribute::Docket, record.dockets.join(", "));
    put(Attribute::Rin, record.rins.join(", "));
    put(Attribute::Citation, record.citation.clone());
    put(Attribute::PublishedOn, record.published.to_string());
    put(Attribute::CommentsClose, day(record.comments_close_on));
    put(Attribute::EffectiveDate, day(record.effective_on));
    put(Attribute::CfrParts, cfr_parts(&record.parts));
    put(
        Attribute::Corrects,
        reference.number.or(reference.citation).unwrap_or_default(),
    );
    // Without the text nothing is known of what it names, and nothing is said of it.
    if text.is_some() {
        put(Attribute::Mentions, named.terms());
        put(Attribute::Passages, named.passages_value());
        put(Attribute::LookAlikePassages, named.look_alikes_value());
    }
    let locator = match text {
        Some(text) => format!(
            "{}, full text: all {} paragraphs and rows read; {} pictures have no text",
            place(record),
            text.blocks.len(),
            text.pictures
        ),
        None => format!(
            "{}, record only: its full text could not be had",
            place(record)
        ),
    };
    reading.thread = thread(&stage, record.dockets.first().map(String::as_str));
    reading.statements.push(Statement {
        topic: Topic {
            subject: Subject::Rule(record.number.clone()),
            place: Place::National,
            stage,
        },
        from: record.published,
        values: Arc::new(values),
        locator,
        quote: quote(&named, &[&record.summary, &record.title]),
    });
    Ok(reading)
}

/// What a document on the desk says. `text`: its raw text, where it could be had.
pub(super) fn filed(
    filed: &Filed,
    text: Option<&FiledText>,
    known: &[Record],
    watch: &Watch,
    what: &str,
) -> Reading {
    let mut dockets = filed.dockets.clone();
    if let Some(text) = text.filter(|_| dockets.is_empty()) {
        dockets.clone_from(&text.dockets);
    }
    let kind = filed.kind(&dockets);
    let rin = text.and_then(|text| text.rin.clone());
    let named = match text {
        Some(text) => text.named.clone(),
        None => one(&filed.title, watch),
    };
    let mut reading = reading(what, filed.day);
    if text.is_some_and(|text| !text.has_end) {
        reading.concerns.push(Concern {
            key: format!("{what} end"),
            text: format!(
                "the text of {what} lacks the line '[FR Doc. {} ...' at its end, so that it may not be whole",
                filed.number
            ),
            remedy: "read the document at the public inspection desk; coverd reads it again when it is published".to_owned(),
        });
    }
    let belongs = |other: &Record| {
        other.is_schedule()
            && dockets.iter().any(|docket| {
                let same = |known: &String| rulemaking(known) == rulemaking(docket);
                other.dockets.iter().any(same)
            })
    };
    let is_schedule = filed.of != Type::Notice && names_schedule(&filed.title);
    if !(named.is_any() || is_schedule || known.iter().any(belongs)) {
        return reading;
    }
    let name = docket::leading(kind, &dockets)
        .or(rin.as_deref())
        .unwrap_or(&filed.number);
    let stage = stage(kind, filed.of, name, None);
    let mut values = BTreeMap::new();
    let mut put = |attribute, text: String| {
        if !text.is_empty() {
            values.insert(attribute, Observation::text(text));
        }
    };
    put(Attribute::RuleKind, kind.to_string());
    put(Attribute::Title, filed.title.clone());
    put(Attribute::Docket, dockets.join(", "));
    put(Attribute::Rin, rin.unwrap_or_default());
    put(Attribute::FiledOn, hour(&filed.hour));
    put(Attribute::PublishedOn, day(filed.publication));
    if text.is_some() {
        put(Attribute::Mentions, named.terms());
        put(Attribute::FiledPassages, named.passages_value());
    }
    reading.thread = thread(&stage, dockets.first().map(String::as_str));
    reading.statements.push(Statement {
        topic: Topic {
            subject: Subject::Rule(filed.number.clone()),
            place: Place::National,
            stage,
        },
        from: filed.day,
        values: Arc::new(values),
        locator: format!("public inspection desk, document {}", filed.number),
        quote: quote(&named, &[&filed.title]),
    });
    reading
}

fn reading(name: &str, day: NaiveDate) -> Reading {
    let edition = Edition {
        name: name.to_owned(),
        begins: day,
        repost: Repost::Replaces,
    };
    Reading {
        published: Some(day),
        announces_new: true,
        ..Reading::new(edition)
    }
}

/// The record and the text have to be of one document.
fn check_identity(record: &Record, text: &FullText, what: &str) -> Result<(), ShapeError> {
    let of = match text.root.as_str() {
        "RULE" => Some(Type::Rule),
        "PRORULE" => Some(Type::Proposed),
        "NOTICE" => Some(Type::Notice),
        _ => None,
    };
    if of.is_some_and(|of| of != record.of) {
        let why = format!("the text is a {}, the record is another type", text.root);
        return Err(ShapeError::new(what, why));
    }
    match &text.number {
        Some(number) if *number == record.number => Ok(()),
        Some(number) => Err(ShapeError::new(
            what,
            format!("the text is document {number:.20}"),
        )),
        // What the Register prints to correct its own slips has no such line.
        None if record.number.starts_with(['C', 'R', 'X', 'Z']) => Ok(()),
        None => Err(ShapeError::new(
            what,
            "the text lacks its line '[FR Doc. ... Filed ...]'",
        )),
    }
}

/// How far it has come: under the docket of the rule that a correction or withdrawal is about.
fn stage(kind: Kind, of: Type, own: &str, about: Option<&str>) -> Stage {
    let rule = match (kind, about) {
        (Kind::Correction | Kind::Withdrawal, Some(rule)) => rule.to_owned(),
        (Kind::Correction | Kind::Withdrawal, None) if rulemaking(own) != own => {
            let suffix = if of == Type::Proposed { "P" } else { "F" };
            format!("{}-{suffix}", rulemaking(own))
        }
        _ => own.to_owned(),
    };
    docket::stage(kind, of, &rule)
}

fn thread(stage: &Stage, docket: Option<&str>) -> Option<String> {
    let name = stage.rulemaking().or(docket.map(rulemaking));
    name.map(ToOwned::to_owned)
}

fn place(record: &Record) -> String {
    if record.citation.is_empty() {
        format!("FR {}", record.number)
    } else {
        record.citation.clone()
    }
}

fn day(day: Option<NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// `2020-08-04T08:45:00.000-04:00` as `2020-08-04 08:45`.
fn hour(text: &str) -> String {
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(hour)) => format!("{day} {hour}"),
        _ => text.to_owned(),
    }
}

/// `42 CFR 410, 414`.
fn cfr_parts(parts: &[(String, String)]) -> String {
    let mut titles: Vec<(&str, Vec<&str>)> = Vec::new();
    for (title, part) in parts {
        match titles.last_mut() {
            Some((last, parts)) if last == title => parts.push(part),
            _ => titles.push((title, vec![part])),
        }
    }
    let titles: Vec<String> = titles
        .iter()
        .map(|(title, parts)| format!("{title} CFR {}", parts.join(", ")))
        .collect();
    titles.join("; ")
}
