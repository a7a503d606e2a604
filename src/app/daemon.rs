//! The service: every source on its schedule, the outbox, the watchdog, until it is told to stop.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::check::{Mode, Pass, check_source, report_defect};
use super::deliver::deliver_due;
use super::state::App;
use crate::io::systemd;
use crate::sources::Source;

/// The clock is looked at this often, so that a clock that jumps is noticed.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Pause after a fault of this machine (disk full, database locked) before the next try.
const AFTER_FAULT: Duration = Duration::from_mins(1);

/// Runs until `stop` is cancelled. Everything that matters is in the store, so that tasks may be
/// dropped wherever they are.
pub async fn run(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    for scheduled in app.sources.values() {
        tasks.spawn(supervised(
            "source",
            stop.clone(),
            watch_source(Arc::clone(&app), Arc::clone(&scheduled.source)),
        ));
    }
    tasks.spawn(watch_outbox(Arc::clone(&app), stop.clone()));
    tasks.spawn(supervised(
        "watchdog",
        stop.clone(),
        pet_watchdog(Arc::clone(&app)),
    ));
    systemd::ready();
    systemd::status(&format!("watching {} sources", app.sources.len()));
    tracing::info!(sources = app.sources.len(), "ready");

    let mut failed = None;
    while let Some(ended) = tasks.join_next().await {
        // A task ends only when the service stops, or by a defect that must not stay unnoticed:
        // the service manager starts everything anew.
        if let Err(defect) = ended {
            tracing::error!("a task ended by a defect: {defect}");
            failed.get_or_insert(defect);
            stop.cancel();
        }
    }
    systemd::stopping();
    match failed {
        Some(defect) => Err(anyhow::anyhow!(
            "a task of the service ended by a defect: {defect}"
        )),
        None => Ok(()),
    }
}

/// Runs the work until it ends or the service stops.
async fn supervised(
    name: &'static str,
    stop: CancellationToken,
    work: impl Future<Output = ()> + Send,
) {
    if stop.run_until_cancelled(work).await.is_some() {
        tracing::debug!(task = name, "has nothing more to do");
    }
}

async fn watch_source(app: Arc<App>, source: Arc<dyn Source>) {
    let id = source.meta().id;
    loop {
        match app.due(id).await {
            // Looked at again after the wait: someone may have asked for a check meanwhile.
            Ok(due) if due > app.clock.now() => {
                until(&app, due).await;
                continue;
            }
            Ok(_) => {}
            Err(error) => {
                tracing::error!(source.id = id, "the store cannot be read: {error:#}");
                tokio::time::sleep(AFTER_FAULT).await;
                continue;
            }
        }
        let _ = run_check(&app, &source).await;
    }
}

/// One check with everything that may go wrong in it held off from the others; `None` when it could
/// not be made or recorded.
pub(super) async fn run_check(app: &Arc<App>, source: &Arc<dyn Source>) -> Option<Pass> {
    let id = source.meta().id;
    let _turn = app.turn(id).await;
    let work = {
        let (app, source) = (Arc::clone(app), Arc::clone(source));
        // A task of its own: a panic ends the check and not the loop; dropping it ends it as well.
        let check = async move { check_source(&app, &source, Mode::Watch, &|_| {}).await };
        tokio_util::task::AbortOnDropHandle::new(tokio::spawn(check))
    };
    let defect = match tokio::time::timeout(app.limits.check, work).await {
        Ok(Ok(Ok(pass))) => return Some(pass),
        Ok(Ok(Err(fault))) => {
            tracing::error!(source.id = id, "the check could not be recorded: {fault:#}");
            tokio::time::sleep(AFTER_FAULT).await;
            return None;
        }
        Ok(Err(join)) if join.is_panic() => "the check panicked; please report this".to_owned(),
        Ok(Err(_cancelled)) => return None,
        Err(_elapsed) => format!("the check did not end within {:?}", app.limits.check),
    };
    tracing::error!(source.id = id, "{defect}");
    if let Err(fault) = report_defect(app, source, defect).await {
        tracing::error!(
            source.id = id,
            "the defect could not be recorded: {fault:#}"
        );
        tokio::time::sleep(AFTER_FAULT).await;
    }
    None
}

async fn watch_outbox(app: Arc<App>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(fault) = deliver_due(&app, &stop).await {
            tracing::error!("the outbox cannot be worked on: {fault:#}");
            stop.run_until_cancelled(tokio::time::sleep(AFTER_FAULT))
                .await;
            continue;
        }
        let next = app.next_attempt_at().await.unwrap_or(None);
        let wake = async {
            match next {
                Some(at) => until(&app, at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = app.outbox_filled.notified() => {}
            // Another process may have put something in: `coverd outbox --retry`.
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = wake => {}
        }
    }
}

/// Tells the service manager that coverd lives, only when the database can be read.
async fn pet_watchdog(app: Arc<App>) {
    let Some(interval) = systemd::watchdog_interval() else {
        return;
    };
    loop {
        match app.alive().await {
            Ok(()) => systemd::watchdog(),
            Err(fault) => tracing::error!("no sign of life to the service manager: {fault:#}"),
        }
        tokio::time::sleep(interval).await;
    }
}

/// Waits for a point of the wall clock, however the clock is set meanwhile.
async fn until(app: &App, at: DateTime<Utc>) {
    loop {
        let Ok(left) = (at - app.clock.now()).to_std() else {
            return;
        };
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LOOK_AGAIN)).await;
    }
}
