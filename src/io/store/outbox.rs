//! Messages on their way: one row per alert, channel and recipient, and one per attempt.

use chrono::{DateTime, Utc};
use rusqlite::{Row, Transaction, params};

use super::changes::only;
use super::connection::{Reader, Store};
use super::encode::{Form, column, optional};
use super::error::StoreError;
use super::sql::Once;
use crate::model::delivery::{Attempt, DeliveryState, Outcome, Outgoing};

/// A message that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingDelivery {
    /// The message.
    pub outgoing: Outgoing,
    /// Attempts so far; of a message that was given up and revived, since then.
    pub attempts: u32,
    /// When the first attempt of all was made.
    pub first_attempt: Option<DateTime<Utc>>,
}

/// A message, wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDelivery {
    /// The message.
    pub outgoing: Outgoing,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: u32,
    /// Of a pending one: not before.
    pub next: Option<DateTime<Utc>>,
}

/// A message about a rulemaking, as far as later ones refer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The channel it went over.
    pub channel: String,
    /// To whom.
    pub recipient: String,
    /// Its `Message-ID`.
    pub message_id: String,
}

/// Which deliveries to list; an empty filter is all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryFilter {
    /// Of this alert.
    pub alert: Option<String>,
    /// In this state.
    pub state: Option<DeliveryState>,
    /// Put in at or before this instant.
    pub until: Option<DateTime<Utc>>,
    /// No more than these.
    pub limit: Option<u32>,
    /// After this many.
    pub skip: u32,
}

/// The outbox in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxCounts {
    /// Messages to be sent.
    pub pending: u64,
    /// Messages that a channel accepted.
    pub delivered: u64,
    /// Messages that were given up.
    pub dead: u64,
    /// Messages that a digest tells.
    pub gathered: u64,
    /// When the oldest pending message was put in.
    pub oldest_pending: Option<DateTime<Utc>>,
}

/// Ends in the condition and the order.
pub(super) const SELECT: &str =
    "SELECT d.id, d.alert, d.channel, d.recipient, d.sender, d.message_id, d.subject,
        d.message, d.created, d.state, d.next_at, d.purpose, d.gathers,
        (SELECT count(*) FROM attempts a WHERE a.delivery = d.id),
        (SELECT min(a.at) FROM attempts a WHERE a.delivery = d.id)
     FROM deliveries d";

/// Attempts of the series that is running: an attempt that ended the message ended its series. In the order in which
/// they were written: the clock may have been set back between them.
pub(super) const SERIES: &str =
    "(SELECT count(*) FROM attempts a WHERE a.delivery = d.id AND a.rowid > coalesce(
        (SELECT max(e.rowid) FROM attempts e WHERE e.delivery = d.id AND e.next_at IS NULL), 0))";

pub(super) fn record(
    transaction: &Transaction<'_>,
    deliveries: &[Outgoing],
) -> Result<(), StoreError> {
    for outgoing in deliveries {
        insert(transaction, outgoing)?;
    }
    Ok(())
}

/// Puts a message into the outbox; says whether it is new there.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    outgoing: &Outgoing,
) -> Result<bool, StoreError> {
    let row = Once {
        table: "deliveries",
        what: "delivery",
        id: &outgoing.id,
        key: &[("id", &outgoing.id)],
        content: &[
            ("alert", &outgoing.alert),
            ("purpose", &outgoing.purpose.form()),
            ("channel", &outgoing.channel),
            ("recipient", &outgoing.recipient),
        ],
        // Rendered once: every attempt sends the same bytes.
        first: &[
            ("sender", &outgoing.sender),
            ("message_id", &outgoing.message_id),
            ("subject", &outgoing.subject),
            ("message", &outgoing.message),
            ("created", &outgoing.created.form()),
            ("state", &DeliveryState::Pending.form()),
            ("next_at", &outgoing.not_before.form()),
            ("gathers", &outgoing.gathers),
        ],
    };
    row.insert(transaction)
}

impl Store {
    /// Writes how an attempt ended, and where the delivery stands after it. Repeating it changes
    /// nothing. What was delivered stays delivered.
    ///
    /// # Errors
    /// When there is no such delivery, or the attempt was recorded with another outcome.
    pub fn record_attempt(&mut self, attempt: &Attempt) -> Result<(), StoreError> {
        let transaction = self.write()?;
        let known = transaction
            .prepare_cached("SELECT 1 FROM deliveries WHERE id = ?1")?
            .exists([&attempt.delivery])?;
        if !known {
            return Err(StoreError::Invalid {
                why: format!("there is no delivery {}", attempt.delivery),
            });
        }
        let (outcome, words) = match &attempt.outcome {
            Outcome::Accepted(words) => ("accepted", words),
            Outcome::Deferred(words) => ("deferred", words),
            Outcome::Refused(words) => ("refused", words),
        };
        let next = attempt.next.map(|at| at.form());
        let row = Once {
            table: "attempts",
            what: "attempt of delivery",
            id: &attempt.delivery,
            key: &[("delivery", &attempt.delivery), ("at", &attempt.at.form())],
            content: &[("outcome", &outcome), ("words", words), ("next_at", &next)],
            first: &[],
        };
        if row.insert(&transaction)? {
            let (state, next) = match (&attempt.outcome, next) {
                (Outcome::Accepted(_), _) => (DeliveryState::Delivered, None),
                (Outcome::Deferred(_) | Outcome::Refused(_), Some(next)) => {
                    (DeliveryState::Pending, Some(next))
                }
                (Outcome::Deferred(_) | Outcome::Refused(_), None) => (DeliveryState::Dead, None),
            };
            transaction
                .prepare_cached(
                    "UPDATE deliveries SET state = ?2, next_at = ?3
                     WHERE id = ?1 AND state NOT IN ('delivered', 'gathered')",
                )?
                .execute(params![attempt.delivery, state.form(), next])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Makes a message that was given up pending again, due at `now`, with a new series of attempts.
    /// The attempts that were made stay on record, and the message stays the same.
    ///
    /// # Errors
    /// When there is no such delivery, or it was not given up.
    pub fn revive(&mut self, delivery: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let transaction = self.write()?;
        let revived = transaction
            .prepare_cached(
                "UPDATE deliveries SET state = 'pending', next_at = ?2
                 WHERE id = ?1 AND state = 'dead'",
            )?
            .execute(params![delivery, now.form()])?;
        if revived == 0 {
            return Err(StoreError::Invalid {
                why: format!("there is no delivery {delivery} that was given up"),
            });
        }
        transaction.commit()?;
        Ok(())
    }
}

impl Reader {
    /// The messages about a rulemaking, oldest first.
    pub fn conversation(&self, thread: &str) -> Result<Vec<Said>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT d.channel, d.recipient, d.message_id
             FROM alerts a JOIN deliveries d ON d.alert = a.id
             WHERE a.thread = ?1 ORDER BY a.raised, d.created, d.id",
        )?;
        let found = statement.query_map([thread], |row| {
            Ok(Said {
                channel: row.get(0)?,
                recipient: row.get(1)?,
                message_id: row.get(2)?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Messages that are due at `now`, oldest first.
    pub fn pending(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<PendingDelivery>, StoreError> {
        let select = SELECT.replacen("FROM deliveries", &format!(", {SERIES} FROM deliveries"), 1);
        let mut statement = self.connection.prepare_cached(&format!(
            "{select} WHERE d.state = 'pending' AND d.next_at <= ?1
             ORDER BY d.created, d.id LIMIT ?2"
        ))?;
        let found = statement.query_map(params![now.form(), limit], |row| {
            Ok(PendingDelivery {
                outgoing: outgoing(row)?,
                attempts: row.get(15)?,
                first_attempt: optional(row, 14)?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// When the next pending message is due; `None` when nothing is pending.
    pub fn next_attempt_at(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT min(next_at) FROM deliveries WHERE state = 'pending'")?;
        Ok(statement.query_row([], |row| optional(row, 0))?)
    }

    /// Deliveries, newest first.
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<StoredDelivery>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "{SELECT} WHERE (?1 IS NULL OR d.alert = ?1
                 OR d.id IN (SELECT g.within FROM deliveries g WHERE g.alert = ?1)) AND (?2 IS NULL OR d.state = ?2)
               AND (?4 IS NULL OR d.created <= ?4)
             ORDER BY d.created DESC, d.id LIMIT ?3 OFFSET ?5"
        ))?;
        let state = filter.state.map(|state| state.form());
        let limit = filter.limit.map_or(i64::MAX, i64::from);
        let until = filter.until.map(|at| at.form());
        let values = params![filter.alert, state, limit, until, filter.skip];
        let found = statement.query_map(values, stored)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The delivery with this id, or the only one whose id begins so.
    ///
    /// # Errors
    /// [`StoreError::Ambiguous`] when several begin so.
    pub fn delivery(&self, id: &str) -> Result<Option<StoredDelivery>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "{SELECT} WHERE substr(d.id, 1, length(?1)) = ?1 ORDER BY d.id = ?1 DESC LIMIT 2"
        ))?;
        let found = statement.query_map([id], stored)?;
        let found = found.collect::<Result<_, _>>()?;
        only(found, id, "mails", |delivery: &StoredDelivery| {
            &delivery.outgoing.id
        })
    }

    /// How many messages stand where.
    pub fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT state, count(*), min(created) FROM deliveries GROUP BY state",
        )?;
        let mut rows = statement.query([])?;
        let mut counts = OutboxCounts::default();
        while let Some(row) = rows.next()? {
            let number = row.get::<_, i64>(1)?.unsigned_abs();
            match column(row, 0)? {
                DeliveryState::Pending => {
                    counts.pending = number;
                    counts.oldest_pending = optional(row, 2)?;
                }
                DeliveryState::Delivered => counts.delivered = number,
                DeliveryState::Dead => counts.dead = number,
                DeliveryState::Gathered => counts.gathered = number,
            }
        }
        Ok(counts)
    }
}

pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<StoredDelivery> {
    Ok(StoredDelivery {
        outgoing: outgoing(row)?,
        state: column(row, 9)?,
        attempts: row.get(13)?,
        next: optional(row, 10)?,
    })
}

/// Of a row that is not pending any more, "not before" is when it was written.
pub(super) fn outgoing(row: &Row<'_>) -> rusqlite::Result<Outgoing> {
    let created = column(row, 8)?;
    Ok(Outgoing {
        id: row.get(0)?,
        purpose: column(row, 11)?,
        alert: row.get(1)?,
        channel: row.get(2)?,
        recipient: row.get(3)?,
        sender: row.get(4)?,
        message_id: row.get(5)?,
        subject: row.get(6)?,
        message: row.get(7)?,
        created,
        not_before: optional(row, 10)?.unwrap_or(created),
        gathers: row.get(12)?,
    })
}
