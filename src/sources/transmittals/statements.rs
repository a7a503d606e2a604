//! What a transmittal or an article says, as statements.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::status::Moved;
use crate::model::attribute::Attribute;
use crate::model::code::Service;
use crate::model::fact::{Observation, Statement};
use crate::model::topic::{Subject, Topic};
use crate::sources::mentions::Named;

/// The name of a transmittal among the policies. One change request may have several transmittals, for several
/// manuals and one after the other, and each says its own: `CR 11755 (R10128NCD)`.
pub(super) fn policy(change_request: &str, transmittal: &str) -> String {
    if change_request.is_empty() {
        transmittal.to_owned()
    } else {
        format!("CR {change_request} ({transmittal})")
    }
}

/// Values of attributes; what is empty is left out, for the document does not speak of it.
#[derive(Debug, Default)]
pub(super) struct Record(BTreeMap<Attribute, Observation>);

impl Record {
    /// Adds a value.
    pub(super) fn with(mut self, attribute: Attribute, value: &str) -> Self {
        if !value.is_empty() {
            self.0.insert(attribute, Observation::text(value));
        }
        self
    }

    /// Adds what is named in the document.
    pub(super) fn naming(self, named: &Named) -> Self {
        self.with(Attribute::Passages, &named.passages_value())
            .with(Attribute::Mentions, &named.terms())
            .with(Attribute::LookAlikePassages, &named.look_alikes_value())
    }

    /// The statement about a policy, which speaks from a day on.
    pub(super) fn about(self, policy: String, from: NaiveDate, quote: &str) -> Statement {
        Statement {
            topic: Topic::national(Subject::Policy(policy)),
            from,
            values: Arc::new(self.0),
            locator: "page 1".to_owned(),
            quote: quote.chars().take(400).collect(),
        }
    }
}

/// The statement that a code has a status indicator.
pub(super) fn status(moved: Moved) -> Statement {
    let values = BTreeMap::from([(Attribute::Status, Observation::text(moved.status))]);
    Statement {
        topic: Topic::national(Subject::Service(Service::plain(moved.code))),
        from: moved.from,
        values: Arc::new(values),
        locator: format!("page {}", moved.page),
        quote: moved.quote,
    }
}
