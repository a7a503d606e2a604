//! Arguments of the commands by which coverd is operated: what is well, what was sent, who takes care.

use chrono::NaiveDate;
use clap::Args;

use crate::model::delivery::{DeliveryState, Purpose};

/// `ack`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The id is at the end of the alert's mail; the first characters are enough. Who, when and the note stay
in the history.

Example:
  coverd ack 3f9a1c --by Ana --note \"claims of January looked at\"")]
pub struct AckArgs {
    /// The id of the alert
    #[arg(value_name = "ID")]
    pub id: String,
    /// Who takes care of it
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// What is to be remembered
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub note: String,
}

/// `health`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  coverd health
  coverd health --format json
  coverd health --nagios          for Nagios, Icinga, Checkmk, Monit")]
pub struct HealthArgs {
    /// One line and the exit code of a monitoring plugin: 0 OK, 1 WARNING (documents to look at), 2
    /// CRITICAL (cannot see, or a message is dead), 3 UNKNOWN
    #[arg(long)]
    pub nagios: bool,
}

/// `outbox`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  coverd outbox
  coverd outbox --state dead
  coverd deliveries --to billing@practice.example --since 2026-01-01 --format csv
  coverd outbox --retry 232de228")]
pub struct OutboxArgs {
    /// Only those that are pending, delivered, dead or gathered (told by a digest)
    #[arg(long, value_name = "STATE")]
    pub state: Option<DeliveryState>,
    /// Only those to this address, or to the hook of this name
    #[arg(long, value_name = "ADDRESS")]
    pub to: Option<String>,
    /// Only those that tell an alert, a digest, a reminder, or are the weekly message or the welcome
    #[arg(long, value_name = "PURPOSE")]
    pub purpose: Option<Purpose>,
    /// Only those written on or after this day
    #[arg(long, value_name = "DATE")]
    pub since: Option<NaiveDate>,
    /// Send one again that was given up, by its id or the beginning of it
    #[arg(long, value_name = "ID", conflicts_with_all = ["state", "to", "purpose", "since"])]
    pub retry: Option<String>,
}

/// `mail-test`
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  coverd mail-test
  coverd mail-test --to billing@practice.example")]
pub struct MailTestArgs {
    /// One address instead of all recipients
    #[arg(long, value_name = "ADDRESS")]
    pub to: Option<String>,
}
