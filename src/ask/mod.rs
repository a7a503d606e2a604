//! Questions put to the store: what is read from it and folded, once for the commands and the page.

mod answer;
mod changes;
mod dollars;
mod history;
mod rules;
mod standing;

pub use answer::{answered, end_of_day, examined};
pub use changes::{Group, grouped};
pub use dollars::in_dollars;
pub use history::{believed, everything};
pub use rules::rules;
pub use standing::{Health, SourceInfo, Standing, Verdict, health, standings};
