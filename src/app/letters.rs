//! Messages that the clock asks for and no check: digests, reminders of what nobody acknowledged, and the weekly
//! one that says that coverd is watching.
//!
//! Each is put into the outbox in one transaction with what it tells. Its id is derived from that, so
//! that a step which is repeated after a crash adds nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::put_off::bring_forward;
use super::state::App;
use super::undelivered::tell_again;
use super::welcome::greet;
use crate::ask::{answered, health, rules, standings};
use crate::engine::courtesy::last_monday;
use crate::engine::escalation::{Unanswered, next_person};
use crate::io::store::{AlertFilter, Reader, StoredDelivery};
use crate::model::alert::{AlertBody, Phase};
use crate::model::answer::Question;
use crate::model::courtesy::Courtesy;
use crate::model::delivery::{Letter, Outgoing, Purpose, Recipient, Role};
use crate::model::watch::Codes;
use crate::render::mail::{Weekly, digest, reminder, weekly};
use crate::render::words::minute;

/// Messages that one digest tells; more make another one.
const MOST_TOLD: usize = 20;

/// Codes whose answer is in a weekly message.
const CODES: usize = 12;

/// Lines of each list in a weekly message.
const LINES: usize = 10;

/// What says when it was written and lies further ahead than this was written while the clock was wrong, and keeps
/// no weekly message back.
const WEEK: TimeDelta = TimeDelta::days(7);

/// Writes what is due.
///
/// # Errors
/// When the store cannot be read or written.
pub(super) async fn write_due(app: &Arc<App>) -> anyhow::Result<()> {
    bring_forward(app).await?;
    tell_again(app).await?;
    remind(app).await?;
    // A replay tells of another time.
    if app.replayed().is_none() {
        say_still_watching(app).await?;
        greet(app).await?;
    }
    gather(app).await
}

/// Puts what is due together for one recipient into one message; what is alone goes as it is.
async fn gather(app: &Arc<App>) -> anyhow::Result<()> {
    let now = app.clock.now();
    let waiting = app.ask(move |reader| reader.gathering(now)).await?;
    let mut people: BTreeMap<(String, String), Vec<StoredDelivery>> = BTreeMap::new();
    for row in waiting {
        let whose = (row.outgoing.channel.clone(), row.outgoing.recipient.clone());
        people.entry(whose).or_default().push(row);
    }
    for ((channel, address), rows) in people {
        let to = recipient(app, &channel, &address);
        for rows in rows.chunks(MOST_TOLD).filter(|rows| rows.len() > 1) {
            let rows: Vec<&Outgoing> = rows.iter().map(|row| &row.outgoing).collect();
            let outgoing = digest(&rows, &to, &app.envelope, now)
                .with_context(|| format!("the digest for {address} could not be written"))?;
            let tells = rows.iter().map(|row| row.id.clone()).collect();
            app.record_letter(Letter { outgoing, tells }).await?;
        }
    }
    Ok(())
}

/// As configured; who is not any more gets what was written to them all the same.
fn recipient(app: &App, channel: &str, address: &str) -> Recipient {
    let known = app.recipients.iter();
    let known = known.chain(&app.escalation.people);
    let mut found = known.filter(|one| one.address == address && one.channel == channel);
    found.next().cloned().unwrap_or_else(|| Recipient {
        name: String::new(),
        address: address.to_owned(),
        role: Role::Practice,
        least: crate::model::change::Severity::Administrative,
        severities: BTreeMap::new(),
        channel: channel.to_owned(),
        courtesy: Courtesy::default(),
    })
}

/// Tells the next person what nobody acknowledged.
async fn remind(app: &Arc<App>) -> anyhow::Result<()> {
    let escalation = &app.escalation;
    if escalation.after_days == 0 || escalation.people.is_empty() {
        return Ok(());
    }
    let now = app.clock.now();
    let patience = TimeDelta::days(i64::from(escalation.after_days));
    // What is older was told before anybody was asked, or everybody has heard of it.
    let rounds = i32::try_from(escalation.people.len() + 2).unwrap_or(i32::MAX);
    let since = now - patience * rounds - TimeDelta::days(30);
    // A reminder that is dated later than this is one of a clock that was wrong: it must not put the next one off.
    let latest = now + patience;
    let alerts = app.ask(move |reader| reader.unanswered(since, latest));
    for alert in alerts.await? {
        let unanswered = Unanswered {
            raised: alert.raised,
            reminded: usize::try_from(alert.reminded).unwrap_or(usize::MAX),
            last: alert.last,
        };
        let next = next_person(unanswered, escalation.people.len(), patience, now);
        let Some((step, to)) = next.and_then(|step| Some((step, escalation.people.get(step)?)))
        else {
            continue;
        };
        let id = alert.alert.clone();
        let mut told = app.ask(move |reader| reader.told(&id)).await?;
        // What a program was told is not what a person reads.
        told.sort_by_key(|row| app.channels.form(&row.outgoing.channel));
        let Some(told) = told.first() else {
            continue;
        };
        let envelope = app.envelope_for(&alert.alert, to);
        let outgoing = reminder(&told.outgoing, &alert.alert, step, to, &envelope, now)
            .with_context(|| format!("the reminder of alert {} cannot be written", alert.alert))?;
        let tells = Vec::new();
        app.record_letter(Letter { outgoing, tells }).await?;
    }
    Ok(())
}

/// One message a week to everybody who wants it.
async fn say_still_watching(app: &Arc<App>) -> anyhow::Result<()> {
    let now = app.clock.now();
    let zone = app.envelope.zone;
    let mut written = None;
    let mut addresses = BTreeSet::new();
    for to in &app.recipients {
        if !to.courtesy.still_watching || !addresses.insert(&to.address) {
            continue;
        }
        let due = last_monday(now, zone, to.courtesy.digest_at);
        let address = to.address.clone();
        let latest = now + WEEK;
        let last = app.ask(move |reader| {
            let last = reader.last_letter(Purpose::Weekly, &address, Some(latest))?;
            Ok(match last {
                Some(last) => Some(last),
                // The first one comes on the first Monday after something was read.
                None => reader.watching_since()?,
            })
        });
        // Nothing was read yet, or it was written for this week.
        if last.await?.is_none_or(|last| last >= due && last <= latest) {
            continue;
        }
        if written.is_none() {
            let asked = Arc::clone(app);
            let told = app.ask(move |reader| week(reader, &asked, now));
            written = Some(told.await?);
        }
        let Some(content) = &written else { continue };
        let outgoing = weekly(content, to, &app.envelope, now)
            .with_context(|| format!("the weekly message for {} cannot be written", to.address))?;
        let tells = Vec::new();
        app.record_letter(Letter { outgoing, tells }).await?;
    }
    Ok(())
}

/// What the weekly message says.
fn week(
    reader: &Reader,
    app: &App,
    now: DateTime<Utc>,
) -> Result<Weekly, crate::io::store::StoreError> {
    let zone = app.envelope.zone;
    let today = now.with_timezone(&zone).date_naive();
    let state = health(reader, &app.infos, false, now)?;
    let counts = reader.outbox_counts()?;
    let mut attention = state.blind.clone();
    attention.extend(state.concerns.iter().cloned());
    if counts.dead > 0 {
        attention.push(format!(
            "{} messages were given up: `coverd outbox --state dead` lists them",
            counts.dead
        ));
    }
    if app.escalation.after_days > 0 {
        for alert in reader.unanswered(now - TimeDelta::days(90), now)? {
            attention.push(format!(
                "alert {} of {} is not acknowledged",
                alert.alert,
                minute(alert.raised)
            ));
        }
    }
    let filter = AlertFilter {
        since: Some(now - TimeDelta::days(7)),
        limit: None,
    };
    let mut told = Vec::new();
    for alert in reader.alerts(&filter)? {
        if let (AlertBody::Change(_), Some(row)) = (&alert.body, reader.told(&alert.id)?.first()) {
            let day = alert.raised.with_timezone(&zone).date_naive();
            let subject = row.outgoing.subject.trim_start_matches("[coverd] ");
            told.push(format!("{day}: {subject}"));
        }
    }
    let sources = standings(Some(reader), &app.infos)?;
    let enabled = sources.iter().filter(|source| source.info.enabled);
    let read: Vec<(String, String)> = enabled
        .map(|source| {
            let state = source.state.as_ref();
            let good = state.and_then(|state| state.last_good);
            let stands = match (good, source.problems.len()) {
                (None, _) => "never read in full".to_owned(),
                (Some(good), 0) => format!("read {}", minute(good)),
                (Some(good), problems) => {
                    format!("read {}, open problems {problems}", minute(good))
                }
            };
            (source.info.title.to_owned(), stands)
        })
        .collect();
    if read.is_empty() {
        attention.push("no source is switched on, so that nothing can be heard of".to_owned());
    }
    let changed = match told.len() {
        0 => "nothing changed for you this week".to_owned(),
        1 => "one message this week".to_owned(),
        number => format!("{number} messages this week"),
    };
    let headline = match attention.len() {
        0 => format!("still watching: {changed}, every source is read"),
        1 => format!("still watching: {changed}, 1 thing needs attention"),
        number => format!("still watching: {changed}, {number} things need attention"),
    };
    told.truncate(LINES);
    attention.truncate(LINES);
    Ok(Weekly {
        headline,
        answers: answers(reader, app, today)?,
        told,
        coming: coming(reader, today)?,
        sources: read,
        attention,
    })
}

pub(super) fn answers(
    reader: &Reader,
    app: &App,
    today: NaiveDate,
) -> Result<Vec<(String, String)>, crate::io::store::StoreError> {
    let Codes::Named(services) = &app.watch.codes else {
        return Ok(Vec::new());
    };
    let mut answers = Vec::new();
    for service in services.iter().take(CODES) {
        let question = Question::of(*service, today);
        let answer = answered(reader, &question, &app.watch)?;
        // The code stands in front of the line anyway, and the day above all of them.
        let asked = format!("{service} on {today}: ");
        let says = answer.summary.strip_prefix(&asked);
        answers.push((
            service.to_string(),
            says.unwrap_or(&answer.summary).to_owned(),
        ));
    }
    Ok(answers)
}

/// Rulemakings that are under way, with the dates to act by.
pub(super) fn coming(
    reader: &Reader,
    today: NaiveDate,
) -> Result<Vec<String>, crate::io::store::StoreError> {
    let under_way = rules(reader, today, None)?
        .into_iter()
        .filter(|rule| matches!(rule.standing, Phase::Proposed | Phase::Final));
    let lines = under_way.filter_map(|rule| {
        let last = rule.documents.last()?;
        let dates = [
            ("comments close", &last.comments_close),
            ("effective", &last.effective),
        ];
        let dates: Vec<String> = dates
            .iter()
            .filter(|(_, day)| !day.is_empty())
            .map(|(what, day)| format!("{what} {day}"))
            .collect();
        let names: Vec<&str> = last.names.iter().map(String::as_str).collect();
        // Of many rules only those that matter here.
        (!names.is_empty()).then(|| {
            let parts = [
                format!("{} {}", rule.standing.label(), rule.name),
                dates.join(", "),
                format!("names {}", names.join(", ")),
            ];
            let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            parts.join(", ")
        })
    });
    Ok(lines.take(LINES).collect())
}
