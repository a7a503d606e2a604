//! "Was 20560 payable on 12 May 2021, and how do we know?"

use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::model::answer::{Answer, AnswerLine, Layer, Question};
use crate::model::attribute::Attribute;
use crate::model::fact::{Fact, Observation, Value};
use crate::model::money::written;
use crate::model::status::{Payable, status_meaning};
use crate::model::timeline::{Period, Segment, Timeline, Timelines};
use crate::model::topic::{Place, Stage, Subject, Topic};
use crate::model::watch::NcdLink;

use super::summary::summary;

/// The schedule that holds the conversion factor.
pub const PFS: &str = "PFS";

/// The topics that a question needs.
pub fn topics(question: &Question, links: &[NcdLink]) -> Vec<Topic> {
    let mut topics = vec![
        service(question),
        Topic::national(Subject::Schedule(PFS.to_owned())),
    ];
    topics.extend(question.place.clone().map(|place| Topic {
        subject: Subject::Schedule(PFS.to_owned()),
        place: Place::Locality(place),
        stage: Stage::InForce,
    }));
    topics.extend(governing(question, links).map(policy));
    topics
}

/// What each layer says of the date of service, and a summary that claims no more than the weakest.
///
/// `timelines` are folded from the facts that the question admits (published by, known by).
pub fn answer(timelines: &Timelines, question: &Question, links: &[NcdLink]) -> Answer {
    let ncds: Vec<AnswerLine> = governing(question, links)
        .map(|link| ncd_line(timelines, question, link))
        .collect();
    let summary = summary(timelines, question, &ncds);
    let mut layers = vec![status_line(timelines, question)];
    if ncds.is_empty() {
        layers.push(AnswerLine {
            layer: Layer::Ncd,
            subject: question.service.code.to_string(),
            says: "no national coverage determination is linked to this code in the configuration"
                .to_owned(),
            days: None,
            fact: None,
            quotes: vec![],
            caveats: vec![],
        });
    }
    layers.extend(ncds);
    layers.push(payment_line(timelines, question));
    layers.extend(locality_line(timelines, question));
    Answer {
        question: question.clone(),
        lines: layers,
        summary,
    }
}

pub(super) fn service(question: &Question) -> Topic {
    Topic::national(Subject::Service(question.service))
}

fn policy(link: &NcdLink) -> Topic {
    Topic::national(Subject::Policy(format!("NCD {}", link.section)))
}

fn governing<'a>(
    question: &'a Question,
    links: &'a [NcdLink],
) -> impl Iterator<Item = &'a NcdLink> {
    links
        .iter()
        .filter(|link| link.codes.contains(&question.service.code))
}

fn status_line(timelines: &Timelines, question: &Question) -> AnswerLine {
    let timeline = timelines.get(&service(question), Attribute::Status);
    let says = |segment: &Segment| match &segment.observation {
        Observation::Absent => "not listed in the fee schedule".to_owned(),
        Observation::Value(value) => {
            let letter = value.to_string();
            match status_meaning(&letter) {
                Some(meaning) => format!("status {letter}: {}", meaning.long),
                None => {
                    format!("status {letter}, a letter that this version of coverd does not know")
                }
            }
        }
    };
    layer_line(
        Layer::PfsStatus,
        question.service.to_string(),
        timeline,
        question,
        says,
    )
}

fn ncd_line(timelines: &Timelines, question: &Question, link: &NcdLink) -> AnswerLine {
    let topic = policy(link);
    let text = |attribute| timelines.text(&topic, attribute, question.on);
    let title = text(Attribute::Title).unwrap_or_default();
    let timeline = timelines.get(&topic, Attribute::Indications);
    let says = |_: &Segment| {
        let mut says = title.clone();
        if let Some(effective) = text(Attribute::EffectiveDate).filter(|text| !text.is_empty()) {
            let dated = effective.bytes().next().is_some_and(|b| b.is_ascii_digit());
            if dated {
                says.push_str("; effective ");
                says.push_str(&effective);
            } else {
                says.push_str("; longstanding");
            }
        }
        if let Some(limit) = limits(timelines, &topic, question.on).first() {
            says.push_str("; ");
            says.push_str(limit);
        }
        says
    };
    let mut answered = layer_line(
        Layer::Ncd,
        topic.subject.to_string(),
        timeline,
        question,
        says,
    );
    let segment = timeline.and_then(|timeline| timeline.at(question.on));
    match segment.map(|segment| &segment.observation) {
        Some(Observation::Absent) => {
            "ended: the determination no longer holds".clone_into(&mut answered.says);
        }
        Some(Observation::Value(_)) => answered.quotes = limits(timelines, &topic, question.on),
        None => {
            if let Some(first) = timeline.and_then(|timeline| timeline.segments.first()) {
                answered.says = format!(
                    "not in force on this day; it begins on {}",
                    first.period.from
                );
                answered.fact = Some(Arc::clone(&first.fact));
            }
        }
    }
    if timelines
        .text(&topic, Attribute::Listed, question.on)
        .is_none()
        && timelines
            .get(&topic, Attribute::Listed)
            .and_then(|t| t.at(question.on))
            .is_some()
    {
        answered
            .caveats
            .push("CMS no longer lists this determination".to_owned());
    }
    answered
}

/// The passages that limit a policy; the derived phrase, where there is one, comes first.
fn limits(timelines: &Timelines, topic: &Topic, on: NaiveDate) -> Vec<String> {
    let limits = timelines
        .text(topic, Attribute::Limits, on)
        .unwrap_or_default();
    limits
        .lines()
        .filter(|line| !line.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

fn payment_line(timelines: &Timelines, question: &Question) -> AnswerLine {
    let topic = service(question);
    let schedule = Topic::national(Subject::Schedule(PFS.to_owned()));
    let amount = |topic: &Topic, attribute| match timelines.observed(topic, attribute, question.on)
    {
        Some(Observation::Value(Value::Amount(amount))) => Some(*amount),
        Some(Observation::Value(Value::Text(_)) | Observation::Absent) | None => None,
    };
    let number =
        |amount: Option<Decimal>| amount.map_or_else(|| "not observed".to_owned(), written);
    let says = |segment: &Segment| {
        if segment.observation == Observation::Absent {
            return "not listed".to_owned();
        }
        let service = |attribute| number(amount(&topic, attribute));
        let payable = timelines
            .text(&topic, Attribute::Status, question.on)
            .and_then(|letter| status_meaning(&letter))
            .is_some_and(|meaning| meaning.payable == Payable::IfCovered);
        let remark = if payable {
            ""
        } else {
            " (listed, but not paid under this status)"
        };
        format!(
            "RVUs: work {}; non-facility PE {}, total {}; facility PE {}, total {}; MP {}; conversion factor {}{remark}",
            service(Attribute::WorkRvu),
            service(Attribute::NonFacilityPeRvu),
            service(Attribute::NonFacilityTotal),
            service(Attribute::FacilityPeRvu),
            service(Attribute::FacilityTotal),
            service(Attribute::MpRvu),
            number(amount(&schedule, Attribute::ConversionFactor)),
        )
    };
    let timeline = timelines.get(&topic, Attribute::NonFacilityTotal);
    layer_line(
        Layer::PfsPayment,
        question.service.to_string(),
        timeline,
        question,
        says,
    )
}

fn locality_line(timelines: &Timelines, question: &Question) -> Option<AnswerLine> {
    let place = Place::Locality(question.place.clone()?);
    let subject = place.to_string();
    let topic = Topic {
        subject: Subject::Schedule(PFS.to_owned()),
        place,
        stage: Stage::InForce,
    };
    let text = |attribute| {
        timelines
            .text(&topic, attribute, question.on)
            .unwrap_or_else(|| "not observed".to_owned())
    };
    let says = |segment: &Segment| {
        if segment.observation == Observation::Absent {
            return "not listed in the GPCI file".to_owned();
        }
        format!(
            "{}: work GPCI {}, PE GPCI {}, MP GPCI {}",
            text(Attribute::LocalityName),
            text(Attribute::GpciWork),
            text(Attribute::GpciPe),
            text(Attribute::GpciMp),
        )
    };
    Some(layer_line(
        Layer::Locality,
        subject,
        timelines.get(&topic, Attribute::GpciWork),
        question,
        says,
    ))
}

/// One layer, from the timeline that decides it.
fn layer_line(
    layer: Layer,
    subject: String,
    timeline: Option<&Timeline>,
    question: &Question,
    says: impl Fn(&Segment) -> String,
) -> AnswerLine {
    let segment = timeline.and_then(|timeline| timeline.at(question.on));
    let mut line = AnswerLine {
        layer,
        subject,
        says: "not observed".to_owned(),
        days: None,
        fact: segment.map(|segment| Arc::clone(&segment.fact)),
        quotes: vec![],
        caveats: vec![],
    };
    if let (Some(timeline), Some(segment)) = (timeline, segment) {
        line.says = says(segment);
        line.days = held(timeline, question.on);
        line.caveats = caveats(&segment.fact, question);
    }
    line
}

/// The days around `on` without a change.
fn held(timeline: &Timeline, on: NaiveDate) -> Option<Period> {
    let from = timeline.since(on)?.period.from;
    let observation = &timeline.at(on)?.observation;
    let until = timeline
        .segments
        .iter()
        .find(|segment| segment.period.from > on && segment.observation != *observation)
        .map(|segment| segment.period.from);
    Some(Period { from, until })
}

fn caveats(fact: &Fact, question: &Question) -> Vec<String> {
    let origin = &fact.origin;
    let shown = question
        .as_published_on
        .filter(|&day| origin.is_later_posting_on(day));
    shown
        .map(|_| {
            format!(
                "shown by the posting of {}; the posting of {} that was public on the day asked for is not in this store",
                origin.published, origin.edition.name
            )
        })
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fold::{fold, published_by};
    use crate::engine::testing::{day, fact, status};
    use crate::model::fact::{Fact, Repost};

    fn links() -> Vec<NcdLink> {
        vec![NcdLink {
            id: 373,
            section: "30.3.3".into(),
            codes: ["20560".parse().unwrap()].into(),
        }]
    }

    fn question(on: &str, published: Option<&str>) -> Question {
        Question {
            service: "20560".parse().unwrap(),
            on: day(on),
            place: None,
            as_published_on: published.map(day),
            as_known_on: None,
        }
    }

    fn ncd() -> Fact {
        let values = [
            (
                Attribute::Title,
                "Acupuncture for Chronic Lower Back Pain (cLBP)",
            ),
            (Attribute::EffectiveDate, "01/21/2020"),
            (Attribute::Indications, "CMS will cover acupuncture."),
            (
                Attribute::Limits,
                "only for chronic lower back pain (cLBP)\nAll types of acupuncture including dry needling for any condition other than cLBP are non-covered.",
            ),
        ];
        let mut fact = fact(
            "NCD 373",
            "2020-01-21",
            "2024-10-28",
            Subject::Policy("NCD 30.3.3".into()),
            &values,
        );
        Arc::make_mut(&mut fact.origin).edition.repost = Repost::Amends;
        fact
    }

    fn store() -> Vec<Fact> {
        vec![
            status("RVU20A", "2020-01-01", "2020-01-31", "N"),
            status("RVU20B", "2020-04-01", "2020-05-01", "A"),
            ncd(),
        ]
    }

    fn asked(on: &str, published: Option<&str>) -> Answer {
        let question = question(on, published);
        let facts = match question.as_published_on {
            Some(day) => published_by(&store(), day),
            None => store(),
        };
        answer(&fold(facts), &question, &links())
    }

    fn says(answer: &Answer, layer: Layer) -> &AnswerLine {
        answer
            .lines
            .iter()
            .find(|line| line.layer == layer)
            .unwrap()
    }

    #[test]
    fn the_layers_of_the_quarter_in_between_differ_and_are_said_to() {
        let answer = asked("2020-02-10", None);
        assert!(says(&answer, Layer::PfsStatus).says.starts_with("status N"));
        let ncd = says(&answer, Layer::Ncd);
        assert!(
            ncd.says.contains("01/21/2020")
                && ncd.says.contains("only for chronic lower back pain"),
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
            answer.summary.contains("The layers differ"),
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
}
