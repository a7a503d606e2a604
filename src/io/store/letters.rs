//! Messages that tell several alerts, or none; reminders; and who acknowledged what.

use chrono::{DateTime, Utc};
use rusqlite::{Row, params};

use super::changes::only;
use super::connection::{Reader, Store};
use super::encode::{Form, column, optional};
use super::error::StoreError;
use super::outbox::{SELECT, SERIES, StoredDelivery, insert, stored};
use super::sql::Once;
use crate::model::change::Severity;
use crate::model::delivery::{Acknowledgement, Letter, Purpose};

/// A change of coverage that asks to be acknowledged, and was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnansweredAlert {
    /// The alert.
    pub alert: String,
    /// When it was raised.
    pub raised: DateTime<Utc>,
    /// How many people were reminded.
    pub reminded: u32,
    /// When the last of them was.
    pub last: Option<DateTime<Utc>>,
}

/// A message that is not due yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: String,
    /// The channel it goes over.
    pub channel: String,
    /// To whom.
    pub recipient: String,
    /// Not before.
    pub next: DateTime<Utc>,
    /// Told in one message with what else is due then.
    pub gathers: bool,
    /// The greatest severity of the alert that it tells; `None` of what is said about coverd itself.
    pub severity: Option<Severity>,
    /// Whether it was ever handed to its channel.
    pub is_tried: bool,
    /// Attempts of the series that is running.
    pub attempts: u32,
}

impl Store {
    /// Puts a message into the outbox that tells some that wait there: from then on they are gathered.
    /// Repeating it changes nothing.
    ///
    /// # Errors
    /// When one of them does not wait any more; nothing is written then.
    pub fn record_letter(&mut self, letter: &Letter) -> Result<(), StoreError> {
        let transaction = self.write()?;
        if insert(&transaction, &letter.outgoing)? {
            for row in &letter.tells {
                let changed = transaction
                    .prepare_cached(
                        "UPDATE deliveries SET state = 'gathered', next_at = NULL, within = ?2
                         WHERE id = ?1 AND state = 'pending'",
                    )?
                    .execute(params![row, letter.outgoing.id])?;
                if changed == 0 {
                    return Err(StoreError::Invalid {
                        why: format!("message {row} does not wait any more"),
                    });
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Lets messages go out at `now`, each by itself, that were to wait longer.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn release(&mut self, deliveries: &[String], now: DateTime<Utc>) -> Result<(), StoreError> {
        let transaction = self.write()?;
        for delivery in deliveries {
            transaction
                .prepare_cached(
                    "UPDATE deliveries SET next_at = ?2, gathers = 0
                     WHERE id = ?1 AND state = 'pending' AND next_at > ?2",
                )?
                .execute(params![delivery, now.form()])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Lets messages go out at these times that were to wait longer.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn bring_forward(
        &mut self,
        deliveries: &[(String, DateTime<Utc>)],
    ) -> Result<(), StoreError> {
        let transaction = self.write()?;
        for (delivery, at) in deliveries {
            transaction
                .prepare_cached(
                    "UPDATE deliveries SET next_at = ?2
                     WHERE id = ?1 AND state = 'pending' AND next_at > ?2",
                )?
                .execute(params![delivery, at.form()])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// A message is about to be handed to its channel: from now on it is never told within another one. Whatever
    /// becomes of the attempt, it may have been accepted, and only the same message is recognised as the same.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn goes_by_itself(&mut self, delivery: &str) -> Result<(), StoreError> {
        let transaction = self.write()?;
        transaction
            .prepare_cached("UPDATE deliveries SET gathers = 0 WHERE id = ?1")?
            .execute([delivery])?;
        transaction.commit()?;
        Ok(())
    }

    /// Keeps who acknowledged an alert. Repeating it changes nothing.
    ///
    /// # Errors
    /// When there is no such alert.
    pub fn acknowledge(&mut self, ack: &Acknowledgement) -> Result<(), StoreError> {
        let transaction = self.write()?;
        let row = Once {
            table: "acknowledgements",
            what: "acknowledgement of alert",
            id: &ack.alert,
            key: &[
                ("alert", &ack.alert),
                ("person", &ack.person),
                ("at", &ack.at.form()),
            ],
            content: &[("note", &ack.note), ("via", &ack.via.form())],
            first: &[],
        };
        row.insert(&transaction)?;
        transaction.commit()?;
        Ok(())
    }

    /// The key of this name; `made` becomes it when there is none yet.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn secret(&mut self, name: &str, made: &[u8]) -> Result<Vec<u8>, StoreError> {
        let transaction = self.write()?;
        transaction
            .prepare_cached(
                "INSERT INTO secrets (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            )?
            .execute(params![name, made])?;
        let value = transaction
            .prepare_cached("SELECT value FROM secrets WHERE name = ?1")?
            .query_row([name], |row| row.get(0))?;
        transaction.commit()?;
        Ok(value)
    }
}

impl Reader {
    /// Messages that are due at `now`, were never tried, and are told together with others, oldest first.
    pub fn gathering(&self, now: DateTime<Utc>) -> Result<Vec<StoredDelivery>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "{SELECT} WHERE d.state = 'pending' AND d.gathers = 1 AND d.next_at <= ?1
             ORDER BY d.created, d.id"
        ))?;
        let found = statement.query_map([now.form()], stored)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Messages that are not due at `now`, oldest first.
    pub fn waiting(&self, now: DateTime<Utc>) -> Result<Vec<Waiting>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT d.id, d.channel, d.recipient, d.next_at, d.gathers,
                (SELECT l.severity FROM alerts l WHERE l.id = d.alert),
                EXISTS (SELECT 1 FROM attempts a WHERE a.delivery = d.id), {SERIES}
             FROM deliveries d WHERE d.state = 'pending' AND d.next_at > ?1
             ORDER BY d.created, d.id"
        ))?;
        let found = statement.query_map([now.form()], |row| {
            Ok(Waiting {
                id: row.get(0)?,
                channel: row.get(1)?,
                recipient: row.get(2)?,
                next: column(row, 3)?,
                gathers: row.get(4)?,
                severity: optional(row, 5)?,
                is_tried: row.get(6)?,
                attempts: row.get(7)?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// When the last message of this purpose was written to an address; with `latest`, the last one up to then.
    pub fn last_letter(
        &self,
        purpose: Purpose,
        recipient: &str,
        latest: Option<DateTime<Utc>>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT max(created) FROM deliveries
             WHERE purpose = ?1 AND recipient = ?2 AND (?3 IS NULL OR created <= ?3)",
        )?;
        let (purpose, latest) = (purpose.form(), latest.map(|at| at.form()));
        Ok(statement.query_row(params![purpose, recipient, latest], |row| optional(row, 0))?)
    }

    /// Since when this installation watches: the first complete discovery of any source.
    pub fn watching_since(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT min(first_listed) FROM sources")?;
        Ok(statement.query_row([], |row| optional(row, 0))?)
    }

    /// The messages that told an alert, oldest first: to people and to programs.
    pub fn told(&self, alert: &str) -> Result<Vec<StoredDelivery>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "{SELECT} WHERE d.alert = ?1 AND d.purpose = 'alert' ORDER BY d.created, d.id"
        ))?;
        let found = statement.query_map([alert], stored)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Changes of coverage that were told at or after `since` and that nobody acknowledged, oldest first. Of reminders
    /// the last one up to `latest` counts.
    pub fn unanswered(
        &self,
        since: DateTime<Utc>,
        latest: DateTime<Utc>,
    ) -> Result<Vec<UnansweredAlert>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT l.id, l.raised,
                (SELECT count(*) FROM deliveries d WHERE d.alert = l.id AND d.purpose = 'reminder'),
                (SELECT max(d.created) FROM deliveries d
                 WHERE d.alert = l.id AND d.purpose = 'reminder' AND d.created <= ?2)
             FROM alerts l
             WHERE l.kind = 'change' AND l.severity = 'coverage' AND l.raised >= ?1
               AND EXISTS (SELECT 1 FROM deliveries d WHERE d.alert = l.id)
               AND NOT EXISTS (SELECT 1 FROM acknowledgements a WHERE a.alert = l.id)
             ORDER BY l.raised, l.id",
        )?;
        let found = statement.query_map([since.form(), latest.form()], |row| {
            Ok(UnansweredAlert {
                alert: row.get(0)?,
                raised: column(row, 1)?,
                reminded: row.get(2)?,
                last: optional(row, 3)?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Who acknowledged an alert, earliest first.
    pub fn acknowledgements(&self, alert: &str) -> Result<Vec<Acknowledgement>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT alert, person, note, at, via FROM acknowledgements
             WHERE alert = ?1 ORDER BY at, person",
        )?;
        let found = statement.query_map([alert], acknowledgement)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The id of the alert about changes that begins so.
    ///
    /// # Errors
    /// [`StoreError::Ambiguous`] when several begin so.
    pub fn change_alert_id(&self, id: &str) -> Result<Option<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id FROM alerts WHERE kind = 'change' AND substr(id, 1, length(?1)) = ?1
             ORDER BY id = ?1 DESC LIMIT 2",
        )?;
        let found = statement.query_map([id], |row| row.get::<_, String>(0))?;
        only(found.collect::<Result<_, _>>()?, id, "alerts", |found| {
            found
        })
    }
}

fn acknowledgement(row: &Row<'_>) -> rusqlite::Result<Acknowledgement> {
    Ok(Acknowledgement {
        alert: row.get(0)?,
        person: row.get(1)?,
        note: row.get(2)?,
        at: column(row, 3)?,
        via: column(row, 4)?,
    })
}
