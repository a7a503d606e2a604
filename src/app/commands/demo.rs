//! `coverd demo`: the spring of 2020 through coverd, from a recording that is built in.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use include_dir::{Dir, include_dir};

use super::Context;
use super::history::outline;
use super::program::{program, quoted};
use super::replay::{run, say};
use crate::app::cli::DemoArgs;
use crate::app::config::{Config, Environment, MailChannel};
use crate::app::exit::{Classify, Exit, Failure};
use crate::app::wiring;
use crate::ask::answered;
use crate::io::recording::Recording;
use crate::io::store::DeliveryFilter;
use crate::model::answer::Question;
use crate::model::attribute::Attribute;
use crate::model::code::Service;
use crate::render::mail::text_of;

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

    let mut page = context.page();
    page.prose(
        0,
        "A replay of spring 2020, when Medicare began to pay for dry needling (20560, 20561). Every document goes through coverd as it would in earnest; only the clock is set.",
    );
    context.show(&page)?;
    let mut shown = 0;
    run(&config, recording, context, &|_| {}, |_| {
        shown += show_new_mail(&config, shown, context)?;
        Ok(())
    })?;
    ask(&config, context)?;
    go_on(
        &quoted(&file.display().to_string()),
        &folder.display().to_string(),
        context,
    )?;
    Ok(Exit::Done)
}

fn go_on(file: &str, folder: &str, context: &Context) -> Result<(), Failure> {
    let mut page = context.page();
    say("\n")?;
    page.heading("Go on");
    page.prose(
        0,
        &format!("The store, the mail and a configuration are in {folder}. Try"),
    );
    page.gap();
    let program = program();
    for command in [
        "answer 20560 --on 2020-02-10",
        "history 20560",
        "changes",
        "sources",
    ] {
        page.verbatim(2, &format!("{program} --config {file} {command}"));
    }
    context.show(&page)
}

/// Three questions: before the change, the same day as it looked then, and after the change.
fn ask(config: &Config, context: &Context) -> Result<(), Failure> {
    let reader = wiring::open_reader(config)?;
    let service: Service = "20560".parse().context("the code of the demonstration")?;
    let mut page = context.page();
    say("\n")?;
    page.heading("What coverd answers for a date of service");
    for (on, published) in [
        ("2020-02-10", None),
        ("2020-02-10", Some("2020-01-15")),
        ("2020-05-12", None),
    ] {
        let question = Question {
            service,
            on: on.parse().context("a date of the demonstration")?,
            place: None,
            as_published_on: published
                .map(str::parse)
                .transpose()
                .context("a date of the demonstration")?,
            as_known_on: None,
        };
        page.gap();
        let said = answered(&reader, &question, &config.watch)?.summary;
        let seen_as = published
            .map(|day| format!("By what CMS had published by {day}: "))
            .unwrap_or_default();
        page.prose(2, &format!("{seen_as}{said}"));
    }
    page.heading("What coverd knows of 20560");
    let most = [
        Attribute::Status,
        Attribute::NonFacilityTotal,
        Attribute::FacilityTotal,
    ];
    outline(&mut page, &reader, service, &most)?;
    context.show(&page)
}

/// Prints the messages that arrived since the last look, and where they lie.
fn show_new_mail(config: &Config, shown: usize, context: &Context) -> Result<usize, Failure> {
    let reader = wiring::open_reader(config)?;
    let sent = reader.deliveries(&DeliveryFilter::default())?;
    // Newest first in the list.
    let new = sent.len().saturating_sub(shown);
    for delivery in sent.iter().take(new).rev() {
        let outgoing = &delivery.outgoing;
        let text = text_of(outgoing).context("the message cannot be shown")?;
        let mut page = context.page();
        page.gap();
        page.verbatim(2, &format!("| To:      {}", outgoing.recipient));
        page.verbatim(2, &format!("| Subject: {}", outgoing.subject));
        page.verbatim(2, "|");
        for line in text.lines() {
            page.verbatim(2, format!("| {line}").trim_end());
        }
        if let Some(file) = mail_file(config, &outgoing.id) {
            page.gap();
            page.verbatim(2, &format!("The mail: {}", file.display()));
        }
        say("\n")?;
        context.show(&page)?;
    }
    Ok(new)
}

fn mail_file(config: &Config, id: &str) -> Option<PathBuf> {
    let MailChannel::File { dir: folder } = &config.mail.channel else {
        return None;
    };
    let mut files = fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path());
    files.find(|file| file.to_string_lossy().contains(id))
}
