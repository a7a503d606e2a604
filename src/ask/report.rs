//! How fast this installation told what changed.

use std::collections::HashMap;

use chrono::{DateTime, Datelike as _, Utc};

use crate::io::store::{ChangeFilter, Reader, StoreError, Telling};
use crate::model::report::Told;

/// The changes that messages were written about, newest first, and how many were kept as history without one.
///
/// `year`: only what was found in it (UTC).
///
/// # Errors
/// When the store cannot be read.
pub fn report(reader: &Reader, year: Option<i32>) -> Result<(Vec<Told>, usize), StoreError> {
    let tellings = reader.tellings()?;
    let tellings: HashMap<&str, &Telling> = tellings
        .iter()
        .map(|telling| (telling.alert.as_str(), telling))
        .collect();
    let is_wanted = |at: DateTime<Utc>| year.is_none_or(|year| at.year() == year);
    let (mut told, mut untold) = (Vec::new(), 0);
    for stored in reader.changes(&ChangeFilter::default())? {
        if !is_wanted(stored.recorded) {
            continue;
        }
        // What no recipient wanted to be mailed of was kept as history, too.
        let telling = stored
            .alert
            .as_deref()
            .and_then(|alert| tellings.get(alert))
            .filter(|telling| telling.messages > 0);
        let Some(telling) = telling else {
            untold += 1;
            continue;
        };
        let change = stored.judged.change;
        let learned = change.after.as_ref().map(|fact| fact.origin.learned);
        told.push(Told {
            id: stored.id,
            detected: learned.or(Some(stored.recorded)),
            delivered: telling.first,
            acknowledged: telling.acknowledged,
            delivered_to_all: telling
                .last
                .filter(|_| telling.accepted == telling.messages),
            alert: telling.alert.clone(),
            change,
        });
    }
    Ok((told, untold))
}
