//! The one integration binary: one file per subject, servers and clocks in `harness`.

mod bulkhead;
mod check;
mod cli;
mod config;
mod daemon;
mod damage;
mod deliver;
mod docs;
mod fetch;
mod harness;
mod kill;
mod laws;
mod layers;
mod licence;
mod local_coverage;
mod mail;
mod mentions;
mod nca;
mod ncd;
mod pdf;
mod pfs;
mod replay;
mod rules;
mod store;
mod transmittals;
