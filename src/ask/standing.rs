//! How the sources stand, and whether coverd can see everything it should.

use chrono::{DateTime, TimeDelta, Utc};

use crate::io::store::{Reader, SourceState, StoreError};
use crate::model::health::{OpenProblem, ProblemKind};
use crate::render::words::{minute, trouble};

/// How long a source may be without a good read before it counts as stale, unless its last check was good and the
/// next one is still to come: some are read once a week.
const STALE: TimeDelta = TimeDelta::days(4);

/// How late that next check may be.
const GRACE: TimeDelta = TimeDelta::days(1);

/// Whether a source that was read in full at some time was not for too long.
fn is_stale(state: &SourceState, now: DateTime<Utc>) -> bool {
    let Some(good) = state.last_good else {
        return false;
    };
    let waits = good >= state.last_checked && now <= state.next_due + GRACE;
    now - good > STALE && !waits
}

/// A source as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceInfo {
    /// Its id: `pfs`.
    pub id: &'static str,
    /// What it is.
    pub title: &'static str,
    /// Where a person would look.
    pub home: &'static str,
    /// How it is read.
    pub about: &'static str,
    /// What was built from descriptions; empty when all of it was seen.
    pub unseen: &'static str,
    /// Five cron fields, UTC.
    pub schedule: String,
    /// Whether it is read at all.
    pub enabled: bool,
    /// The terms that the configuration accepts for it, word for word.
    pub terms: Option<&'static str>,
}

/// One source, as configured and as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// As configured.
    pub info: SourceInfo,
    /// After its last check; `None` before the first.
    pub state: Option<SourceState>,
    /// What is wrong with it.
    pub problems: Vec<OpenProblem>,
}

impl Standing {
    /// How it stands, in a line.
    pub fn summary(&self) -> String {
        if !self.info.enabled {
            return "switched off".to_owned();
        }
        match &self.state {
            None => "never read".to_owned(),
            Some(state) => format!(
                "last good read {}, {} documents, next {}",
                state.last_good.map_or_else(|| "never".to_owned(), minute),
                state.listed.len(),
                minute(state.next_due)
            ),
        }
    }
}

/// Every source that is given, as it stands.
///
/// # Errors
/// When the store cannot be read.
pub fn standings(
    reader: Option<&Reader>,
    sources: &[SourceInfo],
) -> Result<Vec<Standing>, StoreError> {
    let mut standings = Vec::new();
    for info in sources {
        let (state, problems) = match reader {
            Some(reader) => (
                reader.source_state(info.id)?,
                reader.open_problems(info.id)?,
            ),
            None => (None, Vec::new()),
        };
        standings.push(Standing {
            info: info.clone(),
            state,
            problems,
        });
    }
    Ok(standings)
}

/// The state of the watcher as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It sees and tells.
    Well,
    /// A message was given up.
    Untold,
    /// A source cannot be read.
    Blind,
}

impl Verdict {
    /// The word for a monitor.
    pub fn id(self) -> &'static str {
        match self {
            Self::Well => "OK",
            Self::Untold => "WARNING",
            Self::Blind => "CRITICAL",
        }
    }
}

/// What keeps coverd from seeing or from telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What cannot be read, in words.
    pub blind: Vec<String>,
    /// Messages that were given up.
    pub dead: u64,
    /// Documents that need a look, in words.
    pub concerns: Vec<String>,
}

impl Health {
    /// All of it in one word.
    pub fn verdict(&self) -> Verdict {
        match (self.blind.is_empty(), self.dead) {
            (false, _) => Verdict::Blind,
            (true, 1..) => Verdict::Untold,
            (true, 0) => Verdict::Well,
        }
    }

    /// All of it in a line.
    pub fn summary(&self) -> String {
        format!(
            "{}, {}, {}",
            counted(self.blind.len(), "problem", "in reading"),
            counted(
                usize::try_from(self.dead).unwrap_or(usize::MAX),
                "mail",
                "given up"
            ),
            counted(self.concerns.len(), "document", "to look at"),
        )
    }
}

/// What keeps coverd from seeing or from telling at `now`. Of a store that was filled by a replay
/// (`replayed`) no source is expected to be fresh.
///
/// # Errors
/// When the store cannot be read.
pub fn health(
    reader: &Reader,
    sources: &[SourceInfo],
    replayed: bool,
    now: DateTime<Utc>,
) -> Result<Health, StoreError> {
    let open = reader.all_open_problems()?;
    let of = |wanted: fn(ProblemKind) -> bool| -> Vec<String> {
        open.iter()
            .filter(|open| wanted(open.problem.kind))
            .map(|open| format!("{}: {}", open.problem.source, trouble(open)))
            .collect()
    };
    let mut blind = of(|kind| {
        !matches!(
            kind,
            ProblemKind::Concern | ProblemKind::DeliveryDead | ProblemKind::Page
        )
    });
    for info in sources.iter().filter(|info| info.enabled && !replayed) {
        match reader.source_state(info.id)? {
            None => blind.push(format!("{}: never read", info.id)),
            // An open problem says why, and was counted above.
            Some(state) if state.last_good.is_none() => {
                if !blind.iter().any(|line| line.starts_with(info.id)) {
                    blind.push(format!("{}: never read in full", info.id));
                }
            }
            Some(state) if is_stale(&state, now) => {
                blind.push(format!(
                    "{}: no good read since {}",
                    info.id,
                    state.last_good.map(minute).unwrap_or_default()
                ));
            }
            Some(_) => {}
        }
    }
    Ok(Health {
        blind,
        dead: reader.outbox_counts()?.dead,
        concerns: of(|kind| matches!(kind, ProblemKind::Concern | ProblemKind::Page)),
    })
}

fn counted(number: usize, one: &str, what: &str) -> String {
    match number {
        0 => format!("no {one} {what}"),
        1 => format!("1 {one} {what}"),
        more => format!("{more} {one}s {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_is_read_once_a_week_is_stale_only_when_its_next_check_does_not_come() {
        let at = |day: i64| DateTime::UNIX_EPOCH + TimeDelta::days(day);
        let state = |good, checked, next| SourceState {
            last_checked: at(checked),
            last_good: Some(at(good)),
            next_due: at(next),
            first_listed: None,
            listed: Vec::new(),
        };
        for (good, checked, next, now, expected) in [
            (0, 0, 7, 6, false),
            (0, 0, 7, 8, false),
            (0, 0, 7, 9, true),
            // Read each day.
            (0, 0, 1, 4, false),
            (0, 0, 1, 5, true),
            // Looked at, and not read.
            (0, 4, 11, 4, false),
            (0, 7, 14, 8, true),
        ] {
            assert_eq!(
                is_stale(&state(good, checked, next), at(now)),
                expected,
                "{good} {checked} {next} {now}"
            );
        }
    }
}
