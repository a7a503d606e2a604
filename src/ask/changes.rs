//! Changes that were found together stand together.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, Utc};

use crate::io::store::StoredChange;
use crate::model::timeline::Period;
use crate::render::words::{held, short_id};

/// Changes of the same days that were found together.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// When they were recorded.
    pub recorded: DateTime<Utc>,
    /// When CMS published the document that brought them.
    pub published: Option<NaiveDate>,
    /// The dates of service affected.
    pub days: Period,
    /// Whether they were told.
    pub alerted: bool,
    /// The changes, gravest first.
    pub changes: Vec<&'a StoredChange>,
}

impl<'a> Group<'a> {
    fn of(stored: &'a StoredChange) -> Self {
        let change = &stored.judged.change;
        Self {
            recorded: stored.recorded,
            published: change.after.as_ref().map(|fact| fact.origin.published),
            days: change.days,
            alerted: stored.alert.is_some(),
            changes: vec![stored],
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        let key = |group: &Self| (group.recorded, group.published, group.days, group.alerted);
        key(self) == key(other)
    }

    /// The documents that brought them.
    pub fn editions(&self) -> String {
        distinct(self.changes.iter().filter_map(|stored| {
            let after = stored.judged.change.after.as_ref()?;
            Some(after.origin.edition.name.as_str())
        }))
    }

    /// Which documents, when, for which services, and whether it was told.
    pub fn heading(&self) -> String {
        let mut heading = self.editions();
        if let Some(published) = self.published {
            let _ = write!(heading, ", published {published}, ");
        }
        let _ = write!(
            heading,
            "found {}: services {}",
            self.recorded.format("%Y-%m-%d"),
            held(self.days)
        );
        if self.alerted {
            let alerts = self.changes.iter();
            let alerts = distinct(alerts.filter_map(|one| Some(short_id(one.alert.as_ref()?))));
            let _ = write!(heading, " (alert {alerts})");
        } else {
            heading.push_str(" (kept as history, no alert)");
        }
        heading
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: BTreeSet<&str> = names.collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// The changes that were found together for the same days, newest first; what was told stands before
/// what was not.
pub fn grouped(found: &[StoredChange]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for stored in found {
        let group = Group::of(stored);
        match groups.iter_mut().find(|known| known.is_like(&group)) {
            Some(known) => known.changes.push(stored),
            None => groups.push(group),
        }
    }
    groups.sort_by_key(|group| (Reverse(group.recorded), !group.alerted));
    for group in &mut groups {
        group.changes.sort_by_key(|stored| {
            let key = &stored.judged.change.key;
            (
                Reverse(stored.judged.severity),
                key.attribute,
                key.topic.clone(),
            )
        });
    }
    groups
}
