//! The outbox, as the rest of the program sees it.

use anyhow::Context as _;
use chrono::{DateTime, Utc};

use super::state::App;
use crate::engine::courtesy::release;
use crate::io::store::{OutboxCounts, PendingDelivery, Reader, Said};
use crate::model::alert::{Alert, AlertBody};
use crate::model::delivery::{Acknowledgement, Attempt, Form, Letter, Outgoing, Recipient};
use crate::render::hook;
use crate::render::mail::{Envelope, compose};
use crate::render::signed::link;

impl App {
    /// Commits one attempt.
    pub async fn record_attempt(&self, attempt: Attempt) -> anyhow::Result<()> {
        self.store
            .run(move |store| store.record_attempt(&attempt))
            .await
            .context("an attempt could not be recorded")
    }

    /// The messages about a rulemaking so far, oldest first.
    pub async fn conversation(&self, thread: &str) -> anyhow::Result<Vec<Said>> {
        let thread = thread.to_owned();
        self.ask(move |reader| reader.conversation(&thread)).await
    }

    /// Messages that are due, oldest first.
    pub async fn pending(
        &self,
        now: DateTime<Utc>,
        most: u32,
    ) -> anyhow::Result<Vec<PendingDelivery>> {
        self.ask(move |reader| reader.pending(now, most)).await
    }

    /// When the next message is due.
    pub async fn next_attempt_at(&self) -> anyhow::Result<Option<DateTime<Utc>>> {
        self.ask(Reader::next_attempt_at).await
    }

    /// How many messages stand where.
    pub async fn outbox_counts(&self) -> anyhow::Result<OutboxCounts> {
        self.ask(Reader::outbox_counts).await
    }

    /// What all messages have in common, with the link by which this recipient acknowledges this alert.
    pub(super) fn envelope_for(&self, alert: &str, recipient: &Recipient) -> Envelope {
        let mut envelope = self.envelope.clone();
        if let Some(links) = &self.links {
            envelope.acknowledge_link = link(&links.base, &links.key, alert, &recipient.address);
        }
        envelope
    }

    /// The rendered message of an alert for one recipient.
    ///
    /// `earlier`: the messages about the same rulemaking before it, oldest first.
    pub fn compose(
        &self,
        alert: &Alert,
        recipient: &Recipient,
        earlier: &[String],
    ) -> anyhow::Result<Outgoing> {
        let now = self.clock.now();
        let envelope = self.envelope_for(&alert.id, recipient);
        let written = match self.channels.form(&recipient.channel) {
            Form::Json => hook::compose(alert, recipient, &envelope, now),
            Form::Mail => compose(alert, recipient, &envelope, now, earlier),
        };
        let mut outgoing = written
            .with_context(|| format!("alert {} could not be written as a message", alert.id))?;
        let severity = match &alert.body {
            AlertBody::Change(change) => Some(change.severity),
            AlertBody::Operator(_) => None,
        };
        let release = release(now, severity, &recipient.courtesy, self.envelope.zone);
        outgoing.not_before = release.at;
        outgoing.gathers = release.gathered;
        Ok(outgoing)
    }

    /// Keeps who takes care of an alert.
    pub async fn acknowledge(&self, ack: Acknowledgement) -> anyhow::Result<()> {
        self.store
            .run(move |store| store.acknowledge(&ack))
            .await
            .context("an acknowledgement could not be kept")
    }

    /// Puts a message into the outbox that tells some that wait there, or none.
    pub async fn record_letter(&self, letter: Letter) -> anyhow::Result<()> {
        self.store
            .run(move |store| store.record_letter(&letter))
            .await
            .context("a message could not be put into the outbox")
    }

    /// Notes that a message is about to be handed to its channel, and goes by itself from now on.
    pub async fn goes_by_itself(&self, delivery: String) -> anyhow::Result<()> {
        self.store
            .run(move |store| store.goes_by_itself(&delivery))
            .await
            .context("an attempt could not be noted")
    }

    /// Lets messages go out at these times that were to wait longer.
    pub async fn bring_forward(
        &self,
        deliveries: Vec<(String, DateTime<Utc>)>,
    ) -> anyhow::Result<()> {
        Ok(self
            .store
            .run(move |store| store.bring_forward(&deliveries))
            .await?)
    }

    /// Lets messages go out now that were to wait longer.
    pub async fn release(&self, deliveries: Vec<String>) -> anyhow::Result<()> {
        let now = self.clock.now();
        Ok(self
            .store
            .run(move |store| store.release(&deliveries, now))
            .await?)
    }
}
