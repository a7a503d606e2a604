//! Days that matter, for calendars (RFC 5545): when comments close, rules take effect, changes begin.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use chrono::Days;
use icalendar::{Calendar, Component as _, Event as Entry, EventLike as _, Property};

use super::error::WebError;
use super::site::Site;
use super::upcoming::{Event, events};
use super::view::View;
use crate::render::clean;

/// Longest title, in characters.
const TITLE: usize = 240;
/// Days that are past are shown for so long.
const PAST: Days = Days::new(400);

/// `/calendar.ics`
pub(super) async fn calendar(State(site): State<Arc<Site>>) -> Result<Response, WebError> {
    let text = site
        .ask(|reader, site| {
            let view = View::new(site, "/calendar.ics", None)?;
            let oldest = view.today.checked_sub_days(PAST).unwrap_or(view.today);
            let mut events = events(reader, &view)?;
            events.retain(|event| event.day >= oldest);
            Ok(write(&events, &site.base()))
        })
        .await?;
    let kind = [(CONTENT_TYPE, "text/calendar; charset=utf-8")];
    Ok((kind, text).into_response())
}

fn write(events: &[Event], base: &str) -> String {
    let mut calendar = Calendar::empty();
    calendar
        .append_property(Property::new("VERSION", "2.0"))
        .append_property(Property::new("PRODID", "-//coverd//coverd//EN"))
        .append_property(Property::new("CALSCALE", "GREGORIAN"))
        .append_property(Property::new("REFRESH-INTERVAL;VALUE=DURATION", "PT6H"))
        .name("Changes at CMS");
    for event in events {
        let title = clean::line(&event.title, TITLE);
        let mut entry = Entry::new();
        // A whole day ends where the next begins, and the stamp is when the day was learned: the
        // library's own `all_day` would end it at its beginning and stamp it now.
        entry
            .uid(&format!("{}@coverd", event.key))
            .timestamp(event.learned)
            .starts(event.day)
            .ends(event.day.succ_opt().unwrap_or(event.day))
            .summary(&format!("{}: {title}", event.kind.label()))
            .description(&format!("{title}\n{base}{}", event.link))
            .append_property(Property::new("URL", format!("{base}{}", event.link)))
            .append_property(Property::new("TRANSP", "TRANSPARENT"));
        calendar.push(entry.done());
    }
    folded(&calendar.to_string())
}

/// Longest line, in octets, without its end.
const LINE: usize = 75;

/// The text with its lines folded anew: the library's may be an octet too long where a character of
/// several octets stands at the fold.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + text.len() / 30);
    for line in text.replace("\r\n ", "").split_terminator("\r\n") {
        let mut length = 0;
        for c in line.chars() {
            if length + c.len_utf8() > LINE {
                folded.push_str("\r\n ");
                length = 1;
            }
            folded.push(c);
            length += c.len_utf8();
        }
        folded.push_str("\r\n");
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::upcoming::Kind;

    #[test]
    fn no_line_is_too_long_wherever_its_characters_lie() {
        for before in 0..80 {
            let line = format!("SUMMARY:{}\u{2192}\u{2192} end\r\n", "x".repeat(before));
            let text = folded(&line);
            assert!(text.split("\r\n").all(|line| line.len() <= LINE), "{text}");
            assert_eq!(text.replace("\r\n ", ""), line);
        }
    }

    #[test]
    fn a_day_is_whole_and_texts_of_others_end_no_line() {
        let event = Event {
            day: chrono::NaiveDate::from_ymd_opt(2026, 12, 31).unwrap(),
            kind: Kind::CommentsClose,
            title: "CMS-1848; a \\ title,\r\nBEGIN:VALARM\nEND".to_owned(),
            link: "/rules#CMS-1848".to_owned(),
            key: "comments_close-2026-14327".to_owned(),
            learned: "2026-07-16T12:00:00Z".parse().unwrap(),
        };
        let text = write(&[event], "https://coverd.example");
        let whole = text.replace("\r\n ", "");
        for line in [
            "DTSTART;VALUE=DATE:20261231",
            "DTEND;VALUE=DATE:20270101",
            "DTSTAMP:20260716T120000Z",
            "UID:comments_close-2026-14327@coverd",
            "URL:https://coverd.example/rules#CMS-1848",
        ] {
            assert!(whole.lines().any(|one| one == line), "{line} in\n{whole}");
        }
        assert!(!whole.lines().any(|line| line.starts_with("BEGIN:VALARM")));
        assert!(
            text.split("\r\n")
                .all(|line| line.len() <= 75 && !line.contains('\n'))
        );
    }
}
