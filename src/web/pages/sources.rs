//! What is read, and how it stands.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use crate::ask::{Standing, standings};
use crate::web::error::WebError;
use crate::web::query::{Asked, KnownQuery};
use crate::web::site::Site;
use crate::web::view::View;

#[derive(Template)]
#[template(path = "sources.html", whitespace = "preserve")]
struct Page {
    view: View,
    title: String,
    sources: Vec<Standing>,
}

impl Page {
    /// Class and word of how a source stands.
    #[expect(clippy::unused_self, reason = "the template asks its page")]
    fn state(&self, standing: &Standing) -> (&'static str, &'static str) {
        let good = standing.state.as_ref().and_then(|state| state.last_good);
        if !standing.info.enabled {
            ("none", "off")
        } else if !standing.problems.is_empty() {
            ("bad", "problem")
        } else if good.is_some() {
            ("good", "read")
        } else {
            ("part", "not read yet")
        }
    }
}

/// `/sources`
pub(crate) async fn sources(
    State(site): State<Arc<Site>>,
    Asked(asked): Asked<KnownQuery>,
) -> Result<Html<String>, WebError> {
    let view = View::new(&site, "/sources", asked.known.as_deref())?;
    let page = site
        .ask(move |reader, site| {
            let mut sources = standings(Some(reader), &site.setup.sources)?;
            if let Some(at) = view.known_at {
                for standing in &mut sources {
                    standing.problems = reader.problems_at(standing.info.id, at)?;
                }
            }
            let title = "Sources".to_owned();
            Ok(Page {
                view,
                title,
                sources,
            })
        })
        .await?;
    Ok(Html(page.render()?))
}
