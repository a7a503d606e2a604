//! Alerts as the checks raise them, made here: neutral rows, invented passages.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]
#![expect(
    unreachable_pub,
    reason = "one word for what the tests share, whichever module needs it"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use coverd::model::alert::{Alert, AlertBody, ChangeAlert, OperatorNotice, Unchanged};
use coverd::model::answer::Layer;
use coverd::model::attribute::Attribute;
use coverd::model::change::{Change, Judged, Severity};
use coverd::model::courtesy::Courtesy;
use coverd::model::delivery::{Recipient, Role};
use coverd::model::document::DocumentHash;
use coverd::model::fact::{Edition, Fact, FactKey, Observation, Origin, Repost, Statement};
use coverd::model::health::{Problem, ProblemKind};
use coverd::model::money;
use coverd::model::timeline::Period;
use coverd::model::topic::{Subject, Topic};
use coverd::render::mail::Envelope;

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn amount(text: &str) -> Observation {
    Observation::amount(money::amount(text).unwrap())
}

pub fn envelope() -> Envelope {
    Envelope {
        from_name: "coverd".to_owned(),
        from_address: "coverd@practice.example".to_owned(),
        reply_to: Some("it@practice.example".to_owned()),
        list_host: "coverd.practice.example".to_owned(),
        zone: chrono_tz::America::New_York,
        practice: "Example Physical Therapy".to_owned(),
        asks_to_acknowledge: false,
        acknowledge_link: String::new(),
        page: String::new(),
    }
}

pub fn recipient() -> Recipient {
    Recipient {
        name: "Billing".to_owned(),
        address: "billing@practice.example".to_owned(),
        role: Role::Practice,
        least: Severity::Coding,
        severities: BTreeMap::new(),
        channel: "smtp".to_owned(),
        courtesy: Courtesy::default(),
    }
}

/// A posting of an edition.
pub struct Posting {
    pub source: &'static str,
    pub edition: &'static str,
    pub url: &'static str,
    pub begins: &'static str,
    pub published: &'static str,
    pub learned: &'static str,
    pub byte: u8,
}

impl Posting {
    pub fn origin(&self) -> Arc<Origin> {
        Arc::new(Origin {
            source: self.source.to_owned(),
            edition: Edition {
                name: self.edition.to_owned(),
                begins: day(self.begins),
                repost: Repost::Replaces,
            },
            document: DocumentHash::new([self.byte; 32]),
            url: self.url.to_owned(),
            published: day(self.published),
            learned: at(self.learned),
        })
    }

    pub fn fact(&self, topic: &Topic, locator: &str, quote: &str) -> Arc<Fact> {
        Arc::new(Fact {
            statement: Statement {
                topic: topic.clone(),
                from: day(self.begins),
                values: Arc::new(BTreeMap::new()),
                locator: locator.to_owned(),
                quote: quote.to_owned(),
            },
            origin: self.origin(),
        })
    }
}

pub const RVU20A: Posting = Posting {
    source: "pfs",
    edition: "RVU20A",
    url: "https://www.cms.gov/files/zip/rvu20a.zip",
    begins: "2020-01-01",
    published: "2019-11-15",
    learned: "2019-11-16T11:00:00Z",
    byte: 0x0a,
};
pub const RVU20B: Posting = Posting {
    source: "pfs",
    edition: "RVU20B",
    url: "https://www.cms.gov/files/zip/rvu20b.zip",
    begins: "2020-04-01",
    published: "2020-05-01",
    learned: "2020-05-02T03:30:00Z",
    byte: 0x0b,
};
pub const RVU21A: Posting = Posting {
    source: "pfs",
    edition: "RVU21A",
    url: "https://www.cms.gov/files/zip/rvu21a.zip",
    begins: "2021-01-01",
    published: "2020-12-02",
    learned: "2020-12-03T11:00:00Z",
    byte: 0x1a,
};

pub fn code(code: &str) -> Topic {
    Topic::national(Subject::Service(code.parse().unwrap()))
}

/// One step of one attribute, with the rows behind it.
pub struct Step<'a> {
    pub topic: Topic,
    pub attribute: Attribute,
    pub was: Option<Observation>,
    pub now: Option<Observation>,
    pub severity: Severity,
    pub before: &'a Posting,
    pub after: &'a Posting,
    pub quotes: (String, String),
}

impl Step<'_> {
    pub fn judged(self) -> Judged {
        let name = self.topic.subject.to_string();
        let locator = |posting: &Posting| match posting.source {
            "pfs" => format!("rows.csv row of {name}"),
            _ => format!("field {}", self.attribute.id()),
        };
        Judged {
            beside: Vec::new(),
            severity: self.severity,
            change: Change {
                days: Period {
                    from: day(self.after.begins),
                    until: None,
                },
                before: Some(
                    self.before
                        .fact(&self.topic, &locator(self.before), &self.quotes.0),
                ),
                after: Some(
                    self.after
                        .fact(&self.topic, &locator(self.after), &self.quotes.1),
                ),
                was: self.was,
                now: self.now,
                key: FactKey {
                    topic: self.topic,
                    attribute: self.attribute,
                },
            },
        }
    }
}

fn status(name: &str, was: &str, now: &str) -> Judged {
    Step {
        topic: code(name),
        attribute: Attribute::Status,
        was: Some(Observation::text(was)),
        now: Some(Observation::text(now)),
        severity: Severity::Coverage,
        before: &RVU20A,
        after: &RVU20B,
        quotes: (
            format!("{name},,SERVICE {name},{was},,0.50"),
            format!("{name},,SERVICE {name},{now},,0.50"),
        ),
    }
    .judged()
}

pub fn rvu(name: &str, attribute: Attribute, was: &str, now: &str) -> Judged {
    Step {
        topic: code(name),
        attribute,
        was: Some(amount(was)),
        now: Some(amount(now)),
        severity: Severity::Payment,
        before: &RVU20B,
        after: &RVU21A,
        quotes: (
            format!("{name},,SERVICE {name},A,,{was}"),
            format!("{name},,SERVICE {name},A,,{now}"),
        ),
    }
    .judged()
}

pub fn alert(posting: &Posting, changes: Vec<Judged>, look_alikes: Vec<Judged>) -> Alert {
    let origin = posting.origin();
    Alert {
        id: format!("a{:02x}{:02x}", posting.byte, changes.len()),
        raised: origin.learned,
        body: AlertBody::Change(ChangeAlert {
            phase: coverd::model::alert::Phase::InForce,
            thread: None,
            rule: None,
            severity: changes
                .iter()
                .map(|judged| judged.severity)
                .max()
                .unwrap_or(Severity::Administrative),
            source_title: match posting.source {
                "pfs" => "Physician Fee Schedule relative value files",
                "pfs_rules" => "Rules of the Physician Fee Schedule",
                "federal_register" => "Federal Register",
                _ => "National coverage determinations",
            }
            .to_owned(),
            edition: posting.edition.to_owned(),
            document: origin.document,
            url: origin.url.clone(),
            published: origin.published,
            captured: origin.learned,
            changes,
            look_alikes,
            dollars: Vec::new(),
            unchanged: Vec::new(),
        }),
    }
}

/// April 2020: both codes become payable, and so does acupuncture, in a file posted in May.
pub fn april_2020() -> Alert {
    let own = ["20560", "20561"].map(|name| status(name, "N", "A"));
    let others = ["97810", "97811", "97813", "97814"].map(|name| status(name, "N", "A"));
    let mut told = alert(&RVU20B, own.into(), others.into());
    let stays = |layer, subjects: &[&str], says: &str| Unchanged {
        layer,
        subjects: subjects.iter().map(|&subject| subject.to_owned()).collect(),
        says: says.to_owned(),
        on: day("2020-04-01"),
    };
    if let AlertBody::Change(body) = &mut told.body {
        body.unchanged = vec![
            stays(
                Layer::Ncd,
                &["NCD 30.3.3"],
                "Acupuncture for Chronic Lower Back Pain (cLBP); effective 01/21/2020; only for chronic lower back pain (cLBP)",
            ),
            stays(Layer::Opps, &["20560", "20561"], "not observed"),
        ];
    }
    told
}

/// January 2021: amounts move, the status does not.
pub fn payment_2021() -> Alert {
    alert(
        &RVU21A,
        vec![
            rvu("20560", Attribute::NonFacilityPeRvu, "0.39", "0.42"),
            rvu("20561", Attribute::NonFacilityPeRvu, "0.57", "0.58"),
            rvu("20560", Attribute::NonFacilityTotal, "0.74", "0.77"),
            rvu("20561", Attribute::NonFacilityTotal, "1.10", "1.11"),
            Step {
                topic: Topic::national(Subject::Schedule("PFS".to_owned())),
                attribute: Attribute::ConversionFactor,
                was: Some(amount("36.0896")),
                now: Some(amount("34.8931")),
                severity: Severity::Payment,
                before: &RVU20B,
                after: &RVU21A,
                quotes: (
                    "CONV FACTOR 36.0896".to_owned(),
                    "CONV FACTOR 34.8931".to_owned(),
                ),
            }
            .judged(),
        ],
        Vec::new(),
    )
}

pub const NCD_WAS: Posting = Posting {
    source: "ncd",
    edition: "NCD 30.3.3",
    url: "https://api.coverage.cms.gov/v1/data/ncd/?ncdid=373&ncdver=1",
    begins: "2020-01-21",
    published: "2020-01-21",
    learned: "2025-02-01T11:00:00Z",
    byte: 0x33,
};
pub const NCD_NOW: Posting = Posting {
    source: "ncd",
    edition: "NCD 30.3.3",
    url: "https://api.coverage.cms.gov/v1/data/ncd/?ncdid=373&ncdver=2",
    begins: "2026-03-01",
    published: "2026-02-20",
    learned: "2026-02-21T11:00:00Z",
    byte: 0x34,
};

pub fn ncd(attribute: Attribute, was: Observation, now: Observation) -> Judged {
    let quote = |side: &Observation| side.to_string().chars().take(200).collect();
    Step {
        topic: Topic::national(Subject::Policy("NCD 30.3.3".to_owned())),
        attribute,
        severity: Severity::Coverage,
        before: &NCD_WAS,
        after: &NCD_NOW,
        quotes: (quote(&was), quote(&now)),
        was: Some(was),
        now: Some(now),
    }
    .judged()
}

/// The text of a determination is edited: a number, a condition and a new paragraph.
pub fn ncd_text() -> Alert {
    let was = "Covered indications\n\
        Up to 12 visits in 90 days are covered when the treating physician refers the patient.\n\
        Treatment ends when the patient does not improve.\n\
        Not covered: dry needling for any other condition.";
    let now = "Covered indications\n\
        Up to 10 visits in 90 days are covered when the treating practitioner refers the patient.\n\
        Treatment ends when the patient does not improve.\n\
        A plan of care is kept in the record.\n\
        Not covered: dry needling for any other condition.";
    alert(
        &NCD_NOW,
        vec![
            ncd(
                Attribute::Indications,
                Observation::text(was),
                Observation::text(now),
            ),
            ncd(
                Attribute::EffectiveDate,
                Observation::text("01/21/2020"),
                Observation::text("03/01/2026"),
            ),
        ],
        Vec::new(),
    )
}

/// A determination is gone from the full list.
pub fn ncd_delisted() -> Alert {
    alert(
        &NCD_NOW,
        vec![ncd(
            Attribute::Listed,
            Observation::text("yes"),
            Observation::Absent,
        )],
        Vec::new(),
    )
}

/// Every code is watched, and 200 of them move.
pub fn all_codes() -> Alert {
    let changes = (0..200_u32)
        .flat_map(|n| {
            let name = format!("{:05}", 10_000 + n * 7);
            let (was, now) = (format!("{}.10", n + 1), format!("{}.25", n + 1));
            [
                rvu(&name, Attribute::NonFacilityTotal, &was, &now),
                rvu(&name, Attribute::WorkRvu, &was, &now),
            ]
        })
        .collect();
    alert(&RVU21A, changes, Vec::new())
}

/// The watcher is blind, or sees again.
pub fn operator(kind: ProblemKind, recovered: bool) -> Alert {
    Alert {
        id: format!("op-{kind}-{recovered}"),
        raised: at("2026-02-03T05:00:00Z"),
        body: AlertBody::Operator(OperatorNotice {
            problem: Problem {
                source: "pfs".to_owned(),
                subject: "RVU26B".to_owned(),
                kind,
                text: "PPRRVU26_APR.csv has no column STATUS CODE in rows 1 to 15".to_owned(),
                remedy: "Look at the file; if CMS changed its form, install a newer coverd."
                    .to_owned(),
            },
            since: at("2026-02-01T03:30:00Z"),
            recovered,
        }),
    }
}
