//! What is coming: days on which something that is known begins or ends.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::{DateTime, NaiveDate, Utc};

use super::error::WebError;
use super::view::View;
use crate::ask::rules;
use crate::engine::rules::Rulemaking;
use crate::io::store::{ChangeFilter, Reader, StoredChange};
use crate::model::alert::Phase;
use crate::model::change::Severity;
use crate::model::date::us_date;
use crate::model::topic::{Stage, rulemaking};
use crate::render::words::{short_id, step};

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
    /// A proposal would begin to hold for dates of service.
    WouldBegin,
}

impl Kind {
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::CommentsClose => "comments_close",
            Self::RuleEffective => "rule_effective",
            Self::ChangeBegins => "change_begins",
            Self::WouldBegin => "would_begin",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::CommentsClose => "comments close",
            Self::RuleEffective => "rule effective",
            Self::ChangeBegins => "change begins",
            Self::WouldBegin => "would begin",
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
    let rulemakings = rules(reader, view.day(), view.known_at)?;
    let mut events: Vec<Event> = rulemakings.iter().flat_map(of_rule).collect();
    let filter = ChangeFilter {
        until: view.known_at,
        least: Some(Severity::Coding),
        limit: Some(CHANGES),
        ..ChangeFilter::default()
    };
    // All that one alert tells of one day is one event, named by its gravest change.
    let mut told: BTreeMap<(NaiveDate, String), (StoredChange, usize)> = BTreeMap::new();
    for stored in reader.changes(&filter)? {
        // What was kept as history when it was found is no date to wait for.
        let Some(alert) = stored.alert.clone() else {
            continue;
        };
        let stage = &stored.judged.change.key.topic.stage;
        if is_over(stage, &rulemakings) {
            continue;
        }
        let day = stored.judged.change.days.from;
        match told.entry((day, alert)) {
            Entry::Vacant(place) => {
                place.insert((stored, 1));
            }
            Entry::Occupied(mut place) => place.get_mut().1 += 1,
        }
    }
    events.extend(told.into_iter().map(|((day, alert), (gravest, number))| {
        let change = &gravest.judged.change;
        let more = match number {
            1 => String::new(),
            more => format!(" and {} more", more - 1),
        };
        Event {
            day,
            kind: match change.key.topic.stage {
                Stage::ProposedBy(_) => Kind::WouldBegin,
                Stage::FinalBy(_) | Stage::InForce => Kind::ChangeBegins,
            },
            title: format!("{}: {}{more}", change.key.topic, step(change)),
            link: format!("/alert/{}", short_id(&alert)),
            key: format!("alert-{alert}-{day}"),
            learned: gravest.recorded,
        }
    }));
    events.sort_by(|a, b| (a.day, a.kind, &a.title).cmp(&(b.day, b.kind, &b.title)));
    Ok(events)
}

/// Whether a proposal is no longer one: made final, in force or withdrawn.
fn is_over(stage: &Stage, rulemakings: &[Rulemaking]) -> bool {
    let Stage::ProposedBy(docket) = stage else {
        return false;
    };
    let own = rulemakings
        .iter()
        .find(|one| one.name == rulemaking(docket));
    own.is_some_and(|own| !matches!(own.standing, Phase::Proposed | Phase::Corrected))
}

fn of_rule(rulemaking: &Rulemaking) -> Vec<Event> {
    let mut events = Vec::new();
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
    events
}

/// A name as an anchor of a page.
pub(super) fn anchor(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect()
}
