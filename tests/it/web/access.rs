//! Who may ask, by which name, and what browsers are told.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use chrono::TimeDelta;
use coverd::web::{WebConfig, hash_password};

use super::pages::story;
use super::server::{Page, config};
use crate::harness::watch::dry_needling;

async fn closed() -> (tempfile::TempDir, Page) {
    let (folder, database) = story();
    let config = WebConfig {
        password_hash: Some(hash_password("correct horse battery").unwrap()),
        public: Some("https://coverd.practice.example/".parse().unwrap()),
        ..config()
    };
    let page = Page::with(database, dry_needling(), config).await;
    (folder, page)
}

#[tokio::test]
async fn every_answer_has_the_headers_that_make_browsers_careful() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    for path in [
        "/",
        "/nothing",
        "/style.css",
        "/code/x",
        "/api/v1/nothing",
        "/feed.atom",
    ] {
        let answer = page.get(path).await;
        let content = answer.header("content-security-policy");
        assert!(
            content.starts_with("default-src 'none'; style-src 'self'"),
            "{path}: {content}"
        );
        assert!(
            !content.contains("unsafe") && !content.contains("script"),
            "{content}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert!(!answer.header("cache-control").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn pages_have_no_script_and_ask_nobody_else() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    for path in [
        "/",
        "/code/20560",
        "/changes",
        "/rules",
        "/sources",
        "/outbox",
        "/programs",
    ] {
        let html = page.html(path).await;
        assert!(
            !html.contains("<script") && !html.contains(" style="),
            "{path}"
        );
        assert!(
            !html.contains(" onclick") && !html.contains("javascript:"),
            "{path}"
        );
        for (attribute, rest) in ["src=\"", "<link rel=\"stylesheet\" href=\"", "action=\""]
            .into_iter()
            .flat_map(|it| html.split(it).skip(1).map(move |rest| (it, rest)))
        {
            assert!(rest.starts_with('/'), "{path}: {attribute}{}", &rest[..40]);
        }
    }
}

#[tokio::test]
async fn another_name_is_refused() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
    ] {
        let answer = page
            .send("GET", "/", &format!("Host: {host}\r\n"), "")
            .await;
        assert_eq!(answer.status, 421, "{host}");
        assert!(!answer.body.contains("20560"), "{host}");
    }
    assert_eq!(
        page.send("GET", "/", "Host: localhost:1\r\n", "")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn requests_have_bounds() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    let long = format!("/changes?code={}", "x".repeat(5_000));
    assert_eq!(page.get(&long).await.status, 414);
    let body = format!("password={}", "x".repeat(20_000));
    assert_eq!(page.send("POST", "/login", "", &body).await.status, 413);
    for method in ["POST", "PUT", "DELETE"] {
        assert_eq!(page.send(method, "/", "", "").await.status, 405, "{method}");
    }
    assert_eq!(page.get("/changes?page=0").await.status, 400);
    assert_eq!(page.get("/change/").await.status, 404);
}

#[tokio::test]
async fn without_the_password_there_is_nothing_to_see() {
    let (_folder, page) = closed().await;
    for path in [
        "/",
        "/code/20560?on=2020-02-10",
        "/changes",
        "/outbox",
        "/programs",
    ] {
        let answer = page.get(path).await;
        assert_eq!(answer.status, 303, "{path}");
        let next: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        assert_eq!(answer.header("location"), format!("/login?next={next}"));
    }
    for path in [
        "/feed.atom",
        "/calendar.ics",
        "/metrics",
        "/feed.atom?token=x",
    ] {
        let answer = page.get(path).await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(!answer.body.contains("20560"), "{path}");
    }
    assert_eq!(page.get("/healthz").await.status, 200);
    assert!(page.html("/login").await.contains("type=\"password\""));
}

#[tokio::test]
async fn the_password_opens_and_the_log_out_closes() {
    let (_folder, page) = closed().await;
    let form = "password=correct+horse+battery&next=%2Fcode%2F20560";
    let answer = page.send("POST", "/login", "", form).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "/code/20560")
    );
    let cookie = answer.header("set-cookie").to_owned();
    for word in [
        "__Host-",
        "; Secure",
        "; HttpOnly",
        "; SameSite=Lax",
        "; Path=/",
    ] {
        assert!(cookie.contains(word), "{word} in {cookie}");
    }
    let cookie = format!("Cookie: {}\r\n", cookie.split(';').next().unwrap());
    let seen = page.send("GET", "/programs", &cookie, "").await;
    assert_eq!(seen.status, 200);
    // The token of the page is good for programs, and for nothing else.
    let token = seen.body.split("class=\"token\">").nth(1).unwrap();
    let token = token.split('<').next().unwrap();
    let bearer = format!("Authorization: Bearer {token}\r\n");
    assert_eq!(page.send("GET", "/metrics", &bearer, "").await.status, 200);
    assert_eq!(
        page.get(&format!("/feed.atom?token={token}")).await.status,
        200
    );
    assert_eq!(
        page.get(&format!("/metrics?token={token}")).await.status,
        401
    );
    assert_eq!(page.send("GET", "/", &bearer, "").await.status, 303);
    assert_eq!(page.send("POST", "/logout", &cookie, "").await.status, 303);
    assert_eq!(page.send("GET", "/", &cookie, "").await.status, 303);
}

#[tokio::test]
async fn passwords_cannot_be_guessed_at_speed() {
    let (_folder, page) = closed().await;
    for _ in 0..5 {
        assert_eq!(
            page.send("POST", "/login", "", "password=guess")
                .await
                .status,
            403
        );
    }
    let form = "password=correct+horse+battery";
    let later = page.send("POST", "/login", "", form).await;
    assert_eq!((later.status, later.header("retry-after")), (429, "30"));
    page.clock.advance(TimeDelta::minutes(5));
    assert_eq!(page.send("POST", "/login", "", form).await.status, 303);
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let (_folder, page) = closed().await;
    let form = "password=correct+horse+battery";
    for headers in [
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
    ] {
        assert_eq!(
            page.send("POST", "/login", headers, form).await.status,
            403,
            "{headers}"
        );
    }
    let own = "Origin: https://coverd.practice.example\r\nSec-Fetch-Site: same-origin\r\n";
    assert_eq!(page.send("POST", "/login", own, form).await.status, 303);
}
