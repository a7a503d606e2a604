//! Decisions: what is believed, what changed, who is told, when to try again. Pure functions.
//!
//! *Architecture invariant:* no clock, no source by name, no I/O, no rendering.
#![warn(missing_docs, clippy::wildcard_enum_match_arm)]

pub mod absence;
pub mod answer;
mod compare;
pub mod courtesy;
pub mod diff;
pub mod dollars;
pub mod escalation;
pub mod fold;
pub mod gather;
pub mod health;
pub mod history;
pub mod judge;
pub mod price;
pub mod report;
pub mod retry;
pub mod rules;
pub mod schedule;
pub mod severity;
#[cfg(test)]
mod tests;
pub mod unchanged;
