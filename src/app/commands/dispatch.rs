//! From the command line to the command.

use std::process::ExitCode;

use super::{
    Context, Logged, ack, answer, archive, audit, bundle, changes, check_schedule, config, db,
    demo, doctor, export, health, history, man, mentions, outbox, pdf_text, replay, report, rules,
    setup, show, sources, status, watch, web,
};
use crate::app::cli::{Cli, Command, HealthArgs, WebCommand};
use crate::app::config::Environment;
use crate::app::exit::{Exit, Failure};
use crate::io::signals::survive_large_files;

/// Does what the command line asks for, and says what to end with.
///
/// # Errors
/// When the command failed; the failure has the exit code.
pub fn run(cli: Cli, environment: &Environment) -> Result<ExitCode, Failure> {
    survive_large_files();
    if let Command::Health(HealthArgs { nagios: true }) = cli.command {
        let context = Context::new(&cli.global, environment);
        return Ok(health::plugin(context)?.into());
    }
    Ok(command(cli, environment)?.into())
}

fn command(cli: Cli, environment: &Environment) -> Result<Exit, Failure> {
    let Cli { global, command } = cli;
    let logged = |logged| {
        let context = Context::new(&global, environment)?;
        Ok::<_, Failure>(context.logging(logged, &global, environment))
    };
    let context = || logged(Logged::Command);
    match command {
        Command::Demo(args) => {
            let context = Context::without_config(&global, environment)?;
            demo::demo(
                &args,
                &context.logging(Logged::Command, &global, environment),
            )
        }
        Command::Setup(args) => setup::setup(&args, &global, environment),
        Command::Run => watch::run(&logged(Logged::Service)?),
        Command::Check(args) => watch::check(&args, &context()?),
        Command::Backfill(args) => watch::backfill(&args, &context()?),
        Command::Status => status::status(&context()?),
        Command::Rules(args) => rules::rules(&args, &context()?),
        Command::Mentions(args) => mentions::mentions(&args, &context()?),
        Command::Answer(args) => answer::answer_command(&args, &context()?),
        Command::History(args) => history::history(&args, &context()?),
        Command::Changes(args) => changes::changes(&args, &context()?),
        Command::Show(args) => show::show(&args, &context()?),
        Command::Evidence(args) => bundle::evidence(&args, &context()?),
        Command::Report(args) => report::report_command(&args, &context()?),
        Command::Audit(args) => audit::audit(&args, &context()?),
        Command::Export(args) => export::export(&args, &context()?),
        Command::Archive(command) => archive::run(&command, &context()?),
        Command::Sources => sources::sources(&context()?),
        Command::Doctor => doctor::doctor(&global, environment),
        Command::Health(_) => health::health(&context()?),
        Command::Outbox(args) => outbox::outbox(&args, &context()?),
        Command::Ack(args) => ack::ack(&args, &context()?),
        Command::MailTest(args) => watch::mail_test(&args, &context()?),
        Command::Replay(args) => replay::replay_command(&args, &context()?),
        Command::Db(command) => db::run(&command, &context()?),
        Command::Web(WebCommand::Password) => web::password(),
        Command::Config(command) => config::run(&command, &global, environment, check_schedule),
        Command::Completions(args) => man::completions(&args),
        Command::Man(args) => man::manual(&args),
        Command::PdfText(args) => pdf_text::pdf_text(&args),
    }
}
