//! The first minutes with coverd, and those who watch over it: setup, welcome, doctor, heartbeat, monitoring plugins.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use coverd::app::daemon;
use coverd::app::heartbeat::Heart;
use coverd::io::channels::ping::Ping;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::cli::{Ended, coverd, demo};
use crate::harness::cms::Answer;
use crate::harness::run::Practice;
use crate::harness::smtp::{Mode, SmtpSink};

/// For what comes sooner or later; no measure of anything.
const PATIENCE: Duration = Duration::from_mins(1);

const NEWCOMER: &str =
    "[[recipient]]\naddress = \"new@practice.example\"\nstill_watching = false\nwelcome = true\n";
const PAGE: &str = "https://www.payer.example/policy";

fn page(text: &str) -> Answer {
    Answer::html(&format!(
        "<html><head><title>Policy</title></head><body><main><h1>Dry needling</h1><p>{text}</p></main></body></html>"
    ))
}

fn watching_a_page() -> String {
    format!("[[page]]\nname = \"policy\"\nurl = \"{PAGE}\"\n{NEWCOMER}")
}

#[tokio::test]
async fn a_new_recipient_is_welcomed_once_with_what_holds_today() {
    let mut practice = Practice::reading(&["page"], "2026-01-05T15:00:00Z", &watching_a_page());
    assert_eq!(practice.deliver().await.mails, [], "nothing was read yet");
    practice.cms.serve(PAGE, page("Twelve visits a year."));
    let mails = practice.check().await.mails;
    let [mail] = &mails[..] else {
        panic!("one welcome: {mails:?}");
    };
    assert_eq!(mail.to, "new@practice.example");
    assert_eq!(
        mail.subject,
        "[coverd] watching 20560, 20561 for you from now on"
    );
    for words in [
        "DATE OF SERVICE OF TODAY, 2026-01-05",
        "20560: ",
        "20561: ",
        "WHAT YOU WILL GET FROM NOW ON",
        "coverd history CODE",
    ] {
        assert!(mail.text.contains(words), "{words}: {}", mail.text);
    }
    assert_eq!(practice.check_after(1).await.mails, [], "only once");
    // Not after a restart, and not after it was taken away and given again.
    practice.configure("[[page]]\nname = \"policy\"\nurl = \"https://www.payer.example/policy\"\n");
    practice.configure(&watching_a_page());
    assert_eq!(practice.check_after(1).await.mails, []);
}

#[tokio::test]
async fn a_welcome_waits_for_the_first_readings_but_not_for_ever() {
    let mut practice =
        Practice::reading(&["page", "ncd"], "2026-01-05T15:00:00Z", &watching_a_page());
    practice.cms.serve(PAGE, page("Twelve visits a year."));
    // The other source is still at it.
    let source = &practice.app().sources["page"].source;
    let pass = coverd::app::check::check_source(
        practice.app(),
        source,
        coverd::app::check::Mode::Watch,
        &|_| {},
    );
    pass.await.unwrap();
    assert_eq!(practice.deliver().await.mails, []);
    practice.clock.advance(TimeDelta::minutes(3));
    let mails = practice.deliver().await.mails;
    let [mail] = &mails[..] else {
        panic!("one welcome: {mails:?}");
    };
    assert!(mail.text.contains("MAY BE INCOMPLETE"), "{}", mail.text);
    assert!(mail.text.contains("being read"), "{}", mail.text);
}

fn setup(folder: &Path, port: u16, more: &[&str]) -> Ended {
    let port = port.to_string();
    let line = [
        "--config",
        "etc/coverd.toml",
        "setup",
        "--practice",
        "Elm \"Street\" PT",
        "--recipient",
        "billing@practice.example",
        "--recipient",
        "owner@practice.example",
        "--operator",
        "it@practice.example",
        "--mail-host",
        "127.0.0.1",
        "--mail-port",
        &port,
        "--mail-tls",
        "none",
        "--time-zone",
        "America/Chicago",
    ];
    coverd(folder, &[&line[..], more].concat())
}

#[test]
fn setup_tries_the_mail_server_and_writes_only_what_works() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("etc/coverd.toml");

    // Nobody listens.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let ended = setup(folder.path(), port, &[]);
    assert_eq!(ended.code, 5, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("WRONG mail: port"), "{}", ended.out);
    assert!(!config.exists());

    // A recipient that is refused is named, and the others are tried.
    let refusing = SmtpSink::start(Mode::RefuseRecipient("billing@practice.example".to_owned()));
    let ended = setup(folder.path(), refusing.port(), &[]);
    assert_eq!(ended.code, 5, "{}{}", ended.out, ended.err);
    assert!(
        ended
            .out
            .contains("WRONG mail: to billing@practice.example"),
        "{}",
        ended.out
    );
    assert!(!config.exists());
    let ended = setup(folder.path(), refusing.port(), &["--keep-going"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    fs::remove_file(&config).unwrap();

    let mail = SmtpSink::start(Mode::Accept);
    let ended = setup(
        folder.path(),
        mail.port(),
        &["--locality", "01112-05", "--code", "20560,97140"],
    );
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(mail.received().is_empty(), "nothing is sent");
    let text = fs::read_to_string(&config).unwrap();
    assert_eq!(
        fs::metadata(&config).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert!(text.contains("localities = [\"01112-05\"]"), "{text}");
    let shown = coverd(
        folder.path(),
        &["--config", "etc/coverd.toml", "config", "check"],
    );
    assert_eq!(shown.code, 0, "{}", shown.err);

    // It says something now, and is not written over.
    let again = setup(folder.path(), mail.port(), &[]);
    assert_eq!(again.code, 2, "{}", again.err);
    assert!(again.err.contains("--replace"), "{}", again.err);
    assert_eq!(fs::read_to_string(&config).unwrap(), text);
    let again = setup(folder.path(), mail.port(), &["--replace"]);
    assert_eq!(again.code, 0, "{}", again.err);
    let kept = folder.path().join("etc/coverd.toml.before-setup");
    assert_eq!(fs::read_to_string(kept).unwrap(), text);
}

#[test]
fn setup_without_a_terminal_names_the_flag_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let line = ["--config", "coverd.toml", "setup", "--practice", "Elm"];
    let ended = coverd(folder.path(), &line);
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert!(ended.err.contains("--recipient"), "{}", ended.err);
    let wrong = [&line[..], &["--recipient", "nobody"]].concat();
    let ended = coverd(folder.path(), &wrong);
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert!(
        ended.err.contains("'nobody' is no mail address"),
        "{}",
        ended.err
    );
    assert!(!folder.path().join("coverd.toml").exists());
}

#[test]
fn doctor_finds_what_is_wrong_and_says_what_to_do() {
    let (folder, _) = demo();
    let config = folder.path().join("coverd-demo/coverd.toml");
    let look = |code: i32| -> Vec<Value> {
        let line = [
            "--config",
            "coverd-demo/coverd.toml",
            "doctor",
            "--format",
            "json",
        ];
        let ended = coverd(folder.path(), &line);
        assert_eq!(ended.code, code, "{}{}", ended.out, ended.err);
        serde_json::from_str(&ended.out).unwrap()
    };
    let of = |found: &[Value], what: &str| -> (String, String) {
        let one = found.iter().find(|one| one["what"] == what).unwrap();
        let text = |key: &str| one[key].as_str().unwrap().to_owned();
        assert!(text("state") == "ok" || !text("remedy").is_empty(), "{one}");
        (text("state"), text("found"))
    };
    // Without a contact no host may be asked.
    let found = look(3);
    assert_eq!(of(&found, "database").0, "ok");
    assert_eq!(of(&found, "disk").0, "ok");
    assert_eq!(of(&found, "sources").0, "WRONG");

    // A store that everybody can look into, and files of somebody else's making are named.
    let store = folder.path().join("coverd-demo");
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&store, open).unwrap();
    assert_eq!(of(&look(3), "store").0, "look");

    // A damaged database is not "well".
    let database = store.join("coverd.db");
    let mut bytes = fs::read(&database).unwrap();
    let half = bytes.len() / 2;
    bytes[half..half + 8192].fill(0x5A);
    fs::write(&database, bytes).unwrap();
    assert_eq!(of(&look(1), "database").0, "WRONG");

    // Nor is a configuration with a mistake.
    fs::write(&config, "[fetch]\ncontat = \"x\"\n").unwrap();
    let ended = coverd(
        folder.path(),
        &["--config", "coverd-demo/coverd.toml", "doctor"],
    );
    assert_eq!(ended.code, 3);
    assert!(
        ended.out.starts_with("WRONG configuration"),
        "{}",
        ended.out
    );
}

#[test]
fn health_speaks_as_a_monitoring_plugin() {
    let (folder, _) = demo();
    let plugin = || {
        let line = ["--config", "coverd-demo/coverd.toml", "health", "--nagios"];
        let ended = coverd(folder.path(), &line);
        (ended.code, ended.out)
    };
    let (code, said) = plugin();
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("COVERD OK - "), "{said}");
    assert!(
        said.contains(" | blind=0;;1 dead=0;;1 concerns=0;1"),
        "{said}"
    );

    // The store is no replay any more: its sources are stale.
    fs::remove_file(folder.path().join("coverd-demo/replayed")).unwrap();
    let (code, said) = plugin();
    assert_eq!(code, 2, "{said}");
    assert!(said.starts_with("COVERD CRITICAL - "), "{said}");

    fs::remove_file(folder.path().join("coverd-demo/coverd.db")).unwrap();
    let (code, said) = plugin();
    assert_eq!(code, 3, "{said}");
    assert!(said.starts_with("COVERD UNKNOWN - "), "{said}");
    assert_eq!(said.lines().count(), 1);
}

/// Answers every call and counts them.
fn switch() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ping/a-token", listener.local_addr().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 1024];
            let read = stream.read(&mut request).unwrap();
            assert!(request[..read].starts_with(b"GET /ping/a-token "));
            counted.fetch_add(1, Ordering::SeqCst);
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                .unwrap();
        }
    });
    (url, calls)
}

async fn sooner_or_later(what: impl Fn() -> bool) {
    let began = Instant::now();
    while !what() {
        assert!(began.elapsed() < PATIENCE, "it does not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Silence is the message: a call while something is wrong would hide it.
#[tokio::test(flavor = "multi_thread")]
async fn the_heartbeat_comes_only_while_sources_and_mail_are_well() {
    let more = format!("[[page]]\nname = \"policy\"\nurl = \"{PAGE}\"\n");
    let mut practice = Practice::reading(&["page"], "2026-01-05T15:00:00Z", &more);
    practice
        .cms
        .serve(PAGE, page("Twelve visits a year.").with_status(503));
    let (url, calls) = switch();
    let every = Duration::from_millis(30);
    practice.change_app(|app| {
        app.heart = Some(Heart {
            ping: Ping::new(url.parse().unwrap()).unwrap(),
            every,
        });
    });
    let stop = CancellationToken::new();
    let running = tokio::spawn(daemon::run(Arc::clone(practice.app()), None, stop.clone()));
    // The source could not be read.
    let hits = || practice.cms.hits(PAGE).len();
    sooner_or_later(|| hits() > 0).await;
    tokio::time::sleep(10 * every).await;
    assert_eq!(calls.load(Ordering::SeqCst), 0);

    practice.cms.serve(PAGE, page("Twelve visits a year."));
    practice.clock.advance(TimeDelta::days(1));
    stop.cancel();
    running.await.unwrap().unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(daemon::run(Arc::clone(practice.app()), None, stop.clone()));
    sooner_or_later(|| calls.load(Ordering::SeqCst) > 2).await;

    // The mail server does not take messages any more.
    practice.smtp.set(Mode::RefuseSender);
    tokio::time::sleep(10 * every).await;
    let then = calls.load(Ordering::SeqCst);
    tokio::time::sleep(10 * every).await;
    assert_eq!(calls.load(Ordering::SeqCst), then);
    practice.smtp.set(Mode::Accept);
    sooner_or_later(|| calls.load(Ordering::SeqCst) > then).await;
    stop.cancel();
    running.await.unwrap().unwrap();
}

/// Who knows the address can pretend that all is well.
#[test]
fn the_address_of_the_heartbeat_is_not_shown_around() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[heartbeat]\nurl = \"https://hc.example/a-token\"\n";
    fs::write(folder.path().join("coverd.toml"), text).unwrap();
    let shown = coverd(
        folder.path(),
        &["--config", "coverd.toml", "config", "show"],
    );
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(shown.out.contains("heartbeat.url"), "{}", shown.out);
    assert!(!shown.out.contains("a-token"), "{}", shown.out);
    // Nor by the complaint about it.
    for wrong in [
        "[heartbeat]\nurl = \"http://hc.example/a-token\"\n",
        "[heartbeat]\nurl = \"https://hc.example/a-token\"\nminutes = 0\n",
        "[heartbeat]\nurl = 'https://hc.example/a-token\n",
    ] {
        fs::write(folder.path().join("coverd.toml"), wrong).unwrap();
        let said = coverd(
            folder.path(),
            &["--config", "coverd.toml", "config", "check"],
        );
        assert_eq!(said.code, 3, "{}", said.out);
        assert!(!said.err.contains("a-token"), "{}", said.err);
    }
}
