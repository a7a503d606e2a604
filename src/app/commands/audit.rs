//! `coverd audit`: what this installation did, in order of time.

use chrono::NaiveTime;

use super::Context;
use crate::app::cli::AuditArgs;
use crate::app::exit::{Exit, Failure};
use crate::ask::end_of_day;
use crate::io::store::EventFilter;
use crate::render::table::{Cell, Column, Table};
use crate::render::words::minute;

/// Lists events, newest first.
pub fn audit(args: &AuditArgs, context: &Context) -> Result<Exit, Failure> {
    let zone = context.config.practice.zone;
    let events = context.reader()?.events(&EventFilter {
        since: args.since.map(|day| day.and_time(NaiveTime::MIN).and_utc()),
        until: args.until.map(|day| end_of_day(day, zone)),
        happened: args.event,
        source: args.source.clone(),
        limit: Some(args.limit),
    })?;
    let mut table = Table::new([
        Column::left("at", "At").for_programs(),
        Column::left("minute", "At").for_people().whole(),
        Column::left("event", "Event").whole(),
        Column::left("source", "Source").whole(),
        Column::left("subject", "Of"),
        Column::left("words", "Words"),
        Column::left("id", "Id").for_programs(),
    ]);
    for event in &events {
        table.push([
            Cell::text(event.at.to_rfc3339()),
            Cell::text(minute(event.at)),
            Cell::text(event.happened.id()),
            Cell::text(&event.source),
            Cell::text(&event.subject),
            Cell::text(crate::render::clean::line(&event.words, 400)),
            Cell::text(&event.id),
        ]);
    }
    if events.is_empty() {
        table.note("Nothing happened that fits.");
    } else if events.len() == usize::try_from(args.limit).unwrap_or(usize::MAX) {
        table.note(format!(
            "The newest {} are shown; --limit shows more.",
            args.limit
        ));
    }
    context.print(&table)?;
    Ok(Exit::Done)
}
