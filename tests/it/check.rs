//! One check after the other, as the days go by: what is told, to whom, how often; what is believed
//! when CMS answers with something else than the document.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use coverd::io::store::ChangeFilter;
use coverd::model::attribute::Attribute;
use coverd::model::change::Severity;
use coverd::model::fact::{Fact, Observation};
use coverd::model::health::ProblemKind;
use coverd::model::topic::{Subject, Topic};
use serde_json::Value;

use crate::harness::cms::Answer;
use crate::harness::run::{Practice, Round};
use crate::harness::world::{
    LIST, REPORT, Release, default_records, made_file, record, zip as archive,
};

const JANUARY: &str = "2020-01-22T12:00:00Z";
const APRIL: &str = "2020-04-06T12:00:00Z";
const STAMP: &str = "20200121120000";
const DETAIL: &str = "https://api.coverage.cms.gov/v1/data/ncd/?ncdid=373";
const PAGE: &str = "https://www.cms.gov/medicare-coverage-database/view/ncd.aspx?ncdid=373";

/// RVU20A, in which dry needling is not covered.
fn january() -> Release {
    posted("RVU20A", "01/02/2020", &text("January", "N"))
}

/// RVU20B, in which it is payable.
fn april() -> Release {
    posted("RVU20B", "04/03/2020", &text("April", "A"))
}

fn text(month: &str, status: &str) -> String {
    String::from_utf8(made_file(2020, month, status, "36.0896")).unwrap()
}

fn posted(name: &str, day: &str, table: &str) -> Release {
    Release::new(name, day, &[("PPRRVU20.csv", table.as_bytes())])
}

fn zip_of(release: &Release) -> String {
    format!("https://www.cms.gov{}", release.href)
}

fn page_of(release: &Release) -> String {
    format!("{LIST}/{}", release.name.to_lowercase())
}

fn records() -> Vec<Value> {
    default_records("01/2020 - first")
}

/// The records with this text in NCD 30.3.3.
fn records_saying(indications: &str) -> Vec<Value> {
    let mut records = records();
    records[3]["indications_limitations"] = format!("&lt;p&gt;{indications}&lt;&sol;p&gt;").into();
    records
}

fn challenge() -> Answer {
    Answer::html(
        "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><h1>www.cms.gov</h1><p>Verifying you are human.</p></body></html>",
    )
}

/// A practice that has read RVU20A and the records, and has told nobody anything.
async fn installed() -> Practice {
    installed_with("").await
}

async fn installed_with(more: &str) -> Practice {
    let mut practice = Practice::watching(JANUARY, more);
    practice.show(&[january()], &records(), STAMP);
    let round = practice.check().await;
    assert_eq!(round.mails, [], "{:?}", round.problems());
    practice
}

fn facts(practice: &Practice) -> Vec<Fact> {
    let reader = practice.reader();
    reader.facts(&reader.all_topics().unwrap()).unwrap()
}

/// What is said of a code, by edition.
fn said_of(practice: &Practice, code: &str, attribute: Attribute) -> BTreeMap<String, Observation> {
    let topic = Topic::national(Subject::Service(code.parse().unwrap()));
    let facts = practice.reader().facts(&[topic]).unwrap();
    let said = facts.iter().filter_map(|fact| {
        let observation = fact.statement.values.get(&attribute)?.clone();
        Some((fact.origin.edition.name.clone(), observation))
    });
    said.collect()
}

/// The changes of one attribute that are on record.
fn changes_of(practice: &Practice, attribute: Attribute) -> usize {
    let changes = practice.reader().changes(&ChangeFilter::default()).unwrap();
    changes
        .iter()
        .filter(|stored| stored.judged.change.key.attribute == attribute)
        .count()
}

#[track_caller]
fn one_news(round: &Round, words: &[&str]) {
    let news = round.news();
    assert_eq!(news.len(), 1, "{:?}", round.mails);
    for words in words {
        let mail = news[0];
        assert!(
            mail.subject.contains(words) || mail.text.contains(words),
            "{words} is not in {mail:?}"
        );
    }
}

#[track_caller]
fn one_notice(round: &Round, words: &[&str]) {
    let notices = round.notices();
    assert_eq!(notices.len(), 1, "{:?}", round.mails);
    for words in words {
        let mail = notices[0];
        assert!(
            mail.subject.contains(words) || mail.text.contains(words),
            "{words} is not in {mail:?}"
        );
    }
}

#[track_caller]
fn silent(round: &Round) {
    assert_eq!(round.mails, []);
}

#[tokio::test]
async fn a_check_of_unchanged_pages_reads_nothing_and_asks_for_no_archive_again() {
    let mut practice = installed().await;
    let before = facts(&practice);
    let round = practice.check_after(1).await;
    silent(&round);
    assert_eq!((round.read(), round.problems()), (0, vec![]));
    assert_eq!(facts(&practice), before);
    assert_eq!(practice.cms.hits(&zip_of(&january())).len(), 1);
    // A record that nobody configured is read once, as long as the list has the same stamp.
    let filler = DETAIL.replace("373", "9007");
    assert_eq!(practice.cms.hits(&filler).len(), 1);
    assert_eq!(practice.cms.hits(DETAIL).len(), 2);
}

#[tokio::test]
async fn a_list_that_names_a_page_twice_has_it_asked_for_once() {
    let mut practice = installed().await;
    practice.show(&[january(), april()], &records(), STAMP);
    let list = practice.cms.answer(LIST).unwrap().bytes();
    let list = String::from_utf8(list.to_vec()).unwrap();
    let (_, rows) = list.split_once("<tbody>").unwrap();
    let (rows, _) = rows.split_once("</tbody>").unwrap();
    // Under another name: the row of a correction that leads to the page of its release.
    let again = rows.replace(">RVU20B<", ">RVU20BR<");
    let doubled = list.replace("</tbody>", &format!("{again}</tbody>"));
    practice.cms.serve(LIST, Answer::html(&doubled));
    let round = practice.check_at(APRIL).await;
    one_news(&round, &["N → A", "2020-04-01"]);
    assert_eq!(practice.cms.hits(&page_of(&april())).len(), 1);
}

#[tokio::test]
async fn a_release_posted_again_with_another_status_is_one_retroactive_alert() {
    let mut practice = installed().await;
    let again = posted("RVU20A", "02/10/2020", &text("January", "A"));
    practice.show(&[again], &records(), STAMP);
    let round = practice.check_at("2020-02-14T12:00:00Z").await;
    one_news(
        &round,
        &["N → A", "2020-01-01", "20560", "20561", "2020-02-10"],
    );
    assert_eq!((round.read(), round.notices().len()), (1, 0));
}

#[tokio::test]
async fn a_release_posted_again_counts_whatever_date_it_bears() {
    // A date that is to come, and one before that of the posting whose place it takes: slips of the pen, both.
    for (first, second) in [("06/20/2020", "02/10/2020"), ("01/02/2020", "12/20/2019")] {
        let mut practice = Practice::watching(JANUARY, "");
        let before = posted("RVU20A", first, &text("January", "N"));
        practice.show(&[before], &records(), STAMP);
        silent(&practice.check().await);
        let again = posted("RVU20A", second, &text("January", "A"));
        practice.show(&[again], &records(), STAMP);
        let round = practice.check_at("2020-02-14T12:00:00Z").await;
        one_news(&round, &["N → A", "2020-01-01", "20560", "20561"]);
        let days: BTreeSet<NaiveDate> = facts(&practice)
            .iter()
            .filter(|fact| fact.origin.source == "pfs")
            .map(|fact| fact.origin.published)
            .collect();
        assert!(
            days.iter().is_sorted() && days.last().unwrap().to_string().as_str() <= "2020-02-14",
            "{days:?}"
        );
    }
}

#[tokio::test]
async fn a_release_posted_again_with_nothing_new_for_the_watch_is_silent() {
    let mut practice = installed().await;
    let table = text("January", "N");
    let other = table.replace("\n10001,,SERVICE 10001,A", "\n10001,,SERVICE 10001,R");
    assert_ne!(table, other);
    let again = posted("RVU20A", "02/10/2020", &other);
    practice.show(&[again], &records(), STAMP);
    let round = practice.check_at("2020-02-14T12:00:00Z").await;
    silent(&round);
    assert_eq!(round.read(), 1);
    assert_eq!(changes_of(&practice, Attribute::Status), 0);
}

#[tokio::test]
async fn a_correcting_release_with_the_same_file_name_holds_from_its_own_first_day() {
    let release = |name: &str, day: &str, factor: &str, rates: &str| {
        let table = made_file(2024, "January", "A", factor);
        let mut release = Release::new(name, day, &[("PPRRVU24_JAN.csv", &table)]);
        release.description = format!("Medicare Physician Fee Schedule rates effective {rates}.");
        release
    };
    let first = "January 1, 2024, through March 8, 2024";
    let a = release("RVU24A", "01/02/2024", "32.7442", first);
    let ar = release("RVU24AR", "03/12/2024", "33.2875", "March 9, 2024");
    let mut practice = Practice::at("2024-01-20T12:00:00Z");
    practice.show(std::slice::from_ref(&a), &records(), STAMP);
    silent(&practice.check().await);
    practice.show(&[a, ar], &records(), STAMP);
    let round = practice.check_at("2024-03-20T12:00:00Z").await;
    one_news(&round, &["32.7442", "33.2875", "2024-03-09"]);
    assert_eq!(round.notices().len(), 0, "{:?}", round.mails);
    let changes = practice.reader().changes(&ChangeFilter::default()).unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].judged.severity, Severity::Payment);
    assert_eq!(changes[0].judged.change.days.from.to_string(), "2024-03-09");
}

#[tokio::test]
async fn a_release_posted_again_after_its_correction_does_not_undo_it() {
    let release = |name: &str, day: &str, factor: &str, descriptor: &str| {
        let table = String::from_utf8(made_file(2024, "January", "A", factor)).unwrap();
        let table = table.replace("SERVICE 10001", descriptor);
        posted(name, day, &table)
    };
    let corrected = release("RVU24AR", "03/12/2024", "33.2875", "SERVICE 10001");
    let mut practice = Practice::at("2024-01-20T12:00:00Z");
    let first = release("RVU24A", "01/02/2024", "32.7442", "SERVICE 10001");
    practice.show(std::slice::from_ref(&first), &records(), STAMP);
    silent(&practice.check().await);
    practice.show(&[first, corrected.clone()], &records(), STAMP);
    let round = practice.check_at("2024-03-20T12:00:00Z").await;
    assert_eq!(round.news().len(), 1, "{:?}", round.mails);
    // As CMS did on 1 April 2024.
    let again = release("RVU24A", "04/01/2024", "32.7442", "SERVICE 10001 A");
    practice.show(&[again, corrected], &records(), STAMP);
    let round = practice.check_at("2024-04-02T12:00:00Z").await;
    assert_eq!(
        (round.read(), round.news().len()),
        (1, 0),
        "{:?}",
        round.mails
    );
}

/// The archive of the table with a column that has another name.
fn in_a_new_form(table: &str) -> Vec<u8> {
    let other = table.replace("HCPCS,MOD,DESCRIPTION,CODE,", "HCPCS,MOD,DESCRIPTION,KIND,");
    assert_ne!(table, other);
    archive(&[("PPRRVU20.csv", other.as_bytes())])
}

/// RVU20B is posted, but for two days something else is in the place of an answer on the way to it.
async fn in_the_way(url: &str, obstacle: Answer, kind: ProblemKind) {
    let mut practice = installed().await;
    let before = facts(&practice);
    practice.show(&[january(), april()], &records(), STAMP);
    practice.cms.serve(url, obstacle);
    let round = practice.check_at(APRIL).await;
    let problems = round.problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].1, kind);
    one_notice(&round, &[]);
    assert_eq!(round.news().len(), 0);

    let round = practice.check_after(1).await;
    silent(&round);
    assert_eq!(round.problems().len(), 1);
    assert_eq!(facts(&practice), before);

    practice.show(&[january(), april()], &records(), STAMP);
    let round = practice.check_after(1).await;
    assert_eq!(round.problems(), []);
    one_notice(&round, &["over"]);
    one_news(&round, &["N → A", "2020-04-01"]);
}

#[tokio::test]
async fn a_challenge_in_place_of_the_list_is_told_once_and_hides_nothing_for_good() {
    in_the_way(LIST, challenge(), ProblemKind::Blocked).await;
}

#[tokio::test]
async fn a_challenge_in_place_of_a_release_page_is_told_once_and_hides_nothing_for_good() {
    in_the_way(&page_of(&april()), challenge(), ProblemKind::Blocked).await;
}

#[tokio::test]
async fn a_challenge_in_place_of_an_archive_is_told_once_and_hides_nothing_for_good() {
    in_the_way(&zip_of(&april()), challenge(), ProblemKind::Blocked).await;
}

#[tokio::test]
async fn a_page_in_place_of_an_archive_is_told_once_and_hides_nothing_for_good() {
    let page = Answer::html(
        "<!DOCTYPE html><html><head><title>Files</title></head><body><main><p>The files of the fee schedule.</p></main></body></html>",
    );
    in_the_way(&zip_of(&april()), page, ProblemKind::Blocked).await;
}

#[tokio::test]
async fn a_damaged_archive_is_told_once_and_hides_nothing_for_good() {
    let whole = april().zip;
    let cut = whole[..whole.len() / 2].to_vec();
    in_the_way(&zip_of(&april()), Answer::zip(cut), ProblemKind::Shape).await;
}

#[tokio::test]
async fn a_table_in_a_new_form_is_told_once_and_hides_nothing_for_good() {
    let zip = in_a_new_form(&text("April", "A"));
    in_the_way(&zip_of(&april()), Answer::zip(zip), ProblemKind::Shape).await;
}

#[tokio::test]
async fn a_page_that_only_points_to_the_archive_is_followed() {
    let mut practice = installed().await;
    practice.show(&[january(), april()], &records(), STAMP);
    practice.cms.serve(
        "https://www.cms.gov/files/zip/moved.zip",
        Answer::zip(april().zip),
    );
    practice.cms.serve(
        &zip_of(&april()),
        Answer::html(
            "<!DOCTYPE html><html><head><meta http-equiv=\"refresh\" content=\"0;url='/files/zip/moved.zip'\" /><title>Redirecting</title></head><body>Redirecting to <a href=\"/files/zip/moved.zip\">/files/zip/moved.zip</a>.</body></html>",
        ),
    );
    let round = practice.check_at(APRIL).await;
    one_news(
        &round,
        &["N → A", "https://www.cms.gov/files/zip/moved.zip"],
    );
    assert_eq!(round.problems(), []);
    // Taken from the archive by the address that the release page has.
    assert_eq!(practice.check_after(1).await.read(), 0);
    assert_eq!(practice.cms.hits(&zip_of(&april())).len(), 1);
}

#[tokio::test]
async fn an_address_that_is_gone_is_told_at_once_and_weekly_and_when_it_is_back() {
    let mut practice = installed().await;
    practice.show(&[january(), april()], &records(), STAMP);
    practice.cms.forget(&zip_of(&april()));
    practice.clock.set(APRIL.parse().unwrap());
    let mut told = Vec::new();
    for day in 0..10 {
        let round = practice.check().await;
        assert_eq!(round.problems(), [("RVU20B", ProblemKind::Gone)]);
        assert_eq!(round.news().len(), 0);
        told.extend(round.notices().iter().map(|_| day));
        practice.clock.advance(chrono::TimeDelta::days(1));
    }
    assert_eq!(told, [0, 7]);
    practice.show(&[january(), april()], &records(), STAMP);
    let round = practice.check().await;
    one_notice(&round, &["over", "RVU20B"]);
    one_news(&round, &["N → A"]);
    silent(&practice.check_after(1).await);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_from_the_second_check_on() {
    let mut practice = installed().await;
    practice.cms.serve(LIST, Answer::status(503));
    let round = practice.check_after(1).await;
    silent(&round);
    assert_eq!(round.problems(), [(LIST, ProblemKind::Unreachable)]);
    one_notice(&practice.check_after(1).await, &[LIST, "503"]);
    silent(&practice.check_after(1).await);
    practice.show(&[january()], &records(), STAMP);
    one_notice(&practice.check_after(1).await, &["over", LIST]);
    silent(&practice.check_after(1).await);
}

#[tokio::test]
async fn one_check_without_an_answer_is_never_told() {
    let mut practice = installed().await;
    practice.cms.serve(LIST, Answer::status(503));
    silent(&practice.check_after(1).await);
    practice.show(&[january()], &records(), STAMP);
    silent(&practice.check_after(1).await);
}

#[tokio::test]
async fn a_broken_answer_with_an_etag_does_not_hide_the_whole_one() {
    let mut practice = installed().await;
    practice.show(&[january(), april()], &records(), STAMP);
    practice.clock.set(APRIL.parse().unwrap());
    let url = zip_of(&april());
    let whole = april().zip;
    let strange = in_a_new_form(&text("April", "A"));
    for body in [&whole[..whole.len() / 2], &strange, &whole] {
        let answer = Answer::zip(body).validators(Some("\"v1\""), None);
        practice.cms.serve(&url, answer);
        let round = practice.check_after(1).await;
        assert_eq!(round.news().len(), usize::from(body == whole));
    }
    let hits = practice.cms.hits(&url);
    assert_eq!(hits.len(), 3);
    assert!(hits.iter().all(|hit| hit.header("if-none-match").is_none()));
}

#[tokio::test]
async fn a_server_that_confirms_what_was_read_is_believed_until_its_etag_changes() {
    let mut practice = installed().await;
    let saying = |records: &[Value], etag: &str| {
        let body = serde_json::json!({
            "meta": {"status": {"id": 200, "message": "OK"}, "next_token": ""}, "data": [records[3]],
        });
        Answer::json(&body.to_string()).validators(Some(etag), None)
    };
    practice.cms.serve(DETAIL, saying(&records(), "\"one\""));
    silent(&practice.check_after(1).await);
    for _ in 0..3 {
        let round = practice.check_after(1).await;
        silent(&round);
        assert_eq!((round.read(), round.problems()), (0, vec![]));
        let hits = practice.cms.hits(DETAIL);
        assert_eq!(
            hits.last().unwrap().header("if-none-match"),
            Some("\"one\"")
        );
    }
    let new = records_saying("Dry needling is covered.");
    practice.cms.serve(DETAIL, saying(&new, "\"two\""));
    one_news(
        &practice.check_after(1).await,
        &["Dry needling is covered."],
    );
}

#[tokio::test]
async fn a_text_that_changes_and_changes_back_is_two_changes_and_both_are_told() {
    let mut practice = installed().await;
    for shown in [records_saying("Dry needling is covered."), records()] {
        practice.show(&[january()], &shown, STAMP);
        let round = practice.check_after(3).await;
        one_news(&round, &["NCD 30.3.3", "Dry needling is covered."]);
        assert_eq!(round.read(), 1);
    }
    assert_eq!(changes_of(&practice, Attribute::Indications), 2);
    silent(&practice.check_after(1).await);
}

#[tokio::test]
async fn a_newly_watched_code_gets_its_history_from_the_kept_documents_without_an_alert() {
    let mut practice = installed().await;
    let table = text("April", "A");
    let table = table.replace("\n10001,,SERVICE 10001,A", "\n10001,,SERVICE 10001,R");
    let april = posted("RVU20B", "04/03/2020", &table);
    practice.show(&[january(), april.clone()], &records(), STAMP);
    one_news(&practice.check_at(APRIL).await, &["N → A"]);
    assert_eq!(
        said_of(&practice, "10001", Attribute::Status),
        BTreeMap::new()
    );

    practice.configure("codes = [\"20560\", \"20561\", \"10001\"]");
    let round = practice.check_after(1).await;
    silent(&round);
    assert_eq!(round.problems(), []);
    let said = said_of(&practice, "10001", Attribute::Status);
    let expected = [("RVU20A", "A"), ("RVU20B", "R")];
    let expected = expected.map(|(name, status)| (name.to_owned(), Observation::text(status)));
    assert_eq!(said, BTreeMap::from(expected));
    assert_eq!(changes_of(&practice, Attribute::Status), 2 + 1);
    assert_eq!(practice.cms.hits(&zip_of(&april)).len(), 1);
    silent(&practice.check_after(1).await);
}

#[tokio::test]
async fn with_all_codes_one_that_goes_is_absent_and_one_that_comes_was_absent() {
    let mut practice = installed_with("codes = \"all\"\nlook_alikes = []").await;
    let table = text("April", "N");
    let row = table.lines().find(|row| row.starts_with("10001,")).unwrap();
    let new = row.replace("10001", "11999");
    let other = table.replace(row, &new);
    let april = posted("RVU20B", "04/03/2020", &other);
    practice.show(&[january(), april], &records(), STAMP);
    let round = practice.check_at(APRIL).await;
    one_news(&round, &["10001", "11999"]);
    let (a, b) = ("RVU20A".to_owned(), "RVU20B".to_owned());
    let active = Observation::text("A");
    assert_eq!(
        said_of(&practice, "10001", Attribute::Status),
        BTreeMap::from([
            (a.clone(), active.clone()),
            (b.clone(), Observation::Absent)
        ])
    );
    assert_eq!(
        said_of(&practice, "11999", Attribute::Status),
        BTreeMap::from([(a, Observation::Absent), (b, active)])
    );
    assert_eq!(changes_of(&practice, Attribute::Status), 2);
}

#[tokio::test]
async fn a_new_determination_with_a_watched_word_is_one_alert() {
    let mut practice = installed().await;
    let mut shown = records();
    let text = "Dry needling of the shoulder is covered.";
    shown.push(record(500, "30.9", "Needling of the Shoulder", text, ""));
    shown.push(record(
        501,
        "30.10",
        "Something Else",
        "Of no interest.",
        "",
    ));
    practice.show(&[january()], &shown, STAMP);
    let round = practice.check_after(1).await;
    one_news(&round, &["NCD 30.9", "dry needling"]);
    assert_eq!(round.notices().len(), 0, "{:?}", round.mails);
    silent(&practice.check_after(1).await);
}

#[tokio::test]
async fn a_determination_that_is_no_longer_listed_is_a_coverage_alert() {
    let mut practice = installed().await;
    let mut shown = records();
    shown.remove(2);
    practice.show(&[january()], &shown, STAMP);
    let round = practice.check_after(1).await;
    one_news(&round, &["NCD 30.3.2", "listed"]);
    let changes = practice.reader().changes(&ChangeFilter::default()).unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].judged.severity, Severity::Coverage);
    assert_eq!(changes[0].judged.change.key.attribute, Attribute::Listed);
    silent(&practice.check_after(1).await);
}

#[tokio::test]
async fn a_list_that_was_cut_short_delists_nothing() {
    let mut practice = installed().await;
    let before = facts(&practice);
    let body = serde_json::json!({
        "meta": {"status": {"id": 200, "message": "OK"}, "next_token": ""}, "data": [],
    });
    practice.cms.serve(REPORT, Answer::json(&body.to_string()));
    let round = practice.check_after(1).await;
    one_notice(&round, &["NCD report"]);
    assert_eq!((round.news().len(), facts(&practice)), (0, before));
}

#[tokio::test]
async fn an_entry_in_the_revision_history_is_recorded_and_not_mailed() {
    let mut practice = installed().await;
    let mut shown = records();
    shown[3]["revision_history"] = "05/2020 - another transmittal".into();
    practice.show(&[january()], &shown, STAMP);
    let round = practice.check_after(1).await;
    silent(&round);
    assert_eq!(round.read(), 1);
    let changes = practice.reader().changes(&ChangeFilter::default()).unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].judged.severity, Severity::Administrative);
}

/// The page that a person would open, with this text.
fn page(indications: &str) -> Answer {
    Answer::html(&format!(
        "<!DOCTYPE html><html><head><title>NCD - Acupuncture for Chronic Lower Back Pain (cLBP) (30.3.3)</title></head><body><main>\
         <h1>Acupuncture for Chronic Lower Back Pain (cLBP) 30.3.3</h1>\
         <h2>Item/Service Description</h2><p>Needles.</p>\
         <h2>Indications and Limitations of Coverage</h2><p>{indications}</p></main></body></html>"
    ))
}

const DRY: &str = "All types of acupuncture including dry needling for any condition other than cLBP are non-covered by Medicare.";

#[tokio::test]
async fn a_page_that_contradicts_the_record_is_told_once_and_the_record_is_believed() {
    let mut practice = installed().await;
    practice.cms.serve(PAGE, page(DRY));
    silent(&practice.check_after(1).await);
    let before = facts(&practice);
    let new = "All types of acupuncture including dry needling are covered since yesterday.";
    practice.cms.serve(PAGE, page(new));
    let round = practice.check_after(1).await;
    one_notice(&round, &["30.3.3", "are covered since yesterday"]);
    assert_eq!((round.news().len(), facts(&practice)), (0, before));
    silent(&practice.check_after(1).await);
    practice.cms.serve(PAGE, page(DRY));
    one_notice(&practice.check_after(1).await, &["no longer"]);
}

#[tokio::test]
async fn while_the_api_is_down_the_operator_hears_what_the_page_shows() {
    for (text, words) in [
        (DRY, "still shows the indications that were last read"),
        ("Dry needling is covered.", "shows other indications"),
    ] {
        let mut practice = installed().await;
        let before = facts(&practice);
        practice.cms.serve(PAGE, page(text));
        for url in [REPORT, DETAIL] {
            practice.cms.serve(url, Answer::status(503));
        }
        silent(&practice.check_after(1).await);
        let round = practice.check_after(1).await;
        let told: Vec<_> = round.notices();
        assert_eq!(
            (told.len(), round.news().len()),
            (1, 0),
            "{:?}",
            round.mails
        );
        assert!(told[0].text.contains(words), "{told:?}");
        assert_eq!(facts(&practice), before);
    }
}

#[tokio::test]
async fn a_change_of_payment_is_told_in_dollars_for_a_unit_and_for_a_year() {
    let mut practice = installed_with("[practice.yearly_units]\n\"20560\" = 1200\n").await;
    practice.show(&[january(), april()], &records(), STAMP);
    let round = practice.check_at(APRIL).await;
    one_news(
        &round,
        &[
            "IN DOLLARS, SERVICES OF 2020-04-01",
            "20560, national non-facility: not payable (status N; its relative values would come to $26.71) \u{2192} $26.71 +$26.71 a unit; +$32,052.00 a year with 1,200 units",
            "20561, national",
            "National figures, without geographic adjustment: name your localities in watch.localities.",
            "before deductible, coinsurance and sequestration",
        ],
    );
    // Of another service nothing is said in dollars.
    let text = &round.news()[0].text;
    let (_, dollars) = text.split_once("IN DOLLARS").unwrap();
    let (dollars, _) = dollars.split_once("WHAT THE WORDS MEAN").unwrap();
    assert!(!dollars.contains("97810"), "{dollars}");
}

#[tokio::test]
async fn a_release_that_moves_no_payment_is_told_without_dollars() {
    let mut practice = installed().await;
    let other = text("April", "N").replace(",0.47,0,XXX,", ",0.47,9,XXX,");
    practice.show(
        &[january(), posted("RVU20B", "04/03/2020", &other)],
        &records(),
        STAMP,
    );
    let round = practice.check_at(APRIL).await;
    one_news(&round, &["PC/TC indicator"]);
    assert!(!round.news()[0].text.contains("IN DOLLARS"));
}
