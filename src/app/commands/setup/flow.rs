//! From the first question to the started service.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::ask::{Asker, say};
use super::draft::Draft;
use super::server::{MailDraft, password};
use super::{places, service, write};
use crate::app::cli::SetupArgs;
use crate::app::commands::check_schedule;
use crate::app::commands::doctor::{Finding, State, try_server};
use crate::app::config::{CREDENTIALS, Config, Environment, MailChannel};
use crate::app::exit::{Classify as _, Exit, Failure};
use crate::app::options::Global;

/// The file that the service reads.
const SYSTEM_FILE: &str = "/etc/coverd/coverd.toml";

/// Asks, tries, writes, starts.
pub(in crate::app::commands) fn setup(
    args: &SetupArgs,
    global: &Global,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let file = global.config.clone().or_else(|| environment.config.clone());
    let file = file.unwrap_or_else(|| PathBuf::from(SYSTEM_FILE));
    write::may_be_written(&file, args.insist.replace)?;
    let asker = Asker::new(!args.non_interactive && std::io::stdin().is_terminal());
    asker.explain(
        "coverd watches what Medicare publishes about your codes and mails you what changes.\n\
         An empty answer takes what stands in [brackets]. Nothing is written before the end.",
    )?;

    let mut draft = Draft::ask(args, asker)?;
    let mut is_first = true;
    let secret = loop {
        let mail = MailDraft::ask(args, asker, draft.first_operator(), draft.mail.as_ref())?;
        let secret = match &mail {
            Some(mail) if mail.has_login() => Some(password(args, asker, is_first)?),
            Some(_) | None => None,
        };
        draft.mail = mail;
        let config = parsed(&draft, &file, environment)?;
        let is_good = try_mail(&config, secret.as_ref())?;
        if is_good || args.insist.keep_going {
            break secret;
        }
        if !asker.is_interactive() {
            return Err(Failure::message(
                Exit::DeliveryDead,
                "the mail server does not take what coverd would send; nothing was written",
            )
            .next("mend what is named above, or give --keep-going to write the configuration all the same"));
        }
        if asker.yes("Write it all the same?", false)? {
            break secret;
        }
        is_first = false;
        say("Then the mail server again.")?;
    };

    let config = parsed(&draft, &file, environment)?;
    draft.localities = places::ask(args, asker, &config)?;
    let config = parsed(&draft, &file, environment)?;
    write::write(&file, &draft, secret.as_ref())?;
    say(&format!("Wrote {}.", file.display()))?;
    if config.file.as_deref() != Some(Path::new(SYSTEM_FILE)) || args.no_start {
        say(&format!(
            "Not started. By hand: coverd --config {} run",
            file.display()
        ))?;
        return Ok(Exit::Done);
    }
    service::start()
}

/// The configuration as it would be.
fn parsed(draft: &Draft, file: &Path, environment: &Environment) -> Result<Config, Failure> {
    let text = draft.text(&password_place(file));
    Config::from_text(Some(file), &text, environment, check_schedule)
        .or_exit(Exit::Usage)
        .map_err(|failure| {
            failure.next("answer again with what the message asks for; nothing was written")
        })
}

/// Where the password goes: the credential of the unit, or, for another file than the service's, beside it.
pub(super) enum PasswordPlace {
    Credential,
    File(PathBuf),
}

impl PasswordPlace {
    pub(super) fn path(&self) -> PathBuf {
        match self {
            Self::Credential => Path::new(CREDENTIALS).join("smtp-password"),
            Self::File(file) => file.clone(),
        }
    }
}

pub(super) fn password_place(file: &Path) -> PasswordPlace {
    if file == Path::new(SYSTEM_FILE) {
        PasswordPlace::Credential
    } else {
        let folder = file.parent().unwrap_or(Path::new("."));
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        PasswordPlace::File(folder.join("smtp-password"))
    }
}

/// Whether every step of the mail server went well.
fn try_mail(config: &Config, password: Option<&SecretString>) -> Result<bool, Failure> {
    let MailChannel::Smtp(server) = &config.mail.channel else {
        return Ok(true);
    };
    say(&format!("\nTrying {}:{} …", server.host, server.port))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let findings: Vec<Finding> = runtime.block_on(try_server(config, server, password));
    let mut out = std::io::stdout().lock();
    for finding in &findings {
        write!(out, "{finding}")?;
    }
    out.flush()?;
    Ok(findings.iter().all(|finding| finding.state != State::Wrong))
}
