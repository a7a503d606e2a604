//! `coverd doctor`: everything that coverd needs, tried now, each finding with its remedy.
//!
//! It changes nothing: no store is made or carried forward, no mail is sent. Where a coverd runs on the store, the
//! sources are left to it, so that no host is asked faster than promised.

mod all;
mod finding;
mod machine;
mod mail;
mod sources;
mod store;

pub(super) use all::doctor;
pub(super) use finding::{Finding, State};
pub(super) use mail::try_server;
