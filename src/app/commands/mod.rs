//! The commands, one file each.

pub mod ack;
pub mod answer;
pub mod archive;
pub mod audit;
pub mod bundle;
pub mod changes;
mod checking;
pub mod config;
mod context;
pub mod db;
pub mod demo;
mod dispatch;
mod doctor;
mod dollars;
mod evidence;
pub mod export;
pub mod health;
pub mod history;
pub mod man;
pub mod mentions;
pub mod outbox;
pub mod output;
pub mod pdf_text;
mod program;
pub mod replay;
pub mod report;
pub mod rules;
mod setup;
pub mod show;
pub mod sources;
pub mod status;
pub mod watch;
mod web;

pub use context::{Context, Logged, check_schedule};
pub use dispatch::run;
