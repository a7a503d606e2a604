//! From the archive of a release to statements.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::checks::Checks;
use super::columns::service_attributes;
use super::fixed_width::{self, Testimony};
use super::locality::{self, Locality};
use super::members::{self, Form, Kind, Member};
use super::page::ReleasePage;
use super::release::Release;
use super::statements::{factor_statement, service_statements, whole_table};
use super::table::{self, Table, Task};
use crate::model::attribute::Attribute;
use crate::model::fact::{Edition, Repost};
use crate::model::request::{Concern, Reading, ShapeError, Unit, UnitDocuments, Unlisted, absent};
use crate::model::watch::{Codes, Watch};
use crate::parse::html;
use crate::parse::zip::{Archive, Limits};

/// Reads a release.
///
/// # Errors
/// When the archive or a table in it cannot be believed.
pub(super) fn extract(
    unit: &Unit,
    documents: &UnitDocuments,
    watch: &Watch,
    checks: &Checks,
) -> Result<Reading, ShapeError> {
    let release = Release::find(&unit.name).ok_or_else(|| {
        ShapeError::new(
            &unit.name,
            "a release is named as RVU20B: two digits of the year and a letter from A to D",
        )
    })?;
    read(&release, unit, documents, watch, checks).map_err(|error| error.within(&unit.name))
}

fn read(
    release: &Release,
    unit: &Unit,
    documents: &UnitDocuments,
    watch: &Watch,
    checks: &Checks,
) -> Result<Reading, ShapeError> {
    let mut concerns = Vec::new();
    let mut archive = open(&documents.primary.bytes)?;
    let (member, second) = archive.tables()?;
    let task = Task {
        release,
        checks,
        watch,
    };
    let table = read_table(&mut archive, &member, task)?;
    if table.examined.price_indicator == Some(b'1') {
        return Err(ShapeError::new(
            &member.name,
            "all rows have price indicator 1: the table for qualifying APM participants in place of the other",
        ));
    }
    hear_witness(&mut archive, &member, &table, watch, release, &mut concerns)?;
    tell_oddities(&table, release, &mut concerns);

    let page = release_page(unit, release);
    let begins = begins(release, page.as_ref(), &mut concerns);
    let mut statements = service_statements(&table, watch, begins);
    statements.push(factor_statement(
        &table,
        Attribute::ConversionFactor,
        begins,
    ));
    match second_factor(&mut archive, second.as_ref(), &table, task)? {
        Ok(Some(second)) => statements.push(factor_statement(
            &second,
            Attribute::ConversionFactorQpp,
            begins,
        )),
        Ok(None) => {}
        Err(why) => concerns.push(Concern {
            key: format!("QPP {release}"),
            text: format!(
                "{release}: the conversion factor for qualifying APM participants could not be read: {why}"
            ),
            remedy: "Everything else was read. Look into the ZIP archive of the release; if CMS changed the form of the QPP file, coverd needs an update.".to_owned(),
        }),
    }
    let (of_localities, more) = locality::read(&mut archive, task, begins)?;
    statements.extend(of_localities);
    concerns.extend(more);

    let edition = Edition {
        name: release.to_string(),
        begins,
        repost: Repost::Replaces,
    };
    Ok(Reading {
        published: published(release, &table, page.as_ref(), unit, documents),
        statements,
        unlisted: Some(Unlisted {
            from: begins,
            values: absent(&service_attributes()),
            locator: whole_table(&table),
        }),
        concerns,
        ..Reading::new(edition)
    })
}

/// Opens the archive, or says what is there in its place.
/// Every payment locality that the archive of a release names.
///
/// # Errors
/// When it is no archive, or its files of localities cannot be read.
pub fn localities(name: &str, bytes: &[u8], checks: &Checks) -> Result<Vec<Locality>, ShapeError> {
    let release = Release::find(name).ok_or_else(|| {
        ShapeError::new(name, "this is not the name of a release, such as RVU26A")
    })?;
    let nothing = nothing();
    let task = Task {
        release: &release,
        checks,
        watch: &nothing,
    };
    locality::all(&mut open(bytes)?, task)
}

/// For readings that are about no code.
fn nothing() -> Watch {
    Watch {
        codes: Codes::Named(BTreeSet::new()),
        look_alikes: BTreeSet::new(),
        words: BTreeSet::new(),
        billed_with: [].into(),
        localities: BTreeSet::new(),
        ncds: BTreeMap::new(),
    }
}

fn open(bytes: &[u8]) -> Result<members::Release<'_>, ShapeError> {
    let start = bytes.trim_ascii_start();
    if start.is_empty() {
        return Err(ShapeError::new(
            "the archive",
            "a ZIP archive is expected, an empty answer is found",
        ));
    }
    if start.starts_with(b"<") {
        let title = html::Page::parse(bytes).ok().and_then(|page| page.title());
        let title: String = title.unwrap_or_default().chars().take(80).collect();
        return Err(ShapeError::new(
            "the archive",
            format!("a ZIP archive is expected, an HTML page is found (title '{title}')"),
        ));
    }
    let archive = Archive::open(bytes, Limits::default())
        .map_err(|cause| ShapeError::new("the archive", cause.to_string()))?;
    members::Release::survey(archive)
}

fn read_table(
    archive: &mut members::Release<'_>,
    member: &Member,
    task: Task<'_>,
) -> Result<Table, ShapeError> {
    let bytes = archive.read(member)?;
    parse_table(member, &bytes, task)
}

fn parse_table(member: &Member, bytes: &[u8], task: Task<'_>) -> Result<Table, ShapeError> {
    match member.form {
        Form::Csv => table::read_csv(&member.name, bytes, task),
        Form::Workbook => table::read_xlsx(&member.name, bytes, task),
        Form::Text => fixed_width::read(&member.name, bytes, task),
    }
}

/// Compares the table with its fixed-width form, where the archive has one.
fn hear_witness(
    archive: &mut members::Release<'_>,
    read: &Member,
    table: &Table,
    watch: &Watch,
    release: &Release,
    concerns: &mut Vec<Concern>,
) -> Result<(), ShapeError> {
    if read.form == Form::Text {
        return Ok(());
    }
    let named = watch.named_services();
    for member in archive.of_kind(Kind::Table)? {
        if member.form != Form::Text {
            continue;
        }
        let bytes = archive.read(&member)?;
        match fixed_width::testify(&member.name, &bytes, table, &named)? {
            Testimony::NotUnderstood => {}
            Testimony::Agrees => return Ok(()),
            Testimony::OtherLength(rows) => {
                concerns.push(Concern {
                    key: format!("rows {release}"),
                    text: format!(
                        "{release}: {} has {} rows and {} has {rows}; the watched rows agree",
                        table.member, table.examined.rows, member.name
                    ),
                    remedy: "Nothing, unless a code that you are going to watch is missing."
                        .to_owned(),
                });
                return Ok(());
            }
        }
    }
    Ok(())
}

fn tell_oddities(table: &Table, release: &Release, concerns: &mut Vec<Concern>) {
    if let Some((rows, first)) = &table.examined.odd {
        concerns.push(Concern {
            key: format!("odd rows {release}"),
            text: format!("{rows} rows are odd, none of them watched; the first: {first}"),
            remedy:
                "Nothing, unless CMS changes the form of the table: then coverd needs an update."
                    .to_owned(),
        });
    }
    if !table.unknown_columns.is_empty() {
        concerns.push(Concern {
            key: format!("columns {release}"),
            text: format!(
                "{release}: {} has columns that coverd does not know: {}",
                table.member,
                table.unknown_columns.join(", ")
            ),
            remedy: "All known columns were read. Look whether a new one matters to you."
                .to_owned(),
        });
    }
    for service in &table.examined.unknown_status {
        concerns.push(Concern {
            key: format!("status {service} {release}"),
            text: format!(
                "{release}: the status indicator of {service} is none that coverd knows"
            ),
            remedy: "It was recorded as it stands. Its meaning is in the record layout PDF of the release.".to_owned(),
        });
    }
}

/// The release page seen in discovery, if it is one of this release.
fn release_page(unit: &Unit, release: &Release) -> Option<ReleasePage> {
    unit.context.iter().find_map(|document| {
        let page = ReleasePage::read(&document.bytes, &document.final_url).ok()?;
        page.is_of(release).then_some(page)
    })
}

/// The first date of service: that of the quarter, unless the release page names another.
fn begins(release: &Release, page: Option<&ReleasePage>, concerns: &mut Vec<Concern>) -> NaiveDate {
    let quarter = release.quarter_begins();
    if let Some(day) = page.and_then(|page| release.begins_by(&page.description)) {
        return day;
    }
    if release.is_revised() {
        concerns.push(Concern {
            key: format!("first day {release}"),
            text: format!(
                "{release} corrects another release; its page does not say from which day on, so {quarter} is taken"
            ),
            remedy: "Look at the release page or ask the Medicare contractor from which date of service it holds.".to_owned(),
        });
    }
    quarter
}

/// The later of the stamp inside and the day of posting.
fn published(
    release: &Release,
    table: &Table,
    page: Option<&ReleasePage>,
    unit: &Unit,
    documents: &UnitDocuments,
) -> Option<NaiveDate> {
    let addresses = [
        &unit.request.url,
        &documents.primary.url,
        &documents.primary.final_url,
    ];
    let posted = addresses
        .into_iter()
        .filter_map(|address| release.posted_by_address(address));
    let on_page = page.and_then(|page| page.posted(release));
    table
        .released
        .into_iter()
        .chain(posted)
        .chain(on_page)
        .max()
}

/// Reads the table for qualifying APM participants, of which only the conversion factor is taken.
/// The outer error is a damaged archive; the inner one a table that is not understood.
fn second_factor(
    archive: &mut members::Release<'_>,
    second: Option<&Member>,
    first: &Table,
    task: Task<'_>,
) -> Result<Result<Option<Table>, String>, ShapeError> {
    let Some(member) = second else {
        let expected = first.examined.price_indicator.is_some();
        return Ok(if expected {
            Err("the archive has no such file".to_owned())
        } else {
            Ok(None)
        });
    };
    let bytes = archive.read(member)?;
    let nothing = nothing();
    let checks = task.checks.for_factor();
    let task = Task {
        watch: &nothing,
        checks: &checks,
        ..task
    };
    let table = match parse_table(member, &bytes, task) {
        Ok(table) => table,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let (factor, other) = (
        table.examined.conversion_factor,
        first.examined.conversion_factor,
    );
    Ok(if table.examined.price_indicator == Some(b'9') {
        Err(format!("{} has the rows of the other table", member.name))
    } else if factor <= other {
        Err(format!(
            "{} has the conversion factor {factor}, which should be greater than the {other} of {}",
            member.name, first.member
        ))
    } else {
        Ok(Some(table))
    })
}
