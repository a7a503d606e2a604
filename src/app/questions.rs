//! The command line of questions: what `answer`, `history`, `changes`, `rules` and `mentions` take.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::moment::Moment;
use crate::io::store::Happened;
use crate::model::attribute::Attribute;
use crate::model::change::Severity;
use crate::model::code::Service;
use crate::model::topic::LocalityId;

/// `answer`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  coverd answer 20560
  coverd answer 20560 --on 2020-02-10
  coverd answer 20560 --on 2020-02-10 --as-published-on 2020-01-15
  coverd answer 20561 --on 2025-06-01 --place 01112-05
  coverd answer 77080-26 --on 2025-06-01 --format json")]
pub struct AnswerArgs {
    /// The code, with its modifier if any: 20560, 77080-26
    #[arg(value_name = "CODE")]
    pub service: Service,
    /// The date of service [default: today]
    #[arg(long, value_name = "DATE")]
    pub on: Option<NaiveDate>,
    /// Only what CMS had published by the end of this day
    #[arg(long, value_name = "DATE")]
    pub as_published_on: Option<NaiveDate>,
    /// Only what coverd had read by the end of this day, or by this instant (2026-03-01T14:00:00Z)
    #[arg(long, value_name = "DATE|INSTANT")]
    pub as_known_on: Option<Moment>,
    /// The payment locality: MAC number and locality number
    #[arg(long, value_name = "MAC-LOC")]
    pub place: Option<LocalityId>,
}

/// `history`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  coverd history 20560
  coverd history 20560 --since 2020-01-01 --format csv")]
pub struct HistoryArgs {
    /// The code, with its modifier if any: 20560, 77080-26
    #[arg(value_name = "CODE")]
    pub service: Service,
    /// Only what held on or after this date of service
    #[arg(long, value_name = "DATE")]
    pub since: Option<NaiveDate>,
    /// Only this attribute, by its name in json and csv, as status
    #[arg(long, value_name = "NAME")]
    pub attribute: Option<Attribute>,
}

/// `changes`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  coverd changes --since 2026-01-01
  coverd changes --code 20560 --severity coverage
  coverd changes --format csv --limit 1000")]
pub struct ChangesArgs {
    /// Only what coverd found on or after this day
    #[arg(long, value_name = "DATE")]
    pub since: Option<NaiveDate>,
    /// Only what coverd found up to this day
    #[arg(long, value_name = "DATE")]
    pub until: Option<NaiveDate>,
    /// Only changes that this source brought, as `coverd sources` names it
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// Only changes of this code
    #[arg(long, value_name = "CODE")]
    pub code: Option<Service>,
    /// Only changes at least this grave: coverage, payment, coding or administrative
    #[arg(long, value_name = "SEVERITY")]
    pub severity: Option<Severity>,
    /// Only the changes of one alert, by the id in its mail
    #[arg(long, value_name = "ALERT")]
    pub alert: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
}

/// `rules`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  coverd rules
  coverd rules --since 2026-01-01 --format csv")]
pub struct RulesArgs {
    /// Only rulemakings with a document published on or after this day
    #[arg(long, value_name = "DATE")]
    pub since: Option<NaiveDate>,
}

/// `mentions`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  coverd mentions 20560
  coverd mentions \"dry needling\" --since 2026-01-01
  coverd mentions --format json")]
pub struct MentionsArgs {
    /// Only passages that name this code, word or policy, as it is watched
    #[arg(value_name = "TERM")]
    pub term: Option<String>,
    /// Only documents published on or after this day
    #[arg(long, value_name = "DATE")]
    pub since: Option<NaiveDate>,
    /// Passages that name look-alikes only, too
    #[arg(long)]
    pub look_alikes: bool,
}

/// `report`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  coverd report --year 2026
  coverd report --year 2026 --out report.html
  coverd report --format csv")]
pub struct ReportArgs {
    /// Only changes that coverd found in this calendar year [default: all]
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i32).range(2003..=2099))]
    pub year: Option<i32>,
    /// Write it as an HTML page into this file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `audit`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Events: captured, read, changed, alerted, attempted, acknowledged, problem_began, problem_ended

Examples:
  coverd audit --since 2026-11-01 --event attempted
  coverd audit --source pfs --format csv --limit 100000")]
pub struct AuditArgs {
    /// Only what happened on or after this day
    #[arg(long, value_name = "DATE")]
    pub since: Option<NaiveDate>,
    /// Only what happened up to this day
    #[arg(long, value_name = "DATE")]
    pub until: Option<NaiveDate>,
    /// Only events of this kind
    #[arg(long, value_name = "EVENT")]
    pub event: Option<Happened>,
    /// Only of this source, as `coverd sources` names it
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
}

/// `evidence`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The file holds the documents before and after as CMS served them, their captures with all headers,
hashes, a readable sheet, and how to check all of it without coverd.

Example:
  coverd evidence 3f9a1c --out dry-needling-2020.zip")]
pub struct EvidenceArgs {
    /// The id of a change, or of an alert for all that it told
    #[arg(value_name = "ID")]
    pub id: String,
    /// The ZIP file to write; it must not be there yet
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// `export`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Writes timelines.parquet, changes.parquet and documents.parquet: days as DATE, amounts as DECIMAL,
instants as TIMESTAMP in UTC.

Examples:
  coverd export --parquet warehouse
  duckdb -c \"SELECT * FROM 'warehouse/timelines.parquet' WHERE code = '20560'\"")]
pub struct ExportArgs {
    /// The folder to write into; it must be new or empty
    #[arg(long, value_name = "DIR")]
    pub parquet: PathBuf,
}

/// `archive`
#[derive(Debug, Clone, Subcommand)]
pub enum ArchiveCommand {
    /// Write every capture as a WARC file, the standard of web archives
    #[command(after_help = "\
Each record is compressed by itself. Answers with the bytes of an earlier one are revisit records.
`coverd replay FILE` reads it, and so does any tool for WARC.

Examples:
  coverd archive export --out coverd.warc.gz
  coverd archive export --out 2026.warc.gz --since 2026-01-01")]
    Export {
        /// The file to write; it must not be there yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Only captures on or after this day
        #[arg(long, value_name = "DATE")]
        since: Option<NaiveDate>,
    },
}
