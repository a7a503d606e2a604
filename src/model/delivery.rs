//! Messages on their way: outbox rows, attempts, recipients.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::attribute::Attribute;
use super::change::Severity;

/// What a recipient wants to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Changes at CMS.
    Practice,
    /// The state of the watcher itself.
    Operator,
}

impl Role {
    /// The name in configuration and in the database.
    pub fn id(self) -> &'static str {
        match self {
            Self::Practice => "practice",
            Self::Operator => "operator",
        }
    }
}

/// Someone who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Display name; may be empty.
    pub name: String,
    /// Mail address.
    pub address: String,
    /// What they hear.
    pub role: Role,
    /// The least severity that is mailed to them.
    pub least: Severity,
    /// Weights of their own, which go before the table of severities.
    pub severities: BTreeMap<Attribute, Severity>,
    /// The channel that serves them: `smtp`, `file`.
    pub channel: String,
}

/// A rendered message for one recipient over one channel: an outbox row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Derived from alert, channel and recipient.
    pub id: String,
    /// The alert it tells.
    pub alert: String,
    /// The channel to use.
    pub channel: String,
    /// Envelope recipient.
    pub recipient: String,
    /// Envelope sender.
    pub sender: String,
    /// RFC 5322 `Message-ID`, the same for every attempt.
    pub message_id: String,
    /// Subject line, for lists.
    pub subject: String,
    /// The whole message as RFC 5322 bytes, the same for every attempt.
    pub message: Vec<u8>,
    /// When it was put into the outbox.
    pub created: DateTime<Utc>,
}

/// Where an outbox row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// To be sent at its next attempt.
    Pending,
    /// Accepted by the channel.
    Delivered,
    /// It can never succeed: refused for good, or out of attempts.
    Dead,
}

impl DeliveryState {
    /// The name in the database and for people.
    pub fn id(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for DeliveryState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        [Self::Pending, Self::Delivered, Self::Dead]
            .into_iter()
            .find(|state| state.id() == text)
            .ok_or(UnknownState)
    }
}

/// A delivery state that this version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such delivery state: use pending, delivered or dead")]
pub struct UnknownState;

/// How one attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The channel took responsibility; its words.
    Accepted(String),
    /// It may work later.
    Deferred(String),
    /// It never will.
    Refused(String),
}

/// One attempt, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The outbox row.
    pub delivery: String,
    /// When.
    pub at: DateTime<Utc>,
    /// How it ended.
    pub outcome: Outcome,
    /// When to try again; `None` after acceptance and when it is given up.
    pub next: Option<DateTime<Utc>>,
}
