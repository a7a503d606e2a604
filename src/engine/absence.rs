//! What a list that was read in full says of topics that it does not name.

use std::collections::BTreeSet;

use crate::model::fact::Statement;
use crate::model::request::Unlisted;
use crate::model::topic::Topic;

/// The topics among `known` that the list does not name, each declared absent.
pub fn absences(
    known: impl IntoIterator<Item = Topic>,
    stated: &BTreeSet<Topic>,
    unlisted: &Unlisted,
) -> Vec<Statement> {
    known
        .into_iter()
        .filter(|topic| topic.is_listable() && !stated.contains(topic))
        .map(|topic| Statement {
            topic,
            from: unlisted.from,
            values: unlisted.values.clone(),
            locator: unlisted.locator.clone(),
            quote: String::new(),
        })
        .collect()
}
