//! `coverd health`: one line and an exit code.

use std::io::Write as _;

use chrono::TimeDelta;

use super::Context;
use super::sources::{minute, words};
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::io::clock::{Clock as _, SystemClock};
use crate::io::store::Reader;
use crate::model::health::ProblemKind;
use crate::render::table::{Cell, Column, Table};
use crate::sources;

/// How long a source may be without a good read before it counts as stale, whatever its schedule.
const STALE: TimeDelta = TimeDelta::days(4);

/// What keeps coverd from seeing or from telling.
struct Health {
    blind: Vec<String>,
    dead: u64,
}

fn health_of(context: &Context, reader: &Reader) -> Result<Health, Failure> {
    let now = SystemClock.now();
    let mut blind: Vec<String> = reader
        .all_open_problems()?
        .iter()
        .filter(|open| {
            !matches!(
                open.problem.kind,
                ProblemKind::Concern | ProblemKind::DeliveryDead
            )
        })
        .map(|open| format!("{}: {}", open.problem.source, words(open)))
        .collect();
    let replayed = context.config.store.join("replayed").exists();
    for source in sources::all(&context.config.sources.settings) {
        let meta = source.meta();
        let settings = context.config.sources.by_id.get(meta.id);
        let read = source.is_configured() && settings.is_none_or(|settings| settings.enabled);
        if replayed || !read {
            continue;
        }
        match reader.source_state(meta.id)? {
            None => blind.push(format!("{}: never read", meta.id)),
            // An open problem says why, and was counted above.
            Some(state) if state.last_good.is_none() => {
                if !blind.iter().any(|line| line.starts_with(meta.id)) {
                    blind.push(format!("{}: never read in full", meta.id));
                }
            }
            Some(state) if state.last_good.is_some_and(|good| now - good > STALE) => {
                blind.push(format!(
                    "{}: no good read since {}",
                    meta.id,
                    state.last_good.map(minute).unwrap_or_default()
                ));
            }
            Some(_) => {}
        }
    }
    Ok(Health {
        blind,
        dead: reader.outbox_counts()?.dead,
    })
}

fn counted(number: usize, one: &str, what: &str) -> String {
    match number {
        0 => format!("no {one} {what}"),
        1 => format!("1 {one} {what}"),
        more => format!("{more} {one}s {what}"),
    }
}

/// One line for a monitor, and an exit code.
pub fn health(context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader()?;
    let health = health_of(context, &reader)?;
    let (exit, word) = match (health.blind.is_empty(), health.dead) {
        (false, _) => (Exit::SourceUnreadable, "CRITICAL"),
        (true, 1..) => (Exit::DeliveryDead, "WARNING"),
        (true, 0) => (Exit::Done, "OK"),
    };
    let concerns: Vec<String> = reader
        .all_open_problems()?
        .iter()
        .filter(|open| open.problem.kind == ProblemKind::Concern)
        .map(|open| format!("{}: {}", open.problem.source, words(open)))
        .collect();
    let dead = usize::try_from(health.dead).unwrap_or(usize::MAX);
    if context.output.format == Format::Table {
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "{word}: {}, {}, {}",
            counted(health.blind.len(), "problem", "in reading"),
            counted(dead, "mail", "given up"),
            counted(concerns.len(), "document", "to look at"),
        )?;
        drop(out);
        let mut page = context.page();
        for line in health.blind.iter().chain(&concerns) {
            page.prose(2, line);
        }
        if health.dead > 0 {
            page.prose(2, "`coverd outbox --state dead` lists what did not arrive");
        }
        context.show(&page)?;
    } else {
        let mut table = Table::new([
            Column::left("state", "State"),
            Column::left("blind", "Blind"),
            Column::right("dead", "Dead deliveries"),
            Column::left("concerns", "Concerns"),
        ]);
        table.push([
            Cell::text(word),
            Cell::list(health.blind),
            Cell::count(i64::try_from(health.dead).unwrap_or(i64::MAX)),
            Cell::list(concerns),
        ]);
        context.print(&table)?;
    }
    Ok(exit)
}
