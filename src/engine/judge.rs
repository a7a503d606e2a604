//! How much a change matters, and who is told of it.

use sha2::{Digest, Sha256};

use super::compare::{brief, compared};
use super::severity::severity;
use crate::model::alert::{Alert, AlertBody, ChangeAlert, Phase};
use crate::model::attribute::Attribute;
use crate::model::change::{Change, Judged, Severity};
use crate::model::code::Service;
use crate::model::document::DocumentHash;
use crate::model::fact::{Observation, Origin, Value};
use crate::model::record::ChangeRecord;
use crate::model::timeline::Timelines;
use crate::model::topic::{Pair, Place, Stage, Subject};
use crate::model::watch::Watch;

use chrono::{DateTime, Utc};

/// What judging depends on beside the changes.
#[derive(Debug)]
pub struct Occasion<'a> {
    /// What is watched.
    pub watch: &'a Watch,
    /// Title of the source, for people.
    pub source_title: &'a str,
    /// The document that brought the changes.
    pub origin: &'a Origin,
    /// A first reading, or a reading again for a new code or extractor: history, no alert.
    pub baseline: bool,
    /// Whether a topic never seen before is news.
    pub announces_new: bool,
    /// The rulemaking that the document belongs to.
    pub thread: Option<&'a str>,
    /// The weight of all that is in it, where the reading has one.
    pub severity: Option<Severity>,
    /// What is believed, with this document, of the subjects that moved, at every stage.
    pub beliefs: &'a Timelines,
    /// The clock.
    pub now: DateTime<Utc>,
}

/// What follows from a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// At most one alert: one document, one group of subjects.
    pub alert: Option<Alert>,
    /// Everything that moved, told or not.
    pub changes: Vec<ChangeRecord>,
}

/// Weighs the changes that one document brought and gathers what is to be told into one alert.
///
/// A belief that begins (nothing was observed of those days before) is history and not a change at
/// CMS, unless the source says that a new topic is news. What a rule leaves as it is and was proposed
/// is no news either. Changes of look-alike codes are never told on their own: they are other services.
pub fn judge(changes: Vec<Change>, occasion: &Occasion<'_>) -> Verdict {
    let (mut told, mut look_alikes, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    let mut corrected = false;
    let mut thread = occasion.thread.map(ToOwned::to_owned);
    for change in changes {
        let begins = change.was.is_none();
        // That something is not listed, of which nothing was known, is no news in any case.
        let absent = change.now == Some(Observation::Absent);
        if begins && (occasion.baseline || !occasion.announces_new || absent) {
            continue;
        }
        let Some(compared) = compared(change, occasion.beliefs) else {
            continue;
        };
        let judged = Judged {
            severity: occasion
                .severity
                .unwrap_or_else(|| severity(&compared.change, occasion.watch)),
            change: compared.change,
            beside: compared.beside,
        };
        match standing(&judged.change, occasion.watch) {
            _ if occasion.baseline => kept.push(judged),
            Standing::Watched => {
                corrected |= !begins && judged.change.key.topic.stage != Stage::InForce;
                thread = thread.or(compared.thread);
                told.push(judged);
            }
            Standing::LookAlike => look_alikes.push(judged),
            Standing::Other => kept.push(judged),
        }
    }
    sort(&mut told);
    let Some(gravest) = told.first().map(|judged| judged.severity) else {
        kept.extend(look_alikes);
        return Verdict {
            alert: None,
            changes: kept
                .into_iter()
                .map(|judged| record(judged, occasion, None))
                .collect(),
        };
    };

    let origin = occasion.origin;
    let id = alert_id(origin, &told);
    let phase = phase(&told, corrected);
    let changes = told
        .iter()
        .map(|judged| record(judged.clone(), occasion, Some(&id)))
        .chain(
            look_alikes
                .iter()
                .cloned()
                .chain(kept)
                .map(|judged| record(judged, occasion, None)),
        )
        .collect();
    let body = AlertBody::Change(ChangeAlert {
        severity: gravest,
        phase,
        rule: brief(occasion.beliefs, thread.as_deref(), phase).map(Box::new),
        thread,
        source_title: occasion.source_title.to_owned(),
        edition: origin.edition.name.clone(),
        document: origin.document,
        url: origin.url.clone(),
        published: origin.published,
        captured: origin.learned,
        changes: told,
        look_alikes,
        dollars: Vec::new(),
        unchanged: Vec::new(),
    });
    Verdict {
        alert: Some(Alert {
            id,
            raised: occasion.now,
            body,
        }),
        changes,
    }
}

/// Gravest first, then by subject.
pub(super) fn sort(told: &mut [Judged]) {
    told.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.change.key.cmp(&b.change.key))
            .then(a.change.days.cmp(&b.change.days))
    });
}

/// How far what is told has come. A document says what it is; else the stage of what it says decides,
/// and a rule whose tables say something else than before was corrected.
fn phase(told: &[Judged], corrected: bool) -> Phase {
    let kind = told.iter().find_map(|judged| {
        let change = &judged.change;
        match &change.now {
            Some(Observation::Value(Value::Text(kind)))
                if change.key.attribute == Attribute::RuleKind =>
            {
                Some(kind.as_str())
            }
            _ => None,
        }
    });
    let stage = told.first().map(|judged| &judged.change.key.topic.stage);
    match (kind, stage) {
        (Some("correction"), _) => Phase::Corrected,
        (Some("withdrawal"), _) => Phase::Withdrawn,
        (_, None | Some(Stage::InForce)) => Phase::InForce,
        (None, Some(_)) if corrected && is_of_a_table(told) => Phase::Corrected,
        (_, Some(Stage::ProposedBy(_))) => Phase::Proposed,
        (_, Some(Stage::FinalBy(_))) => Phase::Final,
    }
}

/// Whether the tables of a rule moved, rather than the record of its publication: that a rule that was
/// filed is now published corrects nothing.
fn is_of_a_table(told: &[Judged]) -> bool {
    told.iter()
        .any(|judged| !matches!(judged.change.key.topic.subject, Subject::Rule(_)))
}

enum Standing {
    Watched,
    LookAlike,
    Other,
}

fn standing(change: &Change, watch: &Watch) -> Standing {
    let topic = &change.key.topic;
    match (&topic.subject, &topic.place) {
        (Subject::Service(service), _) if watch.codes.contains(*service) => Standing::Watched,
        (Subject::Service(service), _) if watch.look_alikes.contains(service) => {
            Standing::LookAlike
        }
        (Subject::Service(_), _) => Standing::Other,
        (Subject::Pair(pair), _) => of_pair(pair, watch),
        (_, Place::Locality(id)) if !watch.localities.contains(id) => Standing::Other,
        (Subject::Policy(_) | Subject::Schedule(_) | Subject::Rule(_) | Subject::Page(_), _) => {
            Standing::Watched
        }
    }
}

/// A pair is watched with either of its codes.
fn of_pair(pair: &Pair, watch: &Watch) -> Standing {
    let codes = [pair.column1, pair.column2].map(Service::plain);
    let is_any = |of: &dyn Fn(&Service) -> bool| codes.iter().any(of);
    if is_any(&|code| watch.codes.contains(*code)) {
        Standing::Watched
    } else if is_any(&|code| watch.look_alikes.contains(code)) {
        Standing::LookAlike
    } else {
        Standing::Other
    }
}

fn record(judged: Judged, occasion: &Occasion<'_>, alert: Option<&str>) -> ChangeRecord {
    let id = digest(&[
        &occasion.origin.source,
        &occasion.origin.document.to_string(),
        &change_text(&judged.change),
    ]);
    ChangeRecord {
        id,
        judged,
        alert: alert.map(ToOwned::to_owned),
    }
}

fn alert_id(origin: &Origin, told: &[Judged]) -> String {
    let changes: String = told
        .iter()
        .map(|judged| change_text(&judged.change))
        .collect();
    digest(&[
        &origin.source,
        &origin.edition.name,
        &origin.document.to_string(),
        &changes,
    ])
}

fn change_text(change: &Change) -> String {
    let side = |observation: &Option<Observation>| {
        observation
            .as_ref()
            .map_or_else(|| "?".to_owned(), |o| format!("{o:?}"))
    };
    format!(
        "{}|{:?}|{}|{}\n",
        change.key,
        change.days,
        side(&change.was),
        side(&change.now)
    )
}

/// A short name derived from content: twelve hex digits are enough for one installation's alerts.
pub(super) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest: [u8; 32] = hash.finalize().into();
    DocumentHash::new(digest).short()
}
