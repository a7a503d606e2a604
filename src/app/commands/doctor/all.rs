//! All of it, one after the other, and how it went.

use std::io::Write as _;

use super::finding::{Finding, State};
use super::mail::try_mail;
use super::{machine, sources, store};
use crate::app::commands::{Context, Logged};
use crate::app::config::Environment;
use crate::app::exit::{Classify as _, Exit, Failure};
use crate::app::options::{Format, Global};
use crate::io::clock::{Clock as _, SystemClock};
use crate::io::control::ControlClient;
use crate::render::table::{Cell, Column, Table};

/// Tries everything and says how it went. The exit code is that of the first thing that is wrong.
pub(in crate::app::commands) fn doctor(
    global: &Global,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let context = match Context::new(global, environment) {
        Ok(context) => context,
        // Without a configuration there is nothing else to try.
        Err(failure) => {
            let config = Finding::wrong("configuration", Exit::Configuration, &failure);
            say(&config.remedied("mend the file; `coverd config check` names every mistake"))?;
            return Ok(Exit::Configuration);
        }
    };
    let context = context.logging(Logged::Command, global, environment);
    let is_table = context.output.format == Format::Table;
    let mut findings = Vec::new();
    let mut found = |finding: Finding| -> Result<(), Failure> {
        // Some of it takes a while: each line is shown as it comes.
        if is_table {
            say(&finding)?;
        }
        findings.push(finding);
        Ok(())
    };
    let now = SystemClock.now();
    for finding in machine::look(&context.config, now) {
        found(finding)?;
    }
    let runtime = context.runtime()?;
    let client = ControlClient::new(&context.config.store);
    let is_running = runtime.block_on(client.is_answered());
    found(store::service(is_running))?;
    for finding in store::look(&context.config, now) {
        found(finding)?;
    }
    runtime.block_on(sources::look(&context.config, is_running, &mut found))?;
    for finding in runtime.block_on(try_mail(&context.config)) {
        found(finding)?;
    }
    let first = findings
        .iter()
        .find(|finding| finding.state == State::Wrong);
    let exit = first.map_or(Exit::Done, |finding| finding.exit);
    if is_table {
        let of = |state: State| findings.iter().filter(|one| one.state == state).count();
        let (wrong, attention) = (of(State::Wrong), of(State::Attention));
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "\n{} things tried: {} well, {attention} to look at, {wrong} wrong",
            findings.len(),
            of(State::Well)
        )?;
    } else {
        context.print(&table(findings))?;
    }
    Ok(exit)
}

fn say(finding: &Finding) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(finding.to_string().as_bytes())
        .and_then(|()| out.flush())
        .or_exit(Exit::Unexpected)
}

fn table(findings: Vec<Finding>) -> Table {
    let mut table = Table::new([
        Column::left("state", "State"),
        Column::left("what", "What"),
        Column::left("found", "Found"),
        Column::left("remedy", "Remedy"),
    ]);
    for finding in findings {
        table.push([
            Cell::text(finding.state.id()),
            Cell::text(&finding.what),
            Cell::text(&finding.found),
            Cell::text(&finding.remedy),
        ]);
    }
    table
}
