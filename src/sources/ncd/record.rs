//! One record: the API's fields, normalised.

use crate::model::date::us_date;
use crate::model::request::ShapeError;
use crate::parse::json::{Field, JsonError};
use crate::parse::text::words;
use crate::sources::coverage_api::{self, plain};

/// A determination as the API serves it. Lines and paragraphs are plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) id: u32,
    pub(super) version: u32,
    /// Section of the NCD manual: `30.3.3`.
    pub(super) section: String,
    pub(super) title: String,
    pub(super) publication_number: String,
    pub(super) effective_date: String,
    pub(super) end_date: String,
    pub(super) implementation_date: String,
    pub(super) qr_modifier_date: String,
    pub(super) transmittal_number: String,
    pub(super) transmittal_url: String,
    pub(super) ama_statement: String,
    pub(super) benefit_category: Vec<String>,
    pub(super) item_description: Vec<String>,
    pub(super) indications: Vec<String>,
    pub(super) cross_reference: Vec<String>,
    pub(super) other_text: Vec<String>,
    pub(super) reasons_for_denial: Vec<String>,
    pub(super) revision_history: Vec<String>,
}

impl Record {
    /// Reads the answer to the request for one record.
    ///
    /// Every field that is known must be there; fields that are not known are ignored.
    ///
    /// # Errors
    /// When it has another form, holds no record or several, or lacks what no determination lacks:
    /// a section, a title, a text.
    pub(super) fn read(bytes: &[u8], what: &str) -> Result<Self, ShapeError> {
        let value = coverage_api::value(bytes, what)?;
        let data = coverage_api::data(&value, what)?;
        let [field] = data.as_slice() else {
            return Err(ShapeError::new(
                what,
                format!("{} records where one is expected", data.len()),
            ));
        };
        Self::from_field(field).map_err(|error| coverage_api::shape(error, what))
    }

    fn from_field(record: &Field<'_>) -> Result<Self, JsonError> {
        let number = |key: &str| {
            let field = record.required(key)?;
            let text = field.text_or_integer()?;
            text.parse::<u32>()
                .map_err(|_| error(&field, format!("'{text:.20}' is no number")))
        };
        let line = |key: &str| {
            let text = record.required(key)?.text_or_integer()?;
            Ok::<_, JsonError>(plain(&text).join(" "))
        };
        let passage = |key: &str| Ok::<_, JsonError>(plain(record.required(key)?.text()?));
        let read = Self {
            id: number("document_id")?,
            version: number("document_version")?,
            section: line("document_display_id")?,
            title: title(&record.required("title")?)?,
            publication_number: line("publication_number")?,
            effective_date: line("effective_date")?,
            end_date: line("effective_end_date")?,
            implementation_date: line("implementation_date")?,
            qr_modifier_date: line("qr_modifier_date")?,
            transmittal_number: line("transmittal_number")?,
            transmittal_url: line("transmittal_url")?,
            ama_statement: line("ama_statement")?,
            benefit_category: passage("benefit_category")?,
            item_description: passage("item_service_description")?,
            indications: passage("indications_limitations")?,
            cross_reference: passage("cross_reference")?,
            other_text: passage("other_text")?,
            reasons_for_denial: passage("reasons_for_denial")?,
            revision_history: passage("revision_history")?,
        };
        read.check(record)?;
        Ok(read)
    }

    fn check(&self, record: &Field<'_>) -> Result<(), JsonError> {
        let at = |key: &str| record.required(key);
        if !is_section(&self.section) {
            return Err(error(
                &at("document_display_id")?,
                format!("'{:.20}' is no section of the NCD manual", self.section),
            ));
        }
        // CMS requires the field: where a determination has all its text in the description, a
        // blank paragraph stands in it. An empty one is an API that has lost its text, and would
        // otherwise be told as the end of every limit.
        let indications = at("indications_limitations")?;
        let has_text = |paragraphs: &[String]| paragraphs.iter().any(|one| !words(one).is_empty());
        if indications.text()?.trim().is_empty()
            || !(has_text(&self.indications) || has_text(&self.item_description))
        {
            return Err(error(&indications, "the record has lost its text"));
        }
        Ok(())
    }

    /// Name of the policy: `NCD 30.3.3`.
    pub(super) fn policy(&self) -> String {
        format!("NCD {}", self.section)
    }

    /// The title and the paragraphs that state policy, most important first; record keeping
    /// (revision history, transmittal) is no part of it.
    pub(super) fn policy_text(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.title.as_str()).chain(
            [
                &self.indications,
                &self.item_description,
                &self.reasons_for_denial,
                &self.other_text,
                &self.benefit_category,
                &self.cross_reference,
            ]
            .into_iter()
            .flatten()
            .map(String::as_str),
        )
    }
}

/// One line that names something.
fn title(field: &Field<'_>) -> Result<String, JsonError> {
    const LONGEST: usize = 400;
    let mut lines = plain(field.text()?);
    let is_title = |line: &String| {
        line.chars().count() <= LONGEST
            && line.chars().any(char::is_alphabetic)
            && us_date(line).is_none()
    };
    match (lines.pop().filter(is_title), lines.is_empty()) {
        (Some(title), true) => Ok(title),
        _ => Err(error(field, "it is no title of one line")),
    }
}

/// Numbers separated by dots, the last perhaps with a letter: `30.3.3`, `220.6.17`.
fn is_section(text: &str) -> bool {
    text.len() <= 20
        && text.contains('.')
        && text.split('.').all(|part| {
            part.starts_with(|c: char| c.is_ascii_digit())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

fn error(field: &Field<'_>, why: impl Into<String>) -> JsonError {
    JsonError {
        path: field.path().to_owned(),
        why: why.into(),
    }
}
