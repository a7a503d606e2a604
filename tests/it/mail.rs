//! Mails from the alert to the server: what they say, that they are well-formed whatever CMS
//! writes, and what becomes of them when a server misbehaves.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::time::Duration;

use coverd::io::channels::file::{FileChannel, FileConfig};
use coverd::io::channels::relay::{Login, SmtpConfig, Tls};
use coverd::io::channels::smtp::Smtp;
use coverd::io::channels::{Channel, Channels};
use coverd::model::alert::{Alert, AlertBody};
use coverd::model::attribute::Attribute;
use coverd::model::change::{Judged, Severity};
use coverd::model::delivery::{Outcome, Outgoing};
use coverd::model::fact::Observation;
use coverd::model::health::ProblemKind;
use coverd::render::mail::{ComposeError, bodies, compose, delivery_id};
use mail_parser::{Message, MessageParser, MimeHeaders};
use proptest::prelude::*;
use secrecy::SecretString;

use crate::harness::alerts::{
    NCD_NOW, RVU20B, RVU21A, Step, alert, all_codes, amount, april_2020, at, code, envelope, ncd,
    ncd_delisted, ncd_text, operator, payment_2021, recipient, rvu,
};
use crate::harness::rule_alerts::{
    addendum_final, addendum_proposed, rule_corrected, rule_in_force, rule_published,
};
use crate::harness::smtp::{Mode, SmtpSink};

fn composed(alert: &Alert) -> Outgoing {
    compose(alert, &recipient(), &envelope(), alert.raised, &[]).unwrap()
}

fn every_alert() -> Vec<Alert> {
    vec![
        april_2020(),
        payment_2021(),
        ncd_text(),
        ncd_delisted(),
        all_codes(),
        rule_published(),
        addendum_proposed(),
        addendum_final(),
        rule_corrected(),
        rule_in_force(),
        operator(ProblemKind::Shape, false),
        operator(ProblemKind::Shape, true),
        operator(ProblemKind::DeliveryDead, false),
        hostile(),
    ]
}

/// An alert in which everything that comes from outside is hostile.
fn hostile() -> Alert {
    let script = "<script>alert('x')</script>\r\nBcc: victim@example.org";
    let turned = "\u{202e}denevoc\u{202c} A\u{0}B\u{7}\u{1b}[2J\u{2028}";
    let long = "<b>&\"'".repeat(1_700);
    let mut alert = ncd_text();
    if let AlertBody::Change(change) = &mut alert.body {
        script.clone_into(&mut change.edition);
        turned.clone_into(&mut change.source_title);
        "javascript:alert(1)//\r\n<img src=x>".clone_into(&mut change.url);
        change.changes = vec![
            ncd(
                Attribute::Title,
                Observation::text(script),
                Observation::text(turned),
            ),
            ncd(
                Attribute::OtherText,
                Observation::text(long.clone()),
                Observation::text(format!("{long} {script}\n{turned}")),
            ),
            ncd(
                Attribute::EndDate,
                Observation::text(""),
                Observation::text(long),
            ),
        ];
    }
    alert
}

#[test]
fn mails_say_what_they_should() {
    for (name, alert) in [
        ("april_2020", april_2020()),
        ("payment_2021", payment_2021()),
        ("ncd_text", ncd_text()),
        ("ncd_delisted", ncd_delisted()),
        ("all_codes", all_codes()),
        ("rule_published", rule_published()),
        ("addendum_proposed", addendum_proposed()),
        ("addendum_final", addendum_final()),
        ("rule_corrected", rule_corrected()),
        ("rule_in_force", rule_in_force()),
        ("operator_problem", operator(ProblemKind::Shape, false)),
        ("operator_recovery", operator(ProblemKind::Shape, true)),
    ] {
        let written = bodies(&alert, &envelope()).unwrap();
        insta::assert_snapshot!(
            format!("{name}_text"),
            format!("Subject: {}\n\n{}", written.subject, written.text)
        );
        insta::assert_snapshot!(format!("{name}_html"), without_style(&written.html));
    }
}

/// The page without its style sheet, which is the same in all of them.
fn without_style(html: &str) -> String {
    let (head, rest) = html.split_once("<style>").unwrap();
    let (_, tail) = rest.split_once("</style>").unwrap();
    format!("{head}{tail}")
}

#[test]
fn the_answer_stands_in_the_subject() {
    let subject = |alert: &Alert| composed(alert).subject;
    assert_eq!(
        subject(&april_2020()),
        "[coverd] 20560, 20561: status N → A (payable if covered), services from 2020-04-01, in force"
    );
    for (alert, expected) in [
        (
            rule_published(),
            "PROPOSED: CMS-1848-P published (91 FR 43842), comments close 2026-09-14, names 20560, 20561, dry needling",
        ),
        (
            addendum_proposed(),
            "PROPOSED: 20560, 20561: status N → A (payable if covered), services from 2027-01-01 (CMS-1848-P)",
        ),
        (
            addendum_final(),
            "FINAL: 20560, 20561: status stays N, the proposed A is not adopted, services from 2027-01-01 (CMS-1848-F)",
        ),
        (rule_corrected(), "CORRECTED: CMS-1848-F about 2026-19787"),
        (
            rule_in_force(),
            "20560: status N → R (restricted coverage), services from 2027-01-01, in force",
        ),
    ] {
        assert_eq!(subject(&alert), format!("[coverd] {expected}"));
    }
    assert_eq!(
        subject(&ncd_delisted()),
        "[coverd] NCD 30.3.3: no longer listed by CMS, services from 2026-03-01, in force"
    );
    for alert in every_alert() {
        let subject = subject(&alert);
        assert!(subject.chars().count() < 220, "{subject}");
        assert!(!subject.chars().any(char::is_control), "{subject:?}");
    }
}

/// A row of several attributes that came or went.
fn whole_row(name: &str, came: bool) -> Vec<Judged> {
    let values = [
        (Attribute::Status, Observation::text("A")),
        (Attribute::WorkRvu, amount("0.32")),
        (Attribute::NonFacilityTotal, amount("0.74")),
        (Attribute::GlobalDays, Observation::text("XXX")),
    ];
    values
        .into_iter()
        .map(|(attribute, value)| {
            let (was, now) = (Observation::Absent, value);
            let (was, now) = if came { (was, now) } else { (now, was) };
            Step {
                topic: code(name),
                attribute,
                was: Some(was),
                now: Some(now),
                severity: Severity::Coverage,
                before: &RVU20B,
                after: &RVU21A,
                quotes: (String::new(), String::new()),
            }
            .judged()
        })
        .collect()
}

#[test]
fn a_row_that_came_or_went_is_one_line() {
    let went = [whole_row("20560", false), whole_row("20561", false)].concat();
    let written = bodies(&alert(&RVU21A, went, Vec::new()), &envelope()).unwrap();
    assert_eq!(
        written.subject,
        "[coverd] 20560, 20561: no longer listed by CMS, services from 2021-01-01, in force"
    );
    assert!(!written.text.contains("work RVU:"), "{}", written.text);
    let came = whole_row("20560", true);
    let written = bodies(&alert(&RVU21A, came, Vec::new()), &envelope()).unwrap();
    assert_eq!(
        written.subject,
        "[coverd] 20560: newly listed, status A (payable if covered), work RVU 0.32, \
         non-facility total RVU 0.74, services from 2021-01-01, in force"
    );
    assert!(written.text.contains("A: active code"), "{}", written.text);
}

#[test]
fn what_is_beyond_the_limit_is_counted() {
    let changes: Vec<Judged> = (0..1_254_u32)
        .map(|n| {
            let value = format!("{}.10", n + 2);
            rvu(
                &format!("{:05}", 10_000 + n),
                Attribute::WorkRvu,
                "1.00",
                &value,
            )
        })
        .collect();
    let alert = alert(&RVU21A, changes, Vec::new());
    let written = bodies(&alert, &envelope()).unwrap();
    let expected = format!(
        "and 1,204 more changes: coverd changes --alert {}",
        alert.id
    );
    assert!(written.text.contains(&expected), "{}", written.text);
    assert!(written.html.contains(&expected));
    assert_eq!(written.html.matches("<tr><th scope=\"row\">1").count(), 50);
}

#[test]
fn a_change_without_its_facts_can_still_be_told() {
    let mut judged = rvu("20560", Attribute::WorkRvu, "1.00", "2.00");
    judged.change.before = None;
    judged.change.after = None;
    judged.change.was = None;
    let written = bodies(&alert(&RVU21A, vec![judged], Vec::new()), &envelope()).unwrap();
    assert!(written.text.contains("work RVU: not observed → 2.00"));
    let empty = bodies(&alert(&RVU21A, Vec::new(), Vec::new()), &envelope()).unwrap();
    assert!(empty.subject.contains("without content"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_cms_writes_the_message_is_well_formed(was in any::<String>(), now in any::<String>()) {
        let text = |text: &str| Observation::text(text);
        let alert = alert(
            &NCD_NOW,
            vec![
                ncd(Attribute::Title, text(&was), text(&now)),
                ncd(Attribute::Status, text(&now), text(&was)),
                ncd(Attribute::Indications, text(&was), text(&now)),
            ],
            Vec::new(),
        );
        let outgoing = composed(&alert);
        prop_assert!(outgoing.message.is_ascii());
        let bytes = String::from_utf8(outgoing.message).unwrap();
        prop_assert!(bytes.split("\r\n").all(|line| line.len() <= 100 && !line.contains(['\r', '\n'])));
        let written = bodies(&alert, &envelope()).unwrap();
        prop_assert!(!written.text.chars().any(|c| c.is_control() && c != '\n'));
        let message = parsed(bytes.as_bytes());
        prop_assert_eq!(message.html_body_count(), 1);
        prop_assert_eq!(
            message.subject().map(|subject| subject.replace(' ', "")),
            Some(outgoing.subject.replace(' ', ""))
        );
    }
}

#[test]
fn text_and_html_have_the_same_content() {
    for alert in every_alert() {
        let written = bodies(&alert, &envelope()).unwrap();
        let page = scraper::Html::parse_document(&written.html);
        let body = scraper::Selector::parse("body").unwrap();
        let shown: String = page
            .select(&body)
            .flat_map(|element| element.text())
            .collect::<Vec<_>>()
            .join(" ");
        let words = |text: &str| {
            let mut words: Vec<String> = text
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase)
                .collect();
            words.sort_unstable();
            words.dedup();
            words
        };
        let (text, html) = (words(&written.text), words(&shown));
        // words of the table's head, which the text has no use for
        let heads = ["what", "before", "after"];
        let only_html: Vec<&String> = html
            .iter()
            .filter(|word| !text.contains(word) && !heads.contains(&word.as_str()))
            .collect();
        let only_text: Vec<&String> = text.iter().filter(|word| !html.contains(word)).collect();
        assert!(
            only_html.is_empty() && only_text.is_empty(),
            "{}: only in HTML {only_html:?}, only in text {only_text:?}",
            alert.id
        );
    }
}

fn parsed(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

#[test]
fn a_message_is_read_back_as_it_was_meant() {
    for alert in every_alert() {
        let outgoing = composed(&alert);
        let written = bodies(&alert, &envelope()).unwrap();
        let message = parsed(&outgoing.message);
        assert_eq!(message.subject(), Some(outgoing.subject.as_str()));
        assert_eq!(
            message.message_id().map(|id| format!("<{id}>")),
            Some(outgoing.message_id.clone())
        );
        assert!(outgoing.message_id.ends_with("@practice.example>"));
        assert_eq!(message.text_body_count(), 1);
        assert_eq!(message.html_body_count(), 1);
        let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
        assert_eq!(
            lines(&message.body_text(0).unwrap()),
            lines(&written.text),
            "{}",
            alert.id
        );
        assert_eq!(lines(&message.body_html(0).unwrap()), lines(&written.html));
        assert!(message.parts.iter().all(|part| !part.is_encoding_problem));
        let sent = message.date().unwrap().to_timestamp();
        assert_eq!(sent, outgoing.created.timestamp());
        let root = message.root_part().content_type().unwrap();
        assert_eq!(
            (root.ctype(), root.subtype()),
            ("multipart", Some("alternative"))
        );
        let header = |name: &str| {
            let value = message.header_raw(name).map(str::trim);
            value.unwrap_or_default().to_owned()
        };
        assert_eq!(header("Auto-Submitted"), "auto-generated");
        assert_eq!(header("X-Coverd-Alert"), alert.id);
        assert_eq!(header("List-Id"), "coverd <alerts.coverd.practice.example>");
        assert!(message.bcc().is_none());
    }
}

#[test]
fn every_relay_can_carry_the_bytes() {
    for alert in every_alert() {
        let bytes = composed(&alert).message;
        assert!(bytes.is_ascii());
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            !text.replace("\r\n", "").contains(['\r', '\n']),
            "bare CR or LF"
        );
        assert!(
            text.chars()
                .all(|c| !c.is_control() || c == '\r' || c == '\n')
        );
        let longest = text.split("\r\n").map(str::len).max().unwrap();
        assert!(longest <= 100, "{}: a line of {longest} bytes", alert.id);
    }
}

#[test]
fn composing_twice_gives_the_same_bytes() {
    for alert in every_alert() {
        assert_eq!(composed(&alert), composed(&alert));
    }
    let (one, other) = (composed(&april_2020()), composed(&payment_2021()));
    assert_ne!(one.id, other.id);
    assert_ne!(delivery_id("a", "bc", "d"), delivery_id("ab", "c", "d"));
}

#[test]
fn hostile_text_stays_text() {
    let written = bodies(&hostile(), &envelope()).unwrap();
    let page = scraper::Html::parse_document(&written.html);
    for forbidden in ["script", "img", "b", "iframe", "link", "form", "svg"] {
        let selector = scraper::Selector::parse(forbidden).unwrap();
        assert_eq!(page.select(&selector).count(), 0, "{forbidden}");
    }
    let links = scraper::Selector::parse("a").unwrap();
    for link in page.select(&links) {
        let target = link.value().attr("href").unwrap();
        assert!(target.starts_with("https://"), "{target}");
    }
    for text in [&written.html, &written.text, &written.subject] {
        for deceiving in [
            '\u{202e}', '\u{202c}', '\u{0}', '\u{7}', '\u{1b}', '\r', '\u{2028}',
        ] {
            assert!(!text.contains(deceiving), "{deceiving:?}");
        }
        assert!(text.len() < 40_000, "{}", text.len());
    }
    assert!(written.text.contains("characters in all"));
}

#[test]
fn nothing_in_a_mail_is_fetched_from_elsewhere() {
    for alert in every_alert() {
        let html = bodies(&alert, &envelope()).unwrap().html;
        let page = scraper::Html::parse_document(&html);
        let all = scraper::Selector::parse("*").unwrap();
        for element in page.select(&all) {
            for (name, value) in element.value().attrs() {
                let is_link = element.value().name() == "a" && name == "href";
                assert!(
                    is_link
                        || ["class", "lang", "scope", "charset", "name", "content"].contains(&name),
                    "{name}={value} in {}",
                    alert.id
                );
            }
        }
        let style = scraper::Selector::parse("style").unwrap();
        for element in page.select(&style) {
            let style: String = element.text().collect();
            assert!(!style.contains("url(") && !style.contains("@import"));
        }
    }
}

#[test]
fn a_header_cannot_be_injected() {
    let alert = april_2020();
    let try_with = |change: &dyn Fn(&mut coverd::render::mail::Envelope)| {
        let mut envelope = envelope();
        change(&mut envelope);
        compose(&alert, &recipient(), &envelope, alert.raised, &[])
    };
    let header = |result: Result<Outgoing, ComposeError>| {
        assert!(
            matches!(result, Err(ComposeError::Header { .. })),
            "{result:?}"
        );
    };
    let address = |result: Result<Outgoing, ComposeError>| {
        assert!(
            matches!(result, Err(ComposeError::Address { .. })),
            "{result:?}"
        );
    };
    for broken in ["a\r\nBcc: x@example.org", "a\nb", "a\u{0}b", "a\u{2028}b"] {
        header(try_with(&|envelope| envelope.from_name = broken.to_owned()));
        header(try_with(&|envelope| envelope.list_host = broken.to_owned()));
        address(try_with(&|envelope| {
            envelope.from_address = format!("{broken}@practice.example");
        }));
        address(try_with(&|envelope| {
            envelope.reply_to = Some(format!("it@practice.example{broken}"));
        }));
        let mut to = recipient();
        to.name = broken.to_owned();
        header(compose(&alert, &to, &envelope(), alert.raised, &[]));
        to = recipient();
        to.address = format!("x@practice.example{broken}");
        address(compose(&alert, &to, &envelope(), alert.raised, &[]));
        let mut renamed = april_2020();
        renamed.id = broken.to_owned();
        header(compose(
            &renamed,
            &recipient(),
            &envelope(),
            alert.raised,
            &[],
        ));
    }
    for no_address in ["", "nobody", "@", "a@b@c", "ü@practice.example"] {
        address(try_with(&|envelope| {
            no_address.clone_into(&mut envelope.from_address);
        }));
    }
}

#[test]
fn names_of_any_language_are_carried() {
    let alert = april_2020();
    let mut to = recipient();
    to.name = "Zoë Müller, \"PT\" <x>".to_owned();
    let outgoing = compose(&alert, &to, &envelope(), alert.raised, &[]).unwrap();
    let message = parsed(&outgoing.message);
    let first = message.to().and_then(|to| to.first()).unwrap();
    assert_eq!(first.name(), Some("Zoë Müller, \"PT\" <x>"));
    assert_eq!(first.address(), Some("billing@practice.example"));
}

fn smtp(sink: &SmtpSink, deadline: Duration) -> Channels {
    let channel = Smtp::new(SmtpConfig {
        host: "127.0.0.1".to_owned(),
        port: sink.port(),
        tls: Tls::None,
        login: None,
        ca_file: None,
        hello: Some("practice.example".to_owned()),
        deadline,
    })
    .unwrap();
    Channels::new().with("smtp", Channel::Smtp(Box::new(channel)))
}

const PATIENT: Duration = Duration::from_secs(30);
/// For servers that never answer.
const SHORT: Duration = Duration::from_millis(300);

async fn outcome(mode: Mode, deadline: Duration) -> (Outcome, SmtpSink) {
    let sink = SmtpSink::start(Mode::Accept);
    sink.set(mode);
    let outcome = smtp(&sink, deadline).send(&composed(&april_2020())).await;
    (outcome, sink)
}

#[tokio::test]
async fn an_accepted_message_arrives_byte_for_byte() {
    let (result, sink) = outcome(Mode::Accept, PATIENT).await;
    assert_eq!(
        result,
        Outcome::Accepted("250 2.0.0 queued as 1".to_owned())
    );
    let kept = sink.received();
    let sent = composed(&april_2020());
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].sender, "coverd@practice.example");
    assert_eq!(kept[0].recipients, ["billing@practice.example"]);
    // SMTP ends the text with a line break of its own
    assert_eq!(
        String::from_utf8_lossy(&kept[0].bytes).trim_end(),
        String::from_utf8_lossy(&sent.message).trim_end()
    );
}

#[tokio::test]
async fn what_is_not_the_recipients_fault_is_put_off() {
    for (mode, word) in [
        (Mode::RefuseConnection, "refused"),
        (Mode::Greet421, "421"),
        (Mode::Greet554, "554"),
        (Mode::RefuseSender, "550"),
        (Mode::DemandLogin, "user and password"),
        (Mode::DeferRecipient, "450"),
        (Mode::DeferData, "451"),
        (Mode::DropInData, "after its text"),
        (Mode::DropBeforeReply, "after its text"),
    ] {
        let (result, _sink) = outcome(mode.clone(), PATIENT).await;
        let Outcome::Deferred(text) = result else {
            panic!("{mode:?}: {result:?}");
        };
        assert!(
            text.contains(word) && text.contains("wait"),
            "{mode:?}: {text}"
        );
    }
}

#[tokio::test]
async fn a_refused_recipient_or_message_is_refused_for_good() {
    for mode in [
        Mode::RefuseRecipient("billing@practice.example".to_owned()),
        Mode::RefuseData,
    ] {
        let (result, sink) = outcome(mode.clone(), PATIENT).await;
        assert!(
            matches!(result, Outcome::Refused(_)),
            "{mode:?}: {result:?}"
        );
        assert!(sink.received().is_empty());
    }
}

#[tokio::test]
async fn a_refused_recipient_harms_no_other() {
    let sink = SmtpSink::start(Mode::RefuseRecipient("gone@practice.example".to_owned()));
    let channels = smtp(&sink, PATIENT);
    let mut gone = composed(&april_2020());
    gone.recipient = "gone@practice.example".to_owned();
    assert!(matches!(channels.send(&gone).await, Outcome::Refused(_)));
    let fine = channels.send(&composed(&april_2020())).await;
    assert!(matches!(fine, Outcome::Accepted(_)), "{fine:?}");
}

#[tokio::test]
async fn a_silent_server_ends_with_the_deadline() {
    for mode in [Mode::SilentAtGreeting, Mode::SilentAfterData] {
        let (result, _sink) = outcome(mode.clone(), SHORT).await;
        assert!(
            matches!(result, Outcome::Deferred(_)),
            "{mode:?}: {result:?}"
        );
    }
}

#[tokio::test]
async fn a_message_whose_reply_was_lost_is_sent_again_with_the_same_id() {
    let (first, sink) = outcome(Mode::DropBeforeReply, PATIENT).await;
    assert!(matches!(first, Outcome::Deferred(_)));
    sink.set(Mode::Accept);
    let again = smtp(&sink, PATIENT).send(&composed(&april_2020())).await;
    assert!(matches!(again, Outcome::Accepted(_)), "{again:?}");
    let kept = sink.received();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0].bytes, kept[1].bytes);
}

#[tokio::test]
async fn a_wrong_password_is_the_configurations_fault_and_is_never_shown() {
    let sink = SmtpSink::start(Mode::RefuseLogin);
    let config = SmtpConfig {
        host: "localhost".to_owned(),
        port: sink.port(),
        tls: Tls::None,
        login: Some(Login {
            user: "coverd".to_owned(),
            password: SecretString::from("hunter2"),
        }),
        ca_file: None,
        hello: None,
        deadline: PATIENT,
    };
    let channel = |config: SmtpConfig| {
        Channels::new().with("smtp", Channel::Smtp(Box::new(Smtp::new(config).unwrap())))
    };
    let result = channel(config.clone()).send(&composed(&april_2020())).await;
    let Outcome::Deferred(text) = result else {
        panic!("{result:?}");
    };
    assert!(text.contains("535") && text.contains("password"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(sink.logins().len(), 1);
    sink.set(Mode::Accept);
    let result = channel(config).send(&composed(&april_2020())).await;
    assert!(matches!(result, Outcome::Accepted(_)), "{result:?}");
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    let sink = SmtpSink::start(Mode::Accept);
    let channel = Smtp::new(SmtpConfig {
        host: "localhost".to_owned(),
        port: sink.port(),
        tls: Tls::StartTls,
        login: Some(Login {
            user: "coverd".to_owned(),
            password: SecretString::from("hunter2"),
        }),
        ca_file: None,
        hello: None,
        deadline: PATIENT,
    })
    .unwrap();
    let channels = Channels::new().with("smtp", Channel::Smtp(Box::new(channel)));
    let result = channels.send(&composed(&april_2020())).await;
    let Outcome::Deferred(text) = result else {
        panic!("{result:?}");
    };
    assert!(text.contains("does not offer STARTTLS"), "{text}");
    assert!(sink.logins().is_empty());
    assert!(sink.received().is_empty());
}

#[tokio::test]
async fn a_batch_shares_a_connection_and_outlives_its_end() {
    let sink = SmtpSink::start(Mode::Accept);
    let channels = smtp(&sink, PATIENT);
    for alert in [april_2020(), payment_2021(), ncd_text()] {
        let result = channels.send(&composed(&alert)).await;
        assert!(matches!(result, Outcome::Accepted(_)), "{result:?}");
    }
    assert_eq!(sink.connections(), 1);
    channels.rest().await;
    let result = channels.send(&composed(&ncd_delisted())).await;
    assert!(matches!(result, Outcome::Accepted(_)), "{result:?}");
    assert_eq!(sink.connections(), 2);
    assert_eq!(sink.wait_for(4, PATIENT).len(), 4);
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_without_a_connection() {
    let sink = SmtpSink::start(Mode::Accept);
    let mut outgoing = composed(&april_2020());
    outgoing.recipient = "x@practice.example>\r\nDATA".to_owned();
    let result = smtp(&sink, PATIENT).send(&outgoing).await;
    assert!(matches!(result, Outcome::Refused(_)), "{result:?}");
    assert_eq!(sink.connections(), 0);
}

#[tokio::test]
async fn a_channel_that_is_not_configured_keeps_the_message_waiting() {
    let result = Channels::new().send(&composed(&april_2020())).await;
    let Outcome::Deferred(text) = result else {
        panic!("{result:?}");
    };
    assert!(text.contains("no channel 'smtp'"), "{text}");
}

#[tokio::test]
async fn a_file_is_written_whole_and_writing_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("mail");
    let channels = Channels::new().with(
        "file",
        Channel::File(FileChannel::new(FileConfig { dir: dir.clone() })),
    );
    let mut outgoing = composed(&april_2020());
    outgoing.channel = "file".to_owned();
    for _ in 0..2 {
        let result = channels.send(&outgoing).await;
        assert!(matches!(result, Outcome::Accepted(_)), "{result:?}");
    }
    outgoing.id = "../../escape".to_owned();
    outgoing.created = at("2020-05-02T03:30:01Z");
    assert!(matches!(
        channels.send(&outgoing).await,
        Outcome::Accepted(_)
    ));
    let mut names: Vec<String> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    let id = composed(&april_2020()).id;
    assert_eq!(
        names,
        [
            format!("20200502T033000Z-{id}.eml"),
            "20200502T033001Z-______escape.eml".to_owned()
        ]
    );
    let kept = std::fs::read(dir.join(&names[0])).unwrap();
    assert_eq!(kept, composed(&april_2020()).message);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_keeps_the_message_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "in the way").unwrap();
    let channels = Channels::new().with(
        "file",
        Channel::File(FileChannel::new(FileConfig { dir: blocked })),
    );
    let mut outgoing = composed(&april_2020());
    outgoing.channel = "file".to_owned();
    let result = channels.send(&outgoing).await;
    assert!(matches!(result, Outcome::Deferred(_)), "{result:?}");
}
