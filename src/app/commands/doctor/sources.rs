//! A read of each source, or, where a coverd runs, the way to each host.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use url::Url;

use super::finding::Finding;
use crate::app::check::kind;
use crate::app::config::Config;
use crate::app::exit::{Exit, Failure};
use crate::app::wiring;
use crate::io::clock::{Clock, SystemClock};
use crate::io::fetch::{Fetched, FetchedBody, Fetcher};
use crate::model::document::Validators;
use crate::model::request::{Discovery, Request};
use crate::parse::sniff::{Body, classify};
use crate::sources::{Brief, Seen, Source};

/// Longest time for a name or a connection.
const PATIENCE: Duration = Duration::from_secs(20);
/// A clock that is off by more than this gives wrong dates of detection, and refuses good certificates.
const OFF: TimeDelta = TimeDelta::minutes(2);

/// Tells each finding as it comes.
pub(super) async fn look(
    config: &Config,
    is_running: bool,
    found: &mut impl FnMut(Finding) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if is_running {
        for host in hosts(config) {
            found(way(&host).await)?;
        }
        return found(Finding::well(
            "sources",
            "left to the running coverd, so that no host is asked too often (`coverd check` asks it to look now)",
        ));
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let fetcher = match wiring::fetcher(config, clock) {
        Ok(fetcher) => fetcher,
        Err(failure) => {
            return found(
                Finding::wrong("sources", Exit::Configuration, failure)
                    .remedied("set fetch.contact: an address at which CMS can reach you"),
            );
        }
    };
    let mut skew = None;
    for source in wiring::enabled(config) {
        let (finding, seen) = read(config, source.as_ref(), &fetcher).await;
        skew = skew.or(seen);
        found(finding)?;
    }
    match skew {
        Some(skew) if skew.abs() > OFF => found(
            Finding::wrong(
                "clock",
                Exit::Unexpected,
                format!(
                    "this machine's is off by {} s against the hosts'",
                    skew.num_seconds()
                ),
            )
            .remedied("set it: `timedatectl set-ntp true`"),
        ),
        Some(_) => found(Finding::well("clock", "agrees with the hosts'")),
        None => Ok(()),
    }
}

/// Asks for the first document that the source would ask for.
async fn read(
    config: &Config,
    source: &dyn Source,
    fetcher: &Fetcher,
) -> (Finding, Option<TimeDelta>) {
    let meta = source.meta();
    let what = format!("source {}", meta.id);
    let brief = Brief {
        today: SystemClock.now().date_naive(),
        watch: &config.watch,
        since_year: config.sources.since_year,
    };
    let first = match source.discover(&Seen::new(), &[], &brief) {
        Ok(Discovery::Fetch(requests)) => requests.into_iter().next(),
        Ok(Discovery::Complete { units, .. }) => units.into_iter().next().map(|unit| unit.request),
        Err(shape) => return (Finding::wrong(what, Exit::Unexpected, shape), None),
    };
    let Some(request) = first else {
        return (Finding::well(what, "nothing to read is configured"), None);
    };
    match fetcher.fetch(&request, &Validators::default()).await {
        Err(error) => {
            let wrong = Finding::wrong(what, Exit::SourceUnreadable, &error);
            (wrong.remedied("it is asked again on schedule; where it stays so, look at the address in a browser on this machine's network"), None)
        }
        Ok(answer) => (judged(what, &request, &answer), skew(&answer)),
    }
}

/// Status 200 may still be a challenge or a page of errors.
fn judged(what: String, request: &Request, fetched: &Fetched) -> Finding {
    let FetchedBody::Bytes(bytes) = &fetched.body else {
        return Finding::well(what, format!("{} answers", request.url));
    };
    match classify(kind(request.expect), fetched.content_type(), bytes) {
        Body::Content => Finding::well(
            what,
            format!("{} answers, {} bytes", request.url, bytes.len()),
        ),
        other => Finding::wrong(
            what,
            Exit::SourceUnreadable,
            format!("{} answers with something else: {other:?}", request.url),
        )
        .remedied("open the address in a browser; CMS may be refusing this machine, or its page is being moved"),
    }
}

/// How far this machine's clock is ahead of the host's.
fn skew(fetched: &Fetched) -> Option<TimeDelta> {
    let date = httpdate::parse_http_date(fetched.header("date")?).ok()?;
    // A cache may have kept the answer for a while, with its date.
    if fetched.header("age").is_some_and(|age| age.trim() != "0") {
        return None;
    }
    Some(fetched.at - DateTime::<Utc>::from(date))
}

/// Where the enabled sources are asked, by their real addresses or those that stand for them.
fn hosts(config: &Config) -> BTreeSet<(String, u16)> {
    let mut origins: BTreeSet<String> = BTreeSet::new();
    for source in wiring::enabled(config) {
        let of_pages = wiring::page_origins(config);
        let pages = of_pages
            .iter()
            .map(|url| url.origin().ascii_serialization());
        let own = source
            .meta()
            .origins
            .iter()
            .map(|&origin| origin.to_owned());
        origins.extend(own.chain(pages));
    }
    let placed = origins.into_iter().map(|origin| {
        let moved = config.fetch.origins.get(&origin).cloned();
        moved.unwrap_or(origin)
    });
    placed
        .filter_map(|origin| {
            let url = Url::parse(&origin).ok()?;
            Some((url.host_str()?.to_owned(), url.port_or_known_default()?))
        })
        .collect()
}

async fn way((host, port): &(String, u16)) -> Finding {
    let what = format!("host {host}");
    let wrong = |found: String, remedy: &str| {
        Finding::wrong(what.clone(), Exit::SourceUnreadable, found).remedied(remedy)
    };
    let asked = timeout(
        PATIENCE,
        lookup_host((host.trim_matches(['[', ']']), *port)),
    )
    .await;
    let address = match asked {
        Ok(Ok(mut addresses)) => addresses.next(),
        Ok(Err(error)) => {
            return wrong(
                format!("no address ({error})"),
                "look at the name servers of this machine (/etc/resolv.conf)",
            );
        }
        Err(_) => None,
    };
    let Some(address) = address else {
        return wrong(
            "no name server answers".to_owned(),
            "look at the network of this machine",
        );
    };
    match timeout(PATIENCE, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Finding::well(what.clone(), format!("{address} is open")),
        Ok(Err(error)) => wrong(
            format!("{address}: {error}"),
            "a firewall or proxy keeps coverd from it",
        ),
        Err(_) => wrong(
            format!("{address} does not answer"),
            "a firewall or proxy keeps coverd from it",
        ),
    }
}
