//! When an alert that nobody acknowledged is told to the next person.

use chrono::{DateTime, TimeDelta, Utc};

/// What is known of an alert that asks to be acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unanswered {
    /// When it was raised.
    pub raised: DateTime<Utc>,
    /// How many were reminded so far.
    pub reminded: usize,
    /// When the last of them was; `None` when nobody was.
    pub last: Option<DateTime<Utc>>,
}

/// The place in a list of `people` of the one who is to be told now; `None` when it is not time yet, or
/// everybody was told.
///
/// Each has `patience` from the day on which the one before was told: after a long outage people are not
/// all reminded at once. What is dated further ahead than that was dated by a clock that was wrong: how long ago it
/// was is not known, and the next person hears of it now rather than never.
pub fn next_person(
    alert: Unanswered,
    people: usize,
    patience: TimeDelta,
    now: DateTime<Utc>,
) -> Option<usize> {
    let since = alert.last.unwrap_or(alert.raised);
    let is_due = since
        .checked_add_signed(patience)
        .is_some_and(|due| due <= now);
    let is_dated_wrongly = since
        .checked_sub_signed(patience)
        .is_some_and(|earliest| earliest > now);
    ((is_due || is_dated_wrongly) && alert.reminded < people).then_some(alert.reminded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_after_the_other_each_with_time_to_answer() {
        let at = |day: i64| DateTime::UNIX_EPOCH + TimeDelta::days(day);
        let next = |reminded, last: Option<i64>, now| {
            let alert = Unanswered {
                raised: at(0),
                reminded,
                last: last.map(at),
            };
            next_person(alert, 2, TimeDelta::days(3), at(now))
        };
        assert_eq!(next(0, None, 2), None);
        assert_eq!(next(0, None, 3), Some(0));
        assert_eq!(next(1, Some(3), 5), None);
        assert_eq!(next(1, Some(3), 6), Some(1));
        // A month off: the second has three days all the same.
        assert_eq!(next(0, None, 30), Some(0));
        assert_eq!(next(1, Some(30), 31), None);
        assert_eq!(next(2, Some(33), 90), None, "everybody was told");
    }

    #[test]
    fn a_clock_that_was_ahead_puts_nobody_off_for_long() {
        let at = |day: i64| DateTime::UNIX_EPOCH + TimeDelta::days(day);
        let next = |raised, now| {
            let alert = Unanswered {
                raised: at(raised),
                reminded: 0,
                last: None,
            };
            next_person(alert, 2, TimeDelta::days(3), at(now))
        };
        assert_eq!(next(30, 1), Some(0), "a month ahead");
        assert_eq!(next(2, 1), None, "a day ahead: four days at most");
        assert_eq!(next(4, 1), None, "three days ahead: six days at most");
        assert_eq!(next(2, 5), Some(0));
    }
}
