//! Which posting of its edition a document is, and when it speaks.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use super::obtain::Obtained;
use crate::app::state::App;
use crate::engine::judge::Verdict;
use crate::io::store::StoredReading;
use crate::model::fact::{Origin, Repost};
use crate::model::request::{Reading, Unit};
use crate::sources::SourceMeta;

/// Which posting of its edition a document is.
pub(super) struct Posting {
    pub(super) origin: Arc<Origin>,
    /// It was read before, for another watch or by an older extractor.
    pub(super) rebase: bool,
    /// The same bytes again, after others.
    pub(super) reappears: bool,
}

/// What was read of the unit before.
pub(super) struct Before {
    /// These same bytes.
    pub(super) known: Option<StoredReading>,
    /// The document that was read last, where it is another one.
    pub(super) last: Option<StoredReading>,
    /// The bytes are no posting of their own now.
    pub(super) is_known_posting: bool,
}

pub(super) fn posting(
    app: &App,
    meta: &SourceMeta,
    unit: &Unit,
    primary: &Obtained,
    reading: &mut Reading,
    before: &Before,
) -> Posting {
    let known = before.known.as_ref();
    // The same bytes again after others: the page went back to what it said. That is a posting of
    // its own, made today, though its bytes bear an old date.
    // Read for other settings by the same extractor, it is one too: what it was read as before stays.
    let anew =
        |known: &&StoredReading| unit.settings.is_some() && known.extractor == meta.extractor;
    let again = known.filter(|known| before.is_known_posting && !anew(known));
    let reappears = known.is_some() && again.is_none();
    let now = app.after_what_is_known(app.clock.now());
    let (published, learned) = match again {
        Some(known) => (known.origin.published, known.origin.learned),
        None if reappears => (now.date_naive(), now),
        None => (
            appeared(reading, primary, before.last.as_ref()),
            primary.captured,
        ),
    };
    if reappears && reading.published.is_none() {
        // What is dated by its capture is dated by this one.
        let was = primary.captured.date_naive();
        redate(reading, was, published);
    }
    // Read again by the same extractor, for another watch: the posting is what it was.
    let same_reader = again.filter(|known| known.extractor == meta.extractor);
    let edition = same_reader
        .map_or(&reading.edition, |known| &known.origin.edition)
        .clone();
    tracing::debug!(unit = unit.name, document = %primary.hash, %published, reappears, "read");
    let origin = Origin {
        source: meta.id.to_owned(),
        edition,
        document: primary.hash,
        url: primary.final_url.clone(),
        published,
        learned,
    };
    Posting {
        origin: Arc::new(origin),
        rebase: known.is_some() && before.is_known_posting,
        reappears,
    }
}

/// When new bytes were published: on the day that they bear. A posting that replaces another bears the date of its
/// file, which may be a slip of the pen: it is public on the day on which it is seen, and what takes the place of
/// another posting at the same unit comes after that, whatever the dates say.
fn appeared(reading: &Reading, primary: &Obtained, last: Option<&StoredReading>) -> NaiveDate {
    let seen = primary.captured.date_naive();
    let Some(stated) = reading.published else {
        return seen;
    };
    if reading.edition.repost == Repost::Amends {
        return stated;
    }
    let before = last
        .map(|last| &last.origin)
        .filter(|origin| origin.edition.name == reading.edition.name)
        .map(|origin| origin.published);
    match before {
        Some(before) if before > stated => seen.max(before),
        Some(_) | None => stated.min(seen),
    }
}

/// Moves what a reading dates by one day to another.
fn redate(reading: &mut Reading, was: NaiveDate, is: NaiveDate) {
    let days = std::iter::once(&mut reading.edition.begins)
        .chain(reading.statements.iter_mut().map(|one| &mut one.from))
        .chain(reading.unlisted.iter_mut().map(|list| &mut list.from));
    days.filter(|day| **day == was).for_each(|day| *day = is);
}

/// The names of what is told are made from what it says. A document that comes back twice on one day
/// says the same twice, and is told twice.
pub(super) fn told_again(verdict: &mut Verdict, learned: DateTime<Utc>) {
    let again = |id: &str| App::short_id(&format!("{id} {}", learned.timestamp_millis()));
    for change in &mut verdict.changes {
        change.id = again(&change.id);
        change.alert = change.alert.as_deref().map(again);
    }
    if let Some(alert) = &mut verdict.alert {
        alert.id = again(&alert.id);
    }
}
