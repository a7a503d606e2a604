//! Workbooks from outside: the rows of a sheet as text, read as a stream.
//!
//! A workbook is a ZIP archive of XML. Before the library sees it, every member is inflated once
//! within limits, so that a bomb never reaches it, and the one count that the library would
//! reserve memory for is compared with the bytes that are there. Cells are taken from the stream:
//! a single cell in the last corner of a sheet must not make a table of seventeen billion.

use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, Xlsx};

use super::parts::{self, Parts, declared_strings};
use super::zip::{self, Archive, ZipError};

/// How much of a member is looked at at a time.
const PIECE: usize = 64 << 10;

/// How large a workbook may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of the archive around it.
    pub zip: zip::Limits,
    /// Most rows of a sheet.
    pub max_rows: u32,
    /// Most columns of a sheet.
    pub max_columns: u32,
    /// Most bytes of the cells of a row.
    pub max_row_bytes: usize,
    /// What the parts may hold, for workbooks from anywhere; `None` bounds only their size.
    pub parts: Option<parts::Limits>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            zip: zip::Limits::default(),
            max_rows: 200_000,
            max_columns: 200,
            max_row_bytes: usize::MAX,
            parts: None,
        }
    }
}

/// Why a workbook cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XlsxError {
    /// The archive around it is damaged or a bomb.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// It is no workbook, or a malformed one.
    #[error("not a readable workbook ({0})")]
    Malformed(String),
    /// A part holds more than plausible.
    #[error("member '{name}' grows beyond {beyond}, more than is plausible")]
    Part {
        /// The part.
        name: String,
        /// Which limit.
        beyond: String,
    },
    /// A row is longer than plausible.
    #[error("row {row} of sheet '{sheet}' has more than {most} bytes, more than is plausible")]
    LongRow {
        /// The sheet.
        sheet: String,
        /// The row, from 1.
        row: u32,
        /// The limit.
        most: usize,
    },
    /// A sheet is larger than plausible.
    #[error("sheet '{sheet}' has a cell in row {row}, column {column}, beyond what is plausible")]
    TooLarge {
        /// The sheet.
        sheet: String,
        /// Row of the cell, from 1.
        row: u32,
        /// Column of the cell, from 1.
        column: u32,
    },
}

/// An open workbook.
pub struct Workbook<'a> {
    inner: Xlsx<Cursor<&'a [u8]>>,
    limits: Limits,
}

impl std::fmt::Debug for Workbook<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workbook")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl<'a> Workbook<'a> {
    /// Opens a workbook after its archive was found to be harmless.
    ///
    /// # Errors
    /// When it is a bomb, damaged, or no workbook.
    pub fn open(bytes: &'a [u8], limits: Limits) -> Result<Self, XlsxError> {
        match limits.parts {
            Some(parts) => inspect_parts(bytes, limits, parts)?,
            None => inspect(bytes, limits)?,
        }
        let inner = guarded(|| {
            Xlsx::new(Cursor::new(bytes)).map_err(|cause| XlsxError::Malformed(cause.to_string()))
        })?;
        Ok(Self { inner, limits })
    }

    /// The names of its sheets, in order.
    pub fn sheets(&self) -> Vec<String> {
        self.inner.sheet_names()
    }

    /// Hands each row that has cells to `visit`, with its number from 1, until it breaks off.
    /// Numbers are written as a person sees them (`20560`, `0.32`), empty cells are empty text.
    ///
    /// # Errors
    /// When the sheet does not exist, is malformed or larger than allowed.
    pub fn rows(
        &mut self,
        sheet: &str,
        mut visit: impl FnMut(u32, &[String]) -> ControlFlow<()>,
    ) -> Result<(), XlsxError> {
        let limits = self.limits;
        let inner = &mut self.inner;
        guarded(move || {
            let malformed = |cause: calamine::XlsxError| XlsxError::Malformed(cause.to_string());
            let mut cells = inner.worksheet_cells_reader(sheet).map_err(malformed)?;
            let mut row: Vec<String> = Vec::new();
            let mut number = 0_u32;
            let mut length = 0_usize;
            while let Some(cell) = cells.next_cell().map_err(malformed)? {
                let (at, column) = cell.get_position();
                if at >= limits.max_rows || column >= limits.max_columns {
                    return Err(XlsxError::TooLarge {
                        sheet: sheet.to_owned(),
                        row: at.saturating_add(1),
                        column: column.saturating_add(1),
                    });
                }
                let text = cell_text(cell.get_value());
                if text.is_empty() {
                    continue;
                }
                if at + 1 != number {
                    if !row.is_empty() && visit(number, &row).is_break() {
                        return Ok(());
                    }
                    // Rows come in order; one that goes back would be read twice.
                    if at + 1 < number {
                        return Err(XlsxError::Malformed(format!(
                            "row {} of sheet '{sheet}' comes after row {number}",
                            at + 1
                        )));
                    }
                    row.clear();
                    length = 0;
                    number = at + 1;
                }
                length = length.saturating_add(text.len());
                if length > limits.max_row_bytes {
                    return Err(XlsxError::LongRow {
                        sheet: sheet.to_owned(),
                        row: number,
                        most: limits.max_row_bytes,
                    });
                }
                let column = usize::try_from(column).unwrap_or(usize::MAX);
                while row.len() <= column {
                    row.push(String::new());
                }
                if let Some(place) = row.get_mut(column) {
                    *place = text;
                }
            }
            if !row.is_empty() {
                let _ = visit(number, &row);
            }
            Ok(())
        })
    }
}

/// All rows of the first sheet of a small workbook.
///
/// # Errors
/// When the workbook cannot be read or is larger than allowed.
pub fn rows(bytes: &[u8], limits: Limits) -> Result<Vec<(u64, Vec<String>)>, XlsxError> {
    let mut workbook = Workbook::open(bytes, limits)?;
    let mut rows = Vec::new();
    if let Some(sheet) = workbook.sheets().first() {
        workbook.rows(sheet, |number, cells| {
            rows.push((u64::from(number), cells.to_vec()));
            ControlFlow::Continue(())
        })?;
    }
    Ok(rows)
}

/// Inflates every member within the limits, and compares the declared number of shared strings
/// with what their part can hold: the library reserves memory for whatever it is told.
fn inspect(bytes: &[u8], limits: Limits) -> Result<(), XlsxError> {
    let mut archive = Archive::open(bytes, limits.zip)?;
    let members: Vec<(usize, bool)> = archive
        .entries()
        .iter()
        .map(|entry| (entry.index, entry.name.contains("worksheets/sheet")))
        .collect();
    for (index, sheet) in members {
        let member = archive.read(index)?;
        if is_utf16(&member) {
            return Err(XlsxError::Malformed("a part in UTF-16".to_owned()));
        }
        // The strings have a part of their own; of a large sheet only the beginning is looked at.
        let searched = if sheet {
            member.get(..4096).unwrap_or(&member)
        } else {
            &member
        };
        if declared_strings(searched) > member.len() {
            return Err(more_strings());
        }
    }
    Ok(())
}

/// The same without holding a member, and with the limits of what its parts may hold.
fn inspect_parts(bytes: &[u8], limits: Limits, parts: parts::Limits) -> Result<(), XlsxError> {
    let mut archive = Archive::open(bytes, limits.zip)?;
    let members: Vec<(usize, String)> = archive
        .entries()
        .iter()
        .map(|entry| (entry.index, entry.name.clone()))
        .collect();
    let mut all = Parts::new(parts);
    let mut buffer = vec![0; PIECE];
    for (index, name) in members {
        let mut member = archive.member(index)?;
        let mut part = all.part();
        let mut length = 0_usize;
        loop {
            let read = fill(&mut member, &mut buffer).map_err(|cause| member.failed(&cause))?;
            let piece = buffer.get(..read).unwrap_or_default();
            if length == 0 && is_utf16(piece) {
                return Err(XlsxError::Malformed("a part in UTF-16".to_owned()));
            }
            if piece.is_empty() {
                break;
            }
            length += read;
            part.take(piece).map_err(|beyond| XlsxError::Part {
                name: name.clone(),
                beyond,
            })?;
        }
        if part.declared() > length {
            return Err(more_strings());
        }
    }
    Ok(())
}

/// Reads as much as there is room for, or as there is.
fn fill(member: &mut zip::Member<'_, '_>, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match member.read(room)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

fn is_utf16(part: &[u8]) -> bool {
    part.iter().take(4).any(|&byte| byte == 0) && part.starts_with(&[0xFF, 0xFE])
        || part.starts_with(&[0xFE, 0xFF])
}

fn more_strings() -> XlsxError {
    XlsxError::Malformed("it declares more shared strings than it has bytes".to_owned())
}

/// A cell as a person sees it.
fn cell_text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty | DataRef::Error(_) => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.trim().to_owned()
        }
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(true) => "TRUE".to_owned(),
        DataRef::Bool(false) => "FALSE".to_owned(),
        DataRef::DateTime(date) => number_text(date.as_f64()),
    }
}

/// The shortest decimal that reads back as the same float, or, where arithmetic left dust behind
/// it (`0.7400000000000001`), the fifteen digits that a workbook shows.
fn number_text(number: f64) -> String {
    let shortest = format!("{number}");
    if shortest.bytes().filter(u8::is_ascii_digit).count() <= 15 {
        return shortest;
    }
    format!("{number:.14e}")
        .parse::<f64>()
        .map_or(shortest, |rounded| format!("{rounded}"))
}

/// The library is known to panic on some malformed workbooks; that must cost the workbook only.
fn guarded<T>(read: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, XlsxError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(XlsxError::Malformed(
            "the workbook library gave up".to_owned(),
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::zip::write::{SimpleFileOptions, ZipWriter};
    use std::io::Write;

    fn workbook(sheet_data: &str, strings: &str) -> Vec<u8> {
        let parts = [
            ("[Content_Types].xml", r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#.to_owned()),
            ("_rels/.rels", r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#.to_owned()),
            ("xl/workbook.xml", r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>"#.to_owned()),
            ("xl/_rels/workbook.xml.rels", r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#.to_owned()),
            ("xl/sharedStrings.xml", strings.to_owned()),
            ("xl/worksheets/sheet1.xml", format!(r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet_data}</sheetData></worksheet>"#)),
        ];
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, part) in parts {
            writer
                .start_file(name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(part.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    const STRINGS: &str = r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="1"><si><t>shared</t></si></sst>"#;

    #[test]
    fn cells_are_text_as_a_person_sees_them() {
        let bytes = workbook(
            r#"<row r="2"><c r="A2" t="n"><v>20560</v></c><c r="C2" t="inlineStr"><is><t xml:space="preserve"> A </t></is></c><c r="D2"><v>0.7400000000000001</v></c><c r="E2"><v>0.86899999999999999</v></c></row><row r="4"><c r="B4" t="s"><v>0</v></c></row>"#,
            STRINGS,
        );
        let read = rows(&bytes, Limits::default()).unwrap();
        let expected = vec![
            (
                2,
                ["20560", "", "A", "0.74", "0.869"]
                    .map(str::to_owned)
                    .to_vec(),
            ),
            (4, ["", "shared"].map(str::to_owned).to_vec()),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_cell_in_the_last_corner_makes_no_giant_table() {
        let bytes = workbook(
            r#"<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#,
            STRINGS,
        );
        assert!(matches!(
            rows(&bytes, Limits::default()),
            Err(XlsxError::TooLarge { .. })
        ));
    }

    #[test]
    fn a_lie_about_the_number_of_strings_reserves_nothing() {
        let strings = STRINGS.replace("\"1\"", "\"99999999999\"");
        let bytes = workbook("", &strings);
        assert!(matches!(
            rows(&bytes, Limits::default()),
            Err(XlsxError::Malformed(_))
        ));
    }

    #[test]
    fn a_bomb_is_stopped_before_the_library_sees_it() {
        let bytes = workbook(&" ".repeat(8 << 20), STRINGS);
        assert!(matches!(
            rows(&bytes, Limits::default()),
            Err(XlsxError::Zip(ZipError::TooLarge { .. }))
        ));
    }

    fn bounded() -> Limits {
        Limits {
            max_row_bytes: 2 << 20,
            parts: Some(parts::Limits::default()),
            ..Limits::default()
        }
    }

    #[test]
    fn what_the_library_would_have_to_hold_is_bounded() {
        let text = |length: usize| "a".repeat(length);
        let cell = |text: &str| {
            format!(r#"<row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row>"#)
        };
        let small = workbook(&cell("a"), STRINGS);
        assert_eq!(rows(&small, bounded()), rows(&small, Limits::default()));
        let large = workbook(&cell(&text(1_100_000)), STRINGS);
        assert!(rows(&large, Limits::default()).is_ok());
        let error = rows(&large, bounded()).unwrap_err();
        assert!(matches!(error, XlsxError::Part { .. }), "{error}");
        // One long string may be in every cell.
        let strings = STRINGS.replace("shared", &text(1_000_000));
        let cells = |count: usize| {
            let cell = r#"<c t="s"><v>0</v></c>"#.repeat(count);
            workbook(&format!("<row r=\"1\">{cell}</row>"), &strings)
        };
        assert!(rows(&cells(2), bounded()).is_ok());
        let error = rows(&cells(3), bounded()).unwrap_err();
        assert!(
            matches!(error, XlsxError::LongRow { row: 1, .. }),
            "{error}"
        );
        let lie = workbook("", &STRINGS.replace("\"1\"", "\"99999999999\""));
        assert!(matches!(
            rows(&lie, bounded()),
            Err(XlsxError::Malformed(_))
        ));
        let bomb = workbook(&" ".repeat(8 << 20), STRINGS);
        assert!(rows(&bomb, bounded()).is_err());
    }

    #[test]
    fn what_is_no_workbook_is_refused() {
        for bytes in [&b""[..], b"PK\x05\x06", b"<html>"] {
            assert!(rows(bytes, Limits::default()).is_err());
        }
    }

    proptest::proptest! {
        #[test]
        fn no_sheet_makes_it_panic(data in "[<>/a-z0-9 =\"]{0,200}") {
            let _ = rows(&workbook(&data, STRINGS), Limits::default());
            let _ = rows(&workbook("", &data), Limits::default());
        }
    }
}
