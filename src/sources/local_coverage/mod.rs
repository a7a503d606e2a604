//! Local coverage determinations and articles of Medicare administrative contractors.

mod codes;
mod discovery;
mod record;
mod rows;
mod scope;
mod states;

pub use discovery::LocalCoverage;
pub use scope::{Scope, TERMS};
pub use states::state_name;
