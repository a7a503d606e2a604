//! Pages of lists of documents.

use super::address;
use super::record::{self, Record};
use crate::model::request::ShapeError;
use crate::parse::json::{Field, JsonError};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// Documents in the whole list.
    pub(super) count: usize,
    /// Documents on this page, of all types.
    pub(super) rows: usize,
    pub(super) records: Vec<Record>,
    pub(super) next: Option<String>,
}

/// Reads a page.
///
/// # Errors
/// When it has another form, or goes on at another host.
pub(super) fn read(bytes: &[u8]) -> Result<Page, ShapeError> {
    const WHAT: &str = "list of documents";
    let value = record::json(bytes, WHAT)?;
    page(&Field::root(&value)).map_err(|error| record::shape(error, WHAT))
}

fn page(root: &Field<'_>) -> Result<Page, JsonError> {
    let count_field = root.required("count")?;
    let count = count_field.text_or_integer()?.parse();
    let count = count.map_err(|_| record::wrong(&count_field, "no number"))?;
    // A list of nothing has no results at all.
    let results = match root.optional("results")? {
        Some(results) => results.elements()?,
        None if count == 0 => Vec::new(),
        None => return Err(record::wrong(root, "the field 'results' is missing")),
    };
    let records = results
        .iter()
        .filter_map(|row| record::read(row).transpose())
        .collect::<Result<Vec<_>, _>>()?;
    let next = match root.optional("next_page_url")? {
        Some(next) if !next.is_null() => {
            let url = address::own(next.text()?, "/api/v1/documents");
            Some(url.ok_or_else(|| record::wrong(&next, "it leads to another host"))?)
        }
        _ => None,
    };
    Ok(Page {
        count,
        rows: results.len(),
        records,
        next,
    })
}
