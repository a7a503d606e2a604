//! From the command line to the command.

use super::{Context, answer, changes, check_schedule, config, db, man, overview, replayed, watch};
use crate::app::cli::{Cli, Command};
use crate::app::config::Environment;
use crate::app::exit::{Exit, Failure};

/// Does what the command line asks for.
///
/// # Errors
/// When the command failed; the failure has the exit code.
pub fn run(cli: Cli, environment: &Environment) -> Result<Exit, Failure> {
    let Cli { global, command } = cli;
    let context = || Context::new(&global, environment);
    match command {
        Command::Demo(args) => {
            replayed::demo(&args, &Context::without_config(&global, environment)?)
        }
        Command::Run => watch::run(&context()?.logging(environment)),
        Command::Check(args) => watch::check(&args, &context()?.logging(environment)),
        Command::Backfill(args) => watch::backfill(&args, &context()?.logging(environment)),
        Command::Status => overview::status(&context()?),
        Command::Answer(args) => answer::answer_command(&args, &context()?),
        Command::History(args) => answer::history(&args, &context()?),
        Command::Changes(args) => changes::changes(&args, &context()?),
        Command::Show(args) => changes::show(&args, &context()?),
        Command::Sources => overview::sources(&context()?),
        Command::Health => overview::health(&context()?),
        Command::Outbox(args) => overview::outbox(&args, &context()?),
        Command::MailTest(args) => watch::mail_test(&args, &context()?),
        Command::Replay(args) => replayed::replay_command(&args, &context()?),
        Command::Db(command) => db::run(&command, &context()?),
        Command::Config(command) => config::run(&command, &global, environment, check_schedule),
        Command::Completions(args) => man::completions(&args),
        Command::Man(args) => man::manual(&args),
    }
}
