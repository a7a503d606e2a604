//! From the archive of a quarter to statements.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};

use super::checks::Checks;
use super::columns::ATTRIBUTES;
use super::discovery::{issue, quarter_of};
use super::page::names_addendum_b;
use super::table::{self, Table, Task};
use crate::model::code::{HcpcsCode, Service};
use crate::model::date::dates_in_name;
use crate::model::fact::{Edition, Repost, Statement};
use crate::model::quarter::Quarter;
use crate::model::request::{Concern, Reading, ShapeError, Unit, UnitDocuments, Unlisted, absent};
use crate::model::topic::{Subject, Topic};
use crate::model::watch::Watch;
use crate::parse::zip::{Archive, Entry, Limits};
use crate::sources::cms::links::file_name;

/// Longest quote, in characters.
const MOST_QUOTE: usize = 300;

/// Reads Addendum B of a quarter.
///
/// # Errors
/// When the archive or the table in it cannot be believed.
pub(super) fn extract(
    unit: &Unit,
    documents: &UnitDocuments,
    watch: &Watch,
    checks: &Checks,
) -> Result<Reading, ShapeError> {
    let quarter = quarter_of(&unit.name).ok_or_else(|| {
        ShapeError::new(
            &unit.name,
            "a quarter is named by its first month, as OPPS 2020-04",
        )
    })?;
    let task = Task {
        quarter,
        checks,
        watch,
    };
    let document = &documents.primary;
    let address = if document.final_url.is_empty() {
        &document.url
    } else {
        &document.final_url
    };
    let table = find(&document.bytes, file_name(address), task)
        .map_err(|error| error.within(&unit.name))?;
    let dated = [
        &unit.request.url[..],
        &document.url,
        &document.final_url,
        &table.file,
    ]
    .into_iter()
    .map(file_name);
    Ok(reading(&table, quarter, watch, published(quarter, dated)))
}

fn reading(
    table: &Table,
    quarter: Quarter,
    watch: &Watch,
    published: Option<NaiveDate>,
) -> Reading {
    let begins = quarter.begins();
    let kept = &table.examined.kept;
    let whole = format!("{}, all {} rows", table.file, table.examined.rows);
    let missing = absent(&ATTRIBUTES);
    let mut statements: Vec<Statement> = kept
        .iter()
        .map(|(code, kept)| Statement {
            topic: topic(*code),
            from: begins,
            values: kept.values.clone(),
            locator: format!("{} row {}", table.file, kept.number),
            quote: kept.quote.chars().take(MOST_QUOTE).collect(),
        })
        .collect();
    for service in watch.named_services() {
        // Addendum B has no modifiers: of a code with one it says nothing.
        if service.modifier.is_none() && !kept.contains_key(&service.code) {
            statements.push(Statement {
                topic: topic(service.code),
                from: begins,
                values: missing.clone(),
                locator: whole.clone(),
                quote: String::new(),
            });
        }
    }
    let edition = Edition {
        name: issue(quarter),
        begins,
        repost: Repost::Replaces,
    };
    Reading {
        published,
        statements,
        unlisted: Some(Unlisted {
            from: begins,
            values: missing,
            locator: whole,
        }),
        concerns: oddities(table),
        ..Reading::new(edition)
    }
}

fn topic(code: HcpcsCode) -> Topic {
    Topic::national(Subject::Service(Service::plain(code)))
}

/// The latest day in the names that can be one of posting: not long before the quarter, nor years after.
fn published<'n>(quarter: Quarter, names: impl Iterator<Item = &'n str>) -> Option<NaiveDate> {
    let begins = quarter.begins();
    let earliest = begins.checked_sub_months(Months::new(6))?;
    let latest = begins.checked_add_months(Months::new(24))?;
    names
        .flat_map(dates_in_name)
        .filter(|day| (earliest..=latest).contains(day))
        .max()
}

/// The one table of the archive; the archive may be the workbook itself.
fn find(bytes: &[u8], file: &str, task: Task<'_>) -> Result<Table, ShapeError> {
    let mut archive = Archive::open(bytes, Limits::default())
        .map_err(|cause| ShapeError::new("the archive", cause.to_string()))?;
    let entries: Vec<Entry> = archive
        .entries()
        .iter()
        .filter(|entry| !entry.name.contains("__MACOSX") && !entry.file_name().starts_with("._"))
        .cloned()
        .collect();
    if entries.iter().any(|entry| entry.name == "xl/workbook.xml") {
        return table::read_xlsx(file, bytes, task)?.ok_or_else(|| no_table(std::iter::once(file)));
    }
    let mut tables: BTreeMap<bool, Vec<(&Entry, Table)>> = BTreeMap::new();
    let (mut workbooks, mut texts): (Vec<&Entry>, Vec<&Entry>) = (Vec::new(), Vec::new());
    for entry in &entries {
        match ending(entry).as_str() {
            "xlsx" | "xlsm" => workbooks.push(entry),
            "csv" | "txt" => texts.push(entry),
            _ => {}
        }
    }
    // The workbook is the form that is known best; text is read where there is none.
    for (is_text, members) in [(false, workbooks), (true, texts)] {
        if !tables.is_empty() {
            break;
        }
        for entry in members {
            if let Some(table) = read(&mut archive, entry, is_text, task)? {
                tables.entry(is_text).or_default().push((entry, table));
            }
        }
    }
    let mut found: Vec<(&Entry, Table)> = tables.into_values().flatten().collect();
    // A correction lies beside what it corrects; the version for readers of screens says the same.
    let rank = |entry: &Entry| {
        let name = entry.name.to_ascii_lowercase();
        let day = dates_in_name(entry.file_name()).into_iter().max();
        (name.contains("correct"), day, !name.contains("508"))
    };
    found.sort_by_key(|(entry, _)| rank(entry));
    let Some((best, table)) = found.pop() else {
        return Err(no_table(entries.iter().map(Entry::file_name)));
    };
    match found.last() {
        Some((second, _)) if rank(second) == rank(best) => Err(ShapeError::new(
            "the archive",
            format!(
                "{} and {} cannot be told apart; one table of Addendum B is expected",
                second.name, best.name
            ),
        )),
        _ => Ok(table),
    }
}

fn read(
    archive: &mut Archive<'_>,
    entry: &Entry,
    is_text: bool,
    task: Task<'_>,
) -> Result<Option<Table>, ShapeError> {
    let file = entry.file_name();
    let bytes = archive
        .read(entry.index)
        .map_err(|cause| ShapeError::new(file, cause.to_string()))?;
    let table = if is_text {
        table::read_text(file, &bytes, task)
    } else {
        table::read_xlsx(file, &bytes, task)
    };
    match table {
        // Of a table that calls itself something else nothing is expected.
        Err(_) if !names_addendum_b(file) && !file.to_ascii_lowercase().contains("opps") => {
            Ok(None)
        }
        other => other,
    }
}

fn ending(entry: &Entry) -> String {
    let name = entry.file_name();
    let (_, ending) = name.rsplit_once('.').unwrap_or_default();
    ending.to_ascii_lowercase()
}

fn no_table<'n>(members: impl Iterator<Item = &'n str>) -> ShapeError {
    let names: Vec<&str> = members.take(30).collect();
    ShapeError::new(
        "the archive",
        format!(
            "no member has the form of Addendum B; members: {}",
            names.join(", ")
        ),
    )
}

fn oddities(table: &Table) -> Vec<Concern> {
    let mut concerns = Vec::new();
    if let Some((rows, first)) = &table.examined.odd {
        concerns.push(Concern {
            key: "odd rows".to_owned(),
            text: format!("{rows} rows are odd, none of them watched; the first: {first}"),
            remedy:
                "Nothing, unless CMS changes the form of the table: then coverd needs an update."
                    .to_owned(),
        });
    }
    if !table.unknown_columns.is_empty() {
        concerns.push(Concern {
            key: "columns".to_owned(),
            text: format!(
                "{} has columns that coverd does not know: {}",
                table.file,
                table.unknown_columns.join(", ")
            ),
            remedy: "All known columns were read. Look whether a new one matters to you."
                .to_owned(),
        });
    }
    for (code, status) in &table.examined.unknown_status {
        concerns.push(Concern {
            key: format!("status {code}"),
            text: format!(
                "{}: the status indicator {status} of {code} is none that coverd knows",
                table.file
            ),
            remedy: "It was recorded as it stands. Its meaning is in Addendum D1 of the OPPS rule of the year."
                .to_owned(),
        });
    }
    concerns
}
