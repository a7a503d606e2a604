//! What is coming: days on which something that is known begins or ends.

use chrono::{DateTime, NaiveDate, Utc};

use crate::ask::rules;
use crate::engine::rules::Rulemaking;
use crate::io::store::{ChangeFilter, Reader};
use crate::model::date::us_date;
use crate::model::timeline::Period;
use crate::render::words::{short_id, step};

use super::error::WebError;
use super::view::View;

/// Changes that are looked through for days to come.
const CHANGES: u32 = 2_000;

/// What happens on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The last day for comments on a proposal.
    CommentsClose,
    /// A rule takes effect.
    RuleEffective,
    /// A change begins to hold for dates of service.
    ChangeBegins,
}

impl Kind {
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::CommentsClose => "comments_close",
            Self::RuleEffective => "rule_effective",
            Self::ChangeBegins => "change_begins",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::CommentsClose => "comments close",
            Self::RuleEffective => "rule effective",
            Self::ChangeBegins => "change begins",
        }
    }
}

/// A day with what happens on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) day: NaiveDate,
    pub(super) kind: Kind,
    /// What it is about, in a line.
    pub(super) title: String,
    /// Where to read more, on this page.
    pub(super) link: String,
    /// A name that stays the same while the day may move.
    pub(super) key: String,
    /// When it was learned.
    pub(super) learned: DateTime<Utc>,
}

/// Everything with a day that is known, earliest first.
pub(super) fn events(reader: &Reader, view: &View) -> Result<Vec<Event>, WebError> {
    let mut events = Vec::new();
    for rulemaking in &rules(reader, view.day(), view.known_at)? {
        of_rule(rulemaking, &mut events);
    }
    let filter = ChangeFilter {
        until: view.known_at,
        least: Some(crate::model::change::Severity::Coding),
        limit: Some(CHANGES),
        ..ChangeFilter::default()
    };
    for stored in reader.changes(&filter)? {
        // What was kept as history when it was found is no date to wait for.
        if stored.alert.is_none() {
            continue;
        }
        let Period { from, .. } = stored.judged.change.days;
        let change = &stored.judged.change;
        events.push(Event {
            day: from,
            kind: Kind::ChangeBegins,
            title: format!("{}: {}", change.key.topic, step(change)),
            link: format!("/change/{}", short_id(&stored.id)),
            key: format!("change-{}", stored.id),
            learned: stored.recorded,
        });
    }
    events.sort_by(|a, b| (a.day, a.kind, &a.title).cmp(&(b.day, b.kind, &b.title)));
    events.dedup_by(|a, b| a.key == b.key && a.kind == b.kind);
    Ok(events)
}

fn of_rule(rulemaking: &Rulemaking, events: &mut Vec<Event>) {
    for document in &rulemaking.documents {
        let title = format!(
            "{} ({}): {}",
            rulemaking.name, document.kind, document.title
        );
        for (text, kind) in [
            (&document.comments_close, Kind::CommentsClose),
            (&document.effective, Kind::RuleEffective),
        ] {
            let Some(day) = text.parse().ok().or_else(|| us_date(text)) else {
                continue;
            };
            events.push(Event {
                day,
                kind,
                title: title.clone(),
                link: format!("/rules#{}", anchor(&rulemaking.name)),
                key: format!("{}-{}", kind.id(), document.number),
                learned: document.fact.origin.learned,
            });
        }
    }
}

/// A name as an anchor of a page.
pub(super) fn anchor(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect()
}
