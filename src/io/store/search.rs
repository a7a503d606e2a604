//! Full text over paragraphs of rules, policies and transmittals. What is SQLite's own of it (FTS5) is in
//! this file and in its migration.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Transaction, params};
use sha2::{Digest as _, Sha256};

use super::connection::Reader;
use super::encode::{Form, column, topic};
use super::error::StoreError;
use super::pack;
use super::payload::read_values;
use crate::model::attribute::{Attribute, Kind};
use crate::model::fact::{Observation, Value, Values};
use crate::model::passage::Passage;
use crate::model::topic::Topic;

/// Words of a question that count.
const WORDS: usize = 12;
/// Words around what was found.
const AROUND: u8 = 48;
/// Marks around a found word; no text of a document has them.
const BEGIN: char = '\u{2}';
const END: char = '\u{3}';

/// A paragraph that has the words asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The rule, policy or transmittal.
    pub topic: Topic,
    /// The field it stands in.
    pub attribute: Attribute,
    /// The edition that said it first.
    pub edition: String,
    /// When CMS published that.
    pub published: NaiveDate,
    /// Where it was read.
    pub url: String,
    /// Its words around what was found; of each piece whether it is what was asked for.
    pub pieces: Vec<(bool, String)>,
}

/// Whether the paragraphs of an attribute can be searched.
fn is_searched(attribute: Attribute) -> bool {
    match attribute {
        Attribute::Title | Attribute::Announcement => true,
        Attribute::Content | Attribute::DiagnosisCodes | Attribute::Limits => false,
        other => other.kind() == Kind::Passage,
    }
}

/// Adds what a statement says to the index; what is there already stays as it is.
pub(super) fn index(
    transaction: &Transaction<'_>,
    topic: i64,
    reading: i64,
    values: &Values,
) -> Result<(), StoreError> {
    for (attribute, observation) in values.iter().filter(|(it, _)| is_searched(**it)) {
        let Observation::Value(Value::Text(text)) = observation else {
            continue;
        };
        for paragraph in text.lines().filter(|line| !line.trim().is_empty()) {
            add(
                transaction,
                topic,
                reading,
                *attribute,
                &readable(*attribute, paragraph),
            )?;
        }
    }
    Ok(())
}

/// A paragraph as people read it: of a passage its headings, its words and its page.
fn readable(attribute: Attribute, paragraph: &str) -> String {
    let is_passage = matches!(
        attribute,
        Attribute::Passages | Attribute::FiledPassages | Attribute::LookAlikePassages
    );
    let Some(passage) = Passage::parse(paragraph).filter(|_| is_passage) else {
        return paragraph.to_owned();
    };
    let mut parts = passage.heading;
    parts.push(passage.text);
    let text = parts.join(" \u{203a} ");
    match passage.page.as_str() {
        "" => text,
        page => format!("{text} ({page})"),
    }
}

fn add(
    transaction: &Transaction<'_>,
    topic: i64,
    reading: i64,
    attribute: Attribute,
    paragraph: &str,
) -> Result<(), StoreError> {
    let text: String = paragraph.chars().filter(|c| !c.is_control()).collect();
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let added = transaction
        .prepare_cached(
            "INSERT INTO passages (topic, attribute, digest, reading, text)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        )?
        .execute(params![topic, attribute.form(), digest, reading, text])?;
    if added > 0 {
        transaction
            .prepare_cached("INSERT INTO passage_words (rowid, text) VALUES (?1, ?2)")?
            .execute(params![transaction.last_insert_rowid(), text])?;
    }
    Ok(())
}

/// Indexes everything that was read before there was an index.
pub(super) fn backfill(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let mut statements = transaction.prepare(
        "SELECT s.topic, s.payload, min(s.reading) FROM statements s
         JOIN topics t ON t.id = s.topic
         WHERE t.subject_kind IN ('policy', 'rule')
         GROUP BY s.topic, s.payload ORDER BY min(s.reading), s.topic",
    )?;
    let mut rows = statements.query([])?;
    while let Some(row) = rows.next()? {
        let (topic, payload, reading): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let content = pack::content(transaction, payload)?
            .ok_or_else(|| StoreError::unreadable("a payload", &payload.to_string()))?;
        index(transaction, topic, reading, &read_values(&content)?)?;
    }
    Ok(())
}

/// The words of a question as a query: all of them, the last one as a beginning. `None` when there is
/// none. Whatever stands in it is words, never an operator.
pub(super) fn query(text: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS)
        .collect();
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    (!quoted.is_empty()).then(|| quoted.join(" ") + "*")
}

impl Reader {
    /// Paragraphs with all these words, the best first; with `until` only those captured by then.
    pub fn search(
        &self,
        words: &str,
        until: Option<DateTime<Utc>>,
        limit: u32,
    ) -> Result<Vec<Found>, StoreError> {
        let Some(query) = query(words) else {
            return Ok(Vec::new());
        };
        let mut statement = self.connection.prepare_cached(
            "SELECT t.subject_kind, t.subject, t.place, t.stage, p.attribute, r.edition, r.published, r.url,
                 snippet(passage_words, 0, char(2), char(3), '\u{2026}', ?3)
             FROM passage_words w
             JOIN passages p ON p.id = w.rowid
             JOIN topics t ON t.id = p.topic
             JOIN readings r ON r.id = p.reading
             WHERE passage_words MATCH ?1 AND (?2 IS NULL OR r.learned <= ?2)
             ORDER BY bm25(passage_words), p.id LIMIT ?4",
        )?;
        let values = params![query, until.map(|at| at.form()), AROUND, limit];
        let found = statement.query_map(values, |row| {
            let snippet: String = row.get(8)?;
            Ok(Found {
                topic: topic(row, 0)?,
                attribute: column(row, 4)?,
                edition: row.get(5)?,
                published: column(row, 6)?,
                url: row.get(7)?,
                pieces: pieces(&snippet),
            })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

/// A text with marks, taken apart.
fn pieces(marked: &str) -> Vec<(bool, String)> {
    let mut pieces = Vec::new();
    for (index, part) in marked.split(BEGIN).enumerate() {
        let (found, rest) = match part.split_once(END) {
            Some((found, rest)) if index > 0 => (found, rest),
            _ => ("", part),
        };
        let both = [(true, found), (false, rest)];
        let both = both.into_iter().filter(|(_, text)| !text.is_empty());
        pieces.extend(both.map(|(is_found, text)| (is_found, text.to_owned())));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_asked_is_words() {
        assert_eq!(query("dry needl").as_deref(), Some("\"dry\" \"needl\"*"));
        assert_eq!(
            query("a\" OR text:b NEAR(c) -d*").as_deref(),
            Some("\"a\" \"OR\" \"text\" \"b\" \"NEAR\" \"c\" \"d\"*")
        );
        assert_eq!(query(" \"'*-() "), None);
    }

    #[test]
    fn a_passage_is_read_without_its_bars() {
        let line = "20560, dry needling | II. Codes > E. Needles | 91 FR 43850 | For CY 2027";
        assert_eq!(
            readable(Attribute::Passages, line),
            "II. Codes \u{203a} E. Needles \u{203a} For CY 2027 (91 FR 43850)"
        );
        assert_eq!(readable(Attribute::Title, line), line);
    }

    #[test]
    fn found_words_are_told_from_those_around_them() {
        let piece = |is_found, text: &str| (is_found, text.to_owned());
        assert_eq!(
            pieces("for \u{2}dry\u{3} \u{2}needling\u{3} of"),
            [
                piece(false, "for "),
                piece(true, "dry"),
                piece(false, " "),
                piece(true, "needling"),
                piece(false, " of"),
            ]
        );
    }
}
