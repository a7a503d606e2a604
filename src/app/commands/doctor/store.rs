//! The running service, the database, the last checks, the outbox.

use chrono::{DateTime, TimeDelta, Utc};

use super::finding::Finding;
use crate::app::config::Config;
use crate::app::exit::{Exit, Failure};
use crate::app::wiring;
use crate::ask::{Verdict, health, standings};
use crate::io::store::Reader;

/// Records younger than now by more than this were made under a clock that was wrong, or it is wrong now.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// Whether a coverd runs on the store.
pub(super) fn service(is_running: bool) -> Finding {
    if is_running {
        Finding::well("service", "running")
    } else {
        Finding::look(
            "service",
            "no coverd runs on the store",
            "`systemctl enable --now coverd` starts it; `journalctl -u coverd` says why it ended",
        )
    }
}

/// What the store says of itself.
pub(super) fn look(config: &Config, now: DateTime<Utc>) -> Vec<Finding> {
    let path = wiring::database(config);
    if !path.exists() {
        return Vec::new();
    }
    let reader = match Reader::open(&path) {
        Ok(reader) => reader,
        Err(error) => {
            let wrong = Finding::wrong("database", Exit::Unexpected, error)
                .remedied("`coverd db restore FILE DIR` unpacks the last backup into a new folder");
            return vec![wrong];
        }
    };
    match asked(&reader, config, now) {
        Ok(findings) => findings,
        Err(failure) => vec![
            Finding::wrong("database", Exit::Unexpected, failure)
                .remedied("`coverd db check` names what is wrong in it"),
        ],
    }
}

fn asked(reader: &Reader, config: &Config, now: DateTime<Utc>) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    let damage = reader.quick_check()?;
    findings.push(match damage.first() {
        None => Finding::well(
            "database",
            "sound (`coverd db check` looks at every document, too)",
        ),
        Some(first) => Finding::wrong("database", Exit::Unexpected, first).remedied(
            "stop the service, keep a copy of the store, `coverd db restore` the last backup",
        ),
    });
    let infos = wiring::source_infos(config)?;
    let sources = standings(Some(reader), &infos)?;
    let good = sources
        .iter()
        .filter_map(|source| source.state.as_ref()?.last_good);
    if let Some(latest) = good.max() {
        findings.push(if latest > now + AHEAD {
            let says = format!("the last check was at {latest}, which is still to come");
            Finding::wrong("clock", Exit::Unexpected, says)
                .remedied("set the clock of this machine (`timedatectl set-ntp true`); coverd then goes on by itself")
        } else {
            Finding::well("clock", format!("{} UTC, after the last check", now.format("%Y-%m-%d %H:%M")))
        });
    }
    let replayed = config.store.join("replayed").exists();
    let health = health(reader, &infos, replayed, now)?;
    findings.push(match health.verdict() {
        Verdict::Well => Finding::well("last checks", health.summary()),
        Verdict::Blind => Finding::wrong("last checks", Exit::SourceUnreadable, health.summary())
            .remedied("`coverd status` has each source, with its problem and remedy"),
        Verdict::Untold => Finding::wrong("last checks", Exit::DeliveryDead, health.summary())
            .remedied(
                "`coverd outbox --state dead` lists what did not arrive; --retry sends it again",
            ),
    });
    Ok(findings)
}
