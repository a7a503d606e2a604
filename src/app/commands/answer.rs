//! `coverd answer` and `coverd history`.

use std::fmt::Write as _;
use std::io::Write as _;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use super::Context;
use crate::app::cli::{AnswerArgs, HistoryArgs};
use crate::app::exit::{Exit, Failure};
use crate::app::moment::Moment;
use crate::app::options::Format;
use crate::engine::answer::{PFS, answer, topics};
use crate::engine::fold::{fold, known_by, published_by};
use crate::io::store::Reader;
use crate::model::answer::{Answer, AnswerLine, Question};
use crate::model::attribute::{Attribute, Kind};
use crate::model::fact::{Fact, FactKey, Observation};
use crate::model::timeline::{Period, Timelines};
use crate::model::topic::{Subject, Topic};
use crate::model::watch::NcdLink;
use crate::render::table::{Cell, Column, Table};

/// What every layer says of a date of service.
pub fn answer_command(args: &AnswerArgs, context: &Context) -> Result<Exit, Failure> {
    let question = Question {
        service: args.service,
        on: args.on,
        place: args.place.clone(),
        as_published_on: args.as_published_on,
        as_known_on: args.as_known_on.map(|moment| instant(context, moment)),
    };
    let links: Vec<NcdLink> = context.config.watch.ncds.values().cloned().collect();
    let reader = context.reader()?;
    let answer = answered(&reader, &question, &links)?;
    if context.output.format == Format::Table {
        write_for_people(&answer, context)?;
    } else {
        context.print(&table(&answer))?;
    }
    Ok(Exit::Done)
}

/// The answer from what the store holds.
pub fn answered(
    reader: &Reader,
    question: &Question,
    links: &[NcdLink],
) -> Result<Answer, Failure> {
    let mut facts = reader.facts(&topics(question, links))?;
    if let Some(day) = question.as_published_on {
        facts = published_by(&facts, day);
    }
    if let Some(instant) = question.as_known_on {
        facts = known_by(facts, instant);
    }
    Ok(answer(&fold(facts), question, links))
}

/// A day on the command line ends in the practice's zone.
fn instant(context: &Context, moment: Moment) -> DateTime<Utc> {
    match moment {
        Moment::Instant(instant) => instant,
        Moment::Day(day) => {
            let midnight = day
                .checked_add_days(Days::new(1))
                .unwrap_or(day)
                .and_time(NaiveTime::MIN);
            let local = midnight
                .and_local_timezone(context.config.practice.zone)
                .earliest();
            local.map_or_else(|| midnight.and_utc(), |local| local.with_timezone(&Utc))
                - chrono::TimeDelta::milliseconds(1)
        }
    }
}

fn write_for_people(answer: &Answer, context: &Context) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let question = &answer.question;
    let mut seen_as = String::new();
    if let Some(day) = question.as_published_on {
        let _ = write!(seen_as, ", as published by {day}");
    }
    if let Some(instant) = question.as_known_on {
        let _ = write!(
            seen_as,
            ", as known here by {}",
            instant.format("%Y-%m-%d %H:%M UTC")
        );
    }
    writeln!(
        out,
        "{} on {}{seen_as}\n\n{}\n",
        question.service, question.on, answer.summary
    )?;
    drop(out);
    let mut layers = Table::new([
        Column::left("layer", "Layer"),
        Column::left("subject", "Of"),
        Column::left("says", "Says"),
        Column::left("days", "Held"),
        Column::left("source", "Proof"),
    ]);
    for line in &answer.lines {
        let mut says = line.says.clone();
        for quote in line
            .quotes
            .iter()
            .filter(|quote| !line.says.contains(quote.as_str()))
        {
            let _ = write!(says, "\n\u{201c}{quote}\u{201d}");
        }
        for caveat in &line.caveats {
            let _ = write!(says, "\nNote: {caveat}");
        }
        layers.push([
            Cell::text(line.layer.label()),
            Cell::text(&line.subject),
            Cell::text(says),
            Cell::maybe(line.days.map(held)),
            Cell::maybe(line.fact.as_deref().map(proof)),
        ]);
    }
    context.print(&layers)
}

/// From when to when.
pub fn held(days: Period) -> String {
    match days.until {
        Some(until) => format!("{} to {}", days.from, until.pred_opt().unwrap_or(until)),
        None => format!("since {}", days.from),
    }
}

/// Where it is written, in a few lines.
pub fn proof(fact: &Fact) -> String {
    let origin = &fact.origin;
    format!(
        "{}, {}; published {}; document {}, captured {}",
        origin.edition.name,
        fact.statement.locator,
        origin.published,
        origin.document.short(),
        origin.learned.format("%Y-%m-%d")
    )
}

fn table(answer: &Answer) -> Table {
    let mut table = Table::new([
        Column::left("layer", "Layer"),
        Column::left("subject", "Of"),
        Column::left("says", "Says"),
        Column::left("from", "From"),
        Column::left("until", "Until"),
        Column::left("quotes", "Quotes"),
        Column::left("caveats", "Caveats"),
        Column::left("edition", "Edition"),
        Column::left("published", "Published"),
        Column::left("captured", "Captured"),
        Column::left("locator", "Locator"),
        Column::left("row", "Row or passage"),
        Column::left("url", "Address"),
        Column::left("document", "SHA-256"),
    ]);
    let mut summary = vec![
        Cell::text("summary"),
        Cell::text(answer.question.service.to_string()),
        Cell::text(&answer.summary),
    ];
    summary.resize_with(14, Cell::nothing);
    table.push(summary);
    for line in &answer.lines {
        table.push(cells(line));
    }
    table
}

fn cells(line: &AnswerLine) -> [Cell; 14] {
    let fact = line.fact.as_deref();
    let origin = fact.map(|fact| &fact.origin);
    [
        Cell::text(line.layer.id()),
        Cell::text(&line.subject),
        Cell::text(&line.says),
        Cell::maybe(line.days.map(|days| days.from)),
        Cell::maybe(line.days.and_then(|days| days.until)),
        Cell::list(line.quotes.clone()),
        Cell::list(line.caveats.clone()),
        Cell::maybe(origin.map(|origin| &origin.edition.name)),
        Cell::maybe(origin.map(|origin| origin.published)),
        Cell::maybe(origin.map(|origin| origin.learned.to_rfc3339())),
        Cell::maybe(fact.map(|fact| &fact.statement.locator)),
        Cell::maybe(fact.map(|fact| &fact.statement.quote)),
        Cell::maybe(origin.map(|origin| &origin.url)),
        Cell::maybe(origin.map(|origin| origin.document)),
    ]
}

/// Everything believed about a code, from when to when.
pub fn history(args: &HistoryArgs, context: &Context) -> Result<Exit, Failure> {
    let links: Vec<NcdLink> = context.config.watch.ncds.values().cloned().collect();
    let question = Question {
        service: args.service,
        on: NaiveDate::MAX,
        place: None,
        as_published_on: None,
        as_known_on: None,
    };
    let timelines = fold(context.reader()?.facts(&topics(&question, &links))?);
    let table = history_table(&timelines, args.since);
    if table.is_empty() && context.output.format == Format::Table {
        writeln!(
            std::io::stdout(),
            "Nothing is known about {}: it is not watched, or nothing was read yet.",
            args.service
        )?;
        return Ok(Exit::Done);
    }
    context.print(&table)?;
    Ok(Exit::Done)
}

fn history_table(timelines: &Timelines, since: Option<NaiveDate>) -> Table {
    let mut table = Table::new([
        Column::left("from", "From"),
        Column::left("until", "Until"),
        Column::left("subject", "Of"),
        Column::left("attribute", "What"),
        Column::left("value", "Value"),
        Column::left("edition", "By"),
        Column::left("published", "Published"),
        Column::left("locator", "Where"),
        Column::left("document", "Document"),
    ]);
    let schedule = Topic::national(Subject::Schedule(PFS.to_owned()));
    for (topic, attributes) in timelines.topics() {
        for (&attribute, timeline) in attributes {
            if *topic == schedule && attribute.kind() != Kind::Amount {
                continue;
            }
            let mut segments = timeline.segments.iter().peekable();
            while let Some(first) = segments.next() {
                let mut until = first.period.until;
                while let Some(next) = segments.next_if(|next| {
                    next.observation == first.observation && Some(next.period.from) == until
                }) {
                    until = next.period.until;
                }
                if since.is_some_and(|since| until.is_some_and(|until| until <= since)) {
                    continue;
                }
                let origin = &first.fact.origin;
                table.push([
                    Cell::text(first.period.from.to_string()),
                    Cell::maybe(until),
                    Cell::text(topic.to_string()),
                    Cell::text(attribute.label()),
                    Cell::text(short(attribute, &first.observation)),
                    Cell::text(&origin.edition.name),
                    Cell::text(origin.published.to_string()),
                    Cell::text(&first.fact.statement.locator),
                    Cell::text(origin.document.short()),
                ]);
            }
        }
    }
    table
}

/// A value in a cell: passages by their first words, the whole text is in `show` and `answer`.
pub fn short(attribute: Attribute, observation: &Observation) -> String {
    let text = observation.to_string();
    if attribute.kind() != Kind::Passage || text.chars().count() <= 160 {
        return text;
    }
    let start: String = text.chars().take(150).collect();
    format!("{start}\u{2026}").replace('\n', " / ")
}

/// The history of what matters most of a code, for the demonstration.
pub fn print_outline(reader: &Reader, code: &str, context: &Context) -> Result<(), Failure> {
    let service = code.parse().map_err(anyhow::Error::from)?;
    let topic = Topic::national(Subject::Service(service));
    let mut timelines = Timelines::default();
    for (topic, attributes) in fold(reader.facts(&[topic])?).topics() {
        for &attribute in &[Attribute::Status, Attribute::NonFacilityTotal] {
            if let Some(timeline) = attributes.get(&attribute) {
                let key = FactKey {
                    topic: topic.clone(),
                    attribute,
                };
                timelines.insert(key, timeline.clone());
            }
        }
    }
    context.print(&history_table(&timelines, None))
}
