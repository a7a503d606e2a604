//! A server on loopback that plays all hosts of CMS, well or badly.
//!
//! It lives in a thread of its own, so that tests with and without a runtime can use it, and a real
//! binary that they spawn. It knows the hosts by the `Host` header: the fetcher names the true host
//! there also when an origin is mapped to [`FakeCms::origins`].
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

mod answer;
mod server;

pub(crate) use answer::Answer;
pub(crate) use server::FakeCms;
