//! `coverd evidence`: a change with all that proves it, in one file that anybody can check.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use anyhow::Context as _;

use super::Context;
use super::checking::{Exhibited, steps};
use super::evidence::{Evidence, table};
use super::show::known;
use crate::app::cli::EvidenceArgs;
use crate::app::exit::{Classify as _, Exit, Failure};
use crate::app::wiring;
use crate::ask::in_dollars;
use crate::io::bundle::Bundle;
use crate::io::store::{ChangeFilter, Reader, StoredChange};
use crate::model::document::{Capture, DocumentHash};
use crate::model::dollars::{Clinician, dollars};
use crate::model::fact::{Fact, Origin};
use crate::render::sheet::{Sheet, SheetDocument};
use crate::render::words::{cell, held, minute};

/// Writes the bundle.
pub fn evidence(args: &EvidenceArgs, context: &Context) -> Result<Exit, Failure> {
    let reader = context.reader()?;
    let id = args.id.to_ascii_lowercase();
    let changes = chosen(&id, &reader)?;
    let blobs = wiring::open_blobs(&context.config)?;
    let documents = documents(&changes);
    let sheet = sheet(&changes, &documents, &reader, context)?;
    let failed = || format!("cannot write {}", args.out.display());
    let mut bundle = Bundle::begin(&args.out)
        .with_context(failed)
        .or_exit(Exit::Usage)?;
    let mut add = |name: &str, bytes: &[u8]| bundle.add(name, bytes).with_context(failed);
    for document in documents.values() {
        let hash = &document.origin.document;
        let bytes = blobs.get(hash).with_context(|| {
            format!("document {hash} is not in the archive; `coverd db check` says more")
        })?;
        add(&document.file, &bytes)?;
        let captures = reader.captures_of(hash)?;
        add(&document.captures, captures_json(&captures)?.as_bytes())?;
    }
    let proofs = Evidence::new(&reader, context)?;
    add(
        "evidence.json",
        table(&changes, &proofs)?.to_json().as_bytes(),
    )?;
    let html = sheet.to_html().context("the sheet cannot be written")?;
    add("evidence.html", html.as_bytes())?;
    add("README.txt", sheet.to_readme().as_bytes())?;
    bundle.finish().with_context(failed)?;
    writeln!(
        std::io::stdout(),
        "Wrote {}: {} changes, {} documents. README.txt in it says how to check it without coverd.",
        args.out.display(),
        changes.len(),
        documents.len()
    )?;
    Ok(Exit::Done)
}

/// The change with this id, or those that the alert with this id told.
fn chosen(id: &str, reader: &Reader) -> Result<Vec<StoredChange>, Failure> {
    if let Some(change) = known(reader.change(id))? {
        return Ok(vec![change]);
    }
    let changes = match known(reader.alert(id))? {
        Some(alert) => reader.changes(&ChangeFilter {
            alert: Some(alert.id),
            ..ChangeFilter::default()
        })?,
        None => Vec::new(),
    };
    if changes.is_empty() {
        return Err(Failure::message(
            Exit::Usage,
            format!("there is no change '{id}', and no alert that told one"),
        )
        .next("`coverd changes` lists the changes with their ids"));
    }
    Ok(changes)
}

/// A document with its files in the bundle, and the rows that are quoted of it.
struct Exhibit<'a> {
    side: &'static str,
    origin: &'a Origin,
    file: String,
    captures: String,
    facts: Vec<&'a Fact>,
}

/// Each document once.
fn documents(changes: &[StoredChange]) -> BTreeMap<DocumentHash, Exhibit<'_>> {
    let mut documents: BTreeMap<DocumentHash, Exhibit<'_>> = BTreeMap::new();
    for stored in changes {
        let change = &stored.judged.change;
        for (side, fact) in [("Before", &change.before), ("After", &change.after)] {
            let Some(fact) = fact.as_deref() else {
                continue;
            };
            let hash = fact.origin.document;
            let exhibit = documents.entry(hash).or_insert_with(|| Exhibit {
                side,
                origin: &fact.origin,
                file: format!("documents/{}-{}", hash.short(), file_name(&fact.origin.url)),
                captures: format!("captures/{hash}.json"),
                facts: Vec::new(),
            });
            let is_there = exhibit
                .facts
                .iter()
                .any(|known| known.statement.locator == fact.statement.locator);
            if !is_there {
                exhibit.facts.push(fact);
            }
        }
    }
    documents
}

/// The last part of an address as a harmless name of a file.
fn file_name(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = last
        .unwrap_or_default()
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .take(80)
        .collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() {
        "document".to_owned()
    } else {
        name.to_owned()
    }
}

/// When and whence a document came, with the headers as served.
fn captures_json(captures: &[Capture]) -> Result<String, Failure> {
    let all: Vec<serde_json::Value> = captures
        .iter()
        .map(|capture| {
            serde_json::json!({
                "url": capture.url,
                "final_url": capture.final_url,
                "at": capture.at.to_rfc3339(),
                "status": capture.status,
                "headers": capture.headers,
                "sha256": capture.document.map(|hash| hash.to_string()),
            })
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&all).context("captures cannot be written")?;
    text.push('\n');
    Ok(text)
}

fn sheet(
    changes: &[StoredChange],
    documents: &BTreeMap<DocumentHash, Exhibit<'_>>,
    reader: &Reader,
    context: &Context,
) -> Result<Sheet, Failure> {
    let topics: BTreeSet<String> = changes
        .iter()
        .map(|stored| stored.judged.change.key.topic.to_string())
        .collect();
    let mut facts = Vec::new();
    let mut fact = |label: &str, value: String| facts.push((label.to_owned(), value));
    for (label, values) in [
        ("Change", distinct(changes, |one| Some(one.id.clone()))),
        ("Alert", distinct(changes, |one| one.alert.clone())),
        (
            "Published",
            distinct(changes, |one| {
                Some(
                    one.judged
                        .change
                        .after
                        .as_ref()?
                        .origin
                        .published
                        .to_string(),
                )
            }),
        ),
        ("Found", distinct(changes, |one| Some(minute(one.recorded)))),
    ] {
        if !values.is_empty() {
            fact(label, values);
        }
    }
    let config = &context.config;
    let moves = in_dollars(
        reader,
        changes,
        &config.watch,
        &config.practice.yearly_units,
    )?;
    let mut sheets = Vec::new();
    let mut ordered: Vec<&Exhibit<'_>> = documents.values().collect();
    ordered.sort_by_key(|exhibit| (exhibit.side != "Before", exhibit.origin.published));
    for exhibit in ordered {
        sheets.push(on_sheet(exhibit, reader)?);
    }
    Ok(Sheet {
        title: format!(
            "Evidence: {}",
            topics.into_iter().collect::<Vec<_>>().join("; ")
        ),
        practice: config.practice.name.clone(),
        facts,
        moves: changes.iter().map(moved).collect(),
        dollars: moves
            .iter()
            .map(|one| {
                let whose = match one.clinician {
                    Clinician::Standard => "",
                    Clinician::QualifyingApm => ", qualifying APM participant",
                };
                [
                    one.service.to_string(),
                    format!("{}, {}{whose}", one.place, one.setting.label()),
                    one.was.to_string(),
                    one.now.to_string(),
                    one.per_unit().map(dollars).unwrap_or_default(),
                ]
            })
            .collect(),
        documents: sheets,
        steps: steps(documents.values().map(|exhibit| {
            Exhibited {
                edition: &exhibit.origin.edition.name,
                url: &exhibit.origin.url,
                file: &exhibit.file,
                locators: exhibit
                    .facts
                    .iter()
                    .map(|fact| fact.statement.locator.as_str())
                    .collect(),
            }
        })),
    })
}

fn distinct(changes: &[StoredChange], of: impl Fn(&StoredChange) -> Option<String>) -> String {
    let values: BTreeSet<String> = changes.iter().filter_map(of).collect();
    values.into_iter().collect::<Vec<_>>().join(", ")
}

fn moved(stored: &StoredChange) -> [String; 4] {
    let change = &stored.judged.change;
    let side = |seen: &Option<_>| {
        seen.as_ref().map_or_else(
            || "not observed".to_owned(),
            |seen| cell(change.key.attribute, seen),
        )
    };
    [
        change.key.to_string(),
        side(&change.was),
        side(&change.now),
        held(change.days),
    ]
}

fn on_sheet(exhibit: &Exhibit<'_>, reader: &Reader) -> Result<SheetDocument, Failure> {
    let origin = exhibit.origin;
    let captures = reader.captures_of(&origin.document)?;
    let pair = |label: &str, value: String| (label.to_owned(), value);
    Ok(SheetDocument {
        title: format!("{}: {}", exhibit.side, origin.edition.name),
        facts: vec![
            pair("Address", origin.url.clone()),
            pair("Published", origin.published.to_string()),
            pair("Captured", minute(origin.learned)),
            pair("SHA-256", origin.document.to_string()),
            pair("File", exhibit.file.clone()),
            pair("Headers", exhibit.captures.clone()),
        ],
        quotes: exhibit
            .facts
            .iter()
            .map(|fact| {
                let statement = &fact.statement;
                (statement.locator.clone(), statement.quote.clone())
            })
            .collect(),
        captures: captures
            .iter()
            .map(|capture| {
                format!(
                    "{}, status {}, from {}",
                    minute(capture.at),
                    capture.status,
                    capture.final_url
                )
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_addresses_are_harmless() {
        for (url, name) in [
            ("https://www.cms.gov/files/zip/rvu20b.zip", "rvu20b.zip"),
            ("https://x.gov/a/?q=../../etc", "a"),
            ("https://x.gov/..", "document"),
            ("https://x.gov/a%2F..%2Fb;rm.csv", "a_2F.._2Fb_rm.csv"),
            ("", "document"),
        ] {
            assert_eq!(file_name(url), name, "{url}");
        }
    }
}
