//! Programs that are told: the blocks `[[hook]]`.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::mistake::KeyPath;
use super::raw_people::RawHook;
use super::resolve::{Resolver, shorten};
use super::secret::PasswordSource;
use super::settings::{Hook, HookWay};
use crate::model::change::Severity;
use crate::model::courtesy::Courtesy;
use crate::model::delivery::Recipient;

impl Resolver<'_> {
    /// The programs, each a recipient with a channel of its own.
    pub(super) fn hooks(&mut self, raw: &[RawHook]) -> Vec<Hook> {
        let list = KeyPath::of("hook");
        let mut names = BTreeSet::new();
        let mut hooks = Vec::new();
        for (index, raw) in raw.iter().enumerate() {
            let key = list.index(index);
            let name = self.text_at(&key.key("name"), &raw.name);
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if name.is_empty() || !name.chars().all(plain) {
                self.wrong_at(
                    key.key("name"),
                    "is required: letters, digits, '-' and '_'; another name is another channel",
                );
            } else if !names.insert(name.clone()) {
                self.wrong_at(key.key("name"), "is the name of another hook");
            }
            let Some(way) = self.hook_way(&key, raw) else {
                continue;
            };
            hooks.push(Hook {
                way,
                to: Recipient {
                    name: String::new(),
                    channel: format!("hook:{name}"),
                    address: name,
                    role: super::mail::role(raw.role),
                    least: Severity::from(raw.least),
                    severities: BTreeMap::new(),
                    courtesy: Courtesy::default(),
                },
            });
        }
        hooks
    }

    fn hook_way(&mut self, key: &KeyPath, raw: &RawHook) -> Option<HookWay> {
        match (raw.url.is_empty(), raw.command.is_empty()) {
            (true, false) => Some(HookWay::Command(raw.command.clone())),
            (false, true) => {
                let url = self.hook_url(key, &raw.url)?;
                let file = self.path_at(&key.key("secret_file"), &raw.secret_file);
                if file.is_none() {
                    self.wrong_at(
                        key.key("secret_file"),
                        "is required with url: a file with whsec_ and a key in base64, as from `openssl rand -base64 32`",
                    );
                }
                Some(HookWay::Webhook {
                    url,
                    secret: PasswordSource::File(file?),
                })
            }
            _ => {
                self.wrong_at(key.clone(), "needs either url or command");
                None
            }
        }
    }

    fn hook_url(&mut self, key: &KeyPath, text: &str) -> Option<Url> {
        let url = Url::parse(text).ok();
        let is_good = url.as_ref().is_some_and(|url| {
            let here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
            url.scheme() == "https" || (url.scheme() == "http" && here)
        });
        if !is_good {
            self.wrong_at(
                key.key("url"),
                format!(
                    "'{}' cannot be used: write an https address; plain http is for this machine",
                    shorten(text)
                ),
            );
            return None;
        }
        url
    }
}
