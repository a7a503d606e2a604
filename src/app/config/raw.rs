//! The configuration file as serde reads it: every key once, nothing checked beyond its type.
//!
//! Every key has its default in `config/coverd.toml`, so that none is optional here but those of
//! list elements, which have none there.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, SeqAccess, Visitor};

use super::raw_people::{RawAcknowledge, RawHook, RawRecipient, RawSeverity};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
    pub(super) practice: RawPractice,
    pub(super) store: RawStore,
    pub(super) watch: RawWatch,
    pub(super) sources: RawSources,
    pub(super) fetch: RawFetch,
    pub(super) mail: RawMail,
    pub(super) acknowledge: RawAcknowledge,
    pub(super) log: RawLog,
    pub(super) heartbeat: RawHeartbeat,
    pub(super) web: RawWeb,
    #[serde(default)]
    pub(super) page: Vec<RawPage>,
    #[serde(default)]
    pub(super) recipient: Vec<RawRecipient>,
    #[serde(default)]
    pub(super) hook: Vec<RawHook>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPractice {
    pub(super) name: String,
    pub(super) time_zone: String,
    pub(super) yearly_units: BTreeMap<String, i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHeartbeat {
    pub(super) url: String,
    pub(super) minutes: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStore {
    pub(super) dir: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWatch {
    pub(super) codes: RawCodes,
    pub(super) look_alikes: Vec<String>,
    pub(super) words: Vec<String>,
    pub(super) billed_with: Vec<String>,
    pub(super) localities: Vec<String>,
    pub(super) ncd: Vec<RawNcd>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNcd {
    pub(super) id: u32,
    pub(super) section: String,
    pub(super) codes: Vec<String>,
}

/// `"all"` or a list. Written by hand because an untagged enum says only that nothing matched.
#[derive(Debug)]
pub(super) enum RawCodes {
    All,
    Named(Vec<String>),
}

impl<'de> Deserialize<'de> for RawCodes {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CodesVisitor)
    }
}

struct CodesVisitor;

impl<'de> Visitor<'de> for CodesVisitor {
    type Value = RawCodes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#""all" or a list of codes such as ["20560", "77080-26"]"#)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<RawCodes, E> {
        if text == "all" {
            Ok(RawCodes::All)
        } else {
            Err(E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<RawCodes, A::Error> {
        let mut codes = Vec::new();
        while let Some(code) = elements.next_element()? {
            codes.push(code);
        }
        Ok(RawCodes::Named(codes))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSources {
    pub(super) since_year: i32,
    pub(super) pfs: RawSource,
    pub(super) ncd: RawSource,
    pub(super) federal_register: RawFederalRegister,
    pub(super) pfs_rules: RawSource,
    pub(super) therapy: RawSource,
    pub(super) transmittals: RawSource,
    pub(super) opps: RawSource,
    pub(super) ncci: RawSource,
    pub(super) nca: RawSource,
    pub(super) local_coverage: RawLocalCoverage,
    pub(super) page: RawSource,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSource {
    pub(super) enabled: bool,
    pub(super) schedule: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLocalCoverage {
    pub(super) enabled: bool,
    pub(super) schedule: String,
    pub(super) accept_terms: String,
    pub(super) contractors: Vec<String>,
    pub(super) states: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFederalRegister {
    pub(super) enabled: bool,
    pub(super) schedule: String,
    pub(super) terms: Vec<String>,
    pub(super) cfr_parts: Vec<u32>,
}

impl RawFederalRegister {
    /// What it has in common with the other sources.
    pub(super) fn source(&self) -> RawSource {
        RawSource {
            enabled: self.enabled,
            schedule: self.schedule.clone(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFetch {
    pub(super) contact: String,
    pub(super) min_interval_seconds: u64,
    pub(super) connect_timeout_seconds: u64,
    pub(super) read_timeout_seconds: u64,
    pub(super) total_timeout_seconds: u64,
    pub(super) max_megabytes: u64,
    pub(super) pdf_command: Vec<String>,
    pub(super) allow_http_loopback: Vec<String>,
    pub(super) origins: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPage {
    pub(super) name: String,
    pub(super) url: String,
    #[serde(default = "html")]
    pub(super) kind: RawPageKind,
    #[serde(default)]
    pub(super) select: String,
    #[serde(default)]
    pub(super) columns: Vec<String>,
    #[serde(default)]
    pub(super) key: Vec<String>,
    #[serde(default)]
    pub(super) words: Vec<String>,
    #[serde(default)]
    pub(super) codes: Vec<String>,
    #[serde(default)]
    pub(super) unstable: bool,
    pub(super) severity: Option<RawSeverity>,
    #[serde(default)]
    pub(super) ignore: Vec<String>,
}

fn html() -> RawPageKind {
    RawPageKind::Html
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawPageKind {
    Html,
    Json,
    Csv,
    Xlsx,
    Pdf,
    Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMail {
    pub(super) channel: RawChannel,
    pub(super) from: String,
    pub(super) from_name: String,
    pub(super) dir: String,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: RawTls,
    pub(super) user: String,
    pub(super) password_credential: String,
    pub(super) password_file: String,
    pub(super) ca_file: String,
    pub(super) timeout_seconds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawChannel {
    File,
    Smtp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawTls {
    StartTls,
    Implicit,
    None,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWeb {
    pub(super) listen: String,
    pub(super) public_url: String,
    pub(super) hosts: Vec<String>,
    pub(super) password_hash: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLog {
    pub(super) level: RawLevel,
    pub(super) format: RawLogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawLogFormat {
    Text,
    Json,
}
