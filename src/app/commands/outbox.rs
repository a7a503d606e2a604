//! `coverd outbox`: mails that were sent, wait, or were given up; and another try for the last.

use std::io::Write as _;

use anyhow::Context as _;
use chrono_tz::Tz;

use super::Context;
use crate::app::cli::OutboxArgs;
use crate::app::exit::{Classify as _, Exit, Failure};
use crate::app::options::Format;
use crate::app::wiring;
use crate::io::clock::{Clock as _, SystemClock};
use crate::io::store::{DeliveryFilter, Store, StoreError, StoredDelivery};
use crate::model::delivery::{Attempt, DeliveryState, Outcome};
use crate::render::page::Page;
use crate::render::table::{Cell, Column, Table, Tone};
use crate::render::words::{minute, short_id};

/// A message with its last attempt.
struct Row {
    delivery: StoredDelivery,
    last: Option<Attempt>,
}

/// Mails that were sent, wait, or were given up.
pub fn outbox(args: &OutboxArgs, context: &Context) -> Result<Exit, Failure> {
    if let Some(id) = &args.retry {
        return retry(id, context);
    }
    let reader = context.reader()?;
    let filter = DeliveryFilter {
        state: args.state,
        ..DeliveryFilter::default()
    };
    let mut rows = Vec::new();
    for delivery in reader.deliveries(&filter)? {
        if !is_asked_for(args, &delivery, context.config.practice.zone) {
            continue;
        }
        let last = reader.attempts(&delivery.outgoing.id)?.pop();
        rows.push(Row { delivery, last });
    }
    if context.output.format != Format::Table {
        context.print(&for_programs(&rows))?;
        return Ok(Exit::Done);
    }
    let mut page = context.page();
    for row in &rows {
        block(&mut page, row);
    }
    let all = args.to.is_none() && args.purpose.is_none() && args.since.is_none();
    match (rows.is_empty(), args.state) {
        (true, _) if !all => page.prose(0, "No mail is like that."),
        (true, None) => page.prose(0, "The outbox is empty: no mail was written yet."),
        (true, Some(state)) => page.prose(0, &format!("No mail is {state}.")),
        (false, _) => {}
    }
    if rows
        .iter()
        .any(|row| row.delivery.state == DeliveryState::Dead)
    {
        page.gap();
        page.prose(
            0,
            "`coverd outbox --retry ID` sends one again that was given up.",
        );
    }
    context.show(&page)?;
    Ok(Exit::Done)
}

/// A day is one of the practice's.
fn is_asked_for(args: &OutboxArgs, delivery: &StoredDelivery, zone: Tz) -> bool {
    let outgoing = &delivery.outgoing;
    let written = outgoing.created.with_timezone(&zone).date_naive();
    args.to
        .as_ref()
        .is_none_or(|to| outgoing.recipient.eq_ignore_ascii_case(to))
        && args
            .purpose
            .is_none_or(|purpose| outgoing.purpose == purpose)
        && args.since.is_none_or(|since| written >= since)
}

fn words(attempt: &Attempt) -> &str {
    match &attempt.outcome {
        Outcome::Accepted(words) | Outcome::Deferred(words) | Outcome::Refused(words) => words,
    }
}

fn block(page: &mut Page, row: &Row) {
    let StoredDelivery {
        outgoing,
        state,
        attempts,
        next,
    } = &row.delivery;
    page.gap();
    page.toned(
        0,
        &format!(
            "{} ({state}) to {}",
            short_id(&outgoing.id),
            outgoing.recipient
        ),
        match state {
            DeliveryState::Dead => Tone::Bad,
            DeliveryState::Pending => Tone::Warning,
            DeliveryState::Delivered | DeliveryState::Gathered => Tone::Strong,
        },
    );
    page.pair(2, "subject", &outgoing.subject);
    page.pair(2, "written", &minute(outgoing.created));
    if let Some(last) = &row.last {
        let answer = format!("{}: {}", minute(last.at), words(last));
        page.pair(2, "answer", &answer);
    }
    if let (DeliveryState::Pending, Some(next)) = (state, next) {
        page.pair(
            2,
            "next",
            &format!("attempt {} at {}", attempts + 1, minute(*next)),
        );
    } else if *attempts > 1 {
        page.pair(2, "attempts", &attempts.to_string());
    }
}

fn for_programs(rows: &[Row]) -> Table {
    let mut table = Table::new([
        Column::left("id", "Id"),
        Column::left("state", "State"),
        Column::left("recipient", "To"),
        Column::left("subject", "Subject"),
        Column::left("created", "Created"),
        Column::right("attempts", "Attempts"),
        Column::left("next", "Next"),
        Column::left("last", "Last attempt"),
        Column::left("answer", "Last answer"),
        Column::left("channel", "Channel"),
        Column::left("message_id", "Message-ID"),
        Column::left("alert", "Alert"),
        Column::left("purpose", "Purpose"),
    ]);
    for Row { delivery, last } in rows {
        let outgoing = &delivery.outgoing;
        table.push([
            Cell::text(&outgoing.id),
            Cell::text(delivery.state.id()),
            Cell::text(&outgoing.recipient),
            Cell::text(&outgoing.subject),
            Cell::text(outgoing.created.to_rfc3339()),
            Cell::count(delivery.attempts),
            Cell::maybe(delivery.next.map(|at| at.to_rfc3339())),
            Cell::maybe(last.as_ref().map(|attempt| attempt.at.to_rfc3339())),
            Cell::maybe(last.as_ref().map(words)),
            Cell::text(&outgoing.channel),
            Cell::text(&outgoing.message_id),
            Cell::maybe(outgoing.alert.as_ref()),
            Cell::text(outgoing.purpose.id()),
        ]);
    }
    table
}

/// Gives a message that was given up another series of attempts.
fn retry(id: &str, context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader()?;
    let Some(found) = reader.delivery(id).map_err(|error| match error {
        StoreError::Ambiguous { .. } => Failure::new(Exit::Usage, error),
        other => Failure::from(other),
    })?
    else {
        return Err(Failure::message(
            Exit::Usage,
            format!("there is no mail '{id}' in the outbox"),
        )
        .next("`coverd outbox --state dead` lists what was given up"));
    };
    let (id, state) = (&found.outgoing.id, found.state);
    if state != DeliveryState::Dead {
        let text = format!(
            "mail {} is {state}: only one that was given up can be tried again",
            short_id(id)
        );
        return Err(Failure::message(Exit::Usage, text));
    }
    drop(reader);
    let path = wiring::database(&context.config);
    Store::open(&path)
        .with_context(|| format!("cannot open {}", path.display()))
        .or_exit(Exit::Unexpected)?
        .revive(id, SystemClock.now())?;
    writeln!(
        std::io::stdout(),
        "Mail {} to {} is pending again: the service sends it within a minute, `coverd check` at once.",
        short_id(id),
        found.outgoing.recipient
    )?;
    Ok(Exit::Done)
}
