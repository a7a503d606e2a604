//! What a reading changes: belief without and with it, compared and judged.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::dollars::tell_dollars;
use super::sides::{Unsettled, same_posting};
use super::unchanged::tell_unchanged;
use crate::app::state::App;
use crate::engine::absence::absences;
use crate::engine::diff::moved;
use crate::engine::fold::fold;
use crate::engine::judge::{Occasion, Verdict, judge};
use crate::model::change::Change;
use crate::model::fact::{Fact, Origin, Statement};
use crate::model::record::{AbsenceRecord, CheckRecord, ReadingRecord};
use crate::model::request::Reading;
use crate::model::timeline::Timelines;
use crate::model::topic::{Place, Stage, Subject, Topic};
use crate::model::watch::Codes;
use crate::sources::{Source, SourceMeta};

/// How many topics are held in memory at a time when beliefs are compared.
const TOPICS_AT_ONCE: usize = 2_000;

/// A reading with its provenance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posted<'a> {
    pub(super) unit: &'a str,
    /// What it was read for.
    pub(super) watch: &'a str,
    pub(super) reading: &'a Reading,
    pub(super) origin: &'a Arc<Origin>,
    /// History, no news.
    pub(super) baseline: bool,
}

/// Compares belief without and with the reading, and writes into the record what is new. `pending`
/// is what this check read before and has not committed.
pub(super) async fn settle(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    posted: Posted<'_>,
    pending: &[Arc<Fact>],
    record: &mut CheckRecord,
) -> anyhow::Result<Verdict> {
    let meta = source.meta();
    let Posted {
        reading,
        origin,
        baseline,
        ..
    } = posted;
    let mut statements = reading.statements.clone();
    let elsewhere = unlisted(app, meta, reading, &mut statements).await?;

    let topics: BTreeSet<Topic> = statements
        .iter()
        .map(|statement| statement.topic.clone())
        .collect();
    let topics: Vec<Topic> = topics.into_iter().collect();
    // A belief that only begins is history to the judge, unless new topics are news.
    let beginnings_count = reading.announces_new && !baseline;
    let mut changes = Vec::new();
    for some in topics.chunks(TOPICS_AT_ONCE) {
        let mut before: Vec<Arc<Fact>> = app
            .facts(some.to_vec())
            .await?
            .into_iter()
            .map(Arc::new)
            .collect();
        let wanted: BTreeSet<&Topic> = some.iter().collect();
        let earlier = pending.iter();
        before.extend(
            earlier
                .filter(|fact| wanted.contains(&fact.statement.topic))
                .cloned(),
        );
        let elsewhere = elsewhere
            .iter()
            .filter(|(_, absence)| wanted.contains(&absence.statement.topic));
        before.extend(elsewhere.map(|(origin, absence)| fact(&absence.statement, origin)));
        let known: BTreeSet<&Topic> = before.iter().map(|fact| &fact.statement.topic).collect();
        let new = statements
            .iter()
            .filter(|statement| wanted.contains(&statement.topic))
            .filter(|statement| beginnings_count || known.contains(&statement.topic))
            .map(|statement| fact(statement, origin));
        // A document read again replaces its own earlier reading.
        let kept = before
            .iter()
            .filter(|fact| !same_posting(&fact.origin, origin))
            .cloned();
        let after: Vec<Arc<Fact>> = kept.chain(new).collect();
        changes.extend(moved(&before, &after));
    }
    let thread = reading.thread.as_deref();
    let unsettled = Unsettled {
        statements: &statements,
        origin,
        pending,
    };
    let beliefs = beliefs(app, &changes, unsettled, thread).await?;
    let mut verdict = judge(
        changes,
        &Occasion {
            watch: &app.watch,
            source_title: meta.title,
            origin,
            baseline,
            announces_new: reading.announces_new,
            thread: reading.thread.as_deref(),
            severity: reading.severity,
            beliefs: &beliefs,
            now: record.at,
        },
    );
    tell_dollars(app, &mut verdict, unsettled).await?;
    tell_unchanged(app, &mut verdict, unsettled).await?;
    record
        .readings
        .push(reading_record(meta, posted, statements));
    record.absences = elsewhere.into_iter().map(|(_, absence)| absence).collect();
    Ok(verdict)
}

/// What a list that was read in full says by leaving things out: the absences are added to the statements; those of
/// other lists, of topics first met here, are given back.
async fn unlisted(
    app: &Arc<App>,
    meta: &SourceMeta,
    reading: &Reading,
    statements: &mut Vec<Statement>,
) -> anyhow::Result<Vec<(Arc<Origin>, AbsenceRecord)>> {
    let mut elsewhere = Vec::new();
    let (Codes::All, Some(unlisted)) = (&app.watch.codes, &reading.unlisted) else {
        return Ok(elsewhere);
    };
    let stated: BTreeSet<Topic> = statements
        .iter()
        .map(|statement| statement.topic.clone())
        .collect();
    let known: BTreeSet<Topic> = app.topics(meta.id).await?.into_iter().collect();
    statements.extend(absences(known.iter().cloned(), &stated, unlisted));
    // A topic first met now was absent from every other list that was read in full.
    let new: Vec<Topic> = stated
        .into_iter()
        .filter(|topic| topic.is_listable() && !known.contains(topic))
        .collect();
    if new.is_empty() {
        return Ok(elsewhere);
    }
    for full in app.full_readings(meta.id).await? {
        let missing = absences(new.iter().cloned(), &BTreeSet::new(), &full.unlisted);
        elsewhere.extend(missing.into_iter().map(|statement| {
            (
                Arc::clone(&full.origin),
                AbsenceRecord {
                    reading: full.id,
                    statement,
                },
            )
        }));
    }
    Ok(elsewhere)
}

/// What is believed, with this document, of the subjects that moved, at the stages beside those at
/// which they moved: what is in force for what a rule says, and what rules said for what came into
/// force; and the records of the rules themselves.
async fn beliefs(
    app: &App,
    changes: &[Change],
    unsettled: Unsettled<'_>,
    thread: Option<&str>,
) -> anyhow::Result<Timelines> {
    if changes.is_empty() {
        return Ok(Timelines::default());
    }
    let moved: BTreeSet<(&Subject, &Place)> = changes
        .iter()
        .map(|change| &change.key.topic)
        .map(|topic| (&topic.subject, &topic.place))
        .collect();
    let at_stages = changes.iter().map(|change| &change.key.topic);
    let in_force = at_stages
        .filter(|topic| topic.stage != Stage::InForce)
        .map(|topic| Topic {
            stage: Stage::InForce,
            ..topic.clone()
        });
    let mut topics: BTreeSet<Topic> = app.staged_topics().await?.into_iter().collect();
    topics.extend(in_force);
    let pending = unsettled.pending.iter();
    topics.extend(pending.map(|fact| fact.statement.topic.clone()));
    let is_rule = |topic: &Topic| matches!(topic.subject, Subject::Rule(_));
    let rulemakings: BTreeSet<String> = topics
        .iter()
        .filter(|topic| moved.contains(&(&topic.subject, &topic.place)))
        .filter_map(|topic| topic.stage.rulemaking())
        .chain(thread)
        .map(ToOwned::to_owned)
        .collect();
    topics.retain(|topic| {
        let of_it = || {
            topic
                .stage
                .rulemaking()
                .is_some_and(|name| rulemakings.contains(name))
        };
        moved.contains(&(&topic.subject, &topic.place)) || (is_rule(topic) && of_it())
    });
    let (before, new) = unsettled.sides(app, &topics).await?;
    Ok(fold(before.into_iter().chain(new)))
}

/// The record of a reading. By itself it is all there is to commit where nothing was believed before.
pub(super) fn reading_record(
    meta: &SourceMeta,
    posted: Posted<'_>,
    statements: Vec<Statement>,
) -> ReadingRecord {
    ReadingRecord {
        unit: posted.unit.to_owned(),
        origin: Arc::clone(posted.origin),
        extractor: meta.extractor,
        watch: posted.watch.to_owned(),
        statements,
        unlisted: posted.reading.unlisted.clone(),
    }
}

fn fact(statement: &Statement, origin: &Arc<Origin>) -> Arc<Fact> {
    Arc::new(Fact {
        statement: statement.clone(),
        origin: Arc::clone(origin),
    })
}
