//! `coverd health`: one line and an exit code.

use std::io::Write as _;

use super::Context;
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::app::wiring;
use crate::ask::{Verdict, health as health_of};
use crate::io::clock::{Clock as _, SystemClock};
use crate::render::table::{Cell, Column, Table};

/// One line for a monitor, and an exit code.
pub fn health(context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader()?;
    let infos = wiring::source_infos(&context.config)?;
    let replayed = context.config.store.join("replayed").exists();
    let health = health_of(&reader, &infos, replayed, SystemClock.now())?;
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
