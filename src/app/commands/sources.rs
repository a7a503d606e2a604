//! `coverd sources`: what is read, where, how often.

use chrono::{DateTime, Utc};

use super::Context;
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::app::wiring;
use crate::io::store::{Reader, SourceState};
use crate::model::health::OpenProblem;
use crate::render::page::Page;
use crate::render::table::{Cell, Column, Table};
use crate::sources::local_coverage::TERMS;
use crate::sources::{self, SourceMeta};

/// One source, as configured and as it stands.
pub(super) struct Standing {
    pub(super) meta: SourceMeta,
    pub(super) schedule: String,
    pub(super) enabled: bool,
    pub(super) state: Option<SourceState>,
    pub(super) problems: Vec<OpenProblem>,
    /// The terms that the configuration accepts for it, word for word.
    pub(super) terms: Option<&'static str>,
}

/// Every source there is.
pub(super) fn standings(
    context: &Context,
    reader: Option<&Reader>,
) -> Result<Vec<Standing>, Failure> {
    let mut standings = Vec::new();
    for source in sources::all(&context.config.sources.settings) {
        let meta = source.meta();
        let (state, problems) = match reader {
            Some(reader) => (
                reader.source_state(meta.id)?,
                reader.open_problems(meta.id)?,
            ),
            None => (None, Vec::new()),
        };
        let settings = context.config.sources.by_id.get(meta.id);
        standings.push(Standing {
            schedule: wiring::plan(&context.config, source.as_ref())?.to_string(),
            enabled: source.is_configured() && settings.is_none_or(|settings| settings.enabled),
            terms: (meta.id == "local_coverage"
                && context
                    .config
                    .sources
                    .settings
                    .local_coverage
                    .terms_accepted)
                .then_some(TERMS),
            meta: meta.clone(),
            state,
            problems,
        });
    }
    Ok(standings)
}

impl Standing {
    /// How it stands, in a line.
    pub(super) fn summary(&self) -> String {
        if !self.enabled {
            return "switched off".to_owned();
        }
        match &self.state {
            None => "never read".to_owned(),
            Some(state) => format!(
                "last good read {}, {} documents, next {}",
                state.last_good.map_or_else(|| "never".to_owned(), minute),
                state.listed.len(),
                minute(state.next_due)
            ),
        }
    }
}

/// What is read, where, how often, and when it was last read.
pub fn sources(context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader_if_any()?;
    let standings = standings(context, reader.as_ref())?;
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
    let meta = &standing.meta;
    page.heading(&format!("{}: {}", meta.id, meta.title));
    page.pair(2, "schedule", &format!("{} (UTC)", standing.schedule));
    page.pair(2, "read", &standing.summary());
    for open in &standing.problems {
        page.pair(2, "problem", &words(open));
    }
    page.pair(2, "where", meta.home);
    page.pair(2, "how", meta.about);
    if !meta.unseen.is_empty() {
        page.pair(2, "built from descriptions", meta.unseen);
    }
    if let Some(terms) = standing.terms {
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
        let (meta, state) = (&standing.meta, standing.state.as_ref());
        let documents = state.and_then(|state| i64::try_from(state.listed.len()).ok());
        table.push([
            Cell::text(meta.id),
            Cell::text(meta.title),
            Cell::text(&standing.schedule),
            Cell::flag(standing.enabled),
            Cell::maybe(state.and_then(|state| Some(state.last_good?.to_rfc3339()))),
            Cell::maybe(state.map(|state| state.next_due.to_rfc3339())),
            documents.map_or_else(Cell::nothing, Cell::count),
            Cell::list(standing.problems.iter().map(words)),
            Cell::text(meta.about),
            Cell::text(meta.home),
            Cell::text(meta.unseen),
            Cell::maybe(standing.terms.map(ToOwned::to_owned)),
        ]);
    }
    table
}

/// An instant, to the minute.
pub(super) fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A problem that lasts, in words.
pub(super) fn words(open: &OpenProblem) -> String {
    format!(
        "{}: {} (since {})",
        open.problem.kind,
        open.problem.text,
        minute(open.since)
    )
}
