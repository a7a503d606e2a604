//! What can go wrong with a request, and how it is said.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::io::store::StoreError;

/// Why a request cannot be answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebError {
    /// The address or a field of it makes no sense.
    #[error("{0}")]
    Unusable(String),
    /// There is no such thing.
    #[error("{0}")]
    Missing(String),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A template or a form could not be written.
    #[error("a page could not be written: {0}")]
    Unwritable(String),
    /// The page is ending.
    #[error("coverd is stopping")]
    Busy,
    /// A defect of this program.
    #[error("something failed inside coverd; the log of the service says what")]
    Defect,
}

impl From<askama::Error> for WebError {
    fn from(error: askama::Error) -> Self {
        Self::Unwritable(error.to_string())
    }
}

impl WebError {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Unusable(_) | Self::Store(StoreError::Ambiguous { .. }) => {
                StatusCode::BAD_REQUEST
            }
            Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Store(StoreError::Busy) | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Unwritable(_) | Self::Defect => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// The words for who asked. What the machine says of its files is for the log alone.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Unusable(_)
            | Self::Missing(_)
            | Self::Busy
            | Self::Defect
            | Self::Store(StoreError::Ambiguous { .. }) => self.to_string(),
            Self::Store(_) | Self::Unwritable(_) => {
                tracing::error!("a page could not be made: {self}");
                "The store could not be read just now; the log of the service says why.".to_owned()
            }
        }
    }
}

/// A page with nothing but words on it.
#[derive(Template)]
#[template(path = "notice.html", whitespace = "preserve")]
struct Notice<'a> {
    title: &'a str,
    words: &'a str,
}

/// A page that says why there is no other.
pub(super) fn notice(status: StatusCode, words: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    match (Notice { title, words }).render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => (status, words.to_owned()).into_response(),
    }
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        notice(self.status(), &self.words())
    }
}
