//! The payment locality of a ZIP code: CMS's "Zip Code to Carrier Locality File", of every quarter, which the page of
//! the fee schedules links. Positions are those of its record layout, `ZIP5lyout.txt`.

use std::fmt;
use std::str::FromStr;

use crate::model::request::ShapeError;
use crate::model::topic::LocalityId;
use crate::parse::fixed::{cut, lines};
use crate::parse::html::Page;
use crate::parse::zip::{Archive, Entry, Limits};
use crate::sources::cms::links;

/// The page that links the file.
pub const FEE_SCHEDULES_URL: &str = "https://www.cms.gov/medicare/payment/fee-schedules";

/// Five digits of a ZIP code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZipCode(String);

impl FromStr for ZipCode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a ZIP code is five digits, such as 94110")
        }
    }
}

impl fmt::Display for ZipCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the file says of a ZIP code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ZipPlace {
    /// All of it is in this locality.
    In(LocalityId),
    /// It is in several; only nine digits decide.
    Divided,
    /// The file has no such ZIP code.
    Unknown,
}

/// The address of the newest file.
///
/// # Errors
/// When the page links none.
pub fn zip_codes_archive(page: &[u8], address: &str) -> Result<String, ShapeError> {
    let what = "the page of the fee schedules";
    let page = Page::parse(page).map_err(|error| ShapeError::new(what, error.to_string()))?;
    let is_it = |text: &str| {
        let words: Vec<String> = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("to"))
            .map(str::to_ascii_lowercase)
            .collect();
        let wanted = ["zip", "code", "carrier", "locality", "file"];
        words.windows(wanted.len()).any(|some| some == wanted)
    };
    links::archives(&page, "body", address)
        .into_iter()
        .find(|link| is_it(&link.href) || is_it(&link.text))
        .map(|link| link.href)
        .ok_or_else(|| ShapeError::new(what, "it links no Zip Code to Carrier Locality File"))
}

/// The locality of a ZIP code, out of the file.
///
/// # Errors
/// When it is no such archive, or its table has another form.
pub fn locality_of(archive: &[u8], zip: &ZipCode) -> Result<ZipPlace, ShapeError> {
    let what = "the file of ZIP codes";
    let shape = |why: String| ShapeError::new(what, why);
    let mut archive =
        Archive::open(archive, Limits::default()).map_err(|e| shape(e.to_string()))?;
    let is_table = |entry: &&Entry| {
        let name = entry.file_name().to_ascii_uppercase();
        let stem = name.strip_suffix(".TXT").unwrap_or_default();
        stem.starts_with("ZIP5") && !stem.contains("YOUT")
    };
    let tables: Vec<Entry> = archive.entries().iter().filter(is_table).cloned().collect();
    let [table] = &tables[..] else {
        let count = tables.len();
        return Err(shape(format!(
            "one table ZIP5….txt is expected in it, {count} are found"
        )));
    };
    let bytes = archive
        .read(table.index)
        .map_err(|e| shape(e.to_string()))?;
    let mut found = ZipPlace::Unknown;
    for line in lines(&bytes) {
        let at = |why: &str| shape(format!("{} line {}: {why}", table.file_name(), line.number));
        let (state, code) = (cut(line.bytes, 1, 2), cut(line.bytes, 3, 7));
        let letters = state.len() == 2 && state.iter().all(u8::is_ascii_uppercase);
        if !letters || code.len() != 5 || !code.iter().all(u8::is_ascii_digit) {
            return Err(at("a state and a ZIP code are expected at its beginning"));
        }
        if code != zip.0.as_bytes() {
            continue;
        }
        let cell = |first, last| String::from_utf8_lossy(cut(line.bytes, first, last));
        let locality =
            LocalityId::new(&cell(8, 12), &cell(13, 14)).map_err(|why| at(&why.to_string()))?;
        let place = match cut(line.bytes, 21, 21) {
            b"0" => ZipPlace::In(locality),
            b"1" => ZipPlace::Divided,
            _ => return Err(at("its plus four flag (position 21) is neither 0 nor 1")),
        };
        found = match found {
            ZipPlace::Unknown => place,
            same if same == place => same,
            // Two rows, two places.
            _ => ZipPlace::Divided,
        };
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use ::zip::ZipWriter;
    use ::zip::write::SimpleFileOptions;

    use super::*;

    fn line(state: &str, zip: &str, mac: &str, locality: &str, flag: char) -> String {
        let start = format!("{state}{zip}{mac}{locality}R  B");
        format!("{start:<20}{flag} A{:<52}20254\r\n", "")
    }

    fn archive(members: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in members {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_zip_code_finds_its_locality_or_says_why_not() {
        let table = [
            line("CA", "94110", "01112", "05", '0'),
            line("CA", "94501", "01112", "05", '1'),
            line("NJ", "07001", "12402", "01", '0'),
            line("NJ", "07002", "12402", "01", '0'),
            line("NJ", "07002", "12402", "99", '0'),
            line("AL", "35004", "10112", "00", '?'),
        ]
        .concat();
        let bytes = archive(&[
            ("ZIP5lyout.txt", "Zip5 Record Layout"),
            ("ZIP9_OCT2025.txt", "of nine digits"),
            ("ZIP5_OCT2025.txt", &table),
        ]);
        let of = |zip: &str| locality_of(&bytes, &zip.parse().unwrap());
        let place = |id: &str| Ok(ZipPlace::In(id.parse().unwrap()));
        assert_eq!(of("94110"), place("01112-05"));
        assert_eq!(of("07001"), place("12402-01"));
        assert_eq!(of("94501"), Ok(ZipPlace::Divided));
        assert_eq!(of("07002"), Ok(ZipPlace::Divided));
        assert_eq!(of("99999"), Ok(ZipPlace::Unknown));
        let error = of("35004").unwrap_err().to_string();
        assert!(error.contains("line 6"), "{error}");

        let zip = "94110".parse().unwrap();
        for other in [
            archive(&[("ZIP5_OCT2025.txt", "STATE,ZIP CODE,CARRIER\r\n")]),
            archive(&[("ZIP5lyout.txt", "Zip5 Record Layout")]),
            archive(&[("ZIP5_A.txt", &table), ("ZIP5_B.txt", &table)]),
            b"<html>".to_vec(),
        ] {
            locality_of(&other, &zip).unwrap_err();
        }
    }

    #[test]
    fn the_page_of_the_fee_schedules_leads_to_the_file() {
        let base = FEE_SCHEDULES_URL;
        let of = |html: &str| zip_codes_archive(html.as_bytes(), base);
        let page = "<p><a href='/files/zip/other.zip'>Zip Codes requiring 4 extension</a>\
             <a href='/files/zip/zip-code-carrier-locality-file-revised-08/14/2025.zip'>Zip Code to Carrier Locality File (ZIP)</a>";
        let file =
            "https://www.cms.gov/files/zip/zip-code-carrier-locality-file-revised-08/14/2025.zip";
        assert_eq!(of(page).as_deref(), Ok(file));
        let renamed = "<a href='/files/zip/z.zip'>Zip Code to Carrier Locality File - Updated 11/2026 (ZIP)</a>";
        assert_eq!(
            of(renamed).as_deref(),
            Ok("https://www.cms.gov/files/zip/z.zip")
        );
        of("<a href='https://example.org/zip-code-carrier-locality-file.zip'>x</a>").unwrap_err();
    }

    proptest::proptest! {
        #[test]
        fn no_table_makes_it_panic(table in "([A-Z]{2}[0-9]{12} {6}[0-9 ]{3}\n|[ -~]{0,30}\n){0,8}") {
            let _ = locality_of(&archive(&[("ZIP5.txt", &table)]), &ZipCode("94110".to_owned()));
        }
    }
}
