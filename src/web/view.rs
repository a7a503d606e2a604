//! What every page has in common: the point of view in time, and links that carry it.

use chrono::{DateTime, NaiveDate, Utc};
use url::form_urlencoded;

use super::error::WebError;
use super::site::Site;
use crate::ask::end_of_day;
use crate::model::code::Service;
use crate::render::words::short_id;

/// The point of view of one request.
#[derive(Debug, Clone)]
pub(super) struct View {
    /// The day whose end is looked back from; `None` is now.
    pub(super) known: Option<NaiveDate>,
    /// That day's last instant.
    pub(super) known_at: Option<DateTime<Utc>>,
    /// Today, on the practice's calendar.
    pub(super) today: NaiveDate,
    /// Name of the practice; may be empty.
    pub(super) practice: String,
    /// Whether somebody can log out.
    pub(super) logged_in: bool,
    /// Where this page is, for its own forms.
    pub(super) path: String,
    /// What else the address said, for the form that changes the point of view.
    pub(super) rest: Vec<(&'static str, String)>,
}

impl View {
    /// A page at `path`, as the `known` of its address asks.
    pub(super) fn new(
        site: &Site,
        path: impl Into<String>,
        known: Option<&str>,
    ) -> Result<Self, WebError> {
        let known = known.map(str::trim).filter(|text| !text.is_empty());
        let known = known.map(|text| day("known", text)).transpose()?;
        Ok(Self {
            known,
            known_at: known.map(|day| end_of_day(day, site.zone())),
            today: site.today(),
            practice: site.setup.envelope.practice.clone(),
            logged_in: site.access.is_closed(),
            path: path.into(),
            rest: Vec::new(),
        })
    }

    /// Keeps a part of the address when the point of view changes.
    pub(super) fn keep(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.rest.push((name, value.to_owned()));
        }
    }

    /// The day that a page shows when none is asked for: today, or the day looked back from.
    pub(super) fn day(&self) -> NaiveDate {
        self.known.unwrap_or(self.today)
    }

    /// An address here that keeps the point of view.
    pub(super) fn link(&self, path: &str) -> String {
        let Some(day) = self.known else {
            return path.to_owned();
        };
        let (path, place) = match path.split_once('#') {
            Some((path, place)) => (path, format!("#{place}")),
            None => (path, String::new()),
        };
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("{path}{mark}known={day}{place}")
    }

    /// The page of one thing.
    pub(super) fn to(&self, kind: &str, name: impl std::fmt::Display) -> String {
        self.link(&format!("/{kind}/{name}"))
    }

    /// The page of one thing by the beginning of its id.
    pub(super) fn brief(&self, kind: &str, id: &str) -> String {
        self.to(kind, short_id(id))
    }

    /// The changes of a code.
    pub(super) fn changes_of(&self, service: Service) -> String {
        self.link(&format!("/changes?code={service}"))
    }

    /// This page as of now.
    pub(super) fn now_link(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.rest);
        let query = query.finish();
        if query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{query}", self.path)
        }
    }

    /// This page with one part of its address set, and the point of view kept.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.rest.iter().filter(|(known, _)| *known != name));
        query.append_pair(name, value);
        self.link(&format!("{}?{}", self.path, query.finish()))
    }

    /// Whether a place in the navigation is this page or above it.
    pub(super) fn is_at(&self, path: &str) -> bool {
        self.path == path
    }
}

/// Reads a day of an address.
pub(super) fn day(name: &str, text: &str) -> Result<NaiveDate, WebError> {
    text.parse()
        .map_err(|_| WebError::Unusable(format!("{name}: write a day as 2026-03-01")))
}
