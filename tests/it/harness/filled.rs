//! A store that is filled through its own door: documents with what they say, compared, judged, told and
//! delivered as a check would, without the documents themselves.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use coverd::engine::diff::diff;
use coverd::engine::fold::fold;
use coverd::engine::judge::{Occasion, judge};
use coverd::io::blobs::hash_of;
use coverd::io::store::Store;
use coverd::model::attribute::{Attribute, Kind};
use coverd::model::delivery::{Attempt, Outcome, Recipient};
use coverd::model::document::Capture;
use coverd::model::fact::{Edition, Fact, Observation, Origin, Repost, Statement, Value};
use coverd::model::money::amount;
use coverd::model::record::{CaptureRecord, CheckRecord, ReadingRecord, SourceRecord};
use coverd::model::topic::{Stage, Subject, Topic};
use coverd::model::watch::Watch;
use coverd::render::mail::{Envelope, compose};

use super::alerts;

/// A document, by what is known of it.
#[derive(Debug, Clone)]
pub(crate) struct Paper {
    pub(crate) source: &'static str,
    pub(crate) edition: String,
    pub(crate) begins: NaiveDate,
    pub(crate) published: NaiveDate,
    pub(crate) url: String,
    /// What it says, row by row.
    pub(crate) rows: Vec<Says>,
    /// Whether it is history, of which nobody is told.
    pub(crate) is_baseline: bool,
    pub(crate) thread: Option<String>,
}

impl Paper {
    /// A record is amended, a release replaced.
    fn repost(&self) -> Repost {
        if self.source == "ncd" {
            Repost::Amends
        } else {
            Repost::Replaces
        }
    }
}

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Says {
    pub(crate) topic: Topic,
    pub(crate) values: Vec<(Attribute, String)>,
    pub(crate) locator: String,
    pub(crate) quote: String,
}

impl Says {
    pub(crate) fn new(topic: Topic, values: &[(Attribute, &str)]) -> Self {
        let cells: Vec<&str> = values.iter().map(|(_, value)| *value).collect();
        Self {
            locator: format!("row of {topic}"),
            quote: cells.join(","),
            topic,
            values: values
                .iter()
                .map(|(attribute, value)| (*attribute, (*value).to_owned()))
                .collect(),
        }
    }
}

/// A store on its way.
pub(crate) struct Filling {
    pub(crate) store: Store,
    watch: Watch,
    facts: BTreeMap<Topic, Vec<Arc<Fact>>>,
    number: u64,
    pub(crate) recipient: Recipient,
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn noon(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(16, 0, 0).unwrap().and_utc()
}

pub(crate) fn service(code: &str) -> Topic {
    Topic::national(Subject::Service(code.parse().unwrap()))
}

pub(crate) fn policy(name: &str) -> Topic {
    Topic::national(Subject::Policy(name.to_owned()))
}

pub(crate) fn rule(number: &str, stage: Stage) -> Topic {
    Topic::staged(Subject::Rule(number.to_owned()), stage)
}

pub(crate) fn envelope() -> Envelope {
    Envelope {
        reply_to: None,
        practice: "Elm Street Physical Therapy".to_owned(),
        ..alerts::envelope()
    }
}

impl Filling {
    pub(crate) fn new(database: &Path, watch: Watch) -> Self {
        Self {
            store: Store::open(database).unwrap(),
            watch,
            facts: BTreeMap::new(),
            number: 0,
            recipient: alerts::recipient(),
        }
    }

    /// Reads a document: what it says is stored, what it moves is judged, who hears of it is told.
    pub(crate) fn read(&mut self, paper: &Paper) {
        self.number += 1;
        let document = hash_of(&self.number.to_be_bytes());
        let learned = noon(paper.published) + TimeDelta::hours(20);
        let origin = Arc::new(Origin {
            source: paper.source.to_owned(),
            edition: Edition {
                name: paper.edition.clone(),
                begins: paper.begins,
                repost: paper.repost(),
            },
            document,
            url: paper.url.clone(),
            published: paper.published,
            learned,
        });
        let statements: Vec<Statement> =
            paper.rows.iter().map(|row| statement(row, paper)).collect();
        let mut record = CheckRecord::new(paper.source, learned);
        record.captures.push(CaptureRecord {
            capture: Capture {
                url: paper.url.clone(),
                final_url: paper.url.clone(),
                at: learned,
                status: 200,
                headers: Vec::new(),
                document: Some(document),
            },
            length: Some(1_000),
            tag: None,
            validators: None,
        });
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for statement in &statements {
            let known = self.facts.entry(statement.topic.clone()).or_default();
            before.extend(known.iter().map(|fact| Fact::clone(fact)));
            known.push(Arc::new(Fact {
                statement: statement.clone(),
                origin: Arc::clone(&origin),
            }));
            after.extend(known.iter().map(|fact| Fact::clone(fact)));
        }
        let subjects: Vec<_> = statements.iter().map(|it| &it.topic.subject).collect();
        let staged = paper.thread.is_some();
        let beside = self
            .facts
            .iter()
            .filter(|(topic, _)| staged && subjects.contains(&&topic.subject));
        let beliefs = fold(
            beside
                .flat_map(|(_, facts)| facts)
                .map(|fact| Fact::clone(fact)),
        );
        let after = fold(after);
        let verdict = judge(
            diff(&fold(before), &after),
            &Occasion {
                watch: &self.watch,
                source_title: paper.source,
                origin: &origin,
                baseline: paper.is_baseline,
                announces_new: paper.thread.is_some(),
                thread: paper.thread.as_deref(),
                severity: None,
                beliefs: &beliefs,
                now: learned,
            },
        );
        record.readings.push(ReadingRecord {
            unit: paper.edition.clone(),
            origin,
            extractor: 1,
            watch: "made".to_owned(),
            statements,
            unlisted: None,
        });
        record.changes = verdict.changes;
        record.alerts.extend(verdict.alert);
        for alert in &record.alerts {
            let outgoing = compose(alert, &self.recipient, &envelope(), learned, &[]).unwrap();
            record.deliveries.push(outgoing);
        }
        record.source_state = Some(SourceRecord {
            good: true,
            next_due: learned + TimeDelta::days(1),
            listed: Some(vec![paper.edition.clone()]),
        });
        self.store.record_check(&record).unwrap();
        for outgoing in &record.deliveries {
            let attempt = Attempt {
                delivery: outgoing.id.clone(),
                at: learned + TimeDelta::minutes(1),
                outcome: Outcome::Accepted("250 2.0.0 queued".to_owned()),
                next: None,
            };
            self.store.record_attempt(&attempt).unwrap();
        }
    }
}

fn statement(row: &Says, paper: &Paper) -> Statement {
    let values = row.values.iter().map(|(attribute, text)| {
        let observation = match (attribute.kind(), text.as_str()) {
            (_, "absent") => Observation::Absent,
            (Kind::Count, number) => Observation::Value(Value::Count(number.parse().unwrap())),
            (Kind::Amount, number) => Observation::amount(amount(number).unwrap()),
            (Kind::Text | Kind::Passage, text) => Observation::text(text),
        };
        (*attribute, observation)
    });
    Statement {
        topic: row.topic.clone(),
        from: paper.begins,
        values: Arc::new(values.collect()),
        locator: row.locator.clone(),
        quote: row.quote.clone(),
    }
}
