//! What a program is told: the same news as in a mail, as one JSON object.
//!
//! *Invariant:* composing is a pure function, as with mails: the same alert gives the same bytes.

use chrono::{DateTime, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::mail::{Bodies, ComposeError, Envelope, bodies, delivery_id};
use crate::model::alert::{Alert, AlertBody, ChangeAlert, OperatorNotice, Unchanged};
use crate::model::change::Judged;
use crate::model::delivery::{Outgoing, Purpose, Recipient};
use crate::model::dollars::PaymentMove;

/// Writes the message of an alert for a program, ready for the outbox.
///
/// The object has `type` (`coverd.change` or `coverd.notice`), `timestamp` (RFC 3339, when it was raised) and
/// `data`; its fields are described in the README.
///
/// # Errors
/// When a template failed, which is a defect.
pub fn compose(
    alert: &Alert,
    to: &Recipient,
    envelope: &Envelope,
    created: DateTime<Utc>,
) -> Result<Outgoing, ComposeError> {
    let Bodies { subject, text, .. } = bodies(alert, envelope)?;
    let (kind, mut data) = match &alert.body {
        AlertBody::Change(change) => ("coverd.change", of_change(change)),
        AlertBody::Operator(notice) => ("coverd.notice", of_notice(notice)),
    };
    if let Some(data) = data.as_object_mut() {
        data.insert("alert".to_owned(), json!(alert.id));
        data.insert("subject".to_owned(), json!(subject));
        data.insert("text".to_owned(), json!(text));
    }
    let message = json!({
        "type": kind,
        "timestamp": instant(alert.raised),
        "data": data,
    });
    let id = delivery_id(&alert.id, &to.channel, &to.address);
    Ok(Outgoing {
        message_id: id.clone(),
        id,
        purpose: Purpose::Alert,
        alert: Some(alert.id.clone()),
        channel: to.channel.clone(),
        recipient: to.address.clone(),
        sender: String::new(),
        subject,
        message: message.to_string().into_bytes(),
        created,
        not_before: created,
        gathers: false,
    })
}

fn of_change(change: &ChangeAlert) -> Value {
    let changes = |judged: &[Judged]| -> Vec<Value> { judged.iter().map(of_one).collect() };
    json!({
        "severity": change.severity.id(),
        "phase": change.phase.id(),
        "rulemaking": change.thread,
        "source": change.source_title,
        "edition": change.edition,
        "published": change.published.to_string(),
        "captured": instant(change.captured),
        "url": change.url,
        "document": change.document.to_string(),
        "changes": changes(&change.changes),
        "look_alikes": changes(&change.look_alikes),
        "dollars": change.dollars.iter().map(of_dollars).collect::<Vec<_>>(),
        "unchanged": change.unchanged.iter().map(of_unchanged).collect::<Vec<_>>(),
    })
}

/// Amounts are decimal numbers in text, dollars for one unit; `null` where nothing is paid.
fn of_dollars(one: &PaymentMove) -> Value {
    let amount = |amount: Option<Decimal>| amount.map(|amount| format!("{amount:.2}"));
    json!({
        "service": one.service.to_string(),
        "stage": one.stage.to_string(),
        "on": one.on.to_string(),
        "place": one.place.to_string(),
        "clinician": one.clinician.id(),
        "setting": one.setting.id(),
        "was": amount(one.was.paid()),
        "now": amount(one.now.paid()),
        "change_per_unit": amount(one.per_unit()),
        "change_per_year": amount(one.per_year()),
    })
}

fn of_unchanged(one: &Unchanged) -> Value {
    json!({
        "layer": one.layer.id(),
        "subjects": one.subjects,
        "says": one.says,
        "on": one.on.to_string(),
    })
}

/// `was` and `now` are `null` where nothing was observed; `until` is the first day that no longer belongs
/// to it, `null` for none.
fn of_one(judged: &Judged) -> Value {
    let change = &judged.change;
    let proof = change.after.as_deref().or(change.before.as_deref());
    json!({
        "subject": change.key.topic.subject.to_string(),
        "place": change.key.topic.place.to_string(),
        "stage": change.key.topic.stage.to_string(),
        "attribute": change.key.attribute.id(),
        "from": change.days.from.to_string(),
        "until": change.days.until.map(|day| day.to_string()),
        "was": change.was.as_ref().map(ToString::to_string),
        "now": change.now.as_ref().map(ToString::to_string),
        "severity": judged.severity.id(),
        "locator": proof.map(|fact| fact.statement.locator.as_str()),
        "quote": proof.map(|fact| fact.statement.quote.as_str()),
    })
}

fn of_notice(notice: &OperatorNotice) -> Value {
    let problem = &notice.problem;
    json!({
        "source": problem.source,
        "about": problem.subject,
        "kind": problem.kind.to_string(),
        "text": problem.text,
        "remedy": problem.remedy,
        "since": instant(notice.since),
        "recovered": notice.recovered,
    })
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
