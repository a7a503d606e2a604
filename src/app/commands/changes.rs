//! `coverd changes`.

use chrono::NaiveTime;

use super::Context;
use crate::app::cli::ChangesArgs;
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::ask::{end_of_day, grouped};
use crate::io::store::{ChangeFilter, StoredChange};
use crate::model::change::Severity;
use crate::model::topic::Subject;
use crate::render::page::Page;
use crate::render::table::{Cell, Column, Table, Tone};
use crate::render::words::{short_id, step};

/// What moved, newest first.
pub fn changes(args: &ChangesArgs, context: &Context) -> Result<Exit, Failure> {
    let filter = ChangeFilter {
        since: args.since.map(|day| day.and_time(NaiveTime::MIN).and_utc()),
        until: args
            .until
            .map(|day| end_of_day(day, context.config.practice.zone)),
        source: args.source.clone(),
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
        ..ChangeFilter::default()
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

/// The changes that were found together for the same days stand together, newest first; what was
/// told stands before what was not.
pub(super) fn groups(page: &mut Page, found: &[StoredChange]) {
    for group in grouped(found) {
        page.heading(&group.heading());
        let mut table = Table::new([
            Column::left("id", "Id").whole(),
            Column::left("severity", "Severity").whole(),
            Column::left("subject", "Of").whole(),
            Column::left("change", "Change"),
        ]);
        for stored in &group.changes {
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
