//! One unit: is it new, what does it say, what does that change, who is told.

use std::sync::Arc;

use super::confirm::confirm;
use super::guard::guarded;
use super::ledger::Ledger;
use super::obtain::{Missing, Obtained, obtain};
use super::posting::{Before, posting, told_again};
use super::settle::{Posted, settle};
use crate::app::state::App;
use crate::io::store::said;
use crate::model::document::Document;
use crate::model::health::ProblemKind;
use crate::model::record::CheckRecord;
use crate::model::request::{Concern, Reading, Unit, UnitDocuments};
use crate::model::watch::Codes;
use crate::sources::Source;

/// How a unit ended.
#[derive(Debug)]
pub(super) enum Done {
    /// Nothing new: the document was read before.
    Unchanged,
    /// The document was read before, and compared with its second witness; `whole` when that could be
    /// had.
    Witnessed { concerns: Vec<Concern>, whole: bool },
    /// Read for the first time, or with new content.
    Read { concerns: Vec<Concern> },
    /// The recording does not hold it.
    NotRecorded,
    /// Not believed: what to tell the operator.
    Failed { kind: ProblemKind, text: String },
}

/// How a unit ended, and what is to be told beside that: its own document could not be had, and the
/// fallback was read.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) done: Done,
    pub(super) beside: Option<(ProblemKind, String)>,
}

impl From<Done> for Checked {
    fn from(done: Done) -> Self {
        Self { done, beside: None }
    }
}

/// What a unit is read for.
pub(super) fn watch_of<'a>(app: &'a App, unit: &'a Unit) -> &'a str {
    unit.settings.as_deref().unwrap_or(&app.watch_digest)
}

/// Reads a unit unless it was read before. `history`: read for the first time, it is no news.
pub(super) async fn check_unit(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    unit: Unit,
    history: bool,
    ledger: &mut Ledger,
) -> anyhow::Result<Checked> {
    let mut beside = None;
    let primary = match obtain(app, &unit.request).await {
        Ok(obtained) => obtained,
        Err(missing) => {
            let instead = match &unit.fallback {
                Some(request) => obtain(app, request).await,
                None => Err(Missing::NotRecorded),
            };
            match (instead, missing) {
                (Err(Missing::Internal(error)), _) | (_, Missing::Internal(error)) => {
                    return Err(error);
                }
                (Ok(obtained), Missing::Failed { kind, text }) => {
                    beside = Some((kind, text));
                    obtained
                }
                (Ok(obtained), Missing::NotRecorded) => obtained,
                (Err(_), Missing::NotRecorded) => return Ok(Done::NotRecorded.into()),
                (Err(_), Missing::Failed { kind, text }) => {
                    let done = without_primary(app, source, &unit, kind, text).await?;
                    return Ok(done.into());
                }
            }
        }
    };
    let done = read_unit(app, source, unit, primary, history, ledger).await?;
    Ok(Checked { done, beside })
}

/// Reads the document of a unit unless it was read before.
async fn read_unit(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    unit: Unit,
    primary: Obtained,
    history: bool,
    ledger: &mut Ledger,
) -> anyhow::Result<Done> {
    let meta = source.meta().clone();
    let watch = watch_of(app, &unit).to_owned();
    let state = app.unit_state(meta.id, &unit.name).await?;
    let known = app.reading_of(meta.id, &unit.name, primary.hash).await?;
    let is_last = state.as_ref().and_then(|state| state.last_document) == Some(primary.hash);
    let read_before = known
        .as_ref()
        .is_some_and(|known| known.extractor == meta.extractor && known.watches.contains(&watch));
    let mut record = CheckRecord::new(meta.id, app.clock.now());
    record.captures.clone_from(&primary.captures);
    // A recording replayed again shows what later documents followed long ago.
    let read_last = state.as_ref().and_then(|state| state.last_read_at);
    let replayed_again =
        app.replayed().is_some() && read_last.is_some_and(|last| last > app.clock.now());
    // The same bytes under another row of their list: a comment period was extended.
    let restated = unit.row_counts && primary.retagged && read_before && is_last && !replayed_again;
    let unchanged = read_before && (is_last || replayed_again) && !restated;
    if unchanged && unit.companions.is_empty() {
        ledger.add(app, record).await?;
        return Ok(Done::Unchanged);
    }

    let companions = obtain_companions(app, meta.id, &unit).await?;
    let whole = companions.iter().all(Option::is_some);
    for companion in companions.iter().flatten() {
        record.captures.extend(companion.captures.iter().cloned());
    }
    let document = match primary.document(app).await {
        Ok(document) => document,
        Err(Missing::Failed { kind, text }) => return Ok(Done::Failed { kind, text }),
        Err(Missing::NotRecorded) => return Ok(Done::NotRecorded),
        Err(Missing::Internal(error)) => return Err(error),
    };
    let documents = UnitDocuments {
        primary: document,
        companions: load(app, meta.id, &unit, &companions).await?,
    };
    let mut reading = match extract(app, source, &unit, documents).await? {
        Ok(reading) => reading,
        Err((kind, text)) => return Ok(Done::Failed { kind, text }),
    };
    if unchanged {
        // The record says what it said; the second witness was heard again all the same.
        ledger.add(app, record).await?;
        return Ok(Done::Witnessed {
            concerns: reading.concerns,
            whole,
        });
    }
    let last = match state.as_ref().and_then(|state| state.last_document) {
        Some(last) if !is_last => app.reading_of(meta.id, &unit.name, last).await?,
        Some(_) | None => None,
    };
    let before = Before {
        known,
        last,
        is_known_posting: (is_last || replayed_again) && !restated,
    };
    let posting = posting(app, &meta, &unit, &primary, &mut reading, &before);
    let first_reading = state
        .as_ref()
        .is_none_or(|state| state.last_document.is_none());
    let history = history || state.as_ref().is_some_and(|state| state.baseline);
    let baseline = posting.rebase || (first_reading && history);
    if reading.unlisted.is_some() && app.watch.codes == Codes::All {
        // What a full list does not name is compared with all that the store knows.
        ledger.flush(app).await?;
    }
    let posted = Posted {
        unit: &unit.name,
        watch: &watch,
        reading: &reading,
        origin: &posting.origin,
        baseline,
    };
    let mut verdict = settle(app, source, posted, ledger.pending(), &mut record).await?;
    if unit.confirm && !baseline && !verdict.changes.is_empty() {
        let first = (primary.hash, said(&reading.statements));
        if let Some(failed) = confirm(app, source, &unit, first).await? {
            return Ok(failed);
        }
    }
    if restated && verdict.changes.is_empty() {
        // What moved in the row is nothing that is read.
        record.readings.clear();
        record.absences.clear();
        ledger.add(app, record).await?;
        return Ok(Done::Unchanged);
    }
    if posting.reappears {
        told_again(&mut verdict, posting.origin.learned);
    }
    record.alerts = verdict.alert.into_iter().collect();
    record.changes = verdict.changes;
    ledger.add(app, record).await?;
    Ok(Done::Read {
        concerns: reading.concerns,
    })
}

/// The documents beside the unit's own. One that cannot be had is no problem of the unit.
async fn obtain_companions(
    app: &App,
    source: &'static str,
    unit: &Unit,
) -> anyhow::Result<Vec<Option<Obtained>>> {
    let mut companions = Vec::new();
    for request in &unit.companions {
        companions.push(known(obtain(app, request).await, source, unit)?);
    }
    Ok(companions)
}

async fn load(
    app: &App,
    source: &'static str,
    unit: &Unit,
    companions: &[Option<Obtained>],
) -> anyhow::Result<Vec<Option<Document>>> {
    let mut documents = Vec::new();
    for companion in companions {
        let document = match companion {
            Some(obtained) => obtained.document(app).await,
            None => Err(Missing::NotRecorded),
        };
        documents.push(known(document, source, unit)?);
    }
    Ok(documents)
}

/// What could be had; the rest is logged, for it is no problem of the unit.
fn known<T>(
    had: Result<T, Missing>,
    source: &'static str,
    unit: &Unit,
) -> anyhow::Result<Option<T>> {
    match had {
        Ok(had) => Ok(Some(had)),
        Err(Missing::NotRecorded) => Ok(None),
        Err(Missing::Failed { kind, text }) => {
            tracing::info!(source.id = source, unit = unit.name, problem = %kind, "second witness not readable: {text}");
            Ok(None)
        }
        Err(Missing::Internal(error)) => Err(error),
    }
}

/// What the documents say; else what kind of problem that is, and what to say of it.
pub(super) async fn extract(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    unit: &Unit,
    documents: UnitDocuments,
) -> anyhow::Result<Result<Reading, (ProblemKind, String)>> {
    let (id, name) = (source.meta().id, unit.name.clone());
    let (source, unit, watch) = (Arc::clone(source), unit.clone(), Arc::clone(&app.watch));
    let work = move || source.extract(&unit, &documents, &watch);
    Ok(match guarded(app, id, &name, work).await? {
        Ok(Ok(reading)) => Ok(reading),
        Ok(Err(shape)) => Err((ProblemKind::Shape, shape.to_string())),
        Err(defect) => Err((ProblemKind::Defect, defect.text)),
    })
}

/// The document cannot be had. Where a second witness can, it is asked whether anything seems to
/// have changed; that is told, and nothing is believed.
async fn without_primary(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    unit: &Unit,
    kind: ProblemKind,
    text: String,
) -> anyhow::Result<Done> {
    let mut text = text;
    for request in &unit.companions {
        let Ok(obtained) = obtain(app, request).await else {
            continue;
        };
        let document = match obtained.document(app).await {
            Ok(document) => document,
            Err(Missing::Internal(error)) => return Err(error),
            Err(Missing::NotRecorded | Missing::Failed { .. }) => continue,
        };
        let mut record = CheckRecord::new(source.meta().id, app.clock.now());
        record.captures.clone_from(&obtained.captures);
        app.record(record).await?;
        let believed = app.unit_facts(source.meta().id, &unit.name).await?;
        let (id, name) = (source.meta().id, unit.name.clone());
        let (source, unit) = (Arc::clone(source), unit.clone());
        let work = move || source.witness(&unit, &document, &believed);
        let words = match guarded(app, id, &name, work).await? {
            Ok(words) => words,
            Err(defect) => Some(format!("Beside that, {}", defect.text)),
        };
        if let Some(words) = words {
            text.push_str(". ");
            text.push_str(&words);
        }
    }
    Ok(Done::Failed { kind, text })
}
