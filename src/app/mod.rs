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
pub mod heartbeat;
mod latest;
mod letters;
pub mod logging;
pub mod moment;
pub mod operating;
pub mod options;
mod outbox;
mod page;
pub mod pulse;
mod put_off;
pub mod questions;
pub mod replay;
mod setup_args;
pub mod state;
mod undelivered;
mod welcome;
pub mod wiring;
