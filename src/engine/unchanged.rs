//! Which layers of coverage a document leaves as they were, so that whoever reads of one layer does not
//! take it for all.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::model::alert::Unchanged;
use crate::model::answer::{Answer, AnswerLine, Layer};
use crate::model::attribute::Attribute;
use crate::model::change::{Change, Judged};
use crate::model::code::Service;
use crate::model::topic::{Stage, Subject};
use crate::model::watch::{Codes, Watch};

/// Most codes of which the layers are looked at for one document.
const MOST_SERVICES: usize = 4;

/// The watched codes that the changes are about, and the first date of service of the gravest; `changes`
/// are sorted by gravity.
///
/// What is about no code in particular (a rule, a schedule, a determination without a link) is about all that
/// are named; a configured page is about none.
pub fn codes_told(changes: &[Judged], watch: &Watch) -> Option<(BTreeSet<Service>, NaiveDate)> {
    let on = changes.first()?.change.days.from;
    let mut services = BTreeSet::new();
    let mut is_general = false;
    for judged in changes {
        match &judged.change.key.topic.subject {
            Subject::Service(service) => services.extend([*service]),
            Subject::Pair(pair) => services.extend(
                [pair.column1, pair.column2]
                    .map(Service::plain)
                    .into_iter()
                    .filter(|service| watch.codes.contains(*service)),
            ),
            Subject::Policy(name) => match link(name, watch) {
                Some(codes) => services.extend(codes),
                None => is_general = true,
            },
            Subject::Schedule(_) | Subject::Rule(_) => is_general = true,
            Subject::Page(_) => {}
        }
    }
    if let (true, true, Codes::Named(named)) = (is_general, services.is_empty(), &watch.codes) {
        services.extend(named.iter().copied());
    }
    let services: BTreeSet<Service> = services.into_iter().take(MOST_SERVICES).collect();
    (!services.is_empty()).then_some((services, on))
}

/// The watched codes that a determination governs.
fn link(name: &str, watch: &Watch) -> Option<Vec<Service>> {
    let section = name.strip_prefix("NCD ")?;
    let link = watch.ncds.values().find(|link| link.section == section)?;
    let governed = link.codes.iter().copied().map(Service::plain);
    Some(
        governed
            .filter(|service| watch.codes.contains(*service))
            .collect(),
    )
}

/// The layers that say the same without and with the document, and that none of its changes is about; each
/// with the codes of which they do.
///
pub fn unchanged(answers: &[(Answer, Answer)], changes: &[Judged]) -> Vec<Unchanged> {
    let mut all: Vec<Unchanged> = Vec::new();
    for (before, after) in answers {
        for line in &after.lines {
            let is_touched = || changes.iter().any(|judged| touches(&judged.change, line));
            let stays = || before.lines.iter().any(|old| says_the_same(old, line));
            if !decides(line.layer) || is_touched() || !stays() {
                continue;
            }
            let known = all
                .iter_mut()
                .find(|known| known.layer == line.layer && known.says == line.says);
            match known {
                Some(known) if known.subjects.contains(&line.subject) => {}
                Some(known) => known.subjects.push(line.subject.clone()),
                None => all.push(Unchanged {
                    layer: line.layer,
                    subjects: vec![line.subject.clone()],
                    says: line.says.clone(),
                    on: after.question.on,
                }),
            }
        }
    }
    all.sort_by_key(|line| line.layer);
    all
}

/// Whether coverage is decided there. Amounts have a section of their own in a mail; instructions, and what is
/// in the pipeline, decide nothing by themselves.
fn decides(layer: Layer) -> bool {
    match layer {
        Layer::PfsStatus
        | Layer::Ncd
        | Layer::PfsPayment
        | Layer::Therapy
        | Layer::Opps
        | Layer::Units
        | Layer::Pairs
        | Layer::Local => true,
        Layer::Dollars | Layer::Locality | Layer::Instructions | Layer::Pipeline => false,
    }
}

fn says_the_same(old: &AnswerLine, new: &AnswerLine) -> bool {
    (old.layer, &old.subject, &old.says) == (new.layer, &new.subject, &new.says)
}

/// Whether a change is of what a line is about, even where the line, which is short, says the same.
fn touches(change: &Change, line: &AnswerLine) -> bool {
    use Attribute as A;
    let topic = &change.key.topic;
    if topic.stage != Stage::InForce {
        return false;
    }
    match &topic.subject {
        Subject::Pair(_) => line.layer == Layer::Pairs,
        Subject::Policy(name) => line.subject.starts_with(name.as_str()),
        Subject::Rule(_) | Subject::Page(_) => false,
        Subject::Service(_) | Subject::Schedule(_) => {
            let attribute = change.key.attribute;
            let of = |some: &[A]| some.contains(&attribute);
            let layer = if of(&[A::Status, A::NotUsed]) {
                Layer::PfsStatus
            } else if of(&[A::TherapyDesignation, A::TherapyNote]) {
                Layer::Therapy
            } else if of(&[A::MueUnits, A::MueAdjudication, A::MueRationale]) {
                Layer::Units
            } else if of(&[
                A::OppsStatus,
                A::OppsApc,
                A::OppsWeight,
                A::OppsPayment,
                A::OppsNationalCopay,
                A::OppsMinimumCopay,
            ]) {
                Layer::Opps
            } else {
                Layer::PfsPayment
            };
            line.layer == layer
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::engine::answer::{Setting, answer};
    use crate::engine::diff::diff;
    use crate::engine::fold::fold;
    use crate::engine::tests::fact;
    use crate::model::answer::Question;
    use crate::model::change::Severity;
    use crate::model::fact::Fact;
    use crate::model::topic::{Place, Topic};
    use crate::model::watch::NcdLink;

    fn watch() -> Watch {
        let codes = ["20560", "20561"];
        let link = NcdLink {
            id: 373,
            section: "30.3.3".to_owned(),
            codes: codes.map(|code| code.parse().unwrap()).into(),
        };
        Watch {
            codes: Codes::Named(codes.map(|code| code.parse().unwrap()).into()),
            look_alikes: BTreeSet::new(),
            words: BTreeSet::new(),
            billed_with: BTreeSet::new(),
            localities: BTreeSet::new(),
            ncds: BTreeMap::from([(373, link)]),
        }
    }

    fn row(edition: &str, begins: &str, code: &str, values: &[(Attribute, &str)]) -> Fact {
        let subject = Subject::Service(code.parse().unwrap());
        fact(edition, begins, begins, subject, values)
    }

    fn judged(change: Change) -> Judged {
        Judged {
            change,
            severity: Severity::Coverage,
            beside: Vec::new(),
        }
    }

    /// What a mail about the new facts says of layers: each as `layer, subjects, says`.
    fn said(old: &[Fact], new: &[Fact]) -> Vec<String> {
        let watch = watch();
        let all: Vec<Fact> = old.iter().chain(new).cloned().collect();
        let changes: Vec<Judged> = diff(&fold(old.to_vec()), &fold(all.clone()))
            .into_iter()
            .filter(|change| change.was.is_some())
            .map(judged)
            .collect();
        let (services, on) = codes_told(&changes, &watch).unwrap();
        let links: Vec<NcdLink> = watch.ncds.values().cloned().collect();
        let setting = Setting {
            links: &links,
            billed_with: &watch.billed_with,
            localities: &watch.localities,
            known: &[],
        };
        let answers: Vec<(Answer, Answer)> = services
            .into_iter()
            .map(|service| {
                let question = Question::of(service, on);
                let asked = |facts: &[Fact]| answer(facts.to_vec(), &question, &setting);
                (asked(old), asked(&all))
            })
            .collect();
        unchanged(&answers, &changes)
            .iter()
            .map(|one| {
                let says: String = one.says.chars().take(30).collect();
                format!("{}, {}: {says}", one.layer.id(), one.subjects.join(" "))
            })
            .collect()
    }

    #[test]
    fn what_moved_is_not_said_to_stay_and_the_rest_is() {
        let a = "2020-01-01";
        let old = ["20560", "20561"].map(|code| {
            row(
                "RVU20A",
                a,
                code,
                &[(Attribute::Status, "N"), (Attribute::PcTc, "9")],
            )
        });
        let status = [row(
            "RVU20B",
            "2020-04-01",
            "20560",
            &[(Attribute::Status, "A")],
        )];
        let of_status = said(&old, &status);
        assert!(of_status.iter().all(|line| !line.starts_with("pfs_status")));
        assert!(of_status.contains(&"mue, 20560: not observed".to_owned()));
        assert!(
            of_status
                .iter()
                .any(|line| line.starts_with("ncd, NCD 30.3.3"))
        );

        // The line of a layer is short: that it says the same does not mean that nothing of it moved.
        let indicator = ["20560", "20561"]
            .map(|code| row("RVU20B", "2020-04-01", code, &[(Attribute::PcTc, "0")]));
        let of_indicator = said(&old, &indicator);
        assert!(
            of_indicator
                .iter()
                .all(|line| !line.starts_with("pfs_payment"))
        );
        let status = of_indicator
            .iter()
            .find(|line| line.starts_with("pfs_status"));
        assert!(
            status.is_some_and(|line| line.starts_with("pfs_status, 20560 20561: status N")),
            "{of_indicator:?}"
        );
    }

    #[test]
    fn a_determination_that_moved_is_not_said_to_stay() {
        let text = |published: &str, words: &str| {
            let values = [
                (Attribute::Title, "Acupuncture"),
                (Attribute::Indications, words),
            ];
            let subject = Subject::Policy("NCD 30.3.3".to_owned());
            fact("NCD 373", published, published, subject, &values)
        };
        let old = [
            text("2020-01-21", "Twelve visits."),
            row("RVU20A", "2020-01-01", "20560", &[(Attribute::Status, "A")]),
        ];
        let lines = said(&old, &[text("2021-05-01", "Ten visits.")]);
        assert!(
            lines.iter().all(|line| !line.starts_with("ncd")),
            "{lines:?}"
        );
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("pfs_status, 20560: status A")),
            "{lines:?}"
        );
    }

    #[test]
    fn what_a_rule_proposes_changes_no_layer() {
        let proposed = |edition: &str, letter: &str| {
            let mut fact = row(
                edition,
                "2027-01-01",
                "20560",
                &[(Attribute::Status, letter)],
            );
            fact.statement.topic = Topic {
                subject: Subject::Service("20560".parse().unwrap()),
                place: Place::National,
                stage: Stage::ProposedBy("CMS-1848".to_owned()),
            };
            fact
        };
        let old = [
            row("RVU26A", "2026-01-01", "20560", &[(Attribute::Status, "A")]),
            proposed("CMS-1848-P", "A"),
        ];
        let lines = said(&old, &[proposed("CMS-1848-P2", "N")]);
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("pfs_status, 20560: status A")),
            "{lines:?}"
        );
    }

    #[test]
    fn a_configured_page_is_about_no_code() {
        let watch = watch();
        let page = Subject::Page("benefits".to_owned());
        let said = |day: &str, words: &str| {
            let values = [(Attribute::Content, words)];
            fact("page", day, day, page.clone(), &values)
        };
        let (old, new) = (said("2020-01-01", "one"), said("2020-02-01", "two"));
        let changes: Vec<Judged> = diff(&fold(vec![old.clone()]), &fold(vec![old, new]))
            .into_iter()
            .map(judged)
            .collect();
        assert!(!changes.is_empty());
        assert_eq!(codes_told(&changes, &watch), None);
        assert_eq!(codes_told(&[], &watch), None);
    }
}
