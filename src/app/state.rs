//! Everything a running coverd works with, built once by [`super::wiring`], and its access to the
//! store: short questions sent to the writer thread, so that no transaction spans the network.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use tokio::sync::{Mutex, MutexGuard, Notify};

use super::check::AtWork;
use super::config::Escalation;
use super::heartbeat::Heart;
use super::latest::Latest;
use crate::ask::SourceInfo;
use crate::engine::schedule::Plan;
use crate::io::blobs::{Blobs, hash_of};
use crate::io::channels::Channels;
use crate::io::clock::Clock;
use crate::io::pdf::PdfReader;
use crate::io::recording::{Recording, Web};
use crate::io::store::{
    FullReading, KnownCapture, Reader, SourceState, StoreError, StoreHandle, StoredReading,
    UnitState,
};
use crate::model::code::HcpcsCode;
use crate::model::delivery::Recipient;
use crate::model::document::{DocumentHash, Validators};
use crate::model::fact::Fact;
use crate::model::health::OpenProblem;
use crate::model::record::{CheckRecord, Standing};
use crate::model::topic::Topic;
use crate::model::watch::Watch;
use crate::render::mail::Envelope;
use crate::sources::Source;

/// Deadlines that keep one source from holding up anything else.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For the extractor on one document.
    pub extract: Duration,
    /// For one check of one source, politeness included: a first reading of all releases and records
    /// takes a quarter of an hour.
    pub check: Duration,
    /// How long after a surprising answer of an unstable page it is asked again.
    pub confirm: Duration,
    /// How often the service looks at the clock, so that one that is set or stood still is noticed.
    pub look_again: Duration,
}

/// A source with its schedule, and the turn that only one check of it can have.
pub struct Scheduled {
    /// The source.
    pub source: Arc<dyn Source>,
    /// When it is due.
    pub plan: Plan,
    /// What its code is at work on.
    pub at_work: AtWork,
    turn: Mutex<()>,
}

impl Scheduled {
    /// A source with its schedule.
    pub fn new(source: Arc<dyn Source>, plan: Plan) -> Self {
        Self {
            source,
            plan,
            at_work: AtWork::default(),
            turn: Mutex::new(()),
        }
    }

    /// The only turn to check the source; released when it is dropped.
    pub async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}

impl std::fmt::Debug for Scheduled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduled")
            .field("source", &self.source.meta().id)
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

/// What the links are made of by which alerts are acknowledged on the page.
#[derive(Clone, PartialEq, Eq)]
pub struct AckLinks {
    /// The address of the page, without a slash at its end.
    pub base: String,
    /// What they are signed with.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for AckLinks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AckLinks")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// The running program.
pub struct App {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where documents come from.
    pub web: Web,
    /// The ways out.
    pub channels: Channels,
    /// What is watched.
    pub watch: Arc<Watch>,
    /// What a reading is made for: changes when other facts have to be drawn from documents.
    pub watch_digest: String,
    /// First calendar year whose releases are read.
    pub since_year: i32,
    /// Units that the practice bills in a year.
    pub yearly_units: BTreeMap<HcpcsCode, u32>,
    /// Who is told.
    pub recipients: Vec<Recipient>,
    /// What all mails have in common.
    pub envelope: Envelope,
    /// Whom to tell what nobody acknowledged.
    pub escalation: Escalation,
    /// How alerts are acknowledged on the page; `None` where they are not.
    pub links: Option<AckLinks>,
    /// Whom to tell that all is well; `None` where nobody waits for it.
    pub heart: Option<Heart>,
    /// The sources as configured, those that are off as well.
    pub infos: Vec<SourceInfo>,
    /// The sources that are read, by id.
    pub sources: BTreeMap<&'static str, Scheduled>,
    /// Deadlines.
    pub limits: Limits,
    /// The latest capture that anything known was learned from.
    pub(super) learned: Latest,
    /// Rung when the outbox has something new.
    pub outbox_filled: Notify,
    /// The database file, for readers.
    pub database: PathBuf,
    pub(super) store: StoreHandle,
    pub(super) blobs: Arc<Blobs>,
    /// Takes the text out of PDFs.
    pub(super) pdf: PdfReader,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("sources", &self.sources)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

impl App {
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> anyhow::Result<T> {
        Ok(self.store.run(|store| question(store.read())).await?)
    }

    /// Commits one step.
    pub async fn record(&self, record: CheckRecord) -> anyhow::Result<()> {
        if !record.captures.is_empty() {
            // A document is on disk before anything speaks of it.
            let blobs = Arc::clone(&self.blobs);
            tokio::task::spawn_blocking(move || blobs.flush()).await??;
        }
        self.store
            .run(move |store| store.record_check(&record))
            .await
            .context("nothing of this step was recorded")
    }

    /// Puts bytes into the archive; they are on disk when this returns.
    pub async fn keep(&self, bytes: Arc<[u8]>) -> anyhow::Result<DocumentHash> {
        let blobs = Arc::clone(&self.blobs);
        Ok(tokio::task::spawn_blocking(move || blobs.put(&bytes)).await??)
    }

    /// The same for bytes that are probably like those of another document.
    pub async fn keep_like(
        &self,
        bytes: Arc<[u8]>,
        like: DocumentHash,
    ) -> anyhow::Result<DocumentHash> {
        let blobs = Arc::clone(&self.blobs);
        Ok(tokio::task::spawn_blocking(move || blobs.put_like(&bytes, &like)).await??)
    }

    /// Puts bytes whose hash is known into the archive, together with others: they are on disk before
    /// a record is committed that has captures.
    pub async fn gather(&self, hash: DocumentHash, bytes: Arc<[u8]>) -> anyhow::Result<()> {
        let blobs = Arc::clone(&self.blobs);
        Ok(tokio::task::spawn_blocking(move || blobs.gather(hash, bytes)).await??)
    }

    /// Takes bytes from the archive.
    pub async fn load(&self, hash: DocumentHash) -> anyhow::Result<Arc<[u8]>> {
        let blobs = Arc::clone(&self.blobs);
        Ok(tokio::task::spawn_blocking(move || blobs.get(&hash)).await??)
    }

    /// The last successful capture of an address whose bytes were read.
    pub async fn latest_capture(&self, url: &str) -> anyhow::Result<Option<KnownCapture>> {
        let url = url.to_owned();
        self.ask(move |reader| reader.latest_capture(&url)).await
    }

    /// When these bytes were first captured here.
    pub async fn first_capture(
        &self,
        document: DocumentHash,
    ) -> anyhow::Result<Option<DateTime<Utc>>> {
        self.ask(move |reader| reader.first_capture(&document))
            .await
    }

    /// What to make the next request of an address conditional with.
    pub async fn validators(&self, url: &str) -> anyhow::Result<Validators> {
        let url = url.to_owned();
        Ok(self
            .ask(move |reader| reader.validators(&url))
            .await?
            .unwrap_or_default())
    }

    /// How a source stood after its last check.
    pub async fn source_state(&self, source: &'static str) -> anyhow::Result<Option<SourceState>> {
        self.ask(move |reader| reader.source_state(source)).await
    }

    /// How the units of a source stand of which only news is kept.
    pub async fn standings(&self, source: &'static str) -> anyhow::Result<Vec<Standing>> {
        self.ask(move |reader| reader.standings(source)).await
    }

    /// What is known of a unit.
    pub async fn unit_state(
        &self,
        source: &'static str,
        unit: &str,
    ) -> anyhow::Result<Option<UnitState>> {
        let unit = unit.to_owned();
        self.ask(move |reader| reader.unit_state(source, &unit))
            .await
    }

    /// The reading of these bytes for a unit.
    pub async fn reading_of(
        &self,
        source: &'static str,
        unit: &str,
        document: DocumentHash,
    ) -> anyhow::Result<Option<StoredReading>> {
        let unit = unit.to_owned();
        self.ask(move |reader| reader.reading_of(&document, source, &unit))
            .await
    }

    /// The readings of a source that count, oldest first.
    pub async fn readings(&self, source: &'static str) -> anyhow::Result<Vec<StoredReading>> {
        self.ask(move |reader| reader.readings(source)).await
    }

    /// Every topic that a source ever spoke of.
    pub async fn topics(&self, source: &'static str) -> anyhow::Result<Vec<Topic>> {
        self.ask(move |reader| reader.topics(source)).await
    }

    /// The topics at the stage of a rule.
    pub async fn staged_topics(&self) -> anyhow::Result<Vec<Topic>> {
        self.ask(Reader::staged_topics).await
    }

    /// The readings of full lists of a source.
    pub async fn full_readings(&self, source: &'static str) -> anyhow::Result<Vec<FullReading>> {
        self.ask(move |reader| reader.full_readings(source)).await
    }

    /// All facts about some topics.
    pub async fn facts(&self, topics: Vec<Topic>) -> anyhow::Result<Vec<Fact>> {
        self.ask(move |reader| reader.facts(&topics)).await
    }

    /// What is believed by the documents of one unit.
    pub async fn unit_facts(&self, source: &'static str, unit: &str) -> anyhow::Result<Vec<Fact>> {
        let unit = unit.to_owned();
        self.ask(move |reader| {
            let mut facts = reader.facts(&reader.topics(source)?)?;
            facts.retain(|fact| fact.origin.source == source && fact.origin.edition.name == unit);
            Ok(facts)
        })
        .await
    }

    /// Problems of a source that are not over.
    pub async fn open_problems(&self, source: &'static str) -> anyhow::Result<Vec<OpenProblem>> {
        self.ask(move |reader| reader.open_problems(source)).await
    }

    /// When a source is due; at once when it was never read.
    pub async fn due(&self, source: &'static str) -> anyhow::Result<DateTime<Utc>> {
        Ok(self
            .source_state(source)
            .await?
            .map_or_else(|| self.clock.now(), |state| state.next_due))
    }

    /// The schedule of a source.
    pub fn plan(&self, source: &str) -> Option<&Plan> {
        self.sources.get(source).map(|scheduled| &scheduled.plan)
    }

    /// The recording that is replayed, and the time of the replay; `None` on the network.
    pub fn replayed(&self) -> Option<(&Recording, DateTime<Utc>)> {
        match &self.web {
            Web::Recorded(recording, clock) => Some((recording, clock.now())),
            Web::Network(_) => None,
        }
    }

    /// A short name derived from a text.
    pub fn short_id(text: &str) -> String {
        hash_of(text.as_bytes()).short()
    }
}
