//! What one step of a check leaves behind, as one transaction.

use super::connection::Store;
use super::error::StoreError;
use super::{absences, alerts, captures, changes, outbox, problems, readings, sources, standings};
use crate::model::record::CheckRecord;

impl Store {
    /// Writes everything in the record, or nothing. Repeating it changes nothing.
    ///
    /// # Errors
    /// When the database refuses; when a key is there already with another content; when the record
    /// refers to a document, alert or reading that is neither stored nor in it.
    pub fn record_check(&mut self, record: &CheckRecord) -> Result<(), StoreError> {
        let transaction = self.write()?;
        captures::record(&transaction, &record.source, &record.captures)?;
        readings::record(&transaction, record.at, &record.readings)?;
        standings::record(&transaction, &record.source, &record.standings)?;
        absences::record(&transaction, &record.absences)?;
        // An alert before the changes that name it, and its list of changes after them.
        alerts::record(&transaction, &record.alerts)?;
        changes::record(&transaction, record)?;
        alerts::record_changes(&transaction, &record.alerts, &record.changes)?;
        outbox::record(&transaction, &record.deliveries)?;
        problems::record(&transaction, record.at, &record.problems)?;
        if let Some(state) = &record.source_state {
            sources::record(&transaction, &record.source, record.at, state)?;
        }
        transaction.commit()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use chrono::{DateTime, Utc};

    use super::super::Reader;
    use super::*;
    use crate::io::blobs::hash_of;
    use crate::model::document::Capture;
    use crate::model::record::CaptureRecord;

    const URL: &str = "https://www.cms.gov/list";

    fn captures(number: i64) -> Vec<CaptureRecord> {
        vec![CaptureRecord {
            capture: Capture {
                url: URL.to_owned(),
                final_url: URL.to_owned(),
                at: DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::minutes(number),
                status: 200,
                headers: vec![("x".to_owned(), "y".repeat(400))],
                document: Some(hash_of(&number.to_be_bytes())),
            },
            length: None,
            tag: None,
            validators: None,
        }]
    }

    /// What a power cut would leave: the files as they are now, without their lock.
    fn image(path: &Path, name: &str) -> std::path::PathBuf {
        let copy = path.with_file_name(name);
        for suffix in ["", "-wal"] {
            let from = format!("{}{suffix}", path.display());
            fs::copy(from, format!("{}{suffix}", copy.display())).unwrap();
        }
        copy
    }

    #[test]
    fn a_crash_in_the_middle_of_a_record_leaves_the_state_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("coverd.db");
        let mut store = Store::open(&path).unwrap();
        let mut whole = CheckRecord::new("pfs", DateTime::UNIX_EPOCH);
        whole.captures = captures(1);
        store.record_check(&whole).unwrap();

        let transaction = store.write().unwrap();
        // So little memory that unfinished pages go to disk before the end.
        transaction.pragma_update(None, "cache_size", 2).unwrap();
        for number in 2..400 {
            captures::record(&transaction, "pfs", &captures(number)).unwrap();
        }
        let crashed = image(&path, "crashed.db");
        let log = fs::metadata(format!("{}-wal", crashed.display())).unwrap();
        assert!(log.len() > 100_000, "nothing of the record is on disk");
        drop(transaction);

        for state in [&path, &crashed] {
            drop(Store::open(state).unwrap());
            let reader = Reader::open(state).unwrap();
            let last = reader.latest_capture(URL).unwrap().unwrap();
            assert_eq!(last.document, hash_of(&1_i64.to_be_bytes()));
        }
    }
}
