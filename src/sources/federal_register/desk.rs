//! The public inspection desk: what will be published in the coming days.

use chrono::NaiveDate;

use super::address;
use super::docket::{self, Kind, Type};
use super::record::{self, digest, one_line};
use crate::model::request::ShapeError;
use crate::parse::json::{Field, JsonError};

/// What the desk says of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filed {
    pub(super) number: String,
    pub(super) of: Type,
    pub(super) title: String,
    pub(super) dockets: Vec<String>,
    /// Day and hour as the desk wrote them.
    pub(super) hour: String,
    pub(super) day: NaiveDate,
    /// The day on which it is to be published, where that is set.
    pub(super) publication: Option<NaiveDate>,
    pub(super) raw_text: Option<String>,
    pub(super) tag: String,
}

impl Filed {
    /// What it is, as far as the desk tells; there is no action.
    pub(super) fn kind(&self, dockets: &[String]) -> Kind {
        docket::kind(self.of, dockets, "", &self.title)
    }
}

/// The documents of CMS on the desk.
///
/// # Errors
/// When the list has another form, or not as many documents as it says: a list that was cut short
/// would hide what was filed.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Filed>, ShapeError> {
    const WHAT: &str = "public inspection list";
    let value = record::json(bytes, WHAT)?;
    let root = Field::root(&value);
    list(&root).map_err(|error| record::shape(error, WHAT))
}

fn list(root: &Field<'_>) -> Result<Vec<Filed>, JsonError> {
    let count = root.required("count")?;
    let results = match root.optional("results")? {
        Some(results) => results.elements()?,
        None => Vec::new(),
    };
    if count.text_or_integer()? != results.len().to_string() {
        let why = format!(
            "the list has {} documents and says {}",
            results.len(),
            count.text_or_integer()?
        );
        return Err(record::wrong(&count, &why));
    }
    let mut filed: Vec<Filed> = Vec::new();
    for row in &results {
        if !is_of_agency(row)? {
            continue;
        }
        if let Some(one) = filed_row(row)? {
            if filed.iter().any(|known| known.number == one.number) {
                return Err(record::wrong(row, "the document is listed twice"));
            }
            filed.push(one);
        }
    }
    Ok(filed)
}

/// Reads the answer for one document of the desk.
pub(super) fn read_own(bytes: &[u8], what: &str) -> Result<Filed, ShapeError> {
    let value = record::json(bytes, what)?;
    let filed = filed_row(&Field::root(&value)).map_err(|error| record::shape(error, what))?;
    filed.ok_or_else(|| ShapeError::new(what, "it is neither a rule nor a notice"))
}

fn is_of_agency(row: &Field<'_>) -> Result<bool, JsonError> {
    for agency in row.required("agencies")?.elements()? {
        // A department without an entry of its own has no slug.
        if let Some(slug) = agency.optional("slug")?
            && !slug.is_null()
            && slug.text()? == address::AGENCY
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn filed_row(row: &Field<'_>) -> Result<Option<Filed>, JsonError> {
    let number = row.required("document_number")?;
    if !address::is_number(number.text()?) {
        return Err(record::wrong(&number, "no document number"));
    }
    let Some(of) = Type::parse(row.required("type")?.text()?) else {
        return Ok(None);
    };
    let filed_at = row.required("filed_at")?;
    let day = filed_at.text()?.get(..10).unwrap_or_default();
    let filed_on = NaiveDate::parse_from_str(day, "%Y-%m-%d")
        .map_err(|_| record::wrong(&filed_at, "no date"))?;
    let publication = row.required("publication_date")?;
    let publication = if publication.is_null() {
        None
    } else {
        let day = NaiveDate::parse_from_str(publication.text()?, "%Y-%m-%d");
        Some(day.map_err(|_| record::wrong(&publication, "no date"))?)
    };
    let raw_text = row.required("raw_text_url")?;
    let raw_text = if raw_text.is_null() {
        None
    } else {
        let url = address::own(raw_text.text()?, "/public-inspection/raw_text/");
        Some(url.ok_or_else(|| record::wrong(&raw_text, "no address of a text at this host"))?)
    };
    let dockets = record::strings(&row.required("docket_numbers")?)?;
    let mut filed = Filed {
        number: number.text()?.to_owned(),
        of,
        title: one_line(row.required("title")?.text()?),
        dockets: docket::dockets(&dockets.join(", ")),
        hour: one_line(filed_at.text()?),
        day: filed_on,
        publication,
        raw_text,
        tag: String::new(),
    };
    filed.tag = digest(&format!("{filed:?}"));
    Ok(Some(filed))
}
