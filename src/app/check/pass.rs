//! One check of one source, from its lists to its health.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::notices::notify_operator;
use super::obtain::{Missing, Obtained, obtain};
use super::unit::{Done, check_unit};
use crate::app::state::App;
use crate::engine::health::assess;
use crate::engine::schedule::next_due;
use crate::model::health::{Problem, ProblemKind};
use crate::model::record::{CheckRecord, SourceRecord};
use crate::model::request::{Concern, Discovery, Unit};
use crate::sources::{Brief, Seen, Source};

/// Why a check is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To hear of changes.
    Watch,
    /// To fill in history: nothing is told.
    Backfill,
}

/// How a check went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pass {
    /// The source.
    pub source: String,
    /// Units that discovery named.
    pub units: usize,
    /// Units with content that had not been read before.
    pub read: usize,
    /// Units that a recording does not hold.
    pub not_recorded: usize,
    /// Alerts raised.
    pub alerts: usize,
    /// Messages put into the outbox for them.
    pub mails: usize,
    /// Problems found, as `subject: text`.
    pub problems: Vec<Problem>,
}

/// Told on the way, for people who wait.
pub type Progress<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// More lists than any source has: a discovery that goes on beyond it is broken.
const MAX_ROUNDS: usize = 200;

/// Checks one source. What is wrong with the source is in the result and told to the operator;
/// an error is this machine's own fault.
pub async fn check_source(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    mode: Mode,
    progress: Progress<'_>,
) -> anyhow::Result<Pass> {
    let meta = source.meta().clone();
    let mut pass = Pass {
        source: meta.id.to_owned(),
        ..Pass::default()
    };
    let state = app.source_state(meta.id).await?;
    let first_check = state
        .as_ref()
        .is_none_or(|state| state.first_listed.is_none());
    tracing::info!(source.id = meta.id, first = first_check, "check begins");

    let mut looked_at: BTreeSet<String> = BTreeSet::new();
    // Units whose document was not read again, so that nothing was heard of what is odd about it.
    let mut unheard: BTreeSet<String> = BTreeSet::new();
    let discovered = discover(app, source, &mut pass, progress).await?;
    let mut listed = None;
    // With every list read, whatever is not found again is over, also at a unit that is gone.
    let mut whole = false;
    if let Some(Discovered {
        units,
        listed: named,
        concerns,
        read,
    }) = discovered
    {
        pass.units = units.len();
        whole = named.is_some() && pass.problems.is_empty();
        listed = named;
        looked_at.extend(read);
        looked_at.insert(String::new());
        pass.problems.extend(
            concerns
                .into_iter()
                .map(|concern| problem(meta.id, concern)),
        );
        let total = units.len();
        let mut absent: BTreeSet<String> = BTreeSet::new();
        for (number, unit) in units.into_iter().enumerate() {
            let name = unit.name.clone();
            let done = check_unit(app, source, unit, mode, first_check).await?;
            looked_at.insert(name.clone());
            match done {
                Done::Unchanged => {
                    unheard.insert(name);
                }
                Done::Witnessed { concerns, whole } => {
                    if !whole {
                        unheard.insert(name.clone());
                    }
                    pass.problems.extend(
                        concerns
                            .into_iter()
                            .map(|concern| unit_problem(meta.id, &name, concern)),
                    );
                }
                Done::NotRecorded => {
                    pass.not_recorded += 1;
                    unheard.insert(name.clone());
                    absent.insert(name);
                }
                Done::Read {
                    alerts,
                    mails,
                    concerns,
                } => {
                    progress(&format!(
                        "{} {name}: read ({}/{total})",
                        meta.id,
                        number + 1
                    ));
                    pass.read += 1;
                    pass.alerts += alerts;
                    pass.mails += mails;
                    pass.problems.extend(
                        concerns
                            .into_iter()
                            .map(|concern| unit_problem(meta.id, &name, concern)),
                    );
                }
                Done::Failed { kind, text } => {
                    unheard.insert(name.clone());
                    progress(&format!("{} {name}: {text}", meta.id));
                    tracing::warn!(source.id = meta.id, unit = name, problem = %kind, "{text}");
                    pass.problems.push(failure(meta.id, &name, kind, text));
                }
            }
        }
        // What a recording does not hold yet is not part of the baseline: it will be news.
        if let Some(listed) = &mut listed {
            listed.retain(|name| !absent.contains(name));
        }
    }
    let looked_at = |problem: &Problem| match problem.subject.split_once(UNIT_CONCERN) {
        Some((unit, _)) if problem.kind == ProblemKind::Concern => whole && !unheard.contains(unit),
        Some(_) | None => whole || looked_at.contains(&problem.subject),
    };
    close(app, source, &pass, listed, looked_at).await?;
    tracing::info!(
        source.id = meta.id,
        units = pass.units,
        read = pass.read,
        alerts = pass.alerts,
        problems = pass.problems.len(),
        "check ends"
    );
    Ok(pass)
}

/// What the lists of a source lead to.
struct Discovered {
    units: Vec<Unit>,
    listed: Option<Vec<String>>,
    concerns: Vec<Concern>,
    /// Addresses that could be read.
    read: Vec<String>,
}

/// Reads lists until the units are known. `None` when the lists cannot be understood.
async fn discover(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    pass: &mut Pass,
    progress: Progress<'_>,
) -> anyhow::Result<Option<Discovered>> {
    let meta = source.meta().clone();
    let mut seen = Seen::new();
    let mut failed: Vec<String> = Vec::new();
    let mut record = CheckRecord::new(meta.id, app.clock.now());
    let mut recorded_only = true;
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
                if recorded_only && units.is_empty() {
                    units = recognised(app, source);
                    listed = Some(units.iter().map(|unit| unit.name.clone()).collect());
                }
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
                    recorded_only = false;
                }
                Err(Missing::NotRecorded) => failed.push(request.url),
                Err(Missing::Failed { kind, text }) => {
                    recorded_only = false;
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

/// A recording may hold the files without the lists that lead to them.
fn recognised(app: &App, source: &Arc<dyn Source>) -> Vec<Unit> {
    let brief = Brief {
        today: app.clock.now().date_naive(),
        watch: &app.watch,
        since_year: app.since_year,
    };
    app.recorded_urls()
        .iter()
        .filter_map(|url| source.recognise(url, &brief))
        .collect()
}

/// The last transaction of a check: health, what is told of it, and when the source is due again.
async fn close(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    pass: &Pass,
    listed: Option<Vec<String>>,
    looked_at: impl Fn(&Problem) -> bool,
) -> anyhow::Result<()> {
    let meta = source.meta();
    let now = app.clock.now();
    let open = app.open_problems(meta.id).await?;
    let assessment = assess(open, pass.problems.clone(), looked_at, now);
    let failures = assessment
        .record
        .open
        .iter()
        .filter(|open| blinds(&open.problem))
        .map(|open| open.times)
        .min()
        .unwrap_or(0);
    let mut record = CheckRecord::new(meta.id, now);
    notify_operator(app, &mut record, &assessment)?;
    let told = record.deliveries.len();
    record.problems = assessment.record;
    record.source_state = Some(SourceRecord {
        good: !pass.problems.iter().any(blinds),
        next_due: due(app, meta.id, now, failures),
        listed,
    });
    app.record(record).await?;
    if told > 0 {
        app.outbox_filled.notify_one();
    }
    Ok(())
}

/// Whether the problem means that something could not be read.
fn blinds(problem: &Problem) -> bool {
    match problem.kind {
        ProblemKind::Unreachable
        | ProblemKind::Blocked
        | ProblemKind::Gone
        | ProblemKind::Shape
        | ProblemKind::Defect => true,
        ProblemKind::Concern | ProblemKind::DeliveryDead => false,
    }
}

fn due(app: &App, source: &str, now: DateTime<Utc>, failures: u32) -> DateTime<Utc> {
    match app.plan(source) {
        Some(plan) => next_due(plan, now, failures, fastrand::f64()),
        None => now + TimeDelta::days(1),
    }
}

/// Records that a check ended by a defect of this program, and when the source is tried again.
pub async fn report_defect(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    text: String,
) -> anyhow::Result<()> {
    let id = source.meta().id;
    let pass = Pass {
        source: id.to_owned(),
        problems: vec![failure(id, "", ProblemKind::Defect, text)],
        ..Pass::default()
    };
    close(app, source, &pass, None, |_| false).await
}

fn problem(source: &str, concern: Concern) -> Problem {
    Problem {
        source: source.to_owned(),
        subject: concern.key,
        kind: ProblemKind::Concern,
        text: concern.text,
        remedy: concern.remedy,
    }
}

/// Between a unit and what is odd about its document.
const UNIT_CONCERN: &str = ": ";

fn unit_problem(source: &str, unit: &str, concern: Concern) -> Problem {
    let key = format!("{unit}{UNIT_CONCERN}{}", concern.key);
    problem(source, Concern { key, ..concern })
}

fn failure(source: &str, subject: &str, kind: ProblemKind, text: String) -> Problem {
    Problem {
        source: source.to_owned(),
        subject: subject.to_owned(),
        kind,
        text,
        remedy: remedy(kind).to_owned(),
    }
}

/// What a person can do. The facts stand in every case.
fn remedy(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Unreachable => {
            "coverd tries again by itself; if it lasts, check the network, DNS and firewall of this machine, and open the address in a browser"
        }
        ProblemKind::Blocked => {
            "open the address in a browser; if it shows the content there, CMS is turning this machine away: set [fetch] contact so that they can reach you, and lengthen min_interval_seconds"
        }
        ProblemKind::Gone => {
            "open the address in a browser; if CMS moved it, a newer version of coverd may know the new place"
        }
        ProblemKind::Shape => {
            "look at the document in a browser; if it is whole there, its form is new: a newer version of coverd is needed to read it, and until then changes in it are not seen"
        }
        ProblemKind::Concern => "look at the page named above",
        ProblemKind::Defect => "report it with the log of this time (journalctl -u coverd)",
        ProblemKind::DeliveryDead => {
            "check the address and the mail server, then run `coverd mail-test`"
        }
    }
}
