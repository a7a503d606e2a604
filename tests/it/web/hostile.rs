//! Texts of others stay texts: ten attempts, in every text that comes from outside, on every page.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use coverd::model::attribute::Attribute;
use coverd::model::health::{OpenProblem, Problem, ProblemKind};
use coverd::model::passage::Passage;
use coverd::model::record::{CheckRecord, ProblemRecord};
use coverd::model::topic::{Stage, Subject, Topic};

use super::pages::{link, paper};
use super::server::Page;
use crate::harness::filled::{Filling, Says, day, noon, policy, rule, service};
use crate::harness::watch::dry_needling;

/// What somebody might write into a document, a title, an address, an answer of a mail server. Each has
/// a mark by which it is found again.
const ATTEMPTS: [&str; 10] = [
    "<script>alert('x0x')</script>",
    "\"><img src=x onerror=alert('x1x')>",
    "'><svg/onload=alert('x2x')>",
    "</title><script>x3x()</script>",
    "javascript:alert('x4x')",
    "<a href=\"javascript:x5x()\">look</a>",
    "</textarea></style><iframe srcdoc='<script>x6x()</script>'>",
    "<!--x7x--><base href=//evil.example>",
    "&lt;script&gt;x8x()&lt;/script&gt;<blink>",
    "{{ 7*7 }}${7*7}<%= x9x %><math><mtext></form><form action=//evil.example>",
];

/// Tags and attributes that no page may have, wherever they come from.
const TAGS: [&str; 14] = [
    "<script",
    "<img",
    "<iframe",
    "<base",
    "<blink>",
    "<math",
    "<svg/",
    "onerror=alert('",
    "onload=alert('x",
    "href=\"javascript",
    "</textarea",
    "srcdoc='",
    "<!--x",
    "<form action=//",
];

/// A store in which every text from outside is this attempt.
fn fill(attempt: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("coverd.db");
    let mut filling = Filling::new(&database, dry_needling());
    let own = Passage {
        terms: vec!["20560".to_owned(), attempt.to_owned()],
        heading: vec![attempt.to_owned()],
        page: attempt.to_owned(),
        text: attempt.to_owned(),
    }
    .to_string();
    for (round, status) in [("one", "N"), ("two", attempt), ("three", "A")]
        .into_iter()
        .enumerate()
    {
        let (name, status) = status;
        let (from, published) = (
            format!("2020-0{}-01", round + 1),
            format!("2020-0{}-20", round + 1),
        );
        let mut release = paper("pfs", &format!("RVU {name} {attempt}"), &from, &published);
        attempt.clone_into(&mut release.url);
        release.is_baseline = round == 0;
        let mut row = Says::new(
            service("20560"),
            &[
                (Attribute::Status, status),
                (Attribute::NonFacilityTotal, "0.74"),
                (Attribute::GlobalDays, attempt),
                (Attribute::TherapyDesignation, attempt),
                (Attribute::OppsStatus, attempt),
                (Attribute::OppsApc, attempt),
                (Attribute::MueUnits, "1"),
                (Attribute::MueAdjudication, attempt),
                (Attribute::MueRationale, attempt),
            ],
        );
        (row.locator, row.quote) = (attempt.to_owned(), attempt.to_owned());
        release.rows.push(row);
        let text = format!("{attempt} {name}\nUp to {round} visits. {attempt}");
        let mut ncd = Says::new(
            policy("NCD 30.3.3"),
            &[
                (Attribute::Title, attempt),
                (Attribute::EffectiveDate, attempt),
                (Attribute::Indications, &text),
                (Attribute::Limits, attempt),
            ],
        );
        (ncd.locator, ncd.quote) = (attempt.to_owned(), attempt.to_owned());
        release.rows.push(ncd);
        let pages = Topic::national(Subject::Page(attempt.to_owned()));
        release
            .rows
            .push(Says::new(pages, &[(Attribute::Content, &text)]));
        filling.read(&release);
    }
    let mut rules = paper("federal_register", attempt, "2026-07-16", "2026-07-16");
    rules.thread = Some(attempt.to_owned());
    attempt.clone_into(&mut rules.url);
    let stage = Stage::ProposedBy(attempt.to_owned());
    rules.rows.push(Says::new(
        rule(attempt, stage.clone()),
        &[
            (Attribute::RuleKind, attempt),
            (Attribute::Docket, attempt),
            (Attribute::Title, attempt),
            (Attribute::Citation, attempt),
            (Attribute::PublishedOn, "2026-07-16"),
            (Attribute::CommentsClose, "2026-12-14"),
            (Attribute::EffectiveDate, attempt),
            (Attribute::Corrects, attempt),
            (Attribute::Passages, &own),
        ],
    ));
    let staged = Topic {
        stage,
        ..service("20560")
    };
    rules
        .rows
        .push(Says::new(staged, &[(Attribute::Status, attempt)]));
    filling.read(&rules);
    filling.store.record_check(&trouble(attempt)).unwrap();
    (folder, database)
}

/// A problem in those words.
fn trouble(attempt: &str) -> CheckRecord {
    let at = noon(day("2026-07-17"));
    let mut record = CheckRecord::new("pfs", at);
    record.problems = ProblemRecord {
        open: vec![OpenProblem {
            problem: Problem {
                source: "pfs".to_owned(),
                subject: attempt.to_owned(),
                kind: ProblemKind::Shape,
                text: attempt.to_owned(),
                remedy: attempt.to_owned(),
            },
            since: at,
            times: 1,
            told: None,
        }],
        closed: Vec::new(),
    };
    record
}

#[tokio::test]
async fn ten_attempts_stay_texts_on_every_page() {
    for (number, attempt) in ATTEMPTS.into_iter().enumerate() {
        let (_folder, database) = fill(attempt);
        let page = Page::over(database, dry_needling()).await;
        let changes = page.html("/changes").await;
        let mut paths: Vec<String> = [
            "/",
            "/code/20560",
            "/code/20560?on=2020-02-10",
            "/rules",
            "/sources",
            "/outbox",
            "/changes",
            "/code/20560?known=2020-02-25",
            "/rules?known=2026-08-01",
            "/sources?known=2026-08-01",
        ]
        .map(str::to_owned)
        .into();
        let mut rest = changes.as_str();
        while let Some((_, after)) = rest.split_once("href=\"/change/") {
            paths.push(format!("/change/{}", after.split('"').next().unwrap()));
            rest = after;
        }
        paths.push(link(&page.html("/outbox").await, "alert"));
        let mark = format!("x{number}x");
        for path in &paths {
            let html = page.html(path).await;
            let found: Vec<&str> = TAGS.into_iter().filter(|tag| html.contains(tag)).collect();
            assert!(found.is_empty(), "{attempt} on {path}: {found:?}\n{html}");
            let is_about_it = path != "/outbox" && path != "/sources";
            assert!(
                !is_about_it || html.contains(&mark),
                "{mark} is not on {path}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_asked_is_not_echoed_as_markup() {
    let (_folder, database) = super::pages::story();
    let page = Page::over(database, dry_needling()).await;
    for attempt in ATTEMPTS {
        let text: String = url::form_urlencoded::byte_serialize(attempt.as_bytes()).collect();
        for path in [
            format!("/changes?code={text}"),
            format!("/changes?severity={text}"),
            format!("/changes?since={text}"),
            format!("/code/20560?on={text}"),
            format!("/code/20560?place={text}"),
            format!("/code/{text}"),
            format!("/change/{text}"),
            format!("/outbox?state={text}"),
            format!("/?known={text}"),
            format!("/{text}"),
        ] {
            let answer = page.get(&path).await;
            assert!(answer.status < 500, "{path}: {}", answer.status);
            let found: Vec<&str> = TAGS
                .into_iter()
                .filter(|tag| answer.body.contains(tag))
                .collect();
            assert!(found.is_empty(), "{path}: {found:?}\n{}", answer.body);
        }
    }
}

#[tokio::test]
async fn feeds_for_programs_stay_well_formed() {
    for attempt in ATTEMPTS {
        let (_folder, database) = fill(attempt);
        let page = Page::over(database, dry_needling()).await;
        let feed = page.get("/feed.atom").await;
        assert_eq!(feed.status, 200, "{}", feed.body);
        assert!(
            feed.body.parse::<atom_syndication::Feed>().is_ok(),
            "{}",
            feed.body
        );
        assert!(
            !feed.body.contains("<script") && !feed.body.contains("<img"),
            "{}",
            feed.body
        );
        let calendar = page.get("/calendar.ics").await;
        let begun = calendar
            .body
            .lines()
            .filter(|line| *line == "BEGIN:VEVENT")
            .count();
        let ended = calendar
            .body
            .lines()
            .filter(|line| *line == "END:VEVENT")
            .count();
        assert!(begun > 0 && begun == ended, "{}", calendar.body);
    }
}
