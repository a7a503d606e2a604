//! `coverd config`: write, check and show the configuration.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;

use crate::app::cli::ConfigCommand;
use crate::app::config::{Config, Environment, ScheduleCheck, example};
use crate::app::exit::{Exit, Failure, misconfigured};
use crate::app::options::Global;
use crate::render::table::{Cell, Column, Table};

use super::output::{self, Output};

/// Runs one of the three.
///
/// # Errors
/// When the configuration is wrong, or something cannot be written.
pub fn run(
    command: &ConfigCommand,
    global: &Global,
    environment: &Environment,
    check_schedule: ScheduleCheck,
) -> Result<Exit, Failure> {
    let load = || {
        Config::load(global.config.as_deref(), environment, check_schedule).map_err(misconfigured)
    };
    match command {
        ConfigCommand::Init { path: None } => io::stdout().write_all(example().as_bytes())?,
        ConfigCommand::Init { path: Some(path) } => init(path)?,
        ConfigCommand::Check => check(&load()?)?,
        ConfigCommand::Show => {
            let output = Output::new(global, environment);
            output::print(&entries(&load()?), &output)?;
        }
    }
    Ok(Exit::Done)
}

fn init(path: &Path) -> Result<(), Failure> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .with_context(|| format!("cannot create {}", path.display()))
        .map_err(|error| {
            Failure::from(error).next("name a file that does not exist yet, in a folder that does")
        })?;
    file.write_all(example().as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", path.display()))?;
    writeln!(
        io::stdout(),
        "Wrote {path}.\nNow set fetch.contact and add a [[recipient]], then: coverd --config {path} config check",
        path = path.display()
    )?;
    Ok(())
}

fn check(config: &Config) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match &config.file {
        Some(file) => writeln!(out, "{}: no mistakes", file.display())?,
        None => writeln!(
            out,
            "no configuration file: the defaults hold (`coverd config init` writes a file)"
        )?,
    }
    for warning in config.warnings() {
        writeln!(out, "note: {warning}")?;
    }
    Ok(())
}

fn entries(config: &Config) -> Table {
    let mut table = Table::new([
        Column::left("key", "Key"),
        Column::left("value", "Value"),
        Column::left("from", "From"),
    ]);
    for entry in config.entries() {
        let from = if entry.from_file { "file" } else { "default" };
        table.push([
            Cell::text(&entry.key),
            Cell::text(&entry.value),
            Cell::text(from),
        ]);
    }
    if let Some(file) = &config.file {
        table.note(format!("File: {}", file.display()));
    }
    table.note(format!("Store: {}", config.store.display()));
    table
}
