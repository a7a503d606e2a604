//! The text of PDFs, taken out by a process of its own: a parser of hostile PDFs may die, the daemon
//! may not.

mod limits;
mod reader;

pub use limits::{ProcessLimits, limit_this_process, own_program};
pub use reader::{PdfConfig, PdfError, PdfReader};
