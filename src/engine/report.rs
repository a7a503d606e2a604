//! How long news took: from CMS to this installation, and from here to people.

use crate::model::report::{Lags, Summary, Told};

/// Each alert counts once, however many values its document moved.
pub fn summary(told: &[Told]) -> Summary {
    let mut seen = std::collections::BTreeSet::new();
    let once: Vec<&Told> = told.iter().filter(|one| seen.insert(&one.alert)).collect();
    let lags: Vec<Lags> = once.iter().map(|one| one.lags()).collect();
    let of = |part: &dyn Fn(&Lags) -> Option<i64>| -> Vec<i64> {
        let mut values: Vec<i64> = lags.iter().filter_map(part).collect();
        values.sort_unstable();
        values
    };
    let detect = of(&|lags| lags.days_to_detect);
    let deliver = of(&|lags| lags.minutes_to_deliver);
    let acknowledge = of(&|lags| lags.minutes_to_acknowledge);
    let warning = of(&|lags| lags.days_of_warning);
    let middle = |values: &[i64]| values.get(values.len() / 2).copied();
    Summary {
        alerts: once.len(),
        undelivered: once.iter().filter(|one| one.delivered.is_none()).count(),
        median: Lags {
            days_to_detect: middle(&detect),
            minutes_to_deliver: middle(&deliver),
            minutes_to_acknowledge: middle(&acknowledge),
            days_of_warning: middle(&warning),
        },
        worst: Lags {
            days_to_detect: detect.last().copied(),
            minutes_to_deliver: deliver.last().copied(),
            minutes_to_acknowledge: acknowledge.last().copied(),
            days_of_warning: warning.first().copied(),
        },
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::engine::diff::diff;
    use crate::engine::fold::fold;
    use crate::engine::tests::status;

    /// A change that begins on a day, published, captured and delivered then.
    fn told(
        alert: &str,
        from: &str,
        published: &str,
        detected: &str,
        delivered: Option<&str>,
    ) -> Told {
        let old = status("RVU20A", "2020-01-01", "2020-01-01", "N");
        let new = status("RVU20B", from, published, "A");
        let change = diff(&fold([old.clone()]), &fold([old, new])).remove(0);
        let at = |text: &str| format!("{text}Z").parse::<DateTime<Utc>>().unwrap();
        Told {
            id: format!("{alert}-{from}"),
            alert: alert.to_owned(),
            change,
            detected: Some(at(detected)),
            delivered: delivered.map(at),
            delivered_to_all: delivered.map(at),
            acknowledged: delivered.map(|text| at(text) + chrono::TimeDelta::minutes(90)),
        }
    }

    #[test]
    fn lags_are_days_minutes_and_warning() {
        let one = told(
            "a",
            "2020-07-01",
            "2020-06-20",
            "2020-06-22T11:30:00",
            Some("2020-06-22T11:42:59"),
        );
        assert_eq!(
            one.lags(),
            Lags {
                days_to_detect: Some(2),
                minutes_to_deliver: Some(12),
                minutes_to_acknowledge: Some(90),
                days_of_warning: Some(9),
            }
        );
        let back = told("b", "2020-04-01", "2020-05-01", "2020-05-02T00:00:00", None);
        assert_eq!(
            back.lags(),
            Lags {
                days_to_detect: Some(1),
                minutes_to_deliver: None,
                minutes_to_acknowledge: None,
                days_of_warning: None,
            }
        );
    }

    #[test]
    fn each_alert_counts_once_and_the_worst_is_named() {
        let all = [
            told(
                "a",
                "2020-07-01",
                "2020-06-20",
                "2020-06-20T12:00:00",
                Some("2020-06-20T12:01:00"),
            ),
            told(
                "a",
                "2020-08-01",
                "2020-06-20",
                "2020-06-20T12:00:00",
                Some("2020-06-20T12:01:00"),
            ),
            told(
                "b",
                "2020-04-01",
                "2020-05-01",
                "2020-05-04T12:00:00",
                Some("2020-05-04T14:00:00"),
            ),
            told(
                "c",
                "2020-10-01",
                "2020-09-20",
                "2020-09-21T12:00:00",
                Some("2020-09-21T12:05:00"),
            ),
            told("d", "2020-10-01", "2020-09-20", "2020-09-22T12:00:00", None),
        ];
        let found = summary(&all);
        assert_eq!((found.alerts, found.undelivered), (4, 1));
        assert_eq!(
            found.median,
            Lags {
                days_to_detect: Some(2),
                minutes_to_deliver: Some(5),
                minutes_to_acknowledge: Some(90),
                days_of_warning: Some(10),
            }
        );
        assert_eq!(
            found.worst,
            Lags {
                days_to_detect: Some(3),
                minutes_to_deliver: Some(120),
                minutes_to_acknowledge: Some(90),
                days_of_warning: Some(-33),
            }
        );
        assert_eq!(summary(&[]), Summary::default());
    }
}
