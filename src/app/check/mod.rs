//! One check of a source: `(discover → fetch)* → for each unit: fetch → extract → fold → diff →
//! judge → render → record_check`, as DESIGN says: every unit is one transaction.

mod discover;
mod guard;
mod lean;
mod ledger;
mod notices;
mod obtain;
mod pass;
mod reread;
mod settle;
mod text;
mod unit;

pub use guard::AtWork;
pub use notices::{deliveries, notify_operator};
pub use pass::{Mode, Pass, Progress, check_source, report_defect};
