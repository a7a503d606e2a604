//! When a message may go out: digests, quiet hours, and the clock of the practice, which twice a year
//! skips or repeats an hour.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::model::change::Severity;
use crate::model::courtesy::{Courtesy, Rhythm};

/// When a message goes out, and whether it is one with what else goes out then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// Not before.
    pub at: DateTime<Utc>,
    /// Told in one message with the others that wait.
    pub gathered: bool,
}

/// When news that is known at `now` may be sent. `severity` is `None` for what is said about coverd
/// itself.
///
/// Quiet hours hold for everything but coverage: that a service is paid no longer is worth a mail at
/// night. A digest that would fall into quiet hours goes out at their end.
pub fn release(
    now: DateTime<Utc>,
    severity: Option<Severity>,
    courtesy: &Courtesy,
    zone: Tz,
) -> Release {
    let rhythm = severity.map_or(Rhythm::AtOnce, |severity| courtesy.rhythm(severity));
    let at = match rhythm {
        Rhythm::AtOnce => now,
        Rhythm::Daily => next(now, zone, courtesy.digest_at, |_| true),
        Rhythm::Weekly => next(now, zone, courtesy.digest_at, is_monday),
    };
    Release {
        at: if severity == Some(Severity::Coverage) {
            at
        } else {
            awake(at, courtesy, zone)
        },
        gathered: rhythm != Rhythm::AtOnce,
    }
}

/// The first instant from `at` on that is not in quiet hours.
fn awake(at: DateTime<Utc>, courtesy: &Courtesy, zone: Tz) -> DateTime<Utc> {
    let Some(quiet) = courtesy.quiet else {
        return at;
    };
    let local = at.with_timezone(&zone).naive_local();
    if !quiet.contain(local.time()) {
        return at;
    }
    let today = local.date().and_time(quiet.until);
    let end = if today > local {
        today
    } else {
        later(local.date(), 1).and_time(quiet.until)
    };
    // In an hour that is repeated, the end that is meant is the one to come.
    let second = end.and_local_timezone(zone).latest();
    let ends = [Some(instant(end, zone)), second.map(|end| end.to_utc())];
    let next = ends.into_iter().flatten().find(|end| *end > at);
    next.unwrap_or(at)
}

/// The next time after `now` that the clock of the practice shows `time` on a day of the kind.
fn next(
    now: DateTime<Utc>,
    zone: Tz,
    time: NaiveTime,
    is_day: impl Fn(NaiveDate) -> bool,
) -> DateTime<Utc> {
    let today = now.with_timezone(&zone).date_naive();
    (0..=8)
        .map(|days| later(today, days))
        .filter(|day| is_day(*day))
        .map(|day| instant(day.and_time(time), zone))
        .find(|at| *at > now)
        // Eight days have every weekday in them; this is the end of the calendar.
        .unwrap_or(now)
}

/// The last time up to `now` that the clock of the practice showed `time` on a Monday.
pub fn last_monday(now: DateTime<Utc>, zone: Tz, time: NaiveTime) -> DateTime<Utc> {
    let today = now.with_timezone(&zone).date_naive();
    (0..=8)
        .filter_map(|days| today.checked_sub_days(Days::new(days)))
        .filter(|day| is_monday(*day))
        .map(|day| instant(day.and_time(time), zone))
        .find(|at| *at <= now)
        .unwrap_or(now)
}

fn is_monday(day: NaiveDate) -> bool {
    day.weekday() == chrono::Weekday::Mon
}

fn later(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

/// When the clock shows this: the first time where an hour is repeated, and where one is skipped, as
/// long after it as the time is into the gap.
fn instant(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let shown = |local: NaiveDateTime| local.and_local_timezone(zone).earliest();
    shown(local)
        .or_else(|| shown(local + TimeDelta::hours(1)))
        // No zone skips more than a day, which the islands at the date line once did.
        .or_else(|| shown(local + TimeDelta::days(1)))
        .map_or_else(|| local.and_utc(), |at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::courtesy::QuietHours;
    use chrono_tz::America::New_York;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn time(hour: u32, minute: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, minute, 0).unwrap()
    }

    fn night() -> Courtesy {
        Courtesy {
            quiet: Some(QuietHours {
                from: time(20, 0),
                until: time(7, 0),
            }),
            ..Courtesy::default()
        }
    }

    fn released(now: &str, severity: Option<Severity>, courtesy: &Courtesy) -> (String, bool) {
        let release = release(at(now), severity, courtesy, New_York);
        let local = release.at.with_timezone(&New_York);
        (local.format("%a %F %R %Z").to_string(), release.gathered)
    }

    #[test]
    fn what_is_not_held_goes_out_at_once() {
        let now = at("2026-11-26T02:00:00Z");
        for severity in [
            None,
            Some(Severity::Administrative),
            Some(Severity::Coverage),
        ] {
            let release = release(now, severity, &Courtesy::default(), New_York);
            assert_eq!((release.at, release.gathered), (now, false));
        }
    }

    #[test]
    fn quiet_hours_end_on_the_clock_of_the_practice_and_coverage_does_not_wait() {
        let night = night();
        for (now, expected) in [
            // nine in the evening
            ("2026-11-26T02:00:00Z", "Thu 2026-11-26 07:00 EST"),
            // three at night
            ("2026-11-26T08:00:00Z", "Thu 2026-11-26 07:00 EST"),
            // the night in which the clocks go back, and the one in which they go forward
            ("2026-11-01T02:00:00Z", "Sun 2026-11-01 07:00 EST"),
            ("2026-03-08T03:00:00Z", "Sun 2026-03-08 07:00 EDT"),
            // noon
            ("2026-11-26T17:00:00Z", "Thu 2026-11-26 12:00 EST"),
        ] {
            for severity in [None, Some(Severity::Payment)] {
                assert_eq!(
                    released(now, severity, &night),
                    (expected.to_owned(), false)
                );
            }
            let coverage = release(at(now), Some(Severity::Coverage), &night, New_York);
            assert_eq!(coverage.at, at(now));
        }
    }

    #[test]
    fn a_digest_goes_out_at_its_hour_and_after_quiet_hours() {
        let mut courtesy = Courtesy {
            payment: Rhythm::Daily,
            coding: Rhythm::Weekly,
            digest_at: time(8, 30),
            ..night()
        };
        // Thursday, nine in the evening
        let now = "2026-11-26T02:00:00Z";
        let daily = released(now, Some(Severity::Payment), &courtesy);
        assert_eq!(daily, ("Thu 2026-11-26 08:30 EST".to_owned(), true));
        let weekly = released(now, Some(Severity::Coding), &courtesy);
        assert_eq!(weekly, ("Mon 2026-11-30 08:30 EST".to_owned(), true));
        // at the very hour it is the next one
        let again = released("2026-11-30T13:30:00Z", Some(Severity::Coding), &courtesy);
        assert_eq!(again.0, "Mon 2026-12-07 08:30 EST");
        courtesy.digest_at = time(5, 0);
        let early = released(now, Some(Severity::Payment), &courtesy);
        assert_eq!(early.0, "Thu 2026-11-26 07:00 EST");
    }

    #[test]
    fn an_hour_that_is_skipped_or_repeated_is_met_once() {
        let mut courtesy = Courtesy {
            payment: Rhythm::Daily,
            digest_at: time(2, 30),
            ..Courtesy::default()
        };
        let skipped = released("2026-03-08T05:30:00Z", Some(Severity::Payment), &courtesy);
        assert_eq!(skipped.0, "Sun 2026-03-08 03:30 EDT");
        courtesy.digest_at = time(1, 30);
        let repeated = release(
            at("2026-11-01T04:30:00Z"),
            Some(Severity::Payment),
            &courtesy,
            New_York,
        );
        assert_eq!(
            repeated.at,
            at("2026-11-01T05:30:00Z"),
            "the first of the two"
        );
        let after = release(repeated.at, Some(Severity::Payment), &courtesy, New_York);
        assert_eq!(
            after.at,
            at("2026-11-02T06:30:00Z"),
            "not again an hour later"
        );
    }

    #[test]
    fn a_night_whose_morning_is_skipped_ends_on_the_next_one() {
        // Samoa went from Thursday to Saturday when it crossed the date line.
        let apia = chrono_tz::Pacific::Apia;
        let night = night();
        let release = release(at("2011-12-30T08:00:00Z"), None, &night, apia);
        let local = release.at.with_timezone(&apia);
        assert_eq!(local.format("%a %F %R").to_string(), "Sat 2011-12-31 07:00");
    }

    proptest! {
        /// Nothing waits for more than a week and a day, nothing goes out in quiet hours but coverage, and
        /// waiting once is enough.
        #[test]
        fn a_release_is_soon_and_awake(
            minutes in 0_i64..60 * 24 * 400,
            from in 0_u32..24,
            until in 0_u32..24,
            hour in 0_u32..24,
            minute in 0_u32..60,
            zone in prop::sample::select(vec![New_York, chrono_tz::Asia::Kolkata, chrono_tz::Australia::Lord_Howe, chrono_tz::UTC]),
            rhythm in prop::sample::select(vec![Rhythm::AtOnce, Rhythm::Daily, Rhythm::Weekly]),
        ) {
            let now = at("2026-01-01T00:00:00Z") + TimeDelta::minutes(minutes);
            let courtesy = Courtesy {
                payment: rhythm,
                digest_at: time(hour, minute),
                quiet: Some(QuietHours { from: time(from, 0), until: time(until, 0) }),
                ..Courtesy::default()
            };
            let first = release(now, Some(Severity::Payment), &courtesy, zone);
            prop_assert!(first.at >= now && first.at - now <= TimeDelta::days(9));
            let local = first.at.with_timezone(&zone).time();
            let quiet = courtesy.quiet.unwrap();
            prop_assert!(!quiet.contain(local), "{local} is quiet");
            prop_assert_eq!(awake(first.at, &courtesy, zone), first.at);
            let monday = last_monday(now, zone, courtesy.digest_at);
            prop_assert!(monday <= now && now - monday <= TimeDelta::days(8));
        }
    }
}
