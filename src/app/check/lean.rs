//! Units of which only news is kept: hundreds of pages, most of which say what they said before.
//!
//! Before the first request one question to the store tells how all of them stand. Requests are under
//! way while answers are read; an answer that is confirmed, or that says the same beside its noise,
//! costs one row that is updated in a batch, and no file.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use futures_util::stream::{self, Stream, StreamExt as _};

use super::ledger::Ledger;
use super::look::{Looked, Seen, differs, failed, look};
use super::obtain::missing;
use super::posting::told_again;
use super::settle::{Posted, reading_record, settle};
use super::suspect::may_be_cut;
use super::tally::host;
use super::turns::in_turns;
use super::unit::{Checked, Done, watch_of};
use crate::app::state::App;
use crate::io::fetch::{FetchError, Fetched};
use crate::model::document::Validators;
use crate::model::fact::Origin;
use crate::model::health::ProblemKind;
use crate::model::record::{CheckRecord, Standing};
use crate::model::request::Unit;
use crate::sources::Source;

/// Requests that may be under way or answered while an answer is read; each host's own limits hold
/// beside that.
const AHEAD: usize = 6;
/// An answer without conditions is asked for after so long, whatever the server confirms.
const CONFIRMED_FOR: TimeDelta = TimeDelta::days(7);

/// What one round over such units knows.
#[derive(Debug)]
pub(super) struct Rounds {
    standings: HashMap<String, Standing>,
    reader_changed: bool,
    empty: bool,
    /// Hosts that are not asked any more.
    left_alone: Arc<Mutex<BTreeSet<String>>>,
}

type Answer = Result<Fetched, FetchError>;

fn locked(hosts: &Mutex<BTreeSet<String>>) -> MutexGuard<'_, BTreeSet<String>> {
    hosts.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Rounds {
    pub(super) async fn new(
        app: &App,
        source: &Arc<dyn Source>,
        units: &[Unit],
    ) -> anyhow::Result<Self> {
        let meta = source.meta();
        let known = if units.is_empty() {
            Vec::new()
        } else {
            app.standings(meta.id).await?
        };
        let standings: HashMap<String, Standing> = known
            .into_iter()
            .map(|standing| (standing.unit.clone(), standing))
            .collect();
        let reader_changed = units.iter().any(|unit| {
            let standing = standings.get(&unit.name);
            standing.is_some_and(|one| one.extractor != meta.extractor)
        });
        Ok(Self {
            standings,
            reader_changed,
            empty: units.is_empty(),
            left_alone: Arc::default(),
        })
    }

    /// Whether something was read by another extractor. With other settings, the next answer is read anew
    /// and is history: what the page said before stays as it was read.
    pub(super) fn reader_changed(&self) -> bool {
        self.reader_changed
    }

    pub(super) fn standings(&self) -> &HashMap<String, Standing> {
        &self.standings
    }

    pub(super) fn is_empty(&self) -> bool {
        self.empty
    }

    /// From now on the host is not asked any more; what is under way comes to its end.
    pub(super) fn leave_alone(&self, host: &str) {
        locked(&self.left_alone).insert(host.to_owned());
    }

    /// Asks for all of them, those that were asked longest ago first, the hosts in turns. Of a host that is
    /// left alone there is no answer.
    pub(super) fn answers(
        &self,
        app: &Arc<App>,
        source: &Arc<dyn Source>,
        units: Vec<Unit>,
    ) -> impl Stream<Item = (Unit, Option<Answer>)> + use<> {
        let requests: Vec<(Unit, Validators)> = in_turns(&self.standings, units)
            .into_iter()
            .map(|unit| {
                let known = self.conditions(app, source, &unit);
                (unit, known)
            })
            .collect();
        let (app, left_alone) = (Arc::clone(app), Arc::clone(&self.left_alone));
        stream::iter(requests)
            .map(move |(unit, known)| {
                let (app, left_alone) = (Arc::clone(&app), Arc::clone(&left_alone));
                async move {
                    if locked(&left_alone).contains(host(&unit.request.url)) {
                        return (unit, None);
                    }
                    let answer = app.fetch(&unit.request, &known).await;
                    (unit, Some(answer))
                }
            })
            .buffered(AHEAD)
    }

    /// The validators of the last full answer, if that was read as it would be read now.
    fn conditions(&self, app: &App, source: &Arc<dyn Source>, unit: &Unit) -> Validators {
        let standing = self.standings.get(&unit.name);
        let sound = standing.filter(|standing| {
            standing.url == unit.request.url
                && is_read_now(app, source, unit, standing)
                && (app.clock.now() - standing.full_at).abs() < CONFIRMED_FOR
        });
        sound.map_or_else(Validators::default, |standing| standing.validators.clone())
    }

    /// Reads an answer. `history`: what is read for the first time is no news.
    pub(super) async fn check(
        &mut self,
        app: &Arc<App>,
        source: &Arc<dyn Source>,
        unit: Unit,
        answer: Answer,
        history: bool,
        ledger: &mut Ledger,
    ) -> anyhow::Result<Checked> {
        let standing = self.standings.get(&unit.name).cloned();
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Ok(failed(missing(&error))?.into()),
        };
        let later = |standing: &Standing| standing.at > app.clock.now();
        if app.replayed().is_some() && standing.as_ref().is_some_and(later) {
            // A recording replayed again shows what later answers followed long ago.
            return Ok(Done::Unchanged.into());
        }
        let seen = match look(app, source, &unit, answer).await? {
            Ok(seen) => seen,
            Err(done) => return Ok(done.into()),
        };
        let now = app.clock.now();
        let mut record = CheckRecord::new(source.meta().id, now);
        let current = standing
            .as_ref()
            .filter(|one| is_read_now(app, source, &unit, one));
        let looked = match (seen, current) {
            (Seen::Confirmed(at), Some(standing)) => {
                record.standings.push(Standing {
                    at,
                    times: standing.times.saturating_add(1),
                    ..standing.clone()
                });
                ledger.add(app, record).await?;
                return Ok(Done::Unchanged.into());
            }
            (Seen::Confirmed(_), None) => {
                let text = format!(
                    "{} confirmed what coverd does not know; it asks in full next time",
                    unit.request.url
                );
                let kind = ProblemKind::Unreachable;
                return Ok(Done::Failed { kind, text }.into());
            }
            (Seen::Read(looked), Some(standing)) if looked.said == standing.said => {
                record.standings.push(Standing {
                    at: looked.at,
                    full_at: looked.at,
                    times: standing.times.saturating_add(1),
                    validators: looked.validators,
                    ..standing.clone()
                });
                ledger.add(app, record).await?;
                return Ok(Done::Unchanged.into());
            }
            (Seen::Read(looked), _) => *looked,
        };
        let known = standing.is_some();
        let baseline = match &standing {
            Some(_) => current.is_none(),
            None => history || self.is_baseline(app, source, &unit).await?,
        };
        let news = News {
            unit: &unit,
            looked,
            baseline,
            known,
        };
        self.believe(app, source, news, record, ledger).await
    }

    async fn is_baseline(
        &self,
        app: &App,
        source: &Arc<dyn Source>,
        unit: &Unit,
    ) -> anyhow::Result<bool> {
        let state = app.unit_state(source.meta().id, &unit.name).await?;
        Ok(state.is_some_and(|state| state.baseline))
    }

    /// An answer that says something else than the one before, or the first one.
    async fn believe(
        &mut self,
        app: &Arc<App>,
        source: &Arc<dyn Source>,
        news: News<'_>,
        mut record: CheckRecord,
        ledger: &mut Ledger,
    ) -> anyhow::Result<Checked> {
        let News {
            unit,
            looked,
            baseline,
            known,
        } = news;
        if let Some(standing) = self.standings.get(&unit.name)
            && !baseline
            && let Some(done) = may_be_cut(app, source, unit, &looked, standing).await?
        {
            return Ok(done.into());
        }
        if unit.confirm
            && !baseline
            && known
            && let Some(done) = differs(app, source, unit, &looked.said).await?
        {
            return Ok(done.into());
        }
        let meta = source.meta();
        let watch = watch_of(app, unit);
        let origin = Arc::new(Origin {
            source: meta.id.to_owned(),
            edition: looked.reading.edition.clone(),
            document: looked.hash,
            url: looked.final_url.clone(),
            published: looked.reading.published.unwrap_or(looked.at.date_naive()),
            learned: looked.at,
        });
        let posted = Posted {
            unit: &unit.name,
            watch,
            reading: &looked.reading,
            origin: &origin,
            baseline,
        };
        if known || !baseline {
            let mut verdict = settle(app, source, posted, ledger.pending(), &mut record).await?;
            if app
                .reading_of(meta.id, &unit.name, looked.hash)
                .await?
                .is_some()
            {
                told_again(&mut verdict, looked.at);
            }
            record.alerts = verdict.alert.into_iter().collect();
            record.changes = verdict.changes;
        } else {
            // Nothing was believed before.
            let statements = looked.reading.statements.clone();
            record
                .readings
                .push(reading_record(meta, posted, statements));
        }
        self.keep(app, unit, &looked).await?;
        record.standings.push(Standing {
            unit: unit.name.clone(),
            url: unit.request.url.clone(),
            document: looked.hash,
            said: looked.said,
            extractor: meta.extractor,
            watch: watch.to_owned(),
            since: looked.at,
            at: looked.at,
            full_at: looked.at,
            times: 1,
            validators: looked.validators,
        });
        record.captures.push(looked.capture);
        ledger.add(app, record).await?;
        let concerns = looked.reading.concerns;
        Ok(Done::Read { concerns }.into())
    }

    /// Puts the bytes into the archive: against what the page was before, else with those of others.
    async fn keep(&self, app: &App, unit: &Unit, looked: &Looked) -> anyhow::Result<()> {
        let bytes = Arc::clone(&looked.bytes);
        match self.standings.get(&unit.name) {
            Some(standing) => app.keep_like(bytes, standing.document).await.map(drop),
            None => app.gather(looked.hash, bytes).await,
        }
    }
}

struct News<'a> {
    unit: &'a Unit,
    looked: Looked,
    /// History, no news.
    baseline: bool,
    /// The unit said something before.
    known: bool,
}

fn is_read_now(app: &App, source: &Arc<dyn Source>, unit: &Unit, standing: &Standing) -> bool {
    standing.extractor == source.meta().extractor && standing.watch == watch_of(app, unit)
}
