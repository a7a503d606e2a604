//! What a row says, as canonical JSON: an object of attribute ids, keys sorted, absent is null.
//!
//! Texts, amounts and counts are all JSON strings; the attribute's kind says which is meant. A value of
//! another kind than its attribute's (a blank where a number belongs) is an object of one member,
//! `{"text":""}`, so that nothing is ever lost or reinterpreted.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use serde_json::Value as Json;

use super::error::StoreError;
use crate::model::attribute::{Attribute, Kind};
use crate::model::fact::{Observation, Value, Values};

/// By id: a linear search for each of forty attributes of each payload would dominate a cold read.
static ATTRIBUTES: LazyLock<HashMap<&'static str, Attribute>> = LazyLock::new(|| {
    Attribute::ALL
        .iter()
        .map(|&attribute| (attribute.id(), attribute))
        .collect()
});

/// The canonical text of a row: equal values have equal texts.
pub(super) fn write_values(values: &BTreeMap<Attribute, Observation>) -> String {
    let mut members: Vec<(&str, Json)> = values
        .iter()
        .map(|(&attribute, observation)| (attribute.id(), json_of(attribute, observation)))
        .collect();
    members.sort_unstable_by_key(|&(id, _)| id);
    let mut text = String::with_capacity(members.len() * 24 + 2);
    text.push('{');
    for (id, value) in members {
        if text.len() > 1 {
            text.push(',');
        }
        text.push('"');
        text.push_str(id);
        text.push_str("\":");
        text.push_str(&value.to_string());
    }
    text.push('}');
    text
}

/// Reads a row back.
pub(super) fn read_values(text: &str) -> Result<Values, StoreError> {
    let members: BTreeMap<&str, Json> =
        serde_json::from_str(text).map_err(|_| StoreError::unreadable("a payload", text))?;
    let values = members.into_iter().map(|(id, value)| {
        let attribute = *ATTRIBUTES
            .get(id)
            .ok_or_else(|| StoreError::unreadable("an attribute", id))?;
        Ok((attribute, observation_of(attribute, value)?))
    });
    Ok(Arc::new(values.collect::<Result<_, StoreError>>()?))
}

/// One observation by itself, as changes keep it.
pub(super) fn write_observation(attribute: Attribute, observation: &Observation) -> String {
    json_of(attribute, observation).to_string()
}

/// Reads one observation back.
pub(super) fn read_observation(
    attribute: Attribute,
    text: &str,
) -> Result<Observation, StoreError> {
    let json =
        serde_json::from_str(text).map_err(|_| StoreError::unreadable("an observation", text))?;
    observation_of(attribute, json)
}

/// The kind of value that needs no name.
fn own(attribute: Attribute) -> &'static str {
    match attribute.kind() {
        Kind::Amount => "amount",
        Kind::Count => "count",
        Kind::Text | Kind::Passage => "text",
    }
}

fn json_of(attribute: Attribute, observation: &Observation) -> Json {
    let (of, written) = match observation {
        Observation::Absent => return Json::Null,
        Observation::Value(Value::Text(text)) => ("text", text.clone()),
        Observation::Value(Value::Amount(amount)) => ("amount", amount.normalize().to_string()),
        Observation::Value(Value::Count(count)) => ("count", count.to_string()),
    };
    if of == own(attribute) {
        Json::from(written)
    } else {
        serde_json::json!({ of: written })
    }
}

fn observation_of(attribute: Attribute, json: Json) -> Result<Observation, StoreError> {
    let unreadable = |text: &str| StoreError::unreadable("an observation", text);
    let value = |of: &str, text: String| {
        let value = match of {
            "amount" => Value::Amount(text.parse().map_err(|_| unreadable(&text))?),
            "count" => Value::Count(text.parse().map_err(|_| unreadable(&text))?),
            "text" => Value::Text(text),
            other => return Err(unreadable(other)),
        };
        Ok(Observation::Value(value))
    };
    match json {
        Json::Null => Ok(Observation::Absent),
        Json::String(text) => value(own(attribute), text),
        Json::Object(members) => {
            let mut members = members.into_iter();
            match (members.next(), members.next()) {
                (Some((of, Json::String(text))), None) => value(&of, text),
                _ => Err(unreadable("another object")),
            }
        }
        other @ (Json::Bool(_) | Json::Number(_) | Json::Array(_)) => {
            Err(unreadable(&other.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn observations() -> impl Strategy<Value = Observation> {
        prop_oneof![
            Just(Observation::Absent),
            any::<String>().prop_map(Observation::text),
            (any::<i64>(), 0_u32..=28)
                .prop_map(|(number, scale)| Observation::amount(Decimal::new(number, scale))),
            any::<u64>().prop_map(Observation::count),
        ]
    }

    fn attributes() -> impl Strategy<Value = Attribute> {
        proptest::sample::select(Attribute::ALL)
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            values in proptest::collection::btree_map(attributes(), observations(), 0..12)
        ) {
            let text = write_values(&values);
            let read = read_values(&text).unwrap();
            prop_assert_eq!(&*read, &values);
            prop_assert_eq!(write_values(&read), text);
        }

        #[test]
        fn one_observation_reads_back(attribute in attributes(), seen in observations()) {
            let text = write_observation(attribute, &seen);
            prop_assert_eq!(read_observation(attribute, &text).unwrap(), seen);
        }

        #[test]
        fn hostile_text_is_refused_without_a_panic(text in any::<String>()) {
            let _ = read_values(&text);
            let _ = read_observation(Attribute::WorkRvu, &text);
        }
    }

    #[test]
    fn the_form_is_canonical() {
        let values = BTreeMap::from([
            (
                Attribute::WorkRvu,
                Observation::amount(Decimal::new(320, 3)),
            ),
            (Attribute::Status, Observation::text("N")),
            (Attribute::GlobalDays, Observation::Absent),
            (Attribute::MpRvu, Observation::text("")),
        ]);
        assert_eq!(
            write_values(&values),
            r#"{"global_days":null,"mp_rvu":{"text":""},"status":"N","work_rvu":"0.32"}"#
        );
    }

    #[test]
    fn an_attribute_of_a_later_version_is_named() {
        let error = read_values(r#"{"colour":"red"}"#).unwrap_err().to_string();
        assert!(
            error.contains("colour") && error.contains("install"),
            "{error}"
        );
    }
}
