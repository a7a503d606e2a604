//! The licence token of the coverage API.
//!
//! CMS gives the documents of contractors, which hold codes of the American Medical Association, the
//! American Dental Association and the American Hospital Association, only to who carries a token. To
//! ask for the token is to accept their terms, so it is asked for only where the configuration says so
//! in words. It lives in memory, for less than the hour that it is good for, and is sent to the API alone.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::HeaderValue;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::answer::{FailureKind, FetchError, Fetched, FetchedBody};
use super::client::Inner;
use super::failure::Failed;
use crate::model::document::Validators;
use crate::model::request::{Access, Expect, Request};

/// The only origin that is shown the token.
const ORIGIN: &str = "https://api.coverage.cms.gov";

/// Where the terms and the token are. Asking for it accepts the terms.
const AGREEMENT: &str = "https://api.coverage.cms.gov/v1/metadata/license-agreement/";

/// CMS says that a token is good for an hour; a long answer may be under way when it ends.
const GOOD_FOR: TimeDelta = TimeDelta::minutes(50);

/// A longer one is none.
const LONGEST: usize = 4_096;

/// The token at hand.
#[derive(Default)]
pub(super) struct Licence {
    held: Mutex<Option<Held>>,
}

/// A token with the hour of its issue.
#[derive(Clone)]
struct Held {
    bearer: HeaderValue,
    since: DateTime<Utc>,
}

impl fmt::Debug for Licence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Licence")
    }
}

/// The header for one hop: the token goes to the API and to nobody else, wherever a redirect leads.
pub(super) fn for_hop<'b>(bearer: Option<&'b HeaderValue>, at: &Url) -> Option<&'b HeaderValue> {
    bearer.filter(|_| at.origin().ascii_serialization() == ORIGIN)
}

impl Inner {
    /// One attempt, with what the request needs beside its address.
    pub(super) async fn with_access(
        &self,
        request: &Request,
        url: &Url,
        known: &Validators,
        patience: Duration,
    ) -> Result<Fetched, Failed> {
        match request.access {
            Access::Open => self.attempt(request, url, known, patience, None).await,
            Access::CoverageLicence => self.licensed(request, url, known, patience).await,
        }
    }

    async fn licensed(
        &self,
        request: &Request,
        url: &Url,
        known: &Validators,
        patience: Duration,
    ) -> Result<Fetched, Failed> {
        if !self.config.coverage_licence {
            let why = "it needs the licence token of the coverage API, and the terms of its licence are not accepted: write accept_terms under [sources.local_coverage] in the configuration, as config/coverd.toml says";
            return Err(FetchError::new(FailureKind::NotAllowed, &request.url, why).into());
        }
        let (bearer, is_new) = self.bearer(patience).await?;
        let answer = self
            .attempt(request, url, known, patience, Some(&bearer))
            .await;
        match answer {
            // It may have ended early. One that was issued a moment ago is refused for another reason.
            Err(failed) if failed.error.status() == Some(401) && !is_new => {
                self.forget(&bearer).await;
                let (bearer, _) = self.bearer(patience).await?;
                self.attempt(request, url, known, patience, Some(&bearer))
                    .await
            }
            answer => answer,
        }
    }

    /// The token, and whether it was issued just now.
    async fn bearer(&self, patience: Duration) -> Result<(HeaderValue, bool), Failed> {
        // Others who need it wait here, so that it is asked for once.
        let mut held = self.licence.held.lock().await;
        let now = self.clock.now();
        let good = |held: &Held| held.since <= now && now < held.since + GOOD_FOR;
        if let Some(held) = held.as_ref().filter(|held| good(held)) {
            return Ok((held.bearer.clone(), false));
        }
        *held = None;
        let bearer = self.issue(patience).await?;
        *held = Some(Held {
            bearer: bearer.clone(),
            since: now,
        });
        Ok((bearer, true))
    }

    async fn forget(&self, bearer: &HeaderValue) {
        let mut held = self.licence.held.lock().await;
        if held.as_ref().is_some_and(|held| held.bearer == *bearer) {
            *held = None;
        }
    }

    async fn issue(&self, patience: Duration) -> Result<HeaderValue, Failed> {
        let request = Request::new(AGREEMENT, Expect::Json);
        let lost = |why: &str| FetchError::new(FailureKind::Blocked, AGREEMENT, why);
        let url = Url::parse(AGREEMENT).map_err(|_| lost("this is not an address"))?;
        let nothing = Validators::default();
        let answer = self
            .attempt(&request, &url, &nothing, patience, None)
            .await?;
        let FetchedBody::Bytes(bytes) = answer.body else {
            return Err(lost("the server answered without a licence token").into());
        };
        token(&bytes).ok_or_else(|| lost("the server answered without a licence token").into())
    }
}

/// The header with the token of an answer: `{"data":[{"Token":"…"}]}`.
fn token(bytes: &[u8]) -> Option<HeaderValue> {
    let answer: Value = serde_json::from_slice(bytes).ok()?;
    let token = answer.get("data")?.get(0)?.get("Token")?.as_str()?.trim();
    let sound = !token.is_empty()
        && token.len() <= LONGEST
        && token.bytes().all(|byte| byte.is_ascii_graphic());
    let mut bearer = HeaderValue::from_str(&format!("Bearer {token}"))
        .ok()
        .filter(|_| sound)?;
    bearer.set_sensitive(true);
    Some(bearer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_visible_word() {
        assert_eq!(
            token(br#"{"data":[{"Token":"a-1"}]}"#).unwrap(),
            "Bearer a-1"
        );
        for wrong in [
            "",
            "<html>",
            r#"{"data":[]}"#,
            r#"{"data":[{"token":"a"}]}"#,
            r#"{"data":[{"Token":""}]}"#,
            r#"{"data":[{"Token":"a b"}]}"#,
            r#"{"data":[{"Token":"a\r\nX-B: 1"}]}"#,
            r#"{"data":[{"Token":7}]}"#,
        ] {
            assert_eq!(token(wrong.as_bytes()), None, "{wrong}");
        }
        let long = format!(r#"{{"data":[{{"Token":"{}"}}]}}"#, "a".repeat(LONGEST + 1));
        assert_eq!(token(long.as_bytes()), None);
    }

    #[test]
    fn it_is_shown_to_the_api_only() {
        let bearer = HeaderValue::from_static("Bearer a");
        let shown = |url: &str| for_hop(Some(&bearer), &Url::parse(url).unwrap()).is_some();
        assert!(shown("https://api.coverage.cms.gov/v1/data/lcd/?lcdid=1"));
        for other in [
            "https://www.cms.gov/",
            "http://api.coverage.cms.gov/",
            "https://api.coverage.cms.gov:8443/",
            "https://x.api.coverage.cms.gov/",
        ] {
            assert!(!shown(other), "{other}");
        }
    }
}
