//! What stands before every page: the name that was asked for, who asks, and what browsers are told.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, HeaderName, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use url::Url;

use super::api::problem;
use super::error::notice;
use super::site::{Site, WebConfig};

/// Nothing is loaded but the sheet and pictures of this server; nothing runs; nobody frames the page.
const CONTENT: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                       base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, CONTENT),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Puts the headers on every answer, whatever it is.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let own = HeaderValue::from_static("private, no-cache");
    headers.entry(CACHE_CONTROL).or_insert(own);
    response
}

/// Refuses names that are not ours: a page of a stranger may have made its name lead here.
pub(super) async fn host(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let config = &site.setup.config;
    if is_ours(config, request.headers(), request.uri()) {
        return next.run(request).await;
    }
    let words = "This server is not known by that name. Add it to `hosts` under [web] in the \
                 configuration if people shall reach it so.";
    refuse(&request, StatusCode::MISDIRECTED_REQUEST, words)
}

fn is_ours(config: &WebConfig, headers: &HeaderMap, uri: &Uri) -> bool {
    let mut named = headers.get_all(HOST).iter();
    let (Some(name), None) = (named.next(), named.next()) else {
        return false;
    };
    let name = name.to_str().is_ok_and(|name| is_known(config, name));
    name && uri.host().is_none_or(|host| is_known(config, host))
}

/// Whether the page may be asked for by this host, with or without a port.
fn is_known(config: &WebConfig, authority: &str) -> bool {
    let Ok(url) = Url::parse(&format!("http://{authority}/")) else {
        return false;
    };
    // What is more than host and port was no authority.
    let bare = url.path() == "/"
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let Some(host) = url.host_str().filter(|_| bare) else {
        return false;
    };
    let ip = config.listen.ip();
    let own = match ip {
        std::net::IpAddr::V4(ip) => ip.to_string(),
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let local = ["localhost", "127.0.0.1", "[::1]"];
    (ip.is_loopback() && local.contains(&host))
        || (!ip.is_unspecified() && host == own)
        || config.hosts.iter().any(|known| known == host)
        || config.public.as_ref().and_then(Url::host_str) == Some(host)
}

/// Refuses forms that another site sent.
pub(super) async fn own_forms(
    State(site): State<Arc<Site>>,
    request: Request,
    next: Next,
) -> Response {
    if matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) {
        return next.run(request).await;
    }
    let headers = request.headers();
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let fetched = text(&HeaderName::from_static("sec-fetch-site"));
    let same_site = fetched.is_none_or(|site| matches!(site, "same-origin" | "none"));
    let from_here = text(&ORIGIN).is_none_or(|origin| {
        let authority = origin.split_once("://").map_or("", |(_, rest)| rest);
        is_known(&site.setup.config, authority)
    });
    if same_site && from_here {
        return next.run(request).await;
    }
    refuse(
        &request,
        StatusCode::FORBIDDEN,
        "This form was sent by another site.",
    )
}

/// Lets those in who may read.
pub(super) async fn readers(
    State(site): State<Arc<Site>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let access = &site.access;
    if !access.is_closed() || is_open(path) {
        return next.run(request).await;
    }
    let session = session_of(request.headers());
    if session.is_some_and(|session| access.is_open(session, site.now())) {
        return next.run(request).await;
    }
    if is_for_programs(path) {
        let bearer = bearer(request.headers()).is_some_and(|token| access.is_token(token));
        // Feed readers and calendars have no place for a header, only for an address.
        let in_address = matches!(path, "/feed.atom" | "/calendar.ics")
            && token_of(request.uri()).is_some_and(|token| access.is_token(&token));
        if bearer || in_address {
            return next.run(request).await;
        }
        let words = "Send the token to read, which the page \"Programs\" shows, as `Authorization: Bearer TOKEN`.";
        let mut response = refuse(&request, StatusCode::UNAUTHORIZED, words);
        response.headers_mut().insert(
            axum::http::header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer"),
        );
        return response;
    }
    let here = request.uri().path_and_query().map_or("/", |it| it.as_str());
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", here);
    Redirect::to(&format!("/login?{}", query.finish())).into_response()
}

/// What everybody may see: whether it lives, and what the login itself needs.
fn is_open(path: &str) -> bool {
    matches!(path, "/healthz" | "/login" | "/style.css" | "/icon.svg")
}

fn is_for_programs(path: &str) -> bool {
    path.starts_with("/api/") || matches!(path, "/feed.atom" | "/calendar.ics" | "/metrics")
}

/// A refusal in the form that the asker reads.
fn refuse(request: &Request, status: StatusCode, words: &str) -> Response {
    if request.uri().path().starts_with("/api/") {
        problem(status, words)
    } else {
        notice(status, words)
    }
}

/// The name of the cookie. Over https it is bound to this host alone.
pub(super) fn cookie_name(secure: bool) -> &'static str {
    if secure {
        "__Host-coverd-session"
    } else {
        "coverd-session"
    }
}

/// The session that a browser names.
pub(super) fn session_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter();
    let mut pairs = cookies
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let names = [cookie_name(true), cookie_name(false)];
    pairs.find_map(|(name, value)| names.contains(&name).then_some(value))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn token_of(uri: &Uri) -> Option<String> {
    let query = uri.query()?.as_bytes();
    let mut pairs = url::form_urlencoded::parse(query);
    pairs.find_map(|(name, value)| (name == "token").then(|| value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(listen: &str) -> WebConfig {
        WebConfig {
            listen: listen.parse().unwrap(),
            public: Some("https://coverd.practice.example/".parse().unwrap()),
            hosts: vec!["watcher".to_owned()],
            password_hash: None,
        }
    }

    #[test]
    fn only_our_own_names_are_answered() {
        let loopback = config("127.0.0.1:8787");
        for ours in [
            "localhost:8787",
            "127.0.0.1",
            "[::1]:8787",
            "coverd.practice.example",
            "Watcher:80",
        ] {
            assert!(is_known(&loopback, ours), "{ours}");
        }
        for strange in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
            "evil.example/localhost",
            "localhost#x",
            "",
            "192.0.2.7",
        ] {
            assert!(!is_known(&loopback, strange), "{strange}");
        }
        let open = config("192.0.2.7:80");
        assert!(is_known(&open, "192.0.2.7"));
        assert!(!is_known(&open, "localhost"));
        assert!(!is_known(&config("0.0.0.0:80"), "0.0.0.0"));
    }

    #[test]
    fn a_request_has_one_host_and_no_other_authority() {
        let config = config("127.0.0.1:8787");
        let asked = |hosts: &[&str], uri: &str| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, HeaderValue::from_str(host).unwrap());
            }
            is_ours(&config, &headers, &uri.parse().unwrap())
        };
        assert!(asked(&["localhost"], "/"));
        assert!(!asked(&[], "/"));
        assert!(!asked(&["localhost", "evil.example"], "/"));
        assert!(!asked(&["localhost"], "http://evil.example/"));
    }

    #[test]
    fn a_session_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers.append(
            COOKIE,
            HeaderValue::from_static("a=b; coverd-session=abc; c"),
        );
        assert_eq!(session_of(&headers), Some("abc"));
        assert_eq!(session_of(&HeaderMap::new()), None);
    }
}
