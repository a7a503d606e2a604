//! The dead man's switch: somebody else is told that all is well, and notices when nobody says so any more.

use std::convert::Infallible;
use std::sync::Arc;

use super::pulse::Pulse;
use super::state::App;
use crate::ask::{Verdict, health};
use crate::io::channels::ping::Ping;

/// Whom to call, and how often.
#[derive(Debug)]
pub struct Heart {
    /// The address.
    pub ping: Ping,
    /// Between two calls.
    pub every: std::time::Duration,
}

/// Calls while all is well; silence is the message that it is not.
pub(super) async fn beat(app: Arc<App>, pulse: Pulse) -> Infallible {
    let Some(heart) = &app.heart else {
        return std::future::pending().await;
    };
    loop {
        pulse.within(heart.every + app.limits.check);
        match is_well(&app).await {
            Err(why) => tracing::warn!("no heartbeat: {why}"),
            Ok(()) => match heart.ping.call().await {
                Ok(()) => tracing::debug!("heartbeat"),
                // Whoever waits for it will notice; a mail about it would say nothing more.
                Err(why) => tracing::warn!("the heartbeat was not taken: {why}"),
            },
        }
        tokio::time::sleep(heart.every).await;
    }
}

/// Every source has been read and is fresh, nothing is dead, and the mail server would take a message.
async fn is_well(app: &Arc<App>) -> Result<(), String> {
    let (infos, now) = (app.infos.clone(), app.clock.now());
    let health = app
        .ask(move |reader| health(reader, &infos, false, now))
        .await
        .map_err(|error| format!("the store cannot be read: {error:#}"))?;
    if health.verdict() != Verdict::Well {
        return Err(health.summary());
    }
    app.channels.try_mail(&app.envelope.from_address).await
}
