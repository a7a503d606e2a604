//! Reading lists until it is known what can be read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::obtain::{Missing, Obtained, obtain};
use super::pass::{Pass, Progress, failure};
use crate::app::state::App;
use crate::io::recording::Recording;
use crate::model::health::ProblemKind;
use crate::model::record::CheckRecord;
use crate::model::request::{Concern, Discovery, Unit};
use crate::sources::{Brief, Seen, Source};

/// More lists than any source has: a discovery that goes on beyond it is broken.
const MAX_ROUNDS: usize = 200;

/// What the lists of a source lead to.
#[derive(Debug)]
pub(super) struct Discovered {
    pub(super) units: Vec<Unit>,
    pub(super) listed: Option<Vec<String>>,
    pub(super) concerns: Vec<Concern>,
    /// Addresses that could be read.
    pub(super) read: Vec<String>,
}

/// Reads lists until the units are known. `None` when the lists cannot be understood.
pub(super) async fn discover(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    pass: &mut Pass,
    progress: Progress<'_>,
) -> anyhow::Result<Option<Discovered>> {
    let meta = source.meta().clone();
    let mut seen = Seen::new();
    let mut failed: Vec<String> = Vec::new();
    let mut record = CheckRecord::new(meta.id, app.clock.now());
    let mut unrecorded = false;
    for _ in 0..MAX_ROUNDS {
        let step = {
            let (source, seen, failed, watch) = (
                Arc::clone(source),
                seen.clone(),
                failed.clone(),
                Arc::clone(&app.watch),
            );
            let (today, since_year) = (app.clock.now().date_naive(), app.since_year);
            tokio::task::spawn_blocking(move || {
                source.discover(
                    &seen,
                    &failed,
                    &Brief {
                        today,
                        watch: &watch,
                        since_year,
                    },
                )
            })
            .await
        };
        let requests = match step {
            Err(join) if join.is_panic() => {
                let text = "discovery panicked; please report this".to_owned();
                pass.problems
                    .push(failure(meta.id, "", ProblemKind::Defect, text));
                return Ok(None);
            }
            Err(join) => return Err(join.into()),
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
                by_address(app, source, unrecorded, &mut units, &mut listed);
                let read = seen.into_keys().collect();
                return Ok(Some(Discovered {
                    units,
                    listed,
                    concerns,
                    read,
                }));
            }
            Ok(Ok(Discovery::Fetch(requests))) => requests,
        };
        for request in requests {
            match obtain(app, &request).await {
                Ok(obtained) => {
                    keep(&mut record, &obtained);
                    let document = obtained.document(app).await?;
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

fn keep(record: &mut CheckRecord, obtained: &Obtained) {
    record.captures.extend(obtained.captures.iter().cloned());
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
