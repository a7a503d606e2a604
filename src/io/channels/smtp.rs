//! Mail over SMTP to the relay of the practice.
//!
//! The dialogue is led step by step, because what a refusal means depends on the step: a refused
//! login is nobody's message at fault, a refused recipient is. One connection serves a batch. The
//! whole dialogue of one message has one deadline, so that a server which accepts and stays silent
//! cannot hang the daemon.

use std::error::Error as _;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Response, Severity};
use secrecy::ExposeSecret;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::channel::{ChannelError, Receipt, SendError};
use super::masked;
use super::relay::{SmtpConfig, Tls};
use crate::model::delivery::Outgoing;

/// How long a connection is kept for the next message.
const IDLE: Duration = Duration::from_secs(30);
/// How long a farewell or a question whether the connection still lives may take.
const COURTESY: Duration = Duration::from_secs(5);
/// How a certificate begins in a PEM file.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// The channel to one relay.
pub struct Smtp {
    pub(super) config: SmtpConfig,
    server: String,
    hello: ClientId,
    tls: Option<TlsParameters>,
    idle: Mutex<Option<(AsyncSmtpConnection, Instant)>>,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp({})", self.server)
    }
}

/// A step of the dialogue, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Connect,
    Tls,
    Login,
    Sender,
    Recipient,
    Data,
    Message,
}

impl Step {
    fn words(self) -> &'static str {
        match self {
            Self::Connect => "while connecting",
            Self::Tls => "while setting up TLS",
            Self::Login => "at the login",
            Self::Sender => "at the sender",
            Self::Recipient => "at the recipient",
            Self::Data => "before its text",
            Self::Message => "after its text",
        }
    }
}

impl Smtp {
    /// A channel to the relay; nothing is connected yet.
    ///
    /// # Errors
    /// When clear text to another machine is asked for, or TLS cannot be set up.
    pub fn new(config: SmtpConfig) -> Result<Self, ChannelError> {
        let host = config.host.as_str();
        let plain = |name: &str| {
            !name.is_empty() && name.len() <= 253 && name.bytes().all(|b| b.is_ascii_graphic())
        };
        for name in [Some(host), config.hello.as_deref()].into_iter().flatten() {
            if !plain(name) {
                return Err(ChannelError::Host {
                    name: masked::said(name),
                });
            }
        }
        let tls = match config.tls {
            Tls::None if is_this_machine(host) => None,
            Tls::None => {
                return Err(ChannelError::ClearText {
                    host: host.to_owned(),
                });
            }
            Tls::StartTls | Tls::Implicit => Some(tls_parameters(&config)?),
        };
        let hello = match &config.hello {
            Some(name) => ClientId::Domain(name.clone()),
            None => ClientId::default(),
        };
        Ok(Self {
            server: format!("{host}:{}", config.port),
            hello,
            tls,
            idle: Mutex::new(None),
            config,
        })
    }

    /// Sends the stored bytes to the one recipient.
    ///
    /// # Errors
    /// When the server did not take the message; permanent only when it refused this recipient or
    /// this message.
    pub async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        let address = |text: &str| {
            text.parse::<Address>().map_err(|_| SendError::Address {
                address: masked::said(text),
            })
        };
        let (sender, recipient) = (address(&outgoing.sender)?, address(&outgoing.recipient)?);
        // one message at a time: a relay is no place for haste
        let mut idle = self.idle.lock().await;
        let mut step = Step::Connect;
        let mut connection = None;
        let result = timeout(self.config.deadline, async {
            let open = match self.still_alive(idle.take()).await {
                Some(open) => open,
                None => self.connect(&mut step).await?,
            };
            let open = connection.insert(open);
            step = Step::Sender;
            let answer = open.command(Mail::new(Some(sender), Vec::new())).await;
            self.judged(step, answer)?;
            step = Step::Recipient;
            let answer = open.command(Rcpt::new(recipient, Vec::new())).await;
            self.judged(step, answer)?;
            step = Step::Data;
            self.judged(step, open.command(Data).await)?;
            step = Step::Message;
            self.judged(step, open.message(&outgoing.message).await)
        })
        .await;
        match result {
            Ok(Ok(words)) => {
                *idle = connection.map(|open| (open, Instant::now()));
                Ok(Receipt { words })
            }
            Ok(Err(error)) => {
                if let Some(open) = connection {
                    part(open).await;
                }
                Err(error)
            }
            Err(_) => Err(SendError::Deadline {
                server: self.server.clone(),
                stage: step.words(),
                seconds: self.config.deadline.as_secs(),
            }),
        }
    }

    /// Ends the connection that was kept for the next message.
    pub async fn rest(&self) {
        if let Some((open, _)) = self.idle.lock().await.take() {
            part(open).await;
        }
    }

    async fn still_alive(
        &self,
        kept: Option<(AsyncSmtpConnection, Instant)>,
    ) -> Option<AsyncSmtpConnection> {
        let (mut open, since) = kept?;
        let is_fresh = since.elapsed() < IDLE;
        if is_fresh && timeout(COURTESY, open.test_connected()).await == Ok(true) {
            return Some(open);
        }
        None
    }

    pub(super) async fn connect(&self, step: &mut Step) -> Result<AsyncSmtpConnection, SendError> {
        let implicit = match self.config.tls {
            Tls::Implicit => self.tls.clone(),
            Tls::StartTls | Tls::None => None,
        };
        let host = self.config.host.trim_matches(['[', ']']);
        let mut open = AsyncSmtpConnection::connect_tokio1(
            (host, self.config.port),
            Some(self.config.deadline),
            &self.hello,
            implicit,
            None,
        )
        .await
        .map_err(|error| self.failed(*step, &error))?;
        if let (Tls::StartTls, Some(tls)) = (self.config.tls, self.tls.clone()) {
            if !open.can_starttls() {
                *step = Step::Tls;
                part(open).await;
                return Err(SendError::NoTls {
                    server: self.server.clone(),
                });
            }
            *step = Step::Tls;
            open.starttls(tls, &self.hello)
                .await
                .map_err(|error| self.failed(*step, &error))?;
        }
        if let Some(login) = &self.config.login {
            *step = Step::Login;
            let credentials = Credentials::new(
                login.user.clone(),
                login.password.expose_secret().to_owned(),
            );
            open.auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
                .await
                .map_err(|error| self.failed(*step, &error))?;
        }
        Ok(open)
    }

    /// The words of a good answer; a bad one judged by the step at which it came.
    pub(super) fn judged(
        &self,
        step: Step,
        answer: Result<Response, Error>,
    ) -> Result<String, SendError> {
        match answer {
            Ok(response) => {
                let lines: Vec<&str> = response.message().collect();
                Ok(masked::said(&format!(
                    "{} {}",
                    response.code(),
                    lines.join(" ")
                )))
            }
            Err(error) => Err(self.failed(step, &error)),
        }
    }

    fn failed(&self, step: Step, error: &Error) -> SendError {
        let server = self.server.clone();
        let said = cause(error);
        let stage = step.words();
        let Some(code) = error.status() else {
            return match step {
                // no mechanism in common, or a broken challenge
                Step::Login if error.is_client() || error.is_response() => {
                    SendError::Login { server, said }
                }
                _ => SendError::Connection {
                    cause: format!("the connection failed {stage} ({said})"),
                    server,
                },
            };
        };
        // "authentication required", "mechanism too weak", "encryption required": whenever they
        // are said, they are said of our configuration
        let is_about_login = matches!(u16::from(code), 530 | 534 | 535 | 538);
        let is_permanent = code.severity == Severity::PermanentNegativeCompletion;
        match step {
            _ if is_about_login => SendError::Login { server, said },
            Step::Login if is_permanent => SendError::Login { server, said },
            Step::Recipient | Step::Data | Step::Message if is_permanent => SendError::Refused {
                server,
                stage,
                said,
            },
            // a server that refuses the sender or the whole connection refuses us, not the recipient
            _ => SendError::PutOff {
                server,
                stage,
                said,
            },
        }
    }
}

/// Says QUIT, but never waits long for an answer.
pub(super) async fn part(mut open: AsyncSmtpConnection) {
    let farewell = timeout(COURTESY, open.quit()).await;
    tracing::debug!(polite = farewell.is_ok(), "SMTP connection ended");
}

/// The reply of the server as it gave it, or else the innermost cause, which names the fault.
fn cause(error: &Error) -> String {
    let mut innermost: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(deeper) = innermost.and_then(std::error::Error::source) {
        innermost = Some(deeper);
    }
    let words = innermost.map_or_else(|| error.to_string(), ToString::to_string);
    // the TLS library adds the address of its manual
    let words = words.split(": https://").next().unwrap_or_default();
    match error.status() {
        Some(code) => masked::said(&format!("{code} {words}")),
        None => masked::said(words),
    }
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn tls_parameters(config: &SmtpConfig) -> Result<TlsParameters, ChannelError> {
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.ca_file {
        let wrong = |cause: String| ChannelError::Authority {
            path: path.display().to_string(),
            cause,
        };
        let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let none = || wrong("it holds no certificate in PEM form".to_owned());
        // the library takes a file without any certificate for an empty list
        if !pem.windows(BEGIN.len()).any(|part| part == BEGIN) {
            return Err(none());
        }
        let authority = Certificate::from_pem(&pem).map_err(|_| none())?;
        builder = builder.add_root_certificate(authority);
    }
    builder.build_rustls().map_err(|error| ChannelError::Tls {
        cause: cause(&error),
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use secrecy::SecretString;

    use super::*;
    use crate::io::channels::relay::Login;

    fn config(host: &str, tls: Tls) -> SmtpConfig {
        SmtpConfig {
            host: host.to_owned(),
            port: 25,
            tls,
            login: None,
            ca_file: None,
            hello: None,
            deadline: Duration::from_secs(1),
        }
    }

    #[test]
    fn clear_text_is_for_this_machine_only() {
        for host in [
            "localhost",
            "LOCALHOST",
            "127.0.0.1",
            "127.1.2.3",
            "::1",
            "[::1]",
        ] {
            assert!(Smtp::new(config(host, Tls::None)).is_ok(), "{host}");
        }
        for host in [
            "mail.example.org",
            "10.0.0.1",
            "localhost.example.org",
            "0.0.0.0",
        ] {
            assert!(
                matches!(
                    Smtp::new(config(host, Tls::None)),
                    Err(ChannelError::ClearText { .. })
                ),
                "{host}"
            );
        }
    }

    #[test]
    fn a_host_that_could_inject_a_command_is_refused() {
        let mut with_hello = config("localhost", Tls::None);
        with_hello.hello = Some("a\r\nMAIL FROM:<x@y>".to_owned());
        assert!(matches!(
            Smtp::new(with_hello),
            Err(ChannelError::Host { .. })
        ));
        assert!(matches!(
            Smtp::new(config("", Tls::StartTls)),
            Err(ChannelError::Host { .. })
        ));
    }

    #[test]
    fn a_file_that_is_no_certificate_authority_is_said() {
        let mut wrong = config("mail.example.org", Tls::StartTls);
        wrong.ca_file = Some(PathBuf::from("Cargo.toml"));
        let result = Smtp::new(wrong);
        assert!(
            matches!(result, Err(ChannelError::Authority { .. })),
            "{result:?}"
        );
    }

    #[test]
    fn neither_the_channel_nor_its_configuration_shows_the_password() {
        let mut secret = config("localhost", Tls::None);
        secret.login = Some(Login {
            user: "coverd".to_owned(),
            password: SecretString::from("hunter2"),
        });
        assert!(!format!("{secret:?}").contains("hunter2"));
        let channel = Smtp::new(secret).unwrap();
        assert!(!format!("{channel:?}").contains("hunter2"));
    }
}
