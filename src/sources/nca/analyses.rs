//! The list of all national coverage analyses.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::interest::Interest;
use crate::model::attribute::Attribute;
use crate::model::document::Document;
use crate::model::fact::{Edition, Observation, Repost, Statement};
use crate::model::request::{Reading, ShapeError};
use crate::model::topic::{Subject, Topic};
use crate::parse::json::{Field, JsonError};
use crate::sources::coverage_api::{self, ORIGIN, filled, line, number};

/// The name of the list in messages, and of its unit.
pub(super) const NAME: &str = "list of national coverage analyses";

/// The most rows that are read; CMS has opened some 500 analyses since 1999.
const MAX_ROWS: usize = 20_000;

/// What kind of analysis a row names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A national coverage analysis.
    Nca,
    /// A coverage analysis for laboratories.
    Cal,
    /// Something else, of which only the row is read.
    Other,
}

impl Kind {
    /// As CMS writes it, and as the policy is named.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Nca | Self::Other => "NCA",
            Self::Cal => "CAL",
        }
    }

    fn read(text: &str) -> Self {
        match text {
            "NCA" => Self::Nca,
            "CAL" => Self::Cal,
            _ => Self::Other,
        }
    }
}

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Analysis {
    pub(super) kind: Kind,
    /// Number of the record.
    pub(super) id: u32,
    /// Tracking number: `CAG-00452N`.
    pub(super) number: String,
    pub(super) title: String,
    /// Where it stands, in CMS's word: `Open`, `Closed`.
    pub(super) status: String,
    /// When CMS last touched it, `YYYYMMDDHHMMSS`, where the list says so.
    pub(super) updated: Option<String>,
}

impl Analysis {
    /// Whether this is the row of that record.
    pub(super) fn is(&self, kind: Kind, id: u32) -> bool {
        self.kind == kind && self.id == id
    }

    /// Whether its row touches what is watched.
    pub(super) fn concerns(&self, interest: &Interest<'_>) -> bool {
        !interest.touched_by(&self.title).is_empty()
    }

    /// Whether its record is read: it is not finished, or it touches what is watched. What an open one
    /// is about is often told only in its record.
    pub(super) fn is_read(&self, interest: &Interest<'_>) -> bool {
        const FINISHED: [&str; 6] = [
            "closed",
            "complete",
            "completed",
            "final",
            "finalized",
            "withdrawn",
        ];
        let status = self.status.to_lowercase();
        !FINISHED.contains(&status.as_str()) || self.concerns(interest)
    }

    /// The address of its record.
    pub(super) fn record_url(&self) -> Option<String> {
        let id = self.id;
        match self.kind {
            Kind::Nca => Some(format!("{ORIGIN}/v1/data/nca/?ncaid={id}")),
            Kind::Cal => Some(format!("{ORIGIN}/v1/data/cal/?calid={id}")),
            Kind::Other => None,
        }
    }

    /// The analysis as a topic.
    pub(super) fn topic(&self) -> Topic {
        topic(self.kind, self.id, &self.number)
    }
}

/// An analysis as a topic: by its tracking number (`NCA CAG-00452N`), else by the number of its record.
pub(super) fn topic(kind: Kind, id: u32, number: &str) -> Topic {
    let number = if number.is_empty() {
        id.to_string()
    } else {
        number.to_owned()
    };
    Topic::national(Subject::Policy(format!("{} {number}", kind.id())))
}

/// Reads the list, by kind and number of the record.
///
/// CMS files some analyses twice under one number when their tracking sheet gets another title: of
/// these the last touched counts.
///
/// # Errors
/// When it has another form, or names no analysis at all.
pub(super) fn read(document: &Document) -> Result<Vec<Analysis>, ShapeError> {
    let value = coverage_api::value(&document.bytes, NAME)?;
    let data = coverage_api::data(&value, NAME)?;
    if data.is_empty() || data.len() > MAX_ROWS {
        return Err(ShapeError::new(
            NAME,
            format!("{} rows where 1 to {MAX_ROWS} are expected", data.len()),
        ));
    }
    let mut rows: BTreeMap<(Kind, u32), Analysis> = BTreeMap::new();
    for field in &data {
        let row = read_row(field).map_err(|error| coverage_api::shape(error, NAME))?;
        let rank = |row: &Analysis| (row.updated.clone(), row.status.clone(), row.title.clone());
        rows.entry((row.kind, row.id))
            .and_modify(|known| {
                if rank(known) < rank(&row) {
                    *known = row.clone();
                }
            })
            .or_insert(row);
    }
    Ok(rows.into_values().collect())
}

fn read_row(row: &Field<'_>) -> Result<Analysis, JsonError> {
    let updated = row.optional("last_updated_sort")?;
    Ok(Analysis {
        kind: Kind::read(&filled(row, "document_type")?),
        id: number(row, "document_id")?,
        number: line(row, "document_display_id")?,
        title: coverage_api::title(row)?,
        status: filled(row, "document_status")?,
        updated: match updated {
            Some(field) if !field.is_null() => {
                Some(field.text_or_integer()?).filter(|sort| !sort.trim().is_empty())
            }
            Some(_) | None => None,
        },
    })
}

/// What the list says of the analyses that touch what is watched. An analysis stands as it does on the
/// day of the list; about days before it says nothing.
///
/// # Errors
/// As [`read`].
pub(super) fn reading(document: &Document, interest: &Interest<'_>) -> Result<Reading, ShapeError> {
    let today = document.captured.date_naive();
    let rows = read(document)?;
    let concerned = rows.iter().filter(|row| row.concerns(interest));
    Ok(Reading {
        statements: concerned.map(|row| statement(row, today)).collect(),
        announces_new: true,
        ..Reading::new(edition(NAME, today))
    })
}

/// The edition of a document that says how things stand on the day it was read.
pub(super) fn edition(name: &str, today: NaiveDate) -> Edition {
    Edition {
        name: name.to_owned(),
        begins: today,
        repost: Repost::Amends,
    }
}

fn statement(row: &Analysis, from: NaiveDate) -> Statement {
    Statement {
        topic: row.topic(),
        from,
        values: Arc::new(row_values(row)),
        locator: format!("{NAME}, {} document_id {}", row.kind.id(), row.id),
        quote: format!("{} {}: {}", row.number, row.title, row.status),
    }
}

/// What the row alone says.
pub(super) fn row_values(row: &Analysis) -> BTreeMap<Attribute, Observation> {
    BTreeMap::from([
        (Attribute::Title, Observation::text(&row.title)),
        (Attribute::AnalysisStatus, Observation::text(&row.status)),
    ])
}
