//! What a practice reads first: the subject and the first sentence in some fifty situations, as a table.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]
#![expect(
    clippy::unnecessary_wraps,
    reason = "the sides of a step are options, and these make them"
)]

use std::fmt::Write as _;

use coverd::engine::severity::severity;
use coverd::model::alert::{Alert, AlertBody, Phase};
use coverd::model::attribute::{Attribute, Kind};
use coverd::model::change::{Judged, Severity};
use coverd::model::fact::Observation;
use coverd::model::health::ProblemKind;
use coverd::model::money;
use coverd::model::topic::{Pair, Place, Stage, Subject, Topic};
use coverd::render::mail::bodies;

use crate::harness::alerts::{
    NCD_NOW, NCD_WAS, Posting, RVU20A, RVU20B, RVU21A, Step, alert, april_2020, code, envelope,
    ncd_delisted, ncd_text, operator, payment_2021,
};
use crate::harness::rule_alerts::{
    addendum_final, addendum_proposed, rule_corrected, rule_in_force, rule_published,
};
use crate::harness::watch::dry_needling;

/// One step with the weight that the table of severities gives it.
fn step(
    topic: &Topic,
    attribute: Attribute,
    was: Option<Observation>,
    now: Option<Observation>,
    postings: [&Posting; 2],
) -> Judged {
    let quote = |side: &Option<Observation>| {
        side.as_ref().map_or_else(String::new, |side| {
            side.to_string().chars().take(80).collect()
        })
    };
    let mut judged = Step {
        topic: topic.clone(),
        attribute,
        severity: Severity::Administrative,
        before: postings[0],
        after: postings[1],
        quotes: (quote(&was), quote(&now)),
        was,
        now,
    }
    .judged();
    judged.severity = severity(&judged.change, &dry_needling());
    judged
}

fn text(value: &str) -> Option<Observation> {
    Some(Observation::text(value))
}

fn number(value: &str) -> Option<Observation> {
    Some(Observation::amount(money::amount(value).unwrap()))
}

/// What the values of an attribute look like, before and after.
fn values(attribute: Attribute) -> [Option<Observation>; 2] {
    match (attribute, attribute.kind()) {
        (Attribute::Status, _) => [text("A"), text("R")],
        (Attribute::OppsStatus, _) => [text("E1"), text("S")],
        (Attribute::Listed, _) => [text("yes"), Some(Observation::Absent)],
        (_, Kind::Amount) => [number("1.10"), number("1.25")],
        (_, Kind::Count) => [Some(Observation::count(1)), Some(Observation::count(2))],
        (_, Kind::Text) => [text("old words"), text("new words")],
        (_, Kind::Passage) => [
            text("Twelve visits are covered.\nNothing else."),
            text("Ten visits are covered.\nNothing else."),
        ],
    }
}

fn policy() -> Topic {
    Topic::national(Subject::Policy("NCD 30.3.3".to_owned()))
}

fn locality(id: &str) -> Topic {
    Topic {
        subject: Subject::Schedule("PFS".to_owned()),
        place: Place::Locality(id.parse().unwrap()),
        stage: Stage::InForce,
    }
}

/// The topic that an attribute is said of.
fn topic(attribute: Attribute) -> Topic {
    let id = attribute.id();
    let schedule = Topic::national(Subject::Schedule("PFS".to_owned()));
    if id.starts_with("gpci") || id.starts_with("locality") {
        locality("01112-05")
    } else if id.starts_with("conversion_factor") {
        schedule
    } else if id.starts_with("ptp") {
        let columns = |one: &str, two: &str| Pair {
            column1: one.parse().unwrap(),
            column2: two.parse().unwrap(),
        };
        Topic::national(Subject::Pair(columns("20560", "97140")))
    } else if Attribute::ALL.iter().position(|one| *one == attribute)
        < Attribute::ALL
            .iter()
            .position(|one| *one == Attribute::ConversionFactor)
        || id.starts_with("opps")
        || id.starts_with("mue")
        || id.starts_with("therapy")
    {
        code("20560")
    } else {
        policy()
    }
}

/// As a mail begins.
fn beginning(alert: &Alert) -> String {
    let written = bodies(alert, &envelope()).unwrap();
    // The headline and the facts come first; then the first paragraph of the first part.
    let parts: Vec<&str> = written.text.split("\n\n").collect();
    let is_heading = |part: &&str| {
        let letters = part.chars().filter(|c| c.is_alphabetic());
        part.lines().count() == 1
            && letters.clone().count() > 0
            && letters.clone().all(char::is_uppercase)
    };
    let heading = parts.iter().position(is_heading);
    let after = heading
        .and_then(|at| parts.get(at + 1))
        .copied()
        .unwrap_or_default();
    let sentence = after.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = sentence
        .split_inclusive(". ")
        .next()
        .unwrap_or_default()
        .trim();
    format!(
        "{}\n    {}",
        written.subject,
        sentence.chars().take(200).collect::<String>()
    )
}

fn phase(mut alert: Alert, phase: Phase) -> Alert {
    if let AlertBody::Change(change) = &mut alert.body {
        change.phase = phase;
    }
    alert
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of situations")]
fn the_subject_and_the_first_sentence_of_each_situation() {
    let mut table = String::new();
    let mut situations = 0;
    let mut say = |name: &str, alert: &Alert| {
        situations += 1;
        writeln!(table, "{name}\n    {}", beginning(alert)).unwrap();
    };
    for attribute in Attribute::ALL {
        let [was, now] = values(*attribute);
        let judged = step(&topic(*attribute), *attribute, was, now, [&RVU20B, &RVU21A]);
        let name = format!("{} ({})", attribute.id(), judged.severity);
        say(&name, &alert(&RVU21A, vec![judged], vec![]));
    }
    let status = |name: &str, was: &str, now: &str, postings| {
        step(
            &code(name),
            Attribute::Status,
            text(was),
            text(now),
            postings,
        )
    };
    say("reaches back", &april_2020());
    say("of the coming year", &payment_2021());
    say(
        "partly past",
        &alert(
            &RVU20B,
            vec![status("20560", "N", "A", [&RVU20A, &RVU20B])],
            vec![],
        ),
    );
    let two = vec![
        status("20560", "A", "N", [&RVU20B, &RVU21A]),
        status("20561", "A", "B", [&RVU20B, &RVU21A]),
    ];
    say("two codes, not alike", &alert(&RVU21A, two, vec![]));
    let five = ["20560", "20561", "97110", "97112", "97140"]
        .map(|name| status(name, "A", "N", [&RVU20B, &RVU21A]));
    say("five codes", &alert(&RVU21A, five.into(), vec![]));
    let absent = step(
        &code("20560"),
        Attribute::Status,
        text("A"),
        Some(Observation::Absent),
        [&RVU20B, &RVU21A],
    );
    say("no longer listed", &alert(&RVU21A, vec![absent], vec![]));
    let localities = ["01112-05", "10112-00"].map(|id| {
        let [was, now] = values(Attribute::GpciWork);
        step(
            &locality(id),
            Attribute::GpciWork,
            was,
            now,
            [&RVU20B, &RVU21A],
        )
    });
    say("two localities", &alert(&RVU21A, localities.into(), vec![]));
    let ours = vec![status("20560", "N", "A", [&RVU20A, &RVU20B])];
    let theirs = vec![status("97810", "N", "A", [&RVU20A, &RVU20B])];
    say("with a look-alike", &alert(&RVU20B, ours, theirs));
    let units = step(
        &code("20560"),
        Attribute::MueUnits,
        Some(Observation::count(1)),
        Some(Observation::count(2)),
        [&RVU20B, &RVU21A],
    );
    let both = vec![units, status("20560", "A", "N", [&RVU20B, &RVU21A])];
    say(
        "coverage goes before payment",
        &alert(&RVU21A, both, vec![]),
    );
    say("text of a determination", &ncd_text());
    say("determination no longer listed", &ncd_delisted());
    let retired = step(
        &policy(),
        Attribute::Title,
        text("Acupuncture for Chronic Lower Back Pain (cLBP)"),
        text("Acupuncture for Chronic Lower Back Pain (cLBP) - RETIRED"),
        [&NCD_WAS, &NCD_NOW],
    );
    say(
        "determination retired",
        &alert(&NCD_NOW, vec![retired], vec![]),
    );
    say("rule proposed", &rule_published());
    say("values proposed", &addendum_proposed());
    say("values final", &addendum_final());
    say("rule corrected", &rule_corrected());
    say("final rule in force", &rule_in_force());
    say(
        "proposal withdrawn",
        &phase(rule_published(), Phase::Withdrawn),
    );
    let page = Topic::national(Subject::Page("Example Health".to_owned()));
    let [was, now] = values(Attribute::Indications);
    let changed = step(&page, Attribute::Content, was, now, [&RVU20B, &RVU21A]);
    say("a payer's page", &alert(&RVU21A, vec![changed], vec![]));
    for kind in [
        ProblemKind::Unreachable,
        ProblemKind::Blocked,
        ProblemKind::Gone,
        ProblemKind::Shape,
        ProblemKind::Unstable,
        ProblemKind::Defect,
        ProblemKind::Concern,
        ProblemKind::DeliveryDead,
    ] {
        say(&format!("trouble: {kind}"), &operator(kind, false));
    }
    say("trouble is over", &operator(ProblemKind::Shape, true));
    assert!(situations > 100, "{situations}");
    insta::assert_snapshot!(table);
}
