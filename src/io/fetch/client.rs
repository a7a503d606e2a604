//! The fetcher: one request with its redirects and retries.
//!
//! Redirects are followed here and not by the HTTP client: every hop has to pass the guard, to wait
//! its turn at its own host and to be mapped to its origin.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{
    ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, DATE, HOST, HeaderMap, HeaderValue, LOCATION,
    RETRY_AFTER,
};
use reqwest::{Client, Response, redirect};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::answer::{FailureKind, FetchError, Fetched, FetchedBody, Verdict, verdict};
use super::body::read;
use super::config::{FetchConfig, InvalidFetchConfig};
use super::failure::{Failed, causes, no_answer, no_body, refused, unreachable};
use super::gate::Gates;
use super::guard::{Guard, PublicResolver};
use super::headers::{accept, authority, conditions, kept_headers};
use super::licence::{self, Licence};
use crate::io::clock::{Clock, whole_milliseconds};
use crate::model::document::Validators;
use crate::model::request::Request;

/// Most redirects of one request.
const MAX_REDIRECTS: usize = 10;

type Jitter = Arc<dyn Fn(Duration) -> Duration + Send + Sync>;

/// Fetches documents from CMS, politely and within limits.
///
/// A fetch can be cancelled at any moment by dropping its future.
#[derive(Clone)]
pub struct Fetcher {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) config: FetchConfig,
    client: Client,
    guard: Guard,
    gates: Gates,
    pub(super) clock: Arc<dyn Clock>,
    jitter: Jitter,
    pub(super) licence: Licence,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher")
            .field("config", &self.inner.config)
            .finish_non_exhaustive()
    }
}

impl Fetcher {
    /// Hosts whose `Last-Modified` may be sent back.
    pub fn trusted_last_modified(&self) -> &[String] {
        &self.inner.config.trusted_last_modified
    }

    /// A fetcher with these limits.
    ///
    /// # Errors
    /// When the configuration cannot work, or TLS is not available.
    pub fn new(config: FetchConfig, clock: Arc<dyn Clock>) -> Result<Self, InvalidFetchConfig> {
        Self::with_jitter(config, clock, |most| {
            let most = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
            Duration::from_micros(fastrand::u64(..=most))
        })
    }

    /// As [`Fetcher::new`]; `jitter` picks each pause between nothing and its argument.
    ///
    /// # Errors
    /// As [`Fetcher::new`].
    pub fn with_jitter(
        config: FetchConfig,
        clock: Arc<dyn Clock>,
        jitter: impl Fn(Duration) -> Duration + Send + Sync + 'static,
    ) -> Result<Self, InvalidFetchConfig> {
        let agent = HeaderValue::from_str(config.user_agent.trim())
            .ok()
            .filter(|agent| agent.to_str().is_ok_and(|text| !text.is_empty()))
            .ok_or_else(|| InvalidFetchConfig::UserAgent(config.user_agent.clone()))?;
        if config.host_concurrency == 0 {
            return Err(InvalidFetchConfig::Zero(
                "the number of requests to one host at a time",
            ));
        }
        if config.retry.attempts == 0 {
            return Err(InvalidFetchConfig::Zero("the number of attempts"));
        }
        let guard = Guard::new(&config)?;
        let client = Client::builder()
            .user_agent(agent)
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .dns_resolver(PublicResolver)
            .connect_timeout(config.connect_timeout)
            .read_timeout(config.read_timeout)
            .build()
            .map_err(|error| InvalidFetchConfig::Client(causes(&error)))?;
        let gates = Gates::new(config.host_interval, config.host_concurrency);
        let jitter: Jitter = Arc::new(jitter);
        Ok(Self {
            inner: Arc::new(Inner {
                config,
                client,
                guard,
                gates,
                clock,
                jitter,
                licence: Licence::default(),
            }),
        })
    }

    /// Fetches what `request` names. `known` is sent back byte for byte, so that the server can
    /// answer that nothing has changed; pass [`Validators::default`] when the bytes are needed.
    ///
    /// # Errors
    /// When there is no whole answer with content after all attempts: see [`FetchError::kind`].
    pub async fn fetch(
        &self,
        request: &Request,
        known: &Validators,
    ) -> Result<Fetched, FetchError> {
        let inner = &*self.inner;
        let url = Url::parse(&request.url).map_err(|error| {
            let why = format!("this is not an address ({error})");
            FetchError::new(FailureKind::NotAllowed, &request.url, why)
        })?;
        let plan = &inner.config.retry;
        let mut patience = plan.patience;
        let mut attempt = 1;
        loop {
            let failed = match inner.with_access(request, &url, known, patience).await {
                Ok(fetched) => return Ok(fetched),
                Err(failed) => failed,
            };
            let pause = (failed.again).then(|| {
                plan.pause(attempt, failed.retry_after, patience, |most| {
                    (inner.jitter)(most)
                })
            });
            let Some(pause) = pause.flatten() else {
                return Err(inner.given_up(failed, attempt));
            };
            tracing::debug!(url = %request.url, attempt, ?pause, why = failed.error.why(), "trying again");
            sleep(pause).await;
            patience = patience.saturating_sub(pause);
            attempt += 1;
        }
    }
}

impl Inner {
    /// One attempt: the request and its redirects.
    pub(super) async fn attempt(
        &self,
        request: &Request,
        url: &Url,
        known: &Validators,
        patience: Duration,
        bearer: Option<&HeaderValue>,
    ) -> Result<Fetched, Failed> {
        let mut at = url.clone();
        at.set_fragment(None);
        let mut left = self.config.attempt_timeout;
        for hop in 0..=MAX_REDIRECTS {
            let place = self.admit(request, &at, hop)?;
            let host = at.host_str().unwrap_or_default().to_owned();
            let turn = self.gates.turn(&host, patience).await;
            // The turn is given back at the end of the hop: the next host's must not be awaited with
            // this one in hand, or two requests could wait for each other for ever.
            let _turn = turn.map_err(|paused| self.paused(request, &host, paused.left))?;
            let started = Instant::now();
            let bearer = licence::for_hop(bearer, &at);
            let step = self.hop(request, &at, place, conditions(known, hop), bearer);
            let step = timeout(left, step).await.map_err(|_| {
                let why = "the server took too long for the whole answer";
                Failed::passing(unreachable(&request.url, why))
            })??;
            left = left.saturating_sub(started.elapsed());
            match step {
                Step::Done(fetched) => return Ok(fetched),
                Step::Redirect(to) => at = to,
            }
        }
        let why = format!("it was redirected more than {MAX_REDIRECTS} times");
        Err(FetchError::new(FailureKind::Blocked, &request.url, why).into())
    }

    /// Where to send the request for `at`, if it may be contacted.
    fn admit(&self, request: &Request, at: &Url, hop: usize) -> Result<Url, FetchError> {
        self.guard.admit(at).map_err(|refusal| {
            let why = if hop == 0 {
                refusal.to_string()
            } else {
                format!("it was redirected to {at}: {refusal}")
            };
            FetchError::new(FailureKind::NotAllowed, &request.url, why)
        })
    }

    /// Sends one request and reads its answer.
    async fn hop(
        &self,
        request: &Request,
        at: &Url,
        place: Url,
        conditions: HeaderMap,
        bearer: Option<&HeaderValue>,
    ) -> Result<Step, Failed> {
        let conditional = !conditions.is_empty();
        let mut sending = self
            .client
            .get(place.clone())
            .header(ACCEPT, accept(request.expect))
            .header(ACCEPT_LANGUAGE, "en-US,en;q=0.8")
            .headers(conditions);
        if let Some(bearer) = bearer {
            sending = sending.header(AUTHORIZATION, bearer);
        }
        if place.origin() != at.origin() {
            sending = sending.header(HOST, authority(at));
        }
        let answer = sending
            .send()
            .await
            .map_err(|error| no_answer(&request.url, &error))?;
        let status = answer.status().as_u16();
        match verdict(status) {
            Verdict::Redirect => Self::redirect(request, at, &answer),
            Verdict::NotModified if conditional => {
                Ok(Step::Done(self.fetched(request, at, &answer, None)))
            }
            Verdict::NotModified => Err(FetchError::new(
                FailureKind::Blocked,
                &request.url,
                "the server answered 304 (not modified) to a request without a condition",
            )
            .with_status(status)
            .into()),
            Verdict::Content => {
                let mut fetched = self.fetched(request, at, &answer, Some(Vec::new()));
                let limit = self.config.max_bytes.of(request.expect);
                let body = read(answer, limit)
                    .await
                    .map_err(|error| no_body(&request.url, limit, error))?;
                fetched.body = FetchedBody::Bytes(body);
                fetched.at = whole_milliseconds(self.clock.now());
                Ok(Step::Done(fetched))
            }
            Verdict::Failure(kind, again) => {
                let retry_after = again.then(|| self.retry_after(&answer)).flatten();
                if let (Some(pause), Some(host)) = (retry_after, at.host_str()) {
                    self.gates.pause(host, pause);
                }
                let why = refused(request, at, answer.status());
                Err(Failed {
                    error: FetchError::new(kind, &request.url, why).with_status(status),
                    again,
                    retry_after,
                })
            }
        }
    }

    fn fetched(
        &self,
        request: &Request,
        at: &Url,
        answer: &Response,
        body: Option<Vec<u8>>,
    ) -> Fetched {
        Fetched {
            url: request.url.clone(),
            final_url: at.to_string(),
            at: whole_milliseconds(self.clock.now()),
            status: answer.status().as_u16(),
            headers: kept_headers(answer.headers()),
            body: body.map_or(FetchedBody::NotModified, FetchedBody::Bytes),
        }
    }

    fn redirect(request: &Request, at: &Url, answer: &Response) -> Result<Step, Failed> {
        let status = answer.status();
        let to = answer
            .headers()
            .get(LOCATION)
            .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
            .and_then(|location| at.join(location.trim()).ok());
        let Some(mut to) = to else {
            let why = format!("the server answered {status} without a usable new address");
            return Err(FetchError::new(FailureKind::Blocked, &request.url, why)
                .with_status(status.as_u16())
                .into());
        };
        to.set_fragment(None);
        Ok(Step::Redirect(to))
    }

    fn retry_after(&self, answer: &Response) -> Option<Duration> {
        let text = |name| answer.headers().get(name)?.to_str().ok();
        let plan = &self.config.retry;
        plan.retry_after(text(RETRY_AFTER)?, text(DATE), self.clock.now())
    }

    /// The host asked, in an answer to another request, to be left alone.
    fn paused(&self, request: &Request, host: &str, left: Duration) -> FetchError {
        let why = format!(
            "{host} asked to be left alone for another {} s",
            left.as_secs()
        );
        unreachable(&request.url, &why).with_retry_at(self.after(left))
    }

    fn given_up(&self, failed: Failed, attempts: u32) -> FetchError {
        let mut error = failed.error;
        if attempts > 1 {
            error = error.with_note(&format!(" (after {attempts} attempts)"));
        }
        match failed.retry_after {
            Some(pause) => error.with_retry_at(self.after(pause)),
            None => error,
        }
    }

    fn after(&self, pause: Duration) -> Option<DateTime<Utc>> {
        let pause = TimeDelta::from_std(pause).ok()?;
        self.clock.now().checked_add_signed(pause)
    }
}

enum Step {
    Done(Fetched),
    Redirect(Url),
}
