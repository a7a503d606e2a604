//! From the configuration to a running program: the one place where all parts are put together.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::Notify;
use url::Url;

use super::channels::channels;
use super::config::{Config, watch_digest};
use super::exit::{Classify, Exit, Failure};
use super::heartbeat::Heart;
use super::latest::Latest;
use super::state::{AckLinks, App, Limits, Scheduled};
use crate::ask::SourceInfo;
use crate::engine::schedule::Plan;
use crate::io::blobs::Blobs;
use crate::io::channels::ping::Ping;
use crate::io::clock::{Clock, SystemClock};
use crate::io::fetch::{FetchConfig, Fetcher};
use crate::io::pdf::{PdfConfig, PdfReader};
use crate::io::recording::Web;
use crate::io::store::{Reader, Store, StoreHandle};
use crate::render::mail::Envelope;
use crate::sources::local_coverage::TERMS;
use crate::sources::{self, Source};
use crate::web::{Setup, WebConfig};

/// Name of the database file in the store's folder.
pub const DATABASE: &str = "coverd.db";

/// The database file in the store's folder.
pub fn database(config: &Config) -> PathBuf {
    config.store.join(DATABASE)
}

/// Opens the documents of the store.
pub fn open_blobs(config: &Config) -> anyhow::Result<Blobs> {
    let folder = config.store.join("documents");
    Blobs::open(&folder)
        .with_context(|| format!("cannot open the documents in {}", folder.display()))
}

/// Opens the database for questions, also while a daemon writes it.
pub fn open_reader(config: &Config) -> Result<Reader, Failure> {
    let path = database(config);
    if !path.exists() {
        return Err(Failure::message(
            Exit::Configuration,
            format!("there is no store in {} yet", config.store.display()),
        )
        .next("run `coverd check`, or name the right configuration with --config"));
    }
    Reader::open(&path)
        .with_context(|| format!("cannot open {}", path.display()))
        .or_exit(Exit::Unexpected)
}

/// The program on the network and the system's clock.
pub fn on_network(config: &Config) -> Result<Arc<App>, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let fetcher = fetcher(config, Arc::clone(&clock))?;
    app(config, clock, Web::Network(fetcher))
}

/// What asks the hosts, within the configured limits.
///
/// # Errors
/// When nobody says whom the hosts may reach about the requests, or TLS cannot be set up.
pub fn fetcher(config: &Config, clock: Arc<dyn Clock>) -> Result<Fetcher, Failure> {
    let mut fetch = FetchConfig::new(&config.fetch.contact);
    let sources: Vec<Arc<dyn Source>> = enabled(config).collect();
    let origins = sources.iter().flat_map(|source| source.meta().origins);
    let pages = page_origins(config);
    let strangers = pages.iter().filter(|url| !is_loopback(config, url));
    let strangers: Vec<String> = strangers
        .map(|url| url.origin().ascii_serialization())
        .collect();
    fetch.user_agent = config
        .user_agent(origins.copied().chain(strangers.iter().map(String::as_str)))
        .or_exit(Exit::Configuration)?;
    fetch.connect_timeout = config.fetch.connect_timeout;
    fetch.read_timeout = config.fetch.read_timeout;
    fetch.attempt_timeout = config.fetch.total_timeout;
    fetch.host_interval = config.fetch.min_interval;
    fetch.origins.clone_from(&config.fetch.origins);
    admit_pages(&mut fetch, config);
    let local = &config.sources.settings.local_coverage;
    fetch.coverage_licence = local.terms_accepted && is_enabled(config, "local_coverage");
    let largest = usize::try_from(config.fetch.max_bytes).unwrap_or(usize::MAX);
    fetch.max_bytes.zip = largest;
    fetch.max_bytes.html = fetch.max_bytes.html.min(largest);
    fetch.max_bytes.json = fetch.max_bytes.json.min(largest);
    fetch.max_bytes.file = fetch.max_bytes.file.min(largest);
    Fetcher::new(fetch, clock).or_exit(Exit::Configuration)
}

/// Where the configured pages are.
pub fn page_origins(config: &Config) -> Vec<Url> {
    if !is_enabled(config, "page") {
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let pages = config.sources.settings.pages.iter();
    let urls = pages.filter_map(|page| Url::parse(&page.url).ok());
    urls.filter(|url| seen.insert(url.origin().ascii_serialization()))
        .collect()
}

fn is_loopback(config: &Config, url: &Url) -> bool {
    let origin = url.origin().ascii_serialization();
    config.fetch.loopback.contains(&origin)
}

/// Lets the hosts of the configured pages be asked, and those origins of this machine that the
/// configuration names. Their `Last-Modified` is sent back; that of CMS's hosts is known to lie.
pub fn admit_pages(fetch: &mut FetchConfig, config: &Config) {
    for url in &page_origins(config) {
        let Some(host) = url.host_str() else { continue };
        if host != "cms.gov" && !host.ends_with(".cms.gov") {
            fetch.trusted_last_modified.push(host.to_owned());
        }
        if !is_loopback(config, url) {
            fetch.allowed_hosts.push(host.to_owned());
        }
    }
    for origin in &config.fetch.loopback {
        // A name is not looked up: nobody else may say where it leads.
        let place = origin.replacen("//localhost", "//127.0.0.1", 1);
        fetch.origins.insert(origin.clone(), place);
    }
}

/// The program on any web and clock.
pub fn app(config: &Config, clock: Arc<dyn Clock>, web: Web) -> Result<Arc<App>, Failure> {
    create_private(&config.store)?;
    let path = database(config);
    let mut store = Store::open(&path)
        .with_context(|| format!("cannot open {}", path.display()))
        .or_exit(Exit::Unexpected)?;
    let links = ack_links(config, &mut store)?;
    let learned = store.read().latest_learned().or_exit(Exit::Unexpected)?;
    let store = StoreHandle::start(store).or_exit(Exit::Unexpected)?;
    let channels = channels(config, &clock)?;
    let hooks = config.hooks.iter().map(|hook| hook.to.clone());
    Ok(Arc::new(App {
        clock,
        web,
        channels,
        watch: Arc::new(config.watch.clone()),
        watch_digest: watch_digest(&config.watch),
        since_year: config.sources.since_year,
        yearly_units: config.practice.yearly_units.clone(),
        recipients: config.recipients.iter().cloned().chain(hooks).collect(),
        envelope: envelope(config),
        escalation: config.escalation.clone(),
        links,
        heart: heart(config)?,
        learned: Latest::new(learned),
        infos: source_infos(config)?,
        sources: scheduled(config)?,
        limits: Limits {
            extract: Duration::from_mins(5),
            check: Duration::from_hours(3),
            confirm: Duration::from_secs(20),
            look_again: Duration::from_secs(30),
        },
        outbox_filled: Notify::new(),
        database: path,
        store,
        blobs: Arc::new(open_blobs(config)?),
        pdf: PdfReader::new(PdfConfig::new(
            config.fetch.pdf_program.clone(),
            config.fetch.pdf_command.clone(),
        )),
    }))
}

fn heart(config: &Config) -> Result<Option<Heart>, Failure> {
    let Some(heartbeat) = &config.heartbeat else {
        return Ok(None);
    };
    let ping = Ping::new(heartbeat.url.clone()).or_exit(Exit::Configuration)?;
    Ok(Some(Heart {
        ping,
        every: heartbeat.every,
    }))
}

fn scheduled(config: &Config) -> Result<BTreeMap<&'static str, Scheduled>, Failure> {
    let mut scheduled = BTreeMap::new();
    for source in enabled(config) {
        let meta = source.meta();
        let plan = plan(config, source.as_ref()).or_exit(Exit::Configuration)?;
        scheduled.insert(meta.id, Scheduled::new(source, plan));
    }
    Ok(scheduled)
}

/// The sources that are read.
pub fn enabled(config: &Config) -> impl Iterator<Item = Arc<dyn Source>> {
    sources::all(&config.sources.settings)
        .into_iter()
        .filter(|source| source.is_configured() && is_enabled(config, source.meta().id))
}

fn is_enabled(config: &Config, source: &str) -> bool {
    let settings = config.sources.by_id.get(source);
    settings.is_none_or(|settings| settings.enabled)
}

/// What the links are made of by which alerts are acknowledged on the page, where both are in use.
fn ack_links(config: &Config, store: &mut Store) -> Result<Option<AckLinks>, Failure> {
    let Some(web) = config
        .web
        .as_ref()
        .filter(|_| config.escalation.after_days > 0)
    else {
        return Ok(None);
    };
    let mut made = [0; 32];
    let random =
        std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut made));
    random
        .context("the system gives no randomness (/dev/urandom)")
        .or_exit(Exit::Unexpected)?;
    let key = store
        .secret("acknowledge links", &made)
        .or_exit(Exit::Unexpected)?;
    Ok(Some(AckLinks {
        base: web.base(),
        key,
    }))
}

/// What the page is made of; `None` when it is off.
///
/// # Errors
/// When a schedule is none.
pub fn page(config: &Config, clock: Arc<dyn Clock>) -> Result<Option<Setup>, Failure> {
    let Some(web) = &config.web else {
        return Ok(None);
    };
    Ok(Some(Setup {
        config: web.clone(),
        envelope: envelope(config),
        clock,
        database: database(config),
        watch: Arc::new(config.watch.clone()),
        sources: source_infos(config)?,
        yearly_units: config.practice.yearly_units.clone(),
        replayed: config.store.join("replayed").exists(),
        // The service puts its own there.
        acknowledge: None,
    }))
}

/// Every source there is, as it is configured.
///
/// # Errors
/// When a schedule is none.
pub fn source_infos(config: &Config) -> Result<Vec<SourceInfo>, Failure> {
    let all = sources::all(&config.sources.settings);
    let terms = config.sources.settings.local_coverage.terms_accepted;
    all.iter()
        .map(|source| {
            let meta = source.meta();
            Ok(SourceInfo {
                id: meta.id,
                title: meta.title,
                home: meta.home,
                about: meta.about,
                unseen: meta.unseen,
                schedule: plan(config, source.as_ref())?.to_string(),
                enabled: source.is_configured() && is_enabled(config, meta.id),
                terms: (meta.id == "local_coverage" && terms).then_some(TERMS),
            })
        })
        .collect()
}

/// The schedule of a source: the configured one, else its own.
pub fn plan(config: &Config, source: &dyn Source) -> anyhow::Result<Plan> {
    let meta = source.meta();
    let configured = config
        .sources
        .by_id
        .get(meta.id)
        .and_then(|settings| settings.schedule.as_deref());
    Plan::parse(configured.unwrap_or(meta.schedule))
        .with_context(|| format!("sources.{}.schedule", meta.id))
}

/// What all mails have in common.
pub fn envelope(config: &Config) -> Envelope {
    let host = config
        .mail
        .from
        .rsplit_once('@')
        .map_or("localhost", |(_, host)| host);
    Envelope {
        from_name: config.mail.from_name.clone(),
        from_address: config.mail.from.clone(),
        reply_to: None,
        list_host: format!("coverd.{host}"),
        zone: config.practice.zone,
        practice: config.practice.name.clone(),
        asks_to_acknowledge: config.escalation.after_days > 0,
        page: config
            .web
            .as_ref()
            .map_or_else(String::new, WebConfig::base),
        acknowledge_link: String::new(),
    }
}

/// Makes the folder of the store; what is in it is for its owner and group alone.
pub fn create_private(folder: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o750)
        .create(folder)
        .with_context(|| {
            format!(
                "cannot create the folder of the store, {}",
                folder.display()
            )
        })
        .or_exit(Exit::Unexpected)
        .map_err(|failure| failure.next("name a folder that coverd may write with [store] dir"))
}
