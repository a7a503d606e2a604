//! One code: what each layer says on a date of service, what held when, what moved.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use chrono::NaiveDate;

use super::evidence::Proof;
use super::history::{Section, sections};
use super::timeline::picture;
use crate::ask::examined;
use crate::engine::history::subjects;
use crate::io::store::{ChangeFilter, StoredChange};
use crate::model::answer::{Answer, AnswerLine, Question};
use crate::model::code::Service;
use crate::model::topic::{LocalityId, Place};
use crate::model::watch::NcdLink;
use crate::render::picture::{Picture, draw};
use crate::render::words::{held, short_id, step};
use crate::web::error::WebError;
use crate::web::query::{Asked, CodeQuery, LookUp, given};
use crate::web::site::Site;
use crate::web::view::{View, day};

/// Changes that are shown below the history.
const CHANGES: u32 = 15;

#[derive(Template)]
#[template(path = "code.html", whitespace = "preserve")]
struct Page {
    view: View,
    title: String,
    service: Service,
    other_service: &'static str,
    on: NaiveDate,
    place: String,
    localities: Vec<String>,
    answer: Answer,
    layers: Vec<LayerRow>,
    picture: Picture,
    drawing: String,
    sections: Vec<Section>,
    changes: Vec<Moved>,
}

/// What one layer says.
struct LayerRow {
    label: &'static str,
    subject: String,
    says: String,
    held: String,
    is_observed: bool,
    quotes: Vec<String>,
    caveats: Vec<String>,
    proof: Option<Proof>,
}

impl LayerRow {
    fn of(line: &AnswerLine) -> Self {
        let said_already = |quote: &&String| line.says.contains(quote.as_str());
        Self {
            label: line.layer.label(),
            subject: line.subject.clone(),
            says: line.says.clone(),
            held: line.days.map(held).unwrap_or_default(),
            is_observed: line.days.is_some(),
            quotes: line
                .quotes
                .iter()
                .filter(|quote| !said_already(quote))
                .cloned()
                .collect(),
            caveats: line.caveats.clone(),
            proof: line.fact.as_deref().map(Proof::of),
        }
    }
}

/// A change in a line.
pub(super) struct Moved {
    pub(super) id: String,
    pub(super) severity: &'static str,
    pub(super) subject: String,
    pub(super) words: String,
    pub(super) services: String,
    pub(super) found: NaiveDate,
    pub(super) is_told: bool,
}

impl Moved {
    pub(super) fn of(stored: &StoredChange) -> Self {
        let change = &stored.judged.change;
        Self {
            id: short_id(&stored.id).to_owned(),
            severity: stored.judged.severity.id(),
            subject: change.key.topic.to_string(),
            words: step(change),
            services: held(change.days),
            found: stored.recorded.date_naive(),
            is_told: stored.alert.is_some(),
        }
    }
}

/// `/code?code=20560`, from the form that looks a code up.
pub(crate) async fn look_up(
    State(site): State<Arc<Site>>,
    Asked(asked): Asked<LookUp>,
) -> Result<Response, WebError> {
    let view = View::new(&site, "/code", asked.known.as_deref())?;
    let service = read(given(asked.code.as_ref()).unwrap_or_default())?;
    Ok(Redirect::to(&view.link(&format!("/code/{service}"))).into_response())
}

fn read(code: &str) -> Result<Service, WebError> {
    code.parse()
        .map_err(|error: crate::model::code::InvalidCode| WebError::Unusable(error.to_string()))
}

/// `/code/20560`
pub(crate) async fn code(
    State(site): State<Arc<Site>>,
    Path(code): Path<String>,
    Asked(asked): Asked<CodeQuery>,
) -> Result<Html<String>, WebError> {
    let service = read(&code)?;
    let mut view = View::new(&site, format!("/code/{service}"), asked.known.as_deref())?;
    view.keep("on", given(asked.on.as_ref()));
    view.keep("place", given(asked.place.as_ref()));
    let on = match given(asked.on.as_ref()) {
        Some(text) => day("on", text)?,
        None => view.day(),
    };
    let place: Option<LocalityId> = given(asked.place.as_ref())
        .map(str::parse)
        .transpose()
        .map_err(|error: crate::model::topic::InvalidLocality| {
            WebError::Unusable(error.to_string())
        })?;
    let page = site
        .ask(move |reader, site| {
            let watch = &site.setup.watch;
            let question = Question {
                place,
                as_known_on: view.known_at,
                ..Question::of(service, on)
            };
            let (answer, timelines) = examined(reader, &question, watch)?;
            let links: Vec<NcdLink> = watch.ncds.values().cloned().collect();
            let place = match &question.place {
                Some(asked) => Place::Locality(asked.clone()),
                None => site.place(),
            };
            let picture = picture(&timelines, service, &links, &place, on, view.day());
            let subjects = subjects(&timelines, service, &links, None);
            let filter = ChangeFilter {
                code: Some(service.code),
                until: view.known_at,
                limit: Some(CHANGES),
                ..ChangeFilter::default()
            };
            let changes = reader.changes(&filter)?;
            Ok(Page {
                title: format!("{service} on {on}"),
                service,
                other_service: crate::render::wording::other_service(service).unwrap_or_default(),
                on,
                place: question
                    .place
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                localities: watch.localities.iter().map(ToString::to_string).collect(),
                layers: answer.lines.iter().map(LayerRow::of).collect(),
                drawing: draw(&picture)?,
                picture,
                sections: sections(&subjects),
                changes: changes.iter().map(Moved::of).collect(),
                answer,
                view,
            })
        })
        .await?;
    Ok(Html(page.render()?))
}
