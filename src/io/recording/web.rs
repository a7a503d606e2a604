//! The web as the program sees it: the network, or a recording.

use std::fmt;
use std::sync::Arc;

use url::Url;

use super::Recording;
use crate::io::clock::Clock;
use crate::io::fetch::{FailureKind, FetchError, Fetched, Fetcher, sound_validators};
use crate::model::document::Validators;
use crate::model::request::Request;

/// Where documents come from.
#[derive(Clone)]
pub enum Web {
    /// CMS's servers.
    Network(Fetcher),
    /// A recording, at the time that the clock shows.
    Recorded(Recording, Arc<dyn Clock>),
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(fetcher) => f.debug_tuple("Network").field(fetcher).finish(),
            Self::Recorded(..) => f.debug_tuple("Recorded").finish_non_exhaustive(),
        }
    }
}

impl Web {
    /// What `request` names, as of now. A recording always answers with the bytes, whatever is
    /// `known`.
    ///
    /// # Errors
    /// When there is no content: see [`FetchError::kind`].
    pub async fn fetch(
        &self,
        request: &Request,
        known: &Validators,
    ) -> Result<Fetched, FetchError> {
        match self {
            Self::Network(fetcher) => fetcher.fetch(request, known).await,
            Self::Recorded(recording, clock) => {
                let (recording, now, url) = (recording.clone(), clock.now(), request.url.clone());
                // Bodies are read from files, which must not hold up the runtime.
                tokio::task::spawn_blocking(move || recording.fetch(&url, now))
                    .await
                    .unwrap_or_else(|error| {
                        let why = format!("reading the recording ended early ({error})");
                        Err(FetchError::new(FailureKind::Unreachable, &request.url, why))
                    })
            }
        }
    }

    /// What may make the next request of the address conditional; a recording is never asked twice.
    pub fn validators(&self, answer: &Fetched) -> Validators {
        match self {
            Self::Network(fetcher) => {
                let place = Url::parse(&answer.final_url).ok();
                let host = place.as_ref().and_then(Url::host_str).unwrap_or_default();
                sound_validators(
                    host,
                    &answer.headers,
                    answer.at,
                    fetcher.trusted_last_modified(),
                )
            }
            Self::Recorded(..) => Validators::default(),
        }
    }
}
