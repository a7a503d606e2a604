//! Who is told, and in which words: rendered once, before the transaction that decides it.

use std::collections::BTreeMap;

use crate::app::state::App;
use crate::engine::health::Assessment;
use crate::engine::severity::weighed;
use crate::io::store::Said;
use crate::model::alert::{Alert, AlertBody, OperatorNotice};
use crate::model::delivery::{Outgoing, Recipient, Role};
use crate::model::health::{OpenProblem, Problem, ProblemKind};
use crate::model::record::CheckRecord;

/// One outbox row for each alert and recipient who wants to hear of it. A message about a rulemaking
/// refers to those that the same recipient got before, and to those before it in `alerts`.
///
/// # Errors
/// When a message cannot be written; nothing is recorded then, and the check is tried again.
pub async fn deliveries(app: &App, alerts: &[Alert]) -> anyhow::Result<Vec<Outgoing>> {
    let mut outgoing: Vec<Outgoing> = Vec::new();
    let mut conversations: BTreeMap<String, Vec<Said>> = BTreeMap::new();
    for alert in alerts {
        let thread = match &alert.body {
            AlertBody::Change(change) => change.thread.clone(),
            AlertBody::Operator(_) => None,
        };
        if let Some(thread) = &thread
            && !conversations.contains_key(thread)
        {
            conversations.insert(thread.clone(), app.conversation(thread).await?);
        }
        for (recipient, alert) in recipients(app, alert) {
            let said = thread.as_ref().and_then(|thread| conversations.get(thread));
            let earlier: Vec<String> = said
                .into_iter()
                .flatten()
                .filter(|said| said.channel == recipient.channel)
                .filter(|said| said.recipient == recipient.address)
                .map(|said| said.message_id.clone())
                .collect();
            outgoing.push(app.compose(&alert, recipient, &earlier)?);
        }
        if let Some(said) = thread.and_then(|thread| conversations.get_mut(&thread)) {
            let own = outgoing
                .iter()
                .filter(|one| one.alert.as_ref() == Some(&alert.id));
            said.extend(own.map(|one| Said {
                channel: one.channel.clone(),
                recipient: one.recipient.clone(),
                message_id: one.message_id.clone(),
            }));
        }
    }
    Ok(outgoing)
}

/// Who hears of it, each with the alert as they weigh it.
fn recipients<'a>(app: &'a App, alert: &Alert) -> Vec<(&'a Recipient, Alert)> {
    match &alert.body {
        AlertBody::Change(change) => app
            .recipients
            .iter()
            .filter(|recipient| recipient.role == Role::Practice)
            .map(|recipient| (recipient, weighed(change, &recipient.severities)))
            .filter(|(recipient, change)| recipient.least <= change.severity)
            .map(|(recipient, change)| {
                let body = AlertBody::Change(change);
                (
                    recipient,
                    Alert {
                        body,
                        ..alert.clone()
                    },
                )
            })
            .collect(),
        AlertBody::Operator(_) => {
            let operators = || {
                let all = app.recipients.iter();
                all.filter(|recipient| recipient.role == Role::Operator)
            };
            // A practice without an operator still has to hear that its watcher is blind.
            let people: Vec<&Recipient> = if operators().next().is_none() {
                app.recipients.iter().collect()
            } else {
                operators().collect()
            };
            people.into_iter().map(|one| (one, alert.clone())).collect()
        }
    }
}

/// Adds the notices of an assessment to the record that commits it.
pub async fn notify_operator(
    app: &App,
    record: &mut CheckRecord,
    assessment: &Assessment,
) -> anyhow::Result<()> {
    for (problems, recovered) in [(&assessment.tell, false), (&assessment.recovered, true)] {
        for told in gathered(problems) {
            let alert = notice(app, &told, recovered);
            let messages = deliveries(app, std::slice::from_ref(&alert)).await?;
            record.deliveries.extend(messages);
            record.alerts.push(alert);
        }
    }
    Ok(())
}

/// Problems of one kind that are described in one message; the rest is counted.
const MOST_DESCRIBED: usize = 3;

/// One message for each kind: that a host is silent must not become as many messages as it has documents.
fn gathered(problems: &[OpenProblem]) -> Vec<OpenProblem> {
    let mut kinds: BTreeMap<ProblemKind, Vec<&OpenProblem>> = BTreeMap::new();
    for open in problems {
        kinds.entry(open.problem.kind).or_default().push(open);
    }
    let mut told = Vec::new();
    for alike in kinds.into_values() {
        match alike[..] {
            [first, _, ..] => told.push(together(first, &alike)),
            _ => told.extend(alike.into_iter().cloned()),
        }
    }
    told
}

fn together(first: &OpenProblem, alike: &[&OpenProblem]) -> OpenProblem {
    let mut texts: Vec<String> = alike
        .iter()
        .take(MOST_DESCRIBED)
        .map(|open| open.problem.text.clone())
        .collect();
    if alike.len() > MOST_DESCRIBED {
        texts.push(format!(
            "and {} more of the same kind: `coverd health` lists them",
            alike.len() - MOST_DESCRIBED
        ));
    }
    let problem = Problem {
        subject: match first.problem.kind {
            ProblemKind::Concern => format!("{} things", alike.len()),
            _ => format!("{} documents", alike.len()),
        },
        text: texts.join("; "),
        ..first.problem.clone()
    };
    let since = alike
        .iter()
        .map(|open| open.since)
        .min()
        .unwrap_or(first.since);
    OpenProblem {
        problem,
        since,
        ..first.clone()
    }
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
