//! One check of one source, from its lists to its health.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;

use super::discover::{Discovered, discover};
use super::lean::Rounds;
use super::ledger::Ledger;
use super::notices::notify_operator;
use super::reread::reread;
use super::tally::{Place, Tally};
use super::unit::{Checked, Done, check_unit};
use crate::app::state::App;
use crate::engine::health::assess;
use crate::engine::schedule::next_due;
use crate::model::health::{Problem, ProblemKind};
use crate::model::record::{CheckRecord, SourceRecord};
use crate::model::request::{Keep, Unit};
use crate::sources::Source;

/// Why a check is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To hear of changes.
    Watch,
    /// To fill in the history of earlier years than are read otherwise. Those are not told; what an
    /// ordinary check would read is told as ever.
    Backfill {
        /// First calendar year to read.
        since_year: i32,
    },
}

impl Mode {
    /// First calendar year whose releases are read.
    pub(super) fn since_year(self, app: &App) -> i32 {
        match self {
            Self::Watch => app.since_year,
            Self::Backfill { since_year } => since_year.min(app.since_year),
        }
    }
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

/// Checks one source. What is wrong with the source is in the result and told to the operator;
/// an error is this machine's own fault.
pub async fn check_source(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    mode: Mode,
    progress: Progress<'_>,
) -> anyhow::Result<Pass> {
    let id = source.meta().id;
    let state = app.source_state(id).await?;
    let first_check = state.is_none_or(|state| state.first_listed.is_none());
    tracing::info!(source.id = id, first = first_check, "check begins");

    let mut tally = Tally::new(id);
    if let Some(discovered) = discover(app, source, mode, &mut tally.pass, progress).await? {
        tally.discovered(&discovered);
        tally.listed.clone_from(&discovered.listed);
        let mut ledger = Ledger::new(id, source.meta().gathers, app.clock.now());
        tally.pass.read += check_units(
            app,
            source,
            discovered,
            first_check,
            &mut ledger,
            &mut tally,
            progress,
        )
        .await?;
        ledger.flush(app).await?;
        tally.pass.alerts = ledger.alerts;
        tally.pass.mails = ledger.mails;
    }
    let pass = tally.close(app, source).await?;
    tracing::info!(
        source.id = id,
        units = pass.units,
        read = pass.read,
        alerts = pass.alerts,
        problems = pass.problems.len(),
        "check ends"
    );
    Ok(pass)
}

/// Checks the units, and reads stored documents again where that is due; returns how many of those.
async fn check_units(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    discovered: Discovered,
    first_check: bool,
    ledger: &mut Ledger,
    tally: &mut Tally,
    progress: Progress<'_>,
) -> anyhow::Result<usize> {
    let id = source.meta().id;
    let Discovered { units, usual, .. } = discovered;
    let is_history =
        |name: &str| first_check || usual.as_ref().is_some_and(|usual| !usual.contains(name));
    let total = units.len();
    let (lean, others): (Vec<Unit>, Vec<Unit>) =
        units.into_iter().partition(|unit| unit.keep == Keep::News);
    let mut rounds = Rounds::new(app, source, &lean).await?;
    let mut read = 0;
    if rounds.reader_changed() {
        read += reread(app, source, rounds.standings()).await?;
        rounds = Rounds::new(app, source, &lean).await?;
    }
    let mut number = 0;
    let mut note = |tally: &mut Tally, place: Place, checked: Checked| {
        number += 1;
        if matches!(checked.done, Done::Read { .. } | Done::Failed { .. }) {
            progress(&format!("{id} {} ({number}/{total})", place.unit));
        }
        tally.unit(place, checked);
        let own = app.sources.get(id);
        // Its code hangs: what is left was not looked at.
        own.is_some_and(|own| own.at_work.on().is_some())
    };
    for unit in others {
        let place = Place::of(&unit);
        if tally.gave_up(&place) {
            continue;
        }
        let history = is_history(&unit.name);
        let checked = check_unit(app, source, unit, history, ledger).await?;
        if note(tally, place, checked) {
            tally.whole = false;
            return Ok(read);
        }
    }
    let mut answers = std::pin::pin!(rounds.answers(app, source, lean));
    while let Some((unit, answer)) = answers.next().await {
        let place = Place::of(&unit);
        let gave_up = tally.gave_up(&place);
        if gave_up {
            rounds.leave_alone(&place.host);
        }
        let Some(answer) = answer.filter(|_| !gave_up) else {
            continue;
        };
        let history = is_history(&unit.name);
        let checked = rounds
            .check(app, source, unit, answer, history, ledger)
            .await?;
        if note(tally, place, checked) {
            tally.whole = false;
            return Ok(read);
        }
    }
    if rounds.is_empty() {
        read += reread(app, source, rounds.standings()).await?;
    }
    Ok(read)
}

/// The last transaction of a check: health, what is told of it, and when the source is due again.
pub(super) async fn close(
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
    notify_operator(app, &mut record, &assessment).await?;
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
        | ProblemKind::Unstable
        | ProblemKind::Defect => true,
        ProblemKind::Concern | ProblemKind::DeliveryDead | ProblemKind::Page => false,
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

pub(super) fn failure(source: &str, subject: &str, kind: ProblemKind, text: String) -> Problem {
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
        ProblemKind::Unstable => {
            "coverd asks again at the next check; if it lasts, name what changes all the time with `ignore` or a narrower `select` in the page's block"
        }
        ProblemKind::Concern => "look at the page named above",
        ProblemKind::Defect => "report it with the log of this time (journalctl -u coverd)",
        ProblemKind::Page => "free the address of [web] listen, or name another one",
        ProblemKind::DeliveryDead => {
            "check the address and the mail server, then run `coverd mail-test`"
        }
    }
}
