//! What the fee schedule pays for a code over time, in dollars.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::dollars::{payments, topics};
use crate::model::code::Service;
use crate::model::dollars::Worth;
use crate::model::timeline::{Period, Timelines};
use crate::model::topic::{Place, Stage};

/// Dollars for some days. `None` where nothing is paid, or it cannot be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// The days.
    pub days: Period,
    /// Outside facilities.
    pub non_facility: Option<Decimal>,
    /// In facilities.
    pub facility: Option<Decimal>,
}

/// The prices of a code at a place over time, earliest first; neighbours differ. Where the schedule has
/// two conversion factors, they are those of everybody who is no qualifying APM participant.
pub fn prices(timelines: &Timelines, service: Service, place: &Place) -> Vec<Price> {
    let inputs = topics(service, place, &Stage::InForce);
    let segments = inputs
        .iter()
        .filter_map(|topic| timelines.topic(topic))
        .flat_map(|attributes| attributes.values())
        .flat_map(|timeline| &timeline.segments);
    let mut days: BTreeSet<NaiveDate> = BTreeSet::new();
    for segment in segments {
        days.insert(segment.period.from);
        days.extend(segment.period.until);
    }
    let mut prices: Vec<Price> = Vec::new();
    for &from in &days {
        let (non_facility, facility) = on(timelines, service, place, from);
        match prices.last_mut() {
            Some(last) if (last.non_facility, last.facility) == (non_facility, facility) => {}
            last => {
                if let Some(last) = last {
                    last.days.until = Some(from);
                }
                prices.push(Price {
                    days: Period { from, until: None },
                    non_facility,
                    facility,
                });
            }
        }
    }
    prices
}

fn on(
    timelines: &Timelines,
    service: Service,
    place: &Place,
    day: NaiveDate,
) -> (Option<Decimal>, Option<Decimal>) {
    let paid = |worth: &Worth| match worth {
        Worth::Paid(dollars) => Some(*dollars),
        Worth::NotPaid { .. }
        | Worth::NotFurnished
        | Worth::NoValues
        | Worth::NotListed
        | Worth::Unknown(_) => None,
    };
    let payments = payments(timelines, service, place, &Stage::InForce, day);
    payments.first().map_or((None, None), |payment| {
        (paid(&payment.nonfacility), paid(&payment.facility))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::answer::PFS;
    use crate::engine::fold::fold;
    use crate::engine::tests::{day, fact};
    use crate::model::attribute::Attribute;
    use crate::model::topic::Subject;

    #[test]
    fn dollars_follow_rvus_factor_and_status() {
        let service: Service = "20560".parse().unwrap();
        let own = || Subject::Service(service);
        let row = |status: &'static str, pe: &'static str| {
            vec![
                (Attribute::Status, status),
                (Attribute::WorkRvu, "0.32"),
                (Attribute::NonFacilityPeRvu, pe),
                (Attribute::FacilityPeRvu, "0.12"),
                (Attribute::MpRvu, "0.03"),
                (Attribute::NonFacilityNa, ""),
                (Attribute::FacilityNa, ""),
            ]
        };
        let factor = |value| vec![(Attribute::ConversionFactor, value)];
        let pfs = || Subject::Schedule(PFS.to_owned());
        let posted = |edition, begins, published, subject, values: &[_]| {
            fact(edition, begins, published, subject, values)
        };
        let facts = vec![
            posted(
                "RVU20A",
                "2020-01-01",
                "2019-12-01",
                own(),
                &row("N", "0.39"),
            ),
            posted(
                "RVU20A",
                "2020-01-01",
                "2019-12-01",
                pfs(),
                &factor("36.0896"),
            ),
            posted(
                "RVU20B",
                "2020-04-01",
                "2020-03-20",
                own(),
                &row("A", "0.39"),
            ),
            // The next release repeats the row: no other price.
            posted(
                "RVU20C",
                "2020-07-01",
                "2020-06-20",
                own(),
                &row("A", "0.39"),
            ),
            posted(
                "RVU21A",
                "2021-01-01",
                "2020-12-20",
                own(),
                &row("A", "0.42"),
            ),
            posted(
                "RVU21A",
                "2021-01-01",
                "2020-12-20",
                pfs(),
                &factor("34.8931"),
            ),
        ];
        let found = prices(&fold(facts), service, &Place::National);
        let written: Vec<_> = found
            .iter()
            .map(|price| (price.days.from, price.non_facility.map(|it| it.to_string())))
            .collect();
        assert_eq!(
            written,
            [
                (day("2020-01-01"), None),
                (day("2020-04-01"), Some("26.71".to_owned())),
                (day("2021-01-01"), Some("26.87".to_owned())),
            ]
        );
        assert_eq!(found[1].days.until, Some(day("2021-01-01")));
        assert_eq!(found[2].days.until, None);
    }
}
