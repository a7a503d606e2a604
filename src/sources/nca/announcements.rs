//! What the coverage database says is new.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use super::interest::Interest;
use super::weight::weight;
use crate::model::attribute::Attribute;
use crate::model::document::Document;
use crate::model::fact::{Edition, Observation, Repost, Statement};
use crate::model::request::{Reading, ShapeError};
use crate::model::topic::{Subject, Topic};
use crate::parse::json::{Field, JsonError};
use crate::sources::coverage_api::{self, error, filled, line, number};

/// The name of the list in messages, and of the unit that stands for all its rows.
pub(super) const NAME: &str = "national what's new";

/// Begins the name of the unit of one row.
const ROW: &str = "news ";

/// The most rows that are read: a real week has about ten.
const MAX_ROWS: usize = 5_000;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    /// The day on which CMS touched the record.
    day: NaiveDate,
    /// The same to the second, `YYYYMMDDHHMMSS`.
    touched: String,
    /// `NCD`, `NCA`, `CAL`, `MEDCAC`, ...
    kind: String,
    id: u32,
    version: String,
    /// Section or tracking number.
    number: String,
    title: String,
    text: String,
}

impl Row {
    /// The name of its unit: another touch of the same record is another row.
    fn name(&self) -> String {
        format!(
            "{ROW}{} {} v{} {}",
            self.kind, self.id, self.version, self.touched
        )
    }

    /// The policy that it speaks of, when that touches what is watched.
    fn policy(&self, interest: &Interest<'_>) -> Option<String> {
        if self.kind == "NCD"
            && let Some(policy) = interest.determination(self.id, &self.number)
        {
            return Some(policy);
        }
        // News of another determination count by the words they have, not by a title alike.
        let touched = if self.kind == "NCD" {
            interest.named_in(&self.title)
        } else {
            interest.touched_by(&self.title)
        };
        if touched.is_empty() && interest.named_in(&self.text).is_empty() {
            return None;
        }
        let number = if self.number.is_empty() {
            self.id.to_string()
        } else {
            self.number.clone()
        };
        Some(format!("{} {number}", self.kind))
    }

    fn statement(&self, policy: String, text: &str) -> Statement {
        Statement {
            topic: Topic::national(Subject::Policy(policy)),
            from: self.day,
            values: Arc::new(BTreeMap::from([(
                Attribute::Announcement,
                Observation::text(text),
            )])),
            locator: format!(
                "{NAME}, {} document_id {}, last touched {}",
                self.kind, self.id, self.touched
            ),
            quote: format!("{} {} {}: {text}", self.kind, self.number, self.title),
        }
    }
}

/// Reads the list; a list without rows says that nothing was new.
///
/// # Errors
/// When it has another form.
pub(super) fn read(document: &Document) -> Result<Vec<Row>, ShapeError> {
    let value = coverage_api::value(&document.bytes, NAME)?;
    let data = coverage_api::data(&value, NAME)?;
    if data.len() > MAX_ROWS {
        return Err(ShapeError::new(
            NAME,
            format!("{} rows where at most {MAX_ROWS} are expected", data.len()),
        ));
    }
    let rows = data.iter().map(read_row).collect::<Result<Vec<_>, _>>();
    rows.map_err(|error| coverage_api::shape(error, NAME))
}

fn read_row(row: &Field<'_>) -> Result<Row, JsonError> {
    let touched = filled(row, "last_updated_sort")?;
    let day = touched
        .get(..8)
        .filter(|_| touched.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|day| NaiveDate::parse_from_str(day, "%Y%m%d").ok());
    let Some(day) = day else {
        return Err(error(
            &row.required("last_updated_sort")?,
            &format!("'{touched:.20}' does not begin with a day"),
        ));
    };
    let kind = filled(row, "document_type")?;
    if kind.len() > 40
        || !kind
            .chars()
            .all(|c| c.is_alphanumeric() || " /-".contains(c))
    {
        return Err(error(
            &row.required("document_type")?,
            "it is no kind of document",
        ));
    }
    Ok(Row {
        day,
        touched,
        kind,
        id: number(row, "document_id")?,
        version: number(row, "document_version")?.to_string(),
        number: line(row, "document_display_id")?,
        title: coverage_api::title(row)?,
        text: line(row, "whats_new_description")?,
    })
}

/// The names of the units of the rows, in the order of their days.
pub(super) fn names(rows: &[Row]) -> Vec<String> {
    let sorted: BTreeSet<&Row> = rows.iter().collect();
    let mut names: Vec<String> = sorted.into_iter().map(Row::name).collect();
    names.dedup();
    names
}

/// Whether a unit is of this list: one row, or all of them.
pub(super) fn is_of(unit: &str) -> bool {
    unit == NAME || unit.starts_with(ROW)
}

/// What one row says (or every row, when the unit is [`NAME`]), as an edition of its own.
///
/// A row is served for some days and then no more. It says the same every time, and that it is served no
/// more says nothing.
///
/// # Errors
/// As [`read`].
pub(super) fn reading(
    document: &Document,
    unit: &str,
    interest: &Interest<'_>,
) -> Result<Reading, ShapeError> {
    let mut rows = read(document)?;
    let all = unit == NAME;
    rows.retain(|row| all || row.name() == unit);
    rows.sort();
    let mut statements = Vec::new();
    let mut weights = Vec::new();
    // One record may be listed twice in one second: what is said of it then is said together.
    for rows in rows.chunk_by(|a, b| a.name() == b.name()) {
        let Some(row) = rows.first() else { continue };
        let texts: BTreeSet<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        let text = texts.into_iter().collect::<Vec<_>>().join(" ");
        if let Some(policy) = rows.iter().find_map(|row| row.policy(interest)) {
            statements.push(row.statement(policy, &text));
            weights.push(weight(&text));
        }
    }
    let last = rows.iter().map(|row| row.day).max();
    let begins = last.unwrap_or_else(|| document.captured.date_naive());
    let edition = Edition {
        name: unit.to_owned(),
        begins,
        repost: if all {
            Repost::Amends
        } else {
            Repost::Replaces
        },
    };
    // All rows at once have one weight only where all have the same.
    weights.dedup();
    let severity = match weights.as_slice() {
        [one] => *one,
        _ => None,
    };
    Ok(Reading {
        published: last,
        statements,
        announces_new: true,
        severity,
        ..Reading::new(edition)
    })
}
