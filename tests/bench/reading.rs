//! Reading a release in each form, beside inflating and reading the same bytes only.

use std::io::{Cursor, Read as _};

use coverd::model::watch::{Codes, Watch};
use coverd::sources::Source as _;
use coverd::sources::pfs::Pfs;

use crate::config;
use crate::measure::{Report, Runs, megabytes, milliseconds, ratio};
use crate::releases::{Material, documents};

const RUNS: usize = 9;

pub(crate) fn run(material: &Material) {
    let mut report = Report::new(
        "Reading a release",
        "CPU time of `Pfs::extract` on RVU25D in memory, best of nine. MB are of inflated content: of the xlsx form the sheets' XML. \
         The floor inflates the same members (of the xlsx form the workbook's parts too) and adds up every byte; of the whole archive it inflates all members.",
        &[
            "form", "codes", "content", "reading", "MB/s", "floor", "MB/s", "ratio",
        ],
    );
    let posted = material.posted();
    let forms = [
        ("csv", posted.only("csv")),
        ("txt", posted.only("txt")),
        ("xlsx", posted.only("xlsx")),
        ("whole archive as posted", posted),
    ];
    let eight = config::watch();
    let all = Watch {
        codes: Codes::All,
        ..eight.clone()
    };
    for (form, files) in forms {
        if files.0.is_empty() {
            continue;
        }
        let zip = files.zip();
        let content = inflate(&zip, form == "xlsx");
        let floor = Runs::cpu(RUNS, || inflate(&zip, form == "xlsx"));
        let (unit, documents) = documents("RVU25D", zip.clone());
        for (codes, watch) in [("8", &eight), ("all", &all)] {
            let reading = Runs::cpu(RUNS, || {
                Pfs::default().extract(&unit, &documents, watch).unwrap()
            });
            let speed =
                |runs: &Runs| format!("{:.0}", megabytes(content) / runs.best().as_secs_f64());
            report.row(&[
                form.to_owned(),
                codes.to_owned(),
                format!("{:.1} MB", megabytes(content)),
                milliseconds(reading.best()),
                speed(&reading),
                milliseconds(floor.best()),
                speed(&floor),
                ratio(reading.best(), floor.best()),
            ]);
        }
    }
    report.print();
}

/// Inflates every member and reads every byte; returns how many there are.
pub(crate) fn inflate(zip: &[u8], workbooks: bool) -> u64 {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut length = 0;
    let mut bytes = Vec::new();
    for index in 0..archive.len() {
        bytes.clear();
        archive
            .by_index(index)
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        let sum: u64 = bytes.iter().map(|&byte| u64::from(byte)).sum();
        std::hint::black_box(sum);
        length += if workbooks && bytes.starts_with(b"PK") {
            inflate(&bytes, false)
        } else {
            bytes.len() as u64
        };
    }
    length
}
