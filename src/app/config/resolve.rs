//! From the file's shape to checked settings. Mistakes are collected; nothing stops at the first.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::environment::Environment;
use super::file::ScheduleCheck;
use super::log::Log;
use super::mistake::KeyPath;
use super::raw::{RawConfig, RawFetch, RawPractice, RawSource, RawSources, RawStore};
use super::settings::{Config, Fetch, Practice, SourceSettings, Sources};
use crate::render::mail::{LONGEST_TEXT, breaks_a_line};

/// Where the database lies when neither the file nor systemd names a folder.
const SYSTEM_STATE: &str = "/var/lib/coverd";

/// Checks values and remembers what is wrong with them.
pub(super) struct Resolver<'a> {
    folder: Option<&'a Path>,
    pub(super) environment: &'a Environment,
    check_schedule: ScheduleCheck,
    /// What is wrong, by key.
    pub(super) mistakes: Vec<(KeyPath, String)>,
}

impl<'a> Resolver<'a> {
    /// Relative paths are relative to the folder.
    pub(super) fn new(
        folder: Option<&'a Path>,
        environment: &'a Environment,
        check_schedule: ScheduleCheck,
    ) -> Self {
        Self {
            folder,
            environment,
            check_schedule,
            mistakes: Vec::new(),
        }
    }

    /// The whole configuration; `None`, or mistakes, when it cannot be used.
    pub(super) fn config(
        &mut self,
        raw: &RawConfig,
        file: Option<&Path>,
        text: &str,
    ) -> Option<Config> {
        let store = self.store(&raw.store);
        // Each section is looked at before any of them can end the function.
        let practice = self.practice(&raw.practice);
        let watch = self.watch(&raw.watch);
        let fetch = self.fetch(&raw.fetch);
        let mut sources = self.sources(&raw.sources);
        sources.settings.pages = self.pages(&raw.page, &fetch.loopback);
        let mail = self.mail(&raw.mail, &store);
        let recipients = self.recipients(&raw.recipient, &mail);
        let hooks = self.hooks(&raw.hook);
        let escalation = self.escalation(&raw.acknowledge, &recipients, &mail);
        let heartbeat = self.heartbeat(&raw.heartbeat);
        let web = self.web(&raw.web);
        Some(Config {
            file: file.map(Path::to_owned),
            practice: practice?,
            store,
            watch,
            sources,
            fetch,
            mail,
            recipients,
            hooks,
            escalation,
            log: Log::from(&raw.log),
            text: text.to_owned(),
            heartbeat,
            web,
        })
    }

    fn practice(&mut self, raw: &RawPractice) -> Option<Practice> {
        let name = self.text("practice.name", &raw.name);
        let yearly_units = self.yearly_units(&raw.yearly_units);
        let Ok(zone) = raw.time_zone.parse() else {
            self.wrong(
                "practice.time_zone",
                format!(
                    "'{}' is no time zone: write a name of the IANA database such as \"America/Chicago\"",
                    shorten(&raw.time_zone)
                ),
            );
            return None;
        };
        Some(Practice {
            name,
            zone,
            yearly_units,
        })
    }

    fn store(&mut self, raw: &RawStore) -> PathBuf {
        match self.path("store.dir", &raw.dir) {
            Some(dir) => dir,
            None => self
                .environment
                .state_directory
                .clone()
                .unwrap_or_else(|| PathBuf::from(SYSTEM_STATE)),
        }
    }

    fn sources(&mut self, raw: &RawSources) -> Sources {
        self.within("sources.since_year", i64::from(raw.since_year), 2003..=2099);
        let local_coverage = RawSource {
            enabled: raw.local_coverage.enabled,
            schedule: raw.local_coverage.schedule.clone(),
        };
        let federal_register = raw.federal_register.source();
        let by_id = [
            ("pfs", &raw.pfs),
            ("ncd", &raw.ncd),
            ("federal_register", &federal_register),
            ("pfs_rules", &raw.pfs_rules),
            ("therapy", &raw.therapy),
            ("transmittals", &raw.transmittals),
            ("opps", &raw.opps),
            ("ncci", &raw.ncci),
            ("nca", &raw.nca),
            ("local_coverage", &local_coverage),
            ("page", &raw.page),
        ];
        Sources {
            since_year: raw.since_year,
            settings: crate::sources::Settings {
                local_coverage: self.local_coverage(&raw.local_coverage),
                federal_register: self.federal_register(&raw.federal_register),
                // The blocks of pages are looked at when it is known what may be asked.
                pages: Vec::new(),
            },
            by_id: by_id
                .into_iter()
                .map(|(id, source)| (id, self.source(id, source)))
                .collect(),
        }
    }

    fn source(&mut self, id: &str, raw: &RawSource) -> SourceSettings {
        let schedule = raw.schedule.trim();
        if !schedule.is_empty()
            && let Err(why) = (self.check_schedule)(schedule)
        {
            self.wrong(&format!("sources.{id}.schedule"), why);
        }
        SourceSettings {
            enabled: raw.enabled,
            schedule: (!schedule.is_empty()).then(|| schedule.to_owned()),
        }
    }

    fn fetch(&mut self, raw: &RawFetch) -> Fetch {
        let contact = self.text("fetch.contact", &raw.contact);
        if !contact.is_empty() && !is_contact(&contact) {
            self.wrong(
                "fetch.contact",
                "write a mail address (you@practice.example) or a web address (https://practice.example)",
            );
        }
        let local = !raw.origins.is_empty() || !raw.allow_http_loopback.is_empty();
        if raw.min_interval_seconds == 0 && !local {
            self.wrong(
                "fetch.min_interval_seconds",
                "must be 1 or more: CMS's servers are everybody's (0 is for tests with fetch.origins or fetch.allow_http_loopback)",
            );
        }
        let limits = [
            ("min_interval_seconds", raw.min_interval_seconds, 0..=3_600),
            (
                "connect_timeout_seconds",
                raw.connect_timeout_seconds,
                1..=600,
            ),
            ("read_timeout_seconds", raw.read_timeout_seconds, 1..=3_600),
            (
                "total_timeout_seconds",
                raw.total_timeout_seconds,
                1..=7_200,
            ),
            ("max_megabytes", raw.max_megabytes, 1..=2_000),
        ];
        for (key, value, range) in limits {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            self.within(&format!("fetch.{key}"), value, range);
        }
        Fetch {
            contact,
            min_interval: Duration::from_secs(raw.min_interval_seconds),
            connect_timeout: Duration::from_secs(raw.connect_timeout_seconds),
            read_timeout: Duration::from_secs(raw.read_timeout_seconds),
            total_timeout: Duration::from_secs(raw.total_timeout_seconds),
            max_bytes: raw.max_megabytes.saturating_mul(1_000_000),
            pdf_command: self.pdf_command(&raw.pdf_command),
            pdf_program: crate::io::pdf::own_program(),
            loopback: self.loopback(&raw.allow_http_loopback),
            origins: self.origins(&raw.origins),
        }
    }

    /// A program by its name or its full path, with its arguments.
    fn pdf_command(&mut self, raw: &[String]) -> Vec<String> {
        let key = KeyPath::of("fetch.pdf_command");
        let command: Vec<String> = raw
            .iter()
            .enumerate()
            .map(|(number, word)| self.text_at(&key.index(number), word))
            .collect();
        if let Some(program) = command.first()
            && (program.is_empty() || (program.contains('/') && !program.starts_with('/')))
        {
            self.wrong_at(
                key.index(0),
                "write the name of a program, or its full path: [\"pdftotext\", \"-layout\", \"-\", \"-\"]",
            );
        }
        command
    }

    fn origins(&mut self, raw: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut origins = BTreeMap::new();
        for (from, to) in raw {
            let key = KeyPath::of("fetch.origins").key(from);
            let (Some(from), Some(to)) = (origin(from), origin(to)) else {
                self.wrong_at(
                    key,
                    "write two origins, scheme and host without a path: \"https://www.cms.gov\" = \"http://127.0.0.1:8080\"",
                );
                continue;
            };
            if to.host_str().is_some_and(is_loopback) {
                origins.insert(
                    from.origin().ascii_serialization(),
                    to.origin().ascii_serialization(),
                );
            } else {
                self.wrong_at(
                    key,
                    "only 127.0.0.1, [::1] and localhost may stand for another host: this is for tests",
                );
            }
        }
        origins
    }

    /// A path, relative to the folder of the file; `None` when it is empty.
    pub(super) fn path(&mut self, key: &str, raw: &str) -> Option<PathBuf> {
        self.path_at(&KeyPath::of(key), raw)
    }

    /// As [`Self::path`], for a key in a list.
    pub(super) fn path_at(&mut self, key: &KeyPath, raw: &str) -> Option<PathBuf> {
        let text = self.text_at(key, raw);
        (!text.is_empty()).then(|| match self.folder {
            Some(folder) => folder.join(text),
            None => PathBuf::from(text),
        })
    }

    /// A text of one line without control characters: it may end up in a header or on a terminal.
    pub(super) fn text(&mut self, key: &str, raw: &str) -> String {
        self.text_at(&KeyPath::of(key), raw)
    }

    /// As [`Self::text`], for a key in a list.
    pub(super) fn text_at(&mut self, key: &KeyPath, raw: &str) -> String {
        if raw.chars().any(breaks_a_line) {
            self.wrong_at(key.clone(), "must be one line without control characters");
        } else if raw.len() > LONGEST_TEXT {
            self.wrong_at(key.clone(), format!("is longer than {LONGEST_TEXT} bytes"));
        }
        raw.trim().to_owned()
    }

    /// Checks the range of a number.
    pub(super) fn within(&mut self, key: &str, value: i64, range: RangeInclusive<i64>) {
        if !range.contains(&value) {
            let (least, most) = range.into_inner();
            self.wrong(key, format!("{value} is not between {least} and {most}"));
        }
    }

    /// Remembers a mistake.
    pub(super) fn wrong(&mut self, key: &str, message: impl Into<String>) {
        self.wrong_at(KeyPath::of(key), message);
    }

    /// Remembers a mistake in a list.
    pub(super) fn wrong_at(&mut self, key: KeyPath, message: impl Into<String>) {
        self.mistakes.push((key, message.into()));
    }
}

/// A value as an error may show it.
pub(super) fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

fn is_contact(text: &str) -> bool {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    let web =
        || Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto"));
    visible && (web() || text.parse::<lettre::Address>().is_ok())
}

pub(super) fn origin(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    plain.then_some(url)
}

/// Whether a host (a name, or an address with or without brackets) is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback(),
        Ok(IpAddr::V6(address)) => address == Ipv6Addr::LOCALHOST,
        Err(_) => bare.eq_ignore_ascii_case("localhost"),
    }
}
