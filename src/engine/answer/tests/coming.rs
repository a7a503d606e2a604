//! On which days a rule is on its way, and what is told of it.

use chrono::Days;

use super::made::{all_say, ask, code};
use crate::engine::tests::{day, fact, status};
use crate::model::answer::Layer;
use crate::model::attribute::Attribute;
use crate::model::fact::{Fact, Observation};
use crate::model::topic::{Stage, Subject};

/// What the pipeline says on a day when the store has this document alone.
fn told(document: &Fact, on: &str) -> Vec<String> {
    let known = [document.statement.topic.clone()];
    let answer = ask(vec![document.clone()], &known, on);
    all_say(&answer, Layer::Pipeline)
        .into_iter()
        .filter(|says| *says != "not observed")
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn a_status_by_a_rule_is_told_from_its_publication_through_its_first_year() {
    let by_rule = |begins, published| {
        let mut staged = status("CMS-1900-F", begins, published, "N");
        staged.statement.topic.stage = Stage::FinalBy("CMS-1900-F".to_owned());
        staged
    };
    // A leap year has its last day too.
    let ahead = by_rule("2028-01-01", "2027-11-05");
    for (on, is_told) in [
        ("2027-11-04", false),
        ("2027-11-05", true),
        ("2027-12-31", true),
        ("2028-01-01", true),
        ("2028-12-31", true),
        ("2029-01-01", false),
    ] {
        let expected: &[&str] = if is_told {
            &["CMS-1900-F makes final status N from 2028-01-01"]
        } else {
            &[]
        };
        assert_eq!(told(&ahead, on), expected, "{on}");
    }
    let reaches_back = by_rule("2028-01-01", "2028-02-10");
    for (on, count) in [("2027-12-31", 0), ("2028-01-01", 1), ("2028-02-10", 1)] {
        assert_eq!(told(&reaches_back, on).len(), count, "{on}");
    }
}

#[test]
fn a_proposal_is_told_until_the_final_rule_of_its_rulemaking_is_published() {
    let staged = |stage: Stage, published, code| {
        let mut staged = status(&stage.to_string(), "2028-01-01", published, code);
        staged.statement.topic.stage = stage;
        staged
    };
    let proposed = staged(
        Stage::ProposedBy("CMS-1900-P".to_owned()),
        "2027-07-10",
        "A",
    );
    let as_proposed = "CMS-1900-P proposes status A from 2028-01-01";
    for (docket, on, expected) in [
        ("CMS-1900-F", "2027-11-04", vec![as_proposed]),
        (
            "CMS-1900-F",
            "2027-11-05",
            vec!["CMS-1900-F makes final status N from 2028-01-01"],
        ),
        (
            "CMS-1900-F",
            "2028-06-01",
            vec!["CMS-1900-F makes final status N from 2028-01-01"],
        ),
        // The final rule of another rulemaking decides nothing about this one.
        (
            "CMS-1901-F",
            "2027-11-05",
            vec![
                as_proposed,
                "CMS-1901-F makes final status N from 2028-01-01",
            ],
        ),
    ] {
        let decided = staged(Stage::FinalBy(docket.to_owned()), "2027-11-05", "N");
        let known = [&proposed, &decided].map(|fact| fact.statement.topic.clone());
        let answer = ask(vec![proposed.clone(), decided], &known, on);
        assert_eq!(all_say(&answer, Layer::Pipeline), expected, "{docket} {on}");
    }
}

#[test]
fn a_rule_document_is_told_from_its_publication_for_four_hundred_days() {
    let published = day("2027-07-10");
    let rule = fact(
        "FR 2027-1",
        "2027-07-10",
        "2027-07-10",
        Subject::Rule("2027-1".to_owned()),
        &[
            (Attribute::RuleKind, "proposed rule"),
            (Attribute::Passages, "20560 |  |  | of 20560"),
        ],
    );
    for (days, count) in [(0, 1), (400, 1), (401, 0)] {
        let on = published.checked_add_days(Days::new(days)).unwrap();
        assert_eq!(told(&rule, &on.to_string()).len(), count, "{on}");
    }
    assert_eq!(told(&rule, "2027-07-09").len(), 0);
}

#[test]
fn a_rule_document_tells_of_itself_what_it_has() {
    let rule = |comments: Observation| {
        let mut rule = fact(
            "FR 2027-1",
            "2027-07-10",
            "2027-07-10",
            Subject::Rule("2027-1".to_owned()),
            &[
                (Attribute::RuleKind, "proposed rule"),
                (Attribute::Docket, "CMS-1900-P"),
                (Attribute::Citation, ""),
                (Attribute::Passages, "20560 |  |  | of 20560"),
            ],
        );
        let values = std::sync::Arc::make_mut(&mut rule.statement.values);
        values.insert(Attribute::CommentsClose, comments);
        rule
    };
    for (comments, says) in [
        (
            Observation::text("2027-09-10"),
            ", comments close 2027-09-10",
        ),
        (Observation::text(""), ""),
        (Observation::Absent, ""),
    ] {
        assert_eq!(
            told(&rule(comments), "2027-08-01"),
            [format!(
                "proposed rule, CMS-1900-P{says}: it names the code"
            )]
        );
    }
}

#[test]
fn a_rule_about_another_code_is_not_on_its_way_for_this_one() {
    let mut other = status("CMS-1900-F", "2028-01-01", "2027-11-05", "N");
    other.statement.topic.subject = Subject::Service("20561".parse().unwrap());
    other.statement.topic.stage = Stage::FinalBy("CMS-1900-F".to_owned());
    assert_eq!(told(&other, "2027-12-01"), Vec::<String>::new());
    other.statement.topic.subject = code();
    assert_eq!(told(&other, "2027-12-01").len(), 1);
}
