//! The report of a practice's own proof that it keeps up: what changed, and how long the way of the news was.

use askama::Template;
use chrono::{DateTime, Utc};

use super::table::{Cell, Column, Table};
use super::words::{minute, short_id, step};
use crate::model::report::{Lags, Summary, Told};

/// Everything in the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report<'a> {
    /// Name of the practice; may be empty.
    pub practice: &'a str,
    /// The year, or all of them.
    pub year: Option<i32>,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// What was told, newest first.
    pub told: &'a [Told],
    /// Changes that were kept as history without a message.
    pub untold: usize,
    /// The middle and the worst.
    pub summary: Summary,
}

/// What the columns are.
pub const MEANING: &str = "Published is the document's own date; detected, when coverd first captured it; delivered, when \
     the channel of the first recipient accepted the message; to all, the last recipient's; acknowledged, when the \
     first person did so, which only changes of coverage may be asked for. Days (from publication to detection) are \
     calendar days in UTC, minutes those from detection to delivery, ack. the minutes from there to the acknowledgement, \
     warning the days from delivery to the first date of service concerned, negative where the change reaches back.";

#[derive(Template)]
#[template(path = "report.html", whitespace = "minimize")]
struct ReportPage<'a> {
    title: &'a str,
    practice: &'a str,
    advice: &'a str,
    summary: Vec<(&'static str, String, String)>,
    counts: String,
    heads: [&'static str; 10],
    rows: Vec<[String; 10]>,
    meaning: &'a str,
}

impl Report<'_> {
    fn title(&self) -> String {
        match self.year {
            Some(year) => format!("Changes at CMS that were told in {year}"),
            None => "Changes at CMS that were told".to_owned(),
        }
    }

    fn counts(&self) -> String {
        format!(
            "{} changes in {} alerts were mailed; of these alerts {} had no message that was accepted. {} changes were \
             kept as history without a message. Made {}.",
            self.told.len(),
            self.summary.alerts,
            self.summary.undelivered,
            self.untold,
            minute(self.made)
        )
    }

    /// The lags in words: label, middle, worst.
    fn lags(&self) -> Vec<(&'static str, String, String)> {
        let both = |of: fn(&Lags) -> Option<i64>, unit: &str| {
            let say = |lags: &Lags| {
                of(lags).map_or_else(|| "not known".to_owned(), |value| format!("{value} {unit}"))
            };
            (say(&self.summary.median), say(&self.summary.worst))
        };
        let (detect, worst_detect) = both(|lags| lags.days_to_detect, "days");
        let (deliver, worst_deliver) = both(|lags| lags.minutes_to_deliver, "minutes");
        let (acknowledge, worst_acknowledge) = both(|lags| lags.minutes_to_acknowledge, "minutes");
        let (warning, least_warning) = both(|lags| lags.days_of_warning, "days");
        vec![
            ("published to detected", detect, worst_detect),
            ("detected to delivered", deliver, worst_deliver),
            ("delivered to acknowledged", acknowledge, worst_acknowledge),
            (
                "warning before the first date of service",
                warning,
                least_warning,
            ),
        ]
    }

    /// The report as a list: for people, for programs, for a page.
    pub fn to_table(&self) -> Table {
        let mut table = Table::new([
            Column::left("kind", "Kind").for_programs(),
            Column::left("id", "Id").for_programs(),
            Column::left("short_id", "Id").for_people().whole(),
            Column::left("alert", "Alert").for_programs(),
            Column::left("subject", "Of"),
            Column::left("attribute", "What").for_programs(),
            Column::left("was", "Was").for_programs(),
            Column::left("now", "Now").for_programs(),
            Column::left("change", "Change").for_people(),
            Column::left("from", "From").whole(),
            Column::left("published", "Published").whole(),
            Column::left("detected", "Detected").for_programs(),
            Column::left("delivered", "Delivered").for_programs(),
            Column::left("delivered_to_all", "To all").for_programs(),
            Column::left("acknowledged", "Acknowledged").for_programs(),
            Column::right("days_to_detect", "Days"),
            Column::right("minutes_to_deliver", "Minutes"),
            Column::right("minutes_to_acknowledge", "Ack."),
            Column::right("days_of_warning", "Warning"),
        ]);
        for one in self.told {
            let change = &one.change;
            let lags = one.lags();
            let instant = |at: Option<DateTime<Utc>>| at.map(|at| at.to_rfc3339());
            table.push([
                Cell::text("change"),
                Cell::text(&one.id),
                Cell::text(short_id(&one.id)),
                Cell::text(&one.alert),
                Cell::text(change.key.topic.to_string()),
                Cell::text(change.key.attribute.id()),
                Cell::maybe(change.was.as_ref()),
                Cell::maybe(change.now.as_ref()),
                Cell::text(step(change)),
                Cell::text(change.days.from.to_string()),
                Cell::maybe(one.published()),
                Cell::maybe(instant(one.detected)),
                Cell::maybe(instant(one.delivered)),
                Cell::maybe(instant(one.delivered_to_all)),
                Cell::maybe(instant(one.acknowledged)),
                number(lags.days_to_detect),
                number(lags.minutes_to_deliver),
                number(lags.minutes_to_acknowledge),
                number(lags.days_of_warning),
            ]);
        }
        for (kind, lags) in [
            ("median", self.summary.median),
            ("worst", self.summary.worst),
        ] {
            let mut cells = vec![Cell::text(kind)];
            cells.resize_with(2, Cell::nothing);
            cells.push(Cell::text(kind));
            cells.resize_with(15, Cell::nothing);
            cells.extend([
                number(lags.days_to_detect),
                number(lags.minutes_to_deliver),
                number(lags.minutes_to_acknowledge),
                number(lags.days_of_warning),
            ]);
            table.push(cells);
        }
        table
    }

    /// What stands below the list: how many, and what the columns are.
    pub fn notes(&self) -> [String; 2] {
        [self.counts(), MEANING.to_owned()]
    }

    /// The report as a page that fetches nothing from elsewhere.
    ///
    /// # Errors
    /// When the template fails, which is a defect.
    pub fn to_html(&self) -> Result<String, askama::Error> {
        let text = |value: Option<String>| value.unwrap_or_default();
        ReportPage {
            title: &self.title(),
            practice: self.practice,
            advice: "",
            summary: self.lags(),
            counts: self.counts(),
            heads: [
                "Change",
                "Services from",
                "Published",
                "Detected",
                "Delivered",
                "To all",
                "Acknowledged",
                "Days to detect",
                "Minutes to deliver",
                "Days of warning",
            ],
            rows: self
                .told
                .iter()
                .map(|one| {
                    let lags = one.lags();
                    [
                        format!("{}: {}", one.change.key.topic, step(&one.change)),
                        one.change.days.from.to_string(),
                        text(one.published().map(|day| day.to_string())),
                        text(one.detected.map(minute)),
                        text(one.delivered.map(minute)),
                        text(one.delivered_to_all.map(minute)),
                        text(one.acknowledged.map(minute)),
                        text(lags.days_to_detect.map(|days| days.to_string())),
                        text(lags.minutes_to_deliver.map(|minutes| minutes.to_string())),
                        text(lags.days_of_warning.map(|days| days.to_string())),
                    ]
                })
                .collect(),
            meaning: MEANING,
        }
        .render()
    }
}

fn number(value: Option<i64>) -> Cell {
    value.map_or_else(Cell::nothing, Cell::count)
}
