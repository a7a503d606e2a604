//! Rulemakings: proposed, final, in force.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use crate::ask::rules as known;
use crate::engine::rules::{RuleDocument, Rulemaking};
use crate::model::alert::Phase;
use crate::web::error::WebError;
use crate::web::query::{Asked, KnownQuery};
use crate::web::site::Site;
use crate::web::view::View;

#[derive(Template)]
#[template(path = "rules.html", whitespace = "preserve")]
struct Page {
    view: View,
    title: String,
    rules: Vec<Rulemaking>,
}

#[expect(clippy::unused_self, reason = "the template asks its page")]
impl Page {
    /// The colour of how far a rulemaking has come.
    fn tone(&self, phase: Phase) -> &'static str {
        match phase {
            Phase::Proposed | Phase::Corrected => "part",
            Phase::Final => "rule",
            Phase::InForce => "good",
            Phase::Withdrawn => "none",
        }
    }

    /// The title of the first document that has one.
    fn name<'a>(&self, rulemaking: &'a Rulemaking) -> &'a str {
        let titles = rulemaking.documents.iter().map(|one| one.title.as_str());
        titles
            .into_iter()
            .find(|title| !title.is_empty())
            .unwrap_or_default()
    }

    /// The day of a document: of its publication, else of its filing.
    fn day<'a>(&self, document: &'a RuleDocument) -> &'a str {
        let days = [&document.published, &document.filed];
        let known = days.into_iter().find(|day| !day.is_empty());
        known.map_or("no day", |day| day.get(..10).unwrap_or(day))
    }

    fn names(&self, document: &RuleDocument) -> String {
        let names: Vec<&str> = document.names.iter().map(String::as_str).collect();
        names.join(", ")
    }
}

/// `/rules`
pub(crate) async fn rules(
    State(site): State<Arc<Site>>,
    Asked(asked): Asked<KnownQuery>,
) -> Result<Html<String>, WebError> {
    let view = View::new(&site, "/rules", asked.known.as_deref())?;
    let page = site
        .ask(move |reader, _| {
            Ok(Page {
                rules: known(reader, view.day(), view.known_at)?,
                title: "Rules in the pipeline".to_owned(),
                view,
            })
        })
        .await?;
    Ok(Html(page.render()?))
}
