//! What programs may read, and with which token.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use crate::web::error::WebError;
use crate::web::query::{Asked, KnownQuery};
use crate::web::site::Site;
use crate::web::view::View;

#[derive(Template)]
#[template(path = "programs.html", whitespace = "preserve")]
struct Page {
    view: View,
    title: String,
    /// Address of this server, as people use it.
    base: String,
    token: Option<String>,
}

/// `/programs`
pub(crate) async fn programs(
    State(site): State<Arc<Site>>,
    Asked(asked): Asked<KnownQuery>,
) -> Result<Html<String>, WebError> {
    let view = View::new(&site, "/programs", asked.known.as_deref())?;
    let page = Page {
        view,
        title: "For programs".to_owned(),
        base: site.base(),
        token: site.access.token().map(ToOwned::to_owned),
    };
    Ok(Html(page.render()?))
}
