//! Time, as an argument: the one place where the machine's clock is read.
//!
//! Every instant is cut to whole milliseconds, because that is the form in which the store keeps
//! them: an instant that went through the database equals the one that was put in.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Says what time it is.
pub trait Clock: Send + Sync {
    /// The present instant, in whole milliseconds.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one reader of the machine's clock; everything else takes a Clock or an instant"
    )]
    fn now(&self) -> DateTime<Utc> {
        whole_milliseconds(Utc::now())
    }
}

/// A clock that stands where it is put: for replays and tests.
#[derive(Debug)]
pub struct SetClock(Mutex<DateTime<Utc>>);

impl SetClock {
    /// A clock that stands at `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(whole_milliseconds(now)))
    }

    /// Puts it to `now`, forward or back.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = whole_milliseconds(now);
    }

    /// Moves it by `step`; at the ends of the calendar it stays where it is.
    pub fn advance(&self, step: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(later) = now.checked_add_signed(step) {
            *now = whole_milliseconds(later);
        }
    }
}

impl Clock for SetClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cuts off what the stored form cannot hold.
pub fn whole_milliseconds(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.trunc_subsecs(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_clock_stands_still_until_it_is_moved() {
        let start = DateTime::from_timestamp_millis(1_600_000_000_123).unwrap();
        let clock = SetClock::new(start);
        assert_eq!(clock.now(), start);
        assert_eq!(clock.now(), start);
        clock.advance(TimeDelta::hours(2));
        assert_eq!(clock.now(), start + TimeDelta::hours(2));
        clock.set(start);
        assert_eq!(clock.now(), start);
        clock.advance(TimeDelta::MAX);
        assert_eq!(clock.now(), start);
    }

    #[test]
    fn every_clock_tells_whole_milliseconds() {
        let fine = DateTime::from_timestamp(1_600_000_000, 123_456_789).unwrap();
        assert_eq!(
            SetClock::new(fine).now().timestamp_subsec_nanos(),
            123_000_000
        );
        assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1_000_000, 0);
    }
}
