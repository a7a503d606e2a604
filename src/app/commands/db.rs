//! `coverd db`: check, back up, restore.

use std::io::Write as _;

use anyhow::Context as _;

use super::Context;
use crate::app::cli::DbCommand;
use crate::app::exit::{Classify, Exit, Failure};
use crate::app::wiring;
use crate::io::blobs::Blobs;
use crate::io::store::restore;

/// Runs one of the three.
pub fn run(command: &DbCommand, context: &Context) -> Result<Exit, Failure> {
    let mut out = std::io::stdout().lock();
    match command {
        DbCommand::Check => {
            let report = context
                .reader()?
                .check(&wiring::open_blobs(&context.config)?)?;
            writeln!(
                out,
                "{} documents, {} bytes: every hash compared, every rule of the database tried",
                report.documents, report.bytes
            )?;
            for finding in &report.findings {
                writeln!(out, "  {}; {}", finding.what, finding.remedy)?;
            }
            if report.findings.is_empty() {
                writeln!(out, "All is well.")?;
                return Ok(Exit::Done);
            }
            Ok(Exit::Unexpected)
        }
        DbCommand::Backup { file } => {
            if file.exists() {
                return Err(Failure::message(
                    Exit::Usage,
                    format!("{} is there already", file.display()),
                )
                .next("name a new file"));
            }
            let report = context
                .reader()?
                .backup(&wiring::open_blobs(&context.config)?, file)?;
            writeln!(
                out,
                "Wrote {}: {} documents, {} bytes.",
                file.display(),
                report.documents,
                report.bytes
            )?;
            for missing in &report.unreadable {
                writeln!(out, "  left out: {missing}")?;
            }
            Ok(if report.unreadable.is_empty() {
                Exit::Done
            } else {
                Exit::Unexpected
            })
        }
        DbCommand::Restore { file, dir } => {
            wiring::create_private(dir)?;
            let documents = dir.join("documents");
            let blobs = Blobs::open(&documents)
                .with_context(|| format!("cannot open {}", documents.display()))?;
            let report =
                restore(file, &dir.join(wiring::DATABASE), &blobs).or_exit(Exit::Unexpected)?;
            writeln!(
                out,
                "Restored {} documents into {}.",
                report.documents,
                dir.display()
            )?;
            writeln!(out, "Next: coverd --store {} db check", dir.display())?;
            Ok(Exit::Done)
        }
    }
}
