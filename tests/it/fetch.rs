//! Fetching over a real socket: limits, the guard, politeness, and what passes for content.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use coverd::io::clock::{Clock, SetClock};
use coverd::io::fetch::{FailureKind, FetchConfig, FetchError, Fetched, FetchedBody, Fetcher};
use coverd::io::recording::{Recording, Web};
use coverd::model::document::Validators;
use coverd::model::request::{Expect, Request};
use coverd::parse::sniff::{Body, Kind, classify};

use crate::harness::cms::{Answer, FakeCms};
use crate::harness::data::real_data;

const PAGE: &str = "https://www.cms.gov/page";
const FILE: &str = "https://downloads.cms.gov/file.zip";

/// 30 September 2020, noon.
fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_601_467_200, 0).unwrap()
}

/// Quick pauses, generous deadlines: a slow machine must not fail a test.
fn config(cms: &FakeCms) -> FetchConfig {
    let mut config = FetchConfig::new("mailto:it@practice.example");
    config.origins = cms.origins();
    config.host_interval = Duration::ZERO;
    config.host_concurrency = 4;
    config.retry.attempts = 3;
    config.retry.base = Duration::from_millis(1);
    config.retry.cap = Duration::from_millis(2);
    config
}

fn fetcher(config: FetchConfig) -> Fetcher {
    Fetcher::new(config, Arc::new(SetClock::new(noon()))).unwrap()
}

fn request(url: &str) -> Request {
    Request::new(url, Expect::Html)
}

async fn get(config: FetchConfig, url: &str) -> Result<Fetched, FetchError> {
    fetcher(config)
        .fetch(&request(url), &Validators::default())
        .await
}

fn text(fetched: &Fetched) -> &str {
    match &fetched.body {
        FetchedBody::Bytes(bytes) => std::str::from_utf8(bytes).unwrap(),
        FetchedBody::NotModified => panic!("304"),
    }
}

#[track_caller]
fn assert_failed(answer: Result<Fetched, FetchError>, kind: FailureKind, why: &str) -> FetchError {
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.why().contains(why), "{why:?} is not in {error}");
    error
}

#[tokio::test]
async fn an_answer_is_recorded_with_its_address_time_status_and_headers() {
    let cms = FakeCms::start();
    let answer = Answer::html("<p>hello</p>")
        .header("X-Served-By", "a")
        .header("set-cookie", "session=secret");
    cms.serve(PAGE, answer);
    let fetched = get(config(&cms), &format!("{PAGE}#part")).await.unwrap();
    assert_eq!(fetched.url, format!("{PAGE}#part"));
    assert_eq!(fetched.final_url, PAGE);
    assert_eq!((fetched.at, fetched.status), (noon(), 200));
    assert_eq!(text(&fetched), "<p>hello</p>");
    assert_eq!(fetched.header("x-served-by"), Some("a"));
    assert_eq!(fetched.header("set-cookie"), Some(""));
    assert_eq!(fetched.content_type(), "text/html; charset=utf-8");
    let hits = cms.hits(PAGE);
    let agent = hits[0].header("user-agent").unwrap();
    assert!(
        agent.starts_with("coverd/") && agent.contains("it@practice.example"),
        "{agent}"
    );
    assert!(hits[0].header("accept").unwrap().starts_with("text/html"));
    assert_eq!(hits[0].header("if-none-match"), None);
    assert_eq!(hits[0].header("cookie"), None);
}

#[tokio::test]
async fn redirects_are_followed_in_terms_of_the_true_addresses() {
    let cms = FakeCms::start();
    cms.serve(PAGE, Answer::redirect(301, "/a/b?c=1"));
    cms.serve("https://www.cms.gov/a/b?c=1", Answer::redirect(302, FILE));
    cms.serve(FILE, Answer::redirect(307, "file-2.zip#x"));
    cms.serve("https://downloads.cms.gov/file-2.zip", Answer::zip("PK"));
    let fetched = get(config(&cms), PAGE).await.unwrap();
    assert_eq!(fetched.url, PAGE);
    assert_eq!(fetched.final_url, "https://downloads.cms.gov/file-2.zip");
    assert_eq!(text(&fetched), "PK");
    assert_eq!(cms.all_hits().len(), 4);
}

#[tokio::test]
async fn a_redirect_to_an_internal_address_is_not_followed() {
    let cms = FakeCms::start();
    let port = cms.base();
    for (target, why) in [
        ("http://127.0.0.1/", "http is not contacted"),
        (port.as_str(), "http is not contacted"),
        ("https://127.0.0.1/", "127.0.0.1 is a loopback address"),
        ("https://2130706433/", "127.0.0.1 is a loopback address"),
        ("https://[::1]/", "::1 is a loopback address"),
        ("https://[::ffff:10.0.0.1]/", "is a private address"),
        ("https://169.254.169.254/latest/meta-data", "link-local"),
        ("https://localhost/", "localhost leads to"),
        ("https://evil.example/", "not among the allowed hosts"),
        ("http://www.cms.gov/", "http is not contacted"),
        ("https://www.cms.gov:8443/", "a port other than 443"),
        ("https://user:pass@www.cms.gov/", "user name or password"),
        ("file:///etc/passwd", "file is not contacted"),
    ] {
        cms.serve(PAGE, Answer::redirect(302, target));
        let mut config = config(&cms);
        // Even an operator who allows the name does not open the machine itself.
        config.allowed_hosts.push("localhost".to_owned());
        config.retry.attempts = 1;
        let error = assert_failed(get(config, PAGE).await, FailureKind::NotAllowed, why);
        assert!(!error.retryable());
    }
    assert!(cms.all_hits().iter().all(|hit| hit.url == PAGE));
}

#[tokio::test]
async fn a_first_address_that_is_not_allowed_is_not_contacted() {
    let cms = FakeCms::start();
    let base = cms.base();
    for url in [
        base.as_str(),
        "https://127.0.0.1/",
        "http://www.cms.gov/",
        "https://evil.example/",
        "not an address",
        "",
    ] {
        assert_failed(get(config(&cms), url).await, FailureKind::NotAllowed, "");
    }
    let mut named = config(&cms);
    named.allowed_hosts.push("localhost".to_owned());
    let error = get(named, "https://localhost/").await;
    assert_failed(error, FailureKind::NotAllowed, "localhost leads to");
    assert!(cms.all_hits().is_empty());
}

#[tokio::test]
async fn redirects_without_end_or_aim_are_given_up() {
    let cms = FakeCms::start();
    cms.serve(PAGE, Answer::redirect(302, PAGE));
    assert_failed(
        get(config(&cms), PAGE).await,
        FailureKind::Blocked,
        "more than 10 times",
    );
    assert_eq!(cms.hits(PAGE).len(), 11);
    for lost in [Answer::status(302), Answer::redirect(302, "https://")] {
        cms.serve(PAGE, lost);
        assert_failed(
            get(config(&cms), PAGE).await,
            FailureKind::Blocked,
            "without a usable new address",
        );
    }
}

#[tokio::test]
async fn a_body_beyond_its_limit_is_refused_however_it_comes() {
    let cms = FakeCms::start();
    let zeros = "0".repeat(64 * 1024 * 1024);
    let bombs = [
        Answer::html(&"x".repeat(100_001)),
        Answer::html("x").announcing(usize::MAX / 2),
        Answer::html(&"x".repeat(100_001)).stalling(),
        Answer::html(&zeros).compressed("gzip"),
        Answer::html(&zeros).compressed("zstd"),
        Answer::endless(),
    ];
    for bomb in bombs {
        let wire = bomb.bytes().len();
        cms.serve(PAGE, bomb);
        let mut config = config(&cms);
        config.max_bytes.html = 100_000;
        let before = cms.hits(PAGE).len();
        assert_failed(
            get(config, PAGE).await,
            FailureKind::TooLarge,
            "100000 bytes",
        );
        assert_eq!(
            cms.hits(PAGE).len(),
            before + 1,
            "asked again; {wire} bytes"
        );
    }
    cms.serve(PAGE, Answer::html(&"x".repeat(100_000)).compressed("gzip"));
    let mut config = config(&cms);
    config.max_bytes.html = 100_000;
    assert_eq!(text(&get(config, PAGE).await.unwrap()).len(), 100_000);
}

#[tokio::test]
async fn the_limit_is_that_of_the_expected_kind() {
    let cms = FakeCms::start();
    cms.serve(FILE, Answer::zip(vec![b'x'; 2000]));
    let mut config = config(&cms);
    config.max_bytes.html = 1000;
    config.max_bytes.json = 1000;
    config.max_bytes.zip = 2000;
    let fetcher = fetcher(config);
    for (expect, fits) in [
        (Expect::Zip, true),
        (Expect::Html, false),
        (Expect::Json, false),
    ] {
        let request = Request {
            expect,
            ..request(FILE)
        };
        let answer = fetcher.fetch(&request, &Validators::default()).await;
        assert_eq!(answer.is_ok(), fits, "{expect:?}");
    }
}

#[tokio::test]
async fn a_coding_that_nobody_asked_for_is_refused() {
    let cms = FakeCms::start();
    cms.serve(
        PAGE,
        Answer::html("x").header("content-encoding", "compress"),
    );
    assert_failed(
        get(config(&cms), PAGE).await,
        FailureKind::Blocked,
        "compress",
    );
    cms.serve(
        PAGE,
        Answer::html("x").header("content-encoding", "identity"),
    );
    assert_eq!(text(&get(config(&cms), PAGE).await.unwrap()), "x");
}

#[tokio::test]
async fn half_an_answer_is_an_error_and_never_content() {
    let cms = FakeCms::start();
    let packed = Answer::html(&"some text ".repeat(1000)).compressed("gzip");
    let half = packed.bytes().len() / 2;
    let mut corrupt = packed.clone();
    corrupt = corrupt.cut_to(half);
    for broken in [
        Answer::html("<p>half").announcing(1000),
        Answer::html("").announcing(1000),
        corrupt,
        Answer::html("no gzip at all").header("content-encoding", "gzip"),
    ] {
        cms.serve(PAGE, broken);
        let before = cms.hits(PAGE).len();
        let error = assert_failed(
            get(config(&cms), PAGE).await,
            FailureKind::Unreachable,
            "after 3 attempts",
        );
        assert!(error.retryable());
        assert_eq!(cms.hits(PAGE).len(), before + 3);
    }
    let mended = [
        Answer::html("<p>half").announcing(1000),
        Answer::html("<p>whole</p>"),
    ];
    cms.serve_in_turn(PAGE, mended);
    assert_eq!(
        text(&get(config(&cms), PAGE).await.unwrap()),
        "<p>whole</p>"
    );
}

#[tokio::test]
async fn a_server_that_stalls_is_left() {
    let cms = FakeCms::start();
    for stalled in [Answer::silence(), Answer::html("<p>half").stalling()] {
        cms.serve(PAGE, stalled);
        let mut config = config(&cms);
        config.read_timeout = Duration::from_millis(50);
        config.retry.attempts = 2;
        assert_failed(
            get(config, PAGE).await,
            FailureKind::Unreachable,
            "after 2 attempts",
        );
    }
    // It sends something all the time, but it would take for ever.
    cms.serve(
        PAGE,
        Answer::html(&"x".repeat(100_000)).slowly(Duration::from_millis(5)),
    );
    let mut config = config(&cms);
    config.attempt_timeout = Duration::from_millis(100);
    config.retry.attempts = 1;
    assert_failed(
        get(config, PAGE).await,
        FailureKind::Unreachable,
        "too long for the whole answer",
    );
}

#[tokio::test]
async fn passing_faults_are_tried_again_with_growing_pauses() {
    let cms = FakeCms::start();
    cms.serve_in_turn(
        PAGE,
        [408, 503, 429]
            .map(Answer::status)
            .into_iter()
            .chain([Answer::html("ok")]),
    );
    let ceilings = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&ceilings);
    let mut config = config(&cms);
    config.retry.attempts = 4;
    config.retry.base = Duration::from_secs(10);
    config.retry.cap = Duration::from_secs(30);
    let jitter = move |most| {
        seen.lock().unwrap().push(most);
        Duration::ZERO
    };
    let fetcher = Fetcher::with_jitter(config, Arc::new(SetClock::new(noon())), jitter).unwrap();
    let answer = fetcher.fetch(&request(PAGE), &Validators::default()).await;
    assert_eq!(text(&answer.unwrap()), "ok");
    assert_eq!(cms.hits(PAGE).len(), 4);
    assert_eq!(
        *ceilings.lock().unwrap(),
        [10, 20, 30].map(Duration::from_secs)
    );
}

#[tokio::test]
async fn every_failure_has_its_kind_and_only_passing_ones_are_repeated() {
    let cms = FakeCms::start();
    for (status, kind, hits) in [
        (401, FailureKind::Blocked, 1),
        (403, FailureKind::Blocked, 1),
        (202, FailureKind::Blocked, 1),
        (404, FailureKind::Gone, 1),
        (410, FailureKind::Gone, 1),
        (501, FailureKind::Unreachable, 1),
        (500, FailureKind::Unreachable, 3),
        (504, FailureKind::Unreachable, 3),
    ] {
        let url = format!("https://www.cms.gov/{status}");
        cms.serve(&url, Answer::status(status));
        let error = assert_failed(get(config(&cms), &url).await, kind, &status.to_string());
        assert_eq!(error.status(), Some(status));
        assert_eq!(cms.hits(&url).len(), hits, "{status}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("{url}: the server answered {status}")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let cms = FakeCms::start();
    let config = config(&cms);
    drop(cms);
    let error = assert_failed(
        get(config, PAGE).await,
        FailureKind::Unreachable,
        "no connection",
    );
    assert!(
        error.why().contains("refused") && error.why().contains("3 attempts"),
        "{error}"
    );
}

#[tokio::test]
async fn a_retry_after_within_patience_is_honoured_and_then_it_goes_on() {
    let cms = FakeCms::start();
    let busy = Answer::status(503).header("retry-after", "1");
    cms.serve_in_turn(PAGE, [busy, Answer::html("ok")]);
    let fetched = get(config(&cms), PAGE).await.unwrap();
    assert_eq!(text(&fetched), "ok");
    assert!(cms.shortest_interval("www.cms.gov").unwrap() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_retry_after_beyond_patience_is_reported_at_once_and_the_host_left_alone() {
    let cms = FakeCms::start();
    for value in ["7200", "Wed, 30 Sep 2020 14:00:00 GMT"] {
        // Without a date of the server's own, its date is read by ours.
        cms.serve(
            PAGE,
            Answer::status(429)
                .header("retry-after", value)
                .header("date", "Wed, 30 Sep 2020 12:00:00 GMT"),
        );
        cms.serve(FILE, Answer::zip("PK"));
        let fetcher = fetcher(config(&cms));
        let before = cms.all_hits().len();
        let answer = fetcher.fetch(&request(PAGE), &Validators::default()).await;
        let error = assert_failed(answer, FailureKind::Unreachable, "429");
        assert_eq!(error.retry_at(), Some(noon() + TimeDelta::hours(1)));
        let other = request("https://www.cms.gov/other");
        let answer = fetcher.fetch(&other, &Validators::default()).await;
        let error = assert_failed(answer, FailureKind::Unreachable, "asked to be left alone");
        assert!(error.retry_at().is_some());
        assert_eq!(cms.all_hits().len(), before + 1);
        assert!(
            fetcher
                .fetch(&request(FILE), &Validators::default())
                .await
                .is_ok()
        );
    }
}

#[tokio::test]
async fn validators_are_sent_back_exactly_and_a_304_is_told() {
    let cms = FakeCms::start();
    let date = "Wed, 02 Sep 2020 02:00:00 GMT";
    for (etag, modified) in [
        (Some("W/\"a-b\""), None),
        (None, Some(date)),
        (Some("unquoted"), Some(date)),
    ] {
        cms.serve(FILE, Answer::zip("PK").validators(etag, modified));
        let fetcher = fetcher(config(&cms));
        let first = fetcher
            .fetch(&request(FILE), &Validators::default())
            .await
            .unwrap();
        assert_eq!(first.status, 200);
        let known = first.validators();
        assert_eq!(
            (known.etag.as_deref(), known.last_modified.as_deref()),
            (etag, modified)
        );
        let second = fetcher.fetch(&request(FILE), &known).await.unwrap();
        assert_eq!(
            (second.status, &second.body),
            (304, &FetchedBody::NotModified)
        );
        let hits = cms.hits(FILE);
        let hit = hits.last().unwrap();
        assert_eq!(
            (hit.header("if-none-match"), hit.header("if-modified-since")),
            (etag, modified)
        );
    }
}

#[tokio::test]
async fn a_304_that_nobody_asked_for_is_an_error() {
    let cms = FakeCms::start();
    cms.serve(PAGE, Answer::status(304));
    assert_failed(
        get(config(&cms), PAGE).await,
        FailureKind::Blocked,
        "without a condition",
    );
    // The date belongs to another document, so it does not go along to where a redirect leads.
    cms.serve(PAGE, Answer::redirect(302, "/new"));
    cms.serve("https://www.cms.gov/new", Answer::html("new"));
    let known = Validators {
        etag: None,
        last_modified: Some("Wed, 02 Sep 2020 02:00:00 GMT".to_owned()),
    };
    let answer = fetcher(config(&cms))
        .fetch(&request(PAGE), &known)
        .await
        .unwrap();
    assert_eq!(text(&answer), "new");
    assert_eq!(
        cms.hits("https://www.cms.gov/new")[0].header("if-modified-since"),
        None
    );
}

#[tokio::test]
async fn no_host_is_asked_by_more_at_a_time_than_allowed() {
    let cms = FakeCms::start();
    cms.serve(PAGE, Answer::html("ok").delay(Duration::from_millis(30)));
    let mut config = config(&cms);
    config.host_concurrency = 2;
    let fetcher = fetcher(config);
    let all = (0..8).map(|_| {
        let fetcher = fetcher.clone();
        tokio::spawn(async move { fetcher.fetch(&request(PAGE), &Validators::default()).await })
    });
    for one in all.collect::<Vec<_>>() {
        assert!(one.await.unwrap().is_ok());
    }
    assert_eq!(cms.hits(PAGE).len(), 8);
    assert!(cms.most_at_a_time("www.cms.gov") <= 2);
}

#[tokio::test]
async fn a_dropped_fetch_gives_its_turn_back() {
    let cms = FakeCms::start();
    cms.serve_in_turn(PAGE, [Answer::silence(), Answer::html("ok")]);
    let mut config = config(&cms);
    config.host_concurrency = 1;
    let fetcher = fetcher(config);
    let hanging = {
        let fetcher = fetcher.clone();
        tokio::spawn(async move { fetcher.fetch(&request(PAGE), &Validators::default()).await })
    };
    while cms.hits(PAGE).is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    hanging.abort();
    let answer = fetcher.fetch(&request(PAGE), &Validators::default()).await;
    assert_eq!(text(&answer.unwrap()), "ok");
}

#[tokio::test]
async fn two_hosts_that_redirect_to_each_other_do_not_wait_for_each_other() {
    let cms = FakeCms::start();
    let slow = Duration::from_millis(20);
    cms.serve(
        PAGE,
        Answer::redirect(302, "https://downloads.cms.gov/end").delay(slow),
    );
    cms.serve(
        FILE,
        Answer::redirect(302, "https://www.cms.gov/end").delay(slow),
    );
    for host in ["www", "downloads"] {
        cms.serve(&format!("https://{host}.cms.gov/end"), Answer::html("ok"));
    }
    let mut config = config(&cms);
    config.host_concurrency = 1;
    let fetcher = fetcher(config);
    let (none, page, file) = (Validators::default(), request(PAGE), request(FILE));
    let (a, b) = tokio::join!(fetcher.fetch(&page, &none), fetcher.fetch(&file, &none));
    assert!(a.is_ok() && b.is_ok());
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let cms = FakeCms::start();
    let refused = |change: fn(&mut FetchConfig)| {
        let mut config = config(&cms);
        change(&mut config);
        Fetcher::new(config, Arc::new(SetClock::new(noon())))
            .unwrap_err()
            .to_string()
    };
    assert!(refused(|config| config.user_agent = "a\nb".to_owned()).contains("user agent"));
    assert!(refused(|config| config.user_agent = " ".to_owned()).contains("user agent"));
    assert!(refused(|config| config.host_concurrency = 0).contains("at least 1"));
    assert!(refused(|config| config.retry.attempts = 0).contains("at least 1"));
    assert!(
        refused(|config| config.allowed_hosts.push("https://cms.gov".into())).contains("host name")
    );
}

#[tokio::test]
async fn the_web_is_the_network_or_a_recording_at_the_clocks_time() {
    let cms = FakeCms::start();
    cms.serve(PAGE, Answer::html("live"));
    let none = Validators::default();
    let network = Web::Network(fetcher(config(&cms)));
    assert_eq!(
        text(&network.fetch(&request(PAGE), &none).await.unwrap()),
        "live"
    );

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("old.html"), "then").unwrap();
    let manifest = format!(
        r#"{{"captures":[{{"url":"{PAGE}","at":"2020-09-30T12:00:00Z","body":"old.html"}}]}}"#
    );
    std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
    let clock = Arc::new(SetClock::new(noon() - TimeDelta::seconds(1)));
    let recording = Recording::open(folder.path()).unwrap();
    let recorded = Web::Recorded(recording, Arc::clone(&clock) as Arc<dyn Clock>);
    let early = recorded.fetch(&request(PAGE), &none).await;
    assert_failed(
        early,
        FailureKind::NotRecorded,
        "no capture of it up to 2020-09-30T11:59:59Z",
    );
    clock.advance(TimeDelta::seconds(1));
    assert_eq!(
        text(&recorded.fetch(&request(PAGE), &none).await.unwrap()),
        "then"
    );
}

#[test]
fn the_fake_cms_serves_without_a_runtime_too() {
    let cms = FakeCms::start();
    cms.serve("https://www.cms.gov/a", Answer::json("{}"));
    let address = cms.base();
    let mut stream = std::net::TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    stream
        .write_all(b"GET /a HTTP/1.1\r\nHost: www.cms.gov\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("{}"),
        "{answer}"
    );
    cms.forget("https://www.cms.gov/a");
    assert_eq!(cms.hits("https://www.cms.gov/a").len(), 1);
}

#[test]
fn every_real_page_and_record_is_content_and_the_real_stub_is_a_stub() {
    let Some(data) = real_data() else { return };
    let read = |folder: &str| -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(data.join(folder)).unwrap();
        let files = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file());
        files
            .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
            .collect()
    };
    let (mut pages, mut stubs, mut records) = (0, 0, 0);
    for (name, bytes) in read("cms_pages")
        .into_iter()
        .filter(|(name, _)| name.rsplit('.').next() == Some("html"))
    {
        match classify(Kind::Html, "text/html; charset=UTF-8", &bytes) {
            Body::Content => pages += 1,
            Body::Stub(target) if name.contains("redirect_") => {
                assert!(
                    target.starts_with("https://www.cms.gov/files/zip/"),
                    "{target}"
                );
                assert_eq!(
                    classify(Kind::Zip, "application/zip", &bytes),
                    Body::Stub(target)
                );
                stubs += 1;
            }
            body => panic!("{name}: {body:?}"),
        }
        // A page that breaks off is not content, wherever it does.
        for part in 1..40 {
            let cut = &bytes[..bytes.len() * part / 41];
            let body = classify(Kind::Html, "text/html", cut);
            assert!(
                !matches!(body, Body::Content | Body::Stub(_)),
                "{name} cut to {}: {body:?}",
                cut.len()
            );
        }
    }
    for folder in [
        "ncd/snapshot-2026-08-01/ncd",
        "ncd/snapshot-2026-08-01",
        "ncd",
    ] {
        for (name, bytes) in read(folder) {
            assert_eq!(
                classify(Kind::Json, "application/json", &bytes),
                Body::Content,
                "{name}"
            );
            records += 1;
        }
    }
    assert!(
        pages >= 4 && stubs >= 1 && records > 200,
        "{pages} {stubs} {records}"
    );
}
