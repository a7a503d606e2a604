//! What stored changes did to payments, in dollars: reckoned again from the facts.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::dollars::{Measure, payment_moves, services_moved};
use crate::engine::fold::fold;
use crate::io::store::{ChangeFilter, Reader, StoreError, StoredChange};
use crate::model::alert::{Alert, AlertBody};
use crate::model::change::Judged;
use crate::model::code::HcpcsCode;
use crate::model::dollars::PaymentMove;
use crate::model::fact::{Fact, Origin};
use crate::model::watch::Watch;

/// What an alert that was told did to payments; nothing for one about coverd itself.
///
/// # Errors
/// When the store cannot be read.
pub fn dollars_of(
    reader: &Reader,
    alert: &Alert,
    watch: &Watch,
    yearly_units: &BTreeMap<HcpcsCode, u32>,
) -> Result<Vec<PaymentMove>, StoreError> {
    if matches!(alert.body, AlertBody::Operator(_)) {
        return Ok(Vec::new());
    }
    let filter = ChangeFilter {
        alert: Some(alert.id.clone()),
        ..ChangeFilter::default()
    };
    in_dollars(reader, &reader.changes(&filter)?, watch, yearly_units)
}

/// What the changes of one document, or of one alert, did to payments: belief as it was when they were
/// recorded, without and with the documents that brought them.
///
/// # Errors
/// When the store cannot be read.
pub fn in_dollars(
    reader: &Reader,
    changes: &[StoredChange],
    watch: &Watch,
    yearly_units: &BTreeMap<HcpcsCode, u32>,
) -> Result<Vec<PaymentMove>, StoreError> {
    let judged: Vec<Judged> = changes.iter().map(|stored| stored.judged.clone()).collect();
    let services = services_moved(&judged, watch);
    let measure = Measure {
        services: &services,
        localities: &watch.localities,
        yearly_units,
    };
    let topics: Vec<_> = measure.topics(&judged).into_iter().collect();
    let Some(recorded) = changes.iter().map(|stored| stored.recorded).max() else {
        return Ok(Vec::new());
    };
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let brought: BTreeSet<&Origin> = judged
        .iter()
        .filter_map(|judged| Some(&*judged.change.after.as_ref()?.origin))
        .collect();
    let mut facts = reader.facts(&topics)?;
    facts.retain(|fact| fact.origin.learned <= recorded);
    let is_new = |fact: &Fact| {
        brought.iter().any(|origin| {
            (origin.document, origin.learned) == (fact.origin.document, fact.origin.learned)
        })
    };
    let before = fold(facts.iter().filter(|fact| !is_new(fact)).cloned());
    let after = fold(facts);
    Ok(payment_moves(&before, &after, &judged, measure))
}
