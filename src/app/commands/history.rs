//! `coverd history`.

use std::collections::BTreeSet;

use super::Context;
use crate::app::cli::HistoryArgs;
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::ask::{believed, everything};
use crate::engine::answer::Setting;
use crate::engine::history::{Line, lines, subjects};
use crate::io::store::Reader;
use crate::model::attribute::{Attribute, Kind};
use crate::model::code::Service;
use crate::model::fact::Observation;
use crate::model::topic::{Subject, Topic};
use crate::model::watch::NcdLink;
use crate::render::page::Page;
use crate::render::table::{Cell, Column, Table, Tone};
use crate::render::words::{cell, held};

/// Characters of two days with the word between.
const DAYS: usize = 24;

/// Everything believed about a code, from when to when.
pub fn history(args: &HistoryArgs, context: &Context) -> Result<Exit, Failure> {
    let watch = &context.config.watch;
    let links: Vec<NcdLink> = watch.ncds.values().cloned().collect();
    let reader = context.reader()?;
    let timelines = everything(&reader, args.service, watch, None)?;
    let mut subjects = subjects(&timelines, args.service, &links, args.since);
    if let Some(only) = args.attribute {
        for (_, lines) in &mut subjects {
            lines.retain(|line| line.attribute == only);
        }
        subjects.retain(|(_, lines)| !lines.is_empty());
    }
    if context.output.format != Format::Table {
        context.print(&for_programs(&subjects))?;
        return Ok(Exit::Done);
    }
    let mut page = context.page();
    for (topic, lines) in &subjects {
        page.heading(&topic.to_string());
        for_people(&mut page, lines);
    }
    if subjects.is_empty() {
        page.prose(
            0,
            &format!(
                "Nothing is known about {0}: it is not watched, or nothing was read yet. `coverd status` says what is watched; a code in [watch] codes is read from the documents at hand at the next check.",
                args.service
            ),
        );
    }
    context.show(&page)?;
    Ok(Exit::Done)
}

/// Values in a list, texts below it by their first words; what was blank all the time is only named,
/// and the record keeping of CMS is left to programs.
fn for_people(page: &mut Page, lines: &[Line<'_>]) {
    let blank = |line: &&Line<'_>| {
        line.stretches
            .iter()
            .all(|stretch| stretch.observation.to_string() == Observation::text("").to_string())
    };
    let (blank, told): (Vec<&Line<'_>>, Vec<&Line<'_>>) = lines
        .iter()
        .filter(|line| line.attribute != Attribute::Bookkeeping)
        .partition(blank);
    let mut table = Table::new([
        Column::left("what", "What"),
        Column::left("days", "Services").whole(),
        Column::left("value", "Value"),
        Column::left("edition", "By").whole(),
    ]);
    let (passages, values): (Vec<&Line<'_>>, Vec<&Line<'_>>) = told
        .into_iter()
        .partition(|line| line.attribute.kind() == Kind::Passage);
    for line in values {
        for (index, stretch) in line.stretches.iter().enumerate() {
            let label = if index == 0 {
                line.attribute.label()
            } else {
                ""
            };
            table.push([
                Cell::text(label),
                Cell::text(held(stretch.days)),
                Cell::text(cell(line.attribute, stretch.observation)).tone(Tone::Strong),
                Cell::text(&stretch.fact.origin.edition.name),
            ]);
        }
    }
    page.table(&table);
    for line in passages {
        page.prose(1, line.attribute.label());
        for stretch in &line.stretches {
            let by = &stretch.fact.origin.edition.name;
            let text = cell(line.attribute, stretch.observation);
            page.labelled(3, DAYS, &held(stretch.days), &format!("{text} ({by})"));
        }
    }
    if !blank.is_empty() {
        let labels: Vec<&str> = blank.iter().map(|line| line.attribute.label()).collect();
        page.toned(
            1,
            &format!("Blank throughout: {}.", labels.join(", ")),
            Tone::Faint,
        );
    }
}

fn for_programs(subjects: &[(&Topic, Vec<Line<'_>>)]) -> Table {
    let mut table = Table::new([
        Column::left("subject", "Of"),
        Column::left("attribute", "What"),
        Column::left("from", "From"),
        Column::left("until", "Until"),
        Column::left("value", "Value"),
        Column::left("edition", "By"),
        Column::left("published", "Published"),
        Column::left("captured", "Captured"),
        Column::left("locator", "Where"),
        Column::left("url", "Address"),
        Column::left("document", "Document"),
    ]);
    for (topic, lines) in subjects {
        for line in lines {
            for stretch in &line.stretches {
                let origin = &stretch.fact.origin;
                table.push([
                    Cell::text(topic.to_string()),
                    Cell::text(line.attribute.id()),
                    Cell::text(stretch.days.from.to_string()),
                    Cell::maybe(stretch.days.until),
                    Cell::text(stretch.observation.to_string()),
                    Cell::text(&origin.edition.name),
                    Cell::text(origin.published.to_string()),
                    Cell::text(origin.learned.to_rfc3339()),
                    Cell::text(&stretch.fact.statement.locator),
                    Cell::text(&origin.url),
                    Cell::text(origin.document.to_string()),
                ]);
            }
        }
    }
    table
}

/// The history of what matters most of a code, for the demonstration.
pub fn outline(
    page: &mut Page,
    reader: &Reader,
    service: Service,
    only: &[Attribute],
) -> Result<(), Failure> {
    let code_alone = Setting {
        links: &[],
        billed_with: &BTreeSet::new(),
        localities: &BTreeSet::new(),
        known: &[],
    };
    let timelines = believed(reader, service, &code_alone, None)?;
    for (topic, mut lines) in lines(&timelines, None) {
        if topic.subject == Subject::Service(service) {
            lines.retain(|line| only.contains(&line.attribute));
            for_people(page, &lines);
        }
    }
    Ok(())
}
