//! What an alert does to payments, in dollars.

use super::sides::Unsettled;
use crate::app::state::App;
use crate::engine::dollars::{Measure, payment_moves, services_moved};
use crate::engine::fold::fold;
use crate::engine::judge::Verdict;
use crate::model::alert::AlertBody;

/// Puts into the alert of a verdict what its changes do to the payment of the practice's codes, by belief
/// without and with what this document states.
pub(super) async fn tell_dollars(
    app: &App,
    verdict: &mut Verdict,
    unsettled: Unsettled<'_>,
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
    let (before, new) = unsettled.sides(app, &topics).await?;
    let after = fold(before.iter().cloned().chain(new));
    let before = fold(before);
    alert.dollars = payment_moves(&before, &after, &alert.changes, measure);
    Ok(())
}
