//! Rules, sources, the outbox, and how coverd itself stands.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{Fields, KnownFields, OutboxFields, instant, part, read, view};
use super::problem::{Refusal, Refused};
use crate::ask::{health as how, rules as known, standings};
use crate::io::store::DeliveryFilter;
use crate::web::site::Site;

/// A rulemaking.
#[derive(Serialize, ToSchema)]
pub(super) struct Rulemaking {
    /// Its docket without suffix: `CMS-1848`.
    name: String,
    /// `proposed`, `final`, `in_force`, `corrected` or `withdrawn`.
    standing: &'static str,
    /// Its documents, earliest first.
    documents: Vec<RuleDocument>,
}

/// A document of the Federal Register. Dates are as CMS wrote them; empty is "not observed".
#[derive(Serialize, ToSchema)]
pub(super) struct RuleDocument {
    /// Its number: `2026-14327`.
    number: String,
    /// `proposed rule`, `final rule`, ...
    kind: String,
    /// Its docket with suffix.
    docket: String,
    /// Its title.
    title: String,
    /// Its place in the Federal Register.
    citation: String,
    /// When it was or will be published.
    published: String,
    /// Last day for comments.
    comments_close: String,
    /// From when it holds.
    effective: String,
    /// Watched codes and words that it names.
    names: Vec<String>,
    /// Where it was read.
    url: String,
}

/// A source.
#[derive(Serialize, ToSchema)]
pub(super) struct Source {
    /// Its id.
    id: &'static str,
    /// What it is.
    title: &'static str,
    /// Whether it is read.
    enabled: bool,
    /// When it is looked at: five cron fields, UTC.
    schedule: String,
    /// When everything could be read last.
    #[schema(format = DateTime)]
    last_good: Option<String>,
    /// When it is looked at next.
    #[schema(format = DateTime)]
    next_due: Option<String>,
    /// Documents that its lists name.
    documents: usize,
    /// What is wrong with it.
    problems: Vec<Trouble>,
}

/// A problem that lasts.
#[derive(Serialize, ToSchema)]
pub(super) struct Trouble {
    /// Its kind.
    kind: &'static str,
    /// What is wrong.
    text: String,
    /// What to do.
    remedy: String,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
}

/// A message.
#[derive(Serialize, ToSchema)]
pub(super) struct Message {
    /// Its id.
    id: String,
    /// `pending`, `delivered`, `dead`, or `gathered`: told in a digest.
    state: &'static str,
    /// To whom.
    recipient: String,
    /// Its subject line.
    subject: String,
    /// When it was written.
    #[schema(format = DateTime)]
    created: String,
    /// Attempts so far.
    attempts: u32,
    /// Of a pending one: not before.
    #[schema(format = DateTime)]
    next: Option<String>,
    /// The alert it tells; null where it tells several, or none.
    alert: Option<String>,
}

/// Whether coverd can see everything it should.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `OK`, `WARNING` (a mail was given up) or `CRITICAL` (a source cannot be read).
    verdict: &'static str,
    /// The same in a line.
    summary: String,
    /// What cannot be read.
    blind: Vec<String>,
    /// Documents that need a look.
    concerns: Vec<String>,
    /// Mails that were given up.
    dead: u64,
    /// Mails that wait.
    pending: u64,
}

/// Rulemakings, the one with the latest document first.
#[utoipa::path(get, path = "/api/v1/rules", tag = "rules", params(KnownFields),
    responses((status = 200, description = "The rulemakings", body = Vec<Rulemaking>), Refused))]
pub(super) async fn rules(
    State(site): State<Arc<Site>>,
    Fields(asked): Fields<KnownFields>,
) -> Result<Json<Vec<Rulemaking>>, Refusal> {
    let view = view(&site, asked.known.as_deref())?;
    let found = site
        .ask(move |reader, _| Ok(known(reader, view.day(), view.known_at)?))
        .await?;
    let rules = found.into_iter().map(|one| Rulemaking {
        name: one.name,
        standing: one.standing.id(),
        documents: one.documents.into_iter().map(document).collect(),
    });
    Ok(Json(rules.collect()))
}

fn document(one: crate::engine::rules::RuleDocument) -> RuleDocument {
    RuleDocument {
        number: one.number,
        kind: one.kind,
        docket: one.docket,
        title: one.title,
        citation: one.citation,
        published: one.published,
        comments_close: one.comments_close,
        effective: one.effective,
        names: one.names.into_iter().collect(),
        url: one.fact.origin.url.clone(),
    }
}

/// What is read, and how it stands.
#[utoipa::path(get, path = "/api/v1/sources", tag = "coverd",
    responses((status = 200, description = "The sources", body = Vec<Source>), Refused))]
pub(super) async fn sources(State(site): State<Arc<Site>>) -> Result<Json<Vec<Source>>, Refusal> {
    let found = site
        .ask(|reader, site| Ok(standings(Some(reader), &site.setup.sources)?))
        .await?;
    let sources = found.into_iter().map(|one| Source {
        id: one.info.id,
        title: one.info.title,
        enabled: one.info.enabled,
        schedule: one.info.schedule,
        last_good: one.state.as_ref().and_then(|it| it.last_good).map(instant),
        next_due: one.state.as_ref().map(|it| instant(it.next_due)),
        documents: one.state.map_or(0, |it| it.listed.len()),
        problems: one
            .problems
            .into_iter()
            .map(|open| Trouble {
                kind: open.problem.kind.id(),
                text: open.problem.text,
                remedy: open.problem.remedy,
                since: instant(open.since),
            })
            .collect(),
    });
    Ok(Json(sources.collect()))
}

/// Messages, newest first.
#[utoipa::path(get, path = "/api/v1/outbox", tag = "coverd", params(OutboxFields),
    responses((status = 200, description = "The messages", body = Vec<Message>), Refused))]
pub(super) async fn outbox(
    State(site): State<Arc<Site>>,
    Fields(asked): Fields<OutboxFields>,
) -> Result<Json<Vec<Message>>, Refusal> {
    let (limit, skip) = part(asked.limit, asked.skip)?;
    let filter = DeliveryFilter {
        state: asked.state.as_deref().map(read).transpose()?,
        limit: Some(limit),
        skip,
        ..DeliveryFilter::default()
    };
    let found = site
        .ask(move |reader, _| Ok(reader.deliveries(&filter)?))
        .await?;
    let messages = found.into_iter().map(|one| Message {
        id: one.outgoing.id,
        state: one.state.id(),
        recipient: one.outgoing.recipient,
        subject: one.outgoing.subject,
        created: instant(one.outgoing.created),
        attempts: one.attempts,
        next: one.next.map(instant),
        alert: one.outgoing.alert,
    });
    Ok(Json(messages.collect()))
}

/// Whether coverd can see everything it should.
#[utoipa::path(get, path = "/api/v1/health", tag = "coverd",
    responses((status = 200, description = "How coverd stands", body = Health), Refused))]
pub(super) async fn health(State(site): State<Arc<Site>>) -> Result<Json<Health>, Refusal> {
    let health = site
        .ask(|reader, site| {
            let setup = &site.setup;
            let health = how(reader, &setup.sources, setup.replayed, site.now())?;
            Ok(Health {
                verdict: health.verdict().id(),
                summary: health.summary(),
                pending: reader.outbox_counts()?.pending,
                blind: health.blind,
                concerns: health.concerns,
                dead: health.dead,
            })
        })
        .await?;
    Ok(Json(health))
}
