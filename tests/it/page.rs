//! Configured pages: what is told of them, and what is not, when servers, pages and mail misbehave.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fmt::Write as _;
use std::time::Duration;

use coverd::io::store::{ChangeFilter, DeliveryFilter};
use coverd::model::delivery::DeliveryState;
use coverd::model::health::ProblemKind;

use crate::harness::cms::{Answer, FakeCms};
use crate::harness::run::{Installation, PRACTICE, Practice, config_reading};
use crate::harness::smtp::{Mode, SmtpSink};

const DAY: &str = "2026-03-02T12:00:00Z";
const POLICY: &str = "https://www.payer.example/policy";

fn html(body: &str) -> String {
    let menu = "<li><a href='/m'>An entry of the menu</a></li>".repeat(40);
    format!(
        "<!DOCTYPE html><html><head><title>Policy</title></head><body><nav><ul>{menu}</ul></nav>\
         <main><h1>Policy on needling</h1>{body}</main></body></html>"
    )
}

fn page(body: &str) -> Answer {
    Answer::html(&html(body))
}

fn block(name: &str, url: &str, more: &str) -> String {
    format!("[[page]]\nname = \"{name}\"\nurl = \"{url}\"\n{more}\n")
}

fn policy(more: &str) -> Practice {
    Practice::reading(&["page"], DAY, &block("policy", POLICY, more))
}

/// What was told so far, as (from, to) of each change in the order in which they were recorded.
fn told(practice: &Practice) -> Vec<(String, String)> {
    let changes = practice.reader().changes(&ChangeFilter::default()).unwrap();
    let side = |observation: Option<coverd::model::fact::Observation>| {
        observation.map_or_else(|| "?".to_owned(), |value| value.to_string())
    };
    let mut told: Vec<_> = changes
        .into_iter()
        .filter(|change| change.alert.is_some())
        .map(|change| {
            let judged = change.judged.change;
            (change.recorded, side(judged.was), side(judged.now))
        })
        .collect();
    told.sort();
    told.into_iter().map(|(_, was, now)| (was, now)).collect()
}

fn many(pages: usize) -> String {
    let mut text = String::new();
    for number in 0..pages {
        let url = format!("https://www.payer.example/policies/{number}");
        text.push_str(&block(&format!("policy {number}"), &url, ""));
    }
    text
}

fn serve_many(cms: &FakeCms, pages: usize, changed: &[usize], day: u32) {
    for number in 0..pages {
        let (rule, day) = if changed.contains(&number) {
            ("six", day)
        } else {
            ("twelve", 1)
        };
        let body = format!("<p>Policy {number} allows {rule} visits a year.</p>");
        let week_day = if day == 1 { "Sun" } else { "Tue" };
        let modified = format!("{week_day}, {day:02} Feb 2026 02:00:00 GMT");
        let url = format!("https://www.payer.example/policies/{number}");
        cms.serve(&url, page(&body).validators(None, Some(&modified)));
    }
}

#[tokio::test]
async fn of_many_pages_exactly_the_changed_ones_are_told_in_one_mail_and_the_others_cost_a_304() {
    let mut practice = Practice::reading(&["page"], DAY, &many(40));
    serve_many(&practice.cms, 40, &[], 1);
    let first = practice.check().await;
    assert_eq!((first.read(), first.mails.len()), (40, 0), "{first:?}");

    let changed = [3, 11, 19, 27, 39];
    serve_many(&practice.cms, 40, &changed, 3);
    let second = practice.check_after(1).await;
    assert_eq!(second.read(), 5);
    let [news] = second.news()[..] else {
        panic!("{:?}", second.mails);
    };
    for number in 0..40 {
        let named = news.text.contains(&format!("policy {number} "))
            || news.text.contains(&format!("policy {number}:"))
            || news.text.contains(&format!("Policy {number} allows"));
        assert_eq!(named, changed.contains(&number), "{number}: {}", news.text);
    }
    // The server compares exactly: it was asked with its own date, and confirmed the others.
    let asked = practice.cms.hits("https://www.payer.example/policies/4");
    let sent = asked.last().unwrap().header("if-modified-since");
    assert_eq!(sent, Some("Sun, 01 Feb 2026 02:00:00 GMT"));
    let standings = practice.reader().standings("page").unwrap();
    let confirmed = standings.iter().filter(|one| one.at > one.full_at).count();
    assert_eq!(confirmed, 35);

    let third = practice.check_after(1).await;
    assert_eq!((third.read(), third.mails.len()), (0, 0));
    assert_eq!(told(&practice).len(), 5);
}

#[tokio::test]
async fn another_token_in_every_answer_is_no_change_and_leaves_nothing_behind() {
    let mut practice = policy("");
    let answer = |token: &str| {
        page(&format!(
            "<script nonce='{token}'>var csrf = '{token}';</script><input type=hidden value={token}>\
             <link rel=stylesheet href='/a.{token}.css'><p>Twelve visits a year.</p>\
             <p>Request ID: {token}</p><p>Generated at 2026-03-02T12:00:{token}Z</p><p>{token} views</p>"
        ))
    };
    practice.cms.serve(POLICY, answer("10"));
    practice.check().await;
    let before = (documents(&practice), captures(&practice));
    for day in 1..6 {
        practice.cms.serve(POLICY, answer(&format!("{}", day + 20)));
        let round = practice.check_after(1).await;
        assert_eq!((round.read(), round.mails.len()), (0, 0), "{round:?}");
    }
    assert_eq!((documents(&practice), captures(&practice)), before);
    let standings = practice.reader().standings("page").unwrap();
    assert_eq!(standings[0].times, 6);
    assert!(told(&practice).is_empty());
}

fn documents(practice: &Practice) -> usize {
    let folder = practice.app().database.with_file_name("documents");
    let fans = std::fs::read_dir(folder).unwrap().flatten();
    fans.map(|fan| std::fs::read_dir(fan.path()).unwrap().count())
        .sum()
}

fn captures(practice: &Practice) -> usize {
    let reader = practice.reader();
    let standings = reader.standings("page").unwrap();
    let all = standings
        .iter()
        .map(|one| reader.captures_of(&one.document).unwrap().len());
    all.sum()
}

#[tokio::test]
async fn a_page_that_goes_back_and_forth_is_told_each_time_also_on_one_day() {
    let mut practice = policy("");
    practice.cms.serve(POLICY, page("<p>A</p>"));
    practice.check().await;
    let mut mails = 0;
    for (hour, text) in ["B", "A", "B", "A"].into_iter().enumerate() {
        practice.cms.serve(POLICY, page(&format!("<p>{text}</p>")));
        let now = format!("2026-03-02T1{}:30:00Z", hour + 3);
        mails += practice.check_at(&now).await.news().len();
    }
    assert_eq!(mails, 4);
    practice.cms.serve(POLICY, page("<p>B</p>"));
    assert_eq!(practice.check_after(1).await.news().len(), 1);
    let texts: Vec<_> = told(&practice).into_iter().map(|(_, now)| now).collect();
    let last_lines: Vec<_> = texts
        .iter()
        .map(|text| text.lines().last().unwrap())
        .collect();
    assert_eq!(last_lines, ["B", "A", "B", "A", "B"]);
}

#[tokio::test]
async fn what_changed_while_no_mail_could_be_sent_is_told_step_by_step_later() {
    let mut practice = policy("");
    practice.cms.serve(POLICY, page("<p>A</p>"));
    practice.check().await;
    practice.smtp.set(Mode::RefuseConnection);
    for text in ["B", "C"] {
        practice.cms.serve(POLICY, page(&format!("<p>{text}</p>")));
        let round = practice.check_after(1).await;
        assert_eq!(round.mails.len(), 0);
    }
    practice.smtp.set(Mode::Accept);
    practice.clock.advance(chrono::TimeDelta::days(1));
    let later = practice.deliver().await;
    assert_eq!(later.news().len(), 2, "{later:?}");
    assert_eq!(told(&practice).len(), 2);
}

/// The operator is told once, the facts stand, a week later again, and of the end; what changed in
/// the meantime is told then.
async fn in_the_way(obstacle: Answer, kind: ProblemKind, more: &str) {
    let mut practice = policy(more);
    let answer = page("<div id=rule><p>Twelve visits.</p></div>");
    let dated = answer.validators(Some("\"v1\""), Some("Mon, 02 Feb 2026 02:00:00 GMT"));
    practice.cms.serve(POLICY, dated);
    practice.check().await;
    practice.cms.serve(POLICY, obstacle);
    let mut notices = Vec::new();
    for _ in 0..10 {
        let round = practice.check_after(1).await;
        assert_eq!(round.problems(), [("policy", kind)], "{round:?}");
        assert!(round.news().is_empty(), "{round:?}");
        notices.push(round.notices().len());
    }
    assert_eq!(notices.iter().sum::<usize>(), 2, "{notices:?}");
    assert_eq!(notices[7] + notices[8] + notices[9], 1, "{notices:?}");
    let changed = page("<div id=rule><p>Six visits.</p></div>");
    practice
        .cms
        .serve(POLICY, changed.validators(Some("\"v2\""), None));
    let over = practice.check_after(1).await;
    assert_eq!(
        (over.news().len(), over.notices().len()),
        (1, 1),
        "{over:?}"
    );
    assert!(over.news()[0].text.contains("Six visits"), "{over:?}");
}

#[tokio::test]
async fn a_selector_that_finds_nothing_is_told_to_the_operator_and_no_deletion() {
    let redesigned = page("<section><p>Twelve visits, in new clothes.</p></section>");
    in_the_way(redesigned, ProblemKind::Shape, "select = \"#rule\"").await;
}

#[tokio::test]
async fn a_soft_404_is_told_to_the_operator() {
    let text = "<!DOCTYPE html><html><head><title>Page not found</title></head><body><h1>Page not found</h1></body></html>";
    in_the_way(Answer::html(text), ProblemKind::Blocked, "").await;
}

#[tokio::test]
async fn a_404_for_days_is_told_once_and_again_after_a_week() {
    in_the_way(Answer::status(404), ProblemKind::Gone, "").await;
}

#[tokio::test]
async fn a_half_rendered_and_an_empty_page_are_no_change() {
    let half = html("<div id=rule><p>Twelve");
    let half = half.split("Twelve").next().unwrap();
    in_the_way(Answer::html(half), ProblemKind::Shape, "").await;
    let empty =
        "<!DOCTYPE html><html><head><title>Policy</title></head><body><main></main></body></html>";
    in_the_way(Answer::html(empty), ProblemKind::Blocked, "").await;
    in_the_way(page("").cut_to(0), ProblemKind::Blocked, "").await;
    let shell = html("").replace("<h1>Policy on needling</h1>", "");
    in_the_way(Answer::html(&shell), ProblemKind::Shape, "").await;
}

#[tokio::test]
async fn an_unstable_page_is_believed_when_it_says_it_twice() {
    let mut practice = policy("unstable = true");
    let (old, new) = (page("<p>Twelve.</p>"), page("<p>Six.</p>"));
    practice.cms.serve(POLICY, old.clone());
    practice.check().await;
    // For a moment it says something else.
    practice
        .cms
        .serve_in_turn(POLICY, [new.clone(), old.clone()]);
    let round = practice.check_after(1).await;
    assert_eq!(round.mails.len(), 0, "{round:?}");
    assert_eq!(round.problems(), [("policy", ProblemKind::Unstable)]);
    let calm = practice.check_after(1).await;
    assert_eq!(
        (calm.mails.len(), calm.problems().len()),
        (0, 0),
        "{calm:?}"
    );
    // It never says the same twice: the operator hears of that once.
    let mut notices = 0;
    for day in 0..5 {
        let turns = [1, 2].map(|n| page(&format!("<p>Lottery {day} {n}.</p>")));
        practice.cms.serve_in_turn(POLICY, turns);
        let round = practice.check_after(1).await;
        assert!(round.news().is_empty(), "{round:?}");
        notices += round.notices().len();
    }
    assert_eq!(notices, 1);
    practice.cms.serve(POLICY, new);
    let round = practice.check_after(1).await;
    assert_eq!(
        (round.news().len(), round.notices().len()),
        (1, 1),
        "{round:?}"
    );
    assert!(
        told(&practice)
            .iter()
            .all(|(_, now)| !now.contains("Lottery"))
    );
}

const FEES: &str = "https://www.payer.example/fees.csv";

fn fees(rows: &[&str]) -> Answer {
    let text = format!(
        "Fee schedule 2026\n\nCode,Modifier,Rate,Note\n{}\n",
        rows.join("\n")
    );
    Answer::html(&text).header("x-kind", "csv")
}

#[tokio::test]
async fn rows_of_a_table_are_compared_by_their_key() {
    let more = "kind = \"csv\"\nkey = [\"code\", \"Modifier\"]\ncolumns = [\"Rate\"]\ncodes = [\"20560\", \"20561\"]\nseverity = \"payment\"";
    let mut practice = Practice::reading(&["page"], DAY, &block("fees", FEES, more));
    practice.cms.serve(
        FEES,
        fees(&["20560,,25.00,x", "20561,,35.00,x", "97110,GP,30.00,x"]),
    );
    let first = practice.check().await;
    assert_eq!(first.read(), 1, "{first:?}");
    // Another order, another note, another service: nothing of it was asked for.
    practice.cms.serve(
        FEES,
        fees(&["97110,GP,99.00,z", "20561,,35.00,y", "20560,,25.00,y"]),
    );
    let round = practice.check_after(1).await;
    assert_eq!((round.read(), round.mails.len()), (0, 0), "{round:?}");
    practice
        .cms
        .serve(FEES, fees(&["20561,,36.10,x", "20560,,25.00,x"]));
    let round = practice.check_after(1).await;
    assert_eq!(round.news().len(), 1, "{round:?}");
    assert_eq!(
        told(&practice),
        [(
            "20560 / : Rate 25.00\n20561 / : Rate 35.00".to_owned(),
            "20560 / : Rate 25.00\n20561 / : Rate 36.10".to_owned()
        )]
    );
    // A column that is gone, and a key that is there twice, are no change.
    let renamed = Answer::html("Code,Modifier,Fee\n20560,,1\n");
    for broken in [renamed, fees(&["20560,,1.00,x", "20560,,2.00,x"])] {
        practice.cms.serve(FEES, broken);
        let round = practice.check_after(1).await;
        assert_eq!(
            round.problems(),
            [("fees", ProblemKind::Shape)],
            "{round:?}"
        );
    }
    assert_eq!(told(&practice).len(), 1);
}

#[tokio::test]
async fn with_words_and_codes_only_the_passages_that_name_them_count() {
    let more = "words = [\"dry needling\"]\ncodes = [\"20560\"]";
    let mut practice = policy(more);
    let answer =
        |first: &str, second: &str| page(&format!("<p>{first}</p><ul><li>{second}</li></ul>"));
    practice.cms.serve(
        POLICY,
        answer("Massage: 4 visits.", "Dry-needling is not covered."),
    );
    practice.check().await;
    practice.cms.serve(
        POLICY,
        answer(
            "Massage: 9 visits, call 120560 or pay $20560.",
            "Dry-needling is not covered.",
        ),
    );
    assert_eq!(practice.check_after(1).await.mails.len(), 0);
    practice.cms.serve(
        POLICY,
        answer("Massage: 9 visits.", "Dry needling is covered (20560)."),
    );
    assert_eq!(practice.check_after(1).await.news().len(), 1);
    assert_eq!(
        told(&practice),
        [(
            "- Dry-needling is not covered.".to_owned(),
            "- Dry needling is covered (20560).".to_owned()
        )]
    );
}

#[tokio::test]
async fn other_settings_read_what_is_stored_again_as_history() {
    let mut practice = policy("");
    practice.cms.serve(
        POLICY,
        page("<p>Twelve visits.</p><p id=rule>Rule one.</p>"),
    );
    practice.check().await;
    practice.configure(&block("policy", POLICY, "select = \"#rule\""));
    let round = practice.check_after(1).await;
    assert_eq!(round.mails.len(), 0, "{round:?}");
    assert!(told(&practice).is_empty());
    practice
        .cms
        .serve(POLICY, page("<p>Nine visits.</p><p id=rule>Rule two.</p>"));
    let round = practice.check_after(1).await;
    assert_eq!(round.news().len(), 1, "{round:?}");
    assert_eq!(
        told(&practice),
        [("Rule one.".to_owned(), "Rule two.".to_owned())]
    );
}

#[tokio::test]
async fn a_page_added_later_begins_as_history() {
    let mut practice = policy("");
    practice.cms.serve(POLICY, page("<p>A</p>"));
    practice.cms.serve(FEES, page("<p>B</p>"));
    practice.check().await;
    practice.configure(&format!(
        "{}{}",
        block("policy", POLICY, ""),
        block("other", FEES, "")
    ));
    let round = practice.check_after(1).await;
    assert_eq!((round.read(), round.mails.len()), (1, 0), "{round:?}");
}

#[tokio::test]
async fn a_host_that_gives_nothing_is_left_alone_and_the_other_pages_are_read() {
    let mut text = many(20);
    text.push_str(&block("other", "https://www.cms.gov/other", ""));
    let mut practice = Practice::reading(&["page"], DAY, &text);
    for number in 0..20 {
        let url = format!("https://www.payer.example/policies/{number}");
        practice.cms.serve(&url, Answer::status(403));
    }
    practice
        .cms
        .serve("https://www.cms.gov/other", page("<p>A</p>"));
    let round = practice.check().await;
    assert_eq!(round.read(), 1, "{round:?}");
    assert_eq!(round.problems().len(), 8, "{round:?}");
    assert!(round.notices().len() <= 3, "{round:?}");
    // What was under way when it became clear was asked as well.
    assert!(practice.cms.all_hits().len() <= 8 + 1 + 8);
}

#[test]
fn plain_http_is_for_this_machine_and_only_where_it_is_named() {
    let cms = FakeCms::start();
    let smtp = SmtpSink::start(Mode::Accept);
    let place = cms.base();
    let here = place.strip_prefix("http://").unwrap();
    cms.serve(&format!("https://{here}/p"), page("<p>Twelve.</p>"));
    let installation = Installation::new(&cms, &smtp);
    let url = format!("{place}/p");
    installation.configure(&config_reading(
        &["page"],
        &cms,
        &smtp,
        &block("local", &url, ""),
    ));
    let refused = installation.run(&["check", "page"]);
    assert!(refused.err.contains("allow_http_loopback"), "{refused:?}");

    let text = config_reading(&["page"], &cms, &smtp, &block("local", &url, ""));
    let allowed = format!("[fetch]\nallow_http_loopback = [\"{here}\"]\n");
    installation.configure(&text.replace("[fetch]\n", &allowed));
    let ran = installation.run(&["check", "page"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.contains("page: 1 documents listed, 1 read anew"),
        "{ran:?}"
    );
    cms.serve(&format!("https://{here}/p"), page("<p>Six.</p>"));
    let ran = installation.run(&["check", "page"]);
    assert!(
        ran.out.contains("1 alerts") && ran.out.contains("mail: 1 delivered"),
        "{ran:?}"
    );
    assert!(installation.run(&["db", "check"]).code == Some(0));

    for wrong in [
        "http://www.payer.example/p",
        "https://10.0.0.1/p",
        "https://www.payer.example:8443/p",
        "https://u:p@www.payer.example/",
    ] {
        installation.configure(&config_reading(
            &["page"],
            &cms,
            &smtp,
            &block("x", wrong, ""),
        ));
        let ran = installation.run(&["check", "page"]);
        assert!(
            ran.code != Some(0) && ran.err.contains("page[0].url"),
            "{wrong}: {ran:?}"
        );
    }
}

#[test]
fn killed_at_any_moment_every_change_is_told_exactly_once() {
    const PAGES: usize = 60;
    let cms = FakeCms::start();
    let smtp = SmtpSink::start(Mode::Accept);
    let changed: Vec<usize> = (0..PAGES).step_by(12).collect();
    serve_many(&cms, PAGES, &[], 1);
    let installation = Installation::new(&cms, &smtp);
    installation.configure(&config_reading(&["page"], &cms, &smtp, &many(PAGES)));
    kill_often(&installation, 8);
    assert_eq!(installation.run(&["check", "page"]).code, Some(0));
    assert_eq!(smtp.received().len(), 0);

    serve_many(&cms, PAGES, &changed, 3);
    kill_often(&installation, 12);
    assert_eq!(installation.run(&["check", "page"]).code, Some(0));
    let reader = installation.reader();
    let found = reader.changes(&ChangeFilter::default()).unwrap();
    assert_eq!(found.len(), changed.len());
    assert!(found.iter().all(|change| change.alert.is_some()));
    let deliveries = reader.deliveries(&DeliveryFilter::default()).unwrap();
    let to_practice = deliveries
        .iter()
        .filter(|row| row.outgoing.recipient == PRACTICE);
    let mut told = String::new();
    for row in to_practice {
        assert_eq!(row.state, DeliveryState::Delivered);
        let _ = write!(told, "{}", String::from_utf8_lossy(&row.outgoing.message));
    }
    // All news of one pass is one transaction: they are told in one message, or in none.
    let deliveries = deliveries
        .iter()
        .filter(|row| row.outgoing.recipient == PRACTICE)
        .count();
    assert_eq!(deliveries, 1, "{told}");
    // A mail may come twice, but then it is visibly the same one.
    let mut mails: Vec<Vec<u8>> = smtp.received().into_iter().map(|mail| mail.bytes).collect();
    mails.sort();
    mails.dedup();
    assert_eq!(mails.len(), 1);
    assert_eq!(installation.run(&["db", "check"]).code, Some(0));
}

#[test]
fn documents_that_lie_among_others_are_proven_backed_up_and_shown() {
    const PAGES: usize = 30;
    let cms = FakeCms::start();
    let smtp = SmtpSink::start(Mode::Accept);
    serve_many(&cms, PAGES, &[], 1);
    let installation = Installation::new(&cms, &smtp);
    let text = config_reading(&["page"], &cms, &smtp, &many(PAGES));
    installation.configure(&text);
    let ran = installation.run(&["check", "page"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let packs = installation.store().join("documents/packs");
    assert_eq!(std::fs::read_dir(&packs).unwrap().count(), 1);
    // One changes: it is kept against what it was, which lies among the others.
    serve_many(&cms, PAGES, &[11], 3);
    assert_eq!(installation.run(&["check", "page"]).code, Some(0));

    let whole = |store: &std::path::Path| {
        let ran = installation.run(&["--store", store.to_str().unwrap(), "db", "check"]);
        (
            ran.code,
            ran.out.contains(&format!("{} documents", PAGES + 1)),
        )
    };
    assert_eq!(whole(&installation.store()), (Some(0), true));
    let backup = installation.store().join("saved.coverd");
    let restored = installation.store().join("restored");
    let (backup, place) = (backup.to_str().unwrap(), restored.to_str().unwrap());
    let ran = installation.run(&["db", "backup", backup]);
    assert!(
        ran.out.contains(&format!("{} documents", PAGES + 1)),
        "{ran:?}"
    );
    let ran = installation.run(&["db", "restore", backup, place]);
    assert!(
        ran.out.contains(&format!("{} documents", PAGES + 1)),
        "{ran:?}"
    );
    assert_eq!(whole(&restored), (Some(0), true));

    // Both sides are shown, and verified by the commands that are shown, where the tools are here.
    let changes = installation.rows(&["changes"]);
    let id = changes[0]["id"].as_str().unwrap();
    let sides = installation.rows(&["show", id]);
    let files: Vec<&str> = sides
        .iter()
        .map(|side| side["file"].as_str().unwrap())
        .collect();
    assert!(
        files[0].contains("/packs/") && !files[1].contains("/packs/"),
        "{files:?}"
    );
    assert!(
        files
            .iter()
            .all(|file| std::path::Path::new(file).is_file()),
        "{files:?}"
    );
    let shown = installation.run(&["show", id]).out;
    let command = shown
        .lines()
        .find(|line| line.contains("| sha256sum"))
        .unwrap();
    assert!(
        command.contains("/packs/") && command.contains(" -D like"),
        "{shown}"
    );
    if std::process::Command::new("zstd")
        .arg("-V")
        .output()
        .is_ok()
    {
        let ran = std::process::Command::new("sh")
            .args(["-c", command])
            .current_dir(installation.store())
            .output()
            .unwrap();
        let sum = String::from_utf8(ran.stdout).unwrap();
        let known = sides
            .iter()
            .any(|side| sum.starts_with(side["document"].as_str().unwrap()));
        assert!(known && sum.len() > 64, "{command}: {sum}");
    }

    // A damaged file is found, and what is sound of it is in a backup all the same.
    let pack = std::fs::read_dir(&packs)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = std::fs::read(&pack).unwrap();
    bytes[8 + 36 * 2] ^= 1;
    std::fs::write(&pack, bytes).unwrap();
    let ran = installation.run(&["db", "check"]);
    assert!(
        ran.code != Some(0) && ran.out.contains("is missing"),
        "{ran:?}"
    );
    let second = installation.store().join("second.coverd");
    let ran = installation.run(&["db", "backup", second.to_str().unwrap()]);
    let left = format!("{PAGES} documents");
    assert!(
        ran.out.contains(&left) && ran.out.contains("left out"),
        "{ran:?}"
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test without a runtime waits for another process"
)]
fn kill_often(installation: &Installation, times: u64) {
    for number in 0..times {
        let mut child = installation.command(&["check", "page"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(30 + 35 * number));
        let _ = child.kill();
        child.wait().unwrap();
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test without a runtime waits for another process"
)]
fn a_second_check_on_one_store_refuses() {
    let cms = FakeCms::start();
    let smtp = SmtpSink::start(Mode::Accept);
    serve_many(&cms, 3, &[], 1);
    let slow = page("<p>Policy 0 allows twelve visits a year.</p>").delay(Duration::from_secs(3));
    cms.serve("https://www.payer.example/policies/0", slow);
    let installation = Installation::new(&cms, &smtp);
    installation.configure(&config_reading(&["page"], &cms, &smtp, &many(3)));
    let mut first = installation.command(&["check", "page"]).spawn().unwrap();
    while cms.all_hits().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = installation.run(&["check", "page"]);
    assert_eq!(second.code, Some(6), "{second:?}");
    assert_eq!(first.wait().unwrap().code(), Some(0));
}
