//! A clock that was ahead, and was set right: what comes next is told all the same.

use chrono::TimeDelta;

use crate::harness::cms::Answer;
use crate::harness::run::Practice;
use crate::harness::world::{Release, default_records, made_file};

const PAGE: &str = "https://www.payer.example/policy";

fn page(text: &str) -> Answer {
    Answer::html(&format!(
        "<html><head><title>Policy</title></head><body><main><h1>Dry needling</h1><p>{text}</p></main></body></html>"
    ))
}

/// A wrong clock dates what was read; a clock that was set right must not hide what comes next.
#[tokio::test]
async fn a_change_is_told_although_the_clock_was_set_back() {
    for back in [
        TimeDelta::hours(2),
        TimeDelta::hours(30),
        TimeDelta::days(400),
    ] {
        let more = format!("[[page]]\nname = \"policy\"\nurl = \"{PAGE}\"\n");
        let mut practice = Practice::reading(&["page"], "2026-06-05T15:00:00Z", &more);
        practice.cms.serve(PAGE, page("Twelve visits a year."));
        practice.check().await;
        practice.clock.advance(-back);
        // As after a restart, too: what is known is in the store.
        practice.configure(&more);
        for (number, visits) in ["Twenty", "Thirty"].into_iter().enumerate() {
            practice
                .cms
                .serve(PAGE, page(&format!("{visits} visits a year.")));
            practice.clock.advance(TimeDelta::minutes(1));
            let mails = practice.check().await.mails;
            let [mail] = &mails[..] else {
                panic!("{back}, change {number}: {mails:?}");
            };
            let was = ["Twelve", "Twenty"][number];
            assert!(mail.text.contains(visits), "{}", mail.text);
            assert!(mail.text.contains(was), "{}", mail.text);
        }
    }
}

/// What was archived under the wrong clock is of a time to come: it must not stand for what a host says now.
#[tokio::test]
async fn an_archived_file_of_a_time_to_come_does_not_keep_from_looking() {
    let april = |status: &str| {
        let table = made_file(2026, "April", status, "33.4009");
        Release::new("RVU26B", "03/20/2026", &[("PPRRVU2026_Apr.csv", &table)])
    };
    let records = default_records("");
    let mut practice = Practice::at("2026-06-05T15:00:00Z");
    practice.show(&[april("N")], &records, "20260320120000");
    assert_eq!(practice.check().await.problems(), []);
    practice.clock.advance(-TimeDelta::days(40));
    // Another file under the same address.
    practice.show(&[april("A")], &records, "20260320120000");
    let round = practice.check().await;
    let [mail] = round.news()[..] else {
        panic!("{:?}", round.mails);
    };
    assert!(mail.subject.contains("20560"), "{}", mail.subject);
}

/// Nor is a host that confirms everything believed for ever, because the last full answer seems to be new.
#[tokio::test]
async fn a_page_is_asked_for_in_full_although_its_last_full_answer_lies_ahead() {
    let more = format!("[[page]]\nname = \"policy\"\nurl = \"{PAGE}\"\n");
    let mut practice = Practice::reading(&["page"], "2026-06-05T15:00:00Z", &more);
    let lying = |text: &str| page(text).validators(Some("\"always the same\""), None);
    practice.cms.serve(PAGE, lying("Twelve visits a year."));
    practice.check().await;
    practice.clock.advance(-TimeDelta::days(40));
    practice.cms.serve(PAGE, lying("Twenty visits a year."));
    let mails = practice.check().await.mails;
    let [mail] = &mails[..] else {
        panic!("{mails:?}");
    };
    assert!(mail.text.contains("Twenty"), "{}", mail.text);
}
