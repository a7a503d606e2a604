//! The network: limits, the guard against internal addresses, and politeness to CMS.
//!
//! | file | idea |
//! |---|---|
//! | `answer` | what comes back: [`Fetched`] or [`FetchError`] |
//! | `body` | reading a body within its limits |
//! | `client` | [`Fetcher`]: one request with its redirects and retries |
//! | `config` | [`FetchConfig`] |
//! | `failure` | what went wrong in one attempt |
//! | `gate` | one host's turn: spacing, concurrency, pauses that the host asked for |
//! | `guard` | which addresses may be contacted at all |
//! | `headers` | what is sent, and what of an answer is kept |
//! | `licence` | the token of the coverage API: asked for, kept, shown to whom |
//! | `retry` | whether and when to try again |
//! | `validators` | which `ETag` and `Last-Modified` deserve to be sent back |

mod answer;
mod body;
mod client;
mod config;
mod failure;
mod gate;
mod guard;
mod headers;
mod licence;
mod retry;
mod validators;

pub use answer::{FailureKind, FetchError, Fetched, FetchedBody};
pub(crate) use answer::{Verdict, verdict};
pub use client::Fetcher;
pub use config::{FetchConfig, InvalidFetchConfig, MaxBytes};
pub use guard::internal_address;
pub use retry::RetryPlan;
pub use validators::sound_validators;
