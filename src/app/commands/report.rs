//! `coverd report`: the way of every change, from publication to the reader.

use std::io::Write as _;

use anyhow::Context as _;

use super::Context;
use crate::app::cli::ReportArgs;
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::ask::report;
use crate::engine::report::summary;
use crate::io::clock::{Clock as _, SystemClock};
use crate::render::report::Report;

/// Prints the report, or writes it as a page.
pub fn report_command(args: &ReportArgs, context: &Context) -> Result<Exit, Failure> {
    let (told, untold) = report(&context.reader()?, args.year)?;
    let report = Report {
        practice: &context.config.practice.name,
        year: args.year,
        made: SystemClock.now(),
        told: &told,
        untold,
        summary: summary(&told),
    };
    let Some(out) = &args.out else {
        let mut table = report.to_table();
        if context.output.format == Format::Table {
            let mut page = context.page();
            page.table(&table);
            for note in report.notes() {
                page.gap();
                page.prose(0, &note);
            }
            context.show(&page)?;
        } else {
            report.notes().into_iter().for_each(|note| table.note(note));
            context.print(&table)?;
        }
        return Ok(Exit::Done);
    };
    let html = report.to_html().context("the page cannot be written")?;
    std::fs::write(out, html).with_context(|| format!("cannot write {}", out.display()))?;
    writeln!(
        std::io::stdout(),
        "Wrote {}: {} changes.",
        out.display(),
        told.len()
    )?;
    Ok(Exit::Done)
}
