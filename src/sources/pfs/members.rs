//! Which file of a release's archive is which: by its content, the name is only a hint.

use std::ops::ControlFlow;

use super::columns::Header;
use super::fixed_width;
use super::names::{names_codes, words};
use crate::model::request::ShapeError;
use crate::parse::zip::{Archive, Entry, ZipError};
use crate::parse::{csv, xlsx};

/// How much of a member is looked at: the ten header rows and some more.
const HEAD_BYTES: u64 = 16 << 10;
/// Rows of a workbook that are looked at.
const HEAD_ROWS: u32 = 45;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The table of all codes.
    Table,
    /// Geographic practice cost indices.
    Gpci,
    /// Counties of the localities.
    Counties,
}

impl Kind {
    /// The word that its file names usually hold.
    fn hint(self) -> &'static str {
        match self {
            Self::Table => "PPRRVU",
            Self::Gpci => "GPCI",
            Self::Counties => "LOCCO",
        }
    }
}

/// In which form it holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    Csv,
    Workbook,
    Text,
}

/// A file of the archive that is of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) index: usize,
    /// Its name without folders.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) form: Form,
    /// Of a table: the price indicator of its first row.
    price_indicator: Option<u8>,
}

/// A release's archive, surveyed.
#[derive(Debug)]
pub(super) struct Release<'a> {
    archive: Archive<'a>,
    members: Vec<Member>,
    /// Workbooks, not opened until one is needed.
    workbooks: Vec<Entry>,
    opened: bool,
}

impl<'a> Release<'a> {
    /// Looks at the beginning of every member.
    ///
    /// # Errors
    /// When a member is damaged or encrypted.
    pub(super) fn survey(mut archive: Archive<'a>) -> Result<Self, ShapeError> {
        let mut members = Vec::new();
        let mut workbooks = Vec::new();
        for entry in archive.entries().to_vec() {
            if entry.name.contains("__MACOSX") || entry.file_name().starts_with("._") {
                continue;
            }
            let head = archive
                .head(entry.index, HEAD_BYTES)
                .map_err(|cause| unreadable(&entry, &cause))?;
            if head.starts_with(b"PK\x03\x04") {
                workbooks.push(entry);
            } else if let Some(found) = classify(&head) {
                members.push(found.member(&entry));
            }
        }
        Ok(Self {
            archive,
            members,
            workbooks,
            opened: false,
        })
    }

    /// The bytes of a member.
    ///
    /// # Errors
    /// When it is damaged or too large.
    pub(super) fn read(&mut self, member: &Member) -> Result<Vec<u8>, ShapeError> {
        self.archive
            .read(member.index)
            .map_err(|cause| ShapeError::new(&member.name, cause.to_string()))
    }

    /// The members of a kind, the preferred form first. Workbooks are opened only when there is no
    /// comma-separated form.
    ///
    /// # Errors
    /// When a workbook must be opened and its member is damaged.
    pub(super) fn of_kind(&mut self, kind: Kind) -> Result<Vec<Member>, ShapeError> {
        let found = |members: &[Member]| -> Vec<Member> {
            let mut found: Vec<Member> = members
                .iter()
                .filter(|member| member.kind == kind)
                .cloned()
                .collect();
            found.sort_by_key(|member| member.form);
            found
        };
        let members = found(&self.members);
        if members.iter().any(|member| member.form == Form::Csv) {
            return Ok(members);
        }
        self.open_workbooks(kind)?;
        Ok(found(&self.members))
    }

    fn open_workbooks(&mut self, kind: Kind) -> Result<(), ShapeError> {
        if self.opened {
            return Ok(());
        }
        let hinted = |entry: &Entry| entry.file_name().to_uppercase().contains(kind.hint());
        let (likely, rest): (Vec<Entry>, Vec<Entry>) = std::mem::take(&mut self.workbooks)
            .into_iter()
            .partition(hinted);
        let mut found = false;
        for entry in &likely {
            found |= self.open_workbook(entry)? == Some(kind);
        }
        if found {
            self.workbooks = rest;
            return Ok(());
        }
        for entry in &rest {
            self.open_workbook(entry)?;
        }
        self.opened = true;
        Ok(())
    }

    fn open_workbook(&mut self, entry: &Entry) -> Result<Option<Kind>, ShapeError> {
        let bytes = self
            .archive
            .read(entry.index)
            .map_err(|cause| unreadable(entry, &cause))?;
        let Some(found) = classify_workbook(&bytes) else {
            return Ok(None);
        };
        self.members.push(found.member(entry));
        Ok(Some(found.kind))
    }

    /// The table of the schedule, and the second one (from 2026 on, for qualifying APM
    /// participants) where there is one.
    ///
    /// # Errors
    /// When there is no table, or more than can be told apart.
    pub(super) fn tables(&mut self) -> Result<(Member, Option<Member>), ShapeError> {
        let all = self.of_kind(Kind::Table)?;
        let Some(form) = all.first().map(|member| member.form) else {
            let names: Vec<&str> = self
                .archive
                .entries()
                .iter()
                .map(Entry::file_name)
                .take(30)
                .collect();
            return Err(ShapeError::new(
                "the archive",
                format!(
                    "no member has the form of the PPRRVU table; members: {}",
                    names.join(", ")
                ),
            ));
        };
        let (qualifying, plain): (Vec<&Member>, Vec<&Member>) = all
            .iter()
            .filter(|member| member.form == form)
            .partition(|member| member.is_for_qualifying());
        match (&plain[..], &qualifying[..]) {
            ([table], []) => Ok(((*table).clone(), None)),
            ([table], [second]) => Ok(((*table).clone(), Some((*second).clone()))),
            ([], _) => Err(ShapeError::new(
                "the archive",
                "only the table for qualifying APM participants (QPP) is there; the other is expected too",
            )),
            _ => {
                let names: Vec<&str> = all.iter().map(|member| &member.name[..]).collect();
                Err(ShapeError::new(
                    "the archive",
                    format!(
                        "{} cannot be told apart; one PPRRVU table is expected",
                        names.join(", ")
                    ),
                ))
            }
        }
    }
}

impl Member {
    /// Whether it is the table for qualifying APM participants: price indicator 1, not 9.
    fn is_for_qualifying(&self) -> bool {
        let name = self.name.to_uppercase();
        match self.price_indicator {
            Some(b'1') => true,
            Some(b'9') => false,
            _ => name.contains("QPP") && !name.contains("NONQPP") && !name.contains("NON-QPP"),
        }
    }
}

fn unreadable(entry: &Entry, cause: &ZipError) -> ShapeError {
    ShapeError::new(entry.file_name(), cause.to_string())
}

/// What the beginning of a file shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    kind: Kind,
    form: Form,
    price_indicator: Option<u8>,
}

impl Found {
    fn member(self, entry: &Entry) -> Member {
        Member {
            index: entry.index,
            name: entry.file_name().to_owned(),
            kind: self.kind,
            form: self.form,
            price_indicator: self.price_indicator,
        }
    }
}

fn classify(head: &[u8]) -> Option<Found> {
    if head.starts_with(b"%PDF") {
        return None;
    }
    let rows = |separator| csv::rows(separator, head, csv::Limits::default()).unwrap_or_default();
    let of_rows = |rows: Vec<(u64, Vec<String>)>| {
        by_header(&rows.into_iter().map(|(_, cells)| cells).collect::<Vec<_>>())
    };
    if let Some((kind, price_indicator)) = of_rows(rows(b',')) {
        return Some(Found {
            kind,
            form: Form::Csv,
            price_indicator,
        });
    }
    let text = |kind| {
        Some(Found {
            kind,
            form: Form::Text,
            price_indicator: None,
        })
    };
    if let Some((kind @ (Kind::Gpci | Kind::Counties), _)) = of_rows(rows(b'\t')) {
        return text(kind);
    }
    if fixed_width::looks_like(head) {
        return text(Kind::Table);
    }
    let shown = csv::text(head);
    for line in shown.lines().map(words) {
        if line.matches("GPCI").count() >= 2 {
            return text(Kind::Gpci);
        }
        if line.contains("FEE SCHEDULE AREA") && line.contains("COUNTIES") {
            return text(Kind::Counties);
        }
    }
    None
}

fn classify_workbook(bytes: &[u8]) -> Option<Found> {
    let mut workbook = xlsx::Workbook::open(bytes, xlsx::Limits::default()).ok()?;
    for sheet in workbook.sheets() {
        let mut head = Vec::new();
        workbook
            .rows(&sheet, |number, cells| {
                head.push(cells.to_vec());
                if number < HEAD_ROWS {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })
            .ok()?;
        if let Some((kind, price_indicator)) = by_header(&head) {
            return Some(Found {
                kind,
                form: Form::Workbook,
                price_indicator,
            });
        }
    }
    None
}

/// Finds the header among the first rows: what the table is, and of the main table the price
/// indicator of its first row.
fn by_header(rows: &[Vec<String>]) -> Option<(Kind, Option<u8>)> {
    for (index, cells) in rows.iter().enumerate() {
        let names: Vec<String> = cells.iter().map(|cell| words(cell)).collect();
        let any = |word: &str| names.iter().any(|name| name.contains(word));
        let filled = names.iter().filter(|name| !name.is_empty()).count();
        if cells.first().is_some_and(|cell| names_codes(cell)) && any("DESCRIPT") {
            let above = rows.get(..index).unwrap_or_default();
            let price = Header::find("", above, cells)
                .ok()
                .and_then(|header| rows.get(index + 1)?.get(header.price_indicator?))
                .and_then(|cell| cell.trim().bytes().next());
            return Some((Kind::Table, price));
        }
        if filled >= 5 && any("LOCALITY") {
            if names.iter().filter(|name| name.contains("GPCI")).count() >= 2 {
                return Some((Kind::Gpci, None));
            }
            if any("COUNTIES") && any("FEE SCHEDULE AREA") {
                return Some((Kind::Counties, None));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(head: &str) -> Option<(Kind, Form)> {
        classify(head.as_bytes()).map(|found| (found.kind, found.form))
    }

    #[test]
    fn files_are_told_apart_by_their_headers() {
        assert_eq!(
            kind(
                "title (GPCIs) BY LOCALITY,,,,,,\n,,,,,,\nMedicare Administrative Contractor (MAC),State,Locality Number,Locality Name,2025 PW GPCI,2025 PE GPCI,2025 MP GPCI\n"
            ),
            Some((Kind::Gpci, Form::Csv))
        );
        assert_eq!(
            kind(
                "Contractor\tState\tLocality Number\tLocality Name\t2026 PW GPCI\t2026 PE GPCI\t2026 MP GPCI\n"
            ),
            Some((Kind::Gpci, Form::Text))
        );
        assert_eq!(
            kind(
                "Medicare Adminstrative Contractor,Locality Number,State ,Fee Schedule Area ,Counties\n"
            ),
            Some((Kind::Counties, Form::Csv))
        );
        assert_eq!(
            kind("Medicare AdmiLocality         State       Fee Schedule Area        Counties\n"),
            Some((Kind::Counties, Form::Text))
        );
        for other in [
            "",
            "Contractor,Locality,Locality Name,National Anes CF of 20.3178\n",
            "HCPCS,MOD,PROCSTAT,CARRIER,LOCALITY,FACILITY PRICE,NON-FACILTY PRICE\n",
            "%PDF-1.4 GPCI GPCI",
        ] {
            assert_eq!(kind(other), None, "{other}");
        }
    }
}
