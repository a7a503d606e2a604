//! Where everything meets: configuration, wiring, the check, the delivery, the daemon, the commands.

pub mod channels;
pub mod check;
pub mod cli;
pub mod commands;
pub mod config;
pub mod control;
pub mod daemon;
pub mod deliver;
pub mod exit;
mod letters;
pub mod logging;
pub mod moment;
pub mod options;
mod outbox;
mod page;
pub mod pulse;
pub mod questions;
pub mod replay;
pub mod state;
pub mod wiring;
