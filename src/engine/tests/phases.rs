//! How far what an alert tells has come, and the rule that it names.

use super::made::fact;
use super::occasion::{release, service, told, verdict};
use crate::model::alert::{ChangeAlert, Phase, RuleBrief};
use crate::model::attribute::Attribute;
use crate::model::fact::Fact;
use crate::model::topic::{Stage, Subject};

fn proposed(docket: &str) -> Stage {
    Stage::ProposedBy(docket.to_owned())
}

fn made_final(docket: &str) -> Stage {
    Stage::FinalBy(docket.to_owned())
}

/// The status of 20560 in the tables of a document.
fn table(document: &str, published: &str, stage: Stage, letter: &str) -> Fact {
    let values = [(Attribute::Status, letter)];
    let mut fact = fact(document, "2027-01-01", published, service("20560"), &values);
    fact.statement.topic.stage = stage;
    fact
}

/// A document of the Federal Register as it is recorded there.
fn document(
    number: &str,
    published: &str,
    stage: Stage,
    kind: &str,
    more: &[(Attribute, &str)],
) -> Fact {
    let mut values = vec![
        (Attribute::RuleKind, kind),
        (Attribute::PublishedOn, published),
    ];
    values.extend(more);
    let subject = Subject::Rule(number.to_owned());
    let mut fact = fact(number, published, published, subject, &values);
    fact.statement.topic.stage = stage;
    fact
}

fn in_force(letter: &str) -> Fact {
    release(
        "RVU26A",
        "2026-01-01",
        "20560",
        &[(Attribute::Status, letter)],
    )
}

/// The alert about a document that announces what it names first.
fn alert(before: &[Fact], new: Fact) -> ChangeAlert {
    told(&verdict(before, &[new], false, true))
}

#[test]
fn the_first_table_of_a_rule_corrects_nothing() {
    for (stage, phase) in [
        (proposed("CMS-1848-P"), Phase::Proposed),
        (made_final("CMS-1848-F"), Phase::Final),
    ] {
        let new = table("2026-14327", "2026-07-16", stage, "A");
        assert_eq!(alert(&[in_force("N")], new).phase, phase);
    }
}

#[test]
fn a_rule_whose_table_says_something_else_than_before_was_corrected() {
    for stage in [proposed("CMS-1848-P"), made_final("CMS-1848-F")] {
        let first = table("2026-14327", "2026-07-16", stage.clone(), "A");
        let second = table("2026-16001", "2026-08-14", stage, "R");
        let alert = alert(&[in_force("N"), first], second);
        assert_eq!(alert.phase, Phase::Corrected);
    }
}

#[test]
fn what_comes_into_force_in_another_release_is_in_force() {
    let next = release("RVU26B", "2026-04-01", "20560", &[(Attribute::Status, "A")]);
    assert_eq!(alert(&[in_force("N")], next).phase, Phase::InForce);
}

#[test]
fn a_rule_that_was_filed_and_is_now_published_is_not_corrected() {
    let kind = "proposed rule";
    let recorded = |published: &str, citation: &str| {
        let citation = [(Attribute::Citation, citation)];
        let stage = proposed("CMS-1848-P");
        document("2026-14327", published, stage, kind, &citation)
    };
    let (filed, published) = (
        recorded("2026-07-14", ""),
        recorded("2026-07-16", "91 FR 43842"),
    );
    assert_eq!(alert(&[filed], published).phase, Phase::Proposed);
}

#[test]
fn a_document_says_itself_that_it_corrects_or_withdraws() {
    for (kind, phase) in [
        ("proposed rule", Phase::Proposed),
        ("correction", Phase::Corrected),
        ("withdrawal", Phase::Withdrawn),
    ] {
        // Only its kind says so; its title may be what it likes.
        let title = [(Attribute::Title, "withdrawal")];
        let stage = proposed("CMS-1848-X");
        let new = document("2026-16001", "2026-08-14", stage, kind, &title);
        assert_eq!(alert(&[], new).phase, phase, "{kind}");
    }
}

/// Two rulemakings with all their documents.
fn register() -> Vec<Fact> {
    vec![
        document(
            "2026-14327",
            "2026-07-16",
            proposed("CMS-1848-P"),
            "proposed rule",
            &[
                (Attribute::Title, "Calendar Year 2027 Payment Policies"),
                (Attribute::Citation, "91 FR 43842"),
                (Attribute::CommentsClose, "2026-09-14"),
            ],
        ),
        document(
            "2026-16001",
            "2026-08-14",
            proposed("CMS-1848-CN"),
            "correction",
            &[],
        ),
        document(
            "2026-20001",
            "2026-11-05",
            made_final("CMS-1848-F"),
            "final rule",
            &[(Attribute::EffectiveDate, "2027-01-01")],
        ),
        document(
            "2026-21001",
            "2026-11-20",
            made_final("CMS-1848-CN2"),
            "correction",
            &[],
        ),
        document(
            "2026-30001",
            "2026-12-01",
            proposed("CMS-1900-P"),
            "proposed rule",
            &[],
        ),
        document(
            "2026-30002",
            "2026-12-02",
            made_final("CMS-1900-F"),
            "final rule",
            &[],
        ),
    ]
}

#[test]
fn an_alert_names_the_rule_of_its_own_rulemaking() {
    let mut before = register();
    before.push(in_force("N"));
    let proposal = table("table P", "2026-07-16", proposed("CMS-1848-P"), "A");
    let alert_of_proposal = alert(&before, proposal.clone());
    assert_eq!(alert_of_proposal.thread.as_deref(), Some("CMS-1848"));
    assert_eq!(
        alert_of_proposal.rule.as_deref(),
        Some(&RuleBrief {
            docket: "CMS-1848-P".to_owned(),
            number: "2026-14327".to_owned(),
            citation: "91 FR 43842".to_owned(),
            title: "Calendar Year 2027 Payment Policies".to_owned(),
            comments_close: "2026-09-14".to_owned(),
            effective: String::new(),
        })
    );

    let rule = |new: Fact| {
        let alert = alert(&before, new);
        let rule = alert.rule.as_deref();
        (alert.phase, rule.map(|rule| rule.number.clone()))
    };
    let named = |number: &str| Some(number.to_owned());
    let last = table("table F", "2026-11-05", made_final("CMS-1848-F"), "A");
    assert_eq!(rule(last), (Phase::Final, named("2026-20001")));
    // Of this rulemaking no document is known.
    let unknown = table("table Q", "2026-07-16", proposed("CMS-1777-P"), "A");
    assert_eq!(rule(unknown), (Phase::Proposed, None));
}

#[test]
fn what_comes_into_force_names_the_latest_rule() {
    let mut before = register();
    before.push(in_force("N"));
    before.push(table(
        "table F",
        "2026-11-05",
        made_final("CMS-1848-F"),
        "A",
    ));
    let next = release("RVU27A", "2027-01-01", "20560", &[(Attribute::Status, "A")]);
    let alert = alert(&before, next);
    let rule = alert.rule.as_deref().map(|rule| rule.number.as_str());
    assert_eq!((alert.phase, rule), (Phase::InForce, Some("2026-20001")));
}
