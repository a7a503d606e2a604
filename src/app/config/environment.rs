//! What the process was started with. The only reader of environment variables.

use std::ffi::OsString;
use std::path::PathBuf;

/// The environment variables that mean something to coverd, read once at the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `COVERD_CONFIG`: the configuration file, unless the command line names one.
    pub config: Option<PathBuf>,
    /// `STATE_DIRECTORY`, set by systemd for `StateDirectory=`; of several the first.
    pub state_directory: Option<PathBuf>,
    /// `CREDENTIALS_DIRECTORY`, set by systemd for `LoadCredential=`.
    pub credentials_directory: Option<PathBuf>,
    /// `JOURNAL_STREAM`, set by systemd: device and inode of the stream that is the journal.
    pub journal_stream: Option<String>,
    /// `NO_COLOR` is set and not empty: colour only when asked for on the command line.
    pub no_color: bool,
    /// `COLUMNS`: width for tables, in characters; it goes before what the terminal says.
    pub columns: Option<u16>,
}

impl Environment {
    /// Reads the variables of this process.
    pub fn from_process() -> Self {
        Self::from_lookup(|name| std::env::var_os(name))
    }

    /// Reads the variables through a function; an empty one counts as not set.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let text = |name: &str| set(name).and_then(|value| value.into_string().ok());
        Self {
            config: set("COVERD_CONFIG").map(PathBuf::from),
            state_directory: text("STATE_DIRECTORY")
                .and_then(|list| list.split(':').next().map(PathBuf::from)),
            credentials_directory: set("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            journal_stream: text("JOURNAL_STREAM"),
            no_color: set("NO_COLOR").is_some(),
            columns: text("COLUMNS").and_then(|columns| columns.parse().ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read_and_empty_ones_are_not_set() {
        let environment = Environment::from_lookup(|name| match name {
            "STATE_DIRECTORY" => Some("/var/lib/coverd:/var/lib/other".into()),
            "COLUMNS" => Some("100".into()),
            "NO_COLOR" | "COVERD_CONFIG" => Some("".into()),
            _ => None,
        });
        assert_eq!(
            environment,
            Environment {
                state_directory: Some("/var/lib/coverd".into()),
                columns: Some(100),
                ..Environment::default()
            }
        );
    }
}
