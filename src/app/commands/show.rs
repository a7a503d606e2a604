//! `coverd show`: one change, or all that an alert told, with the evidence.

use super::Context;
use super::changes::groups;
use super::dollars;
use super::evidence::{Evidence, table};
use crate::app::cli::ShowArgs;
use crate::app::exit::{Exit, Failure};
use crate::app::options::Format;
use crate::ask::in_dollars;
use crate::io::store::{ChangeFilter, DeliveryFilter, Reader, StoreError, StoredChange};
use crate::model::alert::{Alert, AlertBody, ChangeAlert, OperatorNotice};
use crate::model::attribute::Kind;
use crate::model::change::{Change, Judged};
use crate::model::dollars::PaymentMove;
use crate::model::fact::{Fact, Observation};
use crate::model::topic::Subject;
use crate::render::page::Page;
use crate::render::redline::{Fate, redline};
use crate::render::table::{Cell, Column, Table};
use crate::render::words::{cell, held, minute, place};

/// Changed paragraphs that are shown of a text.
const PARAGRAPHS: usize = 40;

/// One change in full, or all that an alert told.
pub fn show(args: &ShowArgs, context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader()?;
    let id = args.id.to_ascii_lowercase();
    let context = &Shown {
        context,
        dollars_only: args.dollars,
    };
    let (change, alert) = (known(reader.change(&id))?, known(reader.alert(&id))?);
    match (change, alert) {
        (Some(stored), None) => show_change(&stored, &reader, context)?,
        (None, Some(alert)) => show_alert(&alert, &reader, context)?,
        (Some(stored), Some(_)) if stored.id == id => show_change(&stored, &reader, context)?,
        (Some(_), Some(alert)) if alert.id == id => show_alert(&alert, &reader, context)?,
        (Some(stored), Some(alert)) => {
            let both = format!(
                "'{id}' is the beginning of change {} and of alert {}",
                stored.id, alert.id
            );
            return Err(Failure::message(Exit::Usage, both).next("give more of it"));
        }
        (None, None) => {
            return Err(Failure::message(
                Exit::Usage,
                format!("there is no change and no alert '{}'", args.id),
            )
            .next("`coverd changes` lists the changes with their ids; an alert's id is at the end of its mail"));
        }
    }
    Ok(Exit::Done)
}

/// A beginning that several ids have is a mistake in the command line.
pub(super) fn known<T>(found: Result<Option<T>, StoreError>) -> Result<Option<T>, Failure> {
    found.map_err(|error| match error {
        StoreError::Ambiguous { .. } => Failure::new(Exit::Usage, error),
        other => Failure::from(other),
    })
}

/// What is wanted of it.
struct Shown<'a> {
    context: &'a Context,
    dollars_only: bool,
}

impl Shown<'_> {
    fn moves(
        &self,
        changes: &[StoredChange],
        reader: &Reader,
    ) -> Result<Vec<PaymentMove>, Failure> {
        let config = &self.context.config;
        let units = &config.practice.yearly_units;
        Ok(in_dollars(reader, changes, &config.watch, units)?)
    }
}

impl std::ops::Deref for Shown<'_> {
    type Target = Context;

    fn deref(&self) -> &Context {
        self.context
    }
}

fn show_change(stored: &StoredChange, reader: &Reader, context: &Shown<'_>) -> Result<(), Failure> {
    let moves = context.moves(std::slice::from_ref(stored), reader)?;
    if context.dollars_only {
        return dollars::show(&moves, context);
    }
    let mut evidence = Evidence::new(reader, context)?;
    if context.output.format != Format::Table {
        return context.print(&table(std::slice::from_ref(stored), &evidence)?);
    }
    let change = &stored.judged.change;
    let mut page = context.page();
    page.heading(&change.key.to_string());
    page.pair(2, "change", &stored.id);
    page.pair(2, "severity", stored.judged.severity.id());
    page.pair(2, "services", &held(change.days));
    if let Some(past) = change.retroactive_days() {
        page.pair(
            2,
            "past days",
            &format!("{}: past already when it was published", held(past)),
        );
    }
    page.pair(
        2,
        "alert",
        stored
            .alert
            .as_deref()
            .unwrap_or("none: kept as history, not mailed"),
    );
    step(&mut page, change);
    dollars::write(&mut page, &moves);
    for (title, fact) in [("Before", &change.before), ("After", &change.after)] {
        let Some(fact) = fact else { continue };
        page.heading(&format!("{title}: {}", place(fact)));
        quote(&mut page, fact);
        evidence.document(&mut page, &fact.origin)?;
    }
    evidence.how_to_verify(&mut page);
    context.show(&page)
}

/// A row as it stands in its file, a passage as prose.
fn quote(page: &mut Page, fact: &Fact) {
    match fact.statement.topic.subject {
        Subject::Policy(_) | Subject::Rule(_) | Subject::Page(_) => {
            page.prose(4, &fact.statement.quote);
        }
        Subject::Service(_) | Subject::Schedule(_) | Subject::Pair(_) => {
            page.verbatim(4, &fact.statement.quote);
        }
    }
}

/// What moved: values beside each other, texts as a redline.
fn step(page: &mut Page, change: &Change) {
    let written = |seen: &Option<Observation>| {
        let blank = Observation::text("");
        matches!(seen, Some(Observation::Value(_))) && *seen != Some(blank)
    };
    let compared = written(&change.was) && written(&change.now);
    let (Some(was), Some(now), Kind::Passage, true) = (
        &change.was,
        &change.now,
        change.key.attribute.kind(),
        compared,
    ) else {
        let side = |seen: &Option<Observation>| {
            seen.as_ref().map_or_else(
                || "not observed".to_owned(),
                |seen| match change.key.attribute.kind() {
                    Kind::Passage => seen.to_string(),
                    Kind::Text | Kind::Amount | Kind::Count => cell(change.key.attribute, seen),
                },
            )
        };
        page.pair(2, "was", &side(&change.was));
        page.pair(2, "now", &side(&change.now));
        return;
    };
    page.gap();
    page.prose(
        2,
        "[-words that are gone-] {+words that are new+}; unchanged paragraphs are left out",
    );
    let changed = redline(&was.to_string(), &now.to_string(), PARAGRAPHS);
    for paragraph in &changed.paragraphs {
        let marked: Vec<String> = paragraph
            .iter()
            .map(|piece| match piece.fate {
                Fate::Same => piece.text.clone(),
                Fate::Gone => format!("[-{}-]", piece.text),
                Fate::New => format!("{{+{}+}}", piece.text),
            })
            .collect();
        page.gap();
        page.prose(4, &marked.join(" "));
    }
    if changed.left_out > 0 {
        page.gap();
        let more = format!(
            "{} more changed paragraphs are not shown; --format json has both texts",
            changed.left_out
        );
        page.prose(4, &more);
    }
}

fn show_alert(alert: &Alert, reader: &Reader, context: &Shown<'_>) -> Result<(), Failure> {
    let mut page = context.page();
    page.heading(&format!("Alert {}", alert.id));
    page.pair(
        2,
        "raised",
        &alert.raised.format("%Y-%m-%d %H:%M UTC").to_string(),
    );
    for line in told(&alert.id, reader)? {
        page.pair(2, "mail", &line);
    }
    for ack in reader.acknowledgements(&alert.id)? {
        let mut line = format!("by {} at {}", ack.person, minute(ack.at));
        if !ack.note.is_empty() {
            line = format!("{line}: {}", ack.note);
        }
        page.pair(2, "taken care of", &line);
    }
    match &alert.body {
        AlertBody::Change(body) => show_changes(page, alert, body, reader, context),
        AlertBody::Operator(notice) if context.output.format == Format::Table => {
            show_notice(&mut page, notice);
            context.show(&page)
        }
        AlertBody::Operator(notice) => context.print(&notice_table(alert, notice)),
    }
}

/// Whom the alert was mailed to, and how it went.
fn told(alert: &str, reader: &Reader) -> Result<Vec<String>, Failure> {
    let filter = DeliveryFilter {
        alert: Some(alert.to_owned()),
        ..DeliveryFilter::default()
    };
    let deliveries = reader.deliveries(&filter)?;
    Ok(deliveries
        .iter()
        .map(|delivery| format!("{}: {}", delivery.outgoing.recipient, delivery.state))
        .collect())
}

fn show_changes(
    mut page: Page,
    alert: &Alert,
    body: &ChangeAlert,
    reader: &Reader,
    context: &Shown<'_>,
) -> Result<(), Failure> {
    let mut evidence = Evidence::new(reader, context)?;
    let filter = ChangeFilter {
        alert: Some(alert.id.clone()),
        ..ChangeFilter::default()
    };
    let changes = reader.changes(&filter)?;
    let moves = context.moves(&changes, reader)?;
    if context.dollars_only {
        return dollars::show(&moves, context);
    }
    if context.output.format != Format::Table {
        return context.print(&table(&changes, &evidence)?);
    }
    groups(&mut page, &changes);
    dollars::write(&mut page, &moves);
    look_alikes(&mut page, &body.look_alikes);
    let judged = || body.changes.iter().map(|judged| &judged.change);
    let before: Vec<&Fact> = judged().filter_map(|c| c.before.as_deref()).collect();
    let after: Vec<&Fact> = judged().filter_map(|c| c.after.as_deref()).collect();
    for (title, mut facts) in [("Before", before), ("After", after)] {
        facts.sort_by_key(|fact| (fact.origin.document, &fact.statement.locator));
        facts.dedup_by_key(|fact| (fact.origin.document, &fact.statement.locator));
        for of_one in facts.chunk_by(|a, b| a.origin.document == b.origin.document) {
            for fact in of_one {
                page.heading(&format!("{title}: {}", place(fact)));
                quote(&mut page, fact);
            }
            if let Some(fact) = of_one.first() {
                evidence.document(&mut page, &fact.origin)?;
            }
        }
    }
    evidence.how_to_verify(&mut page);
    context.show(&page)
}

fn look_alikes(page: &mut Page, others: &[Judged]) {
    if others.is_empty() {
        return;
    }
    let names: std::collections::BTreeSet<String> = others
        .iter()
        .map(|judged| judged.change.key.topic.to_string())
        .collect();
    let names: Vec<String> = names.into_iter().collect();
    page.gap();
    page.prose(
        0,
        &format!(
            "The same document changed other services that are easily confused with these: {} (`coverd history CODE`).",
            names.join(", ")
        ),
    );
}

fn show_notice(page: &mut Page, notice: &OperatorNotice) {
    let problem = &notice.problem;
    page.pair(2, "about", &problem.source);
    page.pair(2, "problem", &format!("{}: {}", problem.kind, problem.text));
    page.pair(
        2,
        "since",
        &notice.since.format("%Y-%m-%d %H:%M UTC").to_string(),
    );
    if notice.recovered {
        page.pair(2, "now", "it is over");
    } else {
        page.pair(2, "next", &problem.remedy);
    }
}

fn notice_table(alert: &Alert, notice: &OperatorNotice) -> Table {
    let mut table = Table::new(
        [
            "alert", "raised", "source", "subject", "kind", "problem", "remedy", "since",
        ]
        .map(|key| Column::left(key, key))
        .into_iter()
        .chain([Column::left("recovered", "recovered")]),
    );
    let problem = &notice.problem;
    table.push([
        Cell::text(&alert.id),
        Cell::text(alert.raised.to_rfc3339()),
        Cell::text(&problem.source),
        Cell::text(&problem.subject),
        Cell::text(problem.kind.id()),
        Cell::text(&problem.text),
        Cell::text(&problem.remedy),
        Cell::text(notice.since.to_rfc3339()),
        Cell::flag(notice.recovered),
    ]);
    table
}
