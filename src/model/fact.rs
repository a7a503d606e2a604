//! What documents say: values, statements, and facts (statements with their provenance).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::attribute::Attribute;
use super::document::DocumentHash;
use super::money;
use super::topic::Topic;

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Text of the kinds `Text` and `Passage`; blank cells are empty text, which is a value.
    Text(String),
    /// A number of the kind `Amount`.
    Amount(Decimal),
    /// A number of the kind `Count`.
    Count(u64),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) if text.is_empty() => f.write_str("blank"),
            Self::Text(text) => f.write_str(text),
            Self::Amount(amount) => f.write_str(&money::written(*amount)),
            Self::Count(count) => count.fmt(f),
        }
    }
}

/// What a document that was read in full says of an attribute. *Not seen* is no observation: a
/// document in which a column or heading is missing is not read at all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Observation {
    /// It has this value.
    Value(Value),
    /// The list was read in full, and the topic is not in it.
    Absent,
}

impl Observation {
    /// An observed text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Value(Value::Text(text.into()))
    }

    /// An observed number, equal to any other way of writing it.
    pub fn amount(amount: Decimal) -> Self {
        Self::Value(Value::Amount(amount.normalize()))
    }

    /// An observed number of things.
    pub fn count(count: u64) -> Self {
        Self::Value(Value::Count(count))
    }
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => value.fmt(f),
            Self::Absent => f.write_str("not listed"),
        }
    }
}

/// The attributes of one row or record, shared because most rows repeat from release to release.
pub type Values = Arc<BTreeMap<Attribute, Observation>>;

/// What one row or passage of one document says, by itself: no fact yet, for it lacks who
/// published it when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it speaks of.
    pub topic: Topic,
    /// First date of service for which it speaks. It holds until a later document says otherwise.
    pub from: NaiveDate,
    /// What it says.
    pub values: Values,
    /// Where in the document: `PPRRVU20_APR.csv row 6186`, `field indications_limitations`.
    pub locator: String,
    /// The row or passage itself, as the document has it. At most a few hundred characters.
    pub quote: String,
}

/// What happens to an edition's earlier posting when it is posted again with the same begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Repost {
    /// The new posting takes the place of the old one for all its days (a re-posted RVU release).
    Replaces,
    /// The new posting amends from its own publication on; before that day the old text held (an
    /// NCD whose text is edited under the same effective date).
    Amends,
}

/// One issue of a series: release `RVU20B`, or the record of NCD 30.3.3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edition {
    /// Its name: `RVU20B`, `NCD 30.3.3`. Postings of one name are one edition.
    pub name: String,
    /// First date of service of the edition.
    pub begins: NaiveDate,
    /// What another posting of the same edition does.
    pub repost: Repost,
}

/// Where a statement comes from and when it was published and learned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The source that read it: `pfs`, `ncd`.
    pub source: String,
    /// The edition that the document is a posting of.
    pub edition: Edition,
    /// The bytes that prove it.
    pub document: DocumentHash,
    /// The address it was served from.
    pub url: String,
    /// The document's own date: release stamp, date of the posting; else the first capture.
    pub published: NaiveDate,
    /// First capture by this installation.
    pub learned: DateTime<Utc>,
}

impl Origin {
    /// The day from which this posting counts when documents are put in order, and from which it
    /// answers the question "what had CMS published by then".
    ///
    /// An edition has spoken at the latest on the day it begins. So a release that is posted again
    /// after a later release came out does not outrank that later release, and a store that was
    /// filled by backfill, which holds only the last posting, can still answer for the day on which
    /// the first one was in force ([`Origin::is_later_posting_on`] says so in the answer).
    pub fn stands_from(&self) -> NaiveDate {
        self.published.min(self.edition.begins)
    }

    /// Whether on that day only an earlier posting of the edition can have been public.
    pub fn is_later_posting_on(&self, day: NaiveDate) -> bool {
        self.published > day && self.stands_from() <= day
    }
}

/// A statement with its provenance: what beliefs are folded from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What the document says.
    pub statement: Statement,
    /// Which document says it, since when.
    pub origin: Arc<Origin>,
}

/// The name of one belief: an attribute of a topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactKey {
    /// Subject, place and stage.
    pub topic: Topic,
    /// The attribute.
    pub attribute: Attribute,
}

impl fmt::Display for FactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.topic, self.attribute)
    }
}
