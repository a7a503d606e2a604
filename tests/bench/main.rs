//! Every figure of BENCHMARKS.md, made by `cargo bench`. Some of them: `cargo bench -- reading check`.
//!
//! CPU time comes from the scheduler's own books under `/proc`, so that other work on the machine
//! does little harm; each figure stands beside its floor.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that meets a surprise has nothing to report"
)]

mod checks;
mod config;
mod edits;
mod measure;
mod pages;
mod questions;
mod reading;
mod releases;
mod service;

#[path = "../it/harness/cms/mod.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod cms;
#[path = "../it/harness/world.rs"]
mod world;

use releases::Material;

type Section = (&'static str, fn(&Material));

/// Needs minutes and half a gigabyte: only where it is named.
const RARE: &str = "pages_50000";

const SECTIONS: [Section; 7] = [
    ("reading", reading::run),
    ("edits", edits::run),
    ("check", checks::run),
    ("answer", questions::run),
    ("service", service::run),
    ("pages", pages::run),
    (RARE, pages::run_many),
];

#[expect(
    clippy::print_stdout,
    reason = "the report is what this program is for"
)]
fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let material = Material::find();
    println!("coverd {}: {}", env!("CARGO_PKG_VERSION"), material.words());
    for (name, section) in SECTIONS {
        if (wanted.is_empty() && name != RARE) || wanted.iter().any(|want| want == name) {
            section(&material);
        }
    }
}
