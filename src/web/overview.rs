//! What the overview shows: each watched code by layer, its last change, and what is coming. It is made
//! when the store has something new, and kept until then.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::error::WebError;
use super::site::Site;
use super::upcoming::{Event, events};
use super::view::View;
use crate::ask::examined;
use crate::engine::price::prices;
use crate::io::store::{Reader, StoredChange};
use crate::model::answer::{Answer, AnswerLine, Layer, Question};
use crate::model::code::Service;
use crate::model::status::{Payable, status_meaning};
use crate::model::topic::Subject;
use crate::model::watch::Codes;
use crate::render::words::{short_id, step};

/// Points of view that are kept at one time.
const KEPT: usize = 8;
/// Codes that are shown in one table.
const CODES: usize = 500;
/// How often it is looked whether the store has something new.
const LOOK: Duration = Duration::from_secs(2);

/// One code, a cell for each layer.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) code: Service,
    pub(super) is_look_alike: bool,
    pub(super) status: String,
    pub(super) meaning: String,
    /// `good`, `bad`, `part` or `none`, for the colour beside the letter.
    pub(super) tone: &'static str,
    pub(super) national: String,
    pub(super) therapy: String,
    pub(super) non_facility: Option<Decimal>,
    pub(super) facility: Option<Decimal>,
    pub(super) units: String,
    pub(super) hospital: String,
    pub(super) pipeline: Vec<String>,
    pub(super) summary: String,
    pub(super) last: Option<Last>,
}

/// The last change of a code.
#[derive(Debug, Clone)]
pub(super) struct Last {
    pub(super) found: NaiveDate,
    pub(super) from: NaiveDate,
    pub(super) words: String,
    pub(super) id: String,
    pub(super) severity: &'static str,
}

/// All of it, from one point of view.
#[derive(Debug, Clone)]
pub(super) struct Overview {
    pub(super) rows: Vec<Row>,
    /// Codes that are watched and not shown.
    pub(super) left_out: usize,
    pub(super) watches_all: bool,
    /// From the day on, earliest first.
    pub(super) coming: Vec<Event>,
}

/// The day looked back from, and today.
type Key = (Option<NaiveDate>, NaiveDate);

/// Overviews that hold until the store changes.
#[derive(Default)]
pub(super) struct Overviews(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// Notices changes, and makes overviews: what it has decoded once it has at hand.
    reader: Option<Reader>,
    version: i64,
    made: Vec<(Key, Arc<Overview>)>,
}

impl Overviews {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The overview from a point of view, as of now.
pub(super) fn overview(site: &Site, view: &View) -> Result<Arc<Overview>, WebError> {
    let mut kept = site.overviews.kept();
    let kept = &mut *kept;
    let reader = match &mut kept.reader {
        Some(reader) => reader,
        none => none.insert(Reader::open(&site.setup.database)?),
    };
    let version = reader.version()?;
    if version != kept.version {
        kept.made.clear();
        kept.version = version;
    }
    let key = (view.known, view.today);
    if let Some((_, made)) = kept.made.iter().find(|(known, _)| *known == key) {
        return Ok(Arc::clone(made));
    }
    let made = Arc::new(make(reader, site, view)?);
    if kept.made.len() >= KEPT {
        kept.made.remove(0);
    }
    kept.made.push((key, Arc::clone(&made)));
    Ok(made)
}

/// Makes the overview as soon as the store has something new, so that nobody has to wait for it.
pub(super) async fn keep(site: Arc<Site>) -> Infallible {
    loop {
        let made = site
            .ask(|_, site| overview(site, &View::new(site, "/", None)?).map(|_| ()))
            .await;
        if let Err(error) = made {
            tracing::warn!("the overview of the page could not be made: {error}");
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn make(reader: &Reader, site: &Site, view: &View) -> Result<Overview, WebError> {
    let watch = &site.setup.watch;
    let mut last: BTreeMap<Service, StoredChange> = BTreeMap::new();
    for stored in reader.last_changes(view.known_at)? {
        if let Subject::Service(service) = stored.judged.change.key.topic.subject {
            last.insert(service, stored);
        }
    }
    let (named, watches_all): (Vec<Service>, bool) = match &watch.codes {
        // All of them fit no page: those that moved last are shown.
        Codes::All => {
            let mut moved: Vec<&StoredChange> = last.values().collect();
            moved.sort_by_key(|stored| std::cmp::Reverse(stored.recorded));
            let services = moved.into_iter().filter_map(|stored| {
                match stored.judged.change.key.topic.subject {
                    Subject::Service(service) => Some(service),
                    _ => None,
                }
            });
            (services.take(CODES / 10).collect(), true)
        }
        Codes::Named(services) => (services.iter().copied().collect(), false),
    };
    let look_alikes = watch.look_alikes.iter().copied();
    let look_alikes = look_alikes.filter(|service| !named.contains(service));
    let left_out = named.len().saturating_sub(CODES);
    let mut rows = Vec::new();
    let shown = named.iter().take(CODES).map(|&service| (service, false));
    for (service, is_look_alike) in shown.chain(look_alikes.map(|service| (service, true))) {
        let mut row = row(reader, site, view, service)?;
        row.is_look_alike = is_look_alike;
        row.last = last.get(&service).map(|stored| Last {
            found: stored.recorded.with_timezone(&site.zone()).date_naive(),
            from: stored.judged.change.days.from,
            words: step(&stored.judged.change),
            id: short_id(&stored.id).to_owned(),
            severity: stored.judged.severity.id(),
        });
        rows.push(row);
    }
    let mut coming = events(reader, view)?;
    coming.retain(|event| event.day >= view.day());
    Ok(Overview {
        rows,
        left_out,
        watches_all,
        coming,
    })
}

fn row(reader: &Reader, site: &Site, view: &View, service: Service) -> Result<Row, WebError> {
    let question = Question {
        as_known_on: view.known_at,
        ..Question::of(service, view.day())
    };
    let (answer, timelines) = examined(reader, &question, &site.setup.watch)?;
    let place = site.place();
    let price = prices(&timelines, service, &place)
        .into_iter()
        .find(|price| price.days.contains(question.on));
    let (status, meaning, tone) = status(&answer);
    Ok(Row {
        code: service,
        is_look_alike: false,
        status,
        meaning,
        tone,
        national: national(&answer),
        therapy: brief(&answer, Layer::Therapy, ":"),
        non_facility: price.and_then(|price| price.non_facility),
        facility: price.and_then(|price| price.facility),
        units: brief(&answer, Layer::Units, " ("),
        hospital: brief(&answer, Layer::Opps, ":"),
        pipeline: lines(&answer, Layer::Pipeline)
            .filter(|line| line.days.is_some_and(|days| days.from > question.on))
            .map(|line| line.says.clone())
            .collect(),
        summary: answer.summary,
        last: None,
    })
}

fn lines(answer: &Answer, layer: Layer) -> impl Iterator<Item = &AnswerLine> {
    let lines = answer.lines.iter();
    lines.filter(move |line| line.layer == layer)
}

/// Letter, meaning and tone of the status.
fn status(answer: &Answer) -> (String, String, &'static str) {
    let Some(line) = lines(answer, Layer::PfsStatus).next() else {
        return (String::new(), String::new(), "none");
    };
    let letter = line
        .says
        .strip_prefix("status ")
        .and_then(|rest| rest.split([':', ',']).next());
    match letter.map(|letter| (letter, status_meaning(letter))) {
        Some((letter, Some(meaning))) => (
            letter.to_owned(),
            meaning.short.to_owned(),
            tone(meaning.payable),
        ),
        Some((letter, None)) => (letter.to_owned(), "meaning not known".to_owned(), "none"),
        None => (String::new(), line.says.clone(), "none"),
    }
}

/// The colour of a status.
pub(super) fn tone(payable: Payable) -> &'static str {
    match payable {
        Payable::IfCovered => "good",
        Payable::Never => "bad",
        Payable::OtherPrice | Payable::Bundled => "part",
        Payable::NotForPayment => "none",
    }
}

/// The determinations that hold on the day, by name.
fn national(answer: &Answer) -> String {
    let holding: Vec<&str> = lines(answer, Layer::Ncd)
        .filter(|line| line.days.is_some() && !line.says.starts_with("ended"))
        .map(|line| line.subject.as_str())
        .collect();
    match holding.as_slice() {
        [] => "none in force".to_owned(),
        [one] => (*one).to_owned(),
        [first, rest @ ..] => {
            let rest: Vec<&str> = rest
                .iter()
                .map(|name| name.trim_start_matches("NCD "))
                .collect();
            format!("{first}, {}", rest.join(", "))
        }
    }
}

/// What a layer says, up to its explanation.
fn brief(answer: &Answer, layer: Layer, end: &str) -> String {
    let says = lines(answer, layer).next().map(|line| line.says.as_str());
    let says = says.unwrap_or("not observed");
    says.split(end).next().unwrap_or(says).to_owned()
}
