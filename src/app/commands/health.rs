//! `coverd health`: one line and an exit code.

use std::io::Write as _;

use super::Context;
use crate::app::exit::{Exit, Failure, Monitored};
use crate::app::options::Format;
use crate::app::wiring;
use crate::ask::{Health, Verdict, health as health_of};
use crate::io::clock::{Clock as _, SystemClock};
use crate::render::escape::harmless;
use crate::render::table::{Cell, Column, Table};

fn found(context: &Context) -> Result<Health, Failure> {
    let reader = context.reader()?;
    let infos = wiring::source_infos(&context.config)?;
    let replayed = context.config.store.join("replayed").exists();
    Ok(health_of(&reader, &infos, replayed, SystemClock.now())?)
}

/// As a monitoring plugin says it: one line with numbers behind a bar, and its own exit codes. That nothing can be
/// known is an answer, too.
pub(super) fn plugin(context: Result<Context, Failure>) -> Result<Monitored, Failure> {
    let mut out = std::io::stdout().lock();
    let health = match context.and_then(|context| found(&context)) {
        Ok(health) => health,
        Err(failure) => {
            let why = failure.to_string();
            let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
            let state = Monitored::Unknown;
            writeln!(
                out,
                "COVERD {} - {}",
                state.word(),
                harmless(&why).replace('|', "/")
            )?;
            return Ok(state);
        }
    };
    let state = match health.verdict() {
        Verdict::Blind | Verdict::Untold => Monitored::Critical,
        Verdict::Well if !health.concerns.is_empty() => Monitored::Warning,
        Verdict::Well => Monitored::Ok,
    };
    let (blind, concerns) = (health.blind.len(), health.concerns.len());
    writeln!(
        out,
        "COVERD {} - {} | blind={blind};;1 dead={};;1 concerns={concerns};1",
        state.word(),
        health.summary(),
        health.dead,
    )?;
    for line in health.blind.iter().chain(&health.concerns) {
        // What stands behind a bar is taken for numbers.
        writeln!(out, "{}", harmless(line).replace('|', "/"))?;
    }
    Ok(state)
}

/// One line for people and scripts, and an exit code.
pub fn health(context: &Context) -> Result<Exit, Failure> {
    let health = found(context)?;
    let verdict = health.verdict();
    let exit = match verdict {
        Verdict::Blind => Exit::SourceUnreadable,
        Verdict::Untold => Exit::DeliveryDead,
        Verdict::Well => Exit::Done,
    };
    let word = verdict.id();
    if context.output.format == Format::Table {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{word}: {}", health.summary())?;
        drop(out);
        let mut page = context.page();
        for line in health.blind.iter().chain(&health.concerns) {
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
            Cell::list(health.concerns),
        ]);
        context.print(&table)?;
    }
    Ok(exit)
}
