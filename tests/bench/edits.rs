//! Reading the NCCI edits of a quarter: about 2.6 million rows in four files, as a stream.

use std::fmt::Write as _;
use std::fs;

use coverd::sources::Source as _;
use coverd::sources::ncci::Ncci;

use crate::config;
use crate::measure::{Report, Runs, kilobytes, megabytes, milliseconds, ratio};
use crate::reading::inflate;
use crate::releases::{Material, documents};
use crate::world;

const ROWS_OF_A_FILE: u32 = 660_000;
const RUNS: usize = 3;

pub(crate) fn run(_: &Material) {
    let mut report = Report::new(
        "NCCI edits of a quarter",
        "CPU time of `Ncci::extract` on made files of 660,000 rows each, best of three; eight codes are watched. The floor inflates the same member and adds up every byte. Memory is what the process held at most beyond what it \
         held before, the archive in memory not counted.",
        &[
            "file",
            "content",
            "reading",
            "rows/s",
            "floor",
            "ratio",
            "kept",
            "peak memory",
        ],
    );
    let watch = config::watch();
    let (mut rows, mut seconds) = (0, 0.0);
    for part in 1..=4 {
        let text = file(part);
        let zip = world::zip(&[(&format!("ccipra-v322r0-f{part}.TXT"), text.as_bytes())]);
        drop(text);
        let (unit, documents) = documents(&format!("NCCI PTP 2026-Q3 f{part}"), zip.clone());
        let read = || Ncci::default().extract(&unit, &documents, &watch).unwrap();
        let before = forget_peak();
        let kept = read().statements.len();
        let peak = kilobytes(std::process::id(), "VmHWM").saturating_sub(before);
        let reading = Runs::cpu(RUNS, read);
        let floor = Runs::cpu(RUNS, || inflate(&zip, false));
        let best = reading.best().as_secs_f64();
        rows += ROWS_OF_A_FILE;
        seconds += best;
        report.row(&[
            format!("f{part}"),
            format!("{:.1} MB", megabytes(inflate(&zip, false))),
            milliseconds(reading.best()),
            format!("{:.1} million", f64::from(ROWS_OF_A_FILE) / best / 1e6),
            milliseconds(floor.best()),
            ratio(reading.best(), floor.best()),
            kept.to_string(),
            format!("{:.1} MB", megabytes(peak * 1024)),
        ]);
    }
    report.row(&[
        "all four".to_owned(),
        String::new(),
        format!("{:.0} ms", seconds * 1e3),
        format!("{:.1} million", f64::from(rows) / seconds / 1e6),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
    ]);
    report.print();
}

/// Sets the greatest memory so far to what is held now, and says how much that is, in kilobytes.
fn forget_peak() -> u64 {
    fs::write("/proc/self/clear_refs", "5").unwrap();
    kilobytes(std::process::id(), "VmHWM")
}

/// Pairs in the order of their first codes, 300 of each; a third of them deleted.
fn file(part: u32) -> String {
    let mut text = String::from(
        "CPT only copyright 2025.  All rights reserved.\t\t\t\t\t\t\r\nColumn1/Column2 Edits\t\t\t\t\t\t\r\n\
         Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n\
         \t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n\t\t\t\t*=no data\t1=allowed\t\r\n\t\t\t\t\t9=not applicable\t\r\n",
    );
    let first = (part - 1) * 25_000;
    for row in 0..ROWS_OF_A_FILE {
        let (column1, column2) = (first + row / 300 * 10, 100 + row % 300 * 310);
        let deleted = if row % 3 == 0 { "20191231" } else { "*" };
        writeln!(
            text,
            "{column1:05}\t{column2:05}\t\t20180101\t{deleted}\t{}\tMisuse of Column Two code with Column One code\r",
            row % 2
        )
        .unwrap();
    }
    text
}
