//! The one integration binary: one file per subject, servers and clocks in `harness`.

mod bulkhead;
mod config;
mod daemon;
mod damage;
mod docs;
mod fetch;
mod harness;
mod layers;
mod mail;
mod ncd;
mod pfs;
mod store;
