//! From timelines to the picture of a code.

use chrono::{Datelike as _, Days, NaiveDate};

use crate::engine::history::stretches;
use crate::engine::price::prices;
use crate::model::attribute::Attribute;
use crate::model::code::Service;
use crate::model::fact::Observation;
use crate::model::opps_status::{OppsPayable, opps_status_meaning};
use crate::model::status::{Payable, status_meaning};
use crate::model::timeline::{Period, Timeline, Timelines};
use crate::model::topic::{Place, Stage, Subject, Topic};
use crate::model::watch::NcdLink;
use crate::render::picture::{Band, Curve, Picture, Piece, Step, Tone};
use crate::render::words::cell;

/// Years that are shown when nothing says since when.
const YEARS: i32 = 5;

/// What held of a code over time: its status, what rules would make of it, what governs it, and what is
/// paid at the place. `on` is marked; the picture ends with the year after `today`.
pub(super) fn picture(
    timelines: &Timelines,
    service: Service,
    links: &[NcdLink],
    place: &Place,
    on: NaiveDate,
    today: NaiveDate,
) -> Picture {
    let own = Topic::national(Subject::Service(service));
    let of = |attribute| timelines.get(&own, attribute);
    let mut bands = vec![band("PFS status", of(Attribute::Status), status)];
    bands.extend(staged(timelines, &own.subject));
    for link in links
        .iter()
        .filter(|link| link.codes.contains(&service.code))
    {
        let name = format!("NCD {}", link.section);
        let topic = Topic::national(Subject::Policy(name.clone()));
        bands.push(band(
            &name,
            timelines.get(&topic, Attribute::Indications),
            policy,
        ));
    }
    bands.push(band(
        "Therapy list",
        of(Attribute::TherapyDesignation),
        therapy,
    ));
    bands.push(band("Units a day", of(Attribute::MueUnits), units));
    bands.push(band("Hospital (OPPS)", of(Attribute::OppsStatus), hospital));
    bands.retain(|band| !band.pieces.is_empty());
    let prices = prices(timelines, service, place);
    let curve = |label: &str, is_second, amount: fn(&crate::engine::price::Price) -> _| Curve {
        label: label.to_owned(),
        is_second,
        steps: prices
            .iter()
            .map(|price| Step {
                days: price.days,
                amount: amount(price),
            })
            .collect(),
    };
    let mut curves = vec![
        curve(&format!("non-facility, {place}"), false, |price| {
            price.non_facility
        }),
        curve(&format!("facility, {place}"), true, |price| price.facility),
    ];
    curves.retain(|curve| !curve.is_empty());
    Picture {
        title: format!("{service}: what held on which dates of service"),
        from: beginning(of(Attribute::Status), on, today),
        until: NaiveDate::from_ymd_opt(today.max(on).year() + 1, 7, 1).unwrap_or(NaiveDate::MAX),
        on,
        bands,
        curves,
    }
}

/// The first January of what the fee schedule says.
fn beginning(status: Option<&Timeline>, on: NaiveDate, today: NaiveDate) -> NaiveDate {
    let first = status.and_then(|timeline| timeline.segments.first());
    let first = first.map_or(today.year() - YEARS, |segment| segment.period.from.year());
    NaiveDate::from_ymd_opt(first.min(on.year()), 1, 1).unwrap_or(on)
}

/// Colour, word, and words for one observation.
struct Said {
    tone: Tone,
    short: String,
    says: String,
}

fn band(label: &str, timeline: Option<&Timeline>, say: fn(&Observation) -> Said) -> Band {
    let stretches = timeline.map(|timeline| stretches(timeline, None));
    let pieces = stretches.into_iter().flatten().map(|stretch| {
        let Said { tone, short, says } = say(stretch.observation);
        Piece {
            days: stretch.days,
            tone,
            short,
            says,
            is_proposed: false,
        }
    });
    Band {
        label: label.to_owned(),
        pieces: pieces.collect(),
    }
}

/// What rules say of the status, one band for proposals and one for final rules. A rule is made for a
/// year: what it says is shown for that year.
fn staged(timelines: &Timelines, own: &Subject) -> Vec<Band> {
    let (mut proposed, mut made_final) = (Vec::new(), Vec::new());
    for topic in timelines.stages(own, &Place::National) {
        let (docket, is_proposed) = match &topic.stage {
            Stage::InForce => continue,
            Stage::ProposedBy(docket) => (docket, true),
            Stage::FinalBy(docket) => (docket, false),
        };
        let Some(first) = timelines
            .get(topic, Attribute::Status)
            .and_then(|timeline| timeline.segments.first())
        else {
            continue;
        };
        let Said { tone, short, says } = status(&first.observation);
        let piece = Piece {
            days: year_of(first.period.from),
            tone,
            short,
            says: format!("{docket}: {says}"),
            is_proposed,
        };
        if is_proposed {
            &mut proposed
        } else {
            &mut made_final
        }
        .push(piece);
    }
    [("Proposed", proposed), ("Final rule", made_final)]
        .into_iter()
        .map(|(label, mut pieces)| {
            pieces.sort_by_key(|piece: &Piece| piece.days.from);
            Band {
                label: label.to_owned(),
                pieces,
            }
        })
        .collect()
}

fn year_of(from: NaiveDate) -> Period {
    let next = NaiveDate::from_ymd_opt(from.year() + 1, 1, 1);
    Period {
        from,
        until: next.or_else(|| from.checked_add_days(Days::new(365))),
    }
}

fn status(observation: &Observation) -> Said {
    let letter = observation.to_string();
    let Some(meaning) = status_meaning(&letter) else {
        let says = cell(Attribute::Status, observation);
        return Said {
            tone: Tone::Plain,
            short: says.clone(),
            says,
        };
    };
    let tone = match meaning.payable {
        Payable::IfCovered => Tone::Good,
        Payable::Never => Tone::Bad,
        Payable::OtherPrice | Payable::Bundled => Tone::Part,
        Payable::NotForPayment => Tone::Plain,
    };
    Said {
        tone,
        short: format!("{letter} {}", meaning.short),
        says: format!("status {letter}: {}", meaning.short),
    }
}

fn policy(observation: &Observation) -> Said {
    let (tone, says) = match observation {
        Observation::Value(_) => (Tone::Rule, "in force"),
        Observation::Absent => (Tone::Plain, "ended"),
    };
    Said {
        tone,
        short: says.to_owned(),
        says: says.to_owned(),
    }
}

fn therapy(observation: &Observation) -> Said {
    let tone = match observation {
        Observation::Value(_) => Tone::Rule,
        Observation::Absent => Tone::Plain,
    };
    let says = observation.to_string();
    Said {
        tone,
        short: says.clone(),
        says,
    }
}

fn units(observation: &Observation) -> Said {
    let says = match observation {
        Observation::Value(value) => format!("at most {value}"),
        Observation::Absent => "no limit listed".to_owned(),
    };
    Said {
        tone: Tone::Rule,
        short: says.clone(),
        says,
    }
}

fn hospital(observation: &Observation) -> Said {
    let indicator = observation.to_string();
    let meaning = opps_status_meaning(&indicator);
    let tone = match meaning.map(|(payable, _)| payable) {
        Some(OppsPayable::Separately) => Tone::Good,
        Some(OppsPayable::Never) => Tone::Bad,
        Some(_) => Tone::Part,
        None => Tone::Plain,
    };
    let says = match meaning {
        Some((_, words)) => format!("status {indicator}: {words}"),
        None => indicator.clone(),
    };
    Said {
        tone,
        short: indicator,
        says,
    }
}
