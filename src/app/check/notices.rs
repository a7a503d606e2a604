//! Who is told, and in which words: rendered once, before the transaction that decides it.

use crate::app::state::App;
use crate::engine::health::Assessment;
use crate::model::alert::{Alert, AlertBody, OperatorNotice};
use crate::model::delivery::{Outgoing, Recipient, Role};
use crate::model::health::OpenProblem;
use crate::model::record::CheckRecord;

/// One outbox row for each recipient who wants to hear of the alert.
///
/// # Errors
/// When a message cannot be written; nothing is recorded then, and the check is tried again.
pub fn deliveries(app: &App, alert: &Alert) -> anyhow::Result<Vec<Outgoing>> {
    recipients(app, alert)
        .into_iter()
        .map(|recipient| app.compose(alert, recipient))
        .collect()
}

fn recipients<'a>(app: &'a App, alert: &Alert) -> Vec<&'a Recipient> {
    match &alert.body {
        AlertBody::Change(change) => app
            .recipients
            .iter()
            .filter(|recipient| {
                recipient.role == Role::Practice && recipient.least <= change.severity
            })
            .collect(),
        AlertBody::Operator(_) => {
            let operators: Vec<&Recipient> = app
                .recipients
                .iter()
                .filter(|recipient| recipient.role == Role::Operator)
                .collect();
            // A practice without an operator still has to hear that its watcher is blind.
            if operators.is_empty() {
                app.recipients.iter().collect()
            } else {
                operators
            }
        }
    }
}

/// Adds the notices of an assessment to the record that commits it.
pub fn notify_operator(
    app: &App,
    record: &mut CheckRecord,
    assessment: &Assessment,
) -> anyhow::Result<()> {
    let begun = assessment.tell.iter().map(|open| (open, false));
    let ended = assessment.recovered.iter().map(|open| (open, true));
    for (open, recovered) in begun.chain(ended) {
        let alert = notice(app, open, recovered);
        record.deliveries.extend(deliveries(app, &alert)?);
        record.alerts.push(alert);
    }
    Ok(())
}

fn notice(app: &App, open: &OpenProblem, recovered: bool) -> Alert {
    let now = app.clock.now();
    let problem = open.problem.clone();
    // A reminder is a notice of its own, so the time it is told belongs to its name.
    let name = format!(
        "{:?} {} {recovered} {}",
        problem.identity(),
        open.since,
        now
    );
    Alert {
        id: App::short_id(&name),
        raised: now,
        body: AlertBody::Operator(OperatorNotice {
            problem,
            since: open.since,
            recovered,
        }),
    }
}
