//! Messages by HTTP POST to an address of the practice's own, signed as Standard Webhooks has it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, StatusCode, Url, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use super::channel::{ChannelError, Receipt, SendError};
use super::masked;
use crate::io::clock::Clock;
use crate::model::delivery::Outgoing;

/// What a secret begins with where it is written down.
const PREFIX: &str = "whsec_";

/// Least length of the secret in bytes, as Standard Webhooks asks.
const LEAST_SECRET: usize = 24;

/// Where messages are posted.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// The address, https; plain http to this machine only.
    pub url: Url,
    /// `whsec_` and the key in base64.
    pub secret: SecretString,
    /// For the whole exchange.
    pub deadline: Duration,
}

/// Posts each message. The receiver knows a message that comes twice by its `webhook-id`.
pub struct Webhook {
    client: Client,
    url: Url,
    /// Host and port, for what people read: the address may hold a token.
    server: String,
    key: Vec<u8>,
    deadline: Duration,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Webhook {
    /// A channel to one address.
    ///
    /// # Errors
    /// When the address or the secret cannot be used.
    pub fn new(config: WebhookConfig, clock: Arc<dyn Clock>) -> Result<Self, ChannelError> {
        let wrong = |why: &str| ChannelError::Webhook {
            why: why.to_owned(),
        };
        let host = config.url.host_str().unwrap_or_default();
        let is_here = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
        if host.is_empty()
            || !(config.url.scheme() == "https" || (config.url.scheme() == "http" && is_here))
        {
            return Err(wrong(
                "its address must be https; plain http is for this machine",
            ));
        }
        let text = config.secret.expose_secret().trim();
        let key = STANDARD
            .decode(text.strip_prefix(PREFIX).unwrap_or(text))
            .map_err(|_| wrong("its secret must be whsec_ and a key in base64"))?;
        if key.len() < LEAST_SECRET {
            return Err(wrong(
                "its secret is too short: 24 bytes at least, as from `openssl rand -base64 32`",
            ));
        }
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("coverd/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| wrong(&error.to_string()))?;
        let port = config.url.port_or_known_default().unwrap_or_default();
        Ok(Self {
            client,
            server: format!("{host}:{port}"),
            url: config.url,
            key,
            deadline: config.deadline,
            clock,
        })
    }

    pub(super) async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        let at = self.clock.now().timestamp().to_string();
        let signature = sign(&self.key, &outgoing.id, &at, &outgoing.message);
        let sending = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", &outgoing.id)
            .header("webhook-timestamp", &at)
            .header("webhook-signature", signature)
            .body(outgoing.message.clone())
            .timeout(self.deadline)
            .send();
        let answer = sending.await.map_err(|error| {
            if error.is_timeout() {
                return SendError::Deadline {
                    server: self.server.clone(),
                    stage: "after the message",
                    seconds: self.deadline.as_secs(),
                };
            }
            SendError::Connection {
                server: self.server.clone(),
                // Without the address, which may hold a token.
                cause: masked::said(&error.without_url().to_string()),
            }
        })?;
        let status = answer.status();
        let server = self.server.clone();
        let said = status.to_string();
        match status {
            status if status.is_success() => Ok(Receipt {
                words: format!("{server} answered {said}"),
            }),
            // It says that it wants nothing any more.
            StatusCode::GONE => Err(SendError::Refused {
                server,
                stage: "after the message",
                said,
            }),
            _ => Err(SendError::PutOff {
                server,
                stage: "after the message",
                said,
            }),
        }
    }
}

/// `v1,` and the signature of id, time and body.
fn sign(key: &[u8], id: &str, at: &str, body: &[u8]) -> String {
    // Keys of every length are keys.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    for part in [id.as_bytes(), b".", at.as_bytes(), b".", body] {
        mac.update(part);
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn the_signature_is_that_of_standard_webhooks() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(
            sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
