//! From a request to a document: from the archive where the source allows it, else from the
//! network, through everything that is no content.

use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, Utc};

use super::text::with_text;
use crate::app::state::App;
use crate::io::fetch::{FailureKind, FetchError, Fetched, FetchedBody};
use crate::io::store::KnownCapture;
use crate::model::document::{Document, DocumentHash, Validators};
use crate::model::health::ProblemKind;
use crate::model::record::CaptureRecord;
use crate::model::request::{Expect, Request, Reuse};
use crate::parse::sniff::{Body, Kind, classify};

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
    /// Whether the same bytes were captured under another tag before.
    pub(super) retagged: bool,
    /// What it was asked for as: of a PDF the text is wanted too.
    expect: Expect,
}

impl Obtained {
    /// The document with its bytes, and with its text where it is a PDF.
    pub(super) async fn document(&self, app: &App) -> Result<Document, Missing> {
        let bytes = match &self.bytes {
            Some(bytes) => Arc::clone(bytes),
            None => app.load(self.hash).await?,
        };
        let document = Document {
            url: self.url.clone(),
            final_url: self.final_url.clone(),
            captured: self.captured,
            hash: self.hash,
            bytes,
            text: None,
        };
        match self.expect {
            Expect::Pdf => with_text(app, document).await,
            _ => Ok(document),
        }
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

/// The document, from the archive where the source allows it, and by a conditional request where it is
/// known.
pub(super) async fn obtain(app: &App, request: &Request) -> Result<Obtained, Missing> {
    if let Some(archived) = from_archive(app, request).await? {
        return Ok(archived);
    }
    from_network(app, request, true).await
}

/// The document as the server has it now, in full.
pub(super) async fn obtain_whole(app: &App, request: &Request) -> Result<Obtained, Missing> {
    from_network(app, request, false).await
}

async fn from_network(
    app: &App,
    request: &Request,
    conditional: bool,
) -> Result<Obtained, Missing> {
    let mut captures = Vec::new();
    let mut url = request.url.clone();
    for _ in 0..=MAX_STUBS {
        let known = if conditional {
            app.validators(&url).await?
        } else {
            Validators::default()
        };
        let asked = Request {
            url: url.clone(),
            ..request.clone()
        };
        let fetched = app
            .fetch(&asked, &known)
            .await
            .map_err(|error| missing(&error))?;
        match content(app, request, &fetched).await? {
            Content::Stub(target) => {
                captures.push(CaptureRecord {
                    capture: fetched.capture(None),
                    length: None,
                    tag: None,
                    validators: None,
                });
                url = target;
            }
            Content::Document {
                hash,
                bytes,
                length,
            } => {
                let tag = match &request.reuse {
                    Reuse::Tag(tag) => Some(tag.clone()),
                    Reuse::Never | Reuse::Within(_) => None,
                };
                let mut capture = fetched.capture(Some(hash));
                // The archive is asked by the address that the source knows.
                capture.url.clone_from(&request.url);
                let validators = match fetched.body {
                    // What a server confirmed stays what it was asked about.
                    FetchedBody::NotModified => Some(known),
                    FetchedBody::Bytes(_) => {
                        (url == request.url).then(|| app.web.validators(&fetched))
                    }
                };
                captures.push(CaptureRecord {
                    capture,
                    length,
                    tag: tag.clone(),
                    validators,
                });
                let last = app.latest_capture(&request.url).await?;
                let retagged = last.is_some_and(|last| {
                    last.document == hash && last.tag.is_some() && last.tag != tag && tag.is_some()
                });
                let first = app.first_capture(hash).await?.unwrap_or(fetched.at);
                return Ok(Obtained {
                    hash,
                    url: request.url.clone(),
                    final_url: fetched.final_url,
                    captured: first,
                    bytes,
                    captures,
                    retagged,
                    expect: request.expect,
                });
            }
        }
    }
    Err(Missing::Failed {
        kind: ProblemKind::Blocked,
        text: format!(
            "{} leads through more than {MAX_STUBS} pages that only point elsewhere",
            request.url
        ),
    })
}

async fn from_archive(app: &App, request: &Request) -> anyhow::Result<Option<Obtained>> {
    if request.reuse == Reuse::Never {
        return Ok(None);
    }
    let Some(known) = app.latest_capture(&request.url).await? else {
        return Ok(None);
    };
    let fits = match &request.reuse {
        Reuse::Never => false,
        // A capture of a time to come was made under a wrong clock; it must not keep from looking.
        Reuse::Within(age) => (app.clock.now() - known.at).abs() < *age,
        Reuse::Tag(tag) => known.tag.as_deref() == Some(tag),
    };
    if !fits || recorded_since(app, request, &known) {
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
        retagged: false,
        expect: request.expect,
    }))
}

/// Whether a recording holds a newer answer. The archive spares CMS a request; a recording was made
/// to be looked at.
fn recorded_since(app: &App, request: &Request, known: &KnownCapture) -> bool {
    let Some((recording, now)) = app.replayed() else {
        return false;
    };
    // A page that only points elsewhere stays the same when what it points to does not.
    let urls = [&request.url, &known.final_url];
    for url in urls {
        recording.note_asked(url);
    }
    urls.into_iter()
        .filter_map(|url| recording.last_captured(url, now))
        .any(|last| last > known.at)
}

enum Content {
    Stub(String),
    Document {
        hash: DocumentHash,
        bytes: Option<Arc<[u8]>>,
        length: Option<u64>,
    },
}

/// What an answer really is; its bytes are in the archive when this returns.
async fn content(app: &App, request: &Request, fetched: &Fetched) -> Result<Content, Missing> {
    let bytes: Arc<[u8]> = match &fetched.body {
        FetchedBody::NotModified => {
            // Only asked for where the store knows the bytes that the validators stand for.
            let known = app
                .latest_capture(&request.url)
                .await?
                .context("the server confirmed a document that is not in the archive; the next check asks without conditions")?;
            return Ok(Content::Document {
                hash: known.document,
                bytes: None,
                length: None,
            });
        }
        FetchedBody::Bytes(bytes) => bytes.as_slice().into(),
    };
    let kind = kind(request.expect);
    let content_type = fetched.content_type().to_owned();
    let to_sniff = Arc::clone(&bytes);
    let body = tokio::task::spawn_blocking(move || classify(kind, &content_type, &to_sniff))
        .await
        .context("looking at an answer failed")?;
    if let Some(target) = stub(request, &fetched.final_url, body)? {
        return Ok(Content::Stub(target));
    }
    let hash = app.keep(Arc::clone(&bytes)).await?;
    let length = u64::try_from(bytes.len()).ok();
    Ok(Content::Document {
        hash,
        bytes: Some(bytes),
        length,
    })
}

/// What the bytes have to be.
pub(in crate::app) fn kind(expect: Expect) -> Kind {
    match expect {
        Expect::Zip => Kind::Zip,
        Expect::Html => Kind::Html,
        Expect::Json => Kind::Json,
        Expect::Xml => Kind::Xml,
        Expect::Xlsx => Kind::Xlsx,
        Expect::Pdf => Kind::Pdf,
        Expect::Text => Kind::Text,
    }
}

/// Where a page that only points elsewhere points to; `None` for content. The error says what the
/// answer is instead.
pub(super) fn stub(
    request: &Request,
    final_url: &str,
    body: Body,
) -> Result<Option<String>, Missing> {
    match body {
        Body::Content => Ok(None),
        Body::Stub(target) => {
            let target = url::Url::parse(final_url)
                .and_then(|base| base.join(&target))
                .map_err(|_| {
                    blocked(
                        request,
                        &format!("a page that points to '{target}', which is no address"),
                    )
                })?;
            Ok(Some(target.to_string()))
        }
        Body::Blocked(obstacle, why) => {
            let kind = kind(request.expect);
            Err(blocked(
                request,
                &format!("{obstacle} instead of {kind}: {why}"),
            ))
        }
        Body::Damaged(why) => Err(Missing::Failed {
            kind: ProblemKind::Shape,
            text: format!(
                "{} answered with {} that is not whole: {why}",
                request.url,
                kind(request.expect)
            ),
        }),
    }
}

fn blocked(request: &Request, reason: &str) -> Missing {
    Missing::Failed {
        kind: ProblemKind::Blocked,
        text: format!("{} answered with {reason}", request.url),
    }
}

pub(super) fn missing(error: &FetchError) -> Missing {
    match error.kind() {
        FailureKind::NotRecorded => Missing::NotRecorded,
        FailureKind::Unreachable
        | FailureKind::Blocked
        | FailureKind::Gone
        | FailureKind::TooLarge
        | FailureKind::NotAllowed => Missing::Failed {
            kind: error.problem(),
            text: format!("{}: {}", error.url(), error.why()),
        },
    }
}
