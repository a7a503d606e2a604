//! The configuration as the rest of the program gets it: plain types that have been checked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use url::Url;

use super::file::{Entry, entries};
use super::log::Log;
use super::mistake::{ConfigError, KeyPath, Mistake};
use super::secret::PasswordSource;
use crate::model::code::HcpcsCode;
use crate::model::delivery::{Recipient, Role};
use crate::model::watch::Watch;
use crate::web::WebConfig;

/// Everything that can be configured, resolved and checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that was read; `None` when the defaults alone hold.
    pub file: Option<PathBuf>,
    /// The practice.
    pub practice: Practice,
    /// Folder of the database and the documents.
    pub store: PathBuf,
    /// What is watched.
    pub watch: Watch,
    /// What is read.
    pub sources: Sources,
    /// How it is read.
    pub fetch: Fetch,
    /// How mail leaves.
    pub mail: Mail,
    /// Who is told, each served by the configured channel.
    pub recipients: Vec<Recipient>,
    /// Programs that are told as well.
    pub hooks: Vec<Hook>,
    /// Who is told what nobody acknowledged.
    pub escalation: Escalation,
    /// What is logged.
    pub log: Log,
    /// The file as it was read, for `config show`.
    pub(super) text: String,
    /// Who is told that all is well; `None` is nobody.
    pub heartbeat: Option<Heartbeat>,
    /// How the page is reached; `None` is off.
    pub web: Option<WebConfig>,
}

impl Config {
    /// Every key with its value and where it comes from. There is no secret among them.
    pub fn entries(&self) -> Vec<Entry> {
        entries(&self.text)
    }

    /// The `User-Agent` for requests to the given origins (`https://www.cms.gov`).
    ///
    /// Without a contact nothing may be asked of a real host; a configuration that maps every origin
    /// to this machine, as tests do, needs none.
    ///
    /// # Errors
    /// When the contact is missing; the error says what to write.
    pub fn user_agent<'a>(
        &self,
        origins: impl IntoIterator<Item = &'a str>,
    ) -> Result<String, ConfigError> {
        let version = concat!("coverd/", env!("CARGO_PKG_VERSION"));
        if !self.fetch.contact.is_empty() {
            return Ok(format!("{version} (+{})", self.fetch.contact));
        }
        let unmapped = origins
            .into_iter()
            .find(|&origin| !self.fetch.origins.contains_key(origin));
        match unmapped {
            None => Ok(version.to_owned()),
            Some(origin) => Err(self.missing(
                "fetch.contact",
                format!(
                    "requests to {origin} must say who makes them: write `contact = \"you@practice.example\"` under [fetch]"
                ),
            )),
        }
    }

    /// The people of a role.
    ///
    /// # Errors
    /// When nobody is configured for it: what is found out would be told to no one.
    pub fn require_recipients(&self, role: Role) -> Result<Vec<&Recipient>, ConfigError> {
        let people: Vec<_> = self.of_role(role).collect();
        if people.is_empty() {
            return Err(self.missing(
                "recipient",
                format!(
                    "nobody has the role \"{role}\", so {what} would be told to no one: add a block\n\n[[recipient]]\naddress = \"you@practice.example\"\nrole = \"{role}\"\n",
                    role = role.id(),
                    what = what_it_hears(role),
                ),
            ));
        }
        Ok(people)
    }

    /// What is allowed but probably not meant, in sentences.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for role in [Role::Practice, Role::Operator] {
            if self.of_role(role).next().is_none() {
                warnings.push(format!(
                    "nobody has the role \"{}\": {} would be told to no one",
                    role.id(),
                    what_it_hears(role)
                ));
            }
        }
        if self.fetch.contact.is_empty() {
            warnings.push(
                "fetch.contact is empty: `coverd run` and `coverd check` will not use the network"
                    .to_owned(),
            );
        }
        if let MailChannel::File { dir } = &self.mail.channel {
            warnings.push(format!(
                "mail.channel is \"file\": mail is written to {} and sent to no one",
                dir.display()
            ));
        }
        for (id, source) in &self.sources.by_id {
            if !source.enabled {
                warnings.push(format!("sources.{id} is switched off"));
            }
        }
        warnings
    }

    fn of_role(&self, role: Role) -> impl Iterator<Item = &Recipient> {
        self.recipients
            .iter()
            .filter(move |recipient| recipient.role == role)
    }

    fn missing(&self, key: &str, message: String) -> ConfigError {
        ConfigError::new(
            self.file.clone(),
            vec![Mistake::unplaced(&KeyPath::of(key), message)],
        )
    }
}

fn what_it_hears(role: Role) -> &'static str {
    match role {
        Role::Practice => "changes at CMS",
        Role::Operator => "trouble with coverd itself",
    }
}

/// The practice that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Practice {
    /// Its name; may be empty.
    pub name: String,
    /// The zone of dates and hours that people read.
    pub zone: Tz,
    /// Units that it bills in a year, by code.
    pub yearly_units: BTreeMap<HcpcsCode, u32>,
}

/// What is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// First calendar year whose releases are read.
    pub since_year: i32,
    /// What sources are configured with beside their schedules.
    pub settings: crate::sources::Settings,
    /// Settings by the source's id.
    pub by_id: BTreeMap<&'static str, SourceSettings>,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSettings {
    /// Whether it is read at all.
    pub enabled: bool,
    /// Five cron fields, UTC; `None` is the source's own default.
    pub schedule: Option<String>,
}

/// How the network is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Where CMS can reach the operator; empty when not configured, see [`Config::user_agent`].
    pub contact: String,
    /// Shortest time between two requests to one host.
    pub min_interval: Duration,
    /// Deadline for a connection.
    pub connect_timeout: Duration,
    /// Deadline for the next piece of an answer.
    pub read_timeout: Duration,
    /// Deadline for a whole answer.
    pub total_timeout: Duration,
    /// Largest answer, in bytes.
    pub max_bytes: u64,
    /// The command that turns a PDF on its input into text on its output; empty: coverd itself.
    pub pdf_command: Vec<String>,
    /// The program that limits itself and then is that command: this very program. Tests, whose own program
    /// is another one, set it.
    pub pdf_program: PathBuf,
    /// Origins of this machine that may be asked by plain http: `http://127.0.0.1:8080`.
    pub loopback: Vec<String>,
    /// For tests: the loopback origin that stands for an origin, both as `scheme://host[:port]`.
    pub origins: BTreeMap<String, String>,
}

/// How mail leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Address of the sender.
    pub from: String,
    /// Display name of the sender; may be empty.
    pub from_name: String,
    /// Where it goes.
    pub channel: MailChannel,
}

/// A program that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// What it hears, and the name of its channel.
    pub to: Recipient,
    /// How it is told.
    pub way: HookWay,
}

/// How a program is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookWay {
    /// By POST to an address.
    Webhook {
        /// The address.
        url: Url,
        /// Where the secret is that messages are signed with.
        secret: PasswordSource,
    },
    /// By a command that gets it on its standard input.
    Command(Vec<String>),
}

/// Whom to tell, one after the other, what nobody acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Escalation {
    /// Days that each has before the next is told; 0: nobody is asked to acknowledge.
    pub after_days: u32,
    /// The people, in order.
    pub people: Vec<Recipient>,
}

/// The channel that serves all recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailChannel {
    /// Each mail becomes a file.
    File {
        /// The folder.
        dir: PathBuf,
    },
    /// Mail is sent.
    Smtp(Smtp),
}

impl MailChannel {
    /// The channel's id in recipients and in the database.
    pub fn id(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Smtp(_) => "smtp",
        }
    }
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Name or address of the host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the conversation is protected.
    pub tls: Tls,
    /// The account; `None` for a server without login.
    pub login: Option<Login>,
    /// A certificate authority (PEM) to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Deadline for one conversation.
    pub timeout: Duration,
}

/// The address that is called while all is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// https, or plain http to this machine.
    pub url: Url,
    /// Between two calls.
    pub every: Duration,
}

/// How a conversation with a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Tls {
    /// STARTTLS, required; usually port 587
    #[value(name = "starttls")]
    StartTls,
    /// TLS from the first byte; usually port 465
    Implicit,
    /// Not at all; only for a server on this machine
    None,
}

impl Tls {
    /// As the configuration has it.
    pub fn id(self) -> &'static str {
        match self {
            Self::StartTls => "starttls",
            Self::Implicit => "implicit",
            Self::None => "none",
        }
    }

    /// The usual port.
    pub fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }
}

/// An account at a mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The account.
    pub user: String,
    /// Where its password lies.
    pub password: PasswordSource,
}
