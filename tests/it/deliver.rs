//! From the outbox to the reader: a mail server that is down, slow to decide or refuses; nothing is
//! lost, nothing is told twice that can be told once, and what can never arrive is reported.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fs::File;
use std::process::Stdio;

use chrono::TimeDelta;
use coverd::engine::retry::WAITS_MINUTES;
use coverd::io::store::{DeliveryFilter, OutboxCounts, StoredDelivery};
use coverd::model::delivery::DeliveryState;

use crate::harness::cms::{Answer, FakeCms};
use crate::harness::run::{
    Installation, Mail, OPERATOR, PRACTICE, Practice, Round, config_text, show,
};
use crate::harness::smtp::{Mode, SmtpSink};
use crate::harness::world::{LIST, Release, default_records, made_file};

const STAMP: &str = "20200121120000";
const APRIL: &str = "2020-04-06T12:00:00Z";

fn release(name: &str, day: &str, month: &str, status: &str) -> Release {
    let table = made_file(2020, month, status, "36.0896");
    Release::new(name, day, &[("PPRRVU20.csv", &table)])
}

fn january() -> Release {
    release("RVU20A", "01/02/2020", "January", "N")
}

fn april() -> Release {
    release("RVU20B", "04/03/2020", "April", "A")
}

/// A practice that has one thing to tell at its next check.
async fn with_news(more: &str) -> Practice {
    let mut practice = Practice::watching("2020-01-22T12:00:00Z", more);
    let records = default_records("");
    practice.show(&[january()], &records, STAMP);
    assert_eq!(practice.check().await.mails, []);
    practice.show(&[january(), april()], &records, STAMP);
    practice.clock.set(APRIL.parse().unwrap());
    practice
}

fn outbox(practice: &Practice) -> Vec<StoredDelivery> {
    let all = DeliveryFilter::default();
    practice.reader().deliveries(&all).unwrap()
}

fn counts(practice: &Practice) -> (u64, u64, u64) {
    let OutboxCounts {
        pending,
        delivered,
        dead,
        ..
    } = practice.reader().outbox_counts().unwrap();
    (pending, delivered, dead)
}

/// The server fails in this way, and then works again.
async fn put_off(mode: Mode) {
    let mut practice = with_news("").await;
    practice.smtp.set(mode);
    let round = practice.check().await;
    assert_eq!((round.mails.len(), round.delivered.deferred), (0, 1));
    let row = outbox(&practice).remove(0);
    assert_eq!((row.state, row.attempts), (DeliveryState::Pending, 1));

    practice.smtp.set(Mode::Accept);
    practice.clock.advance(TimeDelta::seconds(59));
    assert_eq!(practice.deliver().await.mails, [], "it is not due yet");
    practice.clock.advance(TimeDelta::seconds(1));
    let round = practice.deliver().await;
    assert_eq!(round.mails.len(), 1);
    assert_eq!(
        (round.mails[0].to.as_str(), counts(&practice)),
        (PRACTICE, (0, 1, 0))
    );
    let arrived = practice.smtp.received().remove(0).bytes;
    // SMTP ends the text with a line break of its own.
    assert_eq!(
        arrived.trim_ascii_end(),
        row.outgoing.message.trim_ascii_end()
    );
    practice.clock.advance(TimeDelta::days(30));
    assert_eq!(practice.deliver().await.mails, []);
}

#[tokio::test]
async fn a_server_that_refuses_connections_delays_a_mail() {
    put_off(Mode::RefuseConnection).await;
}

#[tokio::test]
async fn a_greylisting_server_delays_a_mail() {
    put_off(Mode::DeferRecipient).await;
}

#[tokio::test]
async fn a_server_that_cannot_take_the_message_now_delays_it() {
    put_off(Mode::DeferData).await;
}

const GONE: &str = "gone@practice.example";

#[tokio::test]
async fn one_refused_recipient_is_dead_and_reported_once_and_the_other_hears_everything() {
    let more = format!("[[recipient]]\naddress = \"{GONE}\"\nstill_watching = false");
    let mut practice = with_news(&more).await;
    practice.smtp.set(Mode::RefuseRecipient(GONE.to_owned()));
    let round = practice.check().await;
    assert_eq!((round.delivered.accepted, round.delivered.dead), (2, 1));
    assert_eq!((round.news().len(), round.notices().len()), (1, 1));
    let notice = round.notices()[0];
    for words in [GONE, "550", "coverd mail-test"] {
        assert!(notice.text.contains(words), "{words} is not in {notice:?}");
    }
    assert_eq!(counts(&practice), (0, 2, 1));
    let connections = practice.smtp.connections();

    // It is not tried again, and not told again.
    assert_eq!(practice.check_after(1).await.mails, []);
    assert_eq!(practice.smtp.connections(), connections);

    // Another alert dies in the same way: told already.
    let mut records = default_records("");
    records[3]["indications_limitations"] = "&lt;p&gt;Covered.&lt;&sol;p&gt;".into();
    practice.show(&[january(), april()], &records, STAMP);
    let round = practice.check_after(1).await;
    assert_eq!((round.news().len(), round.notices().len()), (1, 0));
    assert_eq!(counts(&practice), (0, 3, 2));

    // The address works again: the next alert arrives, and the operator hears of it.
    practice.smtp.set(Mode::Accept);
    practice.show(&[january(), april()], &default_records(""), STAMP);
    let round = practice.check_after(1).await;
    assert_eq!(round.mails.iter().filter(|mail| mail.to == GONE).count(), 1);
    assert_eq!((round.news().len(), round.notices().len()), (1, 1));
    assert!(
        round.notices()[0].subject.contains(GONE),
        "{:?}",
        round.mails
    );
}

#[tokio::test]
async fn an_operator_who_cannot_be_told_is_no_endless_loop() {
    let mut practice = with_news("").await;
    practice
        .smtp
        .set(Mode::RefuseRecipient(OPERATOR.to_owned()));
    practice.cms.serve(LIST, Answer::status(404));
    // The notice of the list dies, then the notice of that.
    let round = practice.check().await;
    assert_eq!((round.mails.len(), round.delivered.dead), (0, 2));
    for _ in 0..5 {
        let round = practice.check_after(1).await;
        assert_eq!((round.mails.len(), round.delivered.dead), (0, 0));
    }
    assert_eq!(counts(&practice), (0, 0, 2));
}

#[tokio::test]
async fn a_server_that_refuses_everything_is_no_endless_loop() {
    let mut practice = with_news("").await;
    practice.smtp.set(Mode::RefuseData);
    // The alert, its notice, the notice of that.
    let round = practice.check().await;
    assert_eq!((round.mails.len(), round.delivered.dead), (0, 3));
    assert_eq!(practice.check_after(1).await.delivered.dead, 0);
    // The notice died with what it told: it is repeated after a week, and not before.
    practice.smtp.set(Mode::Accept);
    for _ in 0..5 {
        assert_eq!(practice.check_after(1).await.notices().len(), 0);
    }
    let round = practice.check_after(1).await;
    one_of(&round, &["cannot be delivered", PRACTICE]);
    assert_eq!(practice.check_after(1).await.notices().len(), 0);
}

/// Among the notices is one with these words.
fn one_of(round: &Round, words: &[&str]) {
    let has_all = |mail: &&&Mail| words.iter().all(|word| mail.text.contains(word));
    let notices = round.notices();
    assert!(notices.iter().filter(has_all).count() == 1, "{notices:?}");
}

#[tokio::test]
async fn a_mail_that_is_put_off_for_a_week_is_given_up_and_reported() {
    let mut practice = with_news("").await;
    practice.smtp.set(Mode::DeferRecipient);
    assert_eq!(practice.check().await.delivered.deferred, 1);
    let mut attempts = 1;
    let round = loop {
        let next = practice.app().next_attempt_at().await.unwrap().unwrap();
        practice.clock.set(next);
        if attempts == WAITS_MINUTES.len() {
            // The notice of the end shall arrive.
            practice
                .smtp
                .set(Mode::RefuseRecipient(PRACTICE.to_owned()));
            break practice.deliver().await;
        }
        let round = practice.deliver().await;
        assert_eq!((round.delivered.deferred, round.mails.len()), (1, 0));
        attempts += 1;
    };
    assert_eq!((round.delivered.dead, round.notices().len()), (1, 1));
    let since = APRIL.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let row = outbox(&practice)
        .into_iter()
        .find(|row| row.outgoing.recipient == PRACTICE);
    let row = row.unwrap();
    assert_eq!(row.outgoing.created, since);
    assert_eq!(
        usize::try_from(row.attempts).unwrap(),
        WAITS_MINUTES.len() + 1
    );
}

#[tokio::test]
async fn a_mail_whose_acceptance_was_not_heard_is_sent_again_as_the_same_mail() {
    let mut practice = with_news("").await;
    practice.smtp.set(Mode::DropBeforeReply);
    assert_eq!(practice.check().await.delivered.deferred, 1);
    practice.smtp.set(Mode::Accept);
    practice.clock.advance(TimeDelta::minutes(1));
    assert_eq!(practice.deliver().await.delivered.accepted, 1);
    let received = practice.smtp.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0], received[1]);
}

#[test]
fn exit_codes_and_the_outbox_say_what_is_wrong() {
    let (cms, smtp) = (FakeCms::start(), SmtpSink::start(Mode::Accept));
    let installation = Installation::new(&cms, &smtp);
    let records = default_records("");
    show(&cms, &[january()], &records, STAMP);

    cms.serve(LIST, Answer::status(404));
    let ran = installation.run(&["check"]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    let ran = installation.run(&["health"]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.out.starts_with("CRITICAL: "), "{ran:?}");

    show(&cms, &[january()], &records, STAMP);
    let ran = installation.run(&["check"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(installation.run(&["health"]).code, Some(0));

    show(&cms, &[january(), april()], &records, STAMP);
    smtp.set(Mode::RefuseRecipient(PRACTICE.to_owned()));
    let ran = installation.run(&["check"]);
    assert_eq!(ran.code, Some(5), "{ran:?}");
    let ran = installation.run(&["health"]);
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(
        ran.out
            .starts_with("WARNING: no problem in reading, 1 mail given up"),
        "{ran:?}"
    );

    let dead = installation.rows(&["outbox", "--state", "dead"]);
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0]["recipient"], PRACTICE);
    assert_eq!(dead[0]["attempts"], 1);
    assert!(
        dead[0]["answer"].as_str().unwrap().contains("550"),
        "{dead:?}"
    );
    let all = installation.rows(&["outbox"]);
    assert!(all.len() > 1);

    // Blind and unheard: blindness is the graver.
    cms.serve(LIST, Answer::status(404));
    assert_eq!(installation.run(&["check"]).code, Some(4));
    // The configuration names the same store; nothing else has to be at hand.
    installation.configure(&config_text(&cms, &smtp, "words = []"));
    assert_eq!(installation.run(&["outbox"]).code, Some(0));
}

/// A pipe whose reader went away, and a file without room.
#[test]
fn mail_goes_also_where_what_is_printed_cannot_be_written() {
    let (cms, smtp) = (FakeCms::start(), SmtpSink::start(Mode::Accept));
    let installation = Installation::new(&cms, &smtp);
    let records = default_records("");
    show(&cms, &[january()], &records, STAMP);
    assert_eq!(installation.run(&["check"]).code, Some(0));
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let closed = || Stdio::from(std::io::pipe().unwrap().1);
    for (out, code) in [(closed(), 0), (full(), 1)] {
        let installation = Installation::new(&cms, &smtp).with_store_of(&installation);
        show(&cms, &[january(), april()], &records, STAMP);
        let told = smtp.received().len();
        let ended = installation
            .command(&["check"])
            .stdout(out)
            .status()
            .unwrap();
        assert_eq!(ended.code(), Some(code));
        assert!(smtp.received().len() > told);
        let waiting = installation.rows(&["outbox", "--state", "pending"]);
        assert!(waiting.is_empty(), "{code}: {waiting:?}");
    }
}
