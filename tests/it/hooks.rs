//! Programs that are told: by signed POST, and by a command; tried again until they take it.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use coverd::app::config::{Config, Environment};
use coverd::io::store::DeliveryFilter;
use coverd::model::delivery::DeliveryState;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::harness::cms::Answer;
use crate::harness::run::Practice;

const PAGE: &str = "https://www.payer.example/policy";
const KEY: [u8; 32] = [7; 32];

/// A request: its head, and its body.
type Request = (String, Vec<u8>);

/// A receiver on loopback that gives these answers one after the other, and then 200.
fn receiver(answers: Vec<&'static str>) -> (u16, Arc<Mutex<Vec<Request>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let got = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&got);
    std::thread::spawn(move || {
        let mut answers = answers.into_iter();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = Vec::new();
            let mut buffer = [0; 4_096];
            let (head, length) = loop {
                let read = stream.read(&mut buffer).unwrap();
                if read == 0 {
                    return;
                }
                bytes.extend(&buffer[..read]);
                if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
                    let length: usize = header(&head, "content-length").parse().unwrap();
                    break (head, end + 4 + length);
                }
            };
            while bytes.len() < length {
                let read = stream.read(&mut buffer).unwrap();
                bytes.extend(&buffer[..read]);
            }
            let body = bytes[head.len() + 4..].to_vec();
            kept.lock().unwrap().push((head, body));
            let answer = answers.next().unwrap_or("200 OK");
            let _ = write!(
                stream,
                "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
        }
    });
    (port, got)
}

fn header(head: &str, name: &str) -> String {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    found.next().unwrap().1.to_owned()
}

fn show(practice: &Practice, visits: u32) {
    let page = format!(
        "<html><head><title>Policy</title></head><body><main><h1>Dry needling</h1><p>Our policy of dry needling.</p><p>It is limited to {visits} visits.</p></main></body></html>"
    );
    practice.cms.serve(PAGE, Answer::html(&page));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_are_told_what_people_are_and_again_until_they_take_it() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, format!("whsec_{}\n", STANDARD.encode(KEY))).unwrap();
    let (port, got) = receiver(vec!["503 Busy", "302 Found"]);
    // A command that fails until a file lets it.
    let (taken, ready) = (folder.path().join("taken"), folder.path().join("ready"));
    let script = format!(
        "test -e {} || {{ echo not yet >&2; exit 3; }}; cat > {}",
        ready.display(),
        taken.display()
    );
    let more = format!(
        "[[page]]\nname = \"policy\"\nurl = \"{PAGE}\"\n\
         [[hook]]\nname = \"tickets\"\nurl = \"http://127.0.0.1:{port}/coverd?token=geheim\"\nsecret_file = \"{}\"\n\
         [[hook]]\nname = \"pager\"\ncommand = [\"sh\", \"-c\", \"{script}\"]\n\
         [[hook]]\nname = \"quiet\"\ncommand = [\"false\"]\nleast = \"coverage\"\n",
        secret.display()
    );
    let mut practice = Practice::reading(&["page"], "2026-11-20T12:00:00Z", &more);
    show(&practice, 20);
    assert_eq!(practice.check().await.mails, []);
    show(&practice, 12);
    let round = practice.check_after(1).await;
    assert_eq!(round.news().len(), 1);
    assert_eq!((round.delivered.accepted, round.delivered.deferred), (1, 2));

    std::fs::write(&ready, "").unwrap();
    for minutes in [2, 6] {
        practice.clock.advance(TimeDelta::minutes(minutes));
        practice.deliver().await;
    }
    let requests = got.lock().unwrap().clone();
    assert_eq!(requests.len(), 3, "a redirect is not followed");
    let ids: Vec<String> = requests
        .iter()
        .map(|(head, _)| header(head, "webhook-id"))
        .collect();
    assert!(
        ids.iter().all(|id| *id == ids[0]),
        "the same message: {ids:?}"
    );
    for (head, body) in &requests {
        let at = header(head, "webhook-timestamp");
        let mut mac = Hmac::<Sha256>::new_from_slice(&KEY).unwrap();
        mac.update(format!("{}.{at}.", ids[0]).as_bytes());
        mac.update(body);
        let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(header(head, "webhook-signature"), signature);
        assert_eq!(body, &requests[0].1);
    }
    let told: Value = serde_json::from_slice(&requests[0].1).unwrap();
    assert_eq!(told["type"], "coverd.change");
    assert_eq!(told["data"]["phase"], "in_force");
    let change = &told["data"]["changes"][0];
    assert!(
        change["now"].as_str().unwrap().contains("12 visits"),
        "{told}"
    );
    assert!(
        change["was"].as_str().unwrap().contains("20 visits"),
        "{told}"
    );
    let by_command: Value = serde_json::from_slice(&std::fs::read(&taken).unwrap()).unwrap();
    assert_eq!(by_command["data"]["changes"], told["data"]["changes"]);

    let reader = practice.reader();
    let rows = reader.deliveries(&DeliveryFilter::default()).unwrap();
    assert_eq!(rows.len(), 3, "who hears of coverage alone is not told");
    for row in rows {
        assert_eq!(
            row.state,
            DeliveryState::Delivered,
            "{}",
            row.outgoing.channel
        );
        for attempt in reader.attempts(&row.outgoing.id).unwrap() {
            assert!(!format!("{attempt:?}").contains("geheim"), "{attempt:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_wants_nothing_any_more_is_given_up_and_the_operator_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, STANDARD.encode(KEY)).unwrap();
    let (port, _got) = receiver(vec!["410 Gone"]);
    let more = format!(
        "[[page]]\nname = \"policy\"\nurl = \"{PAGE}\"\n\
         [[hook]]\nname = \"tickets\"\nurl = \"http://127.0.0.1:{port}/\"\nsecret_file = \"{}\"\n",
        secret.display()
    );
    let mut practice = Practice::reading(&["page"], "2026-11-20T12:00:00Z", &more);
    show(&practice, 20);
    practice.check().await;
    show(&practice, 12);
    let round = practice.check_after(1).await;
    assert_eq!(round.delivered.dead, 1);
    assert_eq!(
        (round.news().len(), round.notices().len()),
        (1, 1),
        "{:?}",
        round.mails
    );
    assert!(
        round.notices()[0].text.contains("410"),
        "{:?}",
        round.notices()
    );
}

#[test]
fn a_hook_that_cannot_work_is_a_mistake_in_the_configuration() {
    let mistakes = |block: &str| {
        let text = format!("[[hook]]\nname = \"tickets\"\n{block}\n");
        Config::from_text(None, &text, &Environment::default(), |_| Ok(()))
            .unwrap_err()
            .to_string()
    };
    for (block, says) in [
        ("", "either url or command"),
        (
            "url = \"https://a.example\"\ncommand = [\"true\"]",
            "either url or command",
        ),
        ("url = \"http://a.example/\"\nsecret_file = \"s\"", "https"),
        ("url = \"https://a.example/\"", "secret_file"),
        (
            "command = [\"true\"]\n[[hook]]\nname = \"tickets\"\ncommand = [\"true\"]",
            "another hook",
        ),
        (
            "command = [\"true\"]\n[[hook]]\nname = \"a b\"\ncommand = [\"true\"]",
            "letters, digits",
        ),
    ] {
        let error = mistakes(block);
        assert!(error.contains(says), "{block}: {error}");
    }
}
