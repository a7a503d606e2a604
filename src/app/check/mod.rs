//! One check of a source: `(discover → fetch)* → for each unit: fetch → extract → fold → diff →
//! judge → render → record_check`, as DESIGN says: every unit is one transaction, or, where a source
//! gathers its news, all news of the check are one.

mod confirm;
mod discover;
mod dollars;
mod guard;
mod lean;
mod ledger;
mod look;
mod notices;
mod obtain;
mod pass;
mod posting;
mod reread;
mod settle;
mod sides;
mod suspect;
mod tally;
mod text;
mod turns;
mod unchanged;
mod unit;

pub use guard::AtWork;
pub use notices::{deliveries, notify_operator};
pub(super) use obtain::kind;
pub use pass::{Mode, Pass, Progress, check_source, report_defect};
