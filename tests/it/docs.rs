//! What the documents say is what the program does.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use coverd::app::cli::Cli;
use coverd::app::config::{Config, Environment, example};
use coverd::app::exit::Exit;

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The README without its block of help, and the block.
fn readme() -> (String, String) {
    let text = document("README.md");
    let (before, rest) = text
        .split_once("<!-- help -->\n```text\n")
        .expect("README.md has <!-- help --> and then ```text");
    let (help, after) = rest
        .split_once("```\n<!-- /help -->")
        .expect("README.md has ``` and then <!-- /help -->");
    (format!("{before}{after}"), help.to_owned())
}

#[test]
fn the_readme_shows_the_help_of_the_program() {
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_coverd"))
        .arg("--help")
        .env("COLUMNS", "100")
        .output()
        .expect("the program runs");
    let help = String::from_utf8(done.stdout).expect("text");
    let lines: Vec<_> = help.lines().map(str::trim_end).collect();
    let help = format!("{}\n", lines.join("\n"));
    let (_, shown) = readme();
    assert!(
        shown == help,
        "README.md does not show the help; between the markers should be:\n```text\n{help}```"
    );
}

#[test]
fn the_readme_speaks_of_every_command() {
    let (text, _) = readme();
    let missing: Vec<_> = Cli::command()
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(|command| format!("coverd {}", command.get_name()))
        .filter(|command| !text.contains(command.as_str()))
        .collect();
    assert!(missing.is_empty(), "not in README.md: {missing:?}");
}

#[test]
fn every_source_says_what_it_reads_how_often_and_why_that_is_polite() {
    let (text, _) = readme();
    for source in coverd::sources::all(&coverd::sources::Settings::default()) {
        let (id, about) = (source.meta().id, source.meta().about);
        let names = |words: &[&str]| words.iter().any(|word| about.contains(word));
        assert!(
            names(&[
                "Once a day",
                "once a day",
                "Twice each working day",
                "Once a week"
            ]),
            "{id} does not say how often: {about}"
        );
        assert!(
            names(&[
                "one request after the other",
                "seconds apart",
                "made for programs",
                "the usual pause"
            ]),
            "{id} does not say why that is polite: {about}"
        );
        assert!(about.split_whitespace().count() > 40, "{id}: {about}");
        assert!(text.contains(&format!("\n| `{id}` | ")), "README.md: {id}");
    }
}

#[test]
fn the_help_and_the_readme_name_every_exit_code() {
    let help = Cli::command().render_long_help().to_string();
    let (_, codes) = help.split_once("Exit codes: ").expect("exit codes");
    let codes = codes.split_whitespace().collect::<Vec<_>>().join(" ");
    let (text, _) = readme();
    for exit in Exit::ALL {
        let (code, meaning) = (exit.code(), exit.meaning());
        let entry = format!("{code} {meaning}");
        assert!(
            codes.split([',', '.']).any(|said| said.trim() == entry),
            "{entry} in {codes}"
        );
        let row = format!("\n| {code} | {meaning} |\n");
        assert!(text.contains(&row), "{row} in README.md");
    }
}

#[test]
fn the_changelog_has_a_place_for_what_is_not_released() {
    assert!(document("CHANGELOG.md").contains("\n## Unreleased\n"));
}

#[test]
fn the_default_configuration_names_every_key_that_there_is() {
    let tables = [
        "practice",
        "store",
        "watch",
        "[watch.ncd]",
        "sources",
        "sources.pfs",
        "sources.ncd",
        "fetch",
        "mail",
        "acknowledge",
        "log",
        "heartbeat",
        "web",
        "[page]",
        "[hook]",
        "[recipient]",
    ];
    let named = keys_named(example());
    let mut keys = expected_keys("");
    // A table must be tried to learn its keys; this list must not miss one.
    for key in &keys {
        let tried = |table: &&str| table.trim_matches(['[', ']']) == key;
        assert!(tables.iter().any(tried), "no table {key} in this test");
    }
    for table in tables {
        let path = table.trim_matches(['[', ']']);
        let inside = expected_keys(&format!("[{table}]\n"));
        assert!(!inside.is_empty(), "{table}");
        keys.extend(inside.into_iter().map(|key| format!("{path}.{key}")));
    }
    assert!(keys.len() > 40, "{keys:?}");
    let missing: Vec<_> = keys.iter().filter(|key| !named.contains(key)).collect();
    assert!(missing.is_empty(), "not in config/coverd.toml: {missing:?}");
}

#[test]
fn the_example_of_a_recipient_works_when_its_hashes_are_taken_away() {
    let (before, block) = example().split_once("# [[recipient]]").expect("an example");
    let block = block.replace("\n# ", "\n");
    let text = format!("{before}[[recipient]]{block}");
    let config =
        Config::from_text(None, &text, &Environment::default(), |_| Ok(())).expect("sound");
    assert_eq!(config.recipients.len(), 1);
}

/// What a table of the configuration may hold, learnt from what is said of a key that it may not.
fn expected_keys(header: &str) -> Vec<String> {
    let text = format!("{header}no_such_key = 1\n");
    let error = Config::from_text(None, &text, &Environment::default(), |_| Ok(()))
        .expect_err("an unknown key");
    let message = error
        .mistakes()
        .iter()
        .map(|mistake| &mistake.message)
        .find(|message| message.contains("`no_such_key`"))
        .expect("it is named");
    let (_, expected) = message.split_once("expected").expect("what is known");
    expected
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The keys that a file names, also in lines that are commented out.
fn keys_named(text: &str) -> Vec<String> {
    let mut table = String::new();
    let mut keys = Vec::new();
    for line in text.lines() {
        let line = line.strip_prefix("# ").unwrap_or(line);
        if line.starts_with('[') && line.ends_with(']') {
            line.trim_matches(['[', ']']).clone_into(&mut table);
            keys.push(table.clone());
        } else if let Some((key, _)) = line.split_once(" = ")
            && key
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        {
            keys.push(format!("{table}.{key}"));
        }
    }
    keys
}
