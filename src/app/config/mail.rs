//! The section `[mail]` and the recipients.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use super::mistake::KeyPath;
use super::raw::{RawChannel, RawMail, RawTls};
use super::raw_people::{RawRecipient, RawRole, RawSeverity};
use super::resolve::{Resolver, is_loopback, shorten};
use super::secret::PasswordSource;
use super::settings::{Login, Mail, MailChannel, Smtp, Tls};
use crate::model::attribute::Attribute;
use crate::model::change::Severity;
use crate::model::delivery::{Recipient, Role};

/// The sender of mails that are only written to files.
const LOCAL_SENDER: &str = "coverd@localhost";

impl Resolver<'_> {
    /// How mail leaves; files go below the store unless the file says otherwise.
    pub(super) fn mail(&mut self, raw: &RawMail, store: &Path) -> Mail {
        let from = self.text("mail.from", &raw.from);
        if !from.is_empty() {
            self.address(&KeyPath::of("mail.from"), &from);
        }
        self.within(
            "mail.timeout_seconds",
            i64::try_from(raw.timeout_seconds).unwrap_or(i64::MAX),
            1..=600,
        );
        let dir = self.path("mail.dir", &raw.dir);
        // Looked at for both channels, so that a mistake is told before the channel is switched.
        let smtp = self.smtp(raw);
        let channel = match raw.channel {
            RawChannel::File => MailChannel::File {
                dir: dir.unwrap_or_else(|| store.join("mail")),
            },
            RawChannel::Smtp => {
                if from.is_empty() {
                    self.wrong(
                        "mail.from",
                        "is required for channel = \"smtp\": the address that mails come from",
                    );
                }
                if smtp.host.is_empty() {
                    self.wrong(
                        "mail.host",
                        "is required for channel = \"smtp\": the name of your mail server",
                    );
                }
                MailChannel::Smtp(smtp)
            }
        };
        Mail {
            from: if from.is_empty() {
                LOCAL_SENDER.to_owned()
            } else {
                from
            },
            from_name: self.text("mail.from_name", &raw.from_name),
            channel,
        }
    }

    fn smtp(&mut self, raw: &RawMail) -> Smtp {
        let host = self.text("mail.host", &raw.host);
        if host.contains(|c: char| c.is_whitespace() || c == '/') {
            self.wrong("mail.host", "must be a host name or address, nothing else");
        }
        let tls = match raw.tls {
            RawTls::StartTls => Tls::StartTls,
            RawTls::Implicit => Tls::Implicit,
            RawTls::None => Tls::None,
        };
        if tls == Tls::None && !host.is_empty() && !is_loopback(&host) {
            self.wrong(
                "mail.tls",
                format!(
                    "\"none\" is for a server on this machine, and {} is another one: use \"starttls\" or \"implicit\"",
                    shorten(&host)
                ),
            );
        }
        let user = self.text("mail.user", &raw.user);
        let password = self.password(raw);
        Smtp {
            host,
            port: if raw.port == 0 { tls.port() } else { raw.port },
            tls,
            login: (!user.is_empty()).then_some(Login { user, password }),
            ca_file: self.path("mail.ca_file", &raw.ca_file),
            timeout: Duration::from_secs(raw.timeout_seconds),
        }
    }

    fn password(&mut self, raw: &RawMail) -> PasswordSource {
        if let Some(file) = self.path("mail.password_file", &raw.password_file) {
            return PasswordSource::File(file);
        }
        let name = self.text("mail.password_credential", &raw.password_credential);
        let plain = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !plain || matches!(name.as_str(), "." | "..") {
            self.wrong(
                "mail.password_credential",
                "must be the name of a systemd credential: letters, digits, '-', '_' and '.'",
            );
        }
        if name.is_empty() && !raw.user.is_empty() {
            self.wrong(
                "mail.user",
                "needs mail.password_credential or mail.password_file",
            );
        }
        PasswordSource::Credential {
            file: self
                .environment
                .credentials_directory
                .as_ref()
                .map(|folder| folder.join(&name)),
            name,
        }
    }

    /// The people, served by the configured channel.
    pub(super) fn recipients(&mut self, raw: &[RawRecipient], mail: &Mail) -> Vec<Recipient> {
        let list = KeyPath::of("recipient");
        let recipients: Vec<_> = raw
            .iter()
            .enumerate()
            .map(|(index, recipient)| {
                let key = list.index(index);
                let address = self.text_at(&key.key("address"), &recipient.address);
                self.address(&key.key("address"), &address);
                Recipient {
                    name: self.text_at(&key.key("name"), &recipient.name),
                    address,
                    role: role(recipient.role),
                    least: Severity::from(recipient.least),
                    severities: self.severities(&key.key("severity"), &recipient.severity),
                    channel: mail.channel.id().to_owned(),
                    courtesy: self.courtesy(&key, recipient),
                }
            })
            .collect();
        for index in duplicates(&recipients) {
            self.wrong_at(
                list.index(index).key("address"),
                "is listed before in the same role: they would get every mail twice",
            );
        }
        recipients
    }

    /// Weights by the name of an attribute, as `coverd changes --format json` writes it.
    fn severities(
        &mut self,
        key: &KeyPath,
        raw: &BTreeMap<String, RawSeverity>,
    ) -> BTreeMap<Attribute, Severity> {
        let mut severities = BTreeMap::new();
        for (name, weight) in raw {
            match name.parse::<Attribute>() {
                Ok(attribute) => {
                    severities.insert(attribute, Severity::from(*weight));
                }
                Err(_) => self.wrong_at(
                    key.key(name),
                    format!(
                        "'{}' is no attribute: write one as `coverd changes --format json` names it, such as \"mue_units\" or \"opps_payment\"",
                        shorten(name)
                    ),
                ),
            }
        }
        severities
    }

    pub(super) fn address(&mut self, key: &KeyPath, address: &str) {
        if address.parse::<lettre::Address>().is_err() {
            self.wrong_at(
                key.clone(),
                format!(
                    "'{}' is no mail address: write it as you@practice.example, the name goes into a key of its own",
                    shorten(address)
                ),
            );
        }
    }
}

pub(super) fn role(raw: RawRole) -> Role {
    match raw {
        RawRole::Practice => Role::Practice,
        RawRole::Operator => Role::Operator,
    }
}

/// Recipients that are configured twice: the same address, without regard to case, in the same role.
fn duplicates(recipients: &[Recipient]) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    recipients
        .iter()
        .enumerate()
        .filter(|(_, recipient)| {
            !seen.insert((recipient.address.to_lowercase(), recipient.role.id()))
        })
        .map(|(index, _)| index)
        .collect()
}
