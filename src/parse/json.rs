//! JSON, bounded in size and depth, with errors that name the path.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How deep arrays and objects may nest.
pub const MAX_DEPTH: usize = 64;

/// Reads one JSON value of at most `max_bytes`.
///
/// A key that appears twice in an object is an error: readers disagree on which of the two counts.
/// A byte order mark is skipped.
///
/// # Errors
/// When the bytes are too many, are no JSON, hold more than one value, or nest deeper than
/// [`MAX_DEPTH`].
pub fn read(bytes: &[u8], max_bytes: usize) -> Result<Value, JsonError> {
    if bytes.len() > max_bytes {
        return Err(JsonError::at(
            "",
            format!("{} bytes where at most {max_bytes} are read", bytes.len()),
        ));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Bounded { left: MAX_DEPTH }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| {
        JsonError::at(
            "",
            format!("no JSON as expected: {error}; {}", begin(bytes)),
        )
    })
}

/// Text that no JSON reading can take, or a value that is not what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{why}", if .path.is_empty() { String::new() } else { format!("{}: ", .path) })]
pub struct JsonError {
    /// Where: `data[0].title`; empty for the document as a whole.
    pub path: String,
    /// What was expected and what is there.
    pub why: String,
}

impl JsonError {
    fn at(path: &str, why: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            why: why.into(),
        }
    }
}

/// A value with the path to it.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Field<'a> {
    /// The value that was read.
    pub fn root(value: &'a Value) -> Self {
        Self {
            value,
            path: String::new(),
        }
    }

    /// The path to it: `data[0].title`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A member that must be there, `null` or not.
    ///
    /// # Errors
    /// When this is no object, or lacks the member.
    pub fn required(&self, key: &str) -> Result<Self, JsonError> {
        self.optional(key)?
            .ok_or_else(|| JsonError::at(&self.path, format!("the field '{key}' is missing")))
    }

    /// A member that may be missing.
    ///
    /// # Errors
    /// When this is no object.
    pub fn optional(&self, key: &str) -> Result<Option<Self>, JsonError> {
        let object = self
            .value
            .as_object()
            .ok_or_else(|| self.not("an object"))?;
        Ok(object.get(key).map(|value| Self {
            value,
            path: if self.path.is_empty() {
                key.to_owned()
            } else {
                format!("{}.{key}", self.path)
            },
        }))
    }

    /// The members of an object, by name.
    ///
    /// # Errors
    /// When this is no object.
    pub fn members(&self) -> Result<Vec<(&'a str, Self)>, JsonError> {
        let object = self
            .value
            .as_object()
            .ok_or_else(|| self.not("an object"))?;
        Ok(object
            .iter()
            .map(|(key, value)| {
                let path = format!("{}.{key}", self.path);
                (key.as_str(), Self { value, path })
            })
            .collect())
    }

    /// The elements of an array.
    ///
    /// # Errors
    /// When this is no array.
    pub fn elements(&self) -> Result<Vec<Self>, JsonError> {
        let elements = self.value.as_array().ok_or_else(|| self.not("an array"))?;
        Ok(elements
            .iter()
            .enumerate()
            .map(|(index, value)| Self {
                value,
                path: format!("{}[{index}]", self.path),
            })
            .collect())
    }

    /// A string.
    ///
    /// # Errors
    /// When this is no string.
    pub fn text(&self) -> Result<&'a str, JsonError> {
        self.value.as_str().ok_or_else(|| self.not("a string"))
    }

    /// A string, or an integer as a string: CMS writes the same id both ways.
    ///
    /// # Errors
    /// When this is neither.
    pub fn text_or_integer(&self) -> Result<String, JsonError> {
        match self.value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) if number.is_i64() || number.is_u64() => Ok(number.to_string()),
            _ => Err(self.not("a string or an integer")),
        }
    }

    /// Whether this is an array.
    pub fn is_array(&self) -> bool {
        self.value.is_array()
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        self.value.is_null()
    }

    fn not(&self, expected: &str) -> JsonError {
        let found = match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a truth value",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        JsonError::at(&self.path, format!("{found} where {expected} is expected"))
    }
}

/// The beginning of what is there instead, for the message.
fn begin(bytes: &[u8]) -> String {
    const SHOWN: usize = 60;
    if bytes.is_empty() {
        return "the document is empty".to_owned();
    }
    let text: String = String::from_utf8_lossy(bytes)
        .chars()
        .take(SHOWN)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!("the document begins with '{}'", text.trim())
}

/// Builds a [`Value`], as `serde_json` does, but counts the depth and refuses a key twice.
struct Bounded {
    left: usize,
}

impl Bounded {
    fn inner<E: serde::de::Error>(&self) -> Result<Self, E> {
        match self.left.checked_sub(1) {
            Some(left) => Ok(Self { left }),
            None => Err(E::custom(format_args!("nested deeper than {MAX_DEPTH}"))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Bounded {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element_seed(self.inner()?)? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.inner()?)?;
            if object.contains_key(&key) {
                let key: String = key.chars().take(40).collect();
                return Err(A::Error::custom(format_args!(
                    "the field '{key}' appears twice"
                )));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: usize = 1 << 20;

    #[track_caller]
    fn refuses(text: &str, why: &str) {
        let error = read(text.as_bytes(), ROOM).expect_err(text).to_string();
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn values_are_read_as_serde_json_reads_them() {
        let text = r#"{"a":[1,-2,2.5,true,null,"x é"],"b":{}}"#;
        assert_eq!(
            read(text.as_bytes(), ROOM).unwrap(),
            serde_json::from_str::<Value>(text).unwrap()
        );
        assert!(read(b"\xef\xbb\xbf[]", ROOM).is_ok());
    }

    #[test]
    fn what_is_no_json_is_shown() {
        refuses("", "empty");
        refuses(
            "<!DOCTYPE html><title>Maintenance",
            "begins with '<!DOCTYPE html>",
        );
        refuses("{} {}", "trailing");
        refuses(r#"{"a":1,"a":1}"#, "appears twice");
        refuses("\"a\nb\"", "control character");
        assert!(read(b"\"\xff\"", ROOM).is_err());
        assert!(read(b"[1]", 2).unwrap_err().why.contains("at most 2"));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(read(nested(MAX_DEPTH).as_bytes(), ROOM).is_ok());
        refuses(&nested(MAX_DEPTH + 2), "nested deeper");
        refuses(&"[".repeat(500_000), "nested deeper");
        refuses(&"{\"a\":".repeat(200_000), "nested deeper");
    }

    #[test]
    fn errors_name_the_path() {
        let value = read(br#"{"data":[{"id":7,"title":null}]}"#, ROOM).unwrap();
        let data = Field::root(&value).required("data").unwrap();
        let record = &data.elements().unwrap()[0];
        assert_eq!(
            record.required("id").unwrap().text_or_integer().unwrap(),
            "7"
        );
        assert!(record.optional("absent").unwrap().is_none());
        for (error, text) in [
            (
                record.required("absent").unwrap_err(),
                "data[0]: the field 'absent' is missing",
            ),
            (
                record.required("title").unwrap().text().unwrap_err(),
                "data[0].title: null where a string is expected",
            ),
            (
                data.required("x").unwrap_err(),
                "data: an array where an object is expected",
            ),
            (
                record.elements().unwrap_err(),
                "data[0]: an object where an array is expected",
            ),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..60)) {
            let _ = read(&bytes, ROOM);
        }

        #[test]
        fn whatever_is_read_is_what_serde_json_reads(text in r#"[\[\]{}",:0-9.e\\ua-]{0,30}"#) {
            if let Ok(value) = read(text.as_bytes(), ROOM) {
                proptest::prop_assert_eq!(value, serde_json::from_str::<Value>(&text).unwrap());
            }
        }
    }
}
