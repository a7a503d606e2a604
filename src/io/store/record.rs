//! What one step of a check leaves behind, as one transaction.

use super::connection::Store;
use super::error::StoreError;
use super::{alerts, captures, changes, outbox, problems, readings, sources};
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
        if let Some(reading) = &record.reading {
            readings::record(&transaction, record.at, reading)?;
        }
        readings::record_absences(&transaction, &record.absences)?;
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
