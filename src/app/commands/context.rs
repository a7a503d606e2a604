//! What every command needs: configuration, form of output, access to the store.

use chrono::NaiveDate;
use tokio::runtime::{Builder, Runtime};

use super::output::{self, Output};
use crate::app::config::{Config, Environment, Log, LogLevel};
use crate::app::exit::{Classify, Exit, Failure, misconfigured};
use crate::app::logging;
use crate::app::options::Global;
use crate::app::wiring;
use crate::engine::schedule::Plan;
use crate::io::clock::{Clock as _, SystemClock};
use crate::io::store::Reader;
use crate::render::page::Page;
use crate::render::table::Table;

/// The configuration and the form of output of one command.
#[derive(Debug)]
pub struct Context {
    /// The configuration.
    pub config: Config,
    /// How lists are printed.
    pub output: Output,
}

/// Who reads the log of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logged {
    /// Those who look after the service.
    Service,
    /// The one who typed the command.
    Command,
}

/// Judges a schedule of the configuration.
///
/// # Errors
/// In words, when it is none.
pub fn check_schedule(text: &str) -> Result<(), String> {
    Plan::parse(text)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

impl Context {
    /// Reads the configuration that the command line or the environment names.
    ///
    /// # Errors
    /// When anything in it is wrong.
    pub fn new(global: &Global, environment: &Environment) -> Result<Self, Failure> {
        let mut config = Config::load(global.config.as_deref(), environment, check_schedule)
            .map_err(misconfigured)?;
        if let Some(store) = &global.store {
            config.store.clone_from(store);
        }
        Ok(Self {
            config,
            output: Output::new(global, environment),
        })
    }

    /// The defaults alone, for commands that bring their own configuration.
    ///
    /// # Errors
    /// When the defaults are wrong, which a test rules out.
    pub fn without_config(global: &Global, environment: &Environment) -> Result<Self, Failure> {
        let config = Config::from_text(None, "", environment, check_schedule)
            .or_exit(Exit::Configuration)?;
        Ok(Self {
            config,
            output: Output::new(global, environment),
        })
    }

    /// Starts the log. The service logs what its configuration says; a command reports what it finds
    /// itself, so that its log has only what it cannot report. `--log` goes before both.
    #[must_use]
    pub fn logging(self, logged: Logged, global: &Global, environment: &Environment) -> Self {
        let usual = match logged {
            Logged::Service => self.config.log.level,
            Logged::Command => LogLevel::Error,
        };
        let log = Log {
            level: global.log.unwrap_or(usual),
            ..self.config.log
        };
        logging::start(log, environment);
        self
    }

    /// Today, where the practice is.
    pub fn today(&self) -> NaiveDate {
        SystemClock
            .now()
            .with_timezone(&self.config.practice.zone)
            .date_naive()
    }

    /// Opens the store for questions.
    ///
    /// # Errors
    /// When there is none yet, or it cannot be read.
    pub fn reader(&self) -> Result<Reader, Failure> {
        wiring::open_reader(&self.config)
    }

    /// Opens the store for questions, where there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn reader_if_any(&self) -> Result<Option<Reader>, Failure> {
        if wiring::database(&self.config).exists() {
            self.reader().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Prints a table in the form that was asked for.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn print(&self, table: &Table) -> Result<(), Failure> {
        output::print(table, &self.output)
    }

    /// A page as wide as the terminal.
    pub fn page(&self) -> Page {
        Page::new(self.output.style)
    }

    /// Prints a page.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn show(&self, page: &Page) -> Result<(), Failure> {
        output::write(page.text())
    }

    /// Threads for the network and for timers.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn runtime(&self) -> Result<Runtime, Failure> {
        Ok(Builder::new_multi_thread()
            .worker_threads(2)
            // Readings and files: a few at a time. A source that hangs keeps one.
            .max_blocking_threads(16)
            .enable_all()
            .build()?)
    }
}
