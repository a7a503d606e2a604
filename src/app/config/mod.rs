//! The configuration: one commented file with every default in it, laid under the user's own.
//!
//! The text passes through three forms. `file` holds it as TOML and keeps the positions, `raw` is its shape
//! as serde reads it, and [`Config`] is what the rest of the program gets: plain types that cannot
//! be wrong any more. Mistakes are collected on the way and told together, each with line and key.
//!
//! *Architecture invariants:* serde is used here only, and the environment of the process is read in
//! [`environment`] only.

mod courtesy;
mod digest;
pub mod environment;
mod federal_register;
mod file;
mod heartbeat;
mod hidden;
mod hook;
mod local_coverage;
mod log;
mod mail;
mod mistake;
mod page;
mod raw;
mod raw_people;
mod resolve;
mod secret;
mod settings;
mod watch;
mod web;

pub use digest::watch_digest;
pub use environment::Environment;
pub use file::{Entry, ScheduleCheck, example};
pub use log::{Log, LogFormat, LogLevel};
pub use mistake::{ConfigError, Mistake};
pub use secret::{CREDENTIALS, PasswordSource, SecretError};
pub use settings::{
    Config, Escalation, Fetch, Heartbeat, Hook, HookWay, Login, Mail, MailChannel, Practice, Smtp,
    SourceSettings, Sources, Tls,
};
