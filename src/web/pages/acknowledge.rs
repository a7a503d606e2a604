//! Acknowledging an alert by the link in its mail: a form, and what comes of it.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{Html, IntoResponse as _, Redirect, Response};

use crate::ask::acknowledgement;
use crate::model::alert::AlertBody;
use crate::model::delivery::{AcknowledgedVia, Acknowledgement};
use crate::render::signed;
use crate::web::error::WebError;
use crate::web::query::{AckForm, AckQuery, Asked};
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "acknowledge.html", whitespace = "preserve")]
struct AckPage {
    practice: String,
    alert: String,
    to: String,
    token: String,
    /// What the alert told, in lines.
    told: Vec<String>,
    /// Who acknowledged it before.
    earlier: Vec<Acknowledgement>,
    wrong: &'static str,
}

/// `/acknowledge?alert=...&to=...&token=...`
pub(crate) async fn form(
    State(site): State<Arc<Site>>,
    Asked(asked): Asked<AckQuery>,
) -> Result<Response, WebError> {
    page(&site, asked, "").await
}

/// The form, filled in.
pub(crate) async fn acknowledge(
    State(site): State<Arc<Site>>,
    form: Result<Form<AckForm>, FormRejection>,
) -> Result<Response, WebError> {
    let Form(form) = form.map_err(|error| WebError::Unusable(error.body_text()))?;
    let asked = AckQuery {
        alert: form.alert,
        to: form.to,
        token: form.token,
    };
    let desk = checked(&site, &asked)?;
    let (now, via) = (site.now(), AcknowledgedVia::Page);
    let Some(ack) = acknowledgement(&asked.alert, &form.person, &form.note, now, via) else {
        return page(&site, asked, "Write who takes care of it.").await;
    };
    (desk.record)(ack).await.map_err(|error| {
        tracing::error!("an acknowledgement could not be kept: {error}");
        WebError::Busy
    })?;
    Ok(Redirect::to(&format!("/alert/{}", asked.alert)).into_response())
}

/// The desk, when the link was made by this installation for this alert and recipient.
fn checked<'s>(
    site: &'s Site,
    asked: &AckQuery,
) -> Result<&'s crate::web::site::AckDesk, WebError> {
    let desk = site
        .setup
        .acknowledge
        .as_ref()
        .filter(|desk| signed::is_signed(&desk.key, &asked.alert, &asked.to, &asked.token));
    desk.ok_or_else(|| {
        WebError::Missing(
            "This link is none that coverd sent: open the one in the mail, whole.".to_owned(),
        )
    })
}

async fn page(
    site: &Arc<Site>,
    asked: AckQuery,
    wrong: &'static str,
) -> Result<Response, WebError> {
    checked(site, &asked)?;
    let page = site
        .ask(move |reader, site| {
            let alert = reader.alert(&asked.alert)?;
            let change = alert.as_ref().and_then(|alert| match &alert.body {
                AlertBody::Change(change) => Some(change),
                AlertBody::Operator(_) => None,
            });
            let Some(change) = change else {
                return Err(WebError::Missing("There is no such alert.".to_owned()));
            };
            let told = change.changes.iter().take(12);
            let told = told.map(|judged| {
                format!(
                    "{}: {}",
                    judged.change.key.topic,
                    crate::render::words::step(&judged.change)
                )
            });
            Ok(AckPage {
                practice: site.setup.envelope.practice.clone(),
                told: told.collect(),
                earlier: reader.acknowledgements(&asked.alert)?,
                alert: asked.alert,
                to: asked.to,
                token: asked.token,
                wrong,
            })
        })
        .await?;
    Ok(Html(page.render()?).into_response())
}
