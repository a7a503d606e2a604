//! What was answered, and the configuration that it makes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::answers::{address, addresses, codes, each};
use super::ask::{Asker, wrong};
use super::flow::PasswordPlace;
use super::server::MailDraft;
use crate::app::cli::SetupArgs;
use crate::app::exit::Failure;
use crate::model::topic::LocalityId;

/// Everything but the mail server, and that too once it is known.
#[derive(Debug)]
pub(super) struct Draft {
    practice: String,
    time_zone: String,
    contact: String,
    recipients: Vec<String>,
    operators: Vec<String>,
    codes: Vec<String>,
    pub(super) mail: Option<MailDraft>,
    pub(super) localities: BTreeSet<LocalityId>,
}

impl Draft {
    /// What the account at the mail server is most likely named.
    pub(super) fn first_operator(&self) -> Option<&str> {
        self.operators.first().map(String::as_str)
    }

    /// Everything but the mail server and the localities.
    pub(super) fn ask(args: &SetupArgs, asker: Asker) -> Result<Self, Failure> {
        let practice = match &args.practice {
            Some(name) => name.clone(),
            None => asker.line("Name of the practice", "--practice", None, |answer| {
                Ok::<_, &str>(answer.to_owned())
            })?,
        };
        let recipients = if args.recipient.is_empty() {
            asker.line(
                "Who is told when Medicare changes something (addresses, with commas between)",
                "--recipient",
                None,
                addresses,
            )?
        } else {
            each(&args.recipient, "--recipient")?
        };
        let first = recipients.first().cloned().unwrap_or_default();
        let operators = if args.operator.is_empty() {
            asker.line(
                "Who is told when coverd itself has trouble",
                "--operator",
                Some(&first),
                addresses,
            )?
        } else {
            each(&args.operator, "--operator")?
        };
        let first = operators.first().cloned().unwrap_or_default();
        let contact = match &args.contact {
            Some(contact) => contact.clone(),
            None => asker.line(
                "Where Medicare's webmasters can reach you (sent with each request)",
                "--contact",
                Some(&first),
                address,
            )?,
        };
        let codes = if args.code.is_empty() {
            asker.line("Codes that you bill", "--code", Some("20560, 20561"), codes)?
        } else {
            codes(&args.code.join(",")).map_err(|why| wrong("--code", &why))?
        };
        let usual = local_zone();
        let time_zone = match &args.time_zone {
            Some(zone) => zone.clone(),
            None => asker.line("Time zone", "--time-zone", Some(&usual), |answer| {
                answer
                    .parse::<chrono_tz::Tz>()
                    .map(|zone| zone.name().to_owned())
                    .map_err(|_| "as America/Chicago")
            })?,
        };
        Ok(Self {
            practice,
            time_zone,
            contact,
            recipients,
            operators,
            codes,
            mail: None,
            localities: BTreeSet::new(),
        })
    }

    /// The configuration file.
    pub(super) fn text(&self, password: &PasswordPlace) -> String {
        let mut text = String::from(
            "# Written by `coverd setup`. It is laid over the defaults key by key; `coverd config init` prints those,\n\
             # each with its explanation. After a change: `coverd config check && systemctl restart coverd`.\n\n",
        );
        let list = |items: &[String]| {
            let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
            format!("[{}]", items.join(", "))
        };
        let localities: Vec<String> = self.localities.iter().map(ToString::to_string).collect();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "[practice]\nname = {}\ntime_zone = {}\n\n[watch]\ncodes = {}\n",
            quoted(&self.practice),
            quoted(&self.time_zone),
            list(&self.codes),
        );
        if !localities.is_empty() {
            let _ = writeln!(text, "localities = {}", list(&localities));
        }
        let _ = write!(
            text,
            "\n[fetch]\ncontact = {}\n\n[mail]\n",
            quoted(&self.contact)
        );
        match &self.mail {
            None => text.push_str("channel = \"file\"\n"),
            Some(mail) => {
                let _ = write!(
                    text,
                    "channel = \"smtp\"\nfrom = {}\nhost = {}\nport = {}\ntls = {}\n",
                    quoted(&mail.from),
                    quoted(&mail.host),
                    mail.port,
                    quoted(mail.tls.id()),
                );
                if let Some(file) = &mail.ca_file {
                    let _ = writeln!(text, "ca_file = {}", quoted(file));
                }
                if mail.has_login() {
                    let _ = writeln!(text, "user = {}", quoted(&mail.user));
                    match password {
                        PasswordPlace::Credential => text.push_str(
                            "# The password is in /etc/coverd/smtp-password, which systemd hands to the service.\n",
                        ),
                        PasswordPlace::File(file) => {
                            let _ = writeln!(text, "password_file = {}", quoted(&file.display().to_string()));
                        }
                    }
                }
            }
        }
        for (role, people) in [
            ("practice", &self.recipients),
            ("operator", &self.operators),
        ] {
            for address in people {
                // One address that has both roles is still watched for once.
                let again = role == "operator" && self.recipients.contains(address);
                let _ = write!(
                    text,
                    "\n[[recipient]]\naddress = {}\nrole = \"{role}\"\n{}",
                    quoted(address),
                    if again { "" } else { "welcome = true\n" },
                );
            }
        }
        text
    }
}

/// As TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// The time zone of this machine, where it is one of the United States or anywhere that people live; a machine
/// that is set to UTC says nothing about its practice.
fn local_zone() -> String {
    let named = fs::read_link("/etc/localtime").ok();
    let name = named.as_deref().and_then(Path::to_str).and_then(|path| {
        let (_, name) = path.split_once("zoneinfo/")?;
        let zone = name.parse::<chrono_tz::Tz>().ok()?;
        (name.contains('/') && !name.starts_with("Etc/")).then(|| zone.name().to_owned())
    });
    name.unwrap_or_else(|| "America/New_York".to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::app::commands::check_schedule;
    use crate::app::config::{Config, Environment, MailChannel, Tls};

    fn draft() -> Draft {
        Draft {
            practice: "Elm \"Street\" PT' [mail]".to_owned(),
            time_zone: "America/Chicago".to_owned(),
            contact: "it@elm.example".to_owned(),
            recipients: vec![
                "billing@elm.example".to_owned(),
                "it@elm.example".to_owned(),
            ],
            operators: vec!["it@elm.example".to_owned()],
            codes: vec!["20560".to_owned(), "97140".to_owned()],
            mail: Some(MailDraft {
                host: "mail.elm.example".to_owned(),
                port: 587,
                tls: Tls::StartTls,
                user: "coverd@elm.example".to_owned(),
                from: "coverd@elm.example".to_owned(),
                ca_file: None,
            }),
            localities: ["01112-05".parse().unwrap()].into(),
        }
    }

    #[test]
    fn what_was_answered_is_what_the_configuration_says() {
        let text = draft().text(&PasswordPlace::Credential);
        let environment = Environment::from_lookup(|_| None);
        let config = Config::from_text(
            Some(&PathBuf::from("/etc/coverd/coverd.toml")),
            &text,
            &environment,
            check_schedule,
        )
        .unwrap();
        assert_eq!(config.practice.name, "Elm \"Street\" PT' [mail]");
        let MailChannel::Smtp(server) = &config.mail.channel else {
            panic!("another channel");
        };
        assert_eq!(
            (server.host.as_str(), server.port),
            ("mail.elm.example", 587)
        );
        let welcomed: Vec<(&str, bool)> = config
            .recipients
            .iter()
            .map(|one| (one.address.as_str(), one.courtesy.welcome))
            .collect();
        let expected = [
            ("billing@elm.example", true),
            ("it@elm.example", true),
            ("it@elm.example", false),
        ];
        assert_eq!(welcomed, expected);
        assert_eq!(config.watch.localities.len(), 1);
    }
}
