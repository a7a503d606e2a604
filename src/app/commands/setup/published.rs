//! What CMS has published about payment localities: those of its newest release, and the file of ZIP codes.

use std::cell::OnceCell;
use std::sync::Arc;

use chrono::Datelike as _;

use crate::app::config::Config;
use crate::app::exit::{Exit, Failure};
use crate::app::wiring;
use crate::io::blobs::hash_of;
use crate::io::clock::{Clock, SystemClock};
use crate::io::fetch::{FetchedBody, Fetcher};
use crate::model::document::{Document, Validators};
use crate::model::request::{Discovery, Expect, Request, ShapeError, Unit};
use crate::sources::pfs::{
    Checks, FEE_SCHEDULES_URL, Locality, Pfs, ZipCode, ZipPlace, localities, locality_of,
    zip_codes_archive,
};
use crate::sources::{Brief, Seen, Source as _};

/// Most pages that lead to a release.
const ROUNDS: usize = 10;

/// What was fetched is kept for the next question.
pub(super) struct Published<'c> {
    config: &'c Config,
    localities: OnceCell<Vec<Locality>>,
    zip_codes: OnceCell<Document>,
}

impl<'c> Published<'c> {
    pub(super) fn new(config: &'c Config) -> Self {
        Self {
            config,
            localities: OnceCell::new(),
            zip_codes: OnceCell::new(),
        }
    }

    /// Every locality of the newest release.
    pub(super) fn localities(&self) -> Result<&[Locality], Failure> {
        if let Some(found) = self.localities.get() {
            return Ok(found);
        }
        let (unit, archive) = self.fetch(async |fetcher| release(self.config, fetcher).await)?;
        let found =
            localities(&unit.name, &archive.bytes, &Checks::default()).map_err(unreadable)?;
        Ok(self.localities.get_or_init(|| found))
    }

    /// Where a ZIP code is.
    pub(super) fn place_of(&self, zip: &ZipCode) -> Result<ZipPlace, Failure> {
        let archive = if let Some(archive) = self.zip_codes.get() {
            archive
        } else {
            let archive = self.fetch(zip_codes)?;
            self.zip_codes.get_or_init(|| archive)
        };
        locality_of(&archive.bytes, zip).map_err(unreadable)
    }

    fn fetch<T>(
        &self,
        work: impl AsyncFnOnce(&Fetcher) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let fetcher = wiring::fetcher(self.config, clock)?;
        runtime.block_on(work(&fetcher))
    }
}

fn unreadable(shape: ShapeError) -> Failure {
    Failure::message(Exit::SourceUnreadable, shape)
}

/// The newest file of ZIP codes.
async fn zip_codes(fetcher: &Fetcher) -> Result<Document, Failure> {
    let page = document(fetcher, &Request::new(FEE_SCHEDULES_URL, Expect::Html)).await?;
    let archive = zip_codes_archive(&page.bytes, &page.final_url).map_err(unreadable)?;
    document(fetcher, &Request::new(archive, Expect::Zip)).await
}

/// The newest release and its archive, by the way that the source itself goes.
async fn release(config: &Config, fetcher: &Fetcher) -> Result<(Unit, Document), Failure> {
    let source = Pfs::default();
    let today = SystemClock.now().date_naive();
    let brief = Brief {
        today,
        watch: &config.watch,
        // In January the releases of the year may not be there yet.
        since_year: today.year() - 1,
    };
    let (mut seen, mut failed) = (Seen::new(), Vec::new());
    for _ in 0..ROUNDS {
        let discovered = source.discover(&seen, &failed, &brief);
        match discovered.map_err(|shape| Failure::message(Exit::SourceUnreadable, shape))? {
            Discovery::Fetch(requests) => {
                // The newest is listed last or first; of the rest nothing is wanted, but the source knows that.
                for request in requests {
                    match document(fetcher, &request).await {
                        Ok(document) => {
                            seen.insert(request.url.clone(), document);
                        }
                        Err(_) => failed.push(request.url.clone()),
                    }
                }
            }
            Discovery::Complete { units, .. } => {
                let newest = units.into_iter().next_back().ok_or_else(|| {
                    Failure::message(
                        Exit::SourceUnreadable,
                        "CMS lists no release that can be read",
                    )
                })?;
                let archive = document(fetcher, &newest.request).await?;
                return Ok((newest, archive));
            }
        }
    }
    Err(Failure::message(
        Exit::SourceUnreadable,
        "the list of releases leads nowhere",
    ))
}

async fn document(fetcher: &Fetcher, request: &Request) -> Result<Document, Failure> {
    let answer = fetcher.fetch(request, &Validators::default()).await;
    let answer = answer.map_err(|error| Failure::message(Exit::SourceUnreadable, error))?;
    let FetchedBody::Bytes(bytes) = answer.body else {
        return Err(Failure::message(
            Exit::SourceUnreadable,
            "an answer without content",
        ));
    };
    Ok(Document {
        url: answer.url,
        final_url: answer.final_url,
        captured: answer.at,
        hash: hash_of(&bytes),
        bytes: bytes.into(),
        text: None,
    })
}
