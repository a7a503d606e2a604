//! What it means when the list of a quarterly series lacks a quarter.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};

use crate::model::quarter::Quarter;
use crate::model::request::Concern;

/// More missing quarters than this are told as one.
const MOST_GAPS: usize = 4;
/// When an issue for a quarter that has begun is overdue, in days.
const OVERDUE_AFTER: i64 = 14;

/// A quarterly series, for people.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// The name of its issue for a quarter: `OPPS 2020-04`.
    pub issue: fn(Quarter) -> String,
    /// Its list: "the list of OPPS addenda".
    pub list: &'a str,
}

impl Series<'_> {
    /// Quarters between the first that is listed and the one of today that are not listed, and the
    /// quarter of today where it began some time ago.
    pub fn missing(self, listed: &BTreeSet<Quarter>, today: NaiveDate) -> Vec<Concern> {
        let Some(&first) = listed.first() else {
            return Vec::new();
        };
        let current = Quarter::of(today);
        let mut gaps = Vec::new();
        let mut quarter = first;
        while quarter < current {
            if !listed.contains(&quarter) {
                gaps.push(quarter);
            }
            quarter = quarter.following();
        }
        let remedy = "Look at the list page. If the file is there, coverd needs an update; if not, CMS took it away, and what was read of it stands.";
        let mut concerns: Vec<Concern> = match (gaps.first(), gaps.last()) {
            (Some(&from), Some(&to)) if gaps.len() > MOST_GAPS => {
                let (from, to) = ((self.issue)(from), (self.issue)(to));
                vec![Concern {
                    key: format!("gap {from} to {to}"),
                    text: format!(
                        "{} quarters from {from} to {to} are not in {}",
                        gaps.len(),
                        self.list
                    ),
                    remedy: remedy.to_owned(),
                }]
            }
            _ => gaps
                .iter()
                .map(|&gap| Concern {
                    key: format!("gap {}", (self.issue)(gap)),
                    text: format!("{}: not seen in {}", (self.issue)(gap), self.list),
                    remedy: remedy.to_owned(),
                })
                .collect(),
        };
        concerns.extend(self.overdue(listed, today));
        concerns
    }

    /// The quarter of today, where it began some time ago and neither it nor a later one is listed: a page
    /// that has only the next quarter has moved on.
    pub fn overdue(self, listed: &BTreeSet<Quarter>, today: NaiveDate) -> Option<Concern> {
        let current = Quarter::of(today);
        let began = current.begins();
        if listed.range(current..).next().is_some()
            || today <= began + TimeDelta::days(OVERDUE_AFTER)
        {
            return None;
        }
        let issue = (self.issue)(current);
        Some(Concern {
            key: format!("overdue {issue}"),
            text: format!(
                "{issue}: the quarter began on {began}, and {} does not name it yet",
                self.list
            ),
            remedy: "Look at the list page. Until the file is posted, the values of the last one are shown."
                .to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(listed: &[(i32, u32)], today: (i32, u32, u32)) -> Vec<String> {
        let series = Series {
            issue: |quarter| quarter.to_string(),
            list: "the list",
        };
        let listed = listed
            .iter()
            .filter_map(|&(year, number)| Quarter::new(year, number))
            .collect();
        let today = NaiveDate::from_ymd_opt(today.0, today.1, today.2).unwrap();
        let concerns = series.missing(&listed, today);
        concerns.into_iter().map(|concern| concern.key).collect()
    }

    #[test]
    fn gaps_and_overdue_quarters_are_told_and_a_long_gap_once() {
        assert_eq!(keys(&[], (2026, 7, 20)), [""; 0]);
        assert_eq!(
            keys(&[(2025, 4), (2026, 2), (2026, 3)], (2026, 7, 20)),
            ["gap 2026-Q1"]
        );
        assert_eq!(keys(&[(2026, 2)], (2026, 7, 15)), [""; 0]);
        assert_eq!(keys(&[(2026, 2)], (2026, 7, 16)), ["overdue 2026-Q3"]);
        assert_eq!(keys(&[(2026, 4)], (2026, 7, 16)), [""; 0], "moved on");
        assert_eq!(
            keys(&[(2024, 1), (2026, 1)], (2026, 1, 2)),
            ["gap 2024-Q2 to 2025-Q4"]
        );
        // The next quarter may be there long before it begins.
        assert_eq!(keys(&[(2026, 3), (2026, 4)], (2026, 9, 2)), [""; 0]);
    }
}
