//! The mail server: what was answered about it, and the password of the account.

use std::fs;
use std::path::Path;

use clap::ValueEnum as _;
use secrecy::SecretString;

use super::answers::{address, host_name};
use super::ask::{Asker, secret};
use crate::app::cli::SetupArgs;
use crate::app::config::Tls;
use crate::app::exit::{Classify as _, Exit, Failure};

/// Longest password file, in bytes.
const LONGEST: u64 = 4_096;

/// The mail server.
#[derive(Debug)]
pub(super) struct MailDraft {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) user: String,
    pub(super) from: String,
    pub(super) ca_file: Option<String>,
}

impl MailDraft {
    pub(super) fn has_login(&self) -> bool {
        !self.user.is_empty()
    }

    /// `None` where mails are written into files. The second time (`before`) everything is asked for, with what was
    /// answered at first as usual: any of it may be what is wrong.
    pub(super) fn ask(
        args: &SetupArgs,
        asker: Asker,
        account: Option<&str>,
        before: Option<&Self>,
    ) -> Result<Option<Self>, Failure> {
        let is_first = before.is_none();
        let host = match args.mail_host.as_ref().filter(|_| is_first) {
            Some(host) => host.clone(),
            None => asker.line(
                "Mail server, as your provider names it for outgoing mail, or \"none\"",
                "--mail-host",
                before.map(|before| before.host.as_str()),
                host_name,
            )?,
        };
        if host == "none" {
            return Ok(None);
        }
        let tls = match args.mail_tls.filter(|_| is_first) {
            Some(tls) => tls,
            None => asker.line(
                "Protection: starttls (port 587), implicit (465), none (only on this machine)",
                "--mail-tls",
                Some(before.map_or("starttls", |before| before.tls.id())),
                |answer| Tls::from_str(answer, true).map_err(|_| "starttls, implicit or none?"),
            )?,
        };
        let usual = before.filter(|before| before.tls == tls);
        let usual = usual.map_or(tls.port(), |before| before.port).to_string();
        let port = match args.mail_port.filter(|_| is_first) {
            Some(port) => port,
            None => asker.line("Port", "--mail-port", Some(&usual), |answer| {
                answer
                    .parse::<u16>()
                    .map_err(|_| "a number up to 65535 is expected")
            })?,
        };
        // Most mail accounts are named by their address.
        let usual = match before {
            Some(before) if before.has_login() => Some(before.user.as_str()),
            None if asker.is_interactive() => account,
            Some(_) | None => Some("none"),
        };
        let user = match args.mail_user.as_ref().filter(|_| is_first) {
            Some(user) => user.clone(),
            None => asker.line(
                "Account at the mail server, or \"none\" where it wants no login",
                "--mail-user",
                usual,
                |answer| Ok::<_, &str>(answer.to_owned()),
            )?,
        };
        let user = if user == "none" { String::new() } else { user };
        let domain = host
            .split_once('.')
            .map_or(host.as_str(), |(_, domain)| domain);
        let usual = match before {
            Some(before) => before.from.clone(),
            None if user.contains('@') => user.clone(),
            None => format!("coverd@{domain}"),
        };
        let from = match args.from.as_ref().filter(|_| is_first) {
            Some(from) => from.clone(),
            None => asker.line("Sender of the mails", "--from", Some(&usual), address)?,
        };
        let ca_file = args.mail_ca.as_deref().map(|file| {
            std::path::absolute(file)
                .unwrap_or_else(|_| file.to_owned())
                .display()
                .to_string()
        });
        Ok(Some(Self {
            host,
            port,
            tls,
            user,
            from,
            ca_file,
        }))
    }
}

/// The password of the account.
pub(super) fn password(
    args: &SetupArgs,
    asker: Asker,
    is_first: bool,
) -> Result<SecretString, Failure> {
    let text = match args.password_file.as_ref().filter(|_| is_first) {
        Some(file) => read(file)?,
        None if asker.is_interactive() => secret("Password of the account (not shown)")?,
        None => {
            let words = "the account has a password, and --password-file is not given";
            return Err(Failure::message(Exit::Usage, words));
        }
    };
    let text = text.trim_end_matches(['\n', '\r']);
    if text.is_empty() {
        return Err(Failure::message(Exit::Usage, "the password is empty"));
    }
    Ok(SecretString::from(text))
}

fn read(file: &Path) -> Result<String, Failure> {
    use std::io::Read as _;
    let mut text = String::new();
    fs::File::open(file)
        .and_then(|opened| opened.take(LONGEST).read_to_string(&mut text))
        .map_err(|error| anyhow::anyhow!("cannot read {}: {error}", file.display()))
        .or_exit(Exit::Usage)?;
    Ok(text)
}
