//! When recipients want to be told, and who is told what nobody acknowledged.

use chrono::NaiveTime;

use super::mistake::KeyPath;
use super::raw_people::{RawAcknowledge, RawRecipient, RawRhythm};
use super::resolve::{Resolver, shorten};
use super::settings::{Escalation, Mail};
use crate::model::change::Severity;
use crate::model::courtesy::{Courtesy, QuietHours, Rhythm};
use crate::model::delivery::{Recipient, Role};

impl Resolver<'_> {
    /// The wishes in one recipient's block.
    pub(super) fn courtesy(&mut self, key: &KeyPath, raw: &RawRecipient) -> Courtesy {
        let plain = rhythm(raw.digest);
        let own = &raw.digest_for;
        let of = |own: Option<RawRhythm>| own.map_or(plain, rhythm);
        let default = Courtesy::default();
        let digest_at = if raw.digest_at.is_empty() {
            Some(default.digest_at)
        } else {
            self.time(&key.key("digest_at"), &raw.digest_at)
        };
        Courtesy {
            // Held back only where somebody asks for just that.
            coverage: own.coverage.map_or(Rhythm::AtOnce, rhythm),
            payment: of(own.payment),
            coding: of(own.coding),
            administrative: of(own.administrative),
            digest_at: digest_at.unwrap_or(default.digest_at),
            quiet: self.quiet(&key.key("quiet"), &raw.quiet),
            still_watching: raw.still_watching,
            welcome: raw.welcome,
        }
    }

    fn quiet(&mut self, key: &KeyPath, text: &str) -> Option<QuietHours> {
        if text.trim().is_empty() {
            return None;
        }
        let Some((from, until)) = text.split_once('-') else {
            self.wrong_at(
                key.clone(),
                format!(
                    "'{}' are no hours: write from and until as \"20:00-07:00\"",
                    shorten(text)
                ),
            );
            return None;
        };
        Some(QuietHours {
            from: self.time(key, from)?,
            until: self.time(key, until)?,
        })
    }

    fn time(&mut self, key: &KeyPath, text: &str) -> Option<NaiveTime> {
        let time = NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        if time.is_none() {
            self.wrong_at(
                key.clone(),
                format!(
                    "'{}' is no time of day: write it as \"07:30\"",
                    shorten(text)
                ),
            );
        }
        time
    }

    /// Who is told what nobody acknowledged.
    pub(super) fn escalation(
        &mut self,
        raw: &RawAcknowledge,
        recipients: &[Recipient],
        mail: &Mail,
    ) -> Escalation {
        let key = KeyPath::of("acknowledge.escalation");
        if raw.after_days == 0 && !raw.escalation.is_empty() {
            self.wrong(
                "acknowledge.after_days",
                "must be at least 1 when acknowledge.escalation names people",
            );
        }
        self.within("acknowledge.after_days", i64::from(raw.after_days), 0..=90);
        let people = raw.escalation.iter().enumerate().map(|(index, address)| {
            let key = key.index(index);
            let address = self.text_at(&key, address);
            self.address(&key, &address);
            let known = recipients.iter().find(|one| one.address == address);
            Recipient {
                name: known.map(|one| one.name.clone()).unwrap_or_default(),
                address,
                role: Role::Practice,
                least: Severity::Coverage,
                severities: std::collections::BTreeMap::new(),
                channel: mail.channel.id().to_owned(),
                courtesy: Courtesy::default(),
            }
        });
        Escalation {
            after_days: raw.after_days,
            people: people.collect(),
        }
    }
}

fn rhythm(raw: RawRhythm) -> Rhythm {
    match raw {
        RawRhythm::Immediately => Rhythm::AtOnce,
        RawRhythm::Daily => Rhythm::Daily,
        RawRhythm::Weekly => Rhythm::Weekly,
    }
}
