//! A practice, and what follows for it from a document.

use std::collections::{BTreeMap, BTreeSet};

use super::made::{day, fact};
use crate::engine::diff::diff;
use crate::engine::fold::fold;
use crate::engine::judge::{Occasion, Verdict, judge};
use crate::model::alert::{AlertBody, ChangeAlert};
use crate::model::attribute::Attribute;
use crate::model::fact::Fact;
use crate::model::topic::Subject;
use crate::model::watch::{Codes, Watch};

pub(super) fn watch() -> Watch {
    Watch {
        codes: Codes::Named(["20560", "20561"].map(|c| c.parse().unwrap()).into()),
        look_alikes: BTreeSet::from(["97810".parse().unwrap()]),
        words: BTreeSet::new(),
        billed_with: [].into(),
        localities: BTreeSet::new(),
        ncds: BTreeMap::new(),
    }
}

pub(super) fn service(code: &str) -> Subject {
    Subject::Service(code.parse().unwrap())
}

pub(super) fn release(
    edition: &str,
    begins: &str,
    code: &str,
    values: &[(Attribute, &str)],
) -> Fact {
    fact(edition, begins, begins, service(code), values)
}

/// What follows from the new facts, which are of one document, for whoever watches this.
pub(super) fn verdict_for(
    watch: &Watch,
    before: &[Fact],
    new: &[Fact],
    baseline: bool,
    announces_new: bool,
) -> Verdict {
    let all: Vec<Fact> = before.iter().chain(new).cloned().collect();
    let changes = diff(&fold(before.to_vec()), &fold(all.clone()));
    let occasion = Occasion {
        watch,
        source_title: "Physician Fee Schedule",
        origin: &new[0].origin,
        baseline,
        announces_new,
        thread: None,
        severity: None,
        beliefs: &fold(all),
        now: day("2020-05-02").and_hms_opt(0, 0, 0).unwrap().and_utc(),
    };
    judge(changes, &occasion)
}

pub(super) fn verdict(
    before: &[Fact],
    new: &[Fact],
    baseline: bool,
    announces_new: bool,
) -> Verdict {
    verdict_for(&watch(), before, new, baseline, announces_new)
}

pub(super) fn told(verdict: &Verdict) -> ChangeAlert {
    match verdict.alert.as_ref().map(|alert| &alert.body) {
        Some(AlertBody::Change(alert)) => alert.clone(),
        other => panic!("no alert: {other:?}"),
    }
}
