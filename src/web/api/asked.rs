//! What programs may ask: every field is checked, and one that is not known is refused.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::problem::Refusal;
use crate::model::code::Service;
use crate::web::error::WebError;
use crate::web::site::Site;
use crate::web::view::View;

/// The question of an address.
#[derive(Debug)]
pub(super) struct Fields<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Fields<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        Query::<T>::try_from_uri(&parts.uri)
            .map(|Query(asked)| Self(asked))
            .map_err(|rejection| WebError::Unusable(rejection.body_text()).into())
    }
}

/// The point of view.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct KnownFields {
    /// Only what coverd knew at the end of this day.
    #[param(value_type = Option<String>, format = Date)]
    pub(super) known: Option<String>,
}

/// A date of service, and points of view.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AnswerFields {
    /// The date of service; today when it is left out.
    #[param(value_type = Option<String>, format = Date)]
    pub(super) on: Option<String>,
    /// Only what CMS had published by the end of this day.
    #[param(value_type = Option<String>, format = Date)]
    pub(super) published: Option<String>,
    /// Only what coverd knew at the end of this day.
    #[param(value_type = Option<String>, format = Date)]
    pub(super) known: Option<String>,
    /// The payment locality: MAC number and locality number.
    #[param(pattern = "^[0-9]{1,5}-[0-9]{1,2}$", example = "01112-05")]
    pub(super) place: Option<String>,
}

/// Which changes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ChangeFields {
    /// Only of this code.
    #[param(
        pattern = "^[0-9A-Za-z][0-9]{3}[0-9A-Za-z](-[0-9A-Za-z]{2})?$",
        example = "20560"
    )]
    pub(super) code: Option<String>,
    /// Only those at least this grave.
    #[param(pattern = "^(coverage|payment|coding|administrative)$")]
    pub(super) severity: Option<String>,
    /// Only those found on or after this day (UTC).
    #[param(value_type = Option<String>, format = Date)]
    pub(super) since: Option<String>,
    /// Only what coverd knew at the end of this day.
    #[param(value_type = Option<String>, format = Date)]
    pub(super) known: Option<String>,
    /// At most so many; 100 when it is left out.
    #[param(minimum = 1, maximum = 500)]
    pub(super) limit: Option<u32>,
    /// After so many.
    #[param(minimum = 0, maximum = 1_000_000)]
    pub(super) skip: Option<u32>,
}

/// Words to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchFields {
    /// All of them must be there; the last may be the beginning of a word.
    #[param(min_length = 1, max_length = 200, example = "dry needling")]
    pub(super) q: String,
    /// Only what coverd knew at the end of this day.
    #[param(value_type = Option<String>, format = Date)]
    pub(super) known: Option<String>,
    /// At most so many; 100 when it is left out.
    #[param(minimum = 1, maximum = 500)]
    pub(super) limit: Option<u32>,
}

/// Which messages.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OutboxFields {
    /// Only those in this state.
    #[param(pattern = "^(pending|delivered|dead|gathered)$")]
    pub(super) state: Option<String>,
    /// At most so many; 100 when it is left out.
    #[param(minimum = 1, maximum = 500)]
    pub(super) limit: Option<u32>,
    /// After so many.
    #[param(minimum = 0, maximum = 1_000_000)]
    pub(super) skip: Option<u32>,
}

/// A point of view; an empty day is no day.
pub(super) fn view(site: &Site, known: Option<&str>) -> Result<View, WebError> {
    if known == Some("") {
        return Err(WebError::Unusable(
            "known: write a day as 2026-03-01".to_owned(),
        ));
    }
    View::new(site, "/", known)
}

/// A day, where one is given.
pub(super) fn day(name: &str, text: Option<&str>) -> Result<Option<NaiveDate>, WebError> {
    text.map(|text| crate::web::view::day(name, text))
        .transpose()
}

/// A value that is written as text.
pub(super) fn read<T: std::str::FromStr>(text: &str) -> Result<T, WebError>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error: T::Err| WebError::Unusable(error.to_string()))
}

pub(super) fn code(text: &str) -> Result<Service, WebError> {
    read(text)
}

/// How many, and after how many.
pub(super) fn part(limit: Option<u32>, skip: Option<u32>) -> Result<(u32, u32), WebError> {
    let (limit, skip) = (limit.unwrap_or(100), skip.unwrap_or(0));
    if !(1..=500).contains(&limit) {
        return Err(WebError::Unusable(
            "limit: write a number from 1 to 500".to_owned(),
        ));
    }
    if skip > 1_000_000 {
        return Err(WebError::Unusable(
            "skip: write a number up to 1000000".to_owned(),
        ));
    }
    Ok((limit, skip))
}

/// An instant as programs read it.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
