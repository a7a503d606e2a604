//! Finding the file, laying it over the defaults, and reading the result with all its mistakes.

use std::path::{Path, PathBuf};

use serde_path_to_error::Segment;
use toml::{Table, Value};

use super::environment::Environment;
use super::mistake::{ConfigError, KeyPath, Mistake, Places, Source, Step};
use super::raw::RawConfig;
use super::resolve::Resolver;
use super::settings::Config;

/// The commented file with every default: what `config init` writes.
pub fn example() -> &'static str {
    include_str!("../../../config/coverd.toml")
}

/// Judges a schedule of five cron fields; the error says what is wrong with it.
pub type ScheduleCheck = fn(&str) -> Result<(), String>;

/// One key that holds, for `config show`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key: `fetch.contact`, `watch.ncd[0].id`.
    pub key: String,
    /// Its value in TOML.
    pub value: String,
    /// Whether the user's file has it; otherwise it is a default.
    pub from_file: bool,
}

/// Where the file is looked for when neither the command line nor the environment names one.
const SYSTEM_FILE: &str = "/etc/coverd/coverd.toml";

/// Largest configuration file, in bytes: tens of thousands of pages.
const MAX_BYTES: u64 = 16 << 20;

/// Most mistakes that are told at once.
const MAX_MISTAKES: usize = 50;

impl Config {
    /// Reads the configuration: the named file, else `$COVERD_CONFIG`, else
    /// `/etc/coverd/coverd.toml`, else the defaults alone. There is no file in the working folder:
    /// which history a command reads must not depend on where it is typed.
    ///
    /// # Errors
    /// When a named file cannot be read, and when anything in it is wrong; all mistakes are in the error.
    pub fn load(
        path: Option<&Path>,
        environment: &Environment,
        check_schedule: ScheduleCheck,
    ) -> Result<Self, ConfigError> {
        let named = path.or(environment.config.as_deref());
        let path = match named {
            Some(path) => Some(path.to_owned()),
            None => Some(PathBuf::from(SYSTEM_FILE)).filter(|file| file.exists()),
        };
        let text = match &path {
            Some(file) => read(file)?,
            None => String::new(),
        };
        Self::from_text(path.as_deref(), &text, environment, check_schedule)
    }

    /// Reads the configuration from the text of a file; its folder is the base of relative paths.
    ///
    /// # Errors
    /// When anything in it is wrong; all mistakes are in the error.
    pub fn from_text(
        path: Option<&Path>,
        text: &str,
        environment: &Environment,
        check_schedule: ScheduleCheck,
    ) -> Result<Self, ConfigError> {
        let source = Source::parse(path, text)?;
        let broken = |error: toml::de::Error| broken(&source, &error);
        let defaults: Table = toml::from_str(example()).map_err(broken)?;
        let (raw, mut mistakes) = read_raw(text, &defaults, &source)?;
        let folder = path.and_then(Path::parent);
        let config = raw.and_then(|raw| {
            let mut resolver = Resolver::new(folder, environment, check_schedule);
            let config = resolver.config(&raw, path, text);
            mistakes.append(&mut resolver.mistakes);
            config
        });
        match config {
            Some(config) if mistakes.is_empty() => Ok(config),
            _ => Err(source.error(mistakes)),
        }
    }
}

fn broken(source: &Source<'_>, error: &toml::de::Error) -> ConfigError {
    source.error(vec![(KeyPath::default(), error.message().to_owned())])
}

/// The file laid over the defaults.
fn merged(text: &str, defaults: &Table, source: &Source<'_>) -> Result<Value, ConfigError> {
    let own: Table = toml::from_str(text).map_err(|error| broken(source, &error))?;
    let mut merged = Value::Table(defaults.clone());
    lay_over(&mut merged, Value::Table(own));
    Ok(merged)
}

fn read(file: &Path) -> Result<String, ConfigError> {
    use std::io::Read;
    let problem = |message: String| {
        ConfigError::new(
            Some(file.to_owned()),
            vec![Mistake::unplaced(&KeyPath::default(), message)],
        )
    };
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(file, &error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(problem(
            "is larger than 16 MiB: this is no configuration".to_owned(),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        problem(format!(
            "is not UTF-8 text (byte {})",
            error.utf8_error().valid_up_to()
        ))
    })
}

/// Who named the wrong file has to name another one; a fault of the machine may be over at the next start.
fn unreadable(file: &Path, error: &std::io::Error) -> ConfigError {
    use std::io::ErrorKind;
    let is_mistake = matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::PermissionDenied
            | ErrorKind::InvalidInput
            | ErrorKind::InvalidFilename
    );
    let advice = if is_mistake {
        format!(
            "`coverd config init {}` writes a commented one",
            file.display()
        )
    } else {
        "a fault of this machine: look at its disk, and at the open files that it allows".to_owned()
    };
    let mistake = Mistake::unplaced(
        &KeyPath::default(),
        format!("cannot be read: {error} ({advice})"),
    );
    let found = ConfigError::new(Some(file.to_owned()), vec![mistake]);
    if is_mistake { found } else { found.passing() }
}

/// Lays one value over another: tables key by key, everything else as a whole.
fn lay_over(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Table(base), Value::Table(over)) => {
            for (key, value) in over {
                match base.get_mut(&key) {
                    Some(below) => lay_over(below, value),
                    None => {
                        base.insert(key, value);
                    }
                }
            }
        }
        (base, over) => *base = over,
    }
}

type Mistakes = Vec<(KeyPath, String)>;

/// Reads the shape. After each mistake the key gets its default back, so that the next one is found. Each
/// time the file is read again: a copy for the case that there is a mistake costs those who made none.
fn read_raw(
    text: &str,
    defaults: &Table,
    source: &Source<'_>,
) -> Result<(Option<RawConfig>, Mistakes), ConfigError> {
    let mut mistakes: Mistakes = Vec::new();
    let mut restored: Vec<KeyPath> = Vec::new();
    while mistakes.len() < MAX_MISTAKES {
        let mut merged = merged(text, defaults, source)?;
        let known = restored
            .iter()
            .all(|key| restore(&mut merged, defaults, key));
        if !known {
            break;
        }
        let error = match serde_path_to_error::deserialize(merged) {
            Ok(raw) => return Ok((Some(raw), mistakes)),
            Err(error) => error,
        };
        let key = key_path(error.path());
        let outer = KeyPath(
            key.0
                .iter()
                .take_while(|step| matches!(step, Step::Key(_)))
                .cloned()
                .collect(),
        );
        let again = restored.contains(&outer);
        mistakes.push((key, error.into_inner().message().to_owned()));
        if again {
            break;
        }
        restored.push(outer);
    }
    Ok((None, mistakes))
}

fn key_path(path: &serde_path_to_error::Path) -> KeyPath {
    KeyPath(
        path.iter()
            .filter_map(|segment| match segment {
                Segment::Map { key } => Some(Step::Key(key.clone())),
                Segment::Seq { index } => Some(Step::Index(*index)),
                Segment::Enum { .. } | Segment::Unknown => None,
            })
            .collect(),
    )
}

/// Gives a key its default back, or takes it away when it has none. Whether there was such a key.
fn restore(merged: &mut Value, defaults: &Table, key: &KeyPath) -> bool {
    let Some((Step::Key(last), parents)) = key.0.split_last() else {
        return false;
    };
    let mut table = merged.as_table_mut();
    let mut default = Some(defaults);
    for step in parents {
        let Step::Key(name) = step else { return false };
        table = table.and_then(|table| table.get_mut(name)?.as_table_mut());
        default = default.and_then(|table| table.get(name)?.as_table());
    }
    let Some(table) = table else { return false };
    match default.and_then(|table| table.get(last)) {
        Some(value) => table.insert(last.clone(), value.clone()).is_some(),
        None => table.remove(last).is_some(),
    }
}

/// Every leaf of the merged tables, in order. The text was read before without a mistake.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    fn walk(value: &Value, key: &KeyPath, places: &Places<'_>, entries: &mut Vec<Entry>) {
        match value {
            Value::Table(table) => {
                for (name, value) in table {
                    walk(value, &key.key(name), places, entries);
                }
            }
            Value::Array(list) if list.iter().any(Value::is_table) => {
                for (index, value) in list.iter().enumerate() {
                    walk(value, &key.index(index), places, entries);
                }
            }
            leaf => entries.push(Entry {
                key: key.to_string(),
                value: shown(key, leaf),
                from_file: places.names(key),
            }),
        }
    }
    /// The hash of a password is no secret like the password, and nothing to show around either; who knows the
    /// address of the heartbeat can pretend that all is well.
    fn shown(key: &KeyPath, leaf: &Value) -> String {
        let is_private = ["web.password_hash", "heartbeat.url"]
            .into_iter()
            .any(|name| *key == KeyPath::of(name));
        match leaf.as_str() {
            Some(text) if !text.is_empty() && is_private => "\"(set)\"".to_owned(),
            _ => leaf.to_string(),
        }
    }
    let mut list = Vec::new();
    let read = Source::parse(None, text).and_then(|source| {
        let defaults = toml::from_str(example()).map_err(|error| broken(&source, &error))?;
        Ok((merged(text, &defaults, &source)?, source.places()))
    });
    if let Ok((merged, places)) = read {
        walk(&merged, &KeyPath::default(), &places, &mut list);
    }
    list
}

#[cfg(test)]
mod tests {
    use std::io::Error;

    use super::*;

    #[test]
    fn a_fault_of_the_machine_is_no_mistake_in_the_configuration() {
        for (number, is_fault) in [
            (2, false),  // no such file
            (13, false), // permission denied
            (21, false), // is a directory
            (20, false), // not a directory
            (5, true),   // input/output error
            (24, true),  // too many open files
            (23, true),  // in the whole system
            (12, true),  // out of memory
            (116, true), // stale file handle
        ] {
            let error = Error::from_raw_os_error(number);
            let said = unreadable(Path::new("/etc/coverd/coverd.toml"), &error);
            assert_eq!(said.may_pass(), is_fault, "{said}");
            assert_eq!(
                said.to_string().contains("config init"),
                !is_fault,
                "{said}"
            );
        }
    }
}
