//! Answers to the questions of the story.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::compose::{Setting, answer};
use crate::engine::fold::published_by;
use crate::engine::tests::{day, fact, status};
use crate::model::answer::{Answer, AnswerLine, Layer, Question};
use crate::model::attribute::Attribute;
use crate::model::fact::{Fact, Repost};
use crate::model::request::absent;
use crate::model::timeline::Period;
use crate::model::topic::{Pair, Place, Stage, Subject, Topic};
use crate::model::watch::NcdLink;

fn links() -> Vec<NcdLink> {
    vec![NcdLink {
        id: 373,
        section: "30.3.3".into(),
        codes: ["20560".parse().unwrap()].into(),
    }]
}

fn question(on: &str, published: Option<&str>) -> Question {
    Question {
        service: "20560".parse().unwrap(),
        on: day(on),
        place: None,
        as_published_on: published.map(day),
        as_known_on: None,
    }
}

fn ncd() -> Fact {
    let values = [
        (
            Attribute::Title,
            "Acupuncture for Chronic Lower Back Pain (cLBP)",
        ),
        (Attribute::EffectiveDate, "01/21/2020"),
        (Attribute::Indications, "CMS will cover acupuncture."),
        (
            Attribute::Limits,
            "only for chronic lower back pain (cLBP)\nAll types of acupuncture including dry needling for any condition other than cLBP are non-covered.",
        ),
    ];
    let mut fact = fact(
        "NCD 373",
        "2020-01-21",
        "2024-10-28",
        Subject::Policy("NCD 30.3.3".into()),
        &values,
    );
    Arc::make_mut(&mut fact.origin).edition.repost = Repost::Amends;
    fact
}

fn store() -> Vec<Fact> {
    vec![
        status("RVU20A", "2020-01-01", "2020-01-31", "N"),
        status("RVU20B", "2020-04-01", "2020-05-01", "A"),
        ncd(),
    ]
}

fn asked(on: &str, published: Option<&str>) -> Answer {
    let question = question(on, published);
    let facts = match question.as_published_on {
        Some(day) => published_by(&store(), day),
        None => store(),
    };
    answer(
        facts,
        &question,
        &Setting {
            links: &links(),
            billed_with: &BTreeSet::new(),
            localities: &BTreeSet::new(),
            known: &[],
        },
    )
}

fn says(answer: &Answer, layer: Layer) -> &AnswerLine {
    answer
        .lines
        .iter()
        .find(|line| line.layer == layer)
        .unwrap()
}

#[test]
fn the_layers_of_the_quarter_in_between_differ_and_are_said_to() {
    let answer = asked("2020-02-10", None);
    assert!(says(&answer, Layer::PfsStatus).says.starts_with("status N"));
    let ncd = says(&answer, Layer::Ncd);
    assert!(
        ncd.says.contains("01/21/2020") && ncd.says.contains("only for chronic lower back pain"),
        "{}",
        ncd.says
    );
    assert_eq!(
        ncd.days,
        Some(Period {
            from: day("2020-01-21"),
            until: None
        })
    );
    assert!(
        answer.summary.contains("The layers contradict each other"),
        "{}",
        answer.summary
    );
}

#[test]
fn payable_is_never_called_covered() {
    let answer = asked("2021-05-12", None);
    assert!(
        answer.summary.contains("payable if covered"),
        "{}",
        answer.summary
    );
    assert!(
        answer
            .summary
            .contains("only for chronic lower back pain (cLBP) (NCD 30.3.3)"),
        "{}",
        answer.summary
    );
}

#[test]
fn as_published_shows_nothing_that_came_later() {
    let answer = asked("2020-02-10", Some("2020-01-15"));
    let line = says(&answer, Layer::PfsStatus);
    assert!(line.says.starts_with("status N"), "{}", line.says);
    assert_eq!(
        line.days.and_then(|days| days.until),
        None,
        "April is not known yet"
    );
    assert!(line.caveats[0].contains("2020-01-31"), "{:?}", line.caveats);
    assert_eq!(says(&answer, Layer::Ncd).says, "not observed");
    assert!(!answer.summary.contains("30.3.3"), "{}", answer.summary);
}

#[test]
fn what_is_not_known_is_not_observed() {
    let answer = asked("2019-06-01", None);
    assert_eq!(says(&answer, Layer::PfsStatus).says, "not observed");
    assert!(answer.summary.contains("not observed"));
    assert!(
        says(&answer, Layer::Ncd)
            .says
            .contains("begins on 2020-01-21")
    );
    assert!(!answer.summary.contains("payable"));
}

/// Everything that can be known about the code in 2027: a layer each.
#[expect(clippy::too_many_lines, reason = "a list of facts")]
fn all_layers() -> (Vec<Fact>, Vec<Topic>) {
    let code = || Subject::Service("20560".parse().unwrap());
    let policy = |name: &str| Subject::Policy(name.to_owned());
    let passage = "20560 | II. Codes | 91 FR 43901 | we propose status A for 20560";
    let pair: Pair = "97140 with 20560".parse().unwrap();
    let mut staged = fact(
        "CMS-1900-P",
        "2028-01-01",
        "2027-07-10",
        code(),
        &[(Attribute::Status, "N")],
    );
    staged.statement.topic.stage = Stage::ProposedBy("CMS-1900-P".to_owned());
    let mut rule = fact(
        "FR 2027-1",
        "2027-07-10",
        "2027-07-10",
        Subject::Rule("2027-1".to_owned()),
        &[
            (Attribute::RuleKind, "proposed rule"),
            (Attribute::Docket, "CMS-1900-P"),
            (Attribute::CommentsClose, "2027-09-10"),
            (Attribute::Passages, passage),
        ],
    );
    rule.statement.topic.stage = Stage::ProposedBy("CMS-1900-P".to_owned());
    let mut local = fact(
        "A57201",
        "2025-01-01",
        "2025-01-01",
        policy("Article A57201"),
        &[
            (Attribute::Title, "Billing and Coding: Dry Needling"),
            (Attribute::ListedCodes, "20560, 20561"),
        ],
    );
    local.statement.topic.place = Place::Contractor("01112".to_owned());
    let facts = vec![
        fact(
            "RVU27A",
            "2027-01-01",
            "2026-12-20",
            code(),
            &[(Attribute::Status, "A")],
        ),
        ncd(),
        fact(
            "Therapy 2027",
            "2027-01-01",
            "2026-11-20",
            code(),
            &[(Attribute::TherapyDesignation, "sometimes")],
        ),
        fact(
            "OPPS 2027-01",
            "2027-01-01",
            "2026-12-28",
            code(),
            &[
                (Attribute::OppsStatus, "E1"),
                (Attribute::OppsApc, ""),
                (Attribute::OppsPayment, ""),
            ],
        ),
        fact(
            "MUE 2027-Q1",
            "2027-01-01",
            "2026-12-01",
            code(),
            &[
                (Attribute::MueUnits, "1"),
                (
                    Attribute::MueAdjudication,
                    "3 Date of Service Edit: Clinical",
                ),
            ],
        ),
        fact(
            "PTP 2027-Q1",
            "2020-01-01",
            "2026-12-01",
            Subject::Pair(pair),
            &[(Attribute::PtpModifier, "1")],
        ),
        local,
        fact(
            "CR 11661",
            "2020-01-21",
            "2020-02-14",
            policy("CR 11661"),
            &[
                (Attribute::Title, "April 2020 Update"),
                (Attribute::ChangeRequest, "11661"),
                (Attribute::ImplementationDate, "2020-04-06"),
                (Attribute::Passages, "20560 |  |  | 20560 status N to A"),
            ],
        ),
        fact(
            "NCA 400",
            "2027-03-01",
            "2027-03-01",
            policy("NCA CAG-00500N"),
            &[
                (Attribute::Title, "Acupuncture"),
                (Attribute::AnalysisStatus, "Open"),
            ],
        ),
        staged,
        rule,
    ];
    let known = facts
        .iter()
        .map(|fact| fact.statement.topic.clone())
        .collect();
    (facts, known)
}

fn ask(facts: Vec<Fact>, known: &[Topic], on: &str) -> Answer {
    answer(
        facts,
        &question(on, None),
        &Setting {
            links: &links(),
            billed_with: &["97110", "97140"].map(|code| code.parse().unwrap()).into(),
            localities: &BTreeSet::new(),
            known,
        },
    )
}

#[test]
fn every_layer_has_its_line_and_the_summary_names_what_limits() {
    let (facts, known) = all_layers();
    let answer = ask(facts, &known, "2027-08-01");
    let lines: Vec<(&str, &str)> = answer
        .lines
        .iter()
        .map(|line| (line.layer.id(), line.says.as_str()))
        .collect();
    for (layer, says) in [
        ("pfs_status", "status A"),
        ("ncd", "only for chronic lower back pain"),
        (
            "therapy",
            "sometimes therapy: therapy when a therapist furnishes it",
        ),
        (
            "opps",
            "status E1: not paid by Medicare on any outpatient claim",
        ),
        (
            "mue",
            "at most 1 for one patient and day (adjudication indicator 3",
        ),
        (
            "ptp",
            "beside 97140 on one day 20560 is not paid: unless a modifier",
        ),
        ("local_coverage", "Billing and Coding: Dry Needling"),
        (
            "instructions",
            "April 2020 Update; implementation 2020-04-06",
        ),
        ("pipeline", "CMS-1900-P proposes status N from 2028-01-01"),
        (
            "pipeline",
            "proposed rule, CMS-1900-P, comments close 2027-09-10: it names the code",
        ),
        ("pipeline", "coverage analysis, Open: Acupuncture"),
    ] {
        let of_layer: Vec<&str> = lines
            .iter()
            .filter(|line| line.0 == layer)
            .map(|line| line.1)
            .collect();
        assert!(
            of_layer.iter().any(|said| said.contains(says)),
            "{layer}: {of_layer:?}"
        );
    }
    assert_eq!(
        answer.summary,
        "20560 on 2027-08-01: payable if covered (status A). National coverage: only for chronic lower back pain (cLBP) (NCD 30.3.3). \
         Also: sometimes therapy; at most 1 for one patient and day; beside 97140 on one day 20560 is not paid: unless a modifier says \
         that it was separate and the record shows it; see Article A57201, contractor 01112. Who may furnish it, and what the record \
         must show, is in the documents cited. In the pipeline: CMS-1900-P proposes status N from 2028-01-01."
    );
    let [differs] = answer.contradictions.as_slice() else {
        panic!("{:?}", answer.contradictions);
    };
    assert!(differs.contains("OPPS status E1"), "{differs}");
}

#[test]
fn a_layer_that_was_not_read_says_so() {
    let answer = ask(vec![], &[], "2027-08-01");
    for line in &answer.lines {
        let links = line.layer == Layer::Ncd;
        assert!(links || line.says.starts_with("not observed"), "{line:?}");
    }
    let read = ask(store(), &[], "2021-05-12");
    assert!(
        read.summary.ends_with(
            "Therapy designation, units of a day, edits with other codes, contractor articles and other limits were not observed."
        ),
        "{}",
        read.summary
    );
}

#[test]
fn an_analysis_that_is_over_is_not_in_the_pipeline() {
    let (mut facts, known) = all_layers();
    let subject = Subject::Policy("NCA CAG-00500N".to_owned());
    let over = [(Attribute::AnalysisStatus, "Closed")];
    facts.push(fact(
        "NCA 400 closed",
        "2027-07-01",
        "2027-07-01",
        subject,
        &over,
    ));
    let answer = ask(facts, &known, "2027-08-01");
    let analyses = answer
        .lines
        .iter()
        .filter(|line| line.says.contains("analysis"));
    assert_eq!(analyses.count(), 0);
}

#[test]
fn a_pair_that_ended_or_never_was_is_no_limit() {
    let (mut facts, known) = all_layers();
    let mut ended = facts[5].clone();
    ended.statement.from = day("2027-06-01");
    ended.statement.values = absent(&[Attribute::PtpModifier]);
    facts.push(ended);
    let answer = ask(facts, &known, "2027-08-01");
    assert_eq!(
        says(&answer, Layer::Pairs).says,
        "no edit of that day with 97110, 97140"
    );
}

#[test]
fn a_rule_of_the_past_and_one_to_come_are_not_in_the_pipeline_of_the_day() {
    let (facts, known) = all_layers();
    for on in ["2027-03-15", "2029-03-15"] {
        let answer = ask(facts.clone(), &known, on);
        let rules = answer
            .lines
            .iter()
            .filter(|line| line.says.contains("CMS-1900-P"));
        assert_eq!(rules.count(), 0, "{on}");
    }
}

#[test]
fn a_document_that_reaches_back_contradicts_what_was_public_on_the_day() {
    let mut order = status("CR 11661", "2020-01-21", "2020-02-14", "A");
    let origin = Arc::make_mut(&mut order.origin);
    origin.edition.begins = day("2020-02-14");
    "transmittals".clone_into(&mut origin.source);
    let facts = || {
        let mut facts = store();
        facts.push(order.clone());
        facts
    };
    let told = |on: &str| ask(facts(), &[], on).contradictions;
    let [named] = &told("2020-02-10")[..] else {
        panic!("{:?}", told("2020-02-10"));
    };
    assert!(
        named.starts_with("RVU20A (published 2020-01-31) says status N for this day; CR 11661, published later (2020-02-14), moved it to A"),
        "{named}"
    );
    for on in ["2020-01-15", "2020-03-01", "2021-01-01"] {
        assert_eq!(told(on), Vec::<String>::new(), "{on}");
    }
}

proptest! {
    #[test]
    fn no_summary_says_covered_without_if_or_not(
        letter in prop::sample::select(vec!["A", "N", "B", "C", "R", "I", "X", "?"]),
        therapy in prop::option::of(prop::sample::select(vec!["always", "sometimes"])),
        opps in prop::option::of(prop::sample::select(vec!["S", "E1", "N"])),
        with_ncd in any::<bool>(),
    ) {
        let code = || Subject::Service("20560".parse().unwrap());
        let mut facts = vec![status("RVU20B", "2020-04-01", "2020-05-01", letter)];
        facts.extend(therapy.map(|word| fact("T", "2020-01-01", "2019-12-01", code(), &[(Attribute::TherapyDesignation, word)])));
        facts.extend(opps.map(|word| fact("O", "2020-01-01", "2019-12-01", code(), &[(Attribute::OppsStatus, word)])));
        facts.extend(with_ncd.then(ncd));
        let summary = ask(facts, &[], "2020-06-01").summary;
        let bare = summary
            .replace("if covered", "")
            .replace("not covered", "")
            .replace("non-covered", "");
        prop_assert!(!bare.contains("covered"), "{}", summary);
    }
}
