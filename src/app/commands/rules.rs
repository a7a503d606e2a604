//! `coverd rules`.

use chrono::NaiveDate;

use super::Context;
use crate::app::cli::RulesArgs;
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::ask::rules as rules_of;
use crate::engine::rules::{RuleDocument, Rulemaking};
use crate::render::page::Page;
use crate::render::table::{Cell, Column, Table};

/// The rulemakings that are known, the one with the latest document first.
pub fn rules(args: &RulesArgs, context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader()?;
    let mut found = rules_of(&reader, context.today(), None)?;
    if let Some(since) = args.since {
        found.retain(|rulemaking| rulemaking.documents.iter().any(|one| is_since(one, since)));
    }
    if context.output.format != Format::Table {
        context.print(&for_programs(&found))?;
        return Ok(Exit::Done);
    }
    let mut page = context.page();
    if found.is_empty() {
        page.prose(
            0,
            "No rulemaking is known. They are read from the Federal Register (`coverd sources`); only those of the fee schedule, and those that name what is watched, are kept.",
        );
    }
    for rulemaking in &found {
        block(&mut page, rulemaking);
    }
    context.show(&page)?;
    Ok(Exit::Done)
}

fn is_since(document: &RuleDocument, since: NaiveDate) -> bool {
    document.fact.origin.published >= since
}

fn block(page: &mut Page, rulemaking: &Rulemaking) {
    page.heading(&format!(
        "{}: {}",
        rulemaking.name,
        rulemaking.standing.label()
    ));
    let title = rulemaking
        .documents
        .iter()
        .map(|document| document.title.as_str())
        .find(|title| !title.is_empty());
    page.prose(2, title.unwrap_or_default());
    for document in &rulemaking.documents {
        page.pair(2, &day(document), &line(document));
    }
}

/// The day of a document: of its publication, else of its filing.
fn day(document: &RuleDocument) -> String {
    let days = [&document.published, &document.filed];
    let known = days.into_iter().find(|day| !day.is_empty());
    known.map_or_else(|| "no day".to_owned(), |day| day.chars().take(10).collect())
}

fn line(document: &RuleDocument) -> String {
    let mut parts = vec![
        format!("{} {}", document.kind, document.docket)
            .trim()
            .to_owned(),
    ];
    let citation = if document.citation.is_empty() {
        format!("FR {}", document.number)
    } else {
        format!("FR {} ({})", document.number, document.citation)
    };
    parts.push(citation);
    for (text, words) in [
        (&document.comments_close, "comments close "),
        (&document.effective, "effective "),
        (&document.corrects, "about FR "),
    ] {
        if !text.is_empty() {
            parts.push(format!("{words}{text}"));
        }
    }
    if !document.names.is_empty() {
        let names: Vec<&str> = document.names.iter().map(String::as_str).collect();
        parts.push(format!("names {}", names.join(", ")));
    }
    parts.join(", ")
}

fn for_programs(found: &[Rulemaking]) -> Table {
    let mut table = Table::new([
        Column::left("rulemaking", "Rulemaking"),
        Column::left("standing", "Stands"),
        Column::left("number", "FR document"),
        Column::left("kind", "Kind"),
        Column::left("docket", "Docket"),
        Column::left("published", "Published"),
        Column::left("filed", "Filed"),
        Column::left("comments_close", "Comments close"),
        Column::left("effective", "Effective"),
        Column::left("corrects", "About"),
        Column::left("citation", "Citation"),
        Column::left("names", "Names"),
        Column::left("title", "Title"),
        Column::left("url", "Address"),
        Column::left("document", "SHA-256"),
    ]);
    for rulemaking in found {
        for document in &rulemaking.documents {
            let origin = &document.fact.origin;
            table.push([
                Cell::text(&rulemaking.name),
                Cell::text(rulemaking.standing.id()),
                Cell::text(&document.number),
                Cell::text(&document.kind),
                Cell::text(&document.docket),
                Cell::text(&document.published),
                Cell::text(&document.filed),
                Cell::text(&document.comments_close),
                Cell::text(&document.effective),
                Cell::text(&document.corrects),
                Cell::text(&document.citation),
                Cell::list(document.names.iter().cloned()),
                Cell::text(&document.title),
                Cell::text(&origin.url),
                Cell::text(origin.document.to_string()),
            ]);
        }
    }
    table
}
