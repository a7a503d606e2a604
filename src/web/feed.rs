//! What changed, for feed readers: an entry for each alert, in the words of a mail. Mails themselves are not
//! shown: each has the link by which its reader acknowledges it.

use std::sync::Arc;

use atom_syndication::{Content, Entry, Feed, Generator, Link, Person, Text};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};

use super::error::WebError;
use super::site::Site;
use crate::ask::dollars_of;
use crate::io::store::AlertFilter;
use crate::model::alert::{Alert, AlertBody};
use crate::render::mail::bodies;

/// Entries, the newest; alerts about coverd itself among them are left out.
const MOST: u32 = 60;

/// `/feed.atom`
pub(super) async fn atom(State(site): State<Arc<Site>>) -> Result<Response, WebError> {
    let feed = site
        .ask(|reader, site| {
            let filter = AlertFilter {
                limit: Some(MOST),
                ..AlertFilter::default()
            };
            let alerts = reader.alerts(&filter)?;
            let mut entries = Vec::new();
            for mut alert in alerts {
                // Dollars are not kept with an alert.
                let dollars =
                    dollars_of(reader, &alert, &site.setup.watch, &site.setup.yearly_units)?;
                if let AlertBody::Change(body) = &mut alert.body {
                    body.dollars = dollars;
                    entries.push(entry(site, &alert)?);
                }
            }
            Ok(whole(site, entries))
        })
        .await?;
    let kind = [(CONTENT_TYPE, "application/atom+xml; charset=utf-8")];
    Ok((kind, feed.to_string()).into_response())
}

fn whole(site: &Site, entries: Vec<Entry>) -> Feed {
    let base = site.base();
    let practice = &site.setup.envelope.practice;
    let title = if practice.is_empty() {
        "Changes at CMS".to_owned()
    } else {
        format!("Changes at CMS for {practice}")
    };
    let newest = entries.iter().map(|entry| *entry.updated()).max();
    let mut generator = Generator::default();
    generator.set_value("coverd");
    generator.set_version(env!("CARGO_PKG_VERSION").to_owned());
    let mut feed = Feed::default();
    feed.set_title(Text::plain(title));
    feed.set_id(format!("{base}/feed.atom"));
    // A feed without entries is as old as can be: it must not look new at every look.
    feed.set_updated(newest.unwrap_or_else(|| DateTime::<Utc>::UNIX_EPOCH.fixed_offset()));
    feed.set_authors(vec![author()]);
    feed.set_generator(generator);
    feed.set_links(vec![
        link("self", format!("{base}/feed.atom"), "application/atom+xml"),
        link("alternate", format!("{base}/changes"), "text/html"),
    ]);
    feed.set_entries(entries);
    feed
}

fn author() -> Person {
    let mut author = Person::default();
    author.set_name("coverd");
    author
}

fn link(rel: &str, href: String, kind: &str) -> Link {
    let mut link = Link::default();
    link.set_rel(rel);
    link.set_href(href);
    link.set_mime_type(kind.to_owned());
    link
}

fn entry(site: &Site, alert: &Alert) -> Result<Entry, WebError> {
    let said = bodies(alert, &site.setup.envelope)
        .map_err(|error| WebError::Unwritable(error.to_string()))?;
    let address = format!("{}/alert/{}", site.base(), alert.id);
    let mut content = Content::default();
    content.set_content_type("text".to_owned());
    content.set_value(said.text);
    let mut entry = Entry::default();
    let title = said.subject.trim_start_matches("[coverd] ").to_owned();
    entry.set_title(Text::plain(title));
    entry.set_id(format!("urn:coverd:alert:{}", alert.id));
    entry.set_updated(alert.raised.fixed_offset());
    entry.set_published(alert.raised.fixed_offset());
    entry.set_links(vec![link("alternate", address, "text/html")]);
    entry.set_content(content);
    Ok(entry)
}
