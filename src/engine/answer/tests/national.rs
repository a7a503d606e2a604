//! National coverage: which determination holds, and which is named first.

use super::made::{ask, ncd, question, says};
use crate::engine::answer::compose::{Setting, answer};
use crate::engine::tests::{day, fact, status};
use crate::model::answer::Layer;
use crate::model::attribute::Attribute;
use crate::model::fact::{Fact, Observation};
use crate::model::request::absent;
use crate::model::topic::Subject;
use crate::model::watch::NcdLink;

fn active() -> Fact {
    status("RVU19A", "2019-01-01", "2018-12-20", "A")
}

#[test]
fn a_determination_to_come_or_ended_is_no_national_coverage() {
    let mut ended = ncd();
    ended.statement.from = day("2021-01-01");
    ended.statement.values = absent(&[Attribute::Indications, Attribute::Limits]);
    let facts = vec![active(), ncd(), ended];
    for (on, says_line, says_summary) in [
        (
            "2020-01-20",
            "not in force on this day; it begins on 2020-01-21",
            "No national coverage determination is known to hold on that day.",
        ),
        (
            "2020-01-21",
            "Acupuncture for Chronic Lower Back Pain (cLBP); effective 01/21/2020; only for chronic lower back pain (cLBP)",
            "National coverage: only for chronic lower back pain (cLBP) (NCD 30.3.3).",
        ),
        (
            "2021-01-01",
            "ended: the determination no longer holds",
            "No national coverage determination is known to hold on that day.",
        ),
    ] {
        let answer = ask(facts.clone(), &[], on);
        assert_eq!(says(&answer, Layer::Ncd).says, says_line, "{on}");
        assert!(answer.summary.contains(says_summary), "{}", answer.summary);
    }
}

#[test]
fn the_determination_that_has_a_watched_word_is_named_first() {
    let determination = |section: &str, limits, mentions| {
        let name = format!("NCD {section}");
        let values = [
            (Attribute::Indications, "CMS will cover it."),
            (Attribute::Limits, limits),
            (Attribute::Mentions, mentions),
        ];
        let subject = Subject::Policy(name.clone());
        fact(&name, "2019-01-01", "2019-01-01", subject, &values)
    };
    let links = ["30.3", "30.3.3"].map(|section| NcdLink {
        id: 1,
        section: section.to_owned(),
        codes: ["20560".parse().unwrap()].into(),
    });
    for (first, second, named) in [
        (
            "",
            "dry needling",
            "only for the back (NCD 30.3.3); only for pain (NCD 30.3)",
        ),
        (
            "dry needling",
            "",
            "only for pain (NCD 30.3); only for the back (NCD 30.3.3)",
        ),
    ] {
        let facts = vec![
            active(),
            determination("30.3", "only for pain", first),
            determination("30.3.3", "only for the back", second),
        ];
        let setting = Setting {
            links: &links,
            billed_with: &[].into(),
            localities: &[].into(),
            known: &[],
        };
        let summary = answer(facts, &question("2020-02-10", None), &setting).summary;
        assert!(
            summary.contains(&format!("National coverage: {named}.")),
            "{summary}"
        );
    }
}

#[test]
fn a_determination_that_cms_no_longer_lists_says_so() {
    for (listed, says_so) in [
        (None, false),
        (Some(Observation::text("yes")), false),
        (Some(Observation::Absent), true),
    ] {
        let mut facts = vec![active(), ncd()];
        facts.extend(listed.clone().map(|observation| {
            let mut list = ncd();
            list.statement.values = std::sync::Arc::new([(Attribute::Listed, observation)].into());
            list
        }));
        let answer = ask(facts, &[], "2020-02-10");
        let caveats = &says(&answer, Layer::Ncd).caveats;
        let expected: &[&str] = if says_so {
            &["CMS no longer lists this determination"]
        } else {
            &[]
        };
        assert_eq!(caveats, expected, "{listed:?}");
    }
}
