//! What the fee schedule pays: relative values, indices, dollars.

use super::made::{all_say, ask, code, question, says};
use crate::engine::answer::compose::{PFS, Setting, answer};
use crate::engine::tests::{day, fact};
use crate::model::answer::{Answer, Layer};
use crate::model::attribute::Attribute as A;
use crate::model::fact::Fact;
use crate::model::request::absent;
use crate::model::topic::{Place, Subject};

const ON: &str = "2020-02-10";
const SAN_FRANCISCO: &str = "01112-05";

/// The row of the code, with one thing said otherwise.
fn row(otherwise: (A, &str)) -> Fact {
    let mut values = vec![
        (A::Status, "A"),
        (A::WorkRvu, "0.32"),
        (A::NonFacilityPeRvu, "0.39"),
        (A::NonFacilityTotal, "0.74"),
        (A::FacilityPeRvu, "0.12"),
        (A::FacilityTotal, "0.47"),
        (A::MpRvu, "0.03"),
    ];
    values.retain(|(attribute, _)| *attribute != otherwise.0);
    values.push(otherwise);
    fact("RVU20A", "2020-01-01", "2019-12-20", code(), &values)
}

fn schedule(values: &[(A, &str)]) -> Fact {
    let subject = Subject::Schedule(PFS.to_owned());
    fact("RVU20A", "2020-01-01", "2019-12-20", subject, values)
}

fn factor() -> Fact {
    schedule(&[(A::ConversionFactor, "36.0896")])
}

fn indices(name: &str) -> Fact {
    let mut fact = schedule(&[
        (A::LocalityName, name),
        (A::GpciWork, "1.088"),
        (A::GpciPe, "1.419"),
        (A::GpciMp, "0.445"),
    ]);
    fact.statement.topic.place = Place::Locality(SAN_FRANCISCO.parse().unwrap());
    fact
}

fn ask_in(facts: Vec<Fact>, place: Option<&str>, practice: &[&str]) -> Answer {
    let mut question = question(ON, None);
    question.place = place.map(|id| id.parse().unwrap());
    let setting = Setting {
        links: &[],
        billed_with: &[].into(),
        localities: &practice.iter().map(|id| id.parse().unwrap()).collect(),
        known: &[],
    };
    answer(facts, &question, &setting)
}

#[test]
fn dollars_are_those_of_the_place_asked_for_else_of_the_practice_else_of_the_country() {
    let facts = |name| vec![factor(), row((A::Status, "A")), indices(name)];
    let here = "one unit, locality 01112-05 (SAN FRANCISCO): non-facility $33.02; facility $19.19";
    for (place, practice) in [
        (Some(SAN_FRANCISCO), [].as_slice()),
        (Some(SAN_FRANCISCO), &["02102-01"]),
        (None, &[SAN_FRANCISCO]),
    ] {
        let answer = ask_in(facts("SAN FRANCISCO"), place, practice);
        assert_eq!(all_say(&answer, Layer::Dollars), [here], "{practice:?}");
    }
    assert_eq!(
        all_say(&ask_in(facts(""), Some(SAN_FRANCISCO), &[]), Layer::Dollars),
        ["one unit, locality 01112-05: non-facility $33.02; facility $19.19"]
    );
    assert_eq!(
        all_say(&ask_in(facts("SAN FRANCISCO"), None, &[]), Layer::Dollars),
        [
            "one unit, national, without geographic adjustment (GPCI 1): non-facility $26.71; facility $16.96"
        ]
    );
}

#[test]
fn one_worth_of_both_settings_is_told_once() {
    let answer = ask(vec![factor(), row((A::FacilityPeRvu, "0.39"))], &[], ON);
    let told = &says(&answer, Layer::Dollars).says;
    assert!(told.ends_with("(GPCI 1): $26.71"), "{told}");
}

#[test]
fn an_amount_in_either_setting_is_said_to_be_what_medicare_allows() {
    for (otherwise, is_paid) in [
        ((A::Status, "A"), true),
        ((A::FacilityNa, "NA"), true),
        ((A::NonFacilityNa, "NA"), true),
        ((A::Status, "N"), false),
    ] {
        let answer = ask(vec![factor(), row(otherwise)], &[], ON);
        let caveats = &says(&answer, Layer::Dollars).caveats;
        let says_so = caveats
            .iter()
            .any(|caveat| caveat.starts_with("what Medicare allows if the service is covered"));
        assert_eq!(says_so, is_paid, "{otherwise:?}: {caveats:?}");
    }
}

#[test]
fn relative_values_under_a_status_that_does_not_pay_say_so() {
    let values = "RVUs: work 0.32; non-facility PE 0.39, total 0.74; facility PE 0.12, total 0.47; MP 0.03; conversion factor 36.0896";
    let told = |row: Fact| {
        let answer = ask(vec![factor(), row], &[], ON);
        says(&answer, Layer::PfsPayment).says.clone()
    };
    assert_eq!(told(row((A::Status, "A"))), values);
    assert_eq!(
        told(row((A::Status, "N"))),
        format!("{values} (listed, but not paid under this status)")
    );
    let mut unlisted = row((A::Status, "A"));
    unlisted.statement.values = absent(&[A::Status, A::NonFacilityTotal]);
    assert_eq!(told(unlisted), "not listed");
}

#[test]
fn the_indices_of_a_locality_are_told_where_one_is_asked_for() {
    let facts = || vec![factor(), row((A::Status, "A")), indices("SAN FRANCISCO")];
    let asked = ask_in(facts(), Some(SAN_FRANCISCO), &[]);
    let line = says(&asked, Layer::Locality);
    assert_eq!(
        (line.subject.as_str(), line.says.as_str()),
        (
            "locality 01112-05",
            "SAN FRANCISCO: work GPCI 1.088, PE GPCI 1.419, MP GPCI 0.445"
        )
    );
    let of_the_practice = ask_in(facts(), None, &[SAN_FRANCISCO]);
    assert!(all_say(&of_the_practice, Layer::Locality).is_empty());

    let mut dissolved = indices("");
    dissolved.statement.from = day("2020-02-01");
    dissolved.statement.values = absent(&[A::GpciWork, A::GpciPe, A::GpciMp]);
    let mut facts = facts();
    facts.push(dissolved);
    assert_eq!(
        all_say(&ask_in(facts, Some(SAN_FRANCISCO), &[]), Layer::Locality),
        ["not listed in the GPCI file"]
    );
}
