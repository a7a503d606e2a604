//! `coverd status`: what is watched, when it was last read, and what waits.

use super::Context;
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::app::wiring;
use crate::ask::{Standing, standings};
use crate::io::store::OutboxCounts;
use crate::model::health::OpenProblem;
use crate::model::watch::Codes;
use crate::render::table::{Cell, Column, Table, Tone};
use crate::render::words::{minute, trouble};

/// Characters for the labels.
const LABEL: usize = 15;

struct Status {
    file: String,
    store: String,
    codes: Vec<String>,
    look_alikes: Vec<String>,
    ncds: Vec<String>,
    localities: Vec<String>,
    sources: Vec<Standing>,
    outbox: OutboxCounts,
    problems: Vec<OpenProblem>,
}

/// What is watched, when it was last read, and what waits.
pub fn status(context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader_if_any()?;
    let config = &context.config;
    let (outbox, problems) = match &reader {
        Some(reader) => (reader.outbox_counts()?, reader.all_open_problems()?),
        None => (OutboxCounts::default(), Vec::new()),
    };
    let file = config.file.as_ref();
    let status = Status {
        file: file.map_or_else(
            || "built-in defaults".to_owned(),
            |file| file.display().to_string(),
        ),
        store: config.store.display().to_string(),
        codes: match &config.watch.codes {
            Codes::All => vec!["all".to_owned()],
            Codes::Named(services) => texts(services),
        },
        look_alikes: texts(&config.watch.look_alikes),
        ncds: config
            .watch
            .ncds
            .values()
            .map(|link| format!("NCD {}", link.section))
            .collect(),
        localities: texts(&config.watch.localities),
        sources: standings(reader.as_ref(), &wiring::source_infos(config)?)?,
        outbox,
        problems,
    };
    if context.output.format == Format::Table {
        for_people(&status, reader.is_some(), context)?;
    } else {
        context.print(&for_programs(&status))?;
    }
    Ok(Exit::Done)
}

fn for_people(status: &Status, has_store: bool, context: &Context) -> Result<(), Failure> {
    let mut page = context.page();
    let mut line = |label: &str, value: &str| page.labelled(0, LABEL, label, value);
    line("configuration", &status.file);
    if has_store {
        line("store", &status.store);
    } else {
        line(
            "store",
            &format!("{} (not made yet: run `coverd check`)", status.store),
        );
    }
    line("codes", &joined(&status.codes));
    line("look-alikes", &joined(&status.look_alikes));
    line("determinations", &joined(&status.ncds));
    line("localities", &joined(&status.localities));
    for source in &status.sources {
        line(&format!("source {}", source.info.id), &source.summary());
    }
    let outbox = &status.outbox;
    line(
        "outbox",
        &format!(
            "{} pending, {} delivered, {} given up",
            outbox.pending, outbox.delivered, outbox.dead
        ),
    );
    for open in &status.problems {
        page.gap();
        page.toned(
            0,
            &format!("{}: {}", open.problem.source, trouble(open)),
            Tone::Bad,
        );
        page.prose(2, &format!("next: {}", open.problem.remedy));
    }
    context.show(&page)
}

/// One row for each value, by a key that does not change.
fn for_programs(status: &Status) -> Table {
    let mut table = Table::new([Column::left("what", "What"), Column::left("value", "Value")]);
    let mut row = |what: &str, value: Cell| table.push([Cell::text(what), value]);
    row("configuration", Cell::text(&status.file));
    row("store", Cell::text(&status.store));
    row("codes", Cell::list(status.codes.clone()));
    row("look_alikes", Cell::list(status.look_alikes.clone()));
    row("determinations", Cell::list(status.ncds.clone()));
    row("localities", Cell::list(status.localities.clone()));
    for source in &status.sources {
        let key = |what: &str| format!("source.{}.{what}", source.info.id);
        let state = source.state.as_ref();
        row(&key("enabled"), Cell::flag(source.info.enabled));
        let last = state.and_then(|state| Some(state.last_good?.to_rfc3339()));
        row(&key("last_good"), Cell::maybe(last));
        row(
            &key("next_due"),
            Cell::maybe(state.map(|state| state.next_due.to_rfc3339())),
        );
        row(
            &key("documents"),
            count(state.map_or(0, |state| state.listed.len() as u64)),
        );
    }
    row("outbox.pending", count(status.outbox.pending));
    row("outbox.delivered", count(status.outbox.delivered));
    row("outbox.dead", count(status.outbox.dead));
    row(
        "outbox.oldest_pending",
        Cell::maybe(status.outbox.oldest_pending.map(minute)),
    );
    row("problems", Cell::list(status.problems.iter().map(trouble)));
    table
}

fn count(number: u64) -> Cell {
    Cell::count(i64::try_from(number).unwrap_or(i64::MAX))
}

fn texts<T: ToString>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}

fn joined(items: &[String]) -> String {
    if items.is_empty() {
        "none".to_owned()
    } else {
        items.join(", ")
    }
}
