//! The record of a document in the Register's API: a row of a list, or an answer of its own.

use chrono::NaiveDate;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::address;
use super::docket::{self, Kind, Type};
use crate::model::document::DocumentHash;
use crate::model::request::ShapeError;
use crate::parse::json::{Field, JsonError};
use crate::parse::text::paragraphs;

/// What the Register says of a document beside its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) number: String,
    pub(super) of: Type,
    pub(super) action: String,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) citation: String,
    pub(super) published: NaiveDate,
    pub(super) effective_on: Option<NaiveDate>,
    pub(super) comments_close_on: Option<NaiveDate>,
    pub(super) dockets: Vec<String>,
    pub(super) rins: Vec<String>,
    /// Number of the document that it corrects, where the Register says so.
    pub(super) correction_of: Option<String>,
    /// Title and part: `(42, 410)`.
    pub(super) parts: Vec<(String, String)>,
    pub(super) full_text: Option<String>,
    /// Moves when anything of the record does.
    pub(super) tag: String,
}

impl Record {
    /// What it is.
    pub(super) fn kind(&self) -> Kind {
        if self.correction_of.is_some() && !self.action.to_lowercase().contains("withdraw") {
            return Kind::Correction;
        }
        docket::kind(self.of, &self.dockets, &self.action, &self.title)
    }

    /// The docket that names it, or what stands for one: its RIN, its number.
    pub(super) fn docket(&self) -> &str {
        docket::leading(self.kind(), &self.dockets)
            .or(self.rins.first().map(String::as_str))
            .unwrap_or(&self.number)
    }

    /// Whether its title says that it is a rule of the fee schedule or of the outpatient system.
    pub(super) fn is_schedule(&self) -> bool {
        self.of != Type::Notice && names_schedule(&self.title)
    }
}

/// Whether a title names a payment system that is watched.
pub(super) fn names_schedule(title: &str) -> bool {
    let title = title.to_lowercase();
    title.contains("physician fee schedule") || title.contains("outpatient prospective payment")
}

/// Reads a record; `None` for what is neither a rule nor a notice (a proclamation).
///
/// # Errors
/// When a field that was asked for is missing or has another form: an answer without it is no record.
pub(super) fn read(field: &Field<'_>) -> Result<Option<Record>, JsonError> {
    let number = field.required("document_number")?;
    let Some(of) = Type::parse(field.required("type")?.text()?) else {
        return Ok(None);
    };
    if !address::is_number(number.text()?) {
        return Err(wrong(&number, "no document number"));
    }
    let text = |key: &str| -> Result<String, JsonError> {
        let value = field.required(key)?;
        Ok(if value.is_null() {
            String::new()
        } else {
            one_line(value.text()?)
        })
    };
    let dockets = strings(&field.required("docket_ids")?)?;
    let published = field.required("publication_date")?;
    let title = text("title")?;
    if title.is_empty() {
        return Err(wrong(&field.required("title")?, "it is blank"));
    }
    let full_text = field.required("full_text_xml_url")?;
    let full_text = if full_text.is_null() {
        None
    } else {
        let url = address::own(full_text.text()?, "/documents/full_text/xml/");
        Some(url.ok_or_else(|| wrong(&full_text, "no address of a full text at this host"))?)
    };
    let mut record = Record {
        number: number.text()?.to_owned(),
        of,
        action: text("action")?,
        title,
        summary: text("abstract")?,
        citation: text("citation")?,
        published: date(&published)?.ok_or_else(|| wrong(&published, "no date"))?,
        effective_on: date(&field.required("effective_on")?)?,
        comments_close_on: date(&field.required("comments_close_on")?)?,
        dockets: docket::dockets(&dockets.join(", ")),
        rins: strings(&field.required("regulation_id_numbers")?)?,
        correction_of: correction_of(&field.required("correction_of")?)?,
        parts: parts(&field.required("cfr_references")?)?,
        full_text,
        tag: String::new(),
    };
    // Derived from what was read, so that the order of fields and what is not read never matters.
    record.tag = digest(&format!("{record:?}"));
    Ok(Some(record))
}

/// A digest of what a list says of a document.
pub(super) fn digest(text: &str) -> String {
    DocumentHash::new(Sha256::digest(text.as_bytes()).into()).to_string()
}

/// One line of plain text: the Register's titles and abstracts may have entities and tags.
pub(super) fn one_line(text: &str) -> String {
    if text.contains(['<', '&']) {
        paragraphs(text).join(" ")
    } else {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

pub(super) fn strings(field: &Field<'_>) -> Result<Vec<String>, JsonError> {
    if field.is_null() {
        return Ok(Vec::new());
    }
    let elements = field.elements()?;
    elements
        .iter()
        .map(|element| Ok(one_line(element.text()?)))
        .collect()
}

fn date(field: &Field<'_>) -> Result<Option<NaiveDate>, JsonError> {
    if field.is_null() {
        return Ok(None);
    }
    let text = field.text()?;
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
    day.map(Some).map_err(|_| wrong(field, "no date"))
}

/// The API names the document by its address, or by an object with its number.
fn correction_of(field: &Field<'_>) -> Result<Option<String>, JsonError> {
    if field.is_null() {
        return Ok(None);
    }
    let text = match field.text() {
        Ok(text) => text.to_owned(),
        Err(_) => field.required("document_number")?.text()?.to_owned(),
    };
    let last = text.trim_end_matches(".json").rsplit('/').next();
    let number = last.and_then(|last| last.split('?').next());
    let number = number.map(|number| number.trim_end_matches(".json"));
    match number {
        Some(number) if address::is_number(number) => Ok(Some(number.to_owned())),
        _ => Err(wrong(field, "names no document")),
    }
}

fn parts(field: &Field<'_>) -> Result<Vec<(String, String)>, JsonError> {
    let mut parts = Vec::new();
    if field.is_null() {
        return Ok(parts);
    }
    for reference in field.elements()? {
        let part = reference.required("part")?;
        if !part.is_null() {
            let title = reference.required("title")?.text_or_integer()?;
            parts.push((title, part.text_or_integer()?));
        }
    }
    parts.sort_by_key(|(title, part)| (title.len(), title.clone(), part.len(), part.clone()));
    parts.dedup();
    Ok(parts)
}

pub(super) fn wrong(field: &Field<'_>, why: &str) -> JsonError {
    JsonError {
        path: field.path().to_owned(),
        why: why.to_owned(),
    }
}

/// An error of JSON as one of a document.
pub(super) fn shape(error: JsonError, what: &str) -> ShapeError {
    let what = if error.path.is_empty() {
        what.to_owned()
    } else {
        format!("{what}, {}", error.path)
    };
    ShapeError::new(what, error.why)
}

/// Reads a record that is an answer of its own.
pub(super) fn read_own(bytes: &[u8], what: &str) -> Result<Record, ShapeError> {
    let value = json(bytes, what)?;
    let record = read(&Field::root(&value)).map_err(|error| shape(error, what))?;
    record.ok_or_else(|| ShapeError::new(what, "it is neither a rule nor a notice"))
}

/// Reads an answer of the API.
pub(super) fn json(bytes: &[u8], what: &str) -> Result<Value, ShapeError> {
    /// A list of a thousand rows with abstracts has some 3 MB.
    const MAX_BYTES: usize = 32 << 20;
    crate::parse::json::read(bytes, MAX_BYTES).map_err(|error| shape(error, what))
}
