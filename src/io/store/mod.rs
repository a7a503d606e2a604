//! The database: everything that was read, what moved, who is told.
//!
//! All SQL of the program is in this folder, and no type of the database engine leaves it. The
//! statements are plain, with numbered parameters, so that another engine could run them after a
//! translation of the placeholders; what belongs to SQLite alone is in `connection` (opening,
//! pragmas), `migrate`, `check` and `backup`.
//!
//! # Locking
//! One connection writes ([`Store`], owned by the thread of a [`StoreHandle`]); any number of
//! [`Reader`]s read beside it, in this process and in others (write-ahead log). Every write is one
//! immediate transaction, and no transaction can span the network, because work comes as
//! synchronous closures.
//!
//! # Compatibility
//! `migrations/NNNN_name.sql` are applied in order, each in one transaction. A database that is
//! newer than the program is refused, never touched.
//!
//! # Repetition
//! Keys are derived from content, so recording the same thing twice changes nothing.

mod absences;
mod alerts;
mod attempts;
mod backup;
mod captures;
mod changes;
mod check;
mod connection;
mod encode;
mod error;
mod facts;
mod intern;
mod last;
mod letters;
mod migrate;
mod outbox;
mod pack;
mod payload;
mod problems;
mod readings;
mod record;
mod search;
mod sources;
mod sql;
mod standings;
mod temporary;
mod trail;
mod writer;

pub use alerts::AlertFilter;
pub use backup::{BackupReport, RestoreReport, restore};
pub use captures::{KnownCapture, StoredDocument};
pub use changes::{ChangeFilter, StoredChange};
pub use check::{CheckReport, Finding};
pub use connection::{Reader, Store};
pub use error::StoreError;
pub use letters::{UnansweredAlert, Waiting};
pub use outbox::{DeliveryFilter, OutboxCounts, PendingDelivery, Said, StoredDelivery};
pub use readings::{FullReading, StoredReading};
pub use search::Found;
pub use sources::{SourceState, UnitState};
pub use standings::said;
pub use trail::{Event, EventFilter, Happened, Telling, UnknownEvent};
pub use writer::StoreHandle;
