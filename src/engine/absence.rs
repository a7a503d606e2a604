//! What a list that was read in full says of topics that it does not name.

use std::collections::BTreeSet;

use crate::model::fact::Statement;
use crate::model::request::Unlisted;
use crate::model::topic::{Place, Stage, Subject, Topic};

/// Whether a full list of codes speaks of the topic by not naming it: national rows in force.
pub fn listable(topic: &Topic) -> bool {
    matches!(topic.subject, Subject::Service(_))
        && topic.place == Place::National
        && topic.stage == Stage::InForce
}

/// The topics among `known` that the list does not name, each declared absent.
pub fn absences(
    known: impl IntoIterator<Item = Topic>,
    stated: &BTreeSet<Topic>,
    unlisted: &Unlisted,
) -> Vec<Statement> {
    known
        .into_iter()
        .filter(|topic| listable(topic) && !stated.contains(topic))
        .map(|topic| Statement {
            topic,
            from: unlisted.from,
            values: unlisted.values.clone(),
            locator: unlisted.locator.clone(),
            quote: String::new(),
        })
        .collect()
}
