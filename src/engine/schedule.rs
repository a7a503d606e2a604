//! When a source is due.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use cron::Schedule;

/// A schedule in the five crontab fields that people know (minute, hour, day of month, month, day
/// of week), in UTC, where no hour is skipped or repeated.
///
/// The only place that knows the `cron` crate, which wants seconds first, counts Sunday as 1 and
/// takes both day fields together where crontab takes either.
#[derive(Debug, Clone)]
pub struct Plan {
    schedule: Schedule,
    text: String,
}

impl Plan {
    /// Reads five fields, or `@hourly`, `@daily`, `@weekly`, `@monthly`.
    ///
    /// # Errors
    /// When it is no such expression, means something else to crontab than to us, or never fires.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let error = |why: &str| ScheduleError {
            text: text.chars().take(60).collect(),
            why: why.to_owned(),
        };
        let trimmed = text.trim();
        let expanded = match trimmed {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * SUN",
            "@monthly" => "0 0 1 * *",
            other => other,
        };
        let fields: Vec<&str> = expanded.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(error(
                "five fields are expected: minute hour day-of-month month day-of-week",
            ));
        };
        if day != "*" && weekday != "*" {
            return Err(error(
                "day of month and day of week are both set; crontab would take either, so say which one is meant",
            ));
        }
        let weekday = weekday_names(weekday)
            .ok_or_else(|| error("the day of week is not 0 to 7 or SUN to SAT"))?;
        let schedule = Schedule::from_str(&format!("0 {minute} {hour} {day} {month} {weekday}"))
            .map_err(|e| error(&e.to_string()))?;
        let plan = Self {
            schedule,
            text: trimmed.to_owned(),
        };
        if plan.schedule.after(&DateTime::UNIX_EPOCH).next().is_none() {
            return Err(error("it never comes due"));
        }
        Ok(plan)
    }

    /// The first time after `now`.
    pub fn next_after(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        // A plan that once fires fires again; the fallback keeps a source alive in the year 2100.
        self.schedule
            .after(&now)
            .next()
            .unwrap_or(now + TimeDelta::days(1))
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// When a source is due again after a check that ended at `now`.
///
/// Ticks that were missed while the program was down are made up once, because what is stored is
/// the next due time and not the last. After a failure the source is tried earlier than planned:
/// after a quarter of an hour, then twice as long each time. `jitter`, from 0 to 1, spreads the
/// installations over up to ten minutes.
pub fn next_due(plan: &Plan, now: DateTime<Utc>, failures: u32, jitter: f64) -> DateTime<Utc> {
    let spread = TimeDelta::milliseconds(jittered(jitter, MOST_JITTER));
    let planned = plan.next_after(now) + spread;
    if failures == 0 {
        return planned;
    }
    let minutes = 15_i64.saturating_mul(1_i64 << failures.saturating_sub(1).min(7));
    let sooner =
        now + TimeDelta::minutes(minutes) + TimeDelta::milliseconds(jittered(jitter, 60_000));
    planned.min(sooner)
}

/// The latest that a source can be due when nothing happens before: a stored time beyond it was
/// made by another schedule or by a clock that was wrong.
pub fn latest_due(plan: &Plan, now: DateTime<Utc>) -> DateTime<Utc> {
    plan.next_after(now) + TimeDelta::milliseconds(i64::from(MOST_JITTER))
}

/// In milliseconds: ten minutes.
const MOST_JITTER: i32 = 600_000;

#[expect(
    clippy::cast_possible_truncation,
    reason = "a share of at most ten minutes in milliseconds"
)]
fn jittered(jitter: f64, most: i32) -> i64 {
    (jitter.clamp(0.0, 1.0) * f64::from(most)) as i64
}

/// Crontab's weekday numbers (0 and 7 are Sunday) as the names that mean the same everywhere.
fn weekday_names(field: &str) -> Option<String> {
    const NAMES: [&str; 8] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
    let name = |day: &str| -> Option<String> {
        match day.parse::<usize>() {
            Ok(number) => NAMES.get(number).map(|&name| name.to_owned()),
            Err(_) => Some(day.to_uppercase()).filter(|day| NAMES.contains(&day.as_str())),
        }
    };
    if field == "*" {
        return Some(field.to_owned());
    }
    let parts: Option<Vec<String>> = field
        .split(',')
        .map(|part| match part.split_once('-') {
            // A range that ends on Sunday as 7 wraps for the crate: spell it out.
            Some((from, to)) => {
                let position = |day: &str| NAMES.iter().position(|&n| n == day);
                let from_at = position(&name(from)?)?;
                let to_at = if to == "7" { 7 } else { position(&name(to)?)? };
                (from_at <= to_at).then(|| NAMES.get(from_at..=to_at).unwrap_or_default().join(","))
            }
            None => name(part),
        })
        .collect();
    parts.map(|parts| parts.join(","))
}

/// An expression that is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{text}' is no schedule: {why} (for example \"23 11 * * *\" is every day at 11:23 UTC, \"0 12 * * MON-FRI\" workdays at noon)"
)]
pub struct ScheduleError {
    text: String,
    why: String,
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, TimeZone};
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_schedule_fires_when_crontab_would() {
        for (expression, now, next) in [
            (
                "23 11 * * *",
                "2026-11-23T11:23:00Z",
                "2026-11-24T11:23:00Z",
            ),
            (
                "23 11 * * *",
                "2026-11-23T11:22:59Z",
                "2026-11-23T11:23:00Z",
            ),
            ("0 6 * * 1", "2026-11-23T06:00:00Z", "2026-11-30T06:00:00Z"),
            ("0 6 * * 0", "2026-11-23T06:00:00Z", "2026-11-29T06:00:00Z"),
            ("0 6 * * 7", "2026-11-23T06:00:00Z", "2026-11-29T06:00:00Z"),
            (
                "0 6 * * 5-7",
                "2026-11-28T06:00:00Z",
                "2026-11-29T06:00:00Z",
            ),
            (
                "0 12 * * MON-FRI",
                "2026-11-27T12:00:00Z",
                "2026-11-30T12:00:00Z",
            ),
            ("0 0 1 * *", "2026-11-23T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("@daily", "2026-11-23T01:00:00Z", "2026-11-24T00:00:00Z"),
        ] {
            assert_eq!(
                Plan::parse(expression).unwrap().next_after(at(now)),
                at(next),
                "{expression}"
            );
        }
    }

    #[test]
    fn what_would_be_misunderstood_is_refused_with_an_example() {
        for bad in [
            "",
            "* * * *",
            "0 0 6 * * *",
            "61 * * * *",
            "0 6 1 * MON",
            "0 6 * * 8",
            "0 6 * * x",
            "0 0 30 2 *",
        ] {
            let error = Plan::parse(bad)
                .err()
                .map(|e| e.to_string())
                .unwrap_or_default();
            assert!(error.contains("for example"), "{bad}: {error}");
        }
    }

    #[test]
    fn failures_bring_the_next_try_nearer_and_never_beyond_the_plan() {
        let plan = Plan::parse("0 6 * * *").unwrap();
        let now = at("2026-11-23T06:00:01Z");
        assert_eq!(next_due(&plan, now, 0, 0.0), at("2026-11-24T06:00:00Z"));
        assert_eq!(next_due(&plan, now, 1, 0.0), now + TimeDelta::minutes(15));
        assert_eq!(next_due(&plan, now, 3, 0.0), now + TimeDelta::minutes(60));
        assert_eq!(next_due(&plan, now, 30, 0.0), at("2026-11-24T06:00:00Z"));
    }

    #[test]
    fn no_due_time_is_beyond_the_latest() {
        let plan = Plan::parse("0 6 * * *").unwrap();
        let now = at("2026-11-23T06:00:01Z");
        assert_eq!(latest_due(&plan, now), at("2026-11-24T06:10:00Z"));
        for failures in [0, 1, 30] {
            assert!(next_due(&plan, now, failures, 1.0) <= latest_due(&plan, now));
        }
    }

    #[test]
    fn installations_are_spread_over_ten_minutes_and_tries_over_one() {
        let plan = Plan::parse("0 6 * * *").unwrap();
        let now = at("2026-11-23T06:00:01Z");
        for (jitter, planned, sooner) in [
            (0.0, "2026-11-24T06:00:00Z", "2026-11-23T06:15:01Z"),
            (0.5, "2026-11-24T06:05:00Z", "2026-11-23T06:15:31Z"),
            (1.0, "2026-11-24T06:10:00Z", "2026-11-23T06:16:01Z"),
        ] {
            assert_eq!(next_due(&plan, now, 0, jitter), at(planned));
            assert_eq!(next_due(&plan, now, 1, jitter), at(sooner));
        }
    }

    #[test]
    fn a_source_lives_on_where_the_calendar_of_plans_ends() {
        let plan = Plan::parse("0 6 * * *").unwrap();
        let beyond = at("2150-01-01T12:00:00Z");
        assert_eq!(plan.next_after(beyond), beyond + TimeDelta::days(1));
    }

    #[test]
    fn a_plan_is_shown_as_it_was_written() {
        for text in ["23 11 * * *", "@daily", "0 12 * * MON-FRI"] {
            assert_eq!(Plan::parse(&format!(" {text} ")).unwrap().to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn the_next_time_is_always_later_and_within_the_month(seconds in 0_i64..4_000_000_000) {
            let now = Utc.timestamp_opt(seconds, 0).unwrap();
            let next = Plan::parse("30 6 * * *").unwrap().next_after(now);
            prop_assert!(next > now && next <= now + TimeDelta::days(1));
            prop_assert!(next.year() >= 1970);
        }

        #[test]
        fn any_text_is_a_plan_or_an_error(text in "\\PC{0,40}") {
            let _ = Plan::parse(&text);
        }
    }
}
