//! What is believed of a day, and what follows from it.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::formula::{Indices, RelativeValues};
use super::row::Row;
use crate::engine::answer::PFS;
use crate::model::attribute::Attribute;
use crate::model::code::Service;
use crate::model::dollars::{Clinician, Payment, Setting};
use crate::model::fact::{Fact, Observation, Value};
use crate::model::timeline::{Segment, Timelines};
use crate::model::topic::{Place, Stage, Subject, Topic};

/// The topics from which a payment is reckoned.
pub fn topics(service: Service, place: &Place, stage: &Stage) -> Vec<Topic> {
    let schedule = || Subject::Schedule(PFS.to_owned());
    let mut topics = vec![
        Topic::national(Subject::Service(service)),
        Topic::national(schedule()),
        Topic {
            subject: schedule(),
            place: place.clone(),
            stage: Stage::InForce,
        },
    ];
    if *stage != Stage::InForce {
        let of_rule: Vec<Topic> = topics
            .iter()
            .map(|topic| Topic {
                stage: stage.clone(),
                ..topic.clone()
            })
            .collect();
        topics.extend(of_rule);
    }
    topics
}

/// What one unit is paid on a day: for each conversion factor of that day one payment; none when
/// nothing is known of the code on that day.
///
/// At the stage of a rule, what the rule does not say is as it is in force, and a caveat says so.
pub fn payments(
    timelines: &Timelines,
    service: Service,
    place: &Place,
    stage: &Stage,
    on: NaiveDate,
) -> Vec<Payment> {
    let mut day = Day {
        timelines,
        stage,
        on,
        inputs: Vec::new(),
        borrowed: BTreeSet::new(),
    };
    let Some(row) = day.row(service) else {
        return Vec::new();
    };
    let row_inputs = std::mem::take(&mut day.inputs);
    let indices = day.indices(place);
    let index_inputs = std::mem::take(&mut day.inputs);
    let mut found = Vec::new();
    for clinician in [Clinician::Standard, Clinician::QualifyingApm] {
        let factor = day.factor(clinician);
        let factor_inputs = std::mem::take(&mut day.inputs);
        if clinician == Clinician::QualifyingApm && factor.is_none() {
            continue;
        }
        let mut inputs = row_inputs.clone();
        inputs.extend(factor_inputs);
        inputs.extend(index_inputs.iter().cloned());
        let worth = |setting| row.worth(setting, indices, factor);
        let (nonfacility, facility) = (worth(Setting::NonFacility), worth(Setting::Facility));
        found.push(Payment {
            service,
            place: place.clone(),
            clinician,
            caveats: row.caveats(indices, factor, &day.borrowed, stage),
            nonfacility,
            facility,
            inputs,
        });
    }
    found
}

/// A day at a stage, and what was looked up on it.
struct Day<'a> {
    timelines: &'a Timelines,
    stage: &'a Stage,
    on: NaiveDate,
    inputs: Vec<Arc<Fact>>,
    /// What the rule does not say.
    borrowed: BTreeSet<&'static str>,
}

impl Day<'_> {
    fn segment(&self, topic: &Topic, attribute: Attribute) -> Option<(&Segment, bool)> {
        let at = |stage: &Stage| {
            let topic = Topic {
                stage: stage.clone(),
                ..topic.clone()
            };
            self.timelines.get(&topic, attribute)?.at(self.on)
        };
        at(self.stage)
            .map(|segment| (segment, false))
            .or_else(|| Some((at(&Stage::InForce)?, true)))
    }

    fn observe(
        &mut self,
        topic: &Topic,
        attribute: Attribute,
        what: &'static str,
    ) -> Option<Observation> {
        let (segment, borrowed) = self.segment(topic, attribute)?;
        let (observation, fact) = (segment.observation.clone(), Arc::clone(&segment.fact));
        if borrowed {
            self.borrowed.insert(what);
        }
        if !self.inputs.contains(&fact) {
            self.inputs.push(fact);
        }
        Some(observation)
    }

    fn amount(
        &mut self,
        topic: &Topic,
        attribute: Attribute,
        what: &'static str,
    ) -> Option<Decimal> {
        match self.observe(topic, attribute, what)? {
            Observation::Value(Value::Amount(amount)) => Some(amount),
            Observation::Value(Value::Text(_) | Value::Count(_)) | Observation::Absent => None,
        }
    }

    /// An amount that may turn out to be of no use.
    fn peek(&self, topic: &Topic, attribute: Attribute) -> Option<Decimal> {
        match self.segment(topic, attribute)?.0.observation {
            Observation::Value(Value::Amount(amount)) => Some(amount),
            Observation::Value(Value::Text(_) | Value::Count(_)) | Observation::Absent => None,
        }
    }

    /// A text of the row; empty when it is not there. It is no input of its own.
    fn text(&self, topic: &Topic, attribute: Attribute) -> String {
        match self.segment(topic, attribute) {
            Some((segment, _)) => match &segment.observation {
                Observation::Value(Value::Text(text)) => text.clone(),
                Observation::Value(Value::Amount(_) | Value::Count(_)) | Observation::Absent => {
                    String::new()
                }
            },
            None => String::new(),
        }
    }

    fn row(&mut self, service: Service) -> Option<Row> {
        let topic = Topic::national(Subject::Service(service));
        let status = match self.observe(&topic, Attribute::Status, "the status")? {
            Observation::Value(value) => Some(value.to_string()),
            Observation::Absent => None,
        };
        let values = "relative values";
        let work = self.amount(&topic, Attribute::WorkRvu, values);
        let mp = self.amount(&topic, Attribute::MpRvu, values);
        let cap_mp = self.peek(&topic, Attribute::OppsMp);
        let of = |day: &mut Self, [pe, cap, na]: [Attribute; 3]| {
            let pe = day.amount(&topic, pe, values);
            let has_cap = day.peek(&topic, cap).is_some_and(|pe| !pe.is_zero());
            let cap = has_cap.then(|| day.amount(&topic, cap, values)).flatten();
            let full = |pe: Option<Decimal>, mp: Option<Decimal>| {
                Some(RelativeValues {
                    work: work?,
                    pe: pe?,
                    mp: mp?,
                })
            };
            let is_na = day.text(&topic, na) == "NA";
            (full(pe, mp), full(cap, cap_mp), is_na)
        };
        let outside = [
            Attribute::NonFacilityPeRvu,
            Attribute::OppsNonFacilityPe,
            Attribute::NonFacilityNa,
        ];
        let inside = [
            Attribute::FacilityPeRvu,
            Attribute::OppsFacilityPe,
            Attribute::FacilityNa,
        ];
        let (outside, inside) = (of(self, outside), of(self, inside));
        Some(Row {
            status,
            values: [outside.0, inside.0],
            cap: [outside.1, inside.1],
            not_furnished: [outside.2, inside.2],
            multiple: self.text(&topic, Attribute::MultipleProcedure),
        })
    }

    fn indices(&mut self, place: &Place) -> Option<Indices> {
        if *place == Place::National {
            return Some(Indices::NATIONAL);
        }
        let topic = Topic {
            subject: Subject::Schedule(PFS.to_owned()),
            place: place.clone(),
            stage: Stage::InForce,
        };
        let mut index = |attribute| self.amount(&topic, attribute, "the indices (GPCI)");
        Some(Indices {
            work: index(Attribute::GpciWork)?,
            pe: index(Attribute::GpciPe)?,
            mp: index(Attribute::GpciMp)?,
        })
    }

    fn factor(&mut self, clinician: Clinician) -> Option<Decimal> {
        let attribute = match clinician {
            Clinician::Standard => Attribute::ConversionFactor,
            Clinician::QualifyingApm => Attribute::ConversionFactorQpp,
        };
        let topic = Topic::national(Subject::Schedule(PFS.to_owned()));
        self.amount(&topic, attribute, "the conversion factor")
    }
}
