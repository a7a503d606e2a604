//! What can never be delivered, as a problem of its recipient that the operator hears of.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::check::notify_operator;
use super::state::App;
use crate::engine::health::{Assessment, assess};
use crate::model::delivery::{DeliveryState, Outcome, Outgoing};
use crate::model::health::{Problem, ProblemKind};
use crate::model::record::CheckRecord;

/// The source that problems of delivery are filed under.
const MAIL: &str = "mail";

/// A delivery that is dead is a problem of its recipient; one that arrives ends it.
pub(super) async fn report(
    app: &Arc<App>,
    outgoing: &Outgoing,
    state: DeliveryState,
    outcome: &Outcome,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let subject = outgoing.recipient.as_str();
    let found = match (state, outcome) {
        (
            DeliveryState::Dead,
            Outcome::Accepted(words) | Outcome::Deferred(words) | Outcome::Refused(words),
        ) => {
            vec![Problem {
                source: MAIL.to_owned(),
                subject: subject.to_owned(),
                kind: ProblemKind::DeliveryDead,
                text: format!("the message \"{}\" cannot be delivered to {subject}: {words}", outgoing.subject),
                remedy: "correct the address or the mail server, then run `coverd mail-test`; `coverd outbox --state dead` lists what did not arrive".to_owned(),
            }]
        }
        (DeliveryState::Delivered | DeliveryState::Pending | DeliveryState::Gathered, _) => {
            Vec::new()
        }
    };
    let open = app.open_problems(MAIL).await?;
    if found.is_empty() && open.iter().all(|open| open.problem.subject != subject) {
        return Ok(());
    }
    let assessment = assess(open, found, |problem| problem.subject == subject, now);
    keep(app, assessment, now).await
}

/// Tells the operator again, a week later, what is dead and was not sent again: the first notice may have been
/// refused for good with it. A recipient who is not configured any more is left in peace.
///
/// # Errors
/// When the store cannot be read or written.
pub(super) async fn tell_again(app: &Arc<App>) -> anyhow::Result<()> {
    let open = app.open_problems(MAIL).await?;
    let is_told = |subject: &str| {
        let people = app.recipients.iter().chain(&app.escalation.people);
        people.map(|one| &one.address).any(|one| one == subject)
    };
    let found: Vec<Problem> = open
        .iter()
        .map(|open| &open.problem)
        .filter(|problem| is_told(&problem.subject))
        .cloned()
        .collect();
    let now = app.clock.now();
    let assessment = assess(open, found, |_| false, now);
    if assessment.tell.is_empty() {
        return Ok(());
    }
    keep(app, assessment, now).await
}

/// How deliveries stand, with the notices about it, in one transaction.
async fn keep(app: &App, assessment: Assessment, now: DateTime<Utc>) -> anyhow::Result<()> {
    let mut record = CheckRecord::new(MAIL, now);
    notify_operator(app, &mut record, &assessment).await?;
    record.problems = assessment.record;
    app.record(record).await
}
