//! The sources of CMS that coverd reads, one file (or folder) each.
//!
//! *Architecture invariant:* a source is pure. It is handed documents and says which addresses it
//! wants next, and what a document says. It never fetches, stores or reads the clock; `today` is an
//! argument.

pub mod cms;
mod coverage_api;
pub mod federal_register;
mod list;
pub mod local_coverage;
pub mod mentions;
pub mod nca;
pub mod ncci;
pub mod ncd;
pub mod opps;
pub mod page;
pub mod pfs;
pub mod pfs_rules;
mod source;
pub mod therapy;
pub mod transmittals;

pub use list::{Settings, all};
pub use source::{Brief, Seen, Source, SourceMeta};
