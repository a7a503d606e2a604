//! Made pages.

use crate::parse::sniff::{Body, Kind, Obstacle, classify};

pub(super) fn html(bytes: &str) -> Body {
    classify(Kind::Html, "text/html", bytes.as_bytes())
}

pub(super) fn page(title: &str, body: &str) -> String {
    format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>")
}

/// A page with the menus, words and footer of a real one.
pub(super) fn full_page(title: &str, heading: &str, body: &str) -> String {
    let menu = "<li><a href='/m'>An entry of the menu of the site</a></li>".repeat(60);
    let footer = "<footer><a href='/license'>License</a> <a href='/login'>Log in</a></footer>";
    let body = format!("<nav><ul>{menu}</ul></nav><main><h1>{heading}</h1>{body}</main>{footer}");
    page(title, &body)
}

#[track_caller]
pub(super) fn blocked(body: &Body, expected: Obstacle) {
    assert!(
        matches!(body, Body::Blocked(found, _) if *found == expected),
        "{expected:?} expected, found {body:?}"
    );
}
