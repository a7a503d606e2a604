//! What every layer says of a date of service.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::engine::answer::{Setting, examine, topics};
use crate::engine::fold::{known_by, published_by};
use crate::io::store::{Reader, StoreError};
use crate::model::answer::{Answer, Question};
use crate::model::timeline::Timelines;
use crate::model::watch::{NcdLink, Watch};

/// The answer from what the store holds.
///
/// # Errors
/// When the store cannot be read.
pub fn answered(reader: &Reader, question: &Question, watch: &Watch) -> Result<Answer, StoreError> {
    Ok(examined(reader, question, watch)?.0)
}

/// The answer, and the timelines that it was read from.
///
/// # Errors
/// When the store cannot be read.
pub fn examined(
    reader: &Reader,
    question: &Question,
    watch: &Watch,
) -> Result<(Answer, Timelines), StoreError> {
    let links: Vec<NcdLink> = watch.ncds.values().cloned().collect();
    let setting = Setting {
        links: &links,
        billed_with: &watch.billed_with,
        localities: &watch.localities,
        known: &reader.topics_about(question.service)?,
    };
    let mut facts = reader.facts(&topics(question, &setting))?;
    if let Some(day) = question.as_published_on {
        facts = published_by(&facts, day);
    }
    if let Some(instant) = question.as_known_on {
        facts = known_by(facts, instant);
    }
    Ok(examine(facts, question, &setting))
}

/// The last instant of a day in a time zone.
pub fn end_of_day(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day
        .checked_add_days(Days::new(1))
        .unwrap_or(day)
        .and_time(NaiveTime::MIN);
    let local = midnight.and_local_timezone(zone).earliest();
    local.map_or_else(|| midnight.and_utc(), |local| local.with_timezone(&Utc))
        - TimeDelta::milliseconds(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_the_midnight_of_its_zone() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        let end = end_of_day(day, chrono_tz::America::New_York);
        assert_eq!(end.to_rfc3339(), "2026-03-02T04:59:59.999+00:00");
    }
}
