//! The shape of what is written about people and programs that are told.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRecipient {
    #[serde(default)]
    pub(super) name: String,
    pub(super) address: String,
    #[serde(default = "practice")]
    pub(super) role: RawRole,
    #[serde(default = "coding")]
    pub(super) least: RawSeverity,
    #[serde(default)]
    pub(super) severity: BTreeMap<String, RawSeverity>,
    #[serde(default)]
    pub(super) digest: RawRhythm,
    #[serde(default)]
    pub(super) digest_for: RawDigestFor,
    #[serde(default)]
    pub(super) digest_at: String,
    #[serde(default)]
    pub(super) quiet: String,
    #[serde(default = "yes")]
    pub(super) still_watching: bool,
    #[serde(default)]
    pub(super) welcome: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHook {
    pub(super) name: String,
    #[serde(default)]
    pub(super) url: String,
    #[serde(default)]
    pub(super) secret_file: String,
    #[serde(default)]
    pub(super) command: Vec<String>,
    #[serde(default = "practice")]
    pub(super) role: RawRole,
    #[serde(default = "coding")]
    pub(super) least: RawSeverity,
}

/// That all is quiet must not look like that nobody watches.
fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawRhythm {
    #[default]
    Immediately,
    Daily,
    Weekly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawDigestFor {
    pub(super) coverage: Option<RawRhythm>,
    pub(super) payment: Option<RawRhythm>,
    pub(super) coding: Option<RawRhythm>,
    pub(super) administrative: Option<RawRhythm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAcknowledge {
    pub(super) after_days: u32,
    pub(super) escalation: Vec<String>,
}

fn practice() -> RawRole {
    RawRole::Practice
}

/// Billing rules are heard of as well; only record keeping at CMS is not.
fn coding() -> RawSeverity {
    RawSeverity::Coding
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawRole {
    Practice,
    Operator,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawSeverity {
    Administrative,
    Coding,
    Payment,
    Coverage,
}
