//! Releases made here, in the layouts that CMS uses: no text of CMS or of the AMA is in them.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use chrono::{NaiveDate, TimeZone, Utc};
use coverd::model::document::{Document, DocumentHash};
use coverd::model::fact::Values;
use coverd::model::request::{Expect, Reading, Request, ShapeError, Unit, UnitDocuments};
use coverd::model::topic::{LocalityId, Topic};
use coverd::model::watch::{Codes, Watch};
use coverd::sources::pfs::{Checks, Pfs};
use coverd::sources::{Brief, Source};
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

pub(crate) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// The names of the 31 columns, each with the rows of the header above it; the 2026 layout has
/// PRIC IND before the endoscopic base.
const HEADER: [[&str; 5]; 31] = [
    ["", "", "", "", "HCPCS"],
    ["", "", "", "", "MOD"],
    [" ", "", "", "", "DESCRIPTION"],
    [" ", "", "", "STATUS", "CODE"],
    ["", "NOT USED", "FOR", "MEDICARE ", "PAYMENT"],
    ["", "", "", "WORK", "RVU"],
    ["", "", "", "NON-FAC", "PE RVU"],
    ["", "", "NON-FAC", "NA", "INDICATOR"],
    ["", "", "", "FACILITY", "PE RVU"],
    ["", "", "FACILITY ", "NA", "INDICATOR"],
    ["", "", "", "MP", "RVU"],
    ["", "", "", "NON-FACILITY", "TOTAL"],
    ["", "", "", "FACILITY", "TOTAL"],
    ["", "", "", "PCTC", "IND"],
    ["", "", "", "GLOB", "DAYS"],
    ["", "", "", "PRE", "OP"],
    ["", "", "", "INTRA", "OP"],
    ["", "", "", "POST", "OP"],
    ["", "", "", "MULT", "PROC"],
    ["", "", "", "BILAT", "SURG"],
    ["", "", "", "ASST", "SURG"],
    ["", "", "", "CO-", "SURG"],
    ["", "", "", "TEAM", "SURG"],
    ["", "", "", "ENDO", "BASE"],
    ["", "", "", "CONV", "FACTOR"],
    [
        "",
        "PHYSICIAN",
        "SUPERVISION OF",
        "DIAGNOSTIC",
        "PROCEDURES",
    ],
    ["", "", "", "CALCULATION", "FLAG"],
    ["", "DIAGNOSTIC", "IMAGING", "FAMILY", "INDICATOR"],
    ["NON-FACILITY", "PE USED", "FOR OPPS", "PAYMENT", "AMOUNT"],
    ["FACILITY", "PE USED", "FOR OPPS", "PAYMENT", "AMOUNT"],
    ["", "MP USED", "FOR OPPS", "PAYMENT", "AMOUNT"],
];
/// Positions of the columns in the fixed-width form (from 1), and whether they lean to the right.
const POSITIONS: [(usize, usize, bool); 31] = [
    (1, 5, false),
    (6, 7, false),
    (8, 57, false),
    (58, 58, false),
    (59, 59, false),
    (60, 65, true),
    (67, 72, true),
    (73, 74, false),
    (76, 81, true),
    (82, 83, false),
    (85, 89, true),
    (91, 96, true),
    (97, 102, true),
    (103, 103, false),
    (104, 106, false),
    (107, 109, true),
    (110, 112, true),
    (113, 115, true),
    (116, 116, false),
    (117, 117, false),
    (118, 118, false),
    (119, 119, false),
    (120, 120, false),
    (128, 132, false),
    (133, 140, true),
    (142, 143, false),
    (144, 144, false),
    (146, 147, false),
    (152, 157, true),
    (159, 164, true),
    (167, 171, true),
];
/// Columns that workbooks hold as numbers.
const NUMERIC: [usize; 19] = [
    5, 6, 8, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 24, 28, 29, 30,
];

/// A table to be written in any form: title rows, header rows, data rows.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) stamp: String,
    pub(crate) header: Vec<[String; 5]>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// What the rows of the made tables say of these codes; every other row is filled in by number.
pub(crate) const WATCHED: [&str; 7] = [
    "20560", "20561", "20552", "20553", "97110", "99213", "G0283",
];

impl Table {
    /// About `rows` rows, a few of each family of codes, digits first.
    pub(crate) fn of(year: i32, month: &str, rows: usize) -> Self {
        let mut codes: BTreeSet<(String, &str)> = BTreeSet::new();
        let families = "0123456789AGJQV";
        for number in 0..rows {
            let family = families.as_bytes()[number % families.len()] as char;
            let code = format!("{family}{:04}", 7 * number + 11);
            if number % 9 == 4 {
                codes.insert((code.clone(), "26"));
                codes.insert((code.clone(), "TC"));
            }
            codes.insert((code, ""));
        }
        codes.extend(WATCHED.map(|code| (code.to_owned(), "")));
        let rows = codes
            .iter()
            .enumerate()
            .map(|(number, (code, modifier))| row(number, code, modifier))
            .collect();
        Self {
            title: format!(
                "{year} National Physician Fee Schedule Relative Value File {month} Release"
            ),
            stamp: "RELEASED 03/05/2020".to_owned(),
            header: HEADER.map(|column| column.map(str::to_owned)).to_vec(),
            rows,
        }
    }

    /// The April release of 2020, with about `rows` rows.
    pub(crate) fn april(rows: usize) -> Self {
        Self::of(2020, "April", rows)
    }

    /// The 2026 layout: 32 columns, with this price indicator and conversion factor.
    pub(crate) fn with_price_indicator(mut self, indicator: &str, factor: &str) -> Self {
        let name = ["", "", "", "PRIC", "IND"].map(str::to_owned);
        self.header.insert(23, name);
        for row in &mut self.rows {
            row.insert(23, indicator.to_owned());
            factor.clone_into(&mut row[25]);
        }
        self
    }

    /// Changes one cell of a code's row without modifier.
    pub(crate) fn set(&mut self, code: &str, column: usize, value: &str) {
        let row = self
            .rows
            .iter_mut()
            .find(|row| row[0] == code && row[1].is_empty())
            .unwrap();
        value.clone_into(&mut row[column]);
    }

    pub(crate) fn remove(&mut self, code: &str) {
        self.rows.retain(|row| row[0] != code);
    }

    /// Title and header rows, as the files have them.
    pub(crate) fn head(&self) -> Vec<Vec<String>> {
        let width = self.header.len();
        let titled = |text: &str| {
            let mut row = vec![String::new(); width];
            text.clone_into(&mut row[2]);
            row
        };
        let mut rows = vec![
            titled(&self.title),
            titled("A notice.  All Rights Reserved. "),
            titled("Another notice."),
            titled(" "),
            titled(&self.stamp),
        ];
        for level in 0..5 {
            rows.push(self.header.iter().map(|name| name[level].clone()).collect());
        }
        rows
    }

    pub(crate) fn csv(&self) -> Vec<u8> {
        csv(&[self.head(), self.rows.clone()].concat())
    }

    pub(crate) fn xlsx(&self) -> Vec<u8> {
        let rows: Vec<Vec<String>> = [self.head(), self.rows.clone()].concat();
        xlsx(&rows, &|row, column, text| {
            let old = if self.header.len() == 32 && column > 23 {
                column - 1
            } else {
                column
            };
            let code = column == 0 && !text.starts_with('0') && text.parse::<u32>().is_ok();
            let number = NUMERIC.contains(&old) && text.parse::<f64>().is_ok();
            row >= 10 && (code || number)
        })
    }

    /// The 31-column layout in fixed columns.
    pub(crate) fn txt(&self) -> Vec<u8> {
        let mut text = "HDR A NOTICE                                      \r\n".repeat(7);
        for row in &self.rows {
            let mut line = vec![b' '; 171];
            for (cell, (first, last, right)) in row.iter().zip(POSITIONS) {
                let width = last + 1 - first;
                let cell = if width == 3 && cell.starts_with("0.") {
                    &cell[1..]
                } else {
                    cell
                };
                let start = if right { last - cell.len() } else { first - 1 };
                line[start..start + cell.len()].copy_from_slice(cell.as_bytes());
            }
            writeln!(text, "{}\r", String::from_utf8(line).unwrap()).unwrap();
        }
        text.into_bytes()
    }
}

/// A row whose numbers add up and differ from row to row.
fn row(number: usize, code: &str, modifier: &str) -> Vec<String> {
    let hundredths = |number: usize| format!("{}.{:02}", number / 100, number % 100);
    let (work, mp) = (300 + number % 83, 2 + number % 7);
    let (non_facility, facility) = (40 + number % 31, 12 + number % 11);
    let status = if WATCHED.contains(&code) {
        "A"
    } else {
        ["A", "A", "N", "I", "X"][number % 5]
    };
    let mut cells = vec![code.to_owned(), modifier.to_owned()];
    cells.push(format!("SERVICE {code}, MADE"));
    cells.extend(
        [
            status,
            if number.is_multiple_of(11) { "+" } else { "" },
            &hundredths(work),
            &hundredths(non_facility),
            if number.is_multiple_of(3) { "NA" } else { "" },
            &hundredths(facility),
            if number.is_multiple_of(4) { "NA" } else { "" },
            &hundredths(mp),
            &hundredths(work + non_facility + mp),
            &hundredths(work + facility + mp),
            &(number % 10).to_string(),
            ["XXX", "000", "090", "ZZZ"][number % 4],
            ["0.00", "0.10"][number % 2],
            ["0.00", "0.69"][number % 2],
            ["0.00", "0.21"][number % 2],
            &(number % 8).to_string(),
            &(number % 4).to_string(),
            &(number % 3).to_string(),
            "0",
            "9",
            if number % 17 == 5 { "29870" } else { "" },
            "36.0896",
            ["09", "01", "6A"][number % 3],
            "0",
            ["99", "88"][number % 2],
            &hundredths(number % 400),
            &hundredths(number % 300),
            &hundredths(number % 9),
        ]
        .map(str::to_owned),
    );
    cells
}

pub(crate) fn csv(rows: &[Vec<String>]) -> Vec<u8> {
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| {
                if cell.contains(',') {
                    format!("\"{cell}\"")
                } else {
                    cell.clone()
                }
            })
            .collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

/// A workbook of one sheet whose name says nothing; `numeric` decides by row, column and text which
/// cells are numbers.
pub(crate) fn xlsx(rows: &[Vec<String>], numeric: &dyn Fn(usize, usize, &str) -> bool) -> Vec<u8> {
    workbook(&[("V1215", sheet(rows, numeric))])
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// The part of a workbook that holds one sheet.
pub(crate) fn sheet(rows: &[Vec<String>], numeric: &dyn Fn(usize, usize, &str) -> bool) -> Vec<u8> {
    let mut sheet = format!(r#"<worksheet xmlns="{MAIN}"><sheetData>"#);
    for (number, row) in rows.iter().enumerate() {
        write!(sheet, r#"<row r="{}">"#, number + 1).unwrap();
        for (column, text) in row.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            let letters: String = [(column / 26), (column % 26)]
                .into_iter()
                .enumerate()
                .filter(|(place, digit)| *place == 1 || *digit > 0)
                .map(|(place, digit)| {
                    char::from(b'A' + u8::try_from(digit).unwrap() - u8::from(place == 0))
                })
                .collect();
            let place = format!("{letters}{}", number + 1);
            if numeric(number, column, text) {
                let shortest: f64 = text.parse().unwrap();
                write!(sheet, r#"<c r="{place}" t="n"><v>{shortest}</v></c>"#).unwrap();
            } else {
                write!(sheet, r#"<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>"#).unwrap();
            }
        }
        sheet.push_str("</row>");
    }
    sheet.push_str("</sheetData></worksheet>");
    sheet.into_bytes()
}

/// A workbook of these sheets, each with its name.
pub(crate) fn workbook(sheets: &[(&str, Vec<u8>)]) -> Vec<u8> {
    const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    let (mut list, mut links) = (String::new(), String::new());
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for (number, (name, sheet)) in (1..).zip(sheets) {
        let _ = write!(
            list,
            r#"<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>"#
        );
        let _ = write!(
            links,
            r#"<Relationship Id="rId{number}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{number}.xml"/>"#
        );
        parts.push((format!("xl/worksheets/sheet{number}.xml"), sheet.clone()));
    }
    let fixed = [
        (
            "[Content_Types].xml",
            format!(r#"<Types xmlns="{PACKAGE}/content-types"/>"#),
        ),
        (
            "_rels/.rels",
            format!(
                r#"<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{list}</sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(r#"<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>"#),
        ),
    ];
    let mut members: Vec<(&str, &[u8])> = Vec::new();
    members.extend(fixed.iter().map(|(name, part)| (*name, part.as_bytes())));
    members.extend(parts.iter().map(|(name, part)| (name.as_str(), &part[..])));
    archive(&members)
}

/// GPCI rows: title, blank, header, one row a locality, notes.
pub(crate) fn gpci(year: i32) -> Vec<Vec<String>> {
    let line = |cells: &[&str]| {
        let mut row: Vec<String> = cells.iter().map(|&cell| cell.to_owned()).collect();
        row.resize(7, String::new());
        row
    };
    let names = [
        "MAC",
        "State",
        "Locality Number",
        "Locality Name",
        "PW GPCI (with 1.0 Floor)***",
        "PE GPCI",
        "MP GPCI",
    ];
    let mut header = line(&names);
    "Medicare Administrative Contractor (MAC)".clone_into(&mut header[0]);
    for name in &mut header[4..] {
        *name = format!("{year} {name}");
    }
    let mut rows = vec![
        line(&["ADDENDUM E. GPCIs BY STATE AND MEDICARE LOCALITY"]),
        line(&[]),
        header,
        line(&["10112", "AL", "00", "ALABAMA", "1.000", "0.875", "0.566"]),
        line(&["02102", "AK", "01", "ALASKA*", "1.500", "1.065", "0.551"]),
        line(&[
            "01112",
            "CA",
            "05",
            "SAN FRANCISCO, BAY",
            "1.095",
            "1.410",
            "0.425",
        ]),
    ];
    for number in 10..90_u32 {
        let (locality, name) = (number.to_string(), format!("PLACE {number}"));
        rows.push(line(&[
            "04412",
            "TX",
            &locality,
            &name,
            "1.000",
            &format!("0.{number}1"),
            "0.7",
        ]));
    }
    rows.push(line(&[
        "03602",
        "WY",
        "21",
        "WYOMING**",
        "1.000",
        "1.000",
        "0.739",
    ]));
    rows.push(line(&["MAC Assignments as of a day"]));
    rows.push(line(&["*Work GPCI reflects a floor."]));
    rows
}

/// Locality/county rows: two titles, header, blank rows between, states on their first row only.
pub(crate) fn counties() -> Vec<Vec<String>> {
    let line = |cells: &[&str]| {
        let mut row: Vec<String> = cells.iter().map(|&cell| cell.to_owned()).collect();
        row.resize(5, String::new());
        row
    };
    let mut rows = vec![
        line(&["COUNTIES INCLUDED IN LOCALITIES."]),
        line(&[]),
        line(&[
            "Medicare Adminstrative Contractor",
            "Locality Number",
            "State ",
            "Fee Schedule Area ",
            "Counties",
        ]),
        line(&[]),
        line(&["10112", "00", "ALABAMA ", "STATEWIDE ", "ALL COUNTIES "]),
        line(&[]),
        line(&["02102", "01", "ALASKA ", "STATEWIDE ", "ALL COUNTIES "]),
        line(&[
            "01112",
            "05",
            "CALIFORNIA",
            "SAN FRANCISCO, BAY",
            "SAN FRANCISCO/ALAMEDA",
        ]),
    ];
    for number in 10..90_u32 {
        let state = if number == 10 { "TEXAS " } else { "" };
        rows.push(line(&[
            "04412",
            &number.to_string(),
            state,
            &format!("PLACE {number}"),
            &format!("COUNTY {number}"),
        ]));
    }
    rows.push(line(&[
        "03602",
        "21",
        "WYOMING ",
        "STATEWIDE* ",
        "ALL COUNTIES ",
    ]));
    rows.push(line(&[]));
    rows.push(line(&["*  Payment locality is serviced by two carriers."]));
    rows
}

/// Text in fixed columns: rows of cells at the positions (from 1) where each begins.
pub(crate) fn fixed(rows: &[Vec<String>], starts: &[usize]) -> Vec<u8> {
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, start) in row.iter().zip(starts) {
            while line.len() < start - 1 {
                line.push(' ');
            }
            line.push_str(cell);
        }
        text.push_str(line.trim_end());
        text.push_str("\r\n");
    }
    text.into_bytes()
}

pub(crate) fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    archive_with(members, CompressionMethod::Deflated)
}

/// A ZIP archive; stored members are cheaper where many archives are made.
pub(crate) fn archive_with(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in members {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(crate) fn document(url: &str, bytes: &[u8]) -> Document {
    Document {
        url: url.to_owned(),
        final_url: url.to_owned(),
        captured: Utc.with_ymd_and_hms(2027, 1, 2, 3, 4, 5).unwrap(),
        hash: DocumentHash::new([7; 32]),
        bytes: bytes.into(),
        text: None,
    }
}

pub(crate) fn unit(name: &str, url: &str) -> Unit {
    Unit::new(name, Request::new(url, Expect::Zip))
}

pub(crate) fn watching(codes: &[&str]) -> Watch {
    Watch {
        codes: Codes::Named(codes.iter().map(|code| code.parse().unwrap()).collect()),
        look_alikes: BTreeSet::new(),
        words: BTreeSet::new(),
        billed_with: [].into(),
        localities: BTreeSet::new(),
        ncds: BTreeMap::new(),
    }
}

pub(crate) fn watching_all() -> Watch {
    Watch {
        codes: Codes::All,
        ..watching(&[])
    }
}

pub(crate) fn at(localities: &[&str], watch: Watch) -> Watch {
    Watch {
        localities: localities
            .iter()
            .map(|locality| locality.parse::<LocalityId>().unwrap())
            .collect(),
        ..watch
    }
}

pub(crate) fn brief(watch: &Watch, today: NaiveDate) -> Brief<'_> {
    Brief {
        today,
        watch,
        since_year: 2020,
    }
}

/// Reads an archive as a release, under an address without a date.
pub(crate) fn read(
    name: &str,
    archive: &[u8],
    watch: &Watch,
    checks: Checks,
) -> Result<Reading, ShapeError> {
    let url = format!("https://www.cms.gov/files/zip/{}.zip", name.to_lowercase());
    read_unit(&unit(name, &url), archive, watch, checks)
}

pub(crate) fn read_unit(
    unit: &Unit,
    archive: &[u8],
    watch: &Watch,
    checks: Checks,
) -> Result<Reading, ShapeError> {
    let documents = UnitDocuments {
        primary: document(&unit.request.url, archive),
        companions: Vec::new(),
    };
    Pfs::with_checks(checks).extract(unit, &documents, watch)
}

/// What a reading says, without where it stands.
pub(crate) fn said(reading: &Reading) -> Vec<(Topic, NaiveDate, Values)> {
    let mut said: Vec<_> = reading
        .statements
        .iter()
        .map(|s| (s.topic.clone(), s.from, s.values.clone()))
        .collect();
    said.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.2.cmp(&b.2)));
    said
}
