//! The blocks `[[page]]`: any page.

use std::collections::BTreeSet;

use url::{Host, Url};

use super::mistake::KeyPath;
use super::raw::{RawPage, RawPageKind};
use super::raw_people::RawSeverity;
use super::resolve::{Resolver, is_loopback, origin, shorten};
use crate::model::change::Severity;
use crate::sources::page::{PageKind, PageSettings, Pages};

/// Longest name of a page, in characters: it stands in subject lines.
const LONGEST_NAME: usize = 80;

impl Resolver<'_> {
    /// Origins of this machine that may be asked by plain http.
    pub(super) fn loopback(&mut self, raw: &[String]) -> Vec<String> {
        let key = KeyPath::of("fetch.allow_http_loopback");
        let mut places = Vec::new();
        for (index, place) in raw.iter().enumerate() {
            match origin(&format!("http://{}", place.trim())) {
                Some(url) if url.host_str().is_some_and(is_loopback) => {
                    places.push(url.origin().ascii_serialization());
                }
                Some(_) | None => self.wrong_at(
                    key.index(index),
                    "write an address of this machine with its port: \"127.0.0.1:8080\"",
                ),
            }
        }
        places
    }

    /// The pages that can be read. What is wrong is remembered.
    pub(super) fn pages(&mut self, raw: &[RawPage], loopback: &[String]) -> Vec<PageSettings> {
        let mut names = BTreeSet::new();
        let mut pages = Vec::with_capacity(raw.len());
        for (index, page) in raw.iter().enumerate() {
            let key = KeyPath::of("page").index(index);
            let settings = self.page(&key, page, loopback);
            if !names.insert(settings.name.clone()) {
                let why = format!("'{}' names another page already", shorten(&settings.name));
                self.wrong_at(key.key("name"), why);
            }
            pages.push(settings);
        }
        pages
    }

    fn page(&mut self, key: &KeyPath, raw: &RawPage, loopback: &[String]) -> PageSettings {
        let name = self.text_at(&key.key("name"), &raw.name);
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            let why =
                format!("must have 1 to {LONGEST_NAME} characters: it stands in subject lines");
            self.wrong_at(key.key("name"), why);
        }
        let url = self.text_at(&key.key("url"), &raw.url);
        let url = match Url::parse(&url) {
            Ok(mut address) => {
                if let Some(why) = refused(&address, loopback) {
                    self.wrong_at(key.key("url"), why);
                }
                address.set_fragment(None);
                address.to_string()
            }
            Err(error) => {
                self.wrong_at(key.key("url"), format!("is no address ({error})"));
                url
            }
        };
        let kind = match raw.kind {
            RawPageKind::Html => PageKind::Html,
            RawPageKind::Json => PageKind::Json,
            RawPageKind::Csv => PageKind::Csv,
            RawPageKind::Xlsx => PageKind::Xlsx,
            RawPageKind::Pdf => PageKind::Pdf,
            RawPageKind::Text => PageKind::Text,
        };
        let select = self.text_at(&key.key("select"), &raw.select);
        self.check_select(&key.key("select"), kind, &select);
        let is_text = matches!(kind, PageKind::Text | PageKind::Pdf);
        if is_text && !(raw.key.is_empty() && raw.columns.is_empty()) {
            let why = "belongs to tables: this kind of page has none that can be read";
            self.wrong_at(key.key("key"), why);
        }
        if kind == PageKind::Html && raw.key.is_empty() && !raw.columns.is_empty() {
            let why = "needs `key`, which names the rows, for kind = \"html\"";
            self.wrong_at(key.key("columns"), why);
        }
        for (index, expression) in raw.ignore.iter().enumerate() {
            if let Err(why) = Pages::check_expression(expression) {
                let why = why.lines().last().unwrap_or_default().to_owned();
                self.wrong_at(
                    key.key("ignore").index(index),
                    format!("cannot be used: {why}"),
                );
            }
        }
        PageSettings {
            select,
            columns: self.names(&key.key("columns"), &raw.columns),
            key: self.names(&key.key("key"), &raw.key),
            words: self.words_at(&key.key("words"), &raw.words),
            codes: self.parse_list(&key.key("codes"), &raw.codes),
            unstable: raw.unstable,
            severity: raw.severity.map(Severity::from),
            ignore: raw.ignore.clone(),
            ..PageSettings::new(name, url, kind)
        }
    }

    fn names(&mut self, key: &KeyPath, raw: &[String]) -> Vec<String> {
        let names = raw.iter().enumerate();
        names
            .map(|(index, name)| {
                let name = self.text_at(&key.index(index), name);
                if name.is_empty() {
                    self.wrong_at(key.index(index), "is empty: write the name of a column");
                }
                name
            })
            .collect()
    }

    fn check_select(&mut self, key: &KeyPath, kind: PageKind, select: &str) {
        let why = match kind {
            _ if select.is_empty() => None,
            PageKind::Html if !Pages::is_selector(select) => Some("is no CSS selector"),
            PageKind::Json if !select.starts_with('/') => {
                Some("is no JSON pointer: write \"/data/rows\"")
            }
            PageKind::Csv | PageKind::Text | PageKind::Pdf => {
                Some("has no meaning for this kind of page; leave it out")
            }
            PageKind::Html | PageKind::Json | PageKind::Xlsx => None,
        };
        if let Some(why) = why {
            self.wrong_at(key.clone(), why);
        }
    }
}

/// Why an address is not asked, if so.
fn refused(url: &Url, loopback: &[String]) -> Option<String> {
    if !url.username().is_empty() || url.password().is_some() {
        return Some("must not hold a user name or password".to_owned());
    }
    if loopback.contains(&url.origin().ascii_serialization()) {
        return None;
    }
    if url.scheme() != "https" {
        return Some(
            "only https is asked; plain http of this machine only where fetch.allow_http_loopback names it"
                .to_owned(),
        );
    }
    if url.port().is_some() {
        return Some("a port other than 443 is not asked".to_owned());
    }
    match url.host() {
        Some(Host::Domain(name)) if name.contains('.') => None,
        Some(Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_)) | None => {
            Some("needs the full name of a host: https://www.example.org/policy".to_owned())
        }
    }
}

impl From<RawSeverity> for Severity {
    fn from(raw: RawSeverity) -> Self {
        match raw {
            RawSeverity::Administrative => Self::Administrative,
            RawSeverity::Coding => Self::Coding,
            RawSeverity::Payment => Self::Payment,
            RawSeverity::Coverage => Self::Coverage,
        }
    }
}
