//! Episodes of trouble: begun, lasting, over.

use chrono::{DateTime, Utc};
use rusqlite::{Row, Transaction, params};

use super::connection::Reader;
use super::encode::{Form, column, optional};
use super::error::StoreError;
use crate::model::health::{OpenProblem, Problem};
use crate::model::record::ProblemRecord;

pub(super) fn record(
    transaction: &Transaction<'_>,
    at: DateTime<Utc>,
    problems: &ProblemRecord,
) -> Result<(), StoreError> {
    // Those that are over first: the same trouble may begin anew in the same check.
    for problem in &problems.closed {
        put(transaction, problem, Some(at))?;
    }
    for problem in &problems.open {
        put(transaction, problem, None)?;
    }
    Ok(())
}

/// An episode that was closed stays closed, so that repeating an old record opens nothing.
fn put(
    transaction: &Transaction<'_>,
    open: &OpenProblem,
    closed: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let problem = &open.problem;
    transaction
        .prepare_cached(
            "INSERT INTO problems (source, subject, kind, since, text, remedy, times, told, closed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (source, subject, kind, since) DO UPDATE SET text = excluded.text,
                 remedy = excluded.remedy, times = excluded.times, told = excluded.told,
                 closed = excluded.closed
             WHERE problems.closed IS NULL",
        )?
        .execute(params![
            problem.source,
            problem.subject,
            problem.kind.form(),
            open.since.form(),
            problem.text,
            problem.remedy,
            open.times,
            open.told.map(|at| at.form()),
            closed.map(|at| at.form()),
        ])?;
    Ok(())
}

impl Reader {
    /// What is wrong with a source now, longest first.
    pub fn open_problems(&self, source: &str) -> Result<Vec<OpenProblem>, StoreError> {
        self.problems_where(Some(source), None)
    }

    /// Everything that is wrong now, longest first.
    pub fn all_open_problems(&self) -> Result<Vec<OpenProblem>, StoreError> {
        self.problems_where(None, None)
    }

    /// What was wrong with a source at an instant, longest first, in the words in which it was said
    /// last.
    pub fn problems_at(
        &self,
        source: &str,
        at: DateTime<Utc>,
    ) -> Result<Vec<OpenProblem>, StoreError> {
        self.problems_where(Some(source), Some(at))
    }

    fn problems_where(
        &self,
        source: Option<&str>,
        at: Option<DateTime<Utc>>,
    ) -> Result<Vec<OpenProblem>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT source, subject, kind, text, remedy, since, times, told FROM problems
             WHERE (?1 IS NULL OR source = ?1)
               AND (closed IS NULL OR closed > ?2) AND (?2 IS NULL OR since <= ?2)
             ORDER BY since, source, subject, kind",
        )?;
        let found = statement.query_map(params![source, at.map(|at| at.form())], |row| {
            Ok(OpenProblem {
                problem: problem(row, 0)?,
                since: column(row, 5)?,
                times: row.get(6)?,
                told: optional(row, 7)?,
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

/// Reads `source, subject, kind, text, remedy` from `first` on.
pub(super) fn problem(row: &Row<'_>, first: usize) -> rusqlite::Result<Problem> {
    Ok(Problem {
        source: row.get(first)?,
        subject: row.get(first + 1)?,
        kind: column(row, first + 2)?,
        text: row.get(first + 3)?,
        remedy: row.get(first + 4)?,
    })
}
