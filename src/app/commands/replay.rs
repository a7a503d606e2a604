//! `coverd replay`: recorded captures through coverd, as of their own dates.

use std::io::Write as _;

use anyhow::Context as _;

use super::Context;
use super::program::program;
use crate::app::check::Pass;
use crate::app::cli::ReplayArgs;
use crate::app::config::{Config, MailChannel};
use crate::app::exit::{Classify, Exit, Failure};
use crate::app::replay::{Moment, replay};
use crate::io::recording::Recording;
use crate::render::escape::harmless;

/// Replays a recording of the user's.
pub fn replay_command(args: &ReplayArgs, context: &Context) -> Result<Exit, Failure> {
    let mut config = context.config.clone();
    if let Some(into) = &args.into {
        config.store.clone_from(into);
    }
    // A replay never mails anyone: what would have been sent is written beside the store.
    config.mail.channel = MailChannel::File {
        dir: config.store.join("mail"),
    };
    for recipient in &mut config.recipients {
        config.mail.channel.id().clone_into(&mut recipient.channel);
    }
    let recording = Recording::open(&args.recording)
        .with_context(|| format!("cannot read the recording in {}", args.recording.display()))
        .or_exit(Exit::Usage)?;
    let progress = |text: &str| {
        let _ = writeln!(std::io::stderr(), "  {}", harmless(text));
    };
    let Replayed { well, unasked } = run(&config, recording, context, &progress, |_| Ok(()))?;
    tell_unasked(&unasked)?;
    if args.into.is_some() {
        say(&format!(
            "\nThe store is in {0}: {1} --store {0} changes\n",
            config.store.display(),
            program()
        ))?;
    }
    Ok(if well {
        Exit::Done
    } else {
        Exit::SourceUnreadable
    })
}

/// How a replay went.
#[derive(Debug)]
pub(super) struct Replayed {
    /// Everything that was asked for could be read.
    pub(super) well: bool,
    /// Addresses of the recording that no source asked for.
    unasked: Vec<String>,
}

/// Replays a recording, and says at each of its times how it went; `after` each, its mail is out.
pub(super) fn run(
    config: &Config,
    recording: Recording,
    context: &Context,
    progress: &(dyn Fn(&str) + Send + Sync),
    mut after: impl FnMut(&Moment) -> Result<(), Failure>,
) -> Result<Replayed, Failure> {
    let mut well = true;
    let unasked =
        context
            .runtime()?
            .block_on(replay(config, recording, progress, async |_, moment| {
                tell(moment, !config.recipients.is_empty())?;
                well &= moment.passes.iter().all(|pass| pass.problems.is_empty());
                after(moment)
            }))?;
    Ok(Replayed { well, unasked })
}

/// What had no part in what was found: a document may be there under a name that coverd does not know.
fn tell_unasked(unasked: &[String]) -> Result<(), Failure> {
    /// Addresses that are named; a web archive may have thousands.
    const MOST: usize = 20;
    if unasked.is_empty() {
        return Ok(());
    }
    say("\nNo source asked for these addresses of the recording:\n")?;
    for url in unasked.iter().take(MOST) {
        say(&format!("  {}\n", harmless(url)))?;
    }
    match unasked.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => say(&format!("  and {more} more\n")),
    }
}

/// `somebody` is configured to be mailed.
fn tell(moment: &Moment, somebody: bool) -> Result<(), Failure> {
    say(&format!("\n{}\n", moment.at.format("%Y-%m-%d %H:%M UTC")))?;
    // A source of which the recording holds nothing is no part of what is told.
    let recorded = |pass: &&Pass| pass.units > 0 || pass.read > 0 || !pass.problems.is_empty();
    for pass in moment.passes.iter().filter(recorded) {
        let news = match (pass.read, pass.alerts, pass.mails) {
            (0, ..) => "nothing new".to_owned(),
            (read, 0, _) => format!("{read} read anew: nothing to tell"),
            (read, _, 0) if somebody => {
                format!("{read} read anew: record keeping only, nothing to mail")
            }
            (read, alerts, 0) => format!(
                "{read} read anew: alerts raised: {alerts} (`changes` lists what moved; no recipient is configured)"
            ),
            (read, _, 1) => format!("{read} read anew: 1 mail"),
            (read, _, mails) => format!("{read} read anew: {mails} mails"),
        };
        say(&format!(
            "  {:<4} {} {} listed, {news}\n",
            pass.source,
            pass.units,
            if pass.units == 1 {
                "document"
            } else {
                "documents"
            },
        ))?;
        for problem in &pass.problems {
            let text = harmless(&problem.text).into_owned();
            say(&format!("       {}: {text}\n", problem.kind))?;
        }
    }
    Ok(())
}

pub(super) fn say(text: &str) -> Result<(), Failure> {
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
