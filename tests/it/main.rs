//! The one integration binary: one file per subject, servers and clocks in `harness`.

mod config;
mod damage;
mod docs;
mod fetch;
mod harness;
mod laws;
mod layers;
mod mail;
mod ncd;
mod pfs;
mod replay;
mod store;
