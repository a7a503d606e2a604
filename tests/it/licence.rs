//! The licence token of the coverage API: asked for when it may be, renewed when it must be, shown to
//! nobody else.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use coverd::io::clock::SetClock;
use coverd::io::fetch::{FailureKind, FetchConfig, FetchError, Fetched, Fetcher};
use coverd::model::document::Validators;
use coverd::model::request::{Access, Expect, Request};

use crate::harness::cms::{Answer, FakeCms};

const AGREEMENT: &str = "https://api.coverage.cms.gov/v1/metadata/license-agreement/";
const LCD: &str = "https://api.coverage.cms.gov/v1/data/lcd/?lcdid=1&ver=1";
const OPEN: &str = "https://api.coverage.cms.gov/v1/reports/national-coverage-ncd/";

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_601_467_200, 0).unwrap()
}

fn config(cms: &FakeCms) -> FetchConfig {
    let mut config = FetchConfig::new("mailto:it@practice.example");
    config.origins = cms.origins();
    config.host_interval = Duration::ZERO;
    config.retry.attempts = 1;
    config.coverage_licence = true;
    config
}

fn token(name: &str) -> Answer {
    Answer::json(&format!("{{\"data\":[{{\"Token\":\"{name}\"}}]}}"))
}

fn lcd() -> Request {
    Request::new(LCD, Expect::Json).access(Access::CoverageLicence)
}

async fn get(fetcher: &Fetcher, request: &Request) -> Result<Fetched, FetchError> {
    fetcher.fetch(request, &Validators::default()).await
}

/// What each request for the address carried.
fn shown(cms: &FakeCms, url: &str) -> Vec<Option<String>> {
    let hits = cms.hits(url);
    let headers = hits.iter().map(|hit| hit.header("authorization"));
    headers.map(|text| text.map(str::to_owned)).collect()
}

fn bearer(names: &[&str]) -> Vec<Option<String>> {
    names
        .iter()
        .map(|name| Some(format!("Bearer {name}")))
        .collect()
}

#[tokio::test]
async fn it_is_asked_for_once_kept_and_renewed_before_it_ends() {
    let cms = FakeCms::start();
    cms.serve_in_turn(AGREEMENT, [token("one"), token("two")]);
    cms.serve(LCD, Answer::json("{}"));
    cms.serve(OPEN, Answer::json("{}"));
    let clock = Arc::new(SetClock::new(noon()));
    let fetcher = Fetcher::new(config(&cms), Arc::clone(&clock) as _).unwrap();
    get(&fetcher, &Request::new(OPEN, Expect::Json))
        .await
        .unwrap();
    assert_eq!(cms.hits(AGREEMENT).len(), 0, "nobody needed it");
    let request = lcd();
    let both = tokio::join!(get(&fetcher, &request), get(&fetcher, &request));
    assert!(both.0.is_ok() && both.1.is_ok());
    clock.set(noon() + TimeDelta::minutes(49));
    get(&fetcher, &lcd()).await.unwrap();
    clock.set(noon() + TimeDelta::minutes(50));
    get(&fetcher, &lcd()).await.unwrap();
    // The clock was set back: nobody knows how old the token is.
    clock.set(noon() + TimeDelta::minutes(10));
    get(&fetcher, &lcd()).await.unwrap();
    assert_eq!(
        shown(&cms, LCD),
        bearer(&["one", "one", "one", "two", "two"])
    );
    assert_eq!(shown(&cms, AGREEMENT), [None, None, None]);
    get(&fetcher, &Request::new(OPEN, Expect::Json))
        .await
        .unwrap();
    assert_eq!(
        shown(&cms, OPEN),
        [None, None],
        "what is open is asked for without it"
    );
}

#[tokio::test]
async fn it_is_renewed_once_when_it_is_refused_and_not_for_other_refusals() {
    let cms = FakeCms::start();
    cms.serve_in_turn(AGREEMENT, [token("one"), token("two"), token("three")]);
    let answers = [Answer::json("{}"), Answer::status(401), Answer::json("{}")];
    cms.serve_in_turn(LCD, answers.into_iter().chain([Answer::status(401)]));
    let fetcher = Fetcher::new(config(&cms), Arc::new(SetClock::new(noon()))).unwrap();
    get(&fetcher, &lcd()).await.unwrap();
    get(&fetcher, &lcd()).await.unwrap();
    assert_eq!(shown(&cms, LCD), bearer(&["one", "one", "two"]));
    // Refused for good: one renewal, one more request, no more.
    let error = get(&fetcher, &lcd()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (FailureKind::Blocked, Some(401))
    );
    assert_eq!(shown(&cms, LCD)[3..], bearer(&["two", "three"]));
    cms.serve(LCD, Answer::status(403));
    let error = get(&fetcher, &lcd()).await.unwrap_err();
    assert_eq!(error.status(), Some(403));
    assert_eq!((cms.hits(LCD).len(), cms.hits(AGREEMENT).len()), (6, 3));
}

#[tokio::test]
async fn it_is_not_shown_elsewhere_nor_kept_nor_told() {
    let cms = FakeCms::start();
    let secret = "5ecret-t0ken";
    cms.serve(AGREEMENT, token(secret));
    let elsewhere = "https://www.cms.gov/elsewhere";
    let back = "https://api.coverage.cms.gov/back";
    cms.serve(LCD, Answer::redirect(302, elsewhere));
    cms.serve(elsewhere, Answer::redirect(302, back));
    cms.serve(back, Answer::json("{}").header("x-served", "1"));
    let fetcher = Fetcher::new(config(&cms), Arc::new(SetClock::new(noon()))).unwrap();
    let answer = get(&fetcher, &lcd()).await.unwrap();
    assert_eq!(shown(&cms, LCD), bearer(&[secret]));
    assert_eq!(shown(&cms, elsewhere), [None]);
    assert_eq!(shown(&cms, back), bearer(&[secret]));
    // What is kept of the answer, and what a log may show of the fetcher.
    let kept = format!("{answer:?} {:?} {fetcher:?}", answer.capture(None));
    assert!(!kept.contains(secret), "{kept}");
    cms.serve(LCD, Answer::status(500));
    let error = get(&fetcher, &lcd()).await.unwrap_err();
    assert!(!format!("{error:?} {error}").contains(secret));
}

#[tokio::test]
async fn it_is_asked_for_only_when_the_terms_are_accepted() {
    let cms = FakeCms::start();
    let mut config = config(&cms);
    config.coverage_licence = false;
    let fetcher = Fetcher::new(config, Arc::new(SetClock::new(noon()))).unwrap();
    let error = get(&fetcher, &lcd()).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::NotAllowed);
    assert!(error.why().contains("accept_terms"), "{error}");
    assert_eq!(cms.all_hits().len(), 0);
}

#[tokio::test]
async fn an_agreement_without_a_token_is_an_error_that_says_so() {
    let cms = FakeCms::start();
    cms.serve(LCD, Answer::json("{}"));
    for (answer, why) in [
        (Answer::json("{\"data\":[]}"), "without a licence token"),
        (Answer::html("<p>Sorry</p>"), "without a licence token"),
        (Answer::status(503), "503"),
    ] {
        cms.serve(AGREEMENT, answer);
        let fetcher = Fetcher::new(config(&cms), Arc::new(SetClock::new(noon()))).unwrap();
        let error = get(&fetcher, &lcd()).await.unwrap_err();
        assert!(
            error.why().contains(why) && error.url() == AGREEMENT,
            "{error}"
        );
    }
    assert_eq!(cms.hits(LCD).len(), 0);
}

#[tokio::test]
async fn asking_for_it_waits_its_turn_at_the_host() {
    let cms = FakeCms::start();
    cms.serve(AGREEMENT, token("one"));
    cms.serve(LCD, Answer::json("{}"));
    let mut config = config(&cms);
    config.host_interval = Duration::from_millis(200);
    config.host_concurrency = 1;
    let fetcher = Fetcher::new(config, Arc::new(SetClock::new(noon()))).unwrap();
    get(&fetcher, &lcd()).await.unwrap();
    assert_eq!(cms.all_hits().len(), 2);
    let between = cms.shortest_interval("api.coverage.cms.gov").unwrap();
    assert!(between >= Duration::from_millis(150), "{between:?}");
    assert_eq!(cms.most_at_a_time("api.coverage.cms.gov"), 1);
}
