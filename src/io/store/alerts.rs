//! What was told.

use std::slice;

use chrono::{DateTime, Utc};
use rusqlite::types::Null;
use rusqlite::{Row, ToSql, Transaction, params};

use super::changes::only;
use super::connection::Reader;
use super::encode::{Form, column, optional, unreadable};
use super::error::StoreError;
use super::problems::problem;
use super::sql::Once;
use crate::model::alert::{Alert, AlertBody, ChangeAlert, OperatorNotice, Phase};
use crate::model::record::ChangeRecord;

/// Which alerts to list; an empty filter is all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertFilter {
    /// Raised at or after this instant.
    pub since: Option<DateTime<Utc>>,
    /// No more than these.
    pub limit: Option<u32>,
}

/// Ends in the condition and the order.
const SELECT: &str = "SELECT id, raised, kind, severity, source_title, edition, document, url,
        published, captured, problem_source, problem_subject, problem_kind, problem_text,
        problem_remedy, since, recovered, phase, thread
     FROM alerts";

pub(super) fn record(transaction: &Transaction<'_>, alerts: &[Alert]) -> Result<(), StoreError> {
    for alert in alerts {
        match &alert.body {
            AlertBody::Change(body) => record_change_alert(transaction, alert, body)?,
            AlertBody::Operator(body) => record_notice(transaction, alert, body)?,
        }
    }
    Ok(())
}

fn record_change_alert(
    transaction: &Transaction<'_>,
    alert: &Alert,
    body: &ChangeAlert,
) -> Result<(), StoreError> {
    let content: &[(&str, &dyn ToSql)] = &[
        ("kind", &"change"),
        ("severity", &body.severity.form()),
        ("phase", &body.phase.form()),
        ("thread", &body.thread),
        ("edition", &body.edition),
        ("document", &body.document.form()),
    ];
    let first: &[(&str, &dyn ToSql)] = &[
        ("source_title", &body.source_title),
        ("url", &body.url),
        ("published", &body.published.form()),
        ("captured", &body.captured.form()),
    ];
    insert(transaction, alert, content, first)
}

fn record_notice(
    transaction: &Transaction<'_>,
    alert: &Alert,
    body: &OperatorNotice,
) -> Result<(), StoreError> {
    let problem = &body.problem;
    let content: &[(&str, &dyn ToSql)] = &[
        ("kind", &"operator"),
        ("severity", &Null),
        ("problem_source", &problem.source),
        ("problem_subject", &problem.subject),
        ("problem_kind", &problem.kind.form()),
        ("recovered", &body.recovered),
    ];
    let first: &[(&str, &dyn ToSql)] = &[
        ("problem_text", &problem.text),
        ("problem_remedy", &problem.remedy),
        ("since", &body.since.form()),
    ];
    insert(transaction, alert, content, first)
}

/// The time and the words of the first recording stand.
fn insert(
    transaction: &Transaction<'_>,
    alert: &Alert,
    content: &[(&'static str, &dyn ToSql)],
    first: &[(&'static str, &dyn ToSql)],
) -> Result<(), StoreError> {
    let raised = alert.raised.form();
    let raised: (&'static str, &dyn ToSql) = ("raised", &raised);
    let row = Once {
        table: "alerts",
        what: "alert",
        id: &alert.id,
        key: &[("id", &alert.id)],
        content,
        first: &[slice::from_ref(&raised), first].concat(),
    };
    row.insert(transaction).map(|_| ())
}

/// Which changes of the record an alert tells: by then all of them are stored.
pub(super) fn record_changes(
    transaction: &Transaction<'_>,
    alerts: &[Alert],
    changes: &[ChangeRecord],
) -> Result<(), StoreError> {
    for alert in alerts {
        let AlertBody::Change(body) = &alert.body else {
            continue;
        };
        let told = body.changes.iter().map(|judged| (judged, false));
        let named = body.look_alikes.iter().map(|judged| (judged, true));
        for ((judged, look_alike), position) in told.chain(named).zip(0_i64..) {
            let change = changes
                .iter()
                .find(|record| record.judged == *judged)
                .ok_or_else(|| StoreError::Invalid {
                    why: format!(
                        "alert {} tells a change of '{}' that the record does not hold",
                        alert.id, judged.change.key
                    ),
                })?;
            transaction
                .prepare_cached(
                    "INSERT INTO alert_changes (alert, change, position, look_alike)
                     VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                )?
                .execute(params![alert.id, change.id, position, look_alike])?;
        }
    }
    Ok(())
}

impl Reader {
    /// Alerts, newest first. The facts in their changes have the changed attribute alone.
    pub fn alerts(&self, filter: &AlertFilter) -> Result<Vec<Alert>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE (?1 IS NULL OR raised >= ?1) ORDER BY raised DESC, id LIMIT ?2"
        );
        self.alerts_where(
            &sql,
            params![
                filter.since.map(|at| at.form()),
                filter.limit.map_or(i64::MAX, i64::from)
            ],
        )
    }

    /// The alert with this id, or the only one whose id begins so.
    ///
    /// # Errors
    /// [`StoreError::Ambiguous`] when several begin so.
    pub fn alert(&self, id: &str) -> Result<Option<Alert>, StoreError> {
        let sql =
            format!("{SELECT} WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id = ?1 DESC LIMIT 2");
        only(
            self.alerts_where(&sql, params![id])?,
            id,
            "alerts",
            |alert| &alert.id,
        )
    }

    fn alerts_where(&self, sql: &str, params: &[&dyn ToSql]) -> Result<Vec<Alert>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map(params, alert)?;
        let mut alerts: Vec<Alert> = found.collect::<Result<_, _>>()?;
        for alert in &mut alerts {
            if let AlertBody::Change(body) = &mut alert.body {
                body.changes = self.changes_of_alert(&alert.id, false)?;
                body.look_alikes = self.changes_of_alert(&alert.id, true)?;
            }
        }
        Ok(alerts)
    }
}

fn alert(row: &Row<'_>) -> rusqlite::Result<Alert> {
    let body = match row.get_ref(2)?.as_str()? {
        "change" => AlertBody::Change(ChangeAlert {
            severity: column(row, 3)?,
            // Before there were phases, everything told was in force.
            phase: optional(row, 17)?.unwrap_or(Phase::InForce),
            thread: row.get(18)?,
            rule: None,
            source_title: row.get(4)?,
            edition: row.get(5)?,
            document: column(row, 6)?,
            url: row.get(7)?,
            published: column(row, 8)?,
            captured: column(row, 9)?,
            changes: Vec::new(),
            look_alikes: Vec::new(),
            dollars: Vec::new(),
            unchanged: Vec::new(),
        }),
        "operator" => AlertBody::Operator(OperatorNotice {
            problem: problem(row, 10)?,
            since: column(row, 15)?,
            recovered: row.get(16)?,
        }),
        other => return Err(unreadable(2, "a kind of alert", other)),
    };
    Ok(Alert {
        id: row.get(0)?,
        raised: column(row, 1)?,
        body,
    })
}
