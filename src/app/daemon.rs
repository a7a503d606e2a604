//! The service: every source on its schedule, the outbox, the watchdog, until it is told to stop.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::check::{Mode, Pass, check_source, report_defect};
use super::deliver::deliver_batch;
use super::heartbeat::beat;
use super::letters::write_due;
use super::page::serve_page;
use super::pulse::{Pulse, Pulses};
use super::state::{App, Scheduled};
use crate::engine::schedule::latest_due;
use crate::io::systemd;
use crate::sources::Source;
use crate::web::Setup;

/// Pause after a fault of this machine (disk full, database locked) before the next try.
const AFTER_FAULT: Duration = Duration::from_mins(1);

/// How late a loop may be before it counts as dead: for a machine that is busy.
const MARGIN: Duration = Duration::from_mins(1);

/// Runs until `stop` is cancelled. Everything that matters is in the store, so that tasks may be
/// dropped wherever they are.
///
/// # Errors
/// When the store cannot be read at the start, or a loop ended by a defect: the service manager
/// starts everything anew.
pub async fn run(
    app: Arc<App>,
    page: Option<Setup>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    // Ready means that the store answers.
    systemd::status(&vital_signs(&app).await?);
    let pulses = Pulses::default();
    let mut tasks = JoinSet::new();
    for &id in app.sources.keys() {
        let pulse = pulses.of(id, MARGIN);
        let work = watch_source(Arc::clone(&app), id, pulse);
        tasks.spawn(until_stopped(stop.clone(), work));
    }
    let pulse = pulses.of("the outbox", MARGIN);
    tasks.spawn(watch_outbox(Arc::clone(&app), stop.clone(), pulse));
    if let Some(heart) = &app.heart {
        let pulse = pulses.of("the heartbeat", heart.every + MARGIN);
        let work = beat(Arc::clone(&app), pulse);
        tasks.spawn(until_stopped(stop.clone(), work));
    }
    if let Some(page) = page {
        tasks.spawn(serve_page(Arc::clone(&app), page, stop.clone()));
    }
    let work = report(Arc::clone(&app), pulses);
    tasks.spawn(until_stopped(stop.clone(), work));
    systemd::ready();
    tracing::info!(sources = app.sources.len(), "ready");

    let (mut failed, mut stopping) = (None, false);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                systemd::stopping();
            }
            ended = tasks.join_next() => match ended {
                None => break,
                Some(Ok(())) => {}
                // Only a defect gets here, and it must not stay unnoticed.
                Some(Err(defect)) => {
                    tracing::error!("a task ended by a defect: {defect}");
                    failed.get_or_insert(defect);
                    stop.cancel();
                }
            }
        }
    }
    match failed {
        Some(defect) => Err(anyhow::anyhow!(
            "a task of the service ended by a defect: {defect}"
        )),
        None => Ok(()),
    }
}

/// Runs work that has no end of its own until the service stops.
async fn until_stopped(stop: CancellationToken, work: impl Future<Output = Infallible> + Send) {
    match stop.run_until_cancelled(work).await {
        None => {}
        Some(never) => match never {},
    }
}

async fn watch_source(app: Arc<App>, id: &'static str, pulse: Pulse) -> Infallible {
    let Some(scheduled) = app.sources.get(id) else {
        return std::future::pending().await;
    };
    // The due time is in the store; the latest that it can be under this schedule is held beside it,
    // lest a changed schedule or a clock once wrong put the next look off for years.
    let (mut stored, mut latest) = (None, None);
    loop {
        // Someone may have asked for a check meanwhile; it has this turn then.
        pulse.within(app.limits.check + MARGIN);
        let turn = scheduled.turn().await;
        let now = app.clock.now();
        let asked = tokio::time::timeout(AFTER_FAULT, app.due(id)).await;
        let due = match asked.unwrap_or_else(|_| Err(anyhow::anyhow!("it does not answer"))) {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(source.id = id, "the store cannot be read: {error:#}");
                drop(turn);
                fault(&pulse).await;
                continue;
            }
        };
        let cap = latest_due(&scheduled.plan, now);
        latest = match latest {
            Some(latest) if stored == Some(due) => Some(cap.min(latest)),
            Some(_) | None => Some(cap),
        };
        stored = Some(due);
        let due = latest.map_or(due, |latest| due.min(latest));
        if due > now {
            drop(turn);
            pulse.within(app.limits.look_again + MARGIN);
            tokio::time::sleep(wait(&app, due)).await;
            continue;
        }
        pulse.within(app.limits.check + MARGIN);
        let checked = check_now(&app, scheduled).await;
        drop(turn);
        if checked.is_err() {
            fault(&pulse).await;
        }
    }
}

async fn fault(pulse: &Pulse) {
    pulse.within(AFTER_FAULT + MARGIN);
    tokio::time::sleep(AFTER_FAULT).await;
}

/// One check with everything that may go wrong in it held off from the others. The caller has the
/// source's turn.
///
/// `None` when it ended by a defect, which is recorded and told.
///
/// # Errors
/// When nothing could be recorded.
pub(super) async fn check_now(
    app: &Arc<App>,
    scheduled: &Scheduled,
) -> anyhow::Result<Option<Pass>> {
    let source: &Arc<dyn Source> = &scheduled.source;
    let id = source.meta().id;
    let work = {
        let (app, source) = (Arc::clone(app), Arc::clone(source));
        // A task of its own: a panic ends the check and not the loop; dropping it ends it as well.
        let check = async move { check_source(&app, &source, Mode::Watch, &|_| {}).await };
        tokio_util::task::AbortOnDropHandle::new(tokio::spawn(check))
    };
    let defect = match tokio::time::timeout(app.limits.check, work).await {
        Ok(Ok(Ok(pass))) => return Ok(Some(pass)),
        Ok(Ok(Err(fault))) => {
            tracing::error!(source.id = id, "the check could not be recorded: {fault:#}");
            return Err(fault);
        }
        Ok(Err(join)) if join.is_panic() => "the check panicked; please report this".to_owned(),
        Ok(Err(_cancelled)) => return Ok(None),
        Err(_elapsed) => format!("the check did not end within {:?}", app.limits.check),
    };
    tracing::error!(source.id = id, "{defect}");
    let recorded = report_defect(app, source, defect).await;
    if let Err(fault) = &recorded {
        tracing::error!(
            source.id = id,
            "the defect could not be recorded: {fault:#}"
        );
    }
    recorded.map(|()| None)
}

/// Ends when the service stops, after the send in flight.
async fn watch_outbox(app: Arc<App>, stop: CancellationToken, pulse: Pulse) {
    while !stop.is_cancelled() {
        // A few conversations, each with a deadline of its own.
        pulse.within(app.limits.check);
        // A letter that cannot be written must not keep the others.
        if let Err(fault) = write_due(&app).await {
            tracing::error!("digests and reminders cannot be written: {fault:#}");
        }
        let next = match deliver_batch(&app, &stop).await {
            Ok(batch) if batch.is_full => continue,
            Ok(_) => app.next_attempt_at().await,
            Err(fault) => Err(fault),
        };
        match next {
            Ok(next) => {
                let rest = next.map_or(app.limits.look_again, |at| wait(&app, at));
                pulse.within(app.limits.look_again + MARGIN);
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = app.outbox_filled.notified() => {}
                    () = tokio::time::sleep(rest) => {}
                }
            }
            Err(error) => {
                tracing::error!("the outbox cannot be worked on: {error:#}");
                stop.run_until_cancelled(fault(&pulse)).await;
            }
        }
    }
}

/// Tells the service manager how things stand, and that coverd lives: only when the database can be
/// read and no loop is overdue.
async fn report(app: Arc<App>, pulses: Pulses) -> Infallible {
    let patience = systemd::watchdog_interval();
    let interval = patience.map_or(app.limits.look_again, |patience| {
        patience.min(app.limits.look_again)
    });
    let mut told = None;
    loop {
        let read = tokio::time::timeout(MARGIN, vital_signs(&app)).await;
        match read.unwrap_or_else(|_| Err(anyhow::anyhow!("the store does not answer"))) {
            Ok(status) => {
                let overdue = pulses.overdue();
                if overdue.is_empty() {
                    if patience.is_some() {
                        systemd::watchdog();
                    }
                } else {
                    tracing::error!(
                        "no sign of life to the service manager: nothing was heard of {}",
                        overdue.join(", ")
                    );
                }
                if told.as_ref() != Some(&status) {
                    systemd::status(&status);
                    told = Some(status);
                }
            }
            Err(fault) => tracing::error!("no sign of life to the service manager: {fault:#}"),
        }
        tokio::time::sleep(interval).await;
    }
}

/// How things stand, in a line that is read from the store.
async fn vital_signs(app: &App) -> anyhow::Result<String> {
    let mut words = Vec::new();
    for &id in app.sources.keys() {
        words.push(match app.source_state(id).await? {
            None => format!("{id}: never read"),
            Some(state) => format!(
                "{id}: read {}, next {}",
                state.last_good.map_or_else(|| "never".to_owned(), minute),
                minute(state.next_due)
            ),
        });
        let problems = app.open_problems(id).await?.len();
        if problems > 0 {
            words.push(format!("{id}: open problems {problems}"));
        }
    }
    let outbox = app.outbox_counts().await?;
    words.push(match (outbox.pending, outbox.dead) {
        (0, 0) => "outbox empty".to_owned(),
        (pending, dead) => format!("outbox: {pending} waiting, {dead} given up"),
    });
    Ok(words.join("; "))
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// How long to sleep until a point of the wall clock, which may be set meanwhile.
fn wait(app: &App, at: DateTime<Utc>) -> Duration {
    (at - app.clock.now())
        .to_std()
        .unwrap_or_default()
        .min(app.limits.look_again)
}
