//! `coverd changes`.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::Context;
use super::answer::held;
use super::words::{short_id, step};
use crate::app::cli::ChangesArgs;
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::io::store::{ChangeFilter, StoredChange};
use crate::model::change::Severity;
use crate::model::timeline::Period;
use crate::model::topic::Subject;
use crate::render::page::Page;
use crate::render::table::{Cell, Column, Table, Tone};

/// What moved, newest first.
pub fn changes(args: &ChangesArgs, context: &Context) -> Result<Exit, Failure> {
    let filter = ChangeFilter {
        since: args.since.map(|day| day.and_time(NaiveTime::MIN).and_utc()),
        code: args
            .code
            .filter(|service| service.modifier.is_none())
            .map(|service| service.code),
        subject: args
            .code
            .filter(|service| service.modifier.is_some())
            .map(Subject::Service),
        least: args.severity,
        alert: args.alert.clone(),
        limit: Some(args.limit),
    };
    let found = context.reader()?.changes(&filter)?;
    if context.output.format != Format::Table {
        context.print(&for_programs(&found))?;
        return Ok(Exit::Done);
    }
    let mut page = context.page();
    if found.is_empty() {
        page.prose(0, "No changes.");
    } else {
        groups(&mut page, &found);
        page.gap();
        page.prose(
            0,
            "`coverd show ID` has the evidence of one, before and after.",
        );
    }
    if found.len() == usize::try_from(args.limit).unwrap_or(usize::MAX) {
        page.prose(
            0,
            &format!("The newest {} are shown; --limit shows more.", args.limit),
        );
    }
    context.show(&page)?;
    Ok(Exit::Done)
}

/// What changes must share to stand under one heading.
#[derive(PartialEq, Eq)]
struct Group {
    recorded: DateTime<Utc>,
    published: Option<NaiveDate>,
    days: Period,
    alerted: bool,
}

impl Group {
    fn of(stored: &StoredChange) -> Self {
        let change = &stored.judged.change;
        Self {
            recorded: stored.recorded,
            published: change.after.as_ref().map(|fact| fact.origin.published),
            days: change.days,
            alerted: stored.alert.is_some(),
        }
    }

    /// Which documents, when, for which services, and whether it was told.
    fn heading(&self, changes: &[&StoredChange]) -> String {
        let editions = distinct(changes.iter().filter_map(|stored| {
            let after = stored.judged.change.after.as_ref()?;
            Some(after.origin.edition.name.as_str())
        }));
        let alerts = distinct(
            changes
                .iter()
                .filter_map(|stored| Some(short_id(stored.alert.as_ref()?))),
        );
        let mut heading = editions;
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

/// The changes that were found together for the same days stand together, newest first; what was
/// told stands before what was not.
pub(super) fn groups(page: &mut Page, found: &[StoredChange]) {
    let mut groups: Vec<(Group, Vec<&StoredChange>)> = Vec::new();
    for stored in found {
        let group = Group::of(stored);
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, changes)) => changes.push(stored),
            None => groups.push((group, vec![stored])),
        }
    }
    groups.sort_by_key(|(group, _)| (Reverse(group.recorded), !group.alerted));
    for (group, mut changes) in groups {
        changes.sort_by_key(|stored| {
            let key = &stored.judged.change.key;
            (
                Reverse(stored.judged.severity),
                key.attribute,
                key.topic.clone(),
            )
        });
        page.heading(&group.heading(&changes));
        let mut table = Table::new([
            Column::left("id", "Id").whole(),
            Column::left("severity", "Severity").whole(),
            Column::left("subject", "Of").whole(),
            Column::left("change", "Change"),
        ]);
        for stored in changes {
            let severity = stored.judged.severity;
            let change = &stored.judged.change;
            table.push([
                Cell::text(short_id(&stored.id)),
                Cell::text(severity.id()).tone(tone(severity)),
                Cell::text(change.key.topic.to_string()),
                Cell::text(step(change)),
            ]);
        }
        page.table(&table);
    }
}

fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Coverage => Tone::Bad,
        Severity::Payment => Tone::Warning,
        Severity::Coding => Tone::Plain,
        Severity::Administrative => Tone::Faint,
    }
}

fn for_programs(found: &[StoredChange]) -> Table {
    let mut table = Table::new([
        Column::left("id", "Id"),
        Column::left("severity", "Severity"),
        Column::left("subject", "Of"),
        Column::left("attribute", "What"),
        Column::left("was", "Was"),
        Column::left("now", "Now"),
        Column::left("from", "Services from"),
        Column::left("until", "Until"),
        Column::left("edition", "By"),
        Column::left("published", "Published"),
        Column::left("recorded", "Found"),
        Column::left("source", "Source"),
        Column::left("alert", "Alert"),
    ]);
    for stored in found {
        let change = &stored.judged.change;
        let after = change.after.as_ref().map(|fact| &fact.origin);
        table.push([
            Cell::text(&stored.id),
            Cell::text(stored.judged.severity.id()),
            Cell::text(change.key.topic.to_string()),
            Cell::text(change.key.attribute.id()),
            Cell::maybe(change.was.as_ref()),
            Cell::maybe(change.now.as_ref()),
            Cell::text(change.days.from.to_string()),
            Cell::maybe(change.days.until),
            Cell::maybe(after.map(|origin| &origin.edition.name)),
            Cell::maybe(after.map(|origin| origin.published)),
            Cell::text(stored.recorded.to_rfc3339()),
            Cell::text(&stored.source),
            Cell::maybe(stored.alert.as_ref()),
        ]);
    }
    table
}
