//! Refusals for programs (RFC 9457).

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use crate::web::error::WebError;

/// Why a request was not answered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// The kind of problem: always `about:blank`, the status says it.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong, and what to do.
    detail: String,
}

/// What every address may answer instead.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it only describes what is answered")]
pub(super) enum Refused {
    /// A field of the address makes no sense.
    #[response(status = 400, content_type = "application/problem+json")]
    Unusable(Problem),
    /// The token to read is missing or wrong.
    #[response(status = 401, content_type = "application/problem+json")]
    Closed(Problem),
    /// There is no such thing.
    #[response(status = 404, content_type = "application/problem+json")]
    Missing(Problem),
    /// The store could not be read.
    #[response(status = 500, content_type = "application/problem+json")]
    Failed(Problem),
}

/// A refusal in the form that programs read.
pub(in crate::web) fn problem(status: StatusCode, words: &str) -> Response {
    let problem = Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: words.to_owned(),
    };
    let body = serde_json::to_string(&problem).unwrap_or_default();
    (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response()
}

/// A failure, to be said to a program.
#[derive(Debug)]
pub(super) struct Refusal(WebError);

impl From<WebError> for Refusal {
    fn from(error: WebError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        problem(self.0.status(), &self.0.words())
    }
}
