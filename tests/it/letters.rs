//! A year of a practice whose people want to be told in different ways: at once, in digests, not at night;
//! who are reminded of what nobody acknowledged, and who come and go.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc, Weekday};
use chrono_tz::America::New_York;
use coverd::io::store::{AlertFilter, DeliveryFilter, Store};
use coverd::model::alert::AlertBody;
use coverd::model::attribute::Attribute;
use coverd::model::delivery::{
    AcknowledgedVia, Acknowledgement, DeliveryState, Outgoing, Purpose, Role,
};
use coverd::model::fact::Observation;
use coverd::model::health::ProblemKind;
use coverd::render::mail::{
    Envelope, Weekly, Welcome, compose, digest, reminder, test_message, weekly, welcome,
};

use crate::harness::alerts::{
    all_codes, april_2020, envelope, ncd, ncd_delisted, ncd_text, operator, payment_2021, recipient,
};
use crate::harness::cms::Answer;
use crate::harness::rule_alerts::{
    addendum_final, addendum_proposed, rule_corrected, rule_in_force, rule_published,
};
use crate::harness::run::{Mail, Practice};
use crate::harness::smtp::Mode;

/// The texts of a message, as an independent reader finds them.
fn read(outgoing: &Outgoing) -> (String, String) {
    let message = mail_parser::MessageParser::default()
        .parse(&outgoing.message)
        .unwrap();
    assert_eq!(message.subject(), Some(outgoing.subject.as_str()));
    for line in outgoing.message.split(|byte| *byte == b'\n') {
        assert!(line.len() < 998 && line.is_ascii());
    }
    let html = message.body_html(0).unwrap();
    let (head, rest) = html.split_once("<style>").unwrap();
    let (_, tail) = rest.split_once("</style>").unwrap();
    let text = message.body_text(0).unwrap().replace('\r', "");
    (
        format!("Subject: {}\n\n{text}", outgoing.subject),
        format!("{head}{tail}").replace('\r', ""),
    )
}

fn told(alert: &coverd::model::alert::Alert, envelope: &Envelope) -> Outgoing {
    compose(alert, &recipient(), envelope, alert.raised, &[]).unwrap()
}

#[test]
fn letters_say_what_they_should() {
    let asking = Envelope {
        asks_to_acknowledge: true,
        ..envelope()
    };
    let now = "2020-04-10T11:00:00Z".parse().unwrap();
    let first = told(&april_2020(), &asking);
    let (asked, _) = read(&first);
    assert!(asked.contains("coverd ack "), "{asked}");
    let (payment, _) = read(&told(&payment_2021(), &asking));
    assert!(!payment.contains("coverd ack "), "only coverage asks");
    let linked = Envelope {
        acknowledge_link: "https://coverd.practice.example/acknowledge?alert=a&to=b&token=c"
            .to_owned(),
        page: "https://coverd.practice.example".to_owned(),
        ..asking.clone()
    };
    let (text, html) = read(&told(&april_2020(), &linked));
    assert!(text.contains(&linked.acknowledge_link), "{text}");
    for body in [&text, &html] {
        assert!(
            body.contains("https://coverd.practice.example/alert/"),
            "{body}"
        );
    }
    assert!(
        html.contains(
            "href=\"https://coverd.practice.example/acknowledge?alert=a&#38;to=b&#38;token=c\""
        ),
        "{html}"
    );

    let gathered = digest(
        &[
            &told(&payment_2021(), &envelope()),
            &told(&ncd_text(), &envelope()),
        ],
        &recipient(),
        &envelope(),
        now,
    )
    .unwrap();
    let alert = first.alert.clone().unwrap();
    let reminded = reminder(&first, &alert, 0, &recipient(), &asking, now).unwrap();
    // Whoever is reminded answers by a link of their own, not by that of the first reader.
    let (theirs, first_link) = (
        "https://coverd.practice.example/next",
        &linked.acknowledge_link,
    );
    let next = Envelope {
        acknowledge_link: theirs.to_owned(),
        ..linked.clone()
    };
    let of_linked = told(&april_2020(), &linked);
    let repeated = reminder(&of_linked, &alert, 0, &recipient(), &next, now).unwrap();
    let (text, html) = read(&repeated);
    for body in [text, html] {
        assert!(body.contains(theirs), "{body}");
        assert!(!body.contains("token=c"), "{first_link} in: {body}");
        assert!(
            body.to_lowercase().contains("the proof"),
            "the rest is repeated: {body}"
        );
    }
    let week = Weekly {
        headline: "still watching: one message this week, 1 thing needs attention".to_owned(),
        answers: vec![("20560".to_owned(), "Payable if covered.".to_owned())],
        told: vec!["2020-04-04: 20560: status N → A".to_owned()],
        coming: Vec::new(),
        sources: vec![(
            "Relative value files".to_owned(),
            "read 2020-04-10 10:00 UTC".to_owned(),
        )],
        attention: vec!["<script>alert(1)</script> pfs: never read".to_owned()],
    };
    let watching = weekly(&week, &recipient(), &envelope(), now).unwrap();
    let greeting = greeting("<script>alert(1)</script> pfs: the address is gone");
    let both: BTreeSet<Role> = [Role::Practice, Role::Operator].into();
    let greeted = welcome(&greeting, &both, &recipient(), &envelope(), now).unwrap();
    for (name, letter) in [
        ("digest", &gathered),
        ("reminder", &reminded),
        ("weekly", &watching),
        ("welcome", &greeted),
    ] {
        let (text, html) = read(letter);
        insta::assert_snapshot!(format!("{name}_text"), text);
        insta::assert_snapshot!(format!("{name}_html"), html);
    }
    // The same again is the same message.
    let again = weekly(&week, &recipient(), &envelope(), now).unwrap();
    assert_eq!(watching, again);
    assert_ne!(gathered.id, reminded.id);
}

/// What a new recipient is shown; `unread` is a source that was not read, with the reason.
fn greeting(unread: &str) -> Welcome {
    Welcome {
        day: "2020-04-10".parse().unwrap(),
        answers: ["20560", "20561"]
            .map(|code| (code.to_owned(), "Payable if covered: status A.".to_owned()))
            .into(),
        read: vec!["Physician Fee Schedule relative value files".to_owned()],
        unread: vec![unread.to_owned()],
        coming: vec!["PROPOSED CMS-1734, comments close 2020-10-05, names 20560".to_owned()],
    }
}

/// Every kind of mail as a file, for the programs that judge them (`tests/mails/run`, which names the folder).
#[test]
fn every_kind_of_mail_is_written_for_others() {
    let own = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("COVERD_MAILS").map_or_else(|| own.path().to_owned(), Into::into);
    let asking = Envelope {
        asks_to_acknowledge: true,
        ..envelope()
    };
    let now = "2020-05-10T11:00:00Z".parse().unwrap();
    let mut mails: Vec<(String, Outgoing)> = Vec::new();
    let alerts = [
        ("coverage", april_2020()),
        ("payment", payment_2021()),
        ("policy", ncd_text()),
        ("delisted", ncd_delisted()),
        ("many", all_codes()),
        ("rule-published", rule_published()),
        ("values-proposed", addendum_proposed()),
        ("values-final", addendum_final()),
        ("rule-corrected", rule_corrected()),
        ("rule-in-force", rule_in_force()),
        ("trouble", operator(ProblemKind::Shape, false)),
        ("trouble-over", operator(ProblemKind::Shape, true)),
    ];
    for (name, alert) in alerts {
        mails.push((name.to_owned(), told(&alert, &asking)));
    }
    let rows: Vec<&Outgoing> = mails.iter().skip(1).take(3).map(|(_, mail)| mail).collect();
    let gathered = digest(&rows, &recipient(), &envelope(), now).unwrap();
    let first = &mails[0].1;
    let reminded = reminder(first, "a0b02", 0, &recipient(), &asking, now).unwrap();
    let week = Weekly {
        headline: "still watching: one message this week, every source is read".to_owned(),
        answers: vec![(
            "20560".to_owned(),
            "Payable if covered: status A. The determination 30.3.3 limits it to chronic low back pain.".to_owned(),
        )],
        told: vec!["2020-05-04: 20560, 20561: status N → A".to_owned()],
        coming: vec!["PROPOSED CMS-1734, comments close 2020-10-05, names 20560".to_owned()],
        sources: vec![(
            "Physician Fee Schedule relative value files".to_owned(),
            "read 2020-05-10 10:00 UTC".to_owned(),
        )],
        attention: Vec::new(),
    };
    let watching = weekly(&week, &recipient(), &envelope(), now).unwrap();
    let test = test_message(&recipient(), &envelope(), now).unwrap();
    let greeting = greeting("Transmittals and MLN articles: being read");
    let roles: BTreeSet<Role> = [Role::Practice].into();
    let greeted = welcome(&greeting, &roles, &recipient(), &envelope(), now).unwrap();
    for (name, mail) in [
        ("digest", gathered),
        ("reminder", reminded),
        ("weekly", watching),
        ("welcome", greeted),
        ("test", test),
    ] {
        mails.push((name.to_owned(), mail));
    }
    for (name, mail) in &mails {
        std::fs::write(folder.join(format!("{name}.eml")), &mail.message).unwrap();
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 17);
}

#[test]
fn what_comes_from_outside_stays_text_in_a_letter() {
    let hostile = "<script>alert('x')</script></main><img src=x onerror=alert(1)><main>";
    let mut bad = ncd_text();
    if let AlertBody::Change(change) = &mut bad.body {
        hostile.clone_into(&mut change.edition);
        hostile.clone_into(&mut change.source_title);
        change.changes = vec![ncd(
            Attribute::OtherText,
            Observation::text("before"),
            Observation::text(hostile),
        )];
    }
    let rows = [told(&bad, &envelope()), told(&april_2020(), &envelope())];
    let rows: Vec<&Outgoing> = rows.iter().collect();
    let now = "2020-04-10T11:00:00Z".parse().unwrap();
    let (_, html) = read(&digest(&rows, &recipient(), &envelope(), now).unwrap());
    assert!(
        !html.contains("<script") && !html.contains("<img"),
        "{html}"
    );
    assert_eq!(
        (
            html.matches("<main>").count(),
            html.matches("</main>").count()
        ),
        (1, 1)
    );
    assert!(html.contains("status"), "the second one is whole");

    // A row whose bytes are damaged is told by its subject.
    let mut broken = told(&april_2020(), &envelope());
    broken.message = vec![0xff; 40];
    let other = told(&operator(ProblemKind::Shape, false), &envelope());
    let (text, _) = read(&digest(&[&broken, &other], &recipient(), &envelope(), now).unwrap());
    assert!(
        text.matches("20560, 20561: status N").count() >= 2,
        "{text}"
    );
}

const SUBJECTS: [&str; 3] = ["coverage", "payment", "coding"];

fn address(subject: &str) -> String {
    format!("https://www.payer.example/{subject}")
}

/// Three pages of a payer, one for each weight, and who hears of them.
fn settings(people: &str) -> String {
    let mut text = String::new();
    for subject in SUBJECTS {
        let _ = write!(
            text,
            "[[page]]\nname = \"{subject}\"\nurl = \"{}\"\nseverity = \"{subject}\"\n",
            address(subject)
        );
    }
    format!(
        "{text}[acknowledge]\nafter_days = 3\nescalation = [\"boss@practice.example\", \"owner@practice.example\"]\n{people}"
    )
}

fn person(name: &str, wishes: &str) -> String {
    format!(
        "[[recipient]]\naddress = \"{name}@practice.example\"\nstill_watching = false\n{wishes}\n"
    )
}

fn post(practice: &Practice, subject: &str, edition: usize) {
    let page = format!(
        "<html><head><title>Policy</title></head><body><main><h1>Dry needling</h1><p>Our rules of {subject} as of now.</p><p>This is edition{edition}x of them.</p></main></body></html>"
    );
    practice.cms.serve(&address(subject), Answer::html(&page));
}

/// What one person got: when, and the whole text.
type Inbox = BTreeMap<String, Vec<(DateTime<Utc>, String, String)>>;

/// Sends what is due and sorts what arrived.
async fn deliver(practice: &mut Practice, inbox: &mut Inbox) {
    let round = practice.deliver().await;
    put(inbox, practice.app().clock.now(), round.mails);
}

fn put(inbox: &mut Inbox, now: DateTime<Utc>, mails: Vec<Mail>) {
    for mail in mails {
        let name = mail.to.split('@').next().unwrap().to_owned();
        inbox
            .entry(name)
            .or_default()
            .push((now, mail.subject, mail.text));
    }
}

fn mails<'a>(inbox: &'a Inbox, name: &str) -> &'a [(DateTime<Utc>, String, String)] {
    inbox.get(name).map_or(&[], Vec::as_slice)
}

/// How often somebody was told that an edition is new.
fn times_told(inbox: &Inbox, name: &str, edition: usize) -> usize {
    let new = format!("{{+edition{edition}x+}}");
    let texts = mails(inbox, name).iter();
    texts.map(|(_, _, text)| text.matches(&new).count()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "one year, told in its order")]
async fn in_a_year_everybody_is_told_of_everything_once_and_as_they_wish() {
    let quiet = "quiet = \"20:00-07:00\"";
    let daily = "digest = \"daily\"\ndigest_at = \"08:00\"";
    let weekly = "digest_for = { payment = \"daily\", coding = \"weekly\", coverage = \"daily\" }";
    let watcher = "[[recipient]]\naddress = \"watcher@practice.example\"\nleast = \"coverage\"\n";
    let all = [
        person("night", quiet),
        person("daily", daily),
        person("mixed", weekly),
        person("leaves", daily),
        watcher.to_owned(),
    ];
    let mut practice =
        Practice::reading(&["page"], "2026-01-05T15:00:00Z", &settings(&all.concat()));
    let mut inbox = Inbox::new();
    for subject in SUBJECTS {
        post(&practice, subject, 0);
    }
    assert_eq!(practice.check().await.mails, []);

    // Every six hours mail is sent; about every 36 hours, so at every time of the day, a page has changed.
    let mut editions: Vec<(usize, &str, DateTime<Utc>)> = Vec::new();
    let (mut last, mut joined) = (DateTime::<Utc>::UNIX_EPOCH, None);
    for step in 1..=365 * 4_usize {
        practice.clock.advance(TimeDelta::hours(6));
        let now = practice.app().clock.now();
        if step == 100 * 4 + 1 {
            // One goes while messages wait for them, one comes, one has other wishes.
            let without = [
                person("night", quiet),
                person("daily", ""),
                person("mixed", weekly),
                person("comes", daily),
                watcher.to_owned(),
            ];
            practice.configure(&settings(&without.concat()));
            joined = Some(now);
        }
        if now - last >= TimeDelta::hours(35) && step < 350 * 4 {
            last = now;
            let edition = editions.len() + 1;
            let subject = SUBJECTS[edition % 3];
            post(&practice, subject, edition);
            // Now and then the mail server is away for some hours.
            let is_away = edition % 10 == 7;
            practice.smtp.set(if is_away {
                Mode::Greet421
            } else {
                Mode::Accept
            });
            let round = practice.check().await;
            assert_eq!(round.problems(), []);
            editions.push((edition, subject, now));
            put(&mut inbox, now, round.mails);
            if edition.is_multiple_of(2) {
                acknowledge(&practice);
            }
        }
        deliver(&mut practice, &mut inbox).await;
        practice.smtp.set(Mode::Accept);
    }

    let joined = joined.unwrap();
    for (edition, subject, at) in &editions {
        for name in ["night", "daily", "mixed", "billing"] {
            assert_eq!(
                times_told(&inbox, name, *edition),
                1,
                "{name}: {edition} {subject}"
            );
        }
        let (leaves, comes) = (usize::from(*at < joined), usize::from(*at >= joined));
        assert_eq!(
            times_told(&inbox, "leaves", *edition),
            leaves,
            "{edition} {at}"
        );
        assert_eq!(
            times_told(&inbox, "comes", *edition),
            comes,
            "{edition} {at}"
        );
        // Of two reminders each names it once; what was acknowledged nobody hears of again.
        let answered = edition % 2 == 0;
        let reminded = usize::from(*subject == "coverage" && !answered);
        for name in ["boss", "owner"] {
            assert_eq!(
                times_told(&inbox, name, *edition),
                reminded,
                "{name}: {edition} {subject}"
            );
        }
    }
    assert!(editions.len() > 200);

    // At night only coverage.
    for (at, subject, _) in mails(&inbox, "night") {
        let hour = at.with_timezone(&New_York).hour();
        let is_night = !(7..20).contains(&hour);
        assert!(
            !is_night || subject.contains("page coverage"),
            "{subject} at {at}"
        );
    }
    // Digests are few, coverage came at once.
    let digests = |name: &str| {
        let subjects = mails(&inbox, name).iter();
        subjects
            .filter(|(_, subject, _)| subject.contains(" messages: "))
            .count()
    };
    assert!(digests("mixed") > 30, "{}", digests("mixed"));
    assert_eq!(digests("night"), 0);
    assert!(mails(&inbox, "mixed").len() < editions.len());
    for (edition, subject, at) in editions.iter().filter(|(edition, ..)| edition % 10 != 7) {
        if *subject == "coverage" {
            let new = format!("{{+edition{edition}x+}}");
            let told = mails(&inbox, "daily")
                .iter()
                .find(|(_, _, text)| text.contains(&new));
            assert!(told.unwrap().0 - *at <= TimeDelta::hours(6), "{edition}");
        }
    }
    // Each Monday one message that says that coverd is watching, after seven in the morning.
    let weekly: Vec<_> = mails(&inbox, "watcher")
        .iter()
        .filter(|(_, subject, _)| subject.contains("still watching"))
        .map(|(at, ..)| at.with_timezone(&New_York))
        .collect();
    assert_eq!(weekly.len(), 52);
    for at in &weekly {
        assert_eq!(at.weekday(), Weekday::Mon);
        assert!((7..=13).contains(&at.hour()), "{at}");
    }
    // Nothing is left, and everything that was written reached someone.
    let reader = practice.reader();
    for row in reader.deliveries(&DeliveryFilter::default()).unwrap() {
        let is_told = matches!(
            row.state,
            DeliveryState::Delivered | DeliveryState::Gathered
        );
        assert!(is_told, "{}: {}", row.outgoing.subject, row.state);
        assert_eq!(
            row.outgoing.alert.is_some(),
            matches!(row.outgoing.purpose, Purpose::Alert | Purpose::Reminder)
        );
    }
}

/// A program is told in its own form, and its rows may stand before those of people: a reminder repeats what
/// people read.
#[tokio::test]
async fn a_reminder_repeats_what_people_were_told_and_not_what_a_program_was() {
    let hook = |number| format!("[[hook]]\nname = \"hook{number}\"\ncommand = [\"true\"]\n");
    let hooks: Vec<String> = (0..8).map(hook).collect();
    let more = settings(&hooks.concat());
    let mut practice = Practice::reading(&["page"], "2026-01-05T15:00:00Z", &more);
    for subject in SUBJECTS {
        post(&practice, subject, 0);
    }
    assert_eq!(practice.check().await.mails, []);
    post(&practice, "coverage", 1);
    assert_eq!(practice.check_after(1).await.mails.len(), 1);
    practice.clock.advance(TimeDelta::days(3));
    let reminded = practice.deliver().await.mails;
    let [mail] = &reminded[..] else {
        panic!("{reminded:?}");
    };
    assert_eq!(mail.to, "boss@practice.example");
    assert!(mail.text.contains("{+edition1x+}"), "{}", mail.text);
    assert!(!mail.text.contains("coverd.change"), "{}", mail.text);
}

/// What the weekly message says of an installation.
async fn week_of(practice: &mut Practice) -> Mail {
    practice.clock.advance(TimeDelta::days(7));
    let mut mails = practice.deliver().await.mails;
    mails.retain(|mail| mail.to == "watcher@practice.example");
    assert_eq!(mails.len(), 1, "{mails:?}");
    mails.remove(0)
}

#[tokio::test]
async fn a_weekly_message_never_says_that_all_is_well_when_it_is_not() {
    let watcher = "[[recipient]]\naddress = \"watcher@practice.example\"\nleast = \"coverage\"\n";
    let mut practice = Practice::reading(&["page"], "2026-01-05T15:00:00Z", &settings(watcher));
    for subject in SUBJECTS {
        post(&practice, subject, 0);
    }
    practice.check().await;
    practice.clock.advance(TimeDelta::days(7));
    practice.check().await;
    let quiet = practice.smtp.received().len();
    assert!(quiet > 0);
    let [mail] = &practice.smtp.received()[..] else {
        panic!("one message");
    };
    let mail = String::from_utf8_lossy(&mail.bytes).into_owned();
    assert!(mail.contains("every source is read"), "{mail}");

    // A source that was not read for a week is no source that is read.
    let stale = week_of(&mut practice).await;
    assert!(
        stale.subject.contains("1 thing needs attention"),
        "{stale:?}"
    );
    assert!(stale.text.contains("no good read since"), "{stale:?}");

    // Nothing is read at all.
    practice.configure(&format!("[acknowledge]\nafter_days = 0\n{watcher}"));
    let nothing = week_of(&mut practice).await;
    assert!(
        nothing.subject.contains("1 thing needs attention"),
        "{nothing:?}"
    );
    assert!(
        nothing.text.contains("no source is switched on"),
        "{nothing:?}"
    );
}

/// Someone takes care of what was just told.
fn acknowledge(practice: &Practice) {
    let reader = practice.reader();
    let latest = AlertFilter {
        limit: Some(1),
        ..AlertFilter::default()
    };
    let alert = reader.alerts(&latest).unwrap().remove(0);
    assert_eq!(alert.raised, practice.app().clock.now());
    let mut store = Store::open(&practice.app().database).unwrap();
    let ack = Acknowledgement {
        alert: alert.id.clone(),
        person: "Ana".to_owned(),
        note: "claims looked at".to_owned(),
        at: alert.raised,
        via: AcknowledgedVia::Command,
    };
    store.acknowledge(&ack).unwrap();
    store.acknowledge(&ack).unwrap();
    assert_eq!(reader.acknowledgements(&alert.id).unwrap(), [ack]);
}

/// A clock was `days` ahead when news came while the mail server was away, and is right again: how long everybody
/// waits from then on.
async fn set_back_by(days: i64) {
    let people = [
        person("daily", "digest = \"daily\"\ndigest_at = \"08:00\""),
        person("weekly", "digest = \"weekly\"\ndigest_at = \"08:00\""),
        person("night", "quiet = \"20:00-07:00\""),
        "[[recipient]]\naddress = \"watcher@practice.example\"\nleast = \"coverage\"\n".to_owned(),
    ];
    // A Thursday, ten in the morning in New York.
    let start: DateTime<Utc> = "2026-01-08T15:00:00Z".parse().unwrap();
    let mut practice = Practice::reading(&["page"], "2026-01-08T15:00:00Z", "");
    practice.configure(&settings(&people.concat()));
    for subject in SUBJECTS {
        post(&practice, subject, 0);
    }
    assert_eq!(practice.check().await.mails, []);

    practice.clock.set(start + TimeDelta::days(days));
    practice.smtp.set(Mode::Greet421);
    post(&practice, "coverage", 1);
    post(&practice, "payment", 2);
    assert_eq!(practice.check().await.mails, []);
    // Two in the night there, the weekly message and the first reminders are written.
    practice
        .clock
        .set(start + TimeDelta::days(days) + TimeDelta::days(3) + TimeDelta::hours(16));
    post(&practice, "payment", 3);
    practice.check().await;
    practice.smtp.set(Mode::Accept);

    let mut inbox = Inbox::new();
    let (mut to_people, mut reminded, mut weekly) = (BTreeMap::new(), Vec::new(), Vec::new());
    for hour in 1..=24 * 21_i64 {
        practice.clock.set(start + TimeDelta::hours(hour));
        let round = practice.deliver().await;
        for mail in &round.mails {
            let name = mail.to.split('@').next().unwrap().to_owned();
            if mail.subject.contains("still watching") {
                weekly.push(hour);
            } else if ["boss", "owner"].contains(&name.as_str()) {
                reminded.push((name, hour));
            }
        }
        put(&mut inbox, practice.app().clock.now(), round.mails);
        for name in ["daily", "weekly", "night", "billing"] {
            for edition in 1..=3 {
                if times_told(&inbox, name, edition) > 0 {
                    to_people.entry((name, edition)).or_insert(hour);
                }
            }
        }
    }
    for name in ["daily", "weekly", "night", "billing"] {
        for edition in 1..=3 {
            assert_eq!(times_told(&inbox, name, edition), 1, "{name}: {edition}");
            // Friday at eight, Monday at eight, the end of the night or half a day between attempts.
            let most = match name {
                "daily" => 22,
                "weekly" => 94,
                _ => 13,
            };
            let waited = to_people[&(name, edition)];
            assert!(waited <= most, "{days}: {name}: {edition}: {waited} hours");
        }
    }
    // Each reminder comes once, and in time: how long ago the alert was is not known, so that it may be too soon.
    reminded.sort();
    let names: Vec<&str> = reminded.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["boss", "owner"], "{days}");
    let is_soon = reminded.iter().all(|(_, hour)| *hour <= 24 * 7);
    assert!(is_soon, "{days}: {reminded:?}");
    // Every Monday, as if nothing had been, after those that were written too early.
    let week = 24 * 7;
    weekly.retain(|hour| *hour > 13);
    assert_eq!(weekly, [93, 93 + week, 93 + 2 * week], "{days}");
}

#[tokio::test]
async fn what_was_put_off_by_a_clock_that_was_ahead_waits_no_longer_than_its_rhythm() {
    for days in [30, 365] {
        set_back_by(days).await;
    }
}
