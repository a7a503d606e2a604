//! What is told, what is history, and what an alert and a change are called.

use std::collections::BTreeSet;

use super::made::fact;
use super::occasion::{release, told, verdict, verdict_for, watch};
use crate::engine::judge::Verdict;
use crate::model::attribute::Attribute;
use crate::model::change::Severity;
use crate::model::fact::Fact;
use crate::model::topic::{Place, Subject};
use crate::model::watch::Watch;

#[test]
fn several_codes_and_attributes_of_one_document_are_one_alert() {
    let (a, b) = ("2020-01-01", "2020-04-01");
    let old: Vec<Fact> = ["20560", "20561"]
        .map(|code| {
            release(
                "RVU20A",
                a,
                code,
                &[(Attribute::Status, "N"), (Attribute::PcTc, "9")],
            )
        })
        .into();
    let new: Vec<Fact> = ["20560", "20561"]
        .map(|code| {
            release(
                "RVU20B",
                b,
                code,
                &[(Attribute::Status, "A"), (Attribute::PcTc, "0")],
            )
        })
        .into();
    let verdict = verdict(&old, &new, false, false);
    let alert = told(&verdict);
    assert_eq!(
        (alert.severity, alert.changes.len()),
        (Severity::Coverage, 4)
    );
    assert_eq!(
        alert.changes[0].change.key.attribute,
        Attribute::Status,
        "gravest first"
    );
    assert_eq!(verdict.changes.len(), 4);
}

#[test]
fn a_look_alike_alone_is_history_and_beside_a_watched_code_it_is_named() {
    let old = [
        release("RVU20A", "2020-01-01", "97810", &[(Attribute::Status, "N")]),
        release("RVU20A", "2020-01-01", "20560", &[(Attribute::Status, "N")]),
    ];
    let alone = statuses("RVU20B", "2020-04-01", &["97810"], "A");
    let quiet = verdict(&old, &alone, false, false);
    assert_eq!((quiet.alert.is_none(), quiet.changes.len()), (true, 1));

    let both = [
        alone[0].clone(),
        release("RVU20B", "2020-04-01", "20560", &[(Attribute::Status, "A")]),
    ];
    let alert = told(&verdict(&old, &both, false, false));
    assert_eq!((alert.changes.len(), alert.look_alikes.len()), (1, 1));
}

#[test]
fn a_baseline_is_history_without_alert() {
    let old = statuses("RVU20A", "2020-01-01", &["20560"], "N");
    let new = statuses("RVU20B", "2020-04-01", &["20560"], "A");
    let verdict = verdict(&old, &new, true, true);
    assert_eq!((verdict.alert, verdict.changes.len()), (None, 1));
}

#[test]
fn a_belief_that_begins_is_told_only_where_a_new_topic_is_news() {
    let new = [fact(
        "NCD 900",
        "2026-01-01",
        "2026-01-01",
        Subject::Policy("NCD 30.9".into()),
        &[
            (Attribute::Title, "Dry needling"),
            (Attribute::Mentions, "dry needling"),
        ],
    )];
    assert_eq!(verdict(&[], &new, false, false), Verdict::default());
    assert_eq!(
        told(&verdict(&[], &new, false, true)).severity,
        Severity::Coverage
    );
    // That it is not listed is no news.
    let mut missing = new;
    missing[0].statement.values = crate::model::request::absent(&[Attribute::Title]);
    assert_eq!(verdict(&[], &missing, false, true), Verdict::default());
}

#[test]
fn transmittals_are_administrative_and_retirement_is_coverage() {
    let policy = |published: &str, values: &[(Attribute, &str)]| {
        fact(
            "NCD 373",
            published,
            published,
            Subject::Policy("NCD 30.3.3".into()),
            values,
        )
    };
    let old = [policy(
        "2020-01-21",
        &[
            (Attribute::Title, "Acupuncture"),
            (Attribute::RevisionHistory, "1"),
        ],
    )];
    let noise = [policy(
        "2021-05-01",
        &[
            (Attribute::Title, "Acupuncture"),
            (Attribute::RevisionHistory, "2"),
        ],
    )];
    assert_eq!(
        told(&verdict(&old, &noise, false, false)).severity,
        Severity::Administrative
    );
    let renamed = [policy(
        "2021-05-01",
        &[(Attribute::Title, "Acupuncture for pain")],
    )];
    assert_eq!(
        told(&verdict(&old, &renamed, false, false)).severity,
        Severity::Administrative
    );
    let retired = [policy(
        "2021-05-01",
        &[(Attribute::Title, "Acupuncture - RETIRED")],
    )];
    assert_eq!(
        told(&verdict(&old, &retired, false, false)).severity,
        Severity::Coverage
    );
}

#[test]
fn the_same_change_twice_is_the_same_alert() {
    let old = statuses("RVU20A", "2020-01-01", &["20560"], "N");
    let new = statuses("RVU20B", "2020-04-01", &["20560"], "A");
    assert_eq!(
        verdict(&old, &new, false, false),
        verdict(&old, &new, false, false)
    );
}

/// The status of codes in a release.
fn statuses(edition: &str, begins: &str, codes: &[&str], letter: &str) -> Vec<Fact> {
    let row = |code: &&str| release(edition, begins, code, &[(Attribute::Status, letter)]);
    codes.iter().map(row).collect()
}

fn alert_name(verdict: &Verdict) -> String {
    verdict.alert.as_ref().unwrap().id.clone()
}

#[test]
fn every_alert_and_every_change_has_a_name_of_its_own() {
    let codes = ["20560", "20561"];
    let old = statuses("RVU20A", "2020-01-01", &codes, "N");
    let of_two = verdict(
        &old,
        &statuses("RVU20B", "2020-04-01", &codes, "A"),
        false,
        false,
    );
    let of_one = verdict(
        &old,
        &statuses("RVU20B", "2020-04-01", &codes[..1], "A"),
        false,
        false,
    );
    let of_the_next = verdict(
        &old,
        &statuses("RVU20C", "2020-07-01", &codes, "A"),
        false,
        false,
    );
    let alerts = [&of_two, &of_one, &of_the_next].map(alert_name);
    let changes: Vec<&String> = [&of_two, &of_the_next]
        .into_iter()
        .flat_map(|verdict| verdict.changes.iter().map(|change| &change.id))
        .collect();
    for name in alerts.iter().chain(changes.iter().copied()) {
        let is_hex = name.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_hex && name.len() == 12, "{name}");
    }
    assert_eq!(BTreeSet::from(alerts).len(), 3, "another alert each");
    assert_eq!(changes.len(), 4);
    assert_eq!(
        changes.into_iter().collect::<BTreeSet<_>>().len(),
        4,
        "another change each"
    );
}

#[test]
fn a_code_that_is_neither_watched_nor_a_look_alike_is_history_without_a_word() {
    let codes = ["20560", "97810", "99213"];
    let old = statuses("RVU20A", "2020-01-01", &codes, "N");
    let new = statuses("RVU20B", "2020-04-01", &codes, "A");
    let verdict = verdict(&old, &new, false, false);
    let alert = told(&verdict);
    let named: Vec<String> = alert
        .changes
        .iter()
        .chain(&alert.look_alikes)
        .map(|judged| judged.change.key.topic.subject.to_string())
        .collect();
    assert_eq!(named, ["20560", "97810"]);
    let kept: Vec<(String, bool)> = verdict
        .changes
        .iter()
        .map(|kept| {
            let subject = &kept.judged.change.key.topic.subject;
            (subject.to_string(), kept.alert.is_some())
        })
        .collect();
    let expected = [("20560", true), ("97810", false), ("99213", false)];
    assert_eq!(
        kept,
        expected.map(|(code, is_told)| (code.to_owned(), is_told))
    );
}

#[test]
fn what_moves_in_a_locality_is_told_to_those_who_are_there() {
    let index = |edition: &str, begins: &str, id: &str, work: &str| {
        let subject = Subject::Schedule("PFS".to_owned());
        let values = [(Attribute::GpciWork, work)];
        let mut fact = fact(edition, begins, begins, subject, &values);
        fact.statement.topic.place = Place::Locality(id.parse().unwrap());
        fact
    };
    let (here, there) = ("01112-05", "10112-00");
    let old = [here, there].map(|id| index("RVU20A", "2020-01-01", id, "1.0"));
    let new = [here, there].map(|id| index("RVU20B", "2020-04-01", id, "1.1"));
    let watch = Watch {
        localities: [here.parse().unwrap()].into(),
        ..watch()
    };
    let verdict = verdict_for(&watch, &old, &new, false, false);
    let places: Vec<String> = told(&verdict)
        .changes
        .iter()
        .map(|judged| judged.change.key.topic.place.to_string())
        .collect();
    assert_eq!(places, ["locality 01112-05"]);
    assert_eq!(verdict.changes.len(), 2, "the other one is kept as history");
}
