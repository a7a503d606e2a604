//! The commands, one file each.

pub mod answer;
pub mod changes;
pub mod config;
mod context;
pub mod db;
mod dispatch;
pub mod man;
pub mod output;
pub mod overview;
pub mod replayed;
pub mod watch;

pub use context::{Context, check_schedule};
pub use dispatch::run;
