//! What has to be known of a mail relay.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// STARTTLS, and nothing is sent without it (port 587).
    StartTls,
    /// TLS from the first byte (port 465).
    Implicit,
    /// Clear text; only to this machine itself.
    None,
}

/// A user of the relay.
#[derive(Debug, Clone)]
pub struct Login {
    /// User name.
    pub user: String,
    /// Password; never shown.
    pub password: SecretString,
}

/// The relay.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// Host name; the certificate must be for it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub tls: Tls,
    /// Login, where the relay wants one.
    pub login: Option<Login>,
    /// A PEM file with a certificate authority to be trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// The name to say in EHLO; without it the address `[127.0.0.1]` is said.
    pub hello: Option<String>,
    /// The time allowed for the whole dialogue of one message.
    pub deadline: Duration,
}
