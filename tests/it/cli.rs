//! The program as a user has it: the real binary, after a demonstration in a new folder.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail by panicking"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use coverd::io::clock::{Clock as _, SystemClock};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The program with a terminal of 100 characters, and nothing of this machine's settings.
pub(crate) fn coverd(folder: &Path, line: &[&str]) -> Ended {
    let done = Command::new(env!("CARGO_BIN_EXE_coverd"))
        .args(line)
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "100")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ended {
        code: done.status.code().expect("an exit code"),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

/// A folder after `coverd demo`, and what the demonstration printed.
pub(crate) fn demo() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let shown = coverd(folder.path(), &["demo"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert_eq!(shown.err, "");
    (folder, shown.out)
}

/// A command after the demonstration; it must end well.
pub(crate) fn ask(folder: &Path, line: &str) -> String {
    let mut words = vec!["--config", "coverd-demo/coverd.toml"];
    words.extend(line.split(' '));
    let done = coverd(folder, &words);
    assert_eq!(done.code, 0, "{line}: {}{}", done.out, done.err);
    assert_eq!(done.err, "", "{line}");
    done.out
}

/// The objects that a command prints for programs.
pub(crate) fn objects(folder: &Path, line: &str) -> Vec<serde_json::Map<String, Value>> {
    let text = ask(folder, &format!("{line} --format json"));
    let Value::Array(rows) = serde_json::from_str(&text).expect(line) else {
        panic!("{line}: no array: {text}");
    };
    rows.into_iter()
        .map(|row| match row {
            Value::Object(row) => row,
            other => panic!("{line}: no object: {other}"),
        })
        .collect()
}

/// The header and the rows that a command prints as csv.
fn csv_of(folder: &Path, line: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let text = ask(folder, &format!("{line} --format csv"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    let rows = reader
        .records()
        .map(|row| row.expect(line).iter().map(str::to_owned).collect())
        .collect();
    (header, rows)
}

pub(crate) fn text<'a>(row: &'a serde_json::Map<String, Value>, key: &str) -> &'a str {
    row[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} in {row:?}"))
}

/// Every question that has lists, as a user types it.
const QUESTIONS: [&str; 10] = [
    "answer 20560 --on 2020-02-10",
    "history 20560",
    "changes",
    "show 61bbb185c450",
    "sources",
    "status",
    "outbox",
    "report",
    "audit",
    "config show",
];

#[test]
fn the_demonstration_tells_the_story_and_ends_with_commands_that_work() {
    let (folder, shown) = demo();
    for essential in [
        "status N \u{2192} A (payable if covered)",
        "services from 2020-04-01",
        "record keeping only, nothing to mail",
        "coverd-demo/mail/2020",
        "20560 on 2020-02-10: not covered (status N)",
        "20560 on 2020-05-12: payable if covered (status A)",
    ] {
        assert!(shown.contains(essential), "{essential} in {shown}");
    }
    assert!(!shown.contains("alerted"), "{shown}");
    let commands: Vec<&str> = shown
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| line.contains(" --config "))
        .collect();
    assert!(commands.len() >= 3, "{shown}");
    for command in commands {
        let done = Command::new("sh")
            .args(["-c", command])
            .current_dir(folder.path())
            .env_clear()
            .output()
            .unwrap();
        assert!(done.status.success(), "{command}");
        assert!(!done.stdout.is_empty(), "{command}");
    }
    // It is the mail itself that is shown, line by line.
    let mails = std::fs::read_dir(folder.path().join("coverd-demo/mail")).unwrap();
    let mail = std::fs::read(mails.flatten().next().unwrap().path()).unwrap();
    let mail = mail_parser::MessageParser::default().parse(&mail).unwrap();
    let text = mail.body_text(0).unwrap();
    assert!(text.contains("IN DOLLARS"), "{text}");
    for line in text.lines() {
        let line = format!("| {line}");
        assert!(shown.contains(line.trim_end()), "{line} in {shown}");
    }
    let again = coverd(folder.path(), &["demo"]);
    assert_eq!(again.code, 2);
    assert!(
        again.err.contains("coverd-demo is not empty"),
        "{}",
        again.err
    );
    assert!(again.err.contains("next: "), "{}", again.err);
}

#[test]
fn every_list_is_for_people_and_for_programs() {
    let (folder, _) = demo();
    for question in QUESTIONS {
        let people = ask(folder.path(), question);
        for line in people.lines().filter(|line| !line.starts_with("    ")) {
            let wide = line.chars().count();
            let one_word = line.split_whitespace().count() <= 2 || line.contains("sha256sum");
            assert!(wide <= 100 || one_word, "{question}: {line}");
        }
        let rows = objects(folder.path(), question);
        assert!(!rows.is_empty(), "{question}");
        let (header, lines) = csv_of(folder.path(), question);
        assert_eq!(rows.len(), lines.len(), "{question}");
        for row in rows {
            let keys: BTreeSet<&String> = row.keys().collect();
            assert_eq!(keys, header.iter().collect(), "{question}");
        }
    }
}

#[test]
fn an_answer_has_every_layer_with_its_proof() {
    let (folder, _) = demo();
    let rows = objects(folder.path(), "answer 20560 --on 2020-02-10");
    let layers: Vec<&str> = rows.iter().map(|row| text(row, "layer")).collect();
    let ncds = ["ncd"; 4];
    assert_eq!(layers[..2], ["summary", "pfs_status"]);
    assert_eq!(layers[2..6], ncds);
    assert_eq!(
        layers[6..],
        [
            "therapy",
            "pfs_payment",
            "dollars",
            "opps",
            "mue",
            "ptp",
            "local_coverage",
            "instructions",
            "pipeline"
        ]
    );
    let status = &rows[1];
    assert!(text(status, "says").starts_with("status N"), "{status:?}");
    assert_eq!(text(status, "until"), "2020-04-01");
    assert_eq!(text(status, "edition"), "RVU20A");
    assert_eq!(text(status, "document").len(), 64);
    assert!(text(status, "row").starts_with("20560,"));
    let ncd = rows.iter().find(|row| text(row, "subject") == "NCD 30.3.3");
    assert_eq!(ncd.map(|row| text(row, "from")), Some("2020-01-21"));

    let later = objects(folder.path(), "answer 20560 --on 2020-05-12");
    assert!(text(&later[1], "says").starts_with("status A"));
    let summary = text(&later[0], "says");
    assert!(
        !summary.contains(": covered"),
        "never simply covered: {summary}"
    );
}

#[test]
fn an_answer_as_published_on_a_day_knows_nothing_that_came_later() {
    let (folder, _) = demo();
    for format in ["table", "json", "csv"] {
        let said = ask(
            folder.path(),
            &format!("answer 20560 --on 2020-02-10 --as-published-on 2020-01-15 --format {format}"),
        );
        assert!(said.contains("status N"), "{said}");
        for later in ["2020-01-21", "10128", "cLBP", "status A", "RVU20B"] {
            assert!(!said.contains(later), "{later} in {said}");
        }
    }
}

#[test]
fn deliveries_are_picked_by_whom_and_when_and_why() {
    let (folder, _) = demo();
    let count = |line: &str| objects(folder.path(), line).len();
    let all = count("outbox");
    assert!(all >= 1);
    assert_eq!(count("deliveries"), all, "the same by another name");
    let first = objects(folder.path(), "deliveries").remove(0);
    let to = text(&first, "recipient").to_uppercase();
    let of_one = count(&format!("deliveries --to {to}"));
    assert!((1..=all).contains(&of_one));
    assert_eq!(count("deliveries --to nobody@practice.example"), 0);
    assert_eq!(count("deliveries --purpose alert"), all);
    assert_eq!(count("deliveries --purpose digest"), 0);
    assert_eq!(count("deliveries --since 2100-01-01"), 0);
    assert_eq!(count("deliveries --since 2020-01-01"), all);
}

#[test]
fn every_change_can_be_shown_with_both_documents() {
    let (folder, _) = demo();
    let changes = objects(folder.path(), "changes --limit 1000");
    assert!(changes.len() > 16, "{}", changes.len());
    let documents = folder.path().join("coverd-demo/documents");
    let mut files: Vec<_> = std::fs::read_dir(documents)
        .unwrap()
        .flat_map(|fan| std::fs::read_dir(fan.unwrap().path()).unwrap())
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    for change in &changes {
        let id = text(change, "id");
        let sides = objects(folder.path(), &format!("show {id}"));
        let hashes: Vec<&str> = sides.iter().map(|side| text(side, "document")).collect();
        assert_eq!(hashes.len(), 2, "{id}");
        assert_ne!(hashes[0], hashes[1], "{id}");
        let people = ask(folder.path(), &format!("show {}", &id[..8]));
        for hash in hashes {
            assert!(files.iter().any(|file| file == hash), "{hash}");
            assert!(people.contains(hash), "{people}");
        }
        assert!(
            people.contains("captured") && people.contains("| sha256sum"),
            "{people}"
        );
    }
}

#[test]
fn an_alert_shows_what_it_told_with_each_document_once() {
    let (folder, _) = demo();
    let told = objects(folder.path(), "changes --severity coverage --code 20560");
    let alert = text(&told[0], "alert");
    let shown = ask(folder.path(), &format!("show {alert}"));
    assert!(
        shown.contains("billing@practice.example: delivered"),
        "{shown}"
    );
    assert!(shown.contains("97810"), "{shown}");
    let change = objects(folder.path(), &format!("show {}", text(&told[0], "id")));
    for side in &change {
        let hash = text(side, "document");
        let line = format!("  SHA-256    {hash}\n");
        assert_eq!(shown.matches(&line).count(), 1, "{shown}");
    }
    let all = objects(folder.path(), &format!("changes --alert {alert}"));
    assert_eq!(
        objects(folder.path(), &format!("show {alert}")).len(),
        2 * all.len()
    );
}

#[test]
fn a_backup_restores_to_the_same_answers() {
    let (folder, _) = demo();
    let checked = ask(folder.path(), "db check");
    assert!(checked.ends_with("All is well.\n"), "{checked}");
    ask(folder.path(), "db backup saved.coverd");
    let refused = coverd(
        folder.path(),
        &["--store", "coverd-demo", "db", "backup", "saved.coverd"],
    );
    assert_eq!(refused.code, 2, "{}", refused.err);
    ask(folder.path(), "db restore saved.coverd restored");
    let checked = ask(folder.path(), "--store restored db check");
    assert!(checked.ends_with("All is well.\n"), "{checked}");
    for question in QUESTIONS
        .iter()
        .filter(|question| !question.contains("status") && !question.contains("config"))
    {
        let json = |store: &str| {
            ask(
                folder.path(),
                &format!("--store {store} {question} --format json"),
            )
            .replace(&format!("{store}/documents"), "documents")
        };
        assert_eq!(json("coverd-demo"), json("restored"), "{question}");
    }
}

#[test]
fn what_is_wrong_is_said_with_the_next_step_and_its_exit_code() {
    let (folder, _) = demo();
    let here = folder.path();
    std::fs::write(
        here.join("wrong.toml"),
        "[watch]\ncodes = [\"2056\"]\nbogus = 1\n",
    )
    .unwrap();
    let demo = "--config coverd-demo/coverd.toml";
    for (line, code, says) in [
        ("--config wrong.toml status".to_owned(), 3, "wrong.toml"),
        ("--config none.toml status".to_owned(), 3, "none.toml"),
        (
            "--store nowhere changes".to_owned(),
            3,
            "there is no store in nowhere yet",
        ),
        (
            format!("{demo} show zzzz"),
            2,
            "no change and no alert 'zzzz'",
        ),
        (format!("{demo} outbox --retry zzzz"), 2, "no mail 'zzzz'"),
        (
            format!("{demo} check nothing"),
            2,
            "there is no source 'nothing'",
        ),
        (
            format!("{demo} db restore none.coverd new"),
            1,
            "none.coverd",
        ),
        (format!("{demo} replay nowhere"), 2, "nowhere"),
        (
            format!("{demo} answer 2056 --on 2020-02-10"),
            2,
            "five characters",
        ),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let done = coverd(here, &words);
        assert_eq!(done.code, code, "{line}: {}", done.err);
        assert!(done.err.contains(says), "{line}: {}", done.err);
        assert_eq!(done.out, "", "{line}");
        assert!(!done.err.contains("panicked"), "{}", done.err);
    }
}

#[test]
fn a_code_that_is_not_watched_is_said_not_to_be_known() {
    let (folder, _) = demo();
    let said = ask(folder.path(), "history 99213");
    assert!(said.contains("Nothing is known about 99213"), "{said}");
    let said = ask(folder.path(), "answer 99213 --on 2020-02-10");
    assert!(said.contains("not observed"), "{said}");
    assert!(objects(folder.path(), "history 99213").is_empty());
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let (folder, _) = demo();
    let mut child = Command::new(env!("CARGO_BIN_EXE_coverd"))
        .args(["--config", "coverd-demo/coverd.toml", "history", "20560"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    assert!(done.stderr.is_empty());
}

/// The service manager starts it again after this code, and not after the one of a wrong configuration.
#[test]
fn a_configuration_that_the_machine_cannot_read_is_not_said_to_be_wrong() {
    let folder = tempfile::tempdir().unwrap();
    // Reading its beginning is an input/output error.
    for (file, code) in [("/proc/self/mem", 1), ("not-there.toml", 3)] {
        for line in [&["run"][..], &["config", "check"]] {
            let ended = coverd(folder.path(), &[&["--config", file], line].concat());
            assert_eq!(ended.code, code, "{file}: {}", ended.err);
            assert!(ended.err.contains("cannot be read"), "{}", ended.err);
        }
    }
}

#[test]
fn where_files_may_not_grow_that_is_said_and_nobody_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let limited = |size: &str, line: &[&str]| {
        let limited = format!("ulimit -f {size}; exec \"$@\"");
        Command::new("sh")
            .args(["-c", &limited, "sh", env!("CARGO_BIN_EXE_coverd")])
            .args(line)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    // A file of no block, and one in which the database finds no room.
    for size in ["0", "64"] {
        let ended = limited(size, &["demo"]);
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{:?}: {said}", ended.status);
        assert!(
            said.contains("too large") || said.contains("ulimit -f"),
            "{said}"
        );
        let _ = std::fs::remove_dir_all(folder.path().join("coverd-demo"));
    }
}

#[test]
fn what_people_see_looks_like_this() {
    let (folder, shown) = demo();
    let program = env!("CARGO_BIN_EXE_coverd");
    insta::assert_snapshot!("demo", shown.replace(program, "coverd"));
    let ask = |line: &str| ask(folder.path(), line);
    insta::assert_snapshot!("answer", ask("answer 20560 --on 2020-02-10"));
    insta::assert_snapshot!("history", ask("history 20560"));
    insta::assert_snapshot!("changes", ask("changes"));
    insta::assert_snapshot!("show_change", ask("show d300418e"));
    insta::assert_snapshot!("outbox", ask("outbox"));
    // The next check is spread over some minutes by chance.
    insta::with_settings!({filters => vec![(r"next\s+\d{4}-\d\d-\d\d\s+\d\d:\d\d UTC", "next [time]")]}, {
        insta::assert_snapshot!("status", ask("status"));
    });
}

#[test]
fn an_answer_without_a_day_is_of_today_where_the_practice_is() {
    let (folder, _) = demo();
    let today = || {
        SystemClock
            .now()
            .with_timezone(&chrono_tz::America::New_York)
            .date_naive()
    };
    // It may be midnight meanwhile.
    let (before, answer, after) = (today(), ask(folder.path(), "answer 20560"), today());
    assert!(
        [before, after]
            .iter()
            .any(|day| answer.starts_with(&format!("20560 on {day}"))),
        "{answer}"
    );
}

#[test]
fn the_hash_of_a_password_is_a_line_of_the_configuration() {
    use std::io::Write as _;
    let hash = |password: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_coverd"))
            .args(["web", "password"])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(password.as_bytes()).unwrap();
        drop(input);
        child.wait_with_output().unwrap()
    };
    let done = hash("correct horse battery\n");
    assert_eq!(done.status.code(), Some(0));
    let line = String::from_utf8(done.stdout).unwrap();
    let config = format!(
        "[web]\nlisten = \"127.0.0.1:8787\"\n{line}[[recipient]]\naddress = \"billing@practice.example\"\n"
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("coverd.toml"), config).unwrap();
    let checked = coverd(
        folder.path(),
        &["--config", "coverd.toml", "config", "check"],
    );
    assert_eq!(checked.code, 0, "{}", checked.err);
    let short = hash("short\n");
    assert_eq!(short.status.code(), Some(2));
    assert!(
        String::from_utf8(short.stderr)
            .unwrap()
            .contains("fewer than 12 characters")
    );
}
