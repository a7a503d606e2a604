//! What a record says, as statements.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::limits::{Limits, limits};
use super::record::Record;
use crate::model::attribute::Attribute;
use crate::model::date::{MEDICARE_BEGAN, us_date, written_date};
use crate::model::fact::{Observation, Statement};
use crate::model::request::ShapeError;
use crate::model::topic::{Subject, Topic};
use crate::model::watch::Watch;
use crate::parse::text::mentions;

/// How much of a record is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interest {
    /// Every field: the determination is configured.
    Configured,
    /// What shows why it may matter, and that it changed: it mentions a watched word.
    Scanned,
}

impl Interest {
    fn attributes(self) -> &'static [Attribute] {
        match self {
            Self::Configured => &[
                Attribute::Title,
                Attribute::EffectiveDate,
                Attribute::EndDate,
                Attribute::Indications,
                Attribute::Limits,
                Attribute::ItemDescription,
                Attribute::BenefitCategory,
                Attribute::CrossReference,
                Attribute::OtherText,
                Attribute::ReasonsForDenial,
                Attribute::ImplementationDate,
                Attribute::Mentions,
                Attribute::RevisionHistory,
                Attribute::Transmittal,
                Attribute::Bookkeeping,
            ],
            Self::Scanned => &[
                Attribute::Title,
                Attribute::EffectiveDate,
                Attribute::EndDate,
                Attribute::Indications,
                Attribute::ItemDescription,
                Attribute::Mentions,
            ],
        }
    }
}

/// The first day for which a record speaks, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) begins: NaiveDate,
    pub(super) statements: Vec<Statement>,
}

/// Reads a record into statements: one from its effective date on and, when it has an end date, one
/// from that date on. A scanned record that mentions no watched word says nothing.
///
/// "RETIRED" in a title is part of the title: CMS keeps such records without an end date, and what
/// retiring means for claims is told in their text.
///
/// # Errors
/// When a date is neither a date nor one of the ways in which CMS says that there is none.
pub(super) fn statements(
    record: &Record,
    watch: &Watch,
    interest: Interest,
    what: &str,
) -> Result<Said, ShapeError> {
    let effective = effective_date(&record.effective_date)
        .map_err(|why| ShapeError::new(format!("{what}, effective_date"), why))?;
    let end = end_date(&record.end_date)
        .map_err(|why| ShapeError::new(format!("{what}, effective_end_date"), why))?;
    // A record whose end lies before its effective date (CMS's exports have some) is one that
    // never held.
    let begins = end.map_or(effective, |end| end.min(effective));

    let policy_text: Vec<&str> = record.policy_text().collect();
    let mentioned: Vec<&str> = watch
        .words
        .iter()
        .map(String::as_str)
        .filter(|&word| {
            policy_text
                .iter()
                .any(|text| !mentions(text, [word]).is_empty())
        })
        .collect();
    let mut said = Said {
        begins,
        statements: Vec::new(),
    };
    if interest == Interest::Scanned && mentioned.is_empty() {
        return Ok(said);
    }

    let limits = limits(&policy_text, watch.words.iter().map(String::as_str));
    let values: BTreeMap<_, _> = interest
        .attributes()
        .iter()
        .map(|&attribute| (attribute, value(record, attribute, &mentioned, &limits)))
        .collect();
    let statement = |from: NaiveDate, values: BTreeMap<_, _>, quote: String| Statement {
        topic: Topic::national(Subject::Policy(record.policy())),
        from,
        values: Arc::new(values),
        locator: format!("record of {} (API)", record.policy()),
        quote,
    };
    let ended = end.map(|end| {
        let values = values
            .iter()
            .map(|(&attribute, value)| match attribute {
                Attribute::Title | Attribute::EndDate => (attribute, value.clone()),
                _ => (attribute, Observation::Absent),
            })
            .collect();
        let quote = format!("{}: effective end date {}", record.title, record.end_date);
        statement(end, values, quote)
    });
    if end.is_none_or(|end| effective < end) {
        said.statements
            .push(statement(effective, values, quote(record, &limits)));
    }
    said.statements.extend(ended);
    Ok(said)
}

fn value(
    record: &Record,
    attribute: Attribute,
    mentioned: &[&str],
    limits: &Limits,
) -> Observation {
    let passage = |paragraphs: &[String]| Observation::text(paragraphs.join("\n"));
    match attribute {
        Attribute::Title => Observation::text(&record.title),
        Attribute::EffectiveDate => Observation::text(&record.effective_date),
        Attribute::EndDate => Observation::text(&record.end_date),
        Attribute::ImplementationDate => Observation::text(&record.implementation_date),
        Attribute::Indications => passage(&record.indications),
        Attribute::Limits => Observation::text(limits.lines().join("\n")),
        Attribute::ItemDescription => passage(&record.item_description),
        Attribute::BenefitCategory => passage(&record.benefit_category),
        Attribute::CrossReference => passage(&record.cross_reference),
        Attribute::OtherText => passage(&record.other_text),
        Attribute::ReasonsForDenial => passage(&record.reasons_for_denial),
        Attribute::Mentions => Observation::text(mentioned.join(", ")),
        Attribute::RevisionHistory => passage(&record.revision_history),
        Attribute::Transmittal => Observation::text(
            format!("{} {}", record.transmittal_number, record.transmittal_url).trim(),
        ),
        Attribute::Bookkeeping => Observation::text(format!(
            "publication {}; version {}; quarterly update date '{}'; AMA statement '{}'",
            record.publication_number,
            record.version,
            record.qr_modifier_date,
            record.ama_statement
        )),
        _ => Observation::Absent,
    }
}

/// The sentences that tell a biller most, as long as evidence may be.
fn quote(record: &Record, limits: &Limits) -> String {
    const LONGEST: usize = 600;
    let passages = [
        &limits.passages,
        &record.indications,
        &record.item_description,
    ]
    .into_iter()
    .find(|passages| !passages.is_empty());
    let text = passages.map_or_else(String::new, |passages| passages.join("\n"));
    if text.chars().count() <= LONGEST {
        return text;
    }
    let mut cut: String = text.chars().take(LONGEST - 1).collect();
    cut.push('…');
    cut
}

/// A date, or the beginning of Medicare where CMS says that the date is not posted.
fn effective_date(text: &str) -> Result<NaiveDate, String> {
    if let Some(date) = us_date(text).or_else(|| written_date(text)) {
        return Ok(date);
    }
    // Beside dates CMS writes "This is a longstanding national coverage determination. The
    // effective date of this version has not been posted."
    let not_posted =
        !mentions(text, ["longstanding", "long standing", "effective date"]).is_empty();
    if is_blank(text) || (not_posted && !text.bytes().any(|byte| byte.is_ascii_digit())) {
        Ok(MEDICARE_BEGAN)
    } else {
        Err(format!(
            "'{text:.60}' is neither a date nor says that the date is not posted"
        ))
    }
}

/// A date; `None` for the "N/A" of every record that has been seen, and for a sentence, which is
/// kept as text and told when it changes.
fn end_date(text: &str) -> Result<Option<NaiveDate>, String> {
    if let Some(date) = us_date(text).or_else(|| written_date(text)) {
        return Ok(Some(date));
    }
    if is_blank(text) || text.split_whitespace().count() > 2 {
        Ok(None)
    } else {
        Err(format!("'{text:.60}' is neither a date nor N/A"))
    }
}

fn is_blank(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("n/a")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_is_not_posted_reaches_back_to_the_beginning() {
        let day = NaiveDate::from_ymd_opt(2020, 1, 21).unwrap();
        for (text, expected) in [
            ("01/21/2020", Some(day)),
            ("January 21, 2020", Some(day)),
            (
                "This is a longstanding national coverage determination. The effective date of this version has not been posted.",
                Some(MEDICARE_BEGAN),
            ),
            ("N/A", Some(MEDICARE_BEGAN)),
            ("", Some(MEDICARE_BEGAN)),
            ("Service for Some Condition", None),
            ("Longstanding; from 01/01/2027 on", None),
            ("13/45/2020", None),
        ] {
            assert_eq!(effective_date(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn an_end_is_a_date_or_none() {
        assert_eq!(end_date("N/A"), Ok(None));
        assert_eq!(end_date("Removed from the manual by rule."), Ok(None));
        assert_eq!(
            end_date("02/25/2026"),
            Ok(NaiveDate::from_ymd_opt(2026, 2, 25))
        );
        assert!(end_date("02/31/2026").is_err());
        assert!(end_date("373").is_err());
    }
}
