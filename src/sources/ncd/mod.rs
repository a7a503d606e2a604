//! National coverage determinations, from the API of the Medicare Coverage Database.

mod discovery;
mod limits;
mod record;
mod report;
mod statements;
mod witness;

pub use discovery::Ncd;
pub use limits::{Limits, limits};
pub use witness::{PageVerdict, page_against_last};
