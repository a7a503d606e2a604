//! The payment localities that are watched: their geographic indices and their counties.
//!
//! These files never decide about coverage, and CMS keeps them carelessly; so what is wrong with
//! them becomes a concern, and only the facts that they would have given are missing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::grid;
use super::locality_columns::{Columns, Entry};
use super::members::{self, Kind, Member};
use super::release::Release;
use super::table::Task;
use crate::model::attribute::Attribute;
use crate::model::fact::Statement;
use crate::model::request::{Concern, ShapeError, absent};
use crate::model::topic::{LocalityId, Place, Stage, Subject, Topic};

/// One of the two files, read in full.
#[derive(Debug)]
struct Listing {
    member: String,
    entries: BTreeMap<LocalityId, Entry>,
    /// Localities with two rows that say different things.
    contradictory: BTreeSet<LocalityId>,
    /// What every row says.
    attributes: Vec<Attribute>,
    rows: usize,
}

/// Reads what the release says of the watched localities.
///
/// # Errors
/// Only when a member of the archive is damaged; then the whole archive is to be fetched again.
pub(super) fn read(
    archive: &mut members::Release<'_>,
    task: Task<'_>,
    from: NaiveDate,
) -> Result<(Vec<Statement>, Vec<Concern>), ShapeError> {
    let mut statements = Vec::new();
    let mut concerns = Vec::new();
    if task.watch.localities.is_empty() {
        return Ok((statements, concerns));
    }
    let mut listing = |kind| -> Result<Option<Listing>, ShapeError> {
        let outcome = match archive.of_kind(kind)?.first() {
            None => Err("the archive has no such file".to_owned()),
            Some(member) => {
                let bytes = archive.read(member)?;
                list(member, &bytes, task).map_err(|why| format!("{}: {why}", member.name))
            }
        };
        Ok(outcome
            .map_err(|why| concerns.push(unreadable(kind, task.release, &why)))
            .ok())
    };
    let indices = listing(Kind::Gpci)?;
    let counties = listing(Kind::Counties)?;

    for locality in &task.watch.localities {
        let places = [(&indices, &counties), (&counties, &indices)];
        for (listing, other) in places {
            let Some(listing) = listing else { continue };
            if listing.contradictory.contains(locality) {
                concerns.push(contradiction(listing, locality, task.release));
            } else if let Some(entry) = listing.entries.get(locality) {
                statements.push(Statement {
                    topic: topic(locality),
                    from,
                    values: entry.values.clone().into(),
                    locator: format!("{} row {}", listing.member, entry.number),
                    quote: entry.quote.clone(),
                });
            } else if other.as_ref().is_some_and(|other| {
                other.entries.contains_key(locality) || other.contradictory.contains(locality)
            }) {
                // One file has it and the other has not: no proof that it is gone.
                concerns.push(missing_here(listing, locality, task.release));
            } else {
                statements.push(Statement {
                    topic: topic(locality),
                    from,
                    values: absent(&listing.attributes),
                    locator: format!("{}, all {} rows", listing.member, listing.rows),
                    quote: String::new(),
                });
            }
        }
    }
    Ok((statements, concerns))
}

/// A payment locality as the files of a release name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locality {
    /// Contractor and number.
    pub id: LocalityId,
    /// Its name in the GPCI file; empty where it is not there.
    pub name: String,
    /// The state in two letters; empty where the file does not say.
    pub state: String,
    /// The counties that belong to it, as CMS words them; empty where the file of counties does not have it.
    pub counties: String,
}

/// Every locality of a release: for people who look for theirs.
///
/// # Errors
/// When neither file can be read.
pub(super) fn all(
    archive: &mut members::Release<'_>,
    task: Task<'_>,
) -> Result<Vec<Locality>, ShapeError> {
    let mut found: BTreeMap<LocalityId, Locality> = BTreeMap::new();
    let mut why = Vec::new();
    for kind in [Kind::Gpci, Kind::Counties] {
        let Some(member) = archive.of_kind(kind)?.into_iter().next() else {
            continue;
        };
        let bytes = archive.read(&member)?;
        let listing = match list(&member, &bytes, task) {
            Ok(listing) => listing,
            Err(cause) => {
                why.push(format!("{}: {cause}", member.name));
                continue;
            }
        };
        for (id, entry) in listing.entries {
            let place = found.entry(id.clone()).or_insert_with(|| Locality {
                id,
                name: String::new(),
                state: String::new(),
                counties: String::new(),
            });
            for (attribute, text) in [
                (Attribute::LocalityName, &mut place.name),
                (Attribute::LocalityState, &mut place.state),
                (Attribute::LocalityCounties, &mut place.counties),
            ] {
                if let Some(seen) = entry.values.get(&attribute) {
                    *text = seen.to_string();
                }
            }
        }
    }
    if found.is_empty() {
        return Err(ShapeError::new("the localities", why.join("; ")));
    }
    Ok(found.into_values().collect())
}

fn topic(locality: &LocalityId) -> Topic {
    Topic {
        subject: Subject::Schedule("PFS".to_owned()),
        place: Place::Locality(locality.clone()),
        stage: Stage::InForce,
    }
}

fn kind_words(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Gpci | Kind::Table => ("gpci", "the geographic indices (GPCI)"),
        Kind::Counties => ("counties", "the localities' counties"),
    }
}

fn unreadable(kind: Kind, release: &Release, why: &str) -> Concern {
    let (key, name) = kind_words(kind);
    Concern {
        key: format!("{key} {release}"),
        text: format!("{release}: {name} could not be read: {why}"),
        remedy: "Codes and conversion factor were read. Look into the ZIP archive of the release; if CMS changed the form of this file, coverd needs an update.".to_owned(),
    }
}

fn contradiction(listing: &Listing, locality: &LocalityId, release: &Release) -> Concern {
    Concern {
        key: format!("{locality} {release}"),
        text: format!(
            "{release}: {} has two different rows for locality {locality}",
            listing.member
        ),
        remedy: "Look at the file and ask the Medicare contractor which row holds.".to_owned(),
    }
}

fn missing_here(listing: &Listing, locality: &LocalityId, release: &Release) -> Concern {
    Concern {
        key: format!("{locality} {release}"),
        text: format!(
            "{release}: {} does not have locality {locality}, but another file of the release has it",
            listing.member
        ),
        remedy:
            "Look at the file; its earlier values stand until a release has the locality again."
                .to_owned(),
    }
}

/// Reads one of the files in full.
fn list(member: &Member, bytes: &[u8], task: Task<'_>) -> Result<Listing, String> {
    let grid = grid::read(bytes, member.kind, member.form)?;
    let (at, columns) = grid
        .rows
        .iter()
        .enumerate()
        .find_map(|(at, (_, cells))| Some((at, Columns::find(member.kind, cells)?)))
        .ok_or("its header is not found")?;
    let columns = columns?;
    if columns.year.is_some_and(|year| year != task.release.year) {
        return Err(format!(
            "its header is of {}, not of {}",
            columns.year.unwrap_or_default(),
            task.release.year
        ));
    }
    let mut listing = Listing {
        member: member.name.clone(),
        entries: BTreeMap::new(),
        contradictory: BTreeSet::new(),
        attributes: columns.values.iter().map(|(a, _)| *a).collect(),
        rows: 0,
    };
    let mut names = BTreeSet::new();
    let mut last_is_data = false;
    for (number, cells) in grid.rows.get(at + 1..).unwrap_or_default() {
        last_is_data = false;
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let Some((locality, name, entry)) = columns.entry(*number, cells, &grid)? else {
            continue;
        };
        last_is_data = true;
        names.insert(name);
        listing.rows += 1;
        match listing.entries.get(&locality) {
            Some(earlier) if earlier.values != entry.values => {
                listing.contradictory.insert(locality);
            }
            Some(_) => {}
            None => {
                listing.entries.insert(locality, entry);
            }
        }
    }
    if last_is_data && !grid.ended {
        return Err("it ends in the middle of a row, so it may be cut".to_owned());
    }
    let found = listing.entries.len();
    if found < task.checks.localities {
        return Err(format!(
            "{found} localities; at least {} are expected",
            task.checks.localities
        ));
    }
    for expected in &task.checks.locality_sentinels {
        if !names.iter().any(|name| name.starts_with(&expected[..])) {
            return Err(format!("{expected} is not in it, so it may be cut"));
        }
    }
    Ok(listing)
}
