//! What leaves the store in the forms of others: bundles of evidence, WARC, Parquet, reports.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::cli::{ask, coverd, demo, objects, text};

/// The change of 20560 from N to A.
const CHANGE: &str = "d300418e";

/// Runs a command of the system in a folder; `None` where it is not installed.
fn system(folder: &Path, program: &str, line: &[&str]) -> Option<(bool, String)> {
    let done = Command::new(program)
        .args(line)
        .current_dir(folder)
        .output()
        .ok()?;
    let out = [done.stdout, done.stderr].concat();
    Some((
        done.status.success(),
        String::from_utf8_lossy(&out).into_owned(),
    ))
}

/// Unpacks with the system's own tools.
fn unpack(folder: &Path, bundle: &str, into: &str) {
    let done = system(folder, "unzip", &["-q", bundle, "-d", into])
        .or_else(|| system(folder, "python3", &["-m", "zipfile", "-e", bundle, into]));
    let (well, said) = done.expect("unzip or python3 is needed: apt-get install unzip");
    assert!(well, "{said}");
}

#[test]
fn a_bundle_of_evidence_is_checked_with_the_tools_of_the_system_alone() {
    let (folder, _) = demo();
    let folder = folder.path();
    let said = ask(folder, &format!("evidence {CHANGE} --out bundle.zip"));
    assert!(said.contains("1 changes, 2 documents"), "{said}");
    unpack(folder, "bundle.zip", "evidence");
    let inside = folder.join("evidence");
    let (well, said) = system(&inside, "sha256sum", &["-c", "SHA256SUMS"]).unwrap();
    assert!(well, "{said}");
    // Everything but the list itself is in the list.
    assert_eq!(
        said.lines().filter(|line| line.ends_with(": OK")).count(),
        7,
        "{said}"
    );

    // The documents have the hashes that the change names, before and after.
    let rows: Value =
        serde_json::from_slice(&fs::read(inside.join("evidence.json")).unwrap()).unwrap();
    let named: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["document"].as_str().unwrap())
        .collect();
    assert_eq!(named.len(), 2);
    for hash in named {
        let file = fs::read_dir(inside.join("documents"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| {
                path.file_name()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .starts_with(&hash[..12])
            })
            .unwrap();
        let (_, said) = system(&inside, "sha256sum", &[file.to_str().unwrap()]).unwrap();
        assert!(said.starts_with(hash), "{said}");
        let captures = fs::read(inside.join(format!("captures/{hash}.json"))).unwrap();
        let captures: Value = serde_json::from_slice(&captures).unwrap();
        assert_eq!(captures[0]["sha256"], hash);
        assert!(captures[0]["headers"].is_array(), "{captures}");
    }

    let html = fs::read_to_string(inside.join("evidence.html")).unwrap();
    for words in [
        "20560: status indicator",
        "N (not covered)",
        "A (payable if covered)",
        "$26.71",
        "PPRRVU20_APR.csv row 3121",
        "sha256sum -c SHA256SUMS",
    ] {
        assert!(html.contains(words), "{words} is not in the sheet");
    }
    assert!(
        !html.contains("<script") && !html.contains("src="),
        "it fetches nothing"
    );

    // The commands of the README that need no network do what they say.
    let readme = fs::read_to_string(inside.join("README.txt")).unwrap();
    let rows: Vec<&str> = readme
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("unzip -p"))
        .collect();
    assert_eq!(rows.len(), 2, "{readme}");
    if let Some((true, _)) = system(&inside, "unzip", &["-v"]) {
        for command in rows {
            let (well, said) = system(&inside, "sh", &["-c", command]).unwrap();
            assert!(well && said.starts_with("20560,,"), "{command}: {said}");
        }
    }

    // An altered document is found out.
    let altered = fs::read_dir(inside.join("documents"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::write(&altered, b"altered").unwrap();
    let (well, _) = system(&inside, "sha256sum", &["-c", "SHA256SUMS"]).unwrap();
    assert!(!well);
}

#[test]
fn a_bundle_of_an_alert_has_all_that_it_told_and_nothing_is_written_over() {
    let (folder, _) = demo();
    let folder = folder.path();
    let alert = objects(folder, &format!("show {CHANGE}"))[0]["alert"]
        .as_str()
        .unwrap()
        .to_owned();
    let said = ask(folder, &format!("evidence {alert} --out alert.zip"));
    assert!(
        !said.contains(" 1 changes") && said.contains("2 documents"),
        "{said}"
    );
    let config = ["--config", "coverd-demo/coverd.toml"];
    let again = coverd(
        folder,
        &[&config[..], &["evidence", &alert, "--out", "alert.zip"]].concat(),
    );
    assert_eq!(again.code, 2, "{}", again.out);
    assert!(again.err.contains("already"), "{}", again.err);
    let unknown = coverd(
        folder,
        &[&config[..], &["evidence", "ffffffff", "--out", "x.zip"]].concat(),
    );
    assert_eq!(unknown.code, 2);
    assert!(!folder.join("x.zip").exists());
}

#[test]
fn a_report_says_how_long_each_change_took_in_every_form() {
    let (folder, _) = demo();
    let folder = folder.path();
    let rows = objects(folder, "report --year 2020");
    let changes: Vec<_> = rows
        .iter()
        .filter(|row| text(row, "kind") == "change")
        .collect();
    let of = changes
        .iter()
        .find(|row| text(row, "attribute") == "status")
        .unwrap();
    assert_eq!(text(of, "published"), "2020-04-02");
    assert!(text(of, "detected").starts_with("2020-04-06"), "{of:?}");
    assert!(
        of["delivered"].is_string() && of["acknowledged"].is_null(),
        "{of:?}"
    );
    assert_eq!(of["days_to_detect"], 4);
    assert_eq!(of["minutes_to_deliver"], 0);
    assert_eq!(of["days_of_warning"], -5);
    let kinds: Vec<&str> = rows
        .iter()
        .rev()
        .take(2)
        .map(|row| text(row, "kind"))
        .collect();
    assert_eq!(kinds, ["worst", "median"]);
    assert_eq!(rows.last().unwrap()["days_to_detect"], 4);
    let alert = text(of, "alert").to_owned();
    ask(folder, &format!("ack {alert} --by Kim"));
    let again = objects(folder, "report --year 2020");
    let acknowledged = again
        .iter()
        .find(|row| row["alert"] == alert.as_str())
        .unwrap();
    assert!(acknowledged["acknowledged"].is_string(), "{acknowledged:?}");
    assert!(
        acknowledged["minutes_to_acknowledge"].is_number(),
        "{acknowledged:?}"
    );
    assert_eq!(objects(folder, "audit --event acknowledged").len(), 1);

    let none = objects(folder, "report --year 2019");
    assert_eq!(none.len(), 2, "the middle and the worst of nothing");

    let shown = ask(folder, "report");
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("the first date of service"), "{shown}");
    assert!(ask(folder, "report --format markdown").starts_with("| Id | Of |"));
    ask(folder, "report --out report.html");
    let html = fs::read_to_string(folder.join("report.html")).unwrap();
    for words in [
        "published to detected",
        "4 days",
        "20560: status indicator",
        "2020-04-06",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[test]
fn the_trail_has_every_step_and_its_filters_choose() {
    let (folder, _) = demo();
    let folder = folder.path();
    let all = objects(folder, "audit --limit 100000");
    let mut times: Vec<&str> = all.iter().map(|row| text(row, "at")).collect();
    times.reverse();
    assert!(times.is_sorted(), "newest first");
    for event in ["captured", "read", "changed", "alerted", "attempted"] {
        let some = objects(folder, &format!("audit --event {event} --limit 100000"));
        let expected = all.iter().filter(|row| text(row, "event") == event).count();
        assert!(expected > 0 && some.len() == expected, "{event}");
    }
    let april = objects(
        folder,
        "audit --since 2020-04-01 --until 2020-04-30 --source pfs",
    );
    assert!(!april.is_empty());
    assert!(
        april
            .iter()
            .all(|row| text(row, "at").starts_with("2020-04") && text(row, "source") == "pfs")
    );
    let changes = objects(folder, "changes --source pfs --until 2020-04-30");
    assert!(!changes.is_empty());
    assert!(
        changes
            .iter()
            .all(|row| text(row, "recorded") < "2020-05-01")
    );
    assert_eq!(objects(folder, "changes --source therapy").len(), 0);
    let status = objects(folder, "history 20560 --attribute status");
    assert!(!status.is_empty() && status.iter().all(|row| text(row, "attribute") == "status"));
}

#[test]
fn an_archive_leaves_as_warc_and_replays_to_the_same_story() {
    let (folder, _) = demo();
    let folder = folder.path();
    let told = ask(folder, "changes --format csv");
    for name in ["x.warc.gz", "x.warc"] {
        let said = ask(folder, &format!("archive export --out {name}"));
        assert!(
            said.contains(" responses, ") && !said.contains(" 0 responses"),
            "{said}"
        );
        let into = format!("again-{name}");
        let config = ["--config", "coverd-demo/coverd.toml"];
        let replayed = coverd(
            folder,
            &[&config[..], &["replay", name, "--into", &into]].concat(),
        );
        assert_eq!(replayed.code, 0, "{}{}", replayed.out, replayed.err);
        let again = ask(folder, &format!("--store {into} changes --format csv"));
        assert_eq!(again, told, "{name}");
        let check = ask(folder, &format!("--store {into} db check"));
        assert!(check.contains("All is well"), "{check}");
    }
    let later = ask(
        folder,
        "archive export --out later.warc.gz --since 2020-07-01",
    );
    assert!(later.contains(" responses"), "{later}");
}

#[test]
fn tables_for_a_warehouse_are_written_whole_into_an_empty_folder() {
    let (folder, _) = demo();
    let folder = folder.path();
    let said = ask(folder, "export --parquet tables");
    for name in ["timelines", "changes", "documents"] {
        assert!(said.contains(&format!("tables/{name}.parquet: ")), "{said}");
        let bytes = fs::read(folder.join(format!("tables/{name}.parquet"))).unwrap();
        assert!(
            bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"),
            "{name}"
        );
    }
    let config = ["--config", "coverd-demo/coverd.toml"];
    let again = coverd(
        folder,
        &[&config[..], &["export", "--parquet", "tables"]].concat(),
    );
    assert_eq!(again.code, 2, "{}", again.out);
}

#[test]
fn dollars_of_a_stored_change_are_reckoned_again() {
    let (folder, _) = demo();
    let rows = objects(folder.path(), &format!("show {CHANGE} --dollars"));
    let outside = rows
        .iter()
        .find(|row| text(row, "setting") == "nonfacility")
        .unwrap();
    assert_eq!(text(outside, "now_dollars"), "26.71");
    assert!(outside["was_dollars"].is_null());
    assert!(text(outside, "was").starts_with("not payable (status N"));
    assert_eq!(text(outside, "change_per_unit"), "26.71");
    let answer = objects(folder.path(), "answer 20560 --on 2020-05-12");
    let dollars = answer
        .iter()
        .find(|row| text(row, "layer") == "dollars")
        .unwrap();
    assert_eq!(text(dollars, "nonfacility_dollars"), "26.71");
    assert_eq!(text(dollars, "facility_dollars"), "16.96");
    assert_eq!(
        dollars["inputs"].as_array().unwrap().len(),
        1,
        "{dollars:?}"
    );
    let before = objects(folder.path(), "answer 20560 --on 2020-02-10");
    let never = before
        .iter()
        .find(|row| text(row, "layer") == "dollars")
        .unwrap();
    assert!(never["nonfacility_dollars"].is_null());
    assert!(
        text(never, "says").contains("not payable (status N"),
        "{never:?}"
    );
}
