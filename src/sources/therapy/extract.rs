//! From the file of a year's list to statements.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::checks::Checks;
use super::code_list::{CodeList, Listed};
use super::discovery;
use super::page::{self, years_in};
use super::pdf;
use crate::model::attribute::Attribute;
use crate::model::code::Service;
use crate::model::document::Document;
use crate::model::fact::{Edition, Observation, Repost, Statement, Values};
use crate::model::request::{Reading, ShapeError, Unit, UnitDocuments, Unlisted, absent};
use crate::model::topic::{Subject, Topic};
use crate::model::watch::Watch;
use crate::parse::grid::{self, Form};
use crate::parse::zip::{Archive, Entry, Limits};

/// More files than any archive of a list has.
const MOST_MEMBERS: usize = 40;

/// Reads a year's list.
///
/// # Errors
/// When the file or the list in it cannot be believed.
pub(super) fn extract(
    unit: &Unit,
    documents: &UnitDocuments,
    watch: &Watch,
    checks: &Checks,
) -> Result<Reading, ShapeError> {
    let year = discovery::year_of(&unit.name)
        .and_then(|year| Some((year, NaiveDate::from_ymd_opt(year, 1, 1)?)));
    let Some((year, begins)) = year else {
        return Err(ShapeError::new(
            &unit.name,
            "a list is named as 'Therapy code list 2026'",
        ));
    };
    let list = read(&documents.primary, year).map_err(|error| error.within(&unit.name))?;
    list.check(checks)
        .map_err(|error| error.within(&unit.name))?;
    let edition = Edition {
        name: unit.name.clone(),
        begins,
        repost: Repost::Replaces,
    };
    let locator = format!("{}, all {} codes", list.member, list.codes.len());
    let missing = absent(&attributes(&list));
    Ok(Reading {
        published: posted(unit, year, &documents.primary),
        statements: statements(&list, watch, begins, &missing, &locator),
        unlisted: Some(Unlisted {
            from: begins,
            values: missing,
            locator,
        }),
        ..Reading::new(edition)
    })
}

/// When CMS posted the list, by the page that offers it.
fn posted(unit: &Unit, year: i32, document: &Document) -> Option<NaiveDate> {
    let page = unit.context.first()?;
    let offers = page::offers(&page.bytes, &page.final_url).ok()?;
    let offers = offers.get(&year)?.as_ref().ok()?;
    let offer = offers.iter().find(|offer| offer.url == document.url)?;
    offer.posted
}

/// Reads the list from an archive, a workbook, a text or a PDF, whichever came.
fn read(document: &Document, year: i32) -> Result<CodeList, ShapeError> {
    let bytes = &document.bytes;
    let file = document.url.split(['?', '#']).next().unwrap_or_default();
    let file = file.rsplit('/').next().unwrap_or_default();
    if bytes.starts_with(b"%PDF") {
        let text = document
            .text
            .as_deref()
            .ok_or_else(|| ShapeError::new(file, "a PDF whose text could not be taken from it"))?;
        let sheet = pdf::rows(text).ok_or_else(|| {
            ShapeError::new(
                file,
                "a PDF in which no line has the words of the list's header (code, disposition)",
            )
        })?;
        let list = CodeList::read(file, &[sheet])?.ok_or_else(|| no_list(file))?;
        return identified(list, file, year);
    }
    if grid::form(bytes) == Some(Form::Workbook) {
        let archive = Archive::open(bytes, Limits::default())
            .map_err(|cause| ShapeError::new(file, cause.to_string()))?;
        let parts = archive.entries();
        if !parts.iter().any(|part| part.name == "[Content_Types].xml") {
            return from_archive(archive, file, year);
        }
    }
    let list = table(file, bytes)?.ok_or_else(|| no_list(file))?;
    identified(list, file, year)
}

fn from_archive(mut archive: Archive<'_>, file: &str, year: i32) -> Result<CodeList, ShapeError> {
    let entries = archive.entries().to_vec();
    if entries.len() > MOST_MEMBERS {
        return Err(ShapeError::new(
            file,
            format!("more than {MOST_MEMBERS} files, more than is plausible"),
        ));
    }
    let mut lists: Vec<(CodeList, Form)> = Vec::new();
    for entry in &entries {
        let name = entry.file_name();
        if entry.name.contains("__MACOSX") || name.starts_with("._") {
            continue;
        }
        let bytes = archive
            .read(entry.index)
            .map_err(|cause| ShapeError::new(name, cause.to_string()))?;
        let Some(form) = grid::form(&bytes) else {
            continue;
        };
        let list = match table(name, &bytes) {
            Ok(list) => list,
            Err(damaged) if is_named_table(name) => return Err(damaged),
            // Documents of other programs are archives too, and no tables.
            Err(_) => None,
        };
        if let Some(list) = list {
            lists.push((identified(list, &format!("{name} {file}"), year)?, form));
        }
    }
    let mut lists = lists.into_iter();
    match (lists.next(), lists.next(), lists.next()) {
        (Some((list, _)), None, _) => Ok(list),
        (Some((first, form)), Some((second, other)), None) if form != other => {
            let said = |list: &CodeList| -> Vec<_> {
                let codes = list.codes.iter();
                codes
                    .map(|(code, listed)| (*code, listed.designation))
                    .collect()
            };
            if said(&first) == said(&second) {
                Ok(first)
            } else {
                Err(ShapeError::new(
                    format!("{} and {}", first.member, second.member),
                    "two members disagree: they do not list the same codes with the same designation",
                ))
            }
        }
        (Some((first, _)), Some((second, _)), _) => Err(ShapeError::new(
            file,
            format!(
                "{} and {} cannot be told apart; one list is expected",
                first.member, second.member
            ),
        )),
        (None, ..) => {
            let names: Vec<&str> = entries.iter().map(Entry::file_name).collect();
            Err(ShapeError::new(
                file,
                format!(
                    "no workbook or text in it is the therapy code list; members: {}",
                    names.join(", ")
                ),
            ))
        }
    }
}

fn is_named_table(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".xlsx", ".csv", ".txt"]
        .iter()
        .any(|ending| lower.ends_with(ending))
}

fn table(name: &str, bytes: &[u8]) -> Result<Option<CodeList>, ShapeError> {
    let sheets = grid::sheets(bytes).map_err(|cause| ShapeError::new(name, cause.to_string()))?;
    CodeList::read(name, &sheets)
}

fn no_list(file: &str) -> ShapeError {
    ShapeError::new(
        file,
        "no header with a column of codes (HCPCS Code) above rows of codes: not the therapy code list, or a new form of it",
    )
}

/// Makes sure that the list is of that year: its title or its name says so, and none says otherwise.
fn identified(list: CodeList, files: &str, year: i32) -> Result<CodeList, ShapeError> {
    let title = list.around.join(" ");
    let named: Vec<Vec<i32>> = [title.as_str(), files]
        .into_iter()
        .map(years_in)
        .filter(|years| !years.is_empty())
        .collect();
    if named.is_empty() {
        return Err(ShapeError::new(
            &list.member,
            format!("neither its title nor its name says that it is the list of {year}"),
        ));
    }
    match named.iter().find(|years| !years.contains(&year)) {
        Some(others) => Err(ShapeError::new(
            &list.member,
            format!(
                "it names {others:?}, {year} is expected: the list of another year under this name?"
            ),
        )),
        None => Ok(list),
    }
}

fn attributes(list: &CodeList) -> Vec<Attribute> {
    let mut attributes = vec![Attribute::TherapyDesignation];
    if list.has_notes {
        attributes.push(Attribute::TherapyNote);
    }
    attributes
}

/// One statement for each listed code that is watched, and one for each watched code that the list does
/// not name. Rows with a modifier are no matter of this list.
fn statements(
    list: &CodeList,
    watch: &Watch,
    from: NaiveDate,
    missing: &Values,
    locator: &str,
) -> Vec<Statement> {
    let topic = |service| Topic::national(Subject::Service(service));
    let mut statements = Vec::new();
    for (code, listed) in &list.codes {
        let service = Service::plain(*code);
        if watch.keeps(service) {
            statements.push(Statement {
                topic: topic(service),
                from,
                values: values(list, listed),
                locator: listed.locator.clone(),
                quote: listed.quote.clone(),
            });
        }
    }
    for service in watch.named_services() {
        if service.modifier.is_none() && !list.codes.contains_key(&service.code) {
            statements.push(Statement {
                topic: topic(service),
                from,
                values: missing.clone(),
                locator: locator.to_owned(),
                quote: String::new(),
            });
        }
    }
    statements
}

fn values(list: &CodeList, listed: &Listed) -> Values {
    let designation = Observation::text(listed.designation.to_string());
    let mut values = BTreeMap::from([(Attribute::TherapyDesignation, designation)]);
    if list.has_notes {
        values.insert(Attribute::TherapyNote, Observation::text(&listed.note));
    }
    values.into()
}
