//! What an alert does to payments, in dollars.

use std::sync::Arc;

use super::settle::same_posting;
use crate::app::state::App;
use crate::engine::dollars::{Measure, payment_moves, services_moved};
use crate::engine::fold::fold;
use crate::engine::judge::Verdict;
use crate::model::alert::AlertBody;
use crate::model::fact::{Fact, Origin, Statement};

/// Puts into the alert of a verdict what its changes do to the payment of the practice's codes, by belief
/// without and with what this document states.
pub(super) async fn tell_dollars(
    app: &App,
    verdict: &mut Verdict,
    statements: &[Statement],
    origin: &Arc<Origin>,
    pending: &[Arc<Fact>],
) -> anyhow::Result<()> {
    let Some(AlertBody::Change(alert)) = verdict.alert.as_mut().map(|alert| &mut alert.body) else {
        return Ok(());
    };
    let services = services_moved(&alert.changes, &app.watch);
    let measure = Measure {
        services: &services,
        localities: &app.watch.localities,
        yearly_units: &app.yearly_units,
    };
    let topics = measure.topics(&alert.changes);
    if topics.is_empty() {
        return Ok(());
    }
    let mut facts: Vec<Fact> = app.facts(topics.iter().cloned().collect()).await?;
    facts.extend(pending.iter().map(|fact| Fact::clone(fact)));
    facts.retain(|known| {
        topics.contains(&known.statement.topic) && !same_posting(&known.origin, origin)
    });
    let new = statements
        .iter()
        .filter(|statement| topics.contains(&statement.topic))
        .map(|statement| Fact {
            statement: statement.clone(),
            origin: Arc::clone(origin),
        });
    let before = fold(facts.clone());
    let after = fold(facts.into_iter().chain(new));
    alert.dollars = payment_moves(&before, &after, &alert.changes, measure);
    Ok(())
}
