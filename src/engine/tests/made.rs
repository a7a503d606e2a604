//! Small facts for the tests of the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;

use crate::model::attribute::Attribute;
use crate::model::document::DocumentHash;
use crate::model::fact::{Edition, Fact, Observation, Origin, Repost, Statement};
use crate::model::topic::{Subject, Topic};

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A fact of a made source about one attribute of a subject.
pub(crate) fn fact(
    edition: &str,
    begins: &str,
    published: &str,
    subject: Subject,
    values: &[(Attribute, &str)],
) -> Fact {
    let values: BTreeMap<Attribute, Observation> = values
        .iter()
        .map(|&(attribute, text)| {
            let observation = match crate::model::money::amount(text) {
                Some(amount) if attribute.kind() == crate::model::attribute::Kind::Amount => {
                    Observation::amount(amount)
                }
                Some(_) if attribute.kind() == crate::model::attribute::Kind::Count => {
                    Observation::count(text.parse().unwrap())
                }
                _ => Observation::text(text),
            };
            (attribute, observation)
        })
        .collect();
    let mut digest = [0; 32];
    for (at, byte) in edition.bytes().chain(published.bytes()).enumerate() {
        digest[at % 32] ^= byte.rotate_left(u32::try_from(at % 8).unwrap());
    }
    Fact {
        statement: Statement {
            topic: Topic::national(subject),
            from: day(begins),
            values: Arc::new(values),
            locator: format!("{edition}.csv row 1"),
            quote: "20560,,N".to_owned(),
        },
        origin: Arc::new(Origin {
            source: "made".to_owned(),
            edition: Edition {
                name: edition.to_owned(),
                begins: day(begins),
                repost: Repost::Replaces,
            },
            document: DocumentHash::new(digest),
            url: format!("https://www.cms.gov/files/zip/{edition}.zip"),
            published: day(published),
            learned: day(published).and_hms_opt(12, 0, 0).unwrap().and_utc(),
        }),
    }
}

/// The status of 20560 in a release.
pub(crate) fn status(edition: &str, begins: &str, published: &str, letter: &str) -> Fact {
    fact(
        edition,
        begins,
        published,
        Subject::Service("20560".parse().unwrap()),
        &[(Attribute::Status, letter)],
    )
}

/// What an arbitrary document says.
#[derive(Debug, Clone)]
pub(crate) struct Say {
    edition: u8,
    published: u16,
    from: u16,
    work: bool,
    absent: bool,
    letter: char,
    code: bool,
}

impl Say {
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        (
            0_u8..4,
            0_u16..700,
            0_u16..700,
            any::<bool>(),
            any::<bool>(),
            prop::sample::select(vec!['A', 'N', 'B']),
            any::<bool>(),
        )
            .prop_map(
                |(edition, published, from, work, absent, letter, code)| Self {
                    edition,
                    published,
                    from,
                    work,
                    absent,
                    letter,
                    code,
                },
            )
    }
}

/// The facts of some documents; each document is its own, even where all else is equal.
pub(crate) fn facts(says: &[Say]) -> Vec<Fact> {
    let start = day("2020-01-01");
    says.iter()
        .enumerate()
        .map(|(number, say)| {
            let amends = say.edition == 3;
            let edition = Edition {
                name: format!("edition {}", say.edition),
                begins: start + TimeDelta::days(i64::from(say.edition) * 150),
                repost: if amends {
                    Repost::Amends
                } else {
                    Repost::Replaces
                },
            };
            let attribute = if say.work {
                Attribute::WorkRvu
            } else {
                Attribute::Status
            };
            let observation = if say.absent {
                Observation::Absent
            } else {
                Observation::text(say.letter)
            };
            let mut digest = [0; 32];
            digest[0] = u8::try_from(number).unwrap();
            Fact {
                statement: Statement {
                    topic: Topic::national(Subject::Service(
                        if say.code { "20560" } else { "20561" }.parse().unwrap(),
                    )),
                    from: start + TimeDelta::days(i64::from(say.from)),
                    values: Arc::new([(attribute, observation)].into_iter().collect()),
                    locator: String::new(),
                    quote: String::new(),
                },
                origin: Arc::new(Origin {
                    source: "made".to_owned(),
                    edition,
                    document: DocumentHash::new(digest),
                    url: String::new(),
                    published: start + TimeDelta::days(i64::from(say.published)),
                    learned: DateTime::<Utc>::UNIX_EPOCH
                        + TimeDelta::days(i64::from(say.published % 5)),
                }),
            }
        })
        .collect()
}
