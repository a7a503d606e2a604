//! A store of eight years and 200 codes.

use coverd::io::store::{ChangeFilter, Reader};

use crate::harness::eight_years::{codes, fill};

/// `tests/web/run` drives a browser over the store that this leaves in the folder that
/// `COVERD_WEB_STORE` names; without it nothing is made.
#[test]
fn eight_years_of_two_hundred_codes_are_made() {
    let Some(folder) = std::env::var_os("COVERD_WEB_STORE") else {
        println!("skipped: COVERD_WEB_STORE names no folder for the store");
        return;
    };
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let database = folder.join("coverd.db");
    fill(&database);
    let reader = Reader::open(&database).unwrap();
    let changes = reader.changes(&ChangeFilter::default()).unwrap();
    assert!(changes.len() > 2_000, "{} changes", changes.len());
    assert_eq!(codes().len(), 200);
    let ncd = changes
        .iter()
        .any(|one| one.judged.change.key.topic.to_string() == "NCD 30.3.3");
    assert!(ncd, "the determination did not change its words");
}
