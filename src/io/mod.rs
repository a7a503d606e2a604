//! The outside world: clock, network, files, database, channels, service manager.
//!
//! *Architecture invariant:* nothing here decides; each module owns a small configuration of its
//! own, and none knows the engine, a source, a page or the command line.

pub mod blobs;
pub mod bundle;
pub mod channels;
pub mod clock;
pub mod control;
mod disk;
pub mod fetch;
pub mod lock;
pub mod newfile;
pub mod pdf;
pub mod recording;
pub mod signals;
pub mod store;
pub mod systemd;
pub mod warc;
pub mod warehouse;
