//! The section `[log]`.

use std::fmt;
use std::str::FromStr;

use super::raw::{RawLevel, RawLog, RawLogFormat};

/// What is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// The least level.
    pub level: LogLevel,
    /// The form on standard error.
    pub format: LogFormat,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogLevel {
    /// What failed.
    Error,
    /// And what looks wrong.
    Warn,
    /// And what was done.
    Info,
    /// And how.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The name in the configuration.
    pub fn id(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for LogLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [
            Self::Error,
            Self::Warn,
            Self::Info,
            Self::Debug,
            Self::Trace,
        ]
        .into_iter()
        .find(|level| level.id() == text)
        .ok_or_else(|| "no such level: use error, warn, info, debug or trace".to_owned())
    }
}

/// The form of the log on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl From<&RawLog> for Log {
    fn from(raw: &RawLog) -> Self {
        Self {
            level: match raw.level {
                RawLevel::Error => LogLevel::Error,
                RawLevel::Warn => LogLevel::Warn,
                RawLevel::Info => LogLevel::Info,
                RawLevel::Debug => LogLevel::Debug,
                RawLevel::Trace => LogLevel::Trace,
            },
            format: match raw.format {
                RawLogFormat::Text => LogFormat::Text,
                RawLogFormat::Json => LogFormat::Json,
            },
        }
    }
}
