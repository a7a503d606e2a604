//! The words of the program: types, their invariants, nothing else.
//!
//! *Architecture invariant:* nothing here reads a clock, a file or a socket, and nothing here is
//! serialised by derive: the store and the outputs write their own forms, so that a rename here
//! never changes a database.
#![warn(missing_docs, clippy::wildcard_enum_match_arm)]

pub mod alert;
pub mod answer;
pub mod attribute;
pub mod change;
pub mod code;
pub mod courtesy;
pub mod date;
pub mod delivery;
pub mod document;
pub mod dollars;
pub mod fact;
pub mod health;
pub mod money;
pub mod opps_status;
pub mod passage;
pub mod quarter;
pub mod record;
pub mod report;
pub mod request;
pub mod status;
pub mod timeline;
pub mod topic;
pub mod watch;
