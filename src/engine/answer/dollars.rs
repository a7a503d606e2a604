//! What one unit is paid, in dollars.

use std::sync::Arc;

use super::line::plain;
use crate::engine::dollars::{name, payments};
use crate::model::answer::{AnswerLine, Layer, Question};
use crate::model::dollars::{Clinician, Payment};
use crate::model::timeline::Timelines;
use crate::model::topic::{Place, Stage};

/// A line for each place and conversion factor; none where the fee schedule of the day is not known.
pub(super) fn dollar_lines(
    timelines: &Timelines,
    question: &Question,
    places: &[Place],
) -> Vec<AnswerLine> {
    places
        .iter()
        .flat_map(|place| {
            let place_name = name(timelines, place, question.on);
            payments(
                timelines,
                question.service,
                place,
                &Stage::InForce,
                question.on,
            )
            .into_iter()
            .map(move |payment| line(payment, &place_name))
        })
        .collect()
}

fn line(payment: Payment, place_name: &str) -> AnswerLine {
    let place = match &payment.place {
        Place::National => "national, without geographic adjustment (GPCI 1)".to_owned(),
        place @ (Place::Locality(_) | Place::Contractor(_)) if place_name.is_empty() => {
            place.to_string()
        }
        place @ (Place::Locality(_) | Place::Contractor(_)) => format!("{place} ({place_name})"),
    };
    let whose = match payment.clinician {
        Clinician::Standard => "",
        Clinician::QualifyingApm => ", to qualifying APM participants",
    };
    let worth = if payment.nonfacility == payment.facility {
        payment.nonfacility.to_string()
    } else {
        format!(
            "non-facility {}; facility {}",
            payment.nonfacility, payment.facility
        )
    };
    let mut line = plain(
        Layer::Dollars,
        payment.service.to_string(),
        format!("one unit{whose}, {place}: {worth}"),
    );
    let is_paid = payment.nonfacility.paid().is_some() || payment.facility.paid().is_some();
    if is_paid {
        line.caveats.push(
            "what Medicare allows if the service is covered, before deductible, coinsurance and sequestration"
                .to_owned(),
        );
    }
    line.caveats.extend(payment.caveats.iter().cloned());
    line.fact = payment.inputs.first().map(Arc::clone);
    line.inputs = payment.inputs.iter().skip(1).map(Arc::clone).collect();
    line.payment = Some(Box::new(payment));
    line
}
