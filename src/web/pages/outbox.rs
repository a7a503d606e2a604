//! Messages that were sent, wait, or were given up.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use super::changes::page_number;
use super::evidence::Told;
use crate::io::store::{DeliveryFilter, OutboxCounts};
use crate::model::delivery::DeliveryState;
use crate::web::error::WebError;
use crate::web::query::{Asked, OutboxQuery, given};
use crate::web::site::Site;
use crate::web::view::View;

/// Messages on one page.
const MOST: u32 = 50;

#[derive(Template)]
#[template(path = "outbox.html", whitespace = "preserve")]
struct Page {
    view: View,
    title: String,
    state: String,
    counts: OutboxCounts,
    messages: Vec<Told>,
    newer: Option<String>,
    older: Option<String>,
}

/// `/outbox`
pub(crate) async fn outbox(
    State(site): State<Arc<Site>>,
    Asked(asked): Asked<OutboxQuery>,
) -> Result<Html<String>, WebError> {
    let mut view = View::new(&site, "/outbox", asked.known.as_deref())?;
    let state = given(asked.state.as_ref()).unwrap_or_default().to_owned();
    view.keep("state", Some(&state));
    let number = page_number(given(asked.page.as_ref()))?;
    let wanted: Option<DeliveryState> = if state.is_empty() {
        None
    } else {
        Some(state.parse().map_err(|_| {
            WebError::Unusable("state: write pending, delivered, dead or gathered".to_owned())
        })?)
    };
    let page = site
        .ask(move |reader, _| {
            let past = view.known_at;
            let filter = DeliveryFilter {
                // How a message stood on a day is known from its attempts only.
                state: wanted.filter(|_| past.is_none()),
                until: past,
                limit: Some(MOST + 1),
                skip: (number - 1) * MOST,
                ..DeliveryFilter::default()
            };
            let mut deliveries = reader.deliveries(&filter)?;
            let has_more = deliveries.len() > MOST as usize;
            deliveries.truncate(MOST as usize);
            let mut messages = Vec::new();
            for delivery in deliveries {
                let mut attempts = reader.attempts(&delivery.outgoing.id)?;
                attempts.retain(|attempt| past.is_none_or(|past| attempt.at <= past));
                let told = Told::of(&delivery, &attempts, past.is_some());
                if wanted.is_none_or(|wanted| told.state == wanted) {
                    messages.push(told);
                }
            }
            let turned = |to: u32| view.with("page", &to.to_string());
            Ok(Page {
                title: "Outbox".to_owned(),
                state,
                counts: reader.outbox_counts()?,
                messages,
                newer: (number > 1).then(|| turned(number - 1)),
                older: has_more.then(|| turned(number + 1)),
                view,
            })
        })
        .await?;
    Ok(Html(page.render()?))
}
