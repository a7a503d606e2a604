//! What comes back from a fetch: an answer with content, or an error that says what to do.

use chrono::{DateTime, Utc};

use crate::model::document::{Capture, DocumentHash, Validators};
use crate::model::health::ProblemKind;

/// An answer that can be believed as far as HTTP goes. Whether the bytes are content or a challenge
/// page with status 200 is for `parse::sniff` to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The address asked for.
    pub url: String,
    /// The address that answered, after redirects.
    pub final_url: String,
    /// When the answer was complete.
    pub at: DateTime<Utc>,
    /// HTTP status: 200, 203 or 304.
    pub status: u16,
    /// Answer headers with lower-case names; values of cookies are dropped.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: FetchedBody,
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchedBody {
    /// The whole body, after transfer decoding.
    Bytes(Vec<u8>),
    /// The server confirmed what its validators stand for.
    NotModified,
}

impl Fetched {
    /// The first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The `Content-Type`, empty where there is none.
    pub fn content_type(&self) -> &str {
        self.header("content-type").unwrap_or_default()
    }

    /// The validators as served, sound or not (see [`super::sound_validators`]).
    pub fn validators(&self) -> Validators {
        Validators {
            etag: self.header("etag").map(str::to_owned),
            last_modified: self.header("last-modified").map(str::to_owned),
        }
    }

    /// The record of this answer; `document` is the hash of its bytes, or for a 304 of those that it
    /// confirmed.
    pub fn capture(&self, document: Option<DocumentHash>) -> Capture {
        Capture {
            url: self.url.clone(),
            final_url: self.final_url.clone(),
            at: self.at,
            status: self.status,
            headers: self.headers.clone(),
            document,
        }
    }
}

/// Why there is no content, by what has to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// No whole answer: DNS, connection, TLS, time-out, half a body, server error.
    Unreachable,
    /// The server refuses: 401, 403, and other answers without content.
    Blocked,
    /// 404 or 410.
    Gone,
    /// More bytes than are accepted.
    TooLarge,
    /// An address that this program does not contact.
    NotAllowed,
    /// The recording that is replayed does not hold it.
    NotRecorded,
}

/// No content: what happened, at which address, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url}: {why}; {remedy}", remedy = .kind.remedy())]
pub struct FetchError {
    kind: FailureKind,
    url: String,
    why: String,
    status: Option<u16>,
    retry_at: Option<DateTime<Utc>>,
}

impl FailureKind {
    /// What to do, as the end of a sentence.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Unreachable => {
                "it is tried again at the next check; if that goes on, look at the network, the name server and the firewall"
            }
            Self::Blocked => {
                "open the address in a browser; if it opens there, CMS may be refusing this machine or its user agent"
            }
            Self::Gone => {
                "open the page that should link to it and see whether the document has moved"
            }
            Self::TooLarge => {
                "if the document really is that large, raise the limit for its kind in the configuration"
            }
            Self::NotAllowed => {
                "if CMS has moved there, add the host to the allowed hosts in the configuration"
            }
            Self::NotRecorded => "add a capture of it to the recording's manifest.json",
        }
    }
}

impl FetchError {
    /// An error of `kind` about `url`: `why` says what happened, without the address.
    pub(crate) fn new(kind: FailureKind, url: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            kind,
            url: url.into(),
            why: why.into(),
            status: None,
            retry_at: None,
        }
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    pub(crate) fn with_retry_at(mut self, at: Option<DateTime<Utc>>) -> Self {
        self.retry_at = at;
        self
    }

    /// Puts what was found out later behind the reason.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.why.push_str(note);
        self
    }

    /// By what has to be done about it.
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// The kind under which the operator is told.
    pub fn problem(&self) -> ProblemKind {
        match self.kind {
            FailureKind::Unreachable => ProblemKind::Unreachable,
            FailureKind::Blocked | FailureKind::NotAllowed => ProblemKind::Blocked,
            FailureKind::Gone | FailureKind::NotRecorded => ProblemKind::Gone,
            FailureKind::TooLarge => ProblemKind::Shape,
        }
    }

    /// The address asked for.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What happened, without the address and the remedy.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// What to do.
    pub fn remedy(&self) -> &'static str {
        self.kind.remedy()
    }

    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The server asked not to be bothered before this instant (bounded by the configuration).
    pub fn retry_at(&self) -> Option<DateTime<Utc>> {
        self.retry_at
    }

    /// Whether the same request may well succeed later without anybody doing anything.
    pub fn retryable(&self) -> bool {
        self.kind == FailureKind::Unreachable
    }
}

/// What an HTTP status means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The body is the answer.
    Content,
    /// 304.
    NotModified,
    /// Another address is named.
    Redirect,
    /// No content; the flag says whether to try again soon.
    Failure(FailureKind, bool),
}

/// What `status` means.
pub(crate) fn verdict(status: u16) -> Verdict {
    match status {
        200 | 203 => Verdict::Content,
        304 => Verdict::NotModified,
        301 | 302 | 303 | 307 | 308 => Verdict::Redirect,
        404 | 410 => Verdict::Failure(FailureKind::Gone, false),
        408 | 425 | 429 | 500 | 502 | 503 | 504 => Verdict::Failure(FailureKind::Unreachable, true),
        501 | 505..=599 => Verdict::Failure(FailureKind::Unreachable, false),
        // 202 is what challenges answer with, 206 is a part that was not asked for; all of them are
        // answers, and none is the document.
        _ => Verdict::Failure(FailureKind::Blocked, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_where_and_what_next() {
        let error = FetchError::new(
            FailureKind::Gone,
            "https://www.cms.gov/x",
            "the server answered 404",
        );
        let text = error.to_string();
        assert!(
            text.starts_with("https://www.cms.gov/x: the server answered 404; open"),
            "{text}"
        );
        assert!(!error.retryable());
        assert_eq!(error.problem(), ProblemKind::Gone);
    }

    #[test]
    fn only_whole_answers_are_content_and_only_passing_faults_are_tried_again() {
        let again: Vec<u16> = (100..=999)
            .filter(|&status| matches!(verdict(status), Verdict::Failure(_, true)))
            .collect();
        assert_eq!(again, [408, 425, 429, 500, 502, 503, 504]);
        let content: Vec<u16> = (100..=999)
            .filter(|&status| verdict(status) == Verdict::Content)
            .collect();
        assert_eq!(content, [200, 203]);
        for status in [202, 204, 206, 300, 401, 403, 451] {
            assert_eq!(
                verdict(status),
                Verdict::Failure(FailureKind::Blocked, false),
                "{status}"
            );
        }
    }
}
