//! The columns of a list, and who sees them.

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name for programs: `snake_case`, never changed lightly.
    pub key: &'static str,
    /// Its heading for people.
    pub title: &'static str,
    /// Whether its cells are numbers, aligned on the right.
    pub right: bool,
    readers: Readers,
    pub(super) whole: bool,
}

/// Who sees a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    All,
    People,
    Programs,
}

impl Column {
    /// A column of texts.
    pub fn left(key: &'static str, title: &'static str) -> Self {
        Self {
            key,
            title,
            right: false,
            readers: Readers::All,
            whole: false,
        }
    }

    /// A column of numbers.
    pub fn right(key: &'static str, title: &'static str) -> Self {
        Self {
            right: true,
            ..Self::left(key, title)
        }
    }

    /// What only programs need: hashes, addresses, whole texts. People do not see it.
    #[must_use]
    pub fn for_programs(self) -> Self {
        Self {
            readers: Readers::Programs,
            ..self
        }
    }

    /// What programs have in other columns, put together for people. It is not in json or csv.
    #[must_use]
    pub fn for_people(self) -> Self {
        Self {
            readers: Readers::People,
            ..self
        }
    }

    /// Never wrapped: dates, ids.
    #[must_use]
    pub fn whole(self) -> Self {
        Self {
            whole: true,
            ..self
        }
    }

    pub(super) fn is_for(&self, readers: Readers) -> bool {
        self.readers == Readers::All || self.readers == readers
    }
}
