//! PDF to text. The parser of a hostile PDF may panic, loop or take all memory: whoever calls
//! [`extract()`] is a process that may die.

#[cfg(feature = "pdf")]
mod extract;
mod normal;
#[cfg(feature = "pdf")]
mod sound;

#[cfg(feature = "pdf")]
pub use extract::{PdfTextError, extract};
pub use normal::normalised;
