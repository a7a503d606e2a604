//! How the words of the model are written in columns. These forms never change; a new one needs a
//! migration.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rusqlite::Row;
use rusqlite::types::Type;

use super::error::StoreError;
use crate::model::alert::Phase;
use crate::model::attribute::Attribute;
use crate::model::change::Severity;
use crate::model::delivery::{AcknowledgedVia, DeliveryState, Purpose};
use crate::model::document::DocumentHash;
use crate::model::fact::Repost;
use crate::model::health::ProblemKind;
use crate::model::topic::{Place, Stage, Subject, Topic};

/// A word of the model as text in a column.
pub(super) trait Form: Sized {
    /// What it is, for messages.
    const WHAT: &'static str;

    /// As it is written.
    fn form(&self) -> String;

    /// Read back; `None` for what is no such form.
    fn of(text: &str) -> Option<Self>;
}

/// Reads a column that has a [`Form`].
pub(super) fn column<T: Form>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(index)?.as_str()?;
    T::of(text).ok_or_else(|| unreadable(index, T::WHAT, text))
}

/// Reads a column that has a [`Form`] or is NULL.
pub(super) fn optional<T: Form>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>> {
    match row.get_ref(index)?.as_str_or_null()? {
        None => Ok(None),
        Some(text) => T::of(text)
            .map(Some)
            .ok_or_else(|| unreadable(index, T::WHAT, text)),
    }
}

/// Our own error inside the engine's; `From<rusqlite::Error>` takes it out again.
pub(super) fn unreadable(index: usize, what: &'static str, text: &str) -> rusqlite::Error {
    let ours = StoreError::unreadable(what, text);
    rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(ours))
}

/// Fixed width, so that the order of the text is the order of time.
impl Form for DateTime<Utc> {
    const WHAT: &'static str = "an instant";

    fn form(&self) -> String {
        self.to_rfc3339_opts(SecondsFormat::Nanos, true)
    }

    fn of(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|at| at.to_utc())
    }
}

impl Form for NaiveDate {
    const WHAT: &'static str = "a day";

    fn form(&self) -> String {
        self.to_string()
    }

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Form for DocumentHash {
    const WHAT: &'static str = "a document hash";

    fn form(&self) -> String {
        self.to_string()
    }

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Form for Attribute {
    const WHAT: &'static str = "an attribute";

    fn form(&self) -> String {
        self.id().to_owned()
    }

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Form for Severity {
    const WHAT: &'static str = "a severity";

    fn form(&self) -> String {
        self.id().to_owned()
    }

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Form for Phase {
    const WHAT: &'static str = "a phase";

    fn form(&self) -> String {
        self.id().to_owned()
    }

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Form for ProblemKind {
    const WHAT: &'static str = "a kind of problem";

    fn form(&self) -> String {
        self.id().to_owned()
    }

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Form for Purpose {
    const WHAT: &'static str = "a purpose";

    fn form(&self) -> String {
        self.id().to_owned()
    }

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Form for AcknowledgedVia {
    const WHAT: &'static str = "a way to acknowledge";

    fn form(&self) -> String {
        self.id().to_owned()
    }

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Form for DeliveryState {
    const WHAT: &'static str = "a delivery state";

    fn form(&self) -> String {
        self.id().to_owned()
    }

    fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Form for Repost {
    const WHAT: &'static str = "a kind of repost";

    fn form(&self) -> String {
        match self {
            Self::Replaces => "replaces",
            Self::Amends => "amends",
        }
        .to_owned()
    }

    fn of(text: &str) -> Option<Self> {
        match text {
            "replaces" => Some(Self::Replaces),
            "amends" => Some(Self::Amends),
            _ => None,
        }
    }
}

impl Form for Place {
    const WHAT: &'static str = "a place";

    fn form(&self) -> String {
        match self {
            Self::National => "national".to_owned(),
            Self::Locality(id) => format!("locality:{id}"),
            Self::Contractor(number) => format!("contractor:{number}"),
        }
    }

    fn of(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None => (text == "national").then_some(Self::National),
            Some(("locality", id)) => id.parse().ok().map(Self::Locality),
            Some(("contractor", number)) => Some(Self::Contractor(number.to_owned())),
            Some(_) => None,
        }
    }
}

impl Form for Stage {
    const WHAT: &'static str = "a stage";

    fn form(&self) -> String {
        match self {
            Self::InForce => "in_force".to_owned(),
            Self::ProposedBy(rule) => format!("proposed:{rule}"),
            Self::FinalBy(rule) => format!("final:{rule}"),
        }
    }

    fn of(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None => (text == "in_force").then_some(Self::InForce),
            Some(("proposed", rule)) => Some(Self::ProposedBy(rule.to_owned())),
            Some(("final", rule)) => Some(Self::FinalBy(rule.to_owned())),
            Some(_) => None,
        }
    }
}

/// The two columns of a subject.
pub(super) fn subject_form(subject: &Subject) -> (&'static str, String) {
    match subject {
        Subject::Service(service) => ("service", service.to_string()),
        Subject::Policy(name) => ("policy", name.clone()),
        Subject::Schedule(name) => ("schedule", name.clone()),
        Subject::Pair(pair) => ("pair", pair.to_string()),
        Subject::Rule(number) => ("rule", number.clone()),
        Subject::Page(name) => ("page", name.clone()),
    }
}

fn subject_of(kind: &str, text: &str) -> Option<Subject> {
    match kind {
        "service" => text.parse().ok().map(Subject::Service),
        "policy" => Some(Subject::Policy(text.to_owned())),
        "schedule" => Some(Subject::Schedule(text.to_owned())),
        "pair" => text.parse().ok().map(Subject::Pair),
        "rule" => Some(Subject::Rule(text.to_owned())),
        "page" => Some(Subject::Page(text.to_owned())),
        _ => None,
    }
}

/// Reads the four columns `subject_kind, subject, place, stage` from `first` on.
pub(super) fn topic(row: &Row<'_>, first: usize) -> rusqlite::Result<Topic> {
    let kind = row.get_ref(first)?.as_str()?;
    let text = row.get_ref(first + 1)?.as_str()?;
    Ok(Topic {
        subject: subject_of(kind, text).ok_or_else(|| unreadable(first, "a subject", text))?,
        place: column(row, first + 2)?,
        stage: column(row, first + 3)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Debug;

    fn reads_back<T: Form + PartialEq + Debug>(value: &T) {
        assert_eq!(T::of(&value.form()).as_ref(), Some(value));
    }

    #[test]
    fn forms_read_back() {
        for place in ["national", "locality:01112-05", "contractor:01112"] {
            let read = Place::of(place).unwrap();
            assert_eq!(read.form(), place);
            reads_back(&read);
        }
        for stage in ["in_force", "proposed:CMS-1848-P", "final:a:b"] {
            let read = Stage::of(stage).unwrap();
            assert_eq!(read.form(), stage);
            reads_back(&read);
        }
        for subject in [
            Subject::Service("77080-26".parse().unwrap()),
            Subject::Policy("NCD 30.3.3".to_owned()),
            Subject::Schedule("PFS".to_owned()),
            Subject::Pair("97140 with 20560".parse().unwrap()),
            Subject::Rule("2026-14327".to_owned()),
            Subject::Page("Payer: needling".to_owned()),
        ] {
            let (kind, text) = subject_form(&subject);
            assert_eq!(subject_of(kind, &text), Some(subject));
        }
        reads_back(&Repost::Amends);
        reads_back(&Repost::Replaces);
        reads_back(&DocumentHash::new([0xab; 32]));
    }

    #[test]
    fn the_order_of_instants_is_the_order_of_their_text() {
        let early = DateTime::from_timestamp(1_577_836_800, 0).unwrap();
        let later = DateTime::from_timestamp(1_577_836_800, 5_000_000).unwrap();
        let latest = DateTime::from_timestamp(1_577_836_801, 0).unwrap();
        assert!(early.form() < later.form() && later.form() < latest.form());
        assert_eq!(early.form(), "2020-01-01T00:00:00.000000000Z");
        reads_back(&later);
    }

    #[test]
    fn what_is_no_form_is_not_guessed_at() {
        assert_eq!(Place::of("nowhere"), None);
        assert_eq!(Place::of("locality:x"), None);
        assert_eq!(Stage::of("repealed:1"), None);
        assert_eq!(Repost::of(""), None);
        assert_eq!(subject_of("service", "NCD 30.3.3"), None);
        assert_eq!(subject_of("list", "x"), None);
        assert_eq!(subject_of("pair", "97140"), None);
    }
}
