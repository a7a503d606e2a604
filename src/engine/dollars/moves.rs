//! What a document did to payments.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::day::{payments, topics};
use crate::engine::answer::PFS;
use crate::model::attribute::Attribute;
use crate::model::change::Judged;
use crate::model::code::{HcpcsCode, Service};
use crate::model::dollars::{Payment, PaymentMove, Setting};
use crate::model::timeline::Timelines;
use crate::model::topic::{LocalityId, Place, Stage, Subject, Topic};
use crate::model::watch::{Codes, Watch};

/// Most codes whose payment is reckoned for one document.
const MOST_SERVICES: usize = 50;

/// What a document did to payments: for each code, day, place, clinician and setting that it moved.
#[derive(Debug, Clone, Copy)]
pub struct Measure<'a> {
    /// The codes to reckon, the practice's own.
    pub services: &'a BTreeSet<Service>,
    /// Its localities; without any, the national figure is reckoned.
    pub localities: &'a BTreeSet<LocalityId>,
    /// Units of a year, by code.
    pub yearly_units: &'a BTreeMap<HcpcsCode, u32>,
}

impl Measure<'_> {
    /// The topics from which the payments are reckoned that the changes move.
    pub fn topics(&self, changes: &[Judged]) -> BTreeSet<Topic> {
        let mut all = BTreeSet::new();
        for (stage, _) in moved_days(changes) {
            for service in self.services {
                for place in places(self.localities) {
                    all.extend(topics(*service, &place, &stage));
                }
            }
        }
        all
    }
}

/// The stages at which something moves, and the first days.
fn moved_days(changes: &[Judged]) -> BTreeSet<(Stage, NaiveDate)> {
    changes
        .iter()
        .map(|judged| &judged.change)
        .filter(|change| moves_payment(change.key.attribute))
        .map(|change| (change.key.topic.stage.clone(), change.days.from))
        .collect()
}

/// The places for which payments are reckoned: the localities, or the whole country without any.
pub fn places(localities: &BTreeSet<LocalityId>) -> Vec<Place> {
    if localities.is_empty() {
        return vec![Place::National];
    }
    localities.iter().cloned().map(Place::Locality).collect()
}

/// The codes of which the changes, or a change of what all codes depend on, may move the payment.
pub fn services_moved(changes: &[Judged], watch: &Watch) -> BTreeSet<Service> {
    let own = changes
        .iter()
        .filter(|judged| moves_payment(judged.change.key.attribute))
        .filter_map(|judged| match judged.change.key.topic.subject {
            Subject::Service(service) => Some(service),
            Subject::Policy(_)
            | Subject::Schedule(_)
            | Subject::Pair(_)
            | Subject::Rule(_)
            | Subject::Page(_) => None,
        });
    let all_depend = changes.iter().any(|judged| {
        let key = &judged.change.key;
        matches!(key.topic.subject, Subject::Schedule(_)) && moves_payment(key.attribute)
    });
    let named = match &watch.codes {
        Codes::Named(services) if all_depend => Some(services),
        Codes::Named(_) | Codes::All => None,
    };
    let services: BTreeSet<Service> = own.chain(named.into_iter().flatten().copied()).collect();
    services.into_iter().take(MOST_SERVICES).collect()
}

/// Whether a payment is reckoned from the attribute.
fn moves_payment(attribute: Attribute) -> bool {
    use Attribute as A;
    [
        A::Status,
        A::WorkRvu,
        A::NonFacilityPeRvu,
        A::FacilityPeRvu,
        A::MpRvu,
        A::NonFacilityNa,
        A::FacilityNa,
        A::OppsNonFacilityPe,
        A::OppsFacilityPe,
        A::OppsMp,
        A::ConversionFactor,
        A::ConversionFactorQpp,
        A::GpciWork,
        A::GpciPe,
        A::GpciMp,
    ]
    .contains(&attribute)
}

/// The payments that differ between two beliefs, for the first day of each period and each stage at
/// which `changes` move something. A payment at the stage of a rule is compared with what is in force.
pub fn payment_moves(
    before: &Timelines,
    after: &Timelines,
    changes: &[Judged],
    measure: Measure<'_>,
) -> Vec<PaymentMove> {
    let mut moves = Vec::new();
    for (stage, on) in &moved_days(changes) {
        for service in measure.services {
            for place in places(measure.localities) {
                // What a rule says is compared with what holds without it.
                let (old, old_stage) = match stage {
                    Stage::InForce => (before, stage),
                    Stage::ProposedBy(_) | Stage::FinalBy(_) => (after, &Stage::InForce),
                };
                let was = payments(old, *service, &place, old_stage, *on);
                for now in payments(after, *service, &place, stage, *on) {
                    let earlier = was
                        .iter()
                        .find(|payment| payment.clinician == now.clinician)
                        // Before there were two factors, one was everybody's.
                        .or_else(|| was.first());
                    let name = name(after, &place, *on);
                    moves.extend(
                        earlier.into_iter().flat_map(|was| {
                            steps(was, &now, stage, *on, &name, measure.yearly_units)
                        }),
                    );
                }
            }
        }
    }
    moves
}

fn steps(
    was: &Payment,
    now: &Payment,
    stage: &Stage,
    on: NaiveDate,
    place_name: &str,
    yearly_units: &BTreeMap<HcpcsCode, u32>,
) -> Vec<PaymentMove> {
    Setting::ALL
        .into_iter()
        .filter(|&setting| was.worth(setting) != now.worth(setting))
        .map(|setting| PaymentMove {
            service: now.service,
            place: now.place.clone(),
            place_name: place_name.to_owned(),
            clinician: now.clinician,
            setting,
            stage: stage.clone(),
            on,
            was: was.worth(setting).clone(),
            now: now.worth(setting).clone(),
            yearly_units: yearly_units.get(&now.service.code).copied(),
            caveats: now.caveats.clone(),
        })
        .collect()
}

/// The locality's name in CMS's file.
pub fn name(timelines: &Timelines, place: &Place, on: NaiveDate) -> String {
    let topic = Topic {
        subject: Subject::Schedule(PFS.to_owned()),
        place: place.clone(),
        stage: Stage::InForce,
    };
    timelines
        .text(&topic, Attribute::LocalityName, on)
        .unwrap_or_default()
}
