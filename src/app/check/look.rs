//! What an answer is and says, where only news is kept: sniffed and read on one thread, and remembered by
//! nobody until it is news.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::confirm::unstable;
use super::guard::guarded;
use super::obtain::{Missing, kind, missing, stub};
use super::unit::Done;
use crate::app::state::App;
use crate::io::blobs::hash_of;
use crate::io::fetch::{Fetched, FetchedBody};
use crate::io::store::said;
use crate::model::document::{Document, DocumentHash, Validators};
use crate::model::health::ProblemKind;
use crate::model::record::CaptureRecord;
use crate::model::request::{Reading, Request, Unit, UnitDocuments};
use crate::parse::sniff::{Body, classify};
use crate::sources::Source;

/// How many pages that only point elsewhere are followed.
const MAX_STUBS: usize = 3;

pub(super) enum Seen {
    /// The server says that nothing has changed.
    Confirmed(DateTime<Utc>),
    Read(Box<Looked>),
}

/// An answer that was read.
pub(super) struct Looked {
    pub(super) reading: Reading,
    pub(super) said: String,
    pub(super) hash: DocumentHash,
    pub(super) bytes: Arc<[u8]>,
    pub(super) at: DateTime<Utc>,
    pub(super) final_url: String,
    pub(super) validators: Validators,
    pub(super) capture: CaptureRecord,
}

/// What the answer is and says. The inner error is why it is not believed.
pub(super) async fn look(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    unit: &Unit,
    answer: Fetched,
) -> anyhow::Result<Result<Seen, Done>> {
    let mut answer = answer;
    for _ in 0..=MAX_STUBS {
        let bytes: Arc<[u8]> = match std::mem::replace(&mut answer.body, FetchedBody::NotModified) {
            FetchedBody::NotModified => return Ok(Ok(Seen::Confirmed(answer.at))),
            FetchedBody::Bytes(bytes) => bytes.into(),
        };
        let (target, read) = match examine(app, source, unit, &answer, &bytes).await? {
            Ok(examined) => (None, Some(examined)),
            Err(Other::Stub(target)) => (Some(target), None),
            Err(Other::Not(done)) => return Ok(Err(done)),
        };
        if let Some(examined) = read {
            return Ok(Ok(Seen::Read(Box::new(looked(
                app, unit, answer, bytes, examined,
            )))));
        }
        let Some(url) = target else { break };
        let request = Request {
            url,
            ..unit.request.clone()
        };
        answer = match app.fetch(&request, &Validators::default()).await {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(failed(missing(&error))?)),
        };
    }
    Ok(Err(Done::Failed {
        kind: ProblemKind::Blocked,
        text: format!(
            "{} leads through more than {MAX_STUBS} pages that only point elsewhere",
            unit.request.url
        ),
    }))
}

fn looked(
    app: &App,
    unit: &Unit,
    answer: Fetched,
    bytes: Arc<[u8]>,
    (hash, reading, said): (DocumentHash, Reading, String),
) -> Looked {
    let validators = if answer.url == unit.request.url {
        app.web.validators(&answer)
    } else {
        Validators::default()
    };
    let mut capture = answer.capture(Some(hash));
    capture.url.clone_from(&unit.request.url);
    Looked {
        reading,
        said,
        hash,
        at: answer.at,
        final_url: answer.final_url,
        validators: validators.clone(),
        capture: CaptureRecord {
            capture,
            length: u64::try_from(bytes.len()).ok(),
            tag: None,
            validators: Some(validators),
        },
        bytes,
    }
}

enum Other {
    Stub(String),
    Not(Done),
}

type Examined = (DocumentHash, Reading, String);

/// Sniffs and reads on the source's own thread.
async fn examine(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    unit: &Unit,
    answer: &Fetched,
    bytes: &Arc<[u8]>,
) -> anyhow::Result<Result<Examined, Other>> {
    let expected = kind(unit.request.expect);
    let content_type = answer.content_type().to_owned();
    let mut document = Document {
        url: unit.request.url.clone(),
        final_url: answer.final_url.clone(),
        captured: answer.at,
        hash: DocumentHash::new([0; 32]),
        bytes: Arc::clone(bytes),
        text: None,
    };
    let (reader, one, watch) = (Arc::clone(source), unit.clone(), Arc::clone(&app.watch));
    let work = move || {
        let body = classify(expected, &content_type, &document.bytes);
        if body != Body::Content {
            return Err(body);
        }
        document.hash = hash_of(&document.bytes);
        let hash = document.hash;
        let documents = UnitDocuments {
            primary: document,
            companions: Vec::new(),
        };
        let read = reader.extract(&one, &documents, &watch);
        Ok(read.map(|reading| {
            let said = said(&reading.statements);
            (hash, reading, said)
        }))
    };
    Ok(
        match guarded(app, source.meta().id, &unit.name, work).await? {
            Ok(Ok(Ok(examined))) => Ok(examined),
            Ok(Ok(Err(shape))) => Err(Other::Not(Done::Failed {
                kind: ProblemKind::Shape,
                text: shape.to_string(),
            })),
            Ok(Err(body)) => match stub(&unit.request, &answer.final_url, body) {
                Ok(Some(target)) => Err(Other::Stub(target)),
                Ok(None) => return Err(anyhow::anyhow!("content that is none")),
                Err(missing) => Err(Other::Not(failed(missing)?)),
            },
            Err(defect) => Err(Other::Not(Done::Failed {
                kind: ProblemKind::Defect,
                text: defect.text,
            })),
        },
    )
}

/// Asks again, some seconds later, for what says something new; `None` when the second answer says it
/// too.
pub(super) async fn differs(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    unit: &Unit,
    first: &str,
) -> anyhow::Result<Option<Done>> {
    tokio::time::sleep(app.limits.confirm).await;
    let answer = match app.fetch(&unit.request, &Validators::default()).await {
        Ok(answer) => answer,
        Err(error) => return failed(missing(&error)).map(Some),
    };
    Ok(match look(app, source, unit, answer).await? {
        Ok(Seen::Read(second)) if second.said == first => None,
        Ok(_) => Some(unstable(&unit.request.url)),
        Err(done) => Some(done),
    })
}

pub(super) fn failed(missing: Missing) -> anyhow::Result<Done> {
    match missing {
        Missing::NotRecorded => Ok(Done::NotRecorded),
        Missing::Failed { kind, text } => Ok(Done::Failed { kind, text }),
        Missing::Internal(error) => Err(error),
    }
}
