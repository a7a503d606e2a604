//! The rules of the Medicare Physician Fee Schedule: each summer CMS proposes (`CMS-1848-P`), each
//! autumn it decides (`CMS-1848-F`) what every code is worth from 1 January on, and posts the numbers
//! as *addenda*. Addendum B lists status indicator and RVUs of all codes.
//!
//! * `discovery` and `page` find the rules and their addenda on www.cms.gov;
//! * `docket` tells the stage of a rule, by its docket alone;
//! * `archive` finds Addendum B and makes sure that it is of this rule, year and stage;
//! * `columns`, `row` and `addendum` read it, `checks` says what it must have to be believed;
//! * `extract` says it.

mod addendum;
mod archive;
mod checks;
mod columns;
mod discovery;
mod docket;
mod extract;
mod page;
mod row;
mod source;

pub use checks::Checks;
pub use discovery::LIST_URL;
pub use source::PfsRules;
