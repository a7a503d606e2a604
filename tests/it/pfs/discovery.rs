//! From the list page to the archives, without a server.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use chrono::{NaiveDate, TimeDelta};
use coverd::model::request::{Concern, Discovery, Expect, Reuse, Unit};
use coverd::sources::pfs::{LIST_URL, Pfs};
use coverd::sources::{Seen, Source};

use super::made::{brief, day, document, watching};
use crate::harness::data::real_data;

const ITEMS: &str = "/medicare/payment/fee-schedules/physician/pfs-relative-value-files";

fn list(rows: &[(&str, &str)], pager: &str) -> String {
    let rows: Vec<String> = rows
        .iter()
        .map(|(name, href)| {
            let year = &name[3..5];
            format!("<tr><td><span>Calendar Year</span> 20{year}</td><td><span>File Name</span> <a href='{href}'>{name}</a></td></tr>")
        })
        .collect();
    let table = rows.concat();
    format!(
        "<!DOCTYPE html><html><body><nav><a href='{ITEMS}'>PFS Relative Value Files</a></nav><main><table><tr><th>Calendar Year</th><th>File Name</th></tr>{table}</table>{pager}</main></body></html>"
    )
}

fn release_page(name: &str, zip: &str) -> String {
    format!(
        "<main><h1 class=page-title><span>{name}</span></h1><div class=field--name-field-downloads><ul><li><a href='{zip}'>{name}</a></li></ul></div></main>"
    )
}

/// Serves pages by address until discovery is complete; addresses without a page fail.
fn run(pages: &[(&str, String)], today: NaiveDate) -> (Vec<Unit>, Vec<Concern>, Vec<String>) {
    let watch = watching(&["20560"]);
    let (mut seen, mut failed, mut asked) = (Seen::new(), Vec::new(), Vec::new());
    for _ in 0..10 {
        match Pfs::default()
            .discover(&seen, &failed, &brief(&watch, today))
            .unwrap()
        {
            Discovery::Complete {
                units, concerns, ..
            } => return (units, concerns, asked),
            Discovery::Fetch(requests) => {
                assert!(!requests.is_empty());
                for request in requests {
                    assert_eq!(request.expect, Expect::Html);
                    assert!(
                        !asked.contains(&request.url),
                        "asked twice: {}",
                        request.url
                    );
                    asked.push(request.url.clone());
                    match pages.iter().find(|(url, _)| absolute(url) == request.url) {
                        Some((url, page)) => {
                            seen.insert(request.url, document(&absolute(url), page.as_bytes()));
                        }
                        None => failed.push(request.url),
                    }
                }
            }
        }
    }
    panic!("discovery does not end");
}

fn absolute(path: &str) -> String {
    if path.starts_with("https:") {
        path.to_owned()
    } else {
        format!("https://www.cms.gov{path}")
    }
}

fn names(units: &[Unit]) -> Vec<&str> {
    units.iter().map(|unit| &unit.name[..]).collect()
}

fn keys(concerns: &[Concern]) -> Vec<&str> {
    concerns.iter().map(|concern| &concern.key[..]).collect()
}

#[test]
fn releases_of_all_eras_are_found_oldest_first() {
    let old =
        "/medicaremedicare-fee-service-paymentphysicianfeeschedpfs-relative-value-files/rvu20b";
    let coded = "/medicare/medicare-fee-for-service-payment/physicianfeesched/pfs-relative-value-files-items/cms1192486";
    let new = format!("https://www.cms.gov{ITEMS}/rvu25d-0");
    let pages = [
        (
            LIST_URL,
            list(
                &[
                    ("RVU25D", &new),
                    ("RVU24AR", &format!("{ITEMS}/rvu24ar")),
                    ("RVU20A", coded),
                    ("RVU20B", old),
                    ("RVU19D", &format!("{ITEMS}/rvu19d")),
                ],
                "",
            ),
        ),
        (
            &new[..],
            release_page("RVU25D", "/files/zip/rvu25d-updated-09/11/2025.zip"),
        ),
        (
            &format!("{ITEMS}/rvu24ar")[..],
            release_page("RVU24AR", "/files/zip/rvu24ar-posted-04/01/2024.zip"),
        ),
        (coded, release_page("RVU20A", "/files/zip/rvu20a.zip")),
        (
            old,
            release_page("RVU20B", "/files/zip/rvu20b-updated-05012020.zip"),
        ),
    ];
    let (units, concerns, asked) = run(&pages, day(2025, 11, 20));
    assert_eq!(names(&units), ["RVU20A", "RVU20B", "RVU24AR", "RVU25D"]);
    assert_eq!(asked.len(), 5);
    let last = units.last().unwrap();
    assert_eq!(
        last.request.url,
        "https://www.cms.gov/files/zip/rvu25d-updated-09/11/2025.zip"
    );
    assert_eq!(last.request.reuse, Reuse::Within(TimeDelta::days(7)));
    assert_eq!(units[0].request.reuse, Reuse::Within(TimeDelta::days(90)));
    assert_eq!(last.context.len(), 1);
    assert_eq!(last.context[0].url, new);
    // Twenty quarters in a row are one gap, not twenty.
    assert_eq!(keys(&concerns), ["gap RVU20C to RVU25C"]);
}

#[test]
fn further_pages_of_the_list_are_followed_and_bounded() {
    let item = |name: &str| format!("{ITEMS}/{}", name.to_lowercase());
    let links: Vec<String> = (0..200)
        .map(|n| format!("<a href='?page={n}'>{n}</a>"))
        .collect();
    let endless = links.concat();
    let second = format!("{LIST_URL}?page=1");
    let third = format!("{LIST_URL}?page=2");
    let pages = [
        (
            LIST_URL,
            list(
                &[("RVU20C", &item("RVU20C"))],
                "<a href='?page=1'>2</a><a href='https://www.cms.gov/other?page=7'>x</a>",
            ),
        ),
        (
            &second[..],
            list(
                &[("RVU20B", &item("RVU20B"))],
                &format!("<a href='{ITEMS}?page=2'>3</a><a href='?page=0'>1</a>"),
            ),
        ),
        (&third[..], list(&[("RVU20A", &item("RVU20A"))], "")),
        (
            &item("RVU20A"),
            release_page("RVU20A", "/files/zip/rvu20a.zip"),
        ),
        (
            &item("RVU20B"),
            release_page("RVU20B", "/files/zip/rvu20b.zip"),
        ),
        (
            &item("RVU20C"),
            release_page("RVU20C", "/files/zip/rvu20c.zip"),
        ),
    ];
    let (units, concerns, _) = run(&pages, day(2020, 8, 1));
    assert_eq!(names(&units), ["RVU20A", "RVU20B", "RVU20C"]);
    assert_eq!(keys(&concerns), Vec::<&str>::new());

    let pages = [(LIST_URL, list(&[("RVU20C", &item("RVU20C"))], &endless))];
    let (_, concerns, asked) = run(&pages, day(2020, 12, 1));
    assert!(asked.len() < 40, "{}", asked.len());
    // Nobody says that a release is missing while part of the list is.
    assert_eq!(keys(&concerns), Vec::<&str>::new());
}

#[test]
fn one_bad_release_page_does_not_cost_the_others() {
    let item = |name: &str| format!("{ITEMS}/{name}");
    let pages = [
        (
            LIST_URL,
            list(
                &[
                    ("RVU20A", &item("a")),
                    ("RVU20B", &item("b")),
                    ("RVU20C", &item("c")),
                    ("RVU20D", &item("d")),
                ],
                "",
            ),
        ),
        (
            &item("a")[..],
            release_page("RVU20A", "/files/zip/rvu20a.zip"),
        ),
        (&item("b"), "<title>Access Denied</title>".to_owned()),
        (&item("c"), release_page("RVU21C", "/files/zip/rvu21c.zip")),
    ];
    let (units, concerns, _) = run(&pages, day(2020, 11, 1));
    assert_eq!(names(&units), ["RVU20A"]);
    // The page of RVU20D could not be fetched: that is told elsewhere.
    assert_eq!(keys(&concerns), ["page RVU20B", "page RVU20C"]);
    assert!(concerns[1].text.contains("it is the page of RVU21C"));
    let no_archive = [
        (LIST_URL, list(&[("RVU20A", &item("a"))], "")),
        (&item("a")[..], release_page("RVU20A", "/files/rvu20a.pdf")),
    ];
    assert!(
        run(&no_archive, day(2020, 2, 1)).1[0]
            .text
            .contains("no link to a ZIP")
    );
}

#[test]
fn gaps_overdue_releases_and_strange_names_are_told() {
    let item = |name: &str| format!("{ITEMS}/{name}");
    let page = |today| {
        let pages = [
            (
                LIST_URL,
                list(
                    &[
                        ("RVU24C", &item("c")),
                        ("RVU25A", &item("a")),
                        ("RVU25M", &item("m")),
                        ("RVU12M", &item("n")),
                    ],
                    "",
                ),
            ),
            (
                &item("c")[..],
                release_page("RVU24C", "/files/zip/rvu24c.zip"),
            ),
            (&item("a"), release_page("RVU25A", "/files/zip/rvu25a.zip")),
        ];
        let (_, concerns, _) = run(&pages, today);
        concerns.into_iter().map(|c| c.key).collect::<Vec<_>>()
    };
    assert_eq!(page(day(2025, 4, 15)), ["name RVU25M", "gap RVU24D"]);
    assert_eq!(
        page(day(2025, 4, 16)),
        ["name RVU25M", "gap RVU24D", "overdue RVU25B"]
    );
    assert_eq!(
        page(day(2025, 7, 2)),
        ["name RVU25M", "gap RVU24D", "gap RVU25B"]
    );
}

#[test]
fn a_list_without_releases_is_a_new_form_and_a_failed_one_is_silent() {
    let watch = watching(&["20560"]);
    let brief = brief(&watch, day(2026, 11, 20));
    let mut seen = Seen::new();
    let failed = vec![LIST_URL.to_owned()];
    let outcome = Pfs::default().discover(&seen, &failed, &brief).unwrap();
    assert!(
        matches!(outcome, Discovery::Complete { units, concerns, listed: None } if units.is_empty() && concerns.is_empty())
    );
    seen.insert(
        LIST_URL.to_owned(),
        document(LIST_URL, b"<title>We will be back soon</title>"),
    );
    assert!(Pfs::default().discover(&seen, &[], &brief).is_err());
}

#[test]
fn two_pages_of_one_release_give_the_later_posting() {
    let (first, second) = (format!("{ITEMS}/rvu20b"), format!("{ITEMS}/rvu20b-0"));
    let pages = [
        (
            LIST_URL,
            list(&[("RVU20B", &first), ("RVU20B", &second)], ""),
        ),
        (
            &first[..],
            release_page("RVU20B", "/files/zip/rvu20b-updated-03012020.zip"),
        ),
        (
            &second[..],
            release_page("RVU20B", "/files/zip/rvu20b-updated-05012020.zip"),
        ),
    ];
    let (units, _, _) = run(&pages, day(2020, 5, 20));
    assert_eq!(units.len(), 1);
    assert!(units[0].request.url.ends_with("05012020.zip"));
}

#[test]
fn the_real_release_pages_lead_to_their_archives() {
    let Some(folder) = real_data() else { return };
    let mut pages = Vec::new();
    let mut rows = Vec::new();
    for name in ["RVU25A", "RVU25C", "RVU25D"] {
        let file = folder.join(format!("cms_pages/pfs-relative-value-files_{name}.html"));
        let url = format!("{ITEMS}/{}", name.to_lowercase());
        pages.push((
            url.clone(),
            String::from_utf8(std::fs::read(file).unwrap()).unwrap(),
        ));
        rows.push((name, url));
    }
    let rows: Vec<(&str, &str)> = rows.iter().map(|(n, u)| (*n, &u[..])).collect();
    let mut all = vec![(LIST_URL, list(&rows, ""))];
    all.extend(pages.iter().map(|(url, page)| (&url[..], page.clone())));
    let (units, concerns, _) = run(&all, day(2025, 11, 20));
    assert_eq!(names(&units), ["RVU25A", "RVU25C", "RVU25D"]);
    assert_eq!(keys(&concerns), ["gap RVU25B"]);
    let urls: Vec<&str> = units.iter().map(|unit| &unit.request.url[..]).collect();
    assert_eq!(
        urls,
        [
            "https://www.cms.gov/files/zip/rvu25a-updated-01/10/2025.zip",
            "https://www.cms.gov/files/zip/rvu25c-updated-06/05/2025.zip",
            "https://www.cms.gov/files/zip/rvu25d-updated-09/11/2025.zip",
        ]
    );
}
