//! What moved, and what is coming.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use chrono::NaiveTime;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{
    ChangeFields, Fields, KnownFields, SearchFields, code, day, instant, part, read, view,
};
use super::codes::Evidence;
use super::problem::{Refusal, Refused};
use crate::io::store::{ChangeFilter, StoredChange};
use crate::model::topic::Subject;
use crate::web::error::WebError;
use crate::web::site::Site;
use crate::web::upcoming::events;

/// What moved, from which date of service on.
#[derive(Serialize, ToSchema)]
pub(super) struct Change {
    /// Its id.
    id: String,
    /// `coverage`, `payment`, `coding` or `administrative`.
    severity: &'static str,
    /// The code, policy or schedule.
    subject: String,
    /// The attribute: `status`, `work_rvu`, ...
    attribute: &'static str,
    /// What was believed; null is "not observed".
    was: Option<String>,
    /// What is believed now; null is "not observed".
    now: Option<String>,
    /// First date of service affected.
    #[schema(format = Date)]
    from: String,
    /// First date of service no longer affected; null when it is open.
    #[schema(format = Date)]
    until: Option<String>,
    /// When it was found.
    #[schema(format = DateTime)]
    found: String,
    /// The source that brought it.
    source: String,
    /// The alert that told it; null when it was kept as history.
    alert: Option<String>,
    /// The proof of what was believed.
    before: Option<Evidence>,
    /// The proof of what is believed now.
    after: Option<Evidence>,
}

impl From<&StoredChange> for Change {
    fn from(stored: &StoredChange) -> Self {
        let change = &stored.judged.change;
        Self {
            id: stored.id.clone(),
            severity: stored.judged.severity.id(),
            subject: change.key.topic.to_string(),
            attribute: change.key.attribute.id(),
            was: change.was.as_ref().map(ToString::to_string),
            now: change.now.as_ref().map(ToString::to_string),
            from: change.days.from.to_string(),
            until: change.days.until.map(|day| day.to_string()),
            found: instant(stored.recorded),
            source: stored.source.clone(),
            alert: stored.alert.clone(),
            before: change.before.as_deref().map(Evidence::from),
            after: change.after.as_deref().map(Evidence::from),
        }
    }
}

/// A day with what happens on it.
#[derive(Serialize, ToSchema)]
pub(super) struct Coming {
    /// The day.
    #[schema(format = Date)]
    day: String,
    /// `comments_close`, `rule_effective`, `change_begins` or `would_begin`.
    kind: &'static str,
    /// What it is about.
    title: String,
    /// A name that stays the same while the day may move.
    key: String,
}

/// Changes, newest first.
#[utoipa::path(get, path = "/api/v1/changes", tag = "changes", params(ChangeFields),
    responses((status = 200, description = "The changes", body = Vec<Change>), Refused))]
pub(super) async fn changes(
    State(site): State<Arc<Site>>,
    Fields(asked): Fields<ChangeFields>,
) -> Result<Json<Vec<Change>>, Refusal> {
    let view = view(&site, asked.known.as_deref())?;
    let (limit, skip) = part(asked.limit, asked.skip)?;
    let since = day("since", asked.since.as_deref())?;
    let service = asked.code.as_deref().map(code).transpose()?;
    let filter = ChangeFilter {
        source: None,
        since: since.map(|day| day.and_time(NaiveTime::MIN).and_utc()),
        until: view.known_at,
        code: service.filter(|it| it.modifier.is_none()).map(|it| it.code),
        subject: service
            .filter(|it| it.modifier.is_some())
            .map(Subject::Service),
        least: asked.severity.as_deref().map(read).transpose()?,
        alert: None,
        words: None,
        limit: Some(limit),
        skip,
    };
    let found = site
        .ask(move |reader, _| Ok(reader.changes(&filter)?))
        .await?;
    Ok(Json(found.iter().map(Change::from).collect()))
}

/// One change, by its id or the beginning of it.
#[utoipa::path(get, path = "/api/v1/changes/{id}", tag = "changes",
    params(("id" = String, Path, pattern = "^[0-9a-f]{4,64}$"), KnownFields),
    responses((status = 200, description = "The change", body = Change), Refused))]
pub(super) async fn change(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    Fields(asked): Fields<KnownFields>,
) -> Result<Json<Change>, Refusal> {
    let view = view(&site, asked.known.as_deref())?;
    let is_id = (4..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !is_id {
        let words = "write four or more digits of an id, 0 to 9 and a to f";
        return Err(WebError::Unusable(words.to_owned()).into());
    }
    let found = site
        .ask(move |reader, _| {
            let found = reader.change(&id)?;
            let is_known = |it: &StoredChange| view.known_at.is_none_or(|at| it.recorded <= at);
            found
                .filter(is_known)
                .ok_or_else(|| WebError::Missing(format!("there is no change {id}")))
        })
        .await?;
    Ok(Json(Change::from(&found)))
}

/// A paragraph of a rule, policy or transmittal.
#[derive(Serialize, ToSchema)]
pub(super) struct Passage {
    /// The rule or policy.
    subject: String,
    /// The field it stands in.
    attribute: &'static str,
    /// The edition that said it first.
    edition: String,
    /// When CMS published that.
    #[schema(format = Date)]
    published: String,
    /// Where it was read.
    url: String,
    /// Its words around what was found.
    text: String,
}

/// Paragraphs of rules, policies and transmittals with these words, the best first.
#[utoipa::path(get, path = "/api/v1/search", tag = "changes", params(SearchFields),
    responses((status = 200, description = "The paragraphs", body = Vec<Passage>), Refused))]
pub(super) async fn search(
    State(site): State<Arc<Site>>,
    Fields(asked): Fields<SearchFields>,
) -> Result<Json<Vec<Passage>>, Refusal> {
    let view = view(&site, asked.known.as_deref())?;
    let (limit, _) = part(asked.limit, None)?;
    if !(1..=200).contains(&asked.q.chars().count()) {
        let words = "q: write 1 to 200 characters";
        return Err(WebError::Unusable(words.to_owned()).into());
    }
    let found = site
        .ask(move |reader, _| Ok(reader.search(&asked.q, view.known_at, limit)?))
        .await?;
    let passages = found.into_iter().map(|one| Passage {
        subject: one.topic.to_string(),
        attribute: one.attribute.id(),
        edition: one.edition,
        published: one.published.to_string(),
        url: one.url,
        text: one.pieces.into_iter().map(|(_, text)| text).collect(),
    });
    Ok(Json(passages.collect()))
}

/// What is coming: when comments close, rules take effect, changes begin.
#[utoipa::path(get, path = "/api/v1/coming", tag = "changes", params(KnownFields),
    responses((status = 200, description = "The days to come, earliest first", body = Vec<Coming>), Refused))]
pub(super) async fn coming(
    State(site): State<Arc<Site>>,
    Fields(asked): Fields<KnownFields>,
) -> Result<Json<Vec<Coming>>, Refusal> {
    let view = view(&site, asked.known.as_deref())?;
    let found = site
        .ask(move |reader, _| {
            let mut found = events(reader, &view)?;
            found.retain(|event| event.day >= view.day());
            Ok(found)
        })
        .await?;
    let coming = found.into_iter().map(|event| Coming {
        day: event.day.to_string(),
        kind: event.kind.id(),
        title: event.title,
        key: event.key,
    });
    Ok(Json(coming.collect()))
}
