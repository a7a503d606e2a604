//! Messages that wait longer than anybody wishes: by a wish that nobody has any more, or because the clock was
//! ahead when they were put off.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::state::App;
use crate::engine::{courtesy, retry};
use crate::io::store::Waiting;
use crate::model::courtesy::{Courtesy, Rhythm};
use crate::model::delivery::Recipient;

/// Lets go out at once what waits by a wish that nobody has any more: the recipient is gone, or wants to be told at
/// once now. Everything else waits for no longer than it would if it were put off now.
///
/// # Errors
/// When the store cannot be read or written.
pub(super) async fn bring_forward(app: &Arc<App>) -> anyhow::Result<()> {
    let now = app.clock.now();
    let (mut forgotten, mut sooner) = (Vec::new(), Vec::new());
    for row in app.ask(move |reader| reader.waiting(now)).await? {
        match latest(app, &row, now) {
            None => forgotten.push(row.id),
            Some(latest) if latest < row.next => sooner.push((row.id, latest)),
            Some(_) => {}
        }
    }
    if !sooner.is_empty() {
        tracing::warn!(
            messages = sooner.len(),
            "messages were put off for longer than they may wait: the clock was ahead, or the wishes were others; they go out sooner"
        );
        app.bring_forward(sooner).await?;
    }
    if forgotten.is_empty() {
        return Ok(());
    }
    app.release(forgotten).await
}

/// The latest time at which a message may be due that waits at `now`; `None` when nobody wishes that it waits.
fn latest(app: &App, row: &Waiting, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if row.is_tried {
        let failed = usize::try_from(row.attempts).unwrap_or(usize::MAX);
        return Some(retry::latest(failed, now));
    }
    let of_this = |one: &&Recipient| one.address == row.recipient && one.channel == row.channel;
    app.recipients
        .iter()
        .filter(of_this)
        .filter(|one| is_held(&one.courtesy, row.gathers))
        .map(|one| courtesy::release(now, row.severity, &one.courtesy, app.envelope.zone).at)
        .max()
}

/// Whether these wishes can hold a message back.
fn is_held(courtesy: &Courtesy, gathers: bool) -> bool {
    let waits = [
        courtesy.coverage,
        courtesy.payment,
        courtesy.coding,
        courtesy.administrative,
    ];
    if gathers {
        waits.iter().any(|rhythm| *rhythm != Rhythm::AtOnce)
    } else {
        courtesy.quiet.is_some()
    }
}
