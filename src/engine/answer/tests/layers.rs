//! Every layer, and what is on its way.

use super::made::{ask, ncd, says, store};
use crate::engine::tests::{day, fact};
use crate::model::answer::Layer;
use crate::model::attribute::Attribute;
use crate::model::fact::Fact;
use crate::model::request::absent;
use crate::model::topic::{Pair, Place, Stage, Subject, Topic};

/// Everything that can be known about the code in 2027: a layer each.
#[expect(clippy::too_many_lines, reason = "a list of facts")]
pub(super) fn all_layers() -> (Vec<Fact>, Vec<Topic>) {
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
