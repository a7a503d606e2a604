//! Mistakes in a configuration file, each with file, line and key, all told together.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::hidden::{HIDDEN, address_from, secret_from, without_secret};

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    file: Option<PathBuf>,
    mistakes: Vec<Mistake>,
    may_pass: bool,
}

impl ConfigError {
    pub(super) fn new(file: Option<PathBuf>, mistakes: Vec<Mistake>) -> Self {
        Self {
            file,
            mistakes,
            may_pass: false,
        }
    }

    /// The file could not be read by a fault of this machine, which may be over in a moment: no free file
    /// descriptor, a disk that fails. Nobody has to write anything for it.
    pub(super) fn passing(mut self) -> Self {
        self.may_pass = true;
        self
    }

    /// Whether the same configuration may be read without a mistake later.
    pub fn may_pass(&self) -> bool {
        self.may_pass
    }

    /// The mistakes, in the order of the file.
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_deref().map_or_else(
            || "configuration (no file)".to_owned(),
            |file| file.display().to_string(),
        );
        for (index, mistake) in self.mistakes.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            mistake.write(f, &file)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The key: `watch.codes[1]`; empty for a slip of TOML itself.
    pub key: String,
    /// What is wrong and what to write.
    pub message: String,
    /// Where; `None` for a key that is missing altogether.
    pub position: Option<Position>,
}

/// A place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The text of the line.
    pub text: String,
    /// How many characters are meant.
    pub width: usize,
}

impl Mistake {
    pub(super) fn unplaced(key: &KeyPath, message: String) -> Self {
        Self {
            key: key.to_string(),
            message,
            position: None,
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, file: &str) -> fmt::Result {
        f.write_str(file)?;
        if let Some(position) = &self.position {
            write!(f, ":{}:{}", position.line, position.column)?;
        }
        f.write_str(": ")?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        if let Some(position) = &self.position {
            let number = position.line.to_string();
            let indent = " ".repeat(number.len() + 2);
            let text = position.text.replace('\t', " ");
            let skip = " ".repeat(position.column.saturating_sub(1));
            let caret = "^".repeat(position.width);
            write!(
                f,
                "\n{indent}|\n {number} | {text}\n{indent}| {skip}{caret}"
            )?;
        }
        Ok(())
    }
}

/// The text of a configuration file. Where its keys stand is looked up only when something is to be said
/// of them: of tens of thousands of pages that takes more memory than all the rest.
pub(super) struct Source<'a> {
    path: Option<&'a Path>,
    text: &'a str,
}

/// The positions of the keys of a file.
pub(super) struct Places<'a>(Spanned<DeTable<'a>>);

impl<'a> Source<'a> {
    /// Reads the text; slips of TOML itself are all named.
    pub(super) fn parse(path: Option<&'a Path>, text: &'a str) -> Result<Self, ConfigError> {
        let (_, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            return Ok(Self { path, text });
        }
        let mistakes = errors
            .iter()
            .map(|error| Mistake {
                key: String::new(),
                message: match error.span() {
                    Some(span) => without_secret(error.message().to_owned(), line_of(text, &span)),
                    None => error.message().to_owned(),
                },
                position: error.span().map(|span| position(text, &span)),
            })
            .collect();
        Err(ConfigError::new(path.map(Path::to_owned), mistakes))
    }

    /// Puts mistakes on their lines, in the order of the file. A key that is not in the file is put
    /// on the line of the innermost table that is.
    pub(super) fn error(&self, mistakes: Vec<(KeyPath, String)>) -> ConfigError {
        let keys = self.places();
        let mut placed: Vec<_> = mistakes
            .into_iter()
            .map(|(key, message)| {
                // An unknown key is itself what is wrong; of a known one it is the value.
                let unknown = message.starts_with("unknown field");
                let (span, _) = keys.find(&key, unknown);
                let start = span.as_ref().map_or(usize::MAX, |span| span.start);
                let message = match &span {
                    Some(span) => without_secret(message, line_of(self.text, span)),
                    None => message,
                };
                let mistake = Mistake {
                    position: span.map(|span| position(self.text, &span)),
                    ..Mistake::unplaced(&key, message)
                };
                (start, mistake)
            })
            .collect();
        placed.sort_by_key(|(start, _)| *start);
        let mistakes = placed.into_iter().map(|(_, mistake)| mistake).collect();
        ConfigError::new(self.path.map(Path::to_owned), mistakes)
    }

    /// Where its keys stand.
    pub(super) fn places(&self) -> Places<'a> {
        Places(DeTable::parse_recoverable(self.text).0)
    }
}

impl Places<'_> {
    /// Whether the file itself has the key.
    pub(super) fn names(&self, key: &KeyPath) -> bool {
        self.find(key, false).1 == key.0.len()
    }

    /// The place of the longest part of the key that is in the file (of the key itself or of its value),
    /// and its length in steps. Of a table it is always the key: its value is many lines.
    fn find(&self, key: &KeyPath, itself: bool) -> (Option<Range<usize>>, usize) {
        let mut found = None;
        let mut table = Some(self.0.get_ref());
        let mut array = None;
        for (depth, step) in key.0.iter().enumerate() {
            let (span, value) = match step {
                Step::Key(name) => {
                    match table.and_then(|table| table.get_key_value(name.as_str())) {
                        Some((key, value)) if itself => (key.span(), value),
                        Some((key, value)) => match value.get_ref() {
                            DeValue::Table(_) => (key.span(), value),
                            DeValue::Array(list) if list.iter().any(|v| v.get_ref().is_table()) => {
                                (key.span(), value)
                            }
                            _ => (value.span(), value),
                        },
                        None => return (found, depth),
                    }
                }
                Step::Index(index) => {
                    match array.and_then(|array: &toml::de::DeArray<'_>| array.get(*index)) {
                        Some(value) => (value.span(), value),
                        None => return (found, depth),
                    }
                }
            };
            found = Some(span);
            table = value.get_ref().as_table();
            array = value.get_ref().as_array();
        }
        (found, key.0.len())
    }
}

/// Line, column and extent of a span; of a span over several lines only the first line. A secret on it is hidden.
fn position(text: &str, span: &Range<usize>) -> Position {
    let start = floor(text, span.start);
    let before = text.get(..start).unwrap_or_default();
    let line_start = start_of_line(before);
    let whole = line_of(text, span);
    // A text of several lines may be that of a secret, whose key is further up.
    let is_within_text = ["\"\"\"", "'''"]
        .iter()
        .any(|quotes| !before.matches(quotes).count().is_multiple_of(2));
    let secret = if is_within_text {
        Some(0)
    } else {
        secret_from(whole).or_else(|| address_from(before, whole))
    };
    let mut shown = whole.to_owned();
    let (mut begin, mut end) = (start - line_start, floor(text, span.end) - line_start);
    if let Some(from) = secret {
        shown.truncate(from);
        shown.push_str(HIDDEN);
        (begin, end) = (begin.min(from), if end > from { shown.len() } else { end });
    }
    let meant = shown.get(begin..end.min(shown.len())).unwrap_or_default();
    Position {
        line: before.matches('\n').count() + 1,
        column: shown
            .get(..begin.min(shown.len()))
            .unwrap_or_default()
            .chars()
            .count()
            + 1,
        width: meant.chars().count().max(1),
        text: shown,
    }
}

fn start_of_line(before: &str) -> usize {
    before.rfind('\n').map_or(0, |newline| newline + 1)
}

/// The line on which a span begins.
fn line_of<'a>(text: &'a str, span: &Range<usize>) -> &'a str {
    let before = text.get(..floor(text, span.start)).unwrap_or_default();
    let rest = text.get(start_of_line(before)..).unwrap_or_default();
    rest.lines().next().unwrap_or_default()
}

fn floor(text: &str, index: usize) -> usize {
    text.floor_char_boundary(index)
}

/// A key of the file as a path: `watch.ncd[0].codes[1]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct KeyPath(pub(super) Vec<Step>);

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Into a table.
    Key(String),
    /// Into a list, from 0.
    Index(usize),
}

impl KeyPath {
    /// A path of plain keys, written with dots.
    pub(super) fn of(dotted: &str) -> Self {
        Self(
            dotted
                .split('.')
                .map(|key| Step::Key(key.to_owned()))
                .collect(),
        )
    }

    /// The path one key further.
    pub(super) fn key(&self, key: &str) -> Self {
        let mut path = self.clone();
        path.0.push(Step::Key(key.to_owned()));
        path
    }

    /// The path one element further.
    pub(super) fn index(&self, index: usize) -> Self {
        let mut path = self.clone();
        path.0.push(Step::Index(index));
        path
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if depth == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
