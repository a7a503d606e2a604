//! The command line of questions: what `answer`, `history`, `changes`, `rules` and `mentions` take.

use chrono::NaiveDate;
use clap::Args;

use super::moment::Moment;
use crate::model::change::Severity;
use crate::model::code::Service;
use crate::model::topic::LocalityId;

/// `answer`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  coverd answer 20560 --on 2020-02-10
  coverd answer 20560 --on 2020-02-10 --as-published-on 2020-01-15
  coverd answer 20561 --on 2025-06-01 --place 01112-05
  coverd answer 77080-26 --on 2025-06-01 --format json")]
pub struct AnswerArgs {
    /// The code, with its modifier if any: 20560, 77080-26
    #[arg(value_name = "CODE")]
    pub service: Service,
    /// The date of service
    #[arg(long, value_name = "DATE")]
    pub on: NaiveDate,
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
}

/// `changes`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  coverd changes --since 2026-01-01
  coverd changes --code 20560 --severity coverage
  coverd changes --format csv --limit 1000")]
pub struct ChangesArgs {
    /// Only what CMS published on or after this day
    #[arg(long, value_name = "DATE")]
    pub since: Option<NaiveDate>,
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
