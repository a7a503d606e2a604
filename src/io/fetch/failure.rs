//! What went wrong in one attempt, said in words, and whether another attempt may help.

use std::error::Error;
use std::time::Duration;

use url::Url;

use super::answer::{FailureKind, FetchError};
use super::body::BodyError;
use super::guard::Refusal;
use crate::model::request::Request;

/// One attempt that failed.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: FetchError,
    /// Whether another attempt may help.
    pub(super) again: bool,
    /// What the server asked for.
    pub(super) retry_after: Option<Duration>,
}

impl From<FetchError> for Failed {
    fn from(error: FetchError) -> Self {
        Self {
            error,
            again: false,
            retry_after: None,
        }
    }
}

impl Failed {
    /// A fault that may be gone in a moment.
    pub(super) fn passing(error: FetchError) -> Self {
        Self {
            error,
            again: true,
            retry_after: None,
        }
    }
}

pub(super) fn unreachable(url: &str, why: &str) -> FetchError {
    FetchError::new(FailureKind::Unreachable, url, why)
}

/// What a server that refuses answered, and where when that is elsewhere.
pub(super) fn refused(request: &Request, at: &Url, status: reqwest::StatusCode) -> String {
    if at.as_str() == request.url {
        format!("the server answered {status}")
    } else {
        format!("the server answered {status} at {at}")
    }
}

/// No headers came.
pub(super) fn no_answer(url: &str, error: &reqwest::Error) -> Failed {
    if let Some(refusal) = find::<Refusal>(error) {
        return FetchError::new(FailureKind::NotAllowed, url, refusal.to_string()).into();
    }
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_dns() {
        "its host's name could not be resolved"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke before an answer"
    };
    Failed::passing(unreachable(url, &format!("{what} ({})", causes(error))))
}

/// Headers came, but no whole body.
pub(super) fn no_body(url: &str, limit: usize, error: BodyError) -> Failed {
    match error {
        BodyError::TooLarge => {
            let why = format!("the body is larger than {limit} bytes");
            FetchError::new(FailureKind::TooLarge, url, why).into()
        }
        BodyError::Coding(coding) => {
            let why = format!("the body came in the coding {coding:?}, which was not asked for");
            FetchError::new(FailureKind::Blocked, url, why).into()
        }
        BodyError::Broken(error) => {
            let what = if error.is_timeout() {
                "the body stalled"
            } else {
                "the body broke off"
            };
            Failed::passing(unreachable(url, &format!("{what} ({})", causes(&error))))
        }
    }
}

/// The first error of type `E` in the chain.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|e| e.downcast_ref())
}

/// The innermost cause, which names the fact (connection refused, certificate expired); what is
/// around it only repeats the address.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    let last = std::iter::successors(Some(error), |&error| error.source()).last();
    let text = last.map(ToString::to_string).unwrap_or_default();
    text.chars().take(200).collect()
}
