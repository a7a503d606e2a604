//! The quarter in which the determination held and the fee schedule did not pay yet.

use std::collections::BTreeSet;

use super::made::{links, question, says, store};
use crate::engine::answer::compose::{Setting, answer};
use crate::engine::fold::published_by;
use crate::engine::tests::day;
use crate::model::answer::{Answer, Layer};
use crate::model::timeline::Period;

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
