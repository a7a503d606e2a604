//! `coverd replay`, as people run it: recordings go in, and changes, mails and answers come out.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::data::real_data;
use crate::harness::world::{
    Capture, Release, default_records, made_file, records_at, releases_at, write_recording, zip,
};

const CONFIG: &str = "\
[practice]
name = \"Elm Street\"
[mail]
from = \"coverd@practice.example\"
[[recipient]]
address = \"billing@practice.example\"
[[recipient]]
address = \"it@practice.example\"
role = \"operator\"
";

/// A configuration, recordings and the stores that they fill, in one folder.
struct Desk {
    folder: TempDir,
}

/// What `coverd replay` printed, for failures of tests.
struct Replayed {
    code: Option<i32>,
    text: String,
}

impl Desk {
    fn new() -> Self {
        Self::with(str::to_owned)
    }

    fn with(config: impl FnOnce(&str) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("coverd.toml"), config(CONFIG)).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn coverd(&self, store: &str, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_coverd"))
            .args(args)
            .arg("--config")
            .arg(self.path("coverd.toml"))
            .arg("--store")
            .arg(self.path(store))
            .env_remove("COVERD_CONFIG")
            .env_remove("NO_COLOR")
            .output()
            .unwrap()
    }

    /// Records and replays. No check of the replay ends with this machine's own fault.
    fn replay(&self, store: &str, captures: &[Capture]) -> Replayed {
        let recording = self.path(&format!("{store}.recording"));
        write_recording(&recording, captures);
        self.replay_again(store)
    }

    /// Replays the recording again, into the same store.
    fn replay_again(&self, store: &str) -> Replayed {
        let (recording, into) = (self.path(&format!("{store}.recording")), self.path(store));
        let args = [
            "replay",
            &recording.to_string_lossy(),
            "--into",
            &into.to_string_lossy(),
        ];
        let output = self.coverd(store, &args);
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(matches!(output.status.code(), Some(0 | 4)), "{text}");
        Replayed {
            code: output.status.code(),
            text,
        }
    }

    fn json(&self, store: &str, args: &[&str]) -> Vec<Value> {
        let args: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
        let output = self.coverd(store, &args);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {error}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn changes(&self, store: &str, more: &[&str]) -> Vec<Value> {
        let args: Vec<&str> = ["changes", "--limit", "1000000"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        self.json(store, &args)
    }

    /// Alerts, each with the severities of its changes and the releases or records it speaks of.
    fn alerts(&self, store: &str) -> BTreeMap<String, Vec<Value>> {
        let mut alerts: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for change in self.changes(store, &[]) {
            if let Some(alert) = change["alert"].as_str() {
                alerts.entry(alert.to_owned()).or_default().push(change);
            }
        }
        alerts
    }

    /// Changes told, as "edition subject attribute: was -> now (severity)", sorted.
    fn told(&self, store: &str) -> Vec<String> {
        let mut told: Vec<String> = self
            .alerts(store)
            .values()
            .flatten()
            .map(|change| {
                let side = |key: &str| change[key].as_str().unwrap_or("?").to_owned();
                format!(
                    "{} {} {}: {} -> {} ({})",
                    side("edition"),
                    side("subject"),
                    side("attribute"),
                    side("was"),
                    side("now"),
                    side("severity")
                )
            })
            .collect();
        told.sort();
        told
    }

    /// Every mail as "recipient subject", sorted; the subject says what it is about.
    fn mails(&self, store: &str) -> Vec<String> {
        let mut mails: Vec<String> = self
            .json(store, &["outbox"])
            .iter()
            .map(ToString::to_string)
            .collect();
        mails.sort();
        mails
    }

    /// The bytes of every mail, by file name.
    fn mail_files(&self, store: &str) -> BTreeMap<String, Vec<u8>> {
        let Ok(files) = std::fs::read_dir(self.path(store).join("mail")) else {
            return BTreeMap::new();
        };
        files
            .map(|file| {
                let file = file.unwrap();
                let name = file.file_name().to_string_lossy().into_owned();
                (name, std::fs::read(file.path()).unwrap())
            })
            .collect()
    }

    /// What is believed, without its proof.
    fn beliefs(&self, store: &str, code: &str) -> Vec<String> {
        let mut beliefs: Vec<String> = self
            .json(store, &["history", code])
            .iter()
            .map(|row| {
                format!(
                    "{} {} {} {} {}",
                    row["subject"], row["attribute"], row["from"], row["until"], row["value"]
                )
            })
            .collect();
        beliefs.sort();
        beliefs
    }

    fn statuses(&self, store: &str) -> Vec<String> {
        self.json(store, &["history", "20560"])
            .iter()
            .filter(|row| row["subject"] == "20560" && row["attribute"] == "status")
            .map(|row| {
                let text = |key: &str| row[key].as_str().unwrap_or("-").to_owned();
                format!("{} {} {}", text("from"), text("until"), text("value"))
            })
            .collect()
    }

    fn answer(&self, store: &str, more: &[&str]) -> Vec<Value> {
        let args: Vec<&str> = ["answer", "20560"].iter().chain(more).copied().collect();
        self.json(store, &args)
    }
}

fn line<'a>(answer: &'a [Value], layer: &str, subject: &str) -> &'a Value {
    answer
        .iter()
        .find(|line| line["layer"] == layer && line["subject"] == subject)
        .unwrap_or_else(|| panic!("no {layer} of {subject} in {answer:#?}"))
}

/// A capture with this status and these headers cannot be made by the harness; it is put into the
/// manifest by hand.
fn add_to_manifest(folder: &Path, entries: &[Value]) {
    let file = folder.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let captures = manifest["captures"].as_array_mut().unwrap();
    captures.extend(entries.iter().cloned());
    std::fs::write(file, manifest.to_string()).unwrap();
}

// ---------------------------------------------------------------------------------------------
// The year 2020 by CMS's own files.

const YEAR_2020: [(&str, &str, &str, &str); 4] = [
    (
        "RVU20A",
        "01/31/2020",
        "rvu20a/PPRRVU20_JAN.csv",
        "2020-01-03T15:00:00Z",
    ),
    (
        "RVU20B",
        "05/01/2020",
        "rvu20b/PPRRVU20_APR.csv",
        "2020-04-06T15:00:00Z",
    ),
    (
        "RVU20C",
        "06/18/2020",
        "rvu20c/PPRRVU20_V0618.csv",
        "2020-07-02T15:00:00Z",
    ),
    (
        "RVU20D",
        "11/23/2020",
        "rvu20d/PPRRVU20_OCT.csv",
        "2020-10-05T15:00:00Z",
    ),
];

fn real_releases(data: &Path) -> Vec<Release> {
    YEAR_2020
        .iter()
        .map(|(name, posted, file, _)| {
            let bytes = std::fs::read(data.join("pfs").join(file)).unwrap();
            let member = file.rsplit('/').next().unwrap();
            Release::new(name, posted, &[(member, &bytes)])
        })
        .collect()
}

fn year_2020(releases: &[Release]) -> Vec<Capture> {
    let records = default_records("&lt;p&gt;First.&lt;&sol;p&gt;");
    let mut captures = Vec::new();
    for (index, (.., at)) in YEAR_2020.iter().enumerate() {
        captures.extend(releases_at(at, &releases[..=index]));
        captures.extend(records_at(at, &records, "20200122080000"));
    }
    captures
}

#[test]
fn the_year_2020_is_one_coverage_alert_and_its_answers_are_right() {
    let Some(data) = real_data() else { return };
    let desk = Desk::new();
    let replayed = desk.replay("2020", &year_2020(&real_releases(&data)));
    assert_eq!(replayed.code, Some(0), "{}", replayed.text);

    let alerts = desk.alerts("2020");
    let coverage: Vec<&Vec<Value>> = alerts
        .values()
        .filter(|changes| {
            changes
                .iter()
                .any(|change| change["severity"] == "coverage")
        })
        .collect();
    let [april] = coverage[..] else {
        panic!("one coverage alert is expected: {:#?}", desk.told("2020"));
    };
    let statuses: BTreeSet<String> = april
        .iter()
        .filter(|change| change["attribute"] == "status")
        .map(|change| {
            assert_eq!(change["edition"], "RVU20B");
            format!("{} {} {}", change["subject"], change["was"], change["now"])
        })
        .collect();
    let expected = ["20560", "20561"].map(|code| format!("\"{code}\" \"N\" \"A\""));
    assert_eq!(statuses, expected.into());
    for change in alerts.values().flatten() {
        let edition = change["edition"].as_str().unwrap();
        assert!(
            !["RVU20C", "RVU20D"].contains(&edition) || change["severity"] == "administrative",
            "{change:#}"
        );
        let subject = change["subject"].as_str().unwrap();
        assert!(
            !subject.starts_with("9781") && !subject.starts_with("2055"),
            "{change:#}"
        );
    }
    let look_alikes = desk.changes("2020", &["--code", "97810"]);
    assert!(
        look_alikes
            .iter()
            .any(|change| change["attribute"] == "status" && change["alert"].is_null()),
        "{look_alikes:#?}"
    );
    let mails = desk.mails("2020");
    assert_eq!(mails.len(), 1, "{mails:#?}");
    assert!(mails[0].contains("billing@practice.example"), "{mails:#?}");
    assert_eq!(
        desk.statuses("2020"),
        ["2020-01-01 2020-04-01 N", "2020-04-01 - A"]
    );
    answers_of_february(&desk, "2020", "2020-01-02");
}

/// What a store that holds RVU20A to RVU20D and the records answers for 10 February 2020.
fn answers_of_february(desk: &Desk, store: &str, before: &str) {
    let answer = desk.answer(store, &["--on", "2020-02-10"]);
    let status = line(&answer, "pfs_status", "20560");
    assert!(status["says"].as_str().unwrap().contains('N'), "{status:#}");
    assert_eq!(
        (&status["from"], &status["until"]),
        (&json!("2020-01-01"), &json!("2020-04-01"))
    );
    assert_eq!(status["edition"], "RVU20A");
    assert!(
        status["row"].as_str().unwrap().contains("20560"),
        "{status:#}"
    );
    assert!(
        status["url"].as_str().unwrap().contains("rvu20a"),
        "{status:#}"
    );
    let policy = line(&answer, "ncd", "NCD 30.3.3");
    assert_eq!(policy["from"], "2020-01-21");
    assert!(
        policy["url"].as_str().unwrap().contains("ncdid=373"),
        "{policy:#}"
    );
    let words = policy.to_string();
    assert!(
        words.contains("other than cLBP") || words.to_lowercase().contains("low"),
        "{policy:#}"
    );
    let summary = line(&answer, "summary", "20560")["says"].as_str().unwrap();
    assert!(summary.contains("30.3.3"), "{summary}");

    let early = desk.answer(
        store,
        &["--on", "2020-02-10", "--as-published-on", "2020-01-15"],
    );
    let status = line(&early, "pfs_status", "20560");
    assert_eq!(status["edition"], "RVU20A");
    assert!(status["until"].is_null(), "April was not known: {status:#}");
    let policy = line(&early, "ncd", "NCD 30.3.3");
    assert!(
        policy["from"].is_null() && policy["edition"].is_null(),
        "{policy:#}"
    );
    assert!(
        !early.iter().any(|line| line.to_string().contains("RVU20B")),
        "{early:#?}"
    );

    let unknown = desk.answer(store, &["--on", "2020-02-10", "--as-known-on", before]);
    for line in &unknown {
        assert!(line["document"].is_null(), "{line:#}");
    }
    let status = line(&unknown, "pfs_status", "20560");
    assert!(
        status["says"].as_str().unwrap().contains("not observed"),
        "{status:#}"
    );
}

#[test]
fn a_store_filled_today_answers_for_2020_the_same() {
    let Some(data) = real_data() else { return };
    let desk = Desk::new();
    let at = "2026-11-20T15:00:00Z";
    let mut captures = releases_at(at, &real_releases(&data));
    captures.extend(real_records_at(&data, at, |_| {}));
    desk.replay("today", &captures);
    assert!(desk.told("today").is_empty(), "{:#?}", desk.told("today"));
    assert_eq!(
        desk.statuses("today"),
        ["2020-01-01 2020-04-01 N", "2020-04-01 - A"]
    );
    answers_of_february(&desk, "today", "2026-11-19");
    let limits = desk.answer("today", &["--on", "2020-02-10"]);
    let policy = line(&limits, "ncd", "NCD 30.3.3").to_string();
    assert!(policy.contains("chronic Lower Back Pain"), "{policy}");
}

/// Code and modifier with the status letter of each row, by a few lines of their own.
fn statuses_of(file: &Path) -> BTreeMap<String, String> {
    let bytes = std::fs::read(file).unwrap();
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    let rows = text
        .lines()
        .skip_while(|row| !row.starts_with("HCPCS,"))
        .skip(1);
    // A descriptor may be quoted for its commas; what is between quotes does not matter here.
    let rows = rows.map(|row| row.split('"').step_by(2).collect::<String>());
    rows.map(|row| row.split(',').map(str::to_owned).collect::<Vec<_>>())
        .filter(|cells| cells.len() > 3)
        .map(|cells| {
            let modifier = if cells[1].is_empty() {
                String::new()
            } else {
                format!("-{}", cells[1])
            };
            (format!("{:0>5}{modifier}", cells[0]), cells[3].clone())
        })
        .collect()
}

#[test]
fn with_all_codes_the_status_changes_are_those_counted_in_the_files() {
    let Some(data) = real_data() else { return };
    let desk = Desk::with(|config| format!("[watch]\ncodes = \"all\"\n{config}"));
    let releases = real_releases(&data);
    let mut captures = Vec::new();
    for (index, (.., at)) in YEAR_2020.iter().enumerate() {
        captures.extend(releases_at(at, &releases[..=index]));
    }
    let replayed = desk.replay("all", &captures);
    assert_eq!(replayed.code, Some(0), "{}", replayed.text);

    let mut found: BTreeMap<String, BTreeMap<String, (String, String)>> = BTreeMap::new();
    for change in desk.changes("all", &["--severity", "coverage"]) {
        if change["attribute"] == "status" {
            let text = |key: &str| change[key].as_str().unwrap_or("?").to_owned();
            let (edition, subject) = (text("edition"), text("subject"));
            let sides = (text("was"), text("now"));
            let twice = found.entry(edition).or_default().insert(subject, sides);
            assert_eq!(twice, None, "{change:#}");
        }
    }
    let files: Vec<_> = YEAR_2020
        .iter()
        .map(|(.., file, _)| statuses_of(&data.join("pfs").join(file)))
        .collect();
    let mut october = (0, 0);
    for (index, (name, ..)) in YEAR_2020.iter().enumerate().skip(1) {
        let (before, after) = (&files[index - 1], &files[index]);
        let absent = "not listed".to_owned();
        let codes: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let counted: BTreeMap<String, (String, String)> = codes
            .into_iter()
            .map(|code| {
                let side =
                    |file: &BTreeMap<String, String>| file.get(code).unwrap_or(&absent).clone();
                (code.clone(), (side(before), side(after)))
            })
            .filter(|(_, (was, now))| was != now)
            .collect();
        october = (
            counted.values().filter(|(was, _)| *was == absent).count(),
            counted.values().filter(|(_, now)| *now == absent).count(),
        );
        assert!(!counted.is_empty());
        assert_eq!(found.remove(*name).unwrap_or_default(), counted, "{name}");
    }
    assert_eq!(october, (26, 0), "codes added and removed in October");
    assert_eq!(found, BTreeMap::new(), "nothing else changed");
}

// ---------------------------------------------------------------------------------------------
// The determinations by their real records.

/// The records of the default watch as CMS serves them, with the report that lists them.
fn real_records_at(data: &Path, at: &str, edit: impl Fn(&mut Value)) -> Vec<Capture> {
    let folder = data.join("ncd/snapshot-2026-08-01/ncd");
    let records: Vec<Value> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|file| {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            ["30.3_v", "30.3.1_v", "30.3.2_v", "30.3.3_v"]
                .iter()
                .any(|section| name.starts_with(section))
        })
        .map(|file| {
            let mut record = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            edit(&mut record);
            record
        })
        .collect();
    assert_eq!(records.len(), 4);
    let day = at[..10].replace('-', "");
    let stamp = if at.starts_with("2026-11-20") {
        "20241028142404".to_owned()
    } else {
        format!("{day}080000")
    };
    records_at(at, &records, &stamp)
}

#[test]
fn a_transmittal_is_administrative_and_a_changed_sentence_is_one_coverage_alert_that_quotes_it() {
    let Some(data) = real_data() else { return };
    let desk = Desk::new();
    let noise = |record: &mut Value| {
        let history = record["revision_history"].as_str().unwrap();
        record["revision_history"] = json!(format!(
            "&lt;p&gt;01&sol;2027 - Coding maintenance. No policy is being changed. (TN 13999) (CR14999)&lt;&sol;p&gt;\n{history}"
        ));
    };
    let sentence = |record: &mut Value| {
        noise(record);
        if record["document_display_id"] == "30.3.3" {
            let text = record["indications_limitations"].as_str().unwrap();
            let new = text.replace(
                "No more than 20 acupuncture treatments",
                "No more than 24 acupuncture treatments",
            );
            assert_ne!(text, new);
            record["indications_limitations"] = json!(new);
        }
    };
    let mut captures = real_records_at(&data, "2027-01-04T12:00:00Z", |_| {});
    captures.extend(real_records_at(&data, "2027-02-01T12:00:00Z", noise));
    let replayed = desk.replay("noise", &captures);
    assert_eq!(replayed.code, Some(0), "{}", replayed.text);
    let told: Vec<Value> = desk.alerts("noise").into_values().flatten().collect();
    assert!(
        !told.is_empty()
            && told
                .iter()
                .all(|change| change["severity"] == "administrative"),
        "{told:#?}"
    );
    assert!(desk.mails("noise").is_empty(), "{:#?}", desk.mails("noise"));

    captures.extend(real_records_at(&data, "2027-03-01T12:00:00Z", sentence));
    desk.replay("sentence", &captures);
    let coverage = desk.changes("sentence", &["--severity", "coverage"]);
    let alerts: BTreeSet<&str> = coverage
        .iter()
        .filter_map(|change| change["alert"].as_str())
        .collect();
    assert_eq!(alerts.len(), 1, "{coverage:#?}");
    assert!(
        coverage
            .iter()
            .all(|change| change["subject"] == "NCD 30.3.3"),
        "{coverage:#?}"
    );
    let change = coverage
        .iter()
        .find(|change| change["attribute"] == "indications_limitations")
        .unwrap();
    let mails = desk.mail_files("sentence");
    assert_eq!(mails.len(), 1);
    let mail = mail_parser::MessageParser::default()
        .parse(mails.values().next().unwrap())
        .unwrap()
        .body_text(0)
        .unwrap()
        .into_owned();
    let words: String = mail.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("acupuncture treatments may be administered annually"),
        "{mail}"
    );
    assert!(words.contains("24"), "{mail}");
    let shown = desk.coverd("sentence", &["show", change["id"].as_str().unwrap()]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(
        shown.contains("{+24+}") && shown.contains("[-20-]"),
        "{shown}"
    );
}

// ---------------------------------------------------------------------------------------------
// From 2025 to 2026.

/// The real table of October 2025 in the form of 2026: a column more, another factor.
fn as_2026(october: &[u8], header_2026: &[u8], price_indicator: &str, factor: &str) -> Vec<u8> {
    let latin = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|&byte| char::from(byte))
            .collect::<String>()
    };
    let mut text = String::new();
    for row in latin(header_2026).lines() {
        text.push_str(row);
        text.push_str("\r\n");
        if row.starts_with("HCPCS,") {
            break;
        }
    }
    for row in latin(october)
        .lines()
        .skip_while(|row| !row.starts_with("HCPCS,"))
        .skip(1)
    {
        let mut cells: Vec<&str> = row.split(',').collect();
        if cells.len() < 31 {
            continue;
        }
        // Counted from the end: a descriptor may hold commas.
        let base = cells.len() - 8;
        cells[base + 1] = factor;
        cells.insert(base, price_indicator);
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect()
}

#[test]
fn the_year_2026_brings_a_new_factor_and_a_second_one_begins_silently() {
    let Some(data) = real_data() else { return };
    let desk = Desk::with(|config| format!("[watch]\nlocalities = [\"01112-54\"]\n{config}"));
    let read = |name: &str| std::fs::read(data.join("pfs").join(name)).unwrap();
    let october = read("rvu25d/PPRRVU2025_Oct.csv");
    let gpci = read("rvu25d/aux/GPCI2025.csv");
    let counties = read("rvu25d/aux/25LOCCO.csv");
    let header = read("rvu26a/PPRRVU2026_Jan_nonQPP.worth-subset.csv");
    let without = as_2026(&october, &header, "9", "33.4009");
    let with = as_2026(&october, &header, "1", "33.5675");
    let releases = [
        Release::new(
            "RVU25D",
            "09/11/2025",
            &[
                ("PPRRVU2025_Oct.csv", &october),
                ("GPCI2025.csv", &gpci),
                ("25LOCCO.csv", &counties),
            ],
        ),
        Release::new(
            "RVU26A",
            "12/29/2025",
            &[
                ("PPRRVU2026_Jan_nonQPP.csv", &without),
                ("PPRRVU2026_Jan_QPP.csv", &with),
                ("GPCI2026.csv", &read("rvu26c/GPCI2026.csv")),
                ("26LOCCO.csv", &counties),
            ],
        ),
    ];
    let mut captures = releases_at("2025-10-02T12:00:00Z", &releases[..1]);
    captures.extend(releases_at("2026-01-05T12:00:00Z", &releases));
    let replayed = desk.replay("2026", &captures);

    let alerts = desk.alerts("2026");
    assert_eq!(
        alerts.len(),
        1,
        "{:#?}\n{}",
        desk.told("2026"),
        replayed.text
    );
    let told = alerts.into_values().next().unwrap();
    for change in &told {
        assert_eq!(change["edition"], "RVU26A", "{change:#}");
        assert_ne!(change["severity"], "coverage", "{change:#}");
    }
    let factors: Vec<String> = told
        .iter()
        .filter(|change| {
            let attribute = change["attribute"].as_str().unwrap();
            attribute.contains("conversion_factor")
        })
        .map(|change| format!("{} {} {}", change["was"], change["now"], change["from"]))
        .collect();
    assert_eq!(
        factors,
        [r#""32.3465" "33.4009" "2026-01-01""#],
        "{told:#?}"
    );
    assert_eq!(desk.mails("2026").len(), 1);
    let history = desk.beliefs("2026", "20560");
    assert!(
        history.iter().any(|belief| belief.contains("33.5675")),
        "{history:#?}"
    );

    let answer = desk.answer("2026", &["--on", "2025-11-03", "--place", "01112-54"]);
    let locality = answer
        .iter()
        .find(|line| line["layer"] == "locality")
        .unwrap();
    for number in ["1.017", "1.093", "0.662"] {
        assert!(locality.to_string().contains(number), "{locality:#}");
    }
    assert_eq!(locality["edition"], "RVU25D");
}

// ---------------------------------------------------------------------------------------------
// Recordings that other people build, with made files.

fn release(name: &str, posted: &str, month: &str, status: &str) -> Release {
    let table = made_file(2020, month, status, "36.0896");
    Release::new(name, posted, &[("PPRRVU20.csv", &table)])
}

fn three() -> [Release; 3] {
    [
        release("RVU20A", "01/03/2020", "January", "N"),
        release("RVU20B", "04/01/2020", "April", "A"),
        release("RVU20C", "07/01/2020", "July", "A"),
    ]
}

const MOMENTS: [&str; 3] = [
    "2020-01-06T12:00:00Z",
    "2020-04-06T12:00:00Z",
    "2020-07-06T12:00:00Z",
];

const APRIL: [&str; 2] = [
    "RVU20B 20560 status: N -> A (coverage)",
    "RVU20B 20561 status: N -> A (coverage)",
];

/// What is told of statuses; the flag beside them moves too.
fn statuses_told(desk: &Desk, store: &str) -> Vec<String> {
    let mut told = desk.told(store);
    told.retain(|change| change.contains("status"));
    told
}

fn zip_at(at: &str, url: &str, bytes: &[u8]) -> Capture {
    Capture {
        url: url.to_owned(),
        at: at.to_owned(),
        content_type: "application/zip",
        body: bytes.to_vec(),
    }
}

#[test]
fn files_without_lists_are_known_by_their_addresses() {
    let desk = Desk::new();
    let [a, b, c] = three();
    let table = made_file(2020, "January", "N", "36.0896");
    let reposted = zip(&[
        ("PPRRVU20.csv", &table),
        ("README.txt", b"Corrected layout."),
    ]);
    let bare = "https://www.cms.gov/files/zip/rvu20a.zip";
    let dated = "https://www.cms.gov/files/zip/rvu20a-updated-03/02/2020.zip";
    let mut captures = Vec::new();
    for at in MOMENTS {
        captures.push(zip_at(at, bare, &a.zip));
    }
    // Posted again under a second address, and both are captured from then on.
    for at in &MOMENTS[1..] {
        captures.push(zip_at(at, dated, &reposted));
        let april = "https://www.cms.gov/files/zip/rvu20b.zip";
        captures.push(zip_at(at, april, &b.zip));
    }
    let july = "https://www.cms.gov/files/zip/RVU20C.ZIP";
    captures.push(zip_at(MOMENTS[2], july, &c.zip));
    for (index, at) in MOMENTS.iter().enumerate() {
        let mut records = default_records("");
        if index == 2 {
            records[3]["indications_limitations"] =
                json!("&lt;p&gt;Dry needling is covered.&lt;&sol;p&gt;");
        }
        let mut details = records_at(at, &records, "20200122080000");
        details.retain(|capture| capture.url.contains("ncdid=373"));
        for detail in &mut details {
            detail.url.push_str("&ncdver=1");
        }
        captures.extend(details);
    }
    let replayed = desk.replay("zips", &captures);
    assert_eq!(replayed.code, Some(0), "{}", replayed.text);
    assert_eq!(statuses_told(&desk, "zips"), APRIL, "{}", replayed.text);
    assert_eq!(desk.alerts("zips").len(), 2, "{:#?}", desk.told("zips"));
    let coverage = desk.changes("zips", &["--severity", "coverage"]);
    assert!(
        coverage
            .iter()
            .any(|change| change["subject"] == "NCD 30.3.3"),
        "{coverage:#?}"
    );
    assert_eq!(
        desk.statuses("zips"),
        ["2020-01-01 2020-04-01 N", "2020-04-01 - A"]
    );
}

#[test]
fn the_baseline_of_a_source_is_the_first_moment_that_has_anything_of_it() {
    let desk = Desk::new();
    let [a, b, _] = three();
    let mut captures = releases_at(MOMENTS[0], std::slice::from_ref(&a));
    captures.extend(releases_at(MOMENTS[1], &[a, b]));
    captures.extend(records_at(
        MOMENTS[1],
        &default_records(""),
        "20200122080000",
    ));
    desk.replay("late", &captures);
    assert_eq!(statuses_told(&desk, "late"), APRIL);
    assert_eq!(desk.alerts("late").len(), 1, "{:#?}", desk.told("late"));
}

#[test]
fn what_the_list_names_and_the_recording_holds_later_is_news_then() {
    let all = three();
    for pages_at_once in [false, true] {
        let desk = Desk::new();
        let mut captures = Vec::new();
        for capture in releases_at(MOMENTS[0], &all) {
            let url = capture.url.to_lowercase();
            let of = all
                .iter()
                .position(|release| url.contains(&release.name.to_lowercase()));
            let is_zip = capture.content_type == "application/zip";
            let moment = of.filter(|_| is_zip || !pages_at_once).unwrap_or(0);
            captures.push(Capture {
                at: MOMENTS[moment].to_owned(),
                ..capture
            });
        }
        let replayed = desk.replay("later", &captures);
        assert_eq!(statuses_told(&desk, "later"), APRIL, "{}", replayed.text);
        let mails = desk.mails("later");
        assert_eq!(
            mails.len(),
            1,
            "pages at once: {pages_at_once}, {}",
            replayed.text
        );
        assert_eq!(
            desk.statuses("later"),
            ["2020-01-01 2020-04-01 N", "2020-04-01 - A"]
        );
    }
}

#[test]
fn an_archive_whose_page_was_not_recorded_is_read_all_the_same() {
    let desk = Desk::new();
    let [a, b, _] = three();
    let zip_b = b.zip.clone();
    let first = releases_at(MOMENTS[0], std::slice::from_ref(&a));
    let mut captures = first.clone();
    captures.extend(releases_at(MOMENTS[1], &[a, b]));
    captures.retain(|capture| !capture.url.ends_with("/rvu20b"));
    let replayed = desk.replay("page", &captures);
    assert_eq!(replayed.code, Some(0), "{}", replayed.text);
    assert_eq!(statuses_told(&desk, "page"), APRIL, "{}", replayed.text);

    // The list itself is old: it names RVU20A only, and the archive is there.
    let mut captures = first;
    let url = "https://www.cms.gov/files/zip/rvu20b.zip";
    captures.push(zip_at(MOMENTS[1], url, &zip_b));
    desk.replay("list", &captures);
    assert_eq!(statuses_told(&desk, "list"), APRIL);
}

#[test]
fn redirects_and_pages_that_only_point_elsewhere_are_followed_in_the_recording() {
    let desk = Desk::new();
    let [mut a, mut b, _] = three();
    a.href = "/files/zip/rvu20a.zip".to_owned();
    b.href = "/files/zip/rvu20b.zip".to_owned();
    let (zip_a, zip_b) = (a.zip.clone(), b.zip.clone());
    let mut captures = releases_at(MOMENTS[0], std::slice::from_ref(&a));
    captures.extend(releases_at(MOMENTS[1], &[a, b]));
    captures.retain(|capture| capture.content_type != "application/zip");
    let target = "https://www.cms.gov/files/zip/rvu20a-updated-01/03/2020.zip";
    let stub = format!(
        "<!DOCTYPE html>\n<html>\n<head><meta charset=\"UTF-8\" />\
         <meta http-equiv=\"refresh\" content=\"0;url='{target}'\" />\
         <title>Redirecting to {target}</title></head>\n\
         <body>Redirecting to <a href=\"{target}\">{target}</a>.</body>\n</html>"
    );
    for at in &MOMENTS[..2] {
        captures.push(Capture {
            url: "https://www.cms.gov/files/zip/rvu20a.zip".to_owned(),
            at: (*at).to_owned(),
            content_type: "text/html; charset=UTF-8",
            body: stub.clone().into_bytes(),
        });
        captures.push(zip_at(at, target, &zip_a));
    }
    let target = "https://www.cms.gov/files/zip/rvu20b-updated-04012020.zip";
    captures.push(zip_at(MOMENTS[1], target, &zip_b));
    let recording = desk.path("moved.recording");
    write_recording(&recording, &captures);
    add_to_manifest(
        &recording,
        &[json!({
            "url": "https://www.cms.gov/files/zip/rvu20b.zip", "at": MOMENTS[1], "status": 301,
            "headers": {"Location": "/files/zip/rvu20b-updated-04012020.zip"}
        })],
    );
    let replayed = desk.replay_again("moved");
    assert_eq!(replayed.code, Some(0), "{}", replayed.text);
    assert_eq!(statuses_told(&desk, "moved"), APRIL, "{}", replayed.text);
    let answer = desk.answer("moved", &["--on", "2020-05-12"]);
    let status = line(&answer, "pfs_status", "20560");
    assert_eq!(status["url"], target);
    assert_eq!(status["published"], "2020-04-01");
}

#[test]
fn captures_seconds_apart_are_one_look_at_the_web() {
    let desk = Desk::new();
    let all = three();
    let mut captures = Vec::new();
    let records = default_records("");
    for (at, releases) in [
        // A first look at what there is: January and April are both history.
        ("2020-04-06T11:59", &all[..2]),
        ("2020-07-06T23:59", &all[..]),
    ] {
        let mut look = releases_at(at, releases);
        look.extend(records_at(at, &records, "20200122080000"));
        for (number, capture) in (0_i32..).zip(&mut look) {
            let first: chrono::DateTime<chrono::Utc> = format!("{at}:00.250Z").parse().unwrap();
            let moment = first + chrono::TimeDelta::milliseconds(7_300) * number;
            capture.at = moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        }
        captures.extend(look);
    }
    let replayed = desk.replay("look", &captures);
    assert_eq!(replayed.code, Some(0), "{}", replayed.text);
    assert!(desk.told("look").is_empty(), "{:#?}", desk.told("look"));
    assert_eq!(
        desk.statuses("look"),
        ["2020-01-01 2020-04-01 N", "2020-04-01 - A"]
    );
}

#[test]
fn what_no_source_asks_for_is_said() {
    let desk = Desk::new();
    let [a, b, _] = three();
    let known = "https://www.cms.gov/files/zip/rvu20a.zip";
    let strange = "https://www.cms.gov/files/zip/april-release-of-2020.zip";
    let says = "No source asked for these addresses of the recording:";
    let quiet = desk.replay("known", &[zip_at(MOMENTS[0], known, &a.zip)]);
    assert!(!quiet.text.contains(says), "{}", quiet.text);
    // From the archive, too.
    let again = desk.replay_again("known");
    assert!(!again.text.contains(says), "{}", again.text);
    let captures = [
        zip_at(MOMENTS[0], known, &a.zip),
        zip_at(MOMENTS[1], strange, &b.zip),
    ];
    let replayed = desk.replay("strange", &captures);
    let expected = format!("{says}\n  {strange}\n");
    assert!(replayed.text.contains(&expected), "{}", replayed.text);
}

#[test]
fn an_address_that_answers_otherwise_within_the_minute_or_the_day_is_looked_at_again() {
    let desk = Desk::new();
    let table = made_file(2020, "January", "A", "36.0896");
    let [a, ..] = three();
    let url = "https://www.cms.gov/files/zip/rvu20a.zip";
    let captures = [
        zip_at("2020-01-06T12:00:00Z", url, &a.zip),
        zip_at(
            "2020-01-06T12:00:00.5Z",
            url,
            &zip(&[("PPRRVU20.csv", &table)]),
        ),
        zip_at("2020-01-06T15:00:00Z", url, &a.zip),
    ];
    let replayed = desk.replay("again", &captures);
    let told = desk.told("again");
    assert_eq!(
        desk.alerts("again").len(),
        2,
        "{told:#?}\n{}",
        replayed.text
    );
    assert_eq!(desk.statuses("again"), ["2020-01-01 - N"]);
}

#[test]
fn a_release_posted_again_is_silent_unless_it_says_something_else() {
    let desk = Desk::new();
    let [a, b, _] = three();
    let april = made_file(2020, "April", "A", "36.0896");
    let same = Release::new(
        "RVU20B",
        "05/01/2020",
        &[("PPRRVU20.csv", &april), ("README.txt", b"Again.")],
    );
    let other = release("RVU20B", "06/10/2020", "April", "B");
    let mut captures = releases_at(MOMENTS[0], std::slice::from_ref(&a));
    for (at, posting) in [(MOMENTS[1], b), ("2020-05-04T12:00:00Z", same)] {
        captures.extend(releases_at(at, &[a.clone(), posting]));
    }
    desk.replay("silent", &captures);
    assert_eq!(statuses_told(&desk, "silent"), APRIL);
    assert_eq!(desk.mails("silent").len(), 1);

    captures.extend(releases_at("2020-06-11T12:00:00Z", &[a, other]));
    desk.replay("told", &captures);
    assert_eq!(desk.mails("told").len(), 2);
    let changes = desk.changes("told", &["--code", "20560", "--severity", "coverage"]);
    let change = changes.iter().find(|change| change["now"] == "B").unwrap();
    assert_eq!(change["was"], "A");
    assert_eq!(change["from"], "2020-04-01");
    let shown = desk.coverd("told", &["show", change["id"].as_str().unwrap()]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("past days  2020-04-01 to"), "{shown}");
}

#[test]
fn the_order_of_arrival_does_not_matter_to_what_is_believed() {
    let desk = Desk::new();
    let all = three();
    let orders: [[&[usize]; 3]; 3] = [
        [&[0], &[0, 1], &[0, 1, 2]],
        [&[0], &[0, 2], &[0, 1, 2]],
        [&[2], &[1, 2], &[0, 1, 2]],
    ];
    let beliefs: Vec<Vec<Vec<String>>> = orders
        .iter()
        .enumerate()
        .map(|(number, order)| {
            let store = format!("order{number}");
            let mut captures = Vec::new();
            for (at, listed) in MOMENTS.iter().zip(order) {
                let listed: Vec<Release> = listed.iter().map(|&index| all[index].clone()).collect();
                captures.extend(releases_at(at, &listed));
            }
            desk.replay(&store, &captures);
            ["20560", "20561", "97810"]
                .map(|code| desk.beliefs(&store, code))
                .into()
        })
        .collect();
    assert!(
        beliefs[0][0].iter().any(|belief| belief.contains("status")),
        "{:#?}",
        beliefs[0]
    );
    assert_eq!(beliefs[0], beliefs[1]);
    assert_eq!(beliefs[0], beliefs[2]);
}

#[test]
fn a_recording_replayed_again_changes_nothing_and_a_new_code_gets_its_history_silently() {
    let desk = Desk::new();
    let [a, b, c] = three();
    let repost = release("RVU20B", "05/01/2020", "April", "B");
    let looks = [
        (MOMENTS[0], vec![a.clone()], "Not covered."),
        (MOMENTS[1], vec![a.clone(), b.clone()], "Covered."),
        (
            "2020-05-04T12:00:00Z",
            vec![a.clone(), repost],
            "Not covered.",
        ),
        // The page goes back to what it said.
        (MOMENTS[2], vec![a, b, c], "Covered."),
    ];
    let mut captures = Vec::new();
    for (at, releases, text) in looks {
        captures.extend(releases_at(at, &releases));
        let mut records = default_records("");
        records[3]["indications_limitations"] = json!(format!("&lt;p&gt;{text}&lt;&sol;p&gt;"));
        captures.extend(records_at(at, &records, "20200122080000"));
    }
    desk.replay("twice", &captures);
    let state = || {
        (
            desk.changes("twice", &[]),
            desk.mails("twice"),
            desk.mail_files("twice"),
            desk.json("twice", &["history", "20560"]),
        )
    };
    let once = state();
    assert!(once.1.len() > 3, "{:#?}", once.1);
    desk.replay_again("twice");
    let twice = state();
    assert_eq!(once.0, twice.0, "changes");
    assert_eq!(once.1, twice.1, "mails");
    assert!(once.2 == twice.2, "bytes of mails");
    assert_eq!(once.3, twice.3, "history");

    let codes = "[watch]\ncodes = [\"20560\", \"20561\", \"97140\"]\n[mail]";
    let more = CONFIG.replace("[mail]", codes);
    std::fs::write(desk.path("coverd.toml"), more).unwrap();
    desk.replay_again("twice");
    assert_eq!(once.1, desk.mails("twice"), "mails after a code was added");
    let history = desk.beliefs("twice", "97140");
    assert!(
        history
            .iter()
            .any(|belief| belief.contains("status") && belief.contains("2020-01-01")),
        "{history:#?}"
    );
}
