//! Emptying the outbox: send what is due, record every attempt, report what can never arrive.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::letters::write_due;
use super::state::App;
use super::undelivered::report;
use crate::engine::retry::settle;
use crate::model::delivery::{DeliveryState, Outcome, Outgoing};

/// How much is taken from the outbox at a time.
const BATCH: u32 = 10;

/// How long a send in flight may go on when the service is told to stop. What is cut off is sent
/// again with the same Message-ID.
const GRACE: Duration = Duration::from_secs(2);

/// How a round of deliveries went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivered {
    /// Accepted.
    pub accepted: usize,
    /// To be tried again later.
    pub deferred: usize,
    /// Given up.
    pub dead: usize,
}

/// Sends everything that is due, oldest first, until nothing is or `stop` is cancelled. Messages that wait
/// for one another are gathered before.
pub async fn deliver_due(app: &Arc<App>, stop: &CancellationToken) -> anyhow::Result<Delivered> {
    write_due(app).await?;
    let mut round = Delivered::default();
    loop {
        let batch = deliver_batch(app, stop).await?;
        round.accepted += batch.delivered.accepted;
        round.deferred += batch.delivered.deferred;
        round.dead += batch.delivered.dead;
        if !batch.is_full {
            return Ok(round);
        }
    }
}

/// A few deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Batch {
    pub(super) delivered: Delivered,
    /// There may be more that is due.
    pub(super) is_full: bool,
}

/// Sends some of what is due, oldest first.
pub(super) async fn deliver_batch(
    app: &Arc<App>,
    stop: &CancellationToken,
) -> anyhow::Result<Batch> {
    let mut batch = Batch::default();
    for row in app.pending(app.clock.now(), BATCH).await? {
        let outcome = if stop.is_cancelled() {
            None
        } else {
            if row.outgoing.gathers {
                app.goes_by_itself(row.outgoing.id.clone()).await?;
            }
            send(app, &row.outgoing, stop).await
        };
        let Some(outcome) = outcome else {
            batch.is_full = false;
            return Ok(batch);
        };
        let accepted = matches!(outcome, Outcome::Accepted(_));
        let now = app.clock.now();
        let (attempt, state) = settle(
            &row.outgoing.id,
            outcome.clone(),
            usize::try_from(row.attempts).unwrap_or(usize::MAX),
            now,
        );
        app.record_attempt(attempt).await?;
        match state {
            DeliveryState::Delivered => batch.delivered.accepted += 1,
            DeliveryState::Pending => batch.delivered.deferred += 1,
            DeliveryState::Dead => batch.delivered.dead += 1,
            DeliveryState::Gathered => {}
        }
        log(&row.outgoing, state, &outcome);
        if accepted || state == DeliveryState::Dead {
            report(app, &row.outgoing, state, &outcome, now).await?;
        }
        // A death puts a notice of it into the outbox.
        batch.is_full = true;
    }
    Ok(batch)
}

/// `None` when the service stops before the channel answered.
async fn send(app: &App, outgoing: &Outgoing, stop: &CancellationToken) -> Option<Outcome> {
    let cut_off = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        outcome = app.channels.send(outgoing) => Some(outcome),
        () = cut_off => None,
    }
}

fn log(outgoing: &Outgoing, state: DeliveryState, outcome: &Outcome) {
    let (Outcome::Accepted(words) | Outcome::Deferred(words) | Outcome::Refused(words)) = outcome;
    let (id, alert) = (outgoing.id.as_str(), outgoing.alert.as_deref());
    match state {
        DeliveryState::Delivered => {
            tracing::info!(delivery.id = id, alert.id = alert, "delivered: {words}");
        }
        DeliveryState::Pending | DeliveryState::Gathered => tracing::warn!(
            delivery.id = id,
            alert.id = alert,
            "delivery deferred: {words}"
        ),
        DeliveryState::Dead => tracing::error!(
            delivery.id = id,
            alert.id = alert,
            "delivery given up: {words}"
        ),
    }
}
