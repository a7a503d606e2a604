//! The relative value files of the Medicare Physician Fee Schedule: every quarter CMS posts a ZIP
//! archive (`RVU20B`) with the table of all codes (PPRRVU), their status indicators and RVUs, the
//! geographic indices (GPCI) and the counties of the localities.
//!
//! * `discovery` and `page` find the releases and their archives on www.cms.gov;
//! * `members` tells by their content which file of an archive is which;
//! * `table`, `fixed_width` and `columns` bring the three forms of the table to one row type;
//! * `examine` decides by `checks` whether a table may be believed;
//! * `locality` reads GPCIs and counties;
//! * `zip_codes` finds the locality of a ZIP code, for who sets coverd up;
//! * `extract` puts it together, `statements` says it.

mod cells;
mod checks;
mod columns;
mod discovery;
mod examine;
mod extract;
mod fixed_width;
mod grid;
mod locality;
mod locality_columns;
mod members;
mod names;
mod page;
mod release;
mod source;
mod statements;
mod table;
mod zip_codes;

pub use checks::Checks;
pub use columns::service_attributes;
pub use discovery::LIST_URL;
pub use extract::localities;
pub use locality::Locality;
pub use source::Pfs;
pub use zip_codes::{FEE_SCHEDULES_URL, ZipCode, ZipPlace, locality_of, zip_codes_archive};
