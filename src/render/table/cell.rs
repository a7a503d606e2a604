//! The cells of a list.

use std::borrow::Cow;

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub(super) content: Content,
    pub(super) tone: Tone,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Nothing,
    Text(String),
    Count(i64),
    Flag(bool),
    List(Vec<String>),
}

/// How a cell looks where colour is wanted. Colour never carries meaning alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// As everything.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Wrong.
    Bad,
    /// Of lesser interest.
    Faint,
    /// What the row is about.
    Strong,
}

impl Cell {
    /// Nothing: empty for people, `null` in json.
    pub fn nothing() -> Self {
        Self::of(Content::Nothing)
    }

    /// A text, a decimal number or a date: text in json, so that no digit is lost.
    pub fn text(text: impl Into<String>) -> Self {
        Self::of(Content::Text(text.into()))
    }

    /// A text, or nothing.
    pub fn maybe(text: Option<impl ToString>) -> Self {
        text.map_or_else(Self::nothing, |text| Self::text(text.to_string()))
    }

    /// A count: a number in json.
    pub fn count(count: impl Into<i64>) -> Self {
        Self::of(Content::Count(count.into()))
    }

    /// Yes or no: `true` or `false` in json.
    pub fn flag(flag: bool) -> Self {
        Self::of(Content::Flag(flag))
    }

    /// Several texts: lines for people, joined with `; ` in csv, an array in json.
    pub fn list(texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::of(Content::List(texts.into_iter().map(Into::into).collect()))
    }

    /// Gives it a look.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    fn of(content: Content) -> Self {
        Self {
            content,
            tone: Tone::Plain,
        }
    }

    pub(super) fn joined(&self, separator: &str) -> Cow<'_, str> {
        match &self.content {
            Content::Nothing => Cow::Borrowed(""),
            Content::Text(text) => Cow::Borrowed(text),
            Content::Count(count) => Cow::Owned(count.to_string()),
            Content::Flag(flag) => Cow::Borrowed(if *flag { "yes" } else { "no" }),
            Content::List(texts) => Cow::Owned(texts.join(separator)),
        }
    }

    pub(super) fn json(&self) -> serde_json::Value {
        match &self.content {
            Content::Nothing => serde_json::Value::Null,
            Content::Text(text) => text.as_str().into(),
            Content::Count(count) => (*count).into(),
            Content::Flag(flag) => (*flag).into(),
            Content::List(texts) => texts.iter().map(String::as_str).collect(),
        }
    }
}
