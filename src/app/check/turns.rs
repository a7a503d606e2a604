//! In which order many units are asked.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::tally::host;
use crate::model::record::Standing;
use crate::model::request::Unit;

/// Those that were asked longest ago first, so that a round that was cut short goes on where it ended; and
/// the hosts in turns, so that waiting for one is time for the others.
pub(super) fn in_turns(standings: &HashMap<String, Standing>, units: Vec<Unit>) -> Vec<Unit> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut order: Vec<(Option<DateTime<Utc>>, Unit)> = units
        .into_iter()
        .map(|unit| {
            let asked = standings.get(&unit.name).map(|standing| standing.at);
            (asked.map(by_the_hour), unit)
        })
        .collect();
    order.sort_by_key(|(asked, _)| *asked);
    let mut turns: Vec<(usize, Unit)> = order
        .into_iter()
        .map(|(_, unit)| {
            let turn = seen.entry(host(&unit.request.url).to_owned()).or_default();
            *turn += 1;
            (*turn, unit)
        })
        .collect();
    turns.sort_by_key(|(turn, _)| *turn);
    turns.into_iter().map(|(_, unit)| unit).collect()
}

/// Answers of one check lie minutes apart: among them the configured order holds.
fn by_the_hour(at: DateTime<Utc>) -> DateTime<Utc> {
    let second = at.timestamp();
    DateTime::from_timestamp(second - second.rem_euclid(21_600), 0).unwrap_or(at)
}
