//! The architecture as data, and the program's own text checked against it.
//!
//! Each file of `src/` is cut into tokens (comments and strings left aside), the paths in it are
//! resolved, and every path that crosses a border of [`LAYERS`] is a failure. Parts under
//! `cfg(test)` obey the layers too; what they may call is free.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A folder of `src/` and what it may use.
struct Layer {
    name: &'static str,
    uses: &'static [&'static str],
    /// The only crates it may use; `None` is any.
    crates: Option<&'static [&'static str]>,
    /// Pure: no files, sockets, processes, runtime, database.
    pure: bool,
}

/// The table of the architecture. `main` is `src/main.rs`.
const LAYERS: &[Layer] = &[
    Layer {
        name: "model",
        uses: &[],
        crates: Some(&["chrono", "chrono_tz", "rust_decimal", "thiserror"]),
        pure: true,
    },
    Layer {
        name: "parse",
        uses: &[],
        crates: None,
        pure: true,
    },
    Layer {
        name: "sources",
        uses: &["model", "parse"],
        crates: None,
        pure: true,
    },
    Layer {
        name: "engine",
        uses: &["model"],
        crates: Some(&[
            "chrono",
            "chrono_tz",
            "cron",
            "rust_decimal",
            "sha2",
            "thiserror",
        ]),
        pure: true,
    },
    Layer {
        name: "render",
        uses: &["model"],
        crates: None,
        pure: true,
    },
    Layer {
        name: "io",
        uses: &["model"],
        crates: None,
        pure: false,
    },
    Layer {
        name: "ask",
        uses: &["model", "engine", "render", "io"],
        crates: None,
        pure: false,
    },
    Layer {
        name: "web",
        uses: &["model", "engine", "render", "io", "ask"],
        crates: None,
        pure: false,
    },
    Layer {
        name: "app",
        uses: &[
            "model", "parse", "sources", "engine", "render", "io", "ask", "web",
        ],
        crates: None,
        pure: false,
    },
    Layer {
        name: "main",
        uses: &["app"],
        crates: None,
        pure: false,
    },
];

/// What has its places. A path that contains these segments anywhere else is a failure.
const PLACES: &[(&[&str], &[&str])] = &[
    // Documents of others are read in parse, recordings in io; nothing of ours is serialised by derive
    // but the answers of the page's interface for programs, which are types of their own.
    (
        &["serde"],
        &[
            "app/config",
            "parse",
            "io/recording",
            "web/query",
            "web/api",
        ],
    ),
    (&["rusqlite"], &["io/store"]),
    (
        &["reqwest"],
        &["io/fetch", "io/channels/webhook", "io/channels/ping"],
    ),
    (&["Utc", "now"], &["io/clock"]),
    (&["Local", "now"], &["io/clock"]),
    (&["SystemTime", "now"], &["io/clock"]),
    (&["env", "var"], &["app/config/environment"]),
    (&["env", "var_os"], &["app/config/environment"]),
    (&["env", "vars"], &["app/config/environment"]),
    (&["env", "vars_os"], &["app/config/environment"]),
];

/// What no pure layer does outside its tests.
const IMPURE: &[&[&str]] = &[
    &["std", "fs"],
    &["std", "net"],
    &["std", "process"],
    &["std", "thread"],
    &["std", "env"],
    &["tokio"],
    &["Instant", "now"],
];

/// What is no source but what sources share, or lists them.
const SHARED: [&str; 5] = ["source", "list", "mentions", "coverage_api", "cms"];

/// Most lines of a file, its tests not counted.
const MAX_LINES: usize = 350;

#[test]
fn every_file_keeps_to_its_layer() {
    let files = source_files("src");
    assert!(files.len() > 40, "only {} files found", files.len());
    let sources = source_names(&files);
    let found: Vec<_> = files
        .iter()
        .flat_map(|file| file.violations(&sources))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn files_are_one_idea_long() {
    let found: Vec<_> = source_files("src")
        .iter()
        .filter(|file| file.code_lines() > MAX_LINES)
        .map(|file| format!("{}: {} lines", file.path, file.code_lines()))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn mod_files_only_list_and_export() {
    let with_code: BTreeSet<_> = source_files("src")
        .into_iter()
        .filter(|file| file.path.ends_with("/mod.rs") && file.has_function_body())
        .map(|file| file.path)
        .collect();
    assert_eq!(with_code, BTreeSet::new());
}

#[test]
fn lints_are_expected_with_a_reason_never_allowed() {
    let found: Vec<_> = ["src", "tests"]
        .into_iter()
        .flat_map(source_files)
        .filter_map(|file| Some(format!("{}:{}", file.path, file.allow_line()?)))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn no_file_knows_the_machine_it_was_made_on() {
    let needles = ["/wo", "/tm", "/ro", "/ho"]
        .into_iter()
        .zip(["rk/", "p/", "ot/", "me/"])
        .map(|(head, tail)| format!("{head}{tail}"))
        .collect::<Vec<_>>();
    let mut found = Vec::new();
    visit(&root(), &mut |path, bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        for (number, line) in text.lines().enumerate() {
            if needles.iter().any(|needle| line.contains(needle)) {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    });
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

// ---------------------------------------------------------------- the checks can fail

fn violations(path: &str, text: &str) -> Vec<String> {
    let sources = ["pfs", "ncd"].map(str::to_owned).into();
    SourceFile::new(path, text).violations(&sources)
}

#[test]
fn a_forbidden_edge_is_found_however_it_is_written() {
    for (path, text) in [
        ("src/model/fact.rs", "use crate::engine::fold::fold;"),
        ("src/model/fact.rs", "use super::super::engine::fold;"),
        (
            "src/model/fact.rs",
            "use crate::{model::code, engine::{diff, fold}};",
        ),
        ("src/model/fact.rs", "fn f() { crate::io::clock::now() }"),
        (
            "src/model/fact.rs",
            "mod tests { use super::super::super::engine::fold; }",
        ),
        ("src/model/fact.rs", "#[derive(serde::Serialize)] struct A;"),
        ("src/model/fact.rs", "use serde::{Serialize};"),
        ("src/model/fact.rs", "use regex::Regex;"),
        ("src/parse/csv.rs", "use crate::model::code::HcpcsCode;"),
        (
            "src/sources/pfs/rows.rs",
            "use crate::sources::ncd::records;",
        ),
        ("src/sources/pfs/rows.rs", "use super::super::ncd;"),
        ("src/sources/pfs.rs", "use super::ncd::Ncd;"),
        ("src/engine/diff.rs", "use crate::render::mail;"),
        ("src/engine/diff.rs", "use crate::sources::Source;"),
        (
            "src/engine/judge.rs",
            "fn f(s: &str) -> bool { s == \"pfs\" }",
        ),
        (
            "src/engine/judge.rs",
            "fn f() { let _ = chrono::Utc::now(); }",
        ),
        ("src/engine/judge.rs", "use tokio::time::sleep;"),
        ("src/render/mail.rs", "use crate::engine::answer;"),
        ("src/render/mail.rs", "fn f() { std::fs::read(\"x\"); }"),
        ("src/io/store/mod.rs", "use crate::engine::fold;"),
        ("src/ask/rules.rs", "use crate::web::serve;"),
        ("src/web/pages/code.rs", "use crate::sources::Source;"),
        ("src/web/pages/code.rs", "use crate::app::config::Config;"),
        ("src/io/clock.rs", "use crate::app::config::Config;"),
        ("src/io/disk.rs", "fn f() { SystemTime::now(); }"),
        ("src/io/lock.rs", "use rusqlite::Connection;"),
        ("src/app/check.rs", "fn f() { std::env::var(\"HOME\"); }"),
        ("src/app/check.rs", "use serde::Deserialize;"),
        ("src/main.rs", "use coverd::engine::fold;"),
        ("src/elsewhere/x.rs", ""),
    ] {
        let found = violations(path, text);
        assert!(!found.is_empty(), "{path}: {text}");
    }
}

#[test]
fn what_is_allowed_is_not_found() {
    for (path, text) in [
        (
            "src/model/fact.rs",
            "use super::code::Service; use std::fmt;",
        ),
        (
            "src/model/fact.rs",
            "// use crate::engine\n/* crate::io::x /* */ crate::io */",
        ),
        (
            "src/model/fact.rs",
            "const A: &str = \"crate::engine::fold\";",
        ),
        (
            "src/model/fact.rs",
            "const A: &str = r#\"\"crate::io::x\"#;",
        ),
        (
            "src/model/fact.rs",
            "fn f<'a>(c: char) -> bool { c == '\"' || c == '\\'' } // '",
        ),
        (
            "src/model/fact.rs",
            "#[cfg(test)]\nmod tests {\n use super::*; use proptest::prelude::*; fn f() { std::fs::read(\"x\"); }\n}",
        ),
        (
            "src/sources/pfs/rows.rs",
            "use super::super::{Source, Brief}; use super::layout;",
        ),
        (
            "src/sources/mod.rs",
            "pub mod ncd; fn f() { pfs::all(); ncd::all(); crate::sources::ncd::x() }",
        ),
        (
            "src/engine/judge.rs",
            "#[cfg(test)]\nmod tests { const A: &str = \"pfs\"; }",
        ),
        (
            "src/engine/judge.rs",
            "const A: &str = \"the pfs file\"; use sha2::Digest;",
        ),
        (
            "src/io/store/rows.rs",
            "use rusqlite::Row; use crate::model::fact::Fact;",
        ),
        ("src/io/clock.rs", "fn f() { Utc::now(); }"),
        (
            "src/app/check.rs",
            "use crate::{engine, io::store, sources::pfs}; use serde_json::Value;",
        ),
        ("src/app/config/raw.rs", "use serde::Deserialize;"),
        (
            "src/parse/sniff/tests.rs",
            "use super::*; fn f() { std::fs::read(\"x\"); }",
        ),
        (
            "src/main.rs",
            "use coverd::app::cli::Cli; fn main() { std::process::exit(0) }",
        ),
        ("src/lib.rs", "pub mod engine;"),
    ] {
        let found = violations(path, text);
        assert!(found.is_empty(), "{path}: {text}\n{found:?}");
    }
}

#[test]
fn tests_are_not_counted_and_signatures_are_no_code() {
    let text = "fn f() {}\n#[cfg(test)]\nmod tests {\n    fn g() {\n    }\n}\nfn h() {}\n";
    assert_eq!(SourceFile::new("src/model/a.rs", text).code_lines(), 2);
    assert_eq!(
        SourceFile::new("src/model/a/tests.rs", text).code_lines(),
        0
    );
    let code = |text| SourceFile::new("src/io/mod.rs", text).has_function_body();
    assert!(!code("pub mod a; pub trait T { fn f(&self) -> [u8; 2]; }"));
    assert!(code("pub trait T { fn f(&self) -> u8 { 1 } }"));
    assert!(code("pub fn f() {}"));
    assert!(!code("type F = fn(u8) -> u8; struct A { f: fn() }"));
    let allow = |text| SourceFile::new("src/io/a.rs", text).allow_line();
    assert_eq!(allow("\n#[allow(dead_code)]"), Some(2));
    assert_eq!(allow("#![allow(dead_code)]"), Some(1));
    assert_eq!(allow("#[cfg_attr(test, allow(dead_code))]"), Some(1));
    assert_eq!(
        allow("#[expect(dead_code, reason = \"allow\")] fn allow(){}"),
        None
    );
}

// ---------------------------------------------------------------- reading files

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn source_files(folder: &str) -> Vec<SourceFile> {
    let mut files = Vec::new();
    visit(&root().join(folder), &mut |path, bytes| {
        if Path::new(path).extension().is_some_and(|end| end == "rs") {
            let text = String::from_utf8(bytes.to_vec()).expect("sources are UTF-8");
            files.push(SourceFile::new(path, &text));
        }
    });
    files
}

/// Calls back with every file below, by its path from the root of the project.
fn visit(folder: &Path, found: &mut dyn FnMut(&str, &[u8])) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().and_then(|name| name.to_str());
        if matches!(name, Some("target" | ".git" | "coverd-demo")) {
            continue;
        }
        if path.is_dir() {
            visit(&path, found);
        } else {
            let relative = path.strip_prefix(root()).expect("below the root");
            let bytes = fs::read(&path).expect("a readable file");
            found(&relative.to_string_lossy(), &bytes);
        }
    }
}

/// The sources, by the names of their files; what all of them share is none.
fn source_names(files: &[SourceFile]) -> BTreeSet<String> {
    files
        .iter()
        .filter_map(|file| match file.module.as_slice() {
            [layer, name, ..] if layer == "sources" && !SHARED.contains(&name.as_str()) => {
                Some(name.clone())
            }
            _ => None,
        })
        .collect()
}

// ---------------------------------------------------------------- one file

struct SourceFile {
    path: String,
    /// `["io", "store"]` for `src/io/store/mod.rs`; `["main"]` for `src/main.rs`.
    module: Vec<String>,
    tokens: Vec<Token>,
    /// For each token the inline modules around it, and whether one of them is a test.
    places: Vec<(Vec<String>, bool)>,
    lines: usize,
}

/// A path as it is used, resolved when it begins with `crate`, `self` or `super`.
struct Used {
    /// Segments from the root of this crate (`ours`), or as written.
    segments: Vec<String>,
    ours: bool,
    line: usize,
    in_test: bool,
}

impl SourceFile {
    fn new(path: &str, text: &str) -> Self {
        let tokens = tokens(text);
        let mut module: Vec<String> = path
            .trim_start_matches("src/")
            .trim_end_matches(".rs")
            .split('/')
            .map(str::to_owned)
            .collect();
        if module
            .last()
            .is_some_and(|last| last == "mod" || last == "lib")
        {
            module.pop();
        }
        // `#[cfg(test)] mod tests;` puts a whole file under test, or a folder.
        let test_file = path.ends_with("/tests.rs") || path.contains("/tests/");
        Self {
            path: path.to_owned(),
            module,
            places: places(&tokens, test_file),
            tokens,
            lines: text.lines().count(),
        }
    }

    fn violations(&self, sources: &BTreeSet<String>) -> Vec<String> {
        let Some(own) = self.module.first() else {
            return Vec::new(); // src/lib.rs lists the layers.
        };
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == own) else {
            return vec![format!("{}: is in no layer of the table", self.path)];
        };
        let mut found = BTreeSet::new();
        for used in self.used() {
            let written = used.segments.join("::");
            for why in self.wrongs(layer, &used, sources) {
                found.insert(format!("{}:{}: {written}: {why}", self.path, used.line));
            }
        }
        if own == "engine" {
            for (token, (_, in_test)) in self.tokens.iter().zip(&self.places) {
                if let Kind::Text(text) = &token.kind
                    && sources.contains(text)
                    && !in_test
                {
                    found.insert(format!(
                        "{}:{}: engine names the source \"{text}\"",
                        self.path, token.line
                    ));
                }
            }
        }
        found.into_iter().collect()
    }

    fn wrongs(&self, layer: &Layer, used: &Used, sources: &BTreeSet<String>) -> Vec<String> {
        let mut wrongs = Vec::new();
        let own = layer.name;
        if used.ours {
            if let Some(to) = used.segments.first()
                && to != own
                && LAYERS.iter().any(|layer| layer.name == to)
                && !layer.uses.contains(&to.as_str())
            {
                wrongs.push(format!("{own} may not use {to}"));
            }
            if let ([_, me, ..], [to, other, ..]) = (&self.module[..], &used.segments[..])
                && own == "sources"
                && to == "sources"
                && me != other
                && me != "list"
                && sources.contains(other)
            {
                wrongs.push(format!("the source {me} may not use the source {other}"));
            }
        } else if !used.in_test {
            let contains = |wanted: &[&str]| {
                used.segments
                    .windows(wanted.len())
                    .any(|window| window == wanted)
            };
            let here = self.module.join("/");
            let misplaced = PLACES.iter().find(|(wanted, places)| {
                let inside =
                    |place: &&str| here == *place || here.starts_with(&format!("{place}/"));
                contains(wanted) && !places.iter().any(inside)
            });
            if let Some((_, places)) = misplaced {
                wrongs.push(format!("belongs to {} only", places.join(", ")));
            } else if layer.pure && IMPURE.iter().any(|wanted| contains(wanted)) {
                wrongs.push(format!("{own} is pure"));
            } else if let (Some(allowed), Some(krate)) = (layer.crates, used.segments.first())
                && dependencies().contains(krate)
                && !allowed.contains(&krate.as_str())
            {
                wrongs.push(format!("{own} may not use the crate {krate}"));
            }
        }
        wrongs
    }

    /// Every path in the file, groups taken apart.
    fn used(&self) -> Vec<Used> {
        let mut used = Vec::new();
        let mut index = 0;
        while index < self.tokens.len() {
            let starts = matches!(self.tokens[index].kind, Kind::Name(_))
                && self.is(index + 1, "::")
                && !(index > 0 && (self.is(index - 1, "::") || self.is(index - 1, ".")));
            if starts {
                let (inline, in_test) = &self.places[index];
                let mut paths = Vec::new();
                let end = self.path_at(index, &[], &mut paths);
                for segments in paths {
                    let (segments, ours) = self.resolve(segments, inline);
                    used.push(Used {
                        segments,
                        ours,
                        line: self.tokens[index].line,
                        in_test: *in_test,
                    });
                }
                index = end;
            } else {
                index += 1;
            }
        }
        used
    }

    /// Reads a path or a tree of a `use`; the index behind it.
    fn path_at(&self, start: usize, prefix: &[String], paths: &mut Vec<Vec<String>>) -> usize {
        let mut segments = prefix.to_vec();
        let mut index = start;
        loop {
            match self.tokens.get(index).map(|token| &token.kind) {
                Some(Kind::Name(name)) => segments.push(name.clone()),
                Some(Kind::Mark("*")) => {}
                Some(Kind::Mark("{")) => {
                    index += 1;
                    while index < self.tokens.len() && !self.is(index, "}") {
                        let next = self.path_at(index, &segments, paths);
                        // `as name` and `,` lie between two members.
                        index = next.max(index + 1);
                        while index < self.tokens.len()
                            && !self.is(index, "}")
                            && !self.is(index - 1, ",")
                        {
                            index += 1;
                        }
                    }
                    return index + 1;
                }
                _ => break,
            }
            index += 1;
            if !self.is(index, "::") {
                break;
            }
            index += 1;
        }
        paths.push(segments);
        index
    }

    fn resolve(&self, segments: Vec<String>, inline: &[String]) -> (Vec<String>, bool) {
        let here = || {
            let own = self.module.iter().filter(|name| *name != "main");
            own.chain(inline).cloned().collect::<Vec<_>>()
        };
        let mut base = match segments.first().map(String::as_str) {
            Some("crate" | "coverd") => Vec::new(),
            Some("self" | "super") => here(),
            _ => return (segments, false),
        };
        let mut rest = segments.into_iter().peekable();
        if rest.peek().is_some_and(|first| first != "super") {
            rest.next();
        }
        while rest.next_if(|segment| segment == "super").is_some() {
            base.pop();
        }
        base.extend(rest);
        (base, true)
    }

    fn is(&self, index: usize, mark: &str) -> bool {
        self.tokens
            .get(index)
            .is_some_and(|token| matches!(token.kind, Kind::Mark(text) if text == mark))
    }

    fn names(&self, index: usize, name: &str) -> bool {
        self.tokens
            .get(index)
            .is_some_and(|token| matches!(&token.kind, Kind::Name(text) if text == name))
    }

    /// Lines outside of test modules.
    fn code_lines(&self) -> usize {
        let mut tests = 0;
        let mut began = None;
        for (token, (_, in_test)) in self.tokens.iter().zip(&self.places) {
            match (began, in_test) {
                (None, true) => began = Some(token.line),
                (Some(from), false) => {
                    tests += token.line - from;
                    began = None;
                }
                _ => {}
            }
        }
        if let Some(from) = began {
            tests += self.lines + 1 - from;
        }
        self.lines - tests
    }

    fn has_function_body(&self) -> bool {
        (0..self.tokens.len())
            .filter(|&index| {
                let named = self
                    .tokens
                    .get(index + 1)
                    .is_some_and(|token| matches!(token.kind, Kind::Name(_)));
                self.names(index, "fn") && named && !self.places[index].1
            })
            .any(|index| {
                let mut depth = 0;
                for token in &self.tokens[index..] {
                    match token.kind {
                        Kind::Mark("(" | "[") => depth += 1,
                        Kind::Mark(")" | "]") => depth -= 1,
                        Kind::Mark(";") if depth == 0 => return false,
                        Kind::Mark("{") if depth == 0 => return true,
                        _ => {}
                    }
                }
                false
            })
    }

    /// The line of the first attribute that allows a lint.
    fn allow_line(&self) -> Option<usize> {
        let mut attribute = 0;
        for index in 0..self.tokens.len() {
            let opens = self.is(index, "[")
                && index > 0
                && (self.is(index - 1, "#")
                    || (self.is(index - 1, "!") && index > 1 && self.is(index - 2, "#")));
            if opens || (attribute > 0 && self.is(index, "[")) {
                attribute += 1;
            } else if attribute > 0 && self.is(index, "]") {
                attribute -= 1;
            } else if attribute > 0 && self.names(index, "allow") && self.is(index + 1, "(") {
                return Some(self.tokens[index].line);
            }
        }
        None
    }
}

/// For each token the inline modules around it, and whether one of them is a test. The attribute and
/// the head of a test module belong to it.
fn places(tokens: &[Token], test_file: bool) -> Vec<(Vec<String>, bool)> {
    let is = |index: usize, mark: &str| matches!(tokens.get(index), Some(Token { kind: Kind::Mark(text), .. }) if *text == mark);
    let name = |index: usize| match tokens.get(index) {
        Some(Token {
            kind: Kind::Name(name),
            ..
        }) => Some(name.as_str()),
        _ => None,
    };
    let mut stack: Vec<(usize, String, bool)> = Vec::new();
    let mut depth = 0;
    let mut test_head = false;
    let mut places = Vec::new();
    for index in 0..tokens.len() {
        if is(index, "#")
            && is(index + 1, "[")
            && name(index + 2) == Some("cfg")
            && name(index + 4) == Some("test")
        {
            // Only a test *module* is a test part; a single test-only item is counted as code.
            let after = (index..tokens.len())
                .find(|&at| is(at, "]"))
                .unwrap_or(index)
                + 1;
            test_head = name(after) == Some("mod");
        }
        let opens = name(index) == Some("mod") && name(index + 1).is_some() && is(index + 2, "{");
        if opens {
            let inner = name(index + 1).unwrap_or_default().to_owned();
            stack.push((depth, inner, test_head));
        }
        let in_test = test_file || test_head || stack.iter().any(|(.., test)| *test);
        let inline = stack.iter().map(|(_, name, _)| name.clone()).collect();
        places.push((inline, in_test));
        if opens {
            test_head = false;
        }
        if is(index, "{") {
            depth += 1;
        } else if is(index, "}") {
            depth -= 1;
            if stack.last().is_some_and(|(at, ..)| *at == depth) {
                stack.pop();
            }
        } else if is(index, ";") && stack.is_empty() {
            test_head = false;
        }
    }
    places
}

/// The crates of `Cargo.toml`, by the names they have in code.
fn dependencies() -> BTreeSet<String> {
    let manifest: toml::Table = include_str!("../../Cargo.toml").parse().expect("toml");
    let mut names: BTreeSet<_> = ["dependencies", "dev-dependencies"]
        .into_iter()
        .filter_map(|section| manifest.get(section)?.as_table())
        .flat_map(|table| table.keys().map(|name| name.replace('-', "_")))
        .collect();
    // One that is not there, so that the test of the test does not hang on a dependency.
    names.insert("regex".to_owned());
    names
}

// ---------------------------------------------------------------- tokens

struct Token {
    kind: Kind,
    line: usize,
}

enum Kind {
    Name(String),
    Text(String),
    /// `::` or a single character.
    Mark(&'static str),
}

/// Cuts Rust text into names, string literals and marks. Comments, numbers, characters and lifetimes
/// are left out.
fn tokens(text: &str) -> Vec<Token> {
    const MARKS: &[&str] = &[
        "::", "{", "}", "(", ")", "[", "]", ";", ",", ".", "#", "!", "*", "<", ">", "=", "&", "$",
    ];
    let mut tokens = Vec::new();
    let mut rest = text;
    let line = |rest: &str| text[..text.len() - rest.len()].matches('\n').count() + 1;
    while let Some(first) = rest.chars().next() {
        let at = rest;
        if first.is_whitespace() {
            rest = rest.trim_start();
        } else if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if rest.starts_with("/*") {
            rest = after_block_comment(rest);
        } else if let Some((literal, after)) = string_literal(rest) {
            tokens.push(Token {
                kind: Kind::Text(literal.to_owned()),
                line: line(at),
            });
            rest = after;
        } else if first == '\'' || rest.starts_with("b'") {
            rest = after_quote(rest.strip_prefix('b').unwrap_or(rest));
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            if !first.is_ascii_digit() {
                tokens.push(Token {
                    kind: Kind::Name(rest[..end].to_owned()),
                    line: line(at),
                });
            }
            rest = &rest[end..];
        } else if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            tokens.push(Token {
                kind: Kind::Mark(mark),
                line: line(at),
            });
            rest = &rest[mark.len()..];
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    tokens
}

fn after_block_comment(text: &str) -> &str {
    let mut depth = 0;
    let mut rest = text;
    loop {
        if let Some(inner) = rest.strip_prefix("/*") {
            depth += 1;
            rest = inner;
        } else if let Some(after) = rest.strip_prefix("*/") {
            depth -= 1;
            rest = after;
            if depth == 0 {
                return rest;
            }
        } else {
            let mut chars = rest.chars();
            if chars.next().is_none() {
                return rest;
            }
            rest = chars.as_str();
        }
    }
}

/// A string literal of any kind at the start of the text, and what follows it.
fn string_literal(text: &str) -> Option<(&str, &str)> {
    let body = text.trim_start_matches(['b', 'c']);
    if text.len() - body.len() > 1 {
        return None;
    }
    if let Some(raw) = body.strip_prefix('r') {
        let open = raw.trim_start_matches('#');
        let hashes = &raw[..raw.len() - open.len()];
        let inner = open.strip_prefix('"')?;
        let close = format!("\"{hashes}");
        let end = inner.find(&close)?;
        return Some((&inner[..end], &inner[end + close.len()..]));
    }
    let inner = body.strip_prefix('"')?;
    let mut escaped = false;
    for (index, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((&inner[..index], &inner[index + 1..])),
            _ => {}
        }
    }
    None
}

/// What follows a character literal or a lifetime.
fn after_quote(text: &str) -> &str {
    let inner = &text[1..];
    if let Some(escape) = inner.strip_prefix('\\') {
        let mut chars = escape.chars();
        chars.next();
        let rest = chars.as_str();
        return rest.find('\'').map_or("", |end| &rest[end + 1..]);
    }
    let mut chars = inner.chars();
    chars.next();
    // `'a'` is a character, `'a` a lifetime whose name is read as a name.
    chars.as_str().strip_prefix('\'').unwrap_or(inner)
}
