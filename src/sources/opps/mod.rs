//! Addendum B of the hospital outpatient prospective payment system (OPPS): every quarter CMS posts the
//! table of all codes with their status indicator, payment group (APC), weight, rate and copayments.
//!
//! * `discovery` and `page` find the quarters and their archives on www.cms.gov;
//! * `extract` tells by their content which file of an archive is the table, and says what it says;
//! * `columns` finds its columns by their names, `table` reads its rows as a workbook or as text;
//! * `examine` decides by `checks` and by the one conversion `factor` whether a table may be believed.

mod checks;
mod columns;
mod discovery;
mod examine;
mod extract;
mod factor;
mod page;
mod source;
mod table;

pub use checks::Checks;
pub use columns::ATTRIBUTES;
pub use discovery::LIST_URL;
pub use source::Opps;
