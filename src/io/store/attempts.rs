//! How deliveries were tried.

use super::connection::Reader;
use super::encode::{column, optional, unreadable};
use super::error::StoreError;
use crate::model::delivery::{Attempt, Outcome};

impl Reader {
    /// The attempts of a delivery, earliest first.
    pub fn attempts(&self, delivery: &str) -> Result<Vec<Attempt>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT delivery, at, outcome, words, next_at FROM attempts
             WHERE delivery = ?1 ORDER BY at",
        )?;
        let found = statement.query_map([delivery], |row| {
            let words = row.get(3)?;
            Ok(Attempt {
                delivery: row.get(0)?,
                at: column(row, 1)?,
                outcome: match row.get_ref(2)?.as_str()? {
                    "accepted" => Outcome::Accepted(words),
                    "deferred" => Outcome::Deferred(words),
                    "refused" => Outcome::Refused(words),
                    other => return Err(unreadable(2, "an outcome", other)),
                },
                next: optional(row, 4)?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}
