//! What the fee schedule pays for a code in the whole country, before the geographic adjustment.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::answer::PFS;
use super::dollars::payments;
use crate::model::attribute::Attribute;
use crate::model::code::Service;
use crate::model::dollars::{Clinician, Setting};
use crate::model::timeline::{Period, Timelines};
use crate::model::topic::{Place, Stage, Subject, Topic};

/// Dollars for some days, national. `None` where a part is not
/// observed, and where the status of the days does not let the schedule pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// The days.
    pub days: Period,
    /// Outside facilities.
    pub non_facility: Option<Decimal>,
    /// In facilities.
    pub facility: Option<Decimal>,
}

/// The prices of a code over time, earliest first; neighbours differ.
pub fn prices(timelines: &Timelines, service: Service) -> Vec<Price> {
    let own = Topic::national(Subject::Service(service));
    let schedule = Topic::national(Subject::Schedule(PFS.to_owned()));
    let parts = [
        (&own, Attribute::Status),
        (&own, Attribute::WorkRvu),
        (&own, Attribute::NonFacilityPeRvu),
        (&own, Attribute::FacilityPeRvu),
        (&own, Attribute::MpRvu),
        (&own, Attribute::NonFacilityNa),
        (&own, Attribute::FacilityNa),
        (&schedule, Attribute::ConversionFactor),
    ];
    let mut days: BTreeSet<NaiveDate> = BTreeSet::new();
    for segment in parts
        .iter()
        .filter_map(|(topic, attribute)| timelines.get(topic, *attribute))
        .flat_map(|timeline| &timeline.segments)
    {
        days.insert(segment.period.from);
        days.extend(segment.period.until);
    }
    let mut prices: Vec<Price> = Vec::new();
    for &from in &days {
        let (non_facility, facility) = on(timelines, service, from);
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
    day: NaiveDate,
) -> (Option<Decimal>, Option<Decimal>) {
    let found = payments(timelines, service, &Place::National, &Stage::InForce, day);
    let standard = found
        .iter()
        .find(|payment| payment.clinician == Clinician::Standard);
    let paid = |setting| standard.and_then(|payment| payment.worth(setting).paid());
    (paid(Setting::NonFacility), paid(Setting::Facility))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fold::fold;
    use crate::engine::tests::{day, fact};

    #[test]
    fn dollars_follow_rvus_factor_and_status() {
        let service: Service = "20560".parse().unwrap();
        let own = || Subject::Service(service);
        let row = |status: &'static str, outside: &'static str| {
            vec![
                (Attribute::Status, status),
                (Attribute::WorkRvu, "0.32"),
                (Attribute::NonFacilityPeRvu, outside),
                (Attribute::FacilityPeRvu, "0.12"),
                (Attribute::MpRvu, "0.03"),
            ]
        };
        let factor = |value| vec![(Attribute::ConversionFactor, value)];
        let pfs = || Subject::Schedule(PFS.to_owned());
        let facts = vec![
            fact(
                "RVU20A",
                "2020-01-01",
                "2019-12-01",
                own(),
                &row("N", "0.39"),
            ),
            fact(
                "RVU20A",
                "2020-01-01",
                "2019-12-01",
                pfs(),
                &factor("36.0896"),
            ),
            fact(
                "RVU20B",
                "2020-04-01",
                "2020-03-20",
                own(),
                &row("A", "0.39"),
            ),
            fact(
                "RVU21A",
                "2021-01-01",
                "2020-12-20",
                own(),
                &row("A", "0.42"),
            ),
            fact(
                "RVU21A",
                "2021-01-01",
                "2020-12-20",
                pfs(),
                &factor("34.8931"),
            ),
        ];
        let found = prices(&fold(facts), service);
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
