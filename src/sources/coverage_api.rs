//! The API of the Medicare Coverage Database, as far as all that read it have it in common: the envelope
//! around every answer, and how text and numbers are written in it.

use serde_json::Value;

use crate::model::request::ShapeError;
use crate::parse::json::{self, Field, JsonError};
use crate::parse::text::{paragraphs, unescape_once};

/// Where the API is.
pub(super) const ORIGIN: &str = "https://api.coverage.cms.gov";

/// The longest answer that is read, in bytes. The list has 0.1 MB, the longest record 0.1 MB.
const MAX_BYTES: usize = 16 << 20;

/// Reads the JSON value of an answer; `what` names the document in errors.
pub(super) fn value(bytes: &[u8], what: &str) -> Result<Value, ShapeError> {
    json::read(bytes, MAX_BYTES).map_err(|error| shape(error, what))
}

/// The data elements of an answer: of `{"meta":{...},"data":[...]}`, of a bare array, or a bare
/// object.
///
/// The API has always served the NCD lists whole, with an empty `meta.next_token`. What the
/// parameter for the next part would be called is not documented. A token is therefore an error:
/// half a list, taken for a whole one, would report the other half as delisted.
pub(super) fn data<'a>(value: &'a Value, what: &str) -> Result<Vec<Field<'a>>, ShapeError> {
    elements(value).map_err(|error| shape(error, what))
}

fn elements(value: &Value) -> Result<Vec<Field<'_>>, JsonError> {
    let root = Field::root(value);
    if root.is_array() {
        return root.elements();
    }
    if let Some(meta) = root.optional("meta")? {
        check_meta(&meta)?;
        return root.required("data")?.elements();
    }
    match root.optional("data")? {
        Some(data) => data.elements(),
        None => Ok(vec![root]),
    }
}

fn check_meta(meta: &Field<'_>) -> Result<(), JsonError> {
    if let Some(status) = meta.optional("status")? {
        let id = status.required("id")?;
        let id_text = id.text_or_integer()?;
        if id_text != "200" {
            return Err(JsonError {
                path: id.path().to_owned(),
                why: format!("the API answers with status {id_text} where 200 is expected"),
            });
        }
    }
    let Some(token) = meta.optional("next_token")? else {
        return Ok(());
    };
    if token.is_null() || token.text_or_integer()?.is_empty() {
        return Ok(());
    }
    Err(JsonError {
        path: token.path().to_owned(),
        why: "the answer is one part of a longer one, which this version of coverd cannot ask for"
            .to_owned(),
    })
}

/// A text field in plain paragraphs. The API escapes its HTML once (and the entities of that HTML with
/// it), so it is unescaped once and then read as HTML.
pub(super) fn plain(text: &str) -> Vec<String> {
    paragraphs(&unescape_once(text))
}

/// A field of one line: a name, a number, a date, a status. Spaces and line breaks are one space.
///
/// # Errors
/// When it is missing, or no string and no integer.
pub(super) fn line(record: &Field<'_>, key: &str) -> Result<String, JsonError> {
    Ok(plain(&record.required(key)?.text_or_integer()?).join(" "))
}

/// As [`line()`], of a field that says something in every record.
///
/// # Errors
/// As [`line()`], and when it is blank.
pub(super) fn filled(record: &Field<'_>, key: &str) -> Result<String, JsonError> {
    let text = line(record, key)?;
    if text.is_empty() {
        return Err(error(&record.required(key)?, "it is blank"));
    }
    Ok(text)
}

/// The title of a record or row: a name, so that what is longer is none.
///
/// # Errors
/// As [`filled`], and when it is longer than any title.
pub(super) fn title(record: &Field<'_>) -> Result<String, JsonError> {
    const LONGEST: usize = 1_000;
    let text = filled(record, "title")?;
    if text.len() > LONGEST {
        return Err(error(
            &record.required("title")?,
            "it is no title of one line",
        ));
    }
    Ok(text)
}

/// A number that names a record; the API writes it as an integer in lists and as a string elsewhere.
///
/// # Errors
/// When it is missing, or no such number.
pub(super) fn number(record: &Field<'_>, key: &str) -> Result<u32, JsonError> {
    let field = record.required(key)?;
    let text = field.text_or_integer()?;
    text.parse()
        .map_err(|_| error(&field, &format!("'{text:.20}' is no number")))
}

/// What is wrong with a field.
pub(super) fn error(field: &Field<'_>, why: &str) -> JsonError {
    JsonError {
        path: field.path().to_owned(),
        why: why.to_owned(),
    }
}

/// An error of the JSON reader as an error of the document.
pub(super) fn shape(error: JsonError, what: &str) -> ShapeError {
    if error.path.is_empty() {
        ShapeError::new(what, error.why)
    } else {
        ShapeError::new(format!("{what}, {}", error.path), error.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> Result<usize, String> {
        let value = value(text.as_bytes(), "answer").map_err(|error| error.to_string())?;
        data(&value, "answer")
            .map(|data| data.len())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_answer_is_read_in_its_envelope_or_bare() {
        let envelope =
            r#"{"meta":{"status":{"id":200,"message":"OK"},"next_token":""},"data":[{},{}]}"#;
        assert_eq!(count(envelope), Ok(2));
        assert_eq!(count(r#"{"data":[{}]}"#), Ok(1));
        assert_eq!(count("[{},{},{}]"), Ok(3));
        assert_eq!(count(r#"{"document_id":1}"#), Ok(1));
    }

    #[test]
    fn half_an_answer_and_an_error_status_are_refused() {
        for (text, why) in [
            (
                r#"{"meta":{"next_token":"abc"},"data":[]}"#,
                "meta.next_token: the answer is one part",
            ),
            (r#"{"meta":{"status":{"id":500}},"data":[]}"#, "status 500"),
            (r#"{"meta":{"next_token":""}}"#, "'data' is missing"),
            (r#"{"meta":[],"data":[]}"#, "an array where an object"),
            (r#"{"data":{}}"#, "an object where an array"),
            ("7", "a number where an object"),
        ] {
            let error = count(text).expect_err(text);
            assert!(error.contains(why), "{error}");
        }
    }
}
