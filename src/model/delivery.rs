//! Messages on their way: outbox rows, attempts, recipients.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::attribute::Attribute;
use super::change::Severity;
use super::courtesy::Courtesy;

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
    /// When they want to be told.
    pub courtesy: Courtesy,
}

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// For people: a mail.
    Mail,
    /// For programs: one JSON object.
    Json,
}

/// Why a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// It tells an alert.
    Alert,
    /// It tells several that waited for it.
    Digest,
    /// It tells an alert again that nobody acknowledged, to the next person.
    Reminder,
    /// It says how coverd and its sources are.
    Weekly,
    /// It shows, once, what coverd says today.
    Welcome,
}

impl Purpose {
    const ALL: [Self; 5] = [
        Self::Alert,
        Self::Digest,
        Self::Reminder,
        Self::Weekly,
        Self::Welcome,
    ];

    /// The name in the database and for people.
    pub fn id(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Digest => "digest",
            Self::Reminder => "reminder",
            Self::Weekly => "weekly",
            Self::Welcome => "welcome",
        }
    }
}

impl FromStr for Purpose {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, UnknownPurpose> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.id() == text)
            .ok_or(UnknownPurpose)
    }
}

/// A purpose that this version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such purpose of a message: use alert, digest, reminder, weekly or welcome")]
pub struct UnknownPurpose;

/// A rendered message for one recipient over one channel: an outbox row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Derived from what it tells, channel and recipient.
    pub id: String,
    /// Why it is sent.
    pub purpose: Purpose,
    /// The alert it tells; `None` where it tells several, or none.
    pub alert: Option<String>,
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
    /// It is not sent before.
    pub not_before: DateTime<Utc>,
    /// Whether it is told in one message with what else is due then.
    pub gathers: bool,
}

/// A message that takes the place of others, or of none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The message.
    pub outgoing: Outgoing,
    /// The outbox rows that it tells.
    pub tells: Vec<String>,
}

/// That someone has seen an alert and takes care of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The alert.
    pub alert: String,
    /// Who.
    pub person: String,
    /// What they wrote; may be empty.
    pub note: String,
    /// When.
    pub at: DateTime<Utc>,
    /// How: `command`, `page`.
    pub via: AcknowledgedVia,
}

/// How an alert was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AcknowledgedVia {
    /// By `coverd ack`.
    Command,
    /// On the page.
    Page,
}

impl AcknowledgedVia {
    /// The name in the database and for people.
    pub fn id(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Page => "page",
        }
    }
}

impl FromStr for AcknowledgedVia {
    type Err = UnknownVia;

    fn from_str(text: &str) -> Result<Self, UnknownVia> {
        [Self::Command, Self::Page]
            .into_iter()
            .find(|via| via.id() == text)
            .ok_or(UnknownVia)
    }
}

/// A way of acknowledging that this version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such way to acknowledge: use command or page")]
pub struct UnknownVia;

/// Where an outbox row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// To be sent at its next attempt.
    Pending,
    /// Accepted by the channel.
    Delivered,
    /// It can never succeed: refused for good, or out of attempts.
    Dead,
    /// Told by a digest, which has a row of its own.
    Gathered,
}

impl DeliveryState {
    /// The name in the database and for people.
    pub fn id(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
            Self::Gathered => "gathered",
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
        [Self::Pending, Self::Delivered, Self::Dead, Self::Gathered]
            .into_iter()
            .find(|state| state.id() == text)
            .ok_or(UnknownState)
    }
}

/// A delivery state that this version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such delivery state: use pending, delivered, dead or gathered")]
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
