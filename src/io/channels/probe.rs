//! Whether a mail server would take messages, found out step by step: its name, its port, TLS, the login, the
//! sender, each recipient. Nothing is sent: the conversation is taken back before any text.

use std::net::SocketAddr;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::commands::{Mail, Rcpt, Rset};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::channel::SendError;
use super::masked;
use super::relay::Tls;
use super::smtp::{Smtp, Step, part};

/// Longest time for the name, and for the port.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// The server's name leads to an address (DNS).
    Name,
    /// Something listens at its port.
    Port,
    /// It greets, and the connection is protected as configured.
    Tls,
    /// It knows the account.
    Login,
    /// It takes messages of the sender.
    Sender,
    /// It takes messages to this address, for relays: anywhere.
    Recipient(String),
}

/// One step and how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// What was tried.
    pub stage: Stage,
    /// What was found; the reason where it failed.
    pub result: Result<String, String>,
}

impl Smtp {
    /// Tries the server as far as it goes, with one conversation. After a step that failed the later ones are not
    /// tried; a refused recipient does not keep from the next.
    pub async fn probe(&self, sender: &str, recipients: &[String]) -> Vec<Tried> {
        let mut steps = Vec::new();
        let conversation = async {
            if self.try_address(&mut steps).await.is_none() {
                return;
            }
            self.try_conversation(sender, recipients, &mut steps).await;
        };
        let deadline = self.config.deadline + 2 * PATIENCE;
        if timeout(deadline, conversation).await.is_err() {
            let why = format!("no end within {} s", deadline.as_secs());
            let stage = match steps.last() {
                Some(Tried {
                    stage: Stage::Port, ..
                }) => Stage::Tls,
                _ => Stage::Sender,
            };
            steps.push(Tried {
                stage,
                result: Err(why),
            });
        }
        steps
    }

    /// The name and the port.
    async fn try_address(&self, steps: &mut Vec<Tried>) -> Option<()> {
        let host = self.config.host.trim_matches(['[', ']']);
        let found = timeout(PATIENCE, lookup_host((host, self.config.port))).await;
        let addresses: Result<Vec<SocketAddr>, String> = match found {
            Ok(Ok(addresses)) => Ok(addresses.collect()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("no name server answered in time".to_owned()),
        };
        let addresses = match addresses {
            Ok(addresses) if addresses.is_empty() => Err("the name has no address".to_owned()),
            other => other,
        };
        let result = match &addresses {
            Ok(addresses) => {
                let ips: Vec<String> = addresses.iter().map(|at| at.ip().to_string()).collect();
                Ok(ips.join(", "))
            }
            Err(why) => Err(why.clone()),
        };
        steps.push(Tried {
            stage: Stage::Name,
            result,
        });
        let mut last = Err("nothing was tried".to_owned());
        for address in addresses.ok()? {
            last = match timeout(PATIENCE, TcpStream::connect(address)).await {
                Ok(Ok(_)) => Ok(format!("{address} is open")),
                Ok(Err(error)) => Err(format!("{address}: {error}")),
                Err(_) => Err(format!(
                    "{address}: no answer within {} s",
                    PATIENCE.as_secs()
                )),
            };
            if last.is_ok() {
                break;
            }
        }
        let is_open = last.is_ok();
        steps.push(Tried {
            stage: Stage::Port,
            result: last,
        });
        is_open.then_some(())
    }

    async fn try_conversation(&self, sender: &str, recipients: &[String], steps: &mut Vec<Tried>) {
        let mut step = Step::Connect;
        let opened = self.connect(&mut step).await;
        let mut open = match opened {
            Ok(open) => open,
            Err(error) => {
                if step == Step::Login {
                    steps.push(self.protected());
                }
                let stage = if step == Step::Login {
                    Stage::Login
                } else {
                    Stage::Tls
                };
                steps.push(Tried {
                    stage,
                    result: Err(why(&error)),
                });
                return;
            }
        };
        steps.push(self.protected());
        if let Some(login) = &self.config.login {
            let result = Ok(format!("accepted for {}", masked::said(&login.user)));
            steps.push(Tried {
                stage: Stage::Login,
                result,
            });
        }
        let address = |text: &str| {
            let parsed = text.parse::<Address>();
            parsed.map_err(|_| format!("'{}' is no mail address", masked::said(text)))
        };
        let result = match address(sender) {
            Ok(sender) => {
                let answer = open.command(Mail::new(Some(sender), Vec::new())).await;
                self.judged(Step::Sender, answer)
                    .map_err(|error| why(&error))
            }
            Err(why) => Err(why),
        };
        let is_taken = result.is_ok();
        steps.push(Tried {
            stage: Stage::Sender,
            result,
        });
        for recipient in recipients.iter().filter(|_| is_taken) {
            let result = match address(recipient) {
                Ok(to) => {
                    let answer = open.command(Rcpt::new(to, Vec::new())).await;
                    self.judged(Step::Recipient, answer)
                        .map_err(|error| why(&error))
                }
                Err(why) => Err(why),
            };
            let stage = Stage::Recipient(recipient.clone());
            steps.push(Tried { stage, result });
        }
        // Taken back; a server that does not understand that will understand QUIT.
        let taken_back = timeout(PATIENCE, open.command(Rset)).await;
        tracing::debug!(?taken_back, "probe of the mail server taken back");
        part(open).await;
    }

    fn protected(&self) -> Tried {
        let words = match self.config.tls {
            Tls::StartTls => "STARTTLS, certificate accepted",
            Tls::Implicit => "TLS, certificate accepted",
            Tls::None => "clear text, on this machine only",
        };
        Tried {
            stage: Stage::Tls,
            result: Ok(words.to_owned()),
        }
    }
}

/// Without what becomes of the message: there is none.
fn why(error: &SendError) -> String {
    let words = error.to_string();
    let said = ["; the message waits", "; it waits"]
        .into_iter()
        .find_map(|tail| words.strip_suffix(tail));
    said.unwrap_or(&words).to_owned()
}
