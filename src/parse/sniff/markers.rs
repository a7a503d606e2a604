//! How pages that are no content give themselves away.

use memchr::memchr2_iter;

use super::classify::Obstacle;
use super::html::Page;
use super::phrases::{NOTICES, TITLES};
use crate::parse::markup::Tag;

/// What the page is in the way with, and by what that is known; `None` for a page that may be
/// content.
pub(super) fn obstacle(page: &Page) -> Option<(Obstacle, String)> {
    if let Some(marker) = page.challenge {
        return Some((Obstacle::Challenge, marker.to_owned()));
    }
    if let Some(target) = page.refresh()
        && ["bm-verify", "_incapsula_", "captcha"]
            .iter()
            .any(|part| target.to_ascii_lowercase().contains(part))
    {
        return Some((
            Obstacle::Challenge,
            "it refreshes to a challenge".to_owned(),
        ));
    }
    if let Some(found) = licence(page) {
        return Some(found);
    }
    let titles = std::iter::once(&page.title).chain(&page.headings);
    if let Some(found) = titles.into_iter().find_map(|title| in_title(title)) {
        return Some(found);
    }
    if page.password {
        return Some((Obstacle::Login, "it asks for a password".to_owned()));
    }
    if page.is_notice() {
        if let Some(marker) = page.perhaps_challenge {
            return Some((Obstacle::Challenge, marker.to_owned()));
        }
        return in_notice(&page.text);
    }
    None
}

fn licence(page: &Page) -> Option<(Obstacle, String)> {
    if !page.accepts {
        return None;
    }
    let headings = page.headings.iter().chain(&page.subheadings);
    let headed = std::iter::once(&page.title)
        .chain(headings)
        .find(|text| speaks_of_licence(text));
    let granted = [
        "license agreement",
        "licence agreement",
        "license granted",
        "licence granted",
    ];
    let why = if let Some(heading) = headed {
        format!("it wants acceptance of {heading:?}")
    } else if page.licence_control {
        "it has a button that accepts a licence".to_owned()
    } else {
        let phrase = granted.iter().find(|phrase| page.text.contains(**phrase))?;
        format!("it has a button to accept and begins with a {phrase}")
    };
    Some((Obstacle::Licence, why))
}

/// Whether a heading is one of terms to accept; not of licensed persons.
fn speaks_of_licence(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| matches!(word, "license" | "licence" | "licensing"))
        || text.contains("terms of use")
        || text.contains("user agreement")
}

fn in_title(title: &str) -> Option<(Obstacle, String)> {
    let parts: Vec<&str> = title
        .split(['|', ':', '\u{b7}', '\u{bb}'])
        .flat_map(|part| part.split(" - "))
        .map(|part| part.trim().trim_end_matches(['.', '!']))
        .collect();
    TITLES
        .iter()
        .find(|(_, phrases, wholes)| {
            phrases.iter().any(|phrase| title.contains(phrase))
                || parts.iter().any(|part| wholes.contains(part))
        })
        .map(|&(obstacle, ..)| (obstacle, format!("its title or heading is {title:?}")))
}

fn in_notice(text: &str) -> Option<(Obstacle, String)> {
    NOTICES.iter().find_map(|(obstacle, phrases)| {
        let phrase = phrases.iter().find(|phrase| text.contains(**phrase))?;
        Some((*obstacle, format!("it says {phrase:?} and little else")))
    })
}

/// The same for a short text without markup.
pub(super) fn in_plain_text(text: &str) -> Option<(Obstacle, String)> {
    in_notice(&text.to_lowercase())
}

/// Challenges that come as JSON.
pub(super) fn in_json(text: &[u8]) -> Option<&'static str> {
    const SMALL: usize = 4096;
    let text = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.len() < SMALL)?;
    let challenge = ["\"sec-cp-challenge\"", "captcha-delivery.com"];
    challenge
        .iter()
        .any(|part| text.contains(part))
        .then_some("it is a challenge in JSON")
}

/// Elements that only challenge pages have.
pub(super) fn challenge_element(element: &Tag<'_>) -> Option<&'static str> {
    match element.id {
        "challenge-form"
        | "challenge-running"
        | "challenge-error-text"
        | "cf-challenge-running"
        | "cf-error-details" => Some("it has the form of a Cloudflare challenge"),
        "sec-if-cpt-container" | "sec-bc-text-container" | "sec-cpt-if" => {
            Some("it has the frame of an Akamai challenge")
        }
        "px-captcha" | "px-captcha-wrapper" => Some("it has the box of a PerimeterX challenge"),
        "main-iframe"
            if element
                .attribute("src")
                .unwrap_or_default()
                .contains("_Incapsula_Resource") =>
        {
            Some("it has the frame of an Imperva challenge")
        }
        _ => None,
    }
}

/// Elements that challenge pages have, and that some services put into ordinary pages too.
pub(super) fn perhaps_challenge_element(element: &Tag<'_>) -> Option<&'static str> {
    if matches!(&*element.name, "script" | "iframe") {
        let source = element.attribute("src").unwrap_or_default();
        let parts = [
            "/cdn-cgi/challenge-platform/",
            "_Incapsula_Resource",
            "captcha-delivery.com",
            "/_sec/cp_challenge/",
            "awswaf.com",
            "hcaptcha.com",
            "/recaptcha/",
            "challenges.cloudflare.com",
        ];
        if parts.iter().any(|part| source.contains(part)) {
            return Some("it loads a challenge and says little else");
        }
    }
    let classes = ["g-recaptcha", "h-captcha", "cf-turnstile"];
    element
        .class
        .split_ascii_whitespace()
        .any(|class| classes.contains(&class))
        .then_some("it holds a captcha and little else")
}

/// Whether a text holds another one, which is ASCII in lower case.
pub(super) fn contains_in_any_case(text: &str, part: &str) -> bool {
    let (bytes, part) = (text.as_bytes(), part.as_bytes());
    let Some(&first) = part.first() else {
        return true;
    };
    memchr2_iter(first, first.to_ascii_uppercase(), bytes).any(|at| {
        let window = bytes.get(at..at + part.len());
        window.is_some_and(|window| window.eq_ignore_ascii_case(part))
    })
}

/// Whether the words of a button accept something.
pub(super) fn accepts(words: &str) -> bool {
    // Most links accept nothing, and a page has hundreds.
    if !contains_in_any_case(words, "accept") && !contains_in_any_case(words, "agree") {
        return false;
    }
    let words = words.trim().to_lowercase();
    let words = words
        .trim_end_matches(['.', '!'])
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let plain = [
        "accept",
        "i accept",
        "agree",
        "i agree",
        "i agree to the terms",
        "yes, i agree",
        "yes, i accept",
        "accept and continue",
        "agree and continue",
        "accept & continue",
    ];
    plain.contains(&words.as_str())
        || (words.len() < 60 && words.contains("accept") && names_licence(&words))
}

/// Whether the name of a control speaks of a licence.
pub(super) fn names_licence(text: &str) -> bool {
    text.contains("license") || text.contains("licence")
}

/// Whether an address names a document for download.
pub(super) fn names_document(href: &str) -> bool {
    let path = href.split(['?', '#']).next().unwrap_or_default();
    let ends = [
        "zip", "pdf", "xls", "xlsx", "csv", "txt", "doc", "docx", "xml", "json",
    ];
    path.rsplit_once('.')
        .is_some_and(|(_, end)| ends.iter().any(|known| known.eq_ignore_ascii_case(end)))
}
