//! The lists: final and proposed determinations, articles.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::scope::Scope;
use crate::model::attribute::Attribute;
use crate::model::document::Document;
use crate::model::fact::{Edition, Observation, Repost, Statement};
use crate::model::request::{Reading, ShapeError};
use crate::model::topic::{Place, Stage, Subject, Topic};
use crate::model::watch::Watch;
use crate::parse::json::{Field, JsonError};
use crate::sources::coverage_api::{self, ORIGIN, filled, line, number};
use crate::sources::mentions::{Excerpt, Named};

/// The most rows of one list; all contractors together have some 2,200 articles.
const MAX_ROWS: usize = 50_000;

/// Which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Lcd,
    Proposed,
    Article,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Lcd, Self::Proposed, Self::Article];

    /// The list in the API.
    pub(super) fn report(self) -> &'static str {
        match self {
            Self::Lcd => "local-coverage-final-lcds",
            Self::Proposed => "local-coverage-proposed-lcds",
            Self::Article => "local-coverage-articles",
        }
    }

    /// The record in the API; that of a proposed determination is not known.
    fn record(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Lcd => Some(("lcd", "lcdid")),
            Self::Article => Some(("article", "articleid")),
            Self::Proposed => None,
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) kind: Kind,
    pub(super) id: u32,
    pub(super) version: u32,
    /// `L33622`, `DL33622`, `A57201`.
    pub(super) number: String,
    pub(super) title: String,
    /// Contractor and its kinds of contract, in one line.
    pub(super) contractor: String,
    /// When it was last touched, `YYYYMMDDHHMMSS`.
    pub(super) updated: String,
    pub(super) effective: String,
    pub(super) retired: String,
}

impl Row {
    /// The address of its record.
    pub(super) fn record_url(&self) -> Option<String> {
        let (path, id) = self.kind.record()?;
        let (number, version) = (self.id, self.version);
        Some(format!(
            "{ORIGIN}/v1/data/{path}/?{id}={number}&ver={version}"
        ))
    }

    /// The address of the codes that an article lists.
    pub(super) fn codes_url(&self) -> Option<String> {
        let (id, version) = (self.id, self.version);
        (self.kind == Kind::Article)
            .then(|| format!("{ORIGIN}/v1/data/article/hcpc-code?articleid={id}&ver={version}"))
    }

    /// Moves whenever the contractor touches it.
    pub(super) fn tag(&self) -> String {
        format!("{} {}", self.version, self.updated)
    }

    /// Whether it was retired; the day may still come.
    pub(super) fn is_retired(&self) -> bool {
        !self.retired.is_empty() && !self.retired.eq_ignore_ascii_case("n/a")
    }

    /// The day on which it was last touched.
    pub(super) fn day(&self) -> Option<NaiveDate> {
        NaiveDate::parse_from_str(self.updated.get(..8)?, "%Y%m%d").ok()
    }

    /// The policy: a proposed determination is about the final one of its number.
    pub(super) fn topic(&self) -> Topic {
        let final_number = self.number.strip_prefix('D').unwrap_or(&self.number);
        let name = match self.kind {
            Kind::Lcd | Kind::Proposed => format!("LCD {final_number}"),
            Kind::Article => format!("Article {}", self.number),
        };
        let contractor = self.contractor.split(" (").next().unwrap_or_default();
        Topic {
            subject: Subject::Policy(name),
            place: Place::Contractor(contractor.chars().take(100).collect()),
            stage: match self.kind {
                Kind::Proposed => Stage::ProposedBy(self.number.clone()),
                Kind::Lcd | Kind::Article => Stage::InForce,
            },
        }
    }

    /// What the row alone says.
    pub(super) fn values(&self) -> BTreeMap<Attribute, Observation> {
        BTreeMap::from([
            (Attribute::Title, Observation::text(&self.title)),
            (Attribute::EffectiveDate, Observation::text(&self.effective)),
            (Attribute::RetiredOn, Observation::text(&self.retired)),
            (Attribute::Contractor, Observation::text(&self.contractor)),
        ])
    }

    /// Whether its title names what is watched.
    pub(super) fn names_watched(&self, watch: &Watch) -> bool {
        let mut named = Named::default();
        let excerpt = Excerpt {
            text: &self.title,
            heading: &[],
            page: "",
        };
        named.read(excerpt, watch);
        named.is_any()
    }
}

/// Reads a list.
///
/// # Errors
/// When it has another form, or names a policy twice in different words.
pub(super) fn read(document: &Document, kind: Kind) -> Result<Vec<Row>, ShapeError> {
    let what = kind.report();
    let value = coverage_api::value(&document.bytes, what)?;
    let data = coverage_api::data(&value, what)?;
    if data.len() > MAX_ROWS {
        let why = format!("{} rows where at most {MAX_ROWS} are expected", data.len());
        return Err(ShapeError::new(what, why));
    }
    let mut rows: BTreeMap<u32, Row> = BTreeMap::new();
    for field in &data {
        let row = read_row(field, kind).map_err(|error| coverage_api::shape(error, what))?;
        if let Some(other) = rows.get(&row.id)
            && other.version == row.version
            && *other != row
        {
            return Err(ShapeError::new(
                format!("{what}, {}", field.path()),
                format!("document_id {} is listed twice", row.id),
            ));
        }
        let newest = rows
            .get(&row.id)
            .is_none_or(|other| other.version < row.version);
        if newest {
            rows.insert(row.id, row);
        }
    }
    Ok(rows.into_values().collect())
}

fn read_row(row: &Field<'_>, kind: Kind) -> Result<Row, JsonError> {
    Ok(Row {
        kind,
        id: number(row, "document_id")?,
        version: number(row, "document_version")?,
        number: filled(row, "document_display_id")?,
        title: coverage_api::title(row)?,
        contractor: filled(row, "contractor_name_type")?,
        updated: filled(row, "updated_on_sort")?,
        effective: line(row, "effective_date")?,
        retired: line(row, "retirement_date")?,
    })
}

/// What a list says of the policies whose titles name what is watched.
///
/// # Errors
/// As [`read`].
pub(super) fn reading(
    document: &Document,
    kind: Kind,
    unit: &str,
    scope: Option<&Scope>,
    watch: &Watch,
) -> Result<Reading, ShapeError> {
    let today = document.captured.date_naive();
    let mut rows = read(document, kind)?;
    rows.retain(|row| scope.is_none_or(|scope| scope.names_contractor(row)));
    rows.retain(|row| row.names_watched(watch));
    let statements = rows.iter().map(|row| Statement {
        topic: row.topic(),
        from: today,
        values: Arc::new(row.values()),
        locator: format!("{}, document_id {}", kind.report(), row.id),
        quote: format!("{} {} ({})", row.number, row.title, row.contractor),
    });
    Ok(Reading {
        statements: statements.collect(),
        announces_new: true,
        ..Reading::new(Edition {
            name: unit.to_owned(),
            begins: today,
            repost: Repost::Amends,
        })
    })
}
