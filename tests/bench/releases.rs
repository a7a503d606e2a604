//! What is read: the files of CMS where they are at hand, else files of the same size made here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};
use coverd::io::blobs::hash_of;
use coverd::model::document::Document;
use coverd::model::request::{Expect, Request, Unit, UnitDocuments};

use crate::world::{self, Capture, Release};

/// The files of one release, by name.
#[derive(Debug, Clone)]
pub(crate) struct Files(pub(crate) Vec<(String, Vec<u8>)>);

impl Files {
    pub(crate) fn zip(&self) -> Vec<u8> {
        let members: Vec<(&str, &[u8])> = self
            .0
            .iter()
            .map(|(name, bytes)| (&name[..], &bytes[..]))
            .collect();
        world::zip(&members)
    }

    /// Those with this ending.
    pub(crate) fn only(&self, ending: &str) -> Self {
        let mut files = self.0.clone();
        files.retain(|(name, _)| name.starts_with("PPRRVU") && name.ends_with(ending));
        Self(files)
    }
}

/// Whence the files come.
#[derive(Debug)]
pub(crate) struct Material {
    folder: Option<PathBuf>,
}

impl Material {
    pub(crate) fn find() -> Self {
        let named = std::env::var_os("COVERD_REAL_DATA").map(PathBuf::from);
        let folder = named
            .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
        Self {
            folder: Some(folder).filter(|folder| folder.join("pfs").is_dir()),
        }
    }

    pub(crate) fn words(&self) -> &'static str {
        match self.folder {
            Some(_) => "files of CMS (COVERD_REAL_DATA)",
            None => "made files (COVERD_REAL_DATA names none of CMS); a csv form only",
        }
    }

    fn read(folder: &Path, files: &[&str]) -> Files {
        let read = |file: &&str| {
            let path = folder.join("pfs").join(file);
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(&path).unwrap())
        };
        Files(files.iter().map(read).collect())
    }

    /// RVU25D as it was posted: every table in three forms.
    pub(crate) fn posted(&self) -> Files {
        let Some(folder) = &self.folder else {
            let made = world::made_file(2025, "October", "A", "32.3465");
            return Files(vec![("PPRRVU2025_Oct.csv".to_owned(), made)]);
        };
        let mut files = Vec::new();
        for form in ["csv", "txt", "xlsx"] {
            files.push(format!("rvu25d/PPRRVU2025_Oct.{form}"));
            for other in ["GPCI2025", "25LOCCO", "ANES2025"] {
                files.push(format!("rvu25d/aux/{other}.{form}"));
            }
        }
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        Self::read(folder, &files)
    }

    /// Twenty releases, 2019 to 2023: the four of 2020 under other names and titles.
    pub(crate) fn twenty_releases(&self) -> Vec<Release> {
        let quarters = [
            ("January", "rvu20a/PPRRVU20_JAN.csv"),
            ("April", "rvu20b/PPRRVU20_APR.csv"),
            ("July", "rvu20c/PPRRVU20_V0618.csv"),
            ("October", "rvu20d/PPRRVU20_OCT.csv"),
        ];
        let mut releases = Vec::new();
        for year in 2019..2024 {
            for (number, (month, file)) in quarters.into_iter().enumerate() {
                let bytes = match &self.folder {
                    Some(folder) => {
                        let files = Self::read(folder, &[file]);
                        retitled(&files.0[0].1, 2020, year, (month, month))
                    }
                    None if number == 0 => world::made_file(year, month, "N", "36.0896"),
                    None => world::made_file(year, month, "A", "36.0896"),
                };
                let name = format!("RVU{}{}", year % 100, ["A", "B", "C", "D"][number]);
                let posted = posting_day(year, number);
                let member = format!("PPRRVU{}_{month}.csv", year % 100);
                releases.push(Release::new(
                    &name,
                    &posted.format("%m/%d/%Y").to_string(),
                    &[(&member, &bytes)],
                ));
            }
        }
        releases
    }
}

impl Material {
    /// Twenty releases as large as RVU25D: its files under other names and titles.
    pub(crate) fn twenty_whole_releases(&self) -> Vec<Release> {
        let posted = self.posted();
        let mut releases = Vec::new();
        for year in 2019..2024 {
            for (number, month) in ["January", "April", "July", "October"].iter().enumerate() {
                let mut files = posted.clone();
                for (name, bytes) in &mut files.0 {
                    if name.starts_with("PPRRVU") && name.ends_with("csv") {
                        *bytes = retitled(bytes, 2025, year, ("October", month));
                    }
                }
                let members: Vec<(&str, &[u8])> = files
                    .0
                    .iter()
                    .map(|(name, bytes)| (&name[..], &bytes[..]))
                    .collect();
                let name = format!("RVU{}{}", year % 100, ["A", "B", "C", "D"][number]);
                let posted = posting_day(year, number).format("%m/%d/%Y").to_string();
                releases.push(Release::new(&name, &posted, &members));
            }
        }
        releases
    }
}

/// About two weeks before the quarter.
fn posting_day(year: i32, quarter: usize) -> NaiveDate {
    let month = u32::try_from(quarter).unwrap() * 3 + 1;
    let begins = NaiveDate::from_ymd_opt(year, month, 1).unwrap();
    begins - Days::new(14)
}

/// The table with another year and month in its title rows, and without a stamp.
fn retitled(bytes: &[u8], was: i32, year: i32, months: (&str, &str)) -> Vec<u8> {
    let lines = bytes.split_inclusive(|&byte| byte == b'\n');
    let end = lines.take(5).map(<[u8]>::len).sum();
    let (title, rows) = bytes.split_at(end);
    let title = String::from_utf8_lossy(title)
        .replace(&format!("{was} National"), &format!("{year} National"))
        .replace(
            &format!("{} Release", months.0),
            &format!("{} Release", months.1),
        )
        .replace("RELEASED 09/11/2025", " ");
    [title.as_bytes(), rows].concat()
}

/// When each of the releases is captured: the day after its posting, noon.
pub(crate) fn moment(number: usize) -> DateTime<Utc> {
    let year = 2019 + i32::try_from(number / 4).unwrap();
    let day = posting_day(year, number % 4) + Days::new(1);
    day.and_hms_opt(12, 0, 0).unwrap().and_utc()
}

/// The captures of a release when it is new: the list that names it, its page, its archive.
pub(crate) fn captures(releases: &[Release], at: DateTime<Utc>) -> Vec<Capture> {
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let mut list = world::releases_at(&at, releases);
    let news = list.split_off(list.len() - 2);
    list.truncate(1);
    list.extend(news);
    list
}

/// A release in hand.
pub(crate) fn documents(name: &str, zip: Vec<u8>) -> (Unit, UnitDocuments) {
    let url = format!("https://www.cms.gov/files/zip/{}.zip", name.to_lowercase());
    let unit = Unit::new(name, Request::new(&url, Expect::Zip));
    let primary = Document {
        url: url.clone(),
        final_url: url,
        captured: moment(0),
        hash: hash_of(&zip),
        bytes: Arc::from(zip),
        text: None,
    };
    (
        unit,
        UnitDocuments {
            primary,
            companions: vec![],
        },
    )
}
