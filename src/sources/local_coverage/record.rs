//! The record of a determination or an article: its text.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::rows::{Kind, Row};
use crate::model::attribute::Attribute;
use crate::model::date::us_date;
use crate::model::document::Document;
use crate::model::fact::{Edition, Observation, Repost, Statement};
use crate::model::request::{Reading, ShapeError};
use crate::model::watch::Watch;
use crate::parse::json::{Field, JsonError};
use crate::sources::coverage_api::{self, number, plain};
use crate::sources::mentions::{Excerpt, Named};

/// The field that holds the policy: coverage indications of a determination, text of an article.
fn policy_field(kind: Kind) -> &'static str {
    match kind {
        Kind::Lcd | Kind::Proposed => "indication",
        Kind::Article => "description",
    }
}

/// What a record says. One that names nothing that is watched says only that: so a policy that stops to
/// name it is heard of, and one that never did is no news.
///
/// # Errors
/// When it has another form, or is the record of another policy or version than the row says.
pub(super) fn reading(
    document: &Document,
    row: &Row,
    unit: &str,
    watch: &Watch,
) -> Result<Reading, ShapeError> {
    let value = coverage_api::value(&document.bytes, unit)?;
    let data = coverage_api::data(&value, unit)?;
    let [record] = data.as_slice() else {
        let why = format!("{} records where one is expected", data.len());
        return Err(ShapeError::new(unit, why));
    };
    let read = |error| coverage_api::shape(error, unit);
    check(record, row).map_err(read)?;
    let mut named = Named::default();
    for (key, field) in record.members().map_err(read)? {
        let Ok(text) = field.text_or_integer() else {
            continue;
        };
        let heading = [key.replace('_', " ")];
        for paragraph in plain(&text) {
            let excerpt = Excerpt {
                text: &paragraph,
                heading: &heading,
                page: "",
            };
            named.read(excerpt, watch);
        }
    }
    let mut values = BTreeMap::from([
        (Attribute::Mentions, Observation::text(named.terms())),
        (
            Attribute::Passages,
            Observation::text(named.passages_value()),
        ),
    ]);
    if named.is_any() {
        values.extend(row.values());
        let policy = record.required(policy_field(row.kind)).map_err(read)?;
        let paragraphs = plain(policy.text().map_err(read)?);
        values.insert(
            Attribute::Indications,
            Observation::text(paragraphs.join("\n")),
        );
    }
    let from = us_date(&row.effective).unwrap_or_else(|| document.captured.date_naive());
    let quote = named.passages.first();
    let statement = Statement {
        topic: row.topic(),
        from,
        values: Arc::new(values),
        locator: format!("record of {unit}, version {} (API)", row.version),
        quote: quote.map_or_else(|| row.title.clone(), |passage| passage.text.clone()),
    };
    Ok(Reading {
        published: row.day(),
        statements: vec![statement],
        announces_new: named.is_any(),
        ..Reading::new(Edition {
            name: unit.to_owned(),
            begins: from,
            repost: Repost::Amends,
        })
    })
}

fn check(record: &Field<'_>, row: &Row) -> Result<(), JsonError> {
    let (id, version) = match row.kind {
        Kind::Lcd | Kind::Proposed => ("lcd_id", "lcd_version"),
        Kind::Article => ("article_id", "article_version"),
    };
    for (field, expected) in [(id, row.id), (version, row.version)] {
        let found = number(record, field)?;
        if found != expected {
            let why = format!("it is {found} where the list has {expected}");
            return Err(coverage_api::error(&record.required(field)?, &why));
        }
    }
    coverage_api::title(record)?;
    let policy = record.required(policy_field(row.kind))?;
    // An empty text would be told as the end of every mention.
    if plain(policy.text()?).is_empty() {
        return Err(coverage_api::error(&policy, "the record has lost its text"));
    }
    Ok(())
}
