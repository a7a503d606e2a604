//! Codes: all of them at a glance, one on a date of service, one over time.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{AnswerFields, Fields, KnownFields, code, day, instant, read, view};
use super::problem::{Refusal, Refused};
use crate::ask::{everything, examined};
use crate::engine::history::subjects;
use crate::model::answer::{AnswerLine, Question};
use crate::model::fact::Fact;
use crate::model::watch::NcdLink;
use crate::web::overview::{Row, overview};
use crate::web::site::Site;

/// A watched code on a day, in a few words for each layer.
#[derive(Serialize, ToSchema)]
pub(super) struct WatchedCode {
    /// The code, with its modifier if any.
    code: String,
    /// Whether it is another service that is easily confused with the watched ones.
    look_alike: bool,
    /// Letter of the fee schedule; null when it is not observed.
    status: Option<String>,
    /// What the letter means, or that nothing is observed.
    meaning: String,
    /// National coverage determinations in force.
    national_coverage: String,
    /// What the therapy code list says.
    therapy: String,
    /// Dollars outside facilities, in the first configured locality or else nationally, as a decimal; null
    /// when nothing is paid or it cannot be said.
    non_facility: Option<String>,
    /// Dollars in facilities.
    facility: Option<String>,
    /// Units of a day.
    units: String,
    /// Hospital outpatient departments.
    hospital: String,
    /// What rules would change.
    pipeline: Vec<String>,
    /// All of it in a sentence or two, which claims no more than the weakest layer.
    summary: String,
    /// Id of its last change.
    last_change: Option<String>,
}

impl From<&Row> for WatchedCode {
    fn from(row: &Row) -> Self {
        let dollars = |amount: Option<rust_decimal::Decimal>| amount.map(|it| format!("{it:.2}"));
        Self {
            code: row.code.to_string(),
            look_alike: row.is_look_alike,
            status: (!row.status.is_empty()).then(|| row.status.clone()),
            meaning: row.meaning.clone(),
            national_coverage: row.national.clone(),
            therapy: row.therapy.clone(),
            non_facility: dollars(row.non_facility),
            facility: dollars(row.facility),
            units: row.units.clone(),
            hospital: row.hospital.clone(),
            pipeline: row.pipeline.clone(),
            summary: row.summary.clone(),
            last_change: row.last.as_ref().map(|last| last.id.clone()),
        }
    }
}

/// Where something is written.
#[derive(Serialize, ToSchema)]
pub(super) struct Evidence {
    /// The edition: `RVU20B`.
    edition: String,
    /// When CMS published it.
    #[schema(format = Date)]
    published: String,
    /// When it was captured here.
    #[schema(format = DateTime)]
    captured: String,
    /// The place in the document.
    locator: String,
    /// The row or passage itself.
    quote: String,
    /// Where it was read.
    url: String,
    /// SHA-256 of the document.
    document: String,
}

impl From<&Fact> for Evidence {
    fn from(fact: &Fact) -> Self {
        let (origin, statement) = (&fact.origin, &fact.statement);
        Self {
            edition: origin.edition.name.clone(),
            published: origin.published.to_string(),
            captured: instant(origin.learned),
            locator: statement.locator.clone(),
            quote: statement.quote.clone(),
            url: origin.url.clone(),
            document: origin.document.to_string(),
        }
    }
}

/// What one layer says of the day.
#[derive(Serialize, ToSchema)]
pub(super) struct Line {
    /// The layer: `pfs_status`, `ncd`, ...
    layer: &'static str,
    /// What it speaks of.
    subject: String,
    /// What it says.
    says: String,
    /// First date of service on which it said the same; null when nothing is observed.
    #[schema(format = Date)]
    from: Option<String>,
    /// First date of service on which it no longer does.
    #[schema(format = Date)]
    until: Option<String>,
    /// Passages that matter.
    quotes: Vec<String>,
    /// What to keep in mind.
    caveats: Vec<String>,
    /// The proof.
    evidence: Option<Evidence>,
}

impl From<&AnswerLine> for Line {
    fn from(line: &AnswerLine) -> Self {
        Self {
            layer: line.layer.id(),
            subject: line.subject.clone(),
            says: line.says.clone(),
            from: line.days.map(|days| days.from.to_string()),
            until: line
                .days
                .and_then(|days| days.until)
                .map(|day| day.to_string()),
            quotes: line.quotes.clone(),
            caveats: line.caveats.clone(),
            evidence: line.fact.as_deref().map(Evidence::from),
        }
    }
}

/// The answer to "was it payable on that day, and how do we know?".
#[derive(Serialize, ToSchema)]
pub(super) struct Answer {
    /// The code.
    code: String,
    /// The date of service.
    #[schema(format = Date)]
    on: String,
    /// All of it in a sentence or two, which claims no more than the weakest layer.
    summary: String,
    /// Where layers or documents contradict each other.
    contradictions: Vec<String>,
    /// The layers, in order.
    layers: Vec<Line>,
}

/// What held of one attribute for some dates of service.
#[derive(Serialize, ToSchema)]
pub(super) struct Held {
    /// The code, policy or schedule.
    subject: String,
    /// The attribute: `status`, `work_rvu`, ...
    attribute: &'static str,
    /// First date of service.
    #[schema(format = Date)]
    from: String,
    /// First date of service no longer in it; null when it is open.
    #[schema(format = Date)]
    until: Option<String>,
    /// What held.
    value: String,
    /// The first document that said so.
    evidence: Evidence,
}

/// Every watched code on a day: the day looked back from, or today.
#[utoipa::path(get, path = "/api/v1/codes", tag = "codes", params(KnownFields),
    responses((status = 200, description = "The codes", body = Vec<WatchedCode>), Refused))]
pub(super) async fn codes(
    State(site): State<Arc<Site>>,
    Fields(asked): Fields<KnownFields>,
) -> Result<Json<Vec<WatchedCode>>, Refusal> {
    let view = view(&site, asked.known.as_deref())?;
    let made = site.ask(move |_, site| overview(site, &view)).await?;
    Ok(Json(made.rows.iter().map(WatchedCode::from).collect()))
}

/// What each layer says of a code on a date of service, with the proof.
#[utoipa::path(get, path = "/api/v1/codes/{code}", tag = "codes",
    params(("code" = String, Path, pattern = "^[0-9A-Za-z][0-9]{3}[0-9A-Za-z](-[0-9A-Za-z]{2})?$", example = "20560"), AnswerFields),
    responses((status = 200, description = "The answer", body = Answer), Refused))]
pub(super) async fn answer(
    State(site): State<Arc<Site>>,
    Path(text): Path<String>,
    Fields(asked): Fields<AnswerFields>,
) -> Result<Json<Answer>, Refusal> {
    let view = view(&site, asked.known.as_deref())?;
    let question = Question {
        service: code(&text)?,
        on: day("on", asked.on.as_deref())?.unwrap_or(view.day()),
        place: asked.place.as_deref().map(read).transpose()?,
        as_published_on: day("published", asked.published.as_deref())?,
        as_known_on: view.known_at,
    };
    let answer = site
        .ask(move |reader, site| Ok(examined(reader, &question, &site.setup.watch)?.0))
        .await?;
    Ok(Json(Answer {
        code: answer.question.service.to_string(),
        on: answer.question.on.to_string(),
        summary: answer.summary,
        contradictions: answer.contradictions,
        layers: answer.lines.iter().map(Line::from).collect(),
    }))
}

/// Everything believed about a code, from when to when; empty when nothing is known of it.
#[utoipa::path(get, path = "/api/v1/codes/{code}/history", tag = "codes",
    params(("code" = String, Path, pattern = "^[0-9A-Za-z][0-9]{3}[0-9A-Za-z](-[0-9A-Za-z]{2})?$", example = "20560"), KnownFields),
    responses((status = 200, description = "The history", body = Vec<Held>), Refused))]
pub(super) async fn history(
    State(site): State<Arc<Site>>,
    Path(text): Path<String>,
    Fields(asked): Fields<KnownFields>,
) -> Result<Json<Vec<Held>>, Refusal> {
    let view = view(&site, asked.known.as_deref())?;
    let service = code(&text)?;
    let rows = site
        .ask(move |reader, site| {
            let watch = &site.setup.watch;
            let timelines = everything(reader, service, watch, view.known_at)?;
            let links: Vec<NcdLink> = watch.ncds.values().cloned().collect();
            let mut rows = Vec::new();
            for (topic, lines) in subjects(&timelines, service, &links, None) {
                for line in lines {
                    rows.extend(line.stretches.iter().map(|stretch| Held {
                        subject: topic.to_string(),
                        attribute: line.attribute.id(),
                        from: stretch.days.from.to_string(),
                        until: stretch.days.until.map(|day| day.to_string()),
                        value: stretch.observation.to_string(),
                        evidence: Evidence::from(stretch.fact),
                    }));
                }
            }
            Ok(rows)
        })
        .await?;
    Ok(Json(rows))
}
