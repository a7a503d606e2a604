//! What somebody writes who takes care of an alert.

use chrono::{DateTime, Utc};

use crate::model::delivery::{AcknowledgedVia, Acknowledgement};
use crate::render::clean;

/// Longest name of a person, and longest note, in characters.
const LONGEST: (usize, usize) = (80, 1_000);

/// An acknowledgement in plain lines of bounded length; `None` without a name.
pub fn acknowledgement(
    alert: &str,
    person: &str,
    note: &str,
    at: DateTime<Utc>,
    via: AcknowledgedVia,
) -> Option<Acknowledgement> {
    let person = clean::line(person, LONGEST.0);
    (!person.is_empty()).then(|| Acknowledgement {
        alert: alert.to_owned(),
        person,
        note: clean::line(note, LONGEST.1),
        at,
        via,
    })
}
