//! Questions put to the store: what is read from it and folded, once for the commands and the page.

mod acknowledgement;
mod answer;
mod changes;
mod dollars;
mod history;
mod report;
mod rules;
mod standing;
mod warehouse;

pub use acknowledgement::acknowledgement;
pub use answer::{answered, end_of_day, examined};
pub use changes::{Group, grouped};
pub use dollars::{dollars_of, in_dollars};
pub use history::{believed, everything};
pub use report::report;
pub use rules::rules;
pub use standing::{Health, SourceInfo, Standing, Verdict, health, standings};
pub use warehouse::{ExportError, Exported, export};
