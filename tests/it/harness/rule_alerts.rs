//! Alerts of a made rulemaking, as the checks raise them: published, proposed in Addendum B, made final
//! otherwise than proposed, corrected, in force.
#![expect(
    unreachable_pub,
    reason = "one word for what the tests share, whichever module needs it"
)]

use coverd::model::alert::{Alert, AlertBody, ChangeAlert, Phase, RuleBrief};
use coverd::model::attribute::Attribute;
use coverd::model::change::{Beside, Judged, Severity};
use coverd::model::fact::Observation;
use coverd::model::passage::Passage;
use coverd::model::topic::{Stage, Subject, Topic};

use super::alerts::{Posting, RVU20B, Step, alert, code};

const PROPOSAL: Posting = Posting {
    source: "federal_register",
    edition: "FR 2026-14327",
    url: "https://www.federalregister.gov/documents/full_text/xml/2026/07/16/2026-14327.xml",
    begins: "2026-07-16",
    published: "2026-07-16",
    learned: "2026-07-16T13:05:00Z",
    byte: 0x41,
};
const CORRECTION: Posting = Posting {
    edition: "FR 2026-20001",
    url: "https://www.federalregister.gov/documents/full_text/xml/2026/12/02/2026-20001.xml",
    begins: "2026-12-02",
    published: "2026-12-02",
    learned: "2026-12-02T13:05:00Z",
    byte: 0x44,
    ..PROPOSAL
};
const ADDENDUM_P: Posting = Posting {
    source: "pfs_rules",
    edition: "CMS-1848-P Addendum B",
    url: "https://www.cms.gov/files/zip/cy-2027-pfs-proposed-rule-addenda.zip",
    begins: "2027-01-01",
    published: "2026-07-16",
    learned: "2026-07-16T14:05:00Z",
    byte: 0x42,
};
const ADDENDUM_F: Posting = Posting {
    edition: "CMS-1848-F Addendum B",
    url: "https://www.cms.gov/files/zip/cy-2027-pfs-final-rule-addenda.zip",
    published: "2026-11-05",
    learned: "2026-11-05T14:05:00Z",
    byte: 0x43,
    ..ADDENDUM_P
};
const RVU27A: Posting = Posting {
    source: "pfs",
    edition: "RVU27A",
    url: "https://www.cms.gov/files/zip/rvu27a.zip",
    begins: "2027-01-01",
    published: "2026-12-20",
    learned: "2026-12-21T11:30:00Z",
    byte: 0x45,
};

fn proposed() -> Stage {
    Stage::ProposedBy("CMS-1848-P".to_owned())
}

fn made_final() -> Stage {
    Stage::FinalBy("CMS-1848-F".to_owned())
}

fn as_rule(mut alert: Alert, phase: Phase, change: impl FnOnce(&mut ChangeAlert)) -> Alert {
    if let AlertBody::Change(body) = &mut alert.body {
        body.phase = phase;
        body.thread = Some("CMS-1848".to_owned());
        body.rule = Some(Box::new(RuleBrief {
            docket: "CMS-1848-P".to_owned(),
            number: "2026-14327".to_owned(),
            citation: "91 FR 43842".to_owned(),
            title: "Medicare Program; CY 2027 Payment Policies Under the Physician Fee Schedule"
                .to_owned(),
            comments_close: "2026-09-14".to_owned(),
            effective: String::new(),
        }));
        change(body);
    }
    alert
}

fn record(
    posting: &Posting,
    number: &str,
    stage: Stage,
    fields: &[(Attribute, &str, Severity)],
) -> Vec<Judged> {
    let topic = Topic::staged(Subject::Rule(number.to_owned()), stage);
    fields
        .iter()
        .map(|&(attribute, text, severity)| {
            let step = Step {
                topic: topic.clone(),
                attribute,
                was: None,
                now: Some(Observation::text(text)),
                severity,
                before: posting,
                after: posting,
                quotes: (String::new(), "the document".to_owned()),
            };
            let mut judged = step.judged();
            judged.change.before = None;
            judged
        })
        .collect()
}

/// The proposed rule is published and names the codes.
pub fn rule_published() -> Alert {
    let passages: Vec<String> = [
        (
            "20560, 20561",
            "we propose an active status for CPT codes 20560 and 20561.",
        ),
        (
            "dry needling",
            "Commenters asked about dry needling by physical therapists.",
        ),
    ]
    .map(|(terms, text)| {
        Passage {
            terms: terms.split(", ").map(str::to_owned).collect(),
            heading: vec![
                "II. Provisions".to_owned(),
                "E. Valuation of Specific Codes".to_owned(),
            ],
            page: "91 FR 43901".to_owned(),
            text: text.to_owned(),
        }
        .to_string()
    })
    .into();
    let changes = record(
        &PROPOSAL,
        "2026-14327",
        proposed(),
        &[
            (
                Attribute::Passages,
                &passages.join("\n"),
                Severity::Coverage,
            ),
            (Attribute::RuleKind, "proposed rule", Severity::Coding),
            (Attribute::Docket, "CMS-1848-P", Severity::Administrative),
            (Attribute::Citation, "91 FR 43842", Severity::Administrative),
            (Attribute::CommentsClose, "2026-09-14", Severity::Coding),
        ],
    );
    as_rule(
        alert(&PROPOSAL, changes, Vec::new()),
        Phase::Proposed,
        |_| (),
    )
}

fn status(
    posting: &Posting,
    stage: Stage,
    name: &str,
    was: &str,
    now: &str,
    beside: &[(Stage, &str)],
) -> Judged {
    let step = Step {
        topic: Topic {
            stage,
            ..code(name)
        },
        attribute: Attribute::Status,
        was: Some(Observation::text(was)),
        now: Some(Observation::text(now)),
        severity: Severity::Coverage,
        before: &RVU20B,
        after: posting,
        quotes: (
            format!("{name},,SERVICE,{was}"),
            format!("{name},,SERVICE,{now}"),
        ),
    };
    let beside = beside.iter().map(|(stage, letter)| Beside {
        stage: stage.clone(),
        observation: Some(Observation::text(*letter)),
    });
    Judged {
        beside: beside.collect(),
        ..step.judged()
    }
}

/// Addendum B of the proposal: the codes would become payable.
pub fn addendum_proposed() -> Alert {
    let changes = ["20560", "20561"].map(|name| {
        status(
            &ADDENDUM_P,
            proposed(),
            name,
            "N",
            "A",
            &[(Stage::InForce, "N")],
        )
    });
    as_rule(
        alert(&ADDENDUM_P, changes.into(), Vec::new()),
        Phase::Proposed,
        |_| (),
    )
}

/// Addendum B of the final rule: it stays as it is, against the proposal.
pub fn addendum_final() -> Alert {
    let beside = [(Stage::InForce, "N"), (proposed(), "A")];
    let changes =
        ["20560", "20561"].map(|name| status(&ADDENDUM_F, made_final(), name, "A", "N", &beside));
    as_rule(
        alert(&ADDENDUM_F, changes.into(), Vec::new()),
        Phase::Final,
        |body| {
            if let Some(rule) = &mut body.rule {
                "CMS-1848-F".clone_into(&mut rule.docket);
                "2027-01-01".clone_into(&mut rule.effective);
            }
        },
    )
}

/// The final rule is corrected; the text names none of the codes.
pub fn rule_corrected() -> Alert {
    let changes = record(
        &CORRECTION,
        "2026-20001",
        made_final(),
        &[
            (Attribute::RuleKind, "correction", Severity::Coding),
            (Attribute::Corrects, "2026-19787", Severity::Coding),
            (
                Attribute::Title,
                "CY 2027 Payment Policies Under the Physician Fee Schedule; Correction",
                Severity::Administrative,
            ),
        ],
    );
    as_rule(
        alert(&CORRECTION, changes, Vec::new()),
        Phase::Corrected,
        |_| (),
    )
}

/// January: what the final rule said is in force.
pub fn rule_in_force() -> Alert {
    let beside = [(proposed(), "A"), (made_final(), "R")];
    let changes = vec![status(&RVU27A, Stage::InForce, "20560", "N", "R", &beside)];
    as_rule(alert(&RVU27A, changes, Vec::new()), Phase::InForce, |_| ())
}
