//! `coverd sources`: what is read, where, how often.

use super::Context;
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::app::wiring;
use crate::ask::{Standing, standings};
use crate::render::page::Page;
use crate::render::table::{Cell, Column, Table};
use crate::render::words::trouble;

/// What is read, where, how often, and when it was last read.
pub fn sources(context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader_if_any()?;
    let infos = wiring::source_infos(&context.config)?;
    let standings = standings(reader.as_ref(), &infos)?;
    if context.output.format != Format::Table {
        context.print(&for_programs(&standings))?;
        return Ok(Exit::Done);
    }
    let mut page = context.page();
    for standing in &standings {
        block(&mut page, standing);
    }
    context.show(&page)?;
    Ok(Exit::Done)
}

fn block(page: &mut Page, standing: &Standing) {
    let meta = &standing.info;
    page.heading(&format!("{}: {}", meta.id, meta.title));
    page.pair(2, "schedule", &format!("{} (UTC)", meta.schedule));
    page.pair(2, "read", &standing.summary());
    for open in &standing.problems {
        page.pair(2, "problem", &trouble(open));
    }
    page.pair(2, "where", meta.home);
    page.pair(2, "how", meta.about);
    if !meta.unseen.is_empty() {
        page.pair(2, "built from descriptions", meta.unseen);
    }
    if let Some(terms) = meta.terms {
        page.pair(2, "accepted", terms);
    }
}

fn for_programs(standings: &[Standing]) -> Table {
    let mut table = Table::new([
        Column::left("id", "Source"),
        Column::left("title", "What"),
        Column::left("schedule", "Schedule (UTC)"),
        Column::left("enabled", "On"),
        Column::left("last_good", "Last good read"),
        Column::left("next_due", "Next"),
        Column::right("units", "Documents"),
        Column::left("problems", "Problems"),
        Column::left("about", "How it is read"),
        Column::left("home", "Where"),
        Column::left("unseen", "Built from descriptions"),
        Column::left("accepted_terms", "Accepted"),
    ]);
    for standing in standings {
        let (meta, state) = (&standing.info, standing.state.as_ref());
        let documents = state.and_then(|state| i64::try_from(state.listed.len()).ok());
        table.push([
            Cell::text(meta.id),
            Cell::text(meta.title),
            Cell::text(&meta.schedule),
            Cell::flag(meta.enabled),
            Cell::maybe(state.and_then(|state| Some(state.last_good?.to_rfc3339()))),
            Cell::maybe(state.map(|state| state.next_due.to_rfc3339())),
            documents.map_or_else(Cell::nothing, Cell::count),
            Cell::list(standing.problems.iter().map(trouble)),
            Cell::text(meta.about),
            Cell::text(meta.home),
            Cell::text(meta.unseen),
            Cell::maybe(meta.terms.map(ToOwned::to_owned)),
        ]);
    }
    table
}
