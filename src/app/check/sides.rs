//! Facts without and with the document that is being settled.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::app::state::App;
use crate::model::fact::{Fact, Origin, Statement};
use crate::model::topic::Topic;

/// A document that was read and is not committed, and what this check read before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unsettled<'a> {
    pub(super) statements: &'a [Statement],
    pub(super) origin: &'a Arc<Origin>,
    pub(super) pending: &'a [Arc<Fact>],
}

impl Unsettled<'_> {
    /// What is known of some topics without the document, and what it adds. A document read again replaces
    /// its own earlier reading.
    pub(super) async fn sides(
        &self,
        app: &App,
        topics: &BTreeSet<Topic>,
    ) -> anyhow::Result<(Vec<Fact>, Vec<Fact>)> {
        let mut before = app.facts(topics.iter().cloned().collect()).await?;
        before.extend(self.pending.iter().map(|fact| Fact::clone(fact)));
        before.retain(|known| {
            topics.contains(&known.statement.topic) && !same_posting(&known.origin, self.origin)
        });
        let new = self
            .statements
            .iter()
            .filter(|statement| topics.contains(&statement.topic))
            .map(|statement| Fact {
                statement: statement.clone(),
                origin: Arc::clone(self.origin),
            });
        Ok((before, new.collect()))
    }
}

/// Whether two origins are of one posting, whatever else was noted of it.
pub(super) fn same_posting(a: &Origin, b: &Origin) -> bool {
    (&a.source, &a.edition.name, a.document, a.learned)
        == (&b.source, &b.edition.name, b.document, b.learned)
}
