//! Topics and payloads are written once and referred to by number.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{CachedStatement, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::encode::{Form, subject_form};
use super::error::StoreError;
use super::pack::Packer;
use super::payload::write_values;
use crate::model::fact::Values;
use crate::model::topic::Topic;

const FIND_TOPIC: &str = "SELECT id FROM topics
     WHERE subject = ?1 AND subject_kind = ?2 AND place = ?3 AND stage = ?4";
const ADD_TOPIC: &str = "INSERT INTO topics (subject, subject_kind, place, stage)
     VALUES (?1, ?2, ?3, ?4) RETURNING id";
const FIND_PAYLOAD: &str = "SELECT id FROM payloads WHERE digest = ?1";
const ADD_PAYLOAD: &str = "INSERT INTO payloads (digest, content, packed, base)
     VALUES (?1, ?2, ?3, ?4) RETURNING id";

/// Finds or makes the numbers, for the length of one transaction.
pub(super) struct Interner<'t> {
    find_topic: CachedStatement<'t>,
    add_topic: CachedStatement<'t>,
    find_payload: CachedStatement<'t>,
    add_payload: CachedStatement<'t>,
    /// By address of the shared values, each kept alive beside its number: an absent row is shared
    /// by every code that a list does not name.
    shared: HashMap<usize, (Values, i64)>,
    packer: Packer,
}

impl<'t> Interner<'t> {
    pub(super) fn new(transaction: &'t Transaction<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            find_topic: transaction.prepare_cached(FIND_TOPIC)?,
            add_topic: transaction.prepare_cached(ADD_TOPIC)?,
            find_payload: transaction.prepare_cached(FIND_PAYLOAD)?,
            add_payload: transaction.prepare_cached(ADD_PAYLOAD)?,
            shared: HashMap::new(),
            packer: Packer::default(),
        })
    }

    /// The number of a topic.
    pub(super) fn topic(&mut self, topic: &Topic) -> Result<i64, StoreError> {
        let (kind, subject) = subject_form(&topic.subject);
        let key = params![subject, kind, topic.place.form(), topic.stage.form()];
        let found = self
            .find_topic
            .query_row(key, |row| row.get(0))
            .optional()?;
        match found {
            Some(id) => Ok(id),
            None => Ok(self.add_topic.query_row(key, |row| row.get(0))?),
        }
    }

    /// The number of what a row says.
    pub(super) fn payload(&mut self, values: &Values) -> Result<i64, StoreError> {
        let address = Arc::as_ptr(values).addr();
        if let Some(&(_, id)) = self.shared.get(&address) {
            return Ok(id);
        }
        let content = write_values(values);
        let digest = payload_digest(&content);
        let found = self
            .find_payload
            .query_row([digest], |row| row.get(0))
            .optional()?;
        let id = if let Some(id) = found {
            id
        } else {
            let row = self.packer.pack(content.clone())?;
            let id = self
                .add_payload
                .query_row(params![digest, row.content, row.frame, row.base], |row| {
                    row.get(0)
                })?;
            self.packer.stored(id, &content);
            id
        };
        self.shared.insert(address, (Arc::clone(values), id));
        Ok(id)
    }
}

/// What makes a payload unique; a long text is not indexed itself.
pub(super) fn payload_digest(content: &str) -> [u8; 32] {
    Sha256::digest(content.as_bytes()).into()
}
