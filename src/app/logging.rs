//! Where the log goes: to the journal with its fields when standard error is the journal, else to
//! standard error.
//!
//! Nothing secret is ever logged: passwords are `SecretString`s, and a channel masks recipients
//! before it logs them.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use super::config::{Environment, Log, LogFormat, LogLevel};

/// Starts logging for the rest of the process. Called twice (as tests do), the first call stands.
pub fn start(log: Log, environment: &Environment) {
    let layer = if stderr_is_journal(environment) {
        journal()
    } else {
        None
    };
    let layer = layer.unwrap_or_else(|| stderr(log.format, environment));
    // An error means that a log is there already, which is as good.
    let _ = tracing_subscriber::registry()
        .with(layer.with_filter(filter(log.level)))
        .try_init();
}

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The level is for coverd's own lines; libraries are heard from `warn` on, and most of them at
/// `trace`. Never the mail library: at `debug` it writes the password and whole messages.
fn filter(level: LogLevel) -> EnvFilter {
    let libraries = match level {
        LogLevel::Error => "error",
        LogLevel::Warn | LogLevel::Info => "warn",
        LogLevel::Debug => "info",
        LogLevel::Trace => "debug",
    };
    EnvFilter::new(format!(
        "{libraries},lettre=info,coverd={level},source={level},delivery={level},store={level},daemon={level}"
    ))
}

/// `None` when the journal's socket cannot be had; standard error is still the journal then.
fn journal() -> Option<BoxedLayer> {
    let layer = tracing_journald::layer().ok()?;
    Some(
        layer
            .with_syslog_identifier("coverd".to_owned())
            .with_field_prefix(Some("COVERD".to_owned()))
            .boxed(),
    )
}

fn stderr(format: LogFormat, environment: &Environment) -> BoxedLayer {
    let layer = fmt::layer().with_writer(io::stderr);
    match format {
        LogFormat::Text => layer
            .with_ansi(io::stderr().is_terminal() && !environment.no_color)
            .boxed(),
        LogFormat::Json => layer.json().with_ansi(false).boxed(),
    }
}

/// systemd names device and inode of the stream that it connected to the journal; when standard
/// error was redirected since then, they are others.
fn stderr_is_journal(environment: &Environment) -> bool {
    let Some(named) = environment.journal_stream.as_deref() else {
        return false;
    };
    let identity = || -> io::Result<String> {
        let metadata = File::from(io::stderr().as_fd().try_clone_to_owned()?).metadata()?;
        Ok(format!("{}:{}", metadata.dev(), metadata.ino()))
    };
    identity().is_ok_and(|own| own == named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_is_used_only_when_standard_error_is_it() {
        let not_set = Environment::default();
        assert!(!stderr_is_journal(&not_set));
        let other = Environment {
            journal_stream: Some("1:1".to_owned()),
            ..Environment::default()
        };
        assert!(!stderr_is_journal(&other));
        let metadata = File::from(io::stderr().as_fd().try_clone_to_owned().unwrap())
            .metadata()
            .unwrap();
        let own = Environment {
            journal_stream: Some(format!("{}:{}", metadata.dev(), metadata.ino())),
            ..Environment::default()
        };
        assert!(stderr_is_journal(&own));
    }

    #[test]
    fn every_level_makes_a_filter() {
        for level in [
            LogLevel::Error,
            LogLevel::Warn,
            LogLevel::Info,
            LogLevel::Debug,
            LogLevel::Trace,
        ] {
            let text = filter(level).to_string();
            assert!(text.contains(&format!("coverd={level}")), "{text}");
        }
    }
}
