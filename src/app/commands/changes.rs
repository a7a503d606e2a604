//! `coverd changes` and `coverd show`.

use std::io::Write as _;

use chrono::{NaiveTime, Utc};

use super::Context;
use super::answer::{held, short};
use crate::app::cli::{ChangesArgs, ShowArgs};
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::io::store::{ChangeFilter, StoredChange};
use crate::model::attribute::Kind;
use crate::model::fact::{Fact, Observation};
use crate::model::topic::Subject;
use crate::render::escape::harmless;
use crate::render::redline::{Fate, redline};
use crate::render::table::{Cell, Column, Table};

/// What moved, newest first.
pub fn changes(args: &ChangesArgs, context: &Context) -> Result<Exit, Failure> {
    let filter = ChangeFilter {
        since: args.since.map(|day| day.and_time(NaiveTime::MIN).and_utc()),
        code: args
            .code
            .filter(|service| service.modifier.is_none())
            .map(|service| service.code),
        subject: args
            .code
            .filter(|service| service.modifier.is_some())
            .map(Subject::Service),
        least: args.severity,
        alert: args.alert.clone(),
        limit: Some(args.limit),
    };
    let found = context.reader()?.changes(&filter)?;
    if found.is_empty() && context.output.format == Format::Table {
        writeln!(std::io::stdout(), "No changes.")?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new([
        Column::left("id", "Id"),
        Column::left("severity", "Severity"),
        Column::left("subject", "Of"),
        Column::left("attribute", "What"),
        Column::left("was", "Was"),
        Column::left("now", "Now"),
        Column::left("from", "Services from"),
        Column::left("until", "Until"),
        Column::left("edition", "By"),
        Column::left("published", "Published"),
        Column::left("recorded", "Found"),
        Column::left("alert", "Alert"),
    ]);
    for change in &found {
        table.push(row(change));
    }
    if found.len() == usize::try_from(args.limit).unwrap_or(usize::MAX) {
        table.note(format!(
            "The newest {} are shown; --limit shows more.",
            args.limit
        ));
    }
    context.print(&table)?;
    Ok(Exit::Done)
}

fn row(stored: &StoredChange) -> [Cell; 12] {
    let change = &stored.judged.change;
    let attribute = change.key.attribute;
    let side =
        |observation: &Option<Observation>| observation.as_ref().map(|o| short(attribute, o));
    let after = change.after.as_ref().map(|fact| &fact.origin);
    [
        Cell::text(&stored.id),
        Cell::text(stored.judged.severity.id()),
        Cell::text(change.key.topic.to_string()),
        Cell::text(attribute.label()),
        Cell::maybe(side(&change.was)),
        Cell::maybe(side(&change.now)),
        Cell::text(change.days.from.to_string()),
        Cell::maybe(change.days.until),
        Cell::maybe(after.map(|origin| &origin.edition.name)),
        Cell::maybe(after.map(|origin| origin.published)),
        Cell::text(
            stored
                .recorded
                .with_timezone(&Utc)
                .format("%Y-%m-%d")
                .to_string(),
        ),
        Cell::maybe(stored.alert.as_ref()),
    ]
}

/// One change in full, with the evidence before and after.
pub fn show(args: &ShowArgs, context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader()?;
    let Some(stored) = reader.change(&args.change)? else {
        return Err(
            Failure::message(Exit::Usage, format!("there is no change '{}'", args.change))
                .next("`coverd changes` lists them with their ids"),
        );
    };
    if context.output.format != Format::Table {
        context.print(&evidence_table(&stored))?;
        return Ok(Exit::Done);
    }
    let change = &stored.judged.change;
    let mut out = std::io::stdout().lock();
    writeln!(out, "Change {}  ({})", stored.id, stored.judged.severity)?;
    writeln!(out, "{}", change.key)?;
    writeln!(out, "Services {}", held(change.days))?;
    if let Some(past) = change.retroactive_days() {
        writeln!(out, "Already past when it was published: {}", held(past))?;
    }
    if let Some(alert) = &stored.alert {
        writeln!(out, "Told by alert {alert}")?;
    } else {
        writeln!(out, "Kept as history, not mailed")?;
    }
    writeln!(out)?;
    match (&change.was, &change.now) {
        (Some(was), Some(now)) if change.key.attribute.kind() == Kind::Passage => {
            let changed = redline(&was.to_string(), &now.to_string(), 40);
            for paragraph in &changed.paragraphs {
                for piece in paragraph {
                    let text = harmless(&piece.text);
                    match piece.fate {
                        Fate::Same => write!(out, "{text} ")?,
                        Fate::Gone => write!(out, "[-{text}-] ")?,
                        Fate::New => write!(out, "{{+{text}+}} ")?,
                    }
                }
                writeln!(out)?;
            }
            if changed.left_out > 0 {
                writeln!(
                    out,
                    "and {} more changed paragraphs: --format json has both texts",
                    changed.left_out
                )?;
            }
        }
        (was, now) => {
            let side = |observation: &Option<Observation>| {
                observation
                    .as_ref()
                    .map_or_else(|| "not observed".to_owned(), ToString::to_string)
            };
            writeln!(
                out,
                "was: {}\nnow: {}",
                harmless(&side(was)),
                harmless(&side(now))
            )?;
        }
    }
    for (title, fact) in [("Before", &change.before), ("After", &change.after)] {
        let Some(fact) = fact else { continue };
        writeln!(out, "\n{title}")?;
        for (name, value) in evidence(fact) {
            writeln!(out, "  {name:<12} {}", harmless(&value))?;
        }
        for capture in reader.captures_of(&fact.origin.document)? {
            writeln!(
                out,
                "  {:<12} {} (status {}) from {}",
                "capture",
                capture.at.to_rfc3339(),
                capture.status,
                harmless(&capture.final_url)
            )?;
        }
    }
    Ok(Exit::Done)
}

fn evidence(fact: &Fact) -> Vec<(&'static str, String)> {
    let origin = &fact.origin;
    vec![
        ("edition", origin.edition.name.clone()),
        ("published", origin.published.to_string()),
        ("where", fact.statement.locator.clone()),
        ("row", fact.statement.quote.clone()),
        ("address", origin.url.clone()),
        ("document", origin.document.to_string()),
        ("learned", origin.learned.to_rfc3339()),
    ]
}

fn evidence_table(stored: &StoredChange) -> Table {
    let change = &stored.judged.change;
    let mut table = Table::new([
        Column::left("side", "Side"),
        Column::left("value", "Value"),
        Column::left("edition", "Edition"),
        Column::left("published", "Published"),
        Column::left("locator", "Where"),
        Column::left("row", "Row or passage"),
        Column::left("url", "Address"),
        Column::left("document", "SHA-256"),
        Column::left("learned", "Learned"),
    ]);
    for (side, observation, fact) in [
        ("before", &change.was, &change.before),
        ("after", &change.now, &change.after),
    ] {
        let mut cells = vec![Cell::text(side), Cell::maybe(observation.as_ref())];
        let [edition, published, locator, row, url, document, learned] = match fact {
            Some(fact) => <[(&str, String); 7]>::try_from(evidence(fact))
                .unwrap_or_default()
                .map(|(_, value)| Cell::text(value)),
            None => std::array::from_fn(|_| Cell::nothing()),
        };
        cells.extend([edition, published, locator, row, url, document, learned]);
        table.push(cells);
    }
    table
}
