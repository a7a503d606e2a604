//! The facts of topics: what beliefs are folded from.

use std::sync::Arc;

use rusqlite::{CachedStatement, params};

use super::connection::Reader;
use super::encode::{Form, column, subject_form, topic};
use super::error::StoreError;
use super::pack;
use super::payload::read_values;
use crate::model::code::Service;
use crate::model::fact::{Fact, Statement, Values};
use crate::model::topic::Topic;

/// Rows kept in memory to be shared; some 3 KB each.
const MAX_SHARED_PAYLOADS: usize = 16_384;

const FACTS: &str = "SELECT s.reading, s.from_day, s.payload, s.locator, s.quote
     FROM topics t
     JOIN statements s ON s.topic = t.id
     JOIN readings r ON r.id = s.reading
     WHERE t.subject = ?1 AND t.subject_kind = ?2 AND t.place = ?3 AND t.stage = ?4
       AND r.current = 1
     ORDER BY s.from_day, s.reading, s.id";

impl Reader {
    /// Every fact of these topics: from readings that count, by first day of service. Facts of one
    /// document share their origin, and facts that say the same share their values.
    pub fn facts(&self, topics: &[Topic]) -> Result<Vec<Fact>, StoreError> {
        let snapshot = self.snapshot()?;
        let mut find = snapshot.prepare_cached(FACTS)?;
        let mut facts = Vec::new();
        for topic in topics {
            self.facts_of(&mut find, topic, &mut facts)?;
        }
        Ok(facts)
    }

    fn facts_of(
        &self,
        find: &mut CachedStatement<'_>,
        topic: &Topic,
        facts: &mut Vec<Fact>,
    ) -> Result<(), StoreError> {
        let (kind, subject) = subject_form(&topic.subject);
        let key = params![subject, kind, topic.place.form(), topic.stage.form()];
        let mut rows = find.query(key)?;
        while let Some(row) = rows.next()? {
            facts.push(Fact {
                statement: Statement {
                    topic: topic.clone(),
                    from: column(row, 1)?,
                    values: self.payload(row.get(2)?)?,
                    locator: row.get(3)?,
                    quote: row.get(4)?,
                },
                origin: self.origin(row.get(0)?)?,
            });
        }
        Ok(())
    }

    /// Every topic that a source's readings speak of.
    pub fn topics(&self, source: &str) -> Result<Vec<Topic>, StoreError> {
        self.topics_where(Some(source))
    }

    /// Every topic that any reading speaks of.
    pub fn all_topics(&self) -> Result<Vec<Topic>, StoreError> {
        self.topics_where(None)
    }

    fn topics_where(&self, source: Option<&str>) -> Result<Vec<Topic>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT t.subject_kind, t.subject, t.place, t.stage FROM topics t
             WHERE EXISTS (SELECT 1 FROM statements s JOIN readings r ON r.id = s.reading
                           WHERE s.topic = t.id AND r.current = 1
                             AND (?1 IS NULL OR r.source = ?1))
             ORDER BY t.subject_kind, t.subject, t.place, t.stage",
        )?;
        let found = statement.query_map([source], |row| topic(row, 0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// What an answer about a code may need beside the topics that every one needs: the code at the
    /// stages of rules, all policies and rule documents, and one pair with the code where pairs were
    /// ever read for it.
    pub fn topics_about(&self, service: Service) -> Result<Vec<Topic>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT subject_kind, subject, place, stage FROM topics
             WHERE subject_kind = 'service' AND subject = ?1 AND stage <> 'in_force'
             UNION ALL
             SELECT subject_kind, subject, place, stage FROM topics
             WHERE subject_kind IN ('policy', 'rule')
             UNION ALL
             SELECT * FROM (
                 SELECT subject_kind, subject, place, stage FROM topics
                 WHERE subject_kind = 'pair' AND (subject LIKE ?2 OR subject LIKE ?3) LIMIT 1)",
        )?;
        let (first, second) = (
            format!("{} with %", service.code),
            format!("% with {}", service.code),
        );
        let found = statement.query_map(params![service.to_string(), first, second], |row| {
            topic(row, 0)
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The topics that are documents: rules, policies, pages.
    pub fn document_topics(&self) -> Result<Vec<Topic>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT subject_kind, subject, place, stage FROM topics
             WHERE subject_kind IN ('policy', 'rule', 'page')
             ORDER BY subject_kind, subject, place, stage",
        )?;
        let found = statement.query_map([], |row| topic(row, 0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The topics at the stage of a rule, the records of rule documents among them.
    pub fn staged_topics(&self) -> Result<Vec<Topic>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT subject_kind, subject, place, stage FROM topics
             WHERE stage <> 'in_force'
             ORDER BY subject_kind, subject, place, stage",
        )?;
        let found = statement.query_map([], |row| topic(row, 0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// What a row says, decoded once.
    pub(super) fn payload(&self, id: i64) -> Result<Values, StoreError> {
        if let Some(values) = self.payloads.borrow().get(&id) {
            return Ok(Arc::clone(values));
        }
        let content = pack::content(&self.connection, id)?
            .ok_or_else(|| StoreError::unreadable("a payload", &id.to_string()))?;
        let values = read_values(&content)?;
        let mut shared = self.payloads.borrow_mut();
        if shared.len() >= MAX_SHARED_PAYLOADS {
            shared.clear();
        }
        shared.insert(id, Arc::clone(&values));
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::store::Store;

    #[test]
    fn the_facts_of_a_topic_are_found_by_indexes() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("coverd.db")).unwrap();
        let connection = &store.read().connection;
        let mut plan = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {FACTS}"))
            .unwrap();
        let steps: Vec<String> = plan
            .query_map(["20560", "service", "national", "in_force"], |row| {
                row.get(3)
            })
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let steps = steps.join("\n");
        assert!(!steps.contains("SCAN"), "{steps}");
        assert!(!steps.contains("TEMP B-TREE"), "{steps}");
        assert!(steps.starts_with("SEARCH t "), "{steps}");
    }
}
