//! `coverd demo` and `coverd replay`.

use std::fs;
use std::io::Write as _;

use anyhow::Context as _;
use include_dir::{Dir, include_dir};

use super::Context;
use super::answer::answered;
use crate::app::cli::{DemoArgs, ReplayArgs};
use crate::app::config::{Config, Environment, MailChannel};
use crate::app::exit::{Classify, Exit, Failure};
use crate::app::replay::{Moment, replay};
use crate::app::wiring;
use crate::io::recording::Recording;
use crate::io::store::DeliveryFilter;
use crate::model::answer::Question;
use crate::model::watch::NcdLink;
use crate::render::escape::harmless;
use crate::render::mail::bodies;

/// January to July 2020 as it could have been captured; made, see tests/fixtures/PROVENANCE.md.
static RECORDING: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/tests/fixtures/demo/recording");

/// The configuration that the demonstration leaves for the other commands.
const DEMO_CONFIG: &str = "\
# Made by `coverd demo`. Everything that is not here has its default: `coverd config show` lists it.

[practice]
name = \"Demonstration Physical Therapy\"

[store]
dir = \".\"

[mail]
channel = \"file\"
from = \"coverd@practice.example\"
dir = \"mail\"

[[recipient]]
name = \"Billing\"
address = \"billing@practice.example\"

[[recipient]]
name = \"Administrator\"
address = \"it@practice.example\"
role = \"operator\"
";

/// Replays the recording that is built into the program.
pub fn demo(args: &DemoArgs, context: &Context) -> Result<Exit, Failure> {
    let folder = &args.dir;
    if folder
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some())
    {
        return Err(
            Failure::message(Exit::Usage, format!("{} is not empty", folder.display()))
                .next("remove it, or name another folder with --dir"),
        );
    }
    wiring::create_private(folder)?;
    let file = folder.join("coverd.toml");
    fs::write(&file, DEMO_CONFIG).with_context(|| format!("cannot write {}", file.display()))?;
    let config = Config::load(Some(&file), &Environment::default(), super::check_schedule)
        .or_exit(Exit::Configuration)?;
    let recording = Recording::embedded(&RECORDING).or_exit(Exit::Unexpected)?;

    say(
        "A replay of spring 2020, when Medicare began to pay for dry needling (20560, 20561).\nEvery document goes through coverd as it would in earnest; only the clock is set.\n",
    )?;
    run_recording(&config, recording, context, true)?;
    ask(&config, context)?;
    say(&format!(
        "\nThe store, the mail and a configuration are in {0}. Go on with\n\n  coverd --config {0}/coverd.toml answer 20560 --on 2020-02-10\n  coverd --config {0}/coverd.toml history 20560\n  coverd --config {0}/coverd.toml changes\n",
        folder.display()
    ))?;
    Ok(Exit::Done)
}

/// Three dates of service: before the change, after it, and as it looked on an early day.
fn ask(config: &Config, context: &Context) -> Result<(), Failure> {
    let reader = wiring::open_reader(config)?;
    let links: Vec<NcdLink> = config.watch.ncds.values().cloned().collect();
    say("\nWhat coverd answers now\n")?;
    for (on, published) in [
        ("2020-02-10", None),
        ("2020-02-10", Some("2020-01-15")),
        ("2020-05-12", None),
    ] {
        let question = Question {
            service: "20560".parse().context("the code of the demonstration")?,
            on: on.parse().context("a date of the demonstration")?,
            place: None,
            as_published_on: published
                .map(str::parse)
                .transpose()
                .context("a date of the demonstration")?,
            as_known_on: None,
        };
        let seen_as = published
            .map(|day| format!(" (as published by {day})"))
            .unwrap_or_default();
        say(&format!(
            "\n  {}{seen_as}",
            answered(&reader, &question, &links)?.summary
        ))?;
    }
    say("\n\nHistory of the status indicator and of payment\n")?;
    super::answer::print_outline(&reader, "20560", context)
}

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
    let well = run_recording(&config, recording, context, false)?;
    if args.into.is_some() {
        say(&format!(
            "\nThe store is in {0}: coverd --store {0} changes\n",
            config.store.display()
        ))?;
    }
    Ok(if well {
        Exit::Done
    } else {
        Exit::SourceUnreadable
    })
}

fn run_recording(
    config: &Config,
    recording: Recording,
    context: &Context,
    show_mail: bool,
) -> Result<bool, Failure> {
    let progress = |text: &str| {
        if !show_mail {
            let _ = writeln!(std::io::stderr(), "  {}", harmless(text));
        }
    };
    let mut well = true;
    let mut shown = 0_usize;
    context
        .runtime()?
        .block_on(replay(config, recording, &progress, async |_, moment| {
            tell(moment)?;
            well &= moment.passes.iter().all(|pass| pass.problems.is_empty());
            if show_mail {
                shown += show_new_mail(config, shown)?;
            }
            Ok(())
        }))?;
    Ok(well)
}

fn tell(moment: &Moment) -> Result<(), Failure> {
    say(&format!("\n{}\n", moment.at.format("%Y-%m-%d %H:%M UTC")))?;
    for pass in &moment.passes {
        let news = match (pass.read, pass.alerts) {
            (0, _) => "nothing new".to_owned(),
            (read, 0) => format!("{read} read anew, nothing to tell"),
            (read, alerts) => format!("{read} read anew, {alerts} alerted"),
        };
        say(&format!(
            "  {:<4} {} documents listed, {news}\n",
            pass.source, pass.units
        ))?;
        for problem in &pass.problems {
            say(&format!(
                "       {}: {}\n",
                problem.kind,
                harmless(&problem.text)
            ))?;
        }
    }
    Ok(())
}

/// Prints the messages that arrived since the last look, and where they lie.
fn show_new_mail(config: &Config, shown: usize) -> Result<usize, Failure> {
    let reader = wiring::open_reader(config)?;
    let sent = reader.deliveries(&DeliveryFilter::default())?;
    // Newest first in the list.
    let new = sent.len().saturating_sub(shown);
    for delivery in sent.iter().take(new).rev() {
        let outgoing = &delivery.outgoing;
        say(&format!(
            "\n  Mail to {}\n  Subject: {}\n\n",
            outgoing.recipient,
            harmless(&outgoing.subject)
        ))?;
        let alert = reader
            .alert(&outgoing.alert)?
            .context("a message without its alert")?;
        let envelope = wiring::envelope(config);
        let text = bodies(&alert, &envelope)
            .context("the message cannot be shown")?
            .text;
        for line in text.lines() {
            say(&format!("  | {}\n", harmless(line)))?;
        }
        if let Some(file) = mail_file(config, &outgoing.id) {
            say(&format!("\n  The mail lies in {}\n", file.display()))?;
        }
    }
    Ok(new)
}

fn mail_file(config: &Config, id: &str) -> Option<std::path::PathBuf> {
    let MailChannel::File { dir: folder } = &config.mail.channel else {
        return None;
    };
    let mut files = fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path());
    files.find(|file| file.to_string_lossy().contains(id))
}

fn say(text: &str) -> Result<(), Failure> {
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
