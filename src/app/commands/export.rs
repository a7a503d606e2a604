//! `coverd export`: the store as Parquet files.

use std::io::Write as _;

use anyhow::Context as _;

use super::Context;
use crate::app::cli::ExportArgs;
use crate::app::exit::{Classify as _, Exit, Failure};
use crate::ask;

/// Writes the tables.
pub fn export(args: &ExportArgs, context: &Context) -> Result<Exit, Failure> {
    let folder = &args.parquet;
    let failed = || format!("cannot write into {}", folder.display());
    std::fs::create_dir_all(folder)
        .with_context(failed)
        .or_exit(Exit::Usage)?;
    let mut entries = std::fs::read_dir(folder).with_context(failed)?;
    if entries.next().is_some() {
        return Err(
            Failure::message(Exit::Usage, format!("{} is not empty", folder.display()))
                .next("name a new folder"),
        );
    }
    let reader = context.reader()?;
    let exported = ask::export(&reader, folder).with_context(failed)?;
    let mut out = std::io::stdout().lock();
    for (file, rows) in exported {
        writeln!(out, "Wrote {}: {rows} rows.", folder.join(file).display())?;
    }
    Ok(Exit::Done)
}
