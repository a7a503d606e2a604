//! Acknowledging an alert by the link in its mail.

use std::sync::Arc;

use coverd::io::store::{AlertFilter, Store};
use coverd::model::delivery::AcknowledgedVia;
use coverd::render::signed::{link, token};
use coverd::web::{AckDesk, KeepAck};
use url::form_urlencoded::Serializer;

use super::pages::story;
use super::server::{Page, config};
use crate::harness::watch::dry_needling;

const KEY: [u8; 32] = [3; 32];
const ANA: &str = "ana@practice.example";

fn filled(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
async fn an_alert_is_acknowledged_by_its_own_link_and_by_a_form() {
    let (_folder, database) = story();
    let store = Store::open(&database).unwrap();
    let alerts = store.read().alerts(&AlertFilter::default()).unwrap();
    let (alert, other) = (alerts[0].id.clone(), alerts[1].id.clone());
    drop(store);
    let kept = database.clone();
    let record: Arc<KeepAck> = Arc::new(move |ack| {
        let kept = kept.clone();
        Box::pin(async move {
            let mut store = Store::open(&kept).map_err(|error| error.to_string())?;
            store.acknowledge(&ack).map_err(|error| error.to_string())
        })
    });
    let desk = AckDesk {
        key: KEY.to_vec(),
        record,
    };
    let page = Page::taking(desk, database.clone(), dry_needling(), config()).await;

    // The link leads to a form; looking at it acknowledges nothing.
    let form = page.html(&link("", &KEY, &alert, ANA)).await;
    assert!(
        form.contains("<form") && form.contains(&token(&KEY, &alert, ANA)),
        "{form}"
    );
    let acks = || {
        Store::open(&database)
            .unwrap()
            .read()
            .acknowledgements(&alert)
            .unwrap()
    };
    assert_eq!(acks(), []);

    // A link that was made up, or is another's.
    for (of, to, signed) in [
        (&alert, ANA, "x".to_owned()),
        (&alert, "bob@practice.example", token(&KEY, &alert, ANA)),
        (&alert, ANA, token(&KEY, &other, ANA)),
        (&alert, ANA, token(&[4; 32], &alert, ANA)),
    ] {
        let fields = [
            ("alert", of.as_str()),
            ("to", to),
            ("token", &signed),
            ("person", "Eve"),
        ];
        let body = filled(&fields);
        assert_eq!(
            page.send("POST", "/acknowledge", "", &body).await.status,
            404
        );
        assert_eq!(
            page.get(&format!("/acknowledge?{}", filled(&fields[..3])))
                .await
                .status,
            404
        );
    }
    assert_eq!(acks(), []);

    let signed = token(&KEY, &alert, ANA);
    let own = [
        ("alert", alert.as_str()),
        ("to", ANA),
        ("token", signed.as_str()),
    ];
    // A form of a stranger's page, and one without a name.
    let person = [
        ("person", "Ana"),
        ("note", "<script>alert(1)</script> claims looked at"),
    ];
    let whole = filled(&[&own[..], &person[..]].concat());
    let strange = page
        .send(
            "POST",
            "/acknowledge",
            "Origin: https://evil.example\r\n",
            &whole,
        )
        .await;
    assert_eq!(strange.status, 403);
    let nobody = page
        .send(
            "POST",
            "/acknowledge",
            "",
            &filled(&[&own[..], &[("person", "  ")]].concat()),
        )
        .await;
    assert!(
        nobody.body.contains("Write who takes care of it."),
        "{}",
        nobody.body
    );
    assert_eq!(acks(), []);

    let done = page.send("POST", "/acknowledge", "", &whole).await;
    assert_eq!(
        (done.status, done.header("location")),
        (303, format!("/alert/{alert}").as_str())
    );
    let [ack] = &acks()[..] else {
        panic!("{:?}", acks())
    };
    assert_eq!(
        (ack.person.as_str(), ack.via),
        ("Ana", AcknowledgedVia::Page)
    );
    let shown = page.html(&format!("/alert/{alert}")).await;
    assert!(
        shown.contains("acknowledged") && shown.contains("<b>Ana</b>"),
        "{shown}"
    );
    assert!(!shown.contains("<script>"), "{shown}");
    let again = page.html(&link("", &KEY, &alert, ANA)).await;
    assert!(
        again.contains("Acknowledged by <b>Ana</b>") && !again.contains("<script>"),
        "{again}"
    );
}

#[tokio::test]
async fn where_nobody_is_asked_no_link_is_good() {
    let (_folder, database) = story();
    let page = Page::over(database, dry_needling()).await;
    assert_eq!(page.get(&link("", &KEY, "a1", ANA)).await.status, 404);
}
