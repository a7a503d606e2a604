//! The record of one analysis.
//!
//! No such record could be seen. What is known is the envelope, that it has an id and a title, and that
//! its text is written like that of determinations. So its other fields count by the words of their names,
//! and only with a value that fits: a field named for the proposed decision is a date of it when it holds a
//! date, and text otherwise. What is quoted names the field.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::analyses::{self, Analysis, Kind};
use super::interest::Interest;
use crate::model::attribute::Attribute;
use crate::model::date::{us_date, written_date};
use crate::model::document::Document;
use crate::model::fact::{Observation, Statement};
use crate::model::passage::Passage;
use crate::model::request::{Reading, ShapeError};
use crate::parse::json::{Field, JsonError};
use crate::parse::text::sentences;
use crate::sources::coverage_api::{self, plain};

/// The most passages that are kept of one record.
const MAX_PASSAGES: usize = 40;

/// The longest text that is quoted, in characters.
const LONGEST: usize = 400;

/// The kind and number in the name of a record's unit: `NCA 295`.
pub(super) fn named(unit: &str) -> Option<(Kind, u32)> {
    let (kind, id) = unit.split_once(' ')?;
    let kind = [Kind::Nca, Kind::Cal]
        .into_iter()
        .find(|one| one.id() == kind)?;
    Some((kind, id.parse().ok()?))
}

/// What a record says, when it touches what is watched. `row` is its row in the list.
///
/// # Errors
/// When it has another form, is the record of another analysis, or has no title.
pub(super) fn reading(
    document: &Document,
    kind: Kind,
    id: u32,
    row: Option<&Analysis>,
    interest: &Interest<'_>,
) -> Result<Reading, ShapeError> {
    let what = format!("{} {id}", kind.id());
    let value = coverage_api::value(&document.bytes, &what)?;
    let data = coverage_api::data(&value, &what)?;
    let [field] = data.as_slice() else {
        return Err(ShapeError::new(
            what,
            format!("{} records where one is expected", data.len()),
        ));
    };
    let record = Record::read(field, id).map_err(|error| coverage_api::shape(error, &what))?;
    let today = document.captured.date_naive();
    let mut reading = Reading::new(analyses::edition(&what, today));
    reading.announces_new = true;
    let touched = record.touches(interest);
    if touched.is_empty() {
        return Ok(reading);
    }
    let number = row.map_or(record.number.as_str(), |row| row.number.as_str());
    let mut values = row.map_or_else(BTreeMap::new, analyses::row_values);
    let text = |text: String| Observation::text(text);
    values
        .entry(Attribute::Title)
        .or_insert_with(|| Observation::text(&record.title));
    values.insert(Attribute::Mentions, text(touched.join(", ")));
    let passages = record.passages(interest);
    values.insert(Attribute::Passages, text(passages.join("\n")));
    for (attribute, dates) in &record.dates {
        values.insert(*attribute, text(dates_text(dates)));
    }
    reading.statements.push(Statement {
        topic: analyses::topic(kind, id, number),
        from: today,
        values: Arc::new(values),
        locator: format!("record of {what} (API)"),
        quote: record.quote(),
    });
    Ok(reading)
}

/// Name of the field, and the date in it as CMS wrote it (blank where none is set).
type Dates = BTreeMap<String, String>;

struct Record {
    title: String,
    /// Tracking number; blank where the record has none.
    number: String,
    /// Text fields by name.
    texts: BTreeMap<String, Vec<String>>,
    dates: BTreeMap<Attribute, Dates>,
}

impl Record {
    fn read(record: &Field<'_>, id: u32) -> Result<Self, JsonError> {
        check_identity(record, id)?;
        let mut read = Self {
            title: coverage_api::title(record)?,
            number: String::new(),
            texts: BTreeMap::new(),
            dates: BTreeMap::new(),
        };
        for (key, field) in record.members()? {
            // Lists and objects in a record are other documents of the database.
            let Ok(text) = field.text_or_integer() else {
                continue;
            };
            let lines = plain(&text);
            let line = lines.join(" ");
            if key == "document_display_id" {
                read.number.clone_from(&line);
            }
            match date_of(key).filter(|_| is_date_or_blank(&line)) {
                Some(attribute) => {
                    let dates = read.dates.entry(attribute).or_default();
                    dates.insert(label(key), line);
                }
                None => {
                    read.texts.insert(label(key), lines);
                }
            }
        }
        Ok(read)
    }

    /// What of the watch it touches, each once.
    fn touches(&self, interest: &Interest<'_>) -> Vec<String> {
        let named = self
            .paragraphs()
            .flat_map(|(_, text)| interest.named_in(text));
        let touched: BTreeSet<String> = named.chain(interest.touched_by(&self.title)).collect();
        touched.into_iter().collect()
    }

    fn paragraphs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().flat_map(|(label, lines)| {
            lines
                .iter()
                .map(move |line| (label.as_str(), line.as_str()))
        })
    }

    /// The sentences that name what is watched, one passage a line.
    fn passages(&self, interest: &Interest<'_>) -> Vec<String> {
        let mut found = Vec::new();
        for (label, paragraph) in self.paragraphs() {
            for sentence in sentences(paragraph) {
                let terms = interest.named_in(sentence);
                if terms.is_empty() {
                    continue;
                }
                let passage = Passage {
                    terms,
                    heading: vec![label.to_owned()],
                    page: String::new(),
                    text: sentence.chars().take(LONGEST).collect(),
                };
                found.push(passage.to_string());
                if found.len() == MAX_PASSAGES {
                    return found;
                }
            }
        }
        found
    }

    /// Its title and dates, each with the name of its field.
    fn quote(&self) -> String {
        let dates = self.dates.values().flatten();
        let dates = dates.map(|(label, date)| format!("; {label}: {date}"));
        let whole = format!("{}{}", self.title, dates.collect::<String>());
        whole.chars().take(LONGEST).collect()
    }
}

/// The record that was asked for, and no other.
fn check_identity(record: &Field<'_>, id: u32) -> Result<(), JsonError> {
    const NAMES: [&str; 4] = ["document_id", "nca_id", "cal_id", "ncacal_id"];
    for name in NAMES {
        let Some(field) = record.optional(name)? else {
            continue;
        };
        let found = field.text_or_integer()?;
        return if found.trim() == id.to_string() {
            Ok(())
        } else {
            let why = format!("the answer is the record of {name} {found:.20}");
            Err(coverage_api::error(&field, &why))
        };
    }
    record.required("document_id").map(|_| ())
}

/// What a date in a field of this name would be. Days that are only planned are none.
fn date_of(key: &str) -> Option<Attribute> {
    let key = key.to_lowercase();
    let has = |beginnings: &[&str]| {
        key.split(|c: char| !c.is_alphanumeric())
            .any(|word| beginnings.iter().any(|begin| word.starts_with(begin)))
    };
    if has(&[
        "due",
        "expected",
        "estimated",
        "anticipated",
        "target",
        "update",
    ]) {
        None
    } else if has(&["comment"]) {
        Some(Attribute::CommentPeriod)
    } else if has(&["proposed"]) {
        Some(Attribute::ProposedDecision)
    } else if has(&["final", "decision", "complet"]) {
        Some(Attribute::FinalDecision)
    } else if has(&["accept", "open", "initiat"]) || has(&["request"]) && has(&["date"]) {
        Some(Attribute::AnalysisOpened)
    } else {
        None
    }
}

fn is_date_or_blank(line: &str) -> bool {
    line.is_empty()
        || line.eq_ignore_ascii_case("n/a")
        || us_date(line).is_some()
        || written_date(line).is_some()
}

/// One date as it is; several each with the name of its field.
fn dates_text(dates: &Dates) -> String {
    let set: Vec<_> = dates
        .iter()
        .filter(|(_, date)| !date.is_empty() && !date.eq_ignore_ascii_case("n/a"))
        .collect();
    match set.as_slice() {
        [(_, date)] => (*date).clone(),
        several => several
            .iter()
            .map(|(label, date)| format!("{label}: {date}"))
            .collect::<Vec<_>>()
            .join("; "),
    }
}

/// A field's name as words.
fn label(key: &str) -> String {
    key.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_a_date_by_its_name_and_its_value() {
        for (key, attribute) in [
            ("accepted_date", Some(Attribute::AnalysisOpened)),
            ("formal_request_date", Some(Attribute::AnalysisOpened)),
            ("proposed_decision_date", Some(Attribute::ProposedDecision)),
            ("proposed_decision_due_date", None),
            ("expected_completion_date", None),
            ("decision_memo_date", Some(Attribute::FinalDecision)),
            ("comment_start_date", Some(Attribute::CommentPeriod)),
            ("proposed_comment_end", Some(Attribute::CommentPeriod)),
            ("last_updated", None),
            ("requestor_name", None),
        ] {
            assert_eq!(date_of(key), attribute, "{key}");
        }
        assert!(is_date_or_blank("07/30/2026") && is_date_or_blank("January 2, 2026"));
        assert!(!is_date_or_blank("CMS proposes to cover it."));
    }
}
