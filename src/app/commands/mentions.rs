//! `coverd mentions`.

use super::Context;
use crate::app::cli::MentionsArgs;
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::engine::fold::fold;
use crate::model::attribute::Attribute;
use crate::model::fact::{Fact, Observation, Value};
use crate::model::passage::Passage;
use crate::model::timeline::Timelines;
use crate::model::topic::Topic;
use crate::render::page::Page;
use crate::render::table::{Cell, Column, Table};

/// One passage, and the document it stands in.
struct Found<'a> {
    topic: &'a Topic,
    fact: &'a Fact,
    passage: Passage,
}

/// The passages that name what is watched, those of the latest document first.
pub fn mentions(args: &MentionsArgs, context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader()?;
    let timelines = fold(reader.facts(&reader.document_topics()?)?);
    let found = found(&timelines, args);
    if context.output.format != Format::Table {
        context.print(&for_programs(&found))?;
        return Ok(Exit::Done);
    }
    let mut page = context.page();
    if found.is_empty() {
        let what = args.term.as_deref().unwrap_or("what is watched");
        page.prose(0, &format!("No passage that was read names {what}."));
    }
    let mut shown: Option<&Topic> = None;
    for one in &found {
        if shown != Some(one.topic) {
            document(&mut page, one);
            shown = Some(one.topic);
        }
        quote(&mut page, &one.passage);
    }
    context.show(&page)?;
    Ok(Exit::Done)
}

fn found<'a>(timelines: &'a Timelines, args: &MentionsArgs) -> Vec<Found<'a>> {
    let mut attributes = vec![Attribute::Passages, Attribute::FiledPassages];
    if args.look_alikes {
        attributes.push(Attribute::LookAlikePassages);
    }
    let wanted = args.term.as_deref().map(str::to_lowercase);
    let mut found = Vec::new();
    for (topic, timeline) in timelines.topics() {
        for attribute in &attributes {
            let Some(segment) = timeline.get(attribute).and_then(|one| one.segments.last()) else {
                continue;
            };
            let Observation::Value(Value::Text(text)) = &segment.observation else {
                continue;
            };
            let is_since = args
                .since
                .is_none_or(|since| segment.fact.origin.published >= since);
            let names = |passage: &Passage| {
                let is_it = |wanted: &String| {
                    let mut terms = passage.terms.iter();
                    terms.any(|term| term.to_lowercase() == *wanted)
                };
                wanted.as_ref().is_none_or(is_it)
            };
            let passages = Passage::parse_all(text).into_iter();
            found.extend(
                passages
                    .filter(|one| is_since && names(one))
                    .map(|passage| Found {
                        topic,
                        fact: &segment.fact,
                        passage,
                    }),
            );
        }
    }
    // The sort is stable: the passages of a document stay in their order.
    found.sort_by(|a, b| {
        let day = |one: &Found<'_>| one.fact.origin.published;
        day(b).cmp(&day(a)).then_with(|| a.topic.cmp(b.topic))
    });
    found
}

fn document(page: &mut Page, one: &Found<'_>) {
    let origin = &one.fact.origin;
    page.heading(&one.topic.to_string());
    page.pair(2, "published", &origin.published.to_string());
    page.pair(2, "where", &origin.url);
    page.pair(2, "document", &origin.document.to_string());
}

fn quote(page: &mut Page, passage: &Passage) {
    page.gap();
    page.prose(2, &passage.terms.join(", "));
    let place: Vec<String> = [passage.heading.join(" \u{203a} "), passage.page.clone()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    if !place.is_empty() {
        page.prose(2, &place.join(", "));
    }
    page.prose(4, &format!("\u{201c}{}\u{201d}", passage.text));
}

fn for_programs(found: &[Found<'_>]) -> Table {
    let mut table = Table::new([
        Column::left("terms", "Names"),
        Column::left("subject", "Of"),
        Column::left("stage", "Stage"),
        Column::left("published", "Published"),
        Column::left("headings", "Headings"),
        Column::left("page", "Page"),
        Column::left("text", "Passage"),
        Column::left("url", "Address"),
        Column::left("document", "SHA-256"),
    ]);
    for one in found {
        let origin = &one.fact.origin;
        table.push([
            Cell::list(one.passage.terms.iter().cloned()),
            Cell::text(one.topic.subject.to_string()),
            Cell::text(one.topic.stage.to_string()),
            Cell::text(origin.published.to_string()),
            Cell::list(one.passage.heading.iter().cloned()),
            Cell::text(&one.passage.page),
            Cell::text(&one.passage.text),
            Cell::text(&origin.url),
            Cell::text(origin.document.to_string()),
        ]);
    }
    table
}
