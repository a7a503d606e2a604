//! Logging in and out.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Redirect, Response};

use super::access::Login;
use super::error::WebError;
use super::guard::{cookie_name, session_of};
use super::query::{Asked, LoginForm, LoginQuery};
use super::site::Site;

/// Longest password that is tried, in bytes.
const MOST: usize = 1_000;

/// Seconds that a browser keeps the session.
const KEPT: u32 = 12 * 3_600;

#[derive(Template)]
#[template(path = "login.html", whitespace = "preserve")]
struct LoginPage<'a> {
    practice: &'a str,
    next: &'a str,
    wrong: &'a str,
}

fn page(site: &Site, next: &str, wrong: &str) -> Result<Html<String>, WebError> {
    let practice = &site.setup.envelope.practice;
    Ok(Html(
        LoginPage {
            practice,
            next,
            wrong,
        }
        .render()?,
    ))
}

/// The form.
pub(super) async fn form(
    State(site): State<Arc<Site>>,
    Asked(asked): Asked<LoginQuery>,
) -> Result<Response, WebError> {
    if !site.access.is_closed() {
        return Ok(Redirect::to("/").into_response());
    }
    let next = local(asked.next.as_deref().unwrap_or_default());
    Ok(page(&site, next, "")?.into_response())
}

/// The form, filled in.
pub(super) async fn log_in(
    State(site): State<Arc<Site>>,
    form: Result<Form<LoginForm>, FormRejection>,
) -> Result<Response, WebError> {
    let Form(form) = form.map_err(|error| WebError::Unusable(error.body_text()))?;
    let next = local(&form.next).to_owned();
    if form.password.len() > MOST {
        return Err(WebError::Unusable("The password is too long.".to_owned()));
    }
    let tried = site
        .ask(move |_, site| Ok(site.access.log_in(&form.password, site.now())))
        .await?;
    match tried {
        Login::Open(session) => {
            let mut response = Redirect::to(&next).into_response();
            let cookie = cookie(&site, &session, KEPT)?;
            response.headers_mut().insert(SET_COOKIE, cookie);
            Ok(response)
        }
        Login::Wrong => {
            tracing::warn!("a wrong password was given to the page");
            let html = page(&site, &next, "The password is wrong.")?;
            Ok((StatusCode::FORBIDDEN, html).into_response())
        }
        Login::Later(seconds) => {
            let words = format!("Too many wrong passwords. Try again in {seconds} seconds.");
            let html = page(&site, &next, &words)?;
            let later = [(RETRY_AFTER, seconds.to_string())];
            Ok((StatusCode::TOO_MANY_REQUESTS, later, html).into_response())
        }
    }
}

/// Ends the session.
pub(super) async fn log_out(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    if let Some(session) = session_of(&headers) {
        site.access.close(session);
    }
    let mut response = Redirect::to("/login").into_response();
    response
        .headers_mut()
        .insert(SET_COOKIE, cookie(&site, "", 0)?);
    Ok(response)
}

fn cookie(site: &Site, session: &str, seconds: u32) -> Result<HeaderValue, WebError> {
    let public = site.setup.config.public.as_ref();
    let secure = public.is_some_and(|url| url.scheme() == "https");
    let name = cookie_name(secure);
    let end = if secure { "; Secure" } else { "" };
    // Lax, so that a link in a mail leads to the page and not to the login.
    let text = format!("{name}={session}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{end}");
    HeaderValue::from_str(&text).map_err(|_| WebError::Defect)
}

/// A path of this server, whatever the address says.
fn local(next: &str) -> &str {
    let path = next.strip_prefix('/').unwrap_or("/");
    let plain = !path.starts_with(['/', '\\']) && next.bytes().all(|byte| byte.is_ascii_graphic());
    if plain && next.starts_with('/') {
        next
    } else {
        "/"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_login_nobody_is_sent_elsewhere() {
        assert_eq!(
            local("/code/20560?known=2020-05-01"),
            "/code/20560?known=2020-05-01"
        );
        for elsewhere in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "code",
            "/a\nb",
            "/\t/evil.example",
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere}");
        }
    }
}
