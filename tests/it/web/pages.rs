//! What the pages say: the same as the commands, from any point of view in time.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::path::PathBuf;

use coverd::io::store::Store;
use coverd::model::attribute::Attribute;
use coverd::model::delivery::{AcknowledgedVia, Acknowledgement};
use coverd::model::topic::{Stage, Subject, Topic};

use super::server::{Page, config};
use crate::harness::filled::{Filling, Paper, Says, day, policy, rule, service};
use crate::harness::watch::dry_needling;

pub(super) fn paper(source: &'static str, edition: &str, begins: &str, published: &str) -> Paper {
    Paper {
        source,
        edition: edition.to_owned(),
        begins: day(begins),
        published: day(published),
        url: format!("https://www.cms.gov/files/{edition}.zip"),
        rows: Vec::new(),
        is_baseline: false,
        thread: None,
    }
}

fn release(edition: &str, begins: &str, published: &str, status: &str, pe: &str) -> Paper {
    let mut paper = paper("pfs", edition, begins, published);
    let values = [
        (Attribute::Status, status),
        (Attribute::WorkRvu, "0.32"),
        (Attribute::NonFacilityPeRvu, pe),
        (Attribute::FacilityPeRvu, "0.12"),
        (Attribute::MpRvu, "0.03"),
        (Attribute::NonFacilityNa, ""),
        (Attribute::FacilityNa, ""),
    ];
    paper.rows.push(Says::new(service("20560"), &values));
    let pfs = Topic::national(Subject::Schedule("PFS".to_owned()));
    paper
        .rows
        .push(Says::new(pfs, &[(Attribute::ConversionFactor, "36.0896")]));
    paper
}

/// The spring of 2020, a determination that changes its words, and a rule on its way.
pub(super) fn story() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("coverd.db");
    let mut filling = Filling::new(&database, dry_needling());
    let mut first = release("RVU20A", "2020-01-01", "2019-12-20", "N", "0.39");
    first.is_baseline = true;
    filling.read(&first);
    filling.read(&release("RVU20B", "2020-04-01", "2020-03-25", "A", "0.41"));
    let mut old = paper("ncd", "NCD 30.3.3", "2020-01-21", "2020-05-08");
    old.is_baseline = true;
    let words = |text| {
        [
            (Attribute::Indications, text),
            (Attribute::Title, "Needles"),
        ]
    };
    let visits = "Up to 12 visits in 90 days are covered.";
    old.rows
        .push(Says::new(policy("NCD 30.3.3"), &words(visits)));
    filling.read(&old);
    let mut new = paper("ncd", "NCD 30.3.3", "2025-03-01", "2025-02-20");
    new.rows.push(Says::new(
        policy("NCD 30.3.3"),
        &words("Up to 20 visits in 90 days are covered."),
    ));
    filling.read(&new);
    let proposed = Stage::ProposedBy("CMS-1848-P".to_owned());
    let mut rules = paper(
        "federal_register",
        "FR 2026-14327",
        "2026-07-16",
        "2026-07-16",
    );
    rules.thread = Some("CMS-1848".to_owned());
    rules.rows.push(Says::new(
        rule("2026-14327", proposed),
        &[
            (Attribute::RuleKind, "proposed rule"),
            (Attribute::Docket, "CMS-1848-P"),
            (Attribute::Title, "CY 2027 Payment Policies"),
            (Attribute::PublishedOn, "2026-07-16"),
            (Attribute::CommentsClose, "2026-12-14"),
        ],
    ));
    filling.read(&rules);
    (folder, database)
}

/// The address of the first link to a thing of this kind.
pub(super) fn link(html: &str, kind: &str) -> String {
    let begin = format!("href=\"/{kind}/");
    let rest = html.split(&begin).nth(1).unwrap();
    format!("/{kind}/{}", rest.split('"').next().unwrap())
}

#[tokio::test]
async fn the_overview_has_each_code_by_layer_and_what_is_coming() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    let html = page.html("/").await;
    for said in [
        "What holds today",
        ">A</span> payable if covered",
        "$27.43",
        "NCD 30.3.3",
        "N (not covered) → A (payable if covered)",
        "comments close",
        "CY 2027 Payment Policies",
        "2026-12-14",
        "federal_register: no good read since",
    ] {
        assert!(html.contains(said), "{said} is missing in\n{html}");
    }
}

#[tokio::test]
async fn a_code_has_its_answer_its_picture_with_a_table_and_its_history() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    let html = page.html("/code/20560?on=2020-02-10").await;
    for said in [
        "20560 on 2020-02-10: not covered (status N).",
        "<svg class=\"picture\"",
        "PFS status: status A: payable if covered, since 2020-04-01",
        "<td>status N: not covered</td>",
        "<td>$27.43</td>",
        "RVU20A, published 2019-12-20, row of 20560",
        "2020-01-01 to 2020-03-31",
    ] {
        assert!(html.contains(said), "{said} is missing in\n{html}");
    }
    assert_eq!(page.get("/code/2056").await.status, 400);
    assert_eq!(page.get("/code/20560?on=soon").await.status, 400);
    let found = page.get("/code?code=20560").await;
    assert_eq!(
        (found.status, found.header("location")),
        (303, "/code/20560")
    );
    let unknown = page.html("/code/99213").await;
    assert!(unknown.contains("Nothing is known about 99213"));
}

#[tokio::test]
async fn the_page_turns_back_in_time_as_a_whole() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    // RVU20B was read in the morning of 26 March 2020.
    let html = page.html("/?known=2020-03-01").await;
    assert!(html.contains("What held on 2020-03-01"), "{html}");
    assert!(html.contains(">N</span> not covered"), "{html}");
    assert!(!html.contains("CY 2027"), "{html}");
    for link in [
        "href=\"/code/20560?known=2020-03-01\"",
        "href=\"/changes?known=2020-03-01\"",
        "href=\"/?known=2020-03-01\"",
    ] {
        assert!(html.contains(link), "{link} is missing in\n{html}");
    }
    let html = page
        .html("/code/20560?known=2020-03-01&on=2020-06-01")
        .await;
    assert!(
        html.contains("20560 on 2020-06-01: not covered (status N)."),
        "{html}"
    );
    assert!(!html.contains("RVU20B"), "{html}");
    assert!(
        html.contains("<a href=\"/code/20560?on=2020-06-01\">Back to now</a>"),
        "{html}"
    );
    assert!(
        page.html("/changes?known=2020-03-01")
            .await
            .contains("No changes")
    );
    assert!(
        page.html("/rules?known=2026-07-01")
            .await
            .contains("No rulemaking is known")
    );
    assert!(
        page.html("/outbox?known=2020-03-01")
            .await
            .contains("No mail here")
    );
    let change = link(&page.html("/changes").await, "change");
    assert_eq!(
        page.get(&format!("{change}?known=2020-03-01")).await.status,
        404
    );
    assert_eq!(page.get("/?known=yesterday").await.status, 400);
}

#[tokio::test]
async fn a_change_has_both_sides_the_evidence_and_who_was_told() {
    let (folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    let changes = page.html("/changes?severity=coverage&code=20560").await;
    let html = page.html(&link(&changes, "change")).await;
    for said in [
        "20560: status indicator",
        "N (not covered)",
        "A (payable if covered)",
        "RVU20B, published 2020-03-25",
        "SHA-256",
        "billing@practice.example",
        "delivered",
        "250 2.0.0 queued",
    ] {
        assert!(html.contains(said), "{said} is missing in\n{html}");
    }
    let alert = link(&html, "alert");
    assert!(html.contains("Nobody has acknowledged it yet"), "{html}");
    let mut store = Store::open(&folder.path().join("coverd.db")).unwrap();
    let whole = store
        .read()
        .alert(&alert["/alert/".len()..])
        .unwrap()
        .unwrap();
    store
        .acknowledge(&Acknowledgement {
            alert: whole.id,
            person: "Dana <b>".to_owned(),
            note: "billing is told".to_owned(),
            at: "2020-03-27T12:00:00Z".parse().unwrap(),
            via: AcknowledgedVia::Command,
        })
        .unwrap();
    let alert = page.html(&alert).await;
    assert!(alert.contains("<b>Dana &#60;b&#62;</b>"), "{alert}");
    assert!(
        alert.contains("2020-03-27 12:00 UTC: billing is told"),
        "{alert}"
    );
    assert!(
        alert.contains("RVU20B, published 2020-03-25, found 2020-03-26"),
        "{alert}"
    );
}

#[tokio::test]
async fn a_text_is_shown_word_by_word() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    let changes = page.html("/changes?since=2025-01-01").await;
    let link = changes
        .split("indications and limitations of coverage changed")
        .next()
        .and_then(|before| before.rsplit("href=\"").next())
        .and_then(|link| link.split('"').next())
        .unwrap();
    let html = page.html(link).await;
    assert!(html.contains("<del>12</del> <ins>20</ins>"), "{html}");
}

#[tokio::test]
async fn rules_sources_and_outbox_are_listed() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    let rules = page.html("/rules").await;
    assert!(
        rules.contains("CMS-1848") && rules.contains("proposed</span>"),
        "{rules}"
    );
    let sources = page.html("/sources").await;
    assert!(
        sources.contains("Physician Fee Schedule relative value files"),
        "{sources}"
    );
    let outbox = page.html("/outbox").await;
    assert!(
        outbox.contains("0 waiting, 3 delivered, 0 given up"),
        "{outbox}"
    );
    assert!(
        page.html("/outbox?state=dead")
            .await
            .contains("No mail here")
    );
    assert_eq!(page.get("/outbox?state=lost").await.status, 400);
}

#[tokio::test]
async fn the_feed_the_calendar_and_the_figures_are_well_formed() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    let feed = page.get("/feed.atom").await;
    let read: atom_syndication::Feed = feed.body.parse().unwrap();
    assert_eq!(read.entries().len(), 3, "{}", feed.body);
    assert!(
        read.entries()[2].title().as_str().contains("20560"),
        "{}",
        feed.body
    );
    assert!(
        feed.header("content-type")
            .starts_with("application/atom+xml")
    );
    let calendar = page.get("/calendar.ics").await.body.replace("\r\n ", "");
    assert!(
        calendar.contains("DTSTART;VALUE=DATE:20261214"),
        "{calendar}"
    );
    assert!(calendar.contains("comments close: CMS-1848"), "{calendar}");
    let figures = page.get("/metrics").await.body;
    assert!(
        figures.contains("coverd_outbox_messages{state=\"delivered\"} 3\n"),
        "{figures}"
    );
    assert_eq!(page.get("/healthz").await.body, "ok\n");
}

#[tokio::test]
async fn that_nothing_is_read_does_not_look_as_if_all_were_well() {
    let (_folder, database) = story();
    let page = Page::reading(Vec::new(), database, dry_needling(), config()).await;
    let overview = page.html("/").await;
    assert!(
        overview.contains("coverd reads nothing: no source is switched on"),
        "{overview}"
    );
}

#[tokio::test]
async fn the_overview_follows_the_store() {
    let (folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    assert!(page.html("/").await.contains("$27.43"));
    let mut filling = Filling::new(&folder.path().join("coverd.db"), dry_needling());
    filling.read(&release("RVU21A", "2021-01-01", "2020-12-20", "A", "0.65"));
    assert!(page.html("/").await.contains("$36.09"));
}
