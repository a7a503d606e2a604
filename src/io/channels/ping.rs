//! A call to an address that expects to be called: a dead man's switch.

use std::fmt;
use std::time::Duration;

use reqwest::{Client, Url, redirect};

use super::channel::ChannelError;

/// For the whole exchange.
const DEADLINE: Duration = Duration::from_secs(30);

/// Calls one address. It may hold a token, so that it is never shown.
pub struct Ping {
    client: Client,
    url: Url,
}

impl fmt::Debug for Ping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ping")
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}

impl Ping {
    /// Calls to this address; nothing is connected yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(url: Url) -> Result<Self, ChannelError> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("coverd/", env!("CARGO_PKG_VERSION")))
            .timeout(DEADLINE)
            .build()
            .map_err(|error| ChannelError::Webhook {
                why: error.without_url().to_string(),
            })?;
        Ok(Self { client, url })
    }

    /// One call.
    ///
    /// # Errors
    /// In words, without the address, when it was not answered with success.
    pub async fn call(&self) -> Result<(), String> {
        let host = self.url.host_str().unwrap_or_default();
        let answer = self.client.get(self.url.clone()).send().await;
        let answer = answer.map_err(|error| format!("{host}: {}", error.without_url()))?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(format!("{host} answered {}", answer.status()))
        }
    }
}
