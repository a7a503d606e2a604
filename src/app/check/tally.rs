//! What is gathered on the way through a check, up to its problems.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::discover::Discovered;
use super::pass::{Pass, close, failure};
use super::unit::{Checked, Done};
use crate::app::state::App;
use crate::model::health::{Problem, ProblemKind};
use crate::model::request::{Concern, Unit};
use crate::sources::Source;

/// A unit and the host that it is asked of.
pub(super) struct Place {
    pub(super) unit: String,
    pub(super) host: String,
}

impl Place {
    pub(super) fn of(unit: &Unit) -> Self {
        Self {
            unit: unit.name.clone(),
            host: host(&unit.request.url).to_owned(),
        }
    }
}

/// What is gathered on the way through a check.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) pass: Pass,
    /// What the lists named; `None` while no list was read.
    pub(super) listed: Option<Vec<String>>,
    /// Every list was read: whatever is not found again is over, also at a unit that is gone.
    pub(super) whole: bool,
    /// Addresses and units that were looked at.
    looked_at: BTreeSet<String>,
    /// Units whose document was not read again, so that nothing was heard of what is odd about it.
    unheard: BTreeSet<String>,
    /// Units that a recording does not hold.
    not_recorded: BTreeSet<String>,
    /// Units one after the other that a host did not give.
    refused_in_a_row: HashMap<String, usize>,
}

impl Tally {
    pub(super) fn new(source: &str) -> Self {
        let pass = Pass {
            source: source.to_owned(),
            ..Pass::default()
        };
        Self {
            pass,
            ..Self::default()
        }
    }

    pub(super) fn discovered(&mut self, discovered: &Discovered) {
        self.pass.units = discovered.units.len();
        self.whole = discovered.listed.is_some() && self.pass.problems.is_empty();
        self.looked_at.extend(discovered.read.iter().cloned());
        self.looked_at.insert(String::new());
        for concern in &discovered.concerns {
            self.concern(concern.clone());
        }
    }

    /// Whether the host has nothing for us today; the unit then was not looked at.
    pub(super) fn gave_up(&mut self, place: &Place) -> bool {
        let refused = self.refused_in_a_row.get(&place.host).copied();
        let gave_up = refused.unwrap_or(0) >= ENOUGH_REFUSALS;
        if gave_up {
            self.whole = false;
            self.unheard.insert(place.unit.clone());
        }
        gave_up
    }

    pub(super) fn unit(&mut self, place: Place, checked: Checked) {
        let Place { unit: name, host } = place;
        self.looked_at.insert(name.clone());
        let refused = self.refused_in_a_row.entry(host).or_default();
        *refused = match &checked.done {
            Done::Failed {
                kind: ProblemKind::Unreachable | ProblemKind::Blocked | ProblemKind::Gone,
                ..
            } => *refused + 1,
            // From the archive: no server was asked.
            Done::Unchanged => *refused,
            _ => 0,
        };
        if let Some((kind, text)) = checked.beside {
            tracing::warn!(source.id = self.pass.source, unit = name, problem = %kind, "{text}");
            let problem = failure(&self.pass.source, &name, kind, text);
            self.pass.problems.push(problem);
        }
        let done = checked.done;
        let concerns = match done {
            Done::Unchanged => {
                self.unheard.insert(name);
                return;
            }
            Done::NotRecorded => {
                self.pass.not_recorded += 1;
                self.unheard.insert(name.clone());
                self.not_recorded.insert(name);
                return;
            }
            Done::Failed { kind, text } => {
                tracing::warn!(source.id = self.pass.source, unit = name, problem = %kind, "{text}");
                self.unheard.insert(name.clone());
                let problem = failure(&self.pass.source, &name, kind, text);
                self.pass.problems.push(problem);
                return;
            }
            Done::Witnessed { concerns, whole } => {
                if !whole {
                    self.unheard.insert(name.clone());
                }
                concerns
            }
            Done::Read { concerns } => {
                self.pass.read += 1;
                concerns
            }
        };
        for concern in concerns {
            let key = format!("{name}{UNIT_CONCERN}{}", concern.key);
            self.concern(Concern { key, ..concern });
        }
    }

    fn concern(&mut self, concern: Concern) {
        self.pass.problems.push(Problem {
            source: self.pass.source.clone(),
            subject: concern.key,
            kind: ProblemKind::Concern,
            text: concern.text,
            remedy: concern.remedy,
        });
    }

    /// Commits the end of the check.
    pub(super) async fn close(
        self,
        app: &Arc<App>,
        source: &Arc<dyn Source>,
    ) -> anyhow::Result<Pass> {
        let looked_at = |problem: &Problem| match problem.subject.split_once(UNIT_CONCERN) {
            Some((unit, _)) if problem.kind == ProblemKind::Concern => {
                self.whole && !self.unheard.contains(unit)
            }
            Some(_) | None => self.whole || self.looked_at.contains(&problem.subject),
        };
        // What a recording does not hold yet is not part of the baseline: it will be news.
        let listed = self.listed.map(|mut listed| {
            listed.retain(|name| !self.not_recorded.contains(name));
            listed
        });
        close(app, source, &self.pass, listed, looked_at).await?;
        Ok(self.pass)
    }
}

/// After so many units that could not be fetched, one after the other, no more are asked of a host: one
/// that is down or turns us away must not be asked for hundreds of documents at every check.
const ENOUGH_REFUSALS: usize = 8;

/// Between a unit and what is odd about its document.
const UNIT_CONCERN: &str = ": ";

/// The host of an address, with its port.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}
