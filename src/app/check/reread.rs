//! Documents that no list leads to any more, read again for a new code or a new extractor.
//!
//! A posting that was replaced, or a release that CMS took from its list, is still part of what was
//! published and known on earlier days.

use std::collections::HashMap;
use std::sync::Arc;

use super::obtain::Missing;
use super::settle::{Posted, settle};
use super::text::with_text;
use super::unit::{extract, watch_of};
use crate::app::state::App;
use crate::io::store::{StoredReading, said};
use crate::model::document::{Document, Validators};
use crate::model::fact::Origin;
use crate::model::record::{CheckRecord, Standing};
use crate::model::request::{Expect, Reading, Unit, UnitDocuments};
use crate::sources::{Brief, Source};

/// Reads what an ordinary check has not reached: history, never told. What cannot be read again
/// keeps its old reading. `standings` are those of units of which only news is kept. Returns how many were
/// read.
pub(super) async fn reread(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    standings: &HashMap<String, Standing>,
) -> anyhow::Result<usize> {
    let meta = source.meta().clone();
    let mut read = 0;
    for stored in app.readings(meta.id).await? {
        let origin = &stored.origin;
        let brief = Brief {
            today: app.clock.now().date_naive(),
            watch: &app.watch,
            since_year: i32::MIN,
        };
        let Some(mut unit) = source.recognise_unit(&stored.unit, &origin.url, &brief) else {
            continue;
        };
        let watch = watch_of(app, &unit);
        // With other settings a unit is read anew from its next answer on.
        let same_watch =
            unit.settings.is_some() || stored.watches.iter().any(|known| known == watch);
        let up_to_date = stored.extractor == meta.extractor && same_watch;
        if up_to_date || stored.extractor > meta.extractor {
            continue;
        }
        unit.name.clone_from(&stored.unit);
        let standing = standings.get(&unit.name);
        read += usize::from(again(app, source, &unit, &stored, standing).await?);
    }
    Ok(read)
}

async fn again(
    app: &Arc<App>,
    source: &Arc<dyn Source>,
    unit: &Unit,
    stored: &StoredReading,
    standing: Option<&Standing>,
) -> anyhow::Result<bool> {
    let origin = &stored.origin;
    let mut primary = Document {
        url: origin.url.clone(),
        final_url: origin.url.clone(),
        captured: origin.learned,
        hash: origin.document,
        bytes: app.load(origin.document).await?,
        text: None,
    };
    if unit.request.expect == Expect::Pdf {
        primary = match with_text(app, primary).await {
            Ok(primary) => primary,
            Err(Missing::Internal(error)) => return Err(error),
            Err(Missing::Failed { text, .. }) => {
                tracing::warn!(
                    source.id = origin.source,
                    unit = unit.name,
                    "a stored document keeps its old reading: {text}"
                );
                return Ok(false);
            }
            Err(Missing::NotRecorded) => return Ok(false),
        };
    }
    let companions = unit.companions.iter().map(|_| None).collect();
    let reading = match extract(
        app,
        source,
        unit,
        UnitDocuments {
            primary,
            companions,
        },
    )
    .await?
    {
        Ok(reading) => reading,
        Err((kind, text)) => {
            tracing::warn!(source.id = origin.source, unit = unit.name, problem = %kind, "a stored document keeps its old reading: {text}");
            return Ok(false);
        }
    };
    let reading = as_posted(reading, origin);
    let mut record = CheckRecord::new(source.meta().id, app.clock.now());
    let watch = watch_of(app, unit);
    let posted = Posted {
        unit: &unit.name,
        watch,
        reading: &reading,
        origin,
        baseline: true,
    };
    let verdict = settle(app, source, posted, &[], &mut record).await?;
    let stands = standing.filter(|standing| standing.document == origin.document);
    record.standings.extend(stands.map(|standing| Standing {
        said: said(&reading.statements),
        extractor: source.meta().extractor,
        watch: watch.to_owned(),
        url: unit.request.url.clone(),
        // The answers since then said the same to the old reader: the next one is asked for in full.
        validators: Validators::default(),
        ..standing.clone()
    }));
    record.changes = verdict.changes;
    app.record(record).await?;
    Ok(true)
}

/// The page that told from when the edition holds is not at hand: what was noted then stands.
fn as_posted(mut reading: Reading, origin: &Origin) -> Reading {
    let alone = std::mem::replace(&mut reading.edition, origin.edition.clone()).begins;
    let begins = origin.edition.begins;
    for statement in &mut reading.statements {
        if statement.from == alone {
            statement.from = begins;
        }
    }
    if let Some(unlisted) = &mut reading.unlisted
        && unlisted.from == alone
    {
        unlisted.from = begins;
    }
    reading
}
