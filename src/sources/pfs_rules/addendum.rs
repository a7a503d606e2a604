//! Addendum B itself: is it believed, and what are its watched rows.

use std::collections::{BTreeMap, BTreeSet};

use super::checks::Checks;
use super::columns::{Header, STATUS};
use super::row::{self, Read};
use crate::model::attribute::Attribute;
use crate::model::code::Service;
use crate::model::fact::Values;
use crate::model::request::ShapeError;
use crate::model::watch::Watch;
use crate::parse::grid::Sheet;

/// Rows above the first row of data in which the header is looked for.
const MOST_TITLE_ROWS: usize = 60;

/// A row that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) number: u64,
    pub(super) values: Values,
    pub(super) quote: String,
}

/// Addendum B, read and believed.
#[derive(Debug)]
pub(super) struct Addendum {
    pub(super) member: String,
    pub(super) rows: usize,
    pub(super) kept: BTreeMap<Service, Kept>,
    /// What is said of every row.
    pub(super) attributes: Vec<Attribute>,
    /// The odd rows that were borne: how many, and the first.
    pub(super) odd: Option<(usize, ShapeError)>,
    pub(super) unknown_columns: Vec<String>,
}

/// A sheet in which the header of the table was found.
#[derive(Debug)]
pub(super) struct Found<'a> {
    member: String,
    sheet: &'a Sheet,
    header: Header,
    /// Which of its rows is the first of the data.
    first: usize,
    /// The words above the header.
    pub(super) title: String,
}

impl<'a> Found<'a> {
    /// Looks for the header: the row above the first row that has a code and a status in its columns.
    /// `Ok(None)`: it is no table of this kind.
    ///
    /// # Errors
    /// When it is one, and its header is not as expected.
    pub(super) fn find(
        member: &str,
        sheet: &'a Sheet,
        year: Option<i32>,
    ) -> Result<Option<Self>, ShapeError> {
        let mut fault = None;
        for lowest in 0..sheet.rows.len().min(MOST_TITLE_ROWS) {
            let rows: Vec<&[String]> = sheet
                .rows
                .iter()
                .take(lowest + 1)
                .map(|(_, cells)| cells.as_slice())
                .collect();
            let Some((bottom, above)) = rows.split_last() else {
                continue;
            };
            let header = match Header::find(member, above, bottom, year) {
                Ok(Some(header)) => header,
                Ok(None) => continue,
                // The header may go on in the next row.
                Err(error) => {
                    fault = Some(error);
                    continue;
                }
            };
            let next = sheet.rows.get(lowest + 1);
            if !next.is_some_and(|(_, cells)| row::looks_like_data(&header, cells)) {
                continue;
            }
            let title = above.iter().flat_map(|cells| cells.iter());
            return Ok(Some(Self {
                member: member.to_owned(),
                sheet,
                header,
                first: lowest + 1,
                title: title.cloned().collect::<Vec<_>>().join(" "),
            }));
        }
        fault.map_or(Ok(None), Err)
    }

    /// Reads all rows.
    ///
    /// # Errors
    /// When a watched row is not as it should be, or the table fails a check.
    pub(super) fn read(&self, checks: &Checks, watch: &Watch) -> Result<Addendum, ShapeError> {
        let mut tally = Tally::new(&self.member, checks);
        for (number, cells) in self.sheet.rows.iter().skip(self.first) {
            match row::read(&self.header, cells) {
                Read::Note => {}
                Read::Row(service, outcome) => {
                    tally.count(service, cells, &self.header)?;
                    match outcome {
                        Ok(values) if watch.keeps(service) => {
                            let kept = Kept {
                                number: *number,
                                values,
                                quote: row::quote(&self.header, cells),
                            };
                            tally.kept.insert(service, kept);
                        }
                        Ok(_) => {}
                        Err(why) => {
                            let error = tally.fault(*number, why);
                            if watch.keeps(service) {
                                return Err(error);
                            }
                            tally.odd(error);
                        }
                    }
                }
                Read::Unreadable(why) => {
                    tally.unreadable_keys += 1;
                    let error = tally.fault(*number, why);
                    tally.odd(error);
                }
            }
        }
        if !self.sheet.ended {
            return Err(ShapeError::new(
                &self.member,
                "its last line does not end, so it may be cut",
            ));
        }
        tally.finish(&self.header, &watch.named_services())
    }
}

/// What the rows come to.
#[derive(Debug)]
struct Tally<'a> {
    member: &'a str,
    checks: &'a Checks,
    rows: usize,
    keys: BTreeSet<Service>,
    kept: BTreeMap<Service, Kept>,
    sentinels: BTreeMap<Service, String>,
    odd: usize,
    first_odd: Option<ShapeError>,
    unreadable_keys: usize,
}

impl<'a> Tally<'a> {
    fn new(member: &'a str, checks: &'a Checks) -> Self {
        Self {
            member,
            checks,
            rows: 0,
            keys: BTreeSet::new(),
            kept: BTreeMap::new(),
            sentinels: BTreeMap::new(),
            odd: 0,
            first_odd: None,
            unreadable_keys: 0,
        }
    }

    fn count(
        &mut self,
        service: Service,
        cells: &[String],
        header: &Header,
    ) -> Result<(), ShapeError> {
        self.rows += 1;
        if !self.keys.insert(service) {
            return Err(ShapeError::new(
                self.member,
                format!("{service} has two rows; one row for each code and modifier is expected"),
            ));
        }
        let is_sentinel = |(code, _): &(crate::model::code::HcpcsCode, char)| {
            *code == service.code && service.modifier.is_none()
        };
        if self.checks.sentinels.iter().any(is_sentinel) {
            let status = header.cells[STATUS].and_then(|place| cells.get(place));
            self.sentinels
                .insert(service, status.cloned().unwrap_or_default());
        }
        Ok(())
    }

    fn fault(&self, number: u64, why: String) -> ShapeError {
        ShapeError::new(format!("{} row {number}", self.member), why)
    }

    fn odd(&mut self, error: ShapeError) {
        self.odd += 1;
        self.first_odd.get_or_insert(error);
    }

    fn finish(self, header: &Header, named: &BTreeSet<Service>) -> Result<Addendum, ShapeError> {
        let failed = |why: String| Err(ShapeError::new(self.member, why));
        let checks = self.checks;
        let first = || {
            let first = self.first_odd.as_ref();
            first.map(ToString::to_string).unwrap_or_default()
        };
        if self.rows < checks.rows.max(1) {
            return failed(format!(
                "{} rows; at least {} are expected, so the table may be cut",
                self.rows,
                checks.rows.max(1)
            ));
        }
        if self.odd * 1_000 > self.rows * checks.odd_per_mille {
            return failed(format!(
                "{} of {} rows are not as they should be; the first: {}",
                self.odd,
                self.rows,
                first()
            ));
        }
        for &(letters, least) in &checks.families {
            let begins = |service: &&Service| {
                service
                    .code
                    .as_str()
                    .starts_with(|first| letters.contains(first))
            };
            let found = self.keys.iter().filter(begins).count();
            if found < least {
                return failed(format!(
                    "{found} codes begin with one of {letters}; at least {least} are expected, so the table may be cut"
                ));
            }
        }
        for (code, expected) in &checks.sentinels {
            let found = self.sentinels.get(&Service::plain(*code));
            if found != Some(&expected.to_string()) {
                return failed(format!(
                    "{code} must have status {expected}, as in every year; found: {}",
                    found.map_or("no such row", String::as_str)
                ));
            }
        }
        if self.unreadable_keys > 0
            && let Some(service) = named
                .iter()
                .find(|service| !self.kept.contains_key(service))
        {
            return failed(format!(
                "{service} is not found, but {} rows could not be read and may be it; the first: {}",
                self.unreadable_keys,
                first()
            ));
        }
        Ok(Addendum {
            member: self.member.to_owned(),
            rows: self.rows,
            kept: self.kept,
            attributes: header.attributes(),
            odd: self.first_odd.map(|first| (self.odd, first)),
            unknown_columns: header.unknown.clone(),
        })
    }
}
