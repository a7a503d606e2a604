//! Days and instants for people.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::moves::{Move, Scope};
use crate::model::date::MEDICARE_BEGAN;
use crate::model::timeline::Period;
use crate::model::topic::Stage;

/// `services from 2020-04-01`, to stand in a subject line or a sentence.
pub(super) fn services(days: Period) -> String {
    let from = days.from;
    match days.until.and_then(|until| until.pred_opt()) {
        None if from <= MEDICARE_BEGAN => "services of any date".to_owned(),
        None => format!("services from {from}"),
        Some(last) if last <= from => format!("services of {from}"),
        Some(last) if from <= MEDICARE_BEGAN => format!("services up to {last}"),
        Some(last) => format!("services from {from} to {last}"),
    }
}

/// An instant in UTC and on the wall clock of the practice.
pub(super) fn instant(at: DateTime<Utc>, zone: Tz) -> String {
    format!(
        "{} UTC ({})",
        at.format("%Y-%m-%d %H:%M"),
        at.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z")
    )
}

/// The day on the practice's calendar.
pub(super) fn today(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// What the days mean for claims that were filed already, and whether some may have to be looked at.
pub(super) fn claims(scope: &Scope<'_>, moves: &[&Move<'_>], today: NaiveDate) -> (String, bool) {
    let first = scope.days.from;
    match scope.stage {
        Stage::ProposedBy(_) => {
            let text =
                "This is a proposal. Nothing changes for claims unless a final rule says so.";
            return (text.to_owned(), false);
        }
        Stage::FinalBy(_) if first > today => {
            let text = format!(
                "This is final but not in force yet. The first day of service it governs is {first}."
            );
            return (text, false);
        }
        Stage::FinalBy(_) | Stage::InForce => {}
    }
    let changes = || moves.iter().flat_map(|one| one.changes.iter());
    let retroactive = changes()
        .filter_map(|change| change.retroactive_days())
        .reduce(|a, b| Period {
            from: a.from.min(b.from),
            until: a.until.max(b.until),
        });
    let published = changes()
        .filter_map(|change| Some(change.after.as_ref()?.origin.published))
        .max();
    if let (Some(past), Some(published)) = (retroactive, published) {
        let text = format!(
            "This reaches back: CMS published it on {published}, and it changes {}. Claims already \
             filed for these days may be affected.",
            services(past)
        );
        return (text, true);
    }
    if first <= today {
        let text = format!(
            "These days have begun. Claims already filed for {} may be affected.",
            services(scope.days)
        );
        return (text, true);
    }
    let text =
        format!("None of these days has come yet: the first day of service affected is {first}.");
    (text, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn periods_are_said_with_their_last_day() {
        let say = |from: &str, until: Option<&str>| {
            services(Period {
                from: day(from),
                until: until.map(day),
            })
        };
        assert_eq!(say("2020-04-01", None), "services from 2020-04-01");
        assert_eq!(
            say("2020-04-01", Some("2020-05-01")),
            "services from 2020-04-01 to 2020-04-30"
        );
        assert_eq!(
            say("2020-04-01", Some("2020-04-02")),
            "services of 2020-04-01"
        );
        assert_eq!(say("1966-07-01", None), "services of any date");
    }

    #[test]
    fn an_instant_is_given_in_both_clocks() {
        let at = "2020-05-02T03:30:00Z".parse().unwrap();
        assert_eq!(
            instant(at, chrono_tz::America::New_York),
            "2020-05-02 03:30 UTC (2020-05-01 23:30 EDT)"
        );
    }
}
