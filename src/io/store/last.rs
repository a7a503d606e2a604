//! The newest change of each service.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::changes::{RANK, SELECT, StoredChange};
use super::connection::Reader;
use super::encode::Form;
use super::error::StoreError;

impl Reader {
    /// Of each service the newest change, of those recorded together the gravest; with `until` only those
    /// recorded at or before it. Record keeping at CMS is left out.
    pub fn last_changes(
        &self,
        until: Option<DateTime<Utc>>,
    ) -> Result<Vec<StoredChange>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE c.id IN (
                 SELECT id FROM (
                     SELECT c.id AS id, row_number() OVER (
                         PARTITION BY t.subject ORDER BY c.recorded DESC, {RANK} DESC, c.id) AS place
                     FROM changes c JOIN topics t ON t.id = c.topic
                     WHERE t.subject_kind = 'service' AND c.severity <> 'administrative'
                       AND (?1 IS NULL OR c.recorded <= ?1)) AS placed
                 WHERE place = 1)"
        );
        self.changes_where(&sql, params![until.map(|at| at.form())])
    }
}
