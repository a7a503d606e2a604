//! What the page works with: its settings, what is watched, and readers of the store.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;
use url::Url;

use super::access::Access;
use super::error::WebError;
use super::overview::Overviews;
use crate::ask::SourceInfo;
use crate::io::clock::Clock;
use crate::io::store::{Reader, StoreError};
use crate::model::code::HcpcsCode;
use crate::model::delivery::Acknowledgement;
use crate::model::topic::Place;
use crate::model::watch::Watch;
use crate::render::mail::Envelope;

/// Questions to the store at one time; more of them wait.
const READERS: usize = 3;

/// How the page is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct WebConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The address that people use, where it is another: behind a proxy that holds the certificate.
    pub public: Option<Url>,
    /// Further names by which it may be asked for, lower case, without a port.
    pub hosts: Vec<String>,
    /// The argon2 hash of the password; without one everybody who reaches it may read.
    pub password_hash: Option<String>,
}

impl WebConfig {
    /// The address that people use, without a slash at its end.
    pub fn base(&self) -> String {
        let public = self.public.as_ref().map(Url::as_str);
        let own = || format!("http://{}", self.listen);
        let base = public.map_or_else(own, ToOwned::to_owned);
        base.trim_end_matches('/').to_owned()
    }
}

impl fmt::Debug for WebConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebConfig")
            .field("listen", &self.listen)
            .field("public", &self.public.as_ref().map(Url::as_str))
            .field("hosts", &self.hosts)
            .field("password", &self.password_hash.is_some())
            .finish()
    }
}

/// Everything that the page is made of beside the store's content.
#[derive(Clone)]
pub struct Setup {
    /// How it is reached.
    pub config: WebConfig,
    /// The practice, its zone and who its mails are from: the feed says what they say.
    pub envelope: Envelope,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The database.
    pub database: PathBuf,
    /// What is watched.
    pub watch: Arc<Watch>,
    /// Units that the practice furnishes in a year, by code.
    pub yearly_units: BTreeMap<HcpcsCode, u32>,
    /// The sources, as configured.
    pub sources: Vec<SourceInfo>,
    /// Whether the store was filled by a replay: no source is expected to be fresh.
    pub replayed: bool,
    /// Where acknowledgements go; `None` when nobody is asked for them.
    pub acknowledge: Option<AckDesk>,
}

/// Keeps an acknowledgement; what went wrong is said in words.
pub type KeepAck = dyn Fn(Acknowledgement) -> BoxFuture<'static, Result<(), String>> + Send + Sync;

impl fmt::Debug for AckDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AckDesk")
    }
}

/// Takes acknowledgements. The page itself cannot write the store.
#[derive(Clone)]
pub struct AckDesk {
    /// The key that links are signed with.
    pub key: Vec<u8>,
    /// Keeps one.
    pub record: Arc<KeepAck>,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("config", &self.config)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// The page at work.
pub(super) struct Site {
    pub(super) setup: Setup,
    pub(super) access: Access,
    pub(super) overviews: Overviews,
    idle: Mutex<Vec<Reader>>,
    turns: Arc<Semaphore>,
}

impl Site {
    pub(super) fn new(setup: Setup) -> Self {
        Self {
            access: Access::new(setup.config.password_hash.clone()),
            overviews: Overviews::default(),
            idle: Mutex::default(),
            turns: Arc::new(Semaphore::new(READERS)),
            setup,
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.setup.clock.now()
    }

    /// The address that people use, without a slash at its end.
    pub(super) fn base(&self) -> String {
        self.setup.config.base()
    }

    /// Where dollars are shown for when nothing else is asked: the practice's first locality, else the
    /// whole country.
    pub(super) fn place(&self) -> Place {
        let first = self.setup.watch.localities.first().cloned();
        first.map_or(Place::National, Place::Locality)
    }

    /// The zone of the practice's days.
    pub(super) fn zone(&self) -> Tz {
        self.setup.envelope.zone
    }

    /// The day on the practice's calendar.
    pub(super) fn today(&self) -> NaiveDate {
        self.now().with_timezone(&self.zone()).date_naive()
    }

    /// Asks the store on a thread for such work. The question goes on when nobody waits for it any
    /// more, and keeps its turn until then.
    pub(super) async fn ask<T, F>(self: &Arc<Self>, question: F) -> Result<T, WebError>
    where
        T: Send + 'static,
        F: FnOnce(&Reader, &Self) -> Result<T, WebError> + Send + 'static,
    {
        let turns = Arc::clone(&self.turns);
        let turn = turns.acquire_owned().await.map_err(|_| WebError::Busy)?;
        let site = Arc::clone(self);
        let work = move || {
            let _turn = turn;
            let reader = site.reader()?;
            let answer = question(&reader, &site);
            site.idle().push(reader);
            answer
        };
        tokio::task::spawn_blocking(work).await.map_err(|defect| {
            tracing::error!("a question of the page ended by a defect: {defect}");
            WebError::Defect
        })?
    }

    fn reader(&self) -> Result<Reader, StoreError> {
        let idle = self.idle().pop();
        idle.map_or_else(|| Reader::open(&self.setup.database), Ok)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Reader>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
