//! What a check has found and not yet committed.
//!
//! Most sources commit each document by itself. One that gathers tells all its news in one message
//! (for each rulemaking), and a message is one transaction with the readings and changes that it tells:
//! so they are held together until the check ends. A crash before that leaves nothing behind, and the
//! next check finds all of it again. What is no news is committed in batches.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::notices::deliveries;
use crate::app::state::App;
use crate::engine::gather::gathered;
use crate::engine::judge::Verdict;
use crate::model::fact::{Fact, Observation, Value};
use crate::model::record::{CheckRecord, ReadingRecord};

/// Most documents of which news is held back, most bytes of what they say, and how long: then it is
/// told. The next ones are another message.
const MOST_TOLD: usize = 300;
const MOST_BYTES: usize = 8 << 20;
const LONGEST: TimeDelta = TimeDelta::minutes(30);
/// Most documents without news in one transaction, and most bytes of what they say.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 2 << 20;

/// What is held.
#[derive(Debug)]
pub(super) struct Ledger {
    gathers: bool,
    quiet: Held,
    told: Held,
    /// What the held readings say, which the store does not know yet.
    pending: Vec<Arc<Fact>>,
    /// Alerts raised so far.
    pub(super) alerts: usize,
    /// Messages for them.
    pub(super) mails: usize,
}

#[derive(Debug)]
struct Held {
    record: CheckRecord,
    units: usize,
    bytes: usize,
}

impl Held {
    fn new(source: &str, now: DateTime<Utc>) -> Self {
        Self {
            record: CheckRecord::new(source, now),
            units: 0,
            bytes: 0,
        }
    }

    fn add(&mut self, one: CheckRecord) {
        self.units += 1;
        self.bytes += one.readings.iter().map(weight).sum::<usize>();
        let all = &mut self.record;
        all.captures.extend(one.captures);
        all.readings.extend(one.readings);
        all.standings.extend(one.standings);
        all.absences.extend(one.absences);
        all.changes.extend(one.changes);
        all.alerts.extend(one.alerts);
    }
}

impl Ledger {
    pub(super) fn new(source: &str, gathers: bool, now: DateTime<Utc>) -> Self {
        Self {
            gathers,
            quiet: Held::new(source, now),
            told: Held::new(source, now),
            pending: Vec::new(),
            alerts: 0,
            mails: 0,
        }
    }

    /// What was read in this check and is not in the store yet.
    pub(super) fn pending(&self) -> &[Arc<Fact>] {
        &self.pending
    }

    /// Takes what one unit leaves behind; its alerts are in it, its deliveries are not.
    pub(super) async fn add(&mut self, app: &App, one: CheckRecord) -> anyhow::Result<()> {
        if !self.gathers {
            return self.commit(app, one).await;
        }
        self.pending.extend(one.readings.iter().flat_map(facts));
        if one.alerts.is_empty() {
            self.quiet.add(one);
        } else {
            self.told.add(one);
        }
        let now = app.clock.now();
        let quiet = &self.quiet;
        let told = &self.told;
        let waits = !told.record.alerts.is_empty() && now - told.record.at >= LONGEST;
        if told.units >= MOST_TOLD || told.bytes >= MOST_BYTES || waits {
            self.flush(app).await
        } else if quiet.units >= BATCH || quiet.bytes >= BATCH_BYTES {
            self.flush_quiet(app).await
        } else {
            Ok(())
        }
    }

    /// Commits all that is held.
    pub(super) async fn flush(&mut self, app: &App) -> anyhow::Result<()> {
        self.flush_quiet(app).await?;
        let source = self.told.record.source.clone();
        let told = std::mem::replace(&mut self.told, Held::new(&source, app.clock.now()));
        self.pending.clear();
        if told.units == 0 {
            return Ok(());
        }
        let mut record = told.record;
        let alerts = std::mem::take(&mut record.alerts).into_iter();
        let mut verdicts: Vec<Verdict> = alerts
            .map(|alert| Verdict {
                alert: Some(alert),
                changes: Vec::new(),
            })
            .collect();
        verdicts.push(Verdict {
            alert: None,
            changes: std::mem::take(&mut record.changes),
        });
        let gathered = gathered(verdicts);
        record.alerts = gathered.alerts;
        record.changes = gathered.changes;
        self.commit(app, record).await
    }

    async fn flush_quiet(&mut self, app: &App) -> anyhow::Result<()> {
        let now = app.clock.now();
        let source = self.quiet.record.source.clone();
        let mut quiet = std::mem::replace(&mut self.quiet, Held::new(&source, now));
        if quiet.units == 0 {
            return Ok(());
        }
        self.pending = self.told.record.readings.iter().flat_map(facts).collect();
        quiet.record.at = now;
        app.record(quiet.record).await
    }

    async fn commit(&mut self, app: &App, mut record: CheckRecord) -> anyhow::Result<()> {
        record.deliveries = deliveries(app, &record.alerts).await?;
        let (alerts, mails) = (record.alerts.len(), record.deliveries.len());
        app.record(record).await?;
        self.alerts += alerts;
        self.mails += mails;
        if mails > 0 {
            app.outbox_filled.notify_one();
        }
        Ok(())
    }
}

fn facts(reading: &ReadingRecord) -> impl Iterator<Item = Arc<Fact>> {
    reading.statements.iter().map(|statement| {
        Arc::new(Fact {
            statement: statement.clone(),
            origin: Arc::clone(&reading.origin),
        })
    })
}

/// About how many bytes a reading takes.
fn weight(reading: &ReadingRecord) -> usize {
    let statements = reading.statements.iter().map(|statement| {
        let values = statement
            .values
            .values()
            .map(|observation| match observation {
                Observation::Value(Value::Text(text)) => text.len(),
                _ => 16,
            });
        200 + statement.quote.len() + values.sum::<usize>()
    });
    statements.sum()
}
