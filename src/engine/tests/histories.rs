//! The history of a code: which subjects belong to it, and for which days one value held.

use super::made::{day, fact, status};
use super::occasion::service;
use crate::engine::fold::fold;
use crate::engine::history::{Line, lines, stretches, subjects};
use crate::model::attribute::Attribute;
use crate::model::fact::Fact;
use crate::model::timeline::{Period, Timeline, Timelines};
use crate::model::topic::{Subject, Topic};
use crate::model::watch::NcdLink;

fn link(id: u32, section: &str, codes: &[&str]) -> NcdLink {
    NcdLink {
        id,
        section: section.to_owned(),
        codes: codes.iter().map(|code| code.parse().unwrap()).collect(),
    }
}

fn said(edition: &str, subject: Subject, values: &[(Attribute, &str)]) -> Fact {
    fact(edition, "2020-01-01", "2020-01-01", subject, values)
}

fn policy(name: &str, values: &[(Attribute, &str)]) -> Fact {
    said(name, Subject::Policy(name.to_owned()), values)
}

/// Each subject with its attributes.
fn shown(found: &[(&Topic, Vec<Line<'_>>)]) -> Vec<(String, Vec<Attribute>)> {
    let attributes = |lines: &[Line<'_>]| lines.iter().map(|line| line.attribute).collect();
    found
        .iter()
        .map(|(topic, lines)| (topic.to_string(), attributes(lines)))
        .collect()
}

fn names(found: &[(&Topic, Vec<Line<'_>>)]) -> Vec<String> {
    found.iter().map(|(topic, _)| topic.to_string()).collect()
}

fn releases() -> Timelines {
    fold(vec![
        status("RVU20A", "2020-01-01", "2019-12-10", "N"),
        status("RVU20B", "2020-04-01", "2020-03-20", "N"),
        status("RVU20C", "2020-07-01", "2020-06-20", "A"),
        status("RVU20D", "2020-10-01", "2020-09-20", "R"),
    ])
}

fn timeline(timelines: &Timelines) -> &Timeline {
    let topic = Topic::national(service("20560"));
    timelines.get(&topic, Attribute::Status).unwrap()
}

/// Each stretch with the edition that first said so.
fn told(timeline: &Timeline, since: Option<&str>) -> Vec<(String, Period, String)> {
    stretches(timeline, since.map(day))
        .into_iter()
        .map(|stretch| {
            let edition = stretch.fact.origin.edition.name.clone();
            (stretch.observation.to_string(), stretch.days, edition)
        })
        .collect()
}

fn days(from: &str, until: Option<&str>) -> Period {
    Period {
        from: day(from),
        until: until.map(day),
    }
}

#[test]
fn releases_that_repeat_a_value_are_one_stretch_by_the_first_that_said_it() {
    let timelines = releases();
    let expected = [
        ("N", days("2020-01-01", Some("2020-07-01")), "RVU20A"),
        ("A", days("2020-07-01", Some("2020-10-01")), "RVU20C"),
        ("R", days("2020-10-01", None), "RVU20D"),
    ]
    .map(|(letter, days, edition)| (letter.to_owned(), days, edition.to_owned()));
    assert_eq!(told(timeline(&timelines), None), expected);
    // The first day that is asked for is the first on which the first value holds no more.
    assert_eq!(
        told(timeline(&timelines), Some("2020-07-01")),
        expected[1..]
    );
    assert_eq!(told(timeline(&timelines), Some("2020-06-30")), expected);
    // What still holds is shown however long ago it began.
    assert_eq!(
        told(timeline(&timelines), Some("2030-01-01")),
        expected[2..]
    );
}

#[test]
fn a_value_that_comes_back_after_days_without_one_is_another_stretch() {
    let timelines = releases();
    let mut timeline = timeline(&timelines).clone();
    // Nothing is observed from April to July.
    timeline.segments[0].period.until = Some(day("2020-04-01"));
    timeline.segments.remove(1);
    timeline.segments[1].observation = timeline.segments[0].observation.clone();
    let found = told(&timeline, None);
    let periods: Vec<Period> = found.into_iter().map(|(_, days, _)| days).collect();
    assert_eq!(
        periods,
        [
            days("2020-01-01", Some("2020-04-01")),
            days("2020-07-01", Some("2020-10-01")),
            days("2020-10-01", None),
        ]
    );
}

#[test]
fn the_code_comes_first_then_what_is_paid_for_everything_then_what_governs() {
    let schedule = Subject::Schedule("PFS".to_owned());
    let timelines = fold(vec![
        said(
            "RVU20A",
            service("20560"),
            &[(Attribute::Status, "A"), (Attribute::WorkRvu, "0.32")],
        ),
        // Of the schedule itself only the amounts are a history.
        said(
            "RVU20A",
            schedule,
            &[
                (Attribute::ConversionFactor, "36.0896"),
                (Attribute::Title, "Fee schedule"),
            ],
        ),
        policy("NCD 30.3.3", &[(Attribute::Title, "Acupuncture")]),
        said(
            "FR 2026-14327",
            Subject::Rule("2026-14327".to_owned()),
            &[(Attribute::RuleKind, "proposed rule")],
        ),
        said(
            "page",
            Subject::Page("benefits".to_owned()),
            &[(Attribute::Content, "words")],
        ),
        said(
            "PTP",
            Subject::Pair("20560 with 97140".parse().unwrap()),
            &[(Attribute::PtpModifier, "1")],
        ),
    ]);
    let expected = [
        ("20560", vec![Attribute::Status, Attribute::WorkRvu]),
        ("PFS", vec![Attribute::ConversionFactor]),
        ("20560 with 97140", vec![Attribute::PtpModifier]),
        ("NCD 30.3.3", vec![Attribute::Title]),
        ("page benefits", vec![Attribute::Content]),
        ("FR 2026-14327", vec![Attribute::RuleKind]),
    ]
    .map(|(subject, attributes)| (subject.to_owned(), attributes));
    assert_eq!(shown(&lines(&timelines, None)), expected);
}

#[test]
fn a_subject_that_has_nothing_to_show_is_left_out() {
    let schedule = Subject::Schedule("PFS".to_owned());
    let timelines = fold(vec![
        said("RVU20A", service("20560"), &[(Attribute::Status, "A")]),
        said("RVU20A", schedule, &[(Attribute::Title, "Fee schedule")]),
    ]);
    assert_eq!(names(&lines(&timelines, None)), ["20560"]);
}

#[test]
fn policies_belong_to_a_code_that_they_govern_or_name() {
    let links = [
        link(373, "30.3.3", &["20560", "20561"]),
        link(11, "150.1", &["98940"]),
    ];
    let timelines = fold(vec![
        said("RVU20A", service("20560"), &[(Attribute::Status, "A")]),
        policy("NCD 30.3.3", &[(Attribute::Title, "Acupuncture")]),
        policy("NCD 150.1", &[(Attribute::Title, "Manipulation")]),
        policy("LCD L1", &[(Attribute::ListedCodes, "20560, 97140")]),
        policy("LCD L2", &[(Attribute::ListedCodes, "97140")]),
    ]);
    let of = |code: &str| subjects(&timelines, code.parse().unwrap(), &links, None);
    assert_eq!(names(&of("20560")), ["20560", "LCD L1", "NCD 30.3.3"]);
    assert_eq!(names(&of("98940")), ["20560", "NCD 150.1"]);
}

#[test]
fn the_conversion_factor_alone_is_no_history_of_a_code() {
    let schedule = Subject::Schedule("PFS".to_owned());
    let timelines = fold(vec![said(
        "RVU20A",
        schedule,
        &[(Attribute::ConversionFactor, "36.0896")],
    )]);
    let found = subjects(&timelines, "20560".parse().unwrap(), &[], None);
    assert_eq!(names(&found), Vec::<String>::new());
}
