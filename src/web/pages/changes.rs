//! What moved: filtered and searched.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use chrono::{NaiveDate, NaiveTime};

use super::code::Moved;
use super::evidence::is_link;
use crate::ask::grouped;
use crate::io::store::{ChangeFilter, Found};
use crate::model::change::Severity;
use crate::model::code::Service;
use crate::model::topic::Subject;
use crate::web::error::WebError;
use crate::web::query::{Asked, ChangesQuery, given};
use crate::web::site::Site;
use crate::web::view::{View, day};

/// Changes on one page.
const MOST: u32 = 50;
/// Paragraphs that are shown above the changes.
const PASSAGES: u32 = 20;
/// Last page that is turned to.
const PAGES: u32 = 10_000;

#[derive(Template)]
#[template(path = "changes.html", whitespace = "preserve")]
struct Page {
    view: View,
    title: String,
    asked: Fields,
    groups: Vec<Group>,
    found: Vec<Passage>,
    shown: usize,
    newer: Option<String>,
    older: Option<String>,
}

impl Page {
    /// The severities of the form, gravest first.
    #[expect(clippy::unused_self, reason = "the template asks its page")]
    fn severities(&self) -> [&'static str; 4] {
        [
            Severity::Coverage,
            Severity::Payment,
            Severity::Coding,
            Severity::Administrative,
        ]
        .map(Severity::id)
    }
}

/// The form, as it was filled in.
struct Fields {
    words: String,
    code: String,
    severity: String,
    since: String,
}

impl Fields {
    fn is_empty(&self) -> bool {
        self.words.is_empty()
            && self.code.is_empty()
            && self.severity.is_empty()
            && self.since.is_empty()
    }
}

/// A paragraph that has the words asked for.
struct Passage {
    subject: String,
    what: &'static str,
    edition: String,
    published: NaiveDate,
    url: String,
    is_link: bool,
    pieces: Vec<(bool, String)>,
}

impl From<Found> for Passage {
    fn from(found: Found) -> Self {
        Self {
            subject: found.topic.to_string(),
            what: found.attribute.label(),
            edition: found.edition,
            published: found.published,
            is_link: is_link(&found.url),
            url: found.url,
            pieces: found.pieces,
        }
    }
}

/// Changes that were found together.
pub(super) struct Group {
    pub(super) heading: String,
    pub(super) changes: Vec<Moved>,
}

/// Changes as groups.
pub(super) fn groups(found: &[crate::io::store::StoredChange]) -> Vec<Group> {
    grouped(found)
        .iter()
        .map(|group| Group {
            heading: group.heading(),
            changes: group.changes.iter().map(|one| Moved::of(one)).collect(),
        })
        .collect()
}

/// `/changes`
pub(crate) async fn changes(
    State(site): State<Arc<Site>>,
    Asked(asked): Asked<ChangesQuery>,
) -> Result<Html<String>, WebError> {
    let mut view = View::new(&site, "/changes", asked.known.as_deref())?;
    let text = |field: &Option<String>| given(field.as_ref()).unwrap_or_default().to_owned();
    let fields = Fields {
        words: text(&asked.q),
        code: text(&asked.code),
        severity: text(&asked.severity),
        since: text(&asked.since),
    };
    view.keep("q", Some(&fields.words));
    view.keep("code", Some(&fields.code));
    view.keep("severity", Some(&fields.severity));
    view.keep("since", Some(&fields.since));
    let number = page_number(given(asked.page.as_ref()))?;
    let mut filter = filter(&fields)?;
    filter.until = view.known_at;
    filter.limit = Some(MOST + 1);
    filter.skip = (number - 1) * MOST;
    let page = site
        .ask(move |reader, _| {
            let passages = match &filter.words {
                Some(words) if number == 1 => reader.search(words, view.known_at, PASSAGES)?,
                Some(_) | None => Vec::new(),
            };
            let mut found = reader.changes(&filter)?;
            let has_more = found.len() > MOST as usize;
            found.truncate(MOST as usize);
            let turned = |to: u32| view.with("page", &to.to_string());
            Ok(Page {
                title: "Changes at CMS".to_owned(),
                groups: groups(&found),
                found: passages.into_iter().map(Passage::from).collect(),
                shown: found.len(),
                newer: (number > 1).then(|| turned(number - 1)),
                older: (has_more && number < PAGES).then(|| turned(number + 1)),
                asked: fields,
                view,
            })
        })
        .await?;
    Ok(Html(page.render()?))
}

/// The number of a page, from 1.
pub(super) fn page_number(text: Option<&str>) -> Result<u32, WebError> {
    let number = text.map_or(Ok(1), str::parse).ok();
    number
        .filter(|number| (1..=PAGES).contains(number))
        .ok_or_else(|| WebError::Unusable(format!("page: write a number from 1 to {PAGES}")))
}

fn filter(fields: &Fields) -> Result<ChangeFilter, WebError> {
    let mut filter = ChangeFilter {
        words: (!fields.words.is_empty()).then(|| fields.words.clone()),
        ..ChangeFilter::default()
    };
    if !fields.code.is_empty() {
        let service: Service =
            fields
                .code
                .parse()
                .map_err(|error: crate::model::code::InvalidCode| {
                    WebError::Unusable(error.to_string())
                })?;
        match service.modifier {
            None => filter.code = Some(service.code),
            Some(_) => filter.subject = Some(Subject::Service(service)),
        }
    }
    if !fields.severity.is_empty() {
        filter.least = Some(fields.severity.parse().map_err(
            |error: crate::model::change::UnknownSeverity| WebError::Unusable(error.to_string()),
        )?);
    }
    if !fields.since.is_empty() {
        let since = day("since", &fields.since)?;
        filter.since = Some(since.and_time(NaiveTime::MIN).and_utc());
    }
    Ok(filter)
}
