//! `coverd answer`.

use chrono::{DateTime, Utc};

use super::Context;
use crate::app::cli::AnswerArgs;
use crate::app::exit::{Exit, Failure};
use crate::app::moment::Moment;
use crate::app::options::Format;
use crate::ask::{answered, end_of_day};
use crate::model::answer::{Answer, AnswerLine, Question};
use crate::model::fact::Fact;
use crate::render::page::Page;
use crate::render::table::{Cell, Column, Table};
use crate::render::words::held;

/// Columns for programs.
const COLUMNS: usize = 19;

/// What every layer says of a date of service.
pub fn answer_command(args: &AnswerArgs, context: &Context) -> Result<Exit, Failure> {
    let question = Question {
        service: args.service,
        on: args.on.unwrap_or_else(|| context.today()),
        place: args.place.clone(),
        as_published_on: args.as_published_on,
        as_known_on: args.as_known_on.map(|moment| instant(context, moment)),
    };
    let reader = context.reader()?;
    let answer = answered(&reader, &question, &context.config.watch)?;
    if context.output.format == Format::Table {
        write_for_people(&answer, context)?;
    } else {
        context.print(&table(&answer))?;
    }
    Ok(Exit::Done)
}

/// A day on the command line ends in the practice's zone.
fn instant(context: &Context, moment: Moment) -> DateTime<Utc> {
    match moment {
        Moment::Instant(instant) => instant,
        Moment::Day(day) => end_of_day(day, context.config.practice.zone),
    }
}

fn write_for_people(answer: &Answer, context: &Context) -> Result<(), Failure> {
    let mut page = context.page();
    let question = &answer.question;
    if let Some(day) = question.as_published_on {
        page.prose(0, &format!("By what CMS had published by {day}:"));
    }
    if let Some(instant) = question.as_known_on {
        let instant = instant.format("%Y-%m-%d %H:%M UTC");
        page.prose(0, &format!("By what coverd had read by {instant}:"));
    }
    page.prose(0, &answer.summary);
    for contradiction in &answer.contradictions {
        page.prose(0, &format!("Contradiction: {contradiction}."));
    }
    for line in &answer.lines {
        block(&mut page, line);
    }
    context.show(&page)
}

/// What one layer says, and how it is known.
fn block(page: &mut Page, line: &AnswerLine) {
    page.heading(&format!("{}, {}", line.layer.label(), line.subject));
    page.prose(2, &line.says);
    page.pair(2, "held", &line.days.map(held).unwrap_or_default());
    let proof = line.fact.as_deref().map(proof).unwrap_or_default();
    page.pair(2, "proof", &proof);
    for input in &line.inputs {
        page.pair(2, "from", &self::proof(input));
    }
    let said_already = |quote: &&String| line.says.contains(quote.as_str());
    for quote in line.quotes.iter().filter(|quote| !said_already(quote)) {
        page.pair(2, "text", &format!("\u{201c}{quote}\u{201d}"));
    }
    for caveat in &line.caveats {
        page.pair(2, "note", caveat);
    }
}

/// Where it is written.
fn proof(fact: &Fact) -> String {
    let origin = &fact.origin;
    format!(
        "{}, {}; published {}, captured {}; document {}",
        origin.edition.name,
        fact.statement.locator,
        origin.published,
        origin.learned.format("%Y-%m-%d"),
        origin.document.short(),
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
        Column::left("place", "Place"),
        Column::left("clinician", "Clinician"),
        Column::right("nonfacility_dollars", "Non-facility $"),
        Column::right("facility_dollars", "Facility $"),
        Column::left("inputs", "Reckoned from, too"),
    ]);
    let mut summary = vec![
        Cell::text("summary"),
        Cell::text(answer.question.service.to_string()),
        Cell::text(&answer.summary),
    ];
    summary.resize_with(COLUMNS, Cell::nothing);
    table.push(summary);
    for contradiction in &answer.contradictions {
        let mut row = vec![
            Cell::text("contradiction"),
            Cell::text(answer.question.service.to_string()),
            Cell::text(contradiction),
        ];
        row.resize_with(COLUMNS, Cell::nothing);
        table.push(row);
    }
    for line in &answer.lines {
        table.push(cells(line));
    }
    table
}

fn cells(line: &AnswerLine) -> [Cell; COLUMNS] {
    let fact = line.fact.as_deref();
    let origin = fact.map(|fact| &fact.origin);
    let payment = line.payment.as_deref();
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
        Cell::maybe(payment.map(|payment| &payment.place)),
        Cell::maybe(payment.map(|payment| payment.clinician.id())),
        Cell::maybe(payment.and_then(|payment| payment.nonfacility.paid())),
        Cell::maybe(payment.and_then(|payment| payment.facility.paid())),
        Cell::list(line.inputs.iter().map(|input| proof(input))),
    ]
}
