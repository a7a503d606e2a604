//! What holds today, and what is coming.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use crate::ask::{Health, Verdict, health};
use crate::render::words::minute;
use crate::web::error::WebError;
use crate::web::overview::{Overview, overview as made};
use crate::web::query::{Asked, KnownQuery};
use crate::web::site::Site;
use crate::web::view::View;

/// Days to come that are shown.
const COMING: usize = 12;

#[derive(Template)]
#[template(path = "overview.html", whitespace = "preserve")]
struct Page {
    view: View,
    title: String,
    overview: Arc<Overview>,
    place: String,
    coming_left_out: usize,
    health: Health,
    /// When the freshest source was read last.
    last_read: String,
    sources: usize,
    waiting: u64,
}

impl Page {
    fn coming(&self) -> &[crate::web::upcoming::Event] {
        let coming = &self.overview.coming;
        coming.get(..COMING.min(coming.len())).unwrap_or_default()
    }

    /// Class and word of the state of the watcher.
    fn state(&self) -> (&'static str, &'static str) {
        match self.health.verdict() {
            // All is well where nothing is looked at, and that is not what it sounds like.
            Verdict::Well if self.sources == 0 => ("part", "reads nothing"),
            Verdict::Well => ("good", "sees everything"),
            Verdict::Untold => ("part", "could not tell somebody"),
            Verdict::Blind => ("bad", "cannot see everything"),
        }
    }
}

/// `/`
pub(crate) async fn overview(
    State(site): State<Arc<Site>>,
    Asked(asked): Asked<KnownQuery>,
) -> Result<Html<String>, WebError> {
    let view = View::new(&site, "/", asked.known.as_deref())?;
    let page = site
        .ask(move |reader, site| {
            let setup = &site.setup;
            let overview = made(site, &view)?;
            let health = health(reader, &setup.sources, setup.replayed, site.now())?;
            let enabled = setup.sources.iter().filter(|info| info.enabled);
            let mut last_read = None;
            let mut sources = 0;
            for info in enabled {
                sources += 1;
                let state = reader.source_state(info.id)?;
                last_read = last_read.max(state.and_then(|state| state.last_good));
            }
            let title = match view.known {
                None => "What holds today".to_owned(),
                Some(day) => format!("What held on {day}"),
            };
            Ok(Page {
                title,
                place: site.place().to_string(),
                coming_left_out: overview.coming.len().saturating_sub(COMING),
                overview,
                health,
                last_read: last_read.map_or_else(|| "never".to_owned(), minute),
                sources,
                waiting: reader.outbox_counts()?.pending,
                view,
            })
        })
        .await?;
    Ok(Html(page.render()?))
}
