//! The one integration binary: one file per subject, servers and clocks in `harness`.

mod check;
mod cli;
mod config;
mod damage;
mod deliver;
mod docs;
mod fetch;
mod harness;
mod kill;
mod layers;
mod mail;
mod ncd;
mod pfs;
mod store;
