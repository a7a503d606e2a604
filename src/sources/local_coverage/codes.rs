//! The procedure codes that an article lists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::rows::Row;
use crate::model::attribute::Attribute;
use crate::model::code::{HcpcsCode, Service};
use crate::model::date::us_date;
use crate::model::document::Document;
use crate::model::fact::{Edition, Observation, Repost, Statement};
use crate::model::request::{Reading, ShapeError};
use crate::model::watch::{Codes, Watch};
use crate::parse::json::{Field, JsonError};
use crate::sources::coverage_api::{self, filled, number};

/// Which of the watched codes the article lists; absent when the whole list was read and has none.
///
/// # Errors
/// When the list has another form, is a part of a longer one, or is that of another article or version.
pub(super) fn reading(
    document: &Document,
    row: &Row,
    unit: &str,
    watch: &Watch,
) -> Result<Reading, ShapeError> {
    let value = coverage_api::value(&document.bytes, unit)?;
    let data = coverage_api::data(&value, unit)?;
    let listed = data.iter().map(|field| code(field, row));
    let listed = listed
        .collect::<Result<BTreeSet<_>, _>>()
        .map_err(|error| coverage_api::shape(error, unit))?;
    let ours: Vec<String> = listed
        .iter()
        .filter(|code| is_watched(code, watch))
        .cloned()
        .collect();
    let codes = if ours.is_empty() {
        Observation::Absent
    } else {
        Observation::text(ours.join(", "))
    };
    let mut values = BTreeMap::from([(Attribute::ListedCodes, codes)]);
    if !ours.is_empty() {
        values.extend(row.values());
    }
    let from = us_date(&row.effective).unwrap_or_else(|| document.captured.date_naive());
    let statement = Statement {
        topic: row.topic(),
        from,
        values: Arc::new(values),
        locator: format!("{unit}, version {}, all {} rows", row.version, data.len()),
        quote: format!("{} {}: {}", row.number, row.title, ours.join(", ")),
    };
    Ok(Reading {
        published: row.day(),
        statements: vec![statement],
        announces_new: !ours.is_empty(),
        ..Reading::new(Edition {
            name: unit.to_owned(),
            begins: from,
            repost: Repost::Amends,
        })
    })
}

fn code(field: &Field<'_>, row: &Row) -> Result<String, JsonError> {
    let (id, version) = (
        number(field, "article_id")?,
        number(field, "article_version")?,
    );
    if (id, version) != (row.id, row.version) {
        let why = format!("it is of article {id} version {version}");
        return Err(coverage_api::error(field, &why));
    }
    filled(field, "hcpc_code_id")
}

/// Under `codes = "all"` an article is kept for what it names; its code list would be all of it.
fn is_watched(code: &str, watch: &Watch) -> bool {
    let Ok(code) = code.parse::<HcpcsCode>() else {
        return false;
    };
    match &watch.codes {
        Codes::All => false,
        Codes::Named(_) => watch.codes.contains(Service::plain(code)),
    }
}
