//! Recorded captures through the whole pipeline, as of their own dates.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use super::check::{Mode, Pass, Progress, check_source};
use super::config::Config;
use super::deliver::{Delivered, deliver_due};
use super::exit::{Exit, Failure};
use super::state::App;
use super::wiring;
use crate::io::clock::{Clock, SetClock};
use crate::io::recording::{Recording, Web};

/// One moment of a replay.
#[derive(Debug)]
pub struct Moment {
    /// What the clock showed.
    pub at: DateTime<Utc>,
    /// One for each source.
    pub passes: Vec<Pass>,
    /// What left the outbox.
    pub delivered: Delivered,
}

/// Says in the store's folder that a replay filled it.
const MARK: &str = "replayed";

/// Captures that follow each other by less than this are one look at the web: who records asks for one
/// address after the other.
const ONE_LOOK: TimeDelta = TimeDelta::minutes(1);

/// Checks every source at each time of the recording, with the clock at that time.
///
/// `seen` hears of each moment as it is done. The addresses of the recording that no source asked for come back.
///
/// # Errors
/// When the store is one that a daemon filled, or this machine fails.
pub async fn replay(
    config: &Config,
    recording: Recording,
    progress: Progress<'_>,
    mut seen: impl AsyncFnMut(&Arc<App>, &Moment) -> Result<(), Failure>,
) -> Result<Vec<String>, Failure> {
    let moments = looks(&recording);
    let Some(&first) = moments.first() else {
        return Err(Failure::message(
            Exit::Usage,
            "the recording holds no captures",
        ));
    };
    mark(config)?;
    let clock = Arc::new(SetClock::new(first));
    let shown: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
    let web = Web::Recorded(recording.clone(), Arc::clone(&shown));
    let app = wiring::app(config, shown, web)?;
    let never = CancellationToken::new();
    for at in moments {
        clock.set(at);
        let mut passes = Vec::new();
        for scheduled in app.sources.values() {
            passes.push(check_source(&app, &scheduled.source, Mode::Watch, progress).await?);
        }
        let delivered = deliver_due(&app, &never).await?;
        seen(
            &app,
            &Moment {
                at,
                passes,
                delivered,
            },
        )
        .await?;
    }
    Ok(recording.unasked())
}

/// The times at which to check: the last of each look. An address captured again begins another look.
fn looks(recording: &Recording) -> Vec<DateTime<Utc>> {
    let mut looks: Vec<DateTime<Utc>> = Vec::new();
    let mut held: BTreeSet<&str> = BTreeSet::new();
    for (at, addresses) in recording.captured() {
        match looks.last_mut() {
            Some(last) if at - *last < ONE_LOOK && held.is_disjoint(&addresses) => *last = at,
            Some(_) | None => {
                held.clear();
                looks.push(at);
            }
        }
        held.extend(addresses);
    }
    looks
}

/// A replay sets the clock back: it must never mix with what a daemon learned.
fn mark(config: &Config) -> Result<(), Failure> {
    wiring::create_private(&config.store)?;
    let mark = config.store.join(MARK);
    if wiring::database(config).exists() && !mark.exists() {
        let text = format!(
            "{} holds what coverd read itself; a replay would mix other times into it",
            config.store.display()
        );
        return Err(
            Failure::message(Exit::Configuration, text).next("name a new folder with --into")
        );
    }
    let words = "A replay of recorded captures filled this store. No daemon should work on it.\n";
    std::fs::write(&mark, words).with_context(|| format!("cannot write {}", mark.display()))?;
    Ok(())
}
