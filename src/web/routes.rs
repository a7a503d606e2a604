//! Which address leads where.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use super::error::WebError;
use super::site::Site;
use super::{api, calendar, feed, guard, login, metrics, pages};

/// Longest body of a request, in bytes: a password and a few words.
const BODY: usize = 16 << 10;
/// Longest address, in bytes.
const ADDRESS: usize = 4 << 10;
/// Longest that an answer may take.
const ANSWER: Duration = Duration::from_secs(20);

const SHEET: &str = include_str!("style.css");
const ICON: &str = include_str!("icon.svg");

/// Every address, with what stands before all of them.
pub(super) fn router(site: Arc<Site>) -> Router {
    let pages = Router::new()
        .route("/", get(pages::overview))
        .route("/code", get(pages::look_up))
        .route("/code/{code}", get(pages::code))
        .route("/changes", get(pages::changes))
        .route("/change/{id}", get(pages::change))
        .route("/alert/{id}", get(pages::alert))
        .route("/rules", get(pages::rules))
        .route("/sources", get(pages::sources))
        .route("/outbox", get(pages::outbox))
        .route("/programs", get(pages::programs))
        .route(
            "/acknowledge",
            get(pages::ack_form).post(pages::acknowledge),
        )
        .route("/login", get(login::form).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/feed.atom", get(feed::atom))
        .route("/calendar.ics", get(calendar::calendar))
        .route("/metrics", get(metrics::metrics))
        .route("/healthz", get(metrics::alive))
        .route("/style.css", get(sheet))
        .route("/icon.svg", get(icon))
        .fallback(nothing);
    let site_of = || Arc::clone(&site);
    pages
        .merge(api::router())
        .layer(from_fn_with_state(site_of(), guard::readers))
        .layer(from_fn_with_state(site_of(), guard::own_forms))
        .layer(from_fn_with_state(site_of(), guard::host))
        .layer(RequestBodyLimitLayer::new(BODY))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            ANSWER,
        ))
        .layer(CompressionLayer::new())
        .layer(from_fn(short_addresses))
        .layer(from_fn(guard::headers))
        .with_state(site)
}

async fn short_addresses(
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let length = request
        .uri()
        .path_and_query()
        .map_or(0, |it| it.as_str().len());
    if length > ADDRESS {
        return super::error::notice(StatusCode::URI_TOO_LONG, "The address is too long.");
    }
    next.run(request).await
}

async fn sheet() -> Response {
    fixed("text/css; charset=utf-8", SHEET)
}

async fn icon() -> Response {
    fixed("image/svg+xml", ICON)
}

/// What changes with the program only.
fn fixed(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, text).into_response()
}

async fn nothing(State(_site): State<Arc<Site>>, uri: Uri) -> Response {
    let words = "There is no such page.";
    if uri.path().starts_with("/api/") {
        return api::problem(StatusCode::NOT_FOUND, words);
    }
    WebError::Missing(words.to_owned()).into_response()
}
