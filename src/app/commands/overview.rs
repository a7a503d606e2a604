//! `coverd status`, `coverd sources`, `coverd health` and `coverd outbox`.

use std::io::Write as _;

use chrono::{DateTime, TimeDelta, Utc};

use super::Context;
use crate::app::cli::OutboxArgs;
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::app::wiring;
use crate::io::clock::{Clock as _, SystemClock};
use crate::io::store::{DeliveryFilter, Reader};
use crate::model::delivery::{DeliveryState, Outcome};
use crate::model::health::{OpenProblem, ProblemKind};
use crate::model::watch::Codes;
use crate::render::table::{Cell, Column, Table, Tone};
use crate::sources;

/// How long a source may be without a good read before it counts as stale, whatever its schedule.
const STALE: TimeDelta = TimeDelta::days(4);

/// What is read, where, how often, and when it was last read.
pub fn sources(context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader_if_any()?;
    let mut table = Table::new([
        Column::left("id", "Source"),
        Column::left("title", "What"),
        Column::left("schedule", "Schedule (UTC)"),
        Column::left("enabled", "On"),
        Column::left("last_good", "Last good read"),
        Column::left("next_due", "Next"),
        Column::right("units", "Documents"),
        Column::left("problems", "Problems"),
        Column::left("about", "How it is read"),
        Column::left("home", "Where"),
    ]);
    for source in sources::all() {
        let meta = source.meta();
        let state = reader
            .as_ref()
            .map(|reader| reader.source_state(meta.id))
            .transpose()?
            .flatten();
        let problems = reader
            .as_ref()
            .map(|reader| reader.open_problems(meta.id))
            .transpose()?
            .unwrap_or_default();
        let enabled = context
            .config
            .sources
            .by_id
            .get(meta.id)
            .is_none_or(|settings| settings.enabled);
        table.push([
            Cell::text(meta.id),
            Cell::text(meta.title),
            Cell::text(wiring::plan(&context.config, source.as_ref())?.to_string()),
            Cell::flag(enabled),
            Cell::maybe(state.as_ref().and_then(|state| state.last_good).map(minute)),
            Cell::maybe(state.as_ref().map(|state| minute(state.next_due))),
            Cell::maybe(state.as_ref().map(|state| state.listed.len())),
            Cell::list(problems.iter().map(words)).tone(if problems.is_empty() {
                Tone::Plain
            } else {
                Tone::Bad
            }),
            Cell::text(meta.about),
            Cell::text(meta.home),
        ]);
    }
    context.print(&table)?;
    Ok(Exit::Done)
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

fn words(open: &OpenProblem) -> String {
    format!(
        "{}: {} (since {})",
        open.problem.kind,
        open.problem.text,
        minute(open.since)
    )
}

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
    for source in sources::all() {
        let meta = source.meta();
        let settings = context.config.sources.by_id.get(meta.id);
        if replayed || settings.is_some_and(|settings| !settings.enabled) {
            continue;
        }
        match reader.source_state(meta.id)? {
            None => blind.push(format!("{}: never read", meta.id)),
            Some(state) if state.last_good.is_none() => {
                blind.push(format!("{}: never read in full", meta.id));
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
    if context.output.format == Format::Table {
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "{word}: {} sources blind, {} deliveries dead, {} concerns",
            health.blind.len(),
            health.dead,
            concerns.len()
        )?;
        for line in health.blind.iter().chain(&concerns) {
            writeln!(out, "  {}", crate::render::escape::harmless(line))?;
        }
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

/// What is watched, when it was last read, and what waits.
pub fn status(context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader()?;
    let config = &context.config;
    let codes = match &config.watch.codes {
        Codes::All => "all".to_owned(),
        Codes::Named(services) => joined(services),
    };
    let counts = reader.outbox_counts()?;
    let mut table = Table::new([Column::left("what", ""), Column::left("value", "")]);
    let mut line = |what: &str, value: String| table.push([Cell::text(what), Cell::text(value)]);
    line(
        "configuration",
        config.file.as_ref().map_or_else(
            || "built-in defaults".to_owned(),
            |file| file.display().to_string(),
        ),
    );
    line("store", config.store.display().to_string());
    line("codes", codes);
    line("look-alikes", joined(&config.watch.look_alikes));
    line(
        "determinations",
        config
            .watch
            .ncds
            .values()
            .map(|link| format!("NCD {}", link.section))
            .collect::<Vec<_>>()
            .join(", "),
    );
    line("localities", joined(&config.watch.localities));
    for source in sources::all() {
        let id = source.meta().id;
        let value = match reader.source_state(id)? {
            None => "never read".to_owned(),
            Some(state) => format!(
                "last good read {}, {} documents, next {}",
                state.last_good.map_or_else(|| "never".to_owned(), minute),
                state.listed.len(),
                minute(state.next_due)
            ),
        };
        line(&format!("source {id}"), value);
    }
    line(
        "outbox",
        format!(
            "{} pending, {} delivered, {} dead",
            counts.pending, counts.delivered, counts.dead
        ),
    );
    for open in reader.all_open_problems()? {
        line(&format!("problem of {}", open.problem.source), words(&open));
    }
    context.print(&table)?;
    Ok(Exit::Done)
}

fn joined<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if texts.is_empty() {
        "none".to_owned()
    } else {
        texts.join(", ")
    }
}

/// Mails that were sent, wait, or can never be delivered.
pub fn outbox(args: &OutboxArgs, context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader()?;
    let filter = DeliveryFilter {
        state: args.state,
        ..DeliveryFilter::default()
    };
    let found = reader.deliveries(&filter)?;
    if found.is_empty() && context.output.format == Format::Table {
        writeln!(std::io::stdout(), "The outbox is empty.")?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new([
        Column::left("id", "Id"),
        Column::left("state", "State"),
        Column::left("recipient", "To"),
        Column::left("subject", "Subject"),
        Column::left("created", "Created"),
        Column::right("attempts", "Attempts"),
        Column::left("next", "Next"),
        Column::left("last", "Last answer"),
        Column::left("message_id", "Message-ID"),
        Column::left("alert", "Alert"),
    ]);
    for delivery in &found {
        let last = reader
            .attempts(&delivery.outgoing.id)?
            .pop()
            .map(|attempt| match attempt.outcome {
                Outcome::Accepted(words) | Outcome::Deferred(words) | Outcome::Refused(words) => {
                    words
                }
            });
        let tone = match delivery.state {
            DeliveryState::Dead => Tone::Bad,
            DeliveryState::Pending | DeliveryState::Delivered => Tone::Plain,
        };
        table.push([
            Cell::text(&delivery.outgoing.id),
            Cell::text(delivery.state.id()).tone(tone),
            Cell::text(&delivery.outgoing.recipient),
            Cell::text(&delivery.outgoing.subject),
            Cell::text(minute(delivery.outgoing.created)),
            Cell::count(delivery.attempts),
            Cell::maybe(delivery.next.map(minute)),
            Cell::maybe(last),
            Cell::text(&delivery.outgoing.message_id),
            Cell::text(&delivery.outgoing.alert),
        ]);
    }
    context.print(&table)?;
    Ok(Exit::Done)
}
