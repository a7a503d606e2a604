//! The commands, one file each.

pub mod config;
pub mod man;
pub mod output;

use super::cli::{Cli, Command};
use super::config::Environment;
use super::exit::{Exit, Failure};

/// Does what the command line asks for.
///
/// # Errors
/// When the command failed; the failure has the exit code.
pub fn run(cli: Cli, environment: &Environment) -> Result<Exit, Failure> {
    let Cli { global, command } = cli;
    match command {
        Command::Config(command) => config::run(&command, &global, environment, |_| Ok(())),
        Command::Completions(args) => man::completions(&args),
        Command::Man(args) => man::manual(&args),
        other => Err(Failure::message(
            Exit::Unexpected,
            format!("not wired on this branch: {other:?}"),
        )),
    }
}
