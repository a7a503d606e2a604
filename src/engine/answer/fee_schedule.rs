//! What the fee schedule says: status, values, locality.

use rust_decimal::Decimal;

use super::compose::{PFS, service};
use super::line::layer_line;
use crate::model::answer::{AnswerLine, Layer, Question};
use crate::model::attribute::Attribute;
use crate::model::fact::{Observation, Value};
use crate::model::money::written;
use crate::model::status::{Payable, status_meaning};
use crate::model::timeline::{Segment, Timelines};
use crate::model::topic::{Place, Stage, Subject, Topic};

pub(super) fn status_line(timelines: &Timelines, question: &Question) -> AnswerLine {
    let timeline = timelines.get(&service(question), Attribute::Status);
    let says = |segment: &Segment| match &segment.observation {
        Observation::Absent => "not listed in the fee schedule".to_owned(),
        Observation::Value(value) => {
            let letter = value.to_string();
            match status_meaning(&letter) {
                Some(meaning) => format!("status {letter}: {}", meaning.long),
                None => {
                    format!("status {letter}, a letter that this version of coverd does not know")
                }
            }
        }
    };
    layer_line(
        Layer::PfsStatus,
        question.service.to_string(),
        timeline,
        question,
        says,
    )
}

pub(super) fn payment_line(timelines: &Timelines, question: &Question) -> AnswerLine {
    let topic = service(question);
    let schedule = Topic::national(Subject::Schedule(PFS.to_owned()));
    let amount =
        |topic: &Topic, attribute| match timelines.observed(topic, attribute, question.on) {
            Some(Observation::Value(Value::Amount(amount))) => Some(*amount),
            Some(Observation::Value(Value::Text(_) | Value::Count(_)) | Observation::Absent)
            | None => None,
        };
    let number =
        |amount: Option<Decimal>| amount.map_or_else(|| "not observed".to_owned(), written);
    let says = |segment: &Segment| {
        if segment.observation == Observation::Absent {
            return "not listed".to_owned();
        }
        let service = |attribute| number(amount(&topic, attribute));
        let payable = timelines
            .text(&topic, Attribute::Status, question.on)
            .and_then(|letter| status_meaning(&letter))
            .is_some_and(|meaning| meaning.payable == Payable::IfCovered);
        let remark = if payable {
            ""
        } else {
            " (listed, but not paid under this status)"
        };
        format!(
            "RVUs: work {}; non-facility PE {}, total {}; facility PE {}, total {}; MP {}; conversion factor {}{remark}",
            service(Attribute::WorkRvu),
            service(Attribute::NonFacilityPeRvu),
            service(Attribute::NonFacilityTotal),
            service(Attribute::FacilityPeRvu),
            service(Attribute::FacilityTotal),
            service(Attribute::MpRvu),
            number(amount(&schedule, Attribute::ConversionFactor)),
        )
    };
    let timeline = timelines.get(&topic, Attribute::NonFacilityTotal);
    layer_line(
        Layer::PfsPayment,
        question.service.to_string(),
        timeline,
        question,
        says,
    )
}

pub(super) fn locality_line(timelines: &Timelines, question: &Question) -> Option<AnswerLine> {
    let place = Place::Locality(question.place.clone()?);
    let subject = place.to_string();
    let topic = Topic {
        subject: Subject::Schedule(PFS.to_owned()),
        place,
        stage: Stage::InForce,
    };
    let text = |attribute| {
        timelines
            .text(&topic, attribute, question.on)
            .unwrap_or_else(|| "not observed".to_owned())
    };
    let says = |segment: &Segment| {
        if segment.observation == Observation::Absent {
            return "not listed in the GPCI file".to_owned();
        }
        format!(
            "{}: work GPCI {}, PE GPCI {}, MP GPCI {}",
            text(Attribute::LocalityName),
            text(Attribute::GpciWork),
            text(Attribute::GpciPe),
            text(Attribute::GpciMp),
        )
    };
    Some(layer_line(
        Layer::Locality,
        subject,
        timelines.get(&topic, Attribute::GpciWork),
        question,
        says,
    ))
}
