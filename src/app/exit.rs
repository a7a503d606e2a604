//! How the program ends: exit codes, and failures that say what to do next.

use std::fmt;
use std::io;
use std::process::ExitCode;

use super::config::ConfigError;

/// The exit codes, a promise to scripts and service managers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, and nothing is wrong.
    Done = 0,
    /// Something unexpected failed.
    Unexpected = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The configuration is wrong or incomplete.
    Configuration = 3,
    /// A source is unreadable or stale: the facts stand, but news may be missing.
    SourceUnreadable = 4,
    /// A delivery is dead: somebody was not told.
    DeliveryDead = 5,
    /// Another coverd works on the same store.
    AlreadyRunning = 6,
}

impl Exit {
    /// All of them, for the manual.
    pub const ALL: [Self; 7] = [
        Self::Done,
        Self::Unexpected,
        Self::Usage,
        Self::Configuration,
        Self::SourceUnreadable,
        Self::DeliveryDead,
        Self::AlreadyRunning,
    ];

    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// What it means, for the manual.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unexpected => "something unexpected failed",
            Self::Usage => "the command line is wrong",
            Self::Configuration => "the configuration is wrong or incomplete",
            Self::SourceUnreadable => "a source is unreadable or stale",
            Self::DeliveryDead => "a delivery is dead",
            Self::AlreadyRunning => "another coverd works on the same store",
        }
    }
}

/// How `coverd health --nagios` ends: the codes of the monitoring plugins, which mean something else than ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Monitored {
    /// All is well.
    Ok = 0,
    /// Someone should look.
    Warning = 1,
    /// Something cannot be seen, or somebody was not told.
    Critical = 2,
    /// It cannot be known.
    Unknown = 3,
}

impl Monitored {
    /// As the first line of a plugin has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl From<Monitored> for ExitCode {
    fn from(state: Monitored) -> Self {
        Self::from(state as u8)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command failed, with the exit code that says so and, where there is one, the next step.
///
/// `?` turns every error into an unexpected failure; [`Failure::new`] and [`Classify`] say more.
pub struct Failure {
    /// The code to end with.
    pub exit: Exit,
    /// What happened, with its causes.
    pub error: anyhow::Error,
    /// What to do about it.
    pub next: Option<String>,
}

impl Failure {
    /// A failure of a known kind.
    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit,
            error: error.into(),
            next: None,
        }
    }

    /// A failure in words of its own.
    pub fn message(exit: Exit, message: impl fmt::Display) -> Self {
        Self::new(exit, anyhow::Error::msg(message.to_string()))
    }

    /// Says what to do about it.
    #[must_use]
    pub fn next(mut self, step: impl Into<String>) -> Self {
        self.next = Some(step.into());
        self
    }

    /// Whether it is only that nobody reads the output any more (`coverd history 20560 | head`).
    pub fn is_broken_pipe(&self) -> bool {
        self.error.chain().any(|cause| {
            cause
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
        })
    }
}

/// A configuration that could not be read by a fault of the machine is not wrong: a service manager is to try again,
/// which it does not where the exit code says that the configuration is.
pub(super) fn misconfigured(error: ConfigError) -> Failure {
    let exit = if error.may_pass() {
        Exit::Unexpected
    } else {
        Exit::Configuration
    };
    Failure::new(exit, error)
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(Exit::Unexpected, error)
    }
}

/// The failure as it is shown: what happened, why, what to do.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.error.to_string();
        f.write_str(&said)?;
        for cause in self.error.chain().skip(1).map(ToString::to_string) {
            // Some errors have their cause in their own words already.
            if !said.contains(&cause) {
                write!(f, "\n  because: {cause}")?;
            }
            said = cause;
        }
        if let Some(next) = &self.next {
            write!(f, "\n  next: {next}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("exit", &self.exit)
            .field("error", &self.error)
            .field("next", &self.next)
            .finish()
    }
}

/// Gives the error of a result its exit code.
pub trait Classify<T> {
    /// Turns the error into a failure of this kind.
    fn or_exit(self, exit: Exit) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> Classify<T> for Result<T, E> {
    fn or_exit(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(exit, error))
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn the_codes_are_a_promise() {
        let codes: Vec<_> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(Exit::AlreadyRunning.code(), 6);
        assert_eq!(Exit::Configuration.code(), 3);
    }

    #[test]
    fn a_failure_shows_its_causes_and_the_next_step() {
        let error = Err::<(), _>(io::Error::other("disk on fire"))
            .context("cannot open the store")
            .or_exit(Exit::Unexpected)
            .unwrap_err()
            .next("run coverd db check");
        assert_eq!(
            error.to_string(),
            "cannot open the store\n  because: disk on fire\n  next: run coverd db check"
        );
    }

    #[test]
    fn a_cause_is_not_said_twice() {
        let error = Err::<(), _>(io::Error::other("disk on fire"))
            .context("cannot write x: disk on fire")
            .or_exit(Exit::Unexpected)
            .unwrap_err();
        assert_eq!(error.to_string(), "cannot write x: disk on fire");
    }

    #[test]
    fn a_reader_that_went_away_is_recognised_below_other_errors() {
        let failure: Failure = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe))
            .context("cannot write")
            .into();
        assert!(failure.is_broken_pipe());
        assert!(!Failure::message(Exit::Unexpected, "no").is_broken_pipe());
    }
}
