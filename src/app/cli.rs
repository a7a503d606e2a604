//! The command line: definitions only. What the commands do is in `app::commands`.
#![expect(
    clippy::doc_markdown,
    reason = "the comments here are the help texts, in which backticks would be seen"
)]

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use super::operating::{AckArgs, HealthArgs, MailTestArgs, OutboxArgs};
use super::options::Global;
pub use super::questions::{
    AnswerArgs, ArchiveCommand, AuditArgs, ChangesArgs, EvidenceArgs, ExportArgs, HistoryArgs,
    MentionsArgs, ReportArgs, RulesArgs,
};
pub use super::setup_args::SetupArgs;

/// Watches what Medicare (CMS) publishes about your procedure codes and tells you, with proof, when
/// coverage, payment or billing rules change.
#[derive(Debug, Clone, Parser)]
#[command(name = "coverd", version, max_term_width = 100, after_help = TOP_EXAMPLES)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const TOP_EXAMPLES: &str = "\
Examples:
  coverd demo                               see it work: no network, no configuration
  coverd answer 20560 --on 2020-02-10       was it covered on that date of service?
  coverd changes --severity coverage        what changed in coverage, newest first
  coverd health                             can coverd see everything it should?

Exit codes: 0 done, 1 something unexpected failed, 2 the command line is wrong, 3 the configuration
is wrong or incomplete, 4 a source is unreadable or stale, 5 a delivery is dead, 6 another coverd
works on the same store.";

/// The commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// See it work: replay the spring of 2020, when Medicare began to cover dry needling
    Demo(DemoArgs),
    /// Ask for what is needed, try the mail server, write the configuration, start the service
    Setup(Box<SetupArgs>),
    /// Run for good: read on schedule, mail what changed (what the service does)
    Run,
    /// Look once, now, and mail what changed
    Check(CheckArgs),
    /// Read the releases of past years into the history, without mailing
    Backfill(BackfillArgs),
    /// What is watched, when it was last read, and what waits
    Status,
    /// Was a code covered and payable on a date of service? With proof
    Answer(AnswerArgs),
    /// Everything known about a code, from when to when
    History(HistoryArgs),
    /// What changed at CMS, newest first
    Changes(ChangesArgs),
    /// Rulemakings, with their documents, stages and dates
    Rules(RulesArgs),
    /// Passages of rules, policies and pages that name a code or word, quoted
    Mentions(MentionsArgs),
    /// One change, or all that an alert told, with the documents before and after
    Show(ShowArgs),
    /// A change with its documents, hashes and captures in a ZIP file that anybody can check
    Evidence(EvidenceArgs),
    /// How long each change took: published, detected, delivered; medians and the worst
    Report(ReportArgs),
    /// What coverd did, in order of time
    Audit(AuditArgs),
    /// Timelines, changes and documents as Parquet files, for DuckDB, Spark or a warehouse
    Export(ExportArgs),
    /// The captured documents as a WARC file, the standard of web archives
    #[command(subcommand)]
    Archive(ArchiveCommand),
    /// What is read, where, and how often
    Sources,
    /// Can coverd see everything it should? Ends with 4 or 5 when it cannot
    Health(HealthArgs),
    /// Try everything that coverd needs, now: configuration, rights, disk, clock, hosts, mail, database
    Doctor,
    /// Mails that were sent, wait, or can never be delivered
    #[command(visible_alias = "deliveries")]
    Outbox(OutboxArgs),
    /// Say that you take care of an alert, so that nobody else is reminded
    Ack(AckArgs),
    /// Send a test mail to the recipients
    MailTest(MailTestArgs),
    /// Run recorded captures of CMS pages through coverd, as of their own dates
    Replay(ReplayArgs),
    /// Check, back up or restore the store
    #[command(subcommand)]
    Db(DbCommand),
    /// The page: hash its password
    #[command(subcommand)]
    Web(WebCommand),
    /// Write, check or show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print completions for your shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write all of them into a folder
    Man(ManArgs),
    /// Turn the PDF on standard input into text, within limits (coverd runs this itself)
    #[command(hide = true)]
    PdfText(PdfTextArgs),
}

/// `demo`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  coverd demo
  coverd demo --dir spring-2020
  coverd --config spring-2020/coverd.toml answer 20560 --on 2020-02-10")]
pub struct DemoArgs {
    /// The folder to leave the demonstration in, for the other commands; it must be new or empty
    #[arg(long, value_name = "DIR", default_value = "coverd-demo")]
    pub dir: PathBuf,
}

/// `check`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Where a running coverd holds the store, it is asked to look.

Examples:
  coverd check
  coverd check pfs
  coverd check --no-deliver       find out, but leave the mails in the outbox")]
pub struct CheckArgs {
    /// The sources to look at, as `coverd sources` names them [default: all that are enabled]
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Leave the mails in the outbox; a later check or the service sends them
    #[arg(long)]
    pub no_deliver: bool,
}

/// `backfill`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
It may be stopped at any time and goes on where it was.

Examples:
  coverd backfill
  coverd backfill --since 2021")]
pub struct BackfillArgs {
    /// First calendar year to read [default: sources.since_year of the configuration]
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i32).range(2003..=2099))]
    pub since: Option<i32>,
}

/// `show`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
`coverd changes` has the ids of changes in its first column; the id of an alert is at the end of its
mail. The first characters are enough.

Examples:
  coverd show 3f9a1c
  coverd show 3f9a1c --dollars --format csv")]
pub struct ShowArgs {
    /// The id of a change, or of an alert for all that it told
    #[arg(value_name = "ID")]
    pub id: String,
    /// Only what it does to the payment of one unit, in dollars
    #[arg(long)]
    pub dollars: bool,
}

/// `replay`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The form of a recording is described in the README.

Examples:
  coverd replay recordings/2020
  coverd replay recordings/2020 --into replayed-2020
  coverd replay coverd.warc.gz --into replayed")]
pub struct ReplayArgs {
    /// The folder with the recording and its manifest, or a WARC file
    #[arg(value_name = "DIR|FILE")]
    pub recording: PathBuf,
    /// A new folder for the store that the replay fills [default: the configured store]
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
}

/// `db`
#[derive(Debug, Clone, Subcommand)]
pub enum DbCommand {
    /// Verify every document against its hash, and every rule of the database
    Check,
    /// Write a consistent copy into one file, also while coverd runs
    Backup {
        /// The file to write; it must not exist
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Unpack a backup into a new folder
    Restore {
        /// The file that `db backup` wrote
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The folder for the store; it must be new or empty
        #[arg(value_name = "DIR")]
        dir: PathBuf,
    },
}

/// `web`
#[derive(Debug, Clone, Subcommand)]
pub enum WebCommand {
    /// Ask for a password (or read a line of standard input) and print its hash for web.password_hash
    Password,
}

/// `config`
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigCommand {
    /// Write a commented file with every default, to standard output or to a new file
    Init {
        /// The file to write; it must not exist
        #[arg(value_name = "PATH")]
        path: Option<PathBuf>,
    },
    /// Name file, line and key of every mistake
    Check,
    /// List every key with its value and where it comes from
    Show,
}

/// `completions`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Example:
  coverd completions bash > /usr/share/bash-completion/completions/coverd")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `man`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  coverd man | man -l -
  coverd man --dir /usr/share/man/man1")]
pub struct ManArgs {
    /// Write coverd.1 and a page for each command into this folder
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// `pdf-text`
#[derive(Debug, Clone, Args)]
pub struct PdfTextArgs {
    /// Address space that this process and the command may take
    #[arg(long, value_name = "BYTES", default_value_t = 600_000_000)]
    pub memory: u64,
    /// Processor time that they may take
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub seconds: u64,
    /// Longest text
    #[arg(long, value_name = "BYTES", default_value_t = 32_000_000)]
    pub text: usize,
    /// A command that does it [default: coverd's own reader]
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use chrono::NaiveDate;

    use super::*;
    use crate::app::moment::Moment;
    use crate::app::options::Format;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does() {
        fn visit(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{} {argument}",
                    command.get_name()
                );
            }
            command.get_subcommands().for_each(visit);
        }
        visit(&Cli::command());
    }

    #[test]
    fn an_answer_takes_a_code_a_day_and_two_points_of_view() {
        let cli = parse("coverd answer 77080-tc --on 2020-02-10 --as-published-on 2020-01-15 --as-known-on 2020-03-01T12:00:00-05:00 --place 1112-5 --format json").unwrap();
        assert_eq!(cli.global.format, Format::Json);
        let Command::Answer(answer) = cli.command else {
            panic!("another command");
        };
        assert_eq!(answer.service.to_string(), "77080-TC");
        assert_eq!(answer.on, NaiveDate::from_ymd_opt(2020, 2, 10));
        assert_eq!(answer.as_published_on, NaiveDate::from_ymd_opt(2020, 1, 15));
        assert_eq!(
            answer.as_known_on,
            Some(Moment::Instant("2020-03-01T17:00:00Z".parse().unwrap()))
        );
        assert_eq!(answer.place.unwrap().to_string(), "01112-05");
    }

    #[test]
    fn wrong_values_are_usage_errors_that_say_what_to_write() {
        for (line, says) in [
            ("coverd answer 2056 --on 2020-02-10", "five characters"),
            ("coverd answer 20560 --on 10.2.2020", "--on"),
            (
                "coverd answer 20560 --on 2020-02-10 --as-known-on soon",
                "2026-03-01T14:00:00Z",
            ),
            ("coverd changes --severity grave", "coverage, payment"),
            (
                "coverd outbox --state lost",
                "pending, delivered, dead or gathered",
            ),
            ("coverd backfill --since 1990", "2003"),
        ] {
            let error = parse(line).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line}");
            assert!(error.to_string().contains(says), "{line}: {error}");
        }
    }
}
