//! Mails: what one alert says to one recipient, as subject, text, HTML and RFC 5322 bytes.
//!
//! *Invariant:* composing is a pure function: the same alert for the same recipient gives the same
//! bytes, so that a message sent twice is the same message.

mod bodies;
mod content;
mod dollars;
mod evidence;
mod letters;
mod meanings;
mod mime;
mod moves;
mod notice;
mod records;
mod subject;
mod text;
mod unchanged;
mod welcome;
mod when;

pub(super) use bodies::NO_ADVICE;
pub use bodies::{Bodies, bodies};
pub use letters::{Weekly, digest, reminder, text_of, weekly};
pub use mime::{
    ComposeError, Envelope, LONGEST_TEXT, breaks_a_line, compose, delivery_id, test_message,
};
pub use welcome::{Welcome, welcome};
