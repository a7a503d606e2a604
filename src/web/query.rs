//! What addresses and forms of the page may say: texts, which are read where they are used.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::WebError;

/// The question of an address; what is no question is an error in words.
#[derive(Debug)]
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, WebError> {
        Query::<T>::try_from_uri(&parts.uri)
            .map(|Query(asked)| Self(asked))
            .map_err(|rejection| WebError::Unusable(rejection.body_text()))
    }
}

/// The point of view alone.
#[derive(Debug, Default, Deserialize)]
pub(super) struct KnownQuery {
    pub(super) known: Option<String>,
}

/// A code on a date of service.
#[derive(Debug, Default, Deserialize)]
pub(super) struct CodeQuery {
    pub(super) known: Option<String>,
    pub(super) on: Option<String>,
    pub(super) place: Option<String>,
}

/// Which changes.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ChangesQuery {
    pub(super) known: Option<String>,
    pub(super) q: Option<String>,
    pub(super) code: Option<String>,
    pub(super) severity: Option<String>,
    pub(super) since: Option<String>,
    pub(super) page: Option<String>,
}

/// A code to look up.
#[derive(Debug, Default, Deserialize)]
pub(super) struct LookUp {
    pub(super) known: Option<String>,
    pub(super) code: Option<String>,
}

/// Which messages.
#[derive(Debug, Default, Deserialize)]
pub(super) struct OutboxQuery {
    pub(super) known: Option<String>,
    pub(super) state: Option<String>,
    pub(super) page: Option<String>,
}

/// The link in a mail by which its alert is acknowledged.
#[derive(Debug, Deserialize)]
pub(super) struct AckQuery {
    pub(super) alert: String,
    pub(super) to: String,
    pub(super) token: String,
}

/// The form behind it.
#[derive(Debug, Deserialize)]
pub(super) struct AckForm {
    pub(super) alert: String,
    pub(super) to: String,
    pub(super) token: String,
    pub(super) person: String,
    #[serde(default)]
    pub(super) note: String,
}

/// Where to go after the login.
#[derive(Debug, Default, Deserialize)]
pub(super) struct LoginQuery {
    pub(super) next: Option<String>,
}

/// The form of the login.
#[derive(Deserialize)]
pub(super) struct LoginForm {
    pub(super) password: String,
    #[serde(default)]
    pub(super) next: String,
}

/// What is not empty.
pub(super) fn given(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}
