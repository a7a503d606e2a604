//! What every channel does: take a message and say what became of it.

use std::collections::BTreeMap;

use super::command::CommandChannel;
use super::file::FileChannel;
use super::masked;
use super::smtp::Smtp;
use super::webhook::Webhook;
use crate::model::delivery::{Form, Outcome, Outgoing};

/// A way out. Adding one means a file beside this one and a line in each `match` here.
#[derive(Debug)]
pub enum Channel {
    /// A mail server.
    Smtp(Box<Smtp>),
    /// A folder.
    File(FileChannel),
    /// An address that takes JSON.
    Webhook(Box<Webhook>),
    /// A program that takes JSON.
    Command(CommandChannel),
}

impl Channel {
    /// Hands the message over.
    ///
    /// # Errors
    /// When the channel did not take responsibility for it; [`SendError::is_permanent`] says whether
    /// it ever will.
    pub async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(outgoing).await,
            Self::File(file) => file.send(outgoing).await,
            Self::Webhook(webhook) => webhook.send(outgoing).await,
            Self::Command(command) => command.send(outgoing).await,
        }
    }

    /// How messages for it are written.
    pub fn form(&self) -> Form {
        match self {
            Self::Smtp(_) | Self::File(_) => Form::Mail,
            Self::Webhook(_) | Self::Command(_) => Form::Json,
        }
    }

    /// Ends what was kept open between messages; to be called after a batch.
    pub async fn rest(&self) {
        match self {
            Self::Smtp(smtp) => smtp.rest().await,
            Self::File(_) | Self::Webhook(_) | Self::Command(_) => {}
        }
    }
}

/// The configured channels by name.
#[derive(Debug, Default)]
pub struct Channels {
    by_name: BTreeMap<String, Channel>,
}

impl Channels {
    /// No channels yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a channel under the name that recipients use.
    #[must_use]
    pub fn with(mut self, name: &str, channel: Channel) -> Self {
        self.by_name.insert(name.to_owned(), channel);
        self
    }

    /// How messages for the channel of this name are written; for one that is not configured any more, as
    /// mails.
    pub fn form(&self, name: &str) -> Form {
        self.by_name.get(name).map_or(Form::Mail, Channel::form)
    }

    /// Sends a message over its channel and says how that ended.
    pub async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let result = match self.by_name.get(&outgoing.channel) {
            Some(channel) => channel.send(outgoing).await,
            None => Err(SendError::NoChannel {
                name: outgoing.channel.clone(),
            }),
        };
        let to = masked::address(&outgoing.recipient);
        match &result {
            Ok(_) => tracing::info!(delivery.id = outgoing.id, delivery.to = to, "delivered"),
            Err(error) => tracing::warn!(
                delivery.id = outgoing.id,
                delivery.to = to,
                // a server's reply may repeat the address
                error = error.to_string().replace(&outgoing.recipient, &to),
                "not delivered"
            ),
        }
        result.into()
    }

    /// Whether the way of the mail is open, without sending anything: a mail server is tried up to its answer to
    /// the sender. Of a folder and of programs nothing can be known before there is a message.
    ///
    /// # Errors
    /// In words, where it is not.
    pub async fn try_mail(&self, sender: &str) -> Result<(), String> {
        for channel in self.by_name.values() {
            let Channel::Smtp(smtp) = channel else {
                continue;
            };
            let tried = smtp.probe(sender, &[]).await;
            if let Some(Err(why)) = tried.into_iter().map(|one| one.result).find(Result::is_err) {
                return Err(why);
            }
        }
        Ok(())
    }

    /// Lets every channel end what it kept open between messages.
    pub async fn rest(&self) {
        for channel in self.by_name.values() {
            channel.rest().await;
        }
    }
}

/// The channel took responsibility for the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its words: the server's reply, or the file.
    pub words: String,
}

/// Why a message was not taken. Only what the server said of this recipient or this message is
/// permanent; everything else may be mended while the message waits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No connection, no greeting, no TLS, or the connection broke.
    #[error("{server}: {cause}; the message waits")]
    Connection {
        /// Host and port.
        server: String,
        /// What failed, as the system or the server says it.
        cause: String,
    },
    /// The server does not offer what the configuration demands.
    #[error(
        "{server} does not offer STARTTLS, and coverd never sends in clear text; use a server or port with TLS (tls = \"implicit\" is usually port 465); the message waits"
    )]
    NoTls {
        /// Host and port.
        server: String,
    },
    /// The login failed: nobody's message but the configuration is at fault.
    #[error(
        "{server} did not accept the login ({said}); check user and password of the SMTP account; the message waits"
    )]
    Login {
        /// Host and port.
        server: String,
        /// The reply.
        said: String,
    },
    /// The server put the message off, or refused something that is not the recipient's fault.
    #[error("{server} did not take the message {stage} ({said}); it waits")]
    PutOff {
        /// Host and port.
        server: String,
        /// At which point of the dialogue.
        stage: &'static str,
        /// The reply.
        said: String,
    },
    /// The server refused this recipient or this message for good.
    #[error(
        "{server} refused the message {stage} for good ({said}); check the address and ask the recipient's mail administrator"
    )]
    Refused {
        /// Host and port.
        server: String,
        /// At which point of the dialogue.
        stage: &'static str,
        /// The reply.
        said: String,
    },
    /// An address that no mail can be sent to or from.
    #[error("'{address}' is no mail address; correct it in the configuration")]
    Address {
        /// The text, shortened.
        address: String,
    },
    /// The whole time allowed for one message was used up.
    #[error("{server} stayed silent {stage} for the {seconds} s allowed; the message waits")]
    Deadline {
        /// Host and port.
        server: String,
        /// At which point of the dialogue.
        stage: &'static str,
        /// The time allowed.
        seconds: u64,
    },
    /// A file could not be written.
    #[error(
        "cannot write {path}: {cause}; make room or correct its permissions; the message waits"
    )]
    Write {
        /// The file.
        path: String,
        /// What the system says.
        cause: String,
    },
    /// A command did not take the message.
    #[error("{program} did not take the message ({cause}); correct it; the message waits")]
    Command {
        /// The program.
        program: String,
        /// How it ended, and what it said.
        cause: String,
    },
    /// The channel of the message is not configured any more.
    #[error(
        "no channel '{name}' is configured; configure it again or give the recipient another; the message waits"
    )]
    NoChannel {
        /// Its name.
        name: String,
    },
}

impl SendError {
    /// Whether no later attempt can succeed.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Address { .. } => true,
            Self::Connection { .. }
            | Self::NoTls { .. }
            | Self::Login { .. }
            | Self::PutOff { .. }
            | Self::Deadline { .. }
            | Self::Write { .. }
            | Self::Command { .. }
            | Self::NoChannel { .. } => false,
        }
    }
}

impl From<Result<Receipt, SendError>> for Outcome {
    fn from(result: Result<Receipt, SendError>) -> Self {
        match result {
            Ok(receipt) => Self::Accepted(receipt.words),
            Err(error) if error.is_permanent() => Self::Refused(error.to_string()),
            Err(error) => Self::Deferred(error.to_string()),
        }
    }
}

/// Why a channel cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// Clear text to another machine.
    #[error(
        "smtp: tls = \"none\" would send mail and password in clear text to {host}; it is allowed for this machine only (localhost, 127.0.0.1, ::1): use \"starttls\" or \"implicit\""
    )]
    ClearText {
        /// The host.
        host: String,
    },
    /// The file with the extra certificate authority.
    #[error("smtp: cannot use ca_file {path}: {cause}")]
    Authority {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: String,
    },
    /// TLS cannot be set up.
    #[error("smtp: cannot set up TLS: {cause}; is the package ca-certificates installed?")]
    Tls {
        /// What the library says.
        cause: String,
    },
    /// A webhook that cannot work.
    #[error("hook: {why}")]
    Webhook {
        /// What is wrong with it.
        why: String,
    },
    /// A host or hello name that cannot be sent.
    #[error("smtp: '{name}' is no host name")]
    Host {
        /// The text.
        name: String,
    },
}
