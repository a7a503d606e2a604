//! The page: what coverd knows, for a browser, for feed readers and calendars, and for programs.
//!
//! It is served by the daemon and reads the store beside it; nothing here writes to the database (an
//! acknowledgement is handed to the daemon). Pages
//! are rendered here whole, without script, and every text of others is escaped by the templates.
//!
//! *Architecture invariants:* questions go through [`crate::ask`] and [`crate::io::store::Reader`], so
//! that the page cannot say anything else than the commands. Only `api` and `query` know serde.

mod access;
mod api;
mod calendar;
mod error;
mod feed;
mod guard;
mod login;
mod metrics;
mod overview;
mod pages;
mod query;
mod routes;
mod server;
mod site;
mod upcoming;
mod view;

pub use access::{hash_password, is_password_hash};
pub use server::serve;
pub use site::{AckDesk, KeepAck, Setup, WebConfig};
