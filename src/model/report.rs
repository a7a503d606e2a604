//! How long news took: from CMS to this installation, and from here to people.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::change::Change;

/// A change that was told, with the times of its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Id of the change.
    pub id: String,
    /// The alert that told it.
    pub alert: String,
    /// What moved.
    pub change: Change,
    /// When the document that brought it was first captured.
    pub detected: Option<DateTime<Utc>>,
    /// When the first message about it was accepted.
    pub delivered: Option<DateTime<Utc>>,
    /// When somebody first acknowledged the alert.
    pub acknowledged: Option<DateTime<Utc>>,
    /// When the last one was; `None` while one of them is not.
    pub delivered_to_all: Option<DateTime<Utc>>,
}

impl Told {
    /// The document's own date.
    pub fn published(&self) -> Option<NaiveDate> {
        Some(self.change.after.as_ref()?.origin.published)
    }

    /// How long each part of the way took.
    pub fn lags(&self) -> Lags {
        let detected_on = self.detected.map(|at| at.date_naive());
        let minutes = |from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>| {
            let way = from.zip(to).map(|(from, to)| to - from)?;
            Some(way.max(TimeDelta::zero()).num_minutes())
        };
        let days = |from: Option<NaiveDate>, to: Option<NaiveDate>| Some((to? - from?).num_days());
        Lags {
            days_to_detect: days(self.published(), detected_on),
            minutes_to_deliver: minutes(self.detected, self.delivered),
            minutes_to_acknowledge: minutes(self.delivered, self.acknowledged),
            days_of_warning: days(
                self.delivered.map(|at| at.date_naive()),
                Some(self.change.days.from),
            ),
        }
    }
}

/// How long the parts of a way took; `None` where an end is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lags {
    /// Calendar days (UTC) from publication to capture; documents have a date and no hour.
    pub days_to_detect: Option<i64>,
    /// Minutes from capture to the first accepted message.
    pub minutes_to_deliver: Option<i64>,
    /// Minutes from that message to the first acknowledgement.
    pub minutes_to_acknowledge: Option<i64>,
    /// Days from that message to the first date of service concerned; negative: it reaches back.
    pub days_of_warning: Option<i64>,
}

/// The middle and the worst of many lags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// How many alerts.
    pub alerts: usize,
    /// Of these, how many had no accepted message.
    pub undelivered: usize,
    /// The middle of each; of an even number the greater of the two.
    pub median: Lags,
    /// The longest way, and the shortest warning.
    pub worst: Lags,
}
