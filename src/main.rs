//! The coverd program: reads the command line, runs the command, says how it ended.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use coverd::app::cli::Cli;
use coverd::app::commands;
use coverd::app::config::Environment;
use coverd::app::exit::Exit;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(said) => {
            // Help and version end here too; whether anybody reads them is not our concern.
            let _ = said.print();
            return if said.use_stderr() {
                Exit::Usage.into()
            } else {
                Exit::Done.into()
            };
        }
    };
    match commands::run(cli, &Environment::from_process()) {
        Ok(code) => code,
        Err(failure) if failure.is_broken_pipe() => Exit::Done.into(),
        Err(failure) => {
            // Where even standard error is gone, the exit code still tells.
            let _ = writeln!(io::stderr(), "coverd: {failure}");
            failure.exit.into()
        }
    }
}
