//! The list of all national coverage determinations.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::model::attribute::Attribute;
use crate::model::date::MEDICARE_BEGAN;
use crate::model::document::Document;
use crate::model::fact::{Edition, Observation, Repost, Statement};
use crate::model::request::{Reading, ShapeError};
use crate::model::topic::{Subject, Topic};
use crate::model::watch::Watch;
use crate::parse::json::{Field, JsonError};
use crate::sources::coverage_api;

/// The name of the list in messages, and of its unit.
pub(super) const NAME: &str = "NCD report";

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Version of the record; it stays the same through most updates.
    pub(super) version: u32,
    /// Section of the NCD manual: `30.3.3`.
    pub(super) section: String,
    /// The title.
    pub(super) title: String,
    /// When CMS last touched the record, `YYYYMMDDHHMMSS`.
    pub(super) last_updated_sort: String,
}

impl Row {
    /// The day on which CMS last touched the record.
    pub(super) fn last_updated(&self) -> Option<NaiveDate> {
        let day = self.last_updated_sort.get(..8)?;
        NaiveDate::parse_from_str(day, "%Y%m%d").ok()
    }

    /// Moves whenever CMS touches the record.
    pub(super) fn tag(&self) -> String {
        format!("{} {}", self.version, self.last_updated_sort)
    }
}

/// The whole list, by document id.
pub(super) type Rows = BTreeMap<u32, Row>;

/// Reads the list.
///
/// # Errors
/// When it has another form, names an id twice, or has fewer than `floor` rows: a list cut short
/// would report what it lacks as delisted.
pub(super) fn read(document: &Document, floor: usize) -> Result<Rows, ShapeError> {
    let value = coverage_api::value(&document.bytes, NAME)?;
    let mut rows = Rows::new();
    for field in coverage_api::data(&value, NAME)? {
        let (id, row) = read_row(&field).map_err(|error| coverage_api::shape(error, NAME))?;
        if rows.insert(id, row).is_some() {
            return Err(ShapeError::new(
                format!("{NAME}, {}", field.path()),
                format!("document_id {id} is listed twice"),
            ));
        }
    }
    if rows.len() < floor {
        return Err(ShapeError::new(
            NAME,
            format!(
                "it has {} rows where at least {floor} are expected",
                rows.len()
            ),
        ));
    }
    Ok(rows)
}

fn read_row(row: &Field<'_>) -> Result<(u32, Row), JsonError> {
    let kind = row.required("document_type")?;
    if kind.text()? != "NCD" {
        return Err(error(&kind, "a document that is no NCD"));
    }
    let number = |key: &str| {
        let field = row.required(key)?;
        field
            .text_or_integer()?
            .parse::<u32>()
            .map_err(|_| error(&field, "no number"))
    };
    let text = |key: &str| {
        let field = row.required(key)?;
        match field.text()?.trim() {
            "" => Err(error(&field, "it is blank")),
            text => Ok(text.to_owned()),
        }
    };
    let row = Row {
        version: number("document_version")?,
        section: text("document_display_id")?,
        title: text("title")?,
        last_updated_sort: text("last_updated_sort")?,
    };
    Ok((number("document_id")?, row))
}

fn error(field: &Field<'_>, why: &str) -> JsonError {
    JsonError {
        path: field.path().to_owned(),
        why: why.to_owned(),
    }
}

/// What the list says of the configured determinations: whether it names them.
///
/// A list has no date of its own and speaks of no days of service. Its edition begins where
/// Medicare began, so that the first list that is read also speaks for the past, in which nothing
/// else is known; every later one amends from the day of its capture on, so that a delisting holds
/// from the day on which it was seen and not for claims before.
///
/// # Errors
/// As [`read`], and when the list gives a configured id another section.
pub(super) fn reading(
    document: &Document,
    floor: usize,
    watch: &Watch,
) -> Result<Reading, ShapeError> {
    let rows = read(document, floor)?;
    let mut statements = Vec::with_capacity(watch.ncds.len());
    for link in watch.ncds.values() {
        let row = rows.get(&link.id);
        if let Some(row) = row.filter(|row| row.section != link.section) {
            return Err(ShapeError::new(
                NAME,
                format!(
                    "document_id {} is section {}, but it is configured as {}: correct the section or the id in the configuration",
                    link.id, row.section, link.section
                ),
            ));
        }
        let (listed, quote) = match row {
            Some(row) => (
                Observation::text("listed"),
                format!("{} {}", row.section, row.title),
            ),
            None => (Observation::Absent, String::new()),
        };
        statements.push(Statement {
            topic: Topic::national(Subject::Policy(format!("NCD {}", link.section))),
            from: MEDICARE_BEGAN,
            values: Arc::new(BTreeMap::from([(Attribute::Listed, listed)])),
            locator: format!("{NAME}, all {} rows, document_id {}", rows.len(), link.id),
            quote,
        });
    }
    let edition = Edition {
        name: NAME.to_owned(),
        begins: MEDICARE_BEGAN,
        repost: Repost::Amends,
    };
    Ok(Reading {
        statements,
        ..Reading::new(edition)
    })
}
