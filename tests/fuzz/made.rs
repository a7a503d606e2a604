//! Alerts and facts made of bytes: every text in them is hostile.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use rust_decimal::Decimal;

use crate::model::alert::{
    Alert, AlertBody, ChangeAlert, OperatorNotice, Phase, RuleBrief, Unchanged,
};
use crate::model::answer::Layer;
use crate::model::attribute::{Attribute, Kind};
use crate::model::change::{Change, Judged, Severity};
use crate::model::courtesy::Courtesy;
use crate::model::delivery::{Recipient, Role};
use crate::model::document::DocumentHash;
use crate::model::fact::{Edition, Fact, FactKey, Observation, Origin, Repost, Statement};
use crate::model::health::{Problem, ProblemKind};
use crate::model::timeline::Period;
use crate::model::topic::{Pair, Place, Stage, Subject, Topic};
use crate::reading::captured;
use crate::render::mail::Envelope;

/// What no page or mail may ever have as markup.
pub const MARKUP: &str = "<script>alert(1)</script>";

pub fn text(u: &mut Unstructured<'_>) -> Result<String> {
    let text: &str = u.arbitrary()?;
    let mut text: String = text.chars().take(2_000).collect();
    if u.ratio(1, 4)? {
        text.push_str(MARKUP);
    }
    Ok(text)
}

pub fn day(u: &mut Unstructured<'_>) -> Result<NaiveDate> {
    let days = u.int_in_range(0..=4_000)?;
    let first = NaiveDate::from_ymd_opt(2019, 1, 1).unwrap_or_default();
    Ok(first + chrono::TimeDelta::days(days))
}

fn subject(u: &mut Unstructured<'_>) -> Result<Subject> {
    let codes = ["20560", "20561", "97140", "G0283"];
    let code = |u: &mut Unstructured<'_>| Ok(u.choose(&codes)?.parse().expect("a code"));
    Ok(match u.int_in_range(0..=5)? {
        0 => Subject::Service(code(u)?),
        1 => Subject::Policy(text(u)?),
        2 => Subject::Schedule("PFS".to_owned()),
        3 => Subject::Pair(Pair {
            column1: "20560".parse().expect("a code"),
            column2: "97140".parse().expect("a code"),
        }),
        4 => Subject::Rule(text(u)?),
        _ => Subject::Page(text(u)?),
    })
}

fn stage(u: &mut Unstructured<'_>) -> Result<Stage> {
    Ok(match u.int_in_range(0..=2)? {
        0 => Stage::InForce,
        1 => Stage::ProposedBy(text(u)?),
        _ => Stage::FinalBy(text(u)?),
    })
}

fn observation(u: &mut Unstructured<'_>, attribute: Attribute) -> Result<Observation> {
    if u.ratio(1, 6)? {
        return Ok(Observation::Absent);
    }
    Ok(match attribute.kind() {
        Kind::Text | Kind::Passage => Observation::text(&text(u)?),
        Kind::Amount => Observation::amount(Decimal::new(u.int_in_range(-9_999..=9_999)?, 2)),
        Kind::Count => Observation::count(u.int_in_range(0..=99)?),
    })
}

pub fn origin(u: &mut Unstructured<'_>) -> Result<Origin> {
    Ok(Origin {
        source: "pfs".to_owned(),
        edition: Edition {
            name: text(u)?,
            begins: day(u)?,
            repost: if u.arbitrary()? {
                Repost::Replaces
            } else {
                Repost::Amends
            },
        },
        document: DocumentHash::new(u.arbitrary()?),
        url: text(u)?,
        published: day(u)?,
        learned: captured(),
    })
}

pub fn fact(u: &mut Unstructured<'_>, topic: Topic, attribute: Attribute) -> Result<Fact> {
    Ok(Fact {
        statement: Statement {
            topic,
            from: day(u)?,
            values: Arc::new(BTreeMap::from([(attribute, observation(u, attribute)?)])),
            locator: text(u)?,
            quote: text(u)?,
        },
        origin: Arc::new(origin(u)?),
    })
}

pub fn topic(u: &mut Unstructured<'_>) -> Result<Topic> {
    Ok(Topic {
        subject: subject(u)?,
        place: Place::National,
        stage: stage(u)?,
    })
}

fn judged(u: &mut Unstructured<'_>) -> Result<Judged> {
    let attribute = *u.choose(Attribute::ALL)?;
    let topic = topic(u)?;
    let from = day(u)?;
    let until = if u.arbitrary()? {
        Some(from + chrono::TimeDelta::days(90))
    } else {
        None
    };
    let side = |u: &mut Unstructured<'_>| -> Result<Option<Observation>> {
        if u.ratio(1, 5)? {
            Ok(None)
        } else {
            observation(u, attribute).map(Some)
        }
    };
    let (was, now) = (side(u)?, side(u)?);
    let proof = |u: &mut Unstructured<'_>| -> Result<Option<Arc<Fact>>> {
        let made = fact(u, topic.clone(), attribute)?;
        Ok(u.ratio(4, 5)?.then(|| Arc::new(made)))
    };
    let (before, after) = (proof(u)?, proof(u)?);
    Ok(Judged {
        change: Change {
            key: FactKey { topic, attribute },
            days: Period { from, until },
            was,
            now,
            before,
            after,
        },
        severity: severity(u)?,
        beside: Vec::new(),
    })
}

fn severity(u: &mut Unstructured<'_>) -> Result<Severity> {
    Ok(*u.choose(&[
        Severity::Administrative,
        Severity::Coding,
        Severity::Payment,
        Severity::Coverage,
    ])?)
}

fn some<T>(
    u: &mut Unstructured<'_>,
    most: usize,
    one: impl Fn(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let number = u.int_in_range(0..=most)?;
    (0..number).map(|_| one(u)).collect()
}

/// An alert of either kind.
pub fn alert(u: &mut Unstructured<'_>) -> Result<Alert> {
    let body = if u.ratio(1, 5)? {
        AlertBody::Operator(OperatorNotice {
            problem: Problem {
                source: text(u)?,
                subject: text(u)?,
                kind: *u.choose(&[ProblemKind::Blocked, ProblemKind::Shape])?,
                text: text(u)?,
                remedy: text(u)?,
            },
            since: captured(),
            recovered: u.arbitrary()?,
        })
    } else {
        let mut changes = some(u, 6, judged)?;
        changes.push(judged(u)?);
        let first = origin(u)?;
        AlertBody::Change(ChangeAlert {
            severity: severity(u)?,
            phase: *u.choose(&[
                Phase::Proposed,
                Phase::Final,
                Phase::InForce,
                Phase::Corrected,
                Phase::Withdrawn,
            ])?,
            thread: if u.arbitrary()? { Some(text(u)?) } else { None },
            rule: if u.arbitrary()? {
                Some(Box::new(RuleBrief {
                    docket: text(u)?,
                    title: text(u)?,
                    comments_close: text(u)?,
                    ..RuleBrief::default()
                }))
            } else {
                None
            },
            source_title: text(u)?,
            edition: text(u)?,
            document: first.document,
            url: first.url,
            published: first.published,
            captured: captured(),
            changes,
            look_alikes: some(u, 3, judged)?,
            dollars: Vec::new(),
            unchanged: some(u, 3, |u| {
                Ok(Unchanged {
                    layer: Layer::Ncd,
                    subjects: vec![text(u)?],
                    says: text(u)?,
                    on: day(u)?,
                })
            })?,
        })
    };
    Ok(Alert {
        // Names are ours: a digest in hexadecimal digits.
        id: format!("{:012x}", u.int_in_range(0..=0xffff_ffff_ffff_u64)?),
        raised: captured(),
        body,
    })
}

pub fn recipient() -> Recipient {
    Recipient {
        name: "Billing".to_owned(),
        address: "billing@practice.example".to_owned(),
        role: Role::Practice,
        least: Severity::Administrative,
        severities: BTreeMap::new(),
        channel: "smtp".to_owned(),
        courtesy: Courtesy::default(),
    }
}

pub fn envelope(practice: &str) -> Envelope {
    // The configuration refuses a name with control characters.
    let practice = &crate::render::clean::line(practice, 120);
    Envelope {
        from_name: practice.to_owned(),
        from_address: "coverd@practice.example".to_owned(),
        reply_to: None,
        list_host: "practice.example".to_owned(),
        zone: chrono_tz::America::New_York,
        practice: practice.to_owned(),
        asks_to_acknowledge: true,
        acknowledge_link: "https://coverd.practice.example/acknowledge?a=1".to_owned(),
        page: "https://coverd.practice.example".to_owned(),
    }
}
