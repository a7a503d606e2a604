//! The interface for programs, and the search.

use super::pages::story;
use super::server::Page;
use crate::harness::watch::dry_needling;

#[tokio::test]
async fn programs_get_the_answers_of_the_pages() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    let answer = page.get("/api/v1/codes/20560?on=2020-02-10").await;
    assert_eq!(answer.header("content-type"), "application/json");
    let answer = answer.json();
    let summary = answer["summary"].as_str().unwrap();
    assert!(summary.starts_with("20560 on 2020-02-10: not covered (status N)."));
    let status = &answer["layers"][0];
    assert_eq!(status["layer"], "pfs_status");
    assert_eq!(
        (&status["from"], &status["until"]),
        (&"2020-01-01".into(), &"2020-04-01".into())
    );
    assert_eq!(status["evidence"]["edition"], "RVU20A");
    assert_eq!(status["evidence"]["document"].as_str().unwrap().len(), 64);
    let codes = page.get("/api/v1/codes?known=2020-03-01").await.json();
    assert_eq!(
        (&codes[0]["code"], &codes[0]["status"]),
        (&"20560".into(), &"N".into())
    );
    let history = page.get("/api/v1/codes/20560/history").await.json();
    let is_status = |row: &&serde_json::Value| row["attribute"] == "status";
    let rows = history.as_array().unwrap();
    assert_eq!(rows.iter().filter(is_status).count(), 2);
    let changes = page
        .get("/api/v1/changes?code=20560&severity=coverage")
        .await
        .json();
    assert_eq!(
        (&changes[0]["was"], &changes[0]["now"]),
        (&"N".into(), &"A".into())
    );
    let id = changes[0]["id"].as_str().unwrap();
    assert_eq!(
        page.get(&format!("/api/v1/changes/{id}")).await.json(),
        changes[0]
    );
    let coming = page.get("/api/v1/coming").await.json();
    assert_eq!(
        (&coming[0]["day"], &coming[0]["kind"]),
        (&"2026-12-14".into(), &"comments_close".into())
    );
    assert_eq!(
        page.get("/api/v1/rules").await.json()[0]["standing"],
        "proposed"
    );
    assert_eq!(
        page.get("/api/v1/outbox?state=delivered&limit=2")
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(page.get("/api/v1/sources").await.json()[0]["id"], "pfs");
    assert_eq!(
        page.get("/api/v1/health").await.json()["verdict"],
        "CRITICAL"
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_the_form_of_programs() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    for (path, status, says) in [
        ("/api/v1/codes/2056", 400, "five characters"),
        ("/api/v1/codes/20560?on=", 400, "on: write a day"),
        (
            "/api/v1/codes/20560?when=2020-01-01",
            400,
            "unknown field `when`",
        ),
        ("/api/v1/codes?known=soon", 400, "known: write a day"),
        ("/api/v1/changes?limit=0", 400, "limit: write a number"),
        ("/api/v1/changes?severity=grave", 400, "coverage, payment"),
        ("/api/v1/changes/xyz", 400, "digits of an id"),
        ("/api/v1/changes/0000", 404, "no change 0000"),
        ("/api/v1/search", 400, "missing field `q`"),
        ("/api/v1/nothing", 404, "no such page"),
    ] {
        let answer = page.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{path}"
        );
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{path}");
        assert!(
            problem["detail"].as_str().unwrap().contains(says),
            "{path}: {problem}"
        );
    }
}

#[tokio::test]
async fn the_document_names_every_address_and_every_refusal() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    let document = page.get("/api/v1/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 11, "{:?}", paths.keys().collect::<Vec<_>>());
    for (path, operations) in paths {
        let responses = &operations["get"]["responses"];
        for status in ["200", "400", "401", "404", "500"] {
            assert!(responses[status].is_object(), "{path} has no {status}");
        }
        assert!(
            operations["get"]["summary"].is_string(),
            "{path} says not what it does"
        );
    }
}

#[tokio::test]
async fn words_are_found_in_passages_and_the_changes_of_what_has_them() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    let html = page.html("/changes?q=visits+cover").await;
    assert!(
        html.contains("Up to 20 <mark>visits</mark> in 90 days are <mark>covered</mark>."),
        "{html}"
    );
    assert!(
        html.contains("indications and limitations of coverage changed"),
        "{html}"
    );
    assert!(!html.contains("status indicator"), "{html}");
    let found = page.get("/api/v1/search?q=visits").await.json();
    assert_eq!(found.as_array().unwrap().len(), 2);
    assert_eq!(found[0]["subject"], "NCD 30.3.3");
    // What was known before the record changed.
    let found = page
        .get("/api/v1/search?q=visits&known=2024-01-01")
        .await
        .json();
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert!(found[0]["text"].as_str().unwrap().contains("12 visits"));
    for nothing in ["acupuncture", "%22%20OR%201", "*", "NEAR(visits)%20x"] {
        let html = page.html(&format!("/changes?q={nothing}")).await;
        assert!(html.contains("No changes that fit"), "{nothing}: {html}");
    }
}

#[tokio::test]
async fn what_was_read_before_there_was_an_index_is_found_after_the_upgrade() {
    let (folder, database) = story();
    let connection = rusqlite::Connection::open_with_flags(
        &database,
        rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE,
    )
    .unwrap();
    connection
        .execute_batch("DROP TABLE passage_words; DROP TABLE passages; PRAGMA user_version = 5;")
        .unwrap();
    drop(connection);
    drop(coverd::io::store::Store::open(&folder.path().join("coverd.db")).unwrap());
    let page = Page::over(database, dry_needling()).await;
    let found = page.get("/api/v1/search?q=visits").await.json();
    assert_eq!(found.as_array().unwrap().len(), 2);
}
