//! `coverd archive`: captured documents as a WARC file.

use std::io::Write as _;

use anyhow::Context as _;
use chrono::NaiveTime;

use super::Context;
use crate::app::cli::ArchiveCommand;
use crate::app::exit::{Classify as _, Exit, Failure};
use crate::app::wiring;
use crate::io::clock::{Clock as _, SystemClock};
use crate::io::warc::WarcWriter;

/// Runs the one that there is.
pub fn run(command: &ArchiveCommand, context: &Context) -> Result<Exit, Failure> {
    let ArchiveCommand::Export { out, since } = command;
    let reader = context.reader()?;
    let blobs = wiring::open_blobs(&context.config)?;
    let failed = || format!("cannot write {}", out.display());
    let mut warc = WarcWriter::begin(out, SystemClock.now())
        .with_context(failed)
        .or_exit(Exit::Usage)?;
    let since = since.map(|day| day.and_time(NaiveTime::MIN).and_utc());
    reader.each_capture(since, |capture| {
        warc.capture(&capture, |hash| {
            blobs.get(hash).with_context(|| {
                format!("document {hash} is not in the archive; `coverd db check` says more")
            })
        })
    })??;
    let written = warc.finish().with_context(failed)?;
    writeln!(
        std::io::stdout(),
        "Wrote {}: {} responses, {} revisits; {} answers whose bodies were not kept are left out.",
        out.display(),
        written.responses,
        written.revisits,
        written.left_out
    )?;
    Ok(Exit::Done)
}
