//! From an archive to statements: which member is the table, and what it says.

use std::collections::{BTreeMap, BTreeSet};

use super::checks::Checks;
use super::history::steps;
use super::issue::{Issue, Table, Version};
use super::mue::{self, Units};
use super::mue_columns;
use super::ptp::{self, Edits};
use super::wanted::Wanted;
use crate::model::attribute::Attribute;
use crate::model::code::Service;
use crate::model::date::dates_in_name;
use crate::model::fact::{Edition, Observation, Repost, Statement, Values};
use crate::model::quarter::Quarter;
use crate::model::request::{Concern, Reading, ShapeError, Unit, UnitDocuments, Unlisted, absent};
use crate::model::topic::{Pair, Subject, Topic};
use crate::model::watch::Watch;
use crate::parse::html::Page;
use crate::parse::lines::Lines;
use crate::parse::zip::{Archive, Entry, Limits};
use crate::sources::cms::links::archives;

/// Longest quote, in characters.
const MOST_QUOTE: usize = 300;
/// Longest line of a file of edits, in bytes.
const LONGEST_LINE: usize = 8 << 10;
/// How far the number of records may be from what the page says of the file, in percent.
const RECORDS_PERCENT: u64 = 2;

/// Reads a table.
///
/// # Errors
/// When the archive or the table in it cannot be believed.
pub(super) fn extract(
    unit: &Unit,
    documents: &UnitDocuments,
    watch: &Watch,
    checks: &Checks,
) -> Result<Reading, ShapeError> {
    let issue = Issue::of_name(&unit.name).ok_or_else(|| {
        ShapeError::new(
            &unit.name,
            "a table is named as NCCI MUE 2026-Q3 or NCCI PTP 2026-Q3 f1",
        )
    })?;
    let read = || {
        let mut archive = Archive::open(&documents.primary.bytes, Limits::default())
            .map_err(|cause| ShapeError::new("the archive", cause.to_string()))?;
        match issue.table {
            Table::Mue => read_units(&mut archive, issue, watch, checks),
            Table::Ptp(part) => read_edits(&mut archive, issue, part, unit, watch, checks),
        }
    };
    read().map_err(|error| error.within(&unit.name))
}

// ---------------------------------------------------------------- units

fn read_units(
    archive: &mut Archive<'_>,
    issue: Issue,
    watch: &Watch,
    checks: &Checks,
) -> Result<Reading, ShapeError> {
    let mut members: Vec<Entry> = members(archive)
        .into_iter()
        .filter(|entry| ends_in(entry, &["csv", "xlsx", "txt"]))
        .collect();
    // The comma-separated form is the one that is known; the workbook is read where there is none.
    members.sort_by_key(|entry| ends_in(entry, &["xlsx"]));
    for entry in &members {
        let file = entry.file_name();
        let bytes = archive
            .read(entry.index)
            .map_err(|cause| ShapeError::new(file, cause.to_string()))?;
        if let Some(units) = mue::read(file, &bytes, watch, checks)? {
            let begins = begins(file, issue.quarter)?;
            return Ok(units_reading(&units, issue, begins, watch));
        }
    }
    Err(no_table(archive, "the table of units"))
}

/// The first day of the table, which its name bears: that of the quarter, or a later one when CMS
/// replaces the table within it.
fn begins(file: &str, quarter: Quarter) -> Result<chrono::NaiveDate, ShapeError> {
    match dates_in_name(file).first() {
        Some(&day) if quarter.contains(day) => Ok(day),
        Some(day) => Err(ShapeError::new(
            file,
            format!("it is the table from {day} on; that of {quarter} is expected"),
        )),
        None => Ok(quarter.begins()),
    }
}

fn units_reading(units: &Units, issue: Issue, begins: chrono::NaiveDate, watch: &Watch) -> Reading {
    let whole = format!("{}, all {} rows", units.file, units.rows);
    let missing = absent(&mue_columns::ATTRIBUTES);
    let topic = |code| Topic::national(Subject::Service(Service::plain(code)));
    let mut statements: Vec<Statement> = units
        .kept
        .iter()
        .map(|(code, row)| Statement {
            topic: topic(*code),
            from: begins,
            values: row.values.clone(),
            locator: format!("{} row {}", units.file, row.number),
            quote: row.quote.chars().take(MOST_QUOTE).collect(),
        })
        .collect();
    for service in watch.named_services() {
        // The table has no modifiers: of a code with one it says nothing.
        if service.modifier.is_none() && !units.kept.contains_key(&service.code) {
            statements.push(Statement {
                topic: topic(service.code),
                from: begins,
                values: missing.clone(),
                locator: whole.clone(),
                quote: String::new(),
            });
        }
    }
    // A table that replaces another one within the quarter leaves the days before it as they were.
    let name = if begins == issue.quarter.begins() {
        issue.to_string()
    } else {
        format!("{issue} (from {begins})")
    };
    let edition = Edition {
        name,
        begins,
        repost: Repost::Replaces,
    };
    Reading {
        statements,
        unlisted: Some(Unlisted {
            from: begins,
            values: missing,
            locator: whole,
        }),
        concerns: odd_rows(units.odd.as_ref()),
        ..Reading::new(edition)
    }
}

// ---------------------------------------------------------------- edits

fn read_edits(
    archive: &mut Archive<'_>,
    issue: Issue,
    part: u32,
    unit: &Unit,
    watch: &Watch,
    checks: &Checks,
) -> Result<Reading, ShapeError> {
    let wanted = Wanted::of(watch);
    for entry in members(archive) {
        if !ends_in(&entry, &["txt", "tsv"]) {
            continue;
        }
        let file = entry.file_name();
        is_the_file(file, issue.quarter, part)?;
        let unreadable = |cause: &dyn std::fmt::Display| ShapeError::new(file, cause.to_string());
        let member = archive
            .member(entry.index)
            .map_err(|cause| unreadable(&cause))?;
        let mut lines = Lines::new(member, LONGEST_LINE);
        if let Some(edits) = ptp::read(file, &mut lines, &wanted, checks)? {
            let mut concerns = odd_rows(edits.odd.as_ref());
            concerns.extend(check_records(&edits, unit)?);
            let mut reading = edits_reading(&edits, issue, &wanted)?;
            reading.concerns = concerns;
            return Ok(reading);
        }
    }
    Err(no_table(archive, "a file of edits (TXT)"))
}

/// The name of the member says of which version and which of the files it is.
fn is_the_file(file: &str, quarter: Quarter, part: u32) -> Result<(), ShapeError> {
    let wrong = |found: String| {
        Err(ShapeError::new(
            file,
            format!("it is {found}; file f{part} of {quarter} for practitioners is expected"),
        ))
    };
    if file.to_ascii_lowercase().contains("ccioph") {
        return wrong("a file for hospitals".to_owned());
    }
    match Version::find(file) {
        Some(version) if version.quarter != quarter => wrong(format!("of {}", version.quarter)),
        Some(version) if version.part.is_some_and(|found| found != part) => {
            wrong(format!("file f{}", version.part.unwrap_or_default()))
        }
        _ => Ok(()),
    }
}

/// The page names the number of records beside the link: "(675,157 Records)".
fn check_records(edits: &Edits, unit: &Unit) -> Result<Option<Concern>, ShapeError> {
    let Some(said) = unit.context.iter().find_map(|document| {
        let page = Page::parse(&document.bytes).ok()?;
        let links = archives(&page, "body", &document.final_url);
        let link = links.iter().find(|link| link.href == unit.request.url)?;
        records(&link.text)
    }) else {
        return Ok(None);
    };
    if edits.rows == said {
        return Ok(None);
    }
    let text = format!(
        "{} has {} rows; the page says {said} records",
        edits.file, edits.rows
    );
    if edits.rows.abs_diff(said).saturating_mul(100) > said.saturating_mul(RECORDS_PERCENT) {
        return Err(ShapeError::new(&edits.file, text));
    }
    Ok(Some(Concern {
        key: "records".to_owned(),
        text,
        remedy: "Nothing: the file was read to its end. If it goes on, tell the makers of coverd."
            .to_owned(),
    }))
}

/// The number before the word "records".
fn records(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let before = lower.get(..lower.find("record")?)?.trim_end();
    let at = before
        .rfind(|c: char| !c.is_ascii_digit() && c != ',')
        .map_or(0, |at| at + 1);
    before.get(at..)?.replace(',', "").parse().ok()
}

fn edits_reading(edits: &Edits, issue: Issue, wanted: &Wanted) -> Result<Reading, ShapeError> {
    let begins = issue.quarter.begins();
    let missing = absent(&ptp::ATTRIBUTES);
    let mut shared: BTreeMap<(char, &str), Values> = BTreeMap::new();
    let mut statements = Vec::new();
    for (pair, rows) in &edits.kept {
        let steps =
            steps(rows).map_err(|why| ShapeError::new(format!("{}, {pair}", edits.file), why))?;
        statements.extend(steps.into_iter().map(|step| Statement {
            topic: topic(*pair),
            from: step.from,
            values: step.holds.map_or_else(
                || missing.clone(),
                |edit| {
                    let key = (edit.modifier, &edit.rationale[..]);
                    shared.entry(key).or_insert_with(|| values(key)).clone()
                },
            ),
            locator: format!("{} line {}", edits.file, step.proof.line),
            quote: step.proof.quote.chars().take(MOST_QUOTE).collect(),
        }));
    }
    // Pairs of which the answer speaks are declared absent, where this file is the one that would have
    // them. Of any other pair that is not (or no longer) in it nothing is said: CMS ends an edit by its
    // deletion date and keeps the row.
    let named: BTreeSet<Pair> = wanted.named_pairs();
    for pair in named {
        if !edits.kept.contains_key(&pair) && edits.would_have(pair.column1) {
            statements.push(Statement {
                topic: topic(pair),
                from: begins,
                values: missing.clone(),
                locator: format!("{}, all {} rows", edits.file, edits.rows),
                quote: String::new(),
            });
        }
    }
    let edition = Edition {
        name: issue.to_string(),
        begins,
        repost: Repost::Replaces,
    };
    Ok(Reading {
        statements,
        // A pair that is met for the first time is a new edit, not a gap in what was read before.
        announces_new: true,
        ..Reading::new(edition)
    })
}

fn topic(pair: Pair) -> Topic {
    Topic::national(Subject::Pair(pair))
}

fn values((modifier, rationale): (char, &str)) -> Values {
    BTreeMap::from([
        (Attribute::PtpModifier, Observation::text(modifier)),
        (Attribute::PtpRationale, Observation::text(rationale)),
    ])
    .into()
}

// ---------------------------------------------------------------- members

fn members(archive: &Archive<'_>) -> Vec<Entry> {
    let of_use =
        |entry: &&Entry| !entry.name.contains("__MACOSX") && !entry.file_name().starts_with("._");
    archive.entries().iter().filter(of_use).cloned().collect()
}

fn ends_in(entry: &Entry, endings: &[&str]) -> bool {
    let (_, ending) = entry.file_name().rsplit_once('.').unwrap_or_default();
    endings
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}

fn no_table(archive: &Archive<'_>, what: &str) -> ShapeError {
    let names: Vec<&str> = archive
        .entries()
        .iter()
        .map(Entry::file_name)
        .take(30)
        .collect();
    ShapeError::new(
        "the archive",
        format!("no member is {what}; members: {}", names.join(", ")),
    )
}

fn odd_rows(odd: Option<&(u64, ShapeError)>) -> Vec<Concern> {
    odd.map(|(rows, first)| Concern {
        key: "odd rows".to_owned(),
        text: format!("{rows} rows are odd, none of them watched; the first: {first}"),
        remedy: "Nothing, unless CMS changes the form of the table: then coverd needs an update."
            .to_owned(),
    })
    .into_iter()
    .collect()
}
