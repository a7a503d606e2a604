//! `coverd setup`: from a fresh installation to a running service that mails.
//!
//! Everything is asked or given first, then tried, and only then written: a setup that was broken off has changed
//! nothing.

mod answers;
mod ask;
mod draft;
mod flow;
mod places;
mod published;
mod server;
mod service;
mod write;

pub(super) use flow::setup;
