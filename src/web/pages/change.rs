//! One change, or all that an alert told: before and after, the evidence, who was told.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;

use super::changes::{Group, groups};
use super::evidence::{Proof, Told, proofs};
use crate::ask::dollars_of;
use crate::io::store::{ChangeFilter, DeliveryFilter, Reader, StoredChange};
use crate::model::alert::{AlertBody, ChangeAlert, OperatorNotice};
use crate::model::attribute::Kind;
use crate::model::change::Change;
use crate::model::delivery::Acknowledgement;
use crate::model::dollars::{Clinician, PaymentMove, dollars};
use crate::model::fact::{Fact, Observation};
use crate::model::timeline::Period;
use crate::render::redline::{Fate, Redline, redline};
use crate::render::wording::{describe, severity_meaning};
use crate::render::words::{cell, held, minute, short_id};
use crate::web::error::WebError;
use crate::web::query::{Asked, KnownQuery};
use crate::web::site::Site;
use crate::web::view::View;

/// Changed paragraphs that are shown of a text.
const PARAGRAPHS: usize = 80;

#[derive(Template)]
#[template(path = "change.html", whitespace = "preserve")]
struct ChangePage {
    view: View,
    title: String,
    id: String,
    severity: &'static str,
    severity_means: &'static str,
    code: String,
    services: String,
    past: String,
    found: String,
    alert: String,
    was: String,
    now: String,
    means: String,
    redline: Option<Redline>,
    before: Option<Proof>,
    after: Option<Proof>,
    told: Vec<Told>,
    acknowledged: Vec<Acknowledgement>,
    /// Whether it waits for somebody to acknowledge it.
    is_open: bool,
}

#[derive(Template)]
#[template(path = "alert.html", whitespace = "preserve")]
struct AlertPage {
    view: View,
    title: String,
    id: String,
    raised: String,
    phase: &'static str,
    groups: Vec<Group>,
    look_alikes: Vec<String>,
    dollars: Vec<PaymentMove>,
    before: Vec<Proof>,
    after: Vec<Proof>,
    notice: Option<OperatorNotice>,
    told: Vec<Told>,
    acknowledged: Vec<Acknowledgement>,
    /// Whether it waits for somebody to acknowledge it.
    is_open: bool,
}

/// `/change/3f9a1c00`
pub(crate) async fn change(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    Asked(asked): Asked<KnownQuery>,
) -> Result<Html<String>, WebError> {
    let id = id.to_ascii_lowercase();
    let view = View::new(&site, format!("/change/{id}"), asked.known.as_deref())?;
    let page = site
        .ask(move |reader, _| {
            let stored = if id.is_empty() {
                None
            } else {
                reader.change(&id)?
            };
            let stored = stored.filter(|stored| is_known(&view, stored.recorded));
            let stored = stored.ok_or_else(|| missing("change", &id, &view))?;
            change_page(reader, view, &stored)
        })
        .await?;
    Ok(Html(page.render()?))
}

fn is_known(view: &View, at: chrono::DateTime<chrono::Utc>) -> bool {
    view.known_at.is_none_or(|known| at <= known)
}

fn missing(what: &str, id: &str, view: &View) -> WebError {
    let then = view
        .known
        .map_or_else(String::new, |day| format!(" that was known on {day}"));
    let id: String = id.chars().take(80).collect();
    WebError::Missing(format!("There is no {what} {id}{then}."))
}

fn change_page(reader: &Reader, view: View, stored: &StoredChange) -> Result<ChangePage, WebError> {
    let change = &stored.judged.change;
    let attribute = change.key.attribute;
    let side = |seen: &Option<Observation>| {
        seen.as_ref().map_or_else(
            || "not observed".to_owned(),
            |seen| match attribute.kind() {
                Kind::Passage => seen.to_string(),
                Kind::Text | Kind::Amount | Kind::Count => cell(attribute, seen),
            },
        )
    };
    let proof = |fact: &Option<Arc<Fact>>| {
        let fact = fact.as_deref();
        fact.map(|fact| Proof::whole(reader, fact)).transpose()
    };
    let acknowledged = match &stored.alert {
        Some(alert) => acknowledged(reader, &view, alert)?,
        None => Vec::new(),
    };
    let past = change.retroactive_days().map(past_words);
    let meaning = change.now.as_ref();
    Ok(ChangePage {
        title: change.key.to_string(),
        id: stored.id.clone(),
        severity: stored.judged.severity.id(),
        severity_means: severity_meaning(stored.judged.severity),
        code: match change.key.topic.subject {
            crate::model::topic::Subject::Service(service) => service.to_string(),
            _ => String::new(),
        },
        services: held(change.days),
        past: past.unwrap_or_default(),
        found: minute(stored.recorded),
        alert: stored.alert.clone().unwrap_or_default(),
        was: side(&change.was),
        now: side(&change.now),
        means: meaning
            .and_then(|now| describe(attribute, now))
            .unwrap_or_default(),
        redline: compared(change),
        before: proof(&change.before)?,
        after: proof(&change.after)?,
        told: match &stored.alert {
            Some(alert) => told(reader, &view, alert)?,
            None => Vec::new(),
        },
        is_open: stored.alert.is_some() && acknowledged.is_empty(),
        acknowledged,
        view,
    })
}

fn past_words(past: Period) -> String {
    format!(
        "Reaches back: services {} were past already when CMS published it. Claims of these days may have to be looked at again.",
        held(past)
    )
}

/// Texts that were written before and after, word by word.
fn compared(change: &Change) -> Option<Redline> {
    let blank = Observation::text("");
    let written = |seen: &Option<Observation>| {
        let seen = seen.as_ref().filter(|seen| **seen != blank)?;
        matches!(seen, Observation::Value(_)).then(|| seen.to_string())
    };
    let both = (written(&change.was)?, written(&change.now)?);
    let is_text = change.key.attribute.kind() == Kind::Passage;
    is_text.then(|| redline(&both.0, &both.1, PARAGRAPHS))
}

/// The messages of an alert.
fn told(reader: &Reader, view: &View, alert: &str) -> Result<Vec<Told>, WebError> {
    let filter = DeliveryFilter {
        alert: Some(alert.to_owned()),
        until: view.known_at,
        ..DeliveryFilter::default()
    };
    let mut told = Vec::new();
    for delivery in reader.deliveries(&filter)? {
        let mut attempts = reader.attempts(&delivery.outgoing.id)?;
        attempts.retain(|attempt| is_known(view, attempt.at));
        told.push(Told::of(&delivery, &attempts, view.known.is_some()));
    }
    Ok(told)
}

/// Who acknowledged an alert, the first one first.
fn acknowledged(
    reader: &Reader,
    view: &View,
    alert: &str,
) -> Result<Vec<Acknowledgement>, WebError> {
    let mut found = reader.acknowledgements(alert)?;
    found.retain(|one| is_known(view, one.at));
    Ok(found)
}

/// `/alert/3f9a1c00`
pub(crate) async fn alert(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    Asked(asked): Asked<KnownQuery>,
) -> Result<Html<String>, WebError> {
    let id = id.to_ascii_lowercase();
    let view = View::new(&site, format!("/alert/{id}"), asked.known.as_deref())?;
    let page = site
        .ask(move |reader, site| {
            let alert = if id.is_empty() {
                None
            } else {
                reader.alert(&id)?
            };
            let alert = alert.filter(|alert| is_known(&view, alert.raised));
            let alert = alert.ok_or_else(|| missing("alert", &id, &view))?;
            let mut page = AlertPage {
                title: format!("Alert {}", short_id(&alert.id)),
                raised: minute(alert.raised),
                phase: "",
                groups: Vec::new(),
                look_alikes: Vec::new(),
                dollars: dollars_of(reader, &alert, &site.setup.watch, &site.setup.yearly_units)?,
                before: Vec::new(),
                after: Vec::new(),
                notice: None,
                told: told(reader, &view, &alert.id)?,
                is_open: false,
                acknowledged: acknowledged(reader, &view, &alert.id)?,
                id: alert.id.clone(),
                view,
            };
            match alert.body {
                AlertBody::Change(body) => fill(&mut page, reader, &body)?,
                AlertBody::Operator(notice) => page.notice = Some(notice),
            }
            Ok(page)
        })
        .await?;
    Ok(Html(page.render()?))
}

fn fill(page: &mut AlertPage, reader: &Reader, body: &ChangeAlert) -> Result<(), WebError> {
    let filter = ChangeFilter {
        alert: Some(page.id.clone()),
        ..ChangeFilter::default()
    };
    page.groups = groups(&reader.changes(&filter)?);
    page.phase = body.phase.label();
    page.is_open = page.acknowledged.is_empty();
    let others = body.look_alikes.iter();
    page.look_alikes = others
        .map(|judged| judged.change.key.topic.to_string())
        .collect();
    page.look_alikes.sort();
    page.look_alikes.dedup();
    let changes = || body.changes.iter().map(|judged| &judged.change);
    let before: Vec<&Arc<Fact>> = changes().filter_map(|one| one.before.as_ref()).collect();
    let after: Vec<&Arc<Fact>> = changes().filter_map(|one| one.after.as_ref()).collect();
    page.before = proofs(reader, &before)?;
    page.after = proofs(reader, &after)?;
    Ok(())
}
