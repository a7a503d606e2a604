//! When a message is tried again, and when it is given up.
//!
//! The schedule counts attempts, not days: a daemon that was down for a fortnight still has all
//! its tries left.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::delivery::{Attempt, DeliveryState, Outcome};

/// How long to wait after the first, second, … attempt that failed, in minutes: dense at first,
/// because most faults are short, then twice a day until about a week has passed.
pub const WAITS_MINUTES: [i64; 20] = [
    1, 5, 15, 60, 120, 240, 480, 720, 720, 720, 720, 720, 720, 720, 720, 720, 720, 720, 720, 720,
];

/// What follows from one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It was accepted.
    Done,
    /// Try again then.
    Again(DateTime<Utc>),
    /// It is refused for good, or all attempts are used up.
    GiveUp,
}

/// What follows from an attempt that ended at `now`, after `failed_before` attempts that failed.
pub fn next(outcome: &Outcome, failed_before: usize, now: DateTime<Utc>) -> Next {
    match outcome {
        Outcome::Accepted(_) => Next::Done,
        Outcome::Refused(_) => Next::GiveUp,
        Outcome::Deferred(_) => WAITS_MINUTES
            .get(failed_before)
            .and_then(|minutes| now.checked_add_signed(TimeDelta::minutes(*minutes)))
            .map_or(Next::GiveUp, Next::Again),
    }
}

/// The latest time at which a message is tried again after `failed` attempts of its series: what was put off for
/// longer was put off by a clock that was wrong.
pub fn latest(failed: usize, now: DateTime<Utc>) -> DateTime<Utc> {
    let last = failed.min(WAITS_MINUTES.len()).checked_sub(1);
    last.and_then(|step| WAITS_MINUTES.get(step))
        .and_then(|minutes| now.checked_add_signed(TimeDelta::minutes(*minutes)))
        .unwrap_or(now)
}

/// The row to be recorded for an attempt, and where its delivery stands after it.
pub fn settle(
    delivery: &str,
    outcome: Outcome,
    failed_before: usize,
    now: DateTime<Utc>,
) -> (Attempt, DeliveryState) {
    let (state, next) = match next(&outcome, failed_before, now) {
        Next::Done => (DeliveryState::Delivered, None),
        Next::Again(at) => (DeliveryState::Pending, Some(at)),
        Next::GiveUp => (DeliveryState::Dead, None),
    };
    let attempt = Attempt {
        delivery: delivery.to_owned(),
        at: now,
        outcome,
        next,
    };
    (attempt, state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn deferred() -> Outcome {
        Outcome::Deferred("450 later".to_owned())
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    proptest! {
        #[test]
        fn attempts_move_forward_wait_longer_and_end_after_about_a_week(start in 0_i64..4_000_000_000) {
            let mut now = at(start);
            let mut waits = Vec::new();
            let mut failed = 0;
            while let Next::Again(later) = next(&deferred(), failed, now) {
                prop_assert!(later > now);
                waits.push(later - now);
                now = later;
                failed += 1;
                prop_assert!(failed < 1_000, "it must end");
            }
            prop_assert!(waits.is_sorted());
            let whole = now - at(start);
            prop_assert!(whole >= TimeDelta::days(6) && whole <= TimeDelta::days(8), "{whole}");
        }

        #[test]
        fn it_stays_given_up_however_often_it_failed(failed in WAITS_MINUTES.len()..10_000) {
            prop_assert_eq!(next(&deferred(), failed, at(0)), Next::GiveUp);
        }

        #[test]
        fn acceptance_and_refusal_end_it_at_any_attempt(failed in 0_usize..100) {
            prop_assert_eq!(next(&Outcome::Accepted(String::new()), failed, at(0)), Next::Done);
            prop_assert_eq!(next(&Outcome::Refused(String::new()), failed, at(0)), Next::GiveUp);
        }
    }

    #[test]
    fn the_recorded_attempt_says_when_to_try_again() {
        let (attempt, state) = settle("d1", deferred(), 0, at(0));
        assert_eq!(state, DeliveryState::Pending);
        assert_eq!(attempt.next, Some(at(60)));
        let (attempt, state) = settle("d1", deferred(), WAITS_MINUTES.len(), at(0));
        assert_eq!((state, attempt.next), (DeliveryState::Dead, None));
        let (attempt, state) = settle("d1", Outcome::Accepted("250".to_owned()), 3, at(9));
        assert_eq!((state, attempt.next), (DeliveryState::Delivered, None));
        assert_eq!(attempt.at, at(9));
    }

    #[test]
    fn nothing_waits_longer_than_its_step_of_the_schedule() {
        for failed in 1..=WAITS_MINUTES.len() {
            let Next::Again(again) = next(&deferred(), failed - 1, at(0)) else {
                panic!("{failed}");
            };
            assert_eq!(latest(failed, at(0)), again);
            // An hour later the same time is left alone, a clock that is set back an hour brings it forward.
            assert!(latest(failed, at(3600)) > again);
            assert!(latest(failed, at(-3600)) < again);
        }
        assert_eq!(latest(0, at(0)), at(0), "what was revived goes at once");
        assert_eq!(latest(99, at(0)), at(12 * 3600));
    }

    #[test]
    fn a_clock_at_the_end_of_time_gives_up_instead_of_overflowing() {
        assert_eq!(next(&deferred(), 0, DateTime::<Utc>::MAX_UTC), Next::GiveUp);
    }
}
