//! What full lists that were read earlier say of topics first met later.

use std::collections::HashSet;

use rusqlite::Transaction;

use super::error::StoreError;
use super::intern::Interner;
use super::readings::add_statements;
use crate::model::record::{AbsenceRecord, ReadingId};

pub(super) fn record(
    transaction: &Transaction<'_>,
    absences: &[AbsenceRecord],
) -> Result<(), StoreError> {
    if absences.is_empty() {
        return Ok(());
    }
    let mut interner = Interner::new(transaction)?;
    let mut is_full = transaction
        .prepare_cached("SELECT 1 FROM readings WHERE id = ?1 AND unlisted_from IS NOT NULL")?;
    let mut names =
        transaction.prepare_cached("SELECT 1 FROM statements WHERE reading = ?1 AND topic = ?2")?;
    for absence in absences {
        let (ReadingId(id), statement) = (absence.reading, &absence.statement);
        let topic = &statement.topic;
        if !topic.is_listable() || !is_full.exists([id])? {
            return Err(StoreError::Invalid {
                why: format!("reading {id} cannot say that '{topic}' is absent"),
            });
        }
        if !names.exists([id, interner.topic(topic)?])? {
            let alone = std::slice::from_ref(statement);
            add_statements(transaction, &mut interner, id, &HashSet::new(), alone)?;
        }
    }
    Ok(())
}
