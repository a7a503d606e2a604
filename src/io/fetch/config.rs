//! What the operator can set about fetching, and the defaults that suit CMS.

use std::collections::BTreeMap;
use std::time::Duration;

use url::{Host, Url};

use super::retry::RetryPlan;
use crate::model::request::Expect;

/// Limits, politeness and permissions of a [`super::Fetcher`].
#[derive(Debug, Clone)]
pub struct FetchConfig {
    /// Sent with every request; it names a contact, so that CMS can complain to a person.
    pub user_agent: String,
    /// Longest time for DNS, TCP and TLS.
    pub connect_timeout: Duration,
    /// Longest silence of a server, before the headers and between parts of the body.
    pub read_timeout: Duration,
    /// Longest time of one attempt: all redirects and the whole body, without waiting its turn.
    pub attempt_timeout: Duration,
    /// Most bytes of a body, after decompression.
    pub max_bytes: MaxBytes,
    /// Least time between the starts of two requests to one host.
    pub host_interval: Duration,
    /// Most requests to one host at a time.
    pub host_concurrency: usize,
    /// Attempts and pauses.
    pub retry: RetryPlan,
    /// Hosts that may be contacted, each with its subdomains: `cms.gov` admits `www.cms.gov`.
    pub allowed_hosts: Vec<String>,
    /// Hosts whose `Last-Modified` is the file's own and not the time of the request.
    pub trusted_last_modified: Vec<String>,
    /// For tests and mirrors: where an origin really is, `https://www.cms.gov` →
    /// `http://127.0.0.1:8080`. Such a target is contacted although it is internal, and only at
    /// exactly this address and port; it must be a literal address, so that no name server can say
    /// where requests go.
    pub origins: BTreeMap<String, String>,
    /// Whether the terms of AMA, ADA and AHA are accepted, so that the licence token of the coverage API
    /// may be asked for.
    pub coverage_licence: bool,
}

/// Most bytes of a body by its kind, after decompression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxBytes {
    /// ZIP archives.
    pub zip: usize,
    /// HTML pages.
    pub html: usize,
    /// JSON values.
    pub json: usize,
    /// XML documents, workbooks, PDF and text files.
    pub file: usize,
}

impl MaxBytes {
    /// The limit for what is expected.
    pub fn of(self, expect: Expect) -> usize {
        match expect {
            Expect::Zip => self.zip,
            Expect::Html => self.html,
            Expect::Json => self.json,
            // A rule of the Federal Register has about 10 MB of XML or PDF; workbooks and text tables less.
            Expect::Xml | Expect::Xlsx | Expect::Pdf | Expect::Text => self.file,
        }
    }
}

const MIB: usize = 1024 * 1024;

impl FetchConfig {
    /// The defaults, with `contact` (an address of mail or web) in the user agent.
    pub fn new(contact: &str) -> Self {
        Self {
            user_agent: format!("coverd/{} (+{contact})", env!("CARGO_PKG_VERSION")),
            connect_timeout: Duration::from_secs(15),
            read_timeout: Duration::from_secs(30),
            attempt_timeout: Duration::from_mins(5),
            // An RVU release is about 10 MB, a page 0.2 MB, the NCD report 0.2 MB.
            max_bytes: MaxBytes {
                zip: 128 * MIB,
                html: 8 * MIB,
                json: 32 * MIB,
                file: 64 * MIB,
            },
            host_interval: Duration::from_secs(1),
            host_concurrency: 2,
            retry: RetryPlan::default(),
            allowed_hosts: ["cms.gov", "federalregister.gov"]
                .map(str::to_owned)
                .to_vec(),
            trusted_last_modified: ["downloads.cms.gov", "download.cms.gov"]
                .map(str::to_owned)
                .to_vec(),
            origins: BTreeMap::new(),
            coverage_licence: false,
        }
    }
}

/// A configuration that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFetchConfig {
    /// The user agent is empty or holds characters that a header cannot.
    #[error(
        "the user agent {0:?} cannot be sent: use visible ASCII, such as \"coverd (+mailto:it@practice.example)\""
    )]
    UserAgent(String),
    /// A number that must be at least one.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    /// Not a bare host name.
    #[error("{0:?} is not a host name: write it without scheme, port and path, such as cms.gov")]
    Host(String),
    /// One side of an origin mapping is not an origin.
    #[error("the origin {0:?} {1}")]
    Origin(String, &'static str),
    /// The TLS library or the system's certificate store does not work.
    #[error("the HTTP client cannot be built: {0}; is the package ca-certificates installed?")]
    Client(String),
}

/// A host name in the form in which hosts are compared.
pub(super) fn normal_host(text: &str) -> Result<String, InvalidFetchConfig> {
    let wrong = || InvalidFetchConfig::Host(text.to_owned());
    let trimmed = text.trim().trim_end_matches('.');
    match Host::parse(trimmed) {
        // A single label such as `gov` would admit every host under it, `localhost` excepted.
        Ok(Host::Domain(name)) if name.contains('.') || name == "localhost" => Ok(name),
        Ok(Host::Ipv4(_) | Host::Ipv6(_)) => Ok(trimmed.to_ascii_lowercase()),
        Ok(Host::Domain(_)) | Err(_) => Err(wrong()),
    }
}

/// An address that is nothing but an origin.
pub(super) fn origin(text: &str) -> Result<Url, InvalidFetchConfig> {
    let wrong = |why| InvalidFetchConfig::Origin(text.to_owned(), why);
    let url = Url::parse(text).map_err(|_| wrong("is not an address"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("is neither http nor https"));
    }
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !bare || !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "has more than a scheme, a host and a port: write https://www.cms.gov",
        ));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_bare_name() {
        assert_eq!(normal_host("CMS.gov.").as_deref(), Ok("cms.gov"));
        for wrong in [
            "",
            "gov",
            "https://cms.gov",
            "cms.gov/x",
            "cms.gov:443",
            "*.cms.gov/",
        ] {
            assert!(normal_host(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_origin_is_nothing_but_scheme_host_and_port() {
        assert!(origin("https://www.cms.gov").is_ok());
        assert!(origin("http://127.0.0.1:8080/").is_ok());
        for wrong in [
            "ftp://cms.gov",
            "https://cms.gov/x",
            "https://a@cms.gov",
            "cms.gov",
            "https://cms.gov?x",
        ] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_user_agent_names_the_program_and_a_contact() {
        let config = FetchConfig::new("mailto:it@practice.example");
        assert!(config.user_agent.starts_with("coverd/"));
        assert!(config.user_agent.contains("mailto:it@practice.example"));
    }
}
