//! The OpenAPI document, and the addresses that it describes: one list for both.

use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use axum::routing::get;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{changes, codes, standing};
use crate::web::site::Site;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "coverd",
        description = "What coverd knows of the rules of CMS for the watched codes, and how it knows it. Days are dates of service unless said otherwise; `until` is the first day that no longer belongs to a period.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    // What the refusals are made of; those of the answers are found by their addresses.
    components(schemas(super::problem::Problem)),
    servers((url = "/", description = "This server")),
    tags(
        (name = "codes", description = "Codes, layer by layer, on a day and over time"),
        (name = "changes", description = "What moved, and what is coming"),
        (name = "rules", description = "Rules in the pipeline"),
        (name = "coverd", description = "How coverd itself stands"),
    ),
    security((), ("token" = [])),
    modifiers(&Token),
)]
struct Described;

/// The token to read; where the page has no password none is needed.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "The token to read, which the page \"Programs\" shows.",
            ))
            .build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The addresses below `/api/v1`.
pub(in crate::web) fn router() -> Router<Arc<Site>> {
    let (router, document) = OpenApiRouter::with_openapi(Described::openapi())
        .routes(routes!(codes::codes))
        .routes(routes!(codes::answer))
        .routes(routes!(codes::history))
        .routes(routes!(changes::changes))
        .routes(routes!(changes::change))
        .routes(routes!(changes::coming))
        .routes(routes!(changes::search))
        .routes(routes!(standing::rules))
        .routes(routes!(standing::sources))
        .routes(routes!(standing::outbox))
        .routes(routes!(standing::health))
        .split_for_parts();
    let text: Arc<str> = document.to_pretty_json().unwrap_or_default().into();
    let serve = move || {
        let text = Arc::clone(&text);
        async move { ([(CONTENT_TYPE, "application/json")], text.to_string()).into_response() }
    };
    router.route("/api/v1/openapi.json", get(serve))
}
