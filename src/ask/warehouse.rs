//! The store as tables for a warehouse.

use std::path::Path;

use crate::engine::fold::fold;
use crate::io::store::{ChangeFilter, Reader, StoreError};
use crate::io::warehouse::{Cell, Kind, Table, WarehouseError};
use crate::model::attribute::Attribute;
use crate::model::fact::{Observation, Value};
use crate::model::timeline::Segment;
use crate::model::topic::{Place, Stage, Subject, Topic};

/// Topics that are folded at a time.
const TOPICS: usize = 500;

/// Columns that say what a belief or a change is about.
const TOPIC: [(&str, Kind); 8] = [
    ("subject_kind", Kind::Text),
    ("subject", Kind::Text),
    ("code", Kind::Text),
    ("modifier", Kind::Text),
    ("place", Kind::Text),
    ("stage", Kind::Text),
    ("rule", Kind::Text),
    ("attribute", Kind::Text),
];

/// Why the tables cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be written.
    #[error("{file}: {error}")]
    File {
        /// Which.
        file: &'static str,
        /// Why.
        error: WarehouseError,
    },
}

/// Rows of each table, by its file.
pub type Exported = [(&'static str, u64); 3];

/// Writes timelines, changes and documents into a folder that has none of them.
///
/// # Errors
/// When the store cannot be read or a file not be written.
pub fn export(reader: &Reader, folder: &Path) -> Result<Exported, ExportError> {
    Ok([
        ("timelines.parquet", timelines(reader, folder)?),
        ("changes.parquet", changes(reader, folder)?),
        ("documents.parquet", documents(reader, folder)?),
    ])
}

/// The words of a topic, in the order of [`TOPIC`].
struct Words {
    kind: &'static str,
    subject: String,
    code: Option<String>,
    modifier: Option<String>,
    place: String,
    stage: &'static str,
    rule: Option<String>,
}

impl Words {
    fn of(topic: &Topic) -> Self {
        let (mut code, mut modifier) = (None, None);
        let kind = match &topic.subject {
            Subject::Service(service) => {
                code = Some(service.code.to_string());
                modifier = service
                    .modifier
                    .map(|modifier| modifier.as_str().to_owned());
                "service"
            }
            Subject::Policy(_) => "policy",
            Subject::Schedule(_) => "schedule",
            Subject::Pair(_) => "pair",
            Subject::Rule(_) => "rule",
            Subject::Page(_) => "page",
        };
        let (stage, rule) = match &topic.stage {
            Stage::InForce => ("in_force", None),
            Stage::ProposedBy(rule) => ("proposed", Some(rule.clone())),
            Stage::FinalBy(rule) => ("final", Some(rule.clone())),
        };
        Self {
            kind,
            subject: topic.subject.to_string(),
            code,
            modifier,
            place: match &topic.place {
                Place::National => "national".to_owned(),
                Place::Locality(id) => format!("locality:{id}"),
                Place::Contractor(number) => format!("contractor:{number}"),
            },
            stage,
            rule,
        }
    }

    fn cells(&self, attribute: Attribute) -> [Cell<'_>; 8] {
        [
            Cell::Text(Some(self.kind)),
            Cell::Text(Some(&self.subject)),
            Cell::Text(self.code.as_deref()),
            Cell::Text(self.modifier.as_deref()),
            Cell::Text(Some(&self.place)),
            Cell::Text(Some(self.stage)),
            Cell::Text(self.rule.as_deref()),
            Cell::Text(Some(attribute.id())),
        ]
    }
}

/// The text of what was observed, and its number where it is one.
fn observed(seen: Option<&Observation>) -> (Option<String>, Cell<'static>) {
    let number = match seen {
        Some(Observation::Value(Value::Amount(amount))) => Some(*amount),
        Some(Observation::Value(Value::Count(count))) => Some((*count).into()),
        Some(Observation::Value(Value::Text(_)) | Observation::Absent) | None => None,
    };
    let text = match seen {
        Some(Observation::Value(Value::Text(text))) => Some(text.clone()),
        Some(Observation::Value(Value::Amount(amount))) => Some(amount.to_string()),
        Some(Observation::Value(Value::Count(count))) => Some(count.to_string()),
        Some(Observation::Absent) | None => None,
    };
    (text, Cell::Amount(number))
}

/// `value`, `absent` (read in full and not there), or null for "not observed".
fn state(seen: Option<&Observation>) -> Cell<'static> {
    Cell::Text(seen.map(|seen| match seen {
        Observation::Value(_) => "value",
        Observation::Absent => "absent",
    }))
}

fn named(file: &'static str) -> impl Fn(WarehouseError) -> ExportError {
    move |error| ExportError::File { file, error }
}

fn timelines(reader: &Reader, folder: &Path) -> Result<u64, ExportError> {
    const FILE: &str = "timelines.parquet";
    let failed = named(FILE);
    let columns: Vec<(&str, Kind)> = TOPIC
        .into_iter()
        .chain([
            ("valid_from", Kind::Day),
            ("valid_until", Kind::Day),
            ("state", Kind::Text),
            ("text", Kind::Text),
            ("amount", Kind::Amount),
            ("source", Kind::Text),
            ("edition", Kind::Text),
            ("published", Kind::Day),
            ("learned", Kind::Instant),
            ("document", Kind::Text),
            ("url", Kind::Text),
            ("locator", Kind::Text),
            ("quote", Kind::Text),
        ])
        .collect();
    let mut table = Table::begin(&folder.join(FILE), &columns).map_err(&failed)?;
    let topics = reader.all_topics()?;
    for some in topics.chunks(TOPICS) {
        let timelines = fold(reader.facts(some)?);
        for (topic, attributes) in timelines.topics() {
            let words = Words::of(topic);
            for (attribute, timeline) in attributes {
                for segment in &timeline.segments {
                    stretch(&mut table, &words, *attribute, segment).map_err(&failed)?;
                }
            }
        }
    }
    table.finish().map_err(&failed)
}

fn stretch(
    table: &mut Table,
    words: &Words,
    attribute: Attribute,
    segment: &Segment,
) -> Result<(), WarehouseError> {
    let (text, amount) = observed(Some(&segment.observation));
    let origin = &segment.fact.origin;
    let statement = &segment.fact.statement;
    let document = origin.document.to_string();
    let mut cells = Vec::from(words.cells(attribute));
    cells.extend([
        Cell::Day(Some(segment.period.from)),
        Cell::Day(segment.period.until),
        state(Some(&segment.observation)),
        Cell::Text(text.as_deref()),
        amount,
        Cell::Text(Some(&origin.source)),
        Cell::Text(Some(&origin.edition.name)),
        Cell::Day(Some(origin.published)),
        Cell::Instant(Some(origin.learned)),
        Cell::Text(Some(&document)),
        Cell::Text(Some(&origin.url)),
        Cell::Text(Some(&statement.locator)),
        Cell::Text(Some(&statement.quote)),
    ]);
    table.row(&cells)
}

fn changes(reader: &Reader, folder: &Path) -> Result<u64, ExportError> {
    const FILE: &str = "changes.parquet";
    let failed = named(FILE);
    let columns: Vec<(&str, Kind)> = [("id", Kind::Text), ("recorded", Kind::Instant)]
        .into_iter()
        .chain(TOPIC)
        .chain([
            ("valid_from", Kind::Day),
            ("valid_until", Kind::Day),
            ("was_state", Kind::Text),
            ("was", Kind::Text),
            ("was_amount", Kind::Amount),
            ("now_state", Kind::Text),
            ("now", Kind::Text),
            ("now_amount", Kind::Amount),
            ("severity", Kind::Text),
            ("alert", Kind::Text),
            ("source", Kind::Text),
            ("edition", Kind::Text),
            ("published", Kind::Day),
            ("learned", Kind::Instant),
            ("document_before", Kind::Text),
            ("document_after", Kind::Text),
        ])
        .collect();
    let mut table = Table::begin(&folder.join(FILE), &columns).map_err(&failed)?;
    for stored in reader.changes(&ChangeFilter::default())? {
        let change = &stored.judged.change;
        let words = Words::of(&change.key.topic);
        let (was, was_amount) = observed(change.was.as_ref());
        let (now, now_amount) = observed(change.now.as_ref());
        let after = change.after.as_ref().map(|fact| &fact.origin);
        let hash = |fact: &Option<std::sync::Arc<crate::model::fact::Fact>>| {
            fact.as_ref().map(|fact| fact.origin.document.to_string())
        };
        let (document_before, document_after) = (hash(&change.before), hash(&change.after));
        let mut cells = vec![
            Cell::Text(Some(&stored.id)),
            Cell::Instant(Some(stored.recorded)),
        ];
        cells.extend(words.cells(change.key.attribute));
        cells.extend([
            Cell::Day(Some(change.days.from)),
            Cell::Day(change.days.until),
            state(change.was.as_ref()),
            Cell::Text(was.as_deref()),
            was_amount,
            state(change.now.as_ref()),
            Cell::Text(now.as_deref()),
            now_amount,
            Cell::Text(Some(stored.judged.severity.id())),
            Cell::Text(stored.alert.as_deref()),
            Cell::Text(Some(&stored.source)),
            Cell::Text(after.map(|origin| origin.edition.name.as_str())),
            Cell::Day(after.map(|origin| origin.published)),
            Cell::Instant(after.map(|origin| origin.learned)),
            Cell::Text(document_before.as_deref()),
            Cell::Text(document_after.as_deref()),
        ]);
        table.row(&cells).map_err(&failed)?;
    }
    table.finish().map_err(&failed)
}

fn documents(reader: &Reader, folder: &Path) -> Result<u64, ExportError> {
    const FILE: &str = "documents.parquet";
    let failed = named(FILE);
    let columns = [
        ("sha256", Kind::Text),
        ("bytes", Kind::Count),
        ("source", Kind::Text),
        ("url", Kind::Text),
        ("first_captured", Kind::Instant),
        ("last_captured", Kind::Instant),
        ("captures", Kind::Count),
    ];
    let mut table = Table::begin(&folder.join(FILE), &columns).map_err(&failed)?;
    for document in reader.stored_documents()? {
        let hash = document.hash.to_string();
        table
            .row(&[
                Cell::Text(Some(&hash)),
                Cell::Count(document.length),
                Cell::Text(Some(&document.source)),
                Cell::Text(Some(&document.url)),
                Cell::Instant(Some(document.first)),
                Cell::Instant(Some(document.last)),
                Cell::Count(Some(document.captures)),
            ])
            .map_err(&failed)?;
    }
    table.finish().map_err(&failed)
}
