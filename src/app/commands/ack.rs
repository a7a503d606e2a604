//! `coverd ack`: someone has seen an alert and takes care of it.

use std::io::Write as _;

use anyhow::Context as _;

use super::Context;
use crate::app::cli::AckArgs;
use crate::app::exit::{Classify as _, Exit, Failure};
use crate::app::wiring;
use crate::ask::acknowledgement;
use crate::io::clock::{Clock as _, SystemClock};
use crate::io::store::{Store, StoreError};
use crate::model::delivery::AcknowledgedVia;
use crate::render::words::{minute, short_id};

/// Keeps who takes care of an alert.
pub fn ack(args: &AckArgs, context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader()?;
    let found = reader
        .change_alert_id(&args.id)
        .map_err(|error| match error {
            StoreError::Ambiguous { .. } => Failure::new(Exit::Usage, error),
            other => Failure::from(other),
        })?;
    let Some(alert) = found else {
        return Err(Failure::message(
            Exit::Usage,
            format!(
                "there is no alert about a change whose id begins with '{}'",
                args.id
            ),
        )
        .next(
            "the id is at the end of its mail; `coverd changes` lists alerts in its last column",
        ));
    };
    let (now, via) = (SystemClock.now(), AcknowledgedVia::Command);
    let Some(ack) = acknowledgement(&alert, &args.by, &args.note, now, via) else {
        let text = "--by needs a name: who takes care of it";
        return Err(Failure::message(Exit::Usage, text));
    };
    let earlier = reader.acknowledgements(&alert)?;
    drop(reader);
    let path = wiring::database(&context.config);
    Store::open(&path)
        .with_context(|| format!("cannot open {}", path.display()))
        .or_exit(Exit::Unexpected)?
        .acknowledge(&ack)?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "Alert {} is acknowledged by {}.",
        short_id(&alert),
        ack.person
    )?;
    if let Some(first) = earlier.first() {
        writeln!(
            out,
            "{} had acknowledged it on {}.",
            first.person,
            minute(first.at)
        )?;
    }
    Ok(Exit::Done)
}
