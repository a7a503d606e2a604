//! Reading lists until it is known what can be read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::guard::{Defect, guarded};
use super::obtain::{Missing, Obtained, obtain};
use super::pass::{Mode, Pass, Progress, failure};
use crate::app::state::App;
use crate::io::recording::Recording;
use crate::model::document::Document;
use crate::model::health::ProblemKind;
use crate::model::record::CheckRecord;
use crate::model::request::{Concern, Discovery, Request, ShapeError, Unit};
use crate::sources::{Brief, Seen, Source};

/// More lists than any source has: a discovery that goes on beyond it is broken.
const MAX_ROUNDS: usize = 200;

/// What the lists of a source lead to.
#[derive(Debug)]
pub(super) struct Discovered {
    pub(super) units: Vec<Unit>,
    pub(super) listed: Option<Vec<String>>,
    /// In a backfill: the units that an ordinary check names. What it names beyond them is history.
    pub(super) usual: Option<BTreeSet<String>>,
    pub(super) concerns: Vec<Concern>,
    /// Addresses that could be read.
    pub(super) read: Vec<String>,
}

/// Reads lists until the units are known. `None` when the lists cannot be understood.
pub(super) async fn discover(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    mode: Mode,
    pass: &mut Pass,
    progress: Progress<'_>,
) -> anyhow::Result<Option<Discovered>> {
    let meta = source.meta().clone();
    let mut seen = Seen::new();
    let mut failed: Vec<String> = Vec::new();
    let mut record = CheckRecord::new(meta.id, app.clock.now());
    let mut unrecorded = false;
    for _ in 0..MAX_ROUNDS {
        let taken = step(app, source, &seen, &failed, mode.since_year(app)).await?;
        let requests = match taken {
            Err(Defect { subject, text }) => {
                tracing::error!(source.id = meta.id, "{text}");
                pass.problems
                    .push(failure(meta.id, &subject, ProblemKind::Defect, text));
                return Ok(None);
            }
            Ok(Err(shape)) => {
                progress(&format!("{}: {shape}", meta.id));
                pass.problems
                    .push(failure(meta.id, "", ProblemKind::Shape, shape.to_string()));
                return Ok(None);
            }
            Ok(Ok(Discovery::Complete {
                mut units,
                mut listed,
                concerns,
            })) => {
                app.record(record).await?;
                let usual = match mode {
                    Mode::Watch => None,
                    Mode::Backfill { .. } => Some(names(
                        step(app, source, &seen, &failed, app.since_year).await?,
                    )),
                };
                by_address(app, source, unrecorded, &mut units, &mut listed);
                let read = seen.into_keys().collect();
                return Ok(Some(Discovered {
                    units,
                    listed,
                    usual,
                    concerns,
                    read,
                }));
            }
            Ok(Ok(Discovery::Fetch(requests))) => requests,
        };
        for request in requests {
            // A list may name a page twice.
            if seen.contains_key(&request.url) || failed.contains(&request.url) {
                continue;
            }
            match in_hand(app, &request).await {
                Ok((obtained, document)) => {
                    keep(&mut record, &obtained);
                    progress(&format!("{}: {}", meta.id, request.url));
                    seen.insert(request.url, document);
                }
                Err(Missing::NotRecorded) => {
                    unrecorded = true;
                    failed.push(request.url);
                }
                Err(Missing::Failed { kind, text }) => {
                    progress(&format!("{}: {text}", meta.id));
                    tracing::warn!(source.id = meta.id, problem = %kind, "{text}");
                    pass.problems
                        .push(failure(meta.id, &request.url, kind, text));
                    failed.push(request.url);
                }
                Err(Missing::Internal(error)) => return Err(error),
            }
        }
    }
    let text = format!("its lists lead on for more than {MAX_ROUNDS} pages");
    pass.problems
        .push(failure(meta.id, "", ProblemKind::Shape, text));
    Ok(None)
}

async fn in_hand(app: &App, request: &Request) -> Result<(Obtained, Document), Missing> {
    let obtained = obtain(app, request).await?;
    let document = obtained.document(app).await?;
    Ok((obtained, document))
}

/// One step of discovery; a defect of it is told in words.
async fn step(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    seen: &Seen,
    failed: &[String],
    since_year: i32,
) -> anyhow::Result<Result<Result<Discovery, ShapeError>, Defect>> {
    let id = source.meta().id;
    let (source, seen, failed, watch) = (
        Arc::clone(source),
        seen.clone(),
        failed.to_vec(),
        Arc::clone(&app.watch),
    );
    let today = app.clock.now().date_naive();
    let work = move || {
        let brief = Brief {
            today,
            watch: &watch,
            since_year,
        };
        source.discover(&seen, &failed, &brief)
    };
    guarded(app, id, "", work).await
}

fn names(step: Result<Result<Discovery, ShapeError>, Defect>) -> BTreeSet<String> {
    match step {
        Ok(Ok(Discovery::Complete { units, .. })) => {
            units.into_iter().map(|unit| unit.name).collect()
        }
        Ok(Ok(Discovery::Fetch(_)) | Err(_)) | Err(_) => BTreeSet::new(),
    }
}

fn keep(record: &mut CheckRecord, obtained: &Obtained) {
    // What a list says counts only when the units are read: it is asked for in full every time.
    record
        .captures
        .extend(obtained.captures.iter().cloned().map(|mut record| {
            record.validators = None;
            record
        }));
}

/// A recording may hold files without the lists that lead to them, or under other addresses: they
/// are known by their addresses. `unrecorded` says that it lacks a list or a page.
fn by_address(
    app: &App,
    source: &Arc<dyn Source>,
    unrecorded: bool,
    units: &mut Vec<Unit>,
    listed: &mut Option<Vec<String>>,
) {
    let Some((recording, now)) = app.replayed() else {
        return;
    };
    let lists_failed = listed.is_none() && !unrecorded;
    if lists_failed {
        return;
    }
    let mut recognised = recognised(app, source, recording, now);
    for unit in &mut *units {
        if let Some(other) = recognised.remove(&unit.name)
            && recording.last_captured(&unit.request.url, now).is_none()
        {
            unit.request.url = other.request.url;
        }
    }
    let named = listed.get_or_insert_default();
    if unrecorded {
        // A unit whose page the recording does not hold yet will be news when it does.
        let known: BTreeSet<&String> = units.iter().map(|unit| &unit.name).collect();
        named.retain(|name| known.contains(name));
        named.extend(known.into_iter().cloned());
    } else {
        // The page of what the lists name was recorded, but not as one that can be read.
        recognised.retain(|name, _| !named.contains(name));
    }
    named.extend(recognised.keys().cloned());
    named.sort();
    named.dedup();
    if !recognised.is_empty() {
        units.extend(recognised.into_values());
        units.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

/// One unit for each name. Where several addresses hold one, the latest to appear counts, as with a
/// file that was posted again; the longer one (it bears a date) where they appeared together.
fn recognised(
    app: &App,
    source: &Arc<dyn Source>,
    recording: &Recording,
    now: DateTime<Utc>,
) -> BTreeMap<String, Unit> {
    let brief = Brief {
        today: now.date_naive(),
        watch: &app.watch,
        since_year: app.since_year,
    };
    let mut urls = recording.urls_at(now);
    urls.retain(|url| recording.last_captured(url, now).is_some());
    urls.sort_by_key(|url| (recording.first_captured(url), url.len()));
    let units = urls.iter().filter_map(|url| source.recognise(url, &brief));
    units.map(|unit| (unit.name.clone(), unit)).collect()
}
