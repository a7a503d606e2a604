//! Times of capture that never go back, whatever the clock of this machine does.
//!
//! Belief is put together in the order in which documents were learned of. A clock that was set back (by hand, by a
//! time server after a wrong start, by a restored virtual machine) would put the newest document before the one that it
//! follows, and its news would never be told. So a capture is dated right after the latest one until the clock has
//! caught up; the `Date` header that is archived with it has the host's own time.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::state::App;
use crate::io::fetch::{FetchError, Fetched};
use crate::model::document::Validators;
use crate::model::request::Request;

/// The latest capture so far.
#[derive(Debug)]
pub(super) struct Latest(Mutex<DateTime<Utc>>);

impl Latest {
    /// What the store knows; nothing yet in a new one.
    pub(super) fn new(learned: Option<DateTime<Utc>>) -> Self {
        Self(Mutex::new(learned.unwrap_or(DateTime::<Utc>::MIN_UTC)))
    }

    /// `at`, or the next moment after the latest one where `at` lies before that.
    fn after(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if at < *latest {
            // Two captures of one moment would have no order.
            *latest += TimeDelta::milliseconds(1);
        } else {
            *latest = at;
        }
        *latest
    }
}

impl App {
    /// What `request` names, as of now.
    ///
    /// # Errors
    /// When there is no content: see [`FetchError::kind`].
    pub(super) async fn fetch(
        &self,
        request: &Request,
        known: &Validators,
    ) -> Result<Fetched, FetchError> {
        let mut fetched = self.web.fetch(request, known).await?;
        let dated = self.after_what_is_known(fetched.at);
        if dated - fetched.at > TimeDelta::seconds(1) {
            tracing::warn!(
                url = request.url,
                "the clock of this machine was set back: this capture is dated {dated}, right after the latest one"
            );
        }
        fetched.at = dated;
        Ok(fetched)
    }

    /// When something is learned of at `at`. A recording has its own times, which are older than what is known.
    pub(super) fn after_what_is_known(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        if self.replayed().is_some() {
            at
        } else {
            self.learned.after(at)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_goes_back_does_not_turn_the_order_of_captures() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let latest = Latest::new(Some(at("2026-03-01T12:00:00Z")));
        let first = latest.after(at("2026-03-01T10:00:00Z"));
        let second = latest.after(at("2026-03-01T10:00:00Z"));
        assert!(at("2026-03-01T12:00:00Z") < first && first < second);
        // It has caught up; captures of one moment may share it.
        let later = at("2026-03-01T12:30:00Z");
        assert_eq!((latest.after(later), latest.after(later)), (later, later));
        let fresh = Latest::new(None);
        assert_eq!(fresh.after(later), later);
    }
}
