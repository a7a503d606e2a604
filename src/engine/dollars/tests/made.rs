//! Rows, indices and factors, and how a payment is asked for.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::engine::answer::PFS;
use crate::engine::dollars::*;
use crate::engine::tests::{day, fact};
use crate::model::attribute::Attribute as A;
use crate::model::code::Service;
use crate::model::dollars::{Clinician, Setting, Worth};
use crate::model::fact::Fact;
use crate::model::timeline::Timelines;
use crate::model::topic::{Place, Stage, Subject};

pub(super) fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(super) fn service(code: &str) -> Service {
    code.parse().unwrap()
}

pub(super) fn locality(id: &str) -> Place {
    Place::Locality(id.parse().unwrap())
}

pub(super) fn schedule(edition: &str, begins: &str, values: &[(A, &str)]) -> Fact {
    fact(
        edition,
        begins,
        begins,
        Subject::Schedule(PFS.to_owned()),
        values,
    )
}

pub(super) fn indices(edition: &str, begins: &str, id: &str, [work, pe, mp]: [&str; 3]) -> Fact {
    let values = [(A::GpciWork, work), (A::GpciPe, pe), (A::GpciMp, mp)];
    let mut fact = schedule(edition, begins, &values);
    fact.statement.topic.place = locality(id);
    fact
}

/// A row: status, work, non-facility PE, facility PE, MP.
pub(super) fn row(
    edition: &str,
    begins: &str,
    code: &str,
    status: &str,
    values: [&str; 4],
) -> Fact {
    let [work, outside, inside, mp] = values;
    let values = [
        (A::Status, status),
        (A::WorkRvu, work),
        (A::NonFacilityPeRvu, outside),
        (A::FacilityPeRvu, inside),
        (A::MpRvu, mp),
        (A::MultipleProcedure, "0"),
    ];
    fact(
        edition,
        begins,
        begins,
        Subject::Service(service(code)),
        &values,
    )
}

pub(super) fn with(mut fact: Fact, more: &[(A, &str)]) -> Fact {
    let values = Arc::make_mut(&mut fact.statement.values);
    for (attribute, text) in more {
        let made = crate::engine::tests::fact(
            "x",
            "2020-01-01",
            "2020-01-01",
            Subject::Schedule(PFS.to_owned()),
            &[(*attribute, text)],
        );
        values.extend(made.statement.values.iter().map(|(a, o)| (*a, o.clone())));
    }
    fact
}

pub(super) fn both(timelines: &Timelines, code: &str, place: &Place, on: &str) -> [Worth; 2] {
    let found = payments(timelines, service(code), place, &Stage::InForce, day(on));
    let standard = found
        .iter()
        .find(|payment| payment.clinician == Clinician::Standard)
        .unwrap();
    Setting::ALL.map(|setting| standard.worth(setting).clone())
}

pub(super) const ALABAMA: (&str, [&str; 3]) = ("10112-00", ["1", "0.869", "0.575"]);
pub(super) const SAN_FRANCISCO: (&str, [&str; 3]) = ("01112-05", ["1.088", "1.419", "0.445"]);
pub(super) const ALASKA: (&str, [&str; 3]) = ("02102-01", ["1.5", "1.081", "0.592"]);

pub(super) fn factor_2020() -> Fact {
    schedule("RVU20A", "2020-01-01", &[(A::ConversionFactor, "36.0896")])
}

pub(super) const DRY_NEEDLING: [&str; 4] = ["0.32", "0.39", "0.12", "0.03"];
