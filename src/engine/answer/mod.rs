//! Questions about a date of service, answered layer by layer.

mod billing;
mod compose;
mod contradictions;
mod dollars;
mod fee_schedule;
mod line;
mod local;
mod ncd;
mod pipeline;
mod summary;
#[cfg(test)]
mod tests;

pub use compose::{PFS, Setting, answer, examine, topics};
pub use local::names_code;
