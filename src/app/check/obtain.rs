//! From a request to a document: from the archive where the source allows it, else from the
//! network, through everything that is no content.

use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, Utc};

use crate::app::wiring::App;
use crate::io::fetch::{Body, FetchError, Fetched};
use crate::model::document::{Capture, Document, DocumentHash, Validators};
use crate::model::health::ProblemKind;
use crate::model::record::CaptureRecord;
use crate::model::request::{Expect, Request, Reuse};
use crate::parse::sniff::{self, Kind, Sniffed};

/// How many pages that only point elsewhere are followed.
const MAX_STUBS: usize = 3;

/// A document that may still lie in the archive unread.
#[derive(Debug)]
pub(super) struct Obtained {
    /// What identifies the bytes.
    pub(super) hash: DocumentHash,
    /// The address asked for, and the one that answered.
    pub(super) url: String,
    pub(super) final_url: String,
    /// First capture of the bytes by this installation.
    pub(super) captured: DateTime<Utc>,
    /// The bytes where they were fetched just now.
    bytes: Option<Arc<[u8]>>,
    /// The answers on the way to it; empty where the archive served it.
    pub(super) captures: Vec<CaptureRecord>,
}

impl Obtained {
    /// Whether it came from a server just now.
    pub(super) fn fresh(&self) -> bool {
        !self.captures.is_empty()
    }

    /// The document with its bytes.
    pub(super) async fn document(&self, app: &App) -> anyhow::Result<Document> {
        let bytes = match &self.bytes {
            Some(bytes) => Arc::clone(bytes),
            None => app.load(self.hash).await?,
        };
        Ok(Document {
            url: self.url.clone(),
            final_url: self.final_url.clone(),
            captured: self.captured,
            hash: self.hash,
            bytes,
        })
    }
}

/// Why there is no document.
#[derive(Debug)]
pub(super) enum Missing {
    /// The recording that is replayed does not hold the address: no fault of anyone.
    NotRecorded,
    /// What to tell the operator.
    Failed { kind: ProblemKind, text: String },
    /// This machine's own fault: disk, database.
    Internal(anyhow::Error),
}

impl From<anyhow::Error> for Missing {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

pub(super) async fn obtain(app: &App, request: &Request) -> Result<Obtained, Missing> {
    if let Some(archived) = from_archive(app, request).await? {
        return Ok(archived);
    }
    let mut captures = Vec::new();
    let mut url = request.url.clone();
    for _ in 0..=MAX_STUBS {
        let known = app.validators(&url).await?;
        let asked = Request { url: url.clone(), ..request.clone() };
        let fetched = app.web.fetch(&asked, &known).await.map_err(missing)?;
        match content(app, request, &fetched).await? {
            Content::Stub(target) => {
                captures.push(capture(&url, &fetched, None, None));
                url = target;
            }
            Content::Document { hash, bytes } => {
                let tag = match &request.reuse {
                    Reuse::Tag(tag) => Some(tag.clone()),
                    Reuse::Never | Reuse::Within(_) => None,
                };
                let mut record = capture(&url, &fetched, Some(hash), tag);
                record.validators = app.web.sound_validators(&fetched);
                if url != request.url {
                    // The archive is asked by the address that the source knows.
                    record.capture.url.clone_from(&request.url);
                }
                captures.push(record);
                let captured = app.first_capture(hash).await?.unwrap_or(fetched.at);
                return Ok(Obtained { hash, url: request.url.clone(), final_url: fetched.final_url, captured, bytes, captures });
            }
        }
    }
    Err(Missing::Failed {
        kind: ProblemKind::Blocked,
        text: format!("{} leads through more than {MAX_STUBS} pages that only point elsewhere", request.url),
    })
}

async fn from_archive(app: &App, request: &Request) -> anyhow::Result<Option<Obtained>> {
    if request.reuse == Reuse::Never {
        return Ok(None);
    }
    let Some(known) = app.latest_capture(&request.url).await? else { return Ok(None) };
    let fits = match &request.reuse {
        Reuse::Never => false,
        Reuse::Within(age) => app.clock.now() - known.at < *age,
        Reuse::Tag(tag) => known.tag.as_deref() == Some(tag),
    };
    if !fits {
        return Ok(None);
    }
    let captured = app.first_capture(known.document).await?.unwrap_or(known.at);
    Ok(Some(Obtained {
        hash: known.document,
        url: request.url.clone(),
        final_url: known.final_url,
        captured,
        bytes: None,
        captures: Vec::new(),
    }))
}

enum Content {
    Stub(String),
    Document { hash: DocumentHash, bytes: Option<Arc<[u8]>> },
}

/// What an answer really is; its bytes are in the archive when this returns.
async fn content(app: &App, request: &Request, fetched: &Fetched) -> Result<Content, Missing> {
    let bytes = match &fetched.body {
        Body::NotModified => {
            // Only asked for where the store knows the bytes that the validators stand for.
            let known = app
                .latest_capture(&request.url)
                .await?
                .context("the server confirmed a document that is not in the archive; the next check asks without conditions")?;
            return Ok(Content::Document { hash: known.document, bytes: None });
        }
        Body::Bytes(bytes) => Arc::clone(bytes),
    };
    let kind = match request.expect {
        Expect::Zip => Kind::Zip,
        Expect::Html => Kind::Html,
        Expect::Json => Kind::Json,
    };
    let content_type = fetched.header("content-type").map(ToOwned::to_owned);
    let to_sniff = Arc::clone(&bytes);
    let sniffed = tokio::task::spawn_blocking(move || sniff::classify(kind, content_type.as_deref(), &to_sniff))
        .await
        .context("looking at an answer failed")?;
    match sniffed {
        Sniffed::Content => {}
        Sniffed::Stub(target) => {
            let target = url::Url::parse(&fetched.final_url)
                .and_then(|base| base.join(&target))
                .map_err(|_| blocked(request, &format!("a page that points to '{target}', which is no address")))?;
            return Ok(Content::Stub(target.to_string()));
        }
        Sniffed::Blocked(reason) => return Err(blocked(request, &reason)),
    }
    let hash = app.keep(Arc::clone(&bytes)).await?;
    Ok(Content::Document { hash, bytes: Some(bytes) })
}

fn blocked(request: &Request, reason: &str) -> Missing {
    Missing::Failed { kind: ProblemKind::Blocked, text: format!("{} answered with {reason}", request.url) }
}

fn capture(url: &str, fetched: &Fetched, document: Option<DocumentHash>, tag: Option<String>) -> CaptureRecord {
    CaptureRecord {
        capture: Capture {
            url: url.to_owned(),
            final_url: fetched.final_url.clone(),
            at: fetched.at,
            status: fetched.status,
            headers: fetched.headers.clone(),
            document,
        },
        tag,
        validators: None::<Validators>,
    }
}

fn missing(error: FetchError) -> Missing {
    match error.problem_kind() {
        None => Missing::NotRecorded,
        Some(kind) => Missing::Failed { kind, text: error.to_string() },
    }
}
