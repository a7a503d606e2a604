//! Whether and when to try again.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// How often one request is tried, and how long the pauses between are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPlan {
    /// Most attempts, the first included.
    pub attempts: u32,
    /// The first pause is at most this; each later one at most twice the one before.
    pub base: Duration,
    /// No pause of our own choice is longer.
    pub cap: Duration,
    /// Most time that one fetch spends in pauses, those that the server asked for included. A server
    /// that asks for more gets it, but the fetch fails at once and says until when.
    pub patience: Duration,
    /// A server that asks for a longer pause is asked again after this one.
    pub longest_retry_after: Duration,
}

impl Default for RetryPlan {
    fn default() -> Self {
        Self {
            attempts: 4,
            base: Duration::from_secs(1),
            cap: Duration::from_mins(1),
            patience: Duration::from_mins(5),
            longest_retry_after: Duration::from_hours(1),
        }
    }
}

impl RetryPlan {
    /// The upper end of the pause after attempt number `attempt` (from 1).
    fn ceiling(&self, attempt: u32) -> Duration {
        let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
        self.base.saturating_mul(factor).min(self.cap)
    }

    /// The pause after attempt number `attempt` failed, or `None` when it was the last or the pause
    /// would exceed `patience_left`. `jitter` picks a pause between nothing and its argument, so that
    /// many installations that failed together do not come back together.
    pub(super) fn pause(
        &self,
        attempt: u32,
        retry_after: Option<Duration>,
        patience_left: Duration,
        jitter: impl Fn(Duration) -> Duration,
    ) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let ceiling = self.ceiling(attempt);
        let pause = jitter(ceiling)
            .min(ceiling)
            .max(retry_after.unwrap_or_default());
        (pause <= patience_left).then_some(pause)
    }

    /// The pause that a `Retry-After` asks for: seconds, or a date compared with the server's own
    /// `Date` (`now` where it has none). Bounded; `None` for text that is neither.
    pub(super) fn retry_after(
        &self,
        value: &str,
        date: Option<&str>,
        now: DateTime<Utc>,
    ) -> Option<Duration> {
        let value = value.trim();
        let asked = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            // More digits than fit are a very long time.
            Duration::from_secs(value.parse().unwrap_or(u64::MAX))
        } else {
            let until = http_date(value)?;
            let from = date.and_then(http_date).unwrap_or(now);
            (until - from).to_std().unwrap_or_default()
        };
        Some(asked.min(self.longest_retry_after))
    }
}

/// A date as HTTP headers write it.
pub(super) fn http_date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text.trim()).ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAN: RetryPlan = RetryPlan {
        attempts: 5,
        base: Duration::from_secs(1),
        cap: Duration::from_secs(5),
        patience: Duration::from_mins(1),
        longest_retry_after: Duration::from_hours(1),
    };

    fn longest(most: Duration) -> Duration {
        most
    }

    #[test]
    fn pauses_double_up_to_the_cap_and_end_with_the_attempts() {
        let pauses: Vec<Option<u64>> = (1..=5)
            .map(|attempt| {
                PLAN.pause(attempt, None, Duration::MAX, longest)
                    .map(|pause| pause.as_secs())
            })
            .collect();
        assert_eq!(pauses, [Some(1), Some(2), Some(4), Some(5), None]);
    }

    #[test]
    fn the_server_may_ask_for_more_but_not_for_less_than_ours() {
        let asked = |secs| {
            PLAN.pause(
                1,
                Some(Duration::from_secs(secs)),
                Duration::from_secs(30),
                longest,
            )
        };
        assert_eq!(asked(0), Some(Duration::from_secs(1)));
        assert_eq!(asked(20), Some(Duration::from_secs(20)));
        assert_eq!(asked(31), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_servers_own_clock_and_is_bounded() {
        let now = http_date("Wed, 21 Oct 2020 07:28:00 GMT").unwrap();
        let read = |value, date| {
            PLAN.retry_after(value, date, now)
                .map(|pause| pause.as_secs())
        };
        assert_eq!(read("120", None), Some(120));
        assert_eq!(read(" 7 ", None), Some(7));
        assert_eq!(read("999999", None), Some(3600));
        assert_eq!(read("99999999999999999999999999", None), Some(3600));
        assert_eq!(read("Wed, 21 Oct 2020 07:29:00 GMT", None), Some(60));
        assert_eq!(read("Wed, 21 Oct 2020 07:27:00 GMT", None), Some(0));
        let server = Some("Wed, 21 Oct 2020 07:28:50 GMT");
        assert_eq!(read("Wed, 21 Oct 2020 07:29:00 GMT", server), Some(10));
        for wrong in ["", "soon", "-5", "1.5", "12 s"] {
            assert_eq!(read(wrong, None), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_header_text_breaks_retry_after(value in ".{0,60}", date in proptest::option::of(".{0,40}")) {
            let now = DateTime::from_timestamp(1_600_000_000, 0).unwrap();
            let pause = PLAN.retry_after(&value, date.as_deref(), now);
            prop_assert!(pause.is_none_or(|pause| pause <= PLAN.longest_retry_after));
        }

        #[test]
        fn a_pause_is_never_beyond_the_patience(attempt in 0_u32..200, asked in proptest::option::of(0_u64..10_000), left in 0_u64..10_000, part in 0_u32..200) {
            let left = Duration::from_secs(left);
            let pause = PLAN.pause(attempt, asked.map(Duration::from_secs), left, |most| most * part / 100);
            prop_assert!(pause.is_none_or(|pause| pause <= left));
        }
    }
}
