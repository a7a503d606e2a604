//! The National Correct Coding Initiative (NCCI) for practitioners: how many units of a service are
//! plausible on one day (MUE), and which pairs of services are not paid beside each other (PTP edits).
//!
//! * `issue` knows the tables of a quarter by the names of their files, `discovery` finds them on
//!   www.cms.gov;
//! * `extract` opens an archive and finds the member that is the table;
//! * `mue` reads the table of units, a full list, by the names of its columns (`mue_columns`);
//! * `ptp` reads the edits (`edit_row`) as a stream: a quarter has about 2.6 million of them in four files, of
//!   which those that are `wanted` are kept;
//! * `history` makes of the rows of one pair what held from which day on;
//! * `checks` decides whether a table may be believed.

mod checks;
mod discovery;
mod edit_row;
mod extract;
mod history;
mod issue;
mod mue;
mod mue_columns;
mod ptp;
mod source;
mod wanted;

pub use checks::Checks;
pub use discovery::{MUE_URL, PTP_URL};
pub use source::Ncci;
