//! What a change does to a payment, in a mail.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::content::{Row, Section};
use super::moves::count;
use crate::model::dollars::{Clinician, PaymentMove, dollars};
use crate::model::topic::{Place, Stage};
use crate::render::clean;

/// Lines shown of one day and stage.
const ROWS: usize = 40;

/// A section for each stage and first day of service.
pub(super) fn dollar_sections(moves: &[PaymentMove], id: &str) -> Vec<Section> {
    let heads: BTreeSet<_> = moves.iter().map(|one| (&one.stage, one.on)).collect();
    heads
        .into_iter()
        .map(|(stage, on)| {
            let of_it: Vec<&PaymentMove> = moves
                .iter()
                .filter(|one| one.stage == *stage && one.on == on)
                .collect();
            let stage_words = match stage {
                Stage::InForce => String::new(),
                other => format!(", {}", clean::line(&other.to_string(), 60)),
            };
            Section {
                title: format!("In dollars{stage_words}, services of {on}"),
                claims: words(&of_it, id),
                is_past: false,
                sides: match stage {
                    Stage::InForce => ("Before", "After"),
                    Stage::ProposedBy(_) => ("In force", "Proposed"),
                    Stage::FinalBy(_) => ("In force", "Final"),
                },
                rows: of_it.iter().take(ROWS).map(|one| row(one)).collect(),
                passages: Vec::new(),
            }
        })
        .collect()
}

/// What the amounts are, and what they are not.
fn words(moves: &[&PaymentMove], id: &str) -> String {
    let mut words = vec![
        "What Medicare allows for one unit if the service is covered: (work x work GPCI + PE x PE GPCI + MP x MP GPCI) x conversion factor, to the cent, before deductible, coinsurance and sequestration.".to_owned(),
    ];
    if moves.iter().any(|one| one.place == Place::National) {
        words.push("National figures, without geographic adjustment: name your localities in watch.localities.".to_owned());
    }
    let caveats: BTreeSet<&str> = moves
        .iter()
        .flat_map(|one| one.caveats.iter().map(String::as_str))
        .collect();
    words.extend(caveats.into_iter().map(|caveat| {
        let mut sentence = clean::line(caveat, 300);
        if let Some(first) = sentence.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        format!("{sentence}.")
    }));
    let left_out = moves.len().saturating_sub(ROWS);
    if left_out > 0 {
        words.push(format!(
            "{} more lines: coverd show {id} --dollars.",
            count(left_out)
        ));
    }
    words.join(" ")
}

fn row(one: &PaymentMove) -> Row {
    let place = match &one.place {
        Place::National => "national".to_owned(),
        other if one.place_name.is_empty() => other.to_string(),
        other => format!("{other} ({})", clean::line(&one.place_name, 60)),
    };
    let whose = match one.clinician {
        Clinician::Standard => "",
        Clinician::QualifyingApm => ", qualifying APM participant",
    };
    Row {
        codes: format!("{}, {place}", one.service),
        what: format!("{}{whose}", one.setting.label()),
        before: one.was.to_string(),
        after: one.now.to_string(),
        note: note(one),
    }
}

/// The change for one unit and for a year.
fn note(one: &PaymentMove) -> String {
    let Some(per_unit) = one.per_unit() else {
        return String::new();
    };
    let signed = |amount| {
        let text = dollars(amount);
        if text.starts_with('-') {
            text
        } else {
            format!("+{text}")
        }
    };
    let mut note = format!("{} a unit", signed(per_unit));
    if let (Some(per_year), Some(units)) = (one.per_year(), one.yearly_units) {
        let units = count(usize::try_from(units).unwrap_or(usize::MAX));
        let _ = write!(note, "; {} a year with {units} units", signed(per_year));
    }
    note
}
