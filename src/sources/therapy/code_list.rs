//! The therapy code list as a table: each code with its designation, in a column of its own or under a
//! heading.

use std::collections::BTreeMap;

use super::checks::Checks;
use super::designation::Designation;
use crate::model::code::HcpcsCode;
use crate::model::request::ShapeError;
use crate::parse::grid::{Sheet, joined_names, words};

/// Rows above the first code in which the header is looked for.
const MOST_TITLE_ROWS: usize = 60;
/// Longest heading, in bytes.
const MOST_HEADING: usize = 60;
/// Longest quote and note, in characters.
const MOST_TEXT: usize = 300;

/// What the list says of one code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) designation: Designation,
    /// The words of its column of notes; empty where it has none.
    pub(super) note: String,
    pub(super) locator: String,
    pub(super) quote: String,
}

/// A list that was read in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CodeList {
    pub(super) member: String,
    pub(super) codes: BTreeMap<HcpcsCode, Listed>,
    /// Whether the list has a column of notes.
    pub(super) has_notes: bool,
    /// All words above and beside the table, by which its year is checked.
    pub(super) around: Vec<String>,
}

/// Where the columns stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    code: usize,
    designation: Option<usize>,
    description: Option<usize>,
    notes: Option<usize>,
}

impl CodeList {
    /// Reads the sheets of a file: those that have the header of the list. `Ok(None)`: it has none.
    ///
    /// # Errors
    /// When a row of it has no designation, or a code is listed twice.
    pub(super) fn read(member: &str, sheets: &[Sheet]) -> Result<Option<Self>, ShapeError> {
        let mut list: Option<Self> = None;
        for sheet in sheets {
            let Some((first, header)) = find_header(sheet) else {
                continue;
            };
            if !sheet.ended {
                return Err(ShapeError::new(
                    member,
                    "its last line does not end, so it may be cut",
                ));
            }
            let list = list.get_or_insert_with(|| Self {
                member: member.to_owned(),
                codes: BTreeMap::new(),
                has_notes: false,
                around: Vec::new(),
            });
            list.has_notes |= header.notes.is_some();
            list.take(sheet, first, header)?;
        }
        Ok(list)
    }

    /// Makes sure that the whole list was read.
    ///
    /// # Errors
    /// When it has too few codes, or a code that is always therapy is not.
    pub(super) fn check(&self, checks: &Checks) -> Result<(), ShapeError> {
        let failed = |why: String| Err(ShapeError::new(&self.member, why));
        if self.codes.len() < checks.rows.max(1) {
            return failed(format!(
                "{} codes; at least {} are expected, so the list may be cut",
                self.codes.len(),
                checks.rows.max(1)
            ));
        }
        for designation in [Designation::Always, Designation::Sometimes] {
            let of_it = self
                .codes
                .values()
                .filter(|code| code.designation == designation);
            let found = of_it.count();
            if found < checks.of_each {
                return failed(format!(
                    "{found} codes are {designation} therapy; at least {} are expected, so the list may be cut",
                    checks.of_each
                ));
            }
        }
        for code in &checks.always {
            let found = self.codes.get(code).map(|listed| listed.designation);
            if found != Some(Designation::Always) {
                return failed(format!(
                    "{code} must be always therapy, as in every year; found: {}",
                    found.map_or("not listed".to_owned(), |found| found.to_string())
                ));
            }
        }
        Ok(())
    }

    fn take(&mut self, sheet: &Sheet, first: usize, header: Header) -> Result<(), ShapeError> {
        let (above, rows) = sheet.rows.split_at(first);
        let mut section = Designation::named_in(&sheet.name);
        for (_, cells) in above {
            section = heading(cells).or(section);
            self.around.push(cells.join(" "));
        }
        let notes = rows
            .iter()
            .filter(|(_, cells)| code_of(header, cells).is_none());
        let legend = legend(above.iter().chain(notes).flat_map(|(_, cells)| cells))
            .map_err(|why| ShapeError::new(&self.member, why))?;
        for (number, cells) in rows {
            let cell = |place: Option<usize>| {
                let cell = place.and_then(|place| cells.get(place));
                cell.map(String::as_str).unwrap_or_default()
            };
            let fault = |why: String| ShapeError::new(format!("{} row {number}", self.member), why);
            let Some(code) = code_of(header, cells) else {
                let designated = cell(header.designation);
                if Designation::of_cell(designated).is_some() {
                    let found: String = cell(Some(header.code)).chars().take(40).collect();
                    return Err(fault(format!("a code is expected, '{found}' is found")));
                }
                // A heading, or a footnote.
                section = heading(cells).or(section);
                continue;
            };
            let designation = match header.designation {
                Some(_) => {
                    let cell = cell(header.designation);
                    Designation::of_cell(cell).or_else(|| legend.get(&cell.to_uppercase()).copied())
                }
                None => section,
            };
            let Some(designation) = designation else {
                let found: String = cell(header.designation).chars().take(40).collect();
                return Err(fault(format!(
                    "always or sometimes therapy is expected of {code}, '{found}' is found"
                )));
            };
            let listed = Listed {
                designation,
                note: short(cell(header.notes)),
                locator: format!("{} row {number}", self.member),
                quote: quote(header, cells),
            };
            if self.codes.insert(code, listed).is_some() {
                return Err(fault(format!("{code} is listed a second time")));
            }
        }
        Ok(())
    }
}

/// The designation that a row of one short cell heads: "Always Therapy Codes". A longer one is a note.
fn heading(cells: &[String]) -> Option<Designation> {
    let mut filled = cells.iter().filter(|cell| !cell.is_empty());
    let only = filled.next().filter(|_| filled.next().is_none())?;
    (only.len() <= MOST_HEADING)
        .then(|| Designation::named_in(only))
        .flatten()
}

/// What the list itself says its signs mean.
fn legend<'a>(
    cells: impl Iterator<Item = &'a String>,
) -> Result<BTreeMap<String, Designation>, String> {
    let mut legend = BTreeMap::new();
    for (sign, meaning) in cells.filter_map(|cell| Designation::of_legend(cell)) {
        if legend.get(&sign).is_some_and(|earlier| *earlier != meaning) {
            return Err(format!("its legend says two things of the sign '{sign}'"));
        }
        legend.insert(sign, meaning);
    }
    Ok(legend)
}

/// Finds the header: the row above the first row that has a code in the column of codes. Gives the
/// first row of the data as well.
fn find_header(sheet: &Sheet) -> Option<(usize, Header)> {
    (0..sheet.rows.len().min(MOST_TITLE_ROWS)).find_map(|lowest| {
        let (_, bottom) = sheet.rows.get(lowest)?;
        let above: Vec<&[String]> = sheet
            .rows
            .iter()
            .take(lowest)
            .map(|(_, cells)| cells.as_slice())
            .collect();
        let header = header(&above, bottom)?;
        // Between the header and the first code there may be a heading.
        let mut below = sheet.rows.iter().skip(lowest + 1).take(3);
        below
            .any(|(_, cells)| code_of(header, cells).is_some())
            .then_some((lowest + 1, header))
    })
}

fn header(above: &[&[String]], lowest: &[String]) -> Option<Header> {
    let (mut code, mut designation, mut description, mut notes) = (None, None, None, None);
    let width = above
        .iter()
        .copied()
        .chain([lowest])
        .map(<[String]>::len)
        .max()?;
    for place in 0..width {
        let names = joined_names(above.iter().copied(), lowest, place);
        let slot = names
            .iter()
            .rev()
            .find_map(|name| Some((slot(name)?, place)));
        let taken = match slot {
            Some((Slot::Code, place)) => code.replace(place),
            Some((Slot::Designation, place)) => designation.replace(place),
            Some((Slot::Description, place)) => description.replace(place),
            Some((Slot::Notes, place)) => notes.replace(place),
            None => None,
        };
        if taken.is_some() {
            // Two columns of one name: it is not known which one counts.
            return None;
        }
    }
    Some(Header {
        code: code?,
        designation,
        description,
        notes,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Code,
    Designation,
    Description,
    Notes,
}

/// What a column is, by the words of its header without footnote marks and years.
fn slot(name: &str) -> Option<Slot> {
    let mut named: Vec<String> = words(name)
        .iter()
        .map(|word| {
            word.trim_end_matches(|c: char| c.is_ascii_digit())
                .to_owned()
        })
        .filter(|word| !matches!(word.as_str(), "" | "CY" | "OR" | "AND"))
        .collect();
    named.sort();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    match named[..] {
        ["HCPCS" | "CODE" | "CODES"]
        | ["CPT" | "CODE" | "CODES", "HCPCS"]
        | ["CODE" | "CODES", "CPT"]
        | ["CODE" | "CODES", "CPT", "HCPCS"] => Some(Slot::Code),
        ["DISPOSITION" | "DISPOSITIONS" | "DESIGNATION"]
        | ["DESIGNATION" | "DISPOSITION", "THERAPY"]
        | ["ALWAYS", "SOMETIMES"]
        | ["ALWAYS", "SOMETIMES", "THERAPY"]
        | ["ALWAYS", "SOMETIMES", "THERAPY", "THERAPY"] => Some(Slot::Designation),
        ["DESCRIPTION" | "DESCRIPTOR"]
        | ["DESCRIPTION" | "DESCRIPTOR", "SHORT" | "LONG"]
        | ["CODE", "DESCRIPTION" | "DESCRIPTOR"] => Some(Slot::Description),
        ["NOTE" | "NOTES" | "COMMENT" | "COMMENTS"] => Some(Slot::Notes),
        _ => None,
    }
}

/// The code of a row, without the marks of footnotes behind it.
fn code_of(header: Header, cells: &[String]) -> Option<HcpcsCode> {
    let cell = cells.get(header.code)?;
    let bare = cell.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let (code, rest) = bare.split_at_checked(5).unwrap_or((bare, ""));
    // Behind it numbers of footnotes, not the other end of a range.
    let marks = words(rest)
        .iter()
        .all(|word| word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit()));
    let parted = !rest.starts_with(|c: char| c.is_alphanumeric());
    (marks && parted).then(|| code.parse().ok()).flatten()
}

/// The row without its description.
fn quote(header: Header, cells: &[String]) -> String {
    let shown = cells.iter().enumerate().map(|(place, cell)| {
        if Some(place) == header.description {
            ""
        } else {
            cell.as_str()
        }
    });
    let shown: Vec<&str> = shown.collect();
    short(shown.join(",").trim_end_matches(','))
}

fn short(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(MOST_TEXT)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::grid::sheets;

    fn read(text: &str) -> Result<Option<CodeList>, ShapeError> {
        CodeList::read("list.csv", &sheets(text.as_bytes()).unwrap())
    }

    fn said(text: &str) -> Vec<String> {
        let list = read(text).unwrap().unwrap();
        let said = list.codes.iter();
        said.map(|(code, listed)| {
            format!("{code} {} {}", listed.designation, listed.note)
                .trim()
                .to_owned()
        })
        .collect()
    }

    #[test]
    fn a_column_a_legend_and_headings_say_the_same() {
        let expected = ["20560 sometimes", "97110 always"];
        for text in [
            "2026 Therapy Code List\nHCPCS Code,Descriptor,Disposition\n97110,SERVICE,Always\n20560,SERVICE,Sometimes (1)\n",
            "CPT/HCPCS,Always/ Sometimes\n20560*,S\n97110,A\n",
            "1 = always therapy\n2 = sometimes therapy\nCode,Disposition\n97110,1\n20560,2\n",
            "Code,Descriptor\nAlways Therapy Codes,\n97110,SERVICE\nSometimes Therapy Codes,\n20560,SERVICE\n",
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn notes_are_kept_and_descriptions_are_not_quoted() {
        let list =
            read("Code,Description,Disposition,Notes\n97110,TEXT,Always,  New   this year\n");
        let list = list.unwrap().unwrap();
        let listed = list.codes.values().next().unwrap();
        assert_eq!(listed.note, "New this year");
        assert_eq!(listed.quote, "97110,,Always,New this year");
        assert_eq!(listed.locator, "list.csv row 2");
    }

    #[test]
    fn rows_that_are_not_understood_are_refused() {
        for text in [
            "Code,Disposition\n97110,Perhaps\n",
            "Code,Disposition\n97110,\n",
            "Code,Disposition\n97110,Always\n97110,Always\n",
            "Code,Disposition\n97110,Always\n97I10,Always\n",
            "Code,Descriptor\n97110,SERVICE\n",
            "Code,Disposition\n97110,Always",
            "Code,Disposition\n97161-97164,Always\n97110,Always\n",
            "1 = always therapy\n1 = sometimes therapy\nCode,Disposition\n97110,1\n",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        for other in [
            "a,b\n",
            "Code,Code,Disposition\n97110,97110,Always\n",
            "Name,Disposition\nx,Always\n",
        ] {
            assert_eq!(read(other).unwrap(), None, "{other}");
        }
    }
}
